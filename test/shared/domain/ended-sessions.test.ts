import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../shared/domain/account-id.ts'
import {
  addEndedSession,
  denialsOf,
  denyEverywhere,
  type EndedSession,
  endSession,
  withDenials,
  withoutDenials,
} from '../../../shared/domain/ended-sessions.ts'
import { principalId } from '../../../shared/domain/identity-center-ids.ts'
import { findExcess } from '../../../shared/domain/inline-policy.ts'
import { isSamePolicy } from '../../../shared/domain/permission-set-changes.ts'
import { parsePermissionSetFile } from '../../../shared/domain/permission-set-file.ts'
import { permissionSetName } from '../../../shared/domain/permission-set-name.ts'

const userNumber = (number: number) => principalId.parse(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`)
const [zoe, kim] = [userNumber(1), userNumber(2)]
const [dev, prod] = [accountId.parse('210000000001'), accountId.parse('210000000002')]
const ten = new Date('2026-03-03T10:00:00Z')
const eleven = new Date('2026-03-03T11:00:00Z')
const ended = (user = zoe, at = ten, account?: EndedSession['account']): EndedSession =>
  endSession({ user, name: 'zoe', permissionSet: permissionSetName.parse('Admin-ps'), account, by: 'me' }, at)

test('what was issued in the second of the wish is denied, and nothing after it', () => {
  expect(ended(zoe, new Date('2026-03-03T10:00:00.001Z'))).toMatchObject({
    before: '2026-03-03T10:00:01.000Z',
    until: '2026-03-03T22:00:01.000Z',
  })
  expect(ended().before).toBe('2026-03-03T10:00:00.000Z')
})

describe('a wish that is added', () => {
  test('takes the place of earlier ones that it covers', () => {
    expect(addEndedSession([ended(zoe, ten, dev), ended(zoe, ten, prod)], ended(zoe, eleven))).toEqual([
      ended(zoe, eleven),
    ])
    expect(addEndedSession([ended(zoe, ten, dev)], ended(zoe, eleven, dev))).toEqual([ended(zoe, eleven, dev)])
  })

  test('changes nothing where a wider one of the same instant is there', () => {
    const before = [ended(zoe, ten)]
    expect(addEndedSession(before, ended(zoe, ten, dev))).toBe(before)
  })

  test('stands beside those of other users, accounts and instants', () => {
    const others = [ended(zoe, eleven, dev), ended(kim, ten)]
    expect(addEndedSession(others, ended(zoe, ten, prod))).toHaveLength(3)
    expect(addEndedSession([ended(zoe, ten)], ended(zoe, eleven, dev))).toHaveLength(2)
  })
})

describe('the denials', () => {
  test('of users with the same instant are one statement', () => {
    expect(denialsOf([ended(kim), ended(zoe)])).toEqual([
      {
        Sid: 'SsofileEnded1',
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: {
          StringEquals: { 'identitystore:UserId': [zoe, kim] },
          DateLessThan: { 'aws:TokenIssueTime': '2026-03-03T10:00:00Z' },
        },
      },
    ])
  })

  test('of accounts name them, and of several accounts of one user are one statement', () => {
    const [only, ...others] = denialsOf([ended(zoe, ten, prod), ended(zoe, ten, dev)])
    expect(only?.Condition.StringEquals).toEqual({
      'identitystore:UserId': [zoe],
      'aws:PrincipalAccount': [dev, prod],
    })
    expect(others).toEqual([])
  })

  test('of different instants are statements of their own, since a later one would deny new sessions', () => {
    expect(denialsOf([ended(zoe, eleven), ended(kim, ten)]).map(({ Sid, Condition }) => [Sid, Condition])).toEqual([
      ['SsofileEnded1', expect.objectContaining({ DateLessThan: { 'aws:TokenIssueTime': '2026-03-03T10:00:00Z' } })],
      ['SsofileEnded2', expect.objectContaining({ DateLessThan: { 'aws:TokenIssueTime': '2026-03-03T11:00:00Z' } })],
    ])
  })

  test.each([
    ['one instant', 200, () => ten],
    ['an instant each', 40, (number: number) => new Date(ten.getTime() + number * 1000)],
  ])('of %s fit for %i users', (_, users, at) => {
    const all = Array.from({ length: users }, (_item, number) => ended(userNumber(number), at(number)))
    expect(findExcess(withDenials(undefined, denialsOf(all)) ?? '')).toBeUndefined()
    const three = [...all, ...all, ...all].map((one, number) => ({
      ...one,
      user: userNumber(number),
      before: `${number}`,
    }))
    expect(findExcess(withDenials(undefined, denialsOf(three)) ?? '')).toMatch(/at most (10240|32768)/)
  })
})

describe('an inline policy', () => {
  const own = '{"Version":"2012-10-17","Id":"x","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
  const denials = denialsOf([ended()])

  test.each([
    ['with statements', own],
    ['with a single statement that is no list', '{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}'],
    ['that is none', undefined],
  ])('%s says the same as before once the denials are taken out', (_, before) => {
    const joined = withDenials(before, denials)
    expect(joined).toContain('SsofileEnded1')
    expect(isSamePolicy(withoutDenials(joined), before)).toBe(true)
    expect(isSamePolicy(withDenials(joined, []), before)).toBe(true)
  })

  test('gets new denials in the place of old ones', () => {
    const joined = withDenials(withDenials(own, denials), denialsOf([ended(kim, eleven)]))
    expect(joined).toBe(withDenials(own, denialsOf([ended(kim, eleven)])))
  })

  test('without denials is the very same text', () => {
    const text = `${own} `
    expect(withoutDenials(text)).toBe(text)
    expect(withoutDenials('{"Statement":[{"Sid":"NotSsofileEnded1"}]}')).toBe(
      '{"Statement":[{"Sid":"NotSsofileEnded1"}]}',
    )
  })

  test.each([
    ['a list', { Statement: [{ Sid: 'a' }, { Sid: 'SsofileEnded7' }] }, 'Statement[1].Sid'],
    ['a single one', { Statement: { Sid: 'SsofileEndedSoon' } }, 'Statement.Sid'],
  ])('of a file may not have such statements: %s', (_, inlinePolicyDocument, at) => {
    const file = JSON.stringify({ permissionSetName: 'Admin-ps', inlinePolicyDocument })
    const parsed = parsePermissionSetFile('permission_sets/Admin-ps.json', new TextEncoder().encode(file))
    expect(parsed.ok ? '' : parsed.complaint.received).toContain(at)
  })
})

test('the policy for a leaver denies everything to this user, whenever the session began', () => {
  expect(denyEverywhere(zoe).Statement).toEqual([
    {
      Sid: 'DenyLeaver',
      Effect: 'Deny',
      Action: '*',
      Resource: '*',
      Condition: { StringEquals: { 'identitystore:UserId': [zoe] } },
    },
  ])
})
