import { expect, test } from '@jest/globals'
import { titleFaults } from './titles.ts'

const faultsOf = (...lines: string[]) => titleFaults('test/x.test.ts', lines.join('\n'))

test('two tests of one title are told with both lines', () => {
  expect(faultsOf("test('a link waits', () => {})", '', "test('a link waits', () => {})")).toEqual([
    "test/x.test.ts:3: 'a link waits' is also the title of line 1; say what is different",
  ])
})

test('a title counts with those of the groups around it', () => {
  const group = (name: string) => `describe('${name}', () => {\n  test('waits', () => {})\n})`
  expect(faultsOf(group('a link'), group('a permission set'))).toEqual([])
  expect(faultsOf(group('a link'), group('a link'))).toEqual([
    "test/x.test.ts:5: 'a link › waits' is also the title of line 2; say what is different",
  ])
})

test.each([
  ["test('a link waits', f)\ntest.each([1])('a link waits', f)"],
  ["it('a link waits', f)\ntest(`a link waits`, f)"],
  ['test.each`x`(`a link waits $' + '{1}`, f)\ntest(`a link waits $' + '{2}`, f)'],
])('a title is one however its test is written: %j', (text) => {
  expect(titleFaults('test/x.test.ts', text)).toHaveLength(1)
})

test.each([
  "test('should wait for its account', f)",
  "describe('Should wait', f)",
  "test.each([1])('should wait for %i', f)",
  "test('', f)",
])('a title that does not say what holds is refused: %s', (line) => {
  expect(faultsOf('', line)).toEqual([expect.stringMatching(/^test\/x\.test\.ts:2: .*say what holds/)])
})

test("a title may have the word 'should' within", () => {
  expect(faultsOf("test('a status says what the uploader should do', f)")).toEqual([])
})

test.each([
  "test.only('a link waits', f)",
  "describe.only('a link waits', f)",
  "fit('a link waits', f)",
  "test.only.each([1])('a link waits', f)",
  "// now\nfdescribe('a link waits', f)",
])('running one test only is refused: %s', (line) => {
  expect(faultsOf(line)).toEqual([expect.stringContaining('runs this test only; remove it')])
})

test.each([
  "test.skip('a link waits', f)",
  "describe.skip.each([1])('a link waits', f)",
  "xit('a link waits', f)",
  'const testVersions = versioned ? test : test.skip',
])('a skip needs its reason beside it or above it: %s', (line) => {
  expect(faultsOf('f()', line)).toEqual([expect.stringMatching(/^test\/x\.test\.ts:2: is skipped; say why/)])
  expect(faultsOf('// The memory adapter has no versions.', line)).toEqual([])
  expect(faultsOf('f()', `${line} // the memory adapter has no versions`)).toEqual([])
})

test.each([
  { what: 'a title without subject', line: "test('counts what differs', f)", told: 'begin with its subject' },
  { what: 'a title of two words', line: "test('it works', f)", told: 'in a whole sentence' },
])('$what is refused', ({ line, told }) => {
  expect(faultsOf(line)).toEqual([expect.stringContaining(told)])
})

test('the group around a title may be its subject', () => {
  expect(faultsOf("describe('a preview', () => {", "  test('counts what differs', f)", '})')).toEqual([])
})
