import { expect, test } from '@jest/globals'
import { type BrakeRecord, brakeRecord, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { dropRetirements, judgeRetirement } from '../../../../shared/domain/brake/judge-retirement.ts'
import { releaseRetirements } from '../../../../shared/domain/brake/releases.ts'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'

const now = new Date('2026-03-03T10:00:00Z')
const { brake: limits } = defaultConfiguration
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000)

/** So many acts, one after the other. */
function actAs(owner: string, count: number, at = now, before: BrakeRecord = emptyBrake) {
  let brake = before
  const held: string[] = []
  for (let number = 0; number < count; number++) {
    const judged = judgeRetirement(brake, { owner, item: `${owner} ${number}` }, { limits, now: at })
    brake = judged.brake
    if (judged.held) held.push(`${owner} ${number}`)
  }
  return { brake, held }
}

test('twenty acts of an owner pass in a day, and the twenty-first is held', () => {
  expect(actAs('team-a', 20).held).toEqual([])
  const { brake, held } = actAs('team-a', 21)
  expect(held).toEqual(['team-a 20'])
  expect(brake.retirements).toMatchObject([{ owner: 'team-a', limit: 20, hours: 24, items: ['team-a 20'] }])
  expect(brakeRecord.parse(brake)).toEqual(brake)
})

test('an act that was counted passes again, however often it is tried', () => {
  const { brake } = actAs('team-a', 21)
  expect(actAs('team-a', 20, now, brake).held).toEqual([])
})

test('owners do not use up what others may', () => {
  const { brake } = actAs('team-a', 25)
  expect(actAs('team-b', 20, now, brake).held).toEqual([])
})

test('a new day lets others pass, and what is held stays held until a person releases it', () => {
  const { brake } = actAs('team-a', 21)
  const tomorrow = { limits, now: hours(25) }
  expect(judgeRetirement(brake, { owner: 'team-a', item: 'another' }, tomorrow).held).toBeUndefined()
  expect(judgeRetirement(brake, { owner: 'team-a', item: 'team-a 20' }, tomorrow).held).toBeDefined()
})

test('a release lets exactly its list pass, for an hour', () => {
  const { brake } = actAs('team-a', 22)
  const [list] = brake.retirements
  if (!list) throw new Error('nothing is held')
  const released = releaseRetirements(brake, list, { at: now, digest: 'x', by: 'someone' })
  const judge = (number: number, at: Date) =>
    judgeRetirement(released, { owner: 'team-a', item: `team-a ${number}` }, { limits, now: at }).held
  expect(released.retirements).toEqual([])
  expect([judge(20, hours(0.9)), judge(21, hours(0.9))]).toEqual([undefined, undefined])
  expect(judge(22, hours(0.9))).toBeDefined()
  expect(judge(20, hours(1))).toBeDefined()
})

test('what is not wanted any more leaves its list, and an empty list goes', () => {
  const { brake } = actAs('team-a', 22)
  expect(dropRetirements(brake, (item) => item === 'team-a 21').retirements).toMatchObject([{ items: ['team-a 21'] }])
  expect(dropRetirements(brake, () => false).retirements).toEqual([])
  expect(dropRetirements(brake, () => true)).toBe(brake)
})
