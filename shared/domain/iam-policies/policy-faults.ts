import { describeJson, findForeignCharacter, isJsonObject, unknownFields } from '../json/json-faults.ts'
import { renderJsonPath } from '../json/json-path.ts'
import type { JsonObject, JsonValue } from '../json/strict-json.ts'
import { type JsonFault, type JsonPath, quote } from '../statuses/complaint.ts'
import { judgeConditions } from './condition-faults.ts'
import { findPlaceholder, isFunction, judgePlaceholder, remedyOf, type ValueFault } from './policy-variables.ts'
import { judgeResource } from './resource-faults.ts'

const documentFields = ['Version', 'Id', 'Statement']
const statementFields = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']

/**
 * The faults that AWS refuses in an identity-based policy, as MalformedPolicyDocumentException or, for a permission set, as
 * ValidationException. Does not check whether services, actions and condition keys exist: AWS accepts unknown ones. (IAM User Guide,
 * "Grammar of the IAM JSON policy language"; "IAM policy validation check reference", the errors.)
 */
export function policyFaults(document: JsonObject, path: JsonPath): readonly JsonFault[] {
  const { Version, Id, Statement } = document
  const { faults, has } = judgeFields(document, documentFields, path)
  return [
    ...faults,
    // IAM User Guide, "IAM JSON policy elements: Version".
    ...judgeValue(Version, [...path, 'Version'], (version) =>
      version === '2012-10-17' || version === '2008-10-17' ? undefined : refuse(version, aVersion),
    ),
    ...judgeValue(Id, [...path, 'Id'], (id) => (typeof id === 'string' ? undefined : refuse(id, anId))),
    ...(has('Statement')
      ? judgeStatements(Statement, [...path, 'Statement'])
      : [{ path, received: 'a policy without Statement', ...aStatement }]),
  ]
}

type Rule = Pick<JsonFault, 'expected' | 'remedy'>
const refuse = (value: JsonValue, { expected, remedy }: Rule): ValueFault => ({
  received: describeJson(value),
  expected,
  remedy: remedyOf(value, remedy),
})
const anId = { expected: 'a text', remedy: 'delete Id, which a permission set has no use for' }
const aVersion = {
  expected: '"2012-10-17", the policy language, whatever the date is',
  remedy: 'write "Version": "2012-10-17"',
}
const aStatement = {
  expected: 'a statement, or a list with at least one',
  remedy: 'write "Statement": [{ "Effect": "Allow", "Action": "…", "Resource": "…" }]',
}

/** `has`: the object has the field, maybe under a wrong name. A wrong name is one fault, not two. */
function judgeFields(object: JsonObject, fields: readonly string[], path: JsonPath) {
  const names = Object.keys(object)
  const unknown = names.filter((name) => !fields.includes(name))
  const { faults, meant } = unknownFields(unknown, object, path, fields)
  return { faults, has: (field: string) => names.includes(field) || meant.includes(field) }
}

function judgeValue(
  value: JsonValue | undefined,
  path: JsonPath,
  judge: (value: JsonValue) => ValueFault | undefined,
): readonly JsonFault[] {
  const fault = value === undefined ? undefined : judge(value)
  return fault === undefined ? [] : [{ path, ...fault }]
}

function judgeStatements(value: JsonValue | undefined, path: JsonPath): readonly JsonFault[] {
  if (value === undefined) return []
  const statements = Array.isArray(value)
    ? value.map((one, index) => ({ one, at: [...path, index] }))
    : [{ one: value, at: path }]
  if (statements.length === 0) return [{ path, received: 'an empty list', ...aStatement }]
  const faults = statements.flatMap(({ one, at }) =>
    isJsonObject(one) && !isFunction(one) ? judgeStatement(one, at) : [{ path: at, ...refuse(one, aStatement) }],
  )
  return [...faults, ...repeatedSids(statements)]
}

function judgeStatement(statement: JsonObject, path: JsonPath): readonly JsonFault[] {
  const { faults, has } = judgeFields(statement, statementFields, path)
  const { Sid, Effect, Condition } = statement
  return [
    ...faults,
    ...judgeValue(Sid, [...path, 'Sid'], judgeSid),
    ...(has('Effect') ? [] : [{ path, received: 'a statement without Effect', ...anEffect }]),
    ...judgeValue(Effect, [...path, 'Effect'], judgeEffect),
    ...judgePair(statement, has, path, actions),
    ...judgePair(statement, has, path, resources),
    ...(Condition === undefined ? [] : judgeConditions(Condition, [...path, 'Condition'])),
  ]
}

const anEffect = {
  expected: '"Allow" or "Deny", in exactly these letters',
  remedy: 'add "Effect": "Allow" or "Effect": "Deny"',
}

function judgeEffect(effect: JsonValue): ValueFault | undefined {
  if (effect === 'Allow' || effect === 'Deny') return undefined
  const meant = typeof effect === 'string' && effect.trim().toLowerCase() === 'deny' ? '"Deny"' : '"Allow"'
  return refuse(effect, { ...anEffect, remedy: `write ${meant}, or delete the statement` })
}

/** "In IAM, the Sid value must be unique within a JSON policy." (IAM User Guide, "IAM JSON policy elements: Sid".) */
function judgeSid(sid: JsonValue): ValueFault | undefined {
  if (typeof sid === 'string' && /^[A-Za-z0-9]*$/.test(sid)) return undefined
  const plain = typeof sid === 'string' ? sid.replace(/[^A-Za-z0-9]/g, '') : ''
  const remedy = plain === '' ? 'leave Sid out' : `write '${quote(plain, 60)}', or leave Sid out`
  return refuse(sid, { expected: 'letters and digits only: A-Z, a-z, 0-9', remedy })
}

/** Any number of statements may have an empty Sid, as Terraform writes them. */
function repeatedSids(statements: readonly { readonly one: JsonValue; readonly at: JsonPath }[]): readonly JsonFault[] {
  const named = statements.flatMap(({ one, at }) =>
    isJsonObject(one) && typeof one.Sid === 'string' && one.Sid !== '' ? [{ sid: one.Sid, at }] : [],
  )
  return [...Map.groupBy(named, ({ sid }) => sid).values()].flatMap(([first, ...others]) =>
    others.map(({ sid, at }) => ({
      path: [...at, 'Sid'],
      received: `the Sid ${describeJson(sid)} for the second time`,
      expected: `each Sid only once (${renderJsonPath(first?.at ?? [])} has it too)`,
      remedy: 'write another Sid, or leave it out',
    })),
  )
}

/** A statement has exactly one of these two elements. */
type Pair = {
  readonly one: 'Action' | 'Resource'
  readonly other: 'NotAction' | 'NotResource'
  readonly expected: string
  readonly remedy: string
  readonly judge: (text: string) => ValueFault | undefined
}

const actions: Pair = {
  one: 'Action',
  other: 'NotAction',
  expected: 'an action such as s3:GetObject, a list of actions, or "*"',
  remedy: 'write the actions as service:Name',
  judge: judgeAction,
}
const resources: Pair = {
  one: 'Resource',
  other: 'NotResource',
  expected: 'an ARN, a list of ARNs, or "*"',
  remedy: 'write the ARN, or "*" for every resource',
  judge: judgeResource,
}

/** IAM User Guide, "IAM JSON policy elements: NotAction", "NotResource"; "Unsupported element combination". */
function judgePair(
  statement: JsonObject,
  has: (field: string) => boolean,
  path: JsonPath,
  pair: Pair,
): readonly JsonFault[] {
  const { one, other } = pair
  const values = [one, other].flatMap((field) => judgeTexts(statement[field], [...path, field], pair))
  const expected = `either ${one} or ${other}`
  if (has(one) && has(other)) {
    const received = `a statement with both ${one} and ${other}`
    return [{ path: [...path, other], received, expected, remedy: `delete one, or make two statements` }, ...values]
  }
  if (has(one) || has(other)) return values
  return [
    { path, received: `a statement without ${one}`, expected, remedy: `add "${one}": "…", or delete the statement` },
  ]
}

/** One text, or a list with at least one. */
function judgeTexts(value: JsonValue | undefined, path: JsonPath, pair: Pair): readonly JsonFault[] {
  if (!Array.isArray(value)) return judgeValue(value, path, (one) => judgeText(one, pair))
  const remedy = `${pair.remedy}, or delete the statement`
  if (value.length === 0) return [{ path, ...refuse(value, { ...pair, remedy }) }]
  return value.flatMap((item, index) => judgeValue(item, [...path, index], (one) => judgeText(one, pair)))
}

function judgeText(value: JsonValue, pair: Pair): ValueFault | undefined {
  if (typeof value !== 'string') return refuse(value, pair)
  const placeholder = findPlaceholder(value)
  return placeholder === undefined ? pair.judge(value) : judgePlaceholder(value, placeholder)
}

/**
 * | an action                  | verdict                                                                        |
 * | -------------------------- | ------------------------------------------------------------------------------ |
 * | `*`, `*:*`, `*:Get*`       | accepted                                                                       |
 * | `s3:nonsense`              | accepted, as by AWS                                                            |
 * | white space, other letters | refused: guardrails and the brake would read another action than AWS           |
 * | no colon, two colons       | refused                                                                        |
 * | `s3*:Get`, `a_b:Get`       | refused: a service has letters, digits, `-` and `.`                            |
 * | `s3:`                      | refused: it names no action                                                    |
 *
 * (IAM User Guide, "IAM JSON policy elements: Action".)
 */
function judgeAction(action: string): ValueFault | undefined {
  if (action === '*') return undefined
  const foreign = findForeignCharacter(action, /[\x21-\x7e]/)
  if (foreign !== undefined)
    return {
      received: `${describeJson(action)} with ${foreign.told}`,
      expected: 'an action without white space and in plain letters, such as s3:GetObject',
      remedy: `write '${quote(action.replace(/[^\x21-\x7e]/g, ''), 60)}'`,
    }
  const instead = (remedy: string, expected = actions.expected) => refuse(action, { expected, remedy })
  if (action.startsWith('arn:')) return instead('move the ARN to Resource')
  const [service = '', name, ...more] = action.split(':')
  if (more.length > 0) return instead(remedyOfColons(action), 'one colon, between service and name')
  if (name === undefined) return instead(`put the service before it, such as s3:${quote(action, 60)}`)
  if (service !== '*' && !/^[A-Za-z0-9.-]+$/.test(service))
    return instead('write the service, such as s3', 'a whole service before the colon, or * alone')
  return name === '' ? instead(`write '${quote(action, 60)}*' for all of its actions`) : undefined
}

function remedyOfColons(action: string): string {
  const single = action.replace(/:+/g, ':')
  return /^[^:]*:[^:,;]*$/.test(single) ? `write '${quote(single, 60)}'` : 'write one action a text, in a list'
}
