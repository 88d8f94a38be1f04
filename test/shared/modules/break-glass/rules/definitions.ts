import { readdirSync, readFileSync } from 'node:fs'
import {
  type BreakGlass,
  breakGlassFileSchema,
  type Playbook,
  toBreakGlass,
} from '../../../../../shared/domain/files/break-glass-file.ts'

const root = new URL('../../../../../', import.meta.url)
const folder = 'fixtures/break-glass/'

export const definitionNames = readdirSync(new URL(folder, root)).map((file) => file.replace('.json', ''))

/** A definition of the fixtures, or the one of `infra/break-glass/`. */
export function definition(name: string, from = folder): BreakGlass {
  return toBreakGlass(
    breakGlassFileSchema.parse(JSON.parse(readFileSync(new URL(`${from}${name}.json`, root), 'utf8'))),
  )
}

export const example = definition('example', 'infra/break-glass/')

export function playbookOf(file: BreakGlass, name: string): Playbook {
  const found = file.playbooks.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no playbook ${name}`)
  return found
}
