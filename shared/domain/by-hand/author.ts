import * as z from 'zod'
import { record } from '../json/record.ts'
import { permissionSetOfRole } from '../permission-sets/permission-set-role.ts'
import { quote } from '../statuses/complaint.ts'

const theConsole = 'the console'
const textMost = 256
const idMost = 64

/** A text from outside, cut to a length and on one line. */
const bounded = (most: number) => z.string().transform((text) => quote(text, most))
const text = bounded(textMost)

/**
 * The author of a call in AWS, from CloudTrail, for history, notifications and people. No decision may depend on it, since an administrator
 * of any account chooses the session's name.
 */
export const author = record({
  /** The name of the user or of the role's session. */
  name: text,
  /** The role of the session. */
  role: text.optional(),
  /** `the console`, or the name of the program that called. */
  by: text.optional(),
  address: text.optional(),
  /** The call, such as `DeleteAccountAssignment`. */
  call: bounded(idMost),
  /** CloudTrail's own id of the event. */
  eventId: bounded(idMost),
  at: z.iso.datetime(),
})
export type Author = z.infer<typeof author>

const optionalText = z.string().optional().catch(undefined)

/** A call in a record of CloudTrail. (CloudTrail User Guide, "CloudTrail userIdentity element".) */
export const recordedCall = z.looseObject({
  eventName: z.string(),
  eventID: z.string(),
  eventTime: z.iso.datetime(),
  sourceIPAddress: optionalText,
  userAgent: optionalText,
  sessionCredentialFromConsole: optionalText,
  userIdentity: z
    .looseObject({
      type: optionalText,
      arn: optionalText,
      userName: optionalText,
      accountId: optionalText,
      invokedBy: optionalText,
      onBehalfOf: z.looseObject({ userId: optionalText }).optional().catch(undefined),
      sessionContext: z
        .looseObject({
          sessionIssuer: z.looseObject({ arn: optionalText, userName: optionalText }).optional().catch(undefined),
        })
        .optional()
        .catch(undefined),
    })
    .catch({}),
})
export type RecordedCall = z.infer<typeof recordedCall>

/** The ARN of the role, if a role's session made the call. `undefined`: no role's session made it. */
export function callerRoleOf({ userIdentity }: RecordedCall): string | undefined {
  return userIdentity.sessionContext?.sessionIssuer?.arn
}

/**
 * The author of this call. `undefined`: the record has an unknown form.
 *
 * | identity                      | name                                | role          |
 * | ----------------------------- | ----------------------------------- | ------------- |
 * | a session of a role           | the session's name: for a person of Identity Center, the user name | the role's |
 * | a user of IAM                 | the user's                          |               |
 * | somebody of Identity Center   | the user id                         |               |
 * | the root user                 | `root of account <id>`              |               |
 * | a service of AWS              | the service                         |               |
 */
export function findAuthor(call: RecordedCall): Author | undefined {
  const { userIdentity: who, eventName, eventID, eventTime, sourceIPAddress, userAgent } = call
  const session = /^arn:[a-z0-9-]+:sts::\d{12}:assumed-role\/[^/]+\/(.+)$/s.exec(who.arn ?? '')?.[1]
  const root = who.type === 'Root' ? `root of account ${who.accountId ?? 'not known'}` : undefined
  const parsed = author.safeParse({
    name: session ?? root ?? who.userName ?? who.onBehalfOf?.userId ?? who.invokedBy ?? who.arn,
    role: session === undefined ? undefined : who.sessionContext?.sessionIssuer?.userName,
    by: call.sessionCredentialFromConsole === 'true' ? theConsole : userAgent,
    address: sourceIPAddress,
    call: eventName,
    eventId: eventID,
    at: new Date(eventTime).toISOString(),
  })
  return parsed.data
}

/**
 * The author for people, on one line: `alice@acme.example (Administrator-ps) in the console at 2026-03-03T10:15:00.000Z from 203.0.113.7`.
 */
export function renderAuthor({ name, role, by, address, at }: Author): string {
  const set = role === undefined ? undefined : (permissionSetOfRole(role) ?? role)
  return [
    name,
    ...(set === undefined ? [] : [`(${set})`]),
    ...(by === undefined ? [] : [by === theConsole ? `in ${by}` : `by ${by}`]),
    `at ${at}`,
    ...(address === undefined ? [] : [`from ${address}`]),
  ].join(' ')
}
