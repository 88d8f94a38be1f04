import { describe, expect, test } from '@jest/globals'
import { type ActorFacts, complainOfBar, judgeActor } from '../../../../shared/domain/principals/judge-actor.ts'

const users = ['enabled', 'disabled', 'gone', 'unknown'] as const
const files = [undefined, 'suspended/kenji'] as const
const groups = [undefined, 'auditors', 'operators'] as const
const all: readonly ActorFacts[] = users.flatMap((user) =>
  files.flatMap((suspendedBy) =>
    [false, true].flatMap((isNameless) => groups.map((outside) => ({ user, suspendedBy, isNameless, outside }))),
  ),
)
const barred = (facts: ActorFacts) => judgeActor(facts) !== undefined

describe('who may act, for each of the 48 combinations of facts', () => {
  test('there are 48', () => {
    expect(all).toHaveLength(48)
  })

  test.each([
    ['is gone', (facts: ActorFacts) => facts.user === 'gone'],
    ['is disabled', (facts: ActorFacts) => facts.user === 'disabled'],
    ['is suspended', (facts: ActorFacts) => facts.suspendedBy !== undefined],
    ['needs a name in links and has none', (facts: ActorFacts) => facts.isNameless === true],
    ['is outside the groups that may', (facts: ActorFacts) => facts.outside !== undefined],
  ])('nobody acts who %s', (_, holds) => {
    const those = all.filter(holds)
    expect(those.length).toBeGreaterThan(0)
    expect(those.filter((facts) => !barred(facts))).toEqual([])
  })

  test('everybody else acts', () => {
    expect(all.filter((facts) => !barred(facts))).toEqual(
      (['enabled', 'unknown'] as const).map((user) => ({
        user,
        suspendedBy: undefined,
        isNameless: false,
        outside: undefined,
      })),
    )
  })

  test('what is told is true: it names the file and the groups, and nobody who is there and has a name is told to be gone', () => {
    for (const facts of all) {
      const bar = judgeActor(facts)
      if (bar?.is === 'suspended') expect(bar.by).toBe(facts.suspendedBy)
      if (bar?.is === 'outside') expect(bar.of).toBe(facts.outside)
      if (bar?.is === 'disabled') expect(facts.user).toBe('disabled')
      if (bar?.is === 'gone') expect(facts.user === 'gone' || facts.isNameless).toBe(true)
    }
  })

  test('somebody who is suspended hears that, unless the user is gone: only the file keeps the person out', () => {
    for (const facts of all.filter(({ user, suspendedBy }) => user !== 'gone' && suspendedBy !== undefined))
      expect(judgeActor(facts)).toEqual({ is: 'suspended', by: 'suspended/kenji' })
  })

  test('each bar is told in three parts, and with no name that breaks the line', () => {
    for (const facts of all) {
      const bar = judgeActor(facts)
      if (bar === undefined) continue
      const parts = Object.values(complainOfBar('kenji\nito', bar))
      expect(parts).toHaveLength(3)
      for (const part of parts) expect(part).toMatch(/^[^\n]+$/)
    }
  })
})
