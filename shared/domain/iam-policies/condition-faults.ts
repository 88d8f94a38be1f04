import { describeJson, isJsonObject } from '../json/json-faults.ts'
import type { JsonObject, JsonValue } from '../json/strict-json.ts'
import { type JsonFault, type JsonPath, quote } from '../statuses/complaint.ts'
import { nearMatcher } from '../text/near-match.ts'
import { breachOfForm } from './condition-values.ts'
import { findPlaceholder, judgePlaceholder, remedyOf } from './policy-variables.ts'

/** IAM User Guide, "IAM JSON policy elements: Condition operators". */
const operators = [
  ...['Equals', 'NotEquals', 'EqualsIgnoreCase', 'NotEqualsIgnoreCase', 'Like', 'NotLike'].map((one) => `String${one}`),
  ...['Numeric', 'Date'].flatMap((type) =>
    ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map(
      (one) => `${type}${one}`,
    ),
  ),
  ...['Equals', 'Like', 'NotEquals', 'NotLike'].map((one) => `Arn${one}`),
  ...['Bool', 'BinaryEquals', 'IpAddress', 'NotIpAddress'],
]
/** `Null` asks for existence itself. (IAM policy validation check reference, "Null with if exists".) */
const known = new Set(
  ['', 'ForAnyValue:', 'ForAllValues:'].flatMap((prefix) =>
    [...operators.flatMap((one) => [one, `${one}IfExists`]), 'Null'].map((one) => `${prefix}${one}`),
  ),
)
const findOperator = nearMatcher(known)

const shape = 'an object such as { "Bool": { "aws:SecureTransport": "true" } }'
const aValue = {
  expected: 'a text, a number, true or false, or a list of these',
  remedy: 'write the intended values',
}

/** (IAM User Guide, "IAM JSON policy elements: Condition".) */
export function judgeConditions(condition: JsonValue, path: JsonPath): readonly JsonFault[] {
  if (!isJsonObject(condition)) {
    const remedy = Array.isArray(condition)
      ? 'write one object without the list'
      : 'write such an object, or leave Condition out'
    return [{ path, received: describeJson(condition), expected: shape, remedy }]
  }
  return Object.entries(condition).flatMap((entry) => judgeOperator(entry, path))
}

function judgeOperator([operator, keys]: readonly [string, JsonValue], path: JsonPath): readonly JsonFault[] {
  const at = [...path, operator]
  const remedy = `write "${quote(operator, 60)}": { key: value }`
  const faults: readonly JsonFault[] = isJsonObject(keys)
    ? [...repeatedKeys(keys, at), ...Object.entries(keys).flatMap((entry) => judgeKey(entry, at, operator))]
    : [{ path: at, received: describeJson(keys), expected: shape, remedy }]
  return known.has(operator) ? faults : [unknownOperator(operator, path), ...faults]
}

function unknownOperator(operator: string, path: JsonPath): JsonFault {
  const plain = operator.replace(/IfExists$/, '')
  const meant = known.has(plain) ? plain : findOperator(operator)
  const remedy =
    meant === undefined ? 'write an operator of IAM (IAM User Guide, "Condition operators")' : `write '${meant}'`
  const received = `the condition operator '${quote(operator, 60)}'`
  return {
    path,
    field: operator,
    received,
    expected: 'an operator of IAM in exactly its letters, such as StringEquals',
    remedy,
  }
}

/** Keys have no case. (IAM policy validation check reference, "Duplicate keys with different case".) */
function repeatedKeys(keys: JsonObject, path: JsonPath): readonly JsonFault[] {
  const names = Map.groupBy(Object.keys(keys), (name) => name.toLowerCase())
  return [...names.values()].flatMap(([, ...others]) =>
    others.map((name) => {
      const received = `the condition key '${quote(name, 60)}' for the second time, in other letters`
      return { path, field: name, received, expected: 'every key once', remedy: 'write the values of both in one list' }
    }),
  )
}

function judgeKey([key, value]: readonly [string, JsonValue], path: JsonPath, operator: string): readonly JsonFault[] {
  const at = [...path, key]
  const placeholder = findPlaceholder(key)
  const values = Array.isArray(value)
    ? value.flatMap((one, index) => judgeValue(one, [...at, index], operator))
    : judgeValue(value, at, operator)
  return placeholder === undefined ? values : [{ path, field: key, ...judgePlaceholder(key, placeholder) }, ...values]
}

function judgeValue(value: JsonValue, path: JsonPath, operator: string): readonly JsonFault[] {
  if (value === null || typeof value === 'object')
    return [{ path, received: describeJson(value), ...aValue, remedy: remedyOf(value, aValue.remedy) }]
  const text = String(value)
  const placeholder = findPlaceholder(text)
  if (placeholder !== undefined) return [{ path, ...judgePlaceholder(text, placeholder) }]
  const form = breachOfForm(operator, text)
  return form?.otherwise === 'refused'
    ? [{ path, received: describeJson(value), expected: form.expected, remedy: form.remedy }]
    : []
}
