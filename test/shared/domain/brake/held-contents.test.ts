import { describe, expect, test } from '@jest/globals'
import { emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import {
  describeContents,
  describeLoss,
  findContents,
  type HeldContents,
  isHeldAlone,
} from '../../../../shared/domain/brake/held-contents.ts'
import { contentsLimit, type Edit, findBaselessEdit, judgeEdit } from '../../../../shared/domain/brake/judge-edit.ts'
import { dropContents, holdContents } from '../../../../shared/domain/brake/lists.ts'
import { releaseContents } from '../../../../shared/domain/brake/releases.ts'
import { noteBase } from '../../../../shared/domain/brake/windows.ts'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { heldFile } from '../../reconcile/brake/held-file.ts'

const change = { takesAway: ['s3:*'], leavesNone: false, mayLeaveNone: false, givesAdministrator: false }
const nothing = { takesAway: [], leavesNone: false, mayLeaveNone: false, givesAdministrator: false }
const held = heldFile('Billing-ps')

describe('the change of a permission set', () => {
  test('is for the brake to judge where somebody has it, and loses something or becomes an administrator', () => {
    const on = (assignments: number) => ({ assignments, limit: 20 })
    expect(findContents(change, on(0))).toBeUndefined()
    expect(findContents(nothing, on(100_000))).toBeUndefined()
    expect(findContents(change, on(1))).toMatchObject({ assignments: 1, taken: 1 })
    expect(findContents({ ...nothing, givesAdministrator: true }, on(1))).toMatchObject({ taken: 0 })
  })

  test('that leaves almost nothing is held alone; one that may do so, or makes administrators, on more access than the limit', () => {
    const on = (assignments: number, more: object) => findContents({ ...change, ...more }, { assignments, limit: 20 })
    const isHeld = (assignments: number, more: object) => {
      const found = on(assignments, more)
      return found && isHeldAlone(found)
    }
    expect(isHeld(1, { leavesNone: true })).toBe(true)
    expect([20, 21].map((assignments) => isHeld(assignments, { givesAdministrator: true }))).toEqual([false, true])
    expect([20, 21].map((assignments) => isHeld(assignments, { mayLeaveNone: true }))).toEqual([false, true])
    expect(isHeld(100_000, {})).toBe(false)
  })

  test('has the limit of one indirect cause: the count, the share of the ledger if that is more, and never more than most', () => {
    const { brake } = configuration.parse({})
    expect([0, 200, 201, 1_000, 100_000].map((entries) => contentsLimit(entries, brake))).toEqual([
      20, 20, 20, 100, 200,
    ])
  })

  test('is told with the first of what it takes, the number of all, and on how many assignments', () => {
    const takesAway = Array.from({ length: 30 }, (_, nth) => `s3:${nth}`)
    const finding = findContents({ ...change, takesAway }, { assignments: 1_600, limit: 20 })
    expect(finding).toMatchObject({ taken: 30, takesAway: takesAway.slice(0, 20) })
    const loss =
      'may take away what the permission set allows (30: s3:0; s3:1; s3:2; s3:3; s3:4 and 25 more), on 1,600 account assignments'
    expect(finding && describeLoss(finding)).toBe(loss)
    const many = { limit: 20, base: 20, minutes: 15, passed: 20 }
    expect(finding && describeContents({ ...finding, many })).toBe(
      `held by the brake: the file ${loss}; more than 20 permission sets would lose something within 15 minutes`,
    )
    expect(describeContents({ ...held, many: { ...many, base: 1_000 } })).toContain(
      '; more than 20 of the 1,000 permission sets would lose something within 15 minutes',
    )
    expect(describeContents({ ...held, leavesNone: true, assignments: 1 })).toBe(
      'held by the brake: the file takes away almost everything that the permission set allows (1: s3:*), on 1 account assignment',
    )
    expect(describeContents({ ...held, mayLeaveNone: true })).toBe(
      'held by the brake: the file may take away almost everything that the permission set allows (1: s3:*), on 160 account assignments; to take so much away from more than 20 needs a release',
    )
    expect(describeContents({ ...held, givesAdministrator: true })).toBe(
      'held by the brake: the file may take away what the permission set allows (1: s3:*) and makes everybody who has it an administrator, on 160 account assignments; to make administrators on more than 20 needs a release',
    )
    expect(describeLoss({ ...held, takesAway: [], taken: 0 })).toBeUndefined()
  })
})

describe('the edit of a permission set', () => {
  const { brake: limits } = configuration.parse({ brake: { own: { count: 1, percent: 10, minutes: 15 } } })
  const at = (minute: number) => ({ limits, now: new Date(Date.UTC(2026, 2, 3, 10, minute)) })
  const edit = (name: string, more: Partial<HeldContents> = {}): Edit => {
    const { since, many, ...file } = heldFile(name, { digest: `digest of ${name}`, ...more })
    return file
  }
  /** One after the other, each of so many sets. Answers which were held. */
  const judge = (edits: readonly Edit[], { minute = 0, from = emptyBrake, base = 1 } = {}) => {
    let brake = from
    const names = edits.flatMap((one) => {
      for (const window of findBaselessEdit(brake, one, at(minute))) brake = noteBase(brake, window, base, at(minute))
      const judged = judgeEdit(brake, one, at(minute))
      brake = judged.brake
      return judged.held ? [String(judged.held.name)] : []
    })
    return { names, brake }
  }

  test('passes while as many sets lose something as may, whoever uploads them', () => {
    expect(judge([edit('A-ps'), edit('B-ps'), edit('C-ps')], { base: 20 }).names).toEqual(['C-ps'])
    expect(judge([edit('A-ps'), edit('B-ps'), edit('C-ps')]).names).toEqual(['B-ps', 'C-ps'])
  })

  test('counts a set once, and one that takes nothing away, or is held alone, not at all', () => {
    expect(judge([edit('A-ps'), edit('A-ps', { digest: 'other', etag: '2' })]).names).toEqual([])
    const nothingTaken = { taken: 0, takesAway: [], givesAdministrator: true, assignments: 20 }
    expect(judge([edit('A-ps', nothingTaken), edit('B-ps')]).names).toEqual([])
    expect(judge([edit('A-ps', { leavesNone: true }), edit('B-ps')]).names).toEqual(['A-ps'])
  })

  test('is judged by a window of its own after the last one: but what is held stays held', () => {
    const { brake } = judge([edit('A-ps'), edit('B-ps')])
    expect(judge([edit('C-ps')], { minute: 14, from: brake }).names).toEqual(['C-ps'])
    const later = judge([edit('C-ps'), edit('B-ps'), edit('B-ps', { etag: '2', digest: 'other' })], {
      minute: 15,
      from: brake,
    })
    expect(later.names).toEqual(['B-ps', 'B-ps'])
    expect(later.brake.contents).toMatchObject([{ name: 'B-ps', digest: 'other' }])
  })

  test('says by how much it is one too many, and since when', () => {
    const { brake } = judge([edit('A-ps'), edit('B-ps')], { base: 12 })
    expect(brake.contents).toEqual([
      {
        ...edit('B-ps'),
        since: '2026-03-03T10:00:00.000Z',
        many: { limit: 1, base: 12, minutes: 15, passed: 1 },
      },
    ])
    expect(judge([edit('B-ps')], { minute: 5, from: brake }).brake.contents).toEqual(brake.contents)
  })

  test('passes for an hour once it was released, and is not counted then', () => {
    const { brake } = judge([edit('A-ps'), edit('B-ps')])
    const [first] = brake.contents
    const released = first && releaseContents(brake, first, { at: at(1).now, by: 'operator' })
    expect(judge([edit('B-ps')], { minute: 60, from: released ?? emptyBrake }).names).toEqual([])
  })
})

describe('the record of the brake', () => {
  const of = (digest: string, name = 'Billing-ps') => heldFile(name, { digest })

  test('has one file of a permission set, the last one, and stays as it is where that is there already', () => {
    const first = holdContents(emptyBrake, of('one'))
    expect(holdContents(first, of('one'))).toBe(first)
    expect(holdContents(first, { ...of('one'), assignments: 1 }).contents).toEqual([{ ...of('one'), assignments: 1 }])
    expect(holdContents(first, of('two')).contents).toEqual([of('two')])
    expect(holdContents(first, of('two', 'Audit-ps')).contents.map(({ name }) => name)).toEqual([
      'Audit-ps',
      'Billing-ps',
    ])
  })

  test('loses the file of one permission set, and no other', () => {
    const record = holdContents(holdContents(emptyBrake, of('one')), of('two', 'Audit-ps'))
    expect(dropContents(record, of('one').name).contents).toEqual([of('two', 'Audit-ps')])
    expect(dropContents(emptyBrake, of('one').name)).toBe(emptyBrake)
  })

  test('has a release of one file beside the others that are held', () => {
    const record = holdContents(holdContents(emptyBrake, of('one')), of('two', 'Audit-ps'))
    const at = new Date('2026-03-03T11:00:00.000Z')
    expect(releaseContents(record, of('one'), { at, by: 'operator' })).toEqual({
      ...record,
      contents: [of('two', 'Audit-ps')],
      releases: [
        {
          digest: 'one',
          at: at.toISOString(),
          by: 'operator',
          hinted: false,
          rule: 'contents',
          keys: [],
          items: [],
          permissionSet: 'Billing-ps',
        },
      ],
    })
  })
})
