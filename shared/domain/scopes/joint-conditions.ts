import * as z from 'zod'
import { type JsonRules, optional } from '../json/json-faults.ts'

const isJoint = (field: string) => field === 'allOf' || field === 'anyOf'
export const listMost = 4_000
const list = <T extends z.ZodType>(item: T) => z.array(item).max(listMost)
const joints = <T extends z.ZodType>(condition: T) => ({
  // An empty `allOf` would select everything.
  allOf: list(condition).min(1).optional(),
  anyOf: list(condition).optional(),
  except: list(condition).optional(),
})

/**
 * The fields of a file with conditions: `tests`, each a list of which one item must hold, and allOf, anyOf and except, which contain more
 * such objects. `saysWhat`: whether an object has a test, an allOf or an anyOf. Without one it selects nothing that anybody named, because
 * `except` only takes away.
 */
export function jointConditions<Tests extends z.ZodRawShape>(tests: Tests) {
  const saysWhat = (said: object) => Object.keys(said).some((field) => field in tests || isJoint(field))
  // The ids make a JSON schema define each level once.
  const innermost = z.strictObject(tests).refine(saysWhat).meta({ id: 'innermostCondition' })
  const inner = z
    .strictObject({ ...tests, ...joints(innermost) })
    .refine(saysWhat)
    .meta({ id: 'innerCondition' })
  return { fields: { ...tests, ...joints(inner) }, saysWhat }
}

/** One object of such a file, at any level. */
export type Joint<Said> = Omit<Said, 'allOf' | 'anyOf' | 'except'> & {
  readonly [joint in 'allOf' | 'anyOf' | 'except']?: readonly Joint<Said>[] | undefined
}

type Joints<Condition> = { readonly [joint in 'allOf' | 'anyOf' | 'except']?: readonly Condition[] | undefined }

/** This object and all objects below it. */
export function listJoint<Condition extends Joints<Condition>>(condition: Condition): readonly Condition[] {
  const { allOf = [], anyOf = [], except = [] } = condition
  return [condition, ...[...allOf, ...anyOf, ...except].flatMap((one) => listJoint(one))]
}

/** Converts every object of the level below. */
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

/** The rules for an object, for its tests (`rulesOfTests`), and for the objects in its lists, `levels` deep. */
export function rulesOfJoints(
  shape: string,
  levels: number,
  { atLeastOne, rulesOfTests }: { readonly atLeastOne: string; readonly rulesOfTests: (shape: string) => JsonRules },
): JsonRules {
  const lists = levels > 0 ? ['allOf', 'anyOf', 'except'].map((name) => `${shape}.${name}`) : []
  return {
    [shape]: optional(atLeastOne),
    ...rulesOfTests(shape),
    ...Object.fromEntries(
      lists.flatMap((list) => [
        [list, optional(`a list of at most 4,000 objects${list.endsWith('allOf') ? ', and one at least' : ''}`)],
        ...Object.entries(rulesOfJoints(`${list}.[]`, levels - 1, { atLeastOne, rulesOfTests })),
      ]),
    ),
  }
}
