import * as z from 'zod'
import type { JsonRules } from '../json/json-faults.ts'

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
