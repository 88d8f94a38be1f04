import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseNameInKey } from '../../../../shared/domain/links/name-in-key.ts'
import { renderNameInKey } from '../../../../shared/reconcile/records/name-in-key.ts'
import { runsOf } from '../../../depth.ts'

describe('a name in a key', () => {
  test.each([
    ['a name', 'a name'],
    ['50% nights', '50% nights'],
    ['100%25', '100%25'],
    ['a/b//c', 'a%2Fb%2F%2Fc'],
    ['a%2Fb', 'a%252Fb'],
    ['a%252Fb', 'a%25252Fb'],
    ['a%2fb', 'a%2fb'],
  ])('%j is written %j', (name, written) => expect(renderNameInKey(name)).toBe(written))

  test('has no slash, and no two names are written alike', () => {
    const tricky = fc.array(fc.constantFrom('%', '2', '5', 'F', '/', '25', '2F', '%2F', '%25', 'a'), { maxLength: 8 })
    const name = tricky.map((parts) => parts.join(''))
    fc.assert(
      fc.property(name, name, (one, another) => {
        expect(renderNameInKey(one)).not.toContain('/')
        expect(renderNameInKey(one) === renderNameInKey(another)).toBe(one === another)
      }),
      { numRuns: runsOf(2_000) },
    )
  })

  test.each([
    ['slashes', 'a/'.repeat(500)],
    ['Japanese letters', '経理部の全員'.repeat(170)],
    ['letters of two UTF-16 units', '🦊'.repeat(1_024)],
  ])('fits beside the rest of a key if it has many %s, keeps its beginning, and differs from others', (_, name) => {
    const written = renderNameInKey(name)
    expect(Buffer.byteLength(written)).toBeLessThanOrEqual(850)
    expect(name.startsWith(parseNameInKey(written).slice(0, 100))).toBe(true)
    expect(written.isWellFormed()).toBe(true)
    expect(renderNameInKey(`${name}x`)).not.toBe(written)
    expect(renderNameInKey(parseNameInKey(written))).toBe(written)
  })
})
