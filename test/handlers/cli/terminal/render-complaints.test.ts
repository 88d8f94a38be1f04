import { expect, test } from '@jest/globals'
import { renderComplaints } from '../../../../handlers/cli/terminal/render-complaints.ts'

const fault = { received: 'the management account', expected: 'another account', remedy: 'leave it alone' }

test('a fault that several objects share is told once, with their names below it', () => {
  const alone = { object: 'd', received: 'a deleted group', expected: 'a principal', remedy: 'delete it' }
  expect(renderComplaints([{ object: 'a', ...fault }, alone, { object: 'b', ...fault }])).toEqual([
    '2: received the management account, expected another account; leave it alone',
    '  a',
    '  b',
    'd: received a deleted group, expected a principal; delete it',
  ])
})
