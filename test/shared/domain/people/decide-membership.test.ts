import { expect, test } from '@jest/globals'
import {
  decideMembership,
  type MembershipFacts,
  type MembershipStep,
  membershipSteps,
} from '../../../../shared/domain/people/decide-membership.ts'
import { everyChoice } from '../../../every-choice.ts'

const every: MembershipFacts[] = []
everyChoice((choose) => {
  every.push({
    entry: choose([undefined, {}, { membershipId: 'ours' }]),
    isFresh: choose([true, false]),
    isWanted: choose(['yes', 'no', 'unknown'] as const),
    found: choose([undefined, 'ours', 'theirs']),
    isExternal: choose([true, false]),
    onDrift: choose(['restore', 'report'] as const),
    isAskedAnew: choose([true, false]),
  })
})

const cases = every.map((facts) => ({ facts, step: decideMembership(facts) }))
const of = (...steps: readonly MembershipStep[]) =>
  cases.filter(({ step }) => steps.includes(step)).map(({ facts }) => facts)

test('each step comes about', () => {
  expect(new Set(cases.map(({ step }) => step))).toEqual(new Set(membershipSteps))
})

test('only what has our id is removed, and only when it is known that no file asks for it', () => {
  for (const { entry, isWanted } of of('remove')) {
    expect(isWanted).toBe('no')
    expect(entry?.membershipId).toBe('ours')
  }
})

test('nothing is made where a provider keeps the group, where something is there, or where no file asks for it', () => {
  for (const { isExternal, isWanted, found } of of('claim', 'create'))
    expect({ isExternal, isWanted, found }).toEqual({ isExternal: false, isWanted: 'yes', found: undefined })
})

test('what was there before is foreign, and never ours', () => {
  for (const { entry, found } of of('foreign')) expect([entry, found === undefined]).toEqual([undefined, false])
})

test('an entry goes only when the directory was asked long after the last create, and has nothing of ours', () => {
  for (const { isFresh, found } of of('forget')) {
    expect(isFresh && found === undefined).toBe(false)
    expect(found).not.toBe('ours')
  }
})
