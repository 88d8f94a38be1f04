import { beforeEach, describe, expect, test } from '@jest/globals'
import { assignmentKey } from '../../../shared/domain/assignment.ts'
import {
  type BrakeRecord,
  brakeRecord,
  describeHold,
  emptyBrake,
  figureOf,
  findHold,
  findMissingWindows,
  findRelease,
  findUnhinted,
  folderOf,
  judgeRevocation,
  limitOf,
  openWindow,
  prolongWindow,
  pruneBrake,
  type Revocation,
  releaseHeld,
  takeOffList,
} from '../../../shared/domain/brake.ts'
import { configuration, defaultConfiguration } from '../../../shared/domain/configuration.ts'

const limits = defaultConfiguration.brake
const began = new Date('2026-03-03T10:00:00Z')
const later = (minutes: number) => new Date(began.getTime() + minutes * 60_000)

const keyOf = (name: string) => assignmentKey.parse(`account%200000000001%ReadOnly-ps%${name}%GROUP%ssofile`)
const linkOf = (name: string, folder?: string) => ({
  key: `links_data/${folder === undefined ? '' : `${folder}/`}root%all%ReadOnly-ps%${name}%GROUP%ssofile`,
  folder,
})
/** Its one link is withdrawn. */
const own = (name: string, folder?: string): Revocation => ({ key: keyOf(name), withdrawn: [linkOf(name, folder)] })
const indirect = (name: string): Revocation => ({ key: keyOf(name), withdrawn: [] })
const many = <T>(count: number, make: (name: string) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(`team ${index}`))

/** Judges one after the other, opening windows over this many links or entries. */
function judgeAll(
  brake: BrakeRecord,
  revocations: readonly Revocation[],
  { base = 0, now = began, of = limits }: { base?: number; now?: Date; of?: typeof limits } = {},
): { readonly brake: BrakeRecord; readonly passed: number } {
  let record = brake
  let passed = 0
  for (const revocation of revocations) {
    for (const missing of findMissingWindows(record, revocation, { limits: of, now }))
      record = openWindow(record, missing, base, { limits: of, now })
    const verdict = judgeRevocation(record, revocation, { limits: of, now })
    record = verdict.brake
    if (verdict.passes) passed++
  }
  return { brake: record, passed }
}

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
    expect(limitOf(rule, base, limits)).toBe(limit)
  })

  test.each([
    ['own', own, 300, 30],
    ['own', own, 3, 20],
    ['indirect', indirect, 300, 30],
    ['indirect', indirect, 5_000, 200],
  ] as const)('of the rule %s: exactly as many pass, one more is held', (_rule, make, base, limit) => {
    const { brake, passed } = judgeAll(emptyBrake, many(limit, make), { base })
    expect({ passed, held: brake.held }).toEqual({ passed: limit, held: [] })
    const next = judgeAll(brake, [make('one more')], { base })
    expect({ passed: next.passed, held: next.brake.held }).toEqual({ passed: 0, held: [keyOf('one more')] })
  })

  test('of zero holds everything, and one of 100 percent nothing', () => {
    const none = configuration.parse({ brake: { own: { count: 0, percent: 0 } } }).brake
    expect(judgeAll(emptyBrake, [own('a')], { base: 300, of: none }).passed).toBe(0)
    const all = configuration.parse({ brake: { own: { percent: 100 } } }).brake
    expect(judgeAll(emptyBrake, many(300, own), { base: 300, of: all }).passed).toBe(300)
  })
})

describe('what is counted', () => {
  test('one link revokes on any number of accounts', () => {
    const accounts = many(500, (name) => ({ key: keyOf(name), withdrawn: [linkOf('everyone')] }))
    expect(judgeAll(emptyBrake, accounts, { base: 1 })).toMatchObject({ passed: 500, brake: { held: [] } })
  })

  test('a revocation that is judged again counts once', () => {
    const first = judgeAll(emptyBrake, many(20, indirect))
    expect(judgeAll(first.brake, many(20, indirect))).toEqual({ brake: first.brake, passed: 20 })
  })

  test('each folder has a window of its own, and what stands in none has one too', () => {
    const root = judgeAll(emptyBrake, many(21, own))
    expect(root.passed).toBe(20)
    const team = judgeAll(
      root.brake,
      many(21, (name) => own(`${name} of a`, 'team-a')),
    )
    expect({ passed: team.passed, rules: team.brake.holds.map(({ folder }) => folder) }).toEqual({
      passed: 20,
      rules: [undefined, 'team-a'],
    })
  })

  test('access that links of two folders granted counts in both, and is held when one is full', () => {
    const full = judgeAll(emptyBrake, many(20, own))
    const both = { key: keyOf('both'), withdrawn: [linkOf('both'), linkOf('both', 'team-a')] }
    const { brake } = judgeAll(full.brake, [both])
    expect(brake.held).toEqual([keyOf('both')])
    expect(brake.windows.find(({ folder }) => folder === 'team-a')?.counted).toEqual([])
  })

  test('its link in a folder that has room is counted, where that in another was counted before', () => {
    const first = judgeAll(emptyBrake, [own('both')])
    const both = { key: keyOf('both'), withdrawn: [linkOf('both'), linkOf('both', 'team-a')] }
    const { brake, passed } = judgeAll(first.brake, [both])
    expect(passed).toBe(1)
    expect(brake.windows.map(({ folder, counted }) => ({ folder, counted }))).toEqual([
      { folder: undefined, counted: [linkOf('both').key] },
      { folder: 'team-a', counted: [linkOf('both', 'team-a').key] },
    ])
  })

  test('what links withdrawn and what something else takes away is counted apart', () => {
    const { brake } = judgeAll(emptyBrake, [own('a'), indirect('b')])
    expect(brake.windows.map(({ rule, counted }) => ({ rule, counted }))).toEqual([
      { rule: 'own', counted: [linkOf('a').key] },
      { rule: 'indirect', counted: [keyOf('b')] },
    ])
  })

  test('what was counted passes again after the limit was lowered, and leaves the record as it is', () => {
    const { brake } = judgeAll(emptyBrake, many(20, own))
    const lower = configuration.parse({ brake: { own: { count: 5, percent: 0 } } }).brake
    const again = judgeAll(brake, many(20, own), { of: lower })
    expect(again.passed).toBe(20)
    expect(again.brake).toBe(brake)
    expect(judgeAll(brake, [own('one more')], { of: lower }).passed).toBe(0)
  })

  test('nothing is judged before its window is open', () => {
    expect(() => judgeRevocation(emptyBrake, own('a'), { limits, now: began })).toThrow(
      'no window is open for the rule own; openWindow comes before judgeRevocation',
    )
  })

  test('the folder of a key is what stands before its last slash before the first percent sign', () => {
    expect(folderOf(linkOf('a / b').key)).toBeUndefined()
    expect(folderOf(linkOf('a', 'sync/upstream').key)).toBe('sync/upstream')
  })
})

describe('a window', () => {
  test('a window ends after its minutes, and the next has a base of its own', () => {
    const full = judgeAll(emptyBrake, many(20, own), { base: 0 })
    expect(findMissingWindows(full.brake, own('next'), { limits, now: later(14.99) })).toEqual([])
    expect(findMissingWindows(full.brake, own('next'), { limits, now: later(15) })).toHaveLength(1)
    const next = judgeAll(
      full.brake,
      many(30, (name) => own(`${name} again`)),
      { base: 300, now: later(15) },
    )
    expect(next.passed).toBe(30)
  })

  test('in which something was held ends only its whole length after that', () => {
    const held = judgeAll(judgeAll(emptyBrake, many(20, own)).brake, [own('one more')], { now: later(14) })
    expect(judgeAll(held.brake, [own('another')], { now: later(28) }).passed).toBe(0)
    expect(judgeAll(held.brake, [own('another')], { now: later(29) }).passed).toBe(1)
  })

  test('of one folder is not longer because something was held in another', () => {
    const open = judgeAll(emptyBrake, [own('of a', 'team-a'), ...many(20, own)]).brake
    const { brake } = judgeAll(open, [own('one more')], { now: later(14) })
    expect(findMissingWindows(brake, own('next', 'team-a'), { limits, now: later(15) })).toHaveLength(1)
    expect(findMissingWindows(brake, own('next'), { limits, now: later(15) })).toEqual([])
  })

  test('in which something was held is kept for twice its length after that, and not longer', () => {
    const { brake } = judgeAll(emptyBrake, many(21, own))
    const justBefore = new Date(later(30).getTime() - 1)
    expect(pruneBrake(brake, { limits, now: justBefore })).toBe(brake)
    expect(pruneBrake(brake, { limits, now: later(30) })).toEqual({ ...brake, windows: [] })
  })

  test('that is over is not kept because a release is still in force, nor a release because a window runs', () => {
    const held = judgeAll(emptyBrake, many(21, own)).brake
    const released = releaseHeld(held, { at: began, digest: 'd', by: 'me' })
    expect(pruneBrake(released, { limits, now: later(59) })).toEqual({ ...released, windows: [] })
    const next = judgeAll(released, [indirect('of a group')], { now: later(2) }).brake
    const pruned = pruneBrake(next, { limits, now: later(60) })
    expect({ rules: pruned.windows.map(({ rule }) => rule), releases: pruned.releases }).toEqual({
      rules: ['indirect'],
      releases: [],
    })
    const running = { ...next, windows: next.windows.filter(({ rule }) => rule === 'indirect') }
    expect(pruneBrake(running, { limits, now: later(60) }).releases).toEqual([])
  })

  test('that is opened takes the place of the one before it, and no other', () => {
    const before = judgeAll(emptyBrake, [own('a'), own('a', 'team-a'), indirect('a')]).brake
    const after = openWindow(before, { rule: 'own', folder: undefined, items: [] }, 7, { limits, now: later(20) })
    expect(after.windows).toEqual([
      ...before.windows.slice(1),
      { rule: 'own', since: '2026-03-03T10:20:00.000Z', base: 7, counted: [] },
    ])
  })

  test('that is over, and a release of more than an hour ago, are not kept', () => {
    const held = judgeAll(emptyBrake, many(21, own)).brake
    const released = releaseHeld(held, { at: began, digest: 'd', by: 'me' })
    expect(pruneBrake(released, { limits, now: later(14) })).toBe(released)
    expect(pruneBrake(released, { limits, now: later(60) })).toEqual(emptyBrake)
  })

  test('a window goes on, when it has just run out, while more links are still to be carried out than may pass in one', () => {
    const { brake } = judgeAll(emptyBrake, many(9, own), { base: 300 })
    const [one] = findMissingWindows(brake, own('next'), { limits, now: later(15) })
    if (!one) throw new Error('the window still runs')
    expect(prolongWindow(brake, one, 30, { limits, now: later(15) })).toBeUndefined()
    expect(prolongWindow(brake, one, 31, { limits, now: later(30) })).toBeUndefined()
    const longer = prolongWindow(brake, one, 31, { limits, now: later(29) })
    expect(longer?.windows.map(({ counted }) => counted.length)).toEqual([9])
    const others = many(31, (name) => own(`${name} more`))
    expect(longer && judgeAll(longer, others, { now: later(43) }).passed).toBe(21)
  })

  test('a window goes on alone: those of other folders and rules end when they would', () => {
    const { brake } = judgeAll(emptyBrake, [own('a', 'team-a'), own('a'), indirect('a')], { base: 300 })
    const one = { rule: 'own', folder: undefined, items: [linkOf('next').key] } as const
    const longer = prolongWindow(brake, one, 31, { limits, now: later(15) })
    expect(longer?.windows.map(({ folder, rule, busyAt }) => ({ folder, rule, busyAt }))).toEqual([
      { folder: 'team-a', rule: 'own', busyAt: undefined },
      { folder: undefined, rule: 'own', busyAt: '2026-03-03T10:15:00.000Z' },
      { folder: undefined, rule: 'indirect', busyAt: undefined },
    ])
  })

  test('a window goes on only where there is one', () => {
    const [one] = findMissingWindows(emptyBrake, own('a'), { limits, now: began })
    if (!one) throw new Error('a window runs in an empty record')
    expect(prolongWindow(emptyBrake, one, 1_000, { limits, now: began })).toBeUndefined()
  })
})

describe('what is held', () => {
  let held = emptyBrake
  beforeEach(() => {
    held = judgeAll(emptyBrake, many(300, own), { base: 300 }).brake
  })

  test('is listed whole, and told with rule, figure and limit', () => {
    expect(held.held).toHaveLength(270)
    expect(held.holds).toHaveLength(1)
    expect(held.holds.map(figureOf)).toEqual([300])
    expect(held.holds.map(describeHold)).toEqual([
      'held by the brake: more than 30 of the 300 links directly under links_data/ were withdrawn within 15 minutes',
    ])
  })

  test('is a list in order, in a record that can be read again', () => {
    expect(held.held).toEqual([...held.held].sort())
    expect(brakeRecord.parse(JSON.parse(JSON.stringify(held)))).toEqual(held)
    expect(judgeAll(held, [own('a team before')]).brake.held[0]).toBe(keyOf('a team before'))
  })

  test('is told with the folder of its links', () => {
    const { brake } = judgeAll(
      emptyBrake,
      many(21, (name) => own(name, 'team\n-a')),
    )
    expect(brake.holds.map(describeHold)).toEqual([
      "held by the brake: more than 20 of the 0 links in the folder 'team\\u{a}-a' were withdrawn within 15 minutes",
    ])
  })

  test('is kept with what had passed, and with each link once', () => {
    const first = judgeAll(emptyBrake, many(21, own), { base: 3 }).brake
    const again = { key: keyOf('another of the same link'), withdrawn: [linkOf('team 20')] }
    expect(judgeAll(first, [again]).brake.holds).toEqual([
      {
        rule: 'own',
        since: began.toISOString(),
        base: 3,
        limit: 20,
        minutes: 15,
        passed: 20,
        items: [linkOf('team 20').key],
      },
    ])
  })

  test('in one folder says nothing of what is held in another', () => {
    const inFolder = (name: string) => own(`${name} of a`, 'team-a')
    const both = judgeAll(judgeAll(emptyBrake, many(21, own)).brake, many(22, inFolder)).brake
    const next = judgeAll(both, [inFolder('next')]).brake
    expect(next.holds.map(({ folder, items }) => ({ folder, count: items.length }))).toEqual([
      { folder: undefined, count: 1 },
      { folder: 'team-a', count: 3 },
    ])
    expect(next.holds[0]).toBe(both.holds[0])
  })

  test('stays held in every later window', () => {
    const revocation = own('team 299')
    expect(judgeAll(held, [revocation], { now: later(600) })).toEqual({ brake: held, passed: 0 })
  })

  test('leaves the list when it is not to be revoked any more', () => {
    const brake = takeOffList(held, keyOf('team 299'))
    expect(brake.held).toHaveLength(269)
    expect(takeOffList(brake, keyOf('team 299'))).toBe(brake)
    const empty = held.held.reduce(takeOffList, held)
    expect({ held: empty.held, holds: empty.holds }).toEqual({ held: [], holds: [] })
  })

  test('by two rules is held by that which it was counted for', () => {
    const ofGroups = many(22, (name) => indirect(`${name} of a group`))
    const { brake } = judgeAll(emptyBrake, [...many(21, own), ...ofGroups])
    expect(findHold(brake, own('team 20'))?.rule).toBe('own')
    expect(findHold(brake, indirect('team 21 of a group'))?.rule).toBe('indirect')
    expect(findHold(brake, indirect('of what is over'))?.rule).toBe('own')
    expect(findHold(emptyBrake, own('a'))).toBeUndefined()
  })

  test('leaves the hold that counted it, which ends with its last and before the others', () => {
    const { brake } = judgeAll(emptyBrake, [...many(21, own), ...many(22, (name) => indirect(`${name} of a group`))])
    const [first, second] = brake.held.filter((key) => brake.holds[1]?.items.includes(key))
    if (!first || !second) throw new Error('nothing is held')
    const one = takeOffList(brake, first)
    expect(one.holds.map(({ rule, items }) => ({ rule, count: items.length }))).toEqual([
      { rule: 'own', count: 1 },
      { rule: 'indirect', count: 1 },
    ])
    expect(one.holds[1]?.items).toEqual([second])
    const none = takeOffList(one, second)
    expect(none.holds.map(({ rule }) => rule)).toEqual(['own'])
    expect(none.windows).toEqual(brake.windows)
    expect(takeOffList(none, keyOf('team 20')).windows.map(({ busyAt }) => busyAt)).toEqual([undefined, undefined])
  })

  test('passes for one hour after its release, uncounted, and what was not on the list does not', () => {
    const released = releaseHeld(held, { at: later(5), digest: 'd', by: 'me' })
    expect(released.held).toEqual([])
    const again = judgeAll(released, many(300, own), { now: later(6) })
    expect(again).toEqual({ brake: released, passed: 300 })
    expect(judgeAll(released, [own('one more')], { now: later(6) }).passed).toBe(0)
    const tooLate = judgeAll(released, many(300, own), { base: 300, now: later(65) })
    expect(tooLate.passed).toBe(30)
  })

  test('is to be hinted at after its release, once', () => {
    const released = releaseHeld(held, { at: began, digest: 'd', by: 'me' })
    expect(findUnhinted(released, later(59)).map(({ keys }) => keys.length)).toEqual([270])
    expect(findUnhinted(released, later(60))).toEqual([])
    const hinted = { ...released, releases: released.releases.map((one) => ({ ...one, hinted: true })) }
    expect(findUnhinted(hinted, later(1))).toEqual([])
  })

  test('was released by the last release of exactly that list that is in force', () => {
    const first = releaseHeld(held, { at: began, digest: 'd', by: 'me' })
    const second = releaseHeld(first, { at: later(10), digest: 'd', by: 'you' })
    const third = releaseHeld(second, { at: later(20), digest: 'e', by: 'them' })
    expect(findRelease(third, 'd', later(21))?.by).toBe('you')
    expect(findRelease(third, 'e', later(21))?.by).toBe('them')
    expect(findRelease(third, 'f', later(21))).toBeUndefined()
    expect(findRelease(third, 'd', later(69))?.by).toBe('you')
    expect(findRelease(third, 'd', later(70))).toBeUndefined()
  })

  test('by an event is told as such', () => {
    const { brake } = judgeAll(emptyBrake, many(21, indirect), { base: 100 })
    expect(brake.holds.map(describeHold)).toEqual([
      'held by the brake: more than 20 of the 100 assignments in the ledger would be revoked within 24 hours, although their links were not deleted',
    ])
  })
})
