import type * as z from 'zod'
import { type Complaint, type JsonFault, type JsonPath, quote } from '../statuses/complaint.ts'
import { nearMatch } from '../text/near-match.ts'
import { renderJsonPath } from './json-path.ts'
import { meantValue, type Wanted } from './meant-value.ts'
import type { JsonObject, JsonValue } from './strict-json.ts'

/** The message for a value that a schema refuses. */
export type JsonRule = {
  readonly expected: string
  /** The remedy for the received value. `undefined`: the value is missing. */
  readonly remedy: (value: JsonValue | undefined) => string
  /** The permitted characters, tested one at a time. */
  readonly alphabet?: RegExp
  /** The kind of value, if a type of JSON does not say it. */
  readonly wanted?: Wanted
}

/** A rule with the same remedy for every value. */
export const rule = (expected: string, remedy: string): JsonRule => ({ expected, remedy: () => remedy })

/** The rule of a field. Its remedy is an example: `write a number such as 14`. */
export const exampleRule = (expected: string, example: string): JsonRule => rule(expected, `write ${example}`)

/** The rule of an optional field. Its remedy never says "add it". */
export const optional = (expected: string): JsonRule => rule(expected, 'correct it, or leave it out')

/** The rule of a field that must exist. */
export const required = (expected: string, example?: string): JsonRule => ({
  expected,
  remedy: (value) => {
    if (example === undefined) return value === undefined ? 'add it' : 'correct it'
    return value === undefined ? `add it, such as ${example}` : `write it as in ${example}`
  },
})

/**
 * Rules by shape: the path with `[]` for any position, such as `$.tags.[].Key`. `$` is the whole document. An object may have only the
 * fields that have a rule.
 */
export type JsonRules = { readonly [shape: string]: JsonRule }

/** Further faults are only counted. */
const faultsTold = 5
/** The most faults that a complaint lists one by one. */
const faultsListed = 100

/**
 * One complaint with all faults: `received A at $.a, expected B; received C at $.c, expected D`. Its text has the first five and counts the
 * others.
 */
export function complainAboutJson(object: string, faults: readonly JsonFault[]): Complaint {
  const told = faults.slice(0, faultsTold)
  const others = faults.length - told.length
  const last = told.at(-1)
  const before = told.slice(0, -1).map((fault) => `${describeReceived(fault)}, expected ${fault.expected}; received `)
  return {
    object,
    received: `${before.join('')}${last === undefined ? '' : describeReceived(last)}`,
    expected: `${last?.expected ?? ''}${others > 0 ? `; and ${others} more` : ''}`,
    remedy: `${[...new Set(told.map(({ remedy }) => remedy))].join('; ')}; then upload the file again`,
    faults: faults.slice(0, faultsListed),
  }
}

function describeReceived({ received, path }: JsonFault): string {
  return `${received} at ${renderJsonPath(path)}`
}

/** The issues of a zod schema in the words of the rules: one fault per unknown field and one per value. */
export function faultsOfIssues(
  issues: readonly z.core.$ZodIssue[],
  document: JsonValue,
  rules: JsonRules,
): readonly JsonFault[] {
  const told = new Set<string>()
  const renamed = new Set<string>()
  const unknown = issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return []
    const { path, keys } = issue
    const { faults, meant } = unknownFields(keys, valueAt(document, path), path, fieldsOf(shapeOf(path), rules))
    for (const field of meant) renamed.add(JSON.stringify([...path, field]))
    return faults
  })
  const wrong = issues.flatMap((issue) => {
    const { path, code } = issue
    const value = valueAt(document, path)
    const place = JSON.stringify(path)
    // If a missing field exists under a wrong name, that is one fault, not two.
    if (code === 'unrecognized_keys' || told.has(place) || (value === undefined && renamed.has(place))) return []
    told.add(place)
    const rule = rules[shapeOf(path)]
    if (rule === undefined)
      return [
        {
          path,
          received: describeJson(value),
          expected: issue.message,
          remedy: value === undefined ? 'add it' : 'correct it',
        },
      ]
    const isText = typeof value === 'string' && rule.alphabet !== undefined
    const foreign = isText ? findForeignCharacter(value, rule.alphabet) : undefined
    const received = describeJson(value) + (foreign ? ` with ${foreign.told}` : '')
    const meant = value === undefined ? undefined : meantValue(rule.wanted ?? wantedBy(issue), value)
    const remedy = meant === undefined ? remedyOf(rule, value) : `write ${meant}`
    return [{ path, received, expected: rule.expected, remedy }]
  })
  return [...unknown, ...wrong]
}

function wantedBy(issue: z.core.$ZodIssue): Wanted | undefined {
  if (issue.code !== 'invalid_type') return undefined
  const kinds: Readonly<Record<string, Wanted>> = {
    array: 'a list',
    number: 'a number',
    int: 'a number',
    boolean: 'true or false',
  }
  return kinds[issue.expected]
}

/** Most remedies are about an existing value. */
function remedyOf({ remedy }: JsonRule, value: JsonValue | undefined): string {
  const told = remedy(value)
  if (value !== undefined || told.startsWith('add ')) return told
  return told.startsWith('write ') ? told.replace('write', 'add') : 'add it'
}

function shapeOf(path: JsonPath): string {
  return ['$', ...path.map((step) => (typeof step === 'number' ? '[]' : String(step)))].join('.')
}

/** The fields of the objects of this shape, in the order of their rules. */
export function fieldsOf(shape: string, rules: JsonRules): readonly string[] {
  const below = Object.keys(rules).filter((other) => other.startsWith(`${shape}.`))
  const fields = below.map((other) => other.slice(shape.length + 1))
  return fields.filter((field) => field !== '[]' && !field.includes('.'))
}

/** A fault for each of these names, which are not among `fields`. `meant`: the fields that have a wrong name. */
export function unknownFields(
  names: readonly string[],
  object: JsonValue | undefined,
  path: JsonPath,
  fields: readonly string[],
): { readonly faults: readonly JsonFault[]; readonly meant: readonly string[] } {
  const named = names.map((name) => ({ name, meant: meantField(name, object, fields) }))
  return {
    faults: named.map(({ name, meant }) => unknownField(name, path, fields, meant)),
    meant: named.flatMap(({ meant }) => meant ?? []),
  }
}

/** Names of the same things in other systems, in small letters: SCIM, HR systems, IAM and Terraform. */
const otherNames: Readonly<Record<string, string>> = {
  firstname: 'givenName',
  forename: 'givenName',
  lastname: 'familyName',
  surname: 'familyName',
  mail: 'email',
  emails: 'email',
  emailaddress: 'email',
  jobtitle: 'title',
  fullname: 'displayName',
  startdate: 'startsAt',
  enddate: 'endsAt',
  managedpolicies: 'managedPoliciesArnList',
  managedpolicyarns: 'managedPoliciesArnList',
  managedpolicyarnlist: 'managedPoliciesArnList',
  customermanagedpolicies: 'customerManagedPoliciesList',
  customermanagedpolicyreferences: 'customerManagedPoliciesList',
}

function meantField(name: string, object: JsonValue | undefined, fields: readonly string[]): string | undefined {
  const other = otherNames[name.toLowerCase().replace(/[^a-z]/g, '')]
  if (other !== undefined && fields.includes(other) && !(isJsonObject(object) && Object.hasOwn(object, other)))
    return other
  const missing = fields.filter((field) => !isJsonObject(object) || !Object.hasOwn(object, field))
  return nearMatch(name, missing) ?? missing.find((field) => contains(field, name) || isVariant(field, name))
}

/** Whether `name` has the singular for a plural, or the initials of `field`, such as `ous`. */
function isVariant(field: string, name: string): boolean {
  if (name.length > 100) return false
  const initials = field.replace(/(?<=.)[^A-Z]/g, '').toLowerCase()
  const plain = singular(name)
  return (plain.length > 1 && plain === initials) || nearMatch(plain, [singular(field)]) !== undefined
}

function singular(text: string): string {
  const words = text.replace(/ies(?=[A-Z]|$)/g, 'y').replace(/s(?=[A-Z]|$)/g, '')
  return words.toLowerCase()
}

function unknownField(name: string, path: JsonPath, fields: readonly string[], meant: string | undefined): JsonFault {
  return {
    path,
    field: name,
    received: `the unknown field '${quote(name)}'`,
    expected: meant === undefined ? `no fields but ${fields.join(', ')}` : `'${meant}'`,
    remedy: meant === undefined ? `delete the field '${quote(name)}'` : `rename '${quote(name)}' to '${meant}'`,
  }
}

/** Whether one name contains the other, ignoring upper and lower case: `name` and `sessionDuration` are short forms of fields. */
function contains(field: string, name: string): boolean {
  if (name.length < 4 || name.length > 100) return false
  const [known, received] = [field.toLowerCase(), name.toLowerCase()]
  return known.includes(received) || received.includes(known)
}

/** Describes a value in a few words. Cuts a long text and adds its length. */
export function describeJson(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') {
    if (value === '') return "an empty text ('')"
    return value.length > 60 ? `'${quote(value, 60)}' (${value.length} characters)` : `'${quote(value)}'`
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value !== 'object' || value === null) return `${value}`
  const fields = Object.keys(value)
  const names = fields.slice(0, 3).map((name) => `'${quote(name, 40)}'`)
  if (fields.length === 0) return 'an empty object ({})'
  return `an object with ${names.join(', ')}${fields.length > 3 ? ` and ${fields.length - 3} more fields` : ''}`
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The plain character that a word processor replaced by this one; `undefined`: there is none. */
export function plainTwin(character: string): string | undefined {
  return plainTwins.find(([fancy]) => fancy.includes(character))?.[1]
}

const plainTwins: readonly (readonly [string, string])[] = [
  ['\u2010\u2011\u2012\u2013\u2014\u2212', '-'],
  ['\u2018\u2019\u201a\u2032', "'"],
  ['\u201c\u201d\u201e\u2033', '"'],
  ['\u2026', '...'],
  ['\u00a0\u2007\u2009\u202f', ' '],
]

/** Code point in AWS's notation: U+2013. */
export function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** The first character that is not in the alphabet, and where: `'–' (U+2013) as character 3`. */
export function findForeignCharacter(text: string, alphabet: RegExp) {
  const characters = [...text]
  const index = characters.findIndex((character) => !alphabet.test(character))
  const character = characters[index]
  if (character === undefined) return undefined
  return { character, told: `'${quote(character)}' (${codePoint(character)}) as character ${index + 1}` }
}

function valueAt(document: JsonValue, path: JsonPath): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((value, step) => {
    if (typeof step === 'number') return Array.isArray(value) ? value[step] : undefined
    return isJsonObject(value) ? value[String(step)] : undefined
  }, document)
}
