import { expect, test } from '@jest/globals'
import { roleInPlaceOfSet } from '../../../../shared/domain/assignments/entitlement.ts'
import type { ActionCatalog } from '../../../../shared/domain/iam-policies/access-level.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { addLevels } from '../../../../shared/modules/access/add-levels.ts'
import type { HeldAccess } from '../../../../shared/modules/access/expand-access.ts'
import { World } from '../../../world.ts'

const catalog: ActionCatalog = new Map(
  (
    [
      ['iam:PutRolePolicy', 'Permissions management'],
      ['s3:GetObject', 'Read'],
      ['s3:ListBucket', 'List'],
      ['s3:PutObject', 'Write'],
      ['s3:PutObjectTagging', 'Tagging'],
    ] as const
  ).map(([name, level]) => [name.toLowerCase(), { name, level }]),
)
const shop = accountId.parse('233000000002')
const s3ReadOnly = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'
const inline = (...statements: readonly object[]) => ({
  inlinePolicyDocument: { Version: '2012-10-17', Statement: statements },
})
const allow = (...Action: readonly string[]) => ({ Effect: 'Allow', Action, Resource: '*' })

const row = (permissionSet: HeldAccess['permissionSet']): HeldAccess => ({
  account: shop,
  permissionSet,
  origin: 'ssofile',
  state: 'granted',
  links: [],
})

/** The levels and notes of one permission set that was made from this file, as `name: levels` would say it. */
async function levelsOf(file: object, { isLive = true, auditorRole = 'ssofile-auditor' } = {}) {
  const world = new World({ configuration: { auditorRole } }).start({ dispatcher: false })
  await world.objects.put('permission_sets/X.json', JSON.stringify({ permissionSetName: 'X', ...file }))
  await world.look()
  await world.finish(world.slice())
  const reading = { auditorRole, isLive, catalog }
  const ports = { ...world.ports, auditor: world.iam }
  const answer = addLevels([row(permissionSetName.parse('X'))], ports, reading)
  const { rows, notes } = await world.finish(answer)
  return { levels: rows[0]?.levels, notes }
}

test('the levels of an inline policy are told with the gravest first, without what is denied everywhere', async () => {
  const file = inline(allow('s3:*', 'iam:Put*'), { Effect: 'Deny', Action: 's3:ListBucket', Resource: '*' })
  expect(await levelsOf(file)).toEqual({
    levels: ['Permissions management', 'Write', 'Tagging', 'Read'],
    notes: [],
  })
})

test('managed policies count with what they say', async () => {
  expect(await levelsOf({ managedPoliciesArnList: [s3ReadOnly] })).toMatchObject({
    levels: expect.arrayContaining(['Read', 'List']),
    notes: [],
  })
})

test('a managed policy that cannot be read is a level that is not known, with the reason', async () => {
  const file = { managedPoliciesArnList: ['arn:aws:iam::aws:policy/NewInAws'], ...inline(allow('s3:GetObject')) }
  expect(await levelsOf(file)).toEqual({
    levels: ['Read', 'unknown'],
    notes: [
      'some access levels of X are not known: arn:aws:iam::aws:policy/NewInAws: account 233000000002 has no such policy',
    ],
  })
  expect(await levelsOf(file, { auditorRole: '' })).toEqual({
    levels: ['Read', 'unknown'],
    notes: [expect.stringContaining('no auditorRole is configured')],
  })
  expect(await levelsOf(file, { isLive: false })).toEqual({
    levels: ['Read', 'unknown'],
    notes: [expect.stringContaining('only the bucket was to be read')],
  })
})

test('a permission set without a file is read from Identity Center, and one that nobody has is not known', async () => {
  const world = new World()
  const ports = { ...world.ports, auditor: world.iam }
  const reading = { auditorRole: 'ssofile-auditor', isLive: true, catalog }
  const name = permissionSetName.parse('Made-by-hand')
  const definition = { name, sessionDuration: 'PT1H', tags: [] }
  const arn = world.ssoAdmin.addPermissionSet(definition, '1234567890abcdef')
  await world.ssoAdmin.putInlinePolicy(arn, JSON.stringify(inline(allow('s3:PutObject')).inlinePolicyDocument))
  const rows = [row(name), row(permissionSetName.parse('Nobody-has-it')), row(roleInPlaceOfSet.parse('role:legacy'))]
  const found = await world.finish(addLevels(rows, ports, reading))
  expect(found.rows.map(({ levels }) => levels)).toEqual([['Write'], ['unknown'], ['unknown']])
  expect(found.notes).toEqual([
    expect.stringMatching(/^the access levels of Nobody-has-it are not known: /),
    expect.stringMatching(/^the access levels of role:legacy are not known: it is a role /),
  ])
})
