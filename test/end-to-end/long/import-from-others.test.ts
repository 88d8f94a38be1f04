import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { smallOrganization } from '../small-organization.ts'

const [shop, data, sandbox] = ['200000000001', '200000000002', '200000000003'] as const
const role = 'ssofile-operator'
const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/import/${name}`, import.meta.url))
const keyOf = (account: string, rest = 'Reader%readers%GROUP') => `account%${account}%${rest}%ssofile`
const kim = keyOf(sandbox, 'Admin%kim@tiny.example%USER')

let system: LocalSystem

// The ids of the local system follow from the names, and the state of Terraform has them.
beforeAll(async () => {
  const readers = { permissionSet: 'Reader', principal: 'readers', type: 'GROUP' as const }
  const auditors = { permissionSet: 'SecurityAuditor-ps', principal: 'team-SecurityAuditors', type: 'GROUP' as const }
  system = await LocalSystem.start({
    configuration: { folders: ['from-terraform'] },
    organization: smallOrganization({
      groups: ['readers', 'team-SecurityAuditors', 'team-DataScientists'],
      users: ['kim@tiny.example'],
      permissionSets: [
        {
          permissionSetName: 'Reader',
          sessionDurationInMinutes: 240,
          tags: [{ Key: 'team', Value: 'platform' }],
          managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
          customerManagedPoliciesList: [{ Name: 'deny-billing', Path: '/guardrails/' }],
          inlinePolicyDocument: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Deny', Action: 'iam:*', Resource: '*' }],
          },
          permissionsBoundary: { ManagedPolicyArn: 'arn:aws:iam::aws:policy/PowerUserAccess' },
        },
        { permissionSetName: 'Admin', description: 'Changed by hand' },
        { permissionSetName: 'SecurityAuditor-ps' },
      ],
      assignments: [
        { ...readers, account: shop },
        { ...readers, account: data },
        { ...readers, account: sandbox },
        { account: sandbox, permissionSet: 'Admin', principal: 'kim@tiny.example', type: 'USER' },
        ...[shop, data, sandbox].map((account) => ({ ...auditors, account })),
      ],
    }),
  })
})
afterAll(() => system.stop(), 60_000)

const isWrite = ({ operation }: { operation: string }) => /^(Create|Delete|Update|Attach|Put|Provision)/.test(operation)

async function plan() {
  const { exitCode, stdout } = await system.ssofile(['plan', 's3://ssofile', '--detailed-exitcode'], role)
  return { exitCode, stdout }
}

test('a state file of Terraform is imported: its permission sets and its assignments, into a folder, without a write', async () => {
  const from = ['--from', fixture('terraform.tfstate')]
  const sets = await system.ssofile(['import', '--permission-sets', ...from], role)
  expect(sets.stdout).toContain('adopted        Reader  permission_sets/Reader.json')
  expect(sets.stdout).toMatch(/adopted {8}Admin .*\n {15}it differs from the file; .*set description/)
  // The state also knows a permission set of this name in another instance.
  expect(sets.stdout).toContain('not here       Reader of ')
  expect(sets.exitCode).toBe(1)
  expect(await system.json('permission_sets/Reader.json')).toMatchObject({
    sessionDurationInMinutes: 240,
    managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    customerManagedPoliciesList: [{ Name: 'deny-billing', Path: '/guardrails/' }],
    permissionsBoundary: { ManagedPolicyArn: 'arn:aws:iam::aws:policy/PowerUserAccess' },
  })
  const args = ['import', '--assignments', '--json', '--folder', 'from-terraform', ...from]
  const imported = await system.ssofile(args, role)
  const { links, left } = JSON.parse(imported.stdout)
  expect(links.map(({ key }: { key: string }) => key)).toEqual(
    [keyOf(shop), keyOf(data), kim].map((key) => `links_data/from-terraform/${key}`),
  )
  expect(left).toMatchObject([{ received: expect.stringContaining('another instance') }])
  await system.untilQuiet()
  expect(await plan()).toMatchObject({ exitCode: 0 })
  expect(system.calls.filter(isWrite)).toEqual([])
})

test('a source that names no assignment ends with 1 and says what it has', async () => {
  const source = fixture('extensions-bucket/permission_sets/Admin.json')
  const folder = mkdtempSync(join(tmpdir(), 'no-assignment-'))
  const state = join(folder, 'state.json')
  const resource = { mode: 'managed', type: 'aws_instance', name: 'a', instances: [{ attributes: {} }] }
  writeFileSync(state, JSON.stringify({ version: 4, terraform_version: '1.9.0', resources: [resource] }))
  const told = await system.ssofile(['import', '--assignments', '--from', state], role)
  expect(told).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('it has 1 aws_instance') })
  expect((await system.ssofile(['import', '--assignments', '--from', source], role)).exitCode).toBe(2)
  rmSync(folder, { recursive: true })
})

test('a folder that nobody has declared is refused', async () => {
  const { exitCode, stderr } = await system.ssofile(['import', '--assignments', '--folder', 'team-x'], role)
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining("'from-terraform'") })
})

test('a copy of the bucket of the reference is imported: a link stays as it is where each of its accounts has the access', async () => {
  const args = ['import', '--permission-sets', '--assignments', '--from', fixture('extensions-bucket')]
  const { stdout } = await system.ssofile(args, role)
  expect(stdout).toContain('already ours   Admin')
  expect(stdout).toContain('adopted        SecurityAuditor-ps')
  expect(await system.keys('links_data/')).toEqual([
    ...[keyOf(shop), keyOf(data), kim].map((key) => `links_data/from-terraform/${key}`),
    'links_data/root%all%SecurityAuditor-ps%team-SecurityAuditors%GROUP%ssofile',
  ])
  expect(stdout).toContain('account%200000000001%DataScientist-ps%team-DataScientists%GROUP')
  await system.untilQuiet()
  expect(await plan()).toMatchObject({ exitCode: 0 })
  expect(system.calls.filter(isWrite)).toEqual([])
  const foreign = ['--account', sandbox, '--group', 'readers']
  const rest = await system.ssofile(['import', '--assignments', '--dry-run', ...foreign], role)
  expect(rest.stdout).toContain(`would write   links_data/${keyOf(sandbox)}  1 assignment`)
})
