import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isGrave, weighContents } from '../../../../shared/domain/brake/weigh-contents.ts'
import { comparePermissions } from '../../../../shared/domain/iam-policies/compare-permissions.ts'
import type { PermissionSetPolicies } from '../../../../shared/domain/permission-sets/permission-set-changes.ts'
import { allow, deny, type Given, noPolicies, permissionSetOf } from '../permission-set-of.ts'

const allBut = (NotAction: readonly string[]): Given => ({ Effect: 'Allow', NotAction, Resource: '*' })
const managed = (...managedPolicyArns: readonly string[]): PermissionSetPolicies => ({
  ...noPolicies,
  managedPolicyArns,
})
const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const administrator = 'arn:aws:iam::aws:policy/AdministratorAccess'
const bounded = (set: PermissionSetPolicies, ManagedPolicyArn = readOnly) => ({
  ...set,
  permissionsBoundary: { ManagedPolicyArn },
})
const taken = (before: readonly Given[], after: readonly Given[]) =>
  weighContents(permissionSetOf(...before), permissionSetOf(...after)).takesAway

const one = { Resource: 'arn:aws:s3:::one/*' }
const both = { Resource: ['arn:aws:s3:::one/*', 'arn:aws:s3:::two/*'] }
const notOne: Given = { Effect: 'Allow', Action: 's3:*', NotResource: 'arn:aws:s3:::one/*' }
const mfa = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } }

const odd = { ...noPolicies, inlinePolicy: '{"Statement":[{"Effect":"Allow","Action":"s3:*","Principal":"*"}]}' }

describe('an inline policy takes away', () => {
  test.each<[string, readonly Given[], readonly Given[], readonly string[]]>([
    ['nothing where it says the same', [allow('s3:*')], [allow('s3:*')], []],
    ['nothing where more is allowed', [allow('s3:Get*')], [allow(['s3:*', 'iam:*'])], []],
    ['nothing where a statement is split', [allow(['s3:*', 'ec2:*'])], [allow('s3:*'), allow('ec2:*')], []],
    ['nothing where only the case differs', [allow('S3:getobject')], [allow('s3:Get*')], []],
    [
      'the patterns that no new statement has',
      [allow(['s3:*', 'ec2:*', 'iam:Get*'])],
      [allow('s3:*')],
      ['ec2:*', 'iam:get*'],
    ],
    [
      'a pattern in doubt: a list of names may be all that it covers',
      [allow('s3:Get*')],
      [allow('s3:GetObject')],
      ['s3:get*'],
    ],
    ['what is limited to some resources', [allow('s3:*')], [allow('s3:*', one)], ['s3:*']],
    ['nothing where resources are added', [allow('s3:*', one)], [allow('s3:*', both)], []],
    ['what loses a resource', [allow('s3:*', both)], [allow('s3:*', one)], ['s3:*']],
    [
      'nothing where a resource is named more widely',
      [allow('s3:*', one)],
      [allow('s3:*', { Resource: 'arn:aws:s3:::*' })],
      [],
    ],
    ['what gets a condition', [allow('s3:*')], [allow('s3:*', mfa)], ['s3:*']],
    ['nothing where a condition is gone', [allow('s3:*', { ...one, ...mfa })], [allow('s3:*')], []],
    ['what a new denial takes', [allow('s3:*')], [allow('s3:*'), deny('s3:Delete*')], ['s3:delete*, by a denial']],
    ['nothing where a denial is within an old one', [allow('*'), deny('s3:*')], [allow('*'), deny('s3:Delete*')], []],
    ['nothing where a denial is gone', [allow('s3:*'), deny('s3:Delete*')], [allow('s3:*')], []],
    ['nothing of what NotAction leaves in', [allow('s3:*')], [allBut(['iam:*'])], []],
    ['what NotAction leaves out', [allow('iam:Get*')], [allBut(['iam:*'])], ['iam:get*']],
    ['all but some, where more is left out', [allBut(['iam:*'])], [allBut(['iam:*', 's3:*'])], ['all but iam:*']],
    ['nothing where less is left out', [allBut(['iam:*', 's3:*'])], [allBut(['s3:*'])], []],
    [
      'nothing where less is left out beside another statement',
      [allBut(['iam:*', 's3:*'])],
      [allow('s3:*'), allBut(['s3:*'])],
      [],
    ],
    ['what one of several NotActions leaves out', [allow('iam:Get*')], [allBut(['iam:*', 's3:*'])], ['iam:get*']],
    ['all but some, each of them told', [allBut(['iam:*', 's3:*'])], [allow('ec2:*')], ['all but iam:*, s3:*']],
    [
      'nothing of all but some where all of the same resources is allowed',
      [{ ...allBut(['iam:*']), ...one }],
      [allow('*', one)],
      [],
    ],
    ['nothing where the same condition stays', [allow('s3:*', mfa)], [allow('s3:*', mfa)], []],
    ['nothing where the same resources are left out', [notOne], [notOne], []],
    ['nothing where no resource is left out any more', [notOne], [allow('s3:*')], []],
    ['what is limited to one resource, after all but one', [notOne], [allow('s3:*', one)], ['s3:*']],
    ['what is limited to all but one resource, after one', [allow('s3:*', one)], [notOne], ['s3:*']],
    ['what is denied in place of allowed', [allow('s3:*')], [deny('s3:*')], ['s3:*', 's3:*, by a denial']],
    ['nothing where a denial of something else is gone', [allow('s3:*'), deny('iam:*')], [allow('s3:*')], []],
    ['once what two statements allowed', [allow('s3:*', one), allow(['ec2:*', 's3:*'])], [], ['s3:*', 'ec2:*']],
    ['nothing of all but some where everything is allowed', [allBut(['iam:*'])], [allow('*', mfa), allow('*')], []],
  ])('%s', (_, before, after, expected) => {
    expect(taken(before, after)).toEqual(expected)
  })

  test('whatever it says, where it is not understood and not the same', () => {
    const line = 'its inline policy, a part of which ssofile cannot analyze'
    expect(weighContents(odd, permissionSetOf(allow('*'))).takesAway).toEqual([line])
    expect(weighContents(permissionSetOf(allow('s3:*')), odd).takesAway).toEqual([line])
    expect(weighContents(odd, { ...odd, inlinePolicy: odd.inlinePolicy.replace(',', ' , ') }).takesAway).toEqual([])
  })

  test('something wherever a comparison by the names of actions says that one is lost', () => {
    const names = ['s3:GetObject', 's3:PutObject', 'iam:PassRole', 'iam:GetRole']
    const catalog = new Map(names.map((name) => [name.toLowerCase(), { name, level: 'Read' as const }]))
    const pattern = fc.constantFrom('*', 's3:*', 's3:Get*', '*:Get*', 'iam:*', 'iam:PassRole', 's3:?utObject')
    const statement = fc
      .record({ effect: fc.constantFrom('Allow', 'Deny'), key: fc.constantFrom('Action', 'NotAction'), pattern })
      .map((given): Given => ({ Effect: given.effect, [given.key]: given.pattern, Resource: '*' }))
    const policy = fc.array(statement, { maxLength: 4 })
    fc.assert(
      fc.property(policy, policy, (before, after) => {
        const { lost } = comparePermissions(
          { before: permissionSetOf(...before), after: permissionSetOf(...after) },
          catalog,
        )
        return lost.length === 0 || taken(before, after).length > 0
      }),
      { numRuns: 500 },
    )
  })
})

describe('policies by name', () => {
  const own = { ...noPolicies, customerManagedPolicies: [{ Name: 'base', Path: '/ops/' }] }

  test('are taken away by name, unless everything is allowed then', () => {
    expect(weighContents(managed(readOnly), own).takesAway).toEqual([readOnly])
    expect(weighContents(managed(readOnly, 'arn:x'), managed('arn:y', 'arn:x')).takesAway).toEqual([readOnly])
    expect(weighContents(own, managed(readOnly)).takesAway).toEqual(['customer managed policy /ops/base'])
    expect(weighContents(own, managed(administrator)).takesAway).toEqual([])
    expect(weighContents(managed(readOnly), permissionSetOf(allow('*'))).takesAway).toEqual([])
  })

  test('a boundary that comes or is another one takes away what it does not allow; one that goes, nothing', () => {
    const set = managed(readOnly)
    const line = `all permissions outside the permissions boundary ${readOnly}`
    expect(weighContents(set, bounded(set)).takesAway).toEqual([line])
    expect(weighContents(bounded(set, administrator), bounded(set)).takesAway).toEqual([line])
    expect(weighContents(bounded(set), bounded(set)).takesAway).toEqual([])
    expect(weighContents(bounded(set), set).takesAway).toEqual([])
  })
})

test('no policy is left where there was one, and none allows anything any more', () => {
  const leavesNone = (before: PermissionSetPolicies, after: PermissionSetPolicies) =>
    weighContents(before, after).leavesNone
  expect(leavesNone(managed(readOnly), noPolicies)).toBe(true)
  expect(leavesNone({ ...managed(readOnly), customerManagedPolicies: [{ Name: 'base' }] }, noPolicies)).toBe(true)
  expect([leavesNone(odd, noPolicies), leavesNone(managed(readOnly), odd)]).toEqual([true, false])
  expect(leavesNone(permissionSetOf(allow('s3:*')), permissionSetOf(deny('s3:*')))).toBe(true)
  expect(leavesNone(permissionSetOf(allow('s3:*')), { ...noPolicies, inlinePolicy: '{"Statement":[]}' })).toBe(true)
  expect(leavesNone(noPolicies, noPolicies)).toBe(false)
  expect(leavesNone(permissionSetOf(deny('s3:*')), noPolicies)).toBe(false)
  expect(leavesNone(managed(readOnly), permissionSetOf(allow('s3:*')))).toBe(false)
})

test('administrators are made by everything or almost everything that is allowed, or allowed without what limited it', () => {
  const gives = (before: PermissionSetPolicies, after: PermissionSetPolicies) =>
    weighContents(before, after).givesAdministrator
  const all = managed(administrator)
  expect(gives(managed(readOnly), all)).toBe(true)
  expect(gives(noPolicies, permissionSetOf(allow('*')))).toBe(true)
  expect(gives(all, permissionSetOf(allow('*')))).toBe(false)
  expect(gives(bounded(all), all)).toBe(true)
  expect(gives(all, bounded(all))).toBe(false)
  expect(gives(bounded(all), bounded(all))).toBe(false)
  expect(gives(bounded(all), bounded(all, administrator))).toBe(true)
  expect(gives(bounded(all, administrator), bounded(all))).toBe(true)
  expect(gives(bounded(managed(readOnly)), bounded(managed(readOnly), administrator))).toBe(false)
  expect(gives(permissionSetOf(allow('*'), deny('iam:*')), permissionSetOf(allow('*')))).toBe(true)
  expect(gives(permissionSetOf(allow('*'), deny('iam:*')), permissionSetOf(allow('*'), deny(['iam:*', 's3:*'])))).toBe(
    false,
  )
  expect(gives(noPolicies, managed('arn:aws:iam::aws:policy/PowerUserAccess'))).toBe(false)
  expect(gives(noPolicies, permissionSetOf({ ...allow('*'), Condition: {} }))).toBe(true)
  expect(gives(noPolicies, permissionSetOf(allBut(['a4b:ApproveSkill'])))).toBe(true)
  expect(gives(noPolicies, permissionSetOf({ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::none' }))).toBe(
    true,
  )
  expect(gives(all, permissionSetOf(allBut(['a4b:ApproveSkill'])))).toBe(false)
  const withFactor = permissionSetOf({ ...allow('*'), Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } })
  expect(gives(noPolicies, withFactor)).toBe(true)
  expect([gives(withFactor, permissionSetOf(allow('*'))), gives(all, withFactor)]).toEqual([true, false])
})

test('a change that only adds, and makes no administrators, is not grave', () => {
  expect(
    isGrave(weighContents(managed(readOnly), { ...permissionSetOf(allow('s3:*')), managedPolicyArns: [readOnly] })),
  ).toBe(false)
  expect(isGrave(weighContents(managed(readOnly), noPolicies))).toBe(true)
  expect(isGrave(weighContents(managed(readOnly), permissionSetOf(allow('s3:*'))))).toBe(true)
  expect(isGrave(weighContents(noPolicies, managed(administrator)))).toBe(true)
})
