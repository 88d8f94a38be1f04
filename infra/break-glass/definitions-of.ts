import { readdirSync, readFileSync } from 'node:fs'
import type * as z from 'zod'
import { Refusal } from '../../handlers/cli/arguments/refusal.ts'
import {
  breakGlassFileSchema,
  type bundledDefinitions,
  reduceDefinition,
} from '../../shared/domain/files/break-glass-file.ts'
import { parseLooseJson } from '../../shared/domain/json/loose-json.ts'

const folder = new URL('./', import.meta.url)

/** The definitions of an organization, `infra/break-glass/*.json`, for the nightly function. Throws Refusal. */
export function definitionsOf(managementAccount: string): z.input<typeof bundledDefinitions> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  const read = files.map((file) => {
    const path = `infra/break-glass/${file}`
    const { success, data } = breakGlassFileSchema.safeParse(
      parseLooseJson(readFileSync(new URL(file, folder), 'utf8')),
    )
    if (success) return data
    throw new Refusal(
      `${path} is not a valid break-glass file; npm run break-glass -- synth --file ${path} says what is wrong`,
    )
  })
  return read.filter((one) => one.managementAccount === managementAccount).map(reduceDefinition)
}
