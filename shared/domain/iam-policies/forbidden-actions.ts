import * as z from 'zod'
import { covers, overlap } from '../text/glob.ts'
import { oneOrMore, statementsOf } from './policy-statement.ts'

const statement = z.object({
  Effect: z.literal('Allow'),
  Action: oneOrMore.optional(),
  NotAction: oneOrMore.optional(),
})

/**
 * The forbidden actions that an inline policy allows, each once. Ignores resources, conditions and denials, because a forbidden action must
 * not be allowed anywhere. A statement with `NotAction` allows everything except the actions that it names. Actions have no case. (IAM User
 * Guide, "IAM JSON policy elements: Action" and "NotAction".)
 */
export function forbiddenActionsOf(
  inlinePolicy: string | undefined,
  forbidden: readonly string[],
): readonly { readonly allowed: string; readonly forbidden: string }[] {
  if (inlinePolicy === undefined || forbidden.length === 0) return []
  const allowing = statementsOf(inlinePolicy).flatMap((one) => {
    const { data } = statement.safeParse(one)
    return data ? [data] : []
  })
  const actions = [...new Set(allowing.flatMap(({ Action = [] }) => Action))]
  const exceptions = allowing.flatMap(({ NotAction }) => (NotAction === undefined ? [] : [NotAction]))
  return forbidden.flatMap((one) => {
    const action = actions.find((allowed) => overlap(allowed.toLowerCase(), one.toLowerCase()))
    if (action !== undefined) return [{ allowed: action, forbidden: one }]
    const open = exceptions.find((named) => !named.some((name) => covers(name.toLowerCase(), one.toLowerCase())))
    return open === undefined ? [] : [{ allowed: 'all but what NotAction names', forbidden: one }]
  })
}
