import { expect, test } from '@jest/globals'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { Grouping, kenji } from './grouping.ts'

const file = `memberships/oncall%${kenji}%ssofile`

/** As CloudTrail tells of a call of Alice. */
async function call(
  { world }: Grouping,
  eventName: string,
  about: object,
  eventSource = 'identitystore',
): Promise<void> {
  const at = world.clock.now().toISOString()
  const detail = {
    ...{ eventName, eventSource: `${eventSource}.amazonaws.com`, eventID: `${eventName} ${at}`, eventTime: at },
    ...{ userIdentity: { type: 'IAMUser', userName: 'alice' }, sourceIPAddress: '203.0.113.7' },
    ...about,
  }
  const body = JSON.stringify({ 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.identitystore', detail })
  await world.queues.send('events', [{ body }])
}

async function membershipOf(grouping: Grouping): Promise<string | undefined> {
  const [group, user] = [grouping.id('GROUP', 'oncall'), grouping.id('USER', kenji)]
  return grouping.world.identityStore.getGroupMembershipId(group, user)
}

/** In the group for longer than listings may lag. */
async function open(onDrift: 'restore' | 'report' = 'restore'): Promise<Grouping> {
  const grouping = await Grouping.begin({ onDrift })
  await grouping.put(file)
  await grouping.until(file, 'applied')
  await grouping.world.clock.advance(6 * 60_000)
  return grouping
}

/** Alice takes the user out. Answers the id of the membership that is gone. */
async function takeOut(grouping: Grouping): Promise<string> {
  const membershipId = (await membershipOf(grouping)) ?? ''
  await grouping.world.identityStore.deleteGroupMembership(membershipId)
  return membershipId
}

async function lastRemoval({ world }: Grouping) {
  const key = (await world.keys('history/memberships/')).findLast((one) => one.endsWith('%removed.json'))
  return key === undefined ? undefined : world.json(key)
}

test('who was taken out by hand is put in again within a minute of the event, and history says who did it', async () => {
  const grouping = await open()
  const membershipId = await takeOut(grouping)
  await call(grouping, 'DeleteGroupMembership', { requestParameters: { membershipId } })
  await grouping.world.until(() => grouping.groupsOf().includes('oncall'), 'the membership', 1)
  expect(await lastRemoval(grouping)).toMatchObject({
    isByOthers: true,
    by: { name: 'alice', call: 'DeleteGroupMembership', address: '203.0.113.7' },
  })
  expect(await grouping.changes()).toEqual([
    ...['group-created', 'membership-added', 'membership-removed', 'membership-added'],
  ])
})

test('history names nobody for a membership taken out again, whose event is lost, although somebody took it out within the hour', async () => {
  const grouping = await open()
  const { world } = grouping
  const membershipId = await takeOut(grouping)
  await call(grouping, 'DeleteGroupMembership', { requestParameters: { membershipId } })
  await world.until(() => grouping.groupsOf().includes('oncall'), 'the membership', 1)
  await world.clock.advance(6 * 60_000)
  await takeOut(grouping)
  await world.finish(world.everyHour())
  await world.until(() => grouping.groupsOf().includes('oncall'), 'the membership', 1)
  const removed = await lastRemoval(grouping)
  expect(removed).toMatchObject({ isByOthers: true })
  expect(removed).not.toHaveProperty('by')
})

test('where drift is only reported the status says who took the user out, and touch --rebind asks for the user again', async () => {
  const grouping = await open('report')
  await takeOut(grouping)
  const [group, user] = [grouping.id('GROUP', 'oncall'), grouping.id('USER', kenji)]
  const requestParameters = { groupId: group, memberId: { userId: user } }
  await call(grouping, 'RemoveMemberFromGroup', { requestParameters }, 'sso-directory')
  await grouping.until(file, 'failed')
  expect(await grouping.status(file)).toMatchObject({
    reason: expect.stringContaining('alice at'),
    remedy: expect.stringContaining('--rebind'),
  })
  await grouping.world.objects.put(file, '', undefined, { 'ssofile-rebind': grouping.world.clock.now().toISOString() })
  await grouping.until(file, 'applied')
  expect(grouping.groupsOf()).toContain('oncall')
})

test('whom somebody puts in by hand is looked at, and stays: it is not ours', async () => {
  const grouping = await open()
  const other = 'memberships/oncall%ama.osei@acme.example%ssofile'
  const [group, user] = [grouping.id('GROUP', 'oncall'), grouping.id('USER', 'ama.osei@acme.example')]
  await grouping.world.identityStore.createGroupMembership(group, user)
  await call(grouping, 'CreateGroupMembership', { requestParameters: { groupId: group, memberId: { userId: user } } })
  await grouping.world.clock.advance(60_000)
  expect(await grouping.owned()).toHaveLength(1)
  expect(await grouping.status(other)).toBeUndefined()
  expect(grouping.groupsOf('ama.osei@acme.example')).toContain('oncall')
})

test('an event that says what is not so changes nothing, and one of a group of others leads to no look', async () => {
  const grouping = await open()
  const membershipId = await membershipOf(grouping)
  const before = await grouping.changes()
  await call(grouping, 'DeleteGroupMembership', { requestParameters: { membershipId } })
  const others = { groupId: grouping.id('GROUP', 'team-Accountants'), memberId: { userId: grouping.id('USER', kenji) } }
  await call(grouping, 'CreateGroupMembership', { requestParameters: others })
  await grouping.world.clock.advance(60_000)
  expect(await grouping.changes()).toEqual(before)
  expect(grouping.groupsOf()).toContain('oncall')
  expect(await grouping.world.keys('state/authors/')).toHaveLength(1)
})

test('an event reads what it is about, however many memberships there are', async () => {
  const grouping = await open()
  const others = Array.from({ length: 40 }, (_, index) => `other-${index}@acme.example`)
  for (const userName of others) {
    await grouping.world.clock.advance(200)
    await grouping.world.identityStore.createUser({ userName })
    await grouping.put(`memberships/oncall%${userName}%ssofile`)
  }
  await grouping.world.until(() => others.every((one) => grouping.groupsOf(one).includes('oncall')), 'all of them')
  await grouping.world.clock.advance(6 * 60_000)
  const membershipId = await takeOut(grouping)
  const read: string[] = []
  grouping.answer = ({ operation, args, proceed }) => {
    if (operation === 'get') read.push(String(args[0]))
    return proceed()
  }
  await call(grouping, 'DeleteGroupMembership', { requestParameters: { membershipId } })
  await grouping.world.until(() => grouping.groupsOf().includes('oncall'), 'the membership', 1)
  const entries = new Set(read.filter((key) => key.startsWith('owned_memberships/')))
  expect([...entries]).toEqual([`owned_memberships/${grouping.id('GROUP', 'oncall')}%${grouping.id('USER', kenji)}`])
})

test('who has which membership is written again by the hourly reconcile, and goes with the membership', async () => {
  const grouping = await open()
  const { world } = grouping
  const [group, user] = [grouping.id('GROUP', 'oncall'), grouping.id('USER', kenji)]
  const key = `state/memberships/${await membershipOf(grouping)}%${group}%${user}`
  const userKey = `state/members/${user}%${group}`
  const keys = async () => [...(await world.keys('state/members/')), ...(await world.keys('state/memberships/'))]
  expect(await keys()).toEqual([userKey, key])
  await world.objects.put('state/memberships/of nobody%a%b', '')
  await world.objects.put('state/members/nobody%a', '')
  await world.clock.advance(6 * 60_000)
  await world.objects.delete(key)
  await world.objects.delete(userKey)
  await world.finish(world.everyHour())
  expect(await keys()).toEqual([userKey, key])
  await grouping.delete(file)
  await world.until(() => !grouping.groupsOf().includes('oncall'), 'the removal')
  await world.clock.advance(10_000)
  expect(await world.keys('state/memberships/')).toEqual([])
})

test('the hourly reconcile keeps what a process has written before its entry', async () => {
  const grouping = await open()
  const { world } = grouping
  const coming = `state/members/${grouping.id('USER', kenji)}%${grouping.id('GROUP', 'team-Accountants')}`
  await world.objects.put(coming, '')
  await world.finish(world.everyHour())
  expect(await world.keys('state/members/')).toContain(coming)
})

test('the event of a user lists the memberships of that user only', async () => {
  const grouping = await open()
  const listed: string[] = []
  grouping.answer = ({ operation, args, proceed }) => {
    if (operation === 'list') listed.push(String(args[0]))
    return proceed()
  }
  const user = grouping.id('USER', kenji)
  grouping.world.identityStore.setUserStatus(user, 'DISABLED')
  const detail = { 'user-id': user }
  const event = { 'detail-type': 'User Updated', source: 'aws.identitystore', detail }
  await grouping.world.queues.send('events', [{ body: JSON.stringify(event) }])
  await grouping.world.until(() => !grouping.groupsOf().includes('oncall'), 'the end of the membership', 1)
  expect(listed).toContain(`state/members/${user}%`)
  expect(listed.filter((prefix) => prefix.startsWith('owned_memberships/'))).toEqual([])
})

test("the directory's own event names nobody; the membership is looked at half a minute later", async () => {
  const grouping = await open()
  await takeOut(grouping)
  const [group, user] = [grouping.id('GROUP', 'oncall'), grouping.id('USER', kenji)]
  const detail = { 'group-id': group, 'user-id': user }
  const event = { 'detail-type': 'Group Membership Deleted', source: 'aws.identitystore', detail }
  await grouping.world.queues.send('events', [{ body: JSON.stringify(event) }])
  await grouping.world.clock.advance(35_000)
  await grouping.world.finish(grouping.world.everyMinuteOfLinks())
  await grouping.world.until(() => grouping.groupsOf().includes('oncall'), 'the membership', 1)
})

test('a file is bound to the present bearer of the name when somebody asks for that', async () => {
  const grouping = await open()
  const { identityStore } = grouping.world
  const before = grouping.id('USER', kenji)
  await identityStore.deleteUser(before)
  await identityStore.createUser({ userName: kenji })
  await grouping.world.finish(grouping.world.everyHour())
  await grouping.until(file, 'waiting')
  expect(await grouping.status(file)).toMatchObject({ remedy: expect.stringContaining('ssofile touch') })
  await grouping.world.objects.put(file, '', undefined, { 'ssofile-rebind': grouping.world.clock.now().toISOString() })
  await grouping.until(file, 'applied')
  const bearer = grouping.id('USER', kenji)
  expect(bearer).not.toBe(before)
  expect((await grouping.status(file))?.principalId).toBe(bearer)
  expect(await grouping.owned()).toEqual([expect.stringContaining(bearer)])
})

test.each([
  ['after the entry is written', 'getGroupMembershipId'],
  ['just before the call', 'createGroupMembership'],
])('whom somebody else puts in %s is not ours, and stays when the file goes', async (_, moment) => {
  const grouping = await Grouping.begin()
  const ids = [grouping.id('GROUP', 'oncall'), grouping.id('USER', kenji)] as const
  grouping.answer = async ({ operation, proceed }) => {
    const isClaimed = (await grouping.owned()).length > 0
    if (operation === moment && isClaimed && !grouping.groupsOf().includes('oncall'))
      await grouping.world.identityStore.createGroupMembership(...ids)
    return proceed()
  }
  await grouping.put(file)
  await grouping.world.until(async () => (await grouping.status(file))?.owned === false, 'a foreign membership')
  expect([await grouping.owned(), await grouping.changes()]).toEqual([[], ['group-created']])
  await grouping.delete(file)
  await grouping.until(file, undefined)
  expect(grouping.groupsOf()).toContain('oncall')
})

test('a claim whose file goes before the call is given up at once, so whom somebody else puts in later stays', async () => {
  const grouping = await Grouping.begin()
  let isGone = false
  grouping.answer = async ({ operation, args, proceed }) => {
    const isClaimed = (await grouping.owned()).length > 0
    if (operation === 'head' && args[0] === file && isClaimed && !isGone) {
      isGone = true
      await grouping.delete(file)
    }
    return proceed()
  }
  await grouping.put(file)
  await grouping.world.until(() => isGone, 'the end of the file')
  await grouping.world.clock.advance(5_000)
  expect(await grouping.owned()).toEqual([])
})

test('a create whose answer was lost is ours: a look a minute later finds it', async () => {
  const grouping = await Grouping.begin()
  const lost = { count: 0 }
  grouping.answer = async ({ operation, proceed }) => {
    const answer = await proceed()
    if (operation === 'createGroupMembership' && lost.count++ === 0)
      throw new ServiceError('identitystore', 'NoAnswer', 'no answer')
    return answer
  }
  await grouping.put(file)
  await grouping.until(file, 'applying')
  await grouping.world.clock.advance(60_000)
  await grouping.world.finish(grouping.world.everyMinuteOfLinks())
  await grouping.until(file, 'applied')
  expect([lost.count, await grouping.owned()]).toEqual([1, [expect.any(String)]])
  await grouping.delete(file)
  await grouping.world.until(() => !grouping.groupsOf().includes('oncall'), 'the end of the membership')
})

/** Another process looks at the file, and ends. */
async function lookBeside({ world }: Grouping): Promise<void> {
  const body = JSON.stringify({ v: 1, id: 'other', event: 'sweep', key: file })
  await world.queues.send('people', [{ body, groupId: 'other', deduplicationId: 'other' }])
  await world.clock.sleep(10_000)
}

test('of two processes that follow one file at the same moment only the one whose claim stands puts the user in', async () => {
  const grouping = await Grouping.begin()
  const creates = { sent: 0 }
  grouping.answer = async ({ operation, proceed }) => {
    if (operation !== 'createGroupMembership' || creates.sent++ > 0) return proceed()
    await lookBeside(grouping)
    return proceed()
  }
  await grouping.put(file)
  await grouping.until(file, 'applied')
  await grouping.world.clock.advance(60_000)
  expect(await grouping.status(file)).toMatchObject({ state: 'applied' })
  expect((await grouping.status(file))?.owned).not.toBe(false)
  expect([creates.sent, await grouping.owned()]).toEqual([1, [expect.any(String)]])
})

test('whom somebody else puts in between the claim of one process and its create stays, although another process looks', async () => {
  const grouping = await Grouping.begin()
  const { world } = grouping
  let theirs: string | undefined
  grouping.answer = async ({ operation, args, proceed }) => {
    if (operation !== 'createGroupMembership' || theirs !== undefined) return proceed()
    const [group, user] = args as Parameters<typeof world.identityStore.createGroupMembership>
    theirs = await world.identityStore.createGroupMembership(group, user)
    await grouping.delete(file)
    await lookBeside(grouping)
    return proceed()
  }
  await grouping.put(file)
  await world.until(() => theirs !== undefined, 'the create')
  await grouping.until(file, undefined)
  await world.clock.advance(60_000)
  await world.finish(world.everyMinuteOfLinks())
  await world.clock.advance(10_000)
  expect([await membershipOf(grouping), await grouping.owned()]).toEqual([theirs, []])
})
