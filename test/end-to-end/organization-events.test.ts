import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readDesiredAccess } from './desired-access.ts'
import { LocalSystem, type OrganizationInput } from './local-system.ts'
import { permissionSetFile } from './small-organization.ts'
import { until } from './until.ts'

const [one, two, three, closing, invited] = [
  '200000000001',
  '200000000002',
  '200000000003',
  '200000000004',
  '900000000001',
] as const
const [parent, left, right, other] = [
  'ou-tiny-aparenta',
  'ou-tiny-aleftlef',
  'ou-tiny-arightri',
  'ou-tiny-otherrrr',
] as const

const account = (id: string, team: string) => ({ id, name: id, email: `${id}@tiny.example`, tags: { team } })
const organization: OrganizationInput = {
  managementAccountId: '111111111111',
  root: {
    id: 'r-tiny',
    accounts: [account('111111111111', 'Data')],
    organizationalUnits: [
      {
        id: parent,
        name: 'parent',
        accounts: [account(closing, 'Data')],
        organizationalUnits: [
          { id: left, name: 'left', accounts: [account(one, 'Data')] },
          { id: right, name: 'right', accounts: [account(two, 'Web')] },
        ],
      },
      { id: other, name: 'other', accounts: [account(three, 'Data')] },
    ],
  },
  groups: [
    'everybody',
    'roots',
    'parents',
    'lefts',
    'rights',
    'others',
    'data',
    'web',
    'none',
    'named',
    'overlap',
    'new',
  ],
}

const linkOf = (scope: string, group: string) => `links_data/${scope}%ReadOnly-ps%${group}%GROUP%ssofile`
/** Every kind of scope with a group of its own, and one group that several scopes overlap for. */
const links = [
  linkOf('root%all', 'everybody'),
  linkOf('ou_id%r-tiny', 'roots'),
  linkOf(`ou_id%${parent}`, 'parents'),
  linkOf(`ou_id%${left}`, 'lefts'),
  linkOf(`ou_id%${right}`, 'rights'),
  linkOf(`ou_id%${other}`, 'others'),
  linkOf('account_tag%team^Data', 'data'),
  linkOf('account_tag%team^Web', 'web'),
  linkOf('account_tag%team^', 'none'),
  ...[one, two, invited].map((id) => linkOf(`account%${id}`, 'named')),
  ...[`ou_id%${left}`, `ou_id%${other}`, 'account_tag%team^Web', `account%${three}`].map((scope) =>
    linkOf(scope, 'overlap'),
  ),
]

describe.each([
  { nested: true, title: 'nested organizational units count' },
  { nested: false, title: 'only the own organizational unit counts' },
])('where $title', ({ nested }) => {
  let system: LocalSystem
  let unit = ''

  beforeAll(async () => {
    system = await LocalSystem.start({ organization, configuration: { supportNestedOu: nested } })
    await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
    await system.untilStatus('permission_sets/ReadOnly-ps.json', 'applied')
    await system.uploadAll(links)
    await system.untilQuiet()
  }, 120_000)
  afterAll(() => system.stop(), 60_000)

  const organizations = (...args: string[]) => system.cli(['organizations', ...args], { as: 'operator' })
  const move = (id: string, from: string, to: string) =>
    organizations(
      ...['move-account', '--account-id', id],
      ...['--source-parent-id', from, '--destination-parent-id', to],
    )
  const tag = (id: string, ...tags: string[]) => organizations('tag-resource', '--resource-id', id, '--tags', ...tags)
  const support = async (id: string, act: string) => {
    const response = await fetch(`${system.url}/_ssofile/accounts/${id}/${act}`, { method: 'POST' })
    expect(response.status).toBe(200)
  }

  async function create(): Promise<void> {
    const request = ['create-account', '--email', 'new@tiny.example', '--account-name', 'new']
    const created = await organizations(...request, '--tags', 'Key=team,Value=Data')
    const requestId: string = JSON.parse(created).CreateAccountStatus.Id
    const id = await until('the new account', async () => {
      const told = await organizations('describe-create-account-status', '--create-account-request-id', requestId)
      return JSON.parse(told).CreateAccountStatus.AccountId as string | undefined
    })
    await move(id, 'r-tiny', left)
  }

  async function invite(): Promise<void> {
    const target = ['--target', `Type=ACCOUNT,Id=${invited}`]
    const { Handshake } = JSON.parse(await organizations('invite-account-to-organization', ...target))
    await system.cli(['organizations', 'accept-handshake', '--handshake-id', Handshake.Id], { as: invited })
    await tag(invited, 'Key=team,Value=Web')
  }

  async function createUnit(): Promise<void> {
    const created = await organizations('create-organizational-unit', '--parent-id', parent, '--name', 'New')
    unit = JSON.parse(created).OrganizationalUnit.Id
    await system.upload(linkOf(`ou_id%${unit}`, 'new'))
    await move(one, other, unit)
  }

  async function deleteUnit(): Promise<void> {
    await move(one, unit, 'r-tiny')
    await organizations('delete-organizational-unit', '--organizational-unit-id', unit)
  }

  /** No event tells of it: the reconcile finds it. */
  async function reconciled(change: () => Promise<void>): Promise<void> {
    await change()
    const ended = await system.ssofile(['apply', 's3://ssofile'], 'ssofile')
    expect(ended.stderr).toContain('to grant')
  }

  /** Of what is in force, what the ledger says, in the form of DesiredAccess. */
  async function granted(): Promise<readonly string[]> {
    const keys = await system.keys('assignments/')
    const entries = await Promise.all(keys.map(async (key) => ({ key, entry: await system.json(key) })))
    return entries
      .filter(({ entry }) => entry?.state === 'granted')
      .map(({ key, entry }) => {
        const [, account, set, , type] = key.split('%')
        return [account, set, entry?.principal, type].join(' ')
      })
      .sort()
  }

  const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['an account moved beside, under the same parent', () => move(one, left, right)],
    ['an account moved out of its parent', () => move(one, right, other)],
    ['a tag changed', () => tag(one, 'Key=team,Value=Web')],
    ['several tags changed at once', () => tag(two, 'Key=team,Value=', 'Key=cost center,Value=a/b c')],
    ['a tag was removed', () => organizations('untag-resource', '--resource-id', one, '--tag-keys', 'team')],
    ['an account was created with tags, and moved', create],
    ['an account was invited, joined and was tagged', invite],
    ['an account left', () => system.cli(['organizations', 'leave-organization'], { as: invited })],
    ['an organizational unit was created, and an account moved into it', createUnit],
    [
      'an organizational unit was renamed',
      () => organizations('update-organizational-unit', '--organizational-unit-id', unit, '--name', 'Newer'),
    ],
    ['an organizational unit was emptied and deleted', deleteUnit],
    ['an account was suspended', () => reconciled(() => support(two, 'suspend'))],
    ['an account was reinstated', () => reconciled(() => support(two, 'reinstate'))],
    ['an account was closed', () => organizations('close-account', '--account-id', closing)],
    ['an account was removed', () => organizations('remove-account-from-organization', '--account-id', three)],
  ]

  test.each(changes)(
    'after %s, access is as the links say',
    async (_, change) => {
      await change()
      const desired = await readDesiredAccess(system, nested)
      let last: readonly string[] = []
      await until(
        'the access that the links ask for',
        async () => {
          last = await granted()
          return last.join() === desired.assignments.join() ? true : undefined
        },
        {
          tell: () =>
            `desired: ${desired.assignments.join('; ')}\ngranted: ${last.join('; ')}\n${system.lastLogLines()}`,
          withinMs: 60_000,
        },
      )
      await system.untilQuiet()
      // Queues and access say nothing of a link whose access stays because another asks for it too: its count follows.
      const counts = [...desired.accountsOf].map(([link, accounts]) => ({ link, accounts, open: 0 }))
      let told: unknown[] = []
      await until(
        'the counts of every link',
        async () => {
          told = await Promise.all(
            counts.map(async ({ link }) => {
              const status = await system.status(link)
              return { link, accounts: status?.accounts?.desired, open: status?.accounts?.open }
            }),
          )
          return isDeepStrictEqual(told, counts) ? true : undefined
        },
        { tell: () => `counts: ${JSON.stringify(counts)}\ntold: ${JSON.stringify(told)}` },
      )
      const ids = [...new Set(desired.assignments.map((assignment) => assignment.split(' ')[0] ?? ''))]
      for (const id of ids) {
        const wanted = desired.assignments.filter((assignment) => assignment.startsWith(id))
        const inForce = await system.access.inAccount(id)
        expect(inForce).toEqual(wanted.map((assignment) => assignment.slice(id.length + 1).replaceAll(' ', '%')))
      }
    },
    240_000,
  )
})
