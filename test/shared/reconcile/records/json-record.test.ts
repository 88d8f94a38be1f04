import { describe, expect, test } from '@jest/globals'
import * as z from 'zod'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import { JsonRecord } from '../../../../shared/reconcile/records/json-record.ts'
import { SpoiledObjectError } from '../../../../shared/reconcile/records/stored-json.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

const key = 'control/x.json'

function open() {
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock })
  return { clock, objects, record: new JsonRecord(objects, key, z.strictObject({ count: z.number() })) }
}

describe('a record', () => {
  test('is created only where nothing is, and replaced or removed only by a writer that read it as it is', async () => {
    const { record } = open()
    expect(await record.read()).toBeUndefined()
    expect((await record.write({ count: 1 }, undefined)).outcome).toBe('written')
    expect((await record.write({ count: 2 }, undefined)).outcome).toBe('lost')
    const first = (await record.read())?.object.etag ?? ''
    expect((await record.write({ count: 3 }, first)).outcome).toBe('written')
    expect((await record.write({ count: 4 }, first)).outcome).toBe('lost')
    expect(await record.remove(first)).toBe('lost')
    expect((await record.read())?.value).toEqual({ count: 3 })
    expect(await record.remove((await record.read())?.object.etag ?? '')).toBe('deleted')
    expect(await record.read()).toBeUndefined()
  })

  test('is indented for its readers, except a cache, which has none', async () => {
    const { objects, record } = open()
    const cache = new JsonRecord(objects, 'state/x.json', z.strictObject({ count: z.number() }))
    for (const one of [record, cache]) await one.write({ count: 1 }, undefined)
    const text = async (at: string) => new TextDecoder().decode((await objects.get(at))?.body)
    expect([await text(key), await text('state/x.json')]).toEqual(['{\n  "count": 1\n}\n', '{"count":1}'])
  })

  test('that could not be read again is not written: the error names the object and the place', async () => {
    const { objects } = open()
    const schema = z.object({ files: z.array(z.object({ at: z.iso.datetime() })) })
    const record = new JsonRecord(objects, key, schema)
    const wrong = { files: [{ at: '2026-03-03T10:00:00.000Z' }, { at: '+010000-01-01T00:00:00.000Z' }] }
    for (const writing of [record.write(wrong, undefined), record.overwrite(wrong), record.revise(() => wrong)])
      await expect(writing).rejects.toThrow(
        `${key}: received content that ssofile could not read again, at $.files[1].at`,
      )
    expect(await objects.head(key)).toBeUndefined()
    const cache = new JsonRecord(objects, 'state/x.json', schema)
    expect((await cache.write(wrong, undefined)).outcome).toBe('written')
  })

  test('that has one writer is written whatever stands there, also over a spoiled object', async () => {
    const { objects, record } = open()
    await objects.put(key, '{')
    await expect(record.read()).rejects.toBeInstanceOf(SpoiledObjectError)
    await record.overwrite({ count: 1 })
    expect((await record.read())?.value).toEqual({ count: 1 })
  })

  test('is read again only when it was changed', async () => {
    const { objects, record } = open()
    expect(await record.readIfChanged(undefined)).toBeUndefined()
    await record.overwrite({ count: 1 })
    const etag = (await record.read())?.object.etag
    expect(await record.readIfChanged(etag)).toBe('unchanged')
    expect(await record.readIfChanged('another')).toMatchObject({ value: { count: 1 } })
    await objects.put(key, '{')
    await expect(record.readIfChanged(etag)).rejects.toMatchObject({ object: { key } })
    await objects.delete(key)
    expect(await record.readIfChanged(etag)).toBeUndefined()
  })

  test('is revised with the time at which S3 gave what is revised', async () => {
    const { clock, record } = open()
    await record.write({ count: 1 }, undefined)
    await clock.advance(60_000)
    const seen: unknown[] = []
    await record.revise((current, servedAt) => {
      seen.push(current, servedAt)
      return undefined
    })
    await record.revise((current, servedAt) => {
      seen.push(current, servedAt)
      return undefined
    })
    expect(seen).toEqual([{ count: 1 }, new Date('2026-03-03T10:01:00Z'), undefined, undefined])
  })

  test('is revised on the value that a faster writer left, and not written where it stays equal', async () => {
    const { clock, objects, record } = open()
    const seen: (number | undefined)[] = []
    const revised = await record.revise(async (current) => {
      seen.push(current?.count)
      if (seen.length === 1) await record.overwrite({ count: 10 })
      return { count: (current?.count ?? 0) + 1 }
    })
    expect({ revised, seen }).toEqual({ revised: { count: 11 }, seen: [undefined, 10] })
    const before = await objects.head(key)
    await clock.advance(60_000)
    await record.revise(() => ({ count: 11 }))
    expect((await objects.head(key))?.lastModified).toEqual(before?.lastModified)
  })

  test('is removed by a revision to nothing, once no faster writer has changed it', async () => {
    const { record } = open()
    await record.overwrite({ count: 1 })
    let revisions = 0
    const removed = await record.revise(async () => {
      if (revisions++ === 0) await record.overwrite({ count: 2 })
      return undefined
    })
    expect({ removed, revisions, left: await record.read() }).toEqual({
      removed: undefined,
      revisions: 2,
      left: undefined,
    })
    expect(await record.revise(() => undefined)).toBeUndefined()
  })

  test('that others change all the time is given up after twenty revisions', async () => {
    const { record } = open()
    let revisions = 0
    const restless = record.revise(async () => {
      await record.overwrite({ count: ++revisions })
      return { count: -1 }
    })
    await expect(restless).rejects.toThrow(`${key} keeps changing; ssofile will try again`)
    expect(revisions).toBe(20)
  })
})
