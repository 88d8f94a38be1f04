import { describe, expect, test } from '@jest/globals'
import { collectComments, collectParagraphs, commentsOf, messagesOf, paragraphsOf } from './collect-words.ts'
import { constructions, findConstructions, percentOf } from './plain-words.ts'

describe.each([
  { kind: 'comments', words: collectComments(), limitPercent: 1.2 },
  { kind: 'paragraphs of pages', words: collectParagraphs(), limitPercent: 1 },
])('the $kind', ({ words, limitPercent }) => {
  test('use few constructions that have to be read twice', () => {
    expect(words.length).toBeGreaterThan(1000)
    const faults = findConstructions(words)
    const percent = percentOf(faults, words)
    const places = faults.map(({ path, line, construction, text }) => `${path}:${line}: ${construction}: ${text}`)
    expect(percent <= limitPercent ? [] : [`${percent.toFixed(1)} % of ${words.length}`, ...places]).toEqual([])
  })
})

test.each(constructions)('$name is found', ({ name, example }) => {
  const found = findConstructions([{ path: 'x.ts', line: 1, text: example }])
  expect(found.map(({ construction }) => construction)).toContain(name)
})

test.each([
  'ssofile says what is wrong.',
  'So long as an account is there, it counts.',
  'The page where the key is shown.',
  'Calls `whom`.',
])('plain words are not found: %s', (text) => {
  expect(findConstructions([{ path: 'x.ts', line: 1, text }])).toEqual([])
})

const code = `
/**
 * Two lines are
 * one comment.
 */
const text = \`the file \${key} is gone\` // it was there before
const key = 'links_data/x'
// One more line
// of comment.
`
test('strings and comments are collected with their lines, without keys', () => {
  expect(messagesOf('x.ts', code)).toEqual([{ path: 'x.ts', line: 6, text: 'the file … is gone' }])
  expect(commentsOf('x.ts', code).map(({ line, text }) => `${line}: ${text}`)).toEqual([
    '2: Two lines are one comment.',
    '6: it was there before',
    '8: One more line of comment.',
  ])
})

test('each item, row and paragraph of a page counts alone, without headings and code', () => {
  const page =
    '# A title of it\n\nOne line of\na paragraph.\n\n- an item of it\n- another item of\n  it\n\n```sh\na line of code\n```\n'
  expect(paragraphsOf('x.md', page).map(({ line, text }) => `${line}: ${text}`)).toEqual([
    '3: One line of a paragraph.',
    '6: - an item of it',
    '7: - another item of it',
  ])
})
