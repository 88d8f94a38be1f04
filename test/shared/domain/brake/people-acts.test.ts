import { describe, expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { deletionAct, revocationAct, suspensionAct } from '../../../../shared/domain/brake/act.ts'
import { type BrakeRecord, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { describeList } from '../../../../shared/domain/brake/describe-list.ts'
import { dropAct } from '../../../../shared/domain/brake/judge-act.ts'
import { findListWith, userOnList } from '../../../../shared/domain/brake/lists.ts'
import { noteHinted, releaseHeld } from '../../../../shared/domain/brake/releases.ts'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { judge } from './judging.ts'

const limits = configuration.parse({}).brake
const at = (minute: number) => ({ limits, now: new Date(Date.UTC(2026, 2, 3, 10, minute)) })
const person = (number: number) => principalId.parse(`11111111-1111-4111-8111-${String(number).padStart(12, '0')}`)
const keyOf = (number: number, set = 'Admin-ps') =>
  assignmentKey.parse(`account%111111111111%${set}%${person(number)}%USER`)

/** These were suspended by one uploader. */
function suspend(numbers: readonly number[], minute = 0, brake: BrakeRecord = emptyBrake, by = 'hr') {
  const passed: boolean[] = []
  let record = brake
  for (const number of numbers) {
    const judged = judge(record, suspensionAct({ user: person(number), by }), at(minute))
    passed.push(judged.passes)
    record = judged.brake
  }
  return { brake: record, passed }
}
const six = [1, 2, 3, 4, 5, 6]
const held = suspend(six).brake

describe('people whom files suspend', () => {
  test('five of one uploader pass within 15 minutes, and the sixth is held', () => {
    expect(suspend(six).passed).toEqual([true, true, true, true, true, false])
    expect(held.lists).toMatchObject([{ rule: 'people', name: 'hr', limit: 5, items: [person(6)], held: [] }])
  })

  test('a person counts once, however often the file is looked at', () => {
    expect(suspend([1, 1, 1, 2, 3, 4, 5, 1]).passed).not.toContain(false)
  })

  test('another uploader has a count of their own', () => {
    expect(suspend([7], 0, held, 'other').passed).toEqual([true])
  })

  test('the next person passes when the window is over, and who is on the list stays there', () => {
    expect(suspend([7], 16, held).passed).toEqual([true])
    expect(suspend([6], 16, held).passed).toEqual([false])
  })

  test('all access of a person who is held stands on the same list, and of one who has passed it goes uncounted', () => {
    const revocation = { key: keyOf(6), links: [], cause: { cause: 'principal' as const } }
    const suspended = { user: person(6), by: 'hr' }
    const judged = judge(held, revocationAct({ ...revocation, suspended }), at(1))
    expect(judged).toMatchObject({ passes: false, brake: { lists: [{ items: [person(6)], held: [keyOf(6)] }] } })
    expect(judge(held, revocationAct({ ...revocation, suspended: 'admitted' }), at(1))).toEqual({
      passes: true,
      brake: held,
    })
  })

  test('a release lets exactly these people pass, for an hour', () => {
    const [list] = held.lists
    if (!list) throw new Error('nobody is held')
    const released = releaseHeld(held, list, { at: at(1).now, digest: 'd', by: 'me' })
    expect(released).toMatchObject({ lists: [], releases: [{ rule: 'people', keys: [], items: [person(6)] }] })
    expect(suspend([6], 30, released).passed).toEqual([true])
    expect(suspend([7], 2, released).passed).toEqual([false])
    expect(judge(released, suspensionAct({ user: person(6), by: 'hr' }), at(61)).brake.releases).toEqual(
      released.releases,
    )
  })

  test('a release is used up once the person is no longer suspended, and keeps the name until its hints are sent', () => {
    const [list] = held.lists
    if (!list) throw new Error('nobody is held')
    const unhinted = releaseHeld(held, list, { at: at(1).now, digest: 'd', by: 'me' })
    const [release] = unhinted.releases
    if (!release) throw new Error('nothing is released')
    const restored = suspensionAct({ user: person(6), by: undefined })
    const used = dropAct(unhinted, restored)
    expect(used.releases).toEqual([{ ...release, used: [person(6)] }])
    expect(dropAct(used, restored)).toBe(used)
    expect(suspend([6], 2, used).passed).toEqual([false])
    expect(noteHinted(used, release).releases).toEqual([{ ...release, hinted: true, items: [] }])
    const released = noteHinted(unhinted, release)
    expect(released.releases).toEqual([{ ...release, hinted: true }])
    expect(dropAct(released, suspensionAct({ user: person(7), by: undefined }))).toBe(released)
    expect(dropAct(released, restored).releases).toEqual([{ ...release, hinted: true, items: [] }])
    expect(suspend([6], 2, dropAct(released, restored)).passed).toEqual([false])
  })

  test('a list goes with its last person, and not before', () => {
    const withAccess = judge(
      held,
      revocationAct({ key: keyOf(6), links: [], cause: undefined, suspended: { user: person(6), by: 'hr' } }),
      at(1),
    ).brake
    const without = dropAct(withAccess, { rule: 'people', key: keyOf(6) })
    expect(findListWith(without, 'people', person(6))).toMatchObject({ held: [] })
    expect(dropAct(without, suspensionAct({ user: person(6), by: undefined })).lists).toEqual([])
    expect(dropAct(withAccess, suspensionAct({ user: person(6), by: undefined })).lists).toMatchObject([
      { items: [], held: [keyOf(6)] },
    ])
    expect(dropAct(held, suspensionAct({ user: person(1), by: undefined }))).toBe(held)
  })
})

describe('users who are to be deleted', () => {
  function remove(numbers: readonly number[], minute: number, brake: BrakeRecord) {
    const passed: boolean[] = []
    let record = brake
    for (const number of numbers) {
      const judged = judge(record, deletionAct(person(number)), at(minute))
      passed.push(judged.passes)
      record = judged.brake
    }
    return { brake: record, passed }
  }
  const both = remove([8, 8, ...six], 0, held).brake

  test('count together and apart from suspensions: five pass within 15 minutes, each once', () => {
    expect(remove([8, 8, 1, 2, 3, 4, 5], 0, held).passed).toEqual([true, true, true, true, true, true, false])
    const [, list] = both.lists
    expect([...(list?.items ?? [])].map(userOnList)).toEqual([person(5), person(6)])
    expect(list && describeList(list)).toBe('held by the brake: more than 5 users would be deleted within 15 minutes')
  })

  test('a release of suspensions deletes nobody, and one of deletions exactly those on its list', () => {
    const [suspensions, deletions] = both.lists
    if (!suspensions || !deletions) throw new Error('nobody is held')
    const releasing = { at: at(1).now, digest: 'd', by: 'me' }
    expect(remove([6], 2, releaseHeld(both, suspensions, releasing)).passed).toEqual([false])
    const released = releaseHeld(both, deletions, releasing)
    expect(remove([5, 6, 7], 2, released).passed).toEqual([true, true, false])
    expect(suspend([6], 2, released).passed).toEqual([false])
  })

  test('whoever is neither suspended nor deleted any more leaves both lists', () => {
    const left = dropAct(dropAct(both, suspensionAct({ user: person(6), by: undefined })), deletionAct(person(6))).lists
    expect(left.flatMap(({ items }) => [...items].map(userOnList))).toEqual([person(5)])
  })
})
