import { expect, test } from '@jest/globals'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { Grouping, kenji } from './grouping.ts'

const file = `memberships/oncall%${kenji}%ssofile`
const { brake } = configuration.parse({})
const ofTeam = `memberships/team-a/oncall%${kenji}%ssofile`

test('a file puts its user into a group of ours, and deleting it takes the user out', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file)
  await grouping.until(file, 'applied')
  expect(grouping.groupsOf()).toContain('oncall')
  const [group, user] = [grouping.id('GROUP', 'oncall'), grouping.id('USER', kenji)]
  expect(await grouping.owned()).toEqual([`owned_memberships/${group}%${user}`])
  expect((await grouping.status(file))?.principalId).toBe(user)
  await grouping.delete(file)
  await grouping.until(file, undefined)
  expect(grouping.groupsOf()).not.toContain('oncall')
  expect(await grouping.owned()).toEqual([])
  expect(await grouping.changes()).toEqual(['group-created', 'membership-added', 'membership-removed'])
  const told = await grouping.world.keys(`history/memberships/${group}%${user}/`)
  expect(told.map((key) => key.split('%').at(-1))).toEqual(['added.json', 'removed.json'])
})

test('a file without an end, in the zone west of all others, keeps nobody in the group when it is gone', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file, { expiresAt: '9999-12-31T23:59:59-12:00' })
  await grouping.until(file, 'applied')
  const [record = ''] = await grouping.owned()
  expect(JSON.stringify(await grouping.world.json(record))).toContain('"expiresAt":"9999-12-31T23:59:59.999Z"')
  await grouping.delete(file)
  await grouping.until(file, undefined)
  expect(grouping.groupsOf()).not.toContain('oncall')
  expect(await grouping.owned()).toEqual([])
})

test('a user stays in the group as long as a file in any folder asks for it', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file)
  await grouping.put(ofTeam)
  await grouping.until(file, 'applied')
  await grouping.until(ofTeam, 'applied')
  await grouping.delete(file)
  await grouping.until(file, undefined)
  expect(grouping.groupsOf()).toContain('oncall')
  await grouping.delete(ofTeam)
  await grouping.until(ofTeam, undefined)
  expect(grouping.groupsOf()).not.toContain('oncall')
})

test('a file uploaded while S3 takes a minute to say what the brake has counted keeps its user in the group', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file)
  await grouping.until(file, 'applied')
  const { world } = grouping
  let reads = 0
  let removals = 0
  grouping.answer = async ({ operation, args, proceed }) => {
    if (operation === 'deleteGroupMembership') removals++
    // The brake is asked at the first look, and counts; then at the second, just before the user is taken out.
    if (operation === 'get' && args[0] === 'control/brake.json' && ++reads === 3) {
      await world.clock.sleep(10_000)
      await grouping.put(file)
      await world.clock.sleep(50_000)
    }
    return proceed()
  }
  await grouping.delete(file)
  await world.clock.advance(30_000)
  await grouping.until(file, 'applied')
  await world.clock.advance(120_000)
  expect(reads).toBeGreaterThanOrEqual(3)
  expect(removals).toBe(0)
  expect(grouping.groupsOf()).toContain('oncall')
  expect((await grouping.status(file))?.state).toBe('applied')
})

test('a membership that others made counts as applied, and is never removed', async () => {
  const grouping = await Grouping.begin()
  const { identityStore } = grouping.world
  await identityStore.createGroupMembership(grouping.id('GROUP', 'oncall'), grouping.id('USER', kenji))
  await grouping.put(file)
  await grouping.until(file, 'applied')
  expect(await grouping.status(file)).toMatchObject({ owned: false })
  await grouping.delete(file)
  await grouping.until(file, undefined)
  expect(grouping.groupsOf()).toContain('oncall')
})

test('a file waits for its group and for its user', async () => {
  const grouping = new Grouping()
  await grouping.put(file)
  await grouping.until(file, 'waiting')
  expect(await grouping.status(file)).toMatchObject({ remedy: expect.stringContaining('groups/oncall.json') })
  await grouping.put('groups/oncall.json')
  await grouping.until(file, 'applied')
  const ofNobody = 'memberships/oncall%nobody@acme.example%ssofile'
  await grouping.put(ofNobody)
  await grouping.until(ofNobody, 'waiting')
  expect(await grouping.status(ofNobody)).toMatchObject({ reason: expect.stringContaining('does not exist') })
})

test('a file begins and ends at the instants that it names', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file, { notBefore: '2026-03-03T11:00:00Z', expiresAt: '2026-03-03T12:00:00Z', reason: 'shift' })
  await grouping.until(file, 'waiting')
  const { clock } = grouping.world
  await clock.advance(61 * 60_000)
  await grouping.world.finish(grouping.world.everyMinuteOfLinks())
  await grouping.until(file, 'applied')
  await clock.advance(60 * 60_000)
  await grouping.world.finish(grouping.world.everyMinuteOfLinks())
  await grouping.until(file, 'expired')
  expect(grouping.groupsOf()).not.toContain('oncall')
})

test('a file whose end came while the directory did not answer ends with the next minute', async () => {
  const grouping = await Grouping.begin()
  const { world } = grouping
  await grouping.put(file, { expiresAt: '2026-03-03T10:30:00Z' })
  await grouping.until(file, 'applied')
  await world.clock.advance(31 * 60_000)
  grouping.answer = async ({ port, proceed }) => {
    if (port === 'identityStore') throw new ServiceError('identitystore', 'InternalServerException', 'try again')
    return proceed()
  }
  await world.finish(world.everyMinuteOfLinks())
  // The message fails five times, and goes to the dead-letter queue.
  await world.clock.advance(2 * 60 * 60_000)
  grouping.answer = ({ proceed }) => proceed()
  expect(grouping.groupsOf()).toContain('oncall')
  await world.finish(world.everyMinuteOfLinks())
  await grouping.until(file, 'expired')
  expect(grouping.groupsOf()).not.toContain('oncall')
})

test('a group that a provider keeps is never touched', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file)
  await grouping.until(file, 'applied')
  const { identityStore } = grouping.world
  identityStore.setExternalId(grouping.id('GROUP', 'oncall'), { issuer: 'https://scim.aws.com/x', id: '1' })
  await grouping.delete(file)
  await grouping.until(file, 'failed')
  const other = 'memberships/oncall%ama.osei@acme.example%ssofile'
  await grouping.put(other)
  await grouping.until(other, 'rejected')
  expect(grouping.groupsOf()).toContain('oncall')
})

test.each([
  ['memberships/oncall%ssofile', 'the name'],
  [`memberships/other/oncall%${kenji}%ssofile`, 'the folder'],
  [`memberships/oncall%${kenji}%ssofile.json`, 'the name'],
])('the key %s is rejected', async (key, received) => {
  const grouping = await Grouping.begin()
  await grouping.put(key)
  await grouping.until(key, 'rejected')
  expect(await grouping.status(key)).toMatchObject({ reason: expect.stringContaining(received) })
})

test('a body that is not valid asks for nothing', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file, { expiresAt: 'tomorrow' })
  await grouping.until(file, 'rejected')
  expect(grouping.groupsOf()).not.toContain('oncall')
})

test('a process that dies after the create finds its membership again, and so does the end of it', async () => {
  const grouping = await Grouping.begin()
  let deaths = 0
  grouping.answer = async ({ port, operation, proceed }) => {
    const answer = await proceed()
    if (port === 'identityStore' && operation === 'createGroupMembership' && deaths++ < 1) throw new Error('it dies')
    return answer
  }
  await grouping.put(file)
  await grouping.until(file, 'applying')
  await grouping.world.clock.advance(60_000)
  await grouping.world.finish(grouping.world.everyMinuteOfLinks())
  await grouping.until(file, 'applied')
  expect(deaths).toBeGreaterThan(0)
  expect(await grouping.status(file)).not.toHaveProperty('owned')
  await grouping.delete(file)
  await grouping.until(file, undefined)
  expect(grouping.groupsOf()).not.toContain('oncall')
})

test('a new user under an old name is not put into the group', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file)
  await grouping.until(file, 'applied')
  const { identityStore } = grouping.world
  await identityStore.deleteUser(grouping.id('USER', kenji))
  await identityStore.createUser({ userName: kenji })
  await grouping.world.finish(grouping.world.everyHour())
  await grouping.until(file, 'waiting')
  expect(await grouping.status(file)).toMatchObject({ reason: expect.stringContaining('no longer the user') })
  expect(grouping.groupsOf()).toEqual([])
  expect(await grouping.owned()).toEqual([])
})

/** Three are to be taken out by files of one folder; one of them passes. */
async function heldOfFolder() {
  const grouping = await Grouping.begin({ brake: { ...brake, own: { ...brake.own, count: 1 } } })
  const users = [kenji, 'ama.osei@acme.example', 'lars.jensen@acme.example']
  const files = users.map((user) => `memberships/team-a/oncall%${user}%ssofile`)
  for (const one of files) await grouping.put(one)
  for (const one of files) await grouping.until(one, 'applied')
  await grouping.world.clock.advance(60_000)
  for (const one of files) await grouping.delete(one)
  const held = async () => {
    const states = await Promise.all(files.map(async (one) => (await grouping.status(one))?.state))
    return states.filter((state) => state === 'held').length
  }
  await grouping.world.until(async () => (await held()) === 2, 'two that are held')
  const members = () => users.filter((user) => grouping.groupsOf(user).includes('oncall'))
  const lists = async () => (await brakeFile(grouping.world.objects).read())?.value.lists ?? []
  return { grouping, files, members, lists }
}

test('more removals by one folder than the brake lets pass are held, and one release lets them go', async () => {
  const { grouping, files, members, lists } = await heldOfFolder()
  expect(members()).toHaveLength(2)
  const [list] = await lists()
  if (list === undefined) throw new Error('the brake holds nothing')
  expect(list).toMatchObject({ rule: 'memberships', name: 'team-a', limit: 1 })
  await releaseList(grouping.world.objects, digestOf(list), 'on-call')
  await grouping.world.clock.advance(61_000)
  await grouping.world.finish(grouping.world.everyMinuteOfLinks())
  for (const one of files) await grouping.until(one, undefined)
  expect(members()).toEqual([])
})

test('a released membership that comes back is judged anew within the hour, although the release had no hints before', async () => {
  const { grouping, files, members, lists } = await heldOfFolder()
  const { world } = grouping
  const [list] = await lists()
  await releaseList(world.objects, list ? digestOf(list) : '', 'on-call')
  await world.clock.advance(61_000)
  // Nobody sends the hints of the release before the memberships are gone.
  await world.finish(world.everyMinuteOfLinks())
  for (const one of files) await grouping.until(one, undefined)
  const { releases = [] } = (await brakeFile(world.objects).read())?.value ?? {}
  expect(releases).toMatchObject([{ hinted: false, items: { length: 2 }, used: { length: 2 } }])
  await world.finish(world.slice())
  for (const one of files) await grouping.put(one)
  for (const one of files) await grouping.until(one, 'applied')
  await world.clock.advance(20 * 60_000)
  for (const one of files) await grouping.delete(one)
  await world.until(() => members().length < 3, 'one who has left')
  await world.until(async () => (await lists()).some(({ items }) => items.length === 2), 'the rest as held')
  expect(members()).toHaveLength(2)
})

test('a released removal is not held again although S3 first refuses to delete its entry', async () => {
  const { grouping, files, members, lists } = await heldOfFolder()
  const { world } = grouping
  const [list] = await lists()
  await releaseList(world.objects, list ? digestOf(list) : '', 'on-call')
  // The dispatcher sends the hints of the release: from now on, a look can use it up.
  await world.finish(world.slice())
  let refusals = 0
  grouping.answer = async ({ port, operation, args, proceed }) => {
    const isOfEntry = port === 'objects' && operation === 'delete' && String(args[0]).startsWith('owned_memberships/')
    if (!isOfEntry || ++refusals > 2) return proceed()
    throw new ServiceError('s3', 'InternalError', 'We encountered an internal error', { httpStatus: 500 })
  }
  await world.clock.advance(61_000)
  await world.finish(world.everyMinuteOfLinks())
  for (const one of files) await grouping.until(one, undefined)
  expect(refusals).toBeGreaterThan(2)
  expect([members(), await lists()]).toEqual([[], []])
})

test.each(['disabled', 'suspended'] as const)(
  'of removals that one folder asked for and the brake holds, that of a user who is %s goes, and the rest stays held',
  async (how) => {
    const { grouping, members, lists } = await heldOfFolder()
    const [first = '', second = ''] = members()
    if (how === 'suspended') await grouping.put(`suspended/${first}`)
    else grouping.world.identityStore.setUserStatus(grouping.id('USER', first), 'DISABLED')
    const beganMs = grouping.world.clock.monotonicMs()
    await grouping.world.clock.advance(61_000)
    await grouping.world.finish(grouping.world.everyMinuteOfLinks())
    await grouping.world.until(() => !members().includes(first), 'the end', 2)
    expect(grouping.world.clock.monotonicMs() - beganMs).toBeLessThan(90_000)
    expect(members()).toEqual([second])
    expect((await lists()).flatMap(({ items }) => [...items])).toEqual([`oncall%${second}`])
  },
)

test('a membership that somebody ended by hand is made again, or only told, as onDrift says', async () => {
  for (const onDrift of ['restore', 'report'] as const) {
    const grouping = await Grouping.begin({ onDrift })
    await grouping.put(file)
    await grouping.until(file, 'applied')
    await grouping.world.clock.advance(10 * 60_000)
    const { identityStore } = grouping.world
    const membership = await identityStore.getGroupMembershipId(
      grouping.id('GROUP', 'oncall'),
      grouping.id('USER', kenji),
    )
    await identityStore.deleteGroupMembership(membership ?? '')
    await grouping.world.finish(grouping.world.everyHour())
    await grouping.until(file, onDrift === 'restore' ? 'applied' : 'failed')
    await grouping.world.clock.advance(10_000)
    expect(grouping.groupsOf().includes('oncall')).toBe(onDrift === 'restore')
  }
})

test('a user who is renamed is in the groups that files of the new name ask for', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file)
  await grouping.until(file, 'applied')
  const { identityStore } = grouping.world
  const id = grouping.id('USER', kenji)
  await identityStore.updateUser(id, [{ path: 'userName', value: 'kenji@acme.example' }])
  await grouping.world.finish(grouping.world.everyHour())
  await grouping.world.until(() => !identityStore.groupIdsOf(id).includes(grouping.id('GROUP', 'oncall')), 'the end')
  await grouping.put('memberships/oncall%kenji@acme.example%ssofile')
  await grouping.until('memberships/oncall%kenji@acme.example%ssofile', 'applied')
})

test('while a file suspends the user, nothing of ours is left in any group, and then it is given back', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file)
  await grouping.until(file, 'applied')
  const before = grouping.groupsOf()
  await grouping.put(`suspended/${kenji}`)
  await grouping.world.until(() => !grouping.groupsOf().includes('oncall'), 'the end of the membership', 1)
  await grouping.until(file, 'waiting')
  const minute = async () => {
    await grouping.world.clock.advance(30_000)
    await grouping.world.finish(grouping.world.everyMinuteOfLinks())
  }
  await minute()
  await grouping.world.until(
    async () => ['suspended', 'partly'].includes((await grouping.status(`suspended/${kenji}`))?.state ?? ''),
    'the suspension',
  )
  expect(grouping.groupsOf()).toEqual(before.filter((group) => group !== 'oncall'))
  await grouping.delete(`suspended/${kenji}`)
  await grouping.until(file, 'applied')
  expect(grouping.groupsOf()).toContain('oncall')
})

test('who is disabled in the directory is taken out', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file)
  await grouping.until(file, 'applied')
  grouping.world.identityStore.setUserStatus(grouping.id('USER', kenji), 'DISABLED')
  await grouping.world.finish(grouping.world.everyHour())
  await grouping.until(file, 'waiting')
  expect(grouping.groupsOf()).not.toContain('oncall')
})

test('under a pause nobody is put into a group or taken out', async () => {
  const grouping = await Grouping.begin()
  await grouping.put('control/pause.json', { v: 1, reason: 'test', by: 'me', since: '2026-03-03T10:00:00.000Z' })
  await grouping.put(file)
  await grouping.until(file, 'applying')
  expect(grouping.groupsOf()).not.toContain('oncall')
  await grouping.delete('control/pause.json')
  await grouping.world.clock.advance(61_000)
  await grouping.world.finish(grouping.world.everyMinuteOfLinks())
  await grouping.until(file, 'applied')
})

test('a suspension ends as partly when a provider takes over a group of the person, and says what to do there', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file)
  await grouping.until(file, 'applied')
  const { identityStore, clock } = grouping.world
  identityStore.setExternalId(grouping.id('GROUP', 'oncall'), { issuer: 'https://scim.aws.com/x', id: '1' })
  const suspension = `suspended/${kenji}`
  await grouping.put(suspension)
  for (let minute = 0; minute < 3; minute++) {
    await clock.advance(60_000)
    await grouping.world.finish(grouping.world.everyMinuteOfLinks())
  }
  await grouping.until(suspension, 'partly')
  expect(await grouping.status(suspension)).toMatchObject({
    reason: expect.stringContaining('memberships of groups that a provider now manages (oncall)'),
    remedy: expect.stringContaining('take the user out of oncall in the provider of the groups'),
  })
  expect(grouping.groupsOf()).toContain('oncall')
})

test('each file that asks for a membership says what became of it, whichever was looked at', async () => {
  const grouping = await Grouping.begin()
  for (const one of [file, ofTeam]) await grouping.put(one)
  for (const one of [file, ofTeam]) await grouping.until(one, 'applied')
  grouping.world.identityStore.setUserStatus(grouping.id('USER', kenji), 'DISABLED')
  await grouping.world.finish(grouping.world.everyHour())
  for (const one of [file, ofTeam]) await grouping.until(one, 'waiting')
  expect(await grouping.owned()).toEqual([])
})

test.each(['a pause', 'a file that S3 does not give'])('%s leaves the file bound to its user', async (what) => {
  const grouping = await Grouping.begin()
  await grouping.put(file)
  await grouping.until(file, 'applied')
  const { identityStore, clock } = grouping.world
  const before = grouping.id('USER', kenji)
  if (what === 'a pause')
    await grouping.put('control/pause.json', { v: 1, reason: 'test', by: 'me', since: '2026-03-03T10:00:00.000Z' })
  else
    grouping.answer = async ({ operation, args, proceed }) => {
      if (operation !== 'get' || args[0] !== file) return proceed()
      throw new ServiceError('s3', 'AccessDenied', 'another key')
    }
  await identityStore.deleteUser(before)
  await clock.advance(1_000)
  await identityStore.createUser({ userName: kenji })
  await grouping.world.finish(grouping.world.everyHour())
  await grouping.until(file, what === 'a pause' ? 'waiting' : 'rejected')
  expect((await grouping.status(file))?.principalId).toBe(before)
  grouping.answer = ({ proceed }) => proceed()
  await grouping.delete('control/pause.json')
  await grouping.world.finish(grouping.world.everyHour())
  await clock.advance(61_000)
  await grouping.world.finish(grouping.world.everyMinuteOfLinks())
  await grouping.until(file, 'waiting')
  expect(grouping.groupsOf()).toEqual([])
})

test('somebody whom the brake holds in the group keeps nobody else out of it', async () => {
  const { grouping, files, members } = await heldOfFolder()
  const [first = '', second = ''] = members()
  const kept = files.find((one) => one.includes(first)) ?? ''
  const { identityStore } = grouping.world
  const user = grouping.id('USER', first)
  await identityStore.updateUser(user, [{ path: 'userName', value: 'renamed@acme.example' }])
  await identityStore.createUser({ userName: first })
  await grouping.world.objects.put(kept, '', undefined, { 'ssofile-rebind': grouping.world.clock.now().toISOString() })
  await grouping.world.until(() => grouping.groupsOf(first).includes('oncall'), 'the new user')
  expect(grouping.groupsOf('renamed@acme.example')).toContain('oncall')
  expect(grouping.groupsOf(second)).toContain('oncall')
})
