import { describe, expect, test } from '@jest/globals'
import { type BrakeRecord, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { describeList } from '../../../../shared/domain/brake/describe-list.ts'
import { findBaselessRemoval, judgeRemoval } from '../../../../shared/domain/brake/judge-membership.ts'
import { takeOffMembership } from '../../../../shared/domain/brake/lists.ts'
import { releaseHeld } from '../../../../shared/domain/brake/releases.ts'
import { noteBase } from '../../../../shared/domain/brake/windows.ts'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'

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
    for (const window of findBaselessRemoval(record, removal(number, folder), at(minute)))
      record = noteBase(record, window, base, at(minute))
    const judged = judgeRemoval(record, removal(number, folder), at(minute))
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
    if (list === undefined) throw new Error('nothing is held')
    const released = releaseHeld(held, list, { at: at(1).now, digest: 'x', by: 'on-call' })
    expect(released.releases).toMatchObject([{ memberships: ['oncall%user-20'], keys: [] }])
    expect(remove([20], { brake: released, minute: 2 }).held).toBe(0)
    expect(takeOffMembership(held, 'oncall%user-20').lists).toEqual([])
    expect(takeOffMembership(held, 'oncall%user-3')).toBe(held)
  })
})
