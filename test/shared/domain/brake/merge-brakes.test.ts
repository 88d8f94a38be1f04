import { describe, expect, test } from '@jest/globals'
import { type BrakeRecord, brakeRecord, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { mergeBrakes } from '../../../../shared/domain/brake/merge-brakes.ts'

const [before, after] = ['2026-03-03T10:00:00.000Z', '2026-03-03T10:20:00.000Z']
const keyOf = (name: string) => `account%111111111111%${name}-ps%11111111-1111-4111-8111-000000000001%GROUP`
const [a, b, c] = ['A', 'B', 'C'].map(keyOf)
const figures = { base: 0, limit: 1, minutes: 15, passed: 1 }
const ofFolder = { rule: 'own', cause: 'folder', name: 'team-a' } as const
const ofAccount = { rule: 'indirect', cause: 'account', name: '111111111111' } as const
const people = { rule: 'people', cause: 'uploader', name: 'hr' } as const
const recordOf = (parts: object) => brakeRecord.parse({ ...emptyBrake, ...parts })
const listOf = (scope: object, since: string, held: readonly (string | undefined)[], items: readonly string[]) => {
  return { ...scope, ...figures, since, held, items }
}
const merged = (present: object, saved: object) => mergeBrakes(recordOf(present), recordOf(saved))

describe('two records of the brake', () => {
  test('have the same lists, windows and releases as one of them if the other is empty', () => {
    const full = recordOf({
      lists: [listOf(ofFolder, before, [a], ['link a'])],
      windows: [{ ...ofFolder, since: before, counted: ['link b'] }],
      releases: [{ digest: 'd', at: before, by: 'ann', hinted: true, keys: [c] }],
      left: 2,
      leaving: [{ access: 'x', at: before }],
    })
    expect(mergeBrakes(emptyBrake, full)).toEqual(full)
    expect(mergeBrakes(full, emptyBrake)).toEqual(full)
  })

  test('become one list for each rule and cause, with the names of both', () => {
    const { lists } = merged(
      { lists: [listOf(ofFolder, after, [b], ['link b'])] },
      { lists: [listOf(ofFolder, before, [a, b], ['link a', 'link b']), listOf(people, before, [], ['id 1'])] },
    )
    expect(lists).toEqual([listOf(ofFolder, after, [a, b], ['link a', 'link b']), listOf(people, before, [], ['id 1'])])
  })

  test('hold each access on one list only, the present one, and each other item once for its rule', () => {
    const present = { lists: [listOf(ofAccount, after, [a], [a ?? '']), listOf(people, after, [], ['id 1'])] }
    const { lists } = merged(present, {
      lists: [
        listOf({ rule: 'minimum', cause: 'account', name: '111111111111' }, before, [a], [a ?? '']),
        listOf({ ...people, name: 'another' }, before, [], ['id 1', 'id 2']),
      ],
    })
    expect(lists).toEqual([...present.lists, listOf({ ...people, name: 'another' }, before, [], ['id 2'])])
  })

  test('count in one window for each cause, which began with the later one', () => {
    const window = { ...ofFolder, base: 30, clockAt: after }
    const { windows } = merged(
      { windows: [{ ...window, since: after, counted: ['link b'] }] },
      { windows: [{ ...window, since: before, busyAt: before, counted: ['link a', 'link b'] }] },
    )
    expect(windows).toEqual([{ ...window, since: after, busyAt: before, counted: ['link a', 'link b'] }])
  })

  test('keep the present release, held file and leaving access if the other has the same', () => {
    const release = { digest: 'd', at: before, by: 'ann', hinted: true, rule: 'own', keys: [], items: [] } as const
    const contents = { digest: 'new', rule: 'contents', cause: 'permission set', name: 'A-ps', since: after } as const
    const file = { ...contents, etag: 'e', assignments: 1, limit: 0, leavesNone: true, givesAdministrator: false }
    const held = { ...file, takesAway: [], taken: 0 }
    const present = {
      contents: [held],
      releases: [release],
      left: 1,
      leaving: [{ access: 'x', at: after, goneAt: after }],
    }
    const one: BrakeRecord = merged(present, {
      contents: [{ ...held, digest: 'old' }],
      releases: [{ ...release, hinted: false, keys: [a] }],
      left: 2,
      leaving: [{ access: 'x', at: before }],
    })
    expect(one).toMatchObject({ ...present, left: 3 })
  })
})
