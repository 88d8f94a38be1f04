import type * as z from 'zod'
import { type Parsed, parsed, refused } from '../statuses/complaint.ts'
import { complainAboutJson, faultsOfIssues, type JsonRules } from './json-faults.ts'
import { parseStrictJson } from './strict-json.ts'

/** Parses a JSON file by its schema. One complaint has all faults, in the words of the rules. */
export function parseJson<T>(key: string, body: Uint8Array, schema: z.ZodType<T>, rules: JsonRules): Parsed<T> {
  const document = parseStrictJson(key, body)
  if (!document.ok) return document
  const read = schema.safeParse(document.value)
  if (read.success) return parsed(read.data)
  return refused(complainAboutJson(key, faultsOfIssues(read.error.issues, document.value, rules)))
}

/** Like `parseJson`, for an object of the bucket. `body` may be empty if the object is too large to read. */
export function parseJsonFile<T>(
  { key, body, sizeBytes }: { readonly key: string; readonly body: Uint8Array; readonly sizeBytes: number },
  limit: { readonly mostBytes: number; readonly remedy: string },
  schema: z.ZodType<T>,
  rules: JsonRules,
): Parsed<T> {
  if (sizeBytes <= limit.mostBytes) return parseJson(key, body, schema, rules)
  return refused({
    object: key,
    received: `a file of ${sizeBytes} bytes`,
    expected: `at most ${limit.mostBytes} bytes`,
    remedy: limit.remedy,
  })
}
