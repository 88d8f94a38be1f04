import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../../handlers/cli/run-command.ts'
import './record-calls.ts'
import './report-calls.ts'

// Runs one `ssofile …` after the other, each with arguments and an environment of its own, for call-ssofile.ts. Each is
// loaded and compiled once, where a process of its own would do that for each call.
export type Order = { readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv } | { readonly stop: true }
export type CommandOutput =
  | { readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly exitCode: number; readonly usedMegabytes: number }

for (const stream of ['stdout', 'stderr'] as const) {
  process[stream].write = writerTo(stream)
  process[stream].isTTY = false
}
process.on('message', (order: Order) => {
  if ('stop' in order) process.emit('SIGINT', 'SIGINT')
  else void run(order)
})
process.channel?.ref()
process.on('disconnect', () => process.exit())

async function run({ args, env }: Exclude<Order, { readonly stop: true }>): Promise<void> {
  const before = countActive()
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...args)
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  process.exitCode = undefined
  await runCommand()
  // A process ends when nothing is left that it waits for: what has left something behind does not end here either.
  while (countActive() > before) await sleep(5)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(signal)
  tell({ exitCode: Number(process.exitCode ?? 0), usedMegabytes: process.memoryUsage.rss() / 1_000_000 })
}

function countActive(): number {
  return process.getActiveResourcesInfo().length
}

function writerTo(stream: 'stdout' | 'stderr'): typeof process.stdout.write {
  return (chunk: string | Uint8Array, ...more: readonly unknown[]) => {
    tell({ stream, text: typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk) })
    const done = more.at(-1)
    if (typeof done === 'function') process.nextTick(() => done())
    return true
  }
}

function tell(told: CommandOutput): void {
  // Nobody hears it where the test process has ended meanwhile.
  process.send?.(told, undefined, undefined, () => undefined)
}
