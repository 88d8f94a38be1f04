import { expect, test } from '@jest/globals'
import { renderJsonPath } from '../../../../shared/domain/json/json-path.ts'

test.each([
  [[], '$'],
  [['tags', 3, 'Key'], '$.tags[3].Key'],
  [['_a1'], '$._a1'],
  [['1a'], "$['1a']"],
  [['1'], "$['1']"],
  [['a b'], "$['a b']"],
  [['é'], "$['é']"],
  [[''], "$['']"],
  [['a\nb', 'c'], "$['a\\u{a}b'].c"],
  [['a'.repeat(61)], `$.${'a'.repeat(61)}`],
  [['a'.repeat(62)], `$['${'a'.repeat(30)}…${'a'.repeat(30)}']`],
])('the path of %j is written as %s', (path, text) => {
  expect(renderJsonPath(path)).toBe(text)
})

test('a path of 300 characters stays whole, a longer one is cut in the middle and stays well-formed', () => {
  const steps = Array.from({ length: 5 }, () => 'a'.repeat(59))
  const whole = renderJsonPath(steps.with(4, 'a'.repeat(58)))
  expect([whole.length, whole.includes('…')]).toEqual([300, false])
  const cut = renderJsonPath(steps)
  expect(cut).toBe(`${`$.${steps.join('.')}`.slice(0, 150)}…${`$.${steps.join('.')}`.slice(-150)}`)
  expect(renderJsonPath(['a'.repeat(60), ...Array.from({ length: 9 }, () => '👩'.repeat(25))]).isWellFormed()).toBe(
    true,
  )
})
