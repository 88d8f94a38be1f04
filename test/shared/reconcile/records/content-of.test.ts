import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { contentOf, jsonValueOf } from '../../../../shared/reconcile/records/content-of.ts'

test('content is told by every byte of it', () => {
  expect(contentOf(new Uint8Array())).toBe('empty')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
      expect(contentOf(a) === contentOf(b)).toBe(Buffer.compare(a, b) === 0)
    }),
  )
})

const valueIn = (text: string) => jsonValueOf(Buffer.from(text))

describe('the value of a JSON body', () => {
  const body = '{\n  "reason": "month end",\n  "list": [1, {"a": null, "b": true}]\n}\n'

  test.each([
    ['line ends of Windows', body.replaceAll('\n', '\r\n')],
    ['no spaces', JSON.stringify(JSON.parse(body))],
    ['another order of fields', '{"list": [1.0, {"b": true, "a": null}], "reason": "month end"}'],
    ['escaped characters', body.replace('month', 'm\\u006fnth')],
  ])('is the same with %s', (_, other) => {
    expect(valueIn(other)).toBe(valueIn(body))
  })

  test.each([
    ['another text', body.replace('month', 'year')],
    ['another order in a list', '{"reason": "month end", "list": [{"a": null, "b": true}, 1]}'],
    ['a field less', '{"list": [1, {"a": null, "b": true}]}'],
    ['a line end inside a text', body.replace('month end', 'month\\nend')],
  ])('is another with %s', (_, other) => {
    expect(valueIn(other)).not.toBe(valueIn(body))
  })

  test.each(['{"a": 1, "a": 1}', '{"a": 1', 'text', '\ufeff{}', '{"a": 1e999}'])('does not exist in %j', (text) => {
    expect(valueIn(text)).toBeUndefined()
  })

  test('is told by what JSON.parse answers, however the body is written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.nat(3), (a, b, indent) => {
        const isEqual = JSON.stringify(a) === JSON.stringify(b)
        fc.pre(valueIn(JSON.stringify(a)) !== undefined)
        expect(valueIn(JSON.stringify(a, undefined, indent))).toBe(valueIn(JSON.stringify(a)))
        if (isEqual) expect(valueIn(JSON.stringify(a))).toBe(valueIn(JSON.stringify(b)))
      }),
    )
  })
})

test('a body of spaces and line ends says the same as an empty one', () => {
  expect(['', '\n', '\r\n', ' \t\r\n'].map(valueIn)).toEqual(Array(4).fill('empty'))
  expect(valueIn('{}')).not.toBe('empty')
})
