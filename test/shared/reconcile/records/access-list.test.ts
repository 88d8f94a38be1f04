import { describe, expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { type LedgerEntry, ledgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { accessKeyOf, followAccess, renderAccessKey } from '../../../../shared/reconcile/records/access-list.ts'
import { World } from '../../../world.ts'

const keyOf = (id: string) => assignmentKey.parse(`account%233000000002%Billing-ps%${id}%GROUP`)
const key = keyOf('11111111-2222-3333-4444-555555555555')
const other = keyOf('99999999-2222-3333-4444-555555555555')
const at = '2026-03-03T10:00:00.000Z'
const standing = 'links_data/account%233000000002%Billing-ps%team-Web%GROUP%ssofile'
const temporary = standing.replace('links_data/', 'links_data/temporary/')

function entryWith(fields: Partial<LedgerEntry>, links: readonly string[] = [standing]): LedgerEntry {
  return ledgerEntry.parse({
    v: 1,
    state: 'granted',
    principal: 'team-Web',
    principalId: '11111111-2222-3333-4444-555555555555',
    permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
    links: links.map((link) => ({ key: link, etag: 'e', lastModified: at })),
    attempts: 0,
    updatedAt: at,
    grantedAt: at,
    ...fields,
  })
}

describe('what access/ has of an entry', () => {
  const call = { kind: 'deletion' as const, calledAt: at }
  const creation = { kind: 'creation' as const, calledAt: at }
  const granting = { grantedAt: undefined, call: creation, lastCreation: creation }
  test.each<readonly [string, Partial<LedgerEntry>, boolean]>([
    ['granted', {}, true],
    ['held by the brake', { state: 'held' }, true],
    ['failed at its revocation', { state: 'failed' }, true],
    ['being revoked', { state: 'revoking', call }, true],
    ['being granted, with no answer yet', { ...granting, state: 'granting' }, false],
    ['failed at its grant', { ...granting, state: 'failed' }, false],
    ['written again after its record was lost', { state: 'failed', grantedAt: undefined }, true],
    ['revoked, as AWS has said', { state: 'revoking', call: { ...call, outcome: 'SUCCEEDED' as const } }, false],
    ['missing, as a listing has said', { missingSince: at }, false],
  ])('%s', (_, fields, isThere) => {
    expect(accessKeyOf(key, entryWith(fields))).toBe(
      isThere ? 'access/account%233000000002%Billing-ps%team-Web%GROUP%ours' : undefined,
    )
  })

  test('says that it is temporary where no standing link grants it', () => {
    expect(accessKeyOf(key, entryWith({}, [temporary]))).toMatch(/%team-Web%GROUP%temporary$/)
    expect(accessKeyOf(key, entryWith({}, [temporary, standing]))).toMatch(/%team-Web%GROUP%ours$/)
  })
})

test('a slash in a name does not make a folder', () => {
  expect(renderAccessKey(key, principalName.parse('a/b %2F'), 'foreign')).toBe(
    'access/account%233000000002%Billing-ps%a%2Fb %252F%GROUP%foreign',
  )
})

describe('access/ follows a record', () => {
  const mine = renderAccessKey(key, principalName.parse('team-Web'), 'ours')

  test('from one name to another', async () => {
    const { world, objects } = open()
    await followAccess(objects, key, { before: undefined, after: mine })
    const renamed = renderAccessKey(key, principalName.parse('team-Net'), 'ours')
    await followAccess(objects, key, { before: mine, after: renamed })
    expect(await world.keys('access/')).toEqual([renamed])
  })

  test('and the end of an id leaves what another has by the same name', async () => {
    const { world, objects } = open()
    await followAccess(objects, key, { before: undefined, after: mine })
    await followAccess(objects, other, { before: undefined, after: mine })
    await followAccess(objects, key, { before: mine, after: undefined })
    expect(await world.keys('access/')).toEqual([mine])
    await followAccess(objects, other, { before: mine, after: undefined })
    expect(await world.keys('access/')).toEqual([])
  })
})

function open() {
  const world = new World()
  return { world, objects: world.objects }
}
