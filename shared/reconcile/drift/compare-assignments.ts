import pLimit from 'p-limit'
import { type AccessNames, addRemoval, isContested } from '../../domain/assignments/access-changes.ts'
import { proveAccess, settlesAt, settlingMs } from '../../domain/assignments/access-proof.ts'
import {
  type AccessId,
  type AccessKey,
  type AssignmentKey,
  assignmentOf,
  renderAssignmentKey,
  renderAssignmentName,
} from '../../domain/assignments/assignment.ts'
import { reasonOfContradiction } from '../../domain/assignments/contradiction.ts'
import type { LedgerEntry } from '../../domain/assignments/ledger-entry.ts'
import { renderAuthor } from '../../domain/by-hand/author.ts'
import { linkPrefix, parseLinkKey } from '../../domain/links/link.ts'
import { type PermissionSetName, permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import type { AssignmentTarget, SsoAdmin } from '../../ports/sso-admin.ts'
import { recordForeign } from '../assignments/deny-suspended-holders.ts'
import type { SettleContext } from '../assignments/settlement.ts'
import type { KnownKeys } from '../assignments/standings.ts'
import { isListed } from '../calls/assignment-listings.ts'
import { findAuthor } from '../records/authors.ts'
import {
  type ForeignAssignment,
  foreignRecord,
  readForeign,
  removeForeign,
  tellForeign,
  tellFound,
} from '../records/foreign-assignments.ts'
import { type LastWord, readLastGone, readLastWord } from '../records/history.ts'
import { RecordChangedError } from '../records/json-record.ts'
import { isSpoiled, type Stored, spoiledAsAbsent, unlessSpoiled } from '../records/stored-json.ts'
import type { WeighHand } from './weigh-hand.ts'

const comparedAtOnce = 4
/** The longest permission set name. If a key with it can spell a principal, every key can. */
const longestSet = permissionSetName.parse('x'.repeat(32))

export type DriftSources = SettleContext & {
  /** Only for reads. They wait behind all other calls. */
  readonly ssoAdmin: SsoAdmin
  readonly permissionSetNames: ReadonlyMap<PermissionSetArn, PermissionSetName>
  /** Absent: no change is loud, as in the nightly check. */
  readonly weigh?: WeighHand | undefined
}

export type Comparison = {
  readonly checked: number
  readonly missing: AssignmentKey[]
  /** Access that is not listed, but our last call is too recent to trust that. `until`: the instant from which a listing counts. */
  readonly undecided: { readonly key: AssignmentKey; readonly until: Date }[]
  /** When to look again at access with a request in progress or a recent revocation. */
  readonly unsettled: Date[]
  readonly foreign: AccessKey[]
  readonly gone: AccessKey[]
  /** To evaluate now: access to restore, or access that links want after its foreign grant is gone. */
  readonly toEvaluate: AssignmentKey[]
  /** The links whose status must be written again. */
  readonly links: string[]
}

export function emptyComparison(checked = 0): Comparison {
  return { checked, missing: [], undecided: [], unsettled: [], foreign: [], gone: [], toEvaluate: [], links: [] }
}

type Comparing = DriftSources & {
  readonly found: Comparison
  readonly listed: ReadonlyMap<AssignmentKey, AssignmentTarget>
}

/**
 * Compares Identity Center's listing (`rows`) with the ledger and `foreign/` for the same accounts, permission sets or principals (`known`,
 * read after the listing):
 *
 * | in the ledger | under `foreign/` | listed | then                                     |
 * | ------------- | ---------------- | ------ | ---------------------------------------- |
 * | yes           |                  | no     | `checkMissing`, if `findsMissing`        |
 * | yes           | yes              |        | `checkMissing`, if `findsMissing`        |
 * | no            | no               | yes    | `checkForeign`                           |
 * |               | yes              |        | `checkRecorded`                          |
 *
 * Grants and revokes nothing. It marks missing access in the ledger, and the dispatcher evaluates it like any other hint. A listing is
 * seconds old when it is compared, and the dispatcher works on meanwhile. So each difference is checked once more before a write, and every
 * write is conditional. `findsMissing`: false if another comparison of the same check looks for missing access.
 */
export async function compareAssignments(
  rows: readonly AssignmentTarget[],
  known: KnownKeys,
  drift: DriftSources,
  { findsMissing }: { readonly findsMissing: boolean },
): Promise<Comparison> {
  const expected = findsMissing ? known.ledger : []
  const found = emptyComparison(expected.length)
  const listed = keyRows(rows, drift)
  const ledger = new Set(known.ledger)
  const recorded = new Set([...known.foreign, ...known.both])
  const context: Comparing = { ...drift, found, listed }
  const limit = pLimit(comparedAtOnce)
  // An assignment listed under another ARN belongs to a permission set that was recreated under this name.
  const isUnsure = (key: AssignmentKey) => !listed.has(key) || recorded.has(key)
  await Promise.all([
    ...expected.filter(isUnsure).map((key) => limit(checkMissing, key, context)),
    ...[...recorded].map((key) => limit(checkRecorded, key, context)),
    ...[...listed]
      .filter(([key]) => !ledger.has(key) && !recorded.has(key))
      .map(([key, target]) => limit(checkForeign, key, target, context)),
  ])
  return found
}

function keyRows(
  rows: readonly AssignmentTarget[],
  { permissionSetNames }: DriftSources,
): ReadonlyMap<AssignmentKey, AssignmentTarget> {
  return new Map(
    rows.flatMap((target) => {
      const { accountId, principalId, principalType: type } = target
      const permissionSet = permissionSetNames.get(target.permissionSetArn)
      // Created after the permission sets were listed: the next check knows it.
      if (permissionSet === undefined) return []
      return [[renderAssignmentKey({ accountId, permissionSet, principalId, type }), target] as const]
    }),
  )
}

async function checkMissing(key: AssignmentKey, context: Comparing): Promise<void> {
  const { found, listed, standings, requests, ssoAdmin, configuration, clock, log, metrics } = context
  // A spoiled entry says nothing about missing access.
  const stored = await spoiledAsAbsent(standings.ledger.read(key))
  if (!stored) return
  const { entry } = stored
  const isKnown = entry.state === 'failed' && entry.missingSince !== undefined
  // Open or failed work has its own retry. A stuck entry has none, because its account takes no changes.
  if (!['granted', 'held', 'stuck'].includes(entry.state) && !isKnown) return
  const target = targetOf(key, entry)
  const isThere = listed.get(key)?.permissionSetArn === entry.permissionSetArn
  if (isThere) return
  if (requests.findInProgress(target)) return noteInProgress(context)
  const listing = { isListed: await isListed(ssoAdmin, target), at: clock.now() }
  const proof = proveAccess(entry, listing)
  if (proof !== 'gone') {
    if (!listing.isListed) found.undecided.push({ key, until: settlesAt(entry) })
    return
  }
  const isHeld = entry.state === 'held'
  const missingSince = entry.missingSince ?? renderInstant(clock.now())
  const removed = entry.missingSince === undefined ? await describeRemoval(entry, key, missingSince, context) : entry
  if (removed !== entry) {
    try {
      await standings.ledger.write(key, { ...removed, updatedAt: renderInstant(clock.now()) }, stored)
    } catch (error) {
      if (!(error instanceof RecordChangedError)) throw error
      // Someone else works on the entry, perhaps without a look at the access.
      return checkMissing(key, context)
    }
  }
  found.missing.push(key)
  metrics.record('Drift')
  const isRestored = entry.state !== 'stuck' && configuration.onDrift === 'restore' && !isContested(removed)
  if (isRestored || isHeld) found.toEvaluate.push(key)
  else found.links.push(...entry.links.map((link) => link.key))
  log.error('someone else removed access of ssofile', {
    assignment: key,
    principal: entry.principal,
    onDrift: configuration.onDrift,
    missingSince,
    by: removed.removedBy,
  })
}

/** The entry of access that someone else removed just now. A held or stuck entry keeps its state. */
async function describeRemoval(
  entry: LedgerEntry,
  key: AssignmentKey,
  missingSince: string,
  context: Comparing,
): Promise<LedgerEntry> {
  const { grantedAt, lastCreation } = entry
  const since = [grantedAt, lastCreation?.calledAt]
  const removedBy = await findAuthor(context, targetOf(key, entry), { deed: 'Delete', since })
  const removals = addRemoval(entry, missingSince)
  const who = removedBy === undefined ? 'someone' : `${renderAuthor(removedBy)},`
  const again = isContested({ removals })
    ? `; ssofile restored it ${removals.length - 1} times within an hour and has stopped: find out who removes it, then run ssofile touch KEY --rebind for its links`
    : ''
  const loud = await findLoud('taken', key, context)
  const why = loud === undefined ? '' : `; ${loud}`
  const reason = `${who} removed it in Identity Center; it has been missing since ${missingSince}${why}${again}`
  const missing = { ...entry, missingSince, removedBy, removals }
  return entry.state === 'held' || entry.state === 'stuck' ? missing : { ...missing, state: 'failed', reason }
}

/** A request of ours is in progress: listings count against it only after its end. */
function noteInProgress({ found, clock }: Comparing): void {
  found.unsettled.push(new Date(clock.now().getTime() + settlingMs))
}

async function checkForeign(key: AssignmentKey, target: AssignmentTarget, context: Comparing): Promise<void> {
  const { found, standings, requests, ssoAdmin, objects, clock } = context
  if (requests.findInProgress(target)) return noteInProgress(context)
  if (await isInLedger(key, context)) return
  // A later grant reads the record written below; an earlier one is in the ledger.
  standings.expectForeign(key)
  // Proves it foreign: no entry, then listed, then still no entry, and no call of ours within the settling time.
  if (!(await isListed(ssoAdmin, target)) || (await isInLedger(key, context))) return
  const { permissionSetArn } = target
  // An earlier check, or another part of this one, has recorded it.
  const recorded = await spoiledAsAbsent(readForeign(objects, key))
  if (recorded?.permissionSetArn === permissionSetArn) return
  const history = await readLastWord(objects, key)
  if (history.says === 'ended' && history.event === 'revoked' && history.ageMs < settlingMs) {
    found.unsettled.push(new Date(clock.now().getTime() + settlingMs - history.ageMs))
    return
  }
  const principal = await nameOf(assignmentOf(key), context)
  if (history.says === 'ours') return recordLost(key, { principal, ...target }, history, context)
  const seenAt = renderInstant(clock.now())
  const by = await findGiver(key, target, context)
  const reason = await findLoud('given', key, context)
  await tellFound(objects, { key, at: seenAt, by, reason }, { principal, permissionSetArn })
  // `isNew`: a record that exists already keeps its links.
  await recordForeign(key, { principal, permissionSetArn, links: [], seenAt, by }, context, { isNew: true })
  // A grant that began meanwhile looked before this record existed: its access is ours.
  if (await isInLedger(key, context)) {
    const foreign = { principal, permissionSetArn }
    await tellForeign(objects, { key, event: 'foreign-gone', at: renderInstant(clock.now()) }, foreign)
    await removeForeign(objects, key, foreign)
    return standings.noteGone(key)
  }
  standings.noteForeign(key, (await readForeign(objects, key))?.links ?? [])
  tellForeignAccess(found, { assignment: key, principal, by, reason }, context)
}

export function tellForeignAccess(
  { foreign }: Comparison,
  access: { readonly assignment: AccessKey; readonly principal: PrincipalName; readonly [more: string]: unknown },
  { metrics, log }: Pick<Ports, 'metrics' | 'log'>,
): void {
  foreign.push(access.assignment)
  metrics.record('ForeignFound')
  log.warn('ssofile found access that it does not manage: it records it as foreign and leaves it alone', access)
}

/** The author of the call that gave this access since history last said that it was gone. */
export async function findGiver(
  key: AccessKey,
  touched: Parameters<typeof findAuthor>[1],
  context: Pick<Ports, 'objects' | 'clock'>,
) {
  return findAuthor(context, touched, { deed: 'Create', since: [await readLastGone(context.objects, key)] })
}

async function findLoud(what: 'given' | 'taken', key: AssignmentKey, { weigh, metrics }: Comparing) {
  const reason = await weigh?.(what, key)
  if (reason !== undefined) metrics.record('LoudByHand')
  return reason
}

/** Returns and notes the name that links would use; the id if there is no name, or no link can spell it. */
export async function nameOf(
  { type, principalId: id, accountId }: AccessId,
  { principals, principalNames, standings }: Pick<DriftSources, 'principals' | 'principalNames' | 'standings'>,
): Promise<PrincipalName> {
  const name = await principals.nameOf(type, id, Number.NEGATIVE_INFINITY)
  const isSpelt =
    name !== undefined &&
    parseLinkKey(linkPrefix + renderAssignmentName({ accountId, permissionSet: longestSet, principal: name, type }), [])
      .ok
  if (!isSpelt) return principalName.parse(id)
  await principalNames.note({ type, id, name })
  standings.noteName({ type, id, name })
  return name
}

/** History says that it is ours: writes the lost record again and evaluates it. */
async function recordLost(
  key: AssignmentKey,
  { principal, principalId, permissionSetArn }: AccessNames,
  { at, links }: Extract<LastWord, { says: 'ours' }>,
  { found, standings, clock, log }: Comparing,
): Promise<void> {
  // A grant since our look wrote the entry, or the entry is spoiled.
  if (await unlessSpoiled(standings.ledger.read(key))) return
  const reason = reasonOfContradiction(key, { entry: 'lost', at })
  const names = { principal, principalId, permissionSetArn }
  const updatedAt = renderInstant(clock.now())
  const lost: LedgerEntry = { v: 1, state: 'failed', reason, ...names, links: [...links], attempts: 0, updatedAt }
  log.error('history says that ssofile manages access, but the ledger has no record of it', { assignment: key })
  await standings.ledger.write(key, lost, undefined)
  found.toEvaluate.push(key)
  found.links.push(...links.map((link) => link.key))
}

/** True also for a spoiled entry, because it may be about this access. */
async function isInLedger(key: AssignmentKey, { standings }: DriftSources): Promise<boolean> {
  return (await unlessSpoiled(standings.ledger.read(key))) !== undefined
}

/** Checks whether access recorded as foreign still exists and is not ours. */
async function checkRecorded(key: AssignmentKey, context: Comparing): Promise<void> {
  const { listed, found, standings, objects, ssoAdmin, clock, log } = context
  const stored = await unlessSpoiled(foreignRecord(objects, key).read())
  // The spoiled record stays until a person restores it. The comparison continues with the others.
  if (isSpoiled(stored))
    return log.error('ssofile cannot read foreign access: the list stays as it is', { error: stored })
  if (!stored) return standings.noteGone(key)
  const target = listed.get(key)
  // The access may be ours: the process that recorded it as foreign died or stalled before it saw that. Undecided access may have become
  // foreign meanwhile.
  const entry = (await spoiledAsAbsent(standings.ledger.read(key)))?.entry
  const isOurs = target !== undefined && (entry?.state === 'granted' || entry?.state === 'held')
  const isSame = target?.permissionSetArn === stored.value.permissionSetArn
  if (!isOurs && isSame) return tellLateAuthor(key, stored, target, context)
  if (!target && (await isListed(ssoAdmin, targetOf(key, stored.value)))) return
  const since = [stored.value.seenAt]
  const by = await findAuthor(context, targetOf(key, stored.value), { deed: 'Delete', since })
  const reason = isOurs ? undefined : await findLoud('taken', key, context)
  await tellForeign(objects, { key, event: 'foreign-gone', at: renderInstant(clock.now()), by, reason }, stored.value)
  if ((await removeForeign(objects, key, stored.value, stored.object.etag)) === 'lost') return
  standings.noteGone(key)
  if (isOurs) return log.warn('access of ssofile was recorded as foreign', { key })
  // The links that grant it must now grant it themselves, including newer links.
  found.toEvaluate.push(key)
  found.gone.push(key)
  log.info('foreign access is gone', { assignment: key })
  if (target) await checkForeign(key, target, context)
}

/** The nightly check, or a link, found it before the event of its call arrived: a loud change is told now, with its author. */
async function tellLateAuthor(
  key: AssignmentKey,
  { value: known, object }: Stored<ForeignAssignment>,
  target: AssignmentTarget,
  context: Comparing,
): Promise<void> {
  const { objects, clock, weigh } = context
  const by = weigh && known.by === undefined ? await findGiver(key, target, context) : undefined
  // A call after that granted nothing.
  if (by === undefined || Date.parse(by.at) > Date.parse(known.seenAt)) return
  const reason = await findLoud('given', key, context)
  if (reason === undefined) return
  await tellForeign(objects, { key, event: 'foreign-found', at: renderInstant(clock.now()), by, reason }, known)
  await foreignRecord(objects, key).write({ ...known, by }, object.etag)
}

function targetOf(key: AssignmentKey, { permissionSetArn }: Pick<AccessNames, 'permissionSetArn'>): AssignmentTarget {
  const { accountId, principalId, type: principalType } = assignmentOf(key)
  return { accountId, permissionSetArn, principalId, principalType }
}
