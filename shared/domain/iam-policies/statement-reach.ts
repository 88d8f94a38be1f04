import { overlap } from '../text/glob.ts'
import {
  type Conditions,
  type ContextValues,
  type EvaluatedStatement,
  fulfills,
  matchesPattern,
  type PolicyRequest,
  valuesOf,
} from './evaluate-policy.ts'

/**
 * Requests of one kind: `action` and `resource` are patterns, and a key that `context` lacks may have any value. A key that is there with
 * `undefined` has none.
 */
export type RequestKind = PolicyRequest

/**
 * Whether a statement may apply to some request of this kind that the statements `taken`, without conditions, do not deny anyway. The answer
 * has the condition keys on which that depends, because nobody knows their values. `undefined`: it applies to none. Throws for a condition
 * operator that this code does not know.
 */
export function reachOf(
  statement: EvaluatedStatement,
  kind: RequestKind,
  taken: readonly EvaluatedStatement[] = [],
): readonly string[] | undefined {
  const values = valuesOf(kind)
  const [actions, resources] = [actionsOf(statement), resourcesOf(statement)]
  const isTaken = (action: string, resource: string) =>
    taken.some(
      (one) =>
        namesAll(actionsOf(one), action, values, actions.except) &&
        namesAll(resourcesOf(one), resource, values, resources.except),
    )
  const isFree = partsOf(actions, kind.action.toLowerCase(), values).some((action) =>
    partsOf(resources, kind.resource, values).some((resource) => !isTaken(action, resource)),
  )
  if (!isFree) return undefined
  const { known, unknownKeys } = splitConditions(statement, values)
  return fulfills(known, values) ? unknownKeys : undefined
}

/** Whether a statement applies to every request of this kind, whatever the unknown values are. Throws as `reachOf` does. */
export function appliesToAll(statement: EvaluatedStatement, kind: RequestKind): boolean {
  const values = valuesOf(kind)
  const { known, unknownKeys } = splitConditions(statement, values)
  return (
    namesAll(actionsOf(statement), kind.action.toLowerCase(), values) &&
    namesAll(resourcesOf(statement), kind.resource, values) &&
    unknownKeys.length === 0 &&
    fulfills(known, values)
  )
}

/** The patterns that an element of a statement names: those of `only`, or all texts but those of `except`. */
type Named = { readonly only: readonly string[] | undefined; readonly except: readonly string[] }

function actionsOf({ Action, NotAction = [] }: EvaluatedStatement): Named {
  // Actions have no case. (IAM User Guide, "IAM JSON policy elements: Action".)
  const small = (patterns: string | readonly string[]) => [patterns].flat().map((one) => one.toLowerCase())
  return { only: Action === undefined ? undefined : small(Action), except: small(NotAction) }
}

function resourcesOf({ Resource, NotResource = [] }: EvaluatedStatement): Named {
  return { only: Resource === undefined ? undefined : [Resource].flat(), except: [NotResource].flat() }
}

/** The parts of a pattern that are named, each as a pattern. If two patterns cross, the part is as wide as the given one. */
function partsOf({ only, except }: Named, pattern: string, values: ContextValues): readonly string[] {
  if (only === undefined) return except.some((one) => covers(one, pattern, values)) ? [] : [pattern]
  return only
    .map((one) => fillWidely(one, values))
    .filter((one) => overlap(one, pattern))
    .map((one) => (covers(pattern, one, values) ? one : pattern))
}

/** Whether every text of a pattern is named, apart from the texts of `without`. */
function namesAll(
  { only, except }: Named,
  pattern: string,
  values: ContextValues,
  without: readonly string[] = [],
): boolean {
  if (only !== undefined) return only.some((one) => covers(one, pattern, values))
  return except.every(
    (one) => !overlap(fillWidely(one, values), pattern) || without.some((other) => covers(other, one, values)),
  )
}

/** A character that no name has. So many of them match only a `*`. */
const otherCharacter = '\u0001'

/** Whether one pattern matches every text of the other. */
function covers(wide: string, narrow: string, values: ContextValues): boolean {
  const text = narrow.replaceAll('?', otherCharacter).replaceAll('*', otherCharacter.repeat(wide.length + 1))
  return matchesPattern(wide, text, values)
}

/** A variable without a known value stands for any text. */
function fillWidely(pattern: string, values: ContextValues): string {
  return pattern.replace(/\$\{([^}]*)\}/g, (_, key: string) => values.get(key.toLowerCase()) ?? '*')
}

function splitConditions(
  { Condition = {} }: EvaluatedStatement,
  values: ContextValues,
): { readonly known: Conditions; readonly unknownKeys: readonly string[] } {
  const isKnown = (key: string) => values.has(key.toLowerCase())
  const known = Object.entries(Condition).map(([operator, keys]) => [
    operator,
    Object.fromEntries(Object.entries(keys).filter(([key]) => isKnown(key))),
  ])
  const keys = Object.values(Condition).flatMap((one) => Object.keys(one))
  return { known: Object.fromEntries(known), unknownKeys: [...new Set(keys.filter((key) => !isKnown(key)))] }
}
