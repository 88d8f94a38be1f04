import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { parseAssignmentsCsv } from '../../../handlers/cli/parse-assignments-csv.ts'
import { parseLinkList } from '../../../handlers/cli/parse-link-list.ts'
import { parseTerraformAssignments } from '../../../handlers/cli/parse-terraform-assignments.ts'
import { readImportSource } from '../../../handlers/cli/read-import-source.ts'
import type { Parsed } from '../../../shared/domain/complaint.ts'
import type { ImportSource } from '../../../shared/domain/import-source.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/import/${name}`, import.meta.url))
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
    'no column permission_set, type',
  )
  const head = 'account,permission_set,principal,type\n'
  expect(received(parseAssignmentsCsv('a.csv', `${head}1,Reader,kim,USER\n200000000001,Reader,kim,ROLE\n`))).toBe(
    '2 faulty lines: line 2, line 3',
  )
  expect(received(parseAssignmentsCsv('a.csv', `${head}200000000001,Reader\n`))).toContain('Invalid Record Length')
})

test('what terraform show -json prints names the assignments of all its modules, by ids', async () => {
  const { assignments } = await readImportSource(fixture('terraform-show.json'))
  expect(assignments.map(({ accountId, type, principal }) => [accountId, type, principal])).toEqual([
    ['200000000001', 'GROUP', '9067642ac7-2c1f5b0e-3f1a-4c62-9f0d-5f4a1b7e8d90'],
    ['200000000002', 'USER', 'f0a1b2c3-d4e5-46f7-8899-aabbccddeeff'],
  ])
  expect(assignments[1]?.permissionSet).toMatch(/ps-6b398906c5b246f9$/)
  expect(assignments[1]?.place).toMatch(/, module\.teams\.module\.data\.aws_ssoadmin_account_assignment\.admin$/)
})

test('a state file of Terraform itself is refused, with the command that writes the right one', () => {
  const read = parseTerraformAssignments('terraform.tfstate', { version: 4, resources: [] })
  expect(read).toMatchObject({ complaint: { remedy: expect.stringContaining('terraform show -json') } })
})

test('a listing of the bucket of aws-iam-identity-center-extensions names its links, of every scope', async () => {
  const { links } = await readImportSource(fixture('links.txt'))
  expect(links.map(({ scope }) => scope.kind)).toEqual(['root', 'ou_id', 'account_tag', 'account'])
  const text = readFileSync(fixture('links.txt'), 'utf8')
  expect(received(parseLinkList('links.txt', text.replace('%GROUP%ssofile', '%group%ssofile')))).toContain('line 2')
})
