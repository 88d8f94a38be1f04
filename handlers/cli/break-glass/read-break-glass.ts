import { basename } from 'node:path'
import {
  type BreakGlass,
  breakGlassFileSchema,
  breakGlassRules,
  toBreakGlass,
} from '../../../shared/domain/files/break-glass-file.ts'
import { Refusal } from '../arguments/refusal.ts'
import { readStrictFile } from '../bucket/read-configuration.ts'

/** The definition of break-glass, from a checkout: no bucket contains it. Throws Refusal with every fault and its line. */
export async function readBreakGlass(file: string): Promise<BreakGlass> {
  const said = await readStrictFile({
    file,
    what: 'break-glass file',
    schema: breakGlassFileSchema,
    rules: breakGlassRules,
  })
  if (basename(file) === `${said.name}.json`) return toBreakGlass(said)
  throw new Refusal(
    `${file} is not a valid break-glass file:\n  $.name  received '${said.name}', expected the name of the file; rename the file to ${said.name}.json, or write the other name`,
  )
}
