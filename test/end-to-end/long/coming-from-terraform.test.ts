import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import {
  DescribePermissionSetCommand,
  ListInstancesCommand,
  paginateListPermissionSets,
} from '@aws-sdk/client-sso-admin'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readText } from '../../house/source-files.ts'
import { LocalSystem } from '../local-system.ts'
import { runProgram, ssofileCommand } from '../run-program.ts'
import { smallOrganization } from '../small-organization.ts'

const [shop, data, management] = ['200000000001', '200000000002', '111111111111'] as const
const role = 'ssofile-operator'

/** The commands of the page's section about Terraform, in order. */
const [, section = ''] = readText('docs/coming-from.md').split('\n## Terraform\n')
const [terraformSection = ''] = section.split('\n## ')
const commands = [...terraformSection.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text).join('\n')

/** What the page needs of Terraform: a state that is printed, listed and shortened. An address that it does not have is refused. */
const terraform = (state: string) => `#!${process.execPath}
const { readFileSync, writeFileSync } = require('node:fs')
const state = JSON.parse(readFileSync('${state}', 'utf8'))
const [topic, verb, ...addresses] = process.argv.slice(2)
const addressOf = ({ module, type, name }, { index_key }) =>
  (module ? module + '.' : '') + type + '.' + name + (index_key === undefined ? '' : '[' + JSON.stringify(index_key) + ']')
const listed = state.resources.flatMap((one) => one.instances.map((each) => addressOf(one, each)))
if (topic !== 'state') throw new Error('unknown command ' + topic)
if (verb === 'pull') console.log(JSON.stringify(state))
else if (verb === 'list') console.log(listed.join('\\n'))
else if (verb === 'rm') {
  const unknown = addresses.filter((one) => !listed.includes(one))
  if (addresses.length === 0 || unknown.length > 0) throw new Error('no matching objects: ' + unknown)
  for (const one of state.resources) one.instances = one.instances.filter((each) => !addresses.includes(addressOf(one, each)))
  writeFileSync('${state}', JSON.stringify(state))
} else throw new Error('unknown command state ' + verb)
`

let system: LocalSystem
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coming-from-'))
  const readers = { principal: 'readers', type: 'GROUP' as const }
  system = await LocalSystem.start({
    options: ['--delegated-administrator'],
    organization: smallOrganization({
      groups: ['readers', 'admins'],
      permissionSets: [
        {
          permissionSetName: 'Reader',
          managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
          customerManagedPoliciesList: [{ Name: 'deny-billing', Path: '/guardrails/' }],
          inlinePolicyDocument: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Deny', Action: 'iam:*', Resource: '*' }],
          },
          permissionsBoundary: { ManagedPolicyArn: 'arn:aws:iam::aws:policy/PowerUserAccess' },
        },
        { permissionSetName: 'Admin', managedPoliciesArnList: ['arn:aws:iam::aws:policy/AdministratorAccess'] },
      ],
      assignments: [
        { ...readers, permissionSet: 'Reader', account: shop },
        { ...readers, permissionSet: 'Reader', account: data },
        { principal: 'admins', type: 'GROUP', permissionSet: 'Admin', account: shop },
        { principal: 'admins', type: 'GROUP', permissionSet: 'Admin', account: management },
      ],
    }),
  })
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
}, 60_000)

async function writeState(file: string): Promise<void> {
  const { Instances: [instance] = [] } = await system.ssoAdmin.send(new ListInstancesCommand({}))
  const InstanceArn = instance?.InstanceArn
  const arns = new Map<string, string>()
  for await (const page of paginateListPermissionSets({ client: system.ssoAdmin }, { InstanceArn })) {
    for (const PermissionSetArn of page.PermissionSets ?? []) {
      const described = await system.ssoAdmin.send(new DescribePermissionSetCommand({ InstanceArn, PermissionSetArn }))
      arns.set(described.PermissionSet?.Name ?? '', PermissionSetArn)
    }
  }
  const resource = (type: string, name: string, ...instances: readonly object[]) => ({
    ...{ mode: 'managed', type: `aws_ssoadmin_${type}`, name, instances },
  })
  const set = (name: string) => ({ permission_set_arn: arns.get(name) })
  const assignments = async (name: string, group: string, accounts: readonly string[]) => {
    const principal_id = await system.groupId(group)
    const attributes = { ...set(name), principal_id, principal_type: 'GROUP' }
    const instances = accounts.map((account) => ({
      index_key: account,
      attributes: { ...attributes, target_id: account },
    }))
    return resource('account_assignment', group, ...instances)
  }
  const managed = (name: string, policy: string) => ({
    ...{ index_key: policy, attributes: { ...set(name), managed_policy_arn: `arn:aws:iam::aws:policy/${policy}` } },
  })
  const inline = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}'
  const reference = { name: 'deny-billing', path: '/guardrails/' }
  const boundary = { managed_policy_arn: 'arn:aws:iam::aws:policy/PowerUserAccess' }
  const resources = [
    { mode: 'managed', type: 'aws_iam_role', name: 'pipeline', instances: [{ attributes: { name: 'pipeline' } }] },
    ...['Reader', 'Admin'].map((name) =>
      resource('permission_set', name, { attributes: { arn: arns.get(name), name, session_duration: 'PT1H' } }),
    ),
    resource('managed_policy_attachment', 'reader', managed('Reader', 'ReadOnlyAccess')),
    resource('managed_policy_attachment', 'admin', managed('Admin', 'AdministratorAccess')),
    resource('customer_managed_policy_attachment', 'reader', {
      attributes: { ...set('Reader'), customer_managed_policy_reference: [reference] },
    }),
    resource('permission_set_inline_policy', 'reader', { attributes: { ...set('Reader'), inline_policy: inline } }),
    resource('permissions_boundary_attachment', 'reader', {
      attributes: { ...set('Reader'), permissions_boundary: [boundary] },
    }),
    await assignments('Reader', 'readers', [shop, data]),
    await assignments('Admin', 'admins', [shop, management]),
  ]
  await writeFile(file, JSON.stringify({ version: 4, terraform_version: '1.13.4', resources }))
}

test('the commands of docs/coming-from.md leave each access with one owner: Terraform keeps what was not imported', async () => {
  const state = join(folder, 'state.json')
  await writeState(state)
  const bin = join(folder, 'terraform')
  await writeFile(bin, terraform(state))
  await chmod(bin, 0o755)
  const env = { ...system.env(role), PATH: `${folder}${delimiter}${process.env.PATH}`, SSOFILE_BUCKET: 'ssofile' }
  const call = `ssofile() { '${process.execPath}' '${ssofileCommand}' "$@" < /dev/null; }`
  const { stdout, stderr } = await runProgram('bash', ['-c', `${call}\n${commands}`], { env, cwd: folder })
  const left = await runProgram(bin, ['state', 'list'], { env })
  const stays = [
    'aws_ssoadmin_permission_set.Admin',
    'aws_ssoadmin_managed_policy_attachment.admin["AdministratorAccess"]',
    `aws_ssoadmin_account_assignment.admins["${shop}"]`,
    `aws_ssoadmin_account_assignment.admins["${management}"]`,
  ]
  expect(stderr).not.toMatch(/unknown|no matching objects/)
  expect(left.stdout.trimEnd().split('\n')).toEqual(['aws_iam_role.pipeline', ...stays])
  expect(await system.keys('owned_permission_sets/')).toEqual(['owned_permission_sets/Reader'])
  expect(await system.named('assignments/')).toEqual(
    [shop, data].map((account) => `account%${account}%Reader%readers%GROUP%ssofile`),
  )
  for (const address of stays) expect(stdout).toContain(`  ${address}\n`)
  const list = join(folder, 'moved.txt')
  const moved = await readFile(list, 'utf8')
  expect(moved.trimEnd().split('\n')).toHaveLength(7)

  // Run again, as after an interruption, it lists all of it again.
  const again = ['import', '--permission-sets', '--assignments', '--from', join(folder, 'terraform.tfstate')]
  await system.ssofile([...again, '--moved', list], role)
  expect(await readFile(list, 'utf8')).toBe(moved)
})
