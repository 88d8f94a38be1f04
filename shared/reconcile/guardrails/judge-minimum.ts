import { type Assignment, type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import { type GrantingLink, hasExpired, ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import { type Objection, objectToRevocation } from '../../domain/guardrails/judge-by-policies.ts'
import { enforcedMinimumsFor, isOnlyTemporary, type PolicyMinimum } from '../../domain/guardrails/minimum.ts'
import type { Guardrails } from '../../domain/guardrails/policy-file.ts'
import { temporaryPrefix } from '../../domain/links/link.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { MembershipId } from '../../domain/people/owned-membership.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../domain/principals/principal.ts'
import { fitsOne } from '../../domain/text/glob.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Memberships } from '../directory/memberships.ts'
import { Ledger, listAssignmentKeys } from '../records/ledger.ts'

/** Access to whom. */
export type Holder = Pick<Assignment, 'permissionSet'> & {
  readonly type: PrincipalType
  readonly principalId: PrincipalId
}

type Keeping = Holder & { readonly key: AssignmentKey }

/**
 * The access that the ledger says is there, in the same account under one of these rules, but what was let go (`leaving`). What
 * others gave does not count: ssofile cannot keep it.
 */
export async function listKeeping(
  { accountId }: Pick<Assignment, 'accountId'>,
  rules: readonly PolicyMinimum[],
  { objects, leaving }: { readonly objects: ObjectStore; readonly leaving: ReadonlySet<string> },
): Promise<readonly Keeping[]> {
  const keys = await Array.fromAsync(listAssignmentKeys(objects, ledgerPrefix, `account%${accountId}%`))
  return (await keepingOf(keys, rules, objects)).filter(({ key }) => !leaving.has(key))
}

/** Of these keys: not what is being revoked, or somebody took away, nor what is there for a while only. */
export async function keepingOf(
  keys: readonly AssignmentKey[],
  rules: readonly PolicyMinimum[],
  objects: ObjectStore,
): Promise<readonly Keeping[]> {
  const ledger = new Ledger(objects)
  const keeping: Keeping[] = []
  for (const key of keys) {
    const { permissionSet, type, principalId } = assignmentOf(key)
    if (!rules.some(({ rule }) => fitsOne(rule.for.permissionSets, permissionSet))) continue
    const entry = (await ledger.read(key))?.entry
    const isThere = (entry?.state === 'granted' || entry?.state === 'held') && entry.missingSince === undefined
    if (isThere && (await isStanding(entry.links, objects))) keeping.push({ key, permissionSet, type, principalId })
  }
  return keeping
}

/**
 * Where temporary links grant it too, the access goes on when the others are deleted, and ends with them: so each of the others is
 * looked at.
 */
async function isStanding(links: readonly GrantingLink[], objects: ObjectStore): Promise<boolean> {
  if (isOnlyTemporary(links.map(({ key }) => key))) return false
  const standing = links.filter(({ key }) => !key.startsWith(temporaryPrefix))
  if (standing.length === links.length) return true
  for (const link of standing) {
    const now = await objects.head(link.key)
    if (now?.etag === link.etag && !hasExpired(link, now.servedAt)) return true
  }
  return false
}

/** The first minimum that is not kept without this access, where it takes somebody away. `undefined`: none. */
export async function judgeMinimum(
  key: AssignmentKey,
  rules: readonly PolicyMinimum[],
  context: { readonly objects: ObjectStore; readonly leaving: ReadonlySet<string>; readonly memberships: Memberships },
): Promise<Objection | undefined> {
  const gone = assignmentOf(key)
  const keeping = await listKeeping(gone, rules, context)
  return findMissing(gone, rules, { ...context, left: keeping.filter((one) => one.key !== key) })
}

/** Somebody who is to leave a group, as `leaving` has it. */
export function leavingOf({ group, user }: MembershipId): string {
  return `membership ${group}%${user}`
}

/**
 * The first minimum that is not kept once this user is out of this group, in any account where ssofile gave the group access. What
 * files, rules and suspensions take away is asked here, whatever the cause. `undefined`: none.
 */
export async function judgeMembershipMinimum(
  id: MembershipId,
  guardrails: Guardrails,
  context: { readonly objects: ObjectStore; readonly leaving: ReadonlySet<string>; readonly memberships: Memberships },
): Promise<{ readonly account: AccountId; readonly objection: Objection } | undefined> {
  const leaving = new Set([...context.leaving, leavingOf(id)])
  for (const [account, rules] of await minimumsOfGroup(id.group, guardrails, context.objects)) {
    const left = await listKeeping({ accountId: account }, rules, { ...context, leaving })
    if (!left.some(({ type, principalId }) => type === 'GROUP' && principalId === id.group)) continue
    const objection = await findMissing({ accountId: account, lost: [id.user] }, rules, { ...context, left, leaving })
    if (objection) return { account, objection }
  }
  return undefined
}

/** By account: the minimums about what ssofile gave the group there. */
async function minimumsOfGroup(
  group: PrincipalId,
  guardrails: Guardrails,
  objects: ObjectStore,
): Promise<ReadonlyMap<AccountId, readonly PolicyMinimum[]>> {
  const byAccount = new Map<AccountId, readonly PolicyMinimum[]>()
  if (guardrails.policies.every(({ minimums }) => minimums.length === 0)) return byAccount
  for await (const key of listAssignmentKeys(objects, ledgerPrefix)) {
    const { accountId, permissionSet, type, principalId } = assignmentOf(key)
    if (type !== 'GROUP' || principalId !== group) continue
    const rules = enforcedMinimumsFor(guardrails, { accountId, permissionSet })
    if (rules.length > 0) byAccount.set(accountId, [...(byAccount.get(accountId) ?? []), ...rules])
  }
  return byAccount
}

/** The first of these rules that is not kept by what is `left` once `gone` is gone, where it takes somebody away. */
export async function findMissing(
  gone: Pick<Assignment, 'accountId'> & (Holder | { readonly lost: readonly PrincipalId[] }),
  rules: readonly PolicyMinimum[],
  {
    left,
    memberships,
    leaving,
  }: { readonly left: readonly Holder[]; readonly memberships: Memberships; readonly leaving: ReadonlySet<string> },
): Promise<Objection | undefined> {
  for (const { policy, rule } of rules) {
    const people = new Set<PrincipalId>()
    for (const { permissionSet, type, principalId } of left) {
      if (people.size >= rule.must.peopleLeast) break
      if (!fitsOne(rule.for.permissionSets, permissionSet)) continue
      for (const person of await memberships.peopleOf(type, principalId))
        if (type === 'USER' || !leaving.has(leavingOf({ group: principalId, user: person }))) people.add(person)
    }
    if (people.size >= rule.must.peopleLeast) continue
    const lost = 'lost' in gone ? gone.lost : await memberships.peopleOf(gone.type, gone.principalId)
    if (lost.some((person) => !people.has(person)))
      return objectToRevocation(policy, rule, { left: people.size, account: gone.accountId })
  }
  return undefined
}
