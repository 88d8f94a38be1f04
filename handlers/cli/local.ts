import type { Command } from 'commander'
import { startLocal } from '../../infra/local/start-local.ts'
import { wholeNumber } from './options.ts'
import { readConfiguration } from './read-configuration.ts'

/** `ssofile local`: what `npm start` runs. */
export function addLocal(program: Command): void {
  program
    .command('local')
    .summary('a working ssofile on this machine')
    .description(
      'Serves S3, SQS, IAM Identity Center, Identity Store and Organizations on one port, and runs ssofile on them.\nThe stock AWS CLI works against it; the access key id is the identity of whoever uploads.',
    )
    .option('--port <number>', 'where to listen on 127.0.0.1', wholeNumber(0, 65535), 4566)
    .option('--config <file>', "a deployment's configuration (JSON)")
    .option('--organization <file>', 'accounts, groups, users and existing access (JSON); default: the acme fixture')
    .option('--latency-ms <number>', 'median time that an assignment request takes', wholeNumber(1, 3_600_000), 300)
    .option(
      '--latency-p99-ms <number>',
      'its 99th percentile; default: four times the median',
      wholeNumber(1, 3_600_000),
    )
    .addHelpText('after', '\nExample:\n  npx ssofile local --port 4566 --latency-ms 2000')
    .action(async (options: LocalArguments) => {
      const system = await startLocal({
        port: options.port,
        configuration: await readConfiguration(options.config),
        organizationFile: options.organization,
        latencyMs: options.latencyMs,
        latencyP99Ms: options.latencyP99Ms ?? 4 * options.latencyMs,
      })
      process.stdout.write(system.greeting)
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
      })
      await system.stop()
    })
}

type LocalArguments = {
  readonly port: number
  readonly config?: string
  readonly organization?: string
  readonly latencyMs: number
  readonly latencyP99Ms?: number
}
