import { describe, expect, test } from '@jest/globals'
import { buildSabotage } from './build-sabotage.ts'

const source = `function f(): void {
  call(
    'one', // why
    second,
  )
  other("it's", two)
}
`
const sabotaged = (find: string, replace = 'X') =>
  buildSabotage(source, { name: 'a test', breaks: ['record'], file: 'f.ts', find, replace })

describe('a sabotage is built into code that was reformatted since', () => {
  test.each([
    { what: 'line breaks, comments and a trailing comma', find: "call('one', second)" },
    { what: 'the kind of quotes', find: 'call("one", second)' },
    { what: 'white space at both ends', find: "\n  call('one',\n  second)\n" },
  ])('$what do not matter', ({ find }) => {
    expect(sabotaged(find)).toBe('function f(): void {\n  X\n  other("it\'s", two)\n}\n')
  })

  test('the replacement is taken as it is', () => {
    expect(sabotaged('two', "'$& $1'")).toContain(`other("it's", '$& $1')`)
  })

  test.each([
    { what: 'a text that is not there', find: 'call(one, second)', times: 0 },
    { what: 'a part of a word', find: 'secon', times: 0 },
    { what: 'a text that stands there twice', find: ')', times: 3 },
  ])('$what is refused', ({ find, times }) => {
    expect(() => sabotaged(find)).toThrow(`stands ${times} times in f.ts, expected once; adapt the sabotage`)
  })
})
