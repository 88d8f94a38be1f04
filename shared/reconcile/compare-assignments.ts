import pLimit from 'p-limit'
import { type Assignment, type AssignmentKey, parseAssignmentKey, renderAssignmentKey } from '../domain/assignment.ts'
import { isSameAccess, listAccess } from '../domain/former-access.ts'
import type { PermissionSetArn } from '../domain/identity-center-ids.ts'
import { renderInstant } from '../domain/instant.ts'
import type { LedgerEntry } from '../domain/ledger-entry.ts'
import { linkPrefix, parseLinkKey } from '../domain/link.ts'
import type { PermissionSetName } from '../domain/permission-set-name.ts'
import { type PrincipalName, principalName } from '../domain/principal.ts'
import type { AssignmentTarget, SsoAdmin } from '../ports/sso-admin.ts'
import { isAssigned } from './call-assignment.ts'
import { forgetGone, readForeign, readStoredForeign, recordFound } from './foreign-assignments.ts'
import { EntryChangedError } from './ledger.ts'
import type { SettleContext } from './settlement.ts'
import type { KnownKeys, Standings } from './standings.ts'
import { isSpoiled, unlessSpoiled } from './stored-json.ts'

const comparedAtOnce = 4

export type DriftContext = SettleContext & {
  /** Reads only, behind all other calls. */
  readonly ssoAdmin: SsoAdmin
  readonly permissionSetNames: ReadonlyMap<PermissionSetArn, PermissionSetName>
}

export type Comparison = {
  readonly checked: number
  readonly missing: readonly AssignmentKey[]
  readonly foreign: readonly AssignmentKey[]
  readonly gone: readonly AssignmentKey[]
  /** To be evaluated now: what is to be restored, or desired while what gave it is gone. */
  readonly toEvaluate: readonly Assignment[]
  /** The links whose status has to be told anew. */
  readonly links: readonly string[]
}

type Found = { -readonly [Part in keyof Comparison]: Comparison[Part] extends readonly (infer T)[] ? T[] : number }

/**
 * What Identity Center listed (`rows`) against what the ledger and `foreign/` have for the same accounts, permission sets
 * or principals (`known`, read after the listing). Nothing is granted or revoked here: what is missing is marked in the
 * ledger and evaluated as after any other hint. A listing is seconds old when it is compared, and the dispatcher works on
 * meanwhile; so each difference is looked at once more before anything is written, and every write is conditional.
 * `findsMissing`: false where another comparison of the same check looks for what is missing.
 */
export async function compareAssignments(
  rows: readonly AssignmentTarget[],
  known: KnownKeys,
  context: DriftContext,
  { findsMissing }: { readonly findsMissing: boolean },
): Promise<Comparison> {
  const expected = findsMissing ? known.ledger : []
  const found: Found = { checked: expected.length, missing: [], foreign: [], gone: [], toEvaluate: [], links: [] }
  const listed = await nameRows(rows, context)
  const ids = new Set(rows.map(renderTarget))
  const [ledger, foreign] = [new Set(known.ledger), new Set(known.foreign)]
  // What such an entry has may be listed under another name, which its principal got since.
  const unlisted = Map.groupBy(
    known.ledger.filter((key) => !listed.has(key)),
    describeAllButPrincipal,
  )
  const limit = pLimit(comparedAtOnce)
  const work = [
    ...expected.filter((key) => !listed.has(key)).map((key) => () => checkMissing(key, ids, found, context)),
    ...known.both.map(
      (key) => () => checkRecorded(key, { ids, target: listed.get(key), holders: [key] }, found, context),
    ),
    ...known.foreign.map((key) => () => {
      const holders = unlisted.get(describeAllButPrincipal(key)) ?? []
      return checkRecorded(key, { ids, target: listed.get(key), holders }, found, context)
    }),
    ...[...listed]
      .filter(([key]) => !ledger.has(key) && !foreign.has(key))
      .map(
        ([key, target]) =>
          () =>
            checkForeign(key, target, found, context),
      ),
  ]
  await Promise.all(work.map((check) => limit(check)))
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
async function checkMissing(
  key: AssignmentKey,
  listed: ReadonlySet<string>,
  found: Found,
  context: DriftContext,
): Promise<void> {
  const { standings, requests, ssoAdmin, configuration, clock, log } = context
  const assignment = parseAssignmentKey(key)
  const stored = await unlessSpoiled(standings.ledger.read(key))
  // What nobody can read says nothing of what is missing.
  if (!assignment || !stored || isSpoiled(stored)) return
  const { entry } = stored
  const isKnown = entry.state === 'failed' && entry.missingSince !== undefined
  // Whatever is in progress, or failed, reads back what is there by itself.
  if (entry.state !== 'granted' && entry.state !== 'held' && !isKnown) return
  const target = targetOf(assignment, entry)
  if (listed.has(renderTarget(target)) || requests.findInProgress(target)) return
  if (await isAssigned(ssoAdmin, target)) return
  const missingSince = entry.missingSince ?? renderInstant(clock.now())
  const reason = `someone removed it in Identity Center; a drift check has missed it since ${missingSince}`
  try {
    if (entry.state === 'granted')
      await standings.ledger.write(
        key,
        { ...entry, state: 'failed', reason, missingSince, updatedAt: renderInstant(clock.now()) },
        stored,
      )
  } catch (error) {
    if (!(error instanceof EntryChangedError)) throw error
    // It is being worked on, maybe by someone who does not look what is there.
    return checkMissing(key, listed, found, context)
  }
  found.missing.push(key)
  if (configuration.onDrift === 'restore' || entry.state === 'held') found.toEvaluate.push(assignment)
  else found.links.push(...entry.links.map((link) => link.key))
  log.error('access that ssofile gave was removed by someone else', {
    assignment: key,
    onDrift: configuration.onDrift,
    missingSince,
  })
}

/** Listed, and neither in the ledger nor foreign under this name. */
async function checkForeign(
  key: AssignmentKey,
  target: AssignmentTarget,
  found: Found,
  context: DriftContext,
): Promise<void> {
  const { standings, requests, ssoAdmin, objects, clock, log } = context
  if (requests.findInProgress(target) || (await isInLedger(key, target, context))) return
  // Ours may have gone since it was listed, with its entry. So: no entry, yet it is there, and still no entry.
  if (!(await isAssigned(ssoAdmin, target)) || (await isInLedger(key, target, context))) return
  const { principalId, permissionSetArn } = target
  const seenAt = renderInstant(clock.now())
  await recordFound(objects, key, { v: 1, principalId, permissionSetArn, links: [], seenAt })
  // Whoever grants it right now looked before that was written: what comes of it is ours.
  if (await isInLedger(key, target, context)) return standings.forgetForeign(key)
  standings.noteForeign(key, (await readForeign(objects, key))?.links ?? [], principalId)
  found.foreign.push(key)
  log.warn('access that ssofile did not give was found: it is recorded as foreign and left alone', { assignment: key })
}

/** Names own, ids act: a principal that was renamed has its entry under its earlier name. */
async function isInLedger(key: AssignmentKey, target: AssignmentTarget, { standings }: DriftContext): Promise<boolean> {
  const assignment = parseAssignmentKey(key)
  const others = await standings.keysOf(
    ({ permissionSet, type }) => permissionSet === assignment?.permissionSet && type === assignment.type,
    new Set([target.accountId]),
  )
  for (const other of new Set([key, ...others.ledger])) {
    const of = parseAssignmentKey(other)
    const stored = await unlessSpoiled(standings.ledger.read(other))
    // It may be what the entry is about that nobody can read.
    if (isSpoiled(stored)) return true
    if (of && stored && targetsOf(of, stored.entry).map(renderTarget).includes(renderTarget(target))) return true
  }
  return false
}

type Seen = {
  /** What is listed under the name of the record. */
  readonly target: AssignmentTarget | undefined
  /** All that is listed, by ids. */
  readonly ids: ReadonlySet<string>
  /** The ledger entries that may have what is listed under the name. */
  readonly holders: readonly AssignmentKey[]
}

/** Recorded as foreign: is it there still, under this name, and not ours? */
async function checkRecorded(key: AssignmentKey, seen: Seen, found: Found, context: DriftContext): Promise<void> {
  const { standings, objects, ssoAdmin, log } = context
  const { target, ids } = seen
  const assignment = parseAssignmentKey(key)
  const stored = await unlessSpoiled(readStoredForeign(objects, key))
  // Whose it is nobody knows until somebody has restored it; the others are compared all the same.
  if (isSpoiled(stored))
    return log.error('what others gave cannot be read: it stays on the list as it is', { error: stored })
  if (!assignment) return
  if (!stored) return standings.noteGone(key)
  const { etag } = stored.object
  if (target && (await isHeldBy(seen.holders, target, context))) {
    if (!(await forgetGone(objects, key, etag))) return
    log.warn('access of ours was recorded as foreign', { key })
    return seen.holders.includes(key) ? standings.noteGone(key) : leaveForeign(key, found, standings)
  }
  if (target && isSameAccess(stored.value, target)) return
  const recorded = targetOf(assignment, stored.value)
  // Another has the name by now, or it is listed by its id alone: under its present name, if any, it is recorded anew.
  const isElsewhere = target !== undefined || ids.has(renderTarget(recorded))
  if (!isElsewhere && (await isAssigned(ssoAdmin, recorded))) return
  if (!(await forgetGone(objects, key, etag))) return
  found.gone.push(key)
  leaveForeign(key, found, standings)
  log.info('access that ssofile did not give is gone', { assignment: key, isElsewhere })
  if (target && !seen.holders.includes(key)) await checkForeign(key, target, found, context)
}

/**
 * Whether what is recorded as foreign is in the ledger: whoever recorded it died, or stood still, before it saw that it is
 * ours, or knew its principal by a name that another one has by now.
 */
async function isHeldBy(
  holders: readonly AssignmentKey[],
  target: AssignmentTarget,
  { standings }: DriftContext,
): Promise<boolean> {
  const entries = await Promise.all(holders.map((holder) => unlessSpoiled(standings.ledger.read(holder))))
  return entries.some((holder) => holder && !isSpoiled(holder) && hasForCertain(holder.entry, target))
}

/** What is undecided may have become someone else's meanwhile. */
function hasForCertain(entry: LedgerEntry, target: AssignmentTarget): boolean {
  return listAccess(entry).some(
    (access) => isSameAccess(access, target) && (access.state === 'granted' || access.state === 'held'),
  )
}

/** What a renamed principal's access has in common under both names. */
function describeAllButPrincipal(key: AssignmentKey): string {
  const { accountId, permissionSet, type } = parseAssignmentKey(key) ?? {}
  return [accountId, permissionSet, type].join(' ')
}

/** It stands under `foreign/` no more: links that grant it want it by their own right now, also those that came since. */
function leaveForeign(key: AssignmentKey, found: Found, standings: Standings): void {
  standings.noteGone(key)
  const assignment = parseAssignmentKey(key)
  if (assignment) found.toEvaluate.push(assignment)
}

/** All access that an entry records as ours, former access included. */
function targetsOf(assignment: Assignment, entry: LedgerEntry): readonly AssignmentTarget[] {
  return listAccess(entry).map((access) => targetOf(assignment, access))
}

function targetOf(
  { accountId, type }: Assignment,
  { principalId, permissionSetArn }: Pick<LedgerEntry, 'principalId' | 'permissionSetArn'>,
): AssignmentTarget {
  return { accountId, permissionSetArn, principalId, principalType: type }
}

function renderTarget({ accountId, permissionSetArn, principalId, principalType }: AssignmentTarget): string {
  return [accountId, permissionSetArn, principalId, principalType].join(' ')
}
