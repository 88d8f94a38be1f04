import { expect, test } from '@jest/globals'
import {
  decideEnd,
  type EndFacts,
  endSteps,
  itemStates,
} from '../../../../../shared/modules/reviews/rules/decide-end.ts'
import { everyChoice } from '../../../../every-choice.ts'

const every: EndFacts[] = []
const count = everyChoice((choose) => {
  every.push({
    item: choose(itemStates),
    decided: choose(['keep', 'revoke', 'nothing']),
    isEarly: choose([true, false]),
    silence: choose(['revoke', 'not-done']),
    isSilenceNoted: choose([true, false]),
  })
})
const cases = every.map((facts) => ({ facts, step: decideEnd(facts) }))

test(`${count} facts of an item at the end of its run are decided, and each step comes about`, () => {
  expect(new Set(cases.map(({ step }) => step))).toEqual(new Set(endSteps))
})

test('silence revokes nothing that was edited, nothing is revoked that was not read, or that nobody decided if the review ends early or silence means not done', () => {
  for (const { facts, step } of cases) {
    if (step === 'carry out') expect(facts.decided).toBe('revoke')
    if (step === 'revoke by silence') expect(facts).toMatchObject({ isEarly: false, silence: 'revoke' })
    if (step === 'carry out') expect(facts.item).not.toBe('unread')
    if (step === 'revoke by silence') expect(['as shown', 'unseen', 'gone']).toContain(facts.item)
  }
})

test('an edited item that nobody revoked is asked again if silence revokes, whoever kept it before, and stands otherwise', () => {
  for (const { facts, step } of cases.filter(({ facts }) => facts.item === 'changed' && facts.decided !== 'revoke'))
    expect(step).toBe(!facts.isEarly && facts.silence === 'revoke' ? 'ask again' : 'not done')
})

test('a kept item is kept as it was shown', () => {
  for (const { facts, step } of cases)
    if (step === 'kept') expect(facts).toMatchObject({ decided: 'keep', item: 'as shown' })
})
