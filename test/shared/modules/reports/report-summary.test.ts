import { expect, test } from '@jest/globals'
import { temporaryPrefix } from '../../../../shared/domain/links/link.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import type { AnyAccess } from '../../../../shared/modules/access/recorded-access.ts'
import { ReportTally, subtractCounts } from '../../../../shared/modules/reports/report-summary.ts'

const ana = principalId.parse('f81d4fae-7dec-4d0a-a765-00a0c91e6b0a')
const account = accountId.parse('233000000002')
function reported(set: string, key: string) {
  const permissionSet = permissionSetName.parse(set)
  const link = { key, etag: 'e', lastModified: '2026-03-03T10:00:00.000Z' }
  const access = {
    accountId: account,
    permissionSet,
    permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef',
    type: 'USER',
    principalId: ana,
    principal: principalName.parse('ana'),
    state: 'applied',
    links: [link],
  } as unknown as AnyAccess
  const row = { personId: ana, account, permissionSet, origin: 'ssofile', state: 'applied', links: [link] } as const
  return { access: [access], rows: [row] } as unknown as Parameters<ReportTally['add']>[0]
}

test('a person who administers two accounts counts once, and access by a request as temporary', () => {
  const tally = new ReportTally({ isUseAsked: false, administratorSets: ['Power-ps'] })
  const name = (set: string) => `account%233000000002%${set}%ana%USER%ssofile`
  tally.add(reported('Power-ps', `links_data/${name('Power-ps')}`))
  tally.add(reported('Admin-ps', `${temporaryPrefix}${name('Admin-ps')}`))
  tally.add(reported('Read-ps', `links_data/${name('Read-ps')}`))
  expect(tally.counts).toMatchObject({ rows: 3, people: 1, administrators: 1, temporary: 1 })
  expect(tally.counts).not.toHaveProperty('hoursToAccess')
})

test('the difference to a report without a figure leaves it out, and hours are not subtracted', () => {
  const old = { rows: 1, assignments: 1, foreign: 0, accounts: 1, people: 1, groups: 0 }
  const now = { ...old, people: 3, administrators: 2, temporary: 1, hoursToAccess: 0.5 }
  expect(subtractCounts(now, old)).toEqual({ rows: 0, assignments: 0, foreign: 0, accounts: 0, people: 2, groups: 0 })
  expect(subtractCounts({ ...now, temporary: 4 }, now)).toMatchObject({ administrators: 0, temporary: 3 })
})
