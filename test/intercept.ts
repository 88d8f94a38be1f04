import type { Ports } from '../shared/ports/ports.ts'
import { ServiceError } from '../shared/ports/service-error.ts'

export type InterceptedCall = {
  readonly port: 'objects' | 'queues' | 'ssoAdmin' | 'identityStore' | 'organizations' | 'accountTags' | 'accountAccess'
  readonly operation: string
  readonly args: readonly unknown[]
  /** Makes the call; a test may make it, and then throw as if the answer had been lost. */
  readonly proceed: () => Promise<unknown>
}
export type Interceptor = (call: InterceptedCall) => Promise<unknown>

const intercepted = [
  'objects',
  'queues',
  'ssoAdmin',
  'identityStore',
  'organizations',
  'accountTags',
  'accountAccess',
] as const

/** Ports whose every call goes through `interceptor`; listings of objects only before they begin. */
export function intercept(ports: Ports, interceptor: Interceptor): Ports {
  const wrapped = intercepted.flatMap((port) => {
    const inner = ports[port]
    return inner === undefined ? [] : [[port, wrap(port, inner, interceptor)] as const]
  })
  return { ...ports, ...Object.fromEntries(wrapped) }
}

function wrap<T extends object>(port: InterceptedCall['port'], inner: T, interceptor: Interceptor): T {
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function' || typeof name !== 'string') return value
      const call = (args: readonly unknown[]): unknown => Reflect.apply(value, target, args)
      if (port === 'objects' && name === 'list') {
        return async function* list(...args: readonly unknown[]) {
          await interceptor({ port, operation: name, args, proceed: async () => undefined })
          yield* call(args) as AsyncIterable<unknown>
        }
      }
      return async (...args: readonly unknown[]) =>
        interceptor({ port, operation: name, args, proceed: async () => call(args) })
    },
  })
}

export function noAnswer(what: string): ServiceError {
  return new ServiceError('sso-admin', 'NoAnswer', `${what} was not answered`)
}

/** Nothing in a dead process ever goes on. */
export const never = new Promise<never>(() => {})

/** Ports of a process that dies at a call, before or after that call takes effect; its timers die with it. */
export function dyingPorts(
  ports: Ports,
  death: { readonly at: (call: InterceptedCall, number: number) => boolean; readonly when: 'before' | 'after' },
): { readonly ports: Ports; isDead(): boolean } {
  let calls = 0
  let isDead = false
  const clock = {
    now: () => ports.clock.now(),
    monotonicMs: () => ports.clock.monotonicMs(),
    sleep: async (ms: number, signal?: AbortSignal) => {
      await ports.clock.sleep(ms, signal)
      if (isDead) await never
    },
  }
  const dying = intercept(ports, async (call) => {
    if (isDead) return never
    const isLast = death.at(call, calls++)
    if (isLast) isDead = true
    if (isLast && death.when === 'before') return never
    const answer = await call.proceed()
    return isDead ? never : answer
  })
  return { ports: { ...dying, clock, leaseClock: clock }, isDead: () => isDead }
}

/** Identity Center is busy when this operation is called first, and by the time it is not, this has happened. */
export function whileBusy(busy: string, happen: () => Promise<unknown>): Interceptor {
  let isBusy = true
  return async ({ operation, proceed }) => {
    if (operation !== busy || !isBusy) return proceed()
    isBusy = false
    await happen()
    throw new ServiceError('sso-admin', 'ConflictException', 'There is a conflicting operation in process.')
  }
}

/** Throws at the first so many calls of this operation, before they are made. */
export function failing(operation: string, error: Error, times = 1): Interceptor {
  let left = times
  return async (call) => {
    if (call.operation === operation && left-- > 0) throw error
    return call.proceed()
  }
}
