import * as z from 'zod'
import { exampleRule, type JsonRules } from '../json/json-faults.ts'
import { parseLooseJson } from '../json/loose-json.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { record } from '../json/record.ts'
import { principalId } from '../principals/identity-center-ids.ts'
import { isNameOf, type PrincipalName, principalName } from '../principals/principal.ts'
import { type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'
import { givenInstant } from '../text/instant.ts'
import { foldText, looksLike } from '../text/look-alikes.ts'
import { personOfScim } from './person-of-scim.ts'

export const peoplePrefix = 'people/'
export const personFileMostBytes = 16 * 1024
const ending = '.json'
/** HR systems write it in capitals, in the plural, and with other words, as in "External Contractor". */
const contractor = 'contractor'
/** Identity Store API Reference, "CreateUser". */
const userNameMost = 128

const text = (most = 1024) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[\p{L}\p{M}\p{S}\p{N}\p{P} ]+$/u)

/** The content of a person's file. The file's name is the user name. */
export const personFileSchema = z.strictObject({
  /** Editors use it. */
  $schema: z.string().optional(),
  displayName: text(),
  givenName: text(),
  familyName: text(),
  email: z.email().max(1024).optional(),
  title: text().optional(),
  department: text().optional(),
  userType: text().optional(),
  /** As in the directory, such as a user name. */
  manager: text().optional(),
  /** ssofile does not make the user before this time. */
  startsAt: givenInstant.optional(),
  /** From this time on the person counts as suspended. */
  endsAt: givenInstant.optional(),
  /** The person who answers for somebody from outside. */
  sponsor: text(256).optional(),
  /** ssofile deletes the user this many days after the end. Absent: never. */
  deleteAfterDays: z.int().min(0).max(3_650).optional(),
})
export type PersonFile = z.infer<typeof personFileSchema>

export function personKey(name: PrincipalName): string {
  return `${peoplePrefix}${name}${ending}`
}

/** The user name in a key under `people/`, spelled as in links, without `principalSuffix`. */
export function parsePersonKey(key: string): Parsed<PrincipalName> {
  const name = key.slice(peoplePrefix.length, -ending.length)
  const parsedName = principalName.safeParse(name)
  if (
    key.startsWith(peoplePrefix) &&
    key.endsWith(ending) &&
    isNameOf('USER', name) &&
    !name.includes('/') &&
    parsedName.success
  )
    return parsed(parsedName.data)
  return refused({
    object: key,
    received: `the name '${quote(key.slice(peoplePrefix.length))}'`,
    expected: `people/<user name>.json, at most ${userNameMost} printable characters in NFC, without spaces and /`,
    remedy: 'upload it again under such a name, then delete this one',
  })
}

export function parsePersonFile(key: string, body: Uint8Array, sizeBytes = body.length): Parsed<PersonFile> {
  const limit = { mostBytes: personFileMostBytes, remedy: 'shorten the fields' }
  const scim = sizeBytes > limit.mostBytes ? undefined : personOfScim(parseLooseJson(new TextDecoder().decode(body)))
  if (scim !== undefined)
    return refused({
      object: key,
      received: "SCIM's form of a user",
      expected: "ssofile's own fields, and the user name in the name of the file",
      remedy: `write ${quote(JSON.stringify(scim), 700)}; then upload the file again`,
    })
  const file = parseJsonFile({ key, body, sizeBytes }, limit, personFileSchema, personRules)
  if (!file.ok) return file
  const { userType, sponsor, endsAt, startsAt } = file.value
  const missing = [...(endsAt === undefined ? ['endsAt'] : []), ...(sponsor === undefined ? ['sponsor'] : [])]
  if (userType !== undefined && looksLike(userType, contractor))
    return refused({
      object: key,
      received: `the userType '${quote(userType)}', which only looks like '${contractor}': it has other characters`,
      expected: `'${contractor}' in plain letters, or another word`,
      remedy: `type "${contractor}" on the keyboard, or a word that does not look like it; then upload the file again`,
    })
  if (userType !== undefined && foldText(userType).includes(contractor) && missing.length > 0)
    return refused({
      object: key,
      received: `a contractor without ${missing.join(' and ')}`,
      expected: 'endsAt, when the contract ends, and sponsor, who answers for the person',
      remedy: 'add the missing fields; then upload the file again',
    })
  if (startsAt !== undefined && endsAt !== undefined && Date.parse(endsAt) <= Date.parse(startsAt))
    return refused({
      object: key,
      received: `endsAt ${endsAt}, which is not after startsAt ${startsAt}`,
      expected: 'an end after the beginning',
      remedy: 'correct one of the two; then upload the file again',
    })
  return file
}

const ofText = (most = 1024) =>
  exampleRule(`1 to ${most} printable characters in one line`, 'it in double quotes, or leave out an optional field')
const ofInstant = exampleRule(
  'an instant in ISO 8601 with offset',
  'such as "2027-01-31T18:00:00Z", or leave the field out',
)

export const personRules: JsonRules = {
  $: exampleRule(
    `one JSON object with the fields ${Object.keys(personFileSchema.shape).join(', ')}; displayName, givenName and familyName are needed`,
    '{ "displayName": "…", "givenName": "…", "familyName": "…" }',
  ),
  '$.$schema': exampleRule('a text', 'the path of the schema'),
  '$.displayName': ofText(),
  '$.givenName': ofText(),
  '$.familyName': ofText(),
  '$.email': exampleRule('one address of e-mail', 'such as "kenji.ito@acme.example"'),
  '$.title': ofText(),
  '$.department': ofText(),
  '$.userType': ofText(),
  '$.manager': ofText(),
  '$.startsAt': ofInstant,
  '$.endsAt': ofInstant,
  '$.sponsor': ofText(256),
  '$.deleteAfterDays': exampleRule('whole days from 0 to 3650', 'a number such as 90, or leave the field out: never'),
}

/** The reason in the file under `suspended/` that ssofile writes when this file ends the person. Absent `endsAt`: the file is gone. */
export function renderEndReason(name: PrincipalName, endsAt: string | undefined): string {
  return `${personKey(name)} ${endsAt === undefined ? 'is gone' : `ended at ${endsAt}`}`
}

/** The key of the person's file in such a reason. `undefined`: somebody else suspended the person. */
export function parseEndReason(reason: string | undefined): string | undefined {
  return /^(people\/.+\.json) (?:is gone|ended at .+)$/u.exec(reason ?? '')?.[1]
}

/** One object for each user that ssofile made or adopted: `owned_people/<user name>`. ssofile writes it before it makes the user. */
export const ownedPersonPrefix = 'owned_people/'
export const ownedPerson = record({
  v: z.literal(1),
  /** Absent until the answer to the create is known. */
  id: principalId.optional(),
  /** The user existed before, so a field that the file leaves out stays as it is. */
  isAdopted: z.boolean(),
  claimedAt: z.iso.datetime(),
  /** The content of the file that ssofile last applied to the directory. */
  applied: z.string().optional(),
  /** From the last valid file. */
  deleteAfterDays: z.int().optional(),
  /** From the last valid file: a file that becomes invalid does not postpone the end. */
  endsAt: z.string().optional(),
  /** The content of the file for which ssofile claimed the user. */
  claimed: z.string().optional(),
  /** The fields with which ssofile makes the user. If the answer is lost, they tell that the user is ours. */
  sent: z.record(z.string(), z.string().optional()).optional(),
  /**
   * When the person began to count as suspended. `etag`: of the file under `suspended/`, if ssofile wrote it. `as`: the user's name
   * there, if somebody had renamed the user.
   */
  ended: record({ at: z.iso.datetime(), etag: z.string().optional(), as: principalName.optional() }).optional(),
})
export type OwnedPerson = z.infer<typeof ownedPerson>
