import { describe, expect, test } from '@jest/globals'
import {
  eligibilityKey,
  isEligibilityKey,
  parseEligibilityFile,
  tooManyEligibilities,
} from '../../../../shared/domain/files/eligibility-file.ts'

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
  const hourMs = 3_600_000
  expect(parse(least)).toEqual({
    ok: true,
    value: {
      ...{ key, name: 'admins', approvals: 1, needs: [], endsSessions: false },
      ...{ for: { groups: ['developers'], users: [] }, approvers: { groups: ['security'], users: [] } },
      ...{ permissionSets: ['*-ps'], scopes: [{ kind: 'root' }], longestMs: 8 * hourMs, lapsesAfterMs: 24 * hourMs },
    },
  })
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
    value: {
      ...{ approvals: 2, needs: ['reason', 'ticket', 'incident'], mayStartLaterMs: 7 * 24 * 3_600_000 },
      for: { groups: ['a'], users: ['b'] },
      approvers: { groups: ['security'], users: ['c'], ownerTag: 'owner' },
      approvedByItself: { groups: ['on-call'], times: [{ days: ['mon'], from: '18:00' }] },
      scopes: [{ kind: 'root' }, { kind: 'ou_id' }, { kind: 'account' }, { kind: 'account_tag' }, { kind: 'select' }],
    },
  })
})

const always = { days: ['mon'], from: '00:00', until: '24:00', zone: 'UTC' }
test.each<[string, object, object]>([
  ['users alone who may ask', { for: { users: ['b'] } }, { for: { groups: [], users: ['b'] } }],
  ['as many users who approve as approvals', { approvers: { users: ['a', 'b'] }, approvals: 2 }, { approvals: 2 }],
  ['more approvals than groups, which may have many people', { approvals: 5 }, { approvals: 5 }],
  [
    'a tag of owners alone',
    { approvers: { ownerTag: 'owner' }, approvals: 2 },
    { approvers: { groups: [], users: [] } },
  ],
  [
    'groups alone that need no approval',
    { approvers: undefined, approvals: 0, approvedByItself: { groups: ['on-call'] } },
    { approvedByItself: { groups: ['on-call'], times: [] } },
  ],
  [
    'times alone that need no approval',
    { approvers: undefined, approvals: 0, approvedByItself: { times: [always] } },
    { approvedByItself: { groups: [], times: [always] } },
  ],
])('an eligibility may have %s', (_, said, value) => {
  expect(parse({ ...least, ...said })).toMatchObject({ ok: true, value })
})

describe('an eligibility is refused that', () => {
  test.each<[string, unknown, string]>([
    ['is for nobody', { ...least, for: {} }, 'at least one name'],
    [
      'has nobody who approves',
      { ...least, approvers: undefined, approvals: 2 },
      '"approvals": 2 without approvers | who approves: groups, users or the ownerTag of the account | add approvers, such as "approvers": { "groups": ["security"] }',
    ],
    ['has an empty object of approvers', { ...least, approvers: {} }, 'somebody in it'],
    [
      'asks for more approvals than there are users',
      { ...least, approvers: { users: ['a', 'a'] }, approvals: 2 },
      '"approvals": 2 and fewer users who approve | at least as many approvers as approvals | name more users or a group, or ask for fewer approvals',
    ],
    [
      'asks for more approvals than there are users, and names no group in its list of groups',
      { ...least, approvers: { groups: [], users: ['a'] }, approvals: 2 },
      'at least as many approvers as approvals',
    ],
    [
      'asks for no approval of anybody',
      { ...least, approvals: 0 },
      '"approvals": 0 without approvedByItself | at least one approval, or approvedByItself | write "approvals": 1 and approvers, or add approvedByItself with groups or times',
    ],
    ['is approved by itself for nobody', { ...least, approvedByItself: {} }, 'groups, times or both'],
    ['asks for six approvals', { ...least, approvals: 6 }, 'a whole number from 0 to 5'],
    ['has a scope of no kind', { ...least, scopes: ['everything'] }, 'a scope as in links'],
    ['has a scope without a value', { ...least, scopes: ['selects'] }, 'a scope as in links'],
    ['has a scope that is not valid', { ...least, scopes: ['account%123'] }, 'a scope as in links'],
    ['has no scope', { ...least, scopes: [] }, 'a list of 1 to 500 scopes'],
    ['does not say how long', { ...least, longest: undefined }, '| add it;'],
    ['lasts 31 days', { ...least, longest: 'P31D' }, 'at most 30 days'],
    ['lasts no time that it says', { ...least, longest: '8h' }, '| write "PT8H";'],
    ['has needs that are no list', { ...least, needs: 'reason' }, '| write ["reason"];'],
    [
      'has a pattern for tickets that nobody needs',
      { ...least, ticketPattern: '#', needs: ['reason'] },
      'ticketPattern without "ticket" in needs | both or none | add "needs": ["ticket"], or leave ticketPattern out',
    ],
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

  test('is one byte larger than an eligibility may be', () => {
    const body = new TextEncoder().encode(JSON.stringify(least))
    expect(parseEligibilityFile(key, body, 64 * 1024)).toMatchObject({ ok: true })
    expect(parseEligibilityFile(key, body, 64 * 1024 + 1)).toMatchObject({
      complaint: { expected: 'at most 65536 bytes', remedy: 'name groups in place of users, or divide it' },
    })
  })

  test('is one of more than there may be', () => {
    const eligibilities = tooManyEligibilities(
      Array.from({ length: 10_001 }, (_, number) => eligibilityKey(`e${number}`)),
    )
    expect(eligibilities.size).toBe(10_001)
    expect(eligibilities.get('e7')).toEqual({
      ok: false,
      complaint: {
        object: 'eligibility/e7.json',
        received: 'one of 10001 files',
        expected: 'at most 10000',
        remedy: 'join those that say the same, with groups, globs and scopes',
      },
    })
  })

  test('has no name of its own', () => {
    expect(complaintOf(least, 'eligibility/a b.json')).toContain("the name 'a b'")
  })
})

test.each([
  ['eligibility/a.json', true],
  ['eligibility/a/b.json', false],
  ['eligibility/admins.json', true],
  ['eligibility/a.txt', false],
  ['eligibility/a.json.bak', false],
  ['old/eligibility/a.json', false],
  ['selectors/a.json', false],
])('whether %s is an eligibility: %s', (text, expected) => {
  expect(isEligibilityKey(text)).toBe(expected)
})
