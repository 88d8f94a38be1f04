import { describe, expect, test } from '@jest/globals'
import type { SQSRecord } from 'aws-lambda'
import { events } from '../../../../handlers/events.ts'
import { type AccountId, accountId } from '../../../../shared/domain/organization/account-id.ts'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import { queueSettings } from '../../../../shared/ports/deployment-settings.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { deliverEvent } from '../../../deliver-event.ts'
import { isShallow, stride } from '../../../depth.ts'
import { dyingPorts, type InterceptedCall, intercept } from '../../../intercept.ts'
import { desiredNow } from '../../../simulation/desired.ts'
import { World } from '../../../world.ts'

const [one, two, three, outside] = ['200000000001', '200000000002', '200000000003', '200000000009'].map((id) =>
  accountId.parse(id),
) as [AccountId, AccountId, AccountId, AccountId]
const [parent, left, right, other] = [
  'ou-tiny-aparenta',
  'ou-tiny-aleftlef',
  'ou-tiny-arightri',
  'ou-tiny-otherrrr',
] as const

const account = (id: string, team: string) => ({ id, name: id, email: `${id}@tiny.example`, tags: { team } })
/** parent holds left (one) and right (two); other (three) stands beside it. */
const organization = organizationFile.parse({
  managementAccountId: '111111111111',
  root: {
    id: 'r-tiny',
    accounts: [account('111111111111', 'A')],
    organizationalUnits: [
      {
        id: parent,
        name: 'parent',
        organizationalUnits: [
          { id: left, name: 'left', accounts: [account(one, 'A')] },
          { id: right, name: 'right', accounts: [account(two, 'B')] },
        ],
      },
      { id: other, name: 'other', accounts: [account(three, 'A')] },
    ],
  },
  groups: ['everybody', 'parents', 'lefts', 'rights', 'others', 'a-team', 'b-team', 'overlap', 'alone'],
})

const linkOf = (scope: string, group: string) => `links_data/${scope}%Some-ps%${group}%GROUP%ssofile`
const links = [
  linkOf('root%all', 'everybody'),
  linkOf(`ou_id%${parent}`, 'parents'),
  linkOf(`ou_id%${left}`, 'lefts'),
  linkOf(`ou_id%${right}`, 'rights'),
  linkOf(`ou_id%${other}`, 'others'),
  linkOf('account_tag%team^A', 'a-team'),
  linkOf('account_tag%team^B', 'b-team'),
  linkOf(`account%${one}`, 'alone'),
  linkOf(`account%${outside}`, 'alone'),
  linkOf(`ou_id%${left}`, 'overlap'),
  linkOf(`ou_id%${other}`, 'overlap'),
  linkOf('account_tag%team^B', 'overlap'),
]

/** A world in which all links are in force where they can be, and nothing is on its way. */
async function open(hook: (call: InterceptedCall, world: World) => Promise<unknown> = ({ proceed }) => proceed()) {
  const world: World = new World({
    organization,
    wrap: (ports) => intercept(ports, (call): Promise<unknown> => hook(call, world)),
  }).start()
  await world.objects.put('permission_sets/Some-ps.json', '{"permissionSetName":"Some-ps"}')
  for (const link of links) await world.objects.put(link, '')
  await quiet(world)
  return world
}

const queues = ['events', 'uploads', 'links', 'work-urgent', 'work', 'work-bulk', 'dispatch'] as const
const isQuiet = (world: World) => queues.every((queue) => world.queues.queue(queue).messages().length === 0)

async function quiet(world: World): Promise<void> {
  await world.clock.advance(5_000)
  await world.until(() => isQuiet(world), 'quiet')
}

const desired = (world: World) =>
  [...desiredNow(world.objects, world.organizations, world.clock.now())].filter((key) => !key.startsWith('111')).sort()

/** What the ledger says is granted, in the accounts that can be given access. */
async function granted(world: World): Promise<string[]> {
  const keys = await world.namedKeys('assignments/')
  const entries = await Promise.all(keys.map(async (key) => ({ key, entry: await world.json(key) })))
  return entries
    .filter(({ entry }) => entry?.state === 'granted')
    .map(({ key }) =>
      key
        .replace(/^assignments\/account%/, '')
        .replace(/%ssofile$/, '')
        .replaceAll('%', ' '),
    )
    .sort()
}

function movedEvent(id: AccountId): object {
  const requestParameters = { accountId: id }
  const detail = { eventSource: 'organizations.amazonaws.com', eventName: 'MoveAccount', requestParameters }
  return { id: '7d5b1c1e-0000-4000-8000-000000000000', 'detail-type': 'AWS API Call via CloudTrail', detail }
}

function recordOf(body: string): SQSRecord {
  const stamps = {
    SentTimestamp: '0',
    ApproximateFirstReceiveTimestamp: '0',
    ApproximateReceiveCount: '1',
    SenderId: '',
  }
  const about = { eventSource: 'aws:sqs', eventSourceARN: '', awsRegion: 'us-east-1', messageAttributes: {} }
  return { messageId: 'moved', receiptHandle: '', body, md5OfBody: '', attributes: stamps, ...about }
}

async function untilDead(world: World, dying: { isDead(): boolean }): Promise<false> {
  while (!dying.isDead()) await world.clock.sleep(50)
  return false
}

const changesIn = (world: World, since: number) =>
  world.calls.slice(since).filter((call) => /^(Create|Delete)AccountAssignment$/.test(call))

/** Every link's status tells how many accounts it has now, and that they are in force. */
async function expectTruth(world: World): Promise<void> {
  expect(await granted(world)).toEqual(desired(world))
  expect(world.ssoAdmin.assignments()).toHaveLength(desired(world).length)
  for (const link of links) {
    const [, group] = /%Some-ps%([^%]*)%/.exec(link) ?? []
    const scope = link.slice('links_data/'.length).split('%')[1] ?? ''
    const told = await world.json(`status/${link}.json`)
    const inScope = desired(world).filter((key) => key.endsWith(` ${group} GROUP`)).length
    if (group !== 'overlap' && group !== 'alone')
      expect(told).toMatchObject({ accounts: { desired: inScope, open: 0 } })
    if (group === 'alone') {
      const isThere = desired(world).includes(`${scope} Some-ps alone GROUP`)
      expect(told).toMatchObject({ state: isThere ? 'applied' : 'waiting' })
    }
  }
}

type Change = {
  readonly what: string
  readonly make: (world: World) => Promise<void>
  /** Fixtures of the events that AWS sends for it, and what they are about. */
  readonly events: readonly (readonly [string, string])[]
}

const changes: readonly Change[] = [
  {
    what: 'an account moved between organizational units under one parent',
    make: ({ organizations }) => organizations.moveAccount(one, left, right),
    events: [['move-account', one]],
  },
  {
    what: 'an account moved out of its parent',
    make: ({ organizations }) => organizations.moveAccount(one, left, other),
    events: [['move-account', one]],
  },
  {
    what: 'an account moved to the root',
    make: ({ organizations }) => organizations.moveAccount(two, right, 'r-tiny'),
    events: [['move-account', two]],
  },
  {
    what: 'two accounts changed places',
    make: async ({ organizations }) => {
      await organizations.moveAccount(one, left, other)
      await organizations.moveAccount(three, other, left)
    },
    events: [
      ['move-account', one],
      ['move-account', three],
    ],
  },
  {
    what: 'a tag changed from A to B',
    make: ({ organizations }) => organizations.tagResource(one, { team: 'B' }),
    events: [
      ['tag-resource', one],
      ['tag-change-on-resource', one],
    ],
  },
  {
    what: 'a tag was added among several',
    make: ({ organizations }) => organizations.tagResource(three, { stage: '', team: 'B', 'cost center': 'a/b c' }),
    events: [
      ['tag-resource-several-tags', three],
      ['tag-change-on-resource-several-tags', three],
    ],
  },
  {
    what: 'a tag was removed',
    make: ({ organizations }) => organizations.untagResource(two, ['team']),
    events: [
      ['untag-resource', two],
      ['tag-change-on-resource', two],
    ],
  },
  {
    what: 'an invited account joined',
    make: async ({ organizations, clock }) =>
      organizations.addAccount({
        ...account(outside, 'B'),
        id: outside,
        state: 'ACTIVE',
        parentId: 'r-tiny',
        joinedMethod: 'INVITED',
        joinedAt: clock.now(),
      }),
    events: [
      ['invite-account-to-organization', outside],
      ['account-joined-organization-invited', outside],
    ],
  },
  {
    what: 'an account began to close',
    make: ({ organizations }) => organizations.closeAccount(two),
    events: [['close-account', two]],
  },
  {
    what: 'an organizational unit was created and an account moved into it',
    make: async ({ organizations }) => {
      const unit = await organizations.createOrganizationalUnit(parent, 'new')
      await organizations.moveAccount(three, other, unit.id)
    },
    events: [
      ['create-organizational-unit', 'ou-tiny-unknownn'],
      ['move-account', three],
    ],
  },
  {
    what: 'an organizational unit was emptied and deleted',
    make: async ({ organizations }) => {
      await organizations.moveAccount(three, other, 'r-tiny')
      await organizations.deleteOrganizationalUnit(other)
    },
    events: [
      ['move-account', three],
      ['delete-organizational-unit', other],
    ],
  },
]

async function deliverAll(world: World, told: Change['events']): Promise<void> {
  for (const [fixture, about] of told) await deliverEvent(world, fixture, about)
}

/** How a change is told, or found. */
const tellings: Readonly<Record<string, (world: World, change: Change) => Promise<void>>> = {
  async 'told once'(world, { make, events: sent }) {
    await make(world)
    await deliverAll(world, sent)
  },
  async 'told twice and in the wrong order'(world, { make, events: sent }) {
    await make(world)
    await deliverAll(world, [...sent, ...sent].toReversed())
  },
  async 'told before it is so, then again'(world, { make, events: sent }) {
    await deliverAll(world, sent)
    await quiet(world)
    await make(world)
    await deliverAll(world, sent)
  },
  async 'told by nobody, and found by the reconcile'(world, { make }) {
    await make(world)
    await world.finish(world.everyHour())
  },
}
const tellingNames = Object.keys(tellings)
// `npm test` has each change told in one way, by turns.
const told = changes.flatMap((change, nth) =>
  tellingNames
    .filter((_, way) => !isShallow || way === nth % tellingNames.length)
    .map((how) => ({ how, what: change.what, change })),
)

describe('events of the organization', () => {
  test.each(told)('access is as the links say after $what, $how', async ({ how, change }) => {
    const world = await open()
    await tellings[how]?.(world, change)
    await quiet(world)
    await expectTruth(world)
    expect(world.errors).toEqual([])
  })

  test('of an account moved before its creation is told: its new place is in force', async () => {
    const world = await open()
    const { requestId } = await world.organizations.createAccount({
      accountName: 'new',
      email: 'new@tiny.example',
      tags: { team: 'B' },
    })
    await world.clock.advance(2_000)
    const { accountId: created } = await world.organizations.describeCreateAccountStatus(requestId)
    await world.organizations.moveAccount(created, 'r-tiny', left)
    await deliverEvent(world, 'move-account', created)
    await deliverEvent(world, 'account-joined-organization', created)
    await deliverEvent(world, 'create-account-result', created)
    await quiet(world)
    await expectTruth(world)
    expect((await granted(world)).filter((key) => key.startsWith(created))).toHaveLength(5)
  })

  test('of a move between organizational units that one link holds both make no call', async () => {
    const world = await open()
    for (const group of ['lefts', 'overlap']) await world.objects.delete(linkOf(`ou_id%${left}`, group))
    await world.objects.delete(linkOf(`ou_id%${right}`, 'rights'))
    await quiet(world)
    const before = world.calls.length
    await world.organizations.moveAccount(one, left, right)
    await deliverEvent(world, 'move-account', one)
    await quiet(world)
    expect(world.calls.slice(before)).toEqual([])
  })

  test('of a move to where another link grants the same revoke nothing, and the ledger names that link', async () => {
    const world = await open()
    const before = world.calls.length
    await world.organizations.moveAccount(one, left, other)
    await deliverEvent(world, 'move-account', one)
    await quiet(world)
    expect(await world.json(`assignments/account%${one}%Some-ps%overlap%GROUP%ssofile`)).toMatchObject({
      state: 'granted',
      links: [{ key: linkOf(`ou_id%${other}`, 'overlap') }],
    })
    // lefts and parents go, others come.
    expect(changesIn(world, before)).toHaveLength(3)
  })

  test('that never came, and then the link of the old place deleted: nothing that the new place grants is revoked', async () => {
    const world = await open()
    await world.organizations.moveAccount(one, left, other)
    await world.objects.delete(linkOf(`ou_id%${left}`, 'overlap'))
    await quiet(world)
    expect(await granted(world)).toContain(`${one} Some-ps overlap GROUP`)
  })

  test('of a refused call, or of tags of an organizational unit, ask Organizations nothing', async () => {
    const calls: string[] = []
    const world = await open(async ({ port, operation, proceed }) => {
      if (port === 'organizations') calls.push(operation)
      return proceed()
    })
    calls.length = 0
    for (const fixture of ['move-account-refused', 'create-account-result-failed', 'tag-change-on-organizational-unit'])
      await deliverEvent(world, fixture)
    await quiet(world)
    expect(calls).toEqual([])
    expect(world.log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('of 30 tag changes one by one cost two calls each, however large the organization is', async () => {
    const calls: string[] = []
    const world = await open(async ({ port, operation, proceed }) => {
      const answer = await proceed()
      if (port === 'organizations') calls.push(operation)
      return answer
    })
    calls.length = 0
    for (let change = 0; change < 30; change++) {
      await world.organizations.tagResource(one, { team: change % 2 === 0 ? 'B' : 'A' })
      await deliverEvent(world, 'tag-change-on-resource', one)
      await world.clock.advance(5_000)
    }
    await quiet(world)
    await expectTruth(world)
    expect(calls.filter((call) => call === 'listAccounts')).toEqual([])
    // Two for the event, two for each of the revocations, which read the account live.
    expect(calls.length).toBeLessThanOrEqual(30 * 6)
  }, 30_000)

  test.each(['before', 'after'] as const)(
    'whose handler dies %s any of its calls, and that come again, lead to what the links say',
    async (when) => {
      let isOver = false
      for (let last = 0; !isOver; last += stride) {
        const world = await open()
        await world.organizations.moveAccount(one, left, other)
        const dying = dyingPorts(world.ports, { at: (_, number) => number === last, when })
        const body = JSON.stringify(movedEvent(one))
        const ended = events(dying.ports, world.configuration)({ Records: [recordOf(body)] })
        isOver = await world.finish(Promise.race([ended.then(() => true), untilDead(world, dying)]))
        await world.queues.send('events', [{ body }])
        await quiet(world)
        await expectTruth(world)
      }
    },
    60_000,
  )

  test('that cannot be followed come again, are told of, and hold up no other', async () => {
    let isDenied = true
    const world = await open(async ({ operation, args, proceed }) => {
      if (operation === 'describeAccount' && args[0] === one && isDenied)
        throw new ServiceError('organizations', 'AccessDeniedException', 'You do not have permissions')
      return proceed()
    })
    await world.organizations.moveAccount(one, left, other)
    await world.organizations.moveAccount(three, other, left)
    await deliverEvent(world, 'move-account', one)
    await deliverEvent(world, 'move-account', three)
    await world.until(
      async () => (await granted(world)).includes(`${three} Some-ps lefts GROUP`),
      'the other account is followed',
    )
    expect(await granted(world)).toContain(`${one} Some-ps lefts GROUP`)
    const told = world.log.lines.filter(({ level }) => level === 'error').map(({ message }) => message)
    expect(told).toContain('ssofile could not follow events; SQS delivers them again')
    isDenied = false
    await world.clock.advance(queueSettings.events.visibilityTimeoutSeconds * 1_000)
    await quiet(world)
    await expectTruth(world)
  })
})
