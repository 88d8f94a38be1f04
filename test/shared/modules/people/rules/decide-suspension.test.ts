import { expect, test } from '@jest/globals'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import { statusStates } from '../../../../../shared/domain/statuses/status.ts'
import {
  decideSuspension,
  notedUsers,
  type SuspensionFacts,
  suspensionActions,
  suspensionEnds,
} from '../../../../../shared/modules/people/rules/decide-suspension.ts'
import { everyChoice } from '../../../../every-choice.ts'

const every: SuspensionFacts[] = []
const count = everyChoice((choose) => {
  every.push({
    isThere: choose([true, false]),
    protectedBy: choose([undefined, 'policies/a.json']),
    users: choose([[], [principalId.parse('11111111-1111-4111-8111-111111111111')]]),
    noted: choose(notedUsers),
    told: choose([undefined, ...statusStates]),
    isDue: choose([true, false]),
    mayHaveAccess: choose([true, false]),
  })
})
const cases = every.map((facts) => {
  const step = decideSuspension(facts)
  return { facts, name: 'do' in step ? step.do : step.tell }
})

test(`${count} facts are decided, and each step comes about`, () => {
  expect(new Set(cases.map(({ name }) => name))).toEqual(new Set([...suspensionActions, ...suspensionEnds]))
})

test('somebody is given back what they had where the file is gone, or a policy protects them since they were suspended', () => {
  for (const { facts, name } of cases) {
    const { isThere, protectedBy, users, noted } = facts
    const isProtected = protectedBy !== undefined && users.length > 0 && noted !== 'none'
    expect(name === 'restore').toBe(!isThere || isProtected)
  }
})

test('nothing of anybody ends whom a policy protects, who is not known, or who cannot be found by id later', () => {
  for (const { facts, name } of cases)
    if (name === 'admit' || name === 'end') {
      expect([facts.protectedBy, facts.noted]).toEqual([undefined, 'all'])
      expect(facts.users).not.toEqual([])
    }
})

test('the brake is asked until a status says that the person has passed, and not after', () => {
  const passed = ['revoking', 'failed', 'suspended', 'partly']
  for (const { facts, name } of cases)
    if (name === 'admit' || name === 'end') expect(name === 'end').toBe(passed.includes(facts.told ?? ''))
})

test('who is suspended is looked at in full whenever something may have changed', () => {
  for (const { facts, name } of cases)
    if (name === 'suspended') expect([facts.told, facts.isDue, facts.mayHaveAccess]).toEqual(['suspended', true, false])
})
