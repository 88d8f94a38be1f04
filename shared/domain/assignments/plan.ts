import { type Grant, type Link, renderGrant } from '../links/link.ts'
import type { AccountId } from '../organization/account-id.ts'
import type { OrganizationView } from '../organization/organization-view.ts'
import { expandScope, isUnclear, nameOfReach, type Scoping } from '../scopes/expand-scope.ts'
import { type Assignment, renderAssignmentName } from './assignment.ts'

/** The grants and revocations that lead from the ledger to the desired state; sorted, the same in every run. */
export type Plan = {
  readonly grants: readonly Assignment[]
  readonly revocations: readonly Assignment[]
}

/** The accounts for each permission set, principal and type. Each name is stored once, so the set is small. */
export type AssignmentSet = ReadonlyMap<string, { readonly grant: Grant; readonly accounts: ReadonlySet<AccountId> }>

/** The account assignments that at least one of these links grants now. Overlap is a union. */
export function desiredState(links: readonly Link[], view: OrganizationView, scoping: Scoping): AssignmentSet {
  return assignmentsOf(links, (link) => expandScope(link, view, scoping))
}

/** The account assignments that these links may or may not grant, because their selectors are invalid or unreadable. */
export function unclearState(links: readonly Link[], view: OrganizationView, scoping: Scoping): AssignmentSet {
  const membership = { ...scoping, managementAccountId: view.managementAccountId }
  const selecting = links.filter(({ scope }) => scope.kind === 'select')
  return assignmentsOf(selecting, (link) =>
    view.accounts.filter((account) => isUnclear(link, account, membership)).map(({ id }) => id),
  )
}

/** Many links have the same scope. Each scope is expanded once, in folders and outside of them. */
function assignmentsOf(links: readonly Link[], expand: (link: Link) => readonly AccountId[]): AssignmentSet {
  const expanded = new Map<string, readonly AccountId[]>()
  const accountsOf = (link: Link): readonly AccountId[] => {
    const name = nameOfReach(link)
    const accounts = expanded.get(name) ?? expand(link)
    expanded.set(name, accounts)
    return accounts
  }
  return collectAssignments(
    links.values().flatMap((link) => accountsOf(link).map((accountId) => toAssignment(link, accountId))),
  )
}

export function collectAssignments(assignments: Iterable<Assignment>): AssignmentSet {
  const collected = new Map<string, { grant: Grant; accounts: Set<AccountId> }>()
  for (const assignment of assignments) {
    const { permissionSet, principal, type, accountId } = assignment
    const name = renderGrant(assignment)
    const entry = collected.get(name) ?? { grant: { permissionSet, principal, type }, accounts: new Set() }
    entry.accounts.add(accountId)
    collected.set(name, entry)
  }
  return collected
}

/**
 * | desired | in the ledger | foreign | then       |
 * | ------- | ------------- | ------- | ---------- |
 * | yes     | yes           | any     | nothing    |
 * | yes     | no            | yes     | nothing    |
 * | yes     | no            | no      | grant      |
 * | no      | yes           | any     | revoke     |
 * | no      | no            | any     | nothing    |
 */
export function planAssignments(states: Readonly<Record<'desired' | 'owned' | 'foreign', AssignmentSet>>): Plan {
  const { desired, owned, foreign } = states
  return { grants: subtract(desired, owned, foreign), revocations: subtract(owned, desired) }
}

function subtract(from: AssignmentSet, ...others: readonly AssignmentSet[]): readonly Assignment[] {
  const rest: [string, Assignment][] = []
  for (const [name, { grant, accounts }] of from) {
    for (const accountId of accounts) {
      if (others.some((other) => other.get(name)?.accounts.has(accountId))) continue
      const assignment = toAssignment(grant, accountId)
      rest.push([renderAssignmentName(assignment), assignment])
    }
  }
  return rest.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, assignment]) => assignment)
}

export function toAssignment({ permissionSet, principal, type }: Grant, accountId: AccountId): Assignment {
  return { accountId, permissionSet, principal, type }
}
