import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const [shop, data, sandbox, management] = ['200000000001', '200000000002', '200000000003', '111111111111'] as const
const unitLink = 'links_data/ou_id%ou-tiny-workload%Reader%readers%GROUP%ssofile'
const userLink = `links_data/account%${sandbox}%Reader%kim@tiny.example%USER%ssofile`
const keyOf = (account: string, who = 'readers%GROUP') => `account%${account}%Reader%${who}%ssofile`

let system: LocalSystem

beforeAll(async () => {
  const readers = { permissionSet: 'Reader', principal: 'readers', type: 'GROUP' as const }
  system = await LocalSystem.start({
    // A delegated administrator cannot change a permission set that the management account has.
    options: ['--no-delegated-administrator'],
    organization: smallOrganization({
      groups: ['readers'],
      users: ['kim@tiny.example'],
      permissionSets: [{ permissionSetName: 'Reader' }],
      assignments: [
        { ...readers, account: shop },
        { ...readers, account: data },
        { ...readers, account: management },
        { ...readers, account: sandbox, principal: 'kim@tiny.example', type: 'USER' },
      ],
    }),
  })
  await system.untilFirstListing()
})
afterAll(() => system.stop(), 60_000)

const isWrite = ({ operation }: { operation: string }) =>
  /AccountAssignment$/.test(operation) && !/^List/.test(operation)
/** As an operator who has assumed the role of the deployment, which may do this and little else. */
const role = 'ssofile-operator'
const ssofile = (args: readonly string[]) => system.ssofile(args, role)

async function plan() {
  const { exitCode, stdout } = await ssofile(['plan', 's3://ssofile', '--detailed-exitcode', '--json'])
  const { grants, revocations } = JSON.parse(stdout)
  return { exitCode, grants, revocations }
}

test('an operator who has not assumed the role is told of it, and nothing is written', async () => {
  const { exitCode, stderr } = await system.ssofile(['import', '--assignments'], 'operator')
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining('the role <name>-operator') })
  expect(await system.keys('links_data/')).toEqual([])
})

test('a dry run shows the links and what would become ours, and changes nothing', async () => {
  const before = await system.lastingKeys()
  const { exitCode, stdout } = await ssofile(['import', '--assignments', '--compact', '--dry-run'])
  expect(stdout).toContain(`would write   ${unitLink}  2 assignments`)
  expect(stdout).toContain('received the management account')
  expect(exitCode).toBe(1)
  expect(await system.lastingKeys()).toEqual(before)
})

test('an import makes existing access ours without a write to SSO Admin, a plan says nothing, and a deleted link revokes', async () => {
  const imported = await ssofile(['import', '--assignments', '--compact', '--json'])
  expect(JSON.parse(imported.stdout)).toMatchObject({
    listed: 4,
    links: [
      { key: userLink, isNew: true, assignments: [keyOf(sandbox, 'kim@tiny.example%USER')] },
      { key: unitLink, isNew: true, assignments: [keyOf(shop), keyOf(data)] },
    ],
    left: [{ received: 'the management account' }],
  })
  expect(imported.exitCode).toBe(1)
  expect(await system.keys('links_data/')).toEqual([userLink, unitLink])
  expect(await system.keys('assignments/')).toHaveLength(3)
  await system.untilStatuses([userLink, unitLink], 'applied')
  expect(await plan()).toEqual({ exitCode: 0, grants: [], revocations: [] })
  expect(system.calls.filter(isWrite)).toEqual([])

  const again = await ssofile(['import', '--assignments', '--compact', '--json'])
  expect(JSON.parse(again.stdout)).toMatchObject({ alreadyOurs: 3, links: [] })

  await system.remove(userLink)
  await system.untilGone(userLink)
  expect(system.calls.filter(isWrite).map(({ operation }) => operation)).toEqual(['DeleteAccountAssignment'])
  expect(await system.named('assignments/')).toEqual([keyOf(shop), keyOf(data)])
})

test('released access stays when its link is deleted, and can be imported again', async () => {
  const calls = system.calls.length
  const asked = await ssofile(['release', '--all'])
  expect(asked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('2 assignments to release') })
  const released = await ssofile(['release', '--permission-set', 'Reader', '--yes'])
  expect(released).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('2 assignments released') })
  expect(await system.keys('assignments/')).toEqual([])
  await until(
    'a status that says whose access it is',
    async () => ((await system.status(unitLink))?.owned === false ? true : undefined),
    { withinMs: 90_000 },
  )
  await system.remove(unitLink)
  await system.untilGone(unitLink)
  expect(await system.named('foreign/')).toEqual([keyOf(management), keyOf(shop), keyOf(data)])

  const { stdout } = await ssofile(['import', '--assignments', '--account', shop])
  expect(stdout).toContain(`written       links_data/${keyOf(shop)}  1 assignment`)
  expect(await system.named('assignments/')).toEqual([keyOf(shop)])
  expect(system.calls.slice(calls).filter(isWrite)).toEqual([])
})

test('the role of operators is refused whatever import, release and restore do not need', async () => {
  const [history = ''] = await system.keys('history/')
  const instances = JSON.parse(await system.cli(['sso-admin', 'list-instances'], { as: role }))
  const [{ InstanceArn: instance, IdentityStoreId: store }] = instances.Instances
  const set = `${instance.replace(':instance/', ':permissionSet/')}/ps-0123456789abcdef`
  const principal = ['--principal-type', 'GROUP', '--principal-id', '00000000-0000-0000-0000-000000000000']
  const target = ['--target-type', 'AWS_ACCOUNT', '--target-id', shop, '--permission-set-arn', set, ...principal]
  const refused: readonly (readonly string[])[] = [
    ['s3', 'rm', `s3://ssofile/${history}`],
    ['s3', 'rm', 's3://ssofile/control/owner.json'],
    ...['control/brake.json', 'status/links_data/x.json', 'reports/x.csv'].map((key) => [
      ...['s3', 'cp', '-', `s3://ssofile/${key}`],
    ]),
    ['sqs', 'send-message', '--queue-url', system.queueUrl('work-urgent'), '--message-body', 'x'],
    ['sso-admin', 'create-permission-set', '--instance-arn', instance, '--name', 'Own'],
    ['sso-admin', 'create-account-assignment', '--instance-arn', instance, ...target],
    ['sso-admin', 'delete-account-assignment', '--instance-arn', instance, ...target],
    ['identitystore', 'create-group', '--identity-store-id', store],
  ]
  for (const args of refused) {
    const { exitCode, stderr } = await system.tryCli(args, { as: role, input: '{}' })
    expect({ args, isDone: exitCode === 0, stderr }).toEqual({
      args,
      isDone: false,
      stderr: expect.stringContaining('the role of operators is not granted'),
    })
  }
})
