import { expect, test } from '@jest/globals'
import {
  allKinds,
  isOfRequest,
  kindAt,
  kindOf,
  kinds,
  placesWrittenBy,
} from '../../../../shared/domain/inputs/kinds.ts'

test('each kind has a place of its own; only the tests of policies are inside another one', () => {
  const inside = allKinds.filter(({ at }) => allKinds.some((other) => other.at !== at && at.startsWith(other.at)))
  expect(new Set(allKinds.map(({ at }) => at)).size).toBe(allKinds.length)
  expect(inside).toEqual([kinds.policyTest])
})

test.each([
  ['policies/tests/a.json', kinds.policyTest, kinds.policyTest],
  ['policies/a.json', kinds.policy, kinds.policy],
  ['policies/README.md', kinds.policy, undefined],
  ['links_data/anything', kinds.link, kinds.link],
  ['hygiene.json', kinds.hygiene, kinds.hygiene],
  ['hygiene.json.bak', undefined, undefined],
  ['status/links_data/x.json', undefined, undefined],
])("the key '%s' is found in the place of its kind, and counts only where that kind says so", (key, at, of) => {
  expect([kindAt(key), kindOf(key)]).toEqual([at, of])
})

test('people write requests and approvals under their own id, and these wait for people', () => {
  expect(placesWrittenBy('oneself')).toEqual(['requests/', 'approvals/'])
  expect(allKinds.filter(({ at }) => isOfRequest(`${at}x`))).toEqual([kinds.request, kinds.approval])
})

test('a key that cannot be one of its kind is refused with a complaint, and nothing throws', () => {
  for (const { at, parse } of allKinds) {
    const read = parse(at.endsWith('/') ? `${at}\u0000` : at, new TextEncoder().encode('{'), 1)
    expect(read.ok).toBe(false)
  }
})
