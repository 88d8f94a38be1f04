import type { Jobs } from '../handlers/schedules.ts'
import type { ScheduledFunction } from '../shared/ports/metrics.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { joinRights, type Rights, rightsByKinds } from '../shared/ports/rights.ts'
import { intercept } from './intercept.ts'
import { mayCall } from './simulation/oracle/grants.ts'

/** Ports that refuse a call to an object, or a message to a queue, if these rights do not have it. */
export function portsWithin(ports: Ports, rights: Rights, who: string): Ports {
  return intercept(ports, ({ port, operation, args: [first], proceed }) => {
    const place = String(first)
    const isGranted =
      (port !== 'objects' || mayCall(rights, operation, place)) &&
      (port !== 'queues' || operation !== 'send' || rights.send?.some((queue) => queue === place) === true)
    if (!isGranted) throw new Error(`${who} has no right to ${operation} ${place}`)
    return proceed()
  })
}

/** These jobs of a function, each with its own rights and those by kinds only, not those of other jobs. */
export function withinRights(name: ScheduledFunction, jobs: Jobs): Jobs {
  return () => {
    const byKinds = rightsByKinds(name)
    return jobs().map((job) => ({
      ...job,
      open: (ports, ...given) =>
        job.open(portsWithin(ports, joinRights(job.rights, byKinds), `the job '${job.name}'`), ...given),
    }))
  }
}
