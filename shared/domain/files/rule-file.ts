import * as z from 'zod'
import { type JsonRules, optional } from '../json/json-faults.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import type { PrincipalName } from '../principals/principal.ts'
import { type AttributeName, attributeNames, type UserAttributes } from '../principals/user-attributes.ts'
import {
  convertJoints,
  holdsJointly,
  type Joint,
  jointConditions,
  listJoint,
  listMost,
  rulesOfJoints,
} from '../scopes/joint-conditions.ts'
import { type Parsed, parsed, refused } from '../statuses/complaint.ts'
import { matchesGlob } from '../text/glob.ts'
import { ownerText } from '../text/owner.ts'
import { groupRules, parseGroupNameIn } from './group-file.ts'

export const rulePrefix = 'rules/'
export const ruleMostBytes = 64 * 1024
/** More than any directory has groups. */
export const rulesMost = 10_000
/**
 * The most characters of all values with `*` or `?` in a file together. Comparing 50,000 people then takes seconds. Selectors have the same
 * limit.
 */
const globsMost = 500
const graceDaysMost = 365

/** A test holds if the attribute equals one of the values, or matches one with `*` and `?`. */
const values = z.array(z.string().min(1).max(1024)).max(listMost).optional().meta({ id: 'values' })
const tests = {
  userType: values,
  title: values,
  nickName: values,
  preferredLanguage: values,
  locale: values,
  timezone: values,
  employeeNumber: values,
  costCenter: values,
  organization: values,
  division: values,
  department: values,
  manager: values,
} satisfies Record<AttributeName, typeof values>
const conditions = jointConditions(tests)

/** One file under `rules/`: the people in the group of its name, chosen by their attributes in the directory. */
export const ruleFileSchema = z
  .strictObject({
    /** Editors use it. */
    $schema: z.string().optional(),
    owner: ownerText.optional(),
    reason: z.string().min(1).max(700).optional(),
    /** How many days a person stays in the group after the rule stops matching. */
    moverGraceDays: z.int().min(0).max(graceDaysMost).default(0),
    ...conditions.fields,
  })
  .refine(conditions.saysWhat)
type Said = Joint<Pick<z.infer<typeof ruleFileSchema>, AttributeName>>

type AttributeTest = {
  readonly name: AttributeName
  /** As written. */
  readonly values: readonly string[]
  readonly exact: ReadonlySet<string>
  readonly globs: readonly ((value: string) => boolean)[]
}
/** Every test must hold, and nothing in `except` may hold. */
export type RuleCondition = {
  readonly tests: readonly AttributeTest[]
  readonly allOf?: readonly RuleCondition[] | undefined
  readonly anyOf?: readonly RuleCondition[] | undefined
  readonly except?: readonly RuleCondition[] | undefined
}
export type Rule = {
  readonly condition: RuleCondition
  readonly owner?: string | undefined
  /** The reason for the memberships. A policy may require one. */
  readonly reason?: string | undefined
  readonly moverGraceDays: number
}

export function ruleKey(group: PrincipalName): string {
  return ruleKeyOf(group)
}

/** The key of a group's rule, for a name from a record. */
export function ruleKeyOf(group: string): string {
  return `${rulePrefix}${group}.json`
}

/** The group name in a key under `rules/`, spelled as under `groups/`. */
export function parseRuleKey(key: string): Parsed<PrincipalName> {
  return parseGroupNameIn(rulePrefix, key)
}

export function parseRuleFile(key: string, body: Uint8Array, sizeBytes = body.length): Parsed<Rule> {
  const limit = { mostBytes: ruleMostBytes, remedy: 'name fewer values, or use * in them' }
  const read = parseJsonFile({ key, body, sizeBytes }, limit, ruleFileSchema, ruleRules)
  if (!read.ok) return read
  const { $schema: _, owner, reason, moverGraceDays, ...said } = read.value
  const globs = listJoint<Said>(said).flatMap((one) =>
    attributeNames.flatMap((name) => (one[name] ?? []).filter(isGlob)),
  )
  const characters = globs.join('').length
  if (characters > globsMost)
    return refused({
      object: key,
      received: `values with * or ? of ${characters} characters in all`,
      expected: `at most ${globsMost}`,
      remedy: 'use fewer of them, or exact values',
    })
  return parsed({ condition: toCondition(said), owner, reason, moverGraceDays })
}

const isGlob = (value: string) => /[*?]/.test(value)

function toCondition(said: Said): RuleCondition {
  const asked = attributeNames.flatMap((name) => {
    const wanted = said[name]
    if (wanted === undefined) return []
    const exact = new Set(wanted.filter((value) => !isGlob(value)))
    return [{ name, values: wanted, exact, globs: wanted.filter(isGlob).map(matchesGlob) }]
  })
  return { tests: asked, ...convertJoints(said, toCondition) }
}

function fits({ exact, globs }: Pick<AttributeTest, 'exact' | 'globs'>, value: string): boolean {
  return exact.has(value) || globs.some((one) => one(value))
}

/** Whether a rule matches a user. An absent attribute matches no value. `undefined`: the answer depends on an unreadable attribute. */
export function matchesRule(condition: RuleCondition, attributes: UserAttributes): boolean | undefined {
  const parts = condition.tests.map((asked) => () => {
    const value = attributes[asked.name]
    if (value === undefined) return false
    return value === null ? undefined : fits(asked, value)
  })
  return holdsJointly(condition, parts, (one) => matchesRule(one, attributes))
}

/** A value of a rule, and one of the directory that differs from it only in capitals, so that the rule does not match it. */
export type OtherCapitals = { readonly name: AttributeName; readonly value: string; readonly found: string }

/** Values of an attribute in the directory, by their form in small letters. */
export type Spellings = ReadonlyMap<string, readonly string[]>

export function findOtherCapitals(
  condition: RuleCondition,
  spellingsOf: (name: AttributeName) => Spellings,
): readonly OtherCapitals[] {
  return listJoint(condition).flatMap(({ tests: all }) =>
    all.flatMap((asked) => {
      const { name, values: written } = asked
      const spellings = spellingsOf(name)
      return written.flatMap((value) =>
        listSpelled(value.toLowerCase(), spellings)
          .filter((found) => !fits(asked, found))
          .map((found) => ({ name, value, found })),
      )
    }),
  )
}

function listSpelled(small: string, spellings: Spellings): readonly string[] {
  if (!isGlob(small)) return spellings.get(small) ?? []
  const matches = matchesGlob(small)
  return [...spellings].flatMap(([spelled, found]) => (matches(spelled) ? found : []))
}

export function attributesOf(condition: RuleCondition): readonly AttributeName[] {
  const named = new Set(listJoint(condition).flatMap(({ tests }) => tests.map(({ name }) => name)))
  return attributeNames.filter((name) => named.has(name))
}

/** An attribute with exact values: everybody who matches has one of them. `undefined`: there is no such attribute. */
export function findNeeded({ tests, allOf = [] }: RuleCondition): Pick<AttributeTest, 'name' | 'exact'> | undefined {
  return tests.find(({ globs }) => globs.length === 0) ?? allOf.flatMap((one) => findNeeded(one) ?? [])[0]
}

const rulesOfTests = (shape: string): JsonRules =>
  Object.fromEntries(
    attributeNames.flatMap((name) => [
      [`${shape}.${name}`, optional(`a list of at most ${listMost.toLocaleString('en')} values`)],
      [
        `${shape}.${name}.[]`,
        optional('a value of 1 to 1024 characters, in which * stands for any characters and ? for one'),
      ],
    ]),
  )

/** The message for each field that breaks a rule. */
export const ruleRules: JsonRules = {
  ...rulesOfJoints('$', 2, {
    atLeastOne: `an object with at least one of ${attributeNames.join(', ')}, allOf and anyOf`,
    rulesOfTests,
  }),
  '$.$schema': optional('the path of the schema'),
  '$.owner': groupRules['$.owner'] ?? optional('a text'),
  '$.reason': optional('a text of 1 to 700 characters'),
  '$.moverGraceDays': optional(`a whole number of days, 0 to ${graceDaysMost}`),
}
