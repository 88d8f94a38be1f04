import { type Finding, ok, warn } from '../../domain/guardrails/finding.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { DatedThing } from '../../ports/installation.ts'
import type { Arrivals } from './arrivals.ts'

/** AWS's newest objects: an event must have come for each. Absent: unknown. */
export type Newest = Readonly<Partial<Record<'organization' | 'directory', DatedThing>>>

const kinds = {
  organization: { event: 'event of the organization', made: (id: string) => `account ${id} joined` },
  directory: { event: 'event of the directory', made: (id: string) => `group ${id} was made` },
} as const

/** CloudTrail and EventBridge take some minutes, and ssofile notes arrivals only every ten minutes. */
const deliveryMs = 15 * 60_000

/**
 * Whether events of AWS arrive: the only proof that trail, rules and forwarding work. `since`: the time from which somebody listened.
 * `undefined`: unknown.
 *
 * | AWS's newest object since then     | last event that arrived | result                                      |
 * | ---------------------------------- | ----------------------- | ------------------------------------------- |
 * | any                                | about then, or later    | events arrive                               |
 * | more than 15 minutes ago           | before, or none         | events do not arrive                        |
 * | none, or just now                  | some                    | events arrived before; nothing proves more  |
 * | none, or just now                  | none                    | unknown                                     |
 */
export function judgeArrivals(
  arrivals: Arrivals | undefined,
  newest: Newest,
  { now, since }: { readonly now: Date; readonly since: Date | undefined },
): readonly Finding[] {
  return (['organization', 'directory'] as const).map((kind) => {
    const { event, made } = kinds[kind]
    const check = `${kind} events`
    const last = arrivals?.[kind]
    const one = newest[kind]
    const isToldOf = one !== undefined && last !== undefined && Date.parse(last.at) >= one.at.getTime() - deliveryMs
    const isDue =
      one !== undefined && since !== undefined && one.at > since && now.getTime() - one.at.getTime() > deliveryMs
    const came = last && `the last ${event} arrived at ${last.at}: ${last.name}`
    if (isDue && !isToldOf)
      return warn(
        check,
        `${made(one.id)} at ${renderInstant(one.at)}, but no event arrived; ${came ?? `no ${event} has ever arrived`}; ssofile notices changes within the hour`,
        'look at the trail and the forwarding stacks (docs/deployment.md)',
      )
    if (came !== undefined) return ok(check, isDue ? `${came}; ${made(one.id)} at ${renderInstant(one.at)}` : came)
    const change = kind === 'organization' ? 'change a tag of an account' : 'rename a group'
    return warn(
      check,
      `no ${event} has arrived yet; without them, ssofile notices changes within the hour`,
      `to try it, ${change}, then run ssofile doctor again; if none comes, look at the trail and the forwarding stacks (docs/deployment.md)`,
    )
  })
}
