import { describe, expect, test } from '@jest/globals'
import { decideRetirement, type RetirementFacts } from '../../../../shared/domain/credentials/decide-retirement.ts'
import type { Retirement } from '../../../../shared/domain/credentials/retirement.ts'

const minuteMs = 60_000
const dayMs = 1_440 * minuteMs
const now = new Date('2026-03-20T10:00:00Z')
const ago = (days: number) => new Date(now.getTime() - days * dayMs)
const madeAt = ago(400)
const asked = ago(15)

const entry = (state: Retirement['state'], more: Partial<Retirement> = {}): Retirement => ({
  v: 1,
  state,
  at: asked.toISOString(),
  askedAt: asked.toISOString(),
  watchedAt: asked.toISOString(),
  files: ['retire/team-a/x'],
  madeAt: madeAt.toISOString(),
  staysAsItIs: false,
  ...more,
})
const off = { isActive: false, madeAt }
const on = { isActive: true, madeAt }

/** By default a key that was switched off fifteen days ago, and nobody used it. */
function decide(facts: Partial<RetirementFacts>) {
  return decideRetirement({
    now,
    askedAt: asked,
    kept: entry('watched'),
    live: off,
    canBeInactive: true,
    retireAfterDays: 14,
    ...facts,
  })
}

describe('what no file asks for', () => {
  test('is left alone where nothing was begun', () => {
    expect(decide({ askedAt: undefined, kept: undefined, live: on })).toEqual({ step: 'nothing' })
  })

  test.each(['switching off', 'watched', 'used since', 'deleting'] as const)('is undone in the state %s', (state) => {
    expect(decide({ askedAt: undefined, kept: entry(state) })).toEqual({ step: 'note on' })
  })

  test('is forgotten once it is gone', () => {
    expect(decide({ askedAt: undefined, kept: entry('gone'), live: undefined })).toEqual({ step: 'forget' })
  })
})

describe('what a file asks for', () => {
  test('is noted before it is switched off, and then switched off, however often a process dies between', () => {
    expect(decide({ kept: undefined, live: on })).toEqual({ step: 'note off' })
    for (const live of [on, off])
      expect(decide({ kept: entry('switching off'), live })).toEqual({ step: 'switch off', live })
  })

  test('is nothing to do where it is not there', () => {
    expect(decide({ kept: undefined, live: undefined })).toEqual({ step: 'nothing' })
  })

  test('is watched up to the last moment, and deleted from then on, which is noted first', () => {
    const switchedOff = (ms: number) =>
      entry('watched', { watchedAt: new Date(now.getTime() - 14 * dayMs + ms).toISOString() })
    expect(decide({ kept: switchedOff(1) })).toEqual({ step: 'watch' })
    expect(decide({ kept: switchedOff(0) })).toEqual({ step: 'note deletion' })
    expect(decide({ kept: entry('deleting') })).toEqual({ step: 'delete' })
  })

  test.each([['watched'], ['deleting'], ['switching off']] as const)(
    'stops in the state %s when it was used since',
    (state) => {
      const live = { ...off, lastUsedAt: ago(14.5) }
      const why = 'it was used at 2026-03-05T22:00:00.000Z'
      expect(decide({ kept: entry(state), live })).toEqual({ step: 'stop', live, why })
    },
  )

  test('stops for a use that IAM dates just before the file: of a quarter of an hour it records the first alone', () => {
    const usedBefore = (minutes: number) => ({ ...off, lastUsedAt: new Date(asked.getTime() - minutes * minuteMs) })
    expect(decide({ live: usedBefore(14.9) })).toMatchObject({ step: 'stop' })
    expect(decide({ live: usedBefore(15) })).toEqual({ step: 'note deletion' })
  })

  test('is watched while days are left, also where its deletion was noted, and from its entry where nobody noted since when', () => {
    expect(decide({ kept: entry('deleting'), retireAfterDays: 16 })).toEqual({ step: 'watch' })
    const since = (days: number) => entry('watched', { watchedAt: undefined, at: ago(days).toISOString() })
    expect(decide({ kept: since(13) })).toEqual({ step: 'watch' })
    expect(decide({ kept: since(14) })).toEqual({ step: 'note deletion' })
    expect(decide({ kept: since(0), live: on })).toEqual({ step: 'watch' })
  })

  test('stops where somebody made it active again, but not for an answer of IAM that does not know our call yet', () => {
    expect(decide({ live: on })).toEqual({ step: 'stop', live: on, why: 'somebody made it active again' })
    const justNow = entry('watched', { watchedAt: new Date(now.getTime() - 5 * minuteMs).toISOString() })
    expect(decide({ kept: justNow, live: on })).toEqual({ step: 'watch' })
  })

  test('stays stopped, and stays gone, whatever is there', () => {
    for (const state of ['used since', 'gone'] as const)
      expect(decide({ kept: entry(state) })).toEqual({ step: 'stay' })
  })

  test('is never another one of the same name', () => {
    const another = { ...on, madeAt: ago(1) }
    expect(decide({ live: another })).toEqual({ step: 'tell gone', byOthers: true })
    expect(decide({ kept: entry('deleting'), live: another })).toEqual({ step: 'tell gone', byOthers: false })
  })

  test('works while it is watched where it cannot be inactive', () => {
    expect(decide({ live: on, canBeInactive: false, now: ago(5) })).toEqual({ step: 'watch' })
    expect(decide({ live: on, canBeInactive: false })).toEqual({ step: 'note deletion' })
  })
})

test('what began to be undone is undone to its end before anything begins anew', () => {
  expect(decide({ kept: entry('switching on') })).toEqual({ step: 'switch on' })
})
