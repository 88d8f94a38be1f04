import { describe, expect, test } from '@jest/globals'
import { checkMayWrite } from '../../../../infra/local/s3/permissions.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetArn, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { PersonSession } from '../../../../shared/memory/iam/person-sessions.ts'
import { isServiceError } from '../../../../shared/ports/service-error.ts'

const ana = '90677c5a1e-11111111-1111-4111-8111-111111111111'
const ben = '90677c5a1e-22222222-2222-4222-8222-222222222222'
const link = 'account%233000000002%Admin%ana%USER%ssofile'
const digest = '0123456789abcdef0123456789abcdef'

function signedIn(userId: string): PersonSession {
  const instant = new Date('2026-03-03T10:00:00Z')
  return {
    accessKeyId: 'ASIA0123456789ABCDEF',
    userId: principalId.parse(userId),
    userName: 'ana',
    account: accountId.parse('233000000002'),
    permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-0000000000000000/ps-0000000000000001'),
    roleName: 'AWSReservedSSO_Requester_0123456789abcdef',
    issuedAt: instant,
    expiresAt: instant,
  }
}

/** What the refusal says; `undefined`: it is allowed. */
function refusalOf(accessKeyId: string, key: string, { by, action = 'PutObject' as const }: BucketAct = {}) {
  try {
    const person = by === undefined ? undefined : signedIn(by)
    checkMayWrite({ accessKeyId: person?.accessKeyId ?? accessKeyId, person }, action, key)
    return undefined
  } catch (error) {
    if (!isServiceError(error)) throw error
    return `${error.code}: ${error.message}`
  }
}
type BucketAct = { readonly by?: string; readonly action?: 'PutObject' | 'DeleteObject' }

describe('the bucket of the local system, as that of a deployment,', () => {
  test.each(['PutObject', 'DeleteObject'] as const)('lets a person %s under their own id', (action) => {
    for (const key of [`requests/${ana}/${link}`, `approvals/${ana}/${digest}`])
      expect(refusalOf('', key, { by: ana, action })).toBeUndefined()
  })

  test.each([
    `requests/${ben}/${link}`,
    `approvals/${ben}/${digest}`,
    `requests/${link}`,
    `requests//${link}`,
    `links_data/${link}`,
    `links_data/temporary/${link}`,
    'permission_sets/Admin.json',
    'eligibility/admins.json',
    'status/x',
    'control/pause.json',
  ])('lets a person write no %s', (key) => {
    expect(refusalOf('', key, { by: ana })).toContain(`AccessDenied: Access Denied: ana (user id ${ana}) may not write`)
    expect(refusalOf('', key, { by: ana, action: 'DeleteObject' })).toContain('AccessDenied')
  })

  test("lets neither a pipeline nor an administrator, operator or another's role write under somebody's id", () => {
    const looksAlike = 'x:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Requester_0123456789abcdef'
    for (const accessKeyId of ['ci', 'operator', 'governance', 'ssofile-operator', 'ssofile-planner', looksAlike])
      for (const key of [`requests/${ana}/${link}`, `approvals/${ana}/${digest}`, `links_data/temporary/${link}`])
        expect(refusalOf(accessKeyId, key)).toContain(`'${accessKeyId}' may not write`)
  })

  test('lets operators end access by deleting a request, and nothing else that is not theirs', () => {
    expect(refusalOf('operator', `requests/${ana}/${link}`, { action: 'DeleteObject' })).toBeUndefined()
    expect(refusalOf('operator', `approvals/${ana}/${digest}`, { action: 'DeleteObject' })).toContain('AccessDenied')
    expect(refusalOf('operator', `links_data/temporary/${link}`, { action: 'DeleteObject' })).toContain('AccessDenied')
    expect(refusalOf('ci', `requests/${ana}/${link}`, { action: 'DeleteObject' })).toContain('AccessDenied')
  })

  test('says why, and what to do', () => {
    for (const [key, command] of [
      [`requests/${ana}/${link}`, 'request'],
      [`approvals/${ana}/${digest}`, 'approve'],
      [`decisions/${ana}/quarter/${digest}%keep`, 'review decide'],
    ] as const)
      expect(refusalOf('ci', key)).toMatch(
        new RegExp(`people write \\w+/ under their own user id: sign in as them .* ssofile ${command}$`),
      )
    expect(refusalOf('ci', `links_data/temporary/${link}`)).toContain('only ssofile writes granted access')
    expect(refusalOf('ci', 'eligibility/admins.json')).toContain("use the access key id 'governance'")
  })

  test('lets governance write eligibility', () => {
    expect(refusalOf('governance', 'eligibility/admins.json')).toBeUndefined()
  })
})

test('HR writes memberships, people and suspensions, and nothing else', () => {
  const membership = 'memberships/oncall%ana%ssofile'
  for (const key of [membership, 'people/ana.json', 'suspended/ana']) expect(refusalOf('hr', key)).toBeUndefined()
  for (const key of [`links_data/${link}`, 'policies/a.json']) expect(refusalOf('hr', key)).toContain('AccessDenied')
})
