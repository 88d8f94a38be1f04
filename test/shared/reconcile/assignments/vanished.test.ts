import { expect, test } from '@jest/globals'
import { listHeld } from '../../../../shared/domain/brake/lists.ts'
import type { PrincipalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { statusKey } from '../../../../shared/reconcile/records/status-store.ts'
import { acme, World } from '../../../world.ts'

const issuer = 'https://scim.aws.com/acme'
const linkOf = (user: string) => `links_data/account%233000000002%Support-ps%${user}%USER%ssofile`

/** Users whom a provider made, each with a link that is applied. */
class Synced {
  readonly world = new World({ organization: { ...acme(), assignments: [] } }).start()
  readonly people: readonly string[]

  constructor(count: number) {
    this.people = Array.from({ length: count }, (_, nth) => `user-${nth}@acme.example`)
  }

  static async begin(count: number): Promise<Synced> {
    const synced = new Synced(count)
    const { objects } = synced.world
    for (const name of synced.people) await synced.make(name)
    await objects.put('permission_sets/Support-ps.json', JSON.stringify({ permissionSetName: 'Support-ps' }))
    for (const name of synced.people) await objects.put(linkOf(name), '')
    await synced.until(async () => (await synced.holders()).length === count, 'everybody has access')
    return synced
  }

  async make(name: string): Promise<PrincipalId> {
    await this.world.clock.advance(200)
    const id = await this.world.identityStore.createUser({ userName: name })
    this.world.identityStore.setExternalIdOfUser(id, { issuer, id: name })
    return id
  }

  /** The events are lost: the hourly comparison finds who vanished. */
  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.world.clock.advance(200)
      await this.world.identityStore.deleteUser(this.world.identityStore.idOf('USER', name) ?? '')
    }
    await this.compare()
  }

  async compare(): Promise<void> {
    await this.world.finish(this.world.everyHour())
    await this.world.clock.advance(60_000)
    await this.world.finish(this.world.everyFiveMinutes())
    await this.world.clock.advance(60_000)
  }

  async holders(): Promise<readonly PrincipalId[]> {
    return this.world.ssoAdmin
      .assignments()
      .flatMap(({ principalId, principalType }) => (principalType === 'USER' ? [principalId] : []))
  }

  async brake() {
    return (await brakeFile(this.world.objects).read())?.value
  }

  async state(name: string): Promise<string | undefined> {
    return ((await this.world.json(statusKey(linkOf(name)))) as { state: string } | undefined)?.state
  }

  until(holds: () => Promise<boolean>, what: string): Promise<void> {
    return this.world.until(holds, what)
  }
}

test('ten users of thirty who vanish within an hour are an accident: what is left of their access is one list until it is released', async () => {
  const synced = await Synced.begin(30)
  const gone = synced.people.slice(0, 20)
  await synced.remove(gone)
  const [list, ...others] = (await synced.brake())?.lists ?? []
  expect(others).toEqual([])
  expect(list).toMatchObject({ rule: 'indirect', cause: 'directory', name: 'USER', limit: 9, minutes: 60, passed: 9 })
  expect([list?.items.length, list?.held.length]).toEqual([11, 11])
  expect(synced.world.metrics.sumOf('BrakeHolds')).toBeGreaterThan(0)
  expect(await synced.holders()).toHaveLength(21)
  // Somebody who is disabled meanwhile loses access at once.
  const disabled = synced.people[25] ?? ''
  synced.world.identityStore.setUserStatus(synced.world.identityStore.idOf('USER', disabled) ?? '', 'DISABLED')
  await synced.compare()
  expect(await synced.state(disabled)).toBe('waiting')
  expect(await synced.holders()).toHaveLength(20)
  if (list) await releaseList(synced.world.objects, digestOf(list), 'an operator')
  await synced.world.finish(synced.world.everyMinute())
  await synced.until(async () => (await synced.holders()).length === 9, 'the released access to be gone')
  await synced.compare()
  expect(listHeld((await synced.brake()) ?? { lists: [], contents: [], windows: [], releases: [] })).toEqual([])
})

test('nine of thirty may leave within an hour', async () => {
  const synced = await Synced.begin(30)
  await synced.remove(synced.people.slice(0, 9))
  expect((await synced.brake())?.lists ?? []).toEqual([])
  expect(await synced.holders()).toHaveLength(21)
})

test('when the provider makes them again, nothing is held any more, and everybody has access', async () => {
  const synced = await Synced.begin(30)
  await synced.remove(synced.people)
  expect((await synced.brake())?.lists).toHaveLength(1)
  const ids: PrincipalId[] = []
  for (const name of synced.people) ids.push(await synced.make(name))
  for (let hour = 0; hour < 3; hour++) await synced.compare()
  expect((await synced.brake())?.lists).toEqual([])
  expect((await synced.holders()).toSorted()).toEqual(ids.toSorted())
  for (const name of synced.people) expect(await synced.state(name)).toBe('applied')
  expect(synced.world.errors).toEqual([])
})
