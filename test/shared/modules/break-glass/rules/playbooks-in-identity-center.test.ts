import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import * as z from 'zod'
import { parseEligibilityFile } from '../../../../../shared/domain/files/eligibility-file.ts'
import { playbookTemplates } from '../../../../../shared/domain/files/playbook-templates.ts'
import { evaluatePolicy } from '../../../../../shared/domain/iam-policies/evaluate-policy.ts'
import { isAdministrator } from '../../../../../shared/domain/iam-policies/is-administrator.ts'
import { parsePermissionSetFile } from '../../../../../shared/domain/permission-sets/permission-set-file.ts'

const folder = new URL('../../../../../fixtures/playbooks/', import.meta.url)
const files = (prefix: string) =>
  readdirSync(new URL(prefix, folder)).map((name) => ({
    name: name.replace('.json', ''),
    key: `${prefix}${name}`,
    body: readFileSync(new URL(`${prefix}${name}`, folder)),
  }))
const sets = files('permission_sets/')
const eligibilities = files('eligibility/')
const inline = z.object({
  inlinePolicyDocument: z.object({ Statement: z.array(z.looseObject({ Sid: z.string(), Effect: z.string() })) }),
})

test('there are four playbooks, each with an eligibility that means exactly it', () => {
  const meant = eligibilities.map(({ key, body }) => {
    const read = parseEligibilityFile(key, body)
    return read.ok ? read.value.permissionSets.join() : read.complaint
  })
  expect(meant.sort()).toEqual(sets.map(({ name }) => name).sort())
  expect(sets).toHaveLength(4)
})

test.each(sets)(
  '$name is valid, makes administrators only if it is the one to administer, and denies other Regions and addresses, and changes of trail and break-glass',
  ({ key, body, name }) => {
    const read = parsePermissionSetFile(key, body)
    expect(read).toMatchObject({ ok: true })
    expect(read.ok && isAdministrator(read.value)).toBe(name === 'Playbook-Administer')
    const { Statement } = inline.parse(JSON.parse(body.toString())).inlinePolicyDocument
    expect(Statement.filter(({ Effect }) => Effect === 'Deny').map(({ Sid }) => Sid)).toEqual([
      'OnlyInTheseRegions',
      'OnlyFromTheseAddresses',
      'KeepsTheTrail',
      'KeepsBreakGlass',
    ])
  },
)

const statement = z.looseObject({ Effect: z.enum(['Allow', 'Deny']) })
const evidence = { action: 's3:PutObject', resource: 'arn:aws:s3:::evidence-acme/disk.img' }
const collects = [
  { action: 's3:GetObject', resource: 'arn:aws:s3:::logs/flow.gz' },
  evidence,
  ...['ec2:CopyImage', 'ec2:CreateImage', 'ssm:SendCommand', 'ssm:StartSession'].map((action) => ({ action })),
]
/** From an address and in a Region that the examples permit. */
const context = { 'aws:RequestedRegion': 'eu-west-1', 'aws:SourceIp': '192.0.2.7', 'aws:ViaAWSService': 'false' }

function judge(Statement: readonly z.infer<typeof statement>[], request: { action: string; resource?: string }) {
  const principal = 'arn:aws:iam::233000000001:role/responder'
  return evaluatePolicy({ Statement }, { principal, resource: 'arn:aws:any:::thing', context, ...request })
}

test.each([
  ['Playbook-Evidence', collects],
  ['Playbook-Respond', [{ action: 'iam:UpdateAccessKey' }]],
] as const)('%s may do what its task needs', (wanted, requests) => {
  const body = sets.find(({ name }) => name === wanted)?.body.toString() ?? ''
  const { Statement } = z
    .object({ inlinePolicyDocument: z.object({ Statement: z.array(statement) }) })
    .parse(JSON.parse(body)).inlinePolicyDocument
  expect(requests.filter((request) => judge(Statement, request) !== 'allowed')).toEqual([])
  expect(judge(Statement, { ...evidence, resource: 'arn:aws:s3:::ssofile/links_data/x' })).toBe('silent')
})

test('the forensics playbook of break-glass may do the same', () => {
  const { statements } = playbookTemplates['forensics-analyst']
  expect(collects.filter((request) => judge(statements, request) !== 'allowed')).toEqual([])
  expect(judge(statements, { ...evidence, resource: 'arn:aws:s3:::ssofile/links_data/x' })).toBe('silent')
})
