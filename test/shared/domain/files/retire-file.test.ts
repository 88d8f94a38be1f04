import { describe, expect, test } from '@jest/globals'
import { defaultHygiene } from '../../../../shared/domain/files/hygiene-file.ts'
import { parseRetireKey, renderRetireKey } from '../../../../shared/domain/files/retire-file.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { account } from '../../../../shared/domain/organization/organization-view.ts'
import { judgeRetireFile } from '../../../../shared/modules/credentials/rules/judge-retire-file.ts'
import {
  proposeRetireFiles,
  type ReportLine,
} from '../../../../shared/modules/credentials/rules/propose-retire-files.ts'
import { readText } from '../../../house/source-files.ts'

const key = 'retire/team-a/account%200000000001%ci.deploy@x%AKIAIOSFODNN7EXAMPLE%ssofile'

function parse(text: string) {
  const file = parseRetireKey(text)
  if (!file.ok) throw new Error('it is not valid')
  return file.value
}

test('the key of the example in docs/credentials.md can be retired', () => {
  const [, id = ''] = /"keys": \[\{ "id": "(\w+)"/.exec(readText('docs/credentials.md')) ?? []
  expect(parse(key.replace('AKIAIOSFODNN7EXAMPLE', id)).what).toBe(id)
})

describe('the name of a file', () => {
  test.each(['AKIAIOSFODNN7EXAMPLE', 'password', 'user'])(
    'says account, user and %s, and its folder whose it is',
    (what) => {
      const text = key.replace('AKIAIOSFODNN7EXAMPLE', what)
      const file = parse(text)
      expect(file).toEqual({ key: text, owner: 'team-a', account: '200000000001', user: 'ci.deploy@x', what })
      expect(renderRetireKey('team-a', file)).toBe(text)
    },
  )

  test.each([
    ['retire/account%200000000001%ci%password%ssofile', 'no folder'],
    ['retire/a b/account%200000000001%ci%password%ssofile', "the folder 'a b'"],
    ['retire/a/b/account%200000000001%ci%password%ssofile', "the folder 'a/b'"],
    ['retire/team-a/account%2000%ci%password%ssofile', "the name 'account%2000%ci%password%ssofile'"],
    ['retire/team-a/root%all%ci%password%ssofile', "the name 'root%all%ci%password%ssofile'"],
    ['retire/team-a/account%200000000001%c/i%password%ssofile', "the name 'account%200000000001%c/i%password%ssofile'"],
    ['retire/team-a/account%200000000001%ci%Password%ssofile', "the name 'account%200000000001%ci%Password%ssofile'"],
    ['retire/team-a/account%200000000001%<root_account>%password%ssofile', expect.any(String)],
    ['retire/team-a/account%200000000001%ci%password%x%ssofile', expect.any(String)],
    ['retire/team-a/account%200000000001%ci%password%ssofile.txt', expect.any(String)],
  ])('%s is refused', (text, received) => {
    expect(parseRetireKey(text)).toMatchObject({ ok: false, complaint: { object: text, received } })
  })
})

describe('what a file may ask for', () => {
  const shop = account.parse({ id: '200000000001', name: 'shop', state: 'ACTIVE', parents: [] })
  const hygiene = { ...defaultHygiene, ownerTag: 'owner', neverRetire: ['terraform', '*-backup'] }
  const judge = (text = key, facts = {}) =>
    judgeRetireFile(
      parse(text),
      { account: shop, owner: 'team-a', isBreakGlass: false, wasOfOther: false, ...facts },
      hygiene,
    )
  const of = (user: string) => key.replace('ci.deploy@x', user)

  test('is a credential in an account of its owner', () => {
    expect(judge()).toBeUndefined()
  })

  test.each([
    ['an account of somebody else', key, { owner: 'team-b' }],
    ['an account that nobody is named for', key, { owner: undefined }],
    ['an account that is not there', key, { account: undefined }],
    ['an account that takes no changes', key, { account: { ...shop, state: 'SUSPENDED' } }],
    ['the root user', of('root'), {}],
    ['a user of break-glass', of('alice-BREAK-GLASS'), { isBreakGlass: true }],
    ['a name on neverRetire', of('terraform'), {}],
    ['a name that a pattern on neverRetire means', of('nightly-backup'), {}],
  ])('is not %s', (_, text, facts) => {
    const complaint = { object: text, remedy: expect.stringContaining('delete this file') }
    expect(judge(text, facts)).toMatchObject({ complaint })
  })

  test('waits for a new upload if the account was somebody else’s when ssofile saw the file', () => {
    const remedy = 'upload it again if the credential is still to be retired; otherwise delete it'
    expect(judge(key, { wasOfOther: true })).toMatchObject({ complaint: { remedy } })
    expect(judge(key, { wasOfOther: true })).not.toHaveProperty('isOfOther')
    expect(judge(key, { owner: 'team-b' })).toMatchObject({ isOfOther: true })
  })

  test('is a user who only bears the name of a break-glass user', () => {
    expect(judge(of('alice-BREAK-GLASS'))).toBeUndefined()
  })
})

describe('files for what a report calls unused', () => {
  const line: ReportLine = {
    account: '200000000001',
    owner: 'team-a',
    kind: 'key',
    name: 'ci',
    key: 'AKIAIOSFODNN7EXAMPLE',
    lastUsed: 'never',
    unusedDays: '180',
    passwordLastUsed: '',
    passwordUnusedDays: '',
  }
  const password = { passwordLastUsed: '2025-05-07T10:00:00Z', passwordUnusedDays: '300' }
  const user: ReportLine = { ...line, kind: 'user', key: '', lastUsed: '2026-03-01', unusedDays: '2', ...password }
  const now = new Date('2026-03-04T10:00:00Z')
  const exceptionFor = (name: string, more = {}) => ({
    ...{
      account: accountId.parse(line.account),
      name,
      owner: 'team-a',
      reason: 'A device.',
      expiresAt: '2026-05-31T00:00:00Z',
    },
    ...more,
  })
  const exceptions = [
    exceptionFor('device'),
    exceptionFor('ended', { expiresAt: now.toISOString() }),
    exceptionFor('elsewhere', { account: accountId.parse('200000000002') }),
  ]
  const propose = (...lines: readonly ReportLine[]) =>
    proposeRetireFiles(lines, { days: 180, neverRetire: ['terraform'], exceptions, now })

  test('are of keys and of passwords, each by its own days, and never of users', () => {
    const files = propose(line, { ...line, unusedDays: '179' }, user, { ...user, passwordUnusedDays: '' }).files
    expect(files.map(({ key: file }) => file)).toEqual([
      'retire/team-a/account%200000000001%ci%AKIAIOSFODNN7EXAMPLE%ssofile',
      'retire/team-a/account%200000000001%ci%password%ssofile',
    ])
    for (const { key: file } of files) expect(parseRetireKey(file).ok).toBe(true)
  })

  test('of a password say when the password was used last, not when its user used a key', () => {
    expect(propose(user).files).toMatchObject([{ days: 300, lastUsed: '2025-05-07T10:00:00Z' }])
  })

  test.each([
    ['an exception', { name: 'device' }],
    ['a user of break-glass', { name: 'alice-BREAK-GLASS' }],
    ['a name on neverRetire', { name: 'terraform' }],
    ['an account without an owner', { owner: '' }],
    ['an owner that is no folder', { owner: 'a/b' }],
  ])('leave out %s, and say so', (_, more) => {
    const { files, leftOut } = propose({ ...line, ...more })
    expect([files, leftOut]).toMatchObject([[], [{ why: expect.any(String) }]])
  })

  test('leave out a password with an exception, and say until when it stays', () => {
    const { leftOut } = propose({ ...user, name: 'device' })
    expect(leftOut).toMatchObject([{ why: 'an exception of team-a, until 2026-05-31T00:00:00Z: A device.' }])
  })

  test('name a credential whose exception has ended, or is for another account', () => {
    expect(propose({ ...line, name: 'ended' }, { ...line, name: 'elsewhere' }).files).toHaveLength(2)
  })
})
