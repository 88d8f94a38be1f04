import { expect, test } from '@jest/globals'
import { parseLinkKey } from '../../../../shared/domain/links/link.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { organizationView } from '../../../../shared/domain/organization/organization-view.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { stablePrincipalId } from '../../../../shared/memory/fill-from-organization-file.ts'
import { type OrganizationFile, organizationFile } from '../../../../shared/memory/organization-file.ts'
import { previewChanges } from '../../../../shared/modules/plan/preview.ts'
import { type ImportOptions, prepareImport } from '../../../../shared/modules/take-over/import-assignments.ts'
import type { InPortions } from '../../../../shared/modules/take-over/list-existing.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { stride } from '../../../depth.ts'
import { dyingPorts, intercept } from '../../../intercept.ts'
import { World, type WorldOptions } from '../../../world.ts'

const [management, shop, data, sandbox, closed] = [
  '100000000001',
  '200000000001',
  '200000000002',
  '200000000003',
  '200000000004',
] as const

function account(id: string, tags: Record<string, string> = {}, state: 'ACTIVE' | 'SUSPENDED' = 'ACTIVE') {
  return { id, name: `account-${id}`, email: `aws+${id}@tiny.example`, tags, state }
}

type Given = { account: string; permissionSet?: string; principal?: string; type?: 'GROUP' | 'USER' }

/** r-tiny ─ 100000000001 (management), 200000000003; ou-tiny-workload ─ 200000000001, 200000000002, 200000000004 (suspended) */
function organization(given: readonly Given[]): OrganizationFile {
  return organizationFile.parse({
    managementAccountId: management,
    root: {
      id: 'r-tiny',
      accounts: [account(management), account(sandbox, { team: 'Data' })],
      organizationalUnits: [
        {
          id: 'ou-tiny-workload',
          name: 'Workloads',
          accounts: [account(shop), account(data, { team: 'Data' }), account(closed, {}, 'SUSPENDED')],
        },
      ],
    },
    groups: ['readers', 'admins'],
    users: ['kim'],
    permissionSets: [{ permissionSetName: 'Reader' }, { permissionSetName: 'Admin' }],
    assignments: given.map((one) => ({ permissionSet: 'Reader', principal: 'readers', type: 'GROUP', ...one })),
  })
}

const everything: Omit<ImportOptions, 'inPortions'> = {
  filter: { accounts: [], permissionSets: [], principals: [] },
  isCompact: false,
  tagKeys: [],
  onStep: () => {},
}

function open(given: readonly Given[], options: Omit<WorldOptions, 'organization'> = {}): World {
  return new World({ organization: organization(given), ...options })
}

const portionsOf =
  (ports: Ports): InPortions =>
  async (items, _, work) => {
    for (const item of items) await work(item, ports.ssoAdmin)
  }

async function importAll(world: World, options: Partial<ImportOptions> = {}, ports = world.ports) {
  const inPortions = portionsOf(ports)
  const context = { ...ports, configuration: world.configuration }
  const prepared = await world.finish(prepareImport(context, { ...everything, inPortions, ...options }))
  const adopted = await world.finish(prepared.carryOut(inPortions))
  const left = [...prepared.left, ...adopted.flatMap((one) => one.left)]
  return { prepared, left, written: adopted.flatMap((one) => (one.isWritten ? [one.link] : [])) }
}

const isWrite = (operation: string) => !/^(List|Describe|Get)/.test(operation)
const links = async (world: World) => (await world.keys('links_data/')).map((key) => key.slice('links_data/'.length))
const entries = async (world: World) =>
  (await world.namedKeys('assignments/')).map((key) => key.slice('assignments/'.length))
const keyOf = (id: string, rest = 'Reader%readers%GROUP') => `account%${id}%${rest}%ssofile`

/** The links are looked at, everything is compared, and what differs is worked on. */
async function liveOn(world: World): Promise<void> {
  world.start()
  await world.look()
  await world.finish(world.everyHour())
  await world.clock.advance(30_000)
  await world.finish(world.everyMinute())
  await world.clock.advance(30_000)
}

test('existing access becomes links and ledger entries without a write to SSO Admin, and a plan then says nothing', async () => {
  const world = open([{ account: shop }, { account: data, permissionSet: 'Admin', principal: 'kim', type: 'USER' }])
  const { prepared, left, written } = await importAll(world)
  expect(prepared).toMatchObject({ listed: 2, unknown: [], ours: 0 })
  expect(left).toEqual([])
  const keys = [keyOf(shop), keyOf(data, 'Admin%kim%USER')]
  expect([await links(world), await entries(world)]).toEqual([keys, keys])
  expect(written).toHaveLength(2)
  expect(await world.json(`assignments/${keyOf(shop)}`)).toMatchObject({
    state: 'granted',
    principalId: world.identityStore.idOf('GROUP', 'readers'),
    links: [{ key: `links_data/${keyOf(shop)}` }],
    grantedAt: expect.any(String),
  })
  expect(await world.namedKeys('foreign/')).toEqual([])
  const told = await world.keys(`history/account%${shop}%`)
  expect(told).toContainEqual(
    expect.stringMatching(new RegExp(`^history/${world.keyOf(keyOf(shop))}/[^/]*%adopted\\.json$`)),
  )
  expect(told.filter((key) => !key.endsWith('%foreign-found.json'))).toHaveLength(1)
  const preview = await previewChanges(world.ports, world.configuration, { looksMost: 10 })
  expect([preview.grants, preview.revocations]).toEqual([[], []])
  await liveOn(world)
  const status = await world.json(`status/links_data/${keyOf(shop)}.json`)
  expect([status?.state, status?.owned]).toEqual(['applied', undefined])
  expect(world.calls.filter(isWrite)).toEqual([])
})

test('what a drift check has recorded is listed without a call for each account and permission set', async () => {
  const world = open([{ account: shop }, { account: data, permissionSet: 'Admin', principal: 'kim', type: 'USER' }])
  for (const name of [keyOf(shop), keyOf(data, 'Admin%kim%USER')])
    await world.objects.put(`foreign/${world.keyOf(name)}`, '{}')
  const plan = async (isRecorded: boolean) => {
    const { inPortions, ...context } = { ...world.ports, inPortions: portionsOf(world.ports) }
    const asked = { ...everything, inPortions, isRecorded }
    return world.finish(prepareImport({ ...context, configuration: world.configuration }, asked))
  }
  const recorded = await plan(true)
  expect(world.calls.filter((call) => call === 'ListAccountAssignments')).toEqual([])
  const asked = await plan(false)
  expect(recorded.links.map(({ key }) => key).sort()).toEqual(asked.links.map(({ key }) => key).sort())
  expect([recorded.listed, asked.listed]).toEqual([2, 2])
})

test('the names of many users who have access are read together', async () => {
  const world = open([])
  const users = Array.from({ length: 200 }, (_, index) => `user-${index}`)
  const permissionSet = world.ssoAdmin.permissionSetArnOf('Reader')
  if (permissionSet === undefined) throw new Error('the organization lacks the permission set')
  for (const name of users) {
    const id = stablePrincipalId('USER', name)
    world.identityStore.addPrincipal('USER', id, name)
    const target = { accountId: accountId.parse(shop), permissionSetArn: permissionSet, principalId: id }
    world.ssoAdmin.addAssignment({ ...target, principalType: 'USER' })
  }
  const asked: string[] = []
  const counted = intercept(world.ports, ({ port, operation, proceed }) => {
    if (port === 'identityStore') asked.push(operation)
    return proceed()
  })
  const context = { ...counted, configuration: world.configuration }
  const prepared = await world.finish(prepareImport(context, { ...everything, inPortions: portionsOf(counted) }))
  expect(prepared.links).toHaveLength(200)
  expect(asked.length).toBeLessThan(100)
})

test('after an import a deleted link revokes the access', async () => {
  const world = open([{ account: shop }])
  await importAll(world)
  await liveOn(world)
  await world.objects.delete(`links_data/${keyOf(shop)}`)
  await world.until(async () => (await entries(world)).length === 0, 'the end of the ledger entry')
  expect(world.calls.filter(isWrite)).toEqual(['DeleteAccountAssignment'])
})

test('what cannot be imported is told with its reason, and stays as it is', async () => {
  const world = open([{ account: management }, { account: closed }, { account: shop, principal: 'admins' }])
  const gone = world.identityStore.idOf('GROUP', 'admins')
  const user = principalId.parse('11111111-2222-3333-4444-555555555555')
  world.identityStore.addPrincipal('USER', user, 'Zoe\u0308')
  world.ssoAdmin.addAssignment({ ...targetOf(world, data), principalId: user, principalType: 'USER' })
  if (!gone) throw new Error('the directory has it')
  await world.finish(world.identityStore.deleteGroup(gone))
  const { left } = await importAll(world)
  expect(left.map(({ received }) => received).sort()).toEqual([
    'a deleted group',
    "a user whose name does not fit into a link: 'Zoe\u0308'",
    'an account that is SUSPENDED',
    'the management account',
  ])
  expect([await links(world), await entries(world)]).toEqual([[], []])
})

test('access by a permission set that the management account has is left to others by a delegated administrator', async () => {
  const given = [{ account: shop }, { account: management }, { account: shop, permissionSet: 'Admin' }]
  const world = open(given, { caller: 'delegated-administrator' })
  const { left } = await importAll(world)
  expect(await links(world)).toEqual([keyOf(shop, 'Admin%readers%GROUP')])
  const told = left.find(({ object }) => object.includes(shop))
  expect(told?.received).toMatch(
    /^a permission set that ssofile cannot control: permission set 'Reader' is also assigned in the management account/,
  )
  expect(told?.remedy).toContain('remove its assignments in the management account')
})

const group = (name: string) => ({ type: 'GROUP' as const, name: principalName.parse(name) })

test('a filter imports only what it names, and a name that nobody has is told', async () => {
  const given = [{ account: shop }, { account: data }, { account: data, permissionSet: 'Admin' }]
  const filters = {
    accounts: [accountId.parse(data)],
    permissionSets: [permissionSetName.parse('Admin')],
    principals: [group('readers'), group('nobody')],
  }
  const byAccount = open(given)
  await importAll(byAccount, { filter: { ...everything.filter, accounts: filters.accounts } })
  expect(await links(byAccount)).toEqual([keyOf(data, 'Admin%readers%GROUP'), keyOf(data)])
  const bySet = open(given)
  await importAll(bySet, { filter: { ...everything.filter, permissionSets: filters.permissionSets } })
  expect(await links(bySet)).toEqual([keyOf(data, 'Admin%readers%GROUP')])
  const byAll = open(given)
  const { prepared } = await importAll(byAll, { filter: filters })
  expect(await links(byAll)).toEqual([keyOf(data, 'Admin%readers%GROUP')])
  expect(prepared.unknown).toMatchObject([{ object: "the group 'nobody'" }])
})

test('access that somebody removes between the listing and the adoption gets neither link nor entry', async () => {
  for (const isCompact of [false, true]) {
    const world = open([{ account: shop }, { account: data }])
    const inPortions = portionsOf(world.ports)
    const context = { ...world.ports, configuration: world.configuration }
    const prepared = await world.finish(prepareImport(context, { ...everything, isCompact, inPortions }))
    world.ssoAdmin.removeAssignment(targetOf(world, shop))
    const adopted = await world.finish(prepared.carryOut(inPortions))
    expect(adopted.flatMap(({ left }) => left).length).toBeGreaterThan(0)
    const kept = isCompact ? [] : [keyOf(data)]
    expect([await links(world), await entries(world)]).toEqual([kept, kept])
  }
})

test('access that is just being deleted in Identity Center is not taken over', async () => {
  const world = open([{ account: shop }])
  const inPortions = portionsOf(world.ports)
  const context = { ...world.ports, configuration: world.configuration }
  const prepared = await world.finish(prepareImport(context, { ...everything, inPortions }))
  const deletion = world.ssoAdmin.deleteAccountAssignment(targetOf(world, shop))
  const [adopted] = await world.finish(prepared.carryOut(inPortions), 1)
  expect(adopted?.left).toMatchObject([{ received: 'an assignment that somebody removed during the import' }])
  expect([await links(world), await entries(world)]).toEqual([[], []])
  await deletion
})

test('what ssofile itself revoked moments ago may still be listed, and is taken over five minutes later at the soonest', async () => {
  const world = open([]).start()
  const link = `links_data/${keyOf(shop)}`
  await world.objects.put(link, '')
  await world.until(async () => (await entries(world)).length === 1, 'the grant')
  await world.clock.advance(10_000)
  await world.objects.delete(link)
  await world.until(async () => (await world.keys('status/')).length === 0, 'the revocation')
  await world.clock.advance(10_000)
  world.ssoAdmin.addAssignment(targetOf(world, shop))
  expect((await importAll(world)).left).toMatchObject([{ received: expect.stringContaining('five minutes') }])
  expect(await links(world)).toEqual([])
  await world.clock.advance(6 * 60_000)
  expect((await importAll(world)).left).toEqual([])
  expect(await entries(world)).toEqual([keyOf(shop)])
})

test('compact, a link covers a unit where each of its active accounts has the access, and no other', async () => {
  const world = open([{ account: shop }, { account: data }, { account: sandbox, principal: 'admins' }])
  const { prepared } = await importAll(world, { isCompact: true })
  expect(prepared.obstacles).toEqual([])
  expect(await links(world)).toEqual([
    keyOf(sandbox, 'Reader%admins%GROUP'),
    'ou_id%ou-tiny-workload%Reader%readers%GROUP%ssofile',
  ])
  expect(await entries(world)).toHaveLength(3)
  await liveOn(world)
  expect(world.calls.filter(isWrite)).toEqual([])
})

test('compact, a tag whose key is named becomes a link, and its access is ours', async () => {
  const world = open([{ account: data }, { account: sandbox }])
  await importAll(world, { isCompact: true, tagKeys: ['team'] })
  expect(await links(world)).toEqual(['account_tag%team^Data%Reader%readers%GROUP%ssofile'])
  expect(await entries(world)).toHaveLength(2)
  await liveOn(world)
  expect(await entries(world)).toHaveLength(2)
  expect(world.calls.filter(isWrite)).toEqual([])
})

test('an account that joins a unit before its link is written keeps the link from being written', async () => {
  const world = open([{ account: shop }, { account: data }])
  const inPortions = portionsOf(world.ports)
  const context = { ...world.ports, configuration: world.configuration }
  const prepared = await world.finish(prepareImport(context, { ...everything, isCompact: true, inPortions }))
  const view = await world.json('state/organization.json')
  const moved = organizationView.parse(view)
  const joined = moved.accounts.find(({ id }) => id === sandbox)
  joined?.parents.push('ou-tiny-workload')
  await world.objects.put('state/organization.json', JSON.stringify(moved))
  const [adopted] = await world.finish(prepared.carryOut(inPortions))
  expect(adopted?.left).toMatchObject([{ received: expect.stringContaining(sandbox) }])
  expect([await links(world), await entries(world)]).toEqual([[], []])
})

test('access that a link grants already becomes ours by that link, and the status of the link says so', async () => {
  const world = open([{ account: shop }]).start()
  await world.objects.put('links_data/root%all%Admin%admins%GROUP%ssofile', '')
  await world.objects.put(`links_data/${keyOf(shop)}`, '')
  const status = `status/links_data/${keyOf(shop)}.json`
  await world.until(async () => (await world.json(status))?.state === 'applied', 'the status')
  expect(await world.json(status)).toMatchObject({ owned: false })
  await world.clock.advance(60_000)
  const { written } = await importAll(world)
  expect(written).toEqual([])
  expect(await world.namedKeys('foreign/')).toEqual([])
  await world.finish(world.everyMinute())
  await world.until(async () => (await world.json(status))?.owned !== false, 'the new status')
})

test('access whose record was lost becomes ours again without ever being called foreign', async () => {
  const world = open([]).start()
  await world.objects.put(`links_data/${keyOf(shop)}`, '')
  await world.until(async () => (await entries(world)).length === 1, 'the grant')
  await world.clock.advance(60_000)
  await world.objects.delete(`assignments/${world.keyOf(keyOf(shop))}`)
  await world.objects.delete(`links_data/${keyOf(shop)}`)
  const { left, written } = await importAll(world)
  expect([left, written]).toEqual([[], [`links_data/${keyOf(shop)}`]])
  expect(await entries(world)).toEqual([keyOf(shop)])
  const told = await world.keys(`history/account%${shop}%`)
  expect(told.map((key) => key.split('%').at(-1))).toEqual(['granted.json'])
  expect(await world.namedKeys('foreign/')).toEqual([])
})

test('access of ssofile that needs a person is not taken over again, and the import says so', async () => {
  const world = open([]).start()
  await world.objects.put(`links_data/${keyOf(shop)}`, '')
  await world.until(async () => (await entries(world)).length === 1, 'the grant')
  await world.clock.advance(60_000)
  const entry = `assignments/${world.keyOf(keyOf(shop))}`
  await world.objects.put(entry, JSON.stringify({ ...(await world.json(entry)), state: 'failed', reason: 'a refusal' }))
  const { left, prepared } = await importAll(world)
  expect([prepared.ours, left]).toMatchObject([0, [{ received: expect.stringContaining('failed (a refusal)') }]])
})

test('a link that ends by itself takes nothing over: the access would end with it', async () => {
  const world = open([{ account: shop }])
  await world.objects.put(`links_data/${keyOf(shop)}`, JSON.stringify({ expiresAt: '2027-01-01T00:00:00Z' }))
  const { left } = await importAll(world)
  expect(left).toMatchObject([{ object: `links_data/${keyOf(shop)}`, received: expect.stringContaining('expiresAt') }])
  expect(await entries(world)).toEqual([])
})

/** An old kim had the access of this link and left. A new kim has access in `shop`, given by hand. */
async function openAfterKimLeft(link: string): Promise<World> {
  const world = open([]).start()
  await world.objects.put(link, '')
  await liveOn(world)
  const old = world.identityStore.idOf('USER', 'kim')
  if (old === undefined) throw new Error('the directory has no kim')
  await world.identityStore.deleteUser(old)
  await liveOn(world)
  world.identityStore.addPrincipal('USER', newKim, 'kim')
  const permissionSetArn = world.ssoAdmin.permissionSetArnOf(permissionSetName.parse('Reader'))
  if (permissionSetArn === undefined) throw new Error('the instance has no Reader')
  const target = { accountId: accountId.parse(shop), permissionSetArn, principalId: newKim }
  world.ssoAdmin.addAssignment({ ...target, principalType: 'USER' })
  await liveOn(world)
  expect(await entries(world)).toEqual([])
  return world
}
const newKim = principalId.parse('99999999-2222-3333-4444-555555555555')
const kims = keyOf(shop, 'Reader%kim%USER')

test('the link of a user who left makes no access of a new user of the same name ours', async () => {
  const wide = 'links_data/root%all%Reader%kim%USER%ssofile'
  const world = await openAfterKimLeft(wide)
  const { left, written } = await importAll(world)
  expect([left, written]).toEqual([[], [`links_data/${kims}`]])
  expect(await world.json(`assignments/${kims}`)).toMatchObject({
    principalId: newKim,
    links: [{ key: `links_data/${kims}` }],
  })
  await world.objects.delete(`links_data/${kims}`)
  await liveOn(world)
  expect(await entries(world)).toEqual([])
  expect(await world.json(`status/${wide}.json`)).toMatchObject({ state: 'waiting' })
})

test('an import complains if the only possible link was applied to another user of the name', async () => {
  const world = await openAfterKimLeft(`links_data/${kims}`)
  const { left, written } = await importAll(world)
  expect(left).toMatchObject([
    { object: `links_data/${kims}`, received: expect.stringContaining('another user of this name') },
  ])
  expect([written, await entries(world)]).toEqual([[], []])
})

test('an import that dies after any write never lets access be revoked or granted, and the next import ends it', async () => {
  for (let last = 0; ; last += Math.ceil(stride / 4)) {
    const world = open([{ account: shop }, { account: data }, { account: sandbox, principal: 'admins' }])
    let writes = 0
    const dying = dyingPorts(world.ports, {
      at: ({ port, operation }) => port === 'objects' && /put|delete/.test(operation) && writes++ === last,
      when: 'after',
    })
    const inPortions = portionsOf(dying.ports)
    const options = { ...everything, isCompact: true, inPortions }
    void prepareImport({ ...dying.ports, configuration: world.configuration }, options).then((prepared) =>
      prepared.carryOut(inPortions),
    )
    await world.clock.advance(10_000)
    await liveOn(world)
    await world.finish(world.everyNight())
    await world.clock.advance(30_000)
    expect({ last, writes: world.calls.filter(isWrite) }).toEqual({ last, writes: [] })
    const { left } = await importAll(world, { isCompact: true })
    expect({ last, left }).toEqual({ last, left: [] })
    expect(await entries(world)).toHaveLength(3)
    expect({ last, foreign: await world.namedKeys('foreign/') }).toEqual({ last, foreign: [] })
    // Dead between entry and foreign/, it is told as gone from there when the next import ends it; dead before the entry says
    // granted, it is given back.
    const told = (await world.keys('history/account%')).filter((key) => !/%foreign-(found|gone)\.json$/.test(key))
    const byAccess = [...Map.groupBy(told, (key) => key.split('/')[1]).values()]
    expect(byAccess.map((keys) => keys.at(-1)?.split('%').at(-1))).toEqual(Array(3).fill('adopted.json'))
    const others = told.filter((key) => !key.endsWith('%adopted.json'))
    expect([told.length - others.length, others.filter((key) => !key.endsWith('%released.json'))]).toEqual([3, []])
    expect(world.calls.filter(isWrite)).toEqual([])
    if (!dying.isDead()) break
  }
})

test('with a file of another tool only what it names is imported, and what is not there is told, never granted', async () => {
  const world = open([{ account: shop }, { account: data }, { account: sandbox, principal: 'admins' }])
  const { principalId: id, permissionSetArn } = targetOf(world, shop)
  const byIds = {
    accountId: accountId.parse(shop),
    permissionSet: permissionSetArn,
    principal: id,
    type: 'GROUP' as const,
  }
  const absent = { ...byIds, permissionSet: 'Admin', place: 'line 3' }
  const source = { assignments: [{ ...byIds, place: 'line 2' }, absent], links: [] }
  const { prepared } = await importAll(world, { source })
  expect(await links(world)).toEqual([keyOf(shop)])
  expect(prepared.unknown).toMatchObject([{ object: expect.stringContaining('(line 3)') }])
  expect(world.calls.filter(isWrite)).toEqual([])
})

test('links of another tool stay as they are where each account has the access', async () => {
  const world = open([{ account: shop }, { account: data }, { account: sandbox, principal: 'admins' }])
  const parse = (key: string) => {
    const link = parseLinkKey(`links_data/${key}`, [])
    if (!link.ok) throw new Error(key)
    return link.value
  }
  const unit = 'ou_id%ou-tiny-workload%Reader%readers%GROUP%ssofile'
  const source = { assignments: [], links: [parse(unit), parse('root%all%Reader%admins%GROUP%ssofile')] }
  const { prepared } = await importAll(world, { source })
  expect(await links(world)).toEqual([keyOf(sandbox, 'Reader%admins%GROUP'), unit])
  expect(prepared.unknown).toHaveLength(2)
})

test('a tag link of another tool stands for the accounts that have the tag', async () => {
  const world = open([{ account: data }, { account: sandbox }, { account: shop, principal: 'admins' }])
  const tagLink = 'account_tag%team^Data%Reader%readers%GROUP%ssofile'
  const link = parseLinkKey(`links_data/${tagLink}`, [])
  if (!link.ok) throw new Error(tagLink)
  const { prepared } = await importAll(world, { source: { assignments: [], links: [link.value] } })
  expect(prepared.unknown).toEqual([])
  expect(await links(world)).toEqual([tagLink])
  expect(await entries(world)).toEqual([keyOf(data), keyOf(sandbox)])
})

test('a source that names access of another instance is told so', async () => {
  const world = open([{ account: shop }])
  const { principalId: principal } = targetOf(world, shop)
  const permissionSet = 'arn:aws:sso:::permissionSet/ssoins-6508f7e2d9c1b3a4/ps-9f8e7d6c5b4a3210'
  const wanted = { accountId: accountId.parse(shop), permissionSet, principal, type: 'GROUP' as const, place: 'x' }
  const { prepared } = await importAll(world, { source: { assignments: [wanted], links: [] } })
  expect(prepared.unknown).toMatchObject([{ received: expect.stringContaining('ssoins-6508f7e2d9c1b3a4') }])
  expect(await entries(world)).toEqual([])
})

test('links go into the folder that is named, wide ones too, and a plan then says nothing', async () => {
  const given = [{ account: shop }, { account: data }, { account: sandbox, principal: 'admins' }]
  const world = open(given, { configuration: { folders: ['taken-over'] } })
  const { left } = await importAll(world, { isCompact: true, folder: 'taken-over' })
  expect(left).toEqual([])
  const names = [keyOf(sandbox, 'Reader%admins%GROUP'), 'ou_id%ou-tiny-workload%Reader%readers%GROUP%ssofile']
  expect(await links(world)).toEqual(names.map((name) => `taken-over/${name}`))
  expect(await entries(world)).toHaveLength(3)
  await liveOn(world)
  expect(world.calls.filter(isWrite)).toEqual([])
  expect(await entries(world)).toHaveLength(3)
})

test('where listing by principal is refused, the import lists by account instead', async () => {
  const world = open([{ account: shop }])
  const refused = intercept(world.ports, async ({ operation, proceed }) => {
    if (operation !== 'listAccountAssignmentsForPrincipal') return proceed()
    throw new ServiceError('sso-admin', 'AccessDeniedException', 'not for a delegated administrator')
  })
  await importAll(world, { filter: { ...everything.filter, principals: [group('readers')] } }, refused)
  expect(await entries(world)).toEqual([keyOf(shop)])
})

function targetOf(world: World, account: string) {
  const id = world.identityStore.idOf('GROUP', 'readers')
  const permissionSetArn = world.ssoAdmin.permissionSetArnOf('Reader')
  if (!id || !permissionSetArn) throw new Error('they are there')
  return { accountId: accountId.parse(account), permissionSetArn, principalId: id, principalType: 'GROUP' as const }
}
