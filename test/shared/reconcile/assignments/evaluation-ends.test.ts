import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decide } from '../../../../shared/reconcile/assignments/decide.ts'
import type { Facts, Step } from '../../../../shared/reconcile/assignments/facts.ts'
import { runsOf } from '../../../depth.ts'
import { initialFacts } from './arbitrary-facts.ts'
import { performOnFacts, type Truth, truths } from './perform-on-facts.ts'

const runs = { numRuns: runsOf(3_000) }

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
      { numRuns: runsOf(10_000) },
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
