import { describe, expect, test } from '@jest/globals'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { isShallow } from '../depth.ts'
import type { Interceptor } from '../intercept.ts'
import { Grouping } from '../shared/modules/people/grouping.ts'
import { Asking, account } from './asking.ts'

const link = `links_data/account%${account}%Admin-ps%maria%USER%ssofile`
const groupLink = `links_data/account%${account}%Admin-ps%developers%GROUP%ssofile`
const suspension = 'suspended/maria'

/** As the schedules of a deployment do. */
async function minutes({ world }: Pick<Asking, 'world'>, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    await world.clock.advance(60_000)
    await world.finish(world.everyMinuteOfLinks())
    await world.finish(world.everyMinute())
    if (minute % 5 === 4) await world.finish(world.everyFiveMinutes())
  }
}

// As with the older AD sync, and where a right is missing.
const codes = ['UnknownOperationException', 'AccessDeniedException'].slice(isShallow ? -1 : 0)
describe.each(codes)('where memberships answer %s', (code) => {
  const unread: Interceptor = async ({ operation, proceed }) => {
    if (operation !== 'listMembersOf' && operation !== 'listGroupsOf') return proceed()
    throw new ServiceError('identitystore', code, 'nobody tells who is in which group', { httpStatus: 400 })
  }
  const reason = expect.stringContaining('nobody tells who is in which group')

  test('a suspension ends what is known without groups, and says that the groups could not be read', async () => {
    const asking = await Asking.begin()
    const { world } = asking
    for (const key of [link, groupLink]) await world.objects.put(key, '{}')
    for (const key of [link, groupLink])
      await world.until(async () => (await asking.status(key))?.state === 'applied', `${key} applied`)
    asking.answer = unread
    await world.objects.put(suspension, '')
    await world.until(() => !asking.has(), 'the revocation', 1)
    await minutes(asking, 3)
    expect(await asking.status(suspension)).toMatchObject({
      state: 'partly',
      reason,
      remedy: expect.stringContaining('disable the user'),
    })
    expect(await world.keys('attention/')).toContain(`attention/partly/${suspension}`)
    expect(world.ssoAdmin.assignments()).toHaveLength(1)
    asking.answer = ({ proceed }) => proceed()
    await minutes(asking, 7)
    expect(await asking.status(suspension)).toMatchObject({
      state: 'partly',
      reason: expect.stringMatching(/groups that ssofile does not manage \('?developers/),
    })
  })

  test('a suspension goes on denying sessions through groups that were known before', async () => {
    const asking = await Asking.begin()
    const { world } = asking
    const through = groupLink.replace('Admin-ps', 'Owned-ps')
    await world.objects.put('permission_sets/Owned-ps.json', '{"permissionSetName":"Owned-ps"}')
    await world.objects.put(through, '{}')
    await world.until(async () => (await asking.status(through))?.state === 'applied', 'applied')
    await world.objects.put(suspension, '')
    await world.until(async () => (await asking.status(suspension))?.state === 'partly', 'partly')
    await minutes(asking, 5)
    const denied = async () =>
      ((await world.json('control/ended-sessions.json')) as { ended: object[] } | undefined)?.ended
    const before = await denied()
    const lasting = { name: 'maria', permissionSet: 'Owned-ps', until: '9999-01-01T12:00:00.000Z' }
    expect(before).toContainEqual(expect.objectContaining(lasting))
    asking.answer = unread
    await minutes(asking, 65)
    expect(await asking.status(suspension)).toMatchObject({ state: 'partly', reason })
    expect(await denied()).toEqual(before)
    const [report = ''] = await world.keys('reports/leavers/')
    expect(await world.json(report)).toMatchObject({ access: [{ group: 'developers', permissionSet: 'Owned-ps' }] })
    expect(JSON.stringify(await world.json(report))).not.toContain('"endedAt"')
  })

  test('a request that hangs on a group waits, says why, and goes on when groups can be read', async () => {
    const asking = await Asking.begin()
    asking.answer = unread
    await asking.ask()
    expect(await asking.status()).toMatchObject({ state: 'waiting', reason })
    expect(await asking.world.keys('attention/')).toContain(`attention/waiting/${asking.key()}`)
    asking.answer = ({ proceed }) => proceed()
    await minutes(asking, 7)
    expect(await asking.status()).toMatchObject({ state: 'waiting', reason: expect.stringContaining('0 of 2') })
  })

  test('a request for a user by name is granted without any group', async () => {
    const asking = await Asking.begin({
      for: { users: ['maria'] },
      approvers: { users: ['tom', 'ada'] },
    })
    asking.answer = unread
    await asking.ask()
    await asking.decide('tom')
    await asking.decide('ada')
    await asking.world.until(() => asking.has(), 'the access')
    expect([await asking.approved('tom'), await asking.approved('ada')]).toEqual(['applied', 'applied'])
  })

  test('nothing is granted while it is not known who may approve or deny, and an approval is not refused', async () => {
    const asking = await Asking.begin({ for: { users: ['maria'] } })
    asking.answer = unread
    await asking.ask()
    expect(await asking.status()).toMatchObject({ state: 'waiting', reason })
    await asking.decide('tom')
    expect(await asking.approved('tom')).toBe('waiting')
    await asking.decide('ada')
    asking.answer = ({ proceed }) => proceed()
    await minutes(asking, 7)
    expect(await asking.status()).toMatchObject({ state: 'applied' })
    expect([await asking.approved('tom'), await asking.approved('ada')]).toEqual(['applied', 'applied'])
  })

  test('what was granted goes on, and ends at its time', async () => {
    const asking = await Asking.begin()
    await asking.ask()
    await asking.decide('tom')
    await asking.decide('ada')
    await asking.world.until(() => asking.has(), 'the access')
    asking.answer = unread
    await minutes(asking, 6)
    await asking.world.finish(asking.world.everyHour())
    expect(asking.has()).toBe(true)
    expect(await asking.status()).toMatchObject({ state: 'applied' })
    await minutes(asking, 60)
    await asking.world.until(() => !asking.has(), 'the end')
  })

  test('a rule says why it is put off, wants attention after a minute, and takes nobody out', async () => {
    const grouping = await Grouping.begin()
    const { world } = grouping
    const user = 'kenji.ito@acme.example'
    await grouping.put(`memberships/oncall%${user}%ssofile`)
    await grouping.until(`memberships/oncall%${user}%ssofile`, 'applied')
    grouping.answer = unread
    await grouping.put('rules/oncall.json', { department: ['Nobody'], owner: 'team-platform', reason: 'none' })
    await world.until(async () => (await grouping.status('rules/oncall.json'))?.reason !== undefined, 'a reason', 2)
    expect(await grouping.status('rules/oncall.json')).toMatchObject({ state: 'applying', reason })
    await minutes(grouping, 3)
    expect(await grouping.status('rules/oncall.json')).toMatchObject({ state: 'failed', reason })
    expect(await world.keys('attention/')).toContain('attention/failed/rules/oncall.json')
    await world.finish(world.everyHour())
    await minutes(grouping, 2)
    expect(grouping.groupsOf(user)).toContain('oncall')
    grouping.answer = ({ proceed }) => proceed()
    await minutes(grouping, 3)
    expect(await grouping.status('rules/oncall.json')).toMatchObject({ state: 'applied' })
    expect(await world.keys('attention/')).toEqual([])
    // A rule works as long as it lies there: so one that was applied says it too.
    grouping.answer = unread
    await world.finish(world.everyHour())
    await minutes(grouping, 3)
    expect(await grouping.status('rules/oncall.json')).toMatchObject({ state: 'failed', reason })
    grouping.answer = ({ proceed }) => proceed()
    await minutes(grouping, 3)
    expect(await grouping.status('rules/oncall.json')).toMatchObject({ state: 'applied' })
  })
})

test.each([
  ['GetUserId', 'findPrincipalId'],
  ['DescribeUser', 'findUser'],
])('a suspension whose %s AWS refuses says so, and ends all when it works again', async (_, refused) => {
  const asking = await Asking.begin()
  const { world } = asking
  await world.objects.put(link, '{}')
  await world.until(async () => (await asking.status(link))?.state === 'applied', 'applied')
  await world.clock.advance(120_000)
  asking.answer = async ({ operation, proceed }) => {
    if (operation !== refused) return proceed()
    throw new ServiceError('identitystore', 'AccessDeniedException', 'not you', { httpStatus: 400 })
  }
  await world.objects.put(suspension, '')
  await minutes(asking, 4)
  expect(await asking.status(suspension)).toMatchObject({ reason: expect.stringContaining('not you') })
  expect((await world.keys('attention/')).filter((key) => key.endsWith(suspension))).toHaveLength(1)
  asking.answer = ({ proceed }) => proceed()
  await minutes(asking, 4)
  await world.until(() => !asking.has(), 'the revocation')
  expect(await asking.status(suspension)).toMatchObject({ state: 'suspended' })
})
