import * as z from 'zod'
import type { JsonRules } from '../json/json-faults.ts'

const isJoint = (field: string) => field === 'allOf' || field === 'anyOf'
export const listMost = 4_000
const list = <T extends z.ZodType>(item: T) => z.array(item).max(listMost)
const joints = <T extends z.ZodType>(condition: T) => ({
  // "All of nothing" would be everything.
  allOf: list(condition).min(1).optional(),
  anyOf: list(condition).optional(),
  except: list(condition).optional(),
})

/**
 * The fields of a file that says what is meant: `tests`, each a list of which one item has to hold, and allOf, anyOf and except of
 * objects of the same. `saysWhat`: without one of these an object means nothing that anybody has said: `except` only takes away.
 */
export function jointConditions<Tests extends z.ZodRawShape>(tests: Tests) {
  const saysWhat = (said: object) => Object.keys(said).some((field) => field in tests || isJoint(field))
  // Named, so that a JSON schema says each once.
  const innermost = z.strictObject(tests).refine(saysWhat).meta({ id: 'innermostCondition' })
  const inner = z
    .strictObject({ ...tests, ...joints(innermost) })
    .refine(saysWhat)
    .meta({ id: 'innerCondition' })
  return { fields: { ...tests, ...joints(inner) }, saysWhat }
}

/** One object of such a file, without the levels below it. */
export type Joint<Said> = Omit<Said, 'allOf' | 'anyOf' | 'except'> & {
  readonly [joint in 'allOf' | 'anyOf' | 'except']?: readonly Joint<Said>[] | undefined
}

type Joints<Condition> = { readonly [joint in 'allOf' | 'anyOf' | 'except']?: readonly Condition[] | undefined }

/** This object and all below it. */
export function listJoint<Condition extends Joints<Condition>>(condition: Condition): readonly Condition[] {
  const { allOf = [], anyOf = [], except = [] } = condition
  return [condition, ...[...allOf, ...anyOf, ...except].flatMap((one) => listJoint(one))]
}

/** The levels below, each as `convert` makes it. */
export function convertJoints<From extends Joints<From>, To>(
  { allOf, anyOf, except }: From,
  convert: (one: From) => To,
): Joints<To> {
  return { allOf: allOf?.map(convert), anyOf: anyOf?.map(convert), except: except?.map(convert) }
}

type Part = (() => boolean | undefined) | undefined

/**
 * Whether a condition holds. `undefined`: the answer depends on an unreadable fact. `parts`: the tests of the object itself.
 *
 * | of several parts      | holds                        | does not hold       | else nobody knows |
 * | --------------------- | ---------------------------- | ------------------- | ----------------- |
 * | an object, `allOf`    | each does                    | one does not        | yes               |
 * | `anyOf`               | one does                     | none does           | yes               |
 * | `except`              | none does                    | one does            | yes               |
 */
export function holdsJointly<Condition extends Joints<Condition>>(
  { allOf, anyOf, except }: Condition,
  parts: readonly Part[],
  holds: (one: Condition) => boolean | undefined,
): boolean | undefined {
  return all([
    ...parts,
    ...(allOf ?? []).map((one) => () => holds(one)),
    anyOf && (() => not(all(anyOf.map((one) => () => not(holds(one)))))),
    ...(except ?? []).map((one) => () => not(holds(one))),
  ])
}

function all(parts: readonly Part[]): boolean | undefined {
  let isKnown = true
  for (const part of parts) {
    if (part === undefined) continue
    const holds = part()
    if (holds === false) return false
    if (holds === undefined) isKnown = false
  }
  return isKnown ? true : undefined
}

function not(holds: boolean | undefined): boolean | undefined {
  return holds === undefined ? undefined : !holds
}

// No field has to be there, so nothing is ever to be added.
export const jointRule = (expected: string) => ({ expected, remedy: () => 'correct it, or leave it out' })

/** What to say about an object, the fields that `rulesOfTests` tells, and those in its lists, so many levels deep. */
export function rulesOfJoints(
  shape: string,
  levels: number,
  { atLeastOne, rulesOfTests }: { readonly atLeastOne: string; readonly rulesOfTests: (shape: string) => JsonRules },
): JsonRules {
  const lists = levels > 0 ? ['allOf', 'anyOf', 'except'].map((name) => `${shape}.${name}`) : []
  return {
    [shape]: jointRule(atLeastOne),
    ...rulesOfTests(shape),
    ...Object.fromEntries(
      lists.flatMap((list) => [
        [list, jointRule(`a list of at most 4,000 objects${list.endsWith('allOf') ? ', and one at least' : ''}`)],
        ...Object.entries(rulesOfJoints(`${list}.[]`, levels - 1, { atLeastOne, rulesOfTests })),
      ]),
    ),
  }
}
