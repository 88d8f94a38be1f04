import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { placeOf } from '../../../shared/domain/json/json-path.ts'

const text = `{
  "permissionSetName": "a}\\"{b",
  "tags": [
    { "Key": "x", "Value": "" },
    { "Key":  7 }
  ], "nested": {"deep": [[], {}, true]}
}`

describe('the place of a value is where it begins', () => {
  test.each([
    ['the whole', [], { line: 1, column: 1 }],
    ['a text that holds braces', ['permissionSetName'], { line: 2, column: 24 }],
    ['a list', ['tags'], { line: 3, column: 11 }],
    ['a field of an item', ['tags', 1, 'Key'], { line: 5, column: 15 }],
    ['what stands after lists and objects', ['nested', 'deep', 2], { line: 6, column: 34 }],
  ])('%s', (_, path, place) => {
    expect(placeOf(text, path)).toEqual(place)
  })
})

test('the place of a field that is missing is that of the object that lacks it', () => {
  expect(placeOf(text, ['tags', 0, 'Colour'])).toEqual({ line: 4, column: 5 })
})

test.each([
  ['an item of a text', ['permissionSetName', 0], { line: 2, column: 24 }],
  ['a field of a list', ['tags', '1'], { line: 3, column: 11 }],
  ['an item behind the last', ['tags', 2], { line: 3, column: 11 }],
  ['an item of an object', ['nested', 0], { line: 6, column: 16 }],
  ['a field of an empty object', ['nested', 'deep', 1, 'x'], { line: 6, column: 30 }],
])('the place of %s is that of the value in which it is sought', (_, path, place) => {
  expect(placeOf(text, path)).toEqual(place)
})

test('a document that is one text or number has one place', () => {
  expect(placeOf('  7', [0])).toEqual({ line: 1, column: 3 })
  expect(placeOf('\r\n"{"', ['x', 0])).toEqual({ line: 2, column: 1 })
})

test('in any JSON document, the value of any field of the outermost object is found', () => {
  const documents = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 })
  fc.assert(
    fc.property(documents, fc.nat(), (document, pick) => {
      const names = Object.keys(document)
      const name = names[pick % names.length] ?? ''
      const lines = JSON.stringify(document, undefined, 2)
      const { line, column } = placeOf(lines, [name])
      const found = lines
        .split('\n')
        .slice(line - 1)
        .join('\n')
        .slice(column - 1)
      expect(found.startsWith(JSON.stringify(document[name], undefined, 2).split('\n')[0] ?? '')).toBe(true)
    }),
  )
})
