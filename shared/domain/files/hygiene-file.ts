import * as z from 'zod'
import { exampleRule, type JsonRule, type JsonRules } from '../json/json-faults.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { accountId } from '../organization/account-id.ts'
import type { Parsed } from '../statuses/complaint.ts'
import { givenInstant } from '../text/instant.ts'

export const hygieneKey = 'hygiene.json'
export const hygieneFileMostBytes = 256 * 1024

export const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const
const days = z.int().min(1).max(3_650)
const name = z.string().min(1).max(256)

// IAM API Reference, "UpdateAccountPasswordPolicy": 6 to 128 characters, 1 to 24 passwords, 1 to 1,095 days.
const passwordPolicy = z.strictObject({
  minimumLength: z.int().min(6).max(128).default(14),
  /** Small and capital letters, digits and symbols. */
  isMixed: z.boolean().default(true),
  /** The number of former passwords that users may not use again. */
  reusePrevention: z.int().min(0).max(24).default(24),
  /** Absent: passwords need not expire. */
  maxAgeDays: z.int().min(1).max(1_095).optional(),
})
const standards = z.strictObject({
  unusedDays: days.default(90),
  keyAgeDays: days.default(90),
  /** Every user with a password must have a second factor. */
  mfa: z.boolean().default(true),
  passwordPolicy: passwordPolicy.prefault({}),
})
export type Standards = z.infer<typeof standards>

const exception = z.strictObject({
  account: accountId,
  /** The name of a user or role; or `root`, or `password policy`. */
  name,
  owner: name,
  reason: z.string().min(1).max(700),
  expiresAt: givenInstant,
})

const mail = z.strictObject({
  on: z.array(z.enum(weekdays)).max(7).default(['monday']),
  /** The receiver who gets the summary. */
  security: name.optional(),
  /** The receiver of each owner. */
  owners: z.record(z.string(), name).default({}),
})

/** The standards for credentials, the receivers of reports, and the users whose credentials are never retired. Every field is optional. */
export const hygieneFileSchema = z.strictObject({
  /** Editors use it. */
  $schema: z.string().optional(),
  standards: standards.prefault({}),
  /** The key of the tag that names an account's owner. If no link uses tags, reading it costs a call for each account. */
  ownerTag: z.string().min(1).max(128).optional(),
  /** Accounts and organizations (`o-…`) that roles may trust. Name your own organization too. */
  trusted: z
    .array(z.string().regex(/^(\d{12}|o-[a-z0-9]{10,32})$/))
    .max(1_000)
    .default([]),
  exceptions: z.array(exception).max(1_000).default([]),
  /**
   * The delegated administrator of IAM and IAM Access Analyzer. It knows whether root credentials are managed centrally, and what is
   * unused.
   */
  securityAccount: accountId.optional(),
  /**
   * ssofile watches a credential for this many days after the request, then deletes it. IAM reports uses up to a day late, so two days are
   * the minimum.
   */
  retireAfterDays: z.int().min(2).max(365).default(14),
  /** Users in all accounts whose credentials are never retired: names, with `*` and `?`. */
  neverRetire: z.array(z.string().min(1).max(128)).max(1_000).default([]),
  mail: mail.prefault({}),
})
export type Hygiene = z.infer<typeof hygieneFileSchema>

export const defaultHygiene: Hygiene = hygieneFileSchema.parse({})

export function parseHygieneFile(body: Uint8Array, sizeBytes = body.length): Parsed<Hygiene> {
  const limit = { mostBytes: hygieneFileMostBytes, remedy: 'delete exceptions that have ended' }
  return parseJsonFile({ key: hygieneKey, body, sizeBytes }, limit, hygieneFileSchema, hygieneRules)
}

const object = ({ shape }: z.ZodObject): JsonRule =>
  exampleRule(`a JSON object with the fields ${Object.keys(shape).join(', ')}`, '{ … } with those that are needed')
const wholeDays = exampleRule('whole days from 1 to 3650', 'a number such as 90')
const receiver = exampleRule(
  "the name of a receiver, of the configuration's notifications",
  'a name such as "security"',
)

export const hygieneRules: JsonRules = {
  $: object(hygieneFileSchema),
  '$.$schema': exampleRule('a text', 'the path of the schema'),
  '$.standards': object(standards),
  '$.standards.unusedDays': wholeDays,
  '$.standards.keyAgeDays': wholeDays,
  '$.standards.mfa': exampleRule('true or false', 'one of the two without quotation marks'),
  '$.standards.passwordPolicy': object(passwordPolicy),
  '$.standards.passwordPolicy.minimumLength': exampleRule('a whole number from 6 to 128', 'a number such as 14'),
  '$.standards.passwordPolicy.isMixed': exampleRule('true or false', 'one of the two without quotation marks'),
  '$.standards.passwordPolicy.reusePrevention': exampleRule('a whole number from 0 to 24', 'a number such as 24'),
  '$.standards.passwordPolicy.maxAgeDays': exampleRule(
    'whole days from 1 to 1095',
    'a number such as 365, or leave it out',
  ),
  '$.ownerTag': exampleRule('the key of a tag, 1 to 128 characters', 'a key such as "owner"'),
  '$.trusted': exampleRule('a list of at most 1000 accounts and organizations', 'a list such as ["o-exampleorgid"]'),
  '$.trusted.[]': exampleRule('an account id or the id of an organization', 'an id such as "o-exampleorgid"'),
  '$.exceptions': exampleRule(
    'a list of at most 1000 exceptions',
    'a list such as [{ "account": "…", "name": "…", … }]',
  ),
  '$.exceptions.[]': object(exception),
  '$.exceptions.[].account': exampleRule('the 12 digits of an account id', 'a text such as "111122223333"'),
  '$.exceptions.[].name': exampleRule(
    'the name of a user or a role, root, or password policy',
    'a name such as "ci-deploy"',
  ),
  '$.exceptions.[].owner': exampleRule('who answers for the exception', 'a name such as "team-payments"'),
  '$.exceptions.[].reason': exampleRule('why, in 1 to 700 characters', 'a sentence'),
  '$.exceptions.[].expiresAt': exampleRule('an instant in ISO 8601 with offset', 'such as "2027-01-31T00:00:00Z"'),
  '$.securityAccount': exampleRule('the 12 digits of an account id', 'a text such as "111122223333"'),
  '$.retireAfterDays': exampleRule('whole days from 2 to 365', 'a number such as 14'),
  '$.neverRetire': exampleRule('a list of at most 1000 names of users', 'a list such as ["*-backup"]'),
  '$.neverRetire.[]': exampleRule('the name of a user, * and ? stand for others', 'a name such as "terraform"'),
  '$.mail': object(mail),
  '$.mail.on': exampleRule('a list of days of the week', 'a list such as ["monday"]'),
  '$.mail.on.[]': exampleRule('a day of the week in small letters', 'a day such as "monday"'),
  '$.mail.security': receiver,
  '$.mail.owners': exampleRule('a receiver for each owner', '{ "team-payments": "payments" }'),
}
