import { beforeEach, describe, expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { folderOf, type Revocation, revocationAct } from '../../../../shared/domain/brake/act.ts'
import {
  type BrakeRecord,
  type BrakeWindow,
  brakeRecord,
  type Cause,
  emptyBrake,
} from '../../../../shared/domain/brake/brake-record.ts'
import { describeList, figureOf } from '../../../../shared/domain/brake/describe-list.ts'
import { dropAct, findEnded } from '../../../../shared/domain/brake/judge-act.ts'
import { findList, listHeld } from '../../../../shared/domain/brake/lists.ts'
import { findRelease, findUnhinted, pruneBrake, releaseHeld } from '../../../../shared/domain/brake/releases.ts'
import { limitOf, noteBase, prolongWindow } from '../../../../shared/domain/brake/windows.ts'
import { configuration, defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { baselessOf, judge } from './judging.ts'

const limits = defaultConfiguration.brake
const began = new Date('2026-03-03T10:00:00Z')
const later = (minutes: number) => new Date(began.getTime() + minutes * 60_000)

const keyOf = (name: string) => assignmentKey.parse(`account%200000000001%ReadOnly-ps%${name}%GROUP%ssofile`)
const linkOf = (name: string, folder?: string) =>
  `links_data/${folder === undefined ? '' : `${folder}/`}root%all%ReadOnly-ps%${name}%GROUP%ssofile`
/** Its one link is withdrawn. */
const own = (name: string, folder?: string): Revocation => {
  return { key: keyOf(name), links: [linkOf(name, folder)], cause: undefined }
}
const renamed: Cause = { cause: 'principal', name: 'GROUP/renamed' }
/** All of one cause; `folder`: of the link that granted it. */
const indirect = (name: string, cause: Cause = renamed, folder?: string): Revocation => {
  return { key: keyOf(name), links: folder === undefined ? [] : [linkOf(name, folder)], cause }
}
const many = <T>(count: number, make: (name: string) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(`team ${index}`))

/** Judges one after the other; each window has this base. */
function judgeAll(
  brake: BrakeRecord,
  revocations: readonly Revocation[],
  { base = 0, now = began, of = limits }: { base?: number; now?: Date; of?: typeof limits } = {},
): { readonly brake: BrakeRecord; readonly passed: number } {
  const terms = { limits: of, now }
  let record = brake
  let passed = 0
  for (const revocation of revocations) {
    for (const window of baselessOf(record, revocationAct(revocation), terms))
      record = noteBase(record, window, base, terms)
    const verdict = judge(record, revocationAct(revocation), terms)
    record = verdict.brake
    if (verdict.passes) passed++
  }
  return { brake: record, passed }
}

/** Releases the first list, or another one. */
function release(brake: BrakeRecord, by: Parameters<typeof releaseHeld>[2], nth = 0): BrakeRecord {
  const list = brake.lists[nth]
  return list
    ? releaseHeld(brake, list, by)
    : {
        ...brake,
        releases: [
          ...brake.releases,
          { ...by, at: by.at.toISOString(), hinted: false, rule: 'own', keys: [], items: [] },
        ],
      }
}

const windowOf = ({ windows }: BrakeRecord, one: Partial<BrakeWindow>) =>
  windows.find((window) =>
    Object.entries({ name: undefined, ...one }).every(([field, value]) => window[field as keyof BrakeWindow] === value),
  )

describe('the limit', () => {
  test.each([
    ['own', 0, 20],
    ['own', 200, 20],
    ['own', 209, 20],
    ['own', 210, 21],
    ['own', 300, 30],
    ['own', 100_000, 10_000],
    ['indirect', 0, 20],
    ['indirect', 300, 30],
    ['indirect', 2_000, 200],
    ['indirect', 100_000, 200],
  ] as const)('of the rule %s over %i is %i', (rule, base, limit) => {
    expect(limitOf({ rule, cause: rule === 'own' ? 'folder' : 'account' }, base, limits)).toBe(limit)
  })

  test.each([
    ['own', own, 300, 30],
    ['own', own, 3, 20],
    ['indirect', indirect, 300, 30],
    ['indirect', indirect, 5_000, 200],
  ] as const)('of the rule %s: exactly as many pass, one more is held', (_rule, make, base, limit) => {
    const { brake, passed } = judgeAll(
      emptyBrake,
      many(limit, (name) => make(name)),
      { base },
    )
    expect({ passed, held: listHeld(brake) }).toEqual({ passed: limit, held: [] })
    const next = judgeAll(brake, [make('one more')], { base })
    expect({ passed: next.passed, held: listHeld(next.brake) }).toEqual({ passed: 0, held: [keyOf('one more')] })
  })

  test('of zero holds everything, and one of 100 percent nothing', () => {
    const none = configuration.parse({ brake: { own: { count: 0, percent: 0 } } }).brake
    expect(judgeAll(emptyBrake, [own('a')], { base: 300, of: none }).passed).toBe(0)
    const all = configuration.parse({ brake: { own: { percent: 100 } } }).brake
    expect(
      judgeAll(
        emptyBrake,
        many(300, (name) => own(name)),
        { base: 300, of: all },
      ).passed,
    ).toBe(300)
  })
})

describe('what is counted', () => {
  test('one link revokes on any number of accounts', () => {
    const accounts = many(500, (name): Revocation => ({ ...own(name), links: [linkOf('everyone')] }))
    expect(judgeAll(emptyBrake, accounts, { base: 1 })).toMatchObject({ passed: 500, brake: { lists: [] } })
  })

  test('a revocation that is judged again counts once', () => {
    const first = judgeAll(
      emptyBrake,
      many(20, (name) => indirect(name)),
    )
    expect(
      judgeAll(
        first.brake,
        many(20, (name) => indirect(name)),
      ),
    ).toEqual({ brake: first.brake, passed: 20 })
  })

  test('each folder has a window of its own, and what stands in none has one too', () => {
    const root = judgeAll(
      emptyBrake,
      many(21, (name) => own(name)),
    )
    expect(root.passed).toBe(20)
    const team = judgeAll(
      root.brake,
      many(21, (name) => own(`${name} of a`, 'team-a')),
    )
    expect({ passed: team.passed, rules: team.brake.lists.map(({ name }) => name) }).toEqual({
      passed: 20,
      rules: [undefined, 'team-a'],
    })
  })

  test('access that links of two folders granted counts in both, and is held when one is full', () => {
    const full = judgeAll(
      emptyBrake,
      many(20, (name) => own(name)),
    )
    const both = { ...own('both'), links: [linkOf('both'), linkOf('both', 'team-a')] }
    const { brake } = judgeAll(full.brake, [both])
    expect(brake.lists.map(({ name, held }) => ({ name, held }))).toEqual([{ name: undefined, held: [keyOf('both')] }])
    expect(windowOf(brake, { name: 'team-a' })).toBeUndefined()
  })

  test('its link in a folder that has room is counted, where that in another was counted before', () => {
    const first = judgeAll(emptyBrake, [own('both')])
    const both = { ...own('both'), links: [linkOf('both'), linkOf('both', 'team-a')] }
    const { brake, passed } = judgeAll(first.brake, [both])
    expect(passed).toBe(1)
    expect(brake.windows.map(({ name, counted }) => ({ name, counted }))).toEqual([
      { name: undefined, counted: [linkOf('both')] },
      { name: 'team-a', counted: [linkOf('both', 'team-a')] },
    ])
  })

  test('what links withdrawn and what something else takes away is counted apart', () => {
    const { brake } = judgeAll(emptyBrake, [own('a'), indirect('b')])
    expect(brake.windows.map(({ rule, cause, counted }) => ({ rule, cause, counted }))).toEqual([
      { rule: 'own', cause: 'folder', counted: [linkOf('a')] },
      { rule: 'indirect', cause: 'principal', counted: [keyOf('b')] },
      { rule: 'indirect', cause: 'everything', counted: [keyOf('b')] },
    ])
  })

  test('what was counted passes again after the limit was lowered, and leaves the record as it is', () => {
    const { brake } = judgeAll(
      emptyBrake,
      many(20, (name) => own(name)),
    )
    const lower = configuration.parse({ brake: { own: { count: 5, percent: 0 } } }).brake
    const again = judgeAll(
      brake,
      many(20, (name) => own(name)),
      { of: lower },
    )
    expect(again.passed).toBe(20)
    expect(again.brake).toBe(brake)
    expect(judgeAll(brake, [own('one more')], { of: lower }).passed).toBe(0)
  })

  test('each cause has a limit of its own', () => {
    const full = judgeAll(
      emptyBrake,
      many(20, (name) => indirect(name)),
    )
    expect(judgeAll(full.brake, [indirect('one more')]).passed).toBe(0)
    for (const cause of [
      { cause: 'principal', name: 'USER/renamed' },
      { cause: 'account', name: '200000000001' },
      { cause: 'permission set', name: 'GROUP/renamed' },
      { cause: 'configuration' },
    ] as const)
      expect(judgeAll(full.brake, [indirect('one more', cause)]).passed).toBe(1)
  })

  test('of one cause each folder has a limit of its own, and a list', () => {
    const theirs = judgeAll(
      emptyBrake,
      many(21, (name) => indirect(`their ${name}`, renamed, 'theirs')),
    )
    expect(theirs.passed).toBe(20)
    const ours = judgeAll(
      theirs.brake,
      many(20, (name) => indirect(`our ${name}`, renamed, 'ours')),
    )
    expect(ours.passed).toBe(20)
    expect(ours.brake.lists).toMatchObject([{ cause: 'principal', name: 'GROUP/renamed', folder: 'theirs' }])
    expect(ours.brake.lists.map(describeList)).toEqual([
      "held by the brake: more than 20 assignments would be revoked within 24 hours because of the principal 'GROUP/renamed', of links in the folder 'theirs', although their links were not deleted",
    ])
  })

  test('the access of one folder has a share of everything, whatever the causes, and leaves the rest to others', () => {
    const ofAccount = (folder: string | undefined, count: number) =>
      many(count, (name) => {
        const text = `${name} of ${folder}`
        return indirect(text, { cause: 'account', name: text }, folder)
      })
    const hostile = judgeAll(emptyBrake, ofAccount('team-a', 100))
    expect({ passed: hostile.passed, lists: hostile.brake.lists.map(describeList) }).toEqual({
      passed: 20,
      lists: [
        "held by the brake: more than 20 assignments would be revoked within 24 hours that links in the folder 'team-a' grant, although their links were not deleted",
      ],
    })
    const others = judgeAll(hostile.brake, ofAccount('team-b', 20))
    expect(others.passed).toBe(20)
    const last = judgeAll(others.brake, ofAccount('team-c', 10))
    expect(last.brake.lists.map(({ cause, name, held }) => ({ cause, name, count: held.length }))).toEqual([
      { cause: 'folder', name: 'team-a', count: 80 },
      { cause: 'everything', name: undefined, count: 10 },
    ])
  })

  test('the folder of a key is what stands before its last slash before the first percent sign', () => {
    expect(folderOf(linkOf('a / b'))).toBeUndefined()
    expect(folderOf(linkOf('a', 'sync/upstream'))).toBe('sync/upstream')
  })
})

describe('a window', () => {
  test('a window ends after its minutes, and the next has a base of its own', () => {
    const full = judgeAll(
      emptyBrake,
      many(20, (name) => own(name)),
      { base: 0 },
    )
    expect(findEnded(full.brake, revocationAct(own('next')), { limits, now: later(14.99) })).toEqual([])
    expect(findEnded(full.brake, revocationAct(own('next')), { limits, now: later(15) })).toHaveLength(1)
    const next = judgeAll(
      full.brake,
      many(30, (name) => own(`${name} again`)),
      { base: 300, now: later(15) },
    )
    expect(next.passed).toBe(30)
  })

  test('in which something was held ends only its whole length after that', () => {
    const held = judgeAll(
      judgeAll(
        emptyBrake,
        many(20, (name) => own(name)),
      ).brake,
      [own('one more')],
      { now: later(14) },
    )
    expect(judgeAll(held.brake, [own('another')], { now: later(28) }).passed).toBe(0)
    expect(judgeAll(held.brake, [own('another')], { now: later(29) }).passed).toBe(1)
  })

  test('of one folder is not longer because something was held in another', () => {
    const open = judgeAll(emptyBrake, [own('of a', 'team-a'), ...many(20, (name) => own(name))]).brake
    const { brake } = judgeAll(open, [own('one more')], { now: later(14) })
    expect(findEnded(brake, revocationAct(own('next', 'team-a')), { limits, now: later(15) })).toHaveLength(1)
    expect(findEnded(brake, revocationAct(own('next')), { limits, now: later(15) })).toEqual([])
  })

  test('in which something was held is kept for twice its length after that, and not longer', () => {
    const { brake } = judgeAll(
      emptyBrake,
      many(21, (name) => own(name)),
    )
    const justBefore = new Date(later(30).getTime() - 1)
    expect(pruneBrake(brake, { limits, now: justBefore })).toBe(brake)
    expect(pruneBrake(brake, { limits, now: later(30) })).toEqual({ ...brake, windows: [] })
  })

  test('that is over is not kept because a release is still in force, nor a release because a window runs', () => {
    const held = judgeAll(
      emptyBrake,
      many(21, (name) => own(name)),
    ).brake
    const released = release(held, { at: began, digest: 'd', by: 'me' })
    expect(pruneBrake(released, { limits, now: later(59) })).toEqual({ ...released, windows: [] })
    const next = judgeAll(released, [indirect('of a group')], { now: later(2) }).brake
    const pruned = pruneBrake(next, { limits, now: later(60) })
    expect({ rules: pruned.windows.map(({ rule }) => rule), releases: pruned.releases }).toEqual({
      rules: ['indirect', 'indirect'],
      releases: [],
    })
    const running = { ...next, windows: next.windows.filter(({ rule }) => rule === 'indirect') }
    expect(pruneBrake(running, { limits, now: later(60) }).releases).toEqual([])
  })

  test('that begins takes the place of the one before it, and no other', () => {
    const before = judgeAll(emptyBrake, [own('a'), own('a', 'team-a'), indirect('a')]).brake
    const after = judgeAll(before, [own('b')], { now: later(20) }).brake
    expect(after.windows).toEqual([
      { rule: 'own', cause: 'folder', since: '2026-03-03T10:20:00.000Z', counted: [linkOf('b')] },
      ...before.windows.slice(1),
    ])
  })

  test('has the base that was counted for it, and none that was counted for an earlier one', () => {
    const { brake } = judgeAll(emptyBrake, [own('a')])
    const [window] = brake.windows
    if (!window) throw new Error('nothing was counted')
    const terms = { limits, now: began }
    expect(noteBase(brake, window, 7, terms).windows).toEqual([{ ...window, base: 7 }])
    const earlier = { ...window, since: later(-20).toISOString() }
    expect(noteBase(brake, earlier, 7, terms)).toBe(brake)
    expect(noteBase(emptyBrake, window, 7, terms).windows).toEqual([{ ...window, base: 7 }])
  })

  test('that is over, and a release of more than an hour ago, are not kept', () => {
    const held = judgeAll(
      emptyBrake,
      many(21, (name) => own(name)),
    ).brake
    const released = release(held, { at: began, digest: 'd', by: 'me' })
    expect(pruneBrake(released, { limits, now: later(14) })).toBe(released)
    expect(pruneBrake(released, { limits, now: later(60) })).toEqual(emptyBrake)
  })

  test('a window goes on, when it has just run out, while more links are still to be carried out than may pass in one', () => {
    const { brake } = judgeAll(
      emptyBrake,
      many(9, (name) => own(name)),
      { base: 300 },
    )
    const [one] = findEnded(brake, revocationAct(own('next')), { limits, now: later(15) })
    if (!one) throw new Error('the window still runs')
    expect(prolongWindow(brake, one, 20, { limits, now: later(15) })).toBe(brake)
    expect(prolongWindow(brake, one, 21, { limits, now: later(30) })).toBe(brake)
    const longer = prolongWindow(brake, one, 21, { limits, now: later(29) })
    expect(longer.windows.map(({ counted }) => counted.length)).toEqual([9])
    const others = many(31, (name) => own(`${name} more`))
    expect(judgeAll(longer, others, { base: 300, now: later(43) }).passed).toBe(21)
  })

  test('a window goes on alone: those of other folders and rules end when they would', () => {
    const { brake } = judgeAll(emptyBrake, [own('a', 'team-a'), own('a'), indirect('a')], { base: 300 })
    const one = { rule: 'own', cause: 'folder', name: undefined, items: [linkOf('next')] } as const
    const longer = prolongWindow(brake, one, 31, { limits, now: later(15) })
    expect(longer.windows.map(({ name, rule, busyAt }) => ({ name, rule, busyAt }))).toEqual([
      { name: 'team-a', rule: 'own', busyAt: undefined },
      { name: undefined, rule: 'own', busyAt: '2026-03-03T10:15:00.000Z' },
      { name: 'GROUP/renamed', rule: 'indirect', busyAt: undefined },
      { name: undefined, rule: 'indirect', busyAt: undefined },
    ])
  })

  test('a window goes on only where there is one', () => {
    expect(findEnded(emptyBrake, revocationAct(own('a')), { limits, now: began })).toEqual([])
    const one = { rule: 'own', cause: 'folder', items: [linkOf('a')] } as const
    expect(prolongWindow(emptyBrake, one, 1_000, { limits, now: began })).toBe(emptyBrake)
  })
})

describe('what is held', () => {
  let held = emptyBrake
  beforeEach(() => {
    held = judgeAll(
      emptyBrake,
      many(300, (name) => own(name)),
      { base: 300 },
    ).brake
  })

  test('is listed whole, and told with rule, figure and limit', () => {
    expect(listHeld(held)).toHaveLength(270)
    expect(held.lists).toHaveLength(1)
    expect(held.lists.map(figureOf)).toEqual([300])
    expect(held.lists.map(describeList)).toEqual([
      'held by the brake: more than 30 of the 300 links directly under links_data/ were withdrawn within 15 minutes',
    ])
  })

  test('is a list in order, in a record that can be read again', () => {
    expect(listHeld(held)).toEqual([...(held.lists[0]?.held ?? [])].sort())
    expect(brakeRecord.parse(JSON.parse(JSON.stringify(held)))).toEqual(held)
    expect(judgeAll(held, [own('a team before')]).brake.lists[0]?.held.slice(0, 1)).toEqual([keyOf('a team before')])
  })

  test('is told with the folder of its links', () => {
    const { brake } = judgeAll(
      emptyBrake,
      many(21, (name) => own(name, 'team\n-a')),
    )
    expect(brake.lists.map(describeList)).toEqual([
      "held by the brake: more than 20 links in the folder 'team\\u{a}-a' were withdrawn within 15 minutes",
    ])
  })

  test('is kept with what had passed, and with each link once', () => {
    const first = judgeAll(
      emptyBrake,
      many(21, (name) => own(name)),
      { base: 3 },
    ).brake
    const again = { ...own('another of the same link'), links: [linkOf('team 20')] }
    expect(judgeAll(first, [again]).brake.lists).toEqual([
      {
        rule: 'own',
        cause: 'folder',
        since: began.toISOString(),
        base: 3,
        limit: 20,
        minutes: 15,
        passed: 20,
        items: [linkOf('team 20')],
        held: [keyOf('another of the same link'), keyOf('team 20')],
      },
    ])
  })

  test('in one folder says nothing of what is held in another', () => {
    const inFolder = (name: string) => own(`${name} of a`, 'team-a')
    const both = judgeAll(
      judgeAll(
        emptyBrake,
        many(21, (name) => own(name)),
      ).brake,
      many(22, inFolder),
    ).brake
    const next = judgeAll(both, [inFolder('next')]).brake
    expect(next.lists.map(({ name, items }) => ({ name, count: items.length }))).toEqual([
      { name: undefined, count: 1 },
      { name: 'team-a', count: 3 },
    ])
    expect(next.lists[0]).toBe(both.lists[0])
  })

  test('stays held in every later window', () => {
    const revocation = own('team 299')
    expect(judgeAll(held, [revocation], { now: later(600) })).toEqual({ brake: held, passed: 0 })
  })

  test('leaves the list when it is not to be revoked any more', () => {
    const brake = dropAct(held, { rule: 'own', key: keyOf('team 299') })
    expect(listHeld(brake)).toHaveLength(269)
    expect(dropAct(brake, { rule: 'own', key: keyOf('team 299') })).toBe(brake)
    const empty = listHeld(held).reduce((record, key) => dropAct(record, { rule: 'own', key }), held)
    expect(empty.lists).toEqual([])
  })

  test('stands on the list of what it was counted for', () => {
    const ofGroups = many(22, (name) => indirect(`${name} of a group`))
    const { brake } = judgeAll(emptyBrake, [...many(21, (name) => own(name)), ...ofGroups])
    expect(findList(brake, keyOf('team 20'))?.rule).toBe('own')
    expect(findList(brake, keyOf('team 21 of a group'))?.rule).toBe('indirect')
    expect(findList(brake, keyOf('of what is over'))).toBeUndefined()
  })

  test('leaves its list, which ends with its last and before the others', () => {
    const ofGroups = many(22, (name) => indirect(`${name} of a group`))
    const { brake } = judgeAll(emptyBrake, [...many(21, (name) => own(name)), ...ofGroups])
    const [first, second] = brake.lists[1]?.held ?? []
    if (!first || !second) throw new Error('the brake holds nothing')
    const one = dropAct(brake, { rule: 'own', key: first })
    expect(one.lists.map(({ rule, items }) => ({ rule, count: items.length }))).toEqual([
      { rule: 'own', count: 1 },
      { rule: 'indirect', count: 1 },
    ])
    expect(one.lists[1]?.items).toEqual([second])
    const none = dropAct(one, { rule: 'own', key: second })
    expect(none.lists.map(({ rule }) => rule)).toEqual(['own'])
    const busy = ({ windows }: BrakeRecord) => windows.filter(({ busyAt }) => busyAt).map(({ rule }) => rule)
    expect({ before: busy(brake), after: busy(none) }).toEqual({ before: ['own', 'indirect'], after: ['own'] })
    expect(busy(dropAct(none, { rule: 'own', key: keyOf('team 20') }))).toEqual([])
  })

  test('of one list is released while the others stay held', () => {
    const ofFolder = many(22, (name) => own(`${name} of a`, 'team-a'))
    const { brake } = judgeAll(emptyBrake, [...many(21, (name) => own(name)), ...ofFolder])
    const released = release(brake, { at: began, digest: 'd', by: 'me' }, 1)
    expect(released.lists).toEqual(brake.lists.slice(0, 1))
    expect(judgeAll(released, ofFolder).passed).toBe(22)
    expect(judgeAll(released, [own('team 20')]).passed).toBe(0)
  })

  test('passes for one hour after its release, uncounted, and what was not on the list does not', () => {
    const released = release(held, { at: later(5), digest: 'd', by: 'me' })
    expect(released.lists).toEqual([])
    const again = judgeAll(
      released,
      many(300, (name) => own(name)),
      { now: later(6) },
    )
    expect(again).toEqual({ brake: released, passed: 300 })
    expect(judgeAll(released, [own('one more')], { now: later(6) }).passed).toBe(0)
    const tooLate = judgeAll(
      released,
      many(300, (name) => own(name)),
      { base: 300, now: later(65) },
    )
    expect(tooLate.passed).toBe(30)
  })

  test('is to be hinted at after its release, once', () => {
    const released = release(held, { at: began, digest: 'd', by: 'me' })
    expect(findUnhinted(released, later(59)).map(({ keys }) => keys.length)).toEqual([270])
    expect(findUnhinted(released, later(60))).toEqual([])
    const hinted = { ...released, releases: released.releases.map((one) => ({ ...one, hinted: true })) }
    expect(findUnhinted(hinted, later(1))).toEqual([])
  })

  test('was released by the last release of exactly that list that is in force', () => {
    const first = release(held, { at: began, digest: 'd', by: 'me' })
    const second = release(first, { at: later(10), digest: 'd', by: 'you' })
    const third = release(second, { at: later(20), digest: 'e', by: 'them' })
    expect(findRelease(third, 'd', later(21))?.by).toBe('you')
    expect(findRelease(third, 'e', later(21))?.by).toBe('them')
    expect(findRelease(third, 'f', later(21))).toBeUndefined()
    expect(findRelease(third, 'd', later(69))?.by).toBe('you')
    expect(findRelease(third, 'd', later(70))).toBeUndefined()
  })

  test('by an event is told as such', () => {
    const { brake } = judgeAll(
      emptyBrake,
      many(21, (name) => indirect(name)),
      { base: 100 },
    )
    expect(brake.lists.map(describeList)).toEqual([
      "held by the brake: more than 20 assignments would be revoked within 24 hours because of the principal 'GROUP/renamed', although their links were not deleted",
    ])
  })
})
