import { expect, test } from '@jest/globals'
import { findChangesBack } from '../../../../handlers/cli/folder/bring-back.ts'
import { restoredPlaces } from '../../../../handlers/cli/folder/input-parts.ts'
import { pushChanges } from '../../../../handlers/cli/folder/push-changes.ts'
import { restoreRecords } from '../../../../handlers/cli/operations/restore.ts'
import { emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { endSession } from '../../../../shared/domain/sessions/ended-sessions.ts'
import { brakeFile, brakeFileRecord, readBrake } from '../../../../shared/reconcile/records/brake-file.ts'
import { readEndedSessions, recordEndedSessions } from '../../../../shared/reconcile/records/ended-sessions.ts'
import { MemoryObjectVersions } from '../../../memory-object-versions.ts'
import { Grouping } from '../people/grouping.ts'

const lars = 'lars.jensen@acme.example'
const renamed = 'lars.berg@acme.example'
const linkOf = (user: string) => `links_data/account%233000000002%ReadOnly-ps%${user}%USER%ssofile`

/** A versioned bucket with a permission set. */
async function open(options: ConstructorParameters<typeof Grouping>[0] = {}): Promise<Grouping> {
  const grouping = new Grouping({ folders: [], ...options })
  grouping.world.objects.model.setVersioning('Enabled')
  await grouping.put('permission_sets/ReadOnly-ps.json', { permissionSetName: 'ReadOnly-ps', description: 'reads' })
  return grouping
}

async function pass({ world }: Grouping, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await world.clock.advance(61_000)
    // Without the owner of the bucket, ssofile refuses to work.
    await world.finish(world.everyMinute()).catch(() => undefined)
  }
}

async function reconcile(grouping: Grouping): Promise<void> {
  await grouping.world.finish(grouping.world.everyFiveMinutes())
  await grouping.world.finish(grouping.world.everyHour())
  await pass(grouping, 3)
}

/** Somebody deletes these objects. Operators restore, governance and HR bring their files back, operators restore again. */
async function loseAndRestore(
  grouping: Grouping,
  afterDeletionOf?: (key: string) => Promise<unknown>,
): Promise<string> {
  const { world } = grouping
  const at = world.clock.now()
  await world.clock.advance(2_000)
  for (const key of await world.keys('')) {
    await world.objects.as('vandal').delete(key)
    await afterDeletionOf?.(key)
  }
  await pass(grouping, 2)
  const versions = new MemoryObjectVersions(world.objects.model)
  const progress = { tell: () => {}, end: () => {} }
  const run = async () =>
    world.finish(
      restoreRecords({ ports: world.ports, versions, readCaller: async () => 'olga', progress }, { yes: true }),
    )
  const { text } = await run()
  await pass(grouping, 2)
  const places = restoredPlaces('governance', 'people', 'credentials')
  const { changes } = await findChangesBack(world.objects, versions, { places, at })
  await world.finish(pushChanges(world.ports, { ...changes, deletions: [] }))
  await pass(grouping, 2)
  expect(await run()).toMatchObject({ exitCode: 0 })
  await pass(grouping, 2)
  await reconcile(grouping)
  return text
}

const hasAccess = ({ world }: Grouping, user: string) =>
  world.ssoAdmin
    .assignments()
    .some(({ principalId, accountId }) => principalId === user && accountId === '233000000002')

test('a suspended person whom the directory renamed gets no access after everything was lost and restored', async () => {
  const grouping = await open()
  const { world } = grouping
  const id = grouping.id('USER', lars)
  await grouping.put(`suspended/${lars}`, { reason: 'arrested' })
  await grouping.until(`suspended/${lars}`, 'suspended')
  await world.identityStore.updateUser(id, [{ path: 'userName', value: renamed }])
  await world.objects.put(linkOf(renamed), '')
  await grouping.until(linkOf(renamed), 'waiting')
  expect(hasAccess(grouping, id)).toBe(false)
  await loseAndRestore(grouping)
  expect(hasAccess(grouping, id)).toBe(false)
  expect(await grouping.status(`suspended/${lars}`)).toMatchObject({ state: 'suspended', principalId: id })
})

test('a namesake of a deleted user does not get that access after everything was lost and restored', async () => {
  const grouping = await open()
  const { world } = grouping
  const id = grouping.id('USER', lars)
  await world.objects.put(linkOf(lars), '')
  await grouping.until(linkOf(lars), 'applied')
  await world.identityStore.deleteUser(id)
  await reconcile(grouping)
  const namesake = await world.identityStore.createUser({ userName: lars })
  await reconcile(grouping)
  const text = await loseAndRestore(grouping)
  expect(text).toContain('brought back: 1 file: which user it means\n')
  expect(hasAccess(grouping, namesake)).toBe(false)
  expect(await grouping.status(linkOf(lars))).toMatchObject({ state: 'waiting', principalId: id })
})

test('a person under people/ who leaves after everything was lost and restored is suspended', async () => {
  const ana = 'ana.ruiz@acme.example'
  const file = `people/${ana}.json`
  const grouping = await open({ directory: 'identity-center' })
  const { world } = grouping
  await grouping.put(file, { displayName: 'Ana Ruiz', givenName: 'Ana', familyName: 'Ruiz' })
  await grouping.until(file, 'applied')
  await world.objects.put(linkOf(ana), '')
  await grouping.until(linkOf(ana), 'applied')
  const id = grouping.id('USER', ana)
  await world.finish(world.everyFiveMinutes())
  await loseAndRestore(grouping)
  expect(await grouping.status(file)).toMatchObject({ state: 'applied' })
  expect(hasAccess(grouping, id)).toBe(true)
  await grouping.delete(file)
  await reconcile(grouping)
  expect(await world.keys('suspended/')).toEqual([`suspended/${ana}`])
  expect(hasAccess(grouping, id)).toBe(false)
})

test('sessions that an operator ended stay denied after everything was lost and restored', async () => {
  const grouping = await open()
  const { world } = grouping
  const user = grouping.id('USER', lars)
  const ended = { user, name: lars, permissionSet: permissionSetName.parse('ReadOnly-ps'), by: 'olga' }
  await recordEndedSessions(world.objects, [endSession(ended, world.clock.now())])
  await loseAndRestore(grouping)
  expect((await readEndedSessions(world.objects)).ended).toMatchObject([ended])
})

test.each([
  ['nothing was counted in between', false],
  ['the dispatcher began a new record in between', true],
])('access that the brake held is still held after everything was lost and restored, and %s', async (_, isNew) => {
  const { brake } = configuration.parse({})
  const grouping = await open({ brake: { ...brake, own: { ...brake.own, count: 1, percent: 0 } } })
  const { world } = grouping
  const links = ['3000000002', '3000000001', '3000000003'].map((account) => linkOf(lars).replace('3000000002', account))
  for (const link of links) await world.objects.put(link, '')
  for (const link of links) await grouping.until(link, 'applied')
  for (const link of links) await world.objects.delete(link)
  await pass(grouping, 3)
  const held = async () => (await readBrake(world.objects))?.lists.flatMap((list) => [...list.held])
  const before = await held()
  expect(before).toHaveLength(2)
  await loseAndRestore(grouping, async (key) => {
    if (isNew && key === brakeFileRecord.at) await brakeFile(world.objects).write(emptyBrake, undefined)
  })
  expect(await held()).toEqual(before)
})
