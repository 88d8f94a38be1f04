import { expect, test } from '@jest/globals'
import { renderExplanation } from '../../../../handlers/cli/who/explain.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { requestDigest } from '../../../../shared/domain/requests/access-request.ts'
import type { Explanation } from '../../../../shared/reconcile/preview/explain-access.ts'

const question = {
  account: accountId.parse('233000000002'),
  permissionSet: permissionSetName.parse('Billing-ps'),
  principal: principalName.parse('team-Accountants'),
}
const ten = '2026-03-03T10:00:00.000Z'

function accessLine(told: Pick<Explanation, 'state' | 'since'>): string | undefined {
  const { account, ...grant } = question
  const assignment = { ...grant, accountId: account, type: 'GROUP' as const }
  const direct = [{ assignment, isInForce: told.since !== undefined, remarks: [], links: [], history: [], ...told }]
  const text = renderExplanation({ question, direct, throughGroups: [], near: [], notes: [] })
  return /access {4}(.*)/.exec(text)?.[1]
}

test.each([
  [{ state: 'granted', since: ten }, `granted since ${ten}`],
  [{ state: 'failed', since: ten }, `failed; in force since ${ten}`],
  [{ state: 'failed' }, 'failed'],
  [
    { state: 'foreign', since: ten },
    `in force, but not managed by ssofile: it stays if you delete links; known since ${ten}`,
  ],
] as const)('how access stands and since when it is in force are told apart: %j', (told, line) => {
  expect(accessLine(told)).toBe(line)
})

test('an account is told with the path of its units, in names and in ids, whatever they are called', () => {
  const account = {
    id: question.account,
    name: 'invoicing\u001b[2J',
    state: 'ACTIVE' as const,
    parents: ['r-acme', 'ou-acme-wrk10000'],
  }
  const answer = { question, account, direct: [], throughGroups: [], near: [], notes: [] }
  const [, units, ids] = renderExplanation({ ...answer, path: 'Root/Work%2F\nloads' }).split('\n')
  expect(units).toBe('  in        Root/Work%2F\\u{a}loads')
  expect(ids).toBe('            r-acme/ou-acme-wrk10000')
})

test('a link of temporary access says until when, by which eligibility, and who approved it', () => {
  const digest = requestDigest.parse('0123456789abcdef0123456789abcdef')
  const user = principalId.parse('92307020-41b6-05ce-951e-70dfe8931aa2')
  const { account, ...grant } = question
  const request = { digest, user, eligibility: 'on-call', approvedBy: [{ user, name: 'lea\u202e', at: ten }] }
  const link = { key: 'links_data/temporary/x', etag: 'e', lastModified: ten, expiresAt: ten, grants: true, request }
  const assignment = { ...grant, accountId: account, type: 'USER' as const }
  const direct = [{ assignment, state: 'granted' as const, isInForce: true, remarks: [], links: [link], history: [] }]
  expect(renderExplanation({ question, direct, throughGroups: [], near: [], notes: [] })).toContain(
    `temporary, until ${ten}, by eligibility 'on-call', approved by 'lea\\u{202e}', request ${digest}`,
  )
})
