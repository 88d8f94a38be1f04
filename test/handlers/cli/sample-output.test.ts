import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { fillInSamples, pagesWithSamples } from './sample-output.ts'

test.each(pagesWithSamples.map((page) => [page.pathname.split('/').at(-1), page] as const))(
  'docs/%s has what commands print now; if not: npm run samples',
  async (_, page) => {
    const document = await readFile(page, 'utf8')
    expect(fillInSamples(page, document)).toBe(document)
  },
)

test('docs/samples.md has what commands print for 5, 500 and 10,000 links', async () => {
  const [page] = pagesWithSamples.filter(({ pathname }) => pathname.endsWith('/samples.md'))
  const document = page && (await readFile(page, 'utf8'))
  for (const size of ['5 links, ', '500 links, ', '10,000 links, ']) expect(document).toContain(size)
})
