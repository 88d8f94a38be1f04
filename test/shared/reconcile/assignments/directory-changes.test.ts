import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { listHeld } from '../../../../shared/domain/brake/lists.ts'
import { type AccountId, accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { type PrincipalId, permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { type PrincipalType, principalName } from '../../../../shared/domain/principals/principal.ts'
import type { AssignmentTarget } from '../../../../shared/ports/sso-admin.ts'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { writeForeign } from '../../../../shared/reconcile/records/foreign-assignments.ts'
import { isShallow, stride } from '../../../depth.ts'
import { dyingPorts, intercept } from '../../../intercept.ts'
import { acme, World, type WorldOptions } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const account = accountId.parse('233000000002')
const old = 'team-Accountants'
const next = 'team-Bookkeepers'
const user = 'kenji.ito@acme.example'

const nameOf = (principal: string, type: PrincipalType = 'GROUP', id: AccountId = account) =>
  `account%${id}%Billing-ps%${principal}%${type}%ssofile`
const linkOf = (principal: string, type: PrincipalType = 'GROUP') => `links_data/${nameOf(principal, type)}`
/** As records have it, whatever the name of the id is by now. */
const keyOf = (id: PrincipalId, type: PrincipalType = 'GROUP') => `account%${account}%Billing-ps%${id}%${type}`
const ledgerOf = (principal: string, type: PrincipalType = 'GROUP') => `assignments/${nameOf(principal, type)}`

test('a renamed group keeps its access while one link of its new name takes the place of another', async () => {
  const other = linkOf(next).replace('links_data/', 'links_data/folder-a/')
  let isRenamed = false
  let isNamed = false
  let isExchanged = false
  const world = await open([linkOf(old)], {
    configuration: { folders: ['folder-a'] },
    wrap: (ports) =>
      intercept(ports, async ({ operation, args: [key], proceed }) => {
        if (isRenamed && operation === 'findPrincipalName') isNamed = true
        if (isNamed && !isExchanged && operation === 'get' && key === linkOf(next)) {
          isExchanged = true
          await world.objects.put(other, '')
          await world.objects.delete(linkOf(next))
        }
        return proceed()
      }),
  })
  const id = idOf(world, old)
  await rename(world, id, next)
  isRenamed = true
  await world.objects.put(linkOf(next), '')
  await tell(world, 1, 'GROUP', id)
  await settle(world)
  expect(isExchanged).toBe(true)
  expect(writes(world)).toEqual(['CreateAccountAssignment'])
  expect(holders(world)).toEqual([id])
})

/** A world in which these links are applied; slices are run by hand. */
async function open(links: readonly string[], options: WorldOptions = {}): Promise<World> {
  const world = new World({ organization: { ...acme(), assignments: [] }, ...options })
  world.start({ dispatcher: false })
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  for (const link of links) await world.objects.put(link, '')
  // Accounts are listed at the rate of ListAccounts.
  const isLookedAt = async () => (await world.keys('status/links_data/')).length === links.length
  await world.until(isLookedAt, 'links looked at')
  await settle(world)
  return world
}

async function settle(world: World): Promise<void> {
  await world.look()
  await world.finish(world.slice())
  await world.clock.advance(1_000)
}

/** How what happens in the directory comes to be known. */
const tidings = [
  { tidings: 'one event each', copies: 1 },
  { tidings: 'every event twice', copies: 2 },
  { tidings: 'no event but one reconcile', copies: 0 },
]

/** Identity Store's own notification, as EventBridge delivers it. */
async function tell(world: World, copies: number, type: PrincipalType, ...ids: readonly PrincipalId[]): Promise<void> {
  for (let copy = 0; copy < copies; copy++) {
    for (const id of ids) {
      const noun = type === 'GROUP' ? 'group' : 'user'
      const event = {
        id: world.ports.randomness.id(),
        'detail-type': `${noun === 'group' ? 'Group' : 'User'} Updated`,
        source: 'aws.identitystore',
        detail: { 'event-version': '1.0', [`${noun}-id`]: id },
      }
      await world.queues.send('events', [{ body: JSON.stringify(event) }])
    }
  }
  if (copies === 0) await world.finish(world.everyHour())
  await settle(world)
}

function idOf(world: World, principal: string, type: PrincipalType = 'GROUP'): PrincipalId {
  const id = world.identityStore.idOf(type, principal)
  if (!id) throw new Error(`nobody has the name ${principal}`)
  return id
}

function rename(world: World, id: PrincipalId, name: string): Promise<void> {
  return world.identityStore.updateGroup(id, [{ path: 'displayName', value: name }])
}

function holders(world: World): PrincipalId[] {
  return world.ssoAdmin.assignments().map(({ principalId }) => principalId)
}

function writes(world: World): string[] {
  return world.calls.filter((call) => /^(Create|Delete)AccountAssignment$/.test(call))
}

async function state(world: World, link: string): Promise<unknown> {
  return (await world.json(`status/${link}.json`))?.state
}

async function history(world: World, id: PrincipalId): Promise<(string | undefined)[]> {
  const keys = await world.keys(`history/${keyOf(id)}/`)
  return keys.map((key) => key.split('%').at(-1)?.replace('.json', ''))
}

describe.each(tidings)('after $tidings', ({ copies }) => {
  test('a renamed group loses at once what its old name granted', async () => {
    const world = await open([linkOf(old)])
    const id = idOf(world, old)
    await rename(world, id, next)
    await tell(world, copies, 'GROUP', id)
    expect(holders(world)).toEqual([])
    expect(await world.namedKeys('assignments/')).toEqual([])
    expect(await state(world, linkOf(old))).toBe('waiting')
    expect(await history(world, id)).toEqual(['granted', 'revoked'])
  })

  test('what others gave a renamed group is listed by its new name, also where a link gave it something', async () => {
    const world = await open([linkOf(old)])
    const id = idOf(world, old)
    const theirs = assignmentKey.parse(keyOf(id).replace(account, '233000000003'))
    const arn = world.ssoAdmin.assignments()[0]?.permissionSetArn ?? ''
    const found = { principal: principalName.parse(old), permissionSetArn: permissionSetArn.parse(arn), links: [] }
    await writeForeign(world.objects, theirs, { ...found, seenAt: world.clock.now().toISOString() })
    await rename(world, id, next)
    await tell(world, copies, 'GROUP', id)
    await world.finish(world.everyFiveMinutes())
    expect(await world.keys('access/')).toEqual([`access/account%233000000003%Billing-ps%${next}%GROUP%foreign`])
  })

  test('a renamed group whose new name has a link keeps its access without a call', async () => {
    const world = await open([linkOf(old), linkOf(next)])
    const id = idOf(world, old)
    await rename(world, id, next)
    await tell(world, copies, 'GROUP', id)
    expect(writes(world)).toEqual(['CreateAccountAssignment'])
    expect(holders(world)).toEqual([id])
    expect(await world.namedKeys('assignments/')).toEqual([ledgerOf(next)])
    expect(await world.namedKeys('foreign/')).toEqual([])
    expect([await state(world, linkOf(old)), await state(world, linkOf(next))]).toEqual(['waiting', 'applied'])
  })

  test('two groups that swap their names keep their access without a call', async () => {
    const world = await open([linkOf(old), linkOf('team-Web')])
    const [first, second] = [idOf(world, old), idOf(world, 'team-Web')]
    await rename(world, first, 'passing')
    await rename(world, second, old)
    await rename(world, first, 'team-Web')
    await tell(world, copies, 'GROUP', first, second, first)
    await settle(world)
    expect(writes(world)).toHaveLength(2)
    expect(holders(world).sort()).toEqual([first, second].sort())
    expect(await world.json(ledgerOf(old))).toMatchObject({ state: 'granted', principalId: second })
    expect(await world.json(ledgerOf('team-Web'))).toMatchObject({ state: 'granted', principalId: first })
    for (const id of [first, second])
      expect(new Set(await history(world, id))).toEqual(new Set(['granted', 'terms-changed']))
    expect(await world.namedKeys('foreign/')).toEqual([])
    expect([await state(world, linkOf(old)), await state(world, linkOf('team-Web'))]).toEqual(['applied', 'applied'])
  })

  test('a group that takes the name of another one gets its access, and the other one loses it', async () => {
    const world = await open([linkOf(old)])
    const [first, second] = [idOf(world, old), idOf(world, 'team-Web')]
    await rename(world, first, 'passing')
    await rename(world, second, old)
    await tell(world, copies, 'GROUP', first, second)
    expect(holders(world)).toEqual([second])
    expect(writes(world).sort()).toEqual([
      'CreateAccountAssignment',
      'CreateAccountAssignment',
      'DeleteAccountAssignment',
    ])
    expect(await world.namedKeys('assignments/')).toEqual([ledgerOf(old)])
    expect([await history(world, first), await history(world, second)]).toEqual([['granted', 'revoked'], ['granted']])
    expect(await state(world, linkOf(old))).toBe('applied')
  })

  test('a group that is gone keeps its access for orphanGraceMinutes, and then loses it', async () => {
    const world = await open([linkOf(old)])
    const id = idOf(world, old)
    await world.identityStore.deleteGroup(id)
    const goneAt = world.clock.now().getTime()
    await tell(world, copies, 'GROUP', id)
    const key = `assignments/${keyOf(id)}`
    expect(await world.json(key)).toMatchObject({ state: 'granted', orphanedAt: expect.any(String) })
    expect(await world.json(`status/${linkOf(old)}.json`)).toMatchObject({
      state: 'waiting',
      reason: expect.stringMatching(/does not exist.*ssofile revokes the access of the former one at 2026-03-03T11:0/),
    })
    while (world.clock.now().getTime() - goneAt < 59 * 60_000) {
      await world.finish(world.slice())
      expect(holders(world)).toEqual([id])
      await world.clock.advance(5 * 60_000)
    }
    await world.clock.advance(60_000)
    await settle(world)
    expect(holders(world)).toEqual([])
    expect(await world.namedKeys('assignments/')).toEqual([])
    expect(await world.keys('state/open/')).toEqual([])
    expect(await state(world, linkOf(old))).toBe('waiting')
  })

  test('a group that is deleted and made again has its access by its new id at once; that of the old one goes after the grace', async () => {
    const world = await open([linkOf(old)])
    const first = idOf(world, old)
    await world.identityStore.deleteGroup(first)
    await world.clock.advance(20_000)
    const second = await world.identityStore.createGroup({ displayName: old })
    await tell(world, copies, 'GROUP', first, second)
    expect(writes(world)).toEqual(['CreateAccountAssignment', 'CreateAccountAssignment'])
    expect(await world.json(ledgerOf(old))).toMatchObject({ state: 'granted', principalId: second })
    expect(await world.json(`assignments/${keyOf(first)}`)).toMatchObject({
      state: 'granted',
      orphanedAt: expect.any(String),
    })
    expect(await world.json(`status/${linkOf(old)}.json`)).toMatchObject({ state: 'applied', principalId: second })
    await world.clock.advance(61 * 60_000)
    await settle(world)
    expect(holders(world)).toEqual([second])
    expect(await world.namedKeys('assignments/')).toEqual([ledgerOf(old)])
    expect(await world.keys('state/open/')).toEqual([])
    expect([await history(world, first), await history(world, second)]).toEqual([['granted', 'revoked'], ['granted']])
    expect(await world.json(`status/${linkOf(old)}.json`)).toMatchObject({ state: 'applied', principalId: second })
  })

  test('a group that comes back within the grace of its old id is granted at once, and the grace goes on', async () => {
    const world = await open([linkOf(old)])
    const first = idOf(world, old)
    await world.identityStore.deleteGroup(first)
    await tell(world, copies, 'GROUP', first)
    await world.clock.advance(30 * 60_000)
    const second = await world.identityStore.createGroup({ displayName: old })
    await tell(world, copies, 'GROUP', second)
    expect(holders(world).sort()).toEqual([first, second].sort())
    expect((await world.json(ledgerOf(old)))?.orphanedAt).toBeUndefined()
    expect(await state(world, linkOf(old))).toBe('applied')
    await world.clock.advance(31 * 60_000)
    await settle(world)
    expect(holders(world)).toEqual([second])
    expect(await world.keys('state/open/')).toEqual([])
  })

  test('a user made again under an old name gets nothing, also by an upload of the same link, until somebody asks for him; the old id loses all at once', async () => {
    const link = linkOf(user, 'USER')
    const world = await open([link])
    const first = idOf(world, user, 'USER')
    await world.identityStore.deleteUser(first)
    const second = await world.identityStore.createUser({ userName: user })
    await tell(world, copies, 'USER', first, second)
    expect(holders(world)).toEqual([])
    expect(await world.json(`status/${link}.json`)).toMatchObject({
      state: 'waiting',
      principalId: first,
      reason: expect.stringMatching(/no longer the user/),
    })
    expect(await world.namedKeys('assignments/')).toEqual([])
    await world.objects.put(link, '')
    await settle(world)
    expect(holders(world)).toEqual([])
    expect(await state(world, link)).toBe('waiting')
    await world.objects.put(link, '', undefined, { 'ssofile-rebind': world.clock.now().toISOString() })
    await settle(world)
    expect(holders(world)).toEqual([second])
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied', principalId: second })
  })

  test('a renamed user keeps its access where a link names it by its new name', async () => {
    const renamed = 'kenji.tanaka@acme.example'
    const world = await open([linkOf(user, 'USER'), linkOf(renamed, 'USER')])
    const id = idOf(world, user, 'USER')
    await world.identityStore.updateUser(id, [{ path: 'userName', value: renamed }])
    await tell(world, copies, 'USER', id)
    expect(writes(world)).toEqual(['CreateAccountAssignment'])
    expect(await world.json(ledgerOf(renamed, 'USER'))).toMatchObject({ state: 'granted', principalId: id })
    expect(await world.namedKeys('assignments/')).toEqual([ledgerOf(renamed, 'USER')])
  })

  test('a group that is made, or gets the name that a link waits for, is granted', async () => {
    const world = await open([linkOf('team-Late'), linkOf('team-Later')])
    const made = await world.identityStore.createGroup({ displayName: 'team-Late' })
    const renamed = idOf(world, 'team-Web')
    await rename(world, renamed, 'team-Later')
    await tell(world, copies, 'GROUP', made, renamed)
    await settle(world)
    expect(holders(world).sort()).toEqual([made, renamed].sort())
  })

  test('a foreign assignment of a group that was made again is left alone, and the new id is granted', async () => {
    const world = await open([])
    const first = idOf(world, old)
    world.ssoAdmin.addAssignment(targetOf(world, first))
    await world.objects.put(linkOf(old), '')
    await settle(world)
    expect(await world.namedKeys('foreign/')).toHaveLength(1)
    await world.identityStore.deleteGroup(first)
    const second = await world.identityStore.createGroup({ displayName: old })
    await tell(world, copies, 'GROUP', first, second)
    await settle(world)
    expect(holders(world).sort()).toEqual([first, second].sort())
    expect(await world.json(ledgerOf(old))).toMatchObject({ state: 'granted', principalId: second })
  })
})

function targetOf(world: World, principalId: PrincipalId): AssignmentTarget {
  const arn = permissionSetArn.parse(world.ssoAdmin.permissionSetArnOf('Billing-ps'))
  return { accountId: account, permissionSetArn: arn, principalId, principalType: 'GROUP' }
}

test('a link that is deleted while its group is gone ends its access at once', async () => {
  const world = await open([linkOf(old)])
  const id = idOf(world, old)
  await world.identityStore.deleteGroup(id)
  await tell(world, 1, 'GROUP', id)
  await world.objects.delete(linkOf(old))
  await settle(world)
  expect(holders(world)).toEqual([])
  expect(await world.keys('state/open/')).toEqual([])
})

test('with 100 groups on a permission set in an account, the new id of a group is granted once the grace of the old one is over', async () => {
  const world = await open([linkOf(old)])
  for (let group = 1; group < 100; group++) {
    if (group % 15 === 0) await world.clock.advance(1_000)
    const id = await world.identityStore.createGroup({ displayName: `filling ${group}` })
    world.ssoAdmin.addAssignment(targetOf(world, id))
  }
  const first = idOf(world, old)
  await world.identityStore.deleteGroup(first)
  const second = await world.identityStore.createGroup({ displayName: old })
  await tell(world, 1, 'GROUP', first, second)
  // AWS's refusal is told.
  expect(await world.json(`status/${linkOf(old)}.json`)).toMatchObject({ state: 'failed' })
  for (let hour = 0; hour < 3; hour++) {
    await world.clock.advance(60 * 60_000)
    await settle(world)
  }
  expect(world.ssoAdmin.isAssigned(targetOf(world, first))).toBe(false)
  expect(world.ssoAdmin.isAssigned(targetOf(world, second))).toBe(true)
  expect(await state(world, linkOf(old))).toBe('applied')
})

test('a dispatcher that has just looked up a name does not believe it after a change in the directory', async () => {
  const world = await open([])
  const slice = world.slice({ lingerMs: 50_000 })
  await world.objects.put(linkOf(old), '')
  await world.clock.advance(5_000)
  const [first, second] = [idOf(world, old), idOf(world, 'team-Web')]
  expect(holders(world)).toEqual([first])
  await rename(world, first, 'passing')
  await rename(world, second, old)
  await send(world, first, second)
  await world.clock.advance(10_000)
  expect(holders(world)).toEqual([second])
  await world.finish(slice)
})

test('an id that Identity Store tells for a name which it does not bear is neither granted nor a reason to revoke', async () => {
  let isStale = true
  const world: World = await open([linkOf(old)], {
    wrap: (ports) =>
      intercept(ports, async ({ operation, args, proceed }) =>
        operation === 'findPrincipalId' && args[1] === old && isStale && world.calls.includes('CreateAccountAssignment')
          ? idOf(world, 'team-Web')
          : proceed(),
      ),
  })
  const id = idOf(world, old)
  await world.clock.advance(61_000)
  await world.objects.put(linkOf(old), '')
  await settle(world)
  expect(writes(world)).toEqual(['CreateAccountAssignment'])
  expect(await world.json(ledgerOf(old))).toMatchObject({ state: 'granted', principalId: id })
  isStale = false
  await world.clock.advance(120_000)
  await settle(world)
  expect(writes(world)).toEqual(['CreateAccountAssignment'])
  expect(await world.keys('state/open/')).toEqual([])
  expect(await state(world, linkOf(old))).toBe('applied')
})

test('access by a permission set that was made again under its name is granted by the new one, and history ends in no end', async () => {
  const world = await open([linkOf(old)])
  const target = targetOf(world, idOf(world, old))
  world.ssoAdmin.removeAssignment(target)
  await world.ssoAdmin.deletePermissionSet(target.permissionSetArn)
  await world.ssoAdmin.createPermissionSet({
    name: permissionSetName.parse('Billing-ps'),
    sessionDuration: 'PT1H',
    tags: [],
  })
  await world.objects.delete('state/permission-sets.json')
  await world.objects.put(linkOf(old), '', undefined, { 'ssofile-rebind': world.clock.now().toISOString() })
  await settle(world)
  const again = targetOf(world, idOf(world, old))
  expect(again.permissionSetArn).not.toBe(target.permissionSetArn)
  expect(world.ssoAdmin.assignments()).toEqual([again])
  expect(await world.json(ledgerOf(old))).toMatchObject({ state: 'granted', permissionSetArn: again.permissionSetArn })
  // The earlier permission set refuses the deletion. That nothing is listed there counts after five minutes.
  await world.clock.advance(6 * 60_000)
  await settle(world)
  expect(await history(world, again.principalId)).toEqual(['granted', 'revoked', 'granted'])
})

test('an index of names that was lost is made again from the ledger', async () => {
  const world = await open([linkOf(old)])
  const id = idOf(world, old)
  for (const key of await world.keys('state/')) await world.objects.delete(key)
  await world.finish(world.everyHour())
  await rename(world, id, next)
  await tell(world, 1, 'GROUP', id)
  expect(holders(world)).toEqual([])
})

test('an event about members or other attributes of a group sends no hint', async () => {
  const world = await open([linkOf(old)])
  const before = world.calls.length
  await tell(world, 2, 'GROUP', idOf(world, old), idOf(world, 'team-Web'))
  const followed = world.log.lines.filter(({ message }) => message === 'events followed')
  expect(followed.map(({ fields }) => fields.hints)).toEqual(followed.map(() => 0))
  expect(world.calls.slice(before).filter((call) => call === 'ListAccountAssignments')).toEqual([])
})

test('a name whose ids no entry has any more is no longer compared', async () => {
  const world = await open([linkOf(old)])
  const id = idOf(world, old)
  await world.objects.delete(linkOf(old))
  await settle(world)
  expect(await world.keys('state/principals/')).toHaveLength(1)
  await world.identityStore.deleteGroup(id)
  await world.clock.advance(2 * 3_600_000)
  await world.finish(world.everyHour())
  expect(await world.keys('state/principals/')).toEqual([])
})

/** Access of ours that no ledger entry has, whatever its name. */
async function unrecorded(world: World): Promise<PrincipalId[]> {
  const entries = await Promise.all((await world.keys('assignments/')).map((key) => world.json(key)))
  const recorded = JSON.stringify(entries)
  return holders(world).filter((id) => !recorded.includes(id))
}

type Story = {
  readonly configuration?: WorldOptions['configuration']
  readonly links: readonly string[]
  readonly happens: (world: World) => Promise<void>
  readonly holders: (world: World) => readonly string[]
}

const stories: Record<string, Story> = {
  'a group is made again': {
    configuration: { orphanGraceMinutes: 5 },
    links: [linkOf(old)],
    happens: async (world) => {
      const first = idOf(world, old)
      await world.identityStore.deleteGroup(first)
      const second = await world.identityStore.createGroup({ displayName: old })
      await send(world, first, second)
    },
    holders: (world) => [idOf(world, old)],
  },
  'two groups swap names': {
    links: [linkOf(old), linkOf('team-Web')],
    happens: async (world) => {
      const [first, second] = [idOf(world, old), idOf(world, 'team-Web')]
      await rename(world, first, 'passing')
      await rename(world, second, old)
      await rename(world, first, 'team-Web')
      await send(world, first, second)
    },
    holders: (world) => [idOf(world, old), idOf(world, 'team-Web')],
  },
  'a group is renamed to a linked name, and another one takes its name': {
    links: [linkOf(old), linkOf(next)],
    happens: async (world) => {
      const [first, second] = [idOf(world, old), idOf(world, 'team-Web')]
      await rename(world, first, next)
      await rename(world, second, old)
      await send(world, first, second)
    },
    holders: (world) => [idOf(world, old), idOf(world, next)],
  },
}

async function send(world: World, ...ids: readonly PrincipalId[]): Promise<void> {
  for (const id of ids) {
    const event = { id, 'detail-type': 'Group Updated', source: 'aws.identitystore', detail: { 'group-id': id } }
    await world.queues.send('events', [{ body: JSON.stringify(event) }])
  }
  await world.look()
}

async function dieAt(story: Story, atCall: number, when: 'before' | 'after'): Promise<boolean> {
  const world = await open(story.links, { configuration: story.configuration ?? {} })
  await story.happens(world)
  const before = holders(world).length
  const dying = dyingPorts(world.ports, { at: (_, number) => number === atCall, when })
  void world.slice({}, dying.ports)
  for (let step = 0; step < 40; step++) {
    await world.clock.advance(200)
    expect(await unrecorded(world)).toEqual([])
    expect(holders(world).length).toBeGreaterThanOrEqual(before)
  }
  for (let round = 0; round < 8; round++) {
    await world.clock.advance(125_000)
    if (round === 4) await world.finish(world.everyHour())
    await world.look()
    await world.finish(world.slice(), 1_000)
    expect(await unrecorded(world)).toEqual([])
    expect(holders(world).length).toBeGreaterThanOrEqual(before)
  }
  expect([...holders(world)].sort()).toEqual([...story.holders(world)].sort())
  const entries = await Promise.all((await world.keys('assignments/')).map((key) => world.json(key)))
  expect(entries.map((entry) => entry?.state)).toEqual(entries.map(() => 'granted'))
  expect(entries).toHaveLength(holders(world).length)
  expect(await world.namedKeys('foreign/')).toEqual([])
  expect(await world.keys('state/open/')).toEqual([])
  for (const link of story.links) expect(await state(world, link)).toBe('applied')
  return dying.isDead()
}

describe('a dispatcher that dies', () => {
  const cases = Object.entries(stories).flatMap(([name, story]) =>
    (['before', 'after'] as const).map((when) => ({ name, story, when })),
  )
  const tried = cases.filter((_, nth) => !isShallow || [0, 3].includes(nth % 4))
  test.each(tried)(
    'at any call while $name, $when the call takes effect, leaves work that the next one ends rightly',
    async ({ story, when }) => {
      for (let atCall = 0; await dieAt(story, atCall, when); atCall += 2 * stride) expect(atCall).toBeLessThan(300)
    },
    120_000,
  )
})

describe('a group renamed under many assignments', () => {
  const many = isShallow ? 30 : 60
  const accounts = Array.from({ length: many }, (_, index) => ({
    id: accountId.parse(String(300_000_000_000 + index)),
    name: `account ${index}`,
    email: `account${index}@acme.example`,
    tags: {},
    state: 'ACTIVE' as const,
  }))
  const file = acme()
  const root = {
    ...file.root,
    accounts: file.root.accounts.slice(0, 1),
    organizationalUnits: [{ id: 'ou-acme-many0001', name: 'many', accounts, organizationalUnits: [] }],
  }
  const organization = { ...file, root, assignments: [] }
  const links = [`links_data/root%all%Billing-ps%${old}%GROUP%ssofile`]
  const brakeOf = (percent: number) => ({
    brake: {
      indirect: { count: 1, percent, most: many, hours: 24 },
      own: { count: 20, percent: 10, minutes: 15 },
      people: { count: 5, minutes: 15 },
    },
  })

  test('loses all of them, each by its stored id, where the brake lets it', async () => {
    const world = await open(links, { organization, configuration: brakeOf(100) })
    expect(holders(world)).toHaveLength(many)
    const id = idOf(world, old)
    await rename(world, id, next)
    await tell(world, 1, 'GROUP', id)
    expect(holders(world)).toEqual([])
    expect(await world.namedKeys('assignments/')).toEqual([])
  }, 60_000)

  test('is held beyond a tenth of the ledger, while what links grant goes on', async () => {
    const world = await open(links, { organization, configuration: brakeOf(10) })
    const id = idOf(world, old)
    await rename(world, id, next)
    await tell(world, 1, 'GROUP', id)
    expect(holders(world)).toHaveLength(0.9 * many)
    const record = await world.json('control/brake.json')
    expect(record?.lists).toEqual([expect.objectContaining({ rule: 'indirect', cause: 'principal', figure: many })])
    expect(listHeld((await brakeFile(world.objects).read())?.value ?? emptyBrake)).toHaveLength(0.9 * many)
    await world.objects.put(`links_data/${nameOf('team-security', 'GROUP', accounts[0]?.id)}`, '')
    await settle(world)
    const entry = await world.json(`assignments/${nameOf('team-security', 'GROUP', accounts[0]?.id)}`)
    expect(entry).toMatchObject({ state: 'granted' })
    expect(holders(world).filter((holder) => holder === id)).toHaveLength(0.9 * many)
  }, 60_000)

  test('has all of them again, and none is held any more, as soon as it has its name again', async () => {
    const world = await open(links, { organization, configuration: brakeOf(10) })
    const id = idOf(world, old)
    await rename(world, id, next)
    await tell(world, 1, 'GROUP', id)
    const held = async () => listHeld((await brakeFile(world.objects).read())?.value ?? emptyBrake)
    expect(await held()).toHaveLength(0.9 * many)
    await rename(world, id, old)
    await tell(world, 1, 'GROUP', id)
    expect(holders(world)).toHaveLength(many)
    expect(await held()).toEqual([])
    for (const link of links) expect(await state(world, link)).toBe('applied')
  }, 60_000)
})

test('access of a group that is gone, held by the brake after its grace, stays held as it is until it is released, and goes then', async () => {
  const brake = {
    indirect: { count: 0, percent: 0, most: 0, hours: 24 },
    own: { count: 20, percent: 10, minutes: 15 },
    people: { count: 5, minutes: 15 },
  }
  const world = await open([linkOf(old)], { configuration: { brake } })
  const id = idOf(world, old)
  await world.identityStore.deleteGroup(id)
  await tell(world, 1, 'GROUP', id)
  await world.clock.advance(61 * 60_000)
  await world.finish(world.everyMinute())
  const lists = async () => (await brakeFile(world.objects).read())?.value.lists ?? []
  const [list] = await lists()
  if (!list) throw new Error('the brake holds nothing')
  expect(list).toMatchObject({ rule: 'indirect', cause: 'principal', held: [keyOf(id)] })
  const entry = `assignments/${keyOf(id)}`
  expect(await world.json(entry)).toMatchObject({ state: 'held' })
  await world.finish(world.everyHour())
  await settle(world)
  expect(await world.json(entry)).toMatchObject({ state: 'held' })
  expect(await lists()).toEqual([list])
  expect(holders(world)).toEqual([id])
  await releaseList(world.objects, digestOf(list), 'operator')
  await world.finish(world.everyMinute())
  await settle(world)
  expect(holders(world)).toEqual([])
  expect(await world.namedKeys('assignments/')).toEqual([])
}, 60_000)

test('a link that is deleted while its group is gone, and another link still asks, has nothing left to be told', async () => {
  const root = `links_data/root%all%Billing-ps%${old}%GROUP%ssofile`
  const world = await open([linkOf(old), root])
  const id = idOf(world, old)
  await world.identityStore.deleteGroup(id)
  await tell(world, 1, 'GROUP', id)
  await world.objects.delete(linkOf(old))
  await settle(world)
  expect(await world.json(`assignments/${keyOf(id)}`)).toMatchObject({ state: 'granted', links: [{ key: root }] })
  expect(await world.json(`status/${linkOf(old)}.json`)).toBeUndefined()
})
