import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { documentWithSamples, fillInSamples } from './sample-output.ts'

test('docs/commands.md has what commands print for 5, 500 and 10,000 links; if not: npm run samples', async () => {
  const document = await readFile(documentWithSamples, 'utf8')
  expect(document).toContain('10,000 links, ')
  expect(fillInSamples(document)).toBe(document)
})
