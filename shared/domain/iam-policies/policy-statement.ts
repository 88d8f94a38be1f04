import * as z from 'zod'
import { parseLooseJson, sortFields } from '../json/loose-json.ts'

export const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat())

/** One statement of an identity-based policy: its actions and their limits. */
export type PolicyStatement = {
  readonly effect: 'Allow' | 'Deny'
  /** The actions in lower case, because IAM ignores their case. (IAM User Guide, "IAM JSON policy elements: Action".) */
  readonly actions: readonly string[]
  /** `true`: every action but these (NotAction). */
  readonly isInverted: boolean
  /** The limits of the statement. The same text means the same limits. */
  readonly resources: string
  readonly condition: string
  /** The resources of the statement, `*` for all. `undefined`: all but some (NotResource), or none are named. */
  readonly onlyOn: readonly string[] | undefined
  /** The resources of `NotResource`. */
  readonly butOn: readonly string[]
  readonly tests: readonly ConditionTest[]
  /** Every resource, without a condition. */
  readonly isUnlimited: boolean
}

/** One test of a condition. All tests must match. (IAM User Guide, "Conditions with multiple context keys or values".) */
export type ConditionTest = { readonly operator: string; readonly key: string; readonly values: readonly string[] }

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const values = z.union([text, z.array(text)]).transform((value) => [value].flat())
const conditions = z.record(z.string(), z.record(z.string(), values))
const statement = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Action: oneOrMore.optional(),
    NotAction: oneOrMore.optional(),
    Resource: oneOrMore.optional(),
    NotResource: oneOrMore.optional(),
    Condition: z.record(z.string(), z.unknown()).optional(),
  })
  .refine((one) => (one.Action === undefined) !== (one.NotAction === undefined))
const policy = z.object({
  Version: z.string().default('2008-10-17'),
  Statement: z.union([z.array(z.unknown()), z.unknown()]).transform((value) => [value].flat()),
})

/** The statements of a policy document. `isClear` is false if it has something that this code does not understand. */
export type PolicyReading = { readonly statements: readonly PolicyStatement[]; readonly isClear: boolean }

export function readPolicyStatements(document: string | undefined): PolicyReading {
  if (document === undefined) return { statements: [], isClear: true }
  const parsed = policy.safeParse(parseLooseJson(document))
  if (!parsed.success) return { statements: [], isClear: false }
  const { Version, Statement } = parsed.data
  const read = Statement.map((one) => readStatement(one, Version))
  return { statements: read.filter((one) => one !== undefined), isClear: !read.includes(undefined) }
}

/**
 * The statements of a policy document. `undefined`: the document has something that this code does not understand, so it may mean anything.
 */
export function parsePolicyStatements(document: string | undefined): readonly PolicyStatement[] | undefined {
  const { statements, isClear } = readPolicyStatements(document)
  return isClear ? statements : undefined
}

/** The statements of an inline policy, unchanged. */
export function statementsOf(inlinePolicy: string): readonly unknown[] {
  return policy.safeParse(parseLooseJson(inlinePolicy)).data?.Statement ?? []
}

function readStatement(one: unknown, version: string): PolicyStatement | undefined {
  const { data } = statement.safeParse(one)
  if (data === undefined) return undefined
  const { Effect, Action, NotAction, Resource, NotResource, Condition = {} } = data
  const read = conditions.safeParse(Condition)
  const tests = Object.entries(read.data ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, wanted]) => ({ operator, key, values: wanted })),
  )
  // A condition without a test limits nothing.
  const isConditional = tests.length > 0 || !read.success
  const isEverywhere = Resource?.some((resource) => /^\*+$/.test(resource)) === true
  return {
    effect: Effect,
    // Several stars mean the same as one, and would slow down matching.
    actions: (Action ?? NotAction ?? []).map((action) => action.toLowerCase().replace(/\*+/g, '*')),
    isInverted: NotAction !== undefined,
    resources: withVersion(version, isEverywhere ? '*' : renderList(Resource, NotResource)),
    condition: withVersion(version, isConditional ? JSON.stringify(sortFields(Condition)) : ''),
    onlyOn: isEverywhere ? ['*'] : Resource?.map((resource) => withVersion(version, resource)),
    butOn: NotResource ?? [],
    tests,
    isUnlimited: isEverywhere && !isConditional,
  }
}

function renderList(only: readonly string[] | undefined, but: readonly string[] | undefined): string {
  return JSON.stringify(only === undefined ? { but: [...new Set(but)].sort() } : [...new Set(only)].sort())
}

/** `${…}` is a variable only from version 2012-10-17 on. (IAM User Guide, "IAM JSON policy elements: Version".) */
function withVersion(version: string, text: string): string {
  return text.includes('${') ? `${version} ${text}` : text
}
