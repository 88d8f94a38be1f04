import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../../handlers/cli/run-command.ts'

// Runs one `ssofile …` after the other, each with arguments and an environment of its own, for call-ssofile.ts. Each is
// loaded once, where a process of its own would load it for each call.
type Call = { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }

const texts = { stdout: '', stderr: '' }
for (const name of ['stdout', 'stderr'] as const) {
  process[name].write = writerOf(name)
  process[name].isTTY = false
}
process.on('message', async (call: Call) => {
  const ended = await run(call)
  process.send?.(ended)
})
process.on('disconnect', () => process.exit())

async function run({ args, env }: Call) {
  const before = countActive()
  Object.assign(texts, { stdout: '', stderr: '' })
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...args)
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  process.exitCode = undefined
  await runCommand()
  // A process ends when nothing is left that it waits for: what has left something behind does not end here either.
  while (countActive() > before) await sleep(5)
  return { exitCode: Number(process.exitCode ?? 0), ...texts }
}

function countActive(): number {
  return process.getActiveResourcesInfo().length
}

function writerOf(name: keyof typeof texts): typeof process.stdout.write {
  return (chunk: string | Uint8Array, ...more: readonly unknown[]) => {
    texts[name] += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk)
    const done = more.at(-1)
    if (typeof done === 'function') process.nextTick(() => done())
    return true
  }
}
