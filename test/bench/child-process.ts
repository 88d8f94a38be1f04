import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A part of a benchmark in a process of its own, which tells by messages. */
export function startChild(file: string, args: readonly string[], execArgv: string[] = []): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url))
  return fork(path, args, { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
}

/** The next message of a child; throws when it ends without one. */
export async function nextMessage<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the benchmark ended with exit code ${code}`)
  })
  const [message] = await Promise.race([once(child, 'message'), ended])
  return message as T
}
