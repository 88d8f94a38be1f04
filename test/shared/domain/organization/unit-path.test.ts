import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { renderUnitPath } from '../../../../shared/domain/organization/unit-path.ts'

const names = new Map([
  ['r-1', 'Root'],
  ['ou-1', 'Workloads'],
  ['ou-2', 'Prod'],
  ['ou-3', 'Workloads/Prod'],
  ['ou-4', 'Workloads%2FProd'],
  ['ou-5', 'Workloads\u2215Prod'],
])

test.each([
  [['r-1', 'ou-1', 'ou-2'], 'Root/Workloads/Prod'],
  [['r-1', 'ou-3'], 'Root/Workloads%2FProd'],
  [['r-1', 'ou-4'], 'Root/Workloads%252FProd'],
  [['r-1', 'ou-5'], 'Root/Workloads%E2%88%95Prod'],
  [['r-1', 'ou-none'], 'Root/ou-none'],
  [[], ''],
])('the units %j have the path %s', (ids, path) => {
  expect(renderUnitPath(ids, names)).toBe(path)
})

test('a path has as many parts as units, whatever they are called', () => {
  const unit = fc.string({ minLength: 1, unit: fc.constantFrom('/', '%', '2', 'F', '5', 'a', '\u2044', '\uff0f') })
  fc.assert(
    fc.property(fc.array(unit, { minLength: 1, maxLength: 6 }), (units) => {
      const ids = units.map((_, at) => `ou-${at}`)
      const path = renderUnitPath(ids, new Map(units.map((name, at) => [`ou-${at}`, name])))
      expect(path.split(/[/\u2044\uff0f]/)).toHaveLength(units.length)
    }),
  )
})
