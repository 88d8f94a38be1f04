import { isDeepStrictEqual } from 'node:util'
import {
  AcceptHandshakeCommand,
  CloseAccountCommand,
  CreateAccountCommand,
  CreateOrganizationalUnitCommand,
  DeleteOrganizationalUnitCommand,
  DescribeCreateAccountStatusCommand,
  InviteAccountToOrganizationCommand,
  LeaveOrganizationCommand,
  MoveAccountCommand,
  type OrganizationsClient,
  RemoveAccountFromOrganizationCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateOrganizationalUnitCommand,
} from '@aws-sdk/client-organizations'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readDesiredAccess } from '../desired-access.ts'
import { LocalSystem, type OrganizationInput } from '../local-system.ts'
import { permissionSetFile } from '../small-organization.ts'
import { until } from '../until.ts'

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
  let organizations: OrganizationsClient
  let unit = ''

  beforeAll(async () => {
    system = await LocalSystem.start({ organization, configuration: { supportNestedOu: nested } })
    organizations = system.organizationsOf('operator')
    await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
    await system.untilStatus('permission_sets/ReadOnly-ps.json', 'applied')
    await system.uploadAll(links)
    await system.untilQuiet()
  })
  afterAll(() => system.stop(), 60_000)

  const move = (id: string, from: string, to: string) =>
    organizations.send(new MoveAccountCommand({ AccountId: id, SourceParentId: from, DestinationParentId: to }))
  const tag = (id: string, tags: Record<string, string>) =>
    organizations.send(
      new TagResourceCommand({ ResourceId: id, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
    )
  const support = async (id: string, act: string) => {
    const response = await fetch(`${system.url}/_ssofile/accounts/${id}/${act}`, { method: 'POST' })
    expect(response.status).toBe(200)
  }

  async function create(): Promise<void> {
    const asked = { Email: 'new@tiny.example', AccountName: 'new', Tags: [{ Key: 'team', Value: 'Data' }] }
    const { CreateAccountStatus } = await organizations.send(new CreateAccountCommand(asked))
    const CreateAccountRequestId = CreateAccountStatus?.Id
    const id = await until('the new account', async () => {
      const told = await organizations.send(new DescribeCreateAccountStatusCommand({ CreateAccountRequestId }))
      return told.CreateAccountStatus?.AccountId
    })
    await move(id, 'r-tiny', left)
  }

  async function invite(): Promise<void> {
    const Target = { Type: 'ACCOUNT', Id: invited } as const
    const { Handshake } = await organizations.send(new InviteAccountToOrganizationCommand({ Target }))
    await system.organizationsOf(invited).send(new AcceptHandshakeCommand({ HandshakeId: Handshake?.Id }))
    await tag(invited, { team: 'Web' })
  }

  async function createUnit(): Promise<void> {
    const asked = { ParentId: parent, Name: 'New' }
    const { OrganizationalUnit } = await organizations.send(new CreateOrganizationalUnitCommand(asked))
    unit = OrganizationalUnit?.Id ?? ''
    await system.upload(linkOf(`ou_id%${unit}`, 'new'))
    await move(one, other, unit)
  }

  async function deleteUnit(): Promise<void> {
    await move(one, unit, 'r-tiny')
    await organizations.send(new DeleteOrganizationalUnitCommand({ OrganizationalUnitId: unit }))
  }

  /** No event tells of it: the reconcile finds it. */
  async function reconciled(change: () => Promise<void>): Promise<void> {
    await change()
    const ended = await system.ssofile(['apply', 's3://ssofile'], 'ssofile')
    expect(ended.stderr).toContain('to grant')
  }

  /** Of what is in force, what the ledger says, in the form of DesiredAccess. */
  async function granted(): Promise<readonly string[]> {
    return [...(await system.readAll('assignments/'))]
      .filter(([, entry]) => entry.state === 'granted')
      .map(([key, entry]) => {
        const [, account, set, , type] = key.split('%')
        return [account, set, entry.principal, type].join(' ')
      })
      .sort()
  }

  const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['an account moved beside, under the same parent', () => move(one, left, right)],
    ['an account moved out of its parent', () => move(one, right, other)],
    ['a tag changed', () => tag(one, { team: 'Web' })],
    ['several tags changed at once', () => tag(two, { team: '', 'cost center': 'a/b c' })],
    ['a tag was removed', () => organizations.send(new UntagResourceCommand({ ResourceId: one, TagKeys: ['team'] }))],
    ['an account was created with tags, and moved', create],
    ['an account was invited, joined and was tagged', invite],
    ['an account left', () => system.organizationsOf(invited).send(new LeaveOrganizationCommand())],
    ['an organizational unit was created, and an account moved into it', createUnit],
    [
      'an organizational unit was renamed',
      () => organizations.send(new UpdateOrganizationalUnitCommand({ OrganizationalUnitId: unit, Name: 'Newer' })),
    ],
    ['an organizational unit was emptied and deleted', deleteUnit],
    ['an account was suspended', () => reconciled(() => support(two, 'suspend'))],
    ['an account was reinstated', () => reconciled(() => support(two, 'reinstate'))],
    ['an account was closed', () => organizations.send(new CloseAccountCommand({ AccountId: closing }))],
    [
      'an account was removed',
      () => organizations.send(new RemoveAccountFromOrganizationCommand({ AccountId: three })),
    ],
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
          const statuses = await system.statuses('links_data/')
          told = counts.map(({ link }) => {
            const { desired: accounts, open } = statuses.get(link)?.accounts ?? {}
            return { link, accounts, open }
          })
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
