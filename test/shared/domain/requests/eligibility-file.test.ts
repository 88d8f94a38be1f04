import { describe, expect, test } from '@jest/globals'
import { isEligibilityKey, parseEligibilityFile } from '../../../../shared/domain/requests/eligibility-file.ts'

const key = 'eligibility/admins.json'
const least = {
  for: { groups: ['developers'] },
  permissionSets: ['*-ps'],
  scopes: ['root%all'],
  longest: 'PT8H',
  approvers: { groups: ['security'] },
}

function parse(document: unknown, name = key) {
  return parseEligibilityFile(name, new TextEncoder().encode(JSON.stringify(document)))
}

function complaintOf(document: unknown, name = key): string {
  const read = parse(document, name)
  return read.ok ? 'valid' : `${read.complaint.received} | ${read.complaint.expected} | ${read.complaint.remedy}`
}

test('what is left out means one approval, a day of waiting, and nothing else', () => {
  const read = parse(least)
  expect(read).toMatchObject({
    ok: true,
    value: { name: 'admins', approvals: 1, needs: [], lapsesAfterMs: 24 * 3_600_000, endsSessions: false },
  })
  if (read.ok) expect(read.value.mayStartLaterMs).toBeUndefined()
})

test('an eligibility may say everything at once', () => {
  const read = parse({
    ...least,
    $schema: 'x',
    description: 'all of it',
    for: { groups: ['a'], users: ['b'] },
    scopes: ['root%all', 'ou_id%ou-abcd-11111111', 'account%111122223333', 'account_tag%team^data', 'select%prod'],
    approvers: { groups: ['security'], users: ['c'], ownerTag: 'owner' },
    approvals: 2,
    needs: ['incident', 'reason', 'ticket'],
    ticketPattern: 'CHG#######',
    mayStartLater: 'P7D',
    approvedByItself: {
      groups: ['on-call'],
      times: [{ days: ['mon'], from: '18:00', until: '08:00', zone: 'Europe/Berlin' }],
    },
    lapsesAfter: 'PT2H',
    endsSessions: true,
  })
  expect(read).toMatchObject({
    ok: true,
    value: { approvals: 2, needs: ['reason', 'ticket', 'incident'], mayStartLaterMs: 7 * 24 * 3_600_000 },
  })
})

describe('an eligibility is refused that', () => {
  test.each<[string, unknown, string]>([
    ['is for nobody', { ...least, for: {} }, 'at least one name'],
    ['has nobody who approves', { ...least, approvers: undefined }, 'who approves'],
    ['has an empty object of approvers', { ...least, approvers: {} }, 'somebody in it'],
    [
      'asks for more approvals than there are users',
      { ...least, approvers: { users: ['a', 'a'] }, approvals: 2 },
      'at least as many',
    ],
    ['asks for no approval of anybody', { ...least, approvals: 0 }, 'approvedByItself'],
    ['is approved by itself for nobody', { ...least, approvedByItself: {} }, 'groups, times or both'],
    ['asks for six approvals', { ...least, approvals: 6 }, 'a whole number from 0 to 5'],
    ['has a scope of no kind', { ...least, scopes: ['everything'] }, 'a scope as in links'],
    ['has a scope that is not valid', { ...least, scopes: ['account%123'] }, 'a scope as in links'],
    ['has no scope', { ...least, scopes: [] }, 'a list of 1 to 500 scopes'],
    ['lasts 31 days', { ...least, longest: 'P31D' }, 'at most 30 days'],
    ['has a pattern for tickets that nobody needs', { ...least, ticketPattern: '#' }, 'both or none'],
    ['has a field that nobody knows', { ...least, approver: [] }, "unknown field 'approver'"],
    [
      'has a time in no zone',
      { ...least, approvedByItself: { times: [{ days: ['mon'], from: '18:00', until: '08:00', zone: 'x' }] } },
      'a time zone',
    ],
    ['has a name with a line end', { ...least, for: { users: ['a\nb'] } }, 'without control characters'],
  ])('%s', (_, document, told) => {
    expect(complaintOf(document)).toContain(told)
  })

  test('has no name of its own', () => {
    expect(complaintOf(least, 'eligibility/a b.json')).toContain("the name 'a b'")
  })
})

test.each([
  ['eligibility/a.json', true],
  ['eligibility/a/b.json', false],
  ['eligibility/a.txt', false],
  ['selectors/a.json', false],
])('whether %s is an eligibility: %s', (text, expected) => {
  expect(isEligibilityKey(text)).toBe(expected)
})
