import { describe, expect, test } from '@jest/globals'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import {
  type Attempt,
  listOpenWork,
  moveTwin,
  nextAttempt,
  openKeyOf,
  openWorkKey,
  scheduleWork,
} from '../../../../shared/reconcile/records/open-work.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

const now = new Date('2026-03-03T10:00:00.000Z')
const key = openKeyOf('account%000000000001%ReadOnly-ps%50 % of a%GROUP%ssofile')
const after = (ms: number) => new Date(now.getTime() + ms)

test('the next attempt comes after a minute, doubling to an hour, within the upper half of that time', () => {
  const minutes = [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 100].map((attempts) => {
    const [earliest, middle, latest] = [0, 0.5, 1].map((fraction) => nextAttempt(now, attempts, fraction).getTime())
    expect((earliest ?? 0) - now.getTime()).toBe(((latest ?? 0) - now.getTime()) / 2)
    expect(middle).toBe(((earliest ?? 0) + (latest ?? 0)) / 2)
    return ((latest ?? 0) - now.getTime()) / 60_000
  })
  expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60])
})

test('open work is listed earliest first, urgent work before it, all or what is due, and work of an unknown form has no hint', async () => {
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock: new VirtualClock(now) })
  const instants = [after(60_000), after(-1), now, after(1)]
  for (const instant of instants) await objects.put(openWorkKey({ at: instant.toISOString() }, key), '')
  const file = openWorkKey({ at: after(2).toISOString() }, 'permission_sets/ReadOnly-ps.json')
  await objects.put(file, '')
  const unknown = openWorkKey({ at: after(-2).toISOString() }, 'notes.txt')
  await objects.put(unknown, '')
  await objects.put(`state/opened/${now.toISOString()}%${key}`, '')

  const [first, ...all] = await Array.fromAsync(listOpenWork(objects))
  expect(first).toEqual({ object: unknown, key: 'notes.txt', nextAttempt: after(-2), hint: undefined })
  await objects.delete(unknown)
  expect(all.map(({ nextAttempt: at }) => at.getTime() - now.getTime())).toEqual([-1, 0, 1, 2, 60_000])
  expect(all[0]).toMatchObject({ object: `state/open/2026-03-03T09:59:59.999Z%${key}`, key, nextAttempt: after(-1) })
  expect(all[3]).toMatchObject({ object: file, key: 'permission_sets/ReadOnly-ps.json', nextAttempt: after(2) })
  const due = await Array.fromAsync(listOpenWork(objects, now))
  expect(due.map(({ nextAttempt: at }) => at)).toEqual([after(-1), now])
  const urgent = [now, after(60_000)].map((at) => openWorkKey({ at: at.toISOString(), isUrgent: true }, key))
  for (const object of urgent) await objects.put(object, '')
  expect((await Array.fromAsync(listOpenWork(objects, now))).map(({ object }) => object)).toEqual([
    urgent[0],
    ...due.map(({ object }) => object),
  ])
  const allNow = await Array.fromAsync(listOpenWork(objects))
  expect(allNow.map(({ object }) => object)).toEqual([...urgent, ...all.map(({ object }) => object)])
})

test('work of a form that nobody could retry is refused when it is written', async () => {
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock: new VirtualClock(now) })
  const schedule = async (text: string) => scheduleWork(objects, { at: now.toISOString() }, openKeyOf(text))
  await expect(schedule('groups/developers.json')).rejects.toThrow(
    "state/open/: received open work for 'groups/developers.json', expected an account assignment",
  )
  expect(await Array.fromAsync(objects.list(''))).toEqual([])
  for (const known of [key, 'permission_sets/A-ps.json', 'access_control_attributes.json', 'look%300000000001%roles'])
    await schedule(known)
  expect(await Array.fromAsync(listOpenWork(objects))).toHaveLength(4)
})

describe('the twin of a record', () => {
  const [nine, ten] = [after(-3_600_000).toISOString(), now.toISOString()]
  const [atNine, atTen] = [{ at: nine }, { at: ten }]

  /** What happens while the twin moves, in order. */
  async function move(before?: Attempt, next?: Attempt): Promise<readonly string[]> {
    const objects = new MemoryObjectStore({ bucket: 'ssofile', clock: new VirtualClock(now) })
    const done: string[] = []
    const put = objects.put.bind(objects)
    const remove = objects.delete.bind(objects)
    objects.put = async (...args) => {
      done.push(`put ${args[0]}`)
      return put(...args)
    }
    objects.delete = async (...args: Parameters<typeof remove>) => {
      done.push(`delete ${args[0]}`)
      return remove(...args)
    }
    expect(await moveTwin(objects, key, { before, next }, async () => done.push('write'))).toBe(
      done.indexOf('write') + 1,
    )
    return done
  }

  test('is made before the record is written, and the one before is taken away after that', async () => {
    expect(await move(atNine, atTen)).toEqual([
      `put state/open/${ten}%${key}`,
      'write',
      `delete state/open/${nine}%${key}`,
    ])
    expect(await move(undefined, atTen)).toEqual([`put state/open/${ten}%${key}`, 'write'])
  })

  test('stays where it has the same instant as before', async () => {
    expect(await move(atTen, atTen)).toEqual([`put state/open/${ten}%${key}`, 'write'])
  })

  test('moves where the same attempt takes access away now', async () => {
    expect(await move(atTen, { at: ten, isUrgent: true })).toEqual([
      `put state/open/urgent/${ten}%${key}`,
      'write',
      `delete state/open/${ten}%${key}`,
    ])
  })

  test('is taken away where nothing is left to be tried again', async () => {
    expect(await move(atNine)).toEqual(['write', `delete state/open/${nine}%${key}`])
    expect(await move()).toEqual(['write'])
  })
})
