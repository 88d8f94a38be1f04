import { hostname, userInfo } from 'node:os'
import pLimit from 'p-limit'
import { defaultConfiguration } from '../../../shared/domain/deployment/configuration.ts'
import type { InPortions } from '../../../shared/modules/take-over/list-existing.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import type { TellProgress } from '../../../shared/ports/progress.ts'
import type { SsoAdmin } from '../../../shared/ports/sso-admin.ts'
import { limitSsoAdmin, NotStartedError } from '../../../shared/reconcile/calls/limited-sso-admin.ts'
import { looksMost, RateLimiter } from '../../../shared/reconcile/calls/rate-limiter.ts'
import { Lease } from '../../../shared/reconcile/dispatcher/lease.ts'
import { Refusal } from '../arguments/refusal.ts'

/** A command holds the lease for `portionMs` at a time. Then the dispatcher may have it for `turnMs`. */
const portionMs = 20_000
export const turnMs = 4_000
const patienceMs = 15 * 60_000
const itemsAtOnce = 8

/** The holder of the lease for a command, and the function that reports waiting. */
type Lessee = { readonly who: string; readonly tell: (line: string) => void }

function person(command: string): Lessee {
  const who = `ssofile ${command}, ${userInfo().username}@${hostname()}, process ${process.pid}`
  return { who, tell: (line) => void process.stderr.write(`${line}\n`) }
}

/** Does `work` while this process holds the dispatcher lease. `mayGoOn`: false as soon as the dispatcher may have the lease. */
export async function underLease<T>(
  ports: Ports,
  command: string,
  work: (ssoAdmin: SsoAdmin, mayGoOn: () => boolean) => Promise<T>,
  lessee: Lessee = person(command),
): Promise<T> {
  const { clock } = ports
  const lease = await acquire(ports, command, lessee)
  void lease.keep()
  const limiter = new RateLimiter(clock, defaultConfiguration.limits.callsPerSecond, { before: looksMost })
  const endsMs = clock.monotonicMs() + portionMs
  const holds = () => lease.mayStart()
  try {
    return await work(limitSsoAdmin(ports, limiter, { mayStart: holds, holdsLease: holds }), () => {
      return holds() && clock.monotonicMs() < endsMs
    })
  } finally {
    await limiter.rest()
    await lease.release()
  }
}

/** Does work in portions under the lease, a few items at a time. Calls `onDone` with the number of finished items. */
export function leasePortions(
  ports: Ports,
  command: string,
  onDone: TellProgress,
  lessee: Lessee = person(command),
): InPortions {
  return async (items, what, work) => {
    let left = [...items]
    let done = 0
    const doPortion = async (ssoAdmin: SsoAdmin, mayGoOn: () => boolean) => {
      const undone: typeof left = []
      let failure: { readonly error: unknown } | undefined
      await pLimit(itemsAtOnce).map(left, async (item) => {
        if (failure || !mayGoOn()) return void undone.push(item)
        try {
          await work(item, ssoAdmin)
          onDone(what, { done: ++done, of: items.length })
        } catch (error) {
          // The item did not start: its turn came when the lease may have been lost already.
          if (error instanceof NotStartedError) undone.push(item)
          else failure ??= { error }
        }
      })
      // The failure waits until all work under way has ended, so that nothing goes on without the lease.
      if (failure) throw failure.error
      return undone
    }
    for (let isFirst = true; left.length > 0; isFirst = false) {
      if (!isFirst) await ports.clock.sleep(turnMs)
      left = await underLease(ports, command, doPortion, lessee)
    }
  }
}

/** Reads without the lease, a few items at a time, at the rate of `slowSsoAdmin`. For commands that only look. */
export function slowPortions(ports: Ports, onDone: TellProgress, hasDispatcher = true): InPortions {
  const ssoAdmin = slowSsoAdmin(ports, hasDispatcher)
  return async (items, what, work) => {
    let done = 0
    await pLimit(itemsAtOnce).map(items, async (item) => {
      await work(item, ssoAdmin)
      onDone(what, { done: ++done, of: items.length })
    })
  }
}

/** An SSO Admin for commands that only look. If there is a dispatcher, it leaves a part of AWS's rate to it. */
export function slowSsoAdmin(ports: Ports, hasDispatcher = true): SsoAdmin {
  const always = () => true
  const limiter = new RateLimiter(ports.clock, hasDispatcher ? looksMost : defaultConfiguration.limits.callsPerSecond)
  return limitSsoAdmin(ports, limiter, { mayStart: always, holdsLease: always })
}

async function acquire(ports: Ports, command: string, { who, tell }: Lessee): Promise<Lease> {
  const { clock } = ports
  const beganMs = clock.monotonicMs()
  while (clock.monotonicMs() - beganMs < patienceMs) {
    const lease = await Lease.acquire(ports, who)
    if (lease) return lease
    tell(`a dispatcher is working (${(await Lease.holder(ports)) ?? 'unknown'}); waiting until it pauses`)
  }
  throw new Refusal(`the dispatcher was busy for 15 minutes; run the ${command} again later: it continues from here`)
}
