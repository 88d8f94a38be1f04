import { expect, test } from '@jest/globals'
import { listProjectFiles, readText } from './source-files.ts'

/**
 * Where an error becomes an empty list, by file, and why nobody takes that list for an answer. Everywhere else a failed read stays a
 * `Reading` (shared/domain/readings/reading.ts), or the error, until a sentence says that something is not known.
 */
const allowed: Readonly<Record<string, string>> = {
  'handlers/cli/arguments/offer.ts': 'completion in a shell: without an answer it offers nothing',
  'handlers/router.ts': 'the errors are collected beside the inputs, and fail the message',
  'shared/modules/credentials/read-unused-access.ts': 'the notes beside it say that the analyzers are not known',
  'shared/modules/requests/people.ts': '`unread` stands beside the people',
  'shared/modules/reviews/gather-population.ts': 'the item is unread if its question depends on the members',
  'shared/reconcile/assignments/deny-suspended-holders.ts':
    'the files of suspensions are evaluated again, which finds them',
  'shared/reconcile/organization/missing-accounts.ts': 'an account that is gone is found again an hour later',
  'shared/reconcile/permission-sets/follow-ended-sessions.ts':
    'the spoiled record stops its permission set, whose status says so',
  'shared/reconcile/records/entry-copies.ts': 'copies only save reads: without them each entry is read',
}

const empty = String.raw`(?:\[\](?!\])|new (?:Map|Set)(?:<[^()]*>)?\(\)|\(\{\}\))`
const forms: Readonly<Record<string, { readonly pattern: string; readonly example: string }>> = {
  'a promise that catches': {
    pattern: String.raw`\.catch\(\s*(?:async )?\(?[\w:, ]*\)?\s*=>\s*${empty}`,
    example: 'const all = await listAll().catch(() => [])',
  },
  'a block that catches': {
    pattern: String.raw`catch\s*(?:\([^)]*\))?\s*\{(?:[^{}]|\{[^{}]*\})*return\s+${empty}`,
    example: 'try { return await listAll() } catch (error) { log.warn("no", { error })\n return [] }',
  },
  'a choice by `unread`': {
    pattern: String.raw`'(?:unread|error)' in [\w.?#]+(?:\([^)]*\))?\s*\?\s*${empty}`,
    example: "const rows = 'unread' in read ? [] : read.is",
  },
  'a choice by `is`': {
    pattern: String.raw`'is' in [\w.?#]+\s*\?[^;]{0,300}?:\s*${empty}`,
    example: "const rows = 'is' in read ? read.is : []",
  },
  'a spoiled record': {
    pattern: String.raw`\bisSpoiled\([^()]*\)\s*(?:\|\|[^?;]{0,60})?\?\s*${empty}|!isSpoiled\([^()]*\)(?:[^;{}?]|\?\.){0,120}\?[^;{}?]{0,200}:\s*${empty}`,
    example: 'const rows = isSpoiled(read) ? [] : read.value',
  },
  'a refused call': {
    pattern: String.raw`unless(?:Refused|Unread|Spoiled)\([^;]{0,300}?\)\)\s*\?\?\s*${empty}`,
    example: "const rows = (await unlessRefused(list(), 'no rows', notes)) ?? []",
  },
}

const placesIn = (text: string) =>
  Object.values(forms).flatMap(({ pattern }) => [...withoutComments(text).matchAll(new RegExp(pattern, 'g'))])

test.each(Object.entries(forms))('%s and gives an empty list is found', (_, { example }) => {
  expect(placesIn(example)).toHaveLength(1)
})

test.each([
  "if ('unread' in read) return read",
  'const rows = read.flatMap((one) => (isSpoiled(one) ? [[one.key, one]] : []))',
  "const gone = (await unlessCode(list(), 'ResourceNotFoundException')) ?? []",
])('a place that keeps the error, or an answer of AWS, is not found: %s', (text) => {
  expect(placesIn(text)).toEqual([])
})

test('an error becomes an empty list only in these places, at most ten, each for a reason', () => {
  const files = listProjectFiles().filter((path) => /^(shared|handlers)\/.*\.tsx?$/.test(path))
  expect(files.length).toBeGreaterThan(800)
  const found = files.filter((path) => placesIn(readText(path)).length > 0)
  expect(found.sort()).toEqual(Object.keys(allowed).sort())
  expect(found.length).toBeLessThanOrEqual(10)
})

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
}
