import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hasName, namesIn, placeOf, withName, withoutName } from '../../../../shared/domain/text/sorted-names.ts'

/** Ascending names, as an array or in pieces, and another name that they may have. */
const drawn = fc
  .record({
    count: fc.constantFrom(0, 1, 7, 999, 1_000, 1_001, 2_600),
    cuts: fc.array(fc.nat(2_600)),
    at: fc.nat(2_601),
  })
  .map(({ count, cuts, at }) => {
    const sorted = Array.from({ length: count }, (_, index) => nameOf(index))
    const ends = [...cuts.sort((a, b) => a - b), count]
    const pieces = ends.map((end, nth) => sorted.slice(ends[nth - 1] ?? 0, end)).filter((piece) => piece.length > 0)
    return { sorted, names: namesIn(pieces), known: nameOf(at) }
  })

const nameOf = (index: number) => String(10_000 + index)

test('ascending names have a name, get it and lose it as a set does, in pieces or not', () => {
  fc.assert(
    fc.property(drawn, fc.boolean(), fc.nat(3_000), fc.nat(3_000), ({ sorted, names, known }, isNew, from, to) => {
      const one = isNew ? `${known}a` : known
      const set = new Set(sorted)
      expect([[...names], names.length]).toEqual([sorted, sorted.length])
      expect(hasName(names, one)).toBe(set.has(one))
      expect([...withName(names, one)]).toEqual([...set.union(new Set([one]))].sort())
      expect([...withoutName(names, one)]).toEqual([...set.difference(new Set([one]))].sort())
      expect(placeOf(names, one)).toBe(sorted.filter((each) => each < one).length)
      expect(names.slice(from, to)).toEqual(sorted.slice(from, to))
      expect(JSON.stringify(names)).toBe(JSON.stringify(sorted))
    }),
  )
})

test('a change of a long list copies one piece of it, and leaves the list before as it was', () => {
  const all = Array.from({ length: 3_000 }, (_, index) => nameOf(index))
  const pieces = [all.slice(0, 900), all.slice(900, 2_000), all.slice(2_000)]
  const before = namesIn(pieces)
  const after = withName(withoutName(before, nameOf(950)), `${nameOf(2_500)}a`)
  expect([after.slice(0, 900), before.slice(900, 2_000)]).toEqual([pieces[0], pieces[1]])
  expect(after.slice(0, 900)).toBe(pieces[0])
  expect([...before]).toEqual(all)
})
