import { execFileSync } from 'node:child_process'
import { type Command, InvalidArgumentError, Option } from 'commander'
import * as z from 'zod'
import { DataDirectoryError } from '../../infra/local/data-directory/data-directory.ts'
import { type FaultFile, faultFile, faultsHelp } from '../../infra/local/faults/fault-file.ts'
import type { LocalOptions, LocalSystem } from '../../infra/local/start-local.ts'
import { PowertoolsLog } from '../../shared/aws/powertools-log.ts'
import { wholeNumber } from './arguments/options.ts'
import { Refusal } from './arguments/refusal.ts'
import { readConfiguration, readJsonFile } from './bucket/read-configuration.ts'

/** `ssofile local`: what `npm start` runs. */
export function addLocal(program: Command): void {
  program
    .command('local')
    .description(
      'Serves S3, SQS, IAM Identity Center, Identity Store and Organizations on one port, and runs ssofile on them.\nThe AWS CLI works against it. The access key id says who uploads.',
    )
    .option('--port <number>', 'port on 127.0.0.1; 0 takes a free one', wholeNumber(0, 65535), 4566)
    .option('--config <file>', "a deployment's configuration (JSON)")
    .option('--organization <file>', 'accounts, groups, users and existing access (JSON); default: the acme fixture')
    .option('--data-dir <directory>', 'keep all data there, across restarts and kill -9; default: in memory')
    .option('--versioned', 'the bucket keeps old versions of its objects', true)
    .option('--no-versioned', 'the bucket keeps no old versions')
    .option('--latency-ms <number>', 'median time that an assignment request takes', wholeNumber(1, 3_600_000), 300)
    .option(
      '--latency-p99-ms <number>',
      'its 99th percentile; default: four times the median',
      wholeNumber(1, 3_600_000),
    )
    .option(
      '--read-lag-ms <number>',
      'how far listings of assignments, and of the tags of all accounts, lag behind',
      wholeNumber(0, 3_600_000),
      0,
    )
    .option(
      '--time-scale <factor>',
      "make time run faster (1 to 1000 times); leases, expiry and the brake's windows use real time",
      timeScale,
      1,
    )
    .option(
      '--delegated-administrator',
      'run as the delegated administrator of IAM Identity Center, which cannot change the management account; default, unless the configuration has "includeManagementAccount": true',
    )
    .option('--no-delegated-administrator', 'run in the management account')
    .option('--account-instance', 'the account also has its own instance of IAM Identity Center')
    .option('--older-ad-sync', 'users come from Active Directory by the older AD sync, which does not show memberships')
    .addOption(
      new Option('--log <format>', 'how the handlers log: text for people, json as in Lambda')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option(
      '--bundles <folder>',
      'run the deployed bundles of the functions in this folder, each in its own process; needs time scale 1',
    )
    .option('--faults <file>', 'faults to inject into calls to the services (JSON); default: none')
    .addHelpText('after', faultsHelp)
    .addHelpText(
      'after',
      '\nExamples:\n  ssofile local --port 4566 --latency-ms 2000\n  ssofile local --data-dir .ssofile-data --time-scale 60',
    )
    .action(runLocal)
}

/** Runs until a signal ends it. */
async function runLocal(options: LocalArguments): Promise<void> {
  const configuration = await readConfiguration(options.config)
  if (options.bundles !== undefined && options.timeScale !== 1)
    throw new Refusal(
      'received --time-scale with --bundles, expected one of them: bundles use the time of this machine',
    )
  const system = await start({
    port: options.port,
    configuration,
    isDelegatedAdministrator: options.delegatedAdministrator ?? !configuration.includeManagementAccount,
    hasAccountInstance: options.accountInstance,
    hasOlderAdSync: options.olderAdSync,
    organizationFile: options.organization,
    latencyMs: options.latencyMs,
    latencyP99Ms: options.latencyP99Ms ?? 4 * options.latencyMs,
    readLagMs: options.readLagMs,
    versioned: options.versioned,
    dataDirectory: options.dataDir,
    timeScale: options.timeScale,
    ...(options.log === 'json' ? { log: new PowertoolsLog() } : {}),
    bundles: options.bundles,
    faults: await readFaults(options.faults),
  })
  process.stdout.write(system.greeting)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    whenNpmEnds(resolve)
  })
  await system.stop()
}

/** A signal to npm is meant for its script. npm's shell does not pass the signal on, and stays while this process runs. */
function whenNpmEnds(end: () => void): void {
  const npm = process.env.npm_lifecycle_event === 'start' ? findNpm(process.ppid) : undefined
  if (npm === undefined) return
  const watch = setInterval(() => {
    if (isRunning(npm)) return
    clearInterval(watch)
    end()
  }, 1000)
  watch.unref()
}

/** npm is the parent, or the parent of the shell between. `undefined`: the system has no `ps`, for example Windows. */
function findNpm(parent: number): number | undefined {
  try {
    const [ppid, ...command] = execFileSync('ps', ['-o', 'ppid=,command=', '-p', `${parent}`], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
    return command.includes('-c') ? Number(ppid) : parent
  } catch {
    return undefined
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // The process belongs to another user: it runs.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

type LocalArguments = {
  readonly port: number
  readonly config?: string
  readonly organization?: string
  readonly latencyMs: number
  readonly latencyP99Ms?: number
  readonly readLagMs: number
  readonly delegatedAdministrator?: boolean
  readonly accountInstance?: boolean
  readonly olderAdSync?: boolean
  readonly dataDir?: string
  readonly versioned: boolean
  readonly timeScale: number
  readonly log: 'text' | 'json'
  readonly bundles?: string
  readonly faults?: string
}

async function start(options: LocalOptions): Promise<LocalSystem> {
  try {
    // Loaded only here: loading it in every command would delay each by a fifth of a second.
    const { startLocal } = await import('../../infra/local/start-local.ts')
    return await startLocal(options)
  } catch (error) {
    if (error instanceof DataDirectoryError) throw new Refusal(error.message)
    throw error
  }
}

/** The faults in `file`. Throws Refusal with every mistake and its place. */
async function readFaults(file: string | undefined): Promise<FaultFile | undefined> {
  if (file === undefined) return undefined
  const parsed = faultFile.safeParse(await readJsonFile(file))
  if (parsed.success) return parsed.data
  throw new Refusal(
    `${file} is not a valid list of faults (ssofile local --help shows one):\n${z.prettifyError(parsed.error)}`,
  )
}

/** At most a thousand: then a timer's millisecond is a second of the product's time. */
function timeScale(text: string): number {
  const factor = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && factor >= 1 && factor <= 1000) return factor
  throw new InvalidArgumentError('expected a number from 1 to 1000')
}
