import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { checkout, type Ended } from './run-program.ts'

const server = fileURLToPath(new URL('serve-ssofile.ts', import.meta.url))
/** They end with this process. */
const idle: ChildProcess[] = []

/**
 * `ssofile …` in a process that runs one command after the other: a tenth of what a process of its own costs
 * (`runSsofile`), which every-command.test.ts compares with it. Two at a time have a process each.
 */
export async function callSsofile(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = idle.pop() ?? start()
  const over = new AbortController()
  const { signal } = over
  const died = once(child, 'exit', { signal }).then(() => {
    throw new Error(`the process of 'ssofile ${args.join(' ')}' ended`)
  })
  child.ref()
  child.channel?.ref()
  child.send({ args, env })
  try {
    const [ended] = await Promise.race([once(child, 'message', { signal }), died])
    child.unref()
    child.channel?.unref()
    idle.push(child)
    return ended
  } finally {
    died.catch(() => {})
    over.abort()
  }
}

function start(): ChildProcess {
  return spawn(process.execPath, [server], {
    cwd: checkout,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}
