import { expect, test } from '@jest/globals'
import { decideLink, type LinkStepFacts, linkEnds } from '../../../../shared/domain/links/decide-link.ts'
import { everyChoice } from '../../../every-choice.ts'

const every: LinkStepFacts[] = []
const count = everyChoice((choose) => {
  every.push({
    file: choose(['absent', 'rejected', 'unreadable', 'expired', 'not-yet', 'in-force'] as const),
    isNamed: choose([true, false]),
    isRepeated: choose([true, false]),
    lacksTags: choose([true, false]),
    isTimeOver: choose([true, false]),
  })
})
const cases = every.map((facts) => ({ facts, tell: decideLink(facts).tell }))

test('96 facts are decided, and each end comes about', () => {
  expect(count).toBe(96)
  expect(new Set(cases.map(({ tell }) => tell))).toEqual(new Set(linkEnds))
})

test('only a file that is known to be in force grants', () => {
  for (const { facts, tell } of cases)
    if (tell === 'grant') expect(facts).toMatchObject({ file: 'in-force', isNamed: true })
})

test('a file that S3 does not give, or that is in force, revokes nothing', () => {
  for (const { facts, tell } of cases)
    if (['unreadable', 'in-force'].includes(facts.file)) expect(tell).not.toBe('revoke')
})

test('whatever else is known, the accounts of a link that is over are looked at, unless its name says none', () => {
  for (const { facts, tell } of cases)
    if (['absent', 'rejected', 'expired', 'not-yet'].includes(facts.file))
      expect(tell).toBe(facts.isNamed ? 'revoke' : 'nothing')
})

test('a link in force whose accounts are not known yet is looked at again, at once only after a look that took its time', () => {
  for (const { facts, tell } of cases)
    if (facts.file === 'in-force' && facts.isNamed && facts.lacksTags)
      expect(tell).toBe(facts.isTimeOver ? 'read tags' : 'wait for tags')
})
