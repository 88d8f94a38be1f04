import { describe, expect, test } from '@jest/globals'
import { brakeFile, digestOf, releaseList } from '../../../../../shared/reconcile/records/brake-file.ts'
import { pauseChanges, resumeChanges } from '../../../../../shared/reconcile/records/pause.ts'
import { intercept } from '../../../../intercept.ts'
import { World } from '../../../../world.ts'
import {
  bank,
  dayMs,
  fileOf,
  hourMs,
  keyId,
  keyWith,
  minuteMs,
  noting,
  organization,
  Retiring,
  userWith,
} from './retiring.ts'

describe('what stops it', () => {
  test('a pause: nothing is made inactive, deleted or made active again, and then everything goes on', async () => {
    const retiring = await Retiring.open([
      userWith('ci', { keys: [keyWith()] }),
      userWith('old', { keys: [keyWith()] }),
    ])
    const { world } = retiring
    await retiring.ask(fileOf('old'))
    await retiring.look()
    await pauseChanges(world.ports, { reason: 'a test', by: 'me' })
    await retiring.ask(fileOf('ci'))
    await world.objects.delete(fileOf('old'))
    await retiring.pass(20 * dayMs, 12 * hourMs)
    expect([retiring.key('ci')?.isActive, retiring.key('old')?.isActive]).toEqual([true, false])
    for (const file of [fileOf('ci'), fileOf('old')])
      expect(await retiring.status(file)).toMatchObject({ reason: expect.stringContaining('all changes are paused') })
    await resumeChanges(world.ports, 'me')
    await retiring.look()
    expect([retiring.key('ci')?.isActive, retiring.key('old')?.isActive]).toEqual([false, true])
  })

  test('the brake: the twenty-first of an owner waits for a person, and the other owner does not', async () => {
    const names = Array.from({ length: 21 }, (_, index) => `user-${String(index).padStart(2, '0')}`)
    const retiring = await Retiring.open(names.map((name) => userWith(name, { keys: [keyWith()] })))
    retiring.have(bank, [userWith('clerk', { keys: [keyWith()] })])
    await retiring.ask(...names.map((name) => fileOf(name)), fileOf('clerk', keyId, bank, 'team-bank'))
    await retiring.look()
    const active = names.filter((name) => retiring.key(name)?.isActive)
    expect(active).toHaveLength(1)
    expect(retiring.user('clerk', bank)?.keys).toMatchObject([{ isActive: false }])
    const [left = ''] = active
    expect(await retiring.status(fileOf(left))).toMatchObject({
      state: 'held',
      reason: "held by the brake: more than 20 credentials of the owner 'team-shop' would be retired within 24 hours",
    })
    expect(retiring.world.metrics.sumOf('BrakeHolds')).toBe(1)
    await retiring.pass(2 * dayMs)
    expect(retiring.key(left)?.isActive).toBe(true)
    const [list] = (await brakeFile(retiring.world.objects).read())?.value.lists ?? []
    if (!list) throw new Error('the brake holds nothing')
    await releaseList(retiring.world.objects, digestOf(list), 'a person')
    await retiring.look()
    expect(retiring.key(left)?.isActive).toBe(false)
  })

  test('what the brake holds stays held through a pause, however long it lasts', async () => {
    const names = Array.from({ length: 21 }, (_, index) => `user-${index}`)
    const retiring = await Retiring.open(names.map((name) => userWith(name, { keys: [keyWith()] })))
    await retiring.ask(...names.map((name) => fileOf(name)))
    await retiring.look()
    await pauseChanges(retiring.world.ports, { reason: 'a test', by: 'me' })
    await retiring.pass(2 * dayMs, 12 * hourMs)
    await resumeChanges(retiring.world.ports, 'me')
    await retiring.pass(hourMs)
    expect(names.filter((name) => retiring.key(name)?.isActive)).toHaveLength(1)
    expect((await brakeFile(retiring.world.objects).read())?.value.lists).toMatchObject([
      { items: [expect.anything()] },
    ])
  })

  test('IAM is not asked about keys that the brake holds, until a person releases them', async () => {
    const names = Array.from({ length: 25 }, (_, index) => `user-${index}`)
    const retiring = await Retiring.open(names.map((name) => userWith(name, { keys: [keyWith()] })))
    const { ports, objects } = retiring.world
    await retiring.ask(...names.map((name) => fileOf(name)))
    await retiring.look()
    const asked: string[] = []
    await retiring.look(noting(ports, asked))
    expect(asked).toEqual([])
    const [list] = (await brakeFile(objects).read())?.value.lists ?? []
    if (!list) throw new Error('the brake holds nothing')
    await releaseList(objects, digestOf(list), 'a person')
    await retiring.look(noting(ports, asked))
    expect(asked.length).toBeGreaterThanOrEqual(5)
    expect(names.some((name) => retiring.key(name)?.isActive)).toBe(false)
  })

  test('keys whose deletion the brake holds are looked at once an hour, so a use of one is seen', async () => {
    const names = Array.from({ length: 22 }, (_, index) => `user-${index}`)
    const retiring = await Retiring.open(names.map((name) => userWith(name, { keys: [keyWith()] })))
    const { ports, objects, clock } = retiring.world
    await retiring.govern({ retireAfterDays: 30 })
    await retiring.ask(...names.slice(0, 20).map((name) => fileOf(name)))
    await retiring.pass(2 * dayMs, 2 * dayMs)
    await retiring.ask(...names.slice(20).map((name) => fileOf(name)))
    await retiring.pass(3 * dayMs, 3 * dayMs)
    await retiring.govern({ retireAfterDays: 2 })
    await retiring.pass(hourMs)
    const held = names.filter((name) => retiring.key(name))
    expect(held).toHaveLength(2)
    const asked: string[] = []
    await clock.advance(5 * minuteMs)
    await retiring.look(noting(ports, asked))
    expect(asked).toEqual([])
    const [used = '', left = ''] = held
    retiring.changeKey(used, { isActive: true })
    await retiring.pass(hourMs)
    expect(await retiring.status(fileOf(used))).toMatchObject({ retirement: { state: 'used since' } })
    expect(await retiring.status(fileOf(left))).toMatchObject({ state: 'held', retirement: { state: 'due' } })
    const [list] = (await brakeFile(objects).read())?.value.lists ?? []
    if (!list) throw new Error('the brake holds nothing')
    await releaseList(objects, digestOf(list), 'a person')
    await retiring.look()
    expect(names.filter((name) => retiring.key(name))).toEqual([used])
  })

  test('what the brake holds leaves it with its file', async () => {
    const names = Array.from({ length: 21 }, (_, index) => `user-${index}`)
    const retiring = await Retiring.open(names.map((name) => userWith(name, { keys: [keyWith()] })))
    await retiring.ask(...names.map((name) => fileOf(name)))
    await retiring.look()
    for (const name of names) await retiring.world.objects.delete(fileOf(name))
    await retiring.look()
    expect((await brakeFile(retiring.world.objects).read())?.value.lists).toEqual([])
    expect(names.every((name) => retiring.key(name)?.isActive)).toBe(true)
  })

  test('a key whose file was deleted is active again before new files are looked at, however many they are', async () => {
    const names = ['zz', ...Array.from({ length: 40 }, (_, index) => `user-${index}`)]
    const retiring = await Retiring.open(names.map((name) => userWith(name, { keys: [keyWith()] })))
    await retiring.ask(fileOf('zz'))
    await retiring.look()
    await retiring.world.objects.delete(fileOf('zz'))
    await retiring.ask(...names.slice(1).map((name) => fileOf(name)))
    const looked: string[] = []
    const { ports } = retiring.world
    const { objects } = intercept(ports, async ({ operation, args: [key], proceed }) => {
      if (operation === 'get' && String(key).startsWith('status/retire/')) looked.push(String(key))
      return proceed()
    })
    await retiring.look({ ...ports, objects })
    expect(looked[0]).toContain('%zz%')
    expect(retiring.key('zz')?.isActive).toBe(true)
  })

  test.each([
    ['a hygiene.json that is not valid', 'hygiene.json is not valid', '{'],
    ['a hygiene.json without ownerTag', 'hygiene.json has no ownerTag', '{}'],
    ['a missing hygiene.json', 'there is no hygiene.json', undefined],
  ])('%s starts nothing and undoes nothing, and the statuses say so until it is there again', async (_, why, text) => {
    const retiring = await Retiring.open(
      ['ci', 'new', 'old', 'withdrawn'].map((name) => userWith(name, { keys: [keyWith()] })),
    )
    const { objects } = retiring.world
    await retiring.ask(fileOf('old'))
    await retiring.pass(14.5 * dayMs, 12 * hourMs)
    await retiring.ask(fileOf('ci'), fileOf('withdrawn'))
    await retiring.look()
    if (text === undefined) await objects.delete('hygiene.json')
    else await objects.put('hygiene.json', text)
    await retiring.ask(fileOf('new'))
    await objects.delete(fileOf('withdrawn'))
    await retiring.pass(20 * dayMs, 2 * dayMs)
    const active = () => ['ci', 'withdrawn', 'new'].map((name) => retiring.key(name)?.isActive)
    expect(active()).toEqual([false, false, true])
    for (const name of ['ci', 'withdrawn', 'new'])
      expect(await retiring.status(fileOf(name))).toMatchObject({
        state: 'failed',
        reason: `${why}, so ssofile retires and restores nothing`,
        remedy: expect.stringContaining('ownerTag'),
      })
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ retirement: { state: 'inactive' } })
    expect(await retiring.status(fileOf('old'))).toMatchObject({ state: 'applied', retirement: { state: 'gone' } })
    await objects.delete(fileOf('new'))
    await retiring.look()
    expect(await retiring.status(fileOf('new'))).toBeUndefined()
    await retiring.govern({ retireAfterDays: 60 })
    await retiring.look()
    expect(active()).toEqual([false, true, true])
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ state: 'applying' })
  })

  test('without a configured role nothing is looked at', async () => {
    const world = new World({ organization })
    await world.finish(world.everyHour())
    await world.objects.put(fileOf('ci'), '')
    await world.finish(world.runSchedule('retire'))
    expect(await Array.fromAsync(world.objects.list('status/retire/'))).toEqual([])
  })
})
