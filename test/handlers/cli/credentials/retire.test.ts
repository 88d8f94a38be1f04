import { expect, test } from '@jest/globals'
import { parseReport, renderProposal, warnOfAge } from '../../../../handlers/cli/credentials/retire.ts'
import { defaultHygiene } from '../../../../shared/domain/files/hygiene-file.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { judgeKey } from '../../../../shared/modules/credentials/rules/judge-credentials.ts'
import { proposeRetireFiles } from '../../../../shared/modules/credentials/rules/propose-retire-files.ts'
import {
  credentialCsvTitles,
  renderCredentialRow,
} from '../../../../shared/modules/credentials/rules/render-credentials.ts'

const file = {
  key: 'retire/team-a/account%200000000001%ci%AKIAIOSFODNN7EXAMPLE%ssofile',
  what: 'key AKIAIOSFODNN7EXAMPLE of user ci in 200000000001',
  days: 300,
  lastUsed: 'never',
}
const asked = { date: '2026-03-03', days: 180, to: undefined, bucket: 'acme' }

test('a proposal says what each file would ask for, what is left out and why, and that nothing is asked for yet', () => {
  const leftOut = [{ what: 'password of user ann in 200000000001', why: 'it is on neverRetire' }]
  expect(renderProposal({ files: [file], leftOut }, asked)).toBe(
    `1 credential without known use for 180 days, as of 2026-03-03
  key AKIAIOSFODNN7EXAMPLE of user ci in 200000000001: last used never, 300 days unused
    retire/team-a/account%200000000001%ci%AKIAIOSFODNN7EXAMPLE%ssofile

Left out:
  password of user ann in 200000000001: it is on neverRetire

Nothing changes yet. To write the files into a folder: --to plan
`,
  )
})

test('a proposal that is written into a folder says how its files are uploaded once somebody has read them', () => {
  const told = renderProposal({ files: [file], leftOut: [] }, { ...asked, to: 'plan' })
  expect(told).toContain('Nothing changes yet: read them, and delete the files of credentials to keep.')
  expect(told).toContain('  aws s3 sync plan/retire/ s3://acme/retire/\n')
})

test('a report of more than two days warns of its age, because it knows no later use', () => {
  expect(warnOfAge('2026-03-03', new Date('2026-03-05T23:59:59Z'))).toBeUndefined()
  expect(warnOfAge('2026-03-03', new Date('2026-03-06T00:00:00Z'))).toBe(
    'the report of 2026-03-03 is 3 days old: it does not know who used a credential since. Take the newest report, unless you want this one',
  )
})

test('an exception, neverRetire and the name of break-glass count for a user however the name is written', () => {
  const now = new Date('2026-03-03T00:00:00Z')
  const exception = { owner: 'team-a', reason: 'the device is old', expiresAt: '2027-01-01T00:00:00Z' }
  const rules = {
    days: 180,
    now,
    neverRetire: ['Terra*'],
    exceptions: [{ ...exception, account: accountId.parse('200000000001'), name: 'Legacy' }],
  }
  const line = { account: '200000000001', owner: 'team-a', kind: 'user', key: '', lastUsed: '', unusedDays: '' }
  const lines = ['LEGACY', 'terraform', 'bob-break-glass'].map((name) => {
    return { ...line, name, passwordLastUsed: 'never', passwordUnusedDays: '300' }
  })
  const { files, leftOut } = proposeRetireFiles(lines, rules)
  expect(files).toEqual([])
  expect(leftOut).toHaveLength(3)
})

test('a name that a spreadsheet would take for a formula comes out of a report as it is', () => {
  const asOf = new Date('2026-03-03T00:00:00Z')
  const key = { id: 'AKIAIOSFODNN7EXAMPLE', isActive: true, madeAt: new Date('2020-01-01T00:00:00Z') }
  const place = { account: accountId.parse('200000000001'), accountName: 'shop', owner: '@payments' }
  const names = ['ci', '+ci', '-ci', '=ci', '@ci']
  const rows = names.map((name) => ({ ...judgeKey(name, key, { ...defaultHygiene, asOf }), ...place }))
  const lines = parseReport(credentialCsvTitles + rows.map(renderCredentialRow).join(''))
  const { files, leftOut } = proposeRetireFiles(lines, { ...defaultHygiene, days: 180, now: asOf })
  expect(leftOut).toEqual([])
  expect(files.map((one) => one.key)).toEqual(
    ['+ci', '-ci', '=ci', '@ci', 'ci'].map((name) => `retire/@payments/account%200000000001%${name}%${key.id}%ssofile`),
  )
})
