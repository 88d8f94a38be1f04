import { expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { type Act, removalAct, revocationAct, suspensionAct } from '../../../../shared/domain/brake/act.ts'
import {
  type BrakeList,
  type BrakeRecord,
  brakeCauses,
  brakeRecord,
  brakeRules,
  emptyBrake,
  type Scope,
} from '../../../../shared/domain/brake/brake-record.ts'
import { dropAct } from '../../../../shared/domain/brake/judge-act.ts'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { judge } from './judging.ts'

const limits = defaultConfiguration.brake
const user = principalId.parse('11111111-1111-4111-8111-000000000001')
const key = assignmentKey.parse(`account%111111111111%Admin-ps%${user}%USER`)
const links = ['links_data/team-a/account%111111111111%Admin-ps%ann%USER%ssofile']
const cause = { cause: 'principal', name: 'USER/ann' } as const
const item = 'oncall%ann'

/** Lists of each rule and cause, of a name of their own. */
const foreign: readonly Scope[] = brakeRules.flatMap((rule) =>
  brakeCauses.map((cause) => ({ rule, cause, name: 'another', folder: 'another' })),
)
const scopesOf = (act: Act): readonly Scope[] =>
  act.counts.map(({ rule, cause, name, folder }) => ({ rule, cause, name, folder }))
const outlived = (act: Act, lists: readonly Scope[], items: BrakeList['items'] = [user]) =>
  lists.filter((list) => act.isOutlived?.({ ...list, items }))

test.each([
  ['that the brake has let pass', 'admitted'],
  ['about whom it is asked now', { user, by: 'hr' }],
] as const)(
  'the access of a suspended person %s outlives every list but those of people that have this person',
  (_, suspended) => {
    const act = revocationAct({ key, links, cause: undefined, suspended })
    const withdrawn = scopesOf(revocationAct({ key, links, cause: undefined }))
    const indirect = scopesOf(revocationAct({ key, links, cause }))
    const all = [...foreign, ...withdrawn, ...indirect]
    expect(outlived(act, all)).toEqual(all.filter(({ rule }) => rule !== 'people'))
    const another = principalId.parse('11111111-1111-4111-8111-000000000002')
    expect(outlived(act, all, [another])).toEqual(all)
  },
)

test('a suspended person whom the brake admits loses access that the list of an earlier suspension still holds', () => {
  const terms = { limits: { ...limits, people: { count: 1, minutes: 15 } }, now: new Date('2026-03-03T10:00:00Z') }
  const others = ['11111111-1111-4111-8111-000000000002', '11111111-1111-4111-8111-000000000003'] as const
  const suspend = (record: BrakeRecord, id: string) =>
    judge(record, suspensionAct({ user: principalId.parse(id), by: 'hr' }), terms).brake
  const full = [...others, user].reduce(suspend, emptyBrake)
  const held = judge(full, revocationAct({ key, links, cause: undefined, suspended: { user, by: 'hr' } }), terms).brake
  expect(held.lists).toMatchObject([{ items: [user, others[1]], held: [key] }])
  // The file was deleted: only the person leaves the list.
  const restored = dropAct(held, suspensionAct({ user, by: undefined }))
  expect(restored.lists).toMatchObject([{ items: [others[1]], held: [key] }])
  const later = { ...terms, now: new Date('2026-03-03T10:30:00Z') }
  const admitted = judge(restored, suspensionAct({ user, by: 'hr' }), later)
  expect(admitted.passes).toBe(true)
  const revoked = judge(admitted.brake, revocationAct({ key, links, cause: undefined, suspended: 'admitted' }), later)
  expect(revoked).toMatchObject({ passes: true, brake: { lists: [{ items: [others[1]], held: [] }] } })
})

test('the access of a user whom the directory has ended outlives every list but those on which it counts', () => {
  const act = revocationAct({ key, links, cause, isEnded: true })
  expect(scopesOf(act).map((one) => one.cause)).toEqual(['principal', 'folder', 'everything'])
  expect(outlived(act, scopesOf(act))).toEqual([])
  expect(outlived(act, foreign)).toEqual(foreign)
})

test('the access of a disabled user leaves the list of a moved account, unless all causes of its folder exceed their limit', () => {
  const began = new Date('2026-03-03T10:00:00Z')
  const terms = { limits: { ...limits, indirect: { ...limits.indirect, count: 1, percent: 0 } }, now: began }
  const moved = { cause: 'account', name: '111111111111', folder: 'team-a' } as const
  const all = { rule: 'indirect', since: began.toISOString(), base: 0, counted: ['another access'] } as const
  const list = { rule: 'indirect', ...moved, since: began.toISOString(), base: 0, limit: 1, minutes: 1440, passed: 1 }
  const windows = [
    { ...all, ...moved },
    { ...all, cause: 'folder', name: 'team-a' },
    { ...all, cause: 'everything' },
  ] as const
  const brake = brakeRecord.parse({ lists: [{ ...list, items: [key], held: [key] }], windows, releases: [] })
  const disabled = revocationAct({ key, links, cause, isEnded: true })
  const aDayLater = new Date(began.getTime() + 24 * 60 * 60_000)
  expect(judge(brake, revocationAct({ key, links, cause: moved }), { ...terms, now: aDayLater }).passes).toBe(false)
  expect(judge(brake, disabled, terms).passes).toBe(false)
  const base = { ...brake, windows: [...brake.windows.slice(1), { ...all, ...cause, folder: 'team-a', counted: [] }] }
  expect(judge(base, disabled, terms).brake.lists).toMatchObject([{ cause: 'folder', held: [key] }])
  expect(judge(base, disabled, { ...terms, now: aDayLater })).toMatchObject({ passes: true, brake: { lists: [] } })
})

test('the membership of a suspended person outlives every list but those of people, which have no memberships', () => {
  const lists = [
    ...foreign.filter(({ rule }) => rule !== 'people'),
    ...scopesOf(removalAct({ item, folders: ['team-a'], ruleOf: 'oncall' })),
  ]
  expect(outlived(removalAct({ item, folders: [], end: { by: 'file', user } }), lists)).toEqual(lists)
})

test('the membership of a user whom the directory has ended outlives every list but those on which it counts', () => {
  const act = removalAct({ item, folders: ['team-a'], ruleOf: 'oncall', end: { by: 'directory' } })
  expect(scopesOf(act).map((one) => one.cause)).toEqual(['principal', 'rule'])
  expect(outlived(act, scopesOf(act))).toEqual([])
  const others = [...foreign, ...scopesOf(removalAct({ item, folders: ['team-a'] }))]
  expect(outlived(act, others)).toEqual(others)
})

test('access of a principal that vanished stays on the list of the directory until its name is there again', () => {
  const vanished = revocationAct({ key, links, cause, isEnded: true, hasVanished: true })
  expect(vanished.item).toBe(user)
  const [first] = scopesOf(vanished)
  expect(first).toEqual({ rule: 'indirect', cause: 'directory', name: 'USER', folder: undefined })
  const list = first ? [first] : []
  expect(outlived(vanished, list)).toEqual([])
  expect(outlived(revocationAct({ key, links, cause, isEnded: true }), list)).toEqual(list)
})

test('access and memberships of people who have not ended outlive no list, except that of the directory', () => {
  const acts = [
    revocationAct({ key, links, cause: undefined }),
    revocationAct({ key, links, cause }),
    removalAct({ item, folders: [] }),
    removalAct({ item, folders: ['team-a'] }),
    removalAct({ item, folders: [], ruleOf: 'oncall' }),
    removalAct({ item, folders: ['team-a'], review: 'q1' }),
  ]
  const others = foreign.filter((list) => list.cause !== 'directory')
  expect(acts.flatMap((act) => outlived(act, others))).toEqual([])
})
