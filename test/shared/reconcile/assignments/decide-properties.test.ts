import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mayAppearUntil, proveAccess } from '../../../../shared/domain/access-proof.ts'
import { type Access, findAccess, isSameAccess } from '../../../../shared/domain/ledger-entry.ts'
import { decide } from '../../../../shared/reconcile/assignments/decide.ts'
import type { Known, Step } from '../../../../shared/reconcile/assignments/facts.ts'
import { mine, now, theirs, third } from '../../domain/access-arbitraries.ts'
import { anyFacts, initialFacts, type PlainFacts, toFacts } from './arbitrary-facts.ts'
import { performOnFacts, type Truth, truths } from './perform-on-facts.ts'

const runs = { numRuns: 3_000 }

type At<Do extends Step['do']> = Extract<Step, { do: Do }>

/** Whatever the facts are, a step of this kind is so. */
function everywhere<Do extends Step['do']>(
  dos: readonly Do[],
  holds: (step: At<Do>, facts: PlainFacts, access: Access | undefined, known: Known) => void,
): void {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const step = decide(toFacts(facts))
      if (!isOneOf(step, dos)) return
      const ids = 'ids' in step ? step.ids : mine
      holds(step, facts, findAccess(facts.entry, ids), toFacts(facts).knownOf(ids))
    }),
    runs,
  )
}

function isOneOf<Do extends Step['do']>(step: Step, dos: readonly Do[]): step is At<Do> {
  return dos.some((one) => one === step.do)
}

describe('whatever the facts are', () => {
  test('nothing is called that the ledger does not say first: granting or revoking, without an answer or an outcome', () => {
    everywhere(['call'], (step, _, access) => {
      expect(access?.state).toBe(step.kind === 'creation' ? 'granting' : 'revoking')
      expect(access?.call).toEqual({ kind: step.kind, calledAt: expect.any(String) })
    })
  })

  test('nothing is deleted that links grant', () => {
    everywhere(['prepare', 'call'], ({ kind, ids }, { wish }) => {
      if (kind === 'deletion' && wish.is === 'wanted') expect(isSameAccess(ids, wish.target)).toBe(false)
      if (kind === 'creation') expect(wish).toMatchObject({ is: 'wanted', target: ids })
    })
  })

  test('nothing else is done while access that an operator released is not given back', () => {
    everywhere(['prepare', 'call', 'confirm', 'leave to others', 'move to', 'hold', 'put off'], (_, { entry }) => {
      expect(entry?.accesses.some(({ releasedAt }) => releasedAt !== undefined)).not.toBe(true)
    })
    everywhere(['give back'], (_, __, access) => expect(access?.releasedAt).toBeDefined())
  })

  test('nothing is deleted because the cached view says that no link grants it', () => {
    everywhere(['prepare', 'call'], (_, { wish }) => {
      if (wish.is === 'unwanted') expect(wish.isLive).toBe(true)
    })
  })

  test('nothing is called, confirmed or forgotten in an account whose place Organizations does not say, but what an operator released', () => {
    everywhere(
      ['prepare', 'call', 'confirm', 'forget', 'leave to others', 'move to', 'hold'],
      (step, { wish }, access) => {
        if (step.do !== 'forget' || access?.releasedAt === undefined) expect(wish.is).not.toBe('unplaced')
      },
    )
  })

  test('nothing is deleted that is proven foreign or gone, or that only a listing can prove', () => {
    everywhere(['prepare', 'call'], ({ kind }, _, access, { listing }) => {
      if (kind !== 'deletion') return
      if (access === undefined) throw new Error('it is not in the ledger')
      expect(['there', 'maybe']).toContain(proveAccess(access, listing))
    })
  })

  test('no deletion is prepared before its heir and the brake were asked', () => {
    everywhere(['prepare'], ({ kind }, _, access, { heir, admission, failure }) => {
      if (kind !== 'deletion') return
      expect(heir).toBe('none')
      expect(failure).toBeUndefined()
      expect(admission?.outcome).not.toBe('held')
      if (admission === undefined) expect(access?.call?.kind).toBe('deletion')
    })
  })

  test('nothing is forgotten as revoked while a creation without an answer may still take effect', () => {
    everywhere(['forget'], ({ as }, _, access, { listing }) => {
      if (as !== 'revoked') return
      if (access === undefined) throw new Error('it is not in the ledger')
      expect((mayAppearUntil(access) ?? now).getTime()).toBeLessThanOrEqual(now.getTime())
      expect(proveAccess(access, listing)).toBe('gone')
    })
  })

  test('access is released only on an account that is gone, and left to another key only where that has it', () => {
    everywhere(['forget'], ({ as }, { account }, _, { elsewhere }) => {
      if (as === 'released') expect(account).toBe('gone')
      if (as === 'elsewhere') expect(elsewhere).not.toBe('none')
      if (as === 'elsewhere') expect(elsewhere).toBeDefined()
    })
  })

  test('a question that was answered is not asked again', () => {
    everywhere(['learn'], ({ what }, _, __, known) => expect(known[what]).toBeUndefined())
  })

  test('what was not asked leads to a question, never to a write that rests on it', () => {
    everywhere(['leave to others'], (_, __, ___, { listing, elsewhere }) => {
      expect([listing?.isListed, elsewhere]).toEqual([true, 'none'])
    })
    everywhere(['ask elsewhere'], (_, __, access, { elsewhere }) => {
      expect(access).toBeUndefined()
      expect(elsewhere ?? 'none').not.toBe('none')
    })
    everywhere(['move to'], (_, __, ___, { heir }) => expect(heir ?? 'none').not.toBe('none'))
    everywhere(['hold'], (_, __, ___, { admission }) => expect(admission?.outcome).toBe('held'))
    everywhere(['prepare'], ({ kind }, _, access, { listing, foreign }) => {
      if (kind === 'creation' && access === undefined) expect([listing?.isListed, foreign]).not.toContain(undefined)
    })
    everywhere(['confirm'], ({ until }, _, __, { whereabouts }) => {
      if (until) expect(whereabouts).toBe('gone')
    })
  })

  test('nothing is counted, called or prepared at the end of a slice, but what is prepared already', () => {
    everywhere(['learn', 'prepare', 'ask elsewhere', 'put off'], (step, { mayStart }) => {
      if (step.do === 'learn' && step.what === 'admission') expect(mayStart).toBe(true)
      if (step.do === 'prepare') expect(mayStart).toBe(true)
      if (step.do === 'put off' && !mayStart) expect(step.state).toBeDefined()
    })
  })

  test('what is put off until an instant is put off until one that is still to come, or comes when a listing counts', () => {
    everywhere(['put off'], ({ reason, until }) => {
      expect(reason).not.toBe('')
      if (until && /15 minutes/.test(reason)) expect(until.getTime()).toBeGreaterThan(now.getTime())
    })
  })
})

describe('from every state, whatever the answers are', () => {
  /** The bound of settleAssignment. About 40 are reached. */
  const stepsMost = 60

  /** The steps until the end, on facts that change as the product changes them. */
  function* stepsFrom(facts: PlainFacts, truth: Truth): Generator<[Step, PlainFacts]> {
    let current = facts
    for (let refusals = 0, steps = 1; ; steps++) {
      const step = decide(toFacts(current))
      if (steps > stepsMost) throw new Error(`no end within ${stepsMost} steps, the last one: ${JSON.stringify(step)}`)
      yield [step, current]
      if (step.do === 'finish' || step.do === 'start again later') return
      const next = performOnFacts(step, current, truth, refusals)
      refusals = next.refusals
      current = next.facts
    }
  }

  function lastOf(facts: PlainFacts, truth: Truth): [Step, PlainFacts] {
    const last = [...stepsFrom(facts, truth)].at(-1)
    if (!last) throw new Error('there is always a step')
    return last
  }

  test(`an end is reached within ${stepsMost} steps`, () => {
    let most = 0
    fc.assert(
      fc.property(initialFacts, truths, (facts, truth) => {
        most = Math.max(most, [...stepsFrom(facts, truth)].length)
      }),
      { numRuns: 10_000 },
    )
    expect(most).toBeGreaterThan(10)
  })

  test('every call is in the ledger before it', () => {
    fc.assert(
      fc.property(initialFacts, truths, (facts, truth) => {
        for (const [step, { entry }] of stepsFrom(facts, truth)) {
          if (step.do !== 'call') continue
          expect(findAccess(entry, step.ids)?.call).toEqual({ kind: step.kind, calledAt: expect.any(String) })
        }
      }),
      runs,
    )
  })

  test('access that links grant and that is confirmed is in force at the end, and nothing else is left beside it', () => {
    fc.assert(
      fc.property(initialFacts, truths, (facts, truth) => {
        const [step, { entry, wish }] = lastOf(facts, truth)
        if (step.do !== 'finish' || step.rest.result !== 'in-force') return
        expect(wish.is).toBe('wanted')
        expect(entry?.accesses).toHaveLength(1)
        expect(entry?.accesses[0]).toMatchObject({ state: 'granted' })
        for (const ids of [mine, theirs, third])
          expect(findAccess(entry, ids) !== undefined).toBe(wish.is === 'wanted' && isSameAccess(ids, wish.target))
      }),
      runs,
    )
  })

  test('what no link grants is gone at the end, or the end says why it is not', () => {
    fc.assert(
      fc.property(initialFacts, truths, (facts, truth) => {
        const [step, { entry }] = lastOf(facts, truth)
        if (step.do === 'finish' && step.rest.result === 'absent') expect(entry).toBeUndefined()
      }),
      runs,
    )
  })
})
