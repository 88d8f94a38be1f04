import { globSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { decisionTests, withProofTable } from './proof-table.ts'

const root = new URL('../../', import.meta.url)

test('docs/proof.md has the table of what the simulation has of each kind; else: npm run proofs', () => {
  const page = readFileSync(new URL('docs/proof.md', root), 'utf8')
  expect(page).toBe(withProofTable(page))
})

test('each kind has a test of its decision', () => {
  const tests = new Set(globSync('test/**/*.test.ts', { cwd: root }).map((file) => file.replace(/^.*\//, '')))
  expect(Object.values(decisionTests).filter((name) => !tests.has(`${name}.test.ts`))).toEqual([])
})
