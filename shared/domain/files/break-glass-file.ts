import * as z from 'zod'
import { type DryCallName, dryCallNames } from '../account-facts/dry-calls.ts'
import { type JsonRule, type JsonRules, required, rule } from '../json/json-faults.ts'
import { accountId } from '../organization/account-id.ts'
import type { Account } from '../organization/organization-view.ts'
import { givenInstant } from '../text/instant.ts'
import { type PlaybookTemplate, playbookTemplates, templateOf } from './playbook-templates.ts'
import type { PolicyStatement } from './policy-document.ts'

const said = (expected: string) => ({ error: expected })
const region = z.string().regex(/^(?!cn-|us-gov-|us-iso)[a-z]{2}(-[a-z]+)+-\d$/)
/** The name is short enough for the names of its rules, which have at most the 64 characters of EventBridge. */
const playbookName = z
  .string('a name of 1 to 32 small letters, digits or hyphens')
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'a name of 1 to 32 small letters, digits or hyphens, a letter first')
/**
 * With `-BREAK-GLASS` after it, the name has at most the 64 characters of IAM. It has no `.` or `+`, so it means nothing special in
 * patterns.
 */
const shortName = z
  .string('a name of 1 to 40 small letters, digits or hyphens')
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'a name of 1 to 40 small letters, digits or hyphens, a letter first')
/** An AWS managed policy by its ARN, or a policy of each account by its path and name. */
const managedPolicy = z.string().regex(/^(arn:aws:iam::aws:policy\/)?[\w+=,.@-][\w+=,.@/-]*$/)
const oneOrMore = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).transform((value) => [value].flat())

const statement = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Action: oneOrMore.optional(),
    NotAction: oneOrMore.optional(),
    Resource: oneOrMore.optional(),
    NotResource: oneOrMore.optional(),
    Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).optional(),
  })
  .refine(
    ({ Action, NotAction, Resource, NotResource }) =>
      (Action === undefined) !== (NotAction === undefined) && (Resource === undefined) !== (NotResource === undefined),
    said('one of Action and NotAction, and one of Resource and NotResource'),
  )
const inlinePolicy = z.strictObject({ Version: z.literal('2012-10-17'), Statement: z.array(statement).min(1) })

const responder = z.strictObject({
  name: shortName,
  email: z.email(),
  emergencyContact: z.string().min(3).max(200),
  /** From this time on, the user may do nothing. */
  expiresAt: givenInstant.optional(),
})

const playbook = z.strictObject({
  /** The name of a template, or a name of your own. */
  name: playbookName,
  description: z.string().min(1).max(700).optional(),
  managedPolicies: z.array(managedPolicy).max(8).optional(),
  inlinePolicy: inlinePolicy.optional(),
  permissionsBoundary: managedPolicy.optional(),
  sessionHours: z.int().min(1).max(12).optional(),
  organizationalUnits: z
    .array(
      z.string().regex(/^(r-[a-z0-9]{4,32}|ou-[a-z0-9]{4,32}-[a-z0-9]{8,32})$/),
      'a list of ids, such as ["ou-acme-wrk10000"]',
    )
    .max(100)
    .default([]),
  /** Accounts outside these organizational units, and the management account, which no StackSet reaches. */
  accounts: z.array(accountId).max(100).default([]),
  /** A trust policy has room for 15. (IAM and STS quotas: 2,048 characters.) */
  responders: z.array(shortName, 'a list of 1 to 15 names of responders').min(1).max(15),
  may: z.array(z.enum(dryCallNames)).optional(),
  mayNot: z.array(z.enum(dryCallNames)).optional(),
})

const shape = z.strictObject({
  /** Editors use it. */
  $schema: z.string().optional(),
  /** The same as the name of the file. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,19}$/),
  organizationId: z.string().regex(/^o-[a-z0-9]{10,32}$/),
  /** The root of the organization. ssofile looks below it for accounts that the file names one by one. */
  rootId: z.string().regex(/^r-[a-z0-9]{4,32}$/),
  managementAccount: accountId,
  /** The account of the users: a member account that has nothing else in it. */
  securityAccount: z.string('the 12 digits of the account of the users').pipe(accountId),
  signInRegions: z.array(region).min(1).max(20),
  /** Each address gets a mail for every use. */
  alarmAddresses: z.array(z.email()).min(1).max(10),
  /** The role in each account with which `check` reads. */
  auditorRole: z
    .string()
    .regex(/^[\w+=,.@/-]{1,128}$/)
    .default('ssofile-auditor'),
  drill: z.strictObject({
    everyDays: z.int().min(1).max(366).default(92),
    /** The accounts in which a responder drills the playbooks that name no accounts. */
    accounts: z.array(accountId).min(1).max(100),
  }),
  responders: z.array(responder).min(2).max(20),
  playbooks: z.array(playbook).min(1).max(20),
})

/**
 * `infra/break-glass/<name>.json`: the people who get in if nothing else works, their roles, and the addresses that get alarms. The file is
 * in Git.
 */
export const breakGlassFileSchema = shape.superRefine((file, context) => {
  const tell = (path: readonly (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path: [...path], message })
  const names = file.responders.map(({ name }) => name)
  if (file.securityAccount === file.managementAccount)
    tell(['securityAccount'], 'a member account, since no service control policy binds the management account')
  names.forEach((name, index) => {
    if (names.indexOf(name) < index) tell(['responders', index, 'name'], 'each responder once')
  })
  file.playbooks.forEach((one, index) => {
    const at = (...path: (string | number)[]) => ['playbooks', index, ...path]
    if (/^stacksets$|-alarms$/.test(one.name)) tell(at('name'), 'another name: roles that send alarms have this name')
    if (file.playbooks.findIndex(({ name }) => name === one.name) < index) tell(at('name'), 'each playbook once')
    one.responders.forEach((name, place) => {
      if (!names.includes(name)) tell(at('responders', place), `one of responders: ${names.join(', ')}`)
    })
    if (one.organizationalUnits.length + one.accounts.length === 0)
      tell(at('organizationalUnits'), 'at least one organizational unit, or one of accounts')
    const hasRights = one.managedPolicies !== undefined || one.inlinePolicy !== undefined
    if (templateOf(one.name) === undefined && !hasRights)
      tell(
        at('name'),
        `managedPolicies or inlinePolicy, or the name of a template: ${Object.keys(playbookTemplates).join(', ')}`,
      )
  })
})

const { emergencyContact: _, ...known } = responder.shape
/** A responder without the telephone number for the night. That is for people who read the file, and is in no function. */
const knownResponder = z.object(known)
export type Responder = z.infer<typeof knownResponder>
/** A playbook with the values of its template for everything that the file does not say. */
export type Playbook = {
  readonly name: string
  readonly description: string
  readonly managedPolicies: readonly string[]
  readonly statements: readonly PolicyStatement[]
  readonly permissionsBoundary?: string | undefined
  readonly sessionHours: number
  readonly organizationalUnits: readonly string[]
  readonly accounts: readonly string[]
  readonly responders: readonly string[]
  readonly may: readonly DryCallName[]
  readonly mayNot: readonly DryCallName[]
}
export type BreakGlass = Omit<z.infer<typeof shape>, '$schema' | 'playbooks' | 'responders'> & {
  readonly responders: readonly Responder[]
  readonly playbooks: readonly Playbook[]
}
const reduced = z.object({ ...shape.shape, responders: z.array(knownResponder) }).omit({ $schema: true })

/** The files that a function gets. They lack the fields that it does not need. */
export const bundledDefinitions = z.array(reduced.transform(toBreakGlass))

/** The part of a file that is bundled with a function. */
export function reduceDefinition(said: z.infer<typeof breakGlassFileSchema>): z.input<typeof reduced> {
  return reduced.parse(said)
}

const ownTemplate: PlaybookTemplate = {
  description: 'A playbook of our own.',
  managedPolicies: [],
  statements: [],
  sessionHours: 1,
  may: [],
  mayNot: ['widen-own-role', 'switch-off-alarms', 'stop-trail'],
}

/** Fills in the templates. A playbook with policies of its own gets none of the template's policies. */
export function toBreakGlass(said: z.infer<typeof reduced>): BreakGlass {
  const { playbooks, ...file } = reduced.parse(said)
  return { ...file, playbooks: playbooks.map(withTemplate) }
}

function withTemplate(said: z.infer<typeof playbook>): Playbook {
  const template = templateOf(said.name) ?? ownTemplate
  const hasRights = said.managedPolicies !== undefined || said.inlinePolicy !== undefined
  const own = said.inlinePolicy?.Statement.map((one, index) => ({ ...one, Sid: one.Sid ?? `Own${index + 1}` }))
  return {
    name: said.name,
    description: said.description ?? template.description,
    managedPolicies: hasRights ? (said.managedPolicies ?? []) : template.managedPolicies,
    statements: hasRights ? (own ?? []) : template.statements,
    permissionsBoundary: said.permissionsBoundary,
    sessionHours: said.sessionHours ?? template.sessionHours,
    organizationalUnits: said.organizationalUnits,
    accounts: said.accounts,
    responders: said.responders,
    // The calls that a template proves say nothing about other policies under the same name.
    may: said.may ?? (hasRights ? [] : template.may),
    mayNot: said.mayNot ?? (hasRights ? ownTemplate.mayNot : template.mayNot),
  }
}

const object = (of: { readonly shape: object }): JsonRule =>
  rule(`a JSON object with the fields ${Object.keys(of.shape).join(', ')}`, 'write { … }')
const digits = 'the 12 digits of an account'
const policyArn = required(
  'the ARN of a policy of AWS, or the name of one that is in each account',
  '"arn:aws:iam::aws:policy/SecurityAudit"',
)
const place = required('the name of a Region of the partition aws', '"eu-west-1"')
const drills = required(`a list of: ${dryCallNames.join(', ')}`, '["read-trail"]')

/** The message for each field of the file that breaks a rule. Rules over several fields have messages of their own. */
export const breakGlassRules: JsonRules = {
  $: object(shape),
  '$.$schema': required('the path of the schema', '"../../schemas/break-glass.schema.json"'),
  '$.name': required('1 to 20 small letters, digits or hyphens, equal to the name of the file', '"acme"'),
  '$.organizationId': required('the id of the organization', '"o-a1b2c3d4e5"'),
  '$.rootId': required('the id of the root of the organization', '"r-a1b2"'),
  '$.managementAccount': required(`${digits}: the management account of the organization`, '"444455556666"'),
  '$.signInRegions': required('a list of 1 to 20 Regions in which responders sign in', '["eu-west-1"]'),
  '$.signInRegions.[]': place,
  '$.alarmAddresses': required('a list of 1 to 10 mail addresses', '["security@example.com"]'),
  '$.alarmAddresses.[]': required('a mail address', '"security@example.com"'),
  '$.auditorRole': required('the name of a role, with its path', '"ssofile-auditor"'),
  '$.drill': required('an object with everyDays and accounts', '{ "everyDays": 92, "accounts": ["233000000001"] }'),
  '$.drill.everyDays': required('a whole number of days, from 1 to 366', '92'),
  '$.drill.accounts': required('a list of 1 to 100 accounts', '["233000000001"]'),
  '$.drill.accounts.[]': required(digits, '"233000000001"'),
  '$.responders': required(
    'a list of 2 to 20 responders, since one may be out of reach',
    '[{ "name": "anna", "email": "anna@example.com", "emergencyContact": "+46 70 123 45 67" }, …]',
  ),
  '$.responders.[]': object(responder),
  '$.responders.[].email': required('a mail address', '"anna@example.com"'),
  '$.responders.[].emergencyContact': required('how to reach this person at night', '"+46 70 123 45 67"'),
  '$.responders.[].expiresAt': required('an instant with offset', '"2027-01-31T00:00:00Z"'),
  '$.playbooks': required('a list of 1 to 20 playbooks', '[{ "name": "administrator", … }]'),
  '$.playbooks.[]': object(playbook),
  '$.playbooks.[].description': required('a text of 1 to 700 characters', '"Restores the ledger"'),
  '$.playbooks.[].managedPolicies': required(
    'a list of at most 8 policies',
    '["arn:aws:iam::aws:policy/SecurityAudit"]',
  ),
  '$.playbooks.[].managedPolicies.[]': policyArn,
  '$.playbooks.[].inlinePolicy': required(
    'a policy with Version "2012-10-17" and Statement',
    '{ "Version": "2012-10-17", "Statement": [] }',
  ),
  '$.playbooks.[].permissionsBoundary': policyArn,
  '$.playbooks.[].sessionHours': required('a whole number of hours, from 1 to 12', '4'),
  '$.playbooks.[].organizationalUnits.[]': required(
    'the id of an organizational unit or of the root',
    '"ou-acme-wrk10000"',
  ),
  '$.playbooks.[].accounts': required('a list of at most 100 accounts', '["233000000001"]'),
  '$.playbooks.[].accounts.[]': required(digits, '"233000000001"'),
  '$.playbooks.[].may': drills,
  '$.playbooks.[].may.[]': drills,
  '$.playbooks.[].mayNot': drills,
  '$.playbooks.[].mayNot.[]': drills,
}

/** The playbooks with a role that the account has to have: playbooks that name the account or an organizational unit above it. */
export function playbooksIn(
  { playbooks, managementAccount }: BreakGlass,
  { id, parents }: Pick<Account, 'id' | 'parents'>,
): readonly Playbook[] {
  // No StackSet reaches the management account, so a playbook has to name it.
  const above = id === managementAccount ? [] : parents
  return playbooks.filter(
    ({ accounts, organizationalUnits }) =>
      accounts.includes(id) || organizationalUnits.some((unit) => above.includes(unit)),
  )
}
