import { expect, test } from '@jest/globals'
import {
  decideRule,
  type RuleLookFacts,
  ruleActions,
  ruleEnds,
} from '../../../../../shared/modules/people/rules/decide-rule.ts'
import { everyChoice } from '../../../../every-choice.ts'

const every: RuleLookFacts[] = []
const count = everyChoice((choose) => {
  every.push({
    file: choose(['none', 'invalid', 'valid'] as const),
    group: { is: choose(['ours', 'renamed', 'gone', 'not ours'] as const), isExternal: choose([true, false]) },
    isHeldAsBefore: choose([true, false]),
  })
})
const cases = every.map((facts) => {
  const step = decideRule(facts)
  return { facts, name: 'do' in step ? step.do : step.tell }
})

test(`${count} facts are decided, and each step comes about`, () => {
  expect(new Set(cases.map(({ name }) => name))).toEqual(new Set([...ruleActions, ...ruleEnds]))
})

test('nobody is compared by a file that is not valid, or with a group that ssofile does not have', () => {
  for (const { facts, name } of cases)
    if (name === 'compare')
      expect([facts.file === 'invalid', ['ours', 'renamed'].includes(facts.group.is)]).toEqual([false, true])
})

test('people leave a group that a provider keeps now only where the file is gone', () => {
  for (const { facts, name } of cases) if (name === 'compare' && facts.group.isExternal) expect(facts.file).toBe('none')
})

test('the end of a rule is never told before its people are compared, if ssofile has the group', () => {
  for (const { facts, name } of cases) if (name === 'nothing') expect(facts.group.is).not.toBe('ours')
})
