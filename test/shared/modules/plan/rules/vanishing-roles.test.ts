import { expect, test } from '@jest/globals'
import { type Assignment, parseAssignmentName } from '../../../../../shared/domain/assignments/assignment.ts'
import { findVanishingRoles, renderProvisionedSet } from '../../../../../shared/modules/plan/rules/vanishing-roles.ts'

const assignment = (key: string): Assignment => {
  const parsed = parseAssignmentName(`account%${key}%GROUP%ssofile`)
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

test('roles that vanish are in order of account and permission set, whatever the order of the plan', () => {
  const others = ['222222222222%Admin%ana', '111111111111%ReadOnly%ana', '333333333333%Admin%bo'].map(assignment)
  const plan = { grants: [], remaining: [] }
  const revocations = [elsewhere, ...others, ana, bo]
  const names = [
    '111111111111%ReadOnly',
    '222222222222%Admin',
    '222222222222%ReadOnly',
    '333333333333%Admin',
    '333333333333%ReadOnly',
  ]
  expect(findVanishingRoles({ ...plan, revocations }).map(renderProvisionedSet)).toEqual(names)
  expect(findVanishingRoles({ ...plan, revocations: revocations.toReversed() }).map(renderProvisionedSet)).toEqual(
    names,
  )
})

test('a role stays while someone else keeps the permission set there, or gets it', () => {
  expect(findVanishingRoles({ revocations: [ana], grants: [], remaining: [bo] })).toEqual([])
  expect(findVanishingRoles({ revocations: [ana], grants: [bo], remaining: [] })).toEqual([])
})

test('an assignment in another account keeps no role', () => {
  expect(findVanishingRoles({ revocations: [ana], grants: [], remaining: [elsewhere] })).toHaveLength(1)
})
