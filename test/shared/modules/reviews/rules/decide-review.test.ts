import { expect, test } from '@jest/globals'
import {
  decideReview,
  instantsOf,
  type ReviewFacts,
  remindersOf,
  reviewActions,
  reviewEnds,
} from '../../../../../shared/modules/reviews/rules/decide-review.ts'
import { everyChoice } from '../../../../every-choice.ts'

const every: ReviewFacts[] = []
const count = everyChoice((choose) => {
  every.push({
    isForetelling: choose([false, true]),
    file: choose(['none', 'invalid', 'valid']),
    isClosed: choose([false, true]),
    run: choose(['none', 'open', 'escalated', 'settling', 'done']),
    due: choose(['nothing', 'begin', 'remind', 'escalate', 'end']),
    hasAskedAgain: choose([false, true]),
  })
})
const cases = every.map((facts) => {
  const step = decideReview(facts)
  return { facts, name: 'do' in step ? step.do : step.tell }
})

test(`${count} facts are decided, and each step comes about`, () => {
  expect(new Set(cases.map(({ name }) => name))).toEqual(new Set([...reviewActions, ...reviewEnds]))
})

test('a plan changes nothing', () => {
  for (const { facts, name } of cases) if (facts.isForetelling) expect(reviewEnds).toContain(name)
})

test('only a valid file begins a run, and never while another one is open', () => {
  for (const { facts } of cases.filter(({ name }) => name === 'begin')) {
    expect(facts.file).toBe('valid')
    expect(['none', 'settling', 'done']).toContain(facts.run)
  }
})

test('a run ends only after its escalation, or because it is closed, whatever its file is then', () => {
  for (const { facts } of cases.filter(({ name }) => name === 'end'))
    expect(facts.isClosed || (facts.run === 'escalated' && facts.due === 'end')).toBe(true)
  for (const { facts, name } of cases)
    if (!facts.isForetelling && facts.isClosed && ['open', 'escalated'].includes(facts.run)) expect(name).toBe('end')
})

test('a run that goes on asks again about edited items before it reminds or escalates, once in each look', () => {
  for (const { facts, name } of cases) {
    if (name === 'ask again') expect(facts).toMatchObject({ hasAskedAgain: false, isClosed: false })
    if (['remind', 'escalate', 'runs'].includes(name)) expect(facts.hasAskedAgain).toBe(true)
  }
})

test('a run is closed only if its file is gone', () => {
  for (const { facts } of cases.filter(({ name }) => name === 'close'))
    expect(facts).toMatchObject({ file: 'none', isClosed: false })
})

const terms = { keeps: 1, remindDays: [7, 1], lastsDays: 14, silence: { escalateDays: 7, means: 'revoke' } } as const
const run = { run: '2027-01-01T00:00:00Z', terms: { ...terms, remindDays: [...terms.remindDays] } }

test('the fallback has all its days after the escalation, also if an outage delayed it', () => {
  expect(instantsOf({ ...run, escalatedAt: '2027-01-20T00:00:00Z' }).endsAt).toEqual(new Date('2027-01-27T00:00:00Z'))
})

test('a run has its reminders between its beginning and its end, each once', () => {
  const instants = instantsOf(run)
  expect(instants).toEqual({
    begunAt: new Date('2027-01-01T00:00:00Z'),
    dueAt: new Date('2027-01-15T00:00:00Z'),
    endsAt: new Date('2027-01-22T00:00:00Z'),
  })
  expect(remindersOf(instants, { remindDays: [1, 7, 7, 14, 60] })).toEqual([
    { days: 7, at: new Date('2027-01-08T00:00:00Z') },
    { days: 1, at: new Date('2027-01-14T00:00:00Z') },
  ])
})
