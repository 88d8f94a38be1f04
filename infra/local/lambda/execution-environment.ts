import type { Clock } from '../../../shared/ports/clock.ts'
import type { FunctionName } from '../../../shared/ports/deployment-settings.ts'

/** Nothing in a dead environment ever goes on. One each: what waits for a promise that all share is kept as long as that. */
const never = () => new Promise<never>(() => {})

/** Something that ends when the environment dies, such as a request under way. */
type Mortal = { destroy(): void }

/** What the session tokens of all environments begin with: people have tokens of their own. */
export const environmentTokenPrefix = 'ssofile-function/'

/**
 * The process of one function, which handles one event at a time. Between two events it is frozen; after a timeout it is
 * dead. Its calls are known by the session token of its credentials: they wait while it is frozen, and are cut off when it is
 * dead, whatever its code still tries. (Lambda Developer Guide, "Lambda execution environment".)
 */
export class ExecutionEnvironment {
  readonly function: FunctionName
  /** Of its credentials. */
  readonly sessionToken: string
  /** What its calls carry as X-Amzn-Trace-Id, so that messages that they send belong to the chain of the event. */
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

  /** Its requests under way break off; what has taken effect stays. */
  kill(): void {
    this.#state = 'dead'
    this.#thawed.resolve()
    for (const request of this.#requests) request.destroy()
    this.#requests.clear()
  }

  /** Resolves once it runs; in a dead one never. */
  async alive(): Promise<void> {
    await this.whenNotFrozen()
    if (this.isDead) await never()
  }

  async whenNotFrozen(): Promise<void> {
    while (this.#state === 'frozen') await this.#thawed.promise
  }

  /** A request that breaks off when this dies. Answers what ends that. */
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
