import * as z from 'zod'
import { record } from '../json/record.ts'
import { type AccountId, accountId } from '../organization/account-id.ts'
import { renderInstant } from '../text/instant.ts'

/**
 * The use of a service that a role may use now. `actions`: the actions that IAM tracks, if the caller asked for them. For many services IAM
 * tracks none.
 */
export type ServiceUse = {
  readonly name: string
  readonly namespace: string
  /** Absent: not in the 400 days that IAM keeps. */
  readonly lastUsedAt?: Date | undefined
  readonly actions: readonly { readonly name: string; readonly lastUsedAt?: Date | undefined }[]
}

const lastUse = { lastUsedAt: z.iso.datetime().optional(), lastUsedIn: accountId.optional() }
/** `actions`: by name, the actions that IAM reported for some account. A service that nobody used has none: all its actions are unused. */
const service = record({ name: z.string(), ...lastUse, actions: z.record(z.string(), record(lastUse)) })

/** The use of one permission set's roles, over all its accounts. */
export const setUsage = record({
  v: z.literal(1),
  /** By namespace, such as `s3`. */
  services: z.record(z.string(), service),
  /** The number of accounts where ssofile read the role. */
  accounts: z.int(),
  /** The first of these accounts. Its customer managed policies are readable there. */
  readIn: accountId.optional(),
  /** The accounts in which the role could not be read, and the reasons. */
  unread: z.array(record({ account: accountId, why: z.string() })),
  /** The creation of the oldest role, and the time of the oldest answer (`asOf`). Absent: no role was read. */
  madeAt: z.iso.datetime().optional(),
  asOf: z.iso.datetime().optional(),
})
export type SetUsage = z.infer<typeof setUsage>
type LastUse = { readonly lastUsedAt?: string | undefined; readonly lastUsedIn?: AccountId | undefined }

export const noUsage: SetUsage = { v: 1, services: {}, accounts: 0, unread: [] }

/** The use of one role, from IAM's answer. */
export function usageOf(
  services: readonly ServiceUse[],
  { account, madeAt, asOf }: { readonly account: AccountId; readonly madeAt: Date; readonly asOf: Date },
): SetUsage {
  const use = (at: Date | undefined): LastUse =>
    at === undefined ? {} : { lastUsedAt: renderInstant(at), lastUsedIn: account }
  const told = services.map(({ name, namespace, lastUsedAt, actions }) => {
    const each = actions.map((one) => [one.name, use(one.lastUsedAt)] as const)
    const service = { name, ...use(lastUsedAt), actions: lastUsedAt === undefined ? {} : Object.fromEntries(each) }
    return [namespace, service] as const
  })
  return {
    ...noUsage,
    services: Object.fromEntries(told),
    accounts: 1,
    readIn: account,
    madeAt: renderInstant(madeAt),
    asOf: renderInstant(asOf),
  }
}

/** The use of an unreadable role. */
export function unreadUsage(account: AccountId, why: string): SetUsage {
  return { ...noUsage, unread: [{ account, why }] }
}

/** Merges two uses, in any order. The latest use of each service and action counts. */
export function mergeUsages(a: SetUsage, b: SetUsage): SetUsage {
  const services = mergeEntries(a.services, b.services, (one, other) => ({
    name: one.name,
    ...laterOf(one, other),
    actions: mergeEntries(one.actions, other.actions, laterOf),
  }))
  return {
    v: 1,
    services,
    accounts: a.accounts + b.accounts,
    readIn: earlierOf(a.readIn, b.readIn),
    unread: [...a.unread, ...b.unread],
    madeAt: earlierOf(a.madeAt, b.madeAt),
    asOf: earlierOf(a.asOf, b.asOf),
  }
}

function mergeEntries<T>(
  a: Readonly<Record<string, T>>,
  b: Readonly<Record<string, T>>,
  merge: (one: T, other: T) => T,
): Record<string, T> {
  const merged = new Map(Object.entries(a))
  for (const [key, other] of Object.entries(b)) {
    const one = merged.get(key)
    merged.set(key, one === undefined ? other : merge(one, other))
  }
  return Object.fromEntries(merged)
}

/** Instants of one form, so their order is that of their text. */
function laterOf(one: LastUse, other: LastUse): LastUse {
  const { lastUsedAt, lastUsedIn } = (other.lastUsedAt ?? '') > (one.lastUsedAt ?? '') ? other : one
  return lastUsedAt === undefined ? {} : { lastUsedAt, lastUsedIn }
}

function earlierOf<T extends string>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}
