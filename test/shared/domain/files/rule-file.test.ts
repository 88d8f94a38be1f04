import { describe, expect, test } from '@jest/globals'
import { findNeeded, matchesRule, parseRuleFile, parseRuleKey } from '../../../../shared/domain/files/rule-file.ts'
import type { UserAttributes } from '../../../../shared/domain/principals/user-attributes.ts'

const key = 'rules/engineers.json'
const parse = (document: object) => parseRuleFile(key, new TextEncoder().encode(JSON.stringify(document)))
const rule = (document: object) => {
  const read = parse(document)
  if (!read.ok) throw new Error(JSON.stringify(read.complaint))
  return read.value
}

describe('a rule', () => {
  const engineers = { department: ['Engineering'], title: ['*ngineer', 'Architect'] }
  test.each<[string, object, UserAttributes, boolean | undefined]>([
    ['every attribute fits', engineers, { department: 'Engineering', title: 'Engineer' }, true],
    ['one attribute is another', engineers, { department: 'Sales', title: 'Engineer' }, false],
    ['one attribute is absent', engineers, { department: 'Engineering' }, false],
    ['a value differs in case', { department: ['Engineering'] }, { department: 'engineering' }, false],
    ['? stands for one character', { costCenter: ['47?1'] }, { costCenter: '4711' }, true],
    ['* is any value, and absent is none', { costCenter: ['*'] }, {}, false],
    ['one of anyOf', { anyOf: [{ title: ['A'] }, { division: ['B'] }] }, { division: 'B' }, true],
    ['each of allOf', { allOf: [{ title: ['A'] }, { division: ['B'] }] }, { division: 'B' }, false],
    [
      'except takes away',
      { department: ['E'], except: [{ userType: ['guest'] }] },
      { department: 'E', userType: 'guest' },
      false,
    ],
    [
      'who lacks what except names stays',
      { department: ['E'], except: [{ userType: ['guest'] }] },
      { department: 'E' },
      true,
    ],
    ['an unreadable attribute that decides', { department: ['E'] }, { department: null }, undefined],
    [
      'an unreadable attribute of except',
      { department: ['E'], except: [{ userType: ['x'] }] },
      { department: 'E', userType: null },
      undefined,
    ],
    ['an unreadable attribute that decides nothing', engineers, { department: null, title: 'Clerk' }, false],
  ])('%s', (_, document, attributes, expected) => {
    expect(matchesRule(rule(document).condition, attributes)).toBe(expected)
  })

  test.each<[object, string | undefined]>([
    [{ department: ['E'] }, 'department'],
    [{ department: ['E*'] }, undefined],
    [{ title: ['*'], allOf: [{ costCenter: ['1'] }] }, 'costCenter'],
    [{ anyOf: [{ costCenter: ['1'] }] }, undefined],
  ])('%j needs an exact value of %s', (document, expected) => {
    expect(findNeeded(rule(document).condition)?.name).toBe(expected)
  })

  test.each<[string, object]>([
    ['nothing that it means', { except: [{ title: ['A'] }] }],
    ['an unknown attribute', { salary: ['A'] }],
    ['a text in place of a list', { department: 'E' }],
    ['days that are no whole number', { department: ['E'], moverGraceDays: 1.5 }],
    ['too many days', { department: ['E'], moverGraceDays: 366 }],
    ['too many globs', { department: [`${'x'.repeat(500)}*`] }],
  ])('with %s is refused', (_, document) => {
    expect(parse(document)).toMatchObject({ ok: false })
  })

  test('has the days of grace and the owner that it says, and no days without', () => {
    expect(rule({ department: ['E'], owner: 'hr' })).toMatchObject({ moverGraceDays: 0, owner: 'hr' })
    expect(rule({ department: ['E'], moverGraceDays: 14 })).toMatchObject({ moverGraceDays: 14 })
  })
})

test.each([
  ['rules/oncall.json', true],
  ['rules/a/b.json', false],
  ['rules/AWSAdministrators.json', false],
  ['rules/oncall', false],
])('the key %s names a group: %s', (name, expected) => {
  expect(parseRuleKey(name).ok).toBe(expected)
})
