import { type AssignmentId, assignmentOf, isAssignmentKey } from '../../domain/assignments/assignment.ts'
import type { RoleInPlaceOfSet } from '../../domain/assignments/entitlement.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { TellProgress } from '../../ports/progress.ts'
import { EntryCopies, readListedEntry } from '../../reconcile/records/entry-copies.ts'
import { foreignAccess, readForeign } from '../../reconcile/records/foreign-assignments.ts'
import {
  type ListedEntitlement,
  parseForeignEntitlement,
  readEntitlement,
} from '../../reconcile/records/foreign-entitlements.ts'
import type { ListedAssignment } from '../../reconcile/records/ledger.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { listByRanges } from '../../reconcile/records/ranges.ts'
import { isSpoiled, unlessSpoiled } from '../../reconcile/records/stored-json.ts'
import type { KnownEntitlement, RecordedAccess } from './recorded-access.ts'

/** Recorded access of whole accounts. */
export type Recorded = {
  /** Account by account, ascending; in each ours first. */
  readonly accesses: readonly RecordedAccess[]
  readonly entitlements: readonly KnownEntitlement[]
  /** Unreadable objects, each with the reason. */
  readonly spoiled: readonly string[]
  /** The ledger entries among them: this access may be there. */
  readonly unreadOurs: readonly AssignmentId[]
  /** There is no other part. */
  readonly isOnly: boolean
}

/** Which access to read. An absent field does not limit it. */
export type WantedRecords = {
  readonly account?: AccountId | undefined
  readonly permissionSet?: PermissionSetName | RoleInPlaceOfSet | undefined
  /** Whether to read this assignment. */
  readonly isWanted?: (assignment: AssignmentId) => boolean
}

/** As many records as an object with copies has. A part ends after them, with its account. */
const usualSize = 1_000

/** If a smaller part of the entries is wanted, reading these one by one is quicker than reading the copies of all. */
const wantedLeast = 0.05

/**
 * The wanted access under `assignments/` and `foreign/`: some accounts at a time, ascending, so that memory has one part of it. There is
 * always a part, perhaps an empty one.
 */
export async function* listRecordedAccess(
  objects: ObjectStore,
  { account, permissionSet, isWanted = () => true }: WantedRecords = {},
  onStep: TellProgress = () => {},
  partSize = usualSize,
): AsyncGenerator<Recorded> {
  const isRead = (one: Listed) =>
    (permissionSet === undefined || one.id.permissionSet === permissionSet) &&
    (one.kind === 'entitlement' || isWanted(one.id))
  const copies = account === undefined ? new EntryCopies(objects) : undefined
  const part: Listed[] = []
  let before: AccountId | undefined
  let [ours, done] = [0, 0]
  const read = async (): Promise<Omit<Recorded, 'isOnly'>> => {
    const helpful = part.length > ours * wantedLeast ? copies : undefined
    const some = part.splice(0)
    ours = 0
    const recorded = await readPart(objects, some, helpful)
    done += some.length
    onStep(`reading access: ${done.toLocaleString('en')} records`)
    return recorded
  }
  let isOnly = true
  for await (const one of listAscending(objects, account)) {
    if (one.id.accountId !== before && part.length >= partSize) {
      isOnly = false
      yield { ...(await read()), isOnly }
    }
    before = one.id.accountId
    if (one.kind === 'ours') ours++
    if (isRead(one)) part.push(one)
  }
  yield { ...(await read()), isOnly }
}

type ListedRecord = ListedAssignment & { readonly id: AssignmentId }
type Listed =
  | ({ readonly kind: 'ours' | 'foreign' } & ListedRecord)
  | { readonly kind: 'entitlement'; readonly id: ListedEntitlement }

/** Both prefixes at once, ascending by account. In each account ours come first. */
async function* listAscending(objects: ObjectStore, account: AccountId | undefined): AsyncGenerator<Listed> {
  const [ours, foreign] = [list(objects, 'ours', account), list(objects, 'foreign', account)]
  let [one, other] = await Promise.all([ours.next(), foreign.next()])
  while (!one.done || !other.done) {
    if (!one.done && (other.done || one.value.id.accountId <= other.value.id.accountId)) {
      yield one.value
      one = await ours.next()
    } else if (!other.done) {
      yield other.value
      other = await foreign.next()
    }
  }
}

async function* list(
  objects: ObjectStore,
  kind: 'ours' | 'foreign',
  account: AccountId | undefined,
): AsyncGenerator<Listed, undefined> {
  const prefix = kind === 'ours' ? ledgerPrefix : foreignAccess.at
  const heads = account === undefined ? listByRanges(objects, prefix) : objects.list(`${prefix}account%${account}%`)
  for await (const head of heads) {
    const key = head.key.slice(prefix.length)
    if (isAssignmentKey(key)) yield { kind, id: assignmentOf(key), key, head }
    else if (kind === 'foreign') for (const id of parseForeignEntitlement(head.key)) yield { kind: 'entitlement', id }
  }
}

async function readPart(
  objects: ObjectStore,
  part: readonly Listed[],
  copies: EntryCopies | undefined,
): Promise<Omit<Recorded, 'isOnly'>> {
  const accesses = new Map<Listed, RecordedAccess>()
  const entitlements = new Map<Listed, KnownEntitlement>()
  const spoiled: string[] = []
  const unreadOurs: AssignmentId[] = []
  await forEachAtOnce(part, async (one) => {
    if (one.kind === 'entitlement') {
      const found = await unlessSpoiled(readRole(objects, one.id))
      if (isSpoiled(found)) spoiled.push(found.message)
      else if (found) entitlements.set(one, found)
      return
    }
    const found = await unlessSpoiled(one.kind === 'ours' ? readOurs(objects, one, copies) : readOthers(objects, one))
    if (isSpoiled(found)) {
      spoiled.push(found.message)
      if (one.kind === 'ours') unreadOurs.push(one.id)
    } else if (found) accesses.set(one, found)
  })
  const inOrder = <T>(found: ReadonlyMap<Listed, T>) => part.flatMap((one) => found.get(one) ?? [])
  return { accesses: inOrder(accesses), entitlements: inOrder(entitlements), spoiled: spoiled.sort(), unreadOurs }
}

async function readOurs(
  objects: ObjectStore,
  { id, head }: ListedRecord,
  copies: EntryCopies | undefined,
): Promise<RecordedAccess | undefined> {
  const ours = await readListedEntry(objects, head, copies)
  if (!ours) return undefined
  const { state, principal, permissionSetArn, links, grantedAt: since } = ours
  return { ...id, principal, state, permissionSetArn, links, since, ours }
}

async function readOthers(objects: ObjectStore, { id, key }: ListedRecord): Promise<RecordedAccess | undefined> {
  const found = await readForeign(objects, key)
  if (!found) return undefined
  const { principal, permissionSetArn, links, seenAt: since } = found
  return { ...id, principal, state: 'foreign', permissionSetArn, links, since }
}

async function readRole(
  objects: ObjectStore,
  { key, ...id }: ListedEntitlement,
): Promise<KnownEntitlement | undefined> {
  const found = await readEntitlement(objects, key)
  if (found === undefined) return undefined
  const { principal, roleArn, seenAt: since } = found
  return { ...id, principal, roleArn, since, state: 'foreign', links: [] }
}
