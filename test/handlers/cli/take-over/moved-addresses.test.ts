import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from '@jest/globals'
import { beginMoved, divideHoldings, type TakenOver } from '../../../../handlers/cli/take-over/moved-addresses.ts'
import { parseTerraform } from '../../../../handlers/cli/take-over/parse-terraform.ts'
import { readImportSource } from '../../../../handlers/cli/take-over/read-import-source.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetArn, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { TerraformHolding } from '../../../../shared/modules/take-over/rules/import-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'moved-'))
afterAll(() => rmSync(folder, { recursive: true }))
const fixture = (name: string) => fileURLToPath(new URL(`../../../../fixtures/import/${name}`, import.meta.url))

const arn = (digit: string) =>
  permissionSetArn.parse(`arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-${digit.repeat(16)}`)
const assignedTo = {
  accountId: accountId.parse('200000000001'),
  principalId: principalId.parse('ab3b23ac-5b59-11c1-0e35-7715c4e22d39'),
  principalType: 'GROUP',
} as const
const set = (address: string, digit = '1'): TerraformHolding => ({
  ...{ address, hasDeposed: false, permissionSetArn: arn(digit) },
})
const assignment = (address: string, digit = '1'): TerraformHolding => ({ ...set(address, digit), assignedTo })
const taken: TakenOver = {
  permissionSets: [arn('1')],
  assignments: [{ ...assignedTo, permissionSetArn: arn('1') }],
}

test.each([
  ['a set and each of its parts are moved', [set('a.set'), set('a.policy')], ['a.set', 'a.policy']],
  ['two resources of one access are moved together', [assignment('a.one'), assignment('a.two')], ['a.one', 'a.two']],
  ['another set and another access stay', [set('a.set', '2'), assignment('a.one', '2')], []],
  ['what has a deposed object stays', [{ ...assignment('a.one'), hasDeposed: true }, set('a.set')], ['a.set']],
  [
    'a resource stays whose address is also that of an instance which stays',
    [assignment('a.one'), assignment('a.one["x"]', '2'), assignment('a.oneself')],
    ['a.oneself'],
  ],
])('%s', (_, holdings, moved) => {
  const divided = divideHoldings(holdings, taken)
  expect(divided.moved).toEqual(moved)
  expect([...divided.moved, ...divided.stays.map(({ address }) => address)].sort()).toEqual(
    holdings.map(({ address }) => address).sort(),
  )
})

test.each(['terraform.tfstate', 'terraform-show.json'])(
  'each resource of the state that belongs to Identity Center is held, and nothing else: %s',
  async (name) => {
    const { holdings = [] } = await readImportSource(fixture(name))
    const counts = Map.groupBy(holdings, ({ address }) => address.replace(/^.*(aws_ssoadmin_\w+).*$/, '$1'))
    expect(Object.fromEntries([...counts].map(([type, { length }]) => [type, length]))).toEqual({
      aws_ssoadmin_account_assignment: 4,
      aws_ssoadmin_customer_managed_policy_attachment: 1,
      aws_ssoadmin_managed_policy_attachment: 1,
      aws_ssoadmin_permission_set: 3,
      aws_ssoadmin_permission_set_inline_policy: 1,
      aws_ssoadmin_permissions_boundary_attachment: 1,
    })
  },
)

test('exclusive attachments and their set are held, an index is escaped as Terraform does it, and a deposed object is noticed', () => {
  const resource = (type: string, name: string, instances: readonly object[]) => ({
    ...{ mode: 'managed', type: `aws_ssoadmin_${type}`, name, instances },
  })
  const of = { permission_set_arn: arn('1') }
  const index_key = `x\${y}%{z}"`
  const read = parseTerraform('state', {
    version: 4,
    terraform_version: '1.13.4',
    resources: [
      resource('permission_set', 'a', [
        { index_key, attributes: { arn: arn('1'), name: 'Reader' } },
        { index_key, deposed: 'b1f3a9d2', attributes: {} },
      ]),
      resource('managed_policy_attachments_exclusive', 'a', [
        { attributes: { ...of, managed_policy_arns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] } },
      ]),
      resource('customer_managed_policy_attachments_exclusive', 'a', [
        { attributes: { ...of, customer_managed_policy_reference: [{ name: 'own', path: '/' }] } },
      ]),
    ],
  })
  expect(read).toMatchObject({
    ok: true,
    value: {
      others: [],
      permissionSets: [
        {
          definition: {
            managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
            customerManagedPolicies: [{ Name: 'own', Path: '/' }],
          },
        },
      ],
      holdings: [
        { address: `aws_ssoadmin_permission_set.a["x$\${y}%%{z}\\""]`, hasDeposed: true },
        { address: 'aws_ssoadmin_managed_policy_attachments_exclusive.a', hasDeposed: false },
        { address: 'aws_ssoadmin_customer_managed_policy_attachments_exclusive.a', hasDeposed: false },
      ],
    },
  })
})

test('the list is empty until the import has ended, and never replaces the state', async () => {
  const [state, list] = [join(folder, 'terraform.tfstate'), join(folder, 'moved.txt')]
  writeFileSync(state, '{}')
  writeFileSync(list, 'aws_ssoadmin_permission_set.of_an_earlier_run\n')
  await beginMoved(list, state)
  expect(readFileSync(list, 'utf8')).toBe('')
  await expect(beginMoved(join(folder, '.', 'terraform.tfstate'), state)).rejects.toThrow('expected two files')
  expect(readFileSync(state, 'utf8')).toBe('{}')
  await expect(beginMoved(join(folder, 'none', 'moved.txt'), state)).rejects.toThrow('cannot be written')
})
