import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const set = 'ReadOnly-ps'
const own = Array.from({ length: 25 }, (_, index) => String(300_000_000_001 + index))
const groups = Array.from({ length: 10 }, (_, index) => `team ${index}`)
const linkOf = (group: string) => `links_data/root%all%${set}%${group}%GROUP%ssofile`
/** Hundreds of requests at AWS's pace take half a minute, and nothing is seen by waiting for them. */
const timeScale = 4
const patiently = { withinMs: 240_000 }

let system: LocalSystem
beforeAll(async () => {
  const { root } = smallOrganization()
  const more = own.map((id) => ({ id, name: `account-${id}`, email: `aws+${id}@tiny.example`, tags: {} }))
  const organization = smallOrganization({ groups, root: { ...root, accounts: [...(root.accounts ?? []), ...more] } })
  system = await LocalSystem.start({ organization, timeScale })
  await system.upload(`permission_sets/${set}.json`, permissionSetFile(set))
  await system.untilStatus(`permission_sets/${set}.json`, 'applied')
})
afterAll(() => system.stop(), 60_000)

const sent = () =>
  system.calls.filter(({ operation, isAccepted }) => isAccepted && /^(Create|Delete)AccountAssignment$/.test(operation))
    .length

test('a pause in the middle of two hundred and eighty assignments stops everything within seconds', async () => {
  await system.uploadAll(groups.map(linkOf))
  const denied = await system.ssofile(['pause', '--reason', 'migration'])
  expect({ exitCode: denied.exitCode, stderr: denied.stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringContaining('AWS_ACCESS_KEY_ID=operator'),
  })
  const unreasoned = await system.ssofile(['pause', '--reason', '\u200b\u2060'], 'operator')
  expect({ exitCode: unreasoned.exitCode, stderr: unreasoned.stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringContaining('a reason without letters or digits'),
  })
  await until('the first sixty', async () => (sent() >= 60 ? true : undefined), patiently)
  const paused = await system.ssofile(['pause', '--reason', 'migration, ticket 4711'], 'operator')
  expect({ exitCode: paused.exitCode, stdout: paused.stdout }).toEqual({
    exitCode: 0,
    stdout: expect.stringContaining('to end the pause, run ssofile resume'),
  })
  await system.untilDispatcherRests()
  const atPause = sent()
  expect(atPause).toBeLessThan(280)
  process.stdout.write(`paused with ${atPause} of 280 requests sent\n`)
})

test('while it lasts nothing is granted or revoked, apply is refused, and status says who paused', async () => {
  const before = sent()
  // A deletion, a new link in the stead of an old one, and an upload that comes again.
  for (const group of groups.slice(0, 5)) await system.remove(linkOf(group))
  await system.upload(linkOf('team 9'))
  await until(
    'the links that were deleted are looked at',
    async () => {
      const states = await Promise.all(
        groups.slice(0, 5).map(async (group) => (await system.status(linkOf(group)))?.state),
      )
      return states.every((state) => state === undefined || state === 'revoking') ? true : undefined
    },
    patiently,
  )
  const refused = await system.ssofile(['apply', 's3://ssofile'], 'ssofile')
  expect({ exitCode: refused.exitCode, stderr: refused.stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringMatching(
      /^ssofile: all changes are paused by \S+ since \S+: migration, ticket 4711\n.*ssofile resume/,
    ),
  })
  const status = await system.ssofile(['status'])
  expect(status.stdout).toMatch(/all changes are paused by \S+ since \S+: migration, ticket 4711/)
  const one = await system.ssofile(['status', linkOf('team 0')])
  expect(one.stdout).toContain('migration, ticket 4711')
  const brake = await system.ssofile(['brake'])
  expect(brake.stdout).toContain('migration, ticket 4711')
  const again = await system.ssofile(['pause', '--reason', 'another'], 'operator')
  expect({ exitCode: again.exitCode, stderr: again.stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringContaining('migration, ticket 4711'),
  })
  expect(sent()).toBe(before)
})

test('after resume it is right in the end', async () => {
  const resumed = await system.ssofile(['resume'], 'operator')
  expect({ exitCode: resumed.exitCode, stdout: resumed.stdout }).toEqual({
    exitCode: 0,
    stdout: expect.stringContaining('migration, ticket 4711'),
  })
  const kept = groups.slice(5)
  const accounts = ['200000000001', '200000000002', '200000000003', ...own]
  const expected = kept.flatMap((group) =>
    accounts.map((account) => `account%${account}%${set}%${group}%GROUP%ssofile`),
  )
  await until(
    'the ledger as the links say',
    async () => {
      const names = await system.named('assignments/')
      return JSON.stringify(names) === JSON.stringify([...expected].sort()) ? true : undefined
    },
    { ...patiently, tell: () => system.lastLogLines() },
  )
  await until(
    'all in force',
    async () => {
      const states = await Promise.all(kept.map(async (group) => (await system.status(linkOf(group)))?.state))
      return states.every((state) => state === 'applied') ? true : undefined
    },
    patiently,
  )
  expect(await system.keys('attention/')).toEqual([])
  expect((await system.access.inAccount('200000000002')).length).toBe(kept.length)
  for (const queue of ['work-urgent', 'work', 'work-bulk'] as const) {
    const { Messages = [] } = await system.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: system.queueUrl(`${queue}-dead`) }),
    )
    expect(Messages).toEqual([])
  }
  const nothing = await system.ssofile(['resume'], 'operator')
  expect({ exitCode: nothing.exitCode, stdout: nothing.stdout }).toEqual({
    exitCode: 0,
    stdout: 'there is no pause in bucket ssofile: nothing to do\n',
  })
})

test('as JSON, pause answers the pause and resume the one that is over', async () => {
  const paused = await system.ssofile(['pause', '--reason', 'INC-7', '--json'], 'operator')
  expect(paused.exitCode).toBe(0)
  const { pause } = JSON.parse(paused.stdout)
  expect(pause).toEqual({ v: 1, reason: 'INC-7', by: expect.any(String), since: expect.stringMatching(/Z$/) })
  const resumed = await system.ssofile(['resume', '--json'], 'operator')
  expect({ exitCode: resumed.exitCode, ...JSON.parse(resumed.stdout) }).toEqual({ exitCode: 0, ended: pause })
  const nothing = await system.ssofile(['resume', '--json'], 'operator')
  expect({ exitCode: nothing.exitCode, ...JSON.parse(nothing.stdout) }).toEqual({ exitCode: 0, ended: null })
})
