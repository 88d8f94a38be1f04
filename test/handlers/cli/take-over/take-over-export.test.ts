import { expect, test } from '@jest/globals'
import { listExport } from '../../../../handlers/cli/take-over/list-export.ts'
import type { ExportFile } from '../../../../handlers/cli/take-over/read-export.ts'
import { takeOverExport } from '../../../../handlers/cli/take-over/take-over-export.ts'
import type { Complaint } from '../../../../shared/domain/statuses/complaint.ts'
import { stablePrincipalId } from '../../../../shared/memory/fill-from-organization-file.ts'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import type { InPortions } from '../../../../shared/modules/take-over/list-existing.ts'
import { type ExportLine, exportLine } from '../../../../shared/modules/take-over/rules/export-line.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { adoptPermissionSet } from '../../../../shared/reconcile/permission-sets/adopt-permission-set.ts'
import { stride } from '../../../depth.ts'
import { dyingPorts, intercept } from '../../../intercept.ts'
import { World, type WorldOptions } from '../../../world.ts'

const [shop, data] = ['200000000001', '200000000002'] as const
const account = (id: string) => ({ id, name: `account-${id}`, email: `aws+${id}@tiny.example` })
const given = (id: string) => ({ account: id, permissionSet: 'Reader', principal: 'readers', type: 'GROUP' as const })
const readers = 'links_data/root%all%Reader%readers%GROUP%ssofile'
const kim = `links_data/account%${shop}%Reader%kim%USER%ssofile`
const keyOf = (id: string, who = 'readers%GROUP') => `account%${id}%Reader%${who}%ssofile`

function open(
  assignments: readonly ReturnType<typeof given>[] = [],
  permissionSets = [{ permissionSetName: 'Reader' }],
  options: WorldOptions = {},
) {
  return new World({
    ...options,
    organization: organizationFile.parse({
      managementAccountId: '100000000001',
      root: { id: 'r-tiny', accounts: [account('100000000001'), account(shop), account(data)] },
      groups: ['readers'],
      users: ['kim'],
      permissionSets,
      assignments,
    }),
  })
}

async function grant(world: World, ...links: readonly string[]): Promise<void> {
  world.start()
  for (const link of links) await world.ports.objects.put(link, '')
  await liveOn(world)
}

async function liveOn(world: World): Promise<void> {
  await world.look()
  await world.finish(world.everyHour())
  for (let minute = 0; minute < 3; minute++) {
    await world.clock.advance(30_000)
    await world.finish(world.everyMinute())
  }
}

async function exportOf(world: World): Promise<{ file: ExportFile; leftOut: readonly Complaint[] }> {
  const leftOut: Complaint[] = []
  const context = { ...world.ports, configuration: world.configuration }
  const read = async () => {
    const found: ExportLine[] = []
    for await (const line of listExport(context, (one) => leftOut.push(one))) found.push(exportLine.parse(line))
    return found
  }
  const lines = await world.finish(read())
  const header = { ssofile: 'export', v: 1, bucket: 'a', instanceArn: 'b', identityStoreId: 'c' } as const
  const file: ExportFile = {
    header: { ...header, exportedAt: world.clock.now().toISOString() },
    lines: async function* () {
      yield* lines
    },
  }
  return { file, leftOut }
}

function takeOver(
  world: World,
  file: ExportFile,
  ports: Ports = world.ports,
  isDryRun = false,
  { isRecorded = false, onStep = (_: string): void => {} } = {},
) {
  const inPortions: InPortions = async (items, _, work) => {
    for (const item of items) await work(item, ports.ssoAdmin)
  }
  return takeOverExport({ ...ports, configuration: world.configuration }, file, {
    isDryRun,
    isRecorded,
    inPortions,
    onStep,
  })
}

test('a dry run after a drift check asks Identity Center for no assignment, and counts what it compares, not what it writes', async () => {
  const there = open()
  await grant(there, readers)
  const { file } = await exportOf(there)
  const here = open([given(shop)])
  here.start()
  await here.finish(here.everyNight())
  await liveOn(here)
  const before = here.calls.length
  const steps: string[] = []
  const options = { isRecorded: true, onStep: (step: string) => void steps.push(step) }
  const dry = await here.finish(takeOver(here, file, here.ports, true, options))
  expect(dry).toMatchObject({ links: { written: 1 }, assignments: { adopted: 1, toGrant: 1 }, missing: [], left: [] })
  const calls = here.calls.slice(before)
  expect(calls.filter((call) => /^ListAccountAssignments/.test(call))).toEqual([])
  expect(steps).toContain('3 objects compared')
  expect(steps.filter((step) => step.includes('written'))).toEqual([])
})

const isWrite = (operation: string) =>
  /^(create|delete|update|attach|detach|put|provision|tag|untag)[A-Z]/i.test(operation)
const writesOf = (world: World) => world.calls.filter(isWrite)

test('links, permission sets, ledger and history are taken over without a write to SSO Admin; what is not there, links ask for', async () => {
  const there = open()
  await grant(there, readers, kim)
  expect(await there.keys('assignments/')).toHaveLength(3)
  const { file, leftOut } = await exportOf(there)
  expect(leftOut).toEqual([])
  const here = open([given(shop)])
  const dry = await here.finish(takeOver(here, file, here.ports, true))
  expect(dry).toMatchObject({ links: { written: 2 }, assignments: { adopted: 1, toGrant: 2 }, missing: [], left: [] })
  expect(await here.keys('links_data/')).toEqual([])
  const taken = await here.finish(takeOver(here, file))
  expect(taken).toMatchObject({
    links: { written: 2, there: 0 },
    history: { written: 3 },
    assignments: { adopted: 1, there: 0, toGrant: 2 },
    missing: [],
    left: [],
  })
  expect(writesOf(here)).toEqual([])
  expect(await here.namedKeys('assignments/')).toEqual([`assignments/${keyOf(shop)}`])
  here.start()
  await liveOn(here)
  expect(await here.keys('assignments/')).toHaveLength(3)
  expect(writesOf(here).filter((operation) => /delete/i.test(operation))).toEqual([])
})

test('a link that is bound to a user who was replaced is left out, so that the new user of the name gets nothing', async () => {
  const there = open()
  await grant(there, kim)
  const id = there.identityStore.idOf('USER', 'kim')
  if (id === undefined) throw new Error('kim is there')
  await there.finish(there.identityStore.deleteUser(id))
  there.identityStore.addPrincipal('USER', stablePrincipalId('USER', 'another kim'), 'kim')
  await liveOn(there)
  const { file, leftOut } = await exportOf(there)
  expect(leftOut.map(({ object }) => object)).toContain(kim)
  const lines = await Array.fromAsync(file.lines())
  expect(lines.filter(({ kind }) => kind === 'link')).toEqual([])
})

test('what the management account has stays as it is, and is told by a dry run too', async () => {
  const there = open()
  const arn = there.ssoAdmin.permissionSetArnOf('Reader')
  if (arn === undefined) throw new Error('Reader is there')
  await there.finish(adoptPermissionSet(arn, { ...there.ports, named: true, lackOf: () => undefined }))
  await grant(there, readers)
  const { file } = await exportOf(there)
  const here = open([given(shop), given('100000000001')], undefined, { caller: 'delegated-administrator' })
  const reason = expect.stringContaining("'Reader' is also assigned in the management account")
  const told = { received: reason, remedy: expect.stringContaining('remove its assignments') }
  const left = [
    { object: "the permission set 'Reader'", ...told },
    { object: keyOf(shop).slice(0, -'%ssofile'.length), ...told },
  ]
  for (const isDryRun of [true, false]) {
    const taken = await here.finish(takeOver(here, file, here.ports, isDryRun))
    expect(taken).toMatchObject({ permissionSets: { adopted: 0 }, assignments: { adopted: 0 }, left })
    // No lease limits the rate here.
    await here.clock.advance(1_000)
  }
  expect(await here.keys('owned_permission_sets/')).toEqual([])
  expect(await here.keys('assignments/')).toEqual([])
})

test('what somebody changed here is kept, and told', async () => {
  const there = open()
  await grant(there, readers)
  const { file } = await exportOf(there)
  const here = open()
  await here.ports.objects.put(readers, '{"reason":"mine"}')
  const taken = await here.finish(takeOver(here, file))
  expect(taken).toMatchObject({ links: { written: 0, there: 0 }, left: [{ object: readers }] })
})

test('each name without a counterpart is told, once', async () => {
  const there = open()
  await grant(there, readers, kim)
  const { file } = await exportOf(there)
  const here = new World({
    organization: organizationFile.parse({
      managementAccountId: '100000000001',
      root: { id: 'r-tiny', accounts: [account('100000000001'), account(data)] },
    }),
  })
  const { missing } = await here.finish(takeOver(here, file))
  expect(missing.map(({ object }) => object)).toEqual([
    'the account 200000000001',
    "the group 'readers'",
    "the permission set 'Reader'",
    "the user 'kim'",
  ])
})

test('access that exists here becomes ours while the deployment works, and history from the other side loses no entry', async () => {
  const there = open()
  const [early, late] = [`links_data/${keyOf(shop)}`, `links_data/${keyOf(data)}`]
  await grant(there, early, late)
  const { file } = await exportOf(there)
  const here = open([given(shop), given(data)])
  here.start()
  await liveOn(here)
  const ports = intercept(here.ports, async ({ operation, args: [key], proceed }) => {
    if (operation === 'put' && key === late) await here.clock.sleep(5_000)
    return proceed()
  })
  const taken = await here.finish(takeOver(here, file, ports))
  expect(taken).toMatchObject({ assignments: { adopted: 2, there: 0, toGrant: 0 }, history: { written: 2 }, left: [] })
  await liveOn(here)
  for (const link of [early, late]) expect(await here.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
  for (const link of [early, late]) await here.objects.delete(link)
  await liveOn(here)
  await liveOn(here)
  expect(here.ssoAdmin.assignments()).toEqual([])
})

test('an import that dies after any write is ended by the next one, and nothing is revoked or written twice', async () => {
  const there = open()
  await grant(there, readers, kim)
  const { file } = await exportOf(there)
  for (let last = 0; ; last += Math.ceil(stride / 4)) {
    const here = open([given(shop), given(data)])
    let writes = 0
    const dying = dyingPorts(here.ports, {
      at: ({ port, operation }) => port === 'objects' && /put|delete/.test(operation) && writes++ === last,
      when: 'after',
    })
    void takeOver(here, file, dying.ports)
    await here.clock.advance(10_000)
    const { left } = await here.finish(takeOver(here, file))
    expect({ last, left }).toEqual({ last, left: [] })
    expect({ last, writes: writesOf(here) }).toEqual({ last, writes: [] })
    here.start()
    await liveOn(here)
    expect({ last, entries: await here.namedKeys('assignments/') }).toEqual({
      last,
      entries: [keyOf(shop, 'kim%USER'), keyOf(shop), keyOf(data)].map((key) => `assignments/${key}`),
    })
    expect(writesOf(here).filter((operation) => /delete/i.test(operation))).toEqual([])
    if (!dying.isDead()) break
  }
})
