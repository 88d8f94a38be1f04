import { expect, test } from '@jest/globals'
import { organizationFile } from '../../shared/memory/organization-file.ts'
import { isShallow } from '../depth.ts'
import { World } from '../world.ts'

const account = '200000000001'
const userLink = `links_data/account%${account}%Reader%uma%USER%ssofile`
/** Most wait for nobody: what is asked about them is who uploaded them. */
const links = [
  userLink,
  `links_data/root%all%Reader%readers%GROUP%ssofile`,
  ...Array.from(
    { length: isShallow ? 58 : 298 },
    (_, nth) => `links_data/account%${account}%Reader%team-${nth}%GROUP%ssofile`,
  ),
]
/** What every dispatcher asks on start, whatever woke it. */
const ofStart = /^(list|describe)(AccountAssignmentCreationStatus|AccountAssignmentDeletionStatus|AssignmentRequest)/i

function open(): World {
  const inFile = (id: string) => ({ id, name: `account-${id}`, email: `aws+${id}@tiny.example` })
  return new World({
    organization: organizationFile.parse({
      managementAccountId: '100000000001',
      root: { id: 'r-tiny', accounts: [inFile('100000000001'), inFile(account)] },
      groups: ['readers'],
      users: ['uma'],
      permissionSets: [{ permissionSetName: 'Reader' }],
    }),
  }).start()
}

async function uploadAll(world: World, as: string): Promise<void> {
  for (const link of links) await world.objects.as(as).put(link, '')
  await world.clock.advance(5_000)
  for (let minute = 0; minute < 2; minute++) {
    await world.finish(world.everyMinute(), 1_000)
    await world.clock.advance(60_000)
  }
}

/** What statuses and the ledger say of who uploaded each link, and to whom it is bound. */
async function records(world: World): Promise<unknown> {
  const statuses = await Promise.all(links.map((link) => world.json(`status/${link}.json`)))
  const told = statuses.map((status) => [status?.state, status?.by, status?.principalId])
  const entries = await Promise.all((await world.namedKeys('assignments/')).map((key) => world.json(key)))
  return { told, links: entries.map((entry) => entry?.links) }
}

test('the links of a fresh clone, uploaded again by somebody else, change no binding and no uploader, and call nothing', async () => {
  const world = open()
  await uploadAll(world, 'maria')
  const before = await records(world)
  expect(JSON.stringify(before).match(/maria/g)?.length).toBeGreaterThanOrEqual(links.length)
  expect(await world.namedKeys('assignments/')).toHaveLength(2)
  const calls = world.calls.length
  await uploadAll(world, 'lars')
  expect(await records(world)).toEqual(before)
  expect(world.calls.slice(calls).filter((operation) => !ofStart.test(operation))).toEqual([])
})

test('a user who was deleted and made again under the old name gets nothing by such an upload', async () => {
  const world = open()
  await world.objects.as('maria').put(userLink, '')
  await world.clock.advance(30_000)
  const first = world.identityStore.idOf('USER', 'uma')
  if (first === undefined) throw new Error('uma is there')
  await world.identityStore.deleteUser(first)
  await world.identityStore.createUser({ userName: 'uma' })
  const second = world.identityStore.idOf('USER', 'uma')
  await world.objects.as('lars').put(userLink, '')
  await world.clock.advance(30_000)
  await world.finish(world.everyHour())
  await world.clock.advance(60_000)
  expect(second).not.toBe(first)
  expect(world.ssoAdmin.assignments().map(({ principalId }) => principalId)).not.toContain(second)
  expect(await world.json(`status/${userLink}.json`)).toMatchObject({ state: 'waiting', principalId: first })
})
