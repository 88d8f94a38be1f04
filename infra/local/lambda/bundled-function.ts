import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as z from 'zod'
import { type FunctionName, functionSettings } from '../../../shared/ports/deployment-settings.ts'
import type { ExecutionEnvironment } from './execution-environment.ts'
import type { Handler } from './lambda-function.ts'
import type { Invocation } from './serve-invocations.ts'

export type BundledFunctionOptions = {
  /** Has `NAME/index.mjs` of each function, with what lies beside it. */
  readonly directory: string
  readonly name: FunctionName
  readonly environment: ExecutionEnvironment
  /** All that the process finds in its environment, but for the session token. */
  readonly variables: Readonly<Record<string, string>>
}

/** A source, or a file of the package beside this one. */
const server = new URL(`./serve-invocations${extname(import.meta.url)}`, import.meta.url).href
const invoked = z.object({ peakKb: z.number(), answer: z.unknown().optional(), error: z.string().optional() })
/** What a rule of EventBridge sends. */
const scheduled = { 'detail-type': 'Scheduled Event' }

/**
 * A function as it is deployed: its bundle in a Node process of its own, which dies with its environment, and when it has
 * taken more memory than the table gives it.
 */
export function openBundledFunction<E extends object>(options: BundledFunctionOptions): Handler<E> {
  const { directory, name, environment, variables } = options
  const { memoryMb, timeoutSeconds } = functionSettings[name]
  const bundle = pathToFileURL(join(directory, name, 'index.mjs')).href
  const script = `import { serveInvocations } from '${server}'
    import { handler } from '${bundle}'
    serveInvocations(handler)`
  const limits = [`--max-old-space-size=${memoryMb}`]
  const child = spawn(process.execPath, [...limits, '--input-type=module', '--eval', script], {
    env: { ...variables, AWS_SESSION_TOKEN: environment.sessionToken },
    // Its log lines go where those of the local system go.
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  environment.track({ destroy: () => child.kill('SIGKILL') })
  const ended = once(child, 'exit').then(([code, signal]) => {
    environment.kill()
    throw new Error(`the process of the function ${name} ended with ${code ?? signal}`)
  })
  ended.catch(() => {})
  return async (event) => {
    const told = once(child, 'message')
    child.send({ event: event ?? scheduled, name, memoryMb, timeoutSeconds } satisfies Invocation)
    const [message] = await Promise.race([told, ended])
    const { answer, error, peakKb } = invoked.parse(message)
    if (peakKb > memoryMb * 1024) {
      environment.kill()
      throw new Error(`the function ${name} took ${Math.ceil(peakKb / 1024)} MB of memory, and has ${memoryMb}`)
    }
    if (error !== undefined) throw new Error(error)
    return answer
  }
}
