import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

let system: LocalSystem
beforeAll(async () => {
  const organization = smallOrganization({ groups: ['operators', 'Auditors'], users: ['kim.ito@tiny.example'] })
  system = await LocalSystem.start({ organization })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.untilStatus('permission_sets/ReadOnly-ps.json', 'applied')
})
afterAll(() => system.stop(), 60_000)

const store = async (...args: string[]) =>
  system.cli(['identitystore', ...args, '--identity-store-id', await system.access.identityStoreId()])
const organizations = (...args: string[]) => system.cli(['organizations', ...args])

type Case = {
  readonly link: string
  readonly reason: string
  readonly remedy: string
  readonly appears: () => Promise<unknown>
  readonly account?: string
}
const cases: readonly (readonly [string, Case])[] = [
  [
    'its group',
    {
      link: 'account%200000000001%ReadOnly-ps%auditors%GROUP%ssofile',
      reason: "group 'auditors' does not exist in the identity store; did you mean 'Auditors'?",
      remedy: 'create the group',
      appears: () => store('create-group', '--display-name', 'auditors'),
    },
  ],
  [
    'its user',
    {
      link: 'account%200000000001%ReadOnly-ps%kim.itō@tiny.example%USER%ssofile',
      reason: "user 'kim.itō@tiny.example' does not exist in the identity store; did you mean 'kim.ito@tiny.example'?",
      remedy: 'create the user',
      appears: () =>
        store(
          ...['create-user', '--user-name', 'kim.itō@tiny.example', '--display-name', 'Kim Itō'],
          ...['--name', JSON.stringify({ GivenName: 'Kim', FamilyName: 'Itō' })],
        ),
    },
  ],
  [
    'the tag of its account',
    {
      link: 'account_tag%owner^Payments%ReadOnly-ps%operators%GROUP%ssofile',
      account: '200000000002',
      reason: "no active account has the tag 'owner' with the value 'Payments'",
      remedy: 'nothing to do: ssofile applies it when an account has the tag',
      appears: () =>
        organizations('tag-resource', '--resource-id', '200000000002', '--tags', 'Key=owner,Value=Payments'),
    },
  ],
]

describe.each(cases)('a link that comes before %s', (_title, { link, reason, remedy, appears, account }) => {
  test('waits visibly, and is applied by itself when it is there', async () => {
    const input = `links_data/${link}`
    await system.upload(input)
    const status = await system.untilStatus(input, 'waiting')
    expect(status.reason).toBe(reason)
    expect(status.remedy).toContain(remedy)
    // A scope without an account is at rest: nobody has to do anything.
    const isAtRest = link.startsWith('account_tag')
    expect(await system.keys('attention/')).toEqual(isAtRest ? [] : [`attention/waiting/${input}`])
    const told = await system.ssofile(['status', link, '--wait'])
    expect(told).toMatchObject({ exitCode: isAtRest ? 0 : 1, stdout: expect.stringContaining(reason) })
    expect(told.stdout.includes('at rest')).toBe(isAtRest)

    await appears()
    await system.untilStatus(input, 'applied')
    expect(await system.access.inAccount(account ?? '200000000001')).toContain(link.split('%').slice(2, -1).join('%'))
    expect(await system.keys('attention/')).toEqual([])
  })
})

test('a link for an empty organizational unit grants access to an account that moves there', async () => {
  const link = 'links_data/ou_id%ou-tiny-emptyyyy%ReadOnly-ps%operators%GROUP%ssofile'
  await system.upload(link)
  expect(await system.untilStatus(link, 'waiting')).toMatchObject({
    accounts: { desired: 0 },
    reason: "'ou-tiny-emptyyyy' exists but holds no active account",
  })
  expect(await system.ssofile(['status', link, '--wait'])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('1 link without accounts: ssofile applies each of them when it has an account'),
  })
  await organizations(
    ...['move-account', '--account-id', '200000000003'],
    ...['--source-parent-id', 'ou-tiny-sandboxs', '--destination-parent-id', 'ou-tiny-emptyyyy'],
  )
  const entry = 'account%200000000003%ReadOnly-ps%operators%GROUP%ssofile'
  await until('access in the account that moved', async () =>
    (await system.recordOf(entry))?.state === 'granted' ? true : undefined,
  )
  expect(await system.access.inAccount('200000000003')).toEqual(['ReadOnly-ps%operators%GROUP'])
})
