import type { Clock } from '../../../shared/ports/clock.ts'
import { type FunctionName, functionNames } from '../../../shared/ports/deployment-settings.ts'

/**
 * Nothing in a dead environment ever continues. A new promise each time: waiters of a shared promise would stay in memory as long as that.
 */
const never = () => new Promise<never>(() => {})

/** An object that ends when the environment dies, such as a running request. */
type Mortal = { destroy(): void }

/** The beginning of all environments' session tokens: people have tokens of their own. */
export const environmentTokenPrefix = 'ssofile-function/'

/** The function whose credentials have this session token. */
export function functionOfToken(token: string | undefined): FunctionName | undefined {
  if (!token?.startsWith(environmentTokenPrefix)) return undefined
  const [called] = token.slice(environmentTokenPrefix.length).split('/')
  return functionNames.find((name) => name === called)
}

/**
 * The process of one function, which handles one event at a time. Between two events it is frozen; after a timeout it is dead. Its calls
 * carry the session token of its credentials: they wait while it is frozen, and are cut off when it is dead, whatever its code still tries.
 * (Lambda Developer Guide, "Lambda execution environment".)
 */
export class ExecutionEnvironment {
  readonly function: FunctionName
  /** The session token of its credentials. */
  readonly sessionToken: string
  /** The X-Amzn-Trace-Id of its calls, so that the messages they send belong to the chain of the event. */
  traceHeader = ''
  #state: 'frozen' | 'running' | 'dead' = 'frozen'
  #thawed = Promise.withResolvers<void>()
  readonly #requests = new Set<Mortal>()

  /** `id`: no other environment has it. */
  constructor(name: FunctionName, id: string) {
    this.function = name
    this.sessionToken = `${environmentTokenPrefix}${name}/${id}`
  }

  get isDead(): boolean {
    return this.#state === 'dead'
  }

  thaw(traceHeader: string): void {
    this.traceHeader = traceHeader
    this.#state = 'running'
    this.#thawed.resolve()
  }

  freeze(): void {
    if (this.#state !== 'running') return
    this.#state = 'frozen'
    this.#thawed = Promise.withResolvers()
  }

  /** Breaks off its running requests; effects stay. */
  kill(): void {
    this.#state = 'dead'
    this.#thawed.resolve()
    for (const request of this.#requests) request.destroy()
    this.#requests.clear()
  }

  /** Resolves once it runs; if it is dead, never. */
  async alive(): Promise<void> {
    await this.whenNotFrozen()
    if (this.isDead) await never()
  }

  async whenNotFrozen(): Promise<void> {
    while (this.#state === 'frozen') await this.#thawed.promise
  }

  /** Breaks the request off when this dies. Answers a function that stops it. */
  track(request: Mortal): () => void {
    this.#requests.add(request)
    return () => this.#requests.delete(request)
  }

  /** A clock whose sleeps end only while this runs. */
  clock(inner: Clock): Clock {
    return {
      now: () => inner.now(),
      monotonicMs: () => inner.monotonicMs(),
      sleep: async (ms, signal) => {
        await inner.sleep(ms, signal)
        await this.alive()
      },
    }
  }
}
