import pLimit from 'p-limit'
import { type AssignmentId, assignmentOf } from '../../domain/assignments/assignment.ts'
import { type IsLeft, leftBy, putLeftFirst, shareOfNight } from '../../domain/assignments/drift-share.ts'
import {
  accessHint,
  type ByHandHint,
  byHand,
  type DriftHint,
  type Hint,
  permissionSetHint,
} from '../../domain/messages/hint.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn, PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../domain/principals/principal.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { portionsOf } from '../../domain/text/portions.ts'
import { once } from '../../ports/once.ts'
import { listAll, listUnlessGone } from '../../ports/page.ts'
import { unlessCode, unlessUnread } from '../../ports/service-error.ts'
import type { AssignmentTarget, SsoAdmin } from '../../ports/sso-admin.ts'
import type { OpenSettleContext } from '../assignments/settle-context.ts'
import type { SettleContext } from '../assignments/settlement.ts'
import type { KnownKeys } from '../assignments/standings.ts'
import { listAssignmentsIn, listAssignmentsOf } from '../calls/assignment-listings.ts'
import { forgetAuthors } from '../records/authors.ts'
import { sendHints } from '../records/lanes.ts'
import { lookKey, scheduleWork } from '../records/open-work.ts'
import { type Comparison, compareAssignments, type DriftSources, emptyComparison } from './compare-assignments.ts'
import { compareEntitlements, divideByRoles, lookAtEntitlements, type RoleSources } from './compare-entitlements.ts'
import { closeUnit, type DriftRun, isOpen, readDriftRun } from './drift-run.ts'
import { weighHand } from './weigh-hand.ts'

/**
 * If all permission sets need at most this many calls (under two minutes of the rate), check them every night. Otherwise spread them over
 * seven nights.
 */
const nightlyCallsMost = 2_000
/** The size of a unit, a few seconds of the rate: a killed process loses one unit, and the end of a slice waits for one. */
const principalsOfUnit = 10
const accountsOfUnit = 100
/**
 * A listing of principals begins again with the next slice, so a unit must end within one. 500 calls are 50,000 assignments, and under two
 * minutes.
 */
const callsOfUnitMost = 500
const readAtOnce = 8

export type DriftCheckSources = OpenSettleContext &
  RoleSources & {
    /**
     * SSO Admin for calls that wait behind all others, and that start only while the slice may start work. `onCall`: called for each call.
     */
    readonly openBackground: (onCall: () => void) => SsoAdmin
  }

/**
 * The dispatcher's part of a drift check, unit by unit.
 *
 * - By principal (ListAccountAssignmentsForPrincipal, a call for 100 assignments): every night, for all groups and for the
 *   users in the ledger or `foreign/`. This finds all missing access of ours. A group with more than 50,000 assignments needs a call
 *   for each account. A user whose groups have much access needs a call for each account in which our records have the user's own access.
 * - By permission set (ListAccountsForProvisionedPermissionSet, then a call for each account): finds other assignments of users,
 *   and those of deleted principals. Every night if it takes less than two minutes, otherwise a seventh of the permission sets each
 *   night: 5,000 accounts with 50 of them are 250,000 calls, three and a half hours of the whole rate.
 *
 * If listing by principal is refused, checks all permission sets. A check that the next one interrupts leaves parts; the next one begins
 * with them.
 */
export class DriftCheck {
  readonly #context: DriftCheckSources
  /** The permission sets of the present check, read once per slice: the next check compares later ones. */
  #listed: { readonly run: string; readonly list: ListPermissionSets } | undefined

  constructor(context: DriftCheckSources) {
    this.#context = context
  }

  #permissionSetsOf(run: string): ListPermissionSets {
    if (this.#listed?.run !== run) this.#listed = { run, list: once(() => this.#context.permissionSets.list()) }
    return this.#listed.list
  }

  /** Does one unit, and returns the links whose status must be written again. Throws NotStartedError at the end of a slice. */
  async work(hint: DriftHint, { log, pulledMs }: Pick<SettleContext, 'log' | 'pulledMs'>): Promise<readonly string[]> {
    const { objects, configuration } = this.#context
    if (!(await isOpen(objects, hint))) return []
    let calls = 0
    const ssoAdmin = this.#context.openBackground(() => calls++)
    const context = { ...this.#context, ssoAdmin, log, pulledMs, listPermissionSets: this.#permissionSetsOf(hint.run) }
    const { units = [], roles, comparison = emptyComparison() } = await workUnit(hint, context)
    const event = `${hint.run}/${hint.unit}`
    const hints = comparison.toEvaluate.map((key) => accessHint(assignmentOf(key), 'drift'))
    await sendHints(this.#context, { id: event, hints: [...units, ...hints], revocation: false }, configuration)
    const { checked, missing, undecided, foreign, gone, links } = comparison
    const until = undecided
      .map((one) => renderInstant(one.until))
      .sort()
      .at(-1)
    const figures = {
      ...{ checked, missing: missing.length, foreign: foreign.length, gone: gone.length, calls, roles },
      undecided: until === undefined ? undefined : { count: undecided.length, until },
    }
    const divided = units.map(({ unit }) => unit)
    const run = await closeUnit(objects, hint, figures, divided)
    log.info('a part of the drift check is done', { ...figures, divided: divided.length, open: run?.open.length })
    if (run?.run === hint.run && run.open.length === 0) {
      const { v: _, open: __, ...ended } = run
      log.info('the drift check has ended', ended)
    }
    return links
  }

  /**
   * Looks at a manual change of a permission set, of its assignments in one account, or of roles, with the judgement of the
   * nightly check. Schedules another look if it cannot judge yet. Returns the same as `work`.
   */
  async look(hint: ByHandHint, { log, pulledMs }: Pick<SettleContext, 'log' | 'pulledMs'>): Promise<readonly string[]> {
    const { account, permissionSetArn: arn } = hint
    const { objects, configuration, randomness, permissionSets, openBackground, standings } = this.#context
    const ssoAdmin = openBackground(() => undefined)
    const send = (hints: readonly Hint[]) =>
      sendHints(this.#context, { id: randomness.id(), hints, revocation: false }, configuration)
    if (arn === undefined) {
      const { foreign, gone } = await lookAtEntitlements(account, { ...this.#context, log, pulledMs })
      log.info('checked the access of account access manager', { account, foreign: foreign.length, gone: gone.length })
      return []
    }
    const permissionSet = await permissionSets.nameOf(arn)
    // The permission set was deleted before ssofile ever saw it, so it had no access of ours.
    if (permissionSet === undefined) return []
    if (account === undefined) {
      await send([permissionSetHint(permissionSet, byHand)])
      return []
    }
    const rows = await listAssignmentsIn(account, arn, ssoAdmin)
    const known = await standings.keysOf((grant) => grant.permissionSet === permissionSet, new Set([account]))
    const sources = { ...this.#context, ssoAdmin, log, pulledMs }
    const drift = { ...sources, permissionSetNames: new Map([[arn, permissionSet]]), weigh: weighHand(sources) }
    const comparison = await compareAssignments(rows, known, drift, { findsMissing: true })
    const { missing, undecided, unsettled, foreign, gone, links, toEvaluate } = comparison
    const [until] = [...unsettled, ...undecided.map((one) => one.until)].map(renderInstant).sort()
    if (until !== undefined) await scheduleWork(objects, { at: until }, lookKey(hint))
    await send(toEvaluate.map((key) => accessHint(assignmentOf(key), byHand)))
    const figures = { missing: missing.length, foreign: foreign.length, gone: gone.length, again: until }
    log.info('checked the changes by hand', figures)
    return links
  }
}

type ListPermissionSets = () => Promise<ReadonlyMap<PermissionSetName, PermissionSetArn>>
type UnitSources = DriftCheckSources & { readonly listPermissionSets: ListPermissionSets }
type Worked = {
  readonly units?: readonly DriftHint[]
  readonly roles?: DriftRun['roles']
  readonly comparison?: Comparison | undefined
}
type PrincipalListing = Pick<SsoAdmin, 'listAccountAssignmentsForPrincipal'>
type PrincipalsHint = Extract<DriftHint, { kind: 'drift-of-principals' }>
type PermissionSetHint = Extract<DriftHint, { kind: 'drift-of-permission-set' }>

/** Divides a unit into others, or compares it. */
async function workUnit(hint: DriftHint, context: UnitSources): Promise<Worked> {
  switch (hint.kind) {
    case 'drift': {
      const isLeft = leftBy((await readDriftRun(context.objects))?.left ?? [])
      const { units, roles } = await divideByRoles(hint, context)
      return { roles, units: putLeftFirst([...(await divide(hint, isLeft, context)), ...units], isLeft) }
    }
    case 'drift-of-roles':
      return { comparison: await compareEntitlements(hint, context) }
    case 'drift-of-principals':
      return comparePrincipals(hint, context)
    case 'drift-of-permission-set':
      return hint.accounts
        ? { comparison: await comparePermissionSet(hint, hint.accounts, context) }
        : { units: await divideByAccounts(hint, context) }
    default:
      return hint satisfies never
  }
}

async function divide({ run }: DriftHint, isLeft: IsLeft, context: UnitSources): Promise<readonly DriftHint[]> {
  const { standings, clock, log } = context
  await forgetAuthors(context)
  const ids = { GROUP: new Set(await listGroups(context)), USER: new Set<PrincipalId>() }
  const provisioned = new Set<string>()
  for await (const { type, principalId, permissionSet, accounts } of standings.listHoldings()) {
    ids[type].add(principalId)
    for (const accountId of accounts.slice(0, nightlyCallsMost + 1))
      if (provisioned.size <= nightlyCallsMost) provisioned.add(`${accountId} ${permissionSet}`)
  }
  const isPermitted = await mayListByPrincipal(context)
  const sets = [...(await context.listPermissionSets()).keys()].sort()
  const isCheap = provisioned.size + sets.length <= nightlyCallsMost
  const tonight = isPermitted && !isCheap ? shareOfNight(sets, clock.now(), isLeft) : sets
  log.info('drift check begun', {
    run,
    byPrincipal: isPermitted ? ids.GROUP.size + ids.USER.size : 'refused',
    byPermissionSet: tonight.length,
    permissionSets: sets.length,
  })
  const part = { v: 1, run, cause: 'drift' } as const
  const ofPrincipals = (['GROUP', 'USER'] as const).flatMap((type) =>
    portionsOf([...ids[type]].sort(), principalsOfUnit).map((principals, index): DriftHint => {
      return { ...part, kind: 'drift-of-principals', unit: `${type} ${index + 1}`, type, principals }
    }),
  )
  const ofSets = tonight.map((permissionSet): DriftHint => {
    return { ...part, kind: 'drift-of-permission-set', unit: permissionSet, permissionSet, isOnlyAxis: !isPermitted }
  })
  return isPermitted ? [...ofPrincipals, ...ofSets] : ofSets
}

async function comparePrincipals(hint: PrincipalsHint, context: UnitSources): Promise<Worked> {
  const { type, principals, accounts } = hint
  const rows = await listRows(hint, context)
  if (rows === 'too many') return { units: await dividePrincipals(hint, context) }
  const meant = new Set(principals)
  const isMeant = (held: Pick<AssignmentId, 'type' | 'principalId'>) =>
    held.type === type && meant.has(held.principalId)
  const known = await context.standings.keysOf(isMeant, accounts && new Set(accounts))
  return { comparison: await compareAssignments(rows, known, await nameSets(context), { findsMissing: true }) }
}

type Rows = readonly AssignmentTarget[] | 'too many'

/** Their direct assignments, or that the unit needs too many calls and must be divided. */
async function listRows({ type, principals, accounts }: PrincipalsHint, context: UnitSources): Promise<Rows> {
  const { ssoAdmin } = context
  const limit = pLimit(readAtOnce)
  if (accounts !== undefined) {
    const parts = principals.flatMap((id) => accounts.map((accountId) => ({ id, accountId })))
    return (await limit.map(parts, ({ id, accountId }) => listRowsOf(type, id, ssoAdmin, accountId))).flat()
  }
  if (type === 'USER') return listRowsOfUsers(principals, context)
  const counted = countCalls(ssoAdmin, callsOfUnitMost)
  const rows = await limit.map(principals, (id) => listRowsOf(type, id, counted.listing))
  return counted.isOver() ? 'too many' : rows.flat()
}

/**
 * The listing of a user also has the access through groups, which may take hundreds of calls. So it gets as many calls as the user has known
 * accounts. If they do not suffice, lists each of these accounts: no user takes more than twice the calls of the cheaper way.
 */
async function listRowsOfUsers(users: readonly PrincipalId[], context: UnitSources): Promise<Rows> {
  const { ssoAdmin } = context
  const known = await findKnownAccounts('USER', users, context)
  const accounts = [...known.values()].reduce((sum, { size }) => sum + size, 0)
  const isTooMany = 2 * accounts > callsOfUnitMost
  if (isTooMany && users.length > 1) return 'too many'
  const rows = await pLimit(readAtOnce).map(users, async (id): Promise<Rows> => {
    const places = [...(known.get(id) ?? [])]
    const counted = countCalls(ssoAdmin, Math.max(1, Math.min(places.length, callsOfUnitMost)))
    const whole = await listRowsOf('USER', id, counted.listing)
    if (!counted.isOver()) return whole
    if (isTooMany) return 'too many'
    const parts: AssignmentTarget[] = []
    for (const accountId of places) parts.push(...(await listRowsOf('USER', id, ssoAdmin, accountId)))
    return parts
  })
  const listed = rows.filter((one) => one !== 'too many')
  return listed.length < rows.length ? 'too many' : listed.flat()
}

/** A listing that ends after so many calls. `isOver`: it needed more. */
function countCalls(ssoAdmin: PrincipalListing, most: number) {
  let left = most
  const listing: PrincipalListing = {
    listAccountAssignmentsForPrincipal: async (...of) =>
      left-- > 0 ? ssoAdmin.listAccountAssignmentsForPrincipal(...of) : { items: [] },
  }
  return { listing, isOver: () => left < 0 }
}

/** The accounts in which the ledger or `foreign/` has access of these principals. */
async function findKnownAccounts(
  type: PrincipalType,
  principals: readonly PrincipalId[],
  { standings }: UnitSources,
): Promise<ReadonlyMap<PrincipalId, ReadonlySet<AccountId>>> {
  const meant = new Set(principals)
  const keys = await standings.keysOf((held) => held.type === type && meant.has(held.principalId))
  const byPrincipal = Map.groupBy(assignmentsOf(keys), ({ principalId }) => principalId)
  return new Map([...byPrincipal].map(([id, held]) => [id, new Set(held.map(({ accountId }) => accountId))]))
}

/**
 * Into single principals, and one principal into accounts. A group may have access in every account. Own access of a user in other accounts
 * than the known ones is found by permission set.
 */
async function dividePrincipals(hint: PrincipalsHint, context: UnitSources): Promise<readonly DriftHint[]> {
  const { unit, type, principals } = hint
  if (principals.length > 1)
    return principals.map((id, index) => ({ ...hint, unit: `${unit} ${index + 1}`, principals: [id] }))
  const accounts = new Set<AccountId>()
  if (type === 'GROUP') for (const { id } of (await context.organization.view()).accounts) accounts.add(id)
  for (const known of (await findKnownAccounts(type, principals, context)).values())
    for (const id of known) accounts.add(id)
  return portionsOf([...accounts].sort(), accountsOfUnit).map((portion, index) => {
    return { ...hint, unit: `${unit} ${index + 1}`, accounts: portion }
  })
}

async function divideByAccounts(hint: PermissionSetHint, context: UnitSources): Promise<readonly DriftHint[]> {
  const { permissionSet } = hint
  const arn = (await context.listPermissionSets()).get(permissionSet)
  const list = (of: PermissionSetArn) =>
    listUnlessGone((token) => context.ssoAdmin.listAccountsForProvisionedPermissionSet(of, undefined, token))
  const listed = arn === undefined ? [] : await list(arn)
  // Add accounts that should have the permission set but are not listed.
  const known = assignmentsOf(await context.standings.keysOf((grant) => grant.permissionSet === permissionSet))
  const accounts = new Set([...listed, ...known.map(({ accountId }) => accountId)])
  return portionsOf([...accounts].sort(), accountsOfUnit).map((portion, index) => {
    return { ...hint, unit: `${permissionSet} ${index + 1}`, accounts: portion }
  })
}

async function comparePermissionSet(
  { permissionSet, isOnlyAxis }: PermissionSetHint,
  accounts: readonly AccountId[],
  context: UnitSources,
): Promise<Comparison> {
  const arn = (await context.listPermissionSets()).get(permissionSet)
  const rows =
    arn === undefined
      ? []
      : await pLimit(readAtOnce).map(accounts, (id) => listAssignmentsIn(id, arn, context.ssoAdmin))
  const known = await context.standings.keysOf((grant) => grant.permissionSet === permissionSet, new Set(accounts))
  return compareAssignments(rows.flat(), known, await nameSets(context), { findsMissing: isOnlyAxis })
}

/** Call it after the listing of a unit. The listing must end before the slice does; the names may be read later. */
async function nameSets(context: UnitSources): Promise<DriftSources> {
  const permissionSets = [...(await context.listPermissionSets())]
  return { ...context, permissionSetNames: new Map(permissionSets.map(([name, arn]) => [arn, name] as const)) }
}

function assignmentsOf({ ledger, foreign }: KnownKeys): readonly AssignmentId[] {
  return [...ledger, ...foreign].map(assignmentOf)
}

async function listGroups({ identityStore }: DriftCheckSources): Promise<readonly PrincipalId[]> {
  const groups = await Array.fromAsync(listAll((token) => identityStore.listPrincipals('GROUP', token)))
  return groups.map(({ id }) => id)
}

/** Whether the call is permitted: AWS documents it for the management account, and a delegated administrator may be refused. */
async function mayListByPrincipal({ identityStore, ssoAdmin }: DriftCheckSources): Promise<boolean> {
  const [anyone] = (await identityStore.listPrincipals('GROUP')).items
  if (anyone === undefined) return false
  // The error code for a delegated administrator is unknown.
  const listing = ssoAdmin.listAccountAssignmentsForPrincipal({ principalId: anyone.id, principalType: 'GROUP' })
  return 'is' in (await unlessUnread(listing))
}

/** The direct assignments of a principal. For a deleted one AWS may return none: the check by permission set finds those. */
async function listRowsOf(
  principalType: PrincipalType,
  principalId: PrincipalId,
  ssoAdmin: PrincipalListing,
  accountId?: AccountId,
): Promise<readonly AssignmentTarget[]> {
  const listing = listAssignmentsOf({ principalId, principalType }, ssoAdmin, accountId)
  return (await unlessCode(listing, 'ResourceNotFoundException')) ?? []
}
