import * as z from 'zod'
import {
  describeJson,
  faultsOfIssues,
  findForeignCharacter,
  isJsonObject,
  type JsonRules,
} from '../json/json-faults.ts'
import type { JsonObject, JsonValue } from '../json/strict-json.ts'
import { type JsonFault, type JsonPath, quote } from '../statuses/complaint.ts'

const anything = z.unknown().optional()
const actionFields = ['Action', 'NotAction'] as const

/** Principals belong to policies of resources. (IAM User Guide, "AWS JSON policy elements: Principal".) */
const statement = z.strictObject({
  Sid: anything,
  Effect: z.enum(['Allow', 'Deny']).optional(),
  Action: anything,
  NotAction: anything,
  Resource: anything,
  NotResource: anything,
  Condition: anything,
})
const expected = '"Allow" or "Deny", in exactly these letters'
const statementRules: JsonRules = Object.fromEntries(
  Object.keys(statement.shape).map((field) => {
    const meant = (value: JsonValue | undefined) =>
      typeof value === 'string' && value.trim().toLowerCase() === 'deny' ? '"Deny"' : '"Allow"'
    return [`$.${field}`, { expected, remedy: (value) => `write ${meant(value)}, or delete the statement` }]
  }),
)

/**
 * What AWS may read in another way than guardrails and brake do: fields and effects in other letters, actions with
 * white space. Everything else is left to AWS to refuse.
 */
export function policyDocumentFaults(document: JsonObject, path: JsonPath): readonly JsonFault[] {
  const { Statement = [] } = document
  const statements = Array.isArray(Statement) ? Statement : [Statement]
  return [
    ...Object.keys(document).flatMap((name) => nameFaults(name, path)),
    ...statements.flatMap((one, index) =>
      isJsonObject(one)
        ? statementFaults(one, [...path, 'Statement', ...(Array.isArray(Statement) ? [index] : [])])
        : [],
    ),
  ]
}

function nameFaults(name: string, path: JsonPath): readonly JsonFault[] {
  const meant = ['Version', 'Id', 'Statement'].find((field) => field.toLowerCase() === name.trim().toLowerCase())
  if (meant === undefined || meant === name) return []
  const received = `the unknown field '${quote(name)}'`
  return [{ path, field: name, received, expected: `'${meant}'`, remedy: `rename '${quote(name)}' to '${meant}'` }]
}

function statementFaults(one: JsonObject, path: JsonPath): readonly JsonFault[] {
  const issues = statement.safeParse(one).error?.issues ?? []
  const faults = faultsOfIssues(issues, one, statementRules).map((fault) => ({
    ...fault,
    path: [...path, ...fault.path],
  }))
  const actions = actionFields.flatMap((field) => actionFaults(one[field], [...path, field]))
  return [...faults, ...actions]
}

function actionFaults(value: JsonValue | undefined, path: JsonPath): readonly JsonFault[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => actionFaults(item, [...path, index]))
  if (typeof value !== 'string') return []
  const foreign = findForeignCharacter(value, /[\x21-\x7e]/)
  if (foreign === undefined) return []
  return [
    {
      path,
      received: `${describeJson(value)} with ${foreign.told}`,
      expected: 'an action without white space and in plain letters, such as s3:GetObject',
      remedy: `write '${quote(value.replace(/[^\x21-\x7e]/g, ''), 60)}'`,
    },
  ]
}
