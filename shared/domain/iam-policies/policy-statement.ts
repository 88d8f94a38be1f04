import * as z from 'zod'
import { parseLooseJson, sortFields } from '../json/loose-json.ts'
import { oneOrMore } from './allows-everything.ts'

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
  /** Every resource, without a condition. */
  readonly isUnlimited: boolean
}

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
  Version: z.string().optional(),
  Statement: z.union([z.array(statement), statement.transform((one) => [one])]),
})

/**
 * The statements of a policy document. `undefined`: the document has something that this code does not understand, so it may mean anything.
 */
export function parsePolicyStatements(document: string | undefined): readonly PolicyStatement[] | undefined {
  if (document === undefined) return []
  const parsed = policy.safeParse(parseLooseJson(document))
  if (!parsed.success) return undefined
  const { Version = '2008-10-17', Statement } = parsed.data
  return Statement.map(({ Effect, Action, NotAction, Resource, NotResource, Condition }) => {
    const conditions = Object.keys(Condition ?? {}).length === 0 ? undefined : Condition
    const isEverywhere = Resource?.includes('*') === true
    return {
      effect: Effect,
      // Several stars mean the same as one, and would slow down matching.
      actions: (Action ?? NotAction ?? []).map((one) => one.toLowerCase().replace(/\*+/g, '*')),
      isInverted: NotAction !== undefined,
      resources: withVersion(Version, isEverywhere ? '*' : renderList(Resource, NotResource)),
      condition: withVersion(Version, conditions === undefined ? '' : JSON.stringify(sortFields(conditions))),
      onlyOn: isEverywhere ? ['*'] : Resource?.map((one) => withVersion(Version, one)),
      isUnlimited: isEverywhere && conditions === undefined,
    }
  })
}

function renderList(only: readonly string[] | undefined, but: readonly string[] | undefined): string {
  return JSON.stringify(only === undefined ? { but: [...new Set(but)].sort() } : [...new Set(only)].sort())
}

/** `${…}` is a variable only from version 2012-10-17 on. (IAM User Guide, "IAM JSON policy elements: Version".) */
function withVersion(version: string, text: string): string {
  return text.includes('${') ? `${version} ${text}` : text
}
