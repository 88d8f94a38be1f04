import { isSameLink, type LedgerState, type LinkUpload } from '../assignments/ledger-entry.ts'
import { heldRemedy } from '../brake/describe-list.ts'
import type { Configuration } from '../deployment/configuration.ts'
import { complainOfObjections, describeObjection, type Verdict } from '../guardrails/judge-by-policies.ts'
import type { AccountId } from '../organization/account-id.ts'
import { type Account, stateInReason } from '../organization/organization-view.ts'
import { describeBoundAgain } from '../principals/external-id.ts'
import type { PrincipalId } from '../principals/identity-center-ids.ts'
import type { ClosedBecause } from '../scopes/expand-scope.ts'
import type { Scope } from '../scopes/scope.ts'
import { selectorKey } from '../scopes/selector-file.ts'
import type { Complaint } from '../statuses/complaint.ts'
import { isLeaving, type NewStatus, rejection, type Status } from '../statuses/status.ts'
import { renderInstant } from '../text/instant.ts'
import { toldUploader } from './find-uploader.ts'
import {
  type Lack,
  lackOfActiveAccount,
  lackOfBoundUser,
  lackOfScope,
  lackOfSelector,
  lackOfTags,
  remedyOfFailures,
} from './lack.ts'
import { type Link, temporaryPrefix } from './link.ts'
import type { LinkBody } from './link-body.ts'
import { describeUpload, isSameUpload, type Upload } from './upload.ts'

/** The state of one account assignment in the ledger or in `foreign/`. Without an id and links, the entry is unreadable. */
export type Standing = {
  readonly state: LedgerState | 'foreign'
  readonly reason?: string | undefined
  /** Somebody else removed it. */
  readonly isMissing?: boolean | undefined
  readonly isOrphaned?: boolean | undefined
  readonly principalId?: PrincipalId | undefined
  /** The links that granted it at the last evaluation, with the upload of each. */
  readonly links?: readonly LinkUpload[] | undefined
}
export type Access = Standing & { readonly account: AccountId }

/** The meaning of a link's scope now. */
export type Expansion =
  /** No accounts: the scope exists and has no active account. */
  | { readonly found: 'accounts'; readonly accounts: readonly AccountId[] }
  /** The scope names an account that is closed to it. */
  | { readonly found: 'closed'; readonly because: ClosedBecause; readonly id: AccountId }
  | { readonly found: 'inactive-account'; readonly account: Pick<Account, 'id' | 'state'> }
  /** `near`: the most likely intended name. */
  | { readonly found: 'nothing'; readonly scope: Parameters<typeof lackOfScope>[0]; readonly near: string | undefined }
  | { readonly found: 'unread-tags'; readonly unread: number; readonly all: number }
  /** The selector is unreadable or invalid. */
  | { readonly found: 'unclear'; readonly complaint: Complaint }

/** The progress of a link's assignments. */
export type Progress = {
  /** In the accounts of its scope. Accounts without any are left out. */
  readonly access: readonly Access[]
  /** The link's access that the brake holds, in any account. */
  readonly held: readonly Access[]
  /** Its lack. `undefined`: nobody has looked since this process began. */
  readonly lack: Lack | 'none' | undefined
}

type Uploaded = {
  readonly object: Upload & {
    readonly etag: string
    readonly versionId?: string | undefined
    readonly lastModified: Date
  }
}
/** Access that the link granted and that still exists. Only the dispatcher knows its progress. */
type Leaving = { readonly left: readonly Access[] | 'unknown' }
type InForce = Uploaded & {
  readonly state: 'in-force'
  readonly link: Link
  readonly body: Pick<LinkBody, 'owner'>
  readonly expansion: Expansion
  /** Only the dispatcher knows it. */
  readonly progress: Progress | 'unknown'
  readonly onDrift: Configuration['onDrift']
  /** The policies' verdict on the link now. Absent: none. */
  readonly verdict?: Verdict
}

/** Everything that the status of a link depends on. `state`: from its file now. */
export type LinkFacts = {
  /** Its status so far. */
  readonly present: Status | undefined
  /** The user to whom this content was first applied, if the status names one. */
  readonly boundTo: PrincipalId | undefined
} & (
  | ({ readonly state: 'absent' } & Leaving)
  | ({ readonly state: 'rejected'; readonly complaint: Complaint } & Uploaded & Leaving)
  /** S3 does not return it, so its grants stay. */
  | ({ readonly state: 'unreadable'; readonly complaint: Complaint } & Uploaded)
  | ({ readonly state: 'expired' | 'not-yet'; readonly body: LinkBody } & Uploaded & Leaving)
  | InForce
)

const noAccounts: Status['accounts'] = { desired: 0, applied: 0, open: 0, failed: [] }

/**
 * The status of a link. `undefined`: the link is gone, and so is its access. The first row that fits counts.
 *
 * |    | file                     | facts                                                           | state              |
 * | -- | ------------------------ | --------------------------------------------------------------- | ------------------ |
 * |  1 | rejected                 | any                                                             | `describeNotValid` |
 * |    | unreadable               | any                                                             | rejected           |
 * |    | absent, expired, not-yet | *access that it granted*                                        |                    |
 * |  2 |                          | none is left                                                    | none, expired, waiting |
 * |  3 |                          | unknown; it had no status or was rejected, and had nothing in flight | as in row 2   |
 * |  4 |                          | unknown, and its status says held                               | held               |
 * |  5 |                          | unknown                                                         | revoking           |
 * |  6 |                          | held, except failed access                                      | held               |
 * |  7 |                          | something is in flight                                          | revoking           |
 * |  8 |                          | all failed                                                      | failed             |
 * |    | in force                 | *scope without accounts*                                        |                    |
 * |  9 |                          | it names the management account, or ssofile's own               | rejected           |
 * | 10 |                          | tags are not read, and its status says `applied` for this content | applied          |
 * | 11 |                          | tags are not read                                               | waiting            |
 * | 12 |                          | access is held, or progress is unknown and its status says held | held               |
 * | 13 |                          | any other: it is empty, does not exist, is not active, or       |                    |
 * |    |                          | nobody knows what its selector means                            | waiting            |
 * |    | in force                 | *scope with accounts*                                           |                    |
 * | 14 |                          | progress unknown, and its status says `applied` for this content | applied           |
 * | 15 |                          | progress unknown                                                | applying           |
 * | 16 |                          | access is held, and row 17 or 18 fits, or its lack is unknown,  |                    |
 * |    |                          | or nothing else is in flight                                    | held               |
 * | 17 |                          | something is lacking                                            | waiting            |
 * | 18 |                          | another user of the same name has the access                    | waiting            |
 * | 19 |                          | something is in flight, or was not looked at                    | applying           |
 * | 20 |                          | something failed                                                | failed             |
 * | 21 |                          | all access existed before                                       | applied, not owned |
 * | 22 |                          | all access is there                                             | applied            |
 *
 * Rows 5, 7, 15 and 19 keep the reason why work in an account was put off, until the ledger knows how that work ended.
 *
 * A link that the policies refuse is rejected, unless rows 9 to 16 say rejected or held. If this content gave all the access before, it
 * only gets a warning.
 */
export function describeLink(facts: LinkFacts): NewStatus | undefined {
  const told = describeAsFound(facts)
  return told && keepPutOff(facts, told)
}

function keepPutOff(facts: LinkFacts, told: NewStatus): NewStatus {
  const { putOff, state, reason, remedy, etag } = facts.present ?? {}
  if (putOff?.account === undefined || told.state !== putOff.state || told.etag !== etag) return told
  return isOpenIn(putOff.account, facts) ? { ...told, state: state ?? told.state, reason, remedy, putOff } : told
}

/** Whether the work in an account is open, as far as ssofile knows. */
function isOpenIn(account: AccountId, facts: LinkFacts): boolean {
  if (facts.state === 'unreadable') return false
  const isAtRest = ({ state }: Access) => state === 'held' || state === 'failed' || state === 'stuck'
  if (facts.state !== 'in-force')
    return facts.left === 'unknown' || facts.left.some((access) => access.account === account && !isAtRest(access))
  const { expansion, progress } = facts
  if (expansion.found !== 'accounts' || !expansion.accounts.includes(account)) return false
  const there = progress === 'unknown' ? undefined : progress.access.find((access) => access.account === account)
  return there === undefined || !(isAtRest(there) || isInForce(there))
}

function describeAsFound(facts: LinkFacts): NewStatus | undefined {
  const upload = uploadOf(facts)
  const found = facts.state === 'absent' ? undefined : facts.object
  const by = toldUploader(facts.present, found)
  const owner = 'body' in facts ? facts.body.owner : undefined
  const { boundAgain } = facts.boundTo === undefined ? {} : (facts.present ?? {})
  const told = { by, owner, principalId: facts.boundTo, boundAgain, ...upload }
  switch (facts.state) {
    case 'rejected':
      return describeNotValid(facts, told)
    case 'unreadable':
      return { ...told, ...rejection(facts.complaint) }
    case 'absent':
      return describeLeft(facts, told, undefined)
    case 'expired':
      return describeLeft(facts, told, {
        ...told,
        state: 'expired',
        reason: `it expired at ${instantOf(facts.body.expiresAt)}`,
        remedy: 'upload it again with a later expiresAt, or delete it',
      })
    case 'not-yet':
      return describeLeft(facts, told, {
        ...told,
        state: 'waiting',
        reason: `it is not in force before ${instantOf(facts.body.notBefore)}`,
        remedy: 'nothing to do: ssofile applies it then',
      })
    case 'in-force':
      return tellVerdict(
        facts,
        facts.expansion.found === 'accounts' && facts.expansion.accounts.length > 0
          ? describeAccounts(facts, told, facts.expansion.accounts)
          : describeNoAccounts(facts, told, facts.expansion),
      )
    default:
      return facts satisfies never
  }
}

/** A policy refuses only new access. Access that this content gave before stays, with a warning. */
function tellVerdict(facts: InForce & LinkFacts, { warnings: _, ...told }: NewStatus): NewStatus {
  const { refusals = [], warnings = [], later = [] } = facts.verdict ?? {}
  const stands = hasGranted(facts)
  const { present, object } = facts
  // Only the dispatcher knows the other access of people, so its refusal stays until it says something else.
  if (
    later.length > 0 &&
    !stands &&
    told.state === 'applying' &&
    isSame(present, object) &&
    present.state === 'rejected'
  )
    return { ...told, owned: undefined, state: 'rejected', reason: present.reason, remedy: present.remedy }
  const complaint = complainOfObjections(facts.link.key, refusals)
  if (complaint && !stands && told.state !== 'rejected' && told.state !== 'held')
    return { ...told, owned: undefined, atRest: undefined, ...rejection(complaint) }
  const objections = [...(stands ? refusals : []), ...warnings]
  return objections.length === 0 ? told : { ...told, warnings: objections.slice(0, 20).map(describeObjection) }
}

/** This content gave access in each of its accounts. */
function hasGranted({ link, object, expansion, progress, present }: InForce & LinkFacts): boolean {
  if (progress === 'unknown') return isApplied(present, object)
  const accounts = expansion.found === 'accounts' ? expansion.accounts : []
  const isGranting = ({ links }: Access) => links?.some((one) => isSameLink(one, { ...object, key: link.key })) === true
  const granted = new Set(progress.access.filter(isGranting).map(({ account }) => account))
  return accounts.length > 0 && accounts.every((account) => granted.has(account))
}

/**
 * An invalid file grants nothing. ssofile revokes the grants of the last valid file, as if somebody had deleted it.
 *
 * | access that it granted              | was valid before, or something is left | state                              |
 * | ----------------------------------- | -------------------------------------- | ---------------------------------- |
 * | unknown, and its status says held   | any                                    | held                               |
 * | held, except failed access          | any                                    | held                               |
 * | any other                           | yes                                    | rejected, and says that access goes |
 * | any other                           | no                                     | rejected                           |
 */
function describeNotValid(
  { complaint, left, present, object }: Extract<LinkFacts, { state: 'rejected' }>,
  told: Partial<NewStatus>,
): NewStatus {
  const rejected: NewStatus = { ...told, ...rejection(complaint) }
  const lastValid = findLastValid(present, object)
  if (left === 'unknown' && present?.state === 'held')
    return { ...told, lastValid, ...heldAs(present), accounts: present.accounts }
  const known = left === 'unknown' ? [] : left
  if (lastValid === undefined && known.length === 0) return rejected
  const before = lastValid === undefined ? '' : ` (uploaded ${lastValid.lastModified})`
  const failed = failuresOf(known)
  const open = known.length - failed.length
  const withdrawn: NewStatus = {
    ...rejected,
    lastValid,
    reason: `${rejected.reason}; the link was valid before${before}, so ssofile revokes the access that only this link gave`,
    remedy: `${complaint.remedy}; to get the access back, correct the file or upload its former content`,
    accounts: left === 'unknown' ? undefined : { desired: 0, applied: 0, open, failed },
  }
  const held = known.filter(({ state }) => state === 'held')
  if (held.length === 0 || held.length !== open) return withdrawn
  const { state, reason } = heldBy(held)
  return {
    ...withdrawn,
    state,
    reason: `${reason}; the file is no longer valid: ${rejected.reason}`,
    remedy: `to keep the access, correct the file: ${complaint.remedy}; ${heldRemedy}`,
  }
}

/** The valid upload before this invalid one. If the uploads are the same, only the configuration changed. */
function findLastValid(present: Status | undefined, object: Upload): Status['lastValid'] {
  if (present?.lastValid) return present.lastValid
  const { state, lastModified, versionId } = present ?? {}
  const isOther = state !== undefined && state !== 'rejected' && !isSameUpload(present, object)
  return isOther && lastModified !== undefined ? { lastModified, versionId } : undefined
}

/** Rows 2 to 8. `atRest`: the status when nothing is left. */
function describeLeft(
  { left, present }: LinkFacts & Leaving,
  told: Partial<NewStatus>,
  atRest: NewStatus | undefined,
): NewStatus | undefined {
  const revoking: NewStatus = { ...told, ...atRest, state: 'revoking' }
  if (left === 'unknown') {
    if (present === undefined || (present.state === 'rejected' && !isLeaving(present))) return atRest
    return present.state === 'held' ? { ...revoking, ...heldAs(present), accounts: present.accounts } : revoking
  }
  if (left.length === 0) return atRest
  const failed = failuresOf(left)
  const open = left.length - failed.length
  const counted = { ...revoking, accounts: { desired: 0, applied: 0, open, failed } }
  const held = left.filter(({ state }) => state === 'held')
  if (held.length > 0 && held.length === open) return { ...counted, ...heldBy(held) }
  if (open > 0) return counted
  return {
    ...counted,
    state: 'failed',
    reason: `the access could not be revoked: ${failed[0]?.reason}`,
    remedy: remedyOf(failed),
  }
}

/** Rows 9 to 13. */
function describeNoAccounts(
  { link, object, progress, present }: InForce & LinkFacts,
  told: Partial<NewStatus>,
  expansion: Expansion,
): NewStatus {
  if (expansion.found === 'closed')
    return { ...told, ...rejection(complainOfClosedAccount[expansion.because](link.key, expansion.id)) }
  if (expansion.found === 'unread-tags') {
    if (isApplied(present, object)) return { ...present, ...told, principalId: present.principalId }
    return { ...told, state: 'waiting', accounts: noAccounts, ...lackOfTags(expansion.unread, expansion.all) }
  }
  const held = progress === 'unknown' ? [] : progress.held
  if (held.length > 0) return { ...told, accounts: noAccounts, ...heldBy(held) }
  if (progress === 'unknown' && present?.state === 'held') return { ...told, accounts: noAccounts, ...heldAs(present) }
  const lack = expansion.found === 'accounts' ? lackOfMembers(link.scope) : lackOfAccounts(expansion)
  // Temporary access: a person waits for it. The index shows the sweep whether the request still agrees with the link.
  const atRest = link.key.startsWith(temporaryPrefix) ? undefined : lack.atRest
  return { ...told, state: 'waiting', accounts: noAccounts, ...lack, atRest }
}

/** The lack of a scope that exists and has no active account. */
function lackOfMembers(scope: Scope): Lack {
  return {
    reason: emptyReason(scope),
    remedy: 'nothing to do: ssofile applies it when there is such an account',
    atRest: true,
  }
}

function emptyReason(scope: Scope): string {
  if (scope.kind === 'ou_id') return `'${scope.id}' exists but holds no active account`
  if (scope.kind === 'select') return `${selectorKey(scope.name)} selects no active member account`
  return 'the organization has no active member account'
}

function lackOfAccounts(expansion: Extract<Expansion, { found: 'inactive-account' | 'unclear' | 'nothing' }>): Lack {
  switch (expansion.found) {
    case 'inactive-account':
      return lackOfActiveAccount(expansion.account.id, expansion.account.state)
    case 'unclear':
      return lackOfSelector(expansion.complaint)
    default:
      return lackOfScope(expansion.scope, expansion.near)
  }
}

/** Rows 14 to 22. */
function describeAccounts(
  { link, object, progress, present, boundTo, onDrift }: InForce & LinkFacts,
  told: Partial<NewStatus>,
  accounts: readonly AccountId[],
): NewStatus {
  if (progress === 'unknown')
    return isApplied(present, object)
      ? { ...present, ...told, principalId: present.principalId }
      : { ...told, state: 'applying' }
  const { access, held } = progress
  const inForce = access.filter(isInForce)
  const user = boundTo ?? findUser(link, object, inForce)
  const ofOthers = inForce.filter(({ principalId }) => user !== undefined && principalId !== user)
  const failed = failuresOf(access)
  const applied = inForce.length - ofOthers.length
  const open = accounts.length - applied - failed.length
  // The access of a renamed group ends. Then only the status knows which group it was.
  const known = isSame(present, object) ? present.principalId : undefined
  const group =
    link.type === 'GROUP' ? (access.find(({ principalId }) => principalId)?.principalId ?? known) : undefined
  const base = {
    ...told,
    accounts: { desired: accounts.length, applied, open, failed },
    principalId: user ?? group,
  }
  const found = progress.lack ?? findToldLack(present, object)
  const isOfOther = user !== undefined && ofOthers.length > 0
  const lack = typeof found === 'string' && isOfOther ? lackOfBoundUser(link.principal, user) : found
  const isMoving = open > access.filter(({ state }) => state === 'held').length
  if (held.length > 0 && (lack !== 'none' || !isMoving)) return { ...base, ...heldBy(held) }
  if (typeof lack === 'object') {
    const { meant: _, ...told } = lack
    return { ...base, state: 'waiting', ...told }
  }
  if (open > 0) return { ...base, state: 'applying' }
  if (failed.length > 0) {
    const isReported = onDrift === 'report' && access.some(({ isMissing }) => isMissing)
    return {
      ...base,
      state: 'failed',
      reason: failed[0]?.reason,
      remedy: isReported
        ? 'to grant it again, run ssofile touch with the key of the link and --rebind; or delete the link (with "onDrift": "restore", ssofile grants it again by itself)'
        : remedyOf(failed),
    }
  }
  if (inForce.some(({ state }) => state === 'granted')) return { ...base, state: 'applied', ...tellBoundAgain(base) }
  return {
    ...base,
    state: 'applied',
    owned: false,
    reason: 'the access existed before this link; it stays when the link is deleted',
  }
}

/** Only while the link is applied: other states have reasons of their own. */
function tellBoundAgain({ boundAgain }: Pick<NewStatus, 'boundAgain'>): Pick<NewStatus, 'reason'> {
  return boundAgain === undefined ? {} : { reason: describeBoundAgain(boundAgain) }
}

/** The handler does not know the progress, so `applied` stays until the dispatcher says something else. */
function isApplied(present: Status | undefined, object: Upload): present is Status {
  return isSame(present, object) && present.state === 'applied'
}

function isSame(present: Status | undefined, object: Upload): present is Status {
  return isSameUpload(present, object) && present !== undefined
}

function isInForce({ state }: Access): boolean {
  return state === 'granted' || state === 'foreign'
}

/** The user to whom this content was applied, if it was applied anywhere. */
function findUser({ key, type }: Link, object: Upload, inForce: readonly Access[]): PrincipalId | undefined {
  if (type !== 'USER') return undefined
  const granted = inForce.find(({ links }) => links?.some((one) => isSameLink(one, { ...object, key })))
  return granted?.principalId
}

/** The lack in the status of the same content. A status that says held does not name it. */
function findToldLack(present: Status | undefined, object: Upload): Lack | 'none' | 'unknown' {
  if (!present || !isSameUpload(present, object)) return 'none'
  const { state, reason, remedy, waitsFor, accounts } = present
  if (state === 'held') return 'unknown'
  const isWaiting = state === 'waiting' && accounts !== undefined && accounts.desired > 0
  return isWaiting && reason !== undefined && remedy !== undefined ? { reason, remedy, waitsFor } : 'none'
}

type Failures = NonNullable<Status['accounts']>['failed']

function failuresOf(access: readonly Access[]): Failures {
  return access
    .filter(({ state }) => state === 'failed' || state === 'stuck')
    .map(({ account, state, reason = 'unknown reason' }) => ({
      account,
      reason,
      stuck: state === 'stuck' ? true : undefined,
    }))
}

const namedMost = 20

/**
 * The remedy for accounts that failed. AWS deletes a closed account 90 days after the closure. (AWS Account Management
 * Reference Guide, "Close an AWS account".)
 */
function remedyOf(failed: Failures): string {
  const states = failed.map(({ reason }) => stateInReason(reason))
  if (failed.every(({ stuck }) => stuck)) {
    const open = failed.filter((_, index) => states[index] !== 'CLOSED')
    if (open.length === 0)
      return 'nothing to do: the access ends when AWS deletes the account, 90 days after its closure'
    const named = open.slice(0, namedMost).map(({ account }) => account)
    const more = open.length > namedMost ? ` and ${open.length - namedMost} more` : ''
    const which = open.length === failed.length ? 'the account' : `${named.join(', ')}${more}`
    return `reactivate or close ${which}; until then ssofile does not try again`
  }
  if (states.every((state) => state !== undefined))
    return 'nothing to do: ssofile reads the organization again within the hour and leaves out accounts that are not ACTIVE'
  return `${remedyOfFailures(failed.map(({ reason }) => reason))}; ssofile tries again by itself, at least every hour`
}

/** The digest is left out: the list may have grown since, and an operator must look at it before a release. */
function heldBy(held: readonly Access[]): Pick<NewStatus, 'state' | 'reason' | 'remedy'> {
  const accounts = `${held.length} account${held.length === 1 ? '' : 's'}`
  return {
    state: 'held',
    reason: `${held[0]?.reason ?? 'held by the brake'}; its access in ${accounts} stays until an operator decides`,
    remedy: `${heldRemedy}; to keep the access, restore the link or the accounts that it covered`,
  }
}

/** Keeps the status's text about held access. Only the dispatcher knows more and may replace it. */
function heldAs({ reason, remedy }: Status): Pick<NewStatus, 'state' | 'reason' | 'remedy'> {
  return { state: 'held', reason, remedy }
}

const complainOfClosedAccount: Record<ClosedBecause, (object: string, id: AccountId) => Complaint> = {
  'management-account': (object, id) => ({
    object,
    received: `account ${id}, the management account of the organization`,
    expected: 'a member account (a delegated administrator cannot grant access to the management account)',
    remedy: 'grant it in the management account itself; set "includeManagementAccount" only if ssofile runs there',
  }),
  'own-account': (object, id) => ({
    object,
    received: `account ${id}, in which ssofile runs`,
    expected: 'another account (administrators of this one could change all access)',
    remedy:
      'delete the link; if you really need it, ask the platform team to set "includeOwnAccount" and to upload the link outside all folders',
  }),
}

/** For a deleted file, only the last request to count as new. */
function uploadOf(facts: LinkFacts): Partial<NewStatus> {
  if (facts.state === 'absent') return { rebind: facts.present?.rebind }
  const { lastModified, ...object } = facts.object
  return describeUpload(facts.present, { ...object, lastModified: renderInstant(lastModified) })
}

function instantOf(at: Date | undefined): string {
  return at === undefined ? 'an unknown time' : renderInstant(at)
}
