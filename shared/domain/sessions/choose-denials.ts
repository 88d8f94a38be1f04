import { findExcess } from '../iam-policies/inline-policy.ts'
import { denialsOf, type EndedSession, isOfOperator, sessionMostMs, withDenials } from './ended-sessions.ts'

export type Denial = Pick<EndedSession, 'user' | 'account' | 'before'>

export type DenialChoice = {
  /** As many denials as fit. */
  readonly denied: readonly Denial[]
  /** Wanted denials that do not fit, or not completely. */
  readonly left: readonly EndedSession[]
}

type Situation = {
  /** The permission set's own inline policy. Denials in it do not count. */
  readonly inlinePolicy: string | undefined
  /** The wanted denials of one permission set, merged. */
  readonly wanted: readonly EndedSession[]
  /** The denials that the permission set has now. */
  readonly applied: readonly Denial[]
  /** By S3's clock. */
  readonly now: Date
}

/**
 * Chooses the ended sessions that a permission set denies. An inline policy has a limited size, so as many as fit, user by user.
 *
 * | order | who comes first                                                                                        |
 * | ----- | ------------------------------------------------------------------------------------------------------ |
 * | 1     | users whose sessions an operator ended, before users whose own temporary access ended                  |
 * | 2     | the first user of each operator, then the second of each: one operator's many users do not push out another operator's few |
 * | 3     | within such a turn: users with a denial now, first with that denial, then with the wanted one; then new users |
 * | 4     | the earlier instant, then the id                                                                       |
 *
 * So a present denial gives way only to a user of an earlier turn.
 */
export function chooseDenials({ inlinePolicy, wanted, applied, now }: Situation): DenialChoice {
  let chosen: ReadonlyMap<string, readonly Denial[]> = new Map()
  const users = Map.groupBy(wanted, ({ user }) => user)
  const denied = Map.groupBy(applied, ({ user }) => user)
  for (const { user, denials } of listInOrder(users, denied, now)) {
    const next = new Map(chosen).set(user, denials)
    if (findExcess(withDenials(inlinePolicy, denialsOf([...next.values()].flat())) ?? '') === undefined) chosen = next
  }
  return {
    denied: [...chosen.values()].flat().map(({ user, account, before }) => ({ user, account, before })),
    left: [...users].flatMap(([user, wishes]) => (chosen.get(user) === wishes ? [] : wishes)),
  }
}

type ByUser<T> = ReadonlyMap<string, readonly T[]>
type Candidate = { readonly user: string; readonly denials: readonly Denial[] }

function listInOrder(users: ByUser<EndedSession>, denied: ByUser<Denial>, now: Date): readonly Candidate[] {
  const sorted = [...users]
    .map(([user, wishes]) => ({ user, wishes, isNew: !denied.has(user), before: wishes[0]?.before ?? '' }))
    .sort((a, b) => Number(a.isNew) - Number(b.isNew) || (`${a.before} ${a.user}` < `${b.before} ${b.user}` ? -1 : 1))
  const turns = new Map<string, number>()
  return sorted
    .flatMap(({ user, wishes, isNew }) => {
      const operator = wishes.find(isOfOperator)?.by
      const turn = operator === undefined ? Infinity : (turns.get(operator) ?? 0)
      if (operator !== undefined) turns.set(operator, turn + 1)
      const before = (denied.get(user) ?? []).filter((one) => isStillWanted(one, wishes, now))
      const wish = { user, denials: wishes, turn, step: isNew ? 2 : 1 }
      return before.length === 0 ? [wish] : [{ user, denials: before, turn, step: 0 }, wish]
    })
    .sort((a, b) => (a.turn === b.turn ? a.step - b.step : a.turn - b.turn))
}

/** The wanted denial may be larger: a later time, or more accounts. */
function isStillWanted({ account, before }: Denial, wishes: readonly EndedSession[], now: Date): boolean {
  const isOver = Date.parse(before) + sessionMostMs <= now.getTime()
  const covers = (one: EndedSession) =>
    (one.account === undefined || one.account === account) && Date.parse(before) <= Date.parse(one.before)
  return !isOver && wishes.some(covers)
}
