import { expect, test } from '@jest/globals'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import { permissionSetFile, smallOrganization } from '../../../end-to-end/small-organization.ts'
import { World } from '../../../world.ts'

const organization = organizationFile.parse(
  smallOrganization({ groups: ['admins'], users: ['ana', 'bo', 'cy', 'dee'] }),
)
const linkOf = (user: string, type = 'USER') => `links_data/account%200000000001%Read-ps%${user}%${type}%ssofile`
const minute = 60_000

async function open(): Promise<World> {
  const world = new World({ organization }).start()
  await world.objects.put('permission_sets/Read-ps.json', permissionSetFile('Read-ps'))
  await world.clock.advance(2 * minute)
  return world
}

const has = (world: World, user: string) =>
  world.ssoAdmin.assignments().some(({ principalId }) => principalId === world.identityStore.idOf('USER', user))

async function report(world: World) {
  await world.finish(world.everyMorning())
  const month = world.clock.now().toISOString().slice(0, 7)
  const csv = new TextDecoder().decode((await world.objects.get(`reports/lifecycle/${month}.csv`))?.body)
  const rows = csv
    .split('\r\n')
    .slice(1, -1)
    .map((line) => line.slice(1, -1).split('","'))
  const summary = await world.json(`reports/lifecycle/${month}.json`)
  const lines = rows.map(([person = '', , what = '', from = '', until = '', seconds = '', by = '']) => ({
    who: `${person} ${what}`,
    from,
    until,
    seconds: seconds === '' ? undefined : Number(seconds),
    by,
  }))
  return { lines, summary }
}

test('a joiner waits from the upload of what asks first until access is there', async () => {
  const world = await open()
  await world.objects.put(linkOf('ana'), '')
  await world.objects.put('groups/oncall.json', '')
  await world.objects.put('memberships/oncall%bo%ssofile', '')
  await world.until(() => has(world, 'ana'), 'the access')
  await world.clock.advance(5 * minute)
  const { lines, summary } = await report(world)
  expect(lines.map(({ who, by }) => [who, by])).toEqual([
    ['ana joined', linkOf('ana')],
    ['bo joined', 'memberships/oncall%bo%ssofile'],
  ])
  for (const { seconds } of lines) expect(seconds).toBeLessThan(120)
  expect(summary).toMatchObject({
    joined: { people: 2, open: 0 },
    left: { people: 0, open: 0 },
    orphans: 0,
    expired: 0,
  })
})

test('a joiner for whom a file lay there before waits from the day on which there is such a user', async () => {
  const world = await open()
  await world.objects.put(linkOf('eve'), '')
  await world.clock.advance(24 * 60 * minute)
  await world.identityStore.createUser({ userName: 'eve' })
  const createdAt = world.clock.now().toISOString()
  await world.finish(world.everyHour())
  await world.until(() => has(world, 'eve'), 'the access')
  await world.clock.advance(5 * minute)
  const { lines } = await report(world)
  expect(lines).toMatchObject([{ who: 'eve joined', from: createdAt }])
  expect(lines[0]?.seconds).toBeLessThan(3600)
})

test('a leaver takes from the upload of the file, or from when the directory was seen without the user, until nothing is left', async () => {
  const world = await open()
  for (const user of ['ana', 'bo', 'cy']) await world.objects.put(linkOf(user), '')
  await world.until(() => ['ana', 'bo', 'cy'].every((user) => has(world, user)), 'the access')
  await world.clock.advance(10 * minute)
  const leftAt = world.clock.now().getTime()
  await world.objects.put('suspended/ana', '{ "reason": "left" }')
  world.identityStore.setUserStatus(world.identityStore.idOf('USER', 'bo') ?? '', 'DISABLED')
  await world.clock.advance(2 * minute)
  await world.finish(world.everyHour())
  await world.until(() => !has(world, 'ana') && !has(world, 'bo'), 'the revocation')
  await world.clock.advance(5 * minute)
  const { lines, summary } = await report(world)
  const left = lines.filter(({ who }) => who.endsWith(' left'))
  expect(left.map(({ who, by }) => [who, by])).toEqual([
    ['ana left', 'suspended'],
    ['bo left', 'left'],
  ])
  for (const { from, seconds } of left) {
    expect(Math.abs(Date.parse(from) - leftAt)).toBeLessThan(4 * minute)
    expect(seconds).toBeLessThan(200)
  }
  expect(summary).toMatchObject({ joined: { people: 3 }, left: { people: 2, open: 0 } })
})

test('a leaver who still has something is not done', async () => {
  const world = await open()
  await world.objects.put(linkOf('ana'), '')
  await world.until(() => has(world, 'ana'), 'the access')
  await world.finish(world.everyHour())
  await world.objects.put(
    'control/pause.json',
    JSON.stringify({ v: 1, by: 'op', at: world.clock.now().toISOString(), reason: 'x' }),
  )
  await world.clock.advance(2 * minute)
  await world.objects.put('suspended/ana', '')
  await world.clock.advance(2 * minute)
  const { lines, summary } = await report(world)
  expect(lines.filter(({ who }) => who === 'ana left')).toMatchObject([{ until: '', seconds: undefined }])
  expect(summary).toMatchObject({ left: { people: 1, open: 1 } })
})

test('a leaver who has access of ssofile through a group of the provider is not done', async () => {
  const world = await open()
  const [group, user] = [
    world.identityStore.idOf('GROUP', 'admins') ?? '',
    world.identityStore.idOf('USER', 'ana') ?? '',
  ]
  await world.identityStore.createGroupMembership(group, user)
  await world.objects.put(linkOf('admins', 'GROUP'), '')
  await world.objects.put(linkOf('bo'), '')
  await world.until(() => has(world, 'bo'), 'the access')
  for (const one of ['ana', 'cy']) await world.objects.put(`suspended/${one}`, '')
  await world.clock.advance(5 * minute)
  const { lines } = await report(world)
  expect(lines.filter(({ who }) => who.endsWith('left')).map(({ who, seconds }) => [who, seconds])).toEqual([
    ['ana left', undefined],
    ['cy left', 0],
  ])
})

test('a leaver whom a ledger entry that nobody can read names, directly or through a group, is not done', async () => {
  const world = await open()
  const [group, user] = [
    world.identityStore.idOf('GROUP', 'admins') ?? '',
    world.identityStore.idOf('USER', 'bo') ?? '',
  ]
  await world.identityStore.createGroupMembership(group, user)
  for (const link of [linkOf('ana'), linkOf('admins', 'GROUP')]) await world.objects.put(link, '')
  await world.until(() => has(world, 'ana'), 'the access')
  await world.clock.advance(5 * minute)
  for (const key of await world.keys('assignments/')) await world.objects.put(key, '{"v":1,')
  for (const one of ['ana', 'bo', 'cy']) await world.objects.put(`suspended/${one}`, '')
  await world.clock.advance(5 * minute)
  const { lines } = await report(world)
  expect(lines.filter(({ who }) => who.endsWith('left')).map(({ who, seconds }) => [who, seconds])).toEqual([
    ['ana left', undefined],
    ['bo left', undefined],
    ['cy left', 0],
  ])
})

test('a leaver who came back has a time only if all known access had ended before', async () => {
  const world = await open()
  for (const user of ['ana', 'bo']) await world.objects.put(linkOf(user), '')
  await world.until(() => has(world, 'ana') && has(world, 'bo'), 'the access')
  await world.objects.put('suspended/ana', '')
  await world.until(() => !has(world, 'ana'), 'the revocation')
  await world.objects.put('control/pause.json', JSON.stringify({ v: 1, reason: 'x' }))
  await world.clock.advance(2 * minute)
  await world.objects.put('suspended/bo', '')
  await world.clock.advance(2 * minute)
  for (const user of ['ana', 'bo']) await world.objects.delete(`suspended/${user}`)
  await world.clock.advance(5 * minute)
  const { lines, summary } = await report(world)
  const left = lines.filter(({ who }) => who.endsWith('left'))
  expect(left.map(({ who, seconds }) => [who, seconds === undefined])).toEqual([
    ['ana left', false],
    ['bo left', true],
  ])
  expect(summary).toMatchObject({ left: { people: 2, open: 1 } })
})

test('who had access before the month is no joiner, and expired links are counted until somebody deletes them', async () => {
  const world = await open()
  await world.objects.put(linkOf('ana'), '')
  const expiresAt = new Date(world.clock.now().getTime() + 60 * minute).toISOString()
  await world.objects.put(linkOf('admins', 'GROUP'), JSON.stringify({ expiresAt }))
  await world.until(() => has(world, 'ana'), 'the access')
  await world.clock.advance(2 * minute)
  expect((await report(world)).summary).toMatchObject({ joined: { people: 1 }, expired: 0 })
  await world.clock.advance(40 * 24 * 60 * minute)
  expect((await report(world)).summary).toMatchObject({ joined: { people: 0 }, expired: 1 })
  await world.objects.delete(linkOf('admins', 'GROUP'))
  expect((await report(world)).summary).toMatchObject({ expired: 0 })
})
