import * as z from 'zod'
import { type JsonRule, type JsonRules, rule } from '../json/json-faults.ts'
import { temporaryFolder } from '../links/temporary-folder.ts'
import { accountId } from '../organization/account-id.ts'
import { permissionSetName } from '../permission-sets/permission-set-name.ts'
import { notificationRules, notifications } from './notification-settings.ts'

const wholeNumber = z.int().min(0)
/** The name of a role in each account, with its path. `''`: there is no such role. */
const roleInAccounts = z
  .string()
  .max(512)
  .regex(/^([\w+=,.@-]+\/)*[\w+=,.@-]{1,64}$|^$/)
  .default('')
const percentage = z.number().min(0).max(100)

/** A folder under `links_data/`, without slashes at its ends. It has no `%`, since `%` begins the grammar of links. */
const folder = z
  .string()
  .min(1)
  .max(200)
  .regex(/^(?!\/)[^%]*[^%/]$/, 'a folder neither begins nor ends with / and has no %')
  // ssofile rejects a key with control characters, so no link in such a folder could be valid.
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]*$/u, 'a folder has no control characters')
  .refine((name) => name === name.normalize('NFC'), 'a folder is in Unicode normal form NFC')
  .refine((name) => name.split('/', 1)[0] !== temporaryFolder, 'the folder temporary is reserved for temporary access')

const indirect = z.strictObject({
  count: wholeNumber.default(20),
  percent: percentage.default(10),
  most: wholeNumber.default(200),
  hours: z.number().positive().default(24),
})
const own = z.strictObject({
  count: wholeNumber.default(20),
  percent: percentage.default(10),
  minutes: z.number().positive().default(15),
})
/** The limits for people that one uploader suspends with files. */
const people = z.strictObject({ count: wholeNumber.default(5), minutes: z.number().positive().default(15) })
const brake = z.strictObject({ indirect: indirect.prefault({}), own: own.prefault({}), people: people.prefault({}) })
const limits = z.strictObject({
  outstanding: z.int().min(1).max(15).default(15),
  callsPerSecond: z.number().positive().max(20).default(20),
  provisionings: z.int().min(1).max(3).default(3),
  notValidFiles: z.int().min(1).default(1_000),
})
/**
 * AWS counts all calls of an organization together, so a deployment leaves some for the console, Control Tower and Terraform. A local
 * system has no other callers.
 */
export const deploymentLimits = limits.extend({
  outstanding: limits.shape.outstanding.unwrap().default(10),
  callsPerSecond: limits.shape.callsPerSecond.unwrap().default(15),
  provisionings: limits.shape.provisionings.unwrap().default(2),
})

/** The configuration: one JSON file, with all keys optional. The local system, the command line and a deployment use the same file. */
export const configuration = z.strictObject({
  /** Editors use it. */
  $schema: z.string().optional(),
  supportNestedOu: z.boolean().default(true),
  folders: z
    .array(folder)
    .max(20)
    .refine((names) => new Set(names).size === names.length, 'each folder is declared once')
    .default([]),
  urgentPermissionSets: z.array(permissionSetName).default([]),
  principalSuffix: z.string().default(''),
  includeManagementAccount: z.boolean().default(false),
  /** Links outside folders may reach the account in which ssofile runs. */
  includeOwnAccount: z.boolean().default(false),
  /** The account in which ssofile runs. A deployment knows it from its `account`. */
  ownAccount: accountId.optional(),
  orphanGraceMinutes: wholeNumber.default(60),
  onDrift: z.enum(['restore', 'report']).default('restore'),
  /**
   * The place that users come from. `identity-center`: its own directory, so files under `people/` create and change users. `external`: a
   * provider or an Active Directory keeps the users, and ssofile writes none.
   */
  directory: z.enum(['external', 'identity-center']).default('external'),
  privacy: z.enum(['open', 'folder']).default('open'),
  auditorRole: roleInAccounts,
  /** The role with which ssofile retires credentials in the accounts. Without it, ssofile retires none. */
  hygieneRole: roleInAccounts,
  /** How long ssofile keeps which person used which access. 0: it records none, and deletes earlier records. */
  usageDays: wholeNumber.max(3650).default(400),
  brake: brake.prefault({}),
  limits: limits.prefault({}),
  notifications: notifications.prefault({}),
})
export type Configuration = z.infer<typeof configuration>

export const defaultConfiguration: Configuration = configuration.parse({})

const object = ({ shape }: z.ZodObject): JsonRule =>
  rule(
    `a JSON object with the fields ${Object.keys(shape).join(', ')}, each optional`,
    'write { … } with only the fields that differ from their defaults',
  )
const value = (expected: string, alone: string): JsonRule =>
  rule(expected, `write ${alone}, or leave the field out for its default`)
const flag = value('true or false', 'one of the two without quotation marks')
const whole = value('a whole number from 0', 'a number such as 20')
const role = (example: string) =>
  value('the name of an IAM role, with its path if it has one, and without the account', `a name such as ${example}`)
const percent = value('a number from 0 to 100', 'a number such as 10')

/** The message for each field of a configuration that breaks a rule of its schema. */
export const configurationRules: JsonRules = {
  ...notificationRules,
  $: object(configuration.omit({ $schema: true })),
  '$.$schema': rule('a text', 'write the path of the schema'),
  '$.supportNestedOu': flag,
  '$.folders': value('a list of at most 20 folders under links_data/, each once', 'a list such as ["team-a"]'),
  '$.folders.[]': rule(
    'the name of a folder under links_data/: 1 to 200 characters in Unicode normal form NFC, without % and control characters, without / at its ends, and not temporary, which is always there',
    'write it as it stands in the keys between links_data/ and the link, such as "team-a"',
  ),
  '$.urgentPermissionSets': value('a list of names of permission sets', 'a list such as ["BreakGlass-ps"]'),
  '$.urgentPermissionSets.[]': rule(
    'the name of a permission set: 1 to 32 letters, digits or _ + = , . @ -',
    'write the name without .json, in double quotes',
  ),
  '$.principalSuffix': value('a text', 'a text such as "@example.com"'),
  '$.includeManagementAccount': flag,
  '$.includeOwnAccount': flag,
  '$.ownAccount': value('the 12 digits of an account id', 'a text such as "111122223333"'),
  '$.orphanGraceMinutes': value('whole minutes from 0', 'a number such as 60'),
  '$.onDrift': value("'restore' or 'report'", '"restore" or "report"'),
  '$.directory': value("'external' or 'identity-center'", '"external" or "identity-center"'),
  '$.privacy': value("'open' or 'folder'", '"open" or "folder"'),
  '$.auditorRole': role('"ssofile-auditor"'),
  '$.hygieneRole': role('"ssofile-hygiene"'),
  '$.usageDays': value('whole days from 0 to 3650; 0 records no use', 'a number such as 400'),
  '$.brake': object(brake),
  '$.brake.indirect': object(indirect),
  '$.brake.indirect.count': whole,
  '$.brake.indirect.percent': percent,
  '$.brake.indirect.most': whole,
  '$.brake.indirect.hours': value('hours, a number above 0', 'a number such as 24'),
  '$.brake.own': object(own),
  '$.brake.own.count': whole,
  '$.brake.own.percent': percent,
  '$.brake.own.minutes': value('minutes, a number above 0', 'a number such as 15'),
  '$.brake.people': object(people),
  '$.brake.people.count': whole,
  '$.brake.people.minutes': value('minutes, a number above 0', 'a number such as 15'),
  '$.limits': object(limits),
  '$.limits.outstanding': value("a whole number from 1 to 15, which is AWS's limit", 'a number such as 15'),
  '$.limits.callsPerSecond': value("a number above 0, at most 20, which is AWS's limit", 'a number such as 20'),
  '$.limits.notValidFiles': value('a whole number from 1', 'a number such as 1000'),
  '$.limits.provisionings': value("a whole number from 1 to 3, which is AWS's limit", 'a number such as 3'),
}
