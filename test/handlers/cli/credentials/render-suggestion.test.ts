import { expect, test } from '@jest/globals'
import { renderSuggestion, type Suggestion } from '../../../../handlers/cli/credentials/suggest.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'

const document = JSON.stringify({ Version: '2012-10-17', Statement: [] })
const nothing: Suggestion = {
  permissionSet: permissionSetName.parse('Deploy-ps'),
  unusedDays: 90,
  isLive: false,
  asOf: '2026-03-01T04:00:00.000Z',
  accounts: 2,
  unread: [],
  managed: [],
  notes: [],
}

test('what goes and why stands before the policy that would remain, and what to do with it stands last', () => {
  const text = renderSuggestion({
    ...nothing,
    inline: {
      document,
      denies: false,
      actions: [
        { action: 'sqs:*', verdict: 'goes', why: 'nobody used sqs for 90 days' },
        { action: 's3:*', verdict: 'narrowed', why: 'nobody used A for 90 days', to: ['s3:B', 's3:Get*'] },
      ],
    },
    managed: [{ name: 'one', verdict: 'could be narrowed', why: 'x', standIn: document }],
  })
  expect(text.split('\n')).toEqual([
    'Deploy-ps: what nobody used for 90 days in 2 accounts, as of 2026-03-01, by the report of the month (--live asks now)',
    '',
    'Inline policy',
    '  goes               sqs:*: nobody used sqs for 90 days',
    '  narrowed           s3:*: nobody used A for 90 days; 2 actions take its place',
    '',
    'Managed policies',
    '  could be narrowed  one: x',
    '    an inline policy that could stand in:',
    '      {',
    '        "Version": "2012-10-17",',
    '        "Statement": []',
    '      }',
    '',
    'The inline policy that would remain:',
    '{',
    '  "Version": "2012-10-17",',
    '  "Statement": []',
    '}',
    '',
    'Nothing was changed. To use it, put it into permission_sets/Deploy-ps.json (inlinePolicyDocument, managedPoliciesArnList), and run ssofile plan --check-access before the push.',
    '',
  ])
})

test('accounts that were not read are told first, and names from outside are escaped', () => {
  const unread = [{ account: accountId.parse('200000000001'), why: 'no\u001b[2J role' }]
  const text = renderSuggestion({ ...nothing, asOf: undefined, accounts: 0, unread })
  expect(text).toMatch(
    /^Deploy-ps: ssofile could not read its role in any account, so its use is unknown\nnot read: 1 account, such as /,
  )
  expect(text).toContain('no\\u{1b}[2J role')
  expect(text).toContain('Nothing is known to be unused, but ssofile could not read everything')
})

const unread = [{ account: accountId.parse('200000000001'), why: 'no role' }]
test.each([
  ['an account', { unread }],
  ['any account', { asOf: undefined, accounts: 0, unread }],
  ['a managed policy', { managed: [{ name: 'one', verdict: 'not read', why: 'x' } as const] }],
  ['part of the inline policy', { notes: ['ssofile cannot analyze a part of the inline policy'] }],
])('a suggestion that could not read %s does not say that the permission set can stay', (_, less) => {
  expect(renderSuggestion({ ...nothing, ...less })).not.toContain('can stay')
})

test('a suggestion that read everything and found nothing unused says that the permission set can stay', () => {
  expect(renderSuggestion(nothing)).toContain('the permission set can stay as it is')
})

test('an inline policy of which nothing remains is told so', () => {
  const actions = [{ action: 'sqs:*', verdict: 'goes', why: 'nobody used sqs for 90 days' }] as const
  expect(renderSuggestion({ ...nothing, inline: { actions, denies: false } })).toContain(
    'No inline policy would remain.',
  )
})
