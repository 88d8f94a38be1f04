import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ReportedCall } from './report-calls.ts'
import { checkout, type Ended } from './run-program.ts'
import type { CommandOutput, Order } from './serve-ssofile.ts'

const server = fileURLToPath(new URL('serve-ssofile.ts', import.meta.url))
/** What is larger has had many systems, and is not used again. */
const mostMegabytes = 700
const stopsWithinMs = 20_000
const all = new Set<ChildProcess>()
const idle: ChildProcess[] = []
// Waited for, so that what they used counts as used by this process (.ci/run).
process.once('beforeExit', () => {
  for (const child of all) {
    child.ref()
    child.disconnect()
  }
})

/** One `ssofile …` that runs. `ended` is its exit code, and rejects where its process dies. */
export type Served = { readonly ended: Promise<number>; readonly stop: () => void }

/**
 * `ssofile …` in a process that runs one after the other: a tenth of what a process of its own costs (`runSsofile`), which
 * every-command.test.ts compares with it. Two at a time have a process each.
 */
export async function callSsofile(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const texts = { stdout: '', stderr: '' }
  const served = serveSsofile(args, env, (told) => {
    if ('stream' in told) texts[told.stream] += told.text
  })
  return { exitCode: await served.ended, ...texts }
}

/** `hear` is told what it writes, and what report-calls.ts tells. */
export function serveSsofile(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  hear: (told: CommandOutput | ReportedCall) => void,
): Served {
  const child = idle.pop() ?? start()
  child.ref()
  child.channel?.ref()
  const ended = new Promise<number>((resolve, reject) => {
    const onMessage = (told: CommandOutput | ReportedCall) => {
      hear(told)
      if (!('exitCode' in told)) return
      child.off('message', onMessage)
      child.off('exit', onExit)
      release(child)
      if (told.usedMegabytes > mostMegabytes) child.kill('SIGKILL')
      else idle.push(child)
      resolve(told.exitCode)
    }
    const onExit = () => reject(new Error(`the process of 'ssofile ${args.join(' ')}' died`))
    child.on('message', onMessage)
    child.on('exit', onExit)
  })
  order(child, { args, env })
  return { ended, stop: () => stop(child, ended) }
}

/** As Ctrl-C does; what does not end by then is killed. Nobody waits for it. */
function stop(child: ChildProcess, ended: Promise<number>): void {
  order(child, { stop: true })
  release(child)
  const kill = setTimeout(() => child.kill('SIGKILL'), stopsWithinMs).unref()
  ended.then(
    () => clearTimeout(kill),
    () => clearTimeout(kill),
  )
}

function order(child: ChildProcess, given: Order): void {
  child.send(given)
}

/** It does not keep this process from ending. */
function release(child: ChildProcess): void {
  child.unref()
  child.channel?.unref()
}

function start(): ChildProcess {
  const child = spawn(process.execPath, [server], { cwd: checkout, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  all.add(child)
  child.once('exit', () => {
    all.delete(child)
    idle.splice(0, idle.length, ...idle.filter((one) => one !== child))
  })
  return child
}
