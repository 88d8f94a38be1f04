import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

const root = new URL('../../', import.meta.url)

/** The rows of the table "Who can do what at most", with the cells of each. */
function readRows(): readonly (readonly string[])[] {
  const page = readFileSync(new URL('SECURITY.md', root), 'utf8')
  const table = page.slice(page.indexOf('## Who can do what at most'))
  return table
    .split('\n')
    .filter((line) => line.startsWith('| **'))
    .map((line) => line.split('|').slice(1, -1))
}

test('each row of who can do what at most names tests, and each of them exists', () => {
  const rows = readRows()
  expect(rows.length).toBeGreaterThan(15)
  const wrong = rows.flatMap((cells) => {
    const [who = '', , , , tests = ''] = cells
    const named = [...tests.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path)
    const missing = named.filter((path) => !existsSync(new URL(`test/${path}.test.ts`, root)))
    return named.length === 0 || cells.length !== 5 ? [`${who}names no test`] : missing.map((path) => `${who}${path}`)
  })
  expect(wrong).toEqual([])
})

const ofReviews = [
  ...['Reviewer', 'Owner in a review', 'Uploader in a review', "HR's pipeline", 'Writer of memberships', 'Governance'],
]

test.each(['Uploader of permission sets', "Holder of the operators' policy", 'Account owner', ...ofReviews])(
  'who can do what at most has a row for the %s',
  (who) => {
    expect(readRows().filter(([name = '']) => name.includes(`**${who}**`))).toHaveLength(1)
  },
)

test.each(ofReviews)('the row for the %s names tests of reviews', (who) => {
  const [row] = readRows().filter(([name = '']) => name.includes(`**${who}**`))
  expect(row?.at(-1)).toContain('`shared/modules/reviews/')
})
