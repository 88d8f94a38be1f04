import { describe, expect, test } from '@jest/globals'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import type { OwnedMembership } from '../../../../../shared/domain/principals/owned-membership.ts'
import { principalName } from '../../../../../shared/domain/principals/principal.ts'
import { compareRule, type RuleFacts } from '../../../../../shared/modules/people/rules/compare-rule.ts'
import { describeRule, type RuleLook } from '../../../../../shared/modules/people/rules/describe-rule.ts'

const key = 'rules/oncall.json'
const group = principalId.parse('11111111-1111-4111-8111-111111111111')
const user = principalId.parse('22222222-2222-4222-8222-222222222222')
const name = principalName.parse('ana@example.com')
const now = new Date('2026-03-03T10:00:00Z')
const oncall = principalName.parse('oncall')

const entryOf = (more: Partial<OwnedMembership> = {}): OwnedMembership => ({
  v: 1,
  state: 'granted',
  group: oncall,
  user: name,
  files: [{ key }],
  calledAt: '2026-03-01T10:00:00.000Z',
  ...more,
})

function compare(
  means: 'yes' | 'no' | 'unknown',
  entry?: OwnedMembership,
  more: Partial<RuleFacts> & { isMember?: boolean } = {},
) {
  const { isMember = entry !== undefined, ...facts } = more
  const found = compareRule({
    key,
    rule: { moverGraceDays: 0 },
    matching: new Map(means === 'yes' ? [[user, name]] : []),
    unread: new Set(means === 'unknown' ? [user] : []),
    isListed: () => true,
    entries: entry ? [{ id: { group, user }, entry }] : [],
    members: new Set(isMember ? [user] : []),
    onDrift: 'restore',
    now,
    ...facts,
  })
  if (found.joining.length > 0) return 'joins'
  const [leaver] = found.leaving
  if (leaver) return leaver.isAlone ? 'leaves' : 'is looked at'
  return found.reported > 0 ? 'told' : found.kept > 0 ? 'kept' : 'left alone'
}

const later = '2026-03-04T10:00:00.000Z'
const before = '2026-03-02T10:00:00.000Z'
const file = { key: 'memberships/oncall%ana@example.com%ssofile' }
const grace = { rule: { moverGraceDays: 7 } }

describe('somebody', () => {
  test.each<[string, Parameters<typeof compare>, ReturnType<typeof compare>]>([
    ['whom it means and who is not in joins', ['yes'], 'joins'],
    ['whom others put in is left alone', ['yes', undefined, { isMember: true }], 'left alone'],
    ['who is in is left alone', ['yes', entryOf()], 'left alone'],
    ['whom somebody took out joins', ['yes', entryOf(), { isMember: false }], 'joins'],
    [
      'whom somebody took out is told where drift is',
      ['yes', entryOf(), { isMember: false, onDrift: 'report' }],
      'told',
    ],
    ['who is in by a file alone is looked at', ['yes', entryOf({ files: [file] })], 'joins'],
    ['who has another name now is looked at', ['yes', entryOf({ user: oncall })], 'joins'],
    ['who is meant again is looked at', ['yes', entryOf({ keptUntil: later })], 'joins'],
    ['whom it means no longer leaves', ['no', entryOf()], 'leaves'],
    ['whom a file wants too is looked at', ['no', entryOf({ files: [{ key }, file] })], 'is looked at'],
    ['who is in by a file alone and is not meant is left alone', ['no', entryOf({ files: [file] })], 'left alone'],
    ['whose days of grace begin is looked at', ['no', entryOf(), grace], 'is looked at'],
    ['whose days of grace run is kept', ['no', entryOf({ keptUntil: later }), grace], 'kept'],
    ['whose days of grace are over leaves', ['no', entryOf({ keptUntil: before }), grace], 'leaves'],
    ['whose rule has no days of grace any more leaves', ['no', entryOf({ keptUntil: later })], 'leaves'],
    ['whose rule is gone leaves', ['no', entryOf({ keptUntil: later }), { rule: undefined }], 'leaves'],
    ['who is not listed is looked at', ['no', entryOf(), { isListed: () => false }], 'is looked at'],
    ['of whom nobody knows is left alone', ['unknown', entryOf()], 'left alone'],
  ])('%s', (_, facts, expected) => {
    expect(compare(...facts)).toBe(expected)
  })
})

const none = { matching: 0, members: 0, waiting: 0, leaving: 0, held: 0, kept: 0 }
const quiet: RuleLook = {
  people: none,
  isGone: false,
  isExternal: false,
  held: undefined,
  paused: undefined,
  isAsBefore: false,
  reported: 0,
  unread: 0,
  unnameable: 0,
  otherCapitals: [],
}
test.each<[string, Partial<RuleLook>, string | undefined]>([
  ['nobody moves', {}, 'applied'],
  ['somebody joins', { people: { ...none, waiting: 1 } }, 'applying'],
  ['the same somebody joined before', { people: { ...none, waiting: 1 }, isAsBefore: true }, 'applied'],
  ['a pause', { people: { ...none, waiting: 1 }, isAsBefore: true, paused: 'paused' }, 'applying'],
  ['the brake holds', { people: { ...none, held: 2 }, held: 'too many' }, 'held'],
  ['gone, and somebody is left', { isGone: true, people: { ...none, leaving: 1 } }, 'revoking'],
  [
    'gone, and a provider keeps the group',
    { isGone: true, isExternal: true, people: { ...none, leaving: 1 } },
    'failed',
  ],
  ['gone, and held', { isGone: true, held: 'too many', people: { ...none, held: 1 } }, 'held'],
  ['gone, and nobody is left', { isGone: true }, undefined],
  ['somebody was taken out by hand', { reported: 1 }, 'failed'],
])('the status of a rule where %s', (_, look, expected) => {
  expect(describeRule(oncall, { ...quiet, ...look })?.state).toBe(expected)
})
