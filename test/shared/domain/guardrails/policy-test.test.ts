import { describe, expect, test } from '@jest/globals'
import { joinPolicies, parsePolicyFile } from '../../../../shared/domain/guardrails/policy-file.ts'
import { type PolicyTest, parsePolicyTests, runPolicyTest } from '../../../../shared/domain/guardrails/policy-test.ts'

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const rules = ['enforce', 'warn'].map((mode) => ({
  ...{ id: `r-${mode}`, control: 'AC-2', mode },
  must: mode === 'warn' ? { reason: true } : { types: ['GROUP'], accountsMost: 1 },
}))
const sets = [{ id: 'short', control: 'AC-12', mode: 'enforce', must: { sessionMinutesMost: 60 } }]
const separations = [{ id: 'apart', control: 'AC-5', mode: 'enforce', must: { notTogether: [['Pay'], ['Approve']] } }]
const minimums = [
  {
    ...{ id: 'kept', control: 'AC-6', mode: 'enforce' },
    ...{ for: { permissionSets: ['Admin'] }, must: { peopleLeast: 2 } },
  },
]
const document = { contact: 'Ann', links: rules, permissionSets: sets, separations, minimums }
const policy = parsePolicyFile('policies/a.json', bytes(document))
const guardrails = joinPolicies([{ policy, size: 1 }])
const group = 'links_data/team-a/root%all%Admin%ops%GROUP%ssofile'
const user = group.replace('GROUP', 'USER')
const failureOf = (one: Omit<PolicyTest, 'title'>) => runPolicyTest({ title: 't', ...one }, guardrails).failure

describe('a test of policies passes', () => {
  test.each<[string, Omit<PolicyTest, 'title'>]>([
    ['where the input is accepted', { input: group, body: { reason: 'x' }, expect: 'accepted' }],
    ['where only a warning is given', { input: group, expect: 'warned', rules: ['policies/a.json#r-warn'] }],
    ['where it is refused', { input: user, body: { reason: 'x' }, expect: 'refused' }],
    [
      'by the accounts that it names',
      { input: group, body: { reason: 'x' }, accounts: ['111111111111', '222222222222'] as never, expect: 'refused' },
    ],
    [
      'by what people have besides',
      {
        ...{ input: group.replace('Admin', 'Pay'), body: { reason: 'x' }, expect: 'refused' },
        ...{ overlaps: [{ permissionSet: 'Approve', account: '111111111111' as never }] },
        rules: ['policies/a.json#apart'],
      },
    ],
    [
      'where a membership lacks what a rule demands of files',
      { input: 'memberships/ops%kenji@x%ssofile', expect: 'warned', rules: ['policies/a.json#r-warn'] },
    ],
    ['where a membership has it', { input: 'memberships/ops%k%ssofile', body: { reason: 'x' }, expect: 'accepted' }],
    [
      'where exactly as many people are left as a minimum demands',
      { input: group, accounts: ['111111111111'] as never, peopleLeft: 2, expect: 'accepted' },
    ],
    [
      'where one person fewer is left',
      {
        ...{ input: group, accounts: ['111111111111'] as never, peopleLeft: 1, expect: 'refused' },
        rules: ['policies/a.json#kept'],
      },
    ],
    [
      'for a permission set',
      {
        input: 'permission_sets/A.json',
        body: { permissionSetName: 'A', sessionDurationInMinutes: 61 },
        ...{ expect: 'refused', rules: ['policies/a.json#short'] },
      },
    ],
  ])('%s', (_, one) => {
    expect(failureOf(one)).toBeUndefined()
  })
})

describe('a test of policies fails, and says what it found', () => {
  test.each<[string, Omit<PolicyTest, 'title'>, string]>([
    ['for another verdict', { input: user, expect: 'accepted' }, 'it is refused by policies/a.json#r-enforce'],
    ['for another rule', { input: user, body: { reason: 'x' }, expect: 'refused', rules: ['b'] }, 'expected by b'],
    ['for an input that is not valid', { input: 'links_data/x', expect: 'refused' }, 'its input is not valid'],
    ['for a body that is not valid', { input: group, body: { x: 1 }, expect: 'refused' }, "unknown field 'x'"],
  ])('%s', (_, one, told) => {
    expect(failureOf(one)).toContain(told)
  })
})

test('a file of tests that is not valid is told with its place', () => {
  expect(parsePolicyTests('policies/tests/a.json', bytes({ tests: [{ title: 'x' }] }))).toMatchObject({
    ok: false,
    complaint: { object: 'policies/tests/a.json', received: expect.stringContaining('$.tests[0].input') },
  })
})
