import { describe, expect, test } from '@jest/globals'
import { removalAct } from '../../../../shared/domain/brake/act.ts'
import { type BrakeRecord, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { describeList } from '../../../../shared/domain/brake/describe-list.ts'
import { dropAct, judgeLeavers } from '../../../../shared/domain/brake/judge-act.ts'
import { releaseHeld } from '../../../../shared/domain/brake/releases.ts'
import { noteBase } from '../../../../shared/domain/brake/windows.ts'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { baselessOf, judge } from './judging.ts'

const limits = configuration.parse({}).brake
const at = (minute: number) => ({ limits, now: new Date(Date.UTC(2026, 2, 3, 10, minute)) })
const removal = (number: number, folder: string | undefined = 'team-a') => {
  return { item: `oncall%user-${number}`, folders: [folder] }
}
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

/** All these are taken out, where the folder had `base` memberships. */
function remove(these: readonly number[], { minute = 0, brake = emptyBrake, base = 0, folder = 'team-a' } = {}) {
  const passed: boolean[] = []
  let record: BrakeRecord = brake
  for (const number of these) {
    for (const window of baselessOf(record, removalAct(removal(number, folder)), at(minute)))
      record = noteBase(record, window, base, at(minute))
    const judged = judge(record, removalAct(removal(number, folder)), at(minute))
    passed.push(judged.passes)
    record = judged.brake
  }
  return { brake: record, held: passed.filter((one) => !one).length }
}
const held = remove(numbers(21)).brake

describe('removals from groups', () => {
  test('20 of a folder pass within 15 minutes, and the next one is held', () => {
    expect(remove(numbers(20)).held).toBe(0)
    expect(held.lists).toMatchObject([{ rule: 'memberships', name: 'team-a', limit: 20, items: ['oncall%user-20'] }])
    expect(held.lists.map(describeList)).toEqual([
      "held by the brake: more than 20 memberships of files in the folder 'team-a' were withdrawn within 15 minutes",
    ])
  })

  test('a tenth of what the files of the folder had given passes', () => {
    expect(remove(numbers(30), { base: 300 }).held).toBe(0)
    expect(remove(numbers(31), { base: 300 }).held).toBe(1)
  })

  test('each counts once, another folder has a count of its own, and the next window lets others pass', () => {
    expect(remove([...numbers(20), ...numbers(20)]).held).toBe(0)
    expect(remove([40], { brake: held, folder: 'team-b' }).held).toBe(0)
    expect(remove([41], { brake: held, minute: 16 }).held).toBe(0)
    expect(remove([20], { brake: held, minute: 16 }).held).toBe(1)
  })

  test('who is released passes for an hour, and who is asked for again leaves the list', () => {
    const [list] = held.lists
    if (list === undefined) throw new Error('the brake holds nothing')
    const released = releaseHeld(held, list, { at: at(1).now, digest: 'x', by: 'on-call' })
    expect(released.releases).toMatchObject([{ rule: 'memberships', items: ['oncall%user-20'], keys: [] }])
    expect(remove([20], { brake: released, minute: 2 }).held).toBe(0)
    const left = dropAct(released, { rule: 'memberships', item: 'oncall%user-20' })
    expect(remove([20], { brake: left, minute: 2 }).held).toBe(1)
    expect(dropAct(held, { rule: 'memberships', item: 'oncall%user-20' }).lists).toEqual([])
    expect(dropAct(held, { rule: 'memberships', item: 'oncall%user-3' })).toBe(held)
  })
})

describe('a rule', () => {
  const items = (count: number) => numbers(count).map((number) => `oncall%user-${number}`)
  const leave = (count: number, base: number, brake = emptyBrake, minute = 0) =>
    judgeLeavers(brake, { group: 'oncall', items: items(count), all: items(base) }, at(minute))
  const ofRule = (number: number) => ({ item: `oncall%user-${number}`, folders: [], ruleOf: 'oncall' })

  test.each([
    [1, 1, 0],
    [1, 2, 0],
    [2, 2, 2],
    [4, 5, 0],
    [5, 5, 5],
    [4, 8, 0],
    [5, 10, 5],
    [5, 11, 0],
    [6, 12, 6],
    [49, 100, 0],
    [50, 100, 50],
  ])('that %s of %s people leave at once has %s held', (count, base, expected) => {
    const { lists } = leave(count, base)
    expect(lists.flatMap((list) => [...list.items])).toHaveLength(expected)
  })

  const ten = leave(10, 10)

  test('holds all of them on one list, which says the rule', () => {
    expect(ten.lists).toMatchObject([{ rule: 'memberships', cause: 'rule', name: 'oncall', base: 10, limit: 4 }])
    expect(ten.lists.map(describeList)).toEqual([
      'held by the brake: rules/oncall.json would take more than 4 of 10 people out of its group within 15 minutes',
    ])
  })

  test('takes out nobody else while it has a list, and lets exactly that list go when it is released', () => {
    expect(judge(ten, removalAct(ofRule(3)), at(1)).passes).toBe(false)
    expect(judge(ten, removalAct(ofRule(77)), at(1)).passes).toBe(false)
    const [list] = ten.lists
    if (list === undefined) throw new Error('the brake holds nothing')
    const released = releaseHeld(ten, list, { at: at(1).now, digest: 'x', by: 'on-call' })
    expect(judge(released, removalAct(ofRule(3)), at(2)).passes).toBe(true)
    expect(leave(10, 10, released, 2).lists).toEqual([])
    expect(leave(20, 20, released, 2).lists.flatMap((one) => [...one.items])).toHaveLength(10)
  })

  test('lets those go on who may go, although the group is smaller by each of them', () => {
    let record = leave(5, 11)
    for (const number of numbers(5)) {
      const left = { items: items(5).slice(number), all: items(11).slice(number) }
      record = judgeLeavers(record, { group: 'oncall', ...left }, at(1))
      for (const window of baselessOf(record, removalAct(ofRule(number)), at(1)))
        record = noteBase(record, window, 11, at(1))
      record = judge(record, removalAct(ofRule(number)), at(1)).brake
    }
    expect(record.lists).toEqual([])
    expect(judge(record, removalAct(ofRule(5)), at(2)).passes).toBe(false)
  })

  test('forgets those who are meant again', () => {
    expect(leave(3, 10, ten, 1).lists.flatMap((list) => [...list.items])).toHaveLength(3)
    expect(leave(0, 10, ten, 1).lists).toEqual([])
  })
})
