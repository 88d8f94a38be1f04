import * as z from 'zod'
import type { JsonRules } from '../json/json-faults.ts'
import type { Notification, RequestOutcome } from './notification.ts'

const secretArn = z.string().regex(/^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]{1,512}$/)

/** A receiver: its topics and its addresses. */
const receiver = z.strictObject({
  /** Names the receiver in messages, logs and the subscriptions of the topic. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  mail: z.array(z.email()).max(20).default([]),
  webhook: z.strictObject({ secretArn, format: z.enum(['slack', 'teams']) }).optional(),
  /** Held changes, drift, wide full access, and acts of people: pauses, releases, restorations, configurations. */
  operators: z.boolean().default(false),
  /** Every outcome and change of the files under `permission_sets/`. */
  permissionSets: z.boolean().default(false),
  /** Every outcome of the links in these folders; `""`: directly under `links_data/`. */
  folders: z.array(z.string()).max(20).default([]),
  /** Uploads of these people that were applied, rejected or failed. Session names, or whole principal ids. */
  uploaders: z.array(z.string().min(1)).max(100).default([]),
  /** Every outcome of files that name one of these as their owner: links, groups, permission sets. */
  owners: z.array(z.string().min(1)).max(100).default([]),
  /** Requests for temporary access that one of these groups or users may approve, as eligibilities name them. */
  approvers: z.array(z.string().min(1)).max(100).default([]),
  /** Outcomes of these people's requests: user names. */
  requesters: z.array(z.string().min(1)).max(100).default([]),
  /** Every event of every request. */
  requests: z.boolean().default(false),
})
export type Receiver = z.infer<typeof receiver>

export const notifications = z.strictObject({
  /** At most one message for a receiver in this time. */
  digestMinutes: z.int().min(1).max(60).default(5),
  /** Operators get a message if full access is granted in more accounts than this in one day (UTC). */
  administratorAccounts: z.int().min(0).default(10),
  receivers: z
    .array(receiver)
    .max(50)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'each name once')
    .default([]),
})

/** Changes for operators. Ordinary grants and revocations concern the uploader. */
const forOperators = new Set([
  'application-found',
  'application-gone',
  'use-watched',
  'held',
  'permission-set-held',
  'brake-released',
  'paused',
  'resumed',
  'restored',
  'configured',
  'person-suspended',
  'person-restored',
  'person-back',
  'review-escalated',
  'review-done',
  'foreign-found',
  'foreign-gone',
])
const forUploaders = new Set(['applied', 'rejected', 'failed'])

/**
 * | the receiver has | hears                                                                          |
 * | ---------------- | ------------------------------------------------------------------------------ |
 * | `operators`      | held changes, access that others gave or removed, acts of people, drift, wide full access |
 * | `permissionSets` | every outcome of a file under `permission_sets/`, every change of one           |
 * | `folders`        | every outcome of a link in one of them                                          |
 * | `uploaders`      | each upload of one of them that was applied, rejected or failed                 |
 * | `owners`         | every outcome of a file that names one of them as its owner, and each change of a membership in their groups |
 * | `approvers`      | each request that waits for one of them, and each review                        |
 * | `requesters`     | outcomes of a request of one of them                                            |
 * | `requests`       | every event of every request                                                    |
 */
export function isHeardBy(receiver: Receiver, told: Notification): boolean {
  if (told.kind === 'drift' || told.kind === 'reach') return receiver.operators
  if (told.kind === 'request') return isRequestHeardBy(receiver, told)
  if (told.owner !== undefined && receiver.owners.includes(told.owner)) return true
  if (told.kind === 'change')
    return (
      (receiver.operators && forOperators.has(told.event)) ||
      receiver.approvers.some((name) => told.reviewers?.includes(name)) ||
      (receiver.permissionSets && told.event.startsWith('permission-set-'))
    )
  if (receiver.operators && told.event === 'held') return true
  if (receiver.permissionSets && told.input.startsWith('permission_sets/')) return true
  if (told.folder !== undefined && receiver.folders.includes(told.folder)) return true
  return forUploaders.has(told.event) && told.by !== undefined && isNamed(receiver.uploaders, told.by)
}

/** `AWS:AROAEXAMPLE:maria` and `…:assumed-role/team-a/maria` are the session `maria`. */
function isNamed(uploaders: readonly string[], by: string): boolean {
  const session = by.split(/[:/]/).at(-1) ?? ''
  return uploaders.some((one) => one === by || one === session)
}

/** Only receivers of all requests hear of a single approval: more may be needed. */
function isRequestHeardBy(receiver: Receiver, { event, approvers = [], requester }: RequestOutcome): boolean {
  if (event === 'request-asked' && receiver.approvers.some((name) => approvers.includes(name))) return true
  if (event === 'request-asked' || event === 'request-approved') return receiver.requests
  return receiver.requests || (requester.name !== undefined && receiver.requesters.includes(requester.name))
}

export const notificationRules: JsonRules = {
  '$.notifications': {
    expected: 'a JSON object with the fields digestMinutes, administratorAccounts and receivers, each optional',
    remedy: () => 'write { "receivers": [ … ] }',
  },
  '$.notifications.digestMinutes': {
    expected: 'whole minutes from 1 to 60',
    remedy: () => 'write a number such as 5, or leave the field out for its default',
  },
  '$.notifications.administratorAccounts': {
    expected: 'a whole number of accounts from 0',
    remedy: () => 'write a number such as 10, or leave the field out for its default',
  },
  '$.notifications.receivers': {
    expected: 'a list of at most 50 receivers, each with a name of its own',
    remedy: () => 'write a list such as [{ "name": "platform", "mail": ["platform@example.com"], "operators": true }]',
  },
  '$.notifications.receivers.[]': {
    expected: `a JSON object with the fields ${Object.keys(receiver.shape).join(', ')}; only name is required`,
    remedy: () => 'write { "name": "platform", … }',
  },
  '$.notifications.receivers.[].name': {
    expected: '1 to 40 small letters, digits or hyphens',
    remedy: () => 'write a name such as "platform"',
  },
  '$.notifications.receivers.[].mail': {
    expected: 'a list of at most 20 mail addresses',
    remedy: () => 'write a list such as ["platform@example.com"]',
  },
  '$.notifications.receivers.[].mail.[]': {
    expected: 'a mail address',
    remedy: () => 'write an address such as "platform@example.com"',
  },
  '$.notifications.receivers.[].webhook': {
    expected: 'a JSON object with the fields secretArn and format',
    remedy: () => 'write { "secretArn": "arn:aws:secretsmanager:…", "format": "slack" }',
  },
  '$.notifications.receivers.[].webhook.secretArn': {
    expected: 'the ARN of a secret in Secrets Manager, whose value is the URL of the webhook',
    remedy: () => 'write its ARN, such as arn:aws:secretsmanager:eu-west-1:111122223333:secret:ssofile/slack-AbCdEf',
  },
  '$.notifications.receivers.[].webhook.format': {
    expected: "'slack' or 'teams'",
    remedy: () => 'write "slack" or "teams"',
  },
}
