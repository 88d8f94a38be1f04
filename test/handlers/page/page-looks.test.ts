import { expect, test } from '@jest/globals'
import { PageLooks } from '../../../handlers/page/page-looks.ts'
import { type AccountId, accountId } from '../../../shared/domain/organization/account-id.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { ServedDirectory } from '../../../shared/reconcile/calls/served-directory.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { Policies } from '../../../shared/reconcile/records/policies.ts'
import { writeMarks } from '../../../shared/reconcile/records/ranges.ts'
import { intercept } from '../../intercept.ts'
import { World } from '../../world.ts'

const listingMs = 100

/** A listing of access that takes this long for each row, as one of S3 does for each thousand. */
function slowPorts({ ports, objects, clock }: World): Ports {
  const list: ObjectStore['list'] = async function* (prefix, options) {
    for await (const head of objects.list(prefix, options)) {
      if (prefix === 'access/') await clock.sleep(listingMs)
      yield head
    }
  }
  return { ...ports, objects: Object.assign(Object.create(objects), { get: objects.get.bind(objects), list }) }
}

const open = (world: World, ports: Ports) =>
  new PageLooks(ports, world.configuration, {
    organization: new OrganizationCache(ports, world.configuration.folders),
    policies: new Policies(ports),
  })

test('a page that has just started lists several ranges of accounts at the same time', async () => {
  const world = new World()
  const ids = Array.from({ length: 20 }, (_, nth) => accountId.parse(String(nth).padStart(12, '0')))
  for (const id of ids) await world.objects.put(`access/account%${id}%Read-ps%ana%USER%ours`, '')
  // As if each account had ten thousand entries: two accounts are a range.
  await writeMarks(
    world.objects,
    ids.flatMap((id) => Array<AccountId>(10).fill(id)),
  )
  const ports = slowPorts(world)
  const looks = open(world, ports)
  const beganMs = world.clock.monotonicMs()
  const { body } = await world.finish(looks.everybody([]), listingMs)
  expect(JSON.parse(body).rows.map(({ account }: { account: string }) => account)).toEqual(ids)
  // A range has at most three rows, and its listing ends at the first row behind it.
  expect(world.clock.monotonicMs() - beganMs).toBeLessThanOrEqual(5 * listingMs)
})

type Listed = { readonly members: Readonly<Record<string, readonly string[] | null>>; readonly next: string | null }

/** The groups that have access in the directory, and a directory where the members of each take so many listings, of so many milliseconds. */
async function openGroups(names: readonly string[], { listings, ms }: { listings: number; ms: number }) {
  const world = new World()
  for (const name of names) {
    await world.identityStore.createGroup({ displayName: name })
    await world.clock.advance(60)
    await world.objects.put(`access/account%233000000002%Read-ps%${name}%GROUP%ours`, '')
  }
  const ports = intercept(world.ports, async ({ operation, args: [, token = '1'], proceed }) => {
    if (operation !== 'listMembersOf') return proceed()
    await world.clock.sleep(ms)
    const nth = Number(token)
    return { items: [], nextToken: nth < listings ? String(nth + 1) : undefined }
  })
  const looks = open(world, { ...ports, identityStore: new ServedDirectory(ports, 'page').recent })
  const ask = async (after: string): Promise<Listed & { readonly seconds: number }> => {
    const beganMs = world.clock.monotonicMs()
    const { body } = await world.finish(looks.members(after))
    return { ...JSON.parse(body), seconds: (world.clock.monotonicMs() - beganMs) / 1_000 }
  }
  return { ask }
}

test('groups with many members come as many as can be read in some seconds, and the others with the next question', async () => {
  const names = Array.from({ length: 80 }, (_, nth) => `team-${String(nth).padStart(3, '0')}`)
  const { ask } = await openGroups(names, { listings: 6, ms: 100 })
  const told: Listed[] = []
  for (let after: string | null = ''; after !== null; after = told.at(-1)?.next ?? null) {
    const { seconds, ...one }: Awaited<ReturnType<typeof ask>> = await ask(after)
    expect(seconds).toBeLessThan(15)
    told.push(one)
  }
  expect(told.length).toBeGreaterThan(1)
  expect(told.flatMap(({ members }) => Object.keys(members))).toEqual(names)
})

test('a group that takes longer than an answer may comes when it is asked for again, and is not read twice', async () => {
  const { ask } = await openGroups(['team'], { listings: 3, ms: 10_000 })
  const first = await ask('')
  expect(first).toMatchObject({ members: {}, next: '' })
  expect(first.seconds).toBeLessThan(25)
  const again = await ask('')
  expect(again).toMatchObject({ members: { team: [] }, next: null })
  expect(again.seconds).toBeLessThan(15)
})
