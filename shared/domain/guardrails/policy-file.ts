import * as z from 'zod'
import type { JsonRules } from '../json/json-faults.ts'
import { jsonNames } from '../json/json-names.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { principalType } from '../principals/principal.ts'
import { type Complaint, type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'
import { line } from '../text/one-line.ts'

export const policyPrefix = 'policies/'
/** Tests of policies are in the same folder, but they are not policies. */
export const policyTestPrefix = 'policies/tests/'

export const policyFileMostBytes = 64 * 1024
/** The limit for all policies together. With everything at its limit, ssofile judges an input within a second. */
const allPoliciesMostBytes = 128 * 1024
const forbiddenActionsMost = 50

const said = (most: number) => line(most).min(1)
const globs = z.array(line(200)).max(100)
const rule = {
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  control: said(100),
  mode: z.enum(['warn', 'enforce']),
  contact: said(200).optional(),
}
const atLeastOne = { error: 'at least one demand' }

/** Lists of globs. An absent list says nothing. An empty list matches nothing. */
const linkParts = {
  permissionSets: globs.optional(),
  principals: globs.optional(),
  types: z.array(principalType).max(2).optional(),
  /** Scopes as in a key: `account%123456789012`, `ou_id%ou-*`. */
  scopes: globs.optional(),
  /** `''`: the links outside all folders. */
  folders: globs.optional(),
  /** Uploaders as in the status of an input. */
  uploaders: globs.optional(),
}
const linkRule = z.strictObject({
  ...rule,
  /** The links of the rule. Absent: all links. */
  for: z.strictObject(linkParts).prefault({}),
  /** The demands on each of them. */
  must: z
    .strictObject({
      ...linkParts,
      /** Each account that the link reaches has to fit. */
      accounts: globs.optional(),
      /** No account that the link reaches may fit. */
      accountsNever: globs.optional(),
      /** Its scope, as in the key, must not fit. */
      scopesNever: globs.optional(),
      accountsMost: z.int().min(0).max(100_000).optional(),
      /** It must have an `expiresAt`, at most this many hours after its upload. */
      expireWithinHours: z.number().positive().max(87_600).optional(),
      ticket: said(200).optional(),
      reason: z.literal(true).optional(),
      owner: z.literal(true).optional(),
    })
    .refine((must) => Object.keys(must).length > 0, atLeastOne),
})
export type LinkRule = Readonly<z.infer<typeof linkRule>>

const permissionSetRule = z.strictObject({
  ...rule,
  for: z.strictObject({ names: globs.optional() }).prefault({}),
  must: z
    .strictObject({
      /** It must have a boundary that fits: an ARN, or the path and name of a customer managed policy. */
      boundaries: globs.optional(),
      /** ARNs. */
      managedPolicies: globs.optional(),
      /** Paths and names, such as `/team/Reader`. */
      customerManagedPolicies: globs.optional(),
      /** No statement of the inline policy may allow one of these actions. */
      forbiddenActions: z
        .array(z.string().regex(/^(\*|[A-Za-z0-9-]{1,40}:[A-Za-z0-9*?]{1,60})$/))
        .max(forbiddenActionsMost)
        .optional(),
      sessionMinutesMost: z.int().min(60).max(720).optional(),
      owner: z.literal(true).optional(),
    })
    .refine((must) => Object.keys(must).length > 0, atLeastOne),
})
export type PermissionSetRule = Readonly<z.infer<typeof permissionSetRule>>

const side = z.array(line(200)).min(1).max(20)
const separationRule = z.strictObject({
  ...rule,
  for: z.strictObject({ accounts: globs.optional() }).prefault({}),
  /** Nobody may have a permission set of one list together with a permission set of the other list in the same account. */
  must: z.strictObject({ notTogether: z.tuple([side, side]) }),
})
export type SeparationRule = Readonly<z.infer<typeof separationRule>>

const minimumRule = z.strictObject({
  ...rule,
  for: z.strictObject({ permissionSets: globs, accounts: globs.optional() }),
  /** At least this many people must keep one of these permission sets in each of these accounts. */
  must: z.strictObject({ peopleLeast: z.int().min(1).max(100) }),
})
export type MinimumRule = Readonly<z.infer<typeof minimumRule>>

/** Uses of access that a policy may watch, the gravest first. */
export const watchedUses = ['suspended', 'without-access', 'first-administrator', 'first', 'any'] as const
export type WatchedUse = (typeof watchedUses)[number]

const watched = z
  .strictObject({
    accounts: globs.optional(),
    permissionSets: globs.optional(),
    uses: z.array(z.enum(watchedUses)).min(1).max(watchedUses.length).optional(),
  })
  .refine((one) => Object.keys(one).length > 0, { error: 'accounts or permissionSets' })
/**
 * Access that somebody gives outside ssofile causes a loud notification if it fits; with `uses`, such a use of access does instead. An absent
 * list of globs fits everything.
 */
export type Watched = Readonly<z.infer<typeof watched>>

export const policyFileSchema = z.strictObject({
  /** Editors use it. */
  $schema: z.string().optional(),
  /** The contact for rules that name nobody. */
  contact: said(200),
  links: z.array(linkRule).max(100).optional(),
  permissionSets: z.array(permissionSetRule).max(100).optional(),
  separations: z.array(separationRule).max(100).optional(),
  minimums: z.array(minimumRule).max(100).optional(),
  watch: z.array(watched).max(100).optional(),
  /** User names: a file under `suspended/` takes nothing from these users. */
  neverSuspend: globs.optional(),
  /** User names: a file under `people/` may adopt these users, whom ssofile did not make. */
  adoptPeople: globs.optional(),
})
export type Policy = {
  readonly key: string
  readonly contact: string
  readonly links: readonly LinkRule[]
  readonly permissionSets: readonly PermissionSetRule[]
  readonly separations: readonly SeparationRule[]
  readonly minimums: readonly MinimumRule[]
  /** Absent: nothing. */
  readonly watch?: readonly Watched[] | undefined
  /** Absent: nobody. */
  readonly neverSuspend?: readonly string[] | undefined
  /** Absent: nobody. */
  readonly adoptPeople?: readonly string[] | undefined
}

/** All demands of governance. While a policy is broken, nobody knows what it forbids, so ssofile grants nothing new. */
export type Guardrails = { readonly policies: readonly Policy[]; readonly broken: readonly Complaint[] }

export const noGuardrails: Guardrails = { policies: [], broken: [] }

export const { isKey: isPolicyKey } = jsonNames(policyPrefix)

export function parsePolicyFile(key: string, body: Uint8Array, sizeBytes = body.length): Parsed<Policy> {
  const limit = { mostBytes: policyFileMostBytes, remedy: 'divide it into several files' }
  const read = parseJsonFile({ key, body, sizeBytes }, limit, policyFileSchema, policyRules)
  if (!read.ok) return read
  const {
    $schema: _,
    contact,
    links = [],
    permissionSets = [],
    separations = [],
    minimums = [],
    ...people
  } = read.value
  const rules = { links, permissionSets, separations, minimums }
  const policy = { key, contact, ...rules, ...people }
  const ids = rulesOf(policy).map(({ id }) => id)
  const twice = ids.find((id, index) => ids.indexOf(id) < index)
  if (twice === undefined) return parsed(policy)
  return refused({
    object: key,
    received: `two rules with the id '${quote(twice)}'`,
    expected: 'each id once in a file',
    remedy: 'give one of them another id',
  })
}

export function rulesOf({ links, permissionSets, separations, minimums }: Policy) {
  return [...links, ...permissionSets, ...separations, ...minimums]
}

/** Joins the policies that were read. */
export function joinPolicies(read: readonly { readonly policy: Parsed<Policy>; readonly size: number }[]): Guardrails {
  const policies = read.flatMap(({ policy }) => (policy.ok ? [policy.value] : []))
  const broken = read.flatMap(({ policy }) => (policy.ok ? [] : [policy.complaint]))
  const size = read.reduce((sum, one) => sum + one.size, 0)
  const forbidden = policies
    .flatMap(({ permissionSets }) => permissionSets.map(({ must }) => must.forbiddenActions?.length ?? 0))
    .reduce((sum, count) => sum + count, 0)
  const tooMany = (received: string, expected: string): Complaint => ({
    object: policyPrefix,
    received,
    expected,
    remedy: 'join rules that say the same, with globs',
  })
  return {
    policies,
    broken: [
      ...broken,
      ...(size > allPoliciesMostBytes
        ? [tooMany(`policies of ${size} bytes in all`, `at most ${allPoliciesMostBytes}`)]
        : []),
      ...(forbidden > forbiddenActionsMost
        ? [tooMany(`${forbidden} forbidden actions in all policies`, `at most ${forbiddenActionsMost}`)]
        : []),
    ],
  }
}

const listOfGlobs = 'a list of at most 100 texts, in which * stands for any characters and ? for one'
const expectations: Readonly<Record<string, string>> = {
  $: 'one JSON object with contact, and links, permissionSets, separations, minimums, watch, neverSuspend or adoptPeople',
  '$.$schema': 'the path of the schema',
  '$.contact': 'a contact for questions: one line of at most 200 characters',
  '$.links': 'a list of at most 100 rules about links',
  '$.permissionSets': 'a list of at most 100 rules about permission sets',
  '$.separations': 'a list of at most 100 rules about permission sets that nobody has together',
  '$.minimums': 'a list of at most 100 rules about people who keep a permission set',
  '$.watch': 'a list of at most 100 objects with accounts, permissionSets, or both, and uses',
  '$.neverSuspend': listOfGlobs,
  '$.adoptPeople': listOfGlobs,
  '$.watch.[]': 'an object with accounts, permissionSets, or both, and uses',
  '$.watch.[].uses': `a list of ${watchedUses.join(', ')}`,
  '$.watch.[].accounts': listOfGlobs,
  '$.watch.[].permissionSets': listOfGlobs,
  ...Object.fromEntries(
    ['links', 'permissionSets', 'separations', 'minimums'].flatMap((list) => [
      [`$.${list}.[].id`, 'small letters, digits and hyphens, at most 64'],
      [`$.${list}.[].control`, 'the control that the rule answers to: one line of at most 100 characters'],
      [`$.${list}.[].mode`, '"warn" or "enforce"'],
      [`$.${list}.[].contact`, 'a contact for questions: one line of at most 200 characters'],
      [`$.${list}.[].for`, 'an object that says what the rule is about'],
      [`$.${list}.[].must`, 'an object with at least one demand'],
    ]),
  ),
  ...Object.fromEntries(
    ['for', 'must'].flatMap((part) => [
      ...['permissionSets', 'principals', 'scopes', 'folders', 'uploaders'].map((field) => [
        `$.links.[].${part}.${field}`,
        listOfGlobs,
      ]),
      [`$.links.[].${part}.types`, 'a list of "GROUP" and "USER"'],
    ]),
  ),
  '$.links.[].must.accounts': listOfGlobs,
  '$.links.[].must.accountsNever': listOfGlobs,
  '$.links.[].must.scopesNever': listOfGlobs,
  '$.links.[].must.accountsMost': 'a whole number from 0',
  '$.links.[].must.expireWithinHours': 'a number of hours, above 0 and at most 87600',
  '$.links.[].must.ticket': 'a pattern in which # stands for a digit, ? for one character and * for any',
  '$.links.[].must.reason': 'true',
  '$.links.[].must.owner': 'true',
  '$.permissionSets.[].for.names': listOfGlobs,
  '$.permissionSets.[].must.boundaries': listOfGlobs,
  '$.permissionSets.[].must.managedPolicies': listOfGlobs,
  '$.permissionSets.[].must.customerManagedPolicies': listOfGlobs,
  '$.permissionSets.[].must.forbiddenActions': 'a list of at most 50 actions, such as "iam:*"',
  '$.permissionSets.[].must.sessionMinutesMost': 'a whole number from 60 to 720',
  '$.permissionSets.[].must.owner': 'true',
  '$.separations.[].for.accounts': listOfGlobs,
  '$.separations.[].must.notTogether': 'two lists of names of permission sets, each of 1 to 20 globs',
  '$.minimums.[].for.permissionSets': listOfGlobs,
  '$.minimums.[].for.accounts': listOfGlobs,
  '$.minimums.[].must.peopleLeast': 'a whole number from 1 to 100',
}

/** The message for each field of a policy that breaks a rule. */
export const policyRules: JsonRules = Object.fromEntries(
  Object.entries(expectations).map(([shape, expected]) => [
    shape,
    { expected, remedy: (value) => (value === undefined ? 'add it' : 'correct it, or leave it out') },
  ]),
)
