import { describe, expect, test } from '@jest/globals'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { brakeFile } from '../../../../shared/reconcile/records/brake-file.ts'
import { sendInputs } from '../../../../shared/reconcile/records/inputs.ts'
import { dyingPorts, intercept } from '../../../intercept.ts'
import {
  deletions,
  granted,
  groupsOf,
  held,
  linkOf,
  linksOf,
  openBraked,
  releaseAll,
  remove,
  settled,
  settledLater,
} from './braked-world.ts'
import { holding } from './holding.ts'

describe('of links that are deleted beyond the limit', () => {
  test('what is held is granted again, without a call, when its link comes back', async () => {
    const world = await openBraked(groupsOf(4), linksOf(groupsOf(4)), { own: { count: 2, percent: 0 } })
    await remove(world, linksOf(groupsOf(4)))
    const [first = '', ...others] = await held(world)
    const calls = world.calls.filter((call) => /^(Create|Delete)/.test(call)).length
    await world.objects.put(`links_data/${first}`, '')
    await settled(world)
    expect(await world.json(`assignments/${first}`)).toMatchObject({ state: 'granted' })
    expect((await world.json(`status/links_data/${first}.json`))?.state).toBe('applied')
    expect(await held(world)).toEqual(others)
    expect(world.calls.filter((call) => /^(Create|Delete)/.test(call))).toHaveLength(calls)
  })

  test('what is held rests: a reconcile hints at none of it, and grants go on', async () => {
    const world = await openBraked(groupsOf(5), linksOf(groupsOf(4)), { own: { count: 2, percent: 0 } })
    await remove(world, linksOf(groupsOf(4)))
    const before = await held(world)
    await world.objects.put(linkOf('team 4', 4), '')
    await settled(world)
    await world.finish(world.everyHour())
    expect(world.log.lines.findLast(({ message }) => message === 'reconciled')?.fields).toMatchObject({
      inputs: 0,
      revocations: 0,
      unfinished: 0,
    })
    expect(granted(world)).toBe(3)
    expect(await held(world)).toEqual(before)
  })

  test('a held link that is looked at again stays held in its status', async () => {
    const world = await openBraked(groupsOf(4), linksOf(groupsOf(4)), { own: { count: 2, percent: 0 } })
    await remove(world, linksOf(groupsOf(4)))
    const inputs = (await held(world)).map((key) => `links_data/${key}`)
    await sendInputs(world.ports, inputs, 'again', world.configuration)
    await world.look()
    for (const input of inputs) expect(await world.json(`status/${input}.json`)).toMatchObject({ state: 'held' })
  })

  test('a held access that someone else took away leaves the list, and the ledger five minutes after AWS refused its deletion', async () => {
    const world = await openBraked(groupsOf(4), linksOf(groupsOf(4)), { own: { count: 2, percent: 0 } })
    await remove(world, linksOf(groupsOf(4)))
    for (const target of world.ssoAdmin.assignments()) await world.ssoAdmin.deleteAccountAssignment(target)
    await world.clock.advance(60_000)
    await releaseAll(world)
    await world.clock.advance(10 * 60_000)
    await settledLater(world)
    expect({ ledger: await world.namedKeys('assignments/'), attention: await world.keys('attention/') }).toEqual({
      ledger: [],
      attention: [],
    })
    // Two by the product, two by someone else, and one for each of those that AWS refused.
    expect(deletions(world)).toBe(2 + 2 + 2)
  })

  test('a held access that someone took away and put back is listed under access/ again', async () => {
    let isTaken = false
    const world = await openBraked(groupsOf(4), linksOf(groupsOf(4)), {
      own: { count: 2, percent: 0 },
      wrap: (ports) =>
        intercept(ports, async ({ operation, args: [key, body], proceed }) => {
          const done = await proceed()
          // Between the mark of the drift check and the look that follows it.
          const isMark =
            operation === 'put' && String(key).startsWith('assignments/') && /missingSince/.test(String(body))
          if (isTaken && isMark) for (const target of taken) world.ssoAdmin.addAssignment(target)
          return done
        }),
    })
    await remove(world, linksOf(groupsOf(4)))
    await world.clock.advance(10 * 60_000)
    const taken = world.ssoAdmin.assignments()
    const before = await world.keys('access/')
    isTaken = true
    for (const target of taken) world.ssoAdmin.removeAssignment(target)
    await world.finish(world.everyNight())
    await settledLater(world)
    await world.finish(world.everyHour())
    await settled(world)
    expect(before).toHaveLength(2)
    expect(await world.keys('access/')).toEqual(before)
  })

  test('a key whose access is not held any more leaves the list at a reconcile, if whoever changed it died', async () => {
    const world = await openBraked(groupsOf(1), linksOf(groupsOf(1)))
    const [key = ''] = (await world.keys('assignments/')).map((found) => found.slice('assignments/'.length))
    await world.finish(world.everyHour())
    await world.clock.advance(3_600_000)
    const file = holding(key)
    await brakeFile(world.objects).write(file, (await world.objects.head('control/brake.json'))?.etag)
    await world.finish(world.everyHour())
    await settled(world)
    expect(await held(world)).toEqual([])
    expect(granted(world)).toBe(1)
  })

  test('a link that is gone is told so when another took over what was held of it, if whoever changed it died', async () => {
    const links = [0, 1, 2].map((index) => linkOf('team 0', index))
    const world = await openBraked(groupsOf(1), links, { own: { count: 1, percent: 0 } })
    await remove(world, links)
    const [first = '', other = ''] = await held(world)
    const root = `links_data/ou_id%r-tiny%${first.split('%').slice(2).join('%')}`
    expect(await world.json(`status/links_data/${first}.json`)).toMatchObject({ state: 'held' })
    await world.objects.put(root, '')
    await world.look()
    const dying = dyingPorts(world.ports, {
      at: ({ operation, args }) => operation === 'put' && args[0] === `assignments/${world.keyOf(first)}`,
      when: 'after',
    })
    void world.slice({}, dying.ports)
    await world.clock.advance(8_000)
    expect(dying.isDead()).toBe(true)
    await world.objects.delete(root)
    await world.look()
    await settledLater(world)
    await world.finish(world.everyHour())
    await settled(world)
    expect(await world.json(`status/links_data/${first}.json`)).toBeUndefined()
    for (const key of [root, `links_data/${other}`])
      expect(await world.json(`status/${key}.json`)).toMatchObject({ state: 'held' })
  })

  test('a link that is gone is told so when another link keeps what was held of it, also at the second attempt', async () => {
    let written: string | undefined
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ operation, args, proceed }) => {
        const answer = await proceed()
        const [key, body] = args
        const isGranted = typeof body === 'string' && body.includes('"granted"')
        if (operation !== 'put' || written === undefined || key !== written || !isGranted) return answer
        written = undefined
        throw new ServiceError('s3', 'InternalError', 'no')
      })
    const links = [0, 1].map((index) => linkOf('team 0', index))
    const world = await openBraked(groupsOf(1), links, { own: { count: 1, percent: 0 }, wrap })
    await remove(world, links)
    const [first = ''] = await held(world)
    await world.objects.put(`links_data/ou_id%r-tiny%${first.split('%').slice(2).join('%')}`, '')
    await world.look()
    written = `assignments/${world.keyOf(first)}`
    await world.finish(world.slice())
    expect(written).toBeUndefined()
    expect(await world.json(`assignments/${first}`)).toMatchObject({ state: 'granted' })
    expect(await world.json(`status/links_data/${first}.json`)).toBeUndefined()
  })

  test('a list that is lost is judged again', async () => {
    const world = await openBraked(groupsOf(4), linksOf(groupsOf(4)), { own: { count: 2, percent: 0 } })
    await remove(world, linksOf(groupsOf(4)))
    await world.objects.delete('control/brake.json')
    await world.finish(world.everyHour())
    await settled(world)
    expect({ granted: granted(world), held: await held(world), attention: await world.keys('attention/') }).toEqual({
      granted: 0,
      held: [],
      attention: [],
    })
  })
})
