import { fileURLToPath } from 'node:url'
import { readStrictFile } from '../handlers/cli/bucket/read-configuration.ts'
import { type Environment, environment } from '../shared/domain/deployment/environment.ts'
import { environmentRules } from '../shared/domain/deployment/environment-rules.ts'

/** An environment by its name, `infra/environments/<name>.json`, or by the path of its file. Throws Refusal with every fault. */
export async function readEnvironment(nameOrPath: string): Promise<Environment> {
  const isName = /^[\w-]+$/.test(nameOrPath)
  const file = isName ? fileURLToPath(new URL(`./environments/${nameOrPath}.json`, import.meta.url)) : nameOrPath
  return readStrictFile({ file, what: 'environment', schema: environment, rules: environmentRules })
}
