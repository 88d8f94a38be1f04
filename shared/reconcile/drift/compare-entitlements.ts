import pLimit from 'p-limit'
import {
  type ApplicationArn,
  entitlementOf,
  nameRole,
  renderEntitlementKey,
} from '../../domain/assignments/entitlement.ts'
import type { DriftHint } from '../../domain/messages/hint.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { portionsOf } from '../../domain/text/portions.ts'
import type { AccountAccess, Entitlement } from '../../ports/account-access.ts'
import { listAll } from '../../ports/page.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { SettleContext } from '../assignments/settlement.ts'
import {
  type ForeignEntitlement,
  type ListedEntitlement,
  listEntitlementKeys,
  readEntitlement,
  removeEntitlement,
  writeEntitlement,
} from '../records/foreign-entitlements.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'
import { type Comparison, emptyComparison, findGiver, nameOf, tellForeignAccess } from './compare-assignments.ts'
import type { DriftRun } from './drift-run.ts'

const readAtOnce = 8
const accountsOfUnit = 100

export type RoleSources = SettleContext & { readonly accountAccess?: AccountAccess | undefined }
export type RolesHint = Extract<DriftHint, { kind: 'drift-of-roles' }>
type Divided = { readonly roles?: DriftRun['roles']; readonly units: readonly RolesHint[] }

/**
 * Divides the check of account access manager by account, because it lists nothing without a filter. If nobody uses the service, this costs
 * one call a night. If ssofile cannot ask it, ssofile concludes nothing.
 *
 * | its instances                | `roles`       | units                                                        |
 * | ---------------------------- | ------------- | ------------------------------------------------------------ |
 * | the Region lacks the service | `not offered` | none                                                         |
 * | access is denied             | `not known`   | none                                                         |
 * | none                         | `not used`    | the accounts with entitlements in `foreign/`: are they gone? |
 * | one or more                  | `read`        | every account, and further ones in `foreign/`                |
 */
export async function divideByRoles({ run }: DriftHint, context: RoleSources): Promise<Divided> {
  const { accountAccess, organization, objects, log } = context
  if (accountAccess === undefined) return { units: [] }
  const state = await askForApplications(accountAccess)
  if (state.state === 'not known') log.warn('account access manager does not answer: its access is unknown', state)
  const { applications, ...roles } = state
  if (applications === undefined) return { roles, units: [] }
  const accounts = new Set<AccountId>()
  for await (const { accountId } of listEntitlementKeys(objects)) accounts.add(accountId)
  if (applications.length > 0) for (const { id } of (await organization.view()).accounts) accounts.add(id)
  const units = portionsOf([...accounts].sort(), accountsOfUnit).map((portion, index): RolesHint => {
    const part = { v: 1, run, cause: 'drift', unit: `roles ${index + 1}` } as const
    return { ...part, kind: 'drift-of-roles', applications: [...applications], accounts: portion }
  })
  return { roles, units }
}

/**
 * Looks at once at entitlements that someone may have granted or removed: in this account, or if the event names none, in all
 * accounts with entitlements in `foreign/`. If account access manager cannot be asked, concludes nothing: the nightly check
 * reports it.
 */
export async function lookAtEntitlements(
  account: AccountId | undefined,
  context: RoleSources,
): Promise<Pick<Comparison, 'foreign' | 'gone'>> {
  const nothing = { foreign: [], gone: [] }
  const applications = context.accountAccess && (await askForApplications(context.accountAccess)).applications
  if (applications === undefined) return nothing
  const accounts = new Set<AccountId>(account === undefined ? [] : [account])
  if (account === undefined)
    for await (const { accountId } of listEntitlementKeys(context.objects)) accounts.add(accountId)
  return (await compareEntitlements({ applications, accounts: [...accounts].sort() }, context)) ?? nothing
}

type Applications = Pick<NonNullable<DriftRun['roles']>, 'state' | 'why'> & {
  /** Absent: nothing can be concluded. */
  readonly applications?: readonly ApplicationArn[]
}

async function askForApplications(accountAccess: AccountAccess): Promise<Applications> {
  try {
    const applications = await accountAccess.listApplications()
    if (applications === undefined) return { state: 'not offered' }
    return { state: applications.length === 0 ? 'not used' : 'read', applications }
  } catch (error) {
    if (!isServiceError(error)) throw error
    return { state: 'not known', why: error.message }
  }
}

/**
 * Compares the entitlements of these accounts with `foreign/`, which is read after an account was listed:
 *
 * | under `foreign/` | listed | then                                                             |
 * | ---------------- | ------ | ---------------------------------------------------------------- |
 * | no               | yes    | record it                                                        |
 * | yes              | yes    | record its present name, if the name changed                     |
 * | yes              | no     | look for it alone; remove it if it is not there                  |
 */
export async function compareEntitlements(
  {
    applications,
    accounts,
  }: { readonly applications: readonly ApplicationArn[]; readonly accounts: readonly AccountId[] },
  context: RoleSources,
): Promise<Comparison | undefined> {
  const { accountAccess } = context
  if (accountAccess === undefined) return undefined
  const found = emptyComparison()
  await pLimit(readAtOnce).map(accounts, async (accountId) => {
    const listed = new Map<string, Row>()
    for (const application of applications)
      for await (const row of listAll((token) => accountAccess.listEntitlements(application, { accountId }, token)))
        listed.set(keyOf(row), { ...row, application })
    const known = new Map(
      (await Array.fromAsync(listEntitlementKeys(context.objects, `account%${accountId}%role:`))).map((one) => [
        one.key,
        one,
      ]),
    )
    for (const row of listed.values()) if (!known.has(keyOf(row))) await record(row, undefined, found, context)
    for (const one of known.values()) await checkKnown(one, listed.get(one.key), found, { ...context, accountAccess })
  })
  return found
}

const keyOf = ({ accountId, roleArn, principalId, principalType: type }: Entitlement) =>
  renderEntitlementKey({ accountId, permissionSet: nameRole(roleArn), principalId, type })

type Row = Entitlement & { readonly application: ApplicationArn }

async function record(
  row: Row,
  known: ForeignEntitlement | undefined,
  found: Comparison,
  context: RoleSources,
): Promise<void> {
  const { objects, clock } = context
  const { application, roleArn } = row
  const key = keyOf(row)
  const principal = await nameOf(entitlementOf(key), context)
  if (known && known.principal === principal && known.roleArn === roleArn && known.application === application) return
  const seenAt = known?.seenAt ?? renderInstant(clock.now())
  const by = known ? undefined : await findGiver(key, { entitlement: key }, context)
  await writeEntitlement(objects, key, { principal, roleArn, application, seenAt, by }, known)
  if (known) return
  tellForeignAccess(found, { assignment: key, principal }, context)
}

async function checkKnown(
  { key }: ListedEntitlement,
  row: Row | undefined,
  found: Comparison,
  context: RoleSources & { readonly accountAccess: AccountAccess },
): Promise<void> {
  const { objects, clock, log } = context
  const known = await unlessSpoiled(readEntitlement(objects, key))
  if (isSpoiled(known))
    return log.error('ssofile cannot read foreign access: the list stays as it is', { error: known })
  if (!known) return
  if (row) return record(row, known, found, context)
  if (await isStillThere(key, known, context)) return
  await removeEntitlement(objects, key, known, renderInstant(clock.now()))
  found.gone.push(key)
  log.info('foreign access is gone', { assignment: key })
}

/** A deleted instance has no entitlements. An instance that denies access may still have this one. */
async function isStillThere(
  key: ListedEntitlement['key'],
  { application, roleArn }: ForeignEntitlement,
  { accountAccess }: { readonly accountAccess: AccountAccess },
): Promise<boolean> {
  const { accountId, principalId, type: principalType } = entitlementOf(key)
  const filter = { accountId, roleArn, principal: { principalId, principalType } }
  try {
    const rows = await Array.fromAsync(listAll((token) => accountAccess.listEntitlements(application, filter, token)))
    return rows.length > 0
  } catch (error) {
    if (isServiceError(error, 'ResourceNotFoundException')) return false
    if (isServiceError(error, 'AccessDeniedException')) return true
    throw error
  }
}
