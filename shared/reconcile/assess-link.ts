import type { AccountId } from '../domain/account-id.ts'
import { type Complaint, quote } from '../domain/complaint.ts'
import type { Configuration } from '../domain/configuration.ts'
import { expandScope } from '../domain/expand-scope.ts'
import { renderInstant } from '../domain/instant.ts'
import type { Grant, Link } from '../domain/link.ts'
import { nearMatch } from '../domain/near-match.ts'
import type { OrganizationView } from '../domain/organization-view.ts'
import { removedCause } from '../domain/removed-cause.ts'
import type { Status } from '../domain/status.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { describeHeld, keepHeld, listHeld } from './held-status.ts'
import type { OrganizationCache } from './organization-cache.ts'
import { type LinkReading, readLink } from './read-link.ts'
import type { Lack } from './settlement.ts'
import { mayName, type Standing } from './standings.ts'
import type { NewStatus } from './status-store.ts'
import { bindingOf, lackOfBoundUser } from './user-binding.ts'

/** What is asked of the organization for a status. */
export type AskedOrganization = Pick<OrganizationCache, 'view' | 'viewWithTags' | 'find' | 'parentExists'>

export type AssessContext = {
  readonly objects: ObjectStore
  readonly organization: AskedOrganization
  readonly configuration: Configuration
  /** Until when (monotonic) tags of accounts may be read. Absent: until all are. */
  readonly tagsUntilMs?: number
  /** How far the assignments are: known to the dispatcher only. Absent: the status says that work goes on. */
  readonly progress?: {
    /** `undefined`: nobody has looked since this process began. */
    lackOf(link: string): Lack | 'none' | undefined
    of(grant: Grant, accounts: readonly AccountId[]): Promise<ReadonlyMap<AccountId, Standing>>
    accountsOf(grant: Grant): Promise<readonly AccountId[]>
    /** Where the brake holds a revocation; `undefined`: it is not known. */
    heldAccountsOf(grant: Grant): readonly AccountId[] | undefined
  }
}

/** A link as it is now: what it says, the accounts that it grants access in, and what is to be told of it. */
export type LinkAssessment = {
  readonly reading: LinkReading
  /** In-force links only; empty otherwise. */
  readonly accounts: readonly AccountId[]
  readonly status: NewStatus | undefined
  /** Tags of accounts are still to be read: which ones it means is not known yet, and it has to be looked at again. */
  readonly isUnread?: true
}

/** The status that a link has now, `undefined` when the input is gone and nothing of it is left. */
export async function assessLink(
  key: string,
  current: Status | undefined,
  context: AssessContext,
): Promise<LinkAssessment> {
  const reading = await readLink(context.objects, key, context.configuration)
  const kept = current?.by === undefined ? {} : { by: current.by }
  const told = { ...kept, ...versionOf(reading), ...keptBinding(reading, current) }
  const answer = (status: NewStatus | undefined, accounts: readonly AccountId[] = []): LinkAssessment => ({
    reading,
    accounts,
    status,
  })
  switch (reading.state) {
    case 'absent':
      return answer(await assessRemains(reading.link, key, current, { ...kept, state: 'revoking' }, undefined, context))
    case 'rejected':
      return answer({ ...told, ...rejection(reading.complaint) })
    case 'expired': {
      const expired: NewStatus = {
        ...told,
        state: 'expired',
        reason: `it expired at ${instantOf(reading.body.expiresAt)}`,
        remedy: 'upload it again with a later expiresAt, or delete it',
      }
      return answer(
        await assessRemains(reading.link, key, current, { ...expired, state: 'revoking' }, expired, context),
      )
    }
    case 'not-yet': {
      const notYet: NewStatus = {
        ...told,
        state: 'waiting',
        reason: `it is not in force before ${instantOf(reading.body.notBefore)}`,
        remedy: 'nothing; it is applied then',
      }
      return answer(await assessRemains(reading.link, key, current, { ...notYet, state: 'revoking' }, notYet, context))
    }
    case 'in-force': {
      const view = await viewFor(reading.link, context)
      if (reading.link.scope.kind === 'account_tag' && !view.hasTags)
        return { ...answer({ ...told, ...describeUnread(view) }), isUnread: true }
      const complaint = complainOfManagementAccount(reading.link, view, context.configuration)
      if (complaint) return answer({ ...told, ...rejection(complaint) })
      const accounts = await expandLink(reading.link, view, context)
      const lack = findLack(reading.link, told, current, context)
      return answer(await assessAccounts(reading.link, accounts, { told, lack, current }, context), accounts)
    }
    default:
      return reading satisfies never
  }
}

/** Tags of all accounts take a while to read: only those wait whose scope is a tag. */
function viewFor({ scope }: Link, { organization, tagsUntilMs }: AssessContext): Promise<OrganizationView> {
  return scope.kind === 'account_tag' ? organization.viewWithTags(tagsUntilMs) : organization.view()
}

function describeUnread({ accounts }: OrganizationView): NewStatus {
  const left = accounts.filter(({ tags }) => tags === undefined).length
  return {
    state: 'waiting',
    accounts: { desired: 0, applied: 0, open: 0, failed: [] },
    reason: `the tags of ${left} of ${accounts.length} accounts are still to be read, which takes a second for about nine of them`,
    remedy: 'nothing; it is applied when all are read',
  }
}

/** The accounts of a link; one that the view does not have yet is looked for in Organizations. */
async function expandLink(
  { scope }: Link,
  view: OrganizationView,
  { organization, configuration }: AssessContext,
): Promise<readonly AccountId[]> {
  if (scope.kind !== 'account') return expandScope(scope, view, configuration)
  const account = await organization.find(scope.id, view)
  return account ? expandScope(scope, { ...view, accounts: [account] }, configuration) : []
}

async function assessAccounts(
  link: Link,
  accounts: readonly AccountId[],
  {
    told,
    lack,
    current,
  }: { readonly told: Partial<NewStatus>; readonly lack: Lack | undefined; readonly current: Status | undefined },
  context: AssessContext,
): Promise<NewStatus> {
  const held = context.progress ? await listHeld(link, context.progress) : []
  if (accounts.length === 0) {
    const empty = { ...told, ...(await describeEmptyScope(link, context)) }
    if (held.length > 0) return { ...empty, ...describeHeld(held) }
    // Only the dispatcher knows whether the brake still holds it, and no hint makes it tell.
    const isKept = !context.progress && current?.state === 'held'
    return isKept ? { ...empty, ...keepHeld(current), accounts: empty.accounts } : empty
  }
  if (!context.progress) return { ...told, state: 'applying' }
  const listed = [...(await context.progress.of(link, accounts))]
  const boundTo = told.principalId ?? findBinding(link, told, listed)
  const isInForce = ({ state }: Standing) => state === 'granted' || state === 'foreign'
  const isApplied = (standing: Standing) =>
    isInForce(standing) && (boundTo === undefined || standing.principalId === boundTo)
  const failed = listed
    .filter(([, { state }]) => state === 'failed' || state === 'stuck')
    .map(([account, { reason }]) => ({ account, reason: reason ?? 'no reason is known' }))
  const applied = listed.filter(([, standing]) => isApplied(standing)).length
  const open = accounts.length - applied - failed.length
  const counts = { desired: accounts.length, applied, open, failed }
  const principal =
    boundTo ?? (link.type === 'GROUP' ? listed.map(([, { principalId }]) => principalId).find((id) => id) : undefined)
  const base = { ...told, accounts: counts, ...(principal === undefined ? {} : { principalId: principal }) }
  const isMoving = open > listed.filter(([, { state }]) => state === 'held').length
  // A status that says held does not say what the link lacks: it stands until the link is evaluated again.
  const isToldHeld =
    current?.state === 'held' && isOfSameUpload(current, told) && context.progress.lackOf(link.key) === undefined
  if (held.length > 0 && (lack || !isMoving || isToldHeld)) return { ...base, ...describeHeld(held) }
  if (lack) return { ...base, state: 'waiting', ...lack }
  // Another link of this name is applied to another user; this one stays with the user whom it was applied to.
  if (boundTo !== undefined && listed.some(([, standing]) => isInForce(standing) && !isApplied(standing)))
    return { ...base, state: 'waiting', ...lackOfBoundUser(link.principal, boundTo) }
  if (open > 0) return { ...base, state: 'applying' }
  if (failed.length > 0) {
    return {
      ...base,
      state: 'failed',
      reason: failed[0]?.reason,
      remedy: listed.some(([, { isMissing }]) => isMissing && context.configuration.onDrift === 'report')
        ? 'upload the link again to have it given anew, or delete the link ("onDrift": "restore" gives it anew by itself)'
        : `${removedCause(failed.map(({ reason }) => reason))}; it is tried again by itself, at least every hour`,
    }
  }
  const isForeign = listed.every(([, { state }]) => state === 'foreign')
  return isForeign
    ? {
        ...base,
        state: 'applied',
        owned: false,
        reason: 'the access existed before this link; it stays when the link is deleted',
      }
    : { ...base, state: 'applied' }
}

/**
 * What the link lacks: as this process found it, or, where it has evaluated none of the link's accounts, as the status of
 * the same upload has it.
 */
function findLack(
  link: Link,
  told: Partial<NewStatus>,
  current: Status | undefined,
  { progress }: AssessContext,
): Lack | undefined {
  const found = progress?.lackOf(link.key)
  if (found !== undefined) return found === 'none' ? undefined : found
  const { state, reason, remedy, accounts } = current ?? {}
  const isWaiting = state === 'waiting' && (accounts?.desired ?? 0) > 0
  if (!isOfSameUpload(current, told) || !isWaiting || reason === undefined || remedy === undefined) return undefined
  return { reason, remedy }
}

/** Whether a status is of the file that is there now. */
export function isOfSameUpload(current: Status | undefined, told: Partial<NewStatus>): boolean {
  return current?.etag === told.etag && current?.lastModified === told.lastModified
}

/** The user that this upload of a link was applied to, where it was applied anywhere. */
function findBinding(
  { key, type }: Link,
  { lastModified }: Partial<NewStatus>,
  standings: readonly (readonly [AccountId, Standing])[],
): Standing['principalId'] | undefined {
  if (type !== 'USER') return undefined
  const found = standings.find(
    ([, { state, links }]) =>
      (state === 'granted' || state === 'foreign') &&
      links?.some((link) => link.key === key && link.lastModified === lastModified),
  )
  return found?.[1].principalId
}

/** What a link is bound to stays while its file is the same upload. */
function keptBinding(reading: LinkReading, current: Status | undefined): Pick<NewStatus, 'principalId'> {
  if (reading.state === 'absent' || !reading.link) return {}
  const principalId = bindingOf(reading.link.type, current, renderInstant(reading.object.lastModified))
  return principalId === undefined ? {} : { principalId }
}

/** A link that grants nothing (any more): `left` while access that it granted remains, then `done`. */
async function assessRemains(
  link: Link | undefined,
  key: string,
  current: Status | undefined,
  left: NewStatus,
  done: NewStatus | undefined,
  { progress }: AssessContext,
): Promise<NewStatus | undefined> {
  if (!link) return done
  // Only the dispatcher knows whether the brake still holds it.
  if (!progress && current?.state === 'held') return { ...left, ...keepHeld(current) }
  if (!progress) return current === undefined || current.state === 'rejected' ? done : left
  const accounts = link.scope.kind === 'account' ? [link.scope.id] : await progress.accountsOf(link)
  const remaining = [...(await progress.of(link, accounts))].filter(
    ([, standing]) => standing.state !== 'foreign' && mayName(standing, key),
  )
  if (remaining.length === 0) return done
  const failed = remaining
    .filter(([, { state }]) => state === 'failed' || state === 'stuck')
    .map(([account, { reason }]) => ({ account, reason: reason ?? 'no reason is known' }))
  const counts = { desired: 0, applied: 0, open: remaining.length - failed.length, failed }
  const held = remaining.map(([, standing]) => standing).filter(({ state }) => state === 'held')
  if (held.length > 0 && held.length === counts.open) return { ...left, ...describeHeld(held), accounts: counts }
  if (counts.open > 0) return { ...left, accounts: counts }
  return {
    ...left,
    state: 'failed',
    reason: `the access could not be revoked: ${failed[0]?.reason}`,
    remedy: 'remove the cause; it is tried again by itself, at least every hour',
    accounts: counts,
  }
}

async function describeEmptyScope(link: Link, context: AssessContext): Promise<NewStatus> {
  const { scope } = link
  const { organization } = context
  const none = { desired: 0, applied: 0, open: 0, failed: [] }
  const view = await viewFor(link, context)
  const { accounts } = view
  switch (scope.kind) {
    case 'root':
      return { state: 'applied', accounts: none, reason: 'the organization has no active member account' }
    case 'ou_id':
      return (await organization.parentExists(scope.id))
        ? { state: 'applied', accounts: none, reason: `'${scope.id}' exists but holds no active account` }
        : {
            state: 'waiting',
            accounts: none,
            ...lacking(
              'organizational unit',
              scope.id,
              nearMatch(scope.id, new Set(accounts.flatMap(({ parents }) => parents))),
            ),
          }
    case 'account': {
      const account = await organization.find(scope.id, view)
      return account
        ? {
            state: 'waiting',
            accounts: none,
            reason: `account ${scope.id} is ${account.state}, not ACTIVE`,
            remedy:
              'delete the link, unless the account is to be reinstated: it is applied when the account is ACTIVE again',
          }
        : {
            state: 'waiting',
            accounts: none,
            // Ids that differ in a digit are as near as any other: none was meant.
            ...lacking('account', scope.id, undefined),
          }
    }
    case 'account_tag': {
      const tags = new Set(
        accounts.flatMap(({ tags = {} }) => Object.entries(tags).map(([key, value]) => `${key}^${value}`)),
      )
      const near = nearMatch(`${scope.key}^${scope.value}`, tags)
      return {
        state: 'waiting',
        accounts: none,
        reason: `no active account has the tag '${quote(scope.key)}' with the value '${quote(scope.value)}'${meant(near)}`,
        remedy: 'it is applied when an account gets the tag',
      }
    }
    default:
      return scope satisfies never
  }
}

function lacking(noun: string, name: string, near: string | undefined): { reason: string; remedy: string } {
  return {
    reason: `${noun} '${name}' does not exist in the organization${meant(near)}`,
    remedy: `it is applied when the ${noun} exists; else delete the link`,
  }
}

function meant(near: string | undefined): string {
  return near === undefined ? '' : `; did you mean '${quote(near)}'?`
}

function complainOfManagementAccount(
  { key, scope }: Link,
  { managementAccountId }: OrganizationView,
  { includeManagementAccount }: Configuration,
): Complaint | undefined {
  if (scope.kind !== 'account' || scope.id !== managementAccountId || includeManagementAccount) return undefined
  return {
    object: key,
    received: `account ${scope.id}, the organization's management account`,
    expected: 'a member account (a delegated administrator cannot grant access to the management account)',
    remedy: 'grant it in the management account itself; set "includeManagementAccount" only where ssofile runs there',
  }
}

export function rejection({ received, expected, remedy }: Complaint): Pick<NewStatus, 'state' | 'reason' | 'remedy'> {
  return { state: 'rejected', reason: `received ${received}, expected ${expected}`, remedy }
}

function versionOf(reading: LinkReading): Partial<NewStatus> {
  if (reading.state === 'absent') return {}
  const { versionId, etag, lastModified } = reading.object
  return { ...(versionId === undefined ? {} : { versionId }), etag, lastModified: renderInstant(lastModified) }
}

function instantOf(at: Date | undefined): string {
  return at === undefined ? 'an unknown time' : renderInstant(at)
}
