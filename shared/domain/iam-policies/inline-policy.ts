import * as z from 'zod'
import {
  describeJson,
  faultsOfIssues,
  findForeignCharacter,
  isJsonObject,
  type JsonRules,
  plainTwin,
} from '../json/json-faults.ts'
import type { JsonObject, JsonValue } from '../json/strict-json.ts'
import { denialSid, isDenial } from '../sessions/ended-sessions.ts'
import { type JsonFault, type JsonPath, quote } from '../statuses/complaint.ts'

/** Source: IAM Identity Center User Guide, "Quotas and limits in IAM Identity Center", inline policy size. */
const mostBytes = 32_768
/** Source: IAM User Guide, "IAM and AWS STS quotas": white space does not count. */
const mostCharacters = 10_240

/** What AWS would refuse in a policy document that stands at `path`; whether its statements make sense is left to AWS. */
export function inlinePolicyFaults(document: JsonObject, path: JsonPath): readonly JsonFault[] {
  return [
    ...sizeFaults(JSON.stringify(document), path),
    ...sidFaults(document, path),
    ...policyDocumentFaults(document, path),
    ...valueFaults(document, path),
  ]
}

/** What of these limits a policy exceeds, in words; `undefined`: it fits. */
export function findExcess(inlinePolicy: string): string | undefined {
  const [fault] = sizeFaults(inlinePolicy, [])
  return fault && `${fault.received}, ${fault.expected}`
}

/** By their Sid ssofile knows the statements again that it adds to an inline policy. */
function sidFaults({ Statement = [] }: JsonObject, path: JsonPath): readonly JsonFault[] {
  const statements = Array.isArray(Statement) ? Statement : [Statement]
  return statements.flatMap((statement, index) => {
    if (!isDenial(statement)) return []
    return [
      {
        path: [...path, 'Statement', ...(Array.isArray(Statement) ? [index] : []), 'Sid'],
        received: `a Sid that begins with '${denialSid}'`,
        expected: 'another one: ssofile itself adds such statements, for sessions that were ended',
        remedy: 'delete the statement, or give it another Sid',
      },
    ]
  })
}

/** The limits count compact JSON, which is what is sent. */
function sizeFaults(text: string, path: JsonPath): readonly JsonFault[] {
  const bytes = new TextEncoder().encode(text).length
  const characters = text.replace(/\s+/g, '').length
  const remedy = 'shorten the inline policy, or move statements into a customer managed policy'
  const faults: JsonFault[] = []
  if (bytes > mostBytes) {
    const received = `a policy of ${bytes} bytes as compact JSON`
    faults.push({ path, received, expected: `at most ${mostBytes} bytes`, remedy })
  }
  if (characters > mostCharacters) {
    const received = `a policy of ${characters} characters that are not white space`
    faults.push({ path, received, expected: `at most ${mostCharacters} of them`, remedy })
  }
  return faults
}

/** Recursive: strict JSON is at most 50 levels deep. */
function valueFaults(value: JsonValue, path: JsonPath): readonly JsonFault[] {
  if (typeof value === 'string') return characterFaults(value, path, 'the text')
  if (typeof value === 'number') return numberFaults(value, path)
  if (Array.isArray(value)) return value.flatMap((item, index) => valueFaults(item, [...path, index]))
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([name, item]) => [
    ...characterFaults(name, path, 'the field name'),
    ...valueFaults(item, [...path, name]),
  ])
}

/** Source: IAM Identity Center API Reference, "PutInlinePolicyToPermissionSet": U+0009, A, D and U+0020 to U+00FF. */
function characterFaults(text: string, path: JsonPath, what: string): readonly JsonFault[] {
  const foreign = findForeignCharacter(text, /[\0-\u00ff]/u) // Below U+0020, JSON escapes.
  if (foreign === undefined) return []
  const { character, told } = foreign
  const twin = plainTwin(character)
  return [
    {
      path,
      received: `${told} of ${what} '${quote(text, 60)}'`,
      expected: "characters that AWS takes in a policy (U+0020 to U+00FF, 'Latin-1')",
      remedy: twin === undefined ? `write it without '${quote(character)}'` : `write '${twin}' instead`,
    },
  ]
}

/** Beyond 2^53 a JSON number changes when it is read, and AWS would get another one than the file shows. */
function numberFaults(value: number, path: JsonPath): readonly JsonFault[] {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return []
  return [
    {
      path,
      received: `the number ${value}, which no program keeps exactly`,
      expected: `whole numbers up to ${Number.MAX_SAFE_INTEGER}`,
      remedy: 'put the number in double quotes',
    },
  ]
}

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
function policyDocumentFaults(document: JsonObject, path: JsonPath): readonly JsonFault[] {
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
