import { describe, expect, test } from '@jest/globals'
import { parseGroupFile, parseGroupKey } from '../../../../shared/domain/files/group-file.ts'
import { membershipKeys, parseMembershipKey } from '../../../../shared/domain/files/membership-file.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'

const folders = ['team-a', 'team/b']

describe('the key of a membership', () => {
  test.each([
    ['memberships/oncall%kenji%ssofile', { group: 'oncall', user: 'kenji', folder: undefined }],
    ['memberships/team/b/on call%kenji%ssofile', { group: 'on call', user: 'kenji', folder: 'team/b' }],
    ['memberships/team-a/50%25%kenji%ssofile', { group: '50%25', user: 'kenji', folder: 'team-a' }],
  ])('%s', (key, expected) => {
    expect(parseMembershipKey(key, folders)).toEqual({ ok: true, value: { key, ...expected } })
  })

  test.each([
    'memberships/oncall%ssofile',
    'memberships/%kenji%ssofile',
    'memberships/oncall%%ssofile',
    'memberships/oncall%kenji',
    'memberships/other/oncall%kenji%ssofile',
    'memberships/team-a/',
    `memberships/${'x'.repeat(900)}%kenji%ssofile`,
    'memberships/e\u0301%kenji%ssofile',
  ])('%s is refused', (key) => {
    expect(parseMembershipKey(key, folders).ok).toBe(false)
  })

  test('each folder has one that asks for the same', () => {
    const membership = { group: principalName.parse('oncall'), user: principalName.parse('kenji') }
    const keys = membershipKeys(membership, folders)
    expect(keys).toHaveLength(3)
    for (const key of keys) expect(parseMembershipKey(key, folders)).toMatchObject({ ok: true, value: membership })
  })
})

describe('the file of a group', () => {
  const parse = (text: string) => parseGroupFile('groups/oncall.json', Buffer.from(text))

  test('may be empty, or say a description and an owner', () => {
    expect(parse('')).toEqual({ ok: true, value: {} })
    expect(parse('{ "description": "who is called", "owner": "team-a" }').ok).toBe(true)
    expect(parseGroupKey('groups/on call%.json')).toEqual({ ok: true, value: 'on call%' })
  })

  test.each(['{ "members": [] }', '{ "description": "" }', '[]', 'oncall'])('%s is refused', (text) => {
    expect(parse(text).ok).toBe(false)
  })
})
