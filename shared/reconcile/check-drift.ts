import pLimit from 'p-limit'
import type { AccountId } from '../domain/account-id.ts'
import { parseAssignmentKey } from '../domain/assignment.ts'
import { shareOfNight } from '../domain/drift-share.ts'
import { assignmentHint, type DriftHint } from '../domain/hint.ts'
import { type PermissionSetArn, principalId } from '../domain/identity-center-ids.ts'
import type { PermissionSetName } from '../domain/permission-set-name.ts'
import { type PrincipalName, type PrincipalType, principalName } from '../domain/principal.ts'
import { listAll, type Page } from '../ports/page.ts'
import type { Ports } from '../ports/ports.ts'
import { isServiceError } from '../ports/service-error.ts'
import type { AssignmentTarget, SsoAdmin } from '../ports/sso-admin.ts'
import { type Comparison, compareAssignments, type DriftContext } from './compare-assignments.ts'
import { closeUnit, type DriftRun, isOpen } from './drift-run.ts'
import { sendHints } from './lanes.ts'
import type { SettleContext } from './settlement.ts'

/** So many calls by permission set, less than two minutes of the rate, are made every night; more over seven nights. */
const nightlyCallsMost = 2_000
/** A unit is what a kill loses, and what the end of a slice waits for: some seconds of the rate. */
const principalsOfUnit = 10
const accountsOfUnit = 100
const readAtOnce = 8

const nothing: Comparison = { checked: 0, missing: [], foreign: [], gone: [], toEvaluate: [], links: [] }

export type DriftCheckContext = SettleContext & {
  readonly queues: Ports['queues']
  readonly identityStore: Ports['identityStore']
  /** SSO Admin behind all other calls, and only while something may be started; told of each call. */
  readonly openBackground: (onCall: () => void) => SsoAdmin
}

/**
 * The dispatcher's part of a drift check, unit by unit. By principal (ListAccountAssignmentsForPrincipal: a call for 100
 * assignments) every night, for all groups and for the users that the ledger or `foreign/` names; this finds whatever of
 * ours is gone. By permission set (ListAccountsForProvisionedPermissionSet, then a call for each account) what no such
 * principal leads to: assignments of other users, and of principals that are deleted; every night where that takes less
 * than two minutes, else a seventh of the permission sets each night: 5,000 accounts with 50 of them are 250,000 calls,
 * three and a half hours of the whole rate. Where listing by principal is refused, by permission set only, all of it.
 */
export class DriftCheck {
  readonly #context: DriftCheckContext
  #permissionSets: Promise<ReadonlyMap<PermissionSetName, PermissionSetArn>> | undefined

  constructor(context: DriftCheckContext) {
    this.#context = context
  }

  /** Does one unit, and answers the links whose status has to be told anew. Throws NotStartedError at the end of a slice. */
  async work(hint: DriftHint, { log, pulledMs }: Pick<SettleContext, 'log' | 'pulledMs'>): Promise<readonly string[]> {
    const { objects, configuration } = this.#context
    if (!(await isOpen(objects, hint))) return []
    let calls = 0
    const ssoAdmin = this.#context.openBackground(() => calls++)
    const context: DriftCheckContext = { ...this.#context, ssoAdmin, log, pulledMs }
    const { units, comparison } = await this.#do(hint, context)
    const event = `${hint.run}/${hint.unit}`
    const hints = comparison.toEvaluate.map((assignment) => assignmentHint(assignment, 'drift'))
    await sendHints(this.#context, { id: event, hints: [...units, ...hints], revocation: false }, configuration)
    const { checked, missing, foreign, gone, links } = comparison
    const figures = { checked, missing: missing.length, foreign: foreign.length, gone: gone.length, calls }
    const divided = units.map(({ unit }) => unit)
    const run = await closeUnit(objects, hint, figures, divided)
    log.info('a part of the drift check is done', { ...figures, divided: divided.length, open: run?.open.length })
    if (run?.run === hint.run && run.open.length === 0) log.info('the drift check has ended', figuresOf(run))
    return links
  }

  async #do(
    hint: DriftHint,
    context: DriftCheckContext,
  ): Promise<{ readonly units: readonly DriftHint[]; readonly comparison: Comparison }> {
    switch (hint.kind) {
      case 'drift':
        return { units: await this.#divide(hint, context), comparison: nothing }
      case 'drift-of-principals':
        return { units: [], comparison: await this.#comparePrincipals(hint, context) }
      case 'drift-of-permission-set': {
        if (hint.accounts) return { units: [], comparison: await this.#comparePermissionSet(hint, context) }
        const units = await this.#divideByAccounts(hint, context)
        return { units, comparison: nothing }
      }
      default:
        return hint satisfies never
    }
  }

  async #divide({ run }: DriftHint, context: DriftCheckContext): Promise<readonly DriftHint[]> {
    const { standings, clock, log } = context
    const known = await standings.keysOf(() => true)
    const names = { GROUP: new Set(await listGroups(context)), USER: new Set<PrincipalName>() }
    const provisioned = new Set<string>()
    for (const key of [...known.ledger, ...known.foreign]) {
      const assignment = parseAssignmentKey(key)
      if (!assignment) continue
      names[assignment.type].add(assignment.principal)
      provisioned.add(`${assignment.accountId} ${assignment.permissionSet}`)
    }
    const isPermitted = await mayListByPrincipal(context)
    const sets = [...(await this.#listPermissionSets(context)).keys()].sort()
    const isCheap = provisioned.size + sets.length <= nightlyCallsMost
    const tonight = isPermitted && !isCheap ? shareOfNight(sets, clock.now()) : sets
    log.info('drift check begun', {
      run,
      byPrincipal: isPermitted ? names.GROUP.size + names.USER.size : 'refused',
      byPermissionSet: tonight.length,
      permissionSets: sets.length,
    })
    const part = { v: 1, run, cause: 'drift' } as const
    const ofPrincipals = (['GROUP', 'USER'] as const).flatMap((type) =>
      portions([...names[type]].sort(), principalsOfUnit).map((principals, index): DriftHint => {
        return { ...part, kind: 'drift-of-principals', unit: `${type} ${index + 1}`, type, principals: [...principals] }
      }),
    )
    const ofSets = tonight.map((permissionSet): DriftHint => {
      const isOnlyAxis = !isPermitted
      return { ...part, kind: 'drift-of-permission-set', unit: permissionSet, permissionSet, isOnlyAxis }
    })
    return isPermitted ? [...ofPrincipals, ...ofSets] : ofSets
  }

  async #comparePrincipals(
    { type, principals }: Extract<DriftHint, { kind: 'drift-of-principals' }>,
    context: DriftCheckContext,
  ): Promise<Comparison> {
    const limit = pLimit(readAtOnce)
    const rows = await Promise.all(principals.map((name) => limit(() => listRowsOf(type, name, context))))
    const meant = new Set<string>(principals)
    const known = await context.standings.keysOf((grant) => grant.type === type && meant.has(grant.principal))
    return compareAssignments(rows.flat(), known, await this.#toCompare(context), { findsMissing: true })
  }

  async #divideByAccounts(
    { run, permissionSet, isOnlyAxis }: Extract<DriftHint, { kind: 'drift-of-permission-set' }>,
    context: DriftCheckContext,
  ): Promise<readonly DriftHint[]> {
    const arn = (await this.#listPermissionSets(context)).get(permissionSet)
    const accounts = new Set<AccountId>()
    if (arn !== undefined) {
      const list = (token?: string) => context.ssoAdmin.listAccountsForProvisionedPermissionSet(arn, undefined, token)
      for (const id of await listWhatIsLeft(list)) accounts.add(id)
    }
    // Where it should be, and is not any more.
    const known = await context.standings.keysOf((grant) => grant.permissionSet === permissionSet)
    for (const key of [...known.ledger, ...known.foreign]) {
      const assignment = parseAssignmentKey(key)
      if (assignment) accounts.add(assignment.accountId)
    }
    return portions([...accounts].sort(), accountsOfUnit).map((portion, index): DriftHint => {
      const unit = `${permissionSet} ${index + 1}`
      const accounts = [...portion]
      return { v: 1, kind: 'drift-of-permission-set', run, unit, permissionSet, isOnlyAxis, accounts, cause: 'drift' }
    })
  }

  async #comparePermissionSet(
    { permissionSet, isOnlyAxis, accounts = [] }: Extract<DriftHint, { kind: 'drift-of-permission-set' }>,
    context: DriftCheckContext,
  ): Promise<Comparison> {
    const arn = (await this.#listPermissionSets(context)).get(permissionSet)
    const limit = pLimit(readAtOnce)
    const rows =
      arn === undefined ? [] : await Promise.all(accounts.map((id) => limit(() => listRowsIn(id, arn, context))))
    const known = await context.standings.keysOf((grant) => grant.permissionSet === permissionSet, new Set(accounts))
    return compareAssignments(rows.flat(), known, await this.#toCompare(context), { findsMissing: isOnlyAxis })
  }

  async #toCompare(context: DriftCheckContext): Promise<DriftContext> {
    const names = [...(await this.#listPermissionSets(context))].map(([name, arn]) => [arn, name] as const)
    return { ...context, permissionSetNames: new Map(names) }
  }

  /** Once in a slice: what is made meanwhile is compared by the next check. */
  #listPermissionSets({
    permissionSets,
  }: DriftCheckContext): Promise<ReadonlyMap<PermissionSetName, PermissionSetArn>> {
    this.#permissionSets ??= permissionSets.list().catch((error: unknown) => {
      this.#permissionSets = undefined
      throw error
    })
    return this.#permissionSets
  }
}

function figuresOf({ run, startedAt, checked, missing, foreign, gone, calls }: DriftRun) {
  return { run, startedAt, checked, missing, foreign, gone, calls }
}

function portions<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

/** All groups of the directory, as links name them. */
async function listGroups({ identityStore, configuration }: DriftCheckContext): Promise<readonly PrincipalName[]> {
  const { principalSuffix: suffix } = configuration
  const names: PrincipalName[] = []
  for await (const { name } of listAll((token) => identityStore.listPrincipals('GROUP', token))) {
    const own = name.endsWith(suffix) ? principalName.safeParse(name.slice(0, name.length - suffix.length)) : undefined
    if (own?.success) names.push(own.data)
  }
  return names
}

/** Whether the call is permitted at all: documented as the management account's, a delegated administrator may be refused. */
async function mayListByPrincipal({ identityStore, ssoAdmin }: DriftCheckContext): Promise<boolean> {
  const [anyone] = (await identityStore.listPrincipals('GROUP')).items
  if (anyone === undefined) return false
  try {
    await ssoAdmin.listAccountAssignmentsForPrincipal({ principalId: anyone.id, principalType: 'GROUP' })
    return true
  } catch (error) {
    if (isServiceError(error, 'AccessDeniedException')) return false
    throw error
  }
}

/** What is assigned to a principal itself. One that is deleted stands under its id, and its assignments stay listed. */
async function listRowsOf(
  type: PrincipalType,
  name: PrincipalName,
  { principals, ssoAdmin, pulledMs }: DriftCheckContext,
): Promise<readonly AssignmentTarget[]> {
  const id = (await principals.resolve(type, name, pulledMs)) ?? principalId.safeParse(name).data
  if (id === undefined) return []
  const list = (token?: string) =>
    ssoAdmin.listAccountAssignmentsForPrincipal({ principalId: id, principalType: type }, token)
  const rows = await Array.fromAsync(listAll(list))
  // For a user those of its groups are mixed in.
  return rows.filter((row) => row.principalId === id && row.principalType === type)
}

async function listRowsIn(
  accountId: AccountId,
  permissionSetArn: PermissionSetArn,
  { ssoAdmin }: DriftCheckContext,
): Promise<readonly AssignmentTarget[]> {
  const list = (token?: string) => ssoAdmin.listAccountAssignments(accountId, permissionSetArn, token)
  return (await listWhatIsLeft(list)).map((row) => ({ accountId, permissionSetArn, ...row }))
}

/** Of a permission set that was deleted meanwhile, nothing. */
async function listWhatIsLeft<T>(list: (token?: string) => Promise<Page<T>>): Promise<readonly T[]> {
  try {
    return await Array.fromAsync(listAll(list))
  } catch (error) {
    if (isServiceError(error, 'ResourceNotFoundException')) return []
    throw error
  }
}
