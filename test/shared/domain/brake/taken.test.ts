import { expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { countTaken, sayTaken } from '../../../../shared/domain/brake/taken.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'

const id = (end: string) => principalId.parse(`f81d4fae-7dec-4d0a-a765-00a0c91e6b0${end}`)
const key = (account: string, end: string, type: 'GROUP' | 'USER') =>
  assignmentKey.parse(`account%${account}%Billing-ps%${id(end)}%${type}`)
const held = [key('233000000002', 'a', 'GROUP'), key('233000000003', 'a', 'GROUP'), key('233000000002', '1', 'USER')]

test('a release takes access from each person once, who may be in a group and have access of their own', () => {
  const members = new Map([[id('a'), [id('1'), id('2')]]])
  const taken = countTaken(held, members)
  expect(taken).toEqual({ accounts: 2, groups: 1, users: 1, people: 2 })
  expect(sayTaken(held.length, taken)).toBe('3 accesses in 2 accounts from 1 group and 1 user (2 people)')
})

test('people are not counted as nobody if the directory does not say who is in a group', () => {
  expect(sayTaken(held.length, countTaken(held, undefined))).toBe(
    '3 accesses in 2 accounts from 1 group and 1 user (the number of people is not known)',
  )
})
