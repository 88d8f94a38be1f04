import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import type { Configuration } from '../shared/domain/configuration.ts'
import { type ApiSettings, closedApi } from '../shared/domain/environment.ts'
import type { FunctionName } from '../shared/ports/deployment-settings.ts'

const entries = fileURLToPath(new URL('../handlers/entry/', import.meta.url))

/**
 * Writes what a function runs: its entry with all that it imports, the SDK included (that of the runtime may be older than
 * `State` and `Paths` of ListAccounts), and the configuration of the deployment; of the API also who may do what.
 */
export function bundleFunction(
  name: FunctionName,
  configuration: Configuration,
  directory: string,
  api: ApiSettings = closedApi,
): void {
  buildSync({
    entryPoints: [join(entries, `${name}.ts`)],
    outfile: join(directory, 'index.mjs'),
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // The ES modules of zod and the SDK: from those esbuild drops what is not used.
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'warning',
  })
  writeFileSync(join(directory, 'configuration.json'), JSON.stringify(configuration))
  if (name === 'api') writeFileSync(join(directory, 'api.json'), JSON.stringify(api))
}
