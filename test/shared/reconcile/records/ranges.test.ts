import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { cutRanges, forEachHead } from '../../../../shared/reconcile/records/ranges.ts'
import { World } from '../../../world.ts'

const account = fc.integer({ min: 0, max: 99 }).map((number) => accountId.parse(String(number).padStart(12, '0')))
const key = fc.oneof(
  account.map((id) => `assignments/account%${id}%Some-ps%1234567890-group%GROUP`),
  fc.constantFrom('assignments/', 'assignments/account', 'assignments/README', 'assignments/zzz'),
)

test('a listing by ranges has every key once, whatever the ranges of the last sweep are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key), fc.array(account), fc.boolean(), async (keys, marks, isKnown) => {
      const { objects } = new World()
      for (const one of keys) await objects.put(one, '')
      const ranges = cutRanges([...marks].sort(), { entriesOfMark: 1, marksOfRange: 1 })
      const run = { v: 1, run: 'run', startedAt: '2026-03-03T10:00:00.000Z', ranges, isOpen: false }
      if (isKnown) await objects.put('state/ranges/sweep.json', JSON.stringify(run))
      const listed: string[] = []
      await forEachHead(objects, 'assignments/', (head) => void listed.push(head.key))
      expect(listed.sort()).toEqual([...keys].sort())
    }),
    { numRuns: 100 },
  )
})
