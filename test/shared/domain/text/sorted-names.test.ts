import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hasName, withName, withoutName } from '../../../../shared/domain/text/sorted-names.ts'

test('ascending names have a name, get it and lose it as a set does', () => {
  const name = fc.string({ maxLength: 3 })
  fc.assert(
    fc.property(fc.array(name), name, (some, one) => {
      const known = new Set(some)
      const names = [...known].sort()
      expect(hasName(names, one)).toBe(known.has(one))
      expect(withName(names, one)).toEqual([...known.union(new Set([one]))].sort())
      expect(withoutName(names, one)).toEqual([...known.difference(new Set([one]))].sort())
    }),
  )
})
