import { expect, test } from '@jest/globals'
import { renderExplanation } from '../../../../handlers/cli/who/explain.ts'
import { requestDigest } from '../../../../shared/domain/files/access-request.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import type { Explanation } from '../../../../shared/modules/access/explain-access.ts'

const now = new Date('2026-03-06T12:00:00.000Z')
const question = {
  account: accountId.parse('233000000002'),
  permissionSet: permissionSetName.parse('Billing-ps'),
  principal: principalName.parse('team-Accountants'),
}
const ten = '2026-03-03T10:00:00.000Z'
const nothingElse = {
  account: undefined,
  path: undefined,
  use: undefined,
  throughGroups: [],
  near: [],
  notes: [],
  ledger: { is: 'whole' as const, asOf: ten },
  ifNone: { is: 'a test', asOf: ten },
}

function accessLine(told: Pick<Explanation, 'state' | 'since'>): string | undefined {
  const { account, ...grant } = question
  const assignment = { ...grant, accountId: account, type: 'GROUP' as const }
  const direct = [{ assignment, isInForce: told.since !== undefined, remarks: [], links: [], history: [], ...told }]
  const text = renderExplanation({ question, direct, ...nothingElse }, now)
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
  const answer = { question, direct: [], ...nothingElse, account }
  const [, units, ids] = renderExplanation({ ...answer, path: 'Root/Work%2F\nloads' }, now).split('\n')
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
  expect(renderExplanation({ question, direct, ...nothingElse }, now)).toContain(
    `temporary, until ${ten}, by eligibility 'on-call', approved by 'lea\\u{202e}', request ${digest}`,
  )
})

test('a user reads when this person last used the access, and from where, or since when uses are counted', () => {
  const answer = { question, direct: [], ...nothingElse }
  const counted = { countedSince: '2026-01-01T00:00:00.000Z', asOf: now.toISOString() }
  const [user, account] = [principalId.parse('92307020-41b6-05ce-951e-70dfe8931aff'), question.account]
  const at = '2026-03-03T10:00:00.000Z'
  const last = {
    user,
    account,
    permissionSet: question.permissionSet,
    first: at,
    at,
    by: 'cli',
    from: '203.0.113.7',
  } as const
  const used = { ...counted, last: { ...last, agent: 'aws-cli/2\n', hours90: 1, hours400: 1 } }
  expect(renderExplanation({ ...answer, use: used }, now)).toContain(
    '  used      3 days ago from the CLI (2026-03-03T10:00:00.000Z), from 203.0.113.7, aws-cli/2\\u{a}\n',
  )
  expect(renderExplanation({ ...answer, use: counted }, now)).toContain(
    '  used      not by this person since 2026-01-01T00:00:00.000Z, when the counting began\n',
  )
  expect(renderExplanation({ ...answer, use: { ...used, isUnknown: true } }, now)).toContain(
    '(2026-03-03T10:00:00.000Z), not known to ssofile, from 203.0.113.7',
  )
  expect(renderExplanation(answer, now)).not.toContain('used  ')
})

test("while the ledger is lost, access in force is nobody's for sure, and the loss comes first", () => {
  const { account, ...grant } = question
  const assignment = { ...grant, accountId: account, type: 'GROUP' as const }
  const one = { assignment, state: 'foreign' as const, isInForce: true, remarks: [], links: [], history: [] }
  const ledger = { unread: 'the ledger was lost', since: ten }
  const text = renderExplanation({ question, direct: [one], ...nothingElse, ledger, ifNone: ledger }, now)
  expect(text).toMatch(/^the ledger was lost\n/)
  expect(text).toContain('in force, but it is not known whose it is')
  expect(text).not.toContain('not managed by ssofile')
})

test('access is not granted only if Identity Center was asked', () => {
  const { account, ...grant } = question
  const assignment = { ...grant, accountId: account, type: 'GROUP' as const }
  const one = { assignment, state: 'none' as const, isInForce: false, remarks: [], links: [], history: [] }
  const ifNone = { unread: 'not known: Identity Center was not asked: it refused' }
  const answer = { question, direct: [one], ...nothingElse }
  expect(renderExplanation(answer, now)).toContain('access    not granted\n')
  expect(renderExplanation({ ...answer, ifNone }, now)).toContain(`access    ${ifNone.unread}\n`)
})
