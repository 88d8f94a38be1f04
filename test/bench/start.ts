import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { atMost, type Benchmark, parseNumbers, quantile } from './benchmark.ts'
import { LocalProcess, uploadPermissionSet } from './local-process.ts'

const commandLine = fileURLToPath(new URL('../../handlers/cli/ssofile.ts', import.meta.url))
/** As handlers/cli/launch.js has it. */
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/ssofile', import.meta.url))
const link = 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const environment = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'any', AWS_REGION: 'us-east-1' }
const commands = [
  { command: ['--version'], secondsMost: 0.35 },
  { command: ['--help'], secondsMost: 0.35 },
  { command: ['status', link], secondsMost: 0.8 },
] as const

/** What a person waits for before a command does anything. */
export const start: Benchmark = {
  name: 'start',
  usage: 'start [--runs 9]',
  summary: 'how long a command takes to start and to answer, on an idle local system',
  clock: 'machine',
  async run(options) {
    const { runs } = parseNumbers(options, { runs: 9 })
    await using system = await LocalProcess.start()
    await uploadPermissionSet(system, 'Billing-ps')
    await system.put(`links_data/${link}`)
    await system.untilApplied(`links_data/${link}`)
    // What each compiles once after an installation is not measured.
    for (const { command } of commands) seconds(command, system.url)
    // In turns, so that what else the machine does at one moment slows all of them.
    const rounds = Array.from({ length: runs }, () => commands.map(({ command }) => seconds(command, system.url)))
    const measured = commands.map((one, index) => ({ ...one, seconds: rounds.flatMap((round) => round[index] ?? []) }))
    return {
      lines: measured.map(
        ({ command, seconds: all }) =>
          `${command[0]}: ${quantile(all, 0.5).toFixed(2)} s (median), ${Math.min(...all).toFixed(2)} s (fastest)`,
      ),
      figures: measured.map(({ command, secondsMost, seconds: all }) =>
        atMost(secondsMost, { figure: command[0], value: quantile(all, 0.5), unit: 's' }),
      ),
    }
  },
}

function seconds(command: readonly string[], url: string): number {
  const env = { ...process.env, ...environment, AWS_ENDPOINT_URL: url, NODE_COMPILE_CACHE: compileCache }
  const beganMs = performance.now()
  const { status, stderr } = spawnSync(process.execPath, [commandLine, ...command], { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`ssofile ${command.join(' ')} ended with exit code ${status}:\n${stderr}`)
  return (performance.now() - beganMs) / 1000
}
