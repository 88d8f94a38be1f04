import { describe, expect, test } from '@jest/globals'
import {
  type Attribute,
  attributeKey,
  attributeSource,
  attributesKey,
  parseAttributesFile,
} from '../../../../shared/domain/attributes/attributes-file.ts'
import {
  applySteps,
  describeAttributeStep,
  isLoss,
  isSameAttributes,
  planAttributes,
  recordApplied,
} from '../../../../shared/domain/attributes/plan-attributes.ts'

/** `Team=a Cost=b` */
const attributes = (text: string): Attribute[] =>
  text
    .split(' ')
    .filter((one) => one !== '')
    .map((one) => {
      const [key, source] = one.split('=')
      return { key: attributeKey.parse(key), source: attributeSource.parse(source) }
    })

describe('what leads from the attributes that there are to those of the file', () => {
  test.each([
    ['equal', 'Team=a', 'Team=a', undefined, []],
    ['new', 'Team=a', '', undefined, ["add 'Team' from 'a'"]],
    ['of another source', 'Team=b', 'Team=a', undefined, ["change 'Team' from 'a' to 'b'"]],
    ['of another source than was applied', 'Team=b', 'Team=a', 'Team=a', ["change 'Team' from 'a' to 'b'"]],
    ['not in the file', '', 'Team=a', undefined, ["remove 'Team', which now comes from 'a'"]],
    ['applied, and not in the file', '', 'Team=a', 'Team=a', ["remove 'Team', which now comes from 'a'"]],
    ['applied, and gone by hand', 'Team=a', '', 'Team=a', ["add 'Team' from 'a'"]],
    ['applied, and changed by hand', 'Team=a', 'Team=c', 'Team=a', ["restore 'Team' from 'c' to 'a'"]],
  ])('one that is %s', (_, wanted, actual, applied, expected) => {
    const owned = applied === undefined ? undefined : { v: 1 as const, applied: attributes(applied) }
    const facts = { wanted: attributes(wanted), actual: attributes(actual), owned }
    const steps = planAttributes({ ...facts, onDrift: 'restore' })
    expect(steps.map(describeAttributeStep)).toEqual(expected)
    const isHeld = expected.some((one) => /^(change|remove)/.test(one))
    expect(steps.some(isLoss)).toBe(isHeld)
    expect(applySteps(facts.actual, steps)).toEqual(facts.wanted)
    const reported = planAttributes({ ...facts, onDrift: 'report' })
    const isDrift = applied === wanted && actual !== wanted
    expect(reported.map(({ step }) => step)).toEqual(isDrift ? ['report'] : steps.map(({ step }) => step))
  })

  // STS API Reference, "AssumeRole", Tags: there are no separate keys Department and department.
  test.each([
    ['the same source', 'team=a', 'Team=a', undefined, [], 'Team=a'],
    ['another source', 'team=b', 'Team=a', undefined, ["change 'Team' from 'a' to 'b'"], 'Team=b'],
    ['another source by hand', 'team=a', 'TEAM=b', 'Team=a', ["restore 'TEAM' from 'b' to 'a'"], 'TEAM=a'],
    ['two sources', 'Team=a', 'TEAM=b Team=a', undefined, ["remove 'TEAM', which now comes from 'b'"], 'Team=a'],
    ['two sources in the file too', 'TEAM=b Team=a', 'TEAM=b Team=a', undefined, [], 'TEAM=b Team=a'],
  ])('a key that differs only in capitals, with %s, is the same key', (_, wanted, actual, applied, expected, then) => {
    const owned = applied === undefined ? undefined : { v: 1 as const, applied: attributes(applied) }
    const facts = { wanted: attributes(wanted), actual: attributes(actual), owned, onDrift: 'restore' as const }
    const steps = planAttributes(facts)
    expect(steps.map(describeAttributeStep)).toEqual(expected)
    expect(applySteps(facts.actual, steps)).toEqual(attributes(then))
    expect(isSameAttributes(facts.wanted, attributes(then))).toBe(true)
    expect(isSameAttributes(facts.wanted, facts.actual)).toBe(steps.length === 0)
  })

  test('what was asked for and is not there yet is asked for again, and is nobody’s change by hand', () => {
    const [wanted, before] = [attributes('Team=b'), attributes('Team=a')]
    const asked = { attributes: wanted, before, at: '2026-03-03T10:00:00.000Z' }
    const owned = { v: 1 as const, applied: wanted, asked }
    expect(planAttributes({ wanted, actual: before, owned, onDrift: 'report' })).toMatchObject([{ step: 'change' }])
  })

  test('a call says nothing of an attribute that it left as somebody else made it', () => {
    const asked = {
      attributes: attributes('Cost=x Team=c'),
      before: attributes('Team=c'),
      at: '2026-03-03T10:00:00.000Z',
    }
    expect(recordApplied(attributes('Team=a'), asked)).toEqual(attributes('Cost=x Team=a'))
    expect(recordApplied(attributes('TEAM=a'), asked)).toEqual(attributes('Cost=x TEAM=a'))
  })

  test('what is added waits while there is no room for it beside what is held', () => {
    const many = attributes(Array.from({ length: 50 }, (_, index) => `key-${index + 10}=a`).join(' '))
    const [one] = attributes('Team=a')
    const add = { key: attributeKey.parse('Team'), to: attributeSource.parse('a'), step: 'add' } as const
    expect(applySteps(many, [add])).toEqual(many)
    expect(applySteps(many.slice(1), [add])).toContainEqual(one)
  })
})

describe('the file of attributes', () => {
  const parse = (value: unknown) => parseAttributesFile(Buffer.from(JSON.stringify(value)))
  const row = (Key: string, ...Source: string[]) => ({ Key, Value: { Source } })

  test('is sorted, and may be empty', () => {
    const file = parse({ AccessControlAttributes: [row('Team', 'b'), row('Cost Center', 'a')] })
    expect(file).toEqual({ ok: true, value: [{ key: 'Cost Center', source: 'a' }, ...attributes('Team=b')] })
    expect(parse({ AccessControlAttributes: [] })).toEqual({ ok: true, value: [] })
  })

  test.each([
    ['a key twice', [row('Team', 'a'), row('Team', 'b')], 'each key once'],
    ['a key in capitals too', [row('Team', 'a'), row('TEAM', 'b')], 'does not distinguish capitals'],
    ['two sources', [row('Team', 'a', 'b')], 'exactly one source'],
    ['no source', [row('Team')], 'exactly one source'],
    ['a long key', [row('x'.repeat(129), 'a')], '1 to 128'],
    ['a long source', [row('Team', 'x'.repeat(257))], '1 to 256'],
    ['51 attributes', Array.from({ length: 51 }, (_, index) => row(`key-${index}`, 'a')), 'at most 50'],
  ])('is refused with %s', (_, rows, expected) => {
    const file = parse({ AccessControlAttributes: rows })
    expect(file).toMatchObject({ ok: false, complaint: { object: attributesKey } })
    expect(file.ok ? '' : file.complaint.expected).toContain(expected)
  })
})
