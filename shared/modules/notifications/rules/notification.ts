import * as z from 'zod'
import { requestDigest } from '../../../domain/files/access-request.ts'
import { record } from '../../../domain/json/record.ts'
import { permissionSetName } from '../../../domain/permission-sets/permission-set-name.ts'
import { requestEvents } from '../../requests/rules/decide-request.ts'

/** The states that are outcomes. `applying` and `revoking` still lead to one. */
export const toldStates = ['applied', 'waiting', 'rejected', 'blocked', 'failed', 'held', 'expired'] as const

const common = {
  v: z.literal(1),
  /** Stays the same when the event is delivered again. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  /** When ssofile wrote the event, by its own clock. */
  at: z.iso.datetime(),
  bucket: z.string(),
}
const count = z.int().min(0)

/** The outcome of one input, from its status. */
const inputOutcome = record({
  ...common,
  kind: z.literal('input'),
  event: z.enum(toldStates),
  input: z.string(),
  /** The declared folder; `''` for a link directly under `links_data/`. Absent: not a link in a folder that counts. */
  folder: z.string().optional(),
  /** The uploader as S3 names it. For a change through the API: the ARN of the caller. Absent: unknown. */
  by: z.string().optional(),
  /** The owner named in the file. */
  owner: z.string().optional(),
  reason: z.string().optional(),
  remedy: z.string().optional(),
  accounts: record({ desired: count, applied: count, open: count, failed: count }).optional(),
  lastModified: z.iso.datetime().optional(),
  versionId: z.string().optional(),
})

/** One change, from `changes/`: of an account assignment or a permission set, or an act of a person. */
const change = record({
  ...common,
  kind: z.literal('change'),
  /** `granted`, `revoked`, `held`, `foreign-found`, `paused`, …: docs/notifications.md lists all. */
  event: z.string(),
  /** The name in `changes/`. */
  subject: z.string(),
  assignment: record({
    account: z.string(),
    permissionSet: z.string(),
    principal: z.string(),
    type: z.string(),
  }).optional(),
  by: z.string().optional(),
  reason: z.string().optional(),
  /** For a membership: the owner of its group. */
  owner: z.string().optional(),
  /** For a review: the groups and users whose decisions it waits for. */
  reviewers: z.array(z.string()).optional(),
})

/** The findings of a drift check that has ended. */
const drift = record({
  ...common,
  kind: z.literal('drift'),
  event: z.literal('drift-found'),
  /** Access of ours that somebody else removed. */
  missing: count,
  /** Access that somebody else gave. */
  foreign: count,
})

/**
 * Permission sets that allow everything were granted in more accounts in one day (UTC) than `notifications.administratorAccounts`. ssofile
 * reports this once a day.
 */
const administratorReach = record({
  ...common,
  kind: z.literal('reach'),
  event: z.literal('administrator-reach'),
  date: z.string(),
  /** The number of accounts at the time of the report. */
  accounts: count,
  /** The configured limit. */
  most: count,
  /** The permission sets that allow everything. */
  permissionSets: z.array(permissionSetName),
})

const person = record({ id: z.string(), name: z.string().optional() })

/** An event of a request for temporary access, from its history or its status. ssofile reports each event of each request once. */
const requestOutcome = record({
  ...common,
  kind: z.literal('request'),
  /** `request-unapprovable`: too few people can approve it; `reason` says why. */
  event: z.templateLiteral(['request-', z.enum([...requestEvents, 'unapprovable'])]),
  /** The key of the request. */
  request: z.string(),
  /** The digest of this upload. Absent, with most of the following, if history could not be read. */
  digest: requestDigest.optional(),
  requester: person,
  permissionSet: z.string().optional(),
  /** As in links. */
  scope: z.string().optional(),
  eligibility: z.string().optional(),
  /** The groups and users who may approve it. Only in `request-asked`, if the request waits for approvals. */
  approvers: z.array(z.string()).optional(),
  approvedBy: z.array(person).optional(),
  /** The person who approved, denied or ended it. Absent: the requester, an operator, or time. */
  by: person.optional(),
  reason: z.string().optional(),
  ticket: z.string().optional(),
  incident: z.string().optional(),
  startsAt: z.iso.datetime().optional(),
  expiresAt: z.iso.datetime().optional(),
})

/** The detail of an event: one outcome. Published as schemas/notification.schema.json. */
export const notification = z.discriminatedUnion('kind', [
  inputOutcome,
  change,
  drift,
  administratorReach,
  requestOutcome,
])
export type Notification = z.infer<typeof notification>
export type InputOutcome = z.infer<typeof inputOutcome>
export type AdministratorReach = z.infer<typeof administratorReach>
export type RequestOutcome = z.infer<typeof requestOutcome>

export const detailTypes: Readonly<Record<Notification['kind'], string>> = {
  input: 'Input Outcome',
  change: 'Access Change',
  drift: 'Drift Found',
  reach: 'Administrator Reach',
  request: 'Access Request',
}
