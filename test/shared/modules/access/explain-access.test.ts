import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import type { LedgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import type { Configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { type Answer, explainAccess } from '../../../../shared/modules/access/explain-access.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { reconcile } from '../../../../shared/reconcile/differences/reconcile.ts'
import { pauseChanges } from '../../../../shared/reconcile/records/pause.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'
import { World } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const invoicing = '233000000002'
const ofGroup = (principal: string, scope = `account%${invoicing}`) =>
  `links_data/${scope}%Billing-ps%${principal}%GROUP%ssofile`
const kenji = 'kenji.ito@acme.example'

/** A world that runs, with these links uploaded by maria, until nothing is left to do. */
async function worldWith(...links: readonly string[]): Promise<World> {
  const world = new World().start({ dispatcher: false })
  await world.objects.as('maria').put('permission_sets/Billing-ps.json', billing)
  for (const key of links) await world.objects.as('maria').put(key, '')
  await settle(world)
  return world
}

async function settle(world: World): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await world.look()
    await world.finish(world.slice())
  }
}

function explain(
  world: World,
  principal: string,
  { account = invoicing, permissionSet = 'Billing-ps' } = {},
): Promise<Answer> {
  const objects = new ProposedObjects(world.objects, world.clock.now())
  const question = {
    account: accountId.parse(account),
    permissionSet: permissionSetName.parse(permissionSet),
    principal: principalName.parse(principal),
  }
  return world.finish(explainAccess(question, { ...world.ports, objects }, world.configuration))
}

describe('access is explained', () => {
  test('that a link grants: since when, by whom, and what happened', async () => {
    const world = await worldWith(ofGroup('team-Accountants'), ofGroup('team-Accountants', 'ou_id%r-acme'))
    const { account, direct, near } = await explain(world, 'team-Accountants')
    expect(account).toMatchObject({ name: 'invoicing-prod' })
    expect(near).toEqual([])
    expect(direct).toMatchObject([
      {
        state: 'granted',
        isInForce: true,
        since: expect.stringMatching(/^2026-03-03T10:/),
        history: [{ event: 'granted' }],
      },
    ])
    expect(direct[0]?.links.map(({ key, by, grants }) => [key, by?.principalId, grants]).sort()).toEqual([
      [ofGroup('team-Accountants'), 'AWS:maria', true],
      [ofGroup('team-Accountants', 'ou_id%r-acme'), 'AWS:maria', true],
    ])
  })

  test('of an id in place of a name', async () => {
    const world = await worldWith(ofGroup('team-Accountants'))
    const { direct } = await explain(world, world.identityStore.idOf('GROUP', 'team-Accountants') ?? '')
    expect(direct).toMatchObject([{ state: 'granted', assignment: { principal: 'team-Accountants' } }])
    const { throughGroups, direct: ofUser } = await explain(world, world.identityStore.idOf('USER', kenji) ?? '')
    expect(ofUser).toMatchObject([{ state: 'none', assignment: { type: 'USER', principal: kenji } }])
    expect(throughGroups).toEqual([])
  })

  test('of a group that was made again: the new one has it, and the former one until its end', async () => {
    const world = await worldWith(ofGroup('team-Accountants'))
    const former = world.identityStore.idOf('GROUP', 'team-Accountants')
    if (!former) throw new Error('there is no such group')
    await world.identityStore.deleteGroup(former)
    const made = await world.identityStore.createGroup({ displayName: 'team-Accountants' })
    await world.finish(reconcile(world.ports, world.configuration))
    await settle(world)
    const { direct } = await explain(world, 'team-Accountants')
    const remarks = [expect.stringContaining('the principal is gone since')]
    expect(direct).toMatchObject([
      { principalId: made, state: 'granted', isInForce: true, remarks: [] },
      { principalId: former, isInForce: true, remarks },
    ])
  })

  test('that a user has through a group, by the ids of both', async () => {
    const world = await worldWith(ofGroup('team-Accountants'))
    const group = world.identityStore.idOf('GROUP', 'team-Accountants') ?? ''
    await world.identityStore.createGroupMembership(group, world.identityStore.idOf('USER', kenji) ?? '')
    const { direct, throughGroups } = await explain(world, kenji)
    expect(direct).toMatchObject([{ state: 'none', assignment: { type: 'USER' } }])
    expect(throughGroups).toMatchObject([{ state: 'granted', assignment: { principal: 'team-Accountants' } }])
  })

  test('that was there before', async () => {
    const key = `links_data/account%220000000003%AdministratorAccess%team-Platform%GROUP%ssofile`
    const world = await worldWith(key)
    const { direct } = await explain(world, 'team-Platform', {
      account: '220000000003',
      permissionSet: 'AdministratorAccess',
    })
    expect(direct).toMatchObject([{ state: 'foreign', isInForce: true, links: [{ key }] }])
  })

  test('that waits, with what it waits for', async () => {
    const world = await worldWith(ofGroup('team-accountants'))
    const { direct } = await explain(world, 'team-accountants')
    expect(direct).toMatchObject([
      { state: 'wanted', isInForce: false, reason: expect.stringContaining("did you mean 'team-Accountants'?") },
    ])
  })

  test('that a pause holds up, with who paused and why', async () => {
    const world = await worldWith()
    await pauseChanges(world.ports, { reason: 'INC-7', by: 'ana' })
    await world.objects.put(ofGroup('team-Accountants'), '')
    await settle(world)
    const { direct, notes } = await explain(world, 'team-Accountants')
    expect(direct).toMatchObject([{ state: 'wanted' }])
    expect(notes).toEqual([expect.stringMatching(/^all changes are paused by ana since .*: INC-7/)])
  })

  test('that is gone: what happened to it', async () => {
    const world = await worldWith(ofGroup('team-Accountants'))
    await world.objects.as('maria').delete(ofGroup('team-Accountants'))
    await settle(world)
    const { direct } = await explain(world, 'team-Accountants')
    expect(direct).toMatchObject([
      { state: 'none', isInForce: false, history: [{ event: 'granted' }, { event: 'revoked' }] },
    ])
  })

  test('of a name that a group and a user have, for both', async () => {
    const world = await worldWith(ofGroup(kenji))
    await world.identityStore.createGroup({ displayName: kenji })
    const { direct } = await explain(world, kenji)
    expect(direct.map(({ assignment }) => assignment.type)).toEqual(['GROUP', 'USER'])
  })
})

test('what a drift check and the directory found is remarked', async () => {
  const world = await worldWith(ofGroup('team-Accountants'))
  const key = `assignments/${world.keyOf(ofGroup('team-Accountants'))}`
  const at = '2026-03-03T10:00:00.000Z'
  await world.objects.put(key, JSON.stringify({ ...(await world.json(key)), orphanedAt: at, missingSince: at }))
  const { direct } = await explain(world, 'team-Accountants')
  expect(direct[0]?.remarks).toEqual([
    `the principal is gone since ${at}; its access is kept for a while`,
    `a drift check misses it in Identity Center since ${at}`,
  ])
})

describe('where nothing grants it, the links that are near are named', () => {
  test('those that differ in one of account, permission set and principal', async () => {
    const world = await worldWith(
      ofGroup('team-Accountants', 'account%250000000003'),
      `links_data/account%${invoicing}%ReadOnly-ps%team-Accountants%GROUP%ssofile`,
      ofGroup('Team-Accountants'),
      ofGroup('team-Shop', 'account%250000000003'),
    )
    const { near } = await explain(world, 'team-Accountants')
    expect(near).toEqual([
      { key: ofGroup('Team-Accountants'), differs: "it names the group 'Team-Accountants'" },
      { key: ofGroup('team-Accountants', 'account%250000000003'), differs: 'it does not cover this account' },
      {
        key: `links_data/account%${invoicing}%ReadOnly-ps%team-Accountants%GROUP%ssofile`,
        differs: "it names the permission set 'ReadOnly-ps'",
      },
    ])
  })

  test('and an account that does not exist is said', async () => {
    const world = await worldWith()
    const { notes, direct } = await explain(world, 'team-Accountants', { account: '999999999999' })
    expect(notes).toEqual(['the organization has no account 999999999999'])
    expect(direct).toMatchObject([{ state: 'none' }])
  })
})

describe('access that no drift check has seen', () => {
  function targetOf(world: World, type: 'GROUP' | 'USER', name: string) {
    const permissionSetArn = world.ssoAdmin.permissionSetArnOf('Billing-ps')
    const principalId = world.identityStore.idOf(type, name)
    if (permissionSetArn === undefined || principalId === undefined) throw new Error(`there is no ${name}`)
    return { accountId: accountId.parse(invoicing), permissionSetArn, principalId, principalType: type }
  }

  function giveByHand(world: World, type: 'GROUP' | 'USER', name: string): void {
    world.ssoAdmin.addAssignment(targetOf(world, type, name))
  }

  test('is explained as Identity Center lists it: directly, and through a group', async () => {
    const world = await worldWith(ofGroup('team-Accountants', 'account%233000000001'))
    giveByHand(world, 'USER', kenji)
    giveByHand(world, 'GROUP', 'team-Platform')
    const group = world.identityStore.idOf('GROUP', 'team-Platform') ?? ''
    await world.identityStore.createGroupMembership(group, world.identityStore.idOf('USER', kenji) ?? '')
    const { direct, throughGroups, near } = await explain(world, kenji)
    const foreign = {
      state: 'foreign',
      isInForce: true,
      remarks: [expect.stringContaining('no drift check has seen it')],
    }
    expect(direct).toMatchObject([foreign])
    expect(throughGroups).toMatchObject([{ ...foreign, assignment: { principal: 'team-Platform' } }])
    expect(near).toEqual([])
  })

  test('is missed where Identity Center cannot be asked, and a note says so', async () => {
    const refuse: Interceptor = async ({ operation, proceed }) => {
      if (operation !== 'listAccountAssignments') return proceed()
      throw new ServiceError('sso-admin', 'AccessDeniedException', 'not for auditors')
    }
    const world = new World({ wrap: (ports) => intercept(ports, refuse) }).start({ dispatcher: false })
    await world.objects.as('maria').put('permission_sets/Billing-ps.json', billing)
    await settle(world)
    giveByHand(world, 'USER', kenji)
    const { direct, notes } = await explain(world, kenji)
    expect(direct).toMatchObject([{ state: 'none', isInForce: false }])
    expect(notes).toEqual([expect.stringContaining('Identity Center was not asked')])
  })

  test('and that somebody took away is not in force', async () => {
    const world = await worldWith(ofGroup('team-Accountants'))
    const [had] = (await explain(world, 'team-Accountants')).direct
    expect(had).toMatchObject({ isInForce: true })
    await world.clock.advance(10 * 60_000)
    world.ssoAdmin.removeAssignment(targetOf(world, 'GROUP', 'team-Accountants'))
    expect((await explain(world, 'team-Accountants')).direct).toMatchObject([
      { state: 'granted', isInForce: false, remarks: [expect.stringContaining('somebody else took it away')] },
    ])
  })
})

test('explaining writes nothing', async () => {
  const world = await worldWith(ofGroup('team-Accountants'))
  const before = await Array.fromAsync(world.objects.list(''))
  await explain(world, 'team-Accountants')
  expect(await Array.fromAsync(world.objects.list(''))).toEqual(before)
})

/** What is known of team-Accountants in one account, without any work having been done. */
function asked(bench: Settling, principal = bench.principal, configuration: Partial<Configuration> = {}) {
  const { world, account: place } = bench
  const question = {
    account: place,
    permissionSet: permissionSetName.parse('Billing-ps'),
    principal: principalName.parse(principal),
  }
  return world.finish(explainAccess(question, world.ports, { ...world.configuration, ...configuration }))
}

const ten = '2026-03-03T10:00:00.000Z'
const away = (...operations: readonly string[]): SettlingOptions => ({
  interceptor: async ({ operation, proceed }) => {
    if (operations.includes(operation)) throw new ServiceError('identitystore', 'AccessDeniedException', 'not you')
    return proceed()
  },
})

describe('what the ledger has is told as it is', () => {
  test('whether it is in force, since when, why not, and when it is tried again', async () => {
    const call = { kind: 'creation' as const, calledAt: ten, id: 'a-request' }
    const cases: [Partial<LedgerEntry>, object][] = [
      [
        { state: 'granted', grantedAt: ten },
        { isInForce: true, since: ten },
      ],
      [
        { state: 'revoking', grantedAt: ten },
        { isInForce: false, since: undefined },
      ],
      [
        { state: 'failed', grantedAt: ten, reason: 'no' },
        { isInForce: true, since: ten, reason: 'no' },
      ],
      [
        { state: 'failed', grantedAt: ten, missingSince: ten, reason: 'someone removed it' },
        { isInForce: false, since: undefined, remarks: [`a drift check misses it in Identity Center since ${ten}`] },
      ],
      [
        { state: 'granting', call, openUntil: ten },
        { isInForce: false, requestId: 'a-request', nextAttempt: ten },
      ],
    ]
    for (const [entry, told] of cases) {
      const bench = new Settling()
      await bench.own(entry)
      const { direct } = await asked(bench)
      const { principalId } = bench.target()
      expect(direct).toMatchObject([{ state: entry.state, principalId, remarks: [], links: [], ...told }])
    }
  })

  test('with the links that granted it and do so no more, and who uploaded them', async () => {
    const bench = new Settling()
    const by = { principalId: 'AWS:maria', at: ten }
    const gone = { key: bench.link.replace(invoicing, '210000000001'), etag: 'e', lastModified: ten, by }
    const link = await bench.upload()
    await bench.own({ links: [gone, { ...link, ticket: 'T-1' }] })
    const links = (await asked(bench)).direct[0]?.links
    expect(links).toHaveLength(2)
    expect(links).toContainEqual({ ...gone, grants: false, status: undefined })
    expect(links).toContainEqual({ ...link, ticket: 'T-1', grants: true, status: undefined })
    const statuses = new StatusStore(bench.world.objects, bench.world.clock)
    const told = { state: 'applied' as const, by: { ...by, principalId: 'AWS:kenji' } }
    const { etag, lastModified } = link
    await statuses.revise(bench.link, async () => ({ ...told, etag: 'another upload', lastModified }))
    expect((await asked(bench)).direct[0]?.links[0]).toMatchObject({ key: bench.link, by: undefined })
    await statuses.revise(bench.link, async () => ({ ...told, etag, lastModified }))
    expect((await asked(bench)).direct[0]?.links).toContainEqual(
      expect.objectContaining({ key: bench.link, by: { ...by, principalId: 'AWS:kenji' } }),
    )
  })
})

test('what is wanted and not in force yet has the reason that the status of its link has', async () => {
  const bench = new Settling()
  await bench.upload()
  const statuses = new StatusStore(bench.world.objects, bench.world.clock)
  const reason = async () => (await asked(bench)).direct[0]?.reason
  expect((await asked(bench)).direct).toMatchObject([{ state: 'wanted', isInForce: false, remarks: [] }])
  expect(await reason()).toBe('its link has not been looked at yet')
  await statuses.revise(bench.link, async () => ({ state: 'applying' }))
  expect(await reason()).toBe('it is on its way')
  await statuses.revise(bench.link, async () => ({ state: 'applied' }))
  expect(await reason()).toBe("the status of its link is 'applied'")
  await statuses.revise(bench.link, async () => ({ state: 'waiting', reason: 'no such group' }))
  expect(await reason()).toBe('no such group')
})

describe('whatever cannot be looked up is said, and hides nothing of what the bucket has', () => {
  test('of the names of the directory', async () => {
    const bench = new Settling(away('findPrincipalId'))
    await bench.own()
    const { direct, notes } = await asked(bench)
    expect(direct).toMatchObject([{ state: 'granted', assignment: { type: 'GROUP' } }])
    expect(notes.toSorted()).toEqual([
      'the directory could not be asked for a group of this name: not you',
      'the directory could not be asked for a user of this name: not you',
    ])
  })

  test('of the groups of a user', async () => {
    const { direct, throughGroups, notes } = await asked(new Settling(away('listGroupsOf')), kenji)
    expect(direct).toMatchObject([{ state: 'none' }])
    expect(throughGroups).toEqual([])
    expect(notes).toEqual(['the groups of this user could not be listed, so access through them is not shown: not you'])
  })

  test.each(['findPrincipalId', 'listGroupsOf'])('but a defect of %s is not hidden', async (defect) => {
    const error = new Error('a defect')
    const bench = new Settling({
      interceptor: async ({ operation, proceed }) => {
        if (operation === defect) throw error
        return proceed()
      },
    })
    await expect(asked(bench, kenji)).rejects.toBe(error)
  })
})

test('nothing is known of a name that nobody has, and that was never granted anything', async () => {
  const { direct, throughGroups, near, notes } = await asked(new Settling(), 'nobody')
  expect({ direct, throughGroups, near, notes }).toEqual({ direct: [], throughGroups: [], near: [], notes: [] })
})

test('a name that is nearly that of a user or a group is told with the name that was meant', async () => {
  expect(await asked(new Settling(), 'kenji.ito')).toMatchObject({
    direct: [],
    notes: [`the directory has no user 'kenji.ito'; did you mean '${kenji}'?`],
  })
  const bench = new Settling()
  await bench.world.identityStore.createGroup({ displayName: 'Équipe d’audit' })
  const { notes } = await asked(bench, 'Équipe d’audit'.normalize('NFD'))
  expect(notes).toEqual([expect.stringMatching(/no group .* It is the same letters in another Unicode form\.$/)])
})

test('foreign access of a group whose name no link can have is told by that name', async () => {
  const bench = new Settling()
  const name = 'two\nlines'
  const principalId = await bench.world.identityStore.createGroup({ displayName: name })
  const { permissionSetArn } = bench.target()
  bench.world.ssoAdmin.addAssignment({ ...bench.target(), principalId })
  const found = { v: 1, principal: principalId, principalId, permissionSetArn, links: [], seenAt: ten }
  const key = `foreign/account%${invoicing}%Billing-ps%${principalId}%GROUP`
  await bench.world.objects.put(key, JSON.stringify(found))
  const { direct } = await asked(bench, name)
  expect(direct).toMatchObject([{ state: 'foreign', isInForce: true, since: ten, assignment: { principal: name } }])
})

test('a name that nobody has any more is told where something happened to it', async () => {
  const bench = new Settling()
  await bench.noteName()
  await bench.world.identityStore.deleteGroup(bench.target().principalId)
  await bench.world.objects.put(`history/${bench.key}/${ten}%revoked.json`, '{}')
  expect((await asked(bench)).direct).toMatchObject([{ state: 'none', history: [{ at: ten, event: 'revoked' }] }])
})

test('the suffix that is configured belongs to the name in the directory', async () => {
  const bench = new Settling()
  expect((await asked(bench, 'kenji.ito', { principalSuffix: '@acme.example' })).direct).toMatchObject([
    { assignment: { type: 'USER', principal: 'kenji.ito' } },
  ])
  expect((await asked(bench, 'kenji.ito')).direct).toEqual([])
})

test.each([
  ['without the suffix', 'web@acme.example', 'web'],
  ['as it is where its name has none', 'Contractors', 'Contractors'],
])('a group that only Identity Center lists is named %s', async (_, displayName, principal) => {
  const bench = new Settling()
  const { world } = bench
  const id = await world.identityStore.createGroup({ displayName })
  await world.identityStore.createGroupMembership(id, world.identityStore.idOf('USER', kenji) ?? '')
  world.ssoAdmin.addAssignment({ ...bench.target(), principalId: id })
  const { throughGroups } = await asked(bench, 'kenji.ito', { principalSuffix: '@acme.example' })
  expect(throughGroups).toMatchObject([{ state: 'foreign', assignment: { principal } }])
})

test('through groups a user has only what is of a group that the user is a member of, in this account', async () => {
  const bench = new Settling()
  const { world } = bench
  const user = world.identityStore.idOf('USER', kenji) ?? ''
  await world.identityStore.createGroupMembership(world.identityStore.idOf('GROUP', 'team-Accountants') ?? '', user)
  await bench.own()
  const entry = (await world.json(bench.ledgerKey)) ?? {}
  const put = (key: string, change: object) => world.objects.put(key, JSON.stringify({ ...entry, ...change }))
  const { permissionSetArn, principalId } = bench.target()
  const web = bench.target('team-Web').principalId
  await put(bench.ledgerKey.replace(principalId, web), { principal: 'team-Web', principalId: web })
  await put(bench.ledgerKey.replace(invoicing, '210000000001'), {})
  await put(bench.ledgerKey.replace('Billing-ps', 'Another-ps'), {})
  await put(bench.ledgerKey.replace('GROUP', 'USER'), {})
  await world.objects.put(`assignments/account%${invoicing}%Billing-ps%notes.txt`, '')
  const platform = bench.target('team-Platform')
  await world.identityStore.createGroupMembership(platform.principalId, user)
  world.ssoAdmin.addAssignment(platform)
  const foreign = { v: 1, principal: 'team-Platform', principalId: platform.principalId, permissionSetArn }
  const recorded = bench.ledgerKey.replace('assignments/', 'foreign/').replace(principalId, platform.principalId)
  await world.objects.put(recorded, JSON.stringify({ ...foreign, links: [], seenAt: ten }))
  await world.objects.put(`state/principals/GROUP%${platform.principalId}%team-Platform`, '')
  const { throughGroups, near } = await asked(bench, kenji)
  expect(throughGroups.map(({ state, assignment }) => [assignment.principal, state])).toEqual([
    ['team-Accountants', 'granted'],
    ['team-Platform', 'foreign'],
  ])
  expect(near).toEqual([])
})

describe('links that are near', () => {
  const place = (principal: string, type = 'GROUP', scope = `account%${invoicing}`) =>
    `links_data/${scope}%Billing-ps%${principal}%${type}%ssofile`

  test('are those that differ in one thing, at most eight, nearest in name first, then by key', async () => {
    const bench = new Settling()
    const others = Array.from({ length: 9 }, (_, index) => place(`team-${9 - index}`))
    const user = place('a-user', 'USER')
    for (const key of [...others, user, place('team-Accountant'), place('x', 'GROUP', 'account%210000000001')])
      await bench.upload(key)
    await bench.upload(`links_data/`)
    await bench.upload('links_data/notes.txt')
    const { near } = await asked(bench)
    expect(near).toEqual([
      { key: place('team-Accountant'), differs: "it names the group 'team-Accountant'" },
      { key: user, differs: "it names the user 'a-user'" },
      ...others
        .toSorted()
        .slice(0, 6)
        .map((key) => ({ key, differs: expect.stringMatching(/^it names the group 'team-\d'$/) })),
    ])
  })

  test('do not differ in an account that is not there, or that is the management account', async () => {
    const world = await worldWith(ofGroup('team-Accountants', 'root%all'))
    const link = { key: ofGroup('team-Accountants', 'root%all'), differs: 'it does not cover this account' }
    for (const account of ['999999999999', '111111111111'])
      expect((await explain(world, 'team-Accountants', { account })).near).toEqual([link])
  })

  test('mean the account, but for what it is: those come first, and say what', async () => {
    const gone = '999999999999'
    const management = '111111111111'
    const others = Array.from({ length: 8 }, (_, index) => ofGroup('team-Accountants', `account%25000000000${index}`))
    const [ofGone, ofManagement] = [gone, management].map((id) => ofGroup('team-Accountants', `account%${id}`))
    const ofRoot = ofGroup('team-Accountants', 'root%all')
    const world = await worldWith(...others, ofGone ?? '', ofManagement ?? '')
    const nearest = async (account: string) => (await explain(world, 'team-Accountants', { account })).near[0]
    expect(await nearest(gone)).toEqual({
      key: ofGone,
      differs: 'it means this account, which is not in the organization',
    })
    expect(await nearest(management)).toEqual({
      key: ofManagement,
      differs: 'it means this account, which is the management account',
    })
    world.organizations.suspendAccount(accountId.parse('210000000001'))
    await world.finish(reconcile(world.ports, world.configuration))
    await world.objects.put(ofRoot, '')
    await settle(world)
    expect(await nearest('210000000001')).toMatchObject({
      key: ofRoot,
      differs: 'it means this account, which is SUSPENDED, not ACTIVE',
    })
  })
})

test('a link that S3 does not give grants nothing, and a note names it', async () => {
  const world = await worldWith()
  const key = ofGroup('team-Accountants')
  const uploader = { accessKeyId: 'maria', sourceIpAddress: '127.0.0.1' }
  world.objects.model.put(uploader, key, new Uint8Array(), { customerKeyMd5: 'of a key that only maria knows' })
  const { direct, notes } = await explain(world, 'team-Accountants')
  expect(direct).toMatchObject([{ state: 'none' }])
  expect(notes).toEqual([
    `S3 does not give ${key} to ssofile, so it is not known whether that link grants this access; see: ssofile status '${key}'`,
  ])
})
