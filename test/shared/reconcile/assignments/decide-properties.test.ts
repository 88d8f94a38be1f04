import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { mayAppearUntil, proveAccess } from '../../../../shared/domain/assignments/access-proof.ts'
import type { LedgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { decide } from '../../../../shared/reconcile/assignments/decide.ts'
import type { Facts, Known, Step } from '../../../../shared/reconcile/assignments/facts.ts'
import { now } from '../../domain/access-arbitraries.ts'
import { anyFacts, initialFacts } from './arbitrary-facts.ts'
import { performOnFacts, type Truth, truths } from './perform-on-facts.ts'

const runs = { numRuns: 3_000 }

type At<Do extends Step['do']> = Extract<Step, { do: Do }>

/** Whatever the facts are, a step of this kind is so. */
function everywhere<Do extends Step['do']>(
  dos: readonly Do[],
  holds: (step: At<Do>, facts: Facts, entry: LedgerEntry | undefined, known: Known) => void,
): void {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const step = decide(facts)
      if (isOneOf(step, dos)) holds(step, facts, facts.entry, facts.known)
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
    everywhere(['prepare', 'call'], ({ kind }, { wish, isPrincipalGone }) => {
      if (kind === 'deletion') expect(wish.is === 'unwanted' || (wish.is === 'lacking' && isPrincipalGone)).toBe(true)
      if (kind === 'creation') expect(wish.is).toBe('wanted')
    })
    everywhere(['call'], ({ kind }, { wish }, entry) => {
      if (kind === 'creation') expect(wish).toMatchObject({ permissionSetArn: entry?.permissionSetArn })
    })
  })

  test('nothing else is done while access that an operator released is not given back', () => {
    everywhere(['prepare', 'call', 'confirm', 'leave to others', 'hold', 'put off'], (_, { entry }) => {
      expect(entry?.releasedAt).toBeUndefined()
    })
    everywhere(['give back'], (_, __, access) => expect(access?.releasedAt).toBeDefined())
  })

  test('nothing is deleted because the cached view says that no link grants it', () => {
    everywhere(['prepare', 'call'], (_, { wish }) => {
      if (wish.is === 'unwanted') expect(wish.isLive).toBe(true)
    })
  })

  test('nothing is called, confirmed or forgotten in an account whose place Organizations does not say, but what an operator released', () => {
    everywhere(['prepare', 'call', 'confirm', 'forget', 'leave to others', 'hold'], (step, { wish }, access) => {
      if (step.do !== 'forget' || access?.releasedAt === undefined) expect(wish.is).not.toBe('unplaced')
    })
  })

  test('nothing is deleted that is proven foreign or gone, or that only a listing can prove', () => {
    everywhere(['prepare', 'call'], ({ kind }, _, access, { listing }) => {
      if (kind !== 'deletion') return
      if (access === undefined) throw new Error('it is not in the ledger')
      expect(['there', 'maybe']).toContain(proveAccess(access, listing))
    })
  })

  test('no deletion is prepared before history and the brake were asked', () => {
    everywhere(['prepare'], ({ kind }, _, access, { history, admission, failure }) => {
      if (kind !== 'deletion') return
      expect(history).toBeDefined()
      expect(history?.says).not.toBe('ended')
      expect(failure).toBeUndefined()
      expect(admission?.outcome).not.toBe('held')
      if (admission === undefined) expect(access?.call?.kind).toBe('deletion')
    })
  })

  test('nothing is forgotten as revoked while a creation without an answer may still take effect', () => {
    everywhere(['forget'], ({ as }, { wish }, access, { listing }) => {
      if (as !== 'revoked') return
      if (access === undefined) throw new Error('it is not in the ledger')
      const isFormer = wish.is === 'wanted' && wish.permissionSetArn !== access.permissionSetArn
      if (isFormer) return expect(listing?.isListed).toBe(false)
      expect((mayAppearUntil(access) ?? now).getTime()).toBeLessThanOrEqual(now.getTime())
      expect(proveAccess(access, listing)).toBe('gone')
    })
  })

  test('access is released only on an account that is gone', () => {
    everywhere(['forget'], ({ as }, { account }) => {
      if (as === 'released') expect(account).toBe('gone')
    })
  })

  test('a question that was answered is not asked again', () => {
    everywhere(['learn'], ({ what }, _, __, known) => expect(known[what]).toBeUndefined())
  })

  test('what was not asked leads to a question, never to a write that rests on it', () => {
    everywhere(['leave to others'], (_, __, ___, { listing }) => expect(listing?.isListed).toBe(true))
    everywhere(['hold'], (_, __, ___, { admission }) => expect(admission?.outcome).toBe('held'))
    everywhere(['prepare'], ({ kind }, _, access, { listing, foreign }) => {
      if (kind === 'creation' && access === undefined) expect([listing?.isListed, foreign]).not.toContain(undefined)
    })
    everywhere(['confirm'], ({ until }, { isPrincipalGone }) => {
      if (until) expect(isPrincipalGone).toBe(true)
    })
  })

  test('nothing is counted, called or prepared at the end of a slice, but what is prepared already', () => {
    everywhere(['ask the brake', 'prepare', 'put off'], (step, { mayStart }) => {
      if (step.do === 'ask the brake') expect(mayStart).toBe(true)
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
  function* stepsFrom(facts: Facts, truth: Truth): Generator<[Step, Facts]> {
    let current = facts
    for (let refusals = 0, steps = 1; ; steps++) {
      const step = decide(current)
      if (steps > stepsMost) throw new Error(`no end within ${stepsMost} steps, the last one: ${JSON.stringify(step)}`)
      yield [step, current]
      if (step.do === 'finish') return
      const next = performOnFacts(step, current, truth, refusals)
      refusals = next.refusals
      current = next.facts
    }
  }

  function lastOf(facts: Facts, truth: Truth): [Step, Facts] {
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
          expect(entry?.call).toEqual({ kind: step.kind, calledAt: expect.any(String) })
        }
      }),
      runs,
    )
  })

  test('access that links grant and that is confirmed is in force at the end', () => {
    fc.assert(
      fc.property(initialFacts, truths, (facts, truth) => {
        const [step, { entry, wish }] = lastOf(facts, truth)
        if (step.do !== 'finish' || step.rest.result !== 'in-force') return
        expect(wish.is).toBe('wanted')
        if (wish.is === 'wanted')
          expect(entry).toMatchObject({ state: 'granted', permissionSetArn: wish.permissionSetArn })
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
