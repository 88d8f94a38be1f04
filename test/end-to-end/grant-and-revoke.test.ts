import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { lastOf } from '../depth.ts'
import { assignByHand } from './assign-by-hand.ts'
import { LocalSystem } from './local-system.ts'
import { listAwsClis } from './run-program.ts'
import { permissionSetFile, smallOrganization } from './small-organization.ts'
import { until } from './until.ts'

const foreignAccess = {
  account: '200000000001',
  permissionSet: 'ViewOnlyAccess',
  principal: 'auditors',
  type: 'GROUP',
} as const
const strangeNames = [
  ['GROUP', 'Support 24/7'],
  ['GROUP', "Équipe d'audit / 50% nights"],
  ['GROUP', "O'Brien & Partners (auditors)"],
  ['GROUP', 'データ分析 🚀'],
  ['GROUP', 'one%GROUP%ssofile'],
  ['GROUP', 'plus + and %2B, not a space'],
  ['GROUP', 'a/b//c'],
  ['USER', 'zoë.müller@tiny.example'],
  ['USER', "siobhan.o'brien@tiny.example"],
] as const

let system: LocalSystem
beforeAll(async () => {
  const names = (type: string) => strangeNames.filter(([of]) => of === type).map(([, name]) => name)
  const organization = smallOrganization({
    groups: ['operators', 'auditors', 'left', 'middle', 'right', 'newcomers', ...names('GROUP')],
    users: ['kim@tiny.example', ...names('USER')],
    permissionSets: [{ permissionSetName: 'ViewOnlyAccess' }],
    assignments: [foreignAccess],
  })
  system = await LocalSystem.start({ organization })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.untilStatus('permission_sets/ReadOnly-ps.json', 'applied')
})
afterAll(() => system.stop(), 60_000)

const scopes = [
  ['every active member account', 'root%all', ['200000000001', '200000000002', '200000000003']],
  ['all accounts below the root by its id', 'ou_id%r-tiny', ['200000000001', '200000000002', '200000000003']],
  ['an organizational unit and those below it', 'ou_id%ou-tiny-workload', ['200000000001', '200000000002']],
  ['the accounts with a tag', 'account_tag%team^Data', ['200000000001', '200000000002']],
  ['the account with a tag whose value is empty', 'account_tag%team^', ['200000000003']],
  ['a tag with spaces and a slash', 'account_tag%cost centre^Finance / Audit', ['200000000002']],
  ['one account', 'account%200000000003', ['200000000003']],
] as const
const principals = [
  ['GROUP', 'operators'],
  ['USER', 'kim@tiny.example'],
] as const

test.each(scopes)(
  'a link for %s (%s) grants a group and a user access, which goes when it is deleted',
  async (_title, scope, accounts) => {
    const asked = principals.map(([type, principal]) => {
      const grant = `ReadOnly-ps%${principal}%${type}`
      const assignments = accounts.map((account) => `account%${account}%${grant}%ssofile`)
      return { type, grant, link: `links_data/${scope}%${grant}%ssofile`, assignments }
    })
    await system.uploadAll(asked.map(({ link }) => link))
    const granted = await Promise.all(
      asked.map(async ({ type, grant, link, assignments }) => {
        const status = await system.untilStatus(link, 'applied')
        expect(status).toMatchObject({
          accounts: { desired: accounts.length, applied: accounts.length, open: 0, failed: [] },
          by: { principalId: 'AWS:maria' },
        })
        expect(await ledger(grant)).toEqual(assignments)
        const access = () => system.access.ofPrincipal(type, status.principalId)
        expect(await access()).toEqual(accounts.map((account) => `${account}%ReadOnly-ps`))
        return { grant, link, access }
      }),
    )

    for (const { link } of granted) await system.remove(link, 'kenji')
    for (const { grant, link, access } of granted) {
      await system.untilGone(link)
      expect(await ledger(grant)).toEqual([])
      expect(await access()).toEqual([])
    }
  },
)

// The last one is the older where there are two: pages.test.ts runs the lines of the README with the CLI of the PATH.
describe.each(lastOf(listAwsClis()))('with the AWS CLI %s', (program) => {
  const link = 'account%200000000002%Cli-ps%operators%GROUP%ssofile'
  const file = 'Cli-ps.json'

  test('the lines of the README grant access, show it and revoke it', async () => {
    const aws = (...args: string[]) => system.cli(args, { program, as: 'me' })
    const list = async (prefix: string) => aws('s3', 'ls', '--recursive', `s3://ssofile/${prefix}`)
    const upload = ['s3', 'cp', '-'] as const
    await system.cli([...upload, `s3://ssofile/permission_sets/${file}`], {
      program,
      input: permissionSetFile('Cli-ps'),
    })
    await aws(...upload, `s3://ssofile/links_data/${link}`)
    await system.untilStatus(`links_data/${link}`, 'applied')

    const assigned = await aws(
      'sso-admin',
      'list-account-assignments',
      '--account-id',
      '200000000002',
      ...(await arns()),
    )
    expect(JSON.parse(assigned).AccountAssignments).toHaveLength(1)
    const access = `access/${link.replace(/%ssofile$/, '%ours')}\n`
    expect(await list('access/')).toContain(access)
    expect(await list('status/')).toContain(`status/links_data/${link}.json\n`)
    expect(await list('history/account%200000000002%Cli-ps%')).toMatch(/%GROUP\/[^/]*%granted\.json\n/)

    await aws('s3', 'rm', `s3://ssofile/links_data/${link}`)
    await system.untilGone(`links_data/${link}`)
    const left = await aws('sso-admin', 'list-account-assignments', '--account-id', '200000000002', ...(await arns()))
    expect(JSON.parse(left).AccountAssignments).toEqual([])
    expect(await list('history/')).toMatch(/%revoked\.json\n/)
    expect(await list('access/')).not.toContain(access)
  })

  async function arns(): Promise<string[]> {
    const [instance, permissionSet] = [
      await system.access.instanceArn(),
      await system.access.permissionSetArn('Cli-ps'),
    ]
    return ['--instance-arn', instance, '--permission-set-arn', permissionSet]
  }
})

describe('a principal with a strange name', () => {
  const grantOf = ([type, name]: (typeof strangeNames)[number]) => `ReadOnly-ps%${name}%${type}`
  const linkOf = (named: (typeof strangeNames)[number]) => `account%200000000001%${grantOf(named)}%ssofile`
  /** A file system cannot store a name with `//`. */
  const isFile = (link: string) => !link.includes('//')

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ssofile-strange-'))
    for (const link of strangeNames.map(linkOf)) {
      if (!isFile(link)) await system.cli(['s3', 'cp', '-', `s3://ssofile/links_data/${link}`])
      else {
        await mkdir(dirname(join(folder, link)), { recursive: true })
        await writeFile(join(folder, link), '')
      }
    }
    await system.cli(['s3', 'sync', folder, 's3://ssofile/links_data/', '--no-progress'])
    await rm(folder, { recursive: true })
  })

  test.each(strangeNames)('a %s may be called %j', async (...named) => {
    const [link, grant] = [`links_data/${linkOf(named)}`, grantOf(named)]
    await system.untilStatus(link, 'applied')
    expect(await system.access.inAccount('200000000001')).toContain(grant)
    expect(await system.named('assignments/')).toContain(linkOf(named))
    await system.remove(link)
    await system.untilGone(link)
    expect(await system.access.inAccount('200000000001')).not.toContain(grant)
    expect(await system.history(`account%200000000001%${grant}`)).toEqual(['granted', 'revoked'])
  })
})

test('a link that comes before its permission set waits, with the near name quoted, and is applied when it comes', async () => {
  const link = 'links_data/account%200000000001%Later-ps%operators%GROUP%ssofile'
  const near = 'links_data/account%200000000001%Readonly-ps%operators%GROUP%ssofile'
  await system.uploadAll([link, near])
  expect(await system.untilStatus(link, 'waiting')).toMatchObject({
    reason: expect.stringContaining("permission set 'Later-ps' does not exist"),
    remedy: expect.stringContaining('permission_sets/Later-ps.json'),
  })
  expect((await system.untilStatus(near, 'waiting')).reason).toContain("did you mean 'ReadOnly-ps'?")
  expect(await system.keys('attention/waiting/')).toEqual([`attention/waiting/${link}`, `attention/waiting/${near}`])

  await system.upload('permission_sets/Later-ps.json', permissionSetFile('Later-ps'))
  await system.untilStatus(link, 'applied')
  await system.remove(near)
  await system.untilGone(near)
  expect(await system.keys('attention/')).toEqual([])
  expect(await system.access.inAccount('200000000001')).toContain('Later-ps%operators%GROUP')
})

test('access that existed before its link is left alone when the link is deleted', async () => {
  const key = 'account%200000000001%ViewOnlyAccess%auditors%GROUP%ssofile'
  const link = `links_data/${key}`
  await system.upload(link)
  expect(await system.untilStatus(link, 'applied')).toMatchObject({
    owned: false,
    reason: expect.stringContaining('existed before this link'),
  })
  expect(await system.named('foreign/')).toEqual([key])
  expect(await ledger('ViewOnlyAccess%auditors%GROUP')).toEqual([])

  await system.remove(link)
  await system.untilGone(link)
  await system.untilQuiet()
  expect(await system.access.inAccount('200000000001')).toContain('ViewOnlyAccess%auditors%GROUP')
  expect(await system.named('foreign/')).toEqual([key])
  expect(await system.history('account%200000000001%ViewOnlyAccess%auditors%GROUP')).toEqual(['foreign-found'])
})

describe('a grant that was made by hand', () => {
  test('a grant that was made by hand stays when the grants around it are revoked', async () => {
    const link = (group: string) => `links_data/account%200000000003%ReadOnly-ps%${group}%GROUP%ssofile`
    await system.upload(link('left'))
    await system.untilStatus(link('left'), 'applied')
    await grantByHand('200000000003', 'middle')
    await system.upload(link('right'))
    await system.untilStatus(link('right'), 'applied')
    const of = (group: string) => `ReadOnly-ps%${group}%GROUP`
    expect(await system.access.inAccount('200000000003')).toEqual([of('left'), of('middle'), of('right')])

    await system.removeAll([link('left'), link('right')])
    await system.untilGone(link('left'), link('right'))
    expect(await system.access.inAccount('200000000003')).toEqual([of('middle')])
    expect(await ledger(of('middle'))).toEqual([])
  })

  test('after one of ours was revoked is not ours, though the same link comes again', async () => {
    const grant = 'ReadOnly-ps%newcomers%GROUP'
    const link = `links_data/account%200000000003%${grant}%ssofile`
    await system.upload(link)
    await system.untilStatus(link, 'applied')
    await system.remove(link)
    await system.untilGone(link)
    await grantByHand('200000000003', 'newcomers')
    await system.upload(link)
    // So soon after our own revocation the listing may lag, so nothing is concluded from it yet.
    await system.untilStatus(link, 'applying')
    await system.remove(link)
    await system.untilGone(link)
    await system.untilQuiet()
    expect(await system.access.inAccount('200000000003')).toContain(grant)
    expect(await ledger(grant)).toEqual([])
  })
})

/** Resolves when the assignment is there. */
async function grantByHand(account: string, principal: string): Promise<void> {
  const asked = { account, permissionSet: 'ReadOnly-ps', type: 'GROUP', principal } as const
  await assignByHand(system, 'create', asked, 'maria')
  await until('access by hand', async () => {
    const there = await system.access.inAccount(account)
    return there.includes(`ReadOnly-ps%${principal}%GROUP`) ? true : undefined
  })
}

async function ledger(grant: string): Promise<readonly string[]> {
  return (await system.named('assignments/')).filter((name) => name.endsWith(`%${grant}%ssofile`))
}
