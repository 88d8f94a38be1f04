import { type AssignmentKey, assignmentOf } from '../assignments/assignment.ts'
import type { PrincipalId } from '../principals/identity-center-ids.ts'
import type { PrincipalType } from '../principals/principal.ts'
import { count } from '../text/count.ts'

/** The extent of what a release takes away. */
export type Taken = {
  readonly accounts: number
  readonly groups: number
  readonly users: number
  /** The users, and the members of the groups, each once. Absent: not known. */
  readonly people?: number | undefined
}

export function principalsOf(held: readonly AssignmentKey[], wanted: PrincipalType): ReadonlySet<PrincipalId> {
  const all = held.map(assignmentOf)
  return new Set(all.flatMap(({ type, principalId }) => (type === wanted ? [principalId] : [])))
}

/** `members`: by the id of each group; absent: not known. */
export function countTaken(
  held: readonly AssignmentKey[],
  members: ReadonlyMap<PrincipalId, readonly PrincipalId[]> | undefined,
): Taken {
  const users = principalsOf(held, 'USER')
  return {
    accounts: new Set(held.map((key) => assignmentOf(key).accountId)).size,
    groups: principalsOf(held, 'GROUP').size,
    users: users.size,
    ...(members && { people: users.union(new Set([...members.values()].flat())).size }),
  }
}

/** Such as `26 accesses in 15 accounts from 3 groups (7 people)`. */
export function sayTaken(held: number, { accounts, groups, users, people }: Taken): string {
  const from = [...(groups > 0 ? [count(groups, 'group')] : []), ...(users > 0 ? [count(users, 'user')] : [])]
  const who = people === undefined ? 'the number of people is not known' : count(people, 'person', 'people')
  return `${count(held, 'access', 'accesses')} in ${count(accounts, 'account')} from ${from.join(' and ')}${groups > 0 ? ` (${who})` : ''}`
}
