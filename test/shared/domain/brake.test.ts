import { describe, expect, test } from '@jest/globals'
import { assignmentKey } from '../../../shared/domain/assignment.ts'
import {
  type BrakeRecord,
  describeHold,
  emptyBrake,
  figureOf,
  findMissingWindows,
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

  test('the folder of a key is what stands before its last slash before the first percent sign', () => {
    expect(folderOf(linkOf('a / b').key)).toBeUndefined()
    expect(folderOf(linkOf('a', 'sync/upstream').key)).toBe('sync/upstream')
  })
})

describe('a window', () => {
  test('ends after its minutes, and the next has a base of its own', () => {
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

  test('that is over, and a release of more than an hour ago, are not kept', () => {
    const held = judgeAll(emptyBrake, many(21, own)).brake
    const released = releaseHeld(held, { at: began, digest: 'd', by: 'me' })
    expect(pruneBrake(released, { limits, now: later(14) })).toBe(released)
    expect(pruneBrake(released, { limits, now: later(60) })).toEqual(emptyBrake)
  })

  test('goes on, when it has just run out, while more links are still to be carried out than may pass in one', () => {
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
})

describe('what is held', () => {
  const held = judgeAll(emptyBrake, many(300, own), { base: 300 }).brake

  test('is listed whole, and told with rule, figure and limit', () => {
    expect(held.held).toHaveLength(270)
    expect(held.holds).toHaveLength(1)
    expect(held.holds.map(figureOf)).toEqual([300])
    expect(held.holds.map(describeHold)).toEqual([
      'held by the brake: more than 30 of the 300 links directly under links_data/ were withdrawn within 15 minutes',
    ])
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

  test('by an event is told as such', () => {
    const { brake } = judgeAll(emptyBrake, many(21, indirect), { base: 100 })
    expect(brake.holds.map(describeHold)).toEqual([
      'held by the brake: more than 20 of the 100 assignments in the ledger would be revoked within 24 hours, although their links were not deleted',
    ])
  })
})
