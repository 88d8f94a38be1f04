import { expect, test } from '@jest/globals'
import { everyChoice } from '../../every-choice.ts'
import { decideVisit, type VisitFacts, visitActions, visitEnds } from './decide-visit.ts'

const every: VisitFacts[] = []
const count = everyChoice((choose) => {
  every.push({
    file: choose(['none', 'invalid', 'valid']),
    areKnown: choose([true, false]),
    entry: choose(['none', 'same', 'other']),
    isIn: choose([true, false]),
  })
})
const cases = every.map((facts) => {
  const step = decideVisit(facts)
  return { facts, name: 'do' in step ? step.do : step.tell }
})

test(`${count} facts are decided, and each step comes about`, () => {
  expect(new Set(cases.map(({ name }) => name))).toEqual(new Set([...visitActions, ...visitEnds]))
})

test('nobody is taken out of the group that a valid file asks for, nor without a record of ours', () => {
  for (const { facts, name } of cases)
    if (name === 'take out')
      expect(facts).toMatchObject({ isIn: true, entry: facts.file === 'none' ? facts.entry : 'other' })
  for (const { facts, name } of cases) if (name === 'take out') expect(facts.entry).not.toBe('none')
})

test('nobody is put in before the record says so', () => {
  for (const { facts, name } of cases) if (name === 'put in') expect(facts.entry).toBe('same')
})
