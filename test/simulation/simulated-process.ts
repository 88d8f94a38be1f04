import type { RoleName } from '../../infra/function-permissions.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import type { Retirer } from '../../shared/ports/retirer.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import type { VirtualClock } from '../virtual-clock.ts'
import { type Call, type Chaos, type FaultKind, type LivedService, type RefusalKind, refusalFor } from './chaos.ts'
import type { UnreadableObjects } from './unreadable-objects.ts'

export type CallObserver = (process: SimulatedProcess, call: Call, args: readonly unknown[]) => void

type Options = {
  /** Its role in a deployment. */
  readonly function: RoleName
  readonly number: number
  readonly inner: Ports
  readonly clock: VirtualClock
  readonly chaos: Chaos
  readonly unreadable: UnreadableObjects
  /** The error of its clock. */
  readonly skewMs: number
  /** Called when the product makes a call. */
  readonly depart: (process: string, call: Call) => void
  /** Called just before a call takes effect. */
  readonly observe: CallObserver
  readonly trace: (line: string) => void
}

/** Nothing in a dead process continues. Use a new promise each time: memory of waiters lives as long as a shared promise. */
const never = () => new Promise<never>(() => {})

/**
 * One process of the product: a function's invocation or a dispatcher's slice. It reaches the world only through its ports. Each call
 * travels for a while, may be refused, may lose its answer, and may be its last.
 */
export class SimulatedProcess {
  readonly function: RoleName
  readonly name: string
  readonly ports: Ports
  /** Resolves when the process is killed. Its caller then sees a failure. */
  readonly killed: Promise<'killed'>
  readonly #options: Options
  #kill: () => void = () => {}
  #isDead = false
  /** Calls that are already on their way freeze with the process. */
  #frozenUntilMs = Number.NEGATIVE_INFINITY
  #thaw: Promise<void> | undefined

  constructor(options: Options) {
    this.function = options.function
    this.name = `${options.function} ${options.number}`
    this.#options = options
    this.killed = new Promise((resolve) => {
      this.#kill = () => resolve('killed')
    })
    this.ports = this.#wrapAll(options.inner)
  }

  get isDead(): boolean {
    return this.#isDead
  }

  kill(): void {
    if (this.#isDead) return
    this.#isDead = true
    this.#options.trace(`${this.name} is killed`)
    this.#kill()
  }

  /** Freezes the process and continues it later, like a function's process between two invocations. */
  freeze(ms: number): void {
    this.#options.trace(`${this.name} is frozen for ${ms} ms`)
    this.#frozenUntilMs = this.#options.clock.monotonicMs() + ms
    this.#thaw = this.#options.clock.sleep(ms).then(() => {
      this.#thaw = undefined
    })
  }

  async #alive<T>(value: T): Promise<T> {
    while (this.#thaw) await this.#thaw
    return this.#isDead ? never() : value
  }

  #wrapAll(inner: Ports): Ports {
    const clock = this.#wrapClock()
    return {
      ...inner,
      objects: this.#wrap('s3', inner.objects),
      queues: this.#wrap('sqs', inner.queues),
      ssoAdmin: this.#wrap('sso-admin', inner.ssoAdmin),
      identityStore: this.#wrap('identitystore', inner.identityStore),
      organizations: this.#wrap('organizations', inner.organizations),
      eventBus: inner.eventBus && this.#wrap('events', inner.eventBus),
      channels: inner.channels && this.#wrap('sns', inner.channels),
      retirer: inner.retirer && this.#wrapRetirer(inner.retirer),
      clock,
      leaseClock: clock,
    }
  }

  /** The calls in an account name it first. */
  #wrapRetirer({ enter }: Retirer): Retirer {
    return { enter: async (account, role) => this.#wrap('iam', await enter(account, role), [account]) }
  }

  #wrapClock(): Clock {
    const { clock, skewMs } = this.#options
    return {
      now: () => new Date(clock.now().getTime() + skewMs),
      monotonicMs: () => clock.monotonicMs(),
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal)
        await this.#alive(undefined)
      },
    }
  }

  #wrap<T extends object>(service: LivedService, port: T, where: readonly unknown[] = []): T {
    return new Proxy(port, {
      get: (target, property) => {
        const member: unknown = Reflect.get(target, property, target)
        if (typeof member !== 'function') return member
        return (...args: readonly unknown[]) => {
          const [first] = args
          const key = typeof first === 'string' ? { key: first } : {}
          const operation = String(property)
          const isConditional = service === 's3' && conditionOf(operation, args) !== undefined
          const call: Call = { service, operation, by: this.function, ...key, isConditional }
          const run = async () => Reflect.apply(member, target, args)
          return property === 'list' ? this.#callList(call, args, run) : this.#call(call, [...where, ...args], run)
        }
      },
    })
  }

  async #call(call: Call, args: readonly unknown[], run: () => Promise<unknown>): Promise<unknown> {
    const { chaos, unreadable, clock, observe, trace } = this.#options
    this.#options.depart(this.name, call)
    const departedMs = clock.monotonicMs()
    const fault = chaos.strike(call)
    const told = `${this.name}: ${call.service} ${call.operation} ${describeArgs(args)}`
    if (fault) trace(`${told} ${fault}`)
    if (fault === 'freeze') this.freeze(chaos.freezeMs())
    if (fault === 'slow') await clock.sleep(90_000)
    if (fault === 'late') await clock.sleep(5_000)
    if (fault === 'kill-before') this.kill()
    await this.#alive(undefined)
    await clock.sleep(chaos.travelMs())
    await this.#alive(undefined)
    if (fault === 'refuse-broken') throw chaos.brokenAnswer(call, false)
    if (isRefusal(fault)) throw refusalFor(fault, call)
    const refusal = unreadable.refusalOf(call)
    if (refusal) throw refusal
    const wasHeld = fault === 'slow' || this.#frozenUntilMs > departedMs
    observe(this, wasHeld ? { ...call, wasHeld } : call, args)
    // The call takes effect now, whether its answer arrives or not.
    const result = await run().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
    trace(`${told} → ${'value' in result ? 'ok' : String(result.error)}`)
    if (fault === 'kill-after') this.kill()
    if (fault === 'late-answer') await clock.sleep(5_000)
    await this.#alive(undefined)
    await clock.sleep(chaos.travelMs())
    await this.#alive(undefined)
    if (fault === 'lose-answer') throw new ServiceError(call.service, 'NoAnswer', 'the answer was lost')
    if (fault === 'break-answer') throw chaos.brokenAnswer(call, true)
    if ('error' in result) throw result.error
    return result.value
  }

  /** A listing is read at one moment, and its pages travel together. */
  async *#callList(call: Call, args: readonly unknown[], run: () => unknown): AsyncGenerator<unknown> {
    const read = async () => {
      const listing = await run()
      return isAsyncIterable(listing) ? Array.fromAsync(listing) : []
    }
    const rows = await this.#call(call, args, read)
    if (Array.isArray(rows)) yield* rows
  }
}

/** The condition of a write to the bucket. */
function conditionOf(operation: string, args: readonly unknown[]): unknown {
  if (operation === 'put') return args[2]
  return operation === 'delete' ? args[1] : undefined
}

function isRefusal(fault: FaultKind | undefined): fault is RefusalKind {
  return fault?.startsWith('refuse-') === true && fault !== 'refuse-broken'
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** For the trace: enough to follow the events, and the same on any machine. */
function describeArgs(args: readonly unknown[]): string {
  return args
    .map((arg) => (typeof arg === 'string' ? arg.slice(0, 160) : JSON.stringify(arg)?.slice(0, 160)))
    .filter((text) => text !== undefined)
    .join(' ')
    .replaceAll('\n', ' ')
}
