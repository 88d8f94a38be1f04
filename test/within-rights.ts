import type { Job, Jobs } from '../handlers/schedules.ts'
import { recordAt } from '../handlers/stored-records.ts'
import { allKinds, kindAt } from '../shared/domain/inputs/kinds.ts'
import { sentBy } from '../shared/memory/sqs/model-senders.ts'
import type { FunctionName } from '../shared/ports/deployment-settings.ts'
import type { ScheduledFunction } from '../shared/ports/metrics.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { joinRights, type Rights, rightsByKinds } from '../shared/ports/rights.ts'
import { mayCall } from './simulation/oracle/grants.ts'

/** Ports that refuse a call to an object, or a message to a queue, if these rights do not have it. */
export function portsWithin(ports: Ports, rights: Rights, who: string): Ports {
  const { send = [] } = rights
  const maySend = (operation: string, queue: string) => operation !== 'send' || send.some((one) => one === queue)
  return {
    ...ports,
    objects: refusing(
      ports.objects,
      who,
      (operation, key) => mayCall(rights, operation, key) && isDeclared(operation, key),
    ),
    queues: refusing(ports.queues, who, maySend),
  }
}

/** The same for a function. SQS knows it as the sender of its messages. */
export function sentWithin(ports: Ports, rights: Rights, name: FunctionName): Ports {
  const within = portsWithin(ports, rights, name)
  return { ...within, queues: sentBy(within.queues, name) }
}

/** Records of kinds that only a test has. */
export const recordsOfTests = new Set<string>()

/** Everything that ssofile writes is an input, or an object whose kind is declared. */
function isDeclared(operation: string, key: string): boolean {
  const isOfTest = () => [...recordsOfTests].some((at) => key.startsWith(at))
  return operation !== 'put' || recordAt(key) !== undefined || kindAt(key) !== undefined || isOfTest()
}

/** Not by `intercept`: every call of every test goes through here. */
function refusing<T extends object>(port: T, who: string, may: (operation: string, place: string) => boolean): T {
  return new Proxy(port, {
    get(target, operation) {
      const value: unknown = Reflect.get(target, operation, target)
      if (typeof value !== 'function' || typeof operation !== 'string') return value
      return (...args: readonly unknown[]): unknown => {
        const place = String(args[0])
        if (may(operation, place)) return Reflect.apply(value, target, args)
        // No listing: every role may list (`mayCall`).
        return Promise.reject(new Error(`${who} has no right to ${operation} ${place}`))
      }
    },
  })
}

const known = new WeakMap<Jobs, { readonly kinds: ReturnType<typeof allKinds>; readonly within: ReturnType<Jobs> }>()

/** These jobs of a function, each with its own rights and those by kinds only, not those of other jobs. */
export function withinRights(name: ScheduledFunction, jobs: Jobs): Jobs {
  return () => {
    const [found, kinds] = [known.get(jobs), allKinds()]
    if (found?.kinds === kinds) return found.within
    const byKinds = rightsByKinds(name)
    const within = jobs().map((job): Job => {
      const rights = joinRights(job.rights, byKinds)
      return {
        ...job,
        open: (ports, ...given) => job.open(portsWithin(ports, rights, `the job '${job.name}'`), ...given),
      }
    })
    known.set(jobs, { kinds, within })
    return within
  }
}
