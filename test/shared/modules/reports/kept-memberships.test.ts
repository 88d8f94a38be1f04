import { expect, test } from '@jest/globals'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { KeptMemberships } from '../../../../shared/modules/reports/write-report.ts'
import { World } from '../../../world.ts'

const idOf = (index: number) => principalId.parse(`00000000-0000-0000-0000-${String(index).padStart(12, '0')}`)
const groups = Array.from({ length: 2_300 }, (_, index) => idOf(index))

/** Each group has two members, on two pages. `diesAfter`: so many groups are read. */
async function read(world: World, date: string, diesAfter = Number.POSITIVE_INFINITY) {
  const asked = new Set<string>()
  const identityStore = new Proxy(world.identityStore, {
    get: () => async (groupId: string, token?: string) => {
      asked.add(groupId)
      return token === undefined ? { items: [idOf(1)], nextToken: 'more' } : { items: [idOf(2)], nextToken: undefined }
    },
  })
  const kept = new KeptMemberships(world.objects, date)
  await kept.read()
  const store = kept.of(identityStore)
  const members: string[] = []
  for (const group of groups.slice(0, diesAfter)) {
    const first = await store.listMembersOf(group)
    const rest = first.nextToken === undefined ? { items: [] } : await store.listMembersOf(group, first.nextToken)
    members.push(...first.items, ...rest.items)
  }
  return { kept, asked: asked.size, members: members.length }
}

test('a report that ran out of time reads only the groups that are left, and has the members of all', async () => {
  const world = new World()
  expect(await read(world, '2026-03-03', 2_200)).toMatchObject({ asked: 2_200 })
  const { kept, ...again } = await read(world, '2026-03-03')
  expect(again).toEqual({ asked: 300, members: 4_600 })
  await kept.forget()
  expect(await world.keys('state/report/')).toEqual([])
})

test('the report of another day reads all groups again, and so does one whose notes cannot be read', async () => {
  const world = new World()
  await read(world, '2026-03-03')
  expect(await read(world, '2026-03-04')).toMatchObject({ asked: 2_300 })
  for (const key of await world.keys('state/report/2026-03-03/')) await world.objects.put(key, '?')
  expect(await read(world, '2026-03-03')).toMatchObject({ asked: 2_300 })
})
