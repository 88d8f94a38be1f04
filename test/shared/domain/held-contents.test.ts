import { describe, expect, test } from '@jest/globals'
import { contentsLimit, dropContents, emptyBrake, holdContents, releaseContents } from '../../../shared/domain/brake.ts'
import { configuration } from '../../../shared/domain/configuration.ts'
import { describeContents, judgeContents } from '../../../shared/domain/held-contents.ts'
import { heldFile } from '../reconcile/brake/held-file.ts'

const change = { takesAway: ['s3:*'], leavesNone: false, givesAdministrator: false }
const nothing = { takesAway: [], leavesNone: false, givesAdministrator: false }
const held = heldFile('Billing-ps')

describe('the change of a permission set', () => {
  test('that leaves no policy is held where it is assigned at all', () => {
    const empty = { ...change, leavesNone: true }
    expect(judgeContents(empty, { assignments: 0, limit: 20 })).toBeUndefined()
    expect(judgeContents(empty, { assignments: 1, limit: 20 })).toMatchObject({ leavesNone: true, assignments: 1 })
  })

  test.each([
    ['takes away', change],
    ['makes administrators', { ...nothing, givesAdministrator: true }],
  ])('that %s is held on more access than the limit, and not on exactly so much', (_, given) => {
    expect(judgeContents(given, { assignments: 20, limit: 20 })).toBeUndefined()
    expect(judgeContents(given, { assignments: 21, limit: 20 })).toMatchObject({ assignments: 21, limit: 20 })
  })

  test('that does neither passes on any access', () => {
    expect(judgeContents(nothing, { assignments: 100_000, limit: 20 })).toBeUndefined()
  })

  test('has the limit of one indirect cause: the count, the share of the ledger if that is more, and never more than most', () => {
    const { brake } = configuration.parse({})
    expect([0, 200, 201, 1_000, 100_000].map((entries) => contentsLimit(entries, brake))).toEqual([
      20, 20, 20, 100, 200,
    ])
  })

  test('is told with the first of what it takes, the number of all, and on how many assignments', () => {
    const takesAway = Array.from({ length: 30 }, (_, nth) => `s3:${nth}`)
    const finding = judgeContents({ ...change, takesAway }, { assignments: 1_600, limit: 20 })
    expect(finding).toMatchObject({ taken: 30, takesAway: takesAway.slice(0, 20) })
    expect(finding && describeContents(finding)).toBe(
      'held by the brake: the file may take away what the permission set allows (30: s3:0; s3:1; s3:2; s3:3; s3:4 and 25 more), on 1,600 account assignments; on more than 20 this needs a release',
    )
    expect(describeContents({ ...held, leavesNone: true, assignments: 1 })).toBe(
      'held by the brake: the file leaves the permission set without any policy, on 1 account assignment',
    )
    expect(describeContents({ ...held, givesAdministrator: true })).toContain(
      '(1: s3:*) and makes everybody who has it an administrator, on 160 account assignments',
    )
  })
})

describe('the record of the brake', () => {
  const of = (digest: string, name = 'Billing-ps') => heldFile(name, { digest })

  test('has one file of a permission set, the last one, and stays as it is where that is there already', () => {
    const first = holdContents(emptyBrake, of('one'))
    expect(holdContents(first, { ...of('one'), assignments: 1 })).toBe(first)
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
        { digest: 'one', at: at.toISOString(), by: 'operator', hinted: false, keys: [], permissionSet: 'Billing-ps' },
      ],
    })
  })
})
