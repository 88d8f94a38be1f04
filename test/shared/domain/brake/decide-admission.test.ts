import { expect, test } from '@jest/globals'
import { type AdmissionFacts, decideAdmission } from '../../../../shared/domain/brake/decide-admission.ts'
import { everyChoice } from '../../../every-choice.ts'

const every: AdmissionFacts[] = []
const count = everyChoice((choose) => {
  every.push({
    standing: choose(['released', 'held', 'outlived', 'held by a minimum', 'free']),
    minimum: choose(['not asked', 'objects', 'agrees']),
    isCounted: choose([true, false]),
    limits: choose(['kept', 'exceeded', 'unknown']),
  })
})
const cases = every.map((facts) => ({ facts, step: decideAdmission(facts) }))
const passing = cases.filter(({ step }) => step === 'pass' || step === 'count')

test(`${count} facts of an act are decided, and each step comes about`, () => {
  const steps = ['stay', 'leave list', 'ask minimum', 'hold by minimum', 'pass', 'measure', 'hold', 'count']
  expect([...new Set(cases.map(({ step }) => step))].sort()).toEqual(steps.sort())
})

test('nothing passes while a list has it, nor before every minimum was asked and agrees', () => {
  for (const { facts } of passing) {
    expect(['released', 'free']).toContain(facts.standing)
    expect(facts.minimum).toBe('agrees')
  }
})

test('beyond a limit passes only what was released or counted before', () => {
  for (const { facts } of passing)
    expect(facts.limits === 'kept' || facts.isCounted || facts.standing === 'released').toBe(true)
})

test('what passes is counted once, unless it was released', () => {
  for (const { facts, step } of passing)
    expect(step === 'count').toBe(!facts.isCounted && facts.standing !== 'released')
})

test('an act is held only beyond a limit that is known, where nobody released it', () => {
  for (const { facts, step } of cases)
    if (step === 'hold')
      expect(facts).toEqual({ standing: 'free', minimum: 'agrees', isCounted: false, limits: 'exceeded' })
})

test('a release of another rule does not let go what a minimum keeps', () => {
  for (const { facts, step } of cases)
    if (facts.standing === 'released' && facts.minimum === 'objects') expect(step).toBe('hold by minimum')
})
