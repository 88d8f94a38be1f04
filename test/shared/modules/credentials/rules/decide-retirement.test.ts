import { describe, expect, test } from '@jest/globals'
import {
  decideRetirement,
  needsLook,
  type RetirementAction,
  type RetirementEnd,
  type RetirementFacts,
  retirementActions,
  retirementEnds,
} from '../../../../../shared/modules/credentials/rules/decide-retirement.ts'
import { type Retirement, retirementStates } from '../../../../../shared/modules/credentials/rules/retirement.ts'
import { everyChoice } from '../../../../every-choice.ts'

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
    isKnown: true,
    askedAt: asked,
    isNewOfOther: false,
    isAskedElsewhere: false,
    isNamed: true,
    account: 'active',
    kept: entry('watched'),
    absence: undefined,
    held: undefined,
    live: off,
    canBeInactive: true,
    retireAfterDays: 14,
    ...facts,
  })
}

describe('what no file asks for', () => {
  test('is left alone where nothing was begun', () => {
    expect(decide({ askedAt: undefined, kept: undefined, live: on })).toEqual({ tell: 'withdrawn' })
  })

  test.each(['switching off', 'watched', 'used since', 'deleting'] as const)('is undone in the state %s', (state) => {
    expect(decide({ askedAt: undefined, kept: entry(state) })).toEqual({ do: 'note on' })
  })

  test('is forgotten once it is gone, and no file names it', () => {
    const gone = { askedAt: undefined, kept: entry('gone'), live: undefined }
    expect(decide({ ...gone, isNamed: false })).toEqual({ do: 'forget' })
    expect(decide({ ...gone, isNamed: true })).toEqual({ tell: 'withdrawn' })
  })
})

test('an upload in an account of somebody else is noted first, whatever was begun', () => {
  const ofOther = { isNewOfOther: true, askedAt: undefined }
  for (const kept of [undefined, entry('watched'), entry('gone')])
    expect(decide({ ...ofOther, kept })).toEqual({ do: 'note other owner' })
  expect(decide({ ...ofOther, isKnown: false })).toEqual({ tell: 'unknown' })
})

describe('what a file asks for', () => {
  test('is noted before it is switched off, and then switched off, however often a process dies between', () => {
    expect(decide({ kept: undefined, live: on })).toEqual({ do: 'note off', live: on })
    for (const live of [on, off])
      expect(decide({ kept: entry('switching off'), live })).toEqual({ do: 'switch off', live })
  })

  test('is nothing to do where it is not there', () => {
    expect(decide({ kept: undefined, live: undefined })).toEqual({ do: 'note absence' })
  })

  test('is looked for again an hour after it was not there, or at once for a newer file, and forgotten without one', () => {
    const lookAt = (ms: number) => ({ at: ago(1).toISOString(), lookAt: new Date(now.getTime() + ms).toISOString() })
    const missing = { kept: undefined, live: undefined }
    expect(decide({ ...missing, absence: lookAt(1) })).toEqual({ tell: 'absent' })
    expect(decide({ ...missing, absence: lookAt(0) })).toEqual({ do: 'note absence' })
    expect(decide({ ...missing, absence: lookAt(1), askedAt: ago(0.9) })).toEqual({ do: 'note absence' })
    expect(decide({ ...missing, absence: lookAt(0), live: on })).toEqual({ do: 'note off', live: on })
    expect(decide({ ...missing, absence: lookAt(1), askedAt: undefined })).toEqual({ do: 'forget' })
  })

  test('is not looked at while the brake holds it, and once an hour while the brake holds its deletion', () => {
    const held = 'held by the brake: more than 20'
    expect(decide({ held, kept: undefined, live: undefined })).toEqual({ tell: 'held' })
    const watched = (ms: number) => entry('watched', { lookAt: new Date(now.getTime() + ms).toISOString() })
    expect(decide({ held, kept: watched(1), live: undefined })).toEqual({ tell: 'held' })
    expect(decide({ held, kept: watched(0) })).toEqual({ do: 'watch' })
    expect(decide({ held: undefined, kept: watched(1) })).toEqual({ do: 'note deletion' })
  })

  test('is watched up to the last moment, and deleted from then on, which is noted first', () => {
    const switchedOff = (ms: number) =>
      entry('watched', { watchedAt: new Date(now.getTime() - 14 * dayMs + ms).toISOString() })
    expect(decide({ kept: switchedOff(1) })).toEqual({ do: 'watch' })
    expect(decide({ kept: switchedOff(0) })).toEqual({ do: 'note deletion' })
    expect(decide({ kept: entry('deleting') })).toEqual({ do: 'delete' })
  })

  test.each([['watched'], ['deleting'], ['switching off']] as const)(
    'stops in the state %s when it was used since',
    (state) => {
      const live = { ...off, lastUsedAt: ago(14.5) }
      const why = 'it was used at 2026-03-05T22:00:00.000Z'
      expect(decide({ kept: entry(state), live })).toEqual({ do: 'stop', live, why, isOn: false })
    },
  )

  test('stops for a use that IAM dates just before the file: of a quarter of an hour it records the first alone', () => {
    const usedBefore = (minutes: number) => ({ ...off, lastUsedAt: new Date(asked.getTime() - minutes * minuteMs) })
    expect(decide({ live: usedBefore(14.9) })).toMatchObject({ do: 'stop' })
    expect(decide({ live: usedBefore(15) })).toEqual({ do: 'note deletion' })
  })

  test('is watched while days are left, also where its deletion was noted, and from its entry where nobody noted since when', () => {
    expect(decide({ kept: entry('deleting'), retireAfterDays: 16 })).toEqual({ do: 'watch' })
    const since = (days: number) => entry('watched', { watchedAt: undefined, at: ago(days).toISOString() })
    expect(decide({ kept: since(13) })).toEqual({ do: 'watch' })
    expect(decide({ kept: since(14) })).toEqual({ do: 'note deletion' })
    expect(decide({ kept: since(0), live: on })).toEqual({ do: 'watch' })
  })

  test('stops where somebody made it active again, but not for an answer of IAM that does not know our call yet', () => {
    expect(decide({ live: on })).toEqual({ do: 'stop', live: on, why: 'somebody made it active again', isOn: true })
    const justNow = entry('watched', { watchedAt: new Date(now.getTime() - 5 * minuteMs).toISOString() })
    expect(decide({ kept: justNow, live: on })).toEqual({ do: 'watch' })
  })

  test('stays stopped, and stays gone, whatever is there', () => {
    for (const kept of [entry('used since', { staysAsItIs: true }), entry('gone')])
      for (const live of [on, off, undefined]) expect(decide({ kept, live })).toEqual({ tell: 'stay' })
  })

  test('is looked at after a use, until somebody made the key active: then an undo must not do it again', () => {
    const kept = entry('used since')
    expect(decide({ kept, live: off })).toEqual({ do: 'watch' })
    expect(decide({ kept, live: on })).toMatchObject({ do: 'stop', isOn: true })
    const lookAt = new Date(now.getTime() + 1).toISOString()
    expect(decide({ kept: { ...kept, lookAt }, live: on })).toEqual({ tell: 'stay' })
    const usedAndOn = { ...on, lastUsedAt: ago(1) }
    expect(decide({ live: usedAndOn })).toMatchObject({ do: 'stop', isOn: true })
    const justNow = entry('watched', { watchedAt: new Date(now.getTime() - 5 * minuteMs).toISOString() })
    expect(decide({ kept: justNow, live: usedAndOn })).toMatchObject({ do: 'stop', isOn: false })
  })

  test('is never another one of the same name', () => {
    const another = { ...on, madeAt: ago(1) }
    expect(decide({ live: another })).toEqual({ do: 'tell gone', byOthers: true })
    expect(decide({ kept: entry('deleting'), live: another })).toEqual({ do: 'tell gone', byOthers: false })
  })

  test('is blocked while IAM has no user of this name: the user may have another name now', () => {
    expect(decide({ kept: undefined, live: 'no user' })).toEqual({ do: 'note absence' })
    for (const state of ['switching off', 'watched', 'used since', 'deleting'] as const)
      expect(decide({ kept: entry(state), live: 'no user' })).toEqual({ do: 'note missing user' })
    const noted = (ms: number) =>
      entry('watched', { isUserMissing: true, lookAt: new Date(now.getTime() + ms).toISOString() })
    expect(decide({ kept: noted(1), live: off })).toEqual({ tell: 'stay' })
    expect(decide({ kept: noted(0), live: off })).toEqual({ do: 'note deletion' })
  })

  test('works while it is watched where it cannot be inactive', () => {
    expect(decide({ live: on, canBeInactive: false, now: ago(5) })).toEqual({ do: 'watch' })
    expect(decide({ live: on, canBeInactive: false })).toEqual({ do: 'note deletion' })
  })
})

test('what began to be undone is undone to its end before anything begins anew', () => {
  expect(decide({ kept: entry('switching on') })).toEqual({ do: 'switch on' })
})

describe('in an account where nothing can be called', () => {
  const states = ['switching off', 'watched', 'used since', 'deleting', 'switching on'] as const
  const undone = { askedAt: undefined, live: undefined }

  test('what was begun waits while the account refuses changes, however long', () => {
    for (const state of states)
      expect(decide({ ...undone, kept: entry(state), account: 'refusing' })).toEqual({ tell: 'wait for account' })
    expect(decide({ kept: undefined, live: undefined, account: 'refusing' })).toEqual({ tell: 'wait for account' })
  })

  test('what was begun is left once the account has been missing for an hour', () => {
    for (const state of states) {
      const missing = (minutes?: number) =>
        decide({
          ...undone,
          account: 'missing',
          kept: entry(state, {
            ...(minutes !== undefined && { accountMissingSince: ago(minutes / 1_440).toISOString() }),
          }),
        })
      expect(missing()).toEqual({ do: 'note missing account' })
      expect(missing(58.9)).toEqual({ tell: 'wait for account' })
      expect(missing(59)).toEqual({ do: 'leave account' })
    }
  })

  test('nothing is begun and nothing is left to wait for', () => {
    for (const account of ['refusing', 'missing'] as const)
      expect(decide({ ...undone, kept: undefined, account })).toEqual({ tell: 'withdrawn' })
  })
})

test('an undo without a user waits for its next look, and a new file ends it', () => {
  const kept = entry('switching on', { isUserMissing: true, lookAt: new Date(now.getTime() + 1).toISOString() })
  expect(decide({ askedAt: undefined, kept })).toEqual({ tell: 'stay' })
  expect(decide({ askedAt: undefined, kept: { ...kept, lookAt: now.toISOString() } })).toEqual({ do: 'switch on' })
  expect(decide({ kept })).toEqual({ do: 'forget' })
})

describe('over all facts', () => {
  const soon = new Date(now.getTime() + 60 * minuteMs)
  const lives = [
    undefined,
    'no user',
    on,
    off,
    { ...on, madeAt: ago(1) },
    { ...off, lastUsedAt: ago(300) },
    { ...off, lastUsedAt: ago(1) },
  ] as const
  const every: RetirementFacts[] = []
  const count = everyChoice((choose) => {
    const state = choose([undefined, ...retirementStates])
    const watchedAt = (state === undefined ? ago(0) : choose([ago(0), ago(5), ago(14)])).toISOString()
    const lookAt = state && choose([undefined, ago(1).toISOString(), soon.toISOString()])
    const staysAsItIs = state !== undefined && choose([true, false])
    const live = choose(lives)
    const account = live === undefined ? choose(['active', 'refusing', 'missing'] as const) : 'active'
    const accountMissingSince = account === 'missing' ? choose([undefined, ago(1).toISOString()]) : undefined
    const isUserMissing = state !== undefined && choose([true, false])
    const askedAt = choose([undefined, ago(20)])
    const nextAt = state === undefined ? choose([undefined, now.toISOString(), soon.toISOString()]) : undefined
    const held = state === undefined || state === 'watched' ? choose([undefined, 'held by the brake']) : undefined
    every.push({
      now,
      isKnown: choose([true, false]),
      askedAt,
      isNewOfOther: askedAt === undefined && choose([true, false]),
      isAskedElsewhere: choose([true, false]),
      isNamed: askedAt !== undefined || choose([true, false]),
      kept:
        state &&
        entry(state, {
          watchedAt,
          staysAsItIs,
          askedAt: ago(20).toISOString(),
          ...(lookAt !== undefined && { lookAt }),
          ...(isUserMissing && { isUserMissing }),
          ...(accountMissingSince !== undefined && { accountMissingSince }),
        }),
      absence: nextAt === undefined ? undefined : { at: ago(2).toISOString(), lookAt: nextAt },
      held,
      account,
      live,
      canBeInactive: choose([true, false]),
      retireAfterDays: 14,
    })
  })
  const cases = every.map((facts) => ({ facts, step: decideRetirement(facts) }))
  const nameOf = (step: RetirementAction | RetirementEnd) => ('do' in step ? step.do : step.tell)
  const of = (...steps: readonly string[]) =>
    cases.filter(({ step }) => steps.includes(nameOf(step))).map(({ facts }) => facts)

  test('103200 facts are decided, and each step comes about', () => {
    expect(count).toBe(103200)
    expect(new Set(cases.map(({ step }) => nameOf(step)))).toEqual(new Set([...retirementActions, ...retirementEnds]))
  })

  test('where nobody knows whether a file may ask, nothing is begun and nothing undone', () => {
    const steps = cases.filter(({ facts }) => !facts.isKnown).map(({ step }) => nameOf(step))
    expect(new Set(steps)).toEqual(new Set(['unknown']))
  })

  test('nothing is made inactive or deleted that no file asks for, or that was used since', () => {
    const taking = of('note off', 'switch off', 'note deletion', 'delete')
    expect(taking.filter(({ askedAt }) => askedAt === undefined)).toEqual([])
    expect(
      taking.filter(
        ({ live }) => typeof live === 'object' && live.lastUsedAt !== undefined && live.lastUsedAt > ago(20),
      ),
    ).toEqual([])
  })

  test('nothing is deleted before its days are over, nor without a note', () => {
    const isDue = ({ kept }: RetirementFacts) => kept?.watchedAt !== undefined && new Date(kept.watchedAt) <= ago(14)
    expect(of('note deletion', 'delete').filter((facts) => !isDue(facts))).toEqual([])
    expect(new Set(of('delete').map(({ kept }) => kept?.state))).toEqual(new Set(['deleting']))
    expect(new Set(of('switch off').map(({ kept }) => kept?.state))).toEqual(new Set(['switching off']))
  })

  test('nothing that the brake holds is begun or deleted', () => {
    expect(of('note off', 'note deletion').filter(({ held }) => held !== undefined)).toEqual([])
  })

  test('nothing is called in an account that takes no changes or is missing', () => {
    const calls = of('switch off', 'delete', 'switch on', 'stop', 'watch')
    expect(calls.filter(({ account }) => account !== 'active')).toEqual([])
  })

  test('no credential is gone because its user is missing', () => {
    expect(of('tell gone').filter(({ live }) => live === 'no user')).toEqual([])
  })

  test('nothing is undone while another file asks for it', () => {
    const withdrawn = of('note on', 'forget').filter((one) => one.isAskedElsewhere && one.askedAt === undefined)
    expect(withdrawn).toEqual([])
  })

  test('a deletion is remembered while any file names the credential', () => {
    expect(of('forget').filter(({ isNamed, kept }) => isNamed && kept?.state === 'gone')).toEqual([])
  })

  test('IAM is asked where its answer can make a difference, and nowhere else', () => {
    const isSameFor = (facts: RetirementFacts) =>
      new Set(lives.map((live) => JSON.stringify(decideRetirement({ ...facts, live })))).size === 1
    const unlooked = every.filter(({ live }) => live === undefined)
    expect(unlooked.filter((facts) => needsLook(facts) === isSameFor(facts))).toEqual([])
  })
})
