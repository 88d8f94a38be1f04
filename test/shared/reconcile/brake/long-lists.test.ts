import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import * as z from 'zod'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { type BrakeRecord, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { hold, takeOff } from '../../../../shared/domain/brake/lists.ts'
import { releaseHeld } from '../../../../shared/domain/brake/releases.ts'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { hasName } from '../../../../shared/domain/text/sorted-names.ts'
import { noMinimums } from '../../../../shared/reconcile/brake/ask-minimum.ts'
import { Brake } from '../../../../shared/reconcile/brake/brake.ts'
import {
  BrakeFile,
  brakeFile,
  brakeFileRecord,
  brakeParts,
  digestOf,
  forgetBrakeParts,
  longNames,
  readBrake,
  releaseList,
} from '../../../../shared/reconcile/records/brake-file.ts'
import { defineRecords } from '../../../../shared/reconcile/records/define-record.ts'
import { LongLists } from '../../../../shared/reconcile/records/long-lists.ts'
import { intercept, noAnswer } from '../../../intercept.ts'
import { World } from '../../../world.ts'
import { holding } from './holding.ts'

const keyOf = (index: number) => assignmentKey.parse(`account%${200_000_000_000 + index}%P%team%GROUP`)
const terms = { limits: configuration.parse({}).brake, now: new Date('2026-03-03T10:00:00.000Z') }
const window = { rule: 'indirect', cause: 'configuration', since: '2026-03-03T10:00:00.000Z', counted: [] } as const
const many = (count: number) => holding(...Array.from({ length: count }, (_, index) => keyOf(index)))

const step = fc.record({
  does: fc.constantFrom('hold', 'hold', 'hold', 'take off', 'release'),
  indexes: fc.uniqueArray(fc.nat(40), { minLength: 1, maxLength: 8 }),
  /** The write at which the process dies, before or after it. */
  diesAt: fc.option(fc.nat(6), { nil: undefined }),
  isAfter: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function change(record: BrakeRecord, { does, indexes }: Step): BrakeRecord {
  const [list] = record.lists
  const keys = indexes.map(keyOf)
  if (does === 'hold') {
    const fresh = keys.filter((key) => !list || !hasName(list.held, key))
    return hold(record, fresh, { window: { ...window, counted: [] }, items: fresh }, terms)
  }
  if (!list) return record
  if (does === 'release') return releaseHeld(record, list, { at: terms.now, digest: digestOf(list), by: 'me' })
  return keys.reduce((next, key) => (next.lists[0] ? takeOff(next, next.lists[0], key) : next), record)
}

test('a list whose parts are read while another read learns of a newer record is whole', async () => {
  const { ports } = new World()
  const lists = new LongLists<string, string[], readonly string[]>({
    parts: defineRecords({
      at: 'parts/',
      meaning: 'parts of lists, in this test',
      source: { is: 'text' },
      key: (digest: string) => digest,
      value: z.array(z.string()),
    }),
    most: 1,
    toBody: (items) => [...items],
    itemsOf: (body) => body,
    namesOf: (items) => items,
    isSame: (one, other) => one === other,
  })
  for (const name of ['a', 'b', 'c']) await ports.objects.put(`parts/${name}`, JSON.stringify([name]))
  const known = [{ key: 'parts/b', items: ['b'] }]
  lists.know(new Map([[['b'], known]]), 'first')
  const { objects } = intercept(ports, async ({ proceed }) => {
    lists.know(new Map([[['c'], [{ key: 'parts/c', items: ['c'] }]]]), 'second')
    return proceed()
  })
  expect(await lists.join(objects, ['parts/a', 'parts/b'], (pieces) => pieces.flat())).toEqual(['a', 'b'])
})

describe('a long list of the brake', () => {
  test('is what was written, wholly or not at all, wherever its writer dies', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const world = new World()
        const open = (one?: Step) => {
          const at = { puts: 0 }
          const { objects } = intercept(world.ports, async ({ operation, proceed }) => {
            const isLast = operation === 'put' && at.puts++ === one?.diesAt
            if (isLast && !one?.isAfter) throw noAnswer('PutObject')
            const answer = await proceed()
            if (isLast) throw noAnswer('PutObject')
            return answer
          })
          return new BrakeFile(objects, longNames(3))
        }
        for (const one of steps) {
          const file = open(one)
          const stored = await file.read()
          const before = stored?.value ?? emptyBrake
          const after = change(before, one)
          const outcome = await file.write(after, stored?.object.etag).catch(() => 'dead' as const)
          const found = (await open().read())?.value ?? emptyBrake
          expect([before, after].map((each) => JSON.stringify(each))).toContain(JSON.stringify(found))
          if (outcome !== 'dead') expect(JSON.stringify(found)).toBe(JSON.stringify(after))
        }
      }),
    )
  })

  test('writes only the part with a change, and nothing for a release', async () => {
    const { objects } = new World()
    const file = brakeFile(objects)
    await file.write(many(5_000), undefined)
    const parts = async () => (await Array.fromAsync(objects.list(brakeParts.at))).length
    // Its items are the same names, and need no objects of their own.
    expect(await parts()).toBe(10)
    const { value = emptyBrake, object } = (await file.read()) ?? {}
    const key = keyOf(9_999)
    await file.write(hold(value, [key], { window: { ...window, counted: [] }, items: [key] }, terms), object?.etag)
    expect(await parts()).toBe(12)
    expect((await objects.head(brakeFileRecord.at))?.size).toBeLessThan(5_000)
    const [list] = (await brakeFile(objects).read())?.value.lists ?? []
    expect(list?.held).toHaveLength(5_001)
    expect((await releaseList(objects, list ? digestOf(list) : '', 'me')).outcome).toBe('released')
    expect(await parts()).toBe(12)
    expect((await brakeFile(objects).read())?.value.releases).toMatchObject([{ keys: list?.held }])
  })

  test('has a bounded event in history when it is released, with all its names beside it', async () => {
    const world = new World()
    await brakeFile(world.objects).write(many(1_200), undefined)
    const [list] = many(1_200).lists
    const digest = list ? digestOf(list) : ''
    await releaseList(world.objects, digest, 'me')
    await world.finish(new Brake(world.ports, world.configuration, noMinimums).look())
    const folder = `history/brake%${digest}/`
    const keys = await world.keys(folder)
    expect(keys.map((key) => key.slice(folder.length).replace(/^[^%]*/, ''))).toEqual([
      ...['%brake-released%1.json', '%brake-released%2.json', '%brake-released%3.json'],
      '%brake-released.json',
    ])
    const beside = await Promise.all(keys.map((key) => world.json(key)))
    const event = beside.pop()
    expect(event).toMatchObject({ assignments: list?.held.slice(0, 500), counts: { assignments: 1_200, items: 0 } })
    expect(beside.flatMap((one) => one?.names)).toEqual(list?.held)
  })

  test('makes the record unreadable if a part of it is gone, except for readers of other rules', async () => {
    const { objects } = new World()
    await brakeFile(objects).write(many(1_000), undefined)
    const [{ key = '' } = {}] = await Array.fromAsync(objects.list(brakeParts.at))
    await objects.delete(key)
    await expect(brakeFile(objects).read()).rejects.toThrow(brakeFileRecord.at)
    expect(await readBrake(objects, ['memberships'])).toMatchObject({ lists: [] })
  })

  test('is written whole again after somebody deleted the record with its parts', async () => {
    const { objects } = new World()
    const file = brakeFile(objects)
    await file.write(many(1_200), undefined)
    for (const key of [
      brakeFileRecord.at,
      ...(await Array.fromAsync(objects.list(brakeParts.at))).map((one) => one.key),
    ])
      await objects.delete(key)
    expect(await file.read()).toBeUndefined()
    await file.write(many(1_201), undefined)
    expect((await brakeFile(objects).read())?.value.lists).toMatchObject([{ held: { length: 1_201 } }])
  })

  test('leaves no parts behind for longer than versions of the record', async () => {
    const world = new World()
    const file = brakeFile(world.objects)
    await file.write(many(1_000), undefined)
    await world.clock.advance(9 * 24 * 60 * 60_000)
    await file.write(many(700), (await world.objects.head(brakeFileRecord.at))?.etag)
    await forgetBrakeParts(world.ports)
    expect(await world.keys(brakeParts.at)).toHaveLength(2)
    expect((await brakeFile(world.objects).read())?.value).toEqual(many(700))
  })
})
