import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from '@jest/globals'
import { parseAssignmentsCsv } from '../../../../handlers/cli/take-over/parse-assignments-csv.ts'
import { parseLinkList } from '../../../../handlers/cli/take-over/parse-link-list.ts'
import { parseTerraform } from '../../../../handlers/cli/take-over/parse-terraform.ts'
import { readImportSource } from '../../../../handlers/cli/take-over/read-import-source.ts'
import type { Parsed } from '../../../../shared/domain/statuses/complaint.ts'
import type { ImportSource } from '../../../../shared/modules/take-over/rules/import-source.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../../../fixtures/import/${name}`, import.meta.url))
const received = (read: Parsed<ImportSource>) => (read.ok ? 'no complaint' : read.complaint.received)

test('a CSV file names assignments by its columns, in any order and with others beside', async () => {
  const { assignments } = await readImportSource(fixture('assignments.csv'))
  expect(assignments).toEqual([
    {
      accountId: '200000000001',
      permissionSet: 'Reader',
      principal: 'readers',
      type: 'GROUP',
      place: expect.stringMatching(/assignments\.csv, line 2$/),
    },
    expect.objectContaining({ accountId: '200000000002', principal: 'Doe, Kim', type: 'USER' }),
  ])
})

test('a CSV file with a missing column or a faulty line is refused, with the line', () => {
  expect(received(parseAssignmentsCsv('a.csv', 'account,principal\n200000000001,kim\n'))).toBe(
    'no column permission_set, type among account, principal',
  )
  const head = 'account,permission_set,principal,type\n'
  expect(received(parseAssignmentsCsv('a.csv', `${head}1,Reader,kim,USER\n200000000001,Reader,kim,ROLE\n`))).toBe(
    "2 faulty lines:\n  line 2: account '1'\n  line 3: type 'ROLE'\n",
  )
  expect(received(parseAssignmentsCsv('a.csv', `${head}\n200000000001,,"kim\nito",USER\n`))).toBe(
    '1 faulty line:\n  line 4: no permission_set\n',
  )
  expect(received(parseAssignmentsCsv('a.csv', `${head}200000000001,Reader\n`))).toContain('Invalid Record Length')
})

test('faulty lines of a CSV file are listed one by one, ten of them, and the remedy fits the fault', () => {
  const lines = Array.from({ length: 12 }, () => '200000000001,Reader,kim,ROLE\n').join('')
  const read = parseAssignmentsCsv('a.csv', `account,permission_set,principal,type\n${lines}`)
  expect(received(read).split('\n')).toHaveLength(13)
  expect(received(read)).toContain('and 2 more')
  expect(read).toMatchObject({ complaint: { remedy: 'correct these lines, then import again' } })
  const short = parseAssignmentsCsv('a.csv', 'account,permission_set,principal,type\n1234,Reader,kim,USER\n')
  expect(short).toMatchObject({ complaint: { remedy: expect.stringContaining('leading zeros') } })
  const missing = parseAssignmentsCsv('a.csv', 'name,permission_set,principal,type\n')
  expect(missing).toMatchObject({ complaint: { remedy: expect.stringContaining('into the first line') } })
})

test("Steampipe's CSV is read with the target account, not with the account that asked", async () => {
  const { assignments } = await readImportSource(fixture('steampipe.csv'))
  expect(assignments).toMatchObject([{ accountId: '210000000003', type: 'GROUP' }])
})

test.each([
  'sep=;\naccount;permission_set;principal;type\n210000000003;ViewOnlyAccess;auditors;GROUP\n',
  '"sep=|"\r\naccount|permission_set|principal|type\r\n210000000003|ViewOnlyAccess|auditors|GROUP\r\n',
  '# written by a script\naccount,permission_set,principal,type\n210000000003,ViewOnlyAccess,auditors,GROUP\n',
])('a first line before the header is no header: %j', (text) => {
  const read = parseAssignmentsCsv('a.csv', text)
  expect(read).toMatchObject({ value: { assignments: [{ principal: 'auditors', place: 'a.csv, line 3' }] } })
})

test('the resources of a stack of CloudFormation name its assignments', async () => {
  const { assignments, others } = await readImportSource(fixture('list-stack-resources.json'))
  expect(assignments).toMatchObject([
    {
      accountId: '210000000003',
      permissionSet: 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
      principal: '90677d5c-1011-7000-0000-aaaaaaaaaaaa',
      type: 'GROUP',
      place: expect.stringMatching(/, AuditorsOnLedger$/),
    },
  ])
  expect(others).toEqual(['1 AWS::SSO::PermissionSet'])
})

const arn = 'arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-b5b52d74f9236f83'
const id = 'd169ded6-3ffb-6e60-4c15-3733be04a235'

test.each([
  [
    'aws-sso-util',
    `instance_arn,principal_type,principal_id,principal_name,permission_set_arn,permission_set_name,target_type,target_id,target_name\narn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6,USER,${id},kim,${arn},Reader,AWS_ACCOUNT,200000000001,prod\n`,
  ],
  ['the API', `AccountId,PermissionSetArn,PrincipalId,PrincipalType\n200000000001,${arn},${id},USER\n`],
  ['a spreadsheet', `Account;Account ID;Permission Set;Principal;Type\r\nprod;200000000001;${arn};${id};user\r\n`],
  ['tabs', `ACCOUNT\tPERMISSION_SET\tPRINCIPAL\tTYPE\tnote\n200000000001\t${arn}\t ${id} \tUSER\t\n`],
])('the columns of %s are understood', (_, text) => {
  const read = parseAssignmentsCsv('a.csv', text)
  expect(read).toMatchObject({
    value: { assignments: [{ accountId: '200000000001', permissionSet: arn, principal: id, type: 'USER' }] },
  })
})

describe('a file that a person may take for a source', () => {
  const folder = mkdtempSync(join(tmpdir(), 'import-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const read = (content: string | Uint8Array) => {
    const file = join(folder, 'source')
    writeFileSync(file, content)
    return readImportSource(file)
  }

  test.each<[string, string | Uint8Array, RegExp]>([
    [
      'a plan of Terraform',
      '{ "format_version": "1.2", "planned_values": {}, "resource_changes": [] }',
      /received a plan of Terraform.*without a plan/,
    ],
    ['an encrypted state of OpenTofu', '{ "serial": 1, "encrypted_data": "AA==" }', /OpenTofu.*tofu show/],
    ['a state of Pulumi', '{ "version": 3, "deployment": {} }', /Pulumi/],
    ['a template in JSON', '{ "Resources": {} }', /template of CloudFormation/],
    ['a template in YAML', 'Resources:\n  A:\n    Type: AWS::SSO::Assignment\n', /template of CloudFormation/],
    ['an answer of the API', '{ "AccountAssignments": [] }', /list-account-assignments/],
    ['a list in JSON', '[{ "AccountId": "200000000001" }]', /a list in JSON/],
    ['a configuration', 'resource "aws_ssoadmin_account_assignment" "a" {\n}\n', /a configuration of Terraform/],
    ['a spreadsheet', 'PK\u0003\u0004', /ZIP data.*as CSV/],
    ['YAML of another tool', readFileSync(fixture('other.yaml')), /received YAML of another tool.*--assignments/],
    ['YAML with documents', '---\nassignments: []\n', /another tool.*--assignments/],
    ['a table of the AWS CLI', '-----\n| ListAccountAssignments |\n', /a table for people/],
    ['text of the AWS CLI', 'ACCOUNTASSIGNMENTS\t200000000001\tarn\n', /a table for people/],
    ['a page', '<!DOCTYPE html><table>', /HTML or XML.*as CSV/],
    ['a PDF', '%PDF-1.7', /a PDF/],
    [
      'a stack whose assignment has another id',
      '{ "StackResourceSummaries": [{ "LogicalResourceId": "A", "PhysicalResourceId": "x", "ResourceType": "AWS::SSO::Assignment" }] }',
      /the id 'x' of A.*InstanceArn\|TargetId/,
    ],
    ['Latin-1', Uint8Array.of(0x5a, 0x6f, 0xeb), /bytes that are not utf-8/],
  ])('%s is refused by name', async (_, content, refusal) => {
    await expect(read(content)).rejects.toThrow(refusal)
  })

  test.each(['', '\n', 'account,permission_set,principal,type\n', '{ "format_version": "1.0" }'])(
    'names nothing: %j',
    async (content) => {
      expect(await read(content)).toMatchObject({ assignments: [], links: [], permissionSets: [] })
    },
  )

  test.each([
    ['UTF-16 with a byte order mark', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16', (text: string) => Buffer.from(text, 'utf16le')],
    ['UTF-16, the high byte first', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['UTF-8 with a byte order mark', (text: string) => Buffer.from(`\uFEFF${text}`)],
  ])('in %s is decoded', async (_, encode) => {
    const csv = encode('account,permission_set,principal,type\r\n200000000001,Reader,Zoë,USER\r\n')
    expect((await read(csv)).assignments).toMatchObject([{ principal: 'Zoë' }])
    const state = encode(readFileSync(fixture('terraform.tfstate'), 'utf8'))
    expect((await read(state)).assignments).toHaveLength(4)
  })

  test('with resources of the provider awscc is read, and what is not read is counted', async () => {
    const { assignments, permissionSets, others } = await readImportSource(fixture('awscc.tfstate'))
    expect(assignments).toEqual([
      {
        accountId: '200000000001',
        permissionSet: arn,
        principal: id,
        type: 'USER',
        place: expect.stringMatching(/awscc_sso_assignment\.kim$/),
      },
    ])
    expect(permissionSets).toMatchObject([
      {
        name: 'Reader',
        arn,
        definition: {
          sessionDuration: 'PT4H',
          tags: [{ Key: 'team', Value: 'platform' }],
          managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
          customerManagedPolicies: [{ Name: 'deny-billing', Path: '/guardrails/' }],
          permissionsBoundary: { ManagedPolicyArn: 'arn:aws:iam::aws:policy/PowerUserAccess' },
        },
      },
    ])
    expect(others).toEqual(['1 aws_instance'])
  })
})

describe.each(['terraform-show.json', 'terraform.tfstate'])('%s, of modules, for_each and count,', (file) => {
  test('names the assignments that Terraform manages, by ids, with their addresses', async () => {
    const { assignments } = await readImportSource(fixture(file))
    expect(assignments.map(({ accountId, type, principal }) => [accountId, type, principal])).toEqual([
      ['200000000001', 'GROUP', 'ab3b23ac-5b59-11c1-0e35-7715c4e22d39'],
      ['200000000002', 'GROUP', 'ab3b23ac-5b59-11c1-0e35-7715c4e22d39'],
      ['200000000003', 'GROUP', 'f0a1b2c3-d4e5-46f7-8899-aabbccddeeff'],
      ['200000000003', 'USER', 'd169ded6-3ffb-6e60-4c15-3733be04a235'],
    ])
    expect(assignments.map(({ place }) => place.replace(/^.*, /, ''))).toEqual([
      'aws_ssoadmin_account_assignment.readers["200000000001"]',
      'aws_ssoadmin_account_assignment.readers["200000000002"]',
      'aws_ssoadmin_account_assignment.frankfurt',
      'module.teams["platform"].module.people.aws_ssoadmin_account_assignment.admin[0]',
    ])
    expect(assignments[3]?.permissionSet).toMatch(/ps-b5b52d74f9236f83$/)
  })

  test('names the permission sets, each with the policies that other resources attach to it', async () => {
    const { permissionSets } = await readImportSource(fixture(file))
    expect(permissionSets.map(({ name, arn }) => [name, arn?.split('/')[1]])).toEqual([
      ['Reader', 'ssoins-6508f7e2d9c1b3a4'],
      ['Reader', 'ssoins-7223a1b2c3d4e5f6'],
      ['Admin', 'ssoins-7223a1b2c3d4e5f6'],
    ])
    const [empty, reader, admin] = permissionSets.map(({ definition }) => definition)
    expect(reader).toEqual({
      sessionDuration: 'PT4H',
      tags: [{ Key: 'team', Value: 'platform' }],
      managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
      customerManagedPolicies: [{ Name: 'deny-billing', Path: '/guardrails/' }],
      inlinePolicy: expect.stringContaining('"Effect":"Deny"'),
      permissionsBoundary: { ManagedPolicyArn: 'arn:aws:iam::aws:policy/PowerUserAccess' },
    })
    expect(empty).toEqual({ sessionDuration: 'PT1H', tags: [], managedPolicyArns: [], customerManagedPolicies: [] })
    expect(admin?.description).toBe('Everything')
  })
})

test('JSON that is no state of Terraform is refused, with the command that writes one', () => {
  for (const json of [{}, { version: 3, terraform_version: '0.11.0', modules: [] }])
    expect(parseTerraform('a.json', json)).toMatchObject({
      complaint: { remedy: expect.stringContaining('terraform show -json') },
    })
})

test('a resource without the attributes that the provider writes is refused, with its address and what is missing', () => {
  const resource = {
    mode: 'managed',
    type: 'aws_ssoadmin_account_assignment',
    name: 'a',
    instances: [{ index_key: 1, attributes: { target_id: '1' } }],
  }
  const read = parseTerraform('a.tfstate', { version: 4, terraform_version: '1.9.0', resources: [resource] })
  expect(read).toMatchObject({
    complaint: {
      object: 'a.tfstate, aws_ssoadmin_account_assignment.a[1]',
      received: expect.stringContaining('permission_set_arn, principal_id, principal_type, target_id'),
    },
  })
})

test('a copy of the bucket of aws-iam-identity-center-extensions names its links and permission sets, in envelopes or not', async () => {
  const { links, permissionSets } = await readImportSource(fixture('extensions-bucket'))
  expect(links.map(({ scope }) => scope.kind).sort()).toEqual(['account', 'account_tag', 'ou_id', 'root'])
  expect(permissionSets).toMatchObject([
    { name: 'Admin', definition: { sessionDuration: 'PT1H' } },
    { name: 'SecurityAuditor-ps', definition: { managedPolicyArns: ['arn:aws:iam::aws:policy/SecurityAudit'] } },
  ])
})

test('a listing of the bucket of aws-iam-identity-center-extensions names its links, of every scope', async () => {
  const { links } = await readImportSource(fixture('links.txt'))
  expect(links.map(({ scope }) => scope.kind)).toEqual(['root', 'ou_id', 'account_tag', 'account'])
  const text = readFileSync(fixture('links.txt'), 'utf8')
  expect(received(parseLinkList('links.txt', text.replace('%GROUP%ssofile', '%group%ssofile')))).toContain('line 2')
})
