import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { atMost, type Benchmark, type Figure, parseNumbers, withoutGoal } from './benchmark.ts'
import { nextMessage, startChild } from './child-process.ts'

const commandLine = fileURLToPath(new URL('../../handlers/cli/ssofile.ts', import.meta.url))
/** As handlers/cli/launch.js has it. */
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/ssofile', import.meta.url))
const tellMemory = new URL('tell-memory.ts', import.meta.url).href
const secondsMost = 2
const megabytesMost = 512
/** `who` has none: it waits for the members of groups, 15 groups a second. */
const allSecondsMost: Readonly<Record<string, number>> = { status: 8, plan: 20 }
/** So much faster than AWS's are the rates of the services: what is measured is what this machine computes. */
const speed = 200
const commands = [['status'], ['plan', 's3://ssofile'], ['who', '--no-live']] as const

/** What a person sees who looks at a large bucket. */
export const status: Benchmark = {
  name: 'status',
  usage: 'status [--links 10000] [--accounts 2000]',
  summary: 'status, plan and who over 10,000 links: time to the first line, time to the end, memory of the command',
  clock: 'machine',
  async run(options) {
    const { links, accounts } = parseNumbers(options, { links: 10_000, accounts: 2_000 })
    const services = startChild('organization-process.ts', [accounts, links, speed, 1].map(String))
    try {
      const { url } = await nextMessage<{ url: string }>(services)
      const reconcile = startChild('reconcile-process.ts', [url, String(speed), 'reconcile'])
      await nextMessage(reconcile)
      // What every command compiles once after an installation is not measured.
      await measure(['--version'], url)
      const lines: string[] = []
      const figures: Figure[] = []
      for (const command of commands) {
        const measured = await measure(command, url)
        const name = command.join(' ')
        lines.push(`${name}: first line after ${measured.firstSeconds.toFixed(1)} s: ${measured.firstLine}`)
        figures.push(...judge(name, measured))
      }
      return { lines, figures }
    } finally {
      services.kill()
    }
  },
}

type Measured = {
  readonly firstSeconds: number
  readonly firstLine: string
  readonly seconds: number
  readonly megabytes: number
}

function judge(command: string, { firstSeconds, seconds, megabytes }: Measured): readonly Figure[] {
  const all = { figure: `${command}: all of it`, value: seconds, unit: 's' }
  const most = allSecondsMost[command.split(' ')[0] ?? '']
  return [
    atMost(secondsMost, { figure: `${command}: first line`, value: firstSeconds, unit: 's' }),
    most === undefined ? withoutGoal(all) : atMost(most, all),
    atMost(megabytesMost, { figure: `${command}: memory of the command`, value: megabytes, unit: 'MB' }),
  ]
}

async function measure(args: readonly string[], url: string): Promise<Measured> {
  const startedMs = performance.now()
  const child = spawn(process.execPath, ['--import', tellMemory, commandLine, ...args], {
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: compileCache,
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'ssofile',
      AWS_SECRET_ACCESS_KEY: 'any',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const [stdout, stderr, memory] = child.stdio.slice(1) as Readable[] as [Readable, Readable, Readable]
  let first: { readonly atMs: number; readonly line: string } | undefined
  let told = ''
  for (const stream of [stdout, stderr])
    stream.on('data', (data: Buffer) => {
      told = `${told}${data}`.slice(-2000)
      const [line = ''] = stripVTControlCharacters(String(data)).split('\n')
      first ??= { atMs: performance.now(), line }
    })
  const [kibibytes, [exitCode]] = await Promise.all([text(memory), once(child, 'close')])
  if (first === undefined || exitCode > 1)
    throw new Error(`${args.join(' ')} ended with exit code ${exitCode}: ${told}`)
  return {
    firstSeconds: (first.atMs - startedMs) / 1000,
    firstLine: first.line,
    seconds: (performance.now() - startedMs) / 1000,
    megabytes: Number(kibibytes) / 1024,
  }
}
