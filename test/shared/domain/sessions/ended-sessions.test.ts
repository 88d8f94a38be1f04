import { describe, expect, test } from '@jest/globals'
import { findExcess } from '../../../../shared/domain/iam-policies/inline-policy.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { isSamePolicy } from '../../../../shared/domain/permission-sets/permission-set-changes.ts'
import { parsePermissionSetFile } from '../../../../shared/domain/permission-sets/permission-set-file.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import {
  accountsMost,
  denialsOf,
  denyEverywhere,
  type EndedSession,
  endOfRequest,
  endSession,
  isOfOperator,
  mergeEndedSessions,
  withDenials,
  withoutDenials,
} from '../../../../shared/domain/sessions/ended-sessions.ts'

const userNumber = (number: number) => principalId.parse(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`)
const [zoe, kim] = [userNumber(1), userNumber(2)]
const [dev, prod] = [accountId.parse('210000000001'), accountId.parse('210000000002')]
const ten = new Date('2026-03-03T10:00:00Z')
const eleven = new Date('2026-03-03T11:00:00Z')
const noon = new Date('2026-03-03T12:00:00Z')
const ended = (user = zoe, at = ten, account?: EndedSession['account']): EndedSession =>
  endSession({ user, name: 'zoe', permissionSet: permissionSetName.parse('Admin-ps'), account, by: 'me' }, at)

test('an instant is the next full minute, a full minute itself, and its end is 12 hours later', () => {
  expect(ended(zoe, new Date('2026-03-03T10:00:00.001Z'))).toMatchObject({
    before: '2026-03-03T10:01:00.000Z',
    until: '2026-03-03T22:01:00.000Z',
  })
  expect(ended().before).toBe('2026-03-03T10:00:00.000Z')
})

describe('the wishes about one user in one permission set', () => {
  const merge = (...wishes: readonly EndedSession[]) => mergeEndedSessions(wishes)

  test('are one: the latest instant, its end 12 hours later, in all accounts that were named', () => {
    const both = [ended(zoe, eleven, dev), ended(zoe, eleven, prod)]
    expect(merge(ended(zoe, ten, dev), ended(zoe, eleven, prod))).toEqual(both)
    expect(merge(ended(zoe, eleven, prod), ended(zoe, ten, dev), ended(zoe, ten, prod))).toEqual(both)
    expect(denialsOf(both)).toHaveLength(1)
  })

  test('are in all accounts where one of them is', () => {
    expect(merge(ended(zoe, ten), ended(zoe, eleven, dev))).toEqual([ended(zoe, eleven)])
    expect(merge(ended(zoe, eleven, dev), ended(zoe, ten), ended(zoe, ten, prod))).toEqual([ended(zoe, eleven)])
  })

  test('stay apart from those of other users and permission sets, in order', () => {
    const elsewhere = { ...ended(zoe, ten), permissionSet: permissionSetName.parse('Other-ps') }
    expect(merge(elsewhere, ended(kim, ten), ended(zoe, eleven, dev))).toEqual([
      ended(zoe, eleven, dev),
      ended(kim, ten),
      elsewhere,
    ])
  })

  test("stay an operator's where one of them is, whoever wished last", () => {
    const request = { ...ended(zoe, eleven), by: endOfRequest('d1') }
    expect(merge(ended(zoe, ten, dev), request)).toEqual([{ ...ended(zoe, eleven), by: 'me' }])
    const later = [eleven, noon].map((at, index) => ({ ...ended(zoe, at), by: endOfRequest(`d${index + 2}`) }))
    expect(merge(...later.toReversed(), request)).toEqual([later[1]])
    expect(merge({ ...ended(zoe, noon), by: 'you' }, ended(zoe, ten), ended(zoe, eleven))).toMatchObject([
      { by: 'you' },
    ])
    expect([ended(), request].map(isOfOperator)).toEqual([true, false])
  })

  test(`name ${accountsMost} accounts at most; with one more they are in all`, () => {
    const named = Array.from({ length: accountsMost + 1 }, (_, number) =>
      ended(zoe, new Date(ten.getTime() + number * 60_000), accountId.parse(`2100000000${number + 10}`)),
    )
    expect(merge(...named.slice(1))).toHaveLength(accountsMost)
    expect(merge(...named)).toEqual([ended(zoe, new Date(ten.getTime() + accountsMost * 60_000))])
  })

  test('merge to the same in any order and any number of times', () => {
    const wishes = [ended(zoe, ten, dev), ended(kim, eleven), ended(zoe, eleven, prod), ended(zoe, ten, prod)]
    const once = merge(...wishes)
    expect(merge(...wishes.toReversed())).toEqual(once)
    expect(merge(...once, ...wishes)).toEqual(once)
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

  test('of a user in all accounts and in one are in all; those of users in different accounts are apart', () => {
    expect(denialsOf([ended(zoe, ten, dev), ended(zoe)])).toEqual(denialsOf([ended(zoe)]))
    expect(denialsOf([ended(zoe, ten, prod), ended(kim, ten, dev)])).toMatchObject([
      { Condition: { StringEquals: { 'identitystore:UserId': [kim], 'aws:PrincipalAccount': [dev] } } },
      { Condition: { StringEquals: { 'identitystore:UserId': [zoe], 'aws:PrincipalAccount': [prod] } } },
    ])
  })

  test('of different instants are statements of their own, since a later one would deny new sessions', () => {
    const three = [ended(zoe, eleven), ended(kim, ten), ended(userNumber(3), noon)]
    expect(denialsOf(three).map(({ Sid, Condition }) => [Sid, Condition])).toEqual([
      ['SsofileEnded1', expect.objectContaining({ DateLessThan: { 'aws:TokenIssueTime': '2026-03-03T10:00:00Z' } })],
      ['SsofileEnded2', expect.objectContaining({ DateLessThan: { 'aws:TokenIssueTime': '2026-03-03T11:00:00Z' } })],
      ['SsofileEnded3', expect.objectContaining({ DateLessThan: { 'aws:TokenIssueTime': '2026-03-03T12:00:00Z' } })],
    ])
  })

  test.each([
    ['one instant', 200, () => ten],
    ['an instant each', 40, (number: number) => new Date(ten.getTime() + number * 60_000)],
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
  const denials = () => denialsOf([ended()])

  test.each([
    ['with statements', own],
    ['with a single statement that is no list', '{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}'],
    ['that is none', undefined],
  ])('%s says the same as before once the denials are taken out', (_, before) => {
    const joined = withDenials(before, denials())
    expect(joined).toContain('SsofileEnded1')
    expect(isSamePolicy(withoutDenials(joined), before)).toBe(true)
    expect(isSamePolicy(withDenials(joined, []), before)).toBe(true)
  })

  test('gets new denials in the place of old ones', () => {
    const joined = withDenials(withDenials(own, denials()), denialsOf([ended(kim, eleven)]))
    expect(joined).toBe(withDenials(own, denialsOf([ended(kim, eleven)])))
  })

  test('without denials is the very same text', () => {
    for (const text of [
      `${own} `,
      '{"Statement": [{"Sid":"NotSsofileEnded1"}]}',
      '"SsofileEnded1"',
      '{"Id":"SsofileEnded1"}',
    ])
      expect(withoutDenials(text)).toBe(text)
  })

  test('of denials alone has a version, and one that is none is replaced', () => {
    expect(JSON.parse(withDenials(undefined, denials()) ?? '')).toEqual({ Version: '2012-10-17', Statement: denials() })
    for (const none of ['null', '"x"', '{}'])
      expect(JSON.parse(withDenials(none, denials()) ?? '')).toEqual({ Statement: denials() })
  })

  test('loses only its denials, whatever else it has that no policy may have', () => {
    const odd = [null, 'SsofileEnded1', { Sid: 1 }, { Effect: 'Allow' }, { Sid: 'SsofileEnded1' }]
    const text = JSON.stringify({ Statement: [...odd, ...denials()] })
    expect(withoutDenials(text)).toBe(JSON.stringify({ Statement: odd }))
  })

  test('keeps each statement that only looks like a denial', () => {
    const [denial] = denials()
    const { Condition, ...unlimited } = denial ?? {}
    const { DateLessThan, ...anyTime } = Condition ?? {}
    for (const forged of [
      { ...denial, Effect: 'Allow' },
      { ...denial, Action: ['*'] },
      { ...denial, Resource: 'arn:aws:s3:::*' },
      { ...denial, NotResource: 'arn:aws:s3:::*' },
      { ...denial, Sid: 'SsofileEnded0' },
      { ...denial, Sid: 'SsofileEndedSoon' },
      { ...denial, Condition: { ...Condition, StringLike: {} } },
      { ...denial, Condition: anyTime },
      unlimited,
    ]) {
      const text = JSON.stringify({ Statement: [forged] })
      expect(withoutDenials(text)).toBe(text)
      expect(withoutDenials(text, denials())).toBe(text)
    }
  })

  test('loses only denials that the record names, in any order of their fields, if there is a record', () => {
    const [first, second] = denialsOf([ended(), ended(kim, eleven)])
    const { Sid, ...rest } = first ?? {}
    const text = JSON.stringify({ Statement: [{ ...rest, Sid }, second] })
    expect(withoutDenials(text, first && [first])).toBe(JSON.stringify({ Statement: [second] }))
    expect(withoutDenials(text, [])).toBe(text)
    expect(withoutDenials(text)).toBeUndefined()
  })

  test('gets a denial in the place of a statement with its Sid, because IAM takes each Sid once', () => {
    const forged = { Sid: 'SsofileEnded1', Effect: 'Allow', Action: '*', Resource: '*' }
    const text = withDenials(JSON.stringify({ Statement: [forged] }), denials())
    expect(text).toBe(withDenials(undefined, denials()))
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
  const Condition = { StringEquals: { 'identitystore:UserId': [zoe] } }
  expect(denyEverywhere(zoe)).toEqual({
    Version: '2012-10-17',
    Statement: [{ Sid: 'DenyLeaver', Effect: 'Deny', Action: '*', Resource: '*', Condition }],
  })
})
