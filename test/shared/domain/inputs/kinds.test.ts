import { expect, test } from '@jest/globals'
import type { Kind } from '../../../../shared/domain/inputs/kind.ts'
import {
  allKinds,
  isOfRequest,
  kindAt,
  kindOf,
  kinds,
  notifiedPlaces,
  parseInput,
  placesWrittenBy,
  registerKind,
  subjectOf,
} from '../../../../shared/domain/inputs/kinds.ts'

test('each kind has a place of its own; only the tests of policies are inside another one', () => {
  const inside = allKinds().filter(({ at }) => allKinds().some((other) => other.at !== at && at.startsWith(other.at)))
  expect(new Set(allKinds().map(({ at }) => at)).size).toBe(allKinds().length)
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

test('people write requests, approvals and decisions under their own id, and these wait for people', () => {
  expect(placesWrittenBy('oneself')).toEqual(['requests/', 'approvals/', 'decisions/'])
  expect(allKinds().filter(({ at }) => isOfRequest(`${at}x`))).toEqual([kinds.request, kinds.approval, kinds.decision])
})

test('a key that cannot be one of its kind is refused with a complaint, and nothing throws', () => {
  for (const kind of allKinds()) {
    const { at } = kind
    const read = parseInput(kind, at.endsWith('/') ? `${at}\u0000` : at, new TextEncoder().encode('{'), 1)
    expect(read.ok).toBe(false)
  }
})

test('a kind that is registered is one like all others until it is taken out again, and its place is taken', () => {
  const kind: Kind = { ...kinds.group, at: 'teams/' }
  const withdraw = registerKind(kind)
  try {
    expect([kindAt('teams/a.json'), kindOf('teams/README')]).toEqual([kind, undefined])
    expect(placesWrittenBy('governance')).toContain('teams/')
    expect(notifiedPlaces()).toContain('teams/')
    expect(() => registerKind({ ...kind })).toThrow("received a second kind at 'teams/'")
  } finally {
    withdraw()
  }
  expect(kindAt('teams/a.json')).toBeUndefined()
})

test.each([
  ['rules/a.json', 'rules/'],
  ['memberships/team-a/oncall%kenji%ssofile', 'memberships/oncall%kenji%ssofile'],
  ['memberships/oncall%kenji%ssofile', 'memberships/oncall%kenji%ssofile'],
  ['requests/9067/account%1%A%b%USER%ssofile', '9067'],
  ['groups/a.json', 'groups/a.json'],
  ['links_data/a', 'links_data/a'],
])("messages of '%s' are about '%s'", (key, subject) => {
  expect(subjectOf(key)).toBe(subject)
})
