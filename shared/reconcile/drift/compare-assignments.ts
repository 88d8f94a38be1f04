import pLimit from 'p-limit'
import { proveAccess, settlesAt, settlingMs } from '../../domain/access-proof.ts'
import {
  type Assignment,
  type AssignmentKey,
  parseAssignmentKey,
  renderAssignmentKey,
} from '../../domain/assignment.ts'
import { reasonOfContradiction } from '../../domain/contradiction.ts'
import type { PermissionSetArn } from '../../domain/identity-center-ids.ts'
import { renderInstant } from '../../domain/instant.ts'
import { type Access, isSameAccess, withAccess } from '../../domain/ledger-entry.ts'
import { linkPrefix, parseLinkKey } from '../../domain/link.ts'
import type { PermissionSetName } from '../../domain/permission-set-name.ts'
import { type PrincipalName, principalName } from '../../domain/principal.ts'
import type { AssignmentTarget, SsoAdmin } from '../../ports/sso-admin.ts'
import { targetOf } from '../assignments/resolve-target.ts'
import type { SettleContext } from '../assignments/settlement.ts'
import type { KnownKeys } from '../assignments/standings.ts'
import { isListed } from '../calls/assignment-listings.ts'
import { foreignRecord, readForeign, tellForeign, tellFound } from '../records/foreign-assignments.ts'
import { type LastWord, readLastWord } from '../records/history.ts'
import { RecordChangedError } from '../records/json-record.ts'
import { isSpoiled, spoiledAsAbsent, unlessSpoiled } from '../records/stored-json.ts'

const comparedAtOnce = 4

export type DriftContext = SettleContext & {
  /** Reads only, behind all other calls. */
  readonly ssoAdmin: SsoAdmin
  readonly permissionSetNames: ReadonlyMap<PermissionSetArn, PermissionSetName>
}

export type Comparison = {
  readonly checked: number
  readonly missing: AssignmentKey[]
  /** Not listed, and a call of ours is too recent to believe that; with the instant from which a listing counts. */
  readonly undecided: { readonly key: AssignmentKey; readonly until: Date }[]
  readonly foreign: AssignmentKey[]
  readonly gone: AssignmentKey[]
  /** To be evaluated now: what is to be restored, or desired while what gave it is gone. */
  readonly toEvaluate: Assignment[]
  /** The links whose status is to be told again. */
  readonly links: string[]
}

/** A comparison that has found nothing yet. */
export function emptyComparison(checked = 0): Comparison {
  return { checked, missing: [], undecided: [], foreign: [], gone: [], toEvaluate: [], links: [] }
}

type Comparing = DriftContext & {
  readonly found: Comparison
  /** What is listed, by what a link would call it now. */
  readonly listed: ReadonlyMap<AssignmentKey, AssignmentTarget>
  /** All that is listed, by ids: with what a link would call it now, where it has such a name. */
  readonly nameByIds: ReadonlyMap<string, AssignmentKey | undefined>
  /** The ledger entries that may have what is listed under this key. */
  readonly holdersOf: (key: AssignmentKey) => readonly AssignmentKey[]
}

/**
 * What Identity Center listed (`rows`) against what the ledger and `foreign/` have for the same accounts, permission sets
 * or principals (`known`, read after the listing):
 *
 * | in the ledger | under `foreign/` | listed | then                                     |
 * | ------------- | ---------------- | ------ | ---------------------------------------- |
 * | yes           |                  | no     | `checkMissing`, where `findsMissing`     |
 * | yes           | yes              |        | the same                                 |
 * | no            | no               | yes    | `checkForeign`                           |
 * |               | yes              |        | `checkRecorded`                          |
 *
 * Nothing is granted or revoked here: what is missing is marked in the ledger and evaluated as after any other hint. A
 * listing is seconds old when it is compared, and the dispatcher works on meanwhile; so each difference is looked at once
 * more before anything is written, and every write is conditional. `findsMissing`: false where another comparison of the
 * same check looks for what is missing.
 */
export async function compareAssignments(
  rows: readonly AssignmentTarget[],
  known: KnownKeys,
  drift: DriftContext,
  { findsMissing }: { readonly findsMissing: boolean },
): Promise<Comparison> {
  const expected = findsMissing ? known.ledger : []
  const found = emptyComparison(expected.length)
  const listed = await nameRows(rows, drift)
  const ledger = new Set(known.ledger)
  const recorded = new Set([...known.foreign, ...known.both])
  // What such an entry has may be listed under another name, which its principal got since.
  const unlisted = Map.groupBy(
    known.ledger.filter((key) => !listed.has(key)),
    describeAllButPrincipal,
  )
  const holdersOf = (key: AssignmentKey) =>
    ledger.has(key) ? [key] : (unlisted.get(describeAllButPrincipal(key)) ?? [])
  const nameByIds = new Map<string, AssignmentKey | undefined>(rows.map((target) => [renderTarget(target), undefined]))
  for (const [key, target] of listed) nameByIds.set(renderTarget(target), key)
  const context: Comparing = { ...drift, found, listed, nameByIds, holdersOf }
  const limit = pLimit(comparedAtOnce)
  // What is listed under the name may be what others gave, and the ledger's access of a former id be gone.
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

/**
 * By what a link would call them now. A principal stands under its id where it has no name any more, or one that no link
 * can have: it may be longer than a key, or have line ends in it.
 */
async function nameRows(
  rows: readonly AssignmentTarget[],
  { permissionSetNames, principals }: DriftContext,
): Promise<ReadonlyMap<AssignmentKey, AssignmentTarget>> {
  const named = new Map<AssignmentKey, AssignmentTarget>()
  for (const target of rows) {
    const { accountId, permissionSetArn, principalId, principalType: type } = target
    const permissionSet = permissionSetNames.get(permissionSetArn)
    // Made since the permission sets were listed: the next check knows it.
    if (permissionSet === undefined) continue
    const name = await principals.nameOf(type, principalId, Number.NEGATIVE_INFINITY)
    const keyOf = (principal: PrincipalName) => renderAssignmentKey({ accountId, permissionSet, principal, type })
    const isSpelt = name !== undefined && parseLinkKey(linkPrefix + keyOf(name), []).ok
    named.set(keyOf(isSpelt ? name : principalName.parse(principalId)), target)
  }
  return named
}

/** In the ledger, and not listed under its name. */
async function checkMissing(key: AssignmentKey, context: Comparing): Promise<void> {
  const { found, nameByIds, standings, requests, ssoAdmin, configuration, clock, log, metrics } = context
  const assignment = parseAssignmentKey(key)
  // An entry that cannot be read says nothing of what is missing.
  const stored = await spoiledAsAbsent(standings.ledger.read(key))
  if (!assignment || !stored) return
  const { entry } = stored
  const [access] = entry.accesses
  const isKnown = access.state === 'failed' && access.missingSince !== undefined
  // What is in progress, or failed, is looked for by its own retry.
  if (access.state !== 'granted' && access.state !== 'held' && !isKnown) return
  const target = targetOf(assignment, access)
  const listedAs = nameByIds.get(renderTarget(target))
  // Its principal has taken the name of another entry, whose access is not what is listed there.
  if (listedAs !== undefined && listedAs !== key) return checkMissing(listedAs, context)
  if (nameByIds.has(renderTarget(target)) || requests.findInProgress(target)) return
  const listing = { isListed: await isListed(ssoAdmin, target), at: clock.now() }
  const proof = proveAccess(access, listing)
  if (proof !== 'gone') {
    if (!listing.isListed) found.undecided.push({ key, until: settlesAt(access) })
    return
  }
  const isHeld = access.state === 'held'
  const missingSince = access.missingSince ?? renderInstant(clock.now())
  if (access.missingSince === undefined) {
    const reason = `someone removed it in Identity Center; a drift check has missed it since ${missingSince}`
    const told = isHeld ? { ...access, missingSince } : { ...access, state: 'failed' as const, reason, missingSince }
    try {
      const accesses = withAccess(entry, told)
      await standings.ledger.write(key, { ...entry, accesses, updatedAt: renderInstant(clock.now()) }, stored)
    } catch (error) {
      if (!(error instanceof RecordChangedError)) throw error
      // It is being worked on, maybe without a look at what is there.
      return checkMissing(key, context)
    }
  }
  found.missing.push(key)
  metrics.record('Drift')
  if (configuration.onDrift === 'restore' || isHeld) found.toEvaluate.push(assignment)
  else found.links.push(...access.links.map((link) => link.key))
  log.error('access that ssofile gave was removed by someone else', {
    assignment: key,
    onDrift: configuration.onDrift,
    missingSince,
  })
}

/** Listed, and neither in the ledger nor foreign under this name. */
async function checkForeign(key: AssignmentKey, target: AssignmentTarget, context: Comparing): Promise<void> {
  const { found, standings, requests, ssoAdmin, objects, clock, log, metrics } = context
  if (requests.findInProgress(target) || (await isInLedger(key, target, context))) return
  // Proves it foreign: no entry, then listed, then still no entry, and no call of ours within the settling time.
  if (!(await isListed(ssoAdmin, target)) || (await isInLedger(key, target, context))) return
  const assignment = parseAssignmentKey(key)
  if (!assignment) return
  const { principalId, permissionSetArn } = target
  // Another part of this check has recorded it, or an earlier one: a principal under its id stands in two parts.
  const recorded = await spoiledAsAbsent(readForeign(objects, key))
  if (recorded && isSameAccess(recorded, target)) return
  const history = await readLastWord(objects, key, target)
  if (history.says === 'ended' && history.event === 'revoked' && history.settledMs < settlingMs) return
  if (history.says === 'ours') return recordLost(key, target, history, context)
  const seenAt = renderInstant(clock.now())
  await tellFound(objects, key, target, seenAt)
  // Where it is recorded already, the record keeps its links.
  await foreignRecord(objects, key).write({ v: 1, principalId, permissionSetArn, links: [], seenAt }, undefined)
  // A grant that began meanwhile looked before that was written: what comes of it is ours.
  if (await isInLedger(key, target, context)) {
    await tellForeign(objects, { key, event: 'foreign-gone', at: renderInstant(clock.now()) }, target)
    return standings.forgetForeign(key)
  }
  standings.noteForeign(key, (await readForeign(objects, key))?.links ?? [], principalId)
  found.foreign.push(key)
  metrics.record('ForeignFound')
  log.warn('access that ssofile did not give was found: it is recorded as foreign and left alone', { assignment: key })
}

/** History says that it is ours: the record that the ledger has lost is written again, and evaluated. */
async function recordLost(
  key: AssignmentKey,
  target: AssignmentTarget,
  { at, links }: Extract<LastWord, { says: 'ours' }>,
  { found, standings, clock, log }: Comparing,
): Promise<void> {
  const assignment = parseAssignmentKey(key)
  const stored = await unlessSpoiled(standings.ledger.read(key))
  if (!assignment || isSpoiled(stored)) return
  // It was granted since we looked, by the one whom history names now.
  if (stored?.entry.accesses.some((access) => isSameAccess(access, target))) return
  const { principalId, permissionSetArn } = target
  const reason = reasonOfContradiction(key, { entry: 'lost', at })
  const lost: Access = { state: 'failed', reason, principalId, permissionSetArn, links: [...links] }
  const accesses = withAccess(stored?.entry, lost)
  const entry = { attempts: 0, ...stored?.entry, accesses, updatedAt: renderInstant(clock.now()) }
  log.error('history says that access is ours, and the ledger has no record of it', { assignment: key })
  await standings.ledger.write(key, entry, stored)
  found.toEvaluate.push(assignment)
  found.links.push(...links.map((link) => link.key))
}

/** Names own, ids act: a principal that was renamed has its entry under its earlier name. */
async function isInLedger(key: AssignmentKey, target: AssignmentTarget, { standings }: DriftContext): Promise<boolean> {
  const assignment = parseAssignmentKey(key)
  const others = await standings.keysOf(
    ({ permissionSet, type }) => permissionSet === assignment?.permissionSet && type === assignment.type,
    new Set([target.accountId]),
  )
  for (const other of new Set([key, ...others.ledger])) {
    const stored = await unlessSpoiled(standings.ledger.read(other))
    // An entry that cannot be read may be about it.
    if (isSpoiled(stored)) return true
    const isOfType = parseAssignmentKey(other)?.type === target.principalType
    if (isOfType && stored?.entry.accesses.some((access) => isSameAccess(access, target))) return true
  }
  return false
}

/** Recorded as foreign: is it there still, under this name, and not ours? */
async function checkRecorded(key: AssignmentKey, context: Comparing): Promise<void> {
  const { listed, nameByIds, found, holdersOf, standings, objects, ssoAdmin, clock, log } = context
  const target = listed.get(key)
  const holders = holdersOf(key)
  const assignment = parseAssignmentKey(key)
  const record = foreignRecord(objects, key)
  const stored = await unlessSpoiled(record.read())
  // It stays as it is until a person has restored it; the others are compared all the same.
  if (isSpoiled(stored))
    return log.error('what others gave cannot be read: it stays on the list as it is', { error: stored })
  if (!assignment) return
  if (!stored) return standings.noteGone(key)
  const recorded = targetOf(assignment, stored.value)
  const isOurs = target !== undefined && (await isHeldBy(holders, target, context))
  if (!isOurs && target && isSameAccess(stored.value, target)) return
  // Another has the name now, or it is listed by its id alone: under its present name, if any, it is recorded again.
  const isElsewhere = target !== undefined || nameByIds.has(renderTarget(recorded))
  if (!isElsewhere && (await isListed(ssoAdmin, recorded))) return
  await tellForeign(objects, { key, event: 'foreign-gone', at: renderInstant(clock.now()) }, stored.value)
  if ((await record.remove(stored.object.etag)) === 'lost') return
  standings.noteGone(key)
  // The links that grant it want it by themselves now, also those that came since.
  if (!isOurs || !holders.includes(key)) found.toEvaluate.push(assignment)
  if (isOurs) return log.warn('access of ours was recorded as foreign', { key })
  found.gone.push(key)
  log.info('access that ssofile did not give is gone', { assignment: key, isElsewhere })
  if (target && !holders.includes(key)) await checkForeign(key, target, context)
}

/**
 * Whether what is recorded as foreign is in the ledger: the process that recorded it died, or stood still, before it saw
 * that it is ours, or knew its principal by a name that another one has now. What is undecided may have become someone
 * else's meanwhile.
 */
async function isHeldBy(
  holders: readonly AssignmentKey[],
  target: AssignmentTarget,
  { standings }: DriftContext,
): Promise<boolean> {
  const entries = await Promise.all(holders.map((holder) => spoiledAsAbsent(standings.ledger.read(holder))))
  const accesses = entries.flatMap((stored) => stored?.entry.accesses ?? [])
  return accesses.some(
    (access) => isSameAccess(access, target) && (access.state === 'granted' || access.state === 'held'),
  )
}

/** What a renamed principal's access has in common under both names. */
function describeAllButPrincipal(key: AssignmentKey): string {
  const { accountId, permissionSet, type } = parseAssignmentKey(key) ?? {}
  return [accountId, permissionSet, type].join(' ')
}

function renderTarget({ accountId, permissionSetArn, principalId, principalType }: AssignmentTarget): string {
  return [accountId, permissionSetArn, principalId, principalType].join(' ')
}
