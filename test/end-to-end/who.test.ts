import { GetGroupIdCommand, GetUserIdCommand } from '@aws-sdk/client-identitystore'
import { CreateAccountAssignmentCommand } from '@aws-sdk/client-sso-admin'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from './local-system.ts'
import { permissionSetFile, smallOrganization } from './small-organization.ts'
import { until } from './until.ts'

const account = '200000000001'
const link = `account%${account}%ReadOnly-ps%auditors%GROUP%ssofile`
const formula = '=HYPERLINK("http://x")'

let system: LocalSystem
beforeAll(async () => {
  const organization = smallOrganization({
    groups: ['auditors', formula],
    users: ['ana@tiny.example', 'bo@tiny.example'],
  })
  // To a delegated administrator AWS may refuse to list by principal.
  system = await LocalSystem.start({ organization, options: ['--no-delegated-administrator'] })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.upload(`links_data/${link}`, '{"ticket":"T-7"}')
  await system.untilStatus(`links_data/${link}`, 'applied')
  for (const group of ['auditors', formula]) await system.joinGroup('ana@tiny.example', group)
  await giveByHand('GROUP', formula)
})
afterAll(() => system.stop(), 30_000)

async function idOf(type: 'GROUP' | 'USER', name: string): Promise<string> {
  const store = {
    IdentityStoreId: await system.access.identityStoreId(),
    AlternateIdentifier: {
      UniqueAttribute: { AttributePath: type === 'GROUP' ? 'displayName' : 'userName', AttributeValue: name },
    },
  }
  const found =
    type === 'GROUP'
      ? (await system.identityStore.send(new GetGroupIdCommand(store))).GroupId
      : (await system.identityStore.send(new GetUserIdCommand(store))).UserId
  return found ?? ''
}

/** Somebody gives access in the console, and its event is lost; no drift check has seen it. */
async function giveByHand(type: 'GROUP' | 'USER', name: string): Promise<void> {
  const PrincipalId = await idOf(type, name)
  await system.ssoAdminOf('silent').send(
    new CreateAccountAssignmentCommand({
      InstanceArn: await system.access.instanceArn(),
      PermissionSetArn: await system.access.permissionSetArn('ReadOnly-ps'),
      TargetId: account,
      TargetType: 'AWS_ACCOUNT',
      PrincipalType: type,
      PrincipalId,
    }),
  )
  await until(`access of ${name}`, async () =>
    (await system.access.ofPrincipal(type, PrincipalId)).length > 0 ? true : undefined,
  )
}

test('who lists the access of a user through groups, ours and foreign, to whoever may only read', async () => {
  const { exitCode, stdout } = await system.ssofile(['who', '--user', 'ana@tiny.example', '--json'], 'auditor')
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    ifEmpty: { is: expect.any(String) },
    notes: [],
    rows: [
      { person: 'ana@tiny.example', group: formula, account, origin: 'foreign', path: 'Root/Workloads' },
      {
        person: 'ana@tiny.example',
        group: 'auditors',
        account,
        accountName: `account-${account}`,
        origin: 'ssofile',
        state: 'granted',
        links: [{ key: `links_data/${link}`, by: { principalId: 'AWS:maria' }, ticket: 'T-7' }],
      },
    ],
  })
})

test('explain tells access that somebody gave in the console, before a drift check has seen it', async () => {
  const { exitCode, stdout } = await system.ssofile(['explain', account, 'ReadOnly-ps', formula], 'auditor')
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining('in force, but not managed by') })
  expect(stdout).toContain('no drift check has seen it yet')
})

test('who says that nobody has access only where Identity Center was asked', async () => {
  const nobody = await system.ssofile(['who', '--user', 'bo@tiny.example'])
  expect(nobody.exitCode).toBe(1)
  expect(nobody.stdout).toMatch(/^nobody: Identity Center lists no such access/)
  const unsure = await system.ssofile(['who', '--user', 'bo@tiny.example', '--no-live'])
  expect(unsure.exitCode).toBe(2)
  expect(unsure.stdout).toMatch(/^no such access is recorded, but Identity Center was not asked/)
})

test('who prints a table for people, and a CSV in which the name of a group is no formula', async () => {
  const table = await system.ssofile(['who', '--account', account])
  expect(table.stdout).toMatch(
    /^account +200000000001 .*\nin +Root\/Workloads\n +r-tiny\/ou-tiny-workload\n\nPERSON +PERMISSION SET +/,
  )
  // The column of last uses is there as soon as uses are counted.
  expect(table.stdout).toMatch(
    /ana@tiny\.example +ReadOnly-ps +auditors +20\d\d-\d\d-\d\d +(not since [-\d]+ +)?account%/,
  )
  const csv = await system.ssofile(['who', '--account', account, '--output', 'csv'])
  expect(csv.exitCode).toBe(0)
  expect(csv.stdout).toContain(`"'=HYPERLINK(""http://x"")"`)
  expect(csv.stdout.split('\r\n')).toHaveLength(4)
  expect(csv.stderr).toContain('Identity Center, now')
})

test('who of an account that the organization does not have says so', async () => {
  const { stdout, stderr } = await system.ssofile(['who', '--account', '299999999999'])
  expect(stdout + stderr).toContain('there is no account 299999999999 in the organization')
})

test('who writes a page for browsers, and the local system serves the same with the present state', async () => {
  const { exitCode, stdout } = await system.ssofile(['who', '--output', 'html'])
  expect(exitCode).toBe(0)
  const response = await fetch(`${system.url}/_ssofile/access`)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  for (const page of [stdout, await response.text()]) {
    expect(page).toMatch(/^<!doctype html>[\s\S]*default-src 'none'[\s\S]*<\/html>\n$/)
    expect(page).toContain(JSON.stringify(`links_data/${link}`))
    expect(page).toContain('ana@tiny.example')
  }
})

test('status has a line for each input, filters, and an end for --wait', async () => {
  const wrong = `links_data/account%${account}%ReadOnly-ps%nobody%GROUP%ssofile`
  await system.upload(wrong)
  await system.untilStatus(wrong, 'waiting')
  const all = await system.ssofile(['status'])
  expect(all.stdout).toMatch(/^STATE +ACCOUNTS +INPUT +WHY\napplied +1 of 1 +account%/)
  expect(all.stdout).toMatch(/\nwaiting +0 of 1 +account%.*%nobody%.*\n +do: create the group/)
  const some = await system.ssofile(['status', '--group', 'audit*', '--account', account, '--json'])
  expect(JSON.parse(some.stdout)).toMatchObject([{ input: `links_data/${link}`, state: 'applied' }])
  await system.ssofile(['pause', '--reason', 'a test'], 'operator')
  // A dispatcher that is at work takes a few seconds to notice; the next one looks first.
  await until('the end of the slice', async () => ((await system.has('control/dispatcher.json')) ? undefined : true))
  const held = `links_data/account%${account}%ReadOnly-ps%bo@tiny.example%USER%ssofile`
  await system.upload(held)
  await system.untilStatus(held, 'applying')
  const waited = await system.ssofile(['status', '--wait', '--timeout', '1'])
  expect(waited).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('waited 1 second (--timeout), and these are left: 1 input in progress'),
  })
  await system.remove(held)
  await system.ssofile(['resume'], 'operator')
})

test('who --at tells from history who had access, and since when history tells', async () => {
  const then = new Date().toISOString()
  await system.remove(`links_data/${link}`)
  await system.untilGone(`links_data/${link}`)
  const now = await system.ssofile(['who', '--group', 'auditors'])
  expect(now.exitCode).toBe(1)
  const before = await system.ssofile(['who', '--group', 'auditors', '--at', then])
  expect(before.exitCode).toBe(0)
  expect(before.stdout).toContain(link)
  expect(before.stdout).toMatch(/history +from 20\d\d-/)
  const long = await system.ssofile(['who', '--group', 'auditors', '--at', '2020-01-01'])
  expect(long.exitCode).toBe(2)
  expect(long.stdout).toMatch(/^not known: history begins at 20\d\d-.*: nothing is known of 2020-01-01/)
})

test('who with a word that it does not take is wrong usage, and says what it takes', async () => {
  const asked = [
    { args: ['--account', '20000000001'], message: 'twelve digits: these are 11' },
    { args: ['--unused-for', '90d', '--at', '2026-01-01'], message: 'received --unused-for with --at' },
    { args: ['--at', 'yesterday'], message: "received the instant 'yesterday'" },
    { args: ['--permission-set', 'a b'], message: "received the permission set 'a b'" },
    { args: ['--output', 'xml'], message: 'Allowed choices are table, csv, json, html' },
  ]
  for (const { args, message } of asked) {
    const { exitCode, stderr } = await system.ssofile(['who', ...args])
    expect({ args, exitCode, stderr }).toEqual({ args, exitCode: 2, stderr: expect.stringContaining(message) })
  }
})
