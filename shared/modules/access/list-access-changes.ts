import type { RoleInPlaceOfSet } from '../../domain/assignments/entitlement.ts'
import { groupOfMembership } from '../../domain/files/membership-file.ts'
import { splitLinkFields } from '../../domain/links/link-fields.ts'
import { parseNameInKey } from '../../domain/links/name-in-key.ts'
import { type AccountId, accountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { type PrincipalType, principalType } from '../../domain/principals/principal.ts'
import type { Reading } from '../../domain/readings/reading.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { authorsOf, ownHistoryOnce, readChangedLinks } from '../../reconcile/records/change-authors.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import {
  byHandEvents,
  type Change,
  changesByDate,
  listChanges,
  readHand,
  renderChangeKey,
} from '../../reconcile/records/tell-event.ts'

/** One event of `changes/`. */
export type AccessChange = {
  readonly at: string
  readonly event: string
  /** Present if access changed. */
  readonly account?: AccountId | undefined
  /** Present if access or a permission set changed. */
  readonly permissionSet?: string | undefined
  /** The principal of access; the user of a membership; the person or group that changed. */
  readonly principal?: string | undefined
  readonly type?: PrincipalType | undefined
  /** The group of a membership. */
  readonly group?: string | undefined
  /** The name in `changes/` of anything else. */
  readonly subject?: string | undefined
  /** Who did it by hand. Absent: ssofile did, or it is unknown. */
  readonly by?: string | undefined
  /** Who deleted the links of access that ssofile revoked, as S3 or a review names them. */
  readonly deletedBy?: string | undefined
  /** Why it is reported loudly. */
  readonly reason?: string | undefined
}

/** Every given field must match. */
export type ChangesQuestion = {
  readonly since: Date
  readonly account?: AccountId | undefined
  readonly permissionSet?: PermissionSetName | RoleInPlaceOfSet | undefined
  /** Whether to include a principal with this name in `changes/`. Absent: everybody. */
  readonly isTheirs?: ((type: PrincipalType, nameInKey: string) => boolean) | undefined
  /** Whether memberships of these groups are wanted, not only those of these users. */
  readonly isOfGroup?: boolean | undefined
}

const ofAccess: ReadonlySet<string> = new Set([
  ...['granted', 'adopted', 'revoked', 'released', 'terms-changed', 'held', 'foreign-found', 'foreign-gone'],
])
const ofSet = /^permission-set-/
const ofMembership = /^membership-/
/** Their names in `changes/` are one group or one person. */
const ofPrincipal: readonly (readonly [RegExp, PrincipalType])[] = [
  [/^group-/, 'GROUP'],
  [/^person-/, 'USER'],
]
const byHand: ReadonlySet<string> = new Set([...byHandEvents, 'membership-removed'])

/**
 * All events of `changes/` that fit, ascending by instant, from its listings, with their authors if made by hand, and the people who
 * deleted the links of revoked access. Events that name no account, permission set or principal fit only without a filter.
 */
export async function listAccessChanges(
  question: ChangesQuestion,
  objects: ObjectStore,
): Promise<readonly AccessChange[]> {
  const from = renderInstant(question.since)
  const found: { readonly change: Change; readonly about: AccessChange }[] = []
  for await (const change of listChanges(objects, from.slice(0, 10))) {
    const about = describe(change)
    if (change.at >= from && fits(about, question)) found.push({ change, about })
  }
  const hands = new Map<Change, Pick<AccessChange, 'by' | 'deletedBy' | 'reason'>>()
  const historyOf = ownHistoryOnce(objects)
  await forEachAtOnce(
    found.filter(({ change }) => byHand.has(change.event)),
    async ({ change }) => {
      const hand = await readHand(objects, renderChangeKey(change))
      const isOwn = change.event === 'revoked' && hand.by === undefined
      const links = isOwn ? await readChangedLinks(objects, change, historyOf) : undefined
      hands.set(change, links ? { ...hand, deletedBy: authorsOf(change, links) } : hand)
    },
  )
  return found.map(({ change, about }) => ({ ...about, ...hands.get(change) }))
}

/** What it means that no change since then was found: `changes/` knows nothing of the time before its first change. */
export async function noChangeSince(
  since: Date,
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
): Promise<Reading<string>> {
  const asOf = renderInstant(clock.now())
  for await (const { at } of listChanges(objects, '')) {
    if (Date.parse(at) <= since.getTime()) return { is: `no change since ${renderInstant(since)}`, asOf }
    return { unread: `not known: ${changesByDate.at} begins at ${at}; after that there was no such change`, since: at }
  }
  return { unread: `not known: ${changesByDate.at} has nothing yet` }
}

function describe({ at, event, name }: Change): AccessChange {
  const subject = parseNameInKey(name)
  if (ofSet.test(event)) return { at, event, permissionSet: name }
  const [, typeOf] = ofPrincipal.find(([names]) => names.test(event)) ?? []
  if (typeOf !== undefined) return { at, event, principal: subject, type: typeOf }
  if (ofMembership.test(event)) {
    const group = groupOfMembership(subject)
    return { at, event, principal: subject.slice(group.length + 1), type: 'USER', group }
  }
  const fields = ofAccess.has(event) ? splitLinkFields(name) : undefined
  const account = accountId.safeParse(fields?.value).data
  const type = principalType.safeParse(fields?.type).data
  if (!fields || account === undefined || type === undefined) return { at, event, subject }
  const { permissionSet, principal } = fields
  return { at, event, account, permissionSet, principal: parseNameInKey(principal), type }
}

function fits({ account, permissionSet, principal, type, group }: AccessChange, question: ChangesQuestion): boolean {
  if (question.permissionSet !== undefined && permissionSet !== question.permissionSet) return false
  if (question.account !== undefined && account !== question.account) return false
  if (question.isTheirs === undefined) return true
  if (question.isOfGroup && group !== undefined) return question.isTheirs('GROUP', group)
  return type !== undefined && principal !== undefined && question.isTheirs(type, principal)
}
