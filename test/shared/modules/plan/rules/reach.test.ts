import { expect, test } from '@jest/globals'
import { parseAssignmentName } from '../../../../../shared/domain/assignments/assignment.ts'
import { collectAssignments } from '../../../../../shared/domain/assignments/plan.ts'
import { permissionSetName } from '../../../../../shared/domain/permission-sets/permission-set-name.ts'
import { holdersOf } from '../../../../../shared/modules/plan/rules/reach.ts'

const setOf = (...keys: readonly string[]) =>
  collectAssignments(keys.flatMap((key) => parseAssignmentName(`account%${key}%ssofile`) ?? []))

test('the reach of a permission set counts each principal and account once, and a user apart from a group of the same name', () => {
  const recorded = [
    setOf('200000000001%A%web%GROUP', '200000000002%A%web%GROUP', '200000000001%B%web%GROUP'),
    setOf('200000000001%A%web%USER'),
  ]
  const reach = (name: string) => holdersOf(permissionSetName.parse(name), recorded).reach
  expect(reach('A')).toEqual({ principals: 2, accounts: 2, assignments: 3 })
  expect(reach('C')).toEqual({ principals: 0, accounts: 0, assignments: 0 })
})

test('the accounts of a permission set are told once and in their order, whatever the order of the records', () => {
  const recorded = [
    setOf('200000000002%A%web%GROUP', '200000000003%B%web%GROUP'),
    setOf('200000000001%A%web%USER', '200000000002%A%web%USER'),
  ]
  const accounts = (name: string) => holdersOf(permissionSetName.parse(name), recorded).accounts
  expect(accounts('A')).toEqual(['200000000001', '200000000002'])
  expect(accounts('C')).toEqual([])
})
