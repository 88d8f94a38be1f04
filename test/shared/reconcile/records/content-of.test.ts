import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { contentOf } from '../../../../shared/reconcile/records/content-of.ts'

test('content is told by every byte of it', () => {
  expect(contentOf(new Uint8Array())).toBe('empty')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
      expect(contentOf(a) === contentOf(b)).toBe(Buffer.compare(a, b) === 0)
    }),
  )
})
