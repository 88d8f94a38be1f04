import { fileURLToPath } from 'node:url'
import { readStrictFile } from '../handlers/cli/read-configuration.ts'
import { Refusal } from '../handlers/cli/refusal.ts'
import { type Environment, environment } from '../shared/domain/environment.ts'
import { environmentRules } from '../shared/domain/environment-rules.ts'

/** The environment `infra/environments/<name>.json`. Throws Refusal with every fault. */
export async function readEnvironment(name: string): Promise<Environment> {
  if (!/^[\w-]+$/.test(name))
    throw new Refusal(
      `received the environment '${name}', expected the name of a file in infra/environments/ without .json, such as example`,
    )
  const file = fileURLToPath(new URL(`./environments/${name}.json`, import.meta.url))
  return readStrictFile({ file, what: 'environment', schema: environment, rules: environmentRules })
}
