import { describe, expect, test } from '@jest/globals'
import { readAllStatuses } from '../../../../handlers/cli/status/read-all-statuses.ts'
import { readInCrowd } from '../../../../handlers/cli/status/read-in-crowd.ts'
import { countPendingDeletions, listUntold } from '../../../../handlers/cli/status/untold-inputs.ts'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { World } from '../../../world.ts'

const key = 'permission_sets/Untold-ps.json'
const file = (description: string) => JSON.stringify({ permissionSetName: 'Untold-ps', description })
const updatedAt = '2026-03-03T09:00:00.000Z'
const isWaitedFor = async ({ ports }: World) => (await listUntold(ports, await readAllStatuses(ports))).length > 0

async function openTold(): Promise<World> {
  const world = new World().start()
  await world.objects.put(key, file('first'))
  await world.until(async () => !(await isWaitedFor(world)), 'a status of the file')
  return world
}

test('a file that has just come is waited for until a status speaks of it', async () => {
  const world = new World().start()
  expect(await isWaitedFor(world)).toBe(false)
  await world.objects.put(key, file('first'))
  expect(await isWaitedFor(world)).toBe(true)
  await world.until(async () => !(await isWaitedFor(world)), 'a status of the file')
})

test('a link that waits for a permission set counts as not looked at once that is applied', async () => {
  const world = await openTold()
  const link = 'links_data/root%all%Untold-ps%team-security%GROUP%ssofile'
  await world.objects.put(link, '')
  await world.until(async () => !(await isWaitedFor(world)), 'a status of the link')
  const head = await world.objects.head(link)
  const waiting = {
    input: link,
    state: 'waiting',
    waitsFor: key,
    etag: head?.etag,
    updatedAt: '2026-03-03T09:00:00.000Z',
  }
  const lastModified = head?.lastModified.toISOString()
  await world.objects.put(`status/${link}.json`, JSON.stringify({ ...waiting, lastModified }))
  expect(await listUntold(world.ports, await readAllStatuses(world.ports))).toEqual([link])
})

test('a deleted link may still be held until nobody has to look at it any more', async () => {
  const world = await openTold()
  const link = 'links_data/root%all%Untold-ps%team-security%GROUP%ssofile'
  await world.objects.put(link, '')
  await world.until(async () => !(await isWaitedFor(world)), 'a status of the link')
  expect(await countPendingDeletions(world.ports)).toBe(0)
  await world.objects.delete(link)
  expect(await countPendingDeletions(world.ports)).toBe(1)
  await world.objects.put(`status/${link}.json`, JSON.stringify({ input: link, state: 'revoking', updatedAt }))
  expect(await countPendingDeletions(world.ports)).toBe(1)
  await world.objects.put(`status/${link}.json`, JSON.stringify({ input: link, state: 'held', updatedAt }))
  expect(await countPendingDeletions(world.ports)).toBe(0)
})

test('a request for temporary access is not waited for, whatever its status says', async () => {
  const world = await openTold()
  const status = { input: 'requests/id/x', state: 'waiting', etag: 'e', updatedAt: '2026-03-03T10:00:00.000Z' }
  await world.objects.put('status/requests/id/x.json', JSON.stringify(status))
  expect(await isWaitedFor(world)).toBe(false)
})

test('who reads all statuses is told how many are read of how many', async () => {
  const world = await openTold()
  const steps: string[] = []
  await readAllStatuses(world.ports, (step, counted) =>
    steps.push(counted ? `${step} ${counted.done} of ${counted.of}` : step),
  )
  expect(steps).toEqual(['listing statuses', 'reading statuses 1 of 1'])
})

test.each([
  ['uploaded with another content', (world: World) => world.objects.put(key, file('second'))],
  ['uploaded again as it was', (world: World) => world.objects.put(key, file('first'))],
  ['deleted', (world: World) => world.objects.delete(key)],
])('the status of a file that was since %s is not taken for its outcome', async (_, change) => {
  const world = await openTold()
  await world.clock.advance(1_000)
  await change(world)
  expect(await isWaitedFor(world)).toBe(true)
  await world.until(async () => !(await isWaitedFor(world)), 'a status of what was done last')
})

describe.each([
  ['groups/oncall.json', '{}'],
  ['memberships/oncall%kenji.ito@acme.example%ssofile', ''],
  ['memberships/no membership', ''],
  ['rules/oncall.json', '{ "department": ["Engineering"] }'],
  ['rules/no rule', ''],
  ['people/ana@acme.example.json', '{ "givenName": "Ana", "familyName": "Ruiz" }'],
  ['suspended/kenji.ito@acme.example', ''],
  ['access_control_attributes.json', '{}'],
])('the file about people %s', (input, body) => {
  test.each(['as its directory is', 'where people come from files'])('is waited for, %s', async (where) => {
    const directory = where === 'as its directory is' ? undefined : 'identity-center'
    const world = new World({ configuration: { directory } }).start()
    const isTold = async () => !(await isWaitedFor(world))
    await world.objects.put(input, body)
    expect(await isTold()).toBe(false)
    await world.until(isTold, 'a status of the file')
    await world.clock.advance(1_000)
    await world.objects.put(input, body)
    expect(await isTold()).toBe(false)
    await world.until(isTold, 'a status of the same file')
    await world.clock.advance(1_000)
    await world.objects.delete(input)
    await world.until(isTold, 'a status without the file')
  })
})

test.each([
  'links_data/no link',
  'links_data/undeclared/root%all%Untold-ps%team-security%GROUP%ssofile',
  'permission_sets/no name',
  'permission_sets/Bad-ps.json',
  `links_data/${'x'.repeat(950)}`,
])('a file that is rejected is waited for no longer: %s', async (input) => {
  const world = new World().start()
  await world.objects.put(input, '{')
  await world.until(async () => !(await isWaitedFor(world)), 'a status of the file')
  expect((await readAllStatuses(world.ports)).statuses).toMatchObject([{ input, state: 'rejected' }])
})

describe('among too many files that are not valid', () => {
  const limits = { ...defaultConfiguration.limits, notValidFiles: 2 }
  const bad = (index: number) => `links_data/team/bad ${index}`
  const valid = 'links_data/team/root%all%Untold-ps%team-security%GROUP%ssofile'

  async function openCrowd(): Promise<World> {
    const world = new World({ configuration: { folders: ['team'], limits } }).start()
    for (let index = 0; index < 9; index++) await world.objects.put(bad(index), '')
    await world.until(
      async () => (await world.json('status/too-many/folder team.json')) !== undefined,
      'a status of all together',
    )
    await world.clock.advance(1_000)
    return world
  }

  test('those without a status are not waited for', async () => {
    const world = await openCrowd()
    expect(await isWaitedFor(world)).toBe(false)
    await world.objects.put('links_data/new', '')
    expect(await isWaitedFor(world)).toBe(true)
  })

  test('one without a status is told to be rejected when it is asked for, and a valid one is not', async () => {
    const world = await openCrowd()
    const told = await Promise.all(Array.from({ length: 9 }, (_, index) => world.json(`status/${bad(index)}.json`)))
    const untold = bad(told.indexOf(undefined))
    expect(await readInCrowd(world.ports, untold)).toMatchObject({ input: untold, state: 'rejected' })
    await world.objects.put(valid, '')
    expect(await readInCrowd(world.ports, valid)).toBeUndefined()
  })

  test('a group without a status is told to be rejected for its own fault', async () => {
    const world = new World({ configuration: { limits } }).start()
    const file = (index: number) => `groups/bad${index}.json`
    for (let index = 0; index < 4; index++) {
      await world.objects.put(file(index), '{')
      await world.clock.advance(2_000)
    }
    expect(await world.json(`status/${file(3)}.json`)).toBeUndefined()
    expect(await readInCrowd(world.ports, file(3))).toMatchObject({
      input: file(3),
      state: 'rejected',
      reason: expect.stringContaining('a file that ends at line 1'),
    })
    await world.objects.put(file(3), '')
    expect(await readInCrowd(world.ports, file(3))).toBeUndefined()
  })
})
