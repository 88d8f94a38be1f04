import { expect, test } from '@jest/globals'
import { retirementAct } from '../../../../shared/domain/brake/act.ts'
import { type BrakeRecord, brakeRecord, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { dropAct } from '../../../../shared/domain/brake/judge-act.ts'
import { releaseHeld } from '../../../../shared/domain/brake/releases.ts'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { judge } from './judging.ts'

const now = new Date('2026-03-03T10:00:00Z')
const { brake: limits } = defaultConfiguration
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000)

/** So many acts, one after the other. */
function actAs(owner: string, count: number, at = now, before: BrakeRecord = emptyBrake) {
  let brake = before
  const held: string[] = []
  for (let number = 0; number < count; number++) {
    const judged = judge(brake, retirementAct({ owner, item: `${owner} ${number}` }), { limits, now: at })
    brake = judged.brake
    if (!judged.passes) held.push(`${owner} ${number}`)
  }
  return { brake, held }
}

test('twenty acts of an owner pass in a day, and the twenty-first is held', () => {
  expect(actAs('team-a', 20).held).toEqual([])
  const { brake, held } = actAs('team-a', 21)
  expect(held).toEqual(['team-a 20'])
  expect(brake.lists).toMatchObject([
    { rule: 'retirements', name: 'team-a', limit: 20, minutes: 24 * 60, items: ['team-a 20'] },
  ])
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
  expect(judge(brake, retirementAct({ owner: 'team-a', item: 'another' }), tomorrow).passes).toBe(true)
  expect(judge(brake, retirementAct({ owner: 'team-a', item: 'team-a 20' }), tomorrow).passes).toBe(false)
})

test('a release lets exactly its list pass, for an hour', () => {
  const { brake } = actAs('team-a', 22)
  const [list] = brake.lists
  if (!list) throw new Error('the brake holds nothing')
  const released = releaseHeld(brake, list, { at: now, digest: 'x', by: 'someone' })
  const passes = (number: number, at: Date) =>
    judge(released, retirementAct({ owner: 'team-a', item: `team-a ${number}` }), { limits, now: at }).passes
  expect(released.lists).toEqual([])
  expect([passes(20, hours(0.9)), passes(21, hours(0.9))]).toEqual([true, true])
  expect(passes(22, hours(0.9))).toBe(false)
  expect(passes(20, hours(1))).toBe(false)
})

test('what is not wanted any more leaves its list, and an empty list goes', () => {
  const { brake } = actAs('team-a', 22)
  const drop = (record: BrakeRecord, number: number) =>
    dropAct(record, { rule: 'retirements', item: `team-a ${number}` })
  expect(drop(brake, 20).lists).toMatchObject([{ items: ['team-a 21'] }])
  expect(drop(drop(brake, 20), 21).lists).toEqual([])
  expect(drop(brake, 3)).toBe(brake)
})
