import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { fileOf, printed } from './sample-output.ts'

test.each(Object.entries(printed))(
  '%s prints what printed/ has of it; if it should change: npm run samples',
  async (name, print) => {
    expect(print()).toBe(await readFile(fileOf(name), 'utf8'))
  },
)

test('status, plan, brake and who are printed of 5, 500 and 10,000 links', async () => {
  for (const name of ['status', 'plan', 'brake', 'who'])
    for (const size of ['5 links, ', '500 links, ', '10,000 links, '])
      expect(await readFile(fileOf(name), 'utf8')).toContain(size)
})
