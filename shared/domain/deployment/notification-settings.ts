import * as z from 'zod'
import { type JsonRules, rule } from '../json/json-faults.ts'

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
  '$.notifications': rule(
    'a JSON object with the fields digestMinutes, administratorAccounts and receivers, each optional',
    'write { "receivers": [ … ] }',
  ),
  '$.notifications.digestMinutes': rule(
    'whole minutes from 1 to 60',
    'write a number such as 5, or leave the field out for its default',
  ),
  '$.notifications.administratorAccounts': rule(
    'a whole number of accounts from 0',
    'write a number such as 10, or leave the field out for its default',
  ),
  '$.notifications.receivers': rule(
    'a list of at most 50 receivers, each with a name of its own',
    'write a list such as [{ "name": "platform", "mail": ["platform@example.com"], "operators": true }]',
  ),
  '$.notifications.receivers.[]': rule(
    `a JSON object with the fields ${Object.keys(receiver.shape).join(', ')}; only name is required`,
    'write { "name": "platform", … }',
  ),
  '$.notifications.receivers.[].name': rule(
    '1 to 40 small letters, digits or hyphens',
    'write a name such as "platform"',
  ),
  '$.notifications.receivers.[].mail': rule(
    'a list of at most 20 mail addresses',
    'write a list such as ["platform@example.com"]',
  ),
  '$.notifications.receivers.[].mail.[]': rule('a mail address', 'write an address such as "platform@example.com"'),
  '$.notifications.receivers.[].webhook': rule(
    'a JSON object with the fields secretArn and format',
    'write { "secretArn": "arn:aws:secretsmanager:…", "format": "slack" }',
  ),
  '$.notifications.receivers.[].webhook.secretArn': rule(
    'the ARN of a secret in Secrets Manager, whose value is the URL of the webhook',
    'write its ARN, such as arn:aws:secretsmanager:eu-west-1:111122223333:secret:ssofile/slack-AbCdEf',
  ),
  '$.notifications.receivers.[].webhook.format': rule("'slack' or 'teams'", 'write "slack" or "teams"'),
}
