import { expect, test } from '@jest/globals'
import { removedCause } from '../../../shared/domain/removed-cause.ts'

const lacks = (name: string) => `Received a 404 status error: Not supported policy ${name}.`

test('a customer managed policy that accounts lack is named, with what to do', () => {
  expect(removedCause([lacks('base.v2'), lacks('base.v2')])).toBe(
    "create the customer managed policy 'base.v2' in these accounts, under the path that the permission set names, or take it out of the permission set",
  )
  expect(removedCause([lacks('a'), lacks('b')])).toContain("policies 'a', 'b' in these accounts")
})

test.each([[[]], [['Access denied by IAM.']], [[lacks('a'), 'Access denied by IAM.']]])(
  'where accounts fail for another reason nothing is promised of one: %j',
  (reasons: readonly string[]) => {
    expect(removedCause(reasons)).toBe('remove the cause')
  },
)
