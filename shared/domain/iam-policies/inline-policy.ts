import { findForeignCharacter, isJsonObject, plainTwin } from '../json/json-faults.ts'
import type { JsonObject, JsonValue } from '../json/strict-json.ts'
import { denialSid, hasDenialSid } from '../sessions/ended-sessions.ts'
import { type JsonFault, type JsonPath, quote } from '../statuses/complaint.ts'
import { policyFaults } from './policy-faults.ts'

/**
 * "32,768 bytes. Maximum size of non-whitespace characters in the inline policy per permission set is 10,240 bytes."
 * (IAM Identity Center User Guide, "Quotas and limits in IAM Identity Center".)
 */
const mostBytes = 32_768
const mostBytesWithoutSpace = 10_240

/** The faults in the inline policy at `path`: those that AWS would refuse, and names that ssofile needs itself. */
export function inlinePolicyFaults(document: JsonObject, path: JsonPath): readonly JsonFault[] {
  return [
    ...sizeFaults(JSON.stringify(document), path),
    ...sidFaults(document, path),
    ...policyFaults(document, path),
    ...valueFaults(document, path),
  ]
}

/** The limit that a policy exceeds, in words. `undefined`: none. */
export function findExcess(inlinePolicy: string): string | undefined {
  const [fault] = sizeFaults(inlinePolicy, [])
  return fault && `${fault.received}, ${fault.expected}`
}

/** ssofile adds statements with such a Sid to an inline policy, so files must not use it. */
function sidFaults({ Statement = [] }: JsonObject, path: JsonPath): readonly JsonFault[] {
  const statements = Array.isArray(Statement) ? Statement : [Statement]
  return statements.flatMap((statement, index) => {
    if (!hasDenialSid(statement)) return []
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

/** The limits count compact JSON, which ssofile sends. */
function sizeFaults(text: string, path: JsonPath): readonly JsonFault[] {
  const remedy = 'shorten the inline policy, or move statements into a customer managed policy'
  const bytes = bytesOf(text)
  const dense = bytesOf(text.replace(/[ \t\r\n]+/g, ''))
  const tooLong = {
    path,
    received: `a policy of ${bytes} bytes as compact JSON`,
    expected: `at most ${mostBytes} bytes`,
  }
  const tooDense = {
    path,
    received: `a policy of ${dense} bytes that are not white space`,
    expected: `at most ${mostBytesWithoutSpace} of them`,
  }
  return [
    ...(bytes > mostBytes ? [{ ...tooLong, remedy }] : []),
    ...(dense > mostBytesWithoutSpace ? [{ ...tooDense, remedy }] : []),
  ]
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length

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

/** A JSON number beyond 2^53 changes when a program reads it. AWS would get another number than the file shows. */
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
