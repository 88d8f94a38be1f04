import * as z from 'zod'
import { givenApproval, requestDigest, scopeDigest } from '../files/access-request.ts'
import { record } from '../json/record.ts'
import { uploader } from '../links/input-message.ts'
import { uploadIdentity } from '../links/upload.ts'
import { accountId } from '../organization/account-id.ts'
import { principalId } from '../principals/identity-center-ids.ts'
import type { Complaint } from './complaint.ts'

export const statusStates = [
  'applying',
  'applied',
  'waiting',
  'rejected',
  'blocked',
  'failed',
  'revoking',
  'held',
  'expired',
  'suspended',
  'partly',
] as const
export type StatusState = (typeof statusStates)[number]

/** States that need a person. An input in one of them has an object under `attention/<state>/`. */
export const attentionStates = ['waiting', 'rejected', 'blocked', 'failed', 'held', 'stuck', 'partly'] as const
export type AttentionState = (typeof attentionStates)[number]

const requestState = record({
  /** The digest of this upload. An approval must name it. */
  digest: requestDigest,
  eligibility: z.string().optional(),
  /** `tooFew`: why fewer people can approve it than it needs. */
  approvals: record({
    needed: z.int().min(0),
    given: z.array(givenApproval),
    tooFew: z.string().optional(),
  }).optional(),
  startsAt: z.iso.datetime().optional(),
  expiresAt: z.iso.datetime().optional(),
  /** For a later upload: the end of the running access that an earlier upload was granted, and that upload. */
  runsUntil: z.iso.datetime().optional(),
  runs: requestDigest.optional(),
  /** While it waits for approvals: the accounts of its scope now, if they may change. `accounts`: the first hundred. */
  scope: record({ digest: scopeDigest, count: z.int().min(0), accounts: z.array(accountId) }).optional(),
  /** The request waits for approvals until this time. */
  lapsesAt: z.iso.datetime().optional(),
})
export type RequestState = z.infer<typeof requestState>

/** The state of a credential: `retire/`. */
const retirementState = record({
  /** `watched`: AWS cannot make it inactive, so it works until it is deleted. */
  state: z.enum(['inactive', 'watched', 'used since', 'due', 'gone']),
  since: z.iso.datetime(),
  /** ssofile deletes it then, unless somebody uses it. */
  until: z.iso.datetime().optional(),
  madeAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().optional(),
})

/** How many people a rule matches, and their memberships. */
const peopleOfRule = record({
  matching: z.int().min(0),
  /** The matching people who are members, by the rule or in another way. */
  members: z.int().min(0),
  /** The matching people who are no members: ssofile is adding them, they are suspended, or somebody removed them by hand. */
  waiting: z.int().min(0),
  /** The rule stopped matching them: they are about to leave. */
  leaving: z.int().min(0),
  /** The brake keeps them in the group. */
  held: z.int().min(0),
  /** They stay for some more days. */
  kept: z.int().min(0),
})
export type PeopleOfRule = z.infer<typeof peopleOfRule>

/** The result of one input: the body of `status/<input key>.json`, for the uploader. */
export const status = record({
  input: z.string(),
  state: z.enum(statusStates),
  /** Why it is in this state, for a person. */
  reason: z.string().optional(),
  /** The uploader's remedy. */
  remedy: z.string().optional(),
  /** If a link is `waiting`: the file that would end its lack. */
  waitsFor: z.string().optional(),
  /** If a link is `waiting`: nobody has to do anything, maybe for ever. */
  atRest: z.literal(true).optional(),
  /** ssofile put off work on it: since when, the state before, and the account if there are several. */
  putOff: record({
    since: z.iso.datetime(),
    state: z.enum(['applying', 'revoking']),
    account: accountId.optional(),
  }).optional(),
  /** `false`: the access existed before the link, and stays when the link is deleted. */
  owned: z.boolean().optional(),
  warnings: z.array(z.string()).optional(),
  accounts: record({
    desired: z.int().min(0),
    applied: z.int().min(0),
    open: z.int().min(0),
    /** The first hundred. `stuck`: the account takes no changes now, so ssofile retries only after that ends. */
    failed: z.array(record({ account: accountId, reason: z.string(), stuck: z.literal(true).optional() })),
    /** The number of others that failed. */
    moreFailed: z.int().positive().optional(),
  }).optional(),
  /** Only for a request for temporary access. */
  request: requestState.optional(),
  /** Only for a file that asks ssofile to retire a credential. */
  retirement: retirementState.optional(),
  people: peopleOfRule.optional(),
  principalId: principalId.optional(),
  /** The provider made the user again with the same ExternalIds, so the file is bound to the new id. `former`: the id before. */
  boundAgain: record({ former: principalId, at: z.iso.datetime() }).optional(),
  permissionSetArn: z.string().optional(),
  by: uploader.optional(),
  /** The owner named in its file. */
  owner: z.string().optional(),
  versionId: z.string().optional(),
  /** Absent, like `lastModified`, if the input is gone. */
  etag: z.string().optional(),
  lastModified: z.iso.datetime().optional(),
  ...uploadIdentity,
  /** For an invalid link: the last valid upload. */
  lastValid: record({ lastModified: z.iso.datetime(), versionId: z.string().optional() }).optional(),
  /** If the same content was uploaded again: when it was uploaded first. It counts from then. */
  since: z.iso.datetime().optional(),
  updatedAt: z.iso.datetime(),
})
export type Status = z.infer<typeof status>

/** When the temporary access ends that this status of a request is about, or that an earlier upload was granted. */
export function endOfRunning({ state, request }: Pick<Status, 'state' | 'request'>): string | undefined {
  return request?.runsUntil ?? (state === 'expired' ? undefined : request?.expiresAt)
}

/** A new status. The store adds the input and the time. */
export type NewStatus = Omit<Status, 'input' | 'updatedAt'>

type Accounts = NonNullable<Status['accounts']>

/** One reason has about 200 bytes, so all reasons of a link on 50,000 accounts would have ten megabytes. */
const failedMost = 100

/** If too many accounts failed, keeps the first ones: those that ssofile still retries come first. */
export function boundFailed(accounts: Accounts): Accounts {
  const { failed, moreFailed = 0 } = accounts
  if (failed.length <= failedMost) return accounts
  const ordered = failed.toSorted((one, other) => Number(one.stuck ?? false) - Number(other.stuck ?? false))
  return { ...accounts, failed: ordered.slice(0, failedMost), moreFailed: failed.length - failedMost + moreFailed }
}

export function countFailed({ failed, moreFailed = 0 }: Pick<Accounts, 'failed' | 'moreFailed'>): number {
  return failed.length + moreFailed
}

export function rejection({ received, expected, remedy }: Complaint): Pick<Status, 'state' | 'reason' | 'remedy'> {
  return { state: 'rejected', reason: `received ${received}, expected ${expected}`, remedy }
}

/** ssofile must still revoke access that the link granted. An invalid link counts as leaving until the dispatcher has counted no access. */
export function isLeaving({ state, accounts, lastValid }: Pick<Status, 'state' | 'accounts' | 'lastValid'>): boolean {
  if (state !== 'rejected') return state === 'revoking'
  return accounts === undefined ? lastValid !== undefined : accounts.open > 0
}

/**
 * The state under which the index has an input.
 *
 * | status                                                      | index     |
 * | ----------------------------------------------------------- | --------- |
 * | `failed`, and each failed account is stuck                  | `stuck`   |
 * | `waiting`, and it is at rest                                | none      |
 * | other `waiting` and `failed`, `rejected`, `blocked`, `held`, `partly` | its state |
 * | any other, or none                                          | none      |
 */
export function attentionOf(
  told: Pick<Status, 'state' | 'accounts' | 'atRest'> | undefined,
): AttentionState | undefined {
  const failed = told?.accounts?.failed ?? []
  const isStuck = failed.length > 0 && failed.every(({ stuck }) => stuck)
  if (told?.state === 'failed' && isStuck) return 'stuck'
  if (told?.state === 'waiting' && told.atRest) return undefined
  return attentionStates.find((state) => state === told?.state)
}
