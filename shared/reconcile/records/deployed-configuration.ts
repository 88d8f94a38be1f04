import * as z from 'zod'
import { type Configuration, configuration } from '../../domain/deployment/configuration.ts'
import { record } from '../../domain/json/record.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { defineRecord } from './define-record.ts'
import { renderJson, spoiledAsAbsent } from './stored-json.ts'

/**
 * A person's configuration is parsed strictly. This copy may come from another version of ssofile, so keys that this version does not know
 * are left out.
 */
const known = z.unknown().transform((told, context): Configuration => {
  const read = configuration.safeParse(told)
  if (read.success) return read.data
  const unknown = read.error.issues.filter((issue) => issue.code === 'unrecognized_keys')
  const again = configuration.safeParse(unknown.reduce((left, { path, keys }) => without(left, path, keys), told))
  if (again.success) return again.data
  for (const issue of again.error.issues) context.addIssue({ code: 'custom', path: issue.path, message: issue.message })
  return z.NEVER
})

function without(value: unknown, [first, ...rest]: readonly PropertyKey[], keys: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((one, index) => (index === first ? without(one, rest, keys) : one))
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value)
  if (first === undefined) return Object.fromEntries(fields.filter(([name]) => !keys.includes(name)))
  return Object.fromEntries(fields.map(([name, one]) => [name, name === first ? without(one, rest, keys) : one]))
}

/** The folder in history with every configuration of a dispatcher, in full. */
export const configurationSubject = { folder: 'history/configuration/', name: 'configuration' }

export const deployed = record({ v: z.literal(1), configuration: known })
export const deployedConfigurationRecord = defineRecord({
  at: 'control/configuration.json',
  meaning: 'the configuration as deployed',
  source: { is: 'primary' },
  value: deployed,
})

/**
 * The configuration of this bucket's deployment, only for the command line. Functions have their configuration beside their code, so none
 * of them depends on another version. `undefined`: there is none. Throws SpoiledObjectError.
 */
export async function readDeployedConfiguration(objects: ObjectStore): Promise<Configuration | undefined> {
  return (await deployedConfigurationRecord.of(objects).read())?.value.configuration
}

export async function tellDeployedConfiguration(objects: ObjectStore, told: Configuration): Promise<void> {
  const before = await spoiledAsAbsent(readDeployedConfiguration(objects))
  if (renderJson(before) !== renderJson(told))
    await deployedConfigurationRecord.of(objects).overwrite({ v: 1, configuration: told })
}
