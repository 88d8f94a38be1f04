import * as z from 'zod'
import { parseLooseJson, sortFields } from '../json/loose-json.ts'
import { oneOrMore } from './allows-everything.ts'

/** One statement of an identity-based policy, as far as it says which actions it is about. */
export type PolicyStatement = {
  readonly effect: 'Allow' | 'Deny'
  /** In small letters: IAM does not tell the case of actions. (IAM User Guide, "IAM JSON policy elements: Action".) */
  readonly actions: readonly string[]
  /** `true`: every action but these (NotAction). */
  readonly isInverted: boolean
  /** What it is limited to: two statements with the same text limit the same. */
  readonly resources: string
  readonly condition: string
  /** The resources that it is limited to, `*` for all. `undefined`: all but some (NotResource), or none are named. */
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

/** The statements of a policy document. `undefined`: it has something that is not understood here, and anything may be meant. */
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
      // Several stars mean one, and would take long to match.
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

/** Only from version 2012-10-17 on `${…}` is a variable. (IAM User Guide, "IAM JSON policy elements: Version".) */
function withVersion(version: string, text: string): string {
  return text.includes('${') ? `${version} ${text}` : text
}
