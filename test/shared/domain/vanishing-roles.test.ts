import { expect, test } from '@jest/globals'
import { type Assignment, parseAssignmentKey } from '../../../shared/domain/assignment.ts'
import { findVanishingRoles } from '../../../shared/domain/vanishing-roles.ts'

const assignment = (key: string): Assignment => {
  const parsed = parseAssignmentKey(`account%${key}%GROUP%ssofile`)
  if (!parsed) throw new Error(`not an assignment: ${key}`)
  return parsed
}
const [ana, bo, elsewhere] = ['222222222222%ReadOnly%ana', '222222222222%ReadOnly%bo', '333333333333%ReadOnly%ana'].map(
  assignment,
) as [Assignment, Assignment, Assignment]

test('a role vanishes with the last assignment of its permission set in the account', () => {
  const vanishing = findVanishingRoles({ revocations: [elsewhere, ana, bo], grants: [], remaining: [] })
  expect(vanishing).toEqual([
    { accountId: '222222222222', permissionSet: 'ReadOnly' },
    { accountId: '333333333333', permissionSet: 'ReadOnly' },
  ])
})

test('a role stays while someone else keeps the permission set there, or gets it', () => {
  expect(findVanishingRoles({ revocations: [ana], grants: [], remaining: [bo] })).toEqual([])
  expect(findVanishingRoles({ revocations: [ana], grants: [bo], remaining: [] })).toEqual([])
})

test('an assignment in another account keeps no role', () => {
  expect(findVanishingRoles({ revocations: [ana], grants: [], remaining: [elsewhere] })).toHaveLength(1)
})
