import { describe, expect, test } from '@jest/globals'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { brakeFile } from '../../../../shared/reconcile/records/brake-file.ts'
import { massOf, stride } from '../../../depth.ts'
import { dyingPorts, intercept } from '../../../intercept.ts'
import type { World } from '../../../world.ts'
import {
  accounts,
  alarms,
  deletions,
  digestIn,
  granted,
  groupsOf,
  held,
  linkOf,
  linksOf,
  listsOf,
  ofOu,
  openBraked,
  releaseAll,
  remove,
  settled,
  settledLater,
} from './braked-world.ts'

describe('links that are deleted', () => {
  const many = massOf(300)
  const most = many / 10
  // Less than a tenth, so that the percentage decides. By default the count would: twenty.
  const own = { count: most - 1 }
  const groups = groupsOf(many)

  test('many at once take the access of a tenth; the rest is held, told, and released by its digest', async () => {
    const world = await openBraked(groups, linksOf(groups), { own })
    expect(granted(world)).toBe(many)
    await remove(world, linksOf(groups))
    await settledLater(world)
    expect(granted(world)).toBe(many - most)
    expect(await held(world)).toHaveLength(many - most)
    expect(await world.keys('attention/held/')).toHaveLength(many - most)
    const file = await world.json('control/brake.json')
    expect(file?.lists).toEqual([
      expect.objectContaining({ rule: 'own', figure: many, limit: most, base: many, digest: await digestIn(world) }),
    ])
    const [first = ''] = await held(world)
    expect(await world.json(`status/links_data/${first}.json`)).toMatchObject({
      state: 'held',
      reason: `held by the brake: more than ${most} of the ${many} links directly under links_data/ were withdrawn within 15 minutes; its access in 1 account stays until an operator decides`,
      remedy: expect.stringContaining('release it: ssofile brake'),
    })
    expect(new Set(alarms(world).map(({ level }) => level))).toEqual(new Set(['error']))
    await releaseAll(world)
    await settledLater(world)
    expect({
      granted: granted(world),
      ledger: await world.namedKeys('assignments/'),
      attention: await world.keys('attention/'),
    }).toEqual({
      granted: 0,
      ledger: [],
      attention: [],
    })
  }, 60_000)

  test('a root link over all accounts, deleted alone, is not held', async () => {
    const root = 'links_data/root%all%ReadOnly-ps%team 0%GROUP%ssofile'
    const world = await openBraked(groupsOf(1), [root], { own: { count: 1, percent: 0 } })
    expect(granted(world)).toBe(accounts.length)
    await remove(world, [root])
    expect({ granted: granted(world), held: await held(world) }).toEqual({ granted: 0, held: [] })
  })

  test('a flood that takes longer than a window does not outlast it', async () => {
    const world = await openBraked(groupsOf(8), linksOf(groupsOf(8)), { own: { count: 2, percent: 0 } })
    for (const link of linksOf(groupsOf(8))) await world.objects.delete(link)
    await world.look()
    // Somebody else has all but two of the hints, for seventeen minutes.
    const late: string[] = []
    while (late.length < 6) {
      const messages = await world.queues.receive('work-urgent', { most: 1, waitSeconds: 0 })
      for (const { receiptHandle } of messages) {
        await world.queues.changeVisibility('work-urgent', [receiptHandle], 17 * 60)
        late.push(receiptHandle)
      }
    }
    await world.finish(world.slice())
    expect(granted(world)).toBe(6)
    await world.clock.advance(17 * 60_000)
    await settled(world)
    expect({ granted: granted(world), held: (await held(world)).length }).toEqual({ granted: 6, held: 6 })
  })

  test('a window that was idle at its end is not revived: links deleted afterwards are another flood', async () => {
    const [first = '', ...others] = linksOf(groupsOf(8))
    const world = await openBraked(groupsOf(8), [first, ...others], { own: { count: 2, percent: 0 } })
    world.objects.model.setVersioning('Enabled')
    await remove(world, [first])
    await world.clock.advance(26 * 60_000)
    const before = world.clock.now().toISOString()
    await remove(world, others)
    await settledLater(world)
    const [window] = (await brakeFile(world.objects).read())?.value.windows ?? []
    expect(window).toMatchObject({ since: expect.any(String), counted: expect.not.arrayContaining([first]) })
    expect(window && window.since >= before).toBe(true)
    const [list] = await listsOf(world)
    expect({ passed: list?.passed, held: list && [...list.held].length }).toEqual({ passed: 2, held: 5 })
  })

  test('a revocation that AWS refused for longer than a window is the same one, and counts once', async () => {
    let isRefusing = true
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ operation, proceed }) => {
        if (isRefusing && operation === 'deleteAccountAssignment')
          throw new ServiceError('sso-admin', 'AccessDeniedException', 'no')
        return proceed()
      })
    const groups = groupsOf(4)
    const world = await openBraked(groups, linksOf(groups), { own: { count: 2, percent: 0 }, wrap })
    await remove(world, linksOf(groups).slice(0, 2))
    await world.clock.advance(16 * 60_000)
    isRefusing = false
    // The next window is full before the retries of the first two come.
    for (const link of linksOf(groups).slice(2)) await world.objects.delete(link)
    for (let minute = 0; minute < 10; minute++) {
      await world.clock.advance(60_000)
      await settled(world)
    }
    expect({ granted: granted(world), held: await held(world) }).toEqual({ granted: 0, held: [] })
  })

  test('expired links count as deleted ones', async () => {
    const world = await openBraked(groupsOf(4), [], { own: { count: 2, percent: 0 } })
    const expiresAt = new Date(world.clock.now().getTime() + 120_000).toISOString()
    for (const link of linksOf(groupsOf(4))) await world.objects.put(link, JSON.stringify({ expiresAt }))
    await settled(world)
    expect(granted(world)).toBe(4)
    await world.clock.advance(120_000)
    await world.finish(world.everyHour())
    await settled(world)
    expect(granted(world)).toBe(2)
    const [first = ''] = await held(world)
    expect((await world.json(`status/links_data/${first}.json`))?.state).toBe('held')
  })

  test('links overwritten by invalid ones count as deleted ones', async () => {
    const world = await openBraked(groupsOf(4), linksOf(groupsOf(4)), { own: { count: 2, percent: 0 } })
    for (const link of linksOf(groupsOf(4))) await world.objects.put(link, '{"expiresAt":"soon"}')
    await settled(world)
    expect({ granted: granted(world), held: (await held(world)).length }).toEqual({ granted: 2, held: 2 })
    expect((await brakeFile(world.objects).read())?.value.lists.map(({ rule }) => rule)).toEqual(['own'])
  })
})

describe('a link that is back just when its revocation is to be counted', () => {
  /** The link comes back after the links were evaluated, and before the brake is asked. */
  async function flap(isLeft: boolean): Promise<World> {
    const group = 'team 0'
    let isGone = false
    let back = async () => {}
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ port, proceed }) => {
        if (port === 'identityStore' && isGone) {
          isGone = false
          await back()
        }
        return proceed()
      })
    const world = await openBraked([group], [linkOf(group)], { own: { count: 0, percent: 0 }, wrap })
    back = async () => {
      await world.objects.put(linkOf(group), '')
      if (!isLeft) await world.objects.delete(linkOf(group))
    }
    await world.objects.delete(linkOf(group))
    isGone = true
    await settled(world)
    expect(isGone).toBe(false)
    return world
  }

  test('is evaluated again: nothing is counted, and nothing is sent', async () => {
    const world = await flap(true)
    expect({ granted: granted(world), deletions: deletions(world) }).toEqual({ granted: 1, deletions: 0 })
    expect(await world.json('control/brake.json')).toBeUndefined()
  })

  test('and gone again, counts as withdrawn', async () => {
    const world = await flap(false)
    expect((await listsOf(world)).map(({ rule, cause }) => ({ rule, cause }))).toEqual([
      { rule: 'own', cause: 'folder' },
    ])
  })
})

test('a group that is renamed loses access of one folder, while an account that was moved has that of another held', async () => {
  const groups = groupsOf(4)
  const world = await openBraked(groups, groups.map(ofOu), { indirect: { count: 2, percent: 0 } })
  await world.organizations.moveAccount('200000000000' as never, 'ou-tiny-movedout', 'r-tiny')
  await world.finish(world.everyHour())
  await settled(world)
  expect((await listsOf(world)).map(({ cause, name }) => ({ cause, name }))).toEqual([
    { cause: 'account', name: '200000000000' },
  ])
  const link = linkOf('team 0', 1).replace('links_data/', 'links_data/team-a/')
  await world.objects.put(link, '')
  await settled(world)
  const before = granted(world)
  const id = world.identityStore.idOf('GROUP', 'team 0')
  if (id === undefined) throw new Error('the group is not there')
  await world.identityStore.updateGroup(id, [{ path: 'displayName', value: 'team late' }])
  await world.finish(world.everyHour())
  await settled(world)
  expect(granted(world)).toBe(before - 1)
  expect(await listsOf(world)).toHaveLength(1)
})

describe('revocations that nobody asked for', () => {
  const groups = groupsOf(4)

  test('are held beyond their limit, and told to the links that are still there', async () => {
    const world = await openBraked(groups, groups.map(ofOu), { indirect: { count: 2, percent: 0 } })
    expect(granted(world)).toBe(4)
    await world.organizations.moveAccount('200000000000' as never, 'ou-tiny-movedout', 'r-tiny')
    await world.finish(world.everyHour())
    await settled(world)
    expect(granted(world)).toBe(2)
    expect((await brakeFile(world.objects).read())?.value.lists.map(({ rule }) => rule)).toEqual(['indirect'])
    const [first = ''] = await held(world)
    const link = first.replace('account%200000000000', 'ou_id%ou-tiny-movedout')
    expect(await world.json(`status/links_data/${link}.json`)).toMatchObject({ state: 'held' })
    await releaseAll(world)
    expect(granted(world)).toBe(0)
    // The unit has no account any more, so its links wait for one without being listed, and nothing is held.
    expect(await world.json(`status/links_data/${link}.json`)).toMatchObject({ state: 'waiting', atRest: true })
    expect(await world.keys('attention/')).toEqual([])
  })
})

test('access of which one link was deleted while another is there, and covers it no more, is indirect', async () => {
  const group = 'team 0'
  const world = await openBraked([group], [linkOf(group), ofOu(group)], { indirect: { count: 0, percent: 0 } })
  await world.organizations.moveAccount('200000000000' as never, 'ou-tiny-movedout', 'r-tiny')
  await world.objects.delete(linkOf(group))
  await world.finish(world.everyHour())
  await settled(world)
  expect(granted(world)).toBe(1)
  expect((await brakeFile(world.objects).read())?.value.lists.map(({ rule }) => rule)).toEqual(['indirect'])
})

describe('a brake that cannot be read', () => {
  test.each([
    ['unreadable', undefined],
    ['not of its schema', '{"v":2}'],
  ])('(%s) revokes nothing, and grants go on', async (_what, body) => {
    let isFailing = false
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ port, args, proceed }) => {
        if (isFailing && body === undefined && port === 'objects' && args[0] === 'control/brake.json')
          throw new ServiceError('s3', 'InternalError', 'no')
        return proceed()
      })
    const world = await openBraked(groupsOf(2), linksOf(groupsOf(1)), { wrap })
    isFailing = true
    if (body !== undefined) await world.objects.put('control/brake.json', body)
    await world.objects.put(linkOf('team 1', 1), '')
    await remove(world, [linkOf('team 0')])
    expect(granted(world)).toBe(2)
    expect(
      world.log.lines.some(({ message }) => message === 'ssofile cannot read the brake, and revokes nothing'),
    ).toBe(true)
    isFailing = false
    await world.objects.delete('control/brake.json')
    await world.clock.advance(120_000)
    await settled(world)
    expect(granted(world)).toBe(1)
  })
})

describe('a dispatcher that dies', () => {
  test.each(['before', 'after'] as const)(
    'at any call, %s it takes effect, neither revokes more than the brake allows nor forgets what is held',
    async (when) => {
      const groups = groupsOf(4)
      for (let atCall = 0; atCall < 300; atCall += 4 * stride) {
        const world = await openBraked(groups, linksOf(groups), { own: { count: 2, percent: 0 } })
        for (const link of linksOf(groups)) await world.objects.delete(link)
        await world.look()
        const dying = dyingPorts(world.ports, { at: (_, number) => number === atCall, when })
        void world.slice({}, dying.ports)
        await world.clock.advance(8_000)
        for (let round = 0; round < 6; round++) {
          await world.clock.advance(65_000)
          if (round === 3) await world.finish(world.everyHour())
          await world.look()
          await world.finish(world.slice(), 1_000)
        }
        expect({ atCall, granted: granted(world), held: (await held(world)).length }).toEqual({
          atCall,
          granted: 2,
          held: 2,
        })
        expect(await world.keys('attention/')).toHaveLength(2)
        expect((await world.keys('status/links_data/')).length).toBe(2)
        if (!dying.isDead()) return
      }
    },
    120_000,
  )
})
