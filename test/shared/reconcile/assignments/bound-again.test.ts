import { expect, test } from '@jest/globals'
import type { PrincipalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { statusKey } from '../../../../shared/reconcile/records/status-store.ts'
import { World } from '../../../world.ts'

const people = ['ana', 'ben', 'cleo'].map((name) => `${name}@acme.example`)
const linkOf = (user: string) => `links_data/account%233000000002%Support-ps%${user}%USER%ssofile`
const issuer = 'https://scim.aws.com/acme'

/** Users whom a provider made, each with a link that is applied. */
class Synced {
  readonly world = new World().start()

  static async begin(): Promise<Synced> {
    const synced = new Synced()
    for (const name of people) await synced.make(name)
    await synced.world.objects.put(
      'permission_sets/Support-ps.json',
      JSON.stringify({ permissionSetName: 'Support-ps' }),
    )
    for (const name of people) await synced.world.objects.put(linkOf(name), '')
    for (const name of people) await synced.until(linkOf(name), 'applied')
    return synced
  }

  /** As the provider does it. */
  async make(name: string, externalId: string = name): Promise<PrincipalId> {
    await this.world.clock.advance(200)
    const id = await this.world.identityStore.createUser({ userName: name })
    this.world.identityStore.setExternalIdOfUser(id, { issuer, id: externalId })
    return id
  }

  idOf(name: string): PrincipalId {
    const id = this.world.identityStore.idOf('USER', name)
    if (id === undefined) throw new Error(`there is no ${name}`)
    return id
  }

  async remove(name: string): Promise<void> {
    await this.world.clock.advance(200)
    await this.world.identityStore.deleteUser(this.idOf(name))
  }

  /** The events of the directory are lost; the hourly comparison finds the changes. */
  async reconcile(): Promise<void> {
    await this.world.finish(this.world.everyHour())
    await this.world.clock.advance(30_000)
    await this.world.finish(this.world.everyFiveMinutes())
    await this.world.clock.advance(30_000)
  }

  async status(key: string) {
    return (await this.world.json(statusKey(key))) as
      | { state: string; reason?: string; principalId?: string; boundAgain?: { former: string } }
      | undefined
  }

  until(key: string, state: string | undefined): Promise<void> {
    return this.world.until(async () => (await this.status(key))?.state === state, `${key} as ${state}`)
  }
}

test('users whom their provider deleted and made again with the same ExternalIds have their links by themselves', async () => {
  const synced = await Synced.begin()
  const before = new Map(people.map((name) => [name, synced.idOf(name)]))
  for (const name of people) await synced.remove(name)
  await synced.reconcile()
  for (const name of people) await synced.until(linkOf(name), 'waiting')
  for (const name of people) await synced.make(name)
  await synced.reconcile()
  for (const name of people) {
    await synced.until(linkOf(name), 'applied')
    expect(await synced.status(linkOf(name))).toMatchObject({
      principalId: synced.idOf(name),
      boundAgain: { former: before.get(name) },
      reason: expect.stringContaining(`(before: ${before.get(name)})`),
    })
  }
  const changes = (await synced.world.keys('changes/')).filter((key) => key.includes('%bound-again%'))
  expect(changes.map((key) => key.split('%bound-again%')[1]).toSorted()).toEqual(people.map(linkOf).toSorted())
  expect(synced.world.errors).toEqual([])
})

test('a membership is bound again in the same way, and says so', async () => {
  const synced = await Synced.begin()
  const { world } = synced
  const [ana = ''] = people
  const file = `memberships/oncall%${ana}%ssofile`
  await world.objects.put('groups/oncall.json', '')
  await world.objects.put(file, '')
  await synced.until(file, 'applied')
  const former = synced.idOf(ana)
  await synced.remove(ana)
  await synced.reconcile()
  await synced.until(file, 'waiting')
  const id = await synced.make(ana)
  await synced.reconcile()
  await synced.until(file, 'applied')
  expect(await synced.status(file)).toMatchObject({
    principalId: id,
    boundAgain: { former },
    reason: expect.stringContaining(`(before: ${former})`),
  })
  const groups = world.identityStore.groupIdsOf(id).map((group) => world.identityStore.nameOf('GROUP', group))
  expect(groups).toEqual(['oncall'])
  expect((await world.keys('changes/')).filter((key) => key.endsWith(`%bound-again%${file}`))).toHaveLength(1)
  expect(world.errors).toEqual([])
})

test.each([
  ['other ExternalIds', (synced: Synced, name: string) => synced.make(name, 'somebody else')],
  ['no ExternalIds', (synced: Synced, name: string) => synced.world.identityStore.createUser({ userName: name })],
])('a new user of the name with %s waits for a person', async (_, make) => {
  const synced = await Synced.begin()
  const [ana = ''] = people
  const former = synced.idOf(ana)
  await synced.remove(ana)
  await synced.reconcile()
  await synced.until(linkOf(ana), 'waiting')
  await make(synced, ana)
  await synced.reconcile()
  await synced.world.clock.advance(60_000)
  expect(await synced.status(linkOf(ana))).toMatchObject({
    state: 'waiting',
    reason: expect.stringContaining(`no longer the user that this link was applied to (${former})`),
  })
})

test('a suspended person stays suspended under the new id, also under another name', async () => {
  const synced = await Synced.begin()
  const [ana = ''] = people
  const former = synced.idOf(ana)
  await synced.world.objects.put(`suspended/${ana}`, '')
  await synced.until(linkOf(ana), 'waiting')
  await synced.remove(ana)
  await synced.reconcile()
  const renamed = 'ana.ruiz@acme.example'
  const id = await synced.make(renamed, ana)
  expect(id).not.toBe(former)
  await synced.world.objects.put(linkOf(renamed), '')
  await synced.until(linkOf(renamed), 'waiting')
  expect((await synced.status(linkOf(renamed)))?.reason).toContain('suspended')
})

test.each(['before the user left', 'after the user left'])(
  'the next user with a name gets nothing by the link of a former one, although its status was lost %s',
  async (when) => {
    const synced = await Synced.begin()
    const { world } = synced
    const [ana = ''] = people
    const lose = () => world.objects.delete(statusKey(linkOf(ana)))
    if (when === 'before the user left') await lose()
    await synced.remove(ana)
    await synced.reconcile()
    if (when === 'after the user left') await lose()
    const other = await synced.make(ana, 'somebody else')
    for (let hour = 0; hour < 2; hour++) await synced.reconcile()
    expect(world.ssoAdmin.assignments().filter(({ principalId }) => principalId === other)).toEqual([])
    expect(await synced.status(linkOf(ana))).toMatchObject({ state: 'waiting' })
  },
)

test('a link that somebody deleted and uploaded again is for the user who has the name now', async () => {
  const synced = await Synced.begin()
  const { world } = synced
  const [ana = ''] = people
  await synced.remove(ana)
  await synced.reconcile()
  await world.objects.delete(linkOf(ana))
  await synced.reconcile()
  const other = await synced.make(ana, 'somebody else')
  await world.objects.put(linkOf(ana), '')
  await synced.until(linkOf(ana), 'applied')
  expect(await synced.status(linkOf(ana))).toMatchObject({ principalId: other })
})
