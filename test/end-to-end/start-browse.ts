import { type ChildProcess, spawn } from 'node:child_process'
import { checkout, ssofileCommand } from './run-program.ts'
import { until } from './until.ts'

/** `ssofile browse` as a person runs it. */
export type Browsing = { readonly url: string; readonly said: () => string; readonly stop: () => Promise<void> }

export async function startBrowse(env: NodeJS.ProcessEnv, args: readonly string[] = []): Promise<Browsing> {
  const child: ChildProcess = spawn(process.execPath, [ssofileCommand, 'browse', ...args], { cwd: checkout, env })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  const url = await until('the address of the page', async () => /http:\/\/127\.0\.0\.1:\S+/.exec(said)?.[0], {
    withinMs: 20_000,
    tell: () => said,
  })
  return { url, said: () => said, stop }
}
