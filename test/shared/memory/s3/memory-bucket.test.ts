import { expect, test } from '@jest/globals'
import { compareKeys } from '../../../../shared/domain/text/compare-keys.ts'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import type { ObjectChange } from '../../../../shared/memory/s3/object-change.ts'
import { SortedKeys } from '../../../../shared/memory/s3/sorted-keys.ts'
import { SeededRandomness } from '../../../../shared/memory/seeded-randomness.ts'
import { VirtualClock } from '../../../virtual-clock.ts'
import { DurableTables } from '../durable-tables.ts'

const clock = new VirtualClock(new Date('2026-03-03T10:15:30.123Z'))

test('keys stay in order through additions and removals at random', () => {
  const randomness = new SeededRandomness(1)
  const expected = new Set<string>()
  const keys = new SortedKeys()
  for (let step = 0; step < 20_000; step++) {
    const key = `links_data/${Math.floor(randomness.fraction() * 8000)}`
    if (randomness.fraction() < 0.6) {
      keys.add(key)
      expected.add(key)
    } else {
      keys.delete(key)
      expected.delete(key)
    }
  }
  expect([...keys.from(() => false)]).toEqual([...expected].sort(compareKeys))
  expect([...keys.from((key) => compareKeys(key, 'links_data/5') < 0)][0]).toBe(
    [...expected].sort(compareKeys).find((key) => key >= 'links_data/5'),
  )
})

test('the order of keys is that of their UTF-8 bytes', () => {
  const keys = [
    '',
    'a',
    'ab',
    'b',
    '\u{7f}',
    '\u{80}',
    '\u{7ff}',
    '\u{800}',
    '\u{d7ff}',
    '\u{e000}',
    '\u{ffff}',
    '\u{10000}',
    '\u{10ffff}',
    '\u{10000}a',
  ]
  const byBytes = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  expect(keys.toSorted(compareKeys)).toEqual(byBytes)
})

test('who changed what, and in which order, is told after each change that took effect', async () => {
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock })
  const seen: ObjectChange[] = []
  const stop = objects.onChange((change) => seen.push(change))
  await objects.as('alice', '192.0.2.1').put('links_data/x', 'x')
  await objects.put('links_data/x', 'y', { ifNoneMatch: '*' })
  await objects.as('bob').delete('links_data/x')
  await objects.as('bob').delete('links_data/x')
  stop()
  await objects.put('links_data/y', 'y')
  expect(seen).toMatchObject([
    {
      eventName: 'ObjectCreated:Put',
      key: 'links_data/x',
      size: 1,
      etag: '9dd4e461268c8034f5c8564e155c67a6',
      caller: { accessKeyId: 'alice', sourceIpAddress: '192.0.2.1' },
      sequencer: '000000000000000001',
    },
    { eventName: 'ObjectRemoved:Delete', caller: { accessKeyId: 'bob' }, sequencer: '000000000000000002' },
  ])
})

test('what a caller does with a body later does not change the object', async () => {
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock })
  const body = Buffer.from('before')
  await objects.put('k', body)
  body.fill('x')
  const read = await objects.get('k')
  read?.body.fill(0)
  expect(Buffer.from((await objects.get('k'))?.body ?? []).toString()).toBe('before')
})

test('a store over the same tables goes on where the last one ended', async () => {
  const openTable = new DurableTables().open
  const before = new MemoryObjectStore({ bucket: 'ssofile', clock, openTable })
  await before.put('b', 'x')
  await before.put('a', 'x')
  const after = new MemoryObjectStore({ bucket: 'ssofile', clock, openTable })
  const seen: ObjectChange[] = []
  after.onChange((change) => seen.push(change))
  await after.put('c', 'x')
  expect((await Array.fromAsync(after.list(''))).map(({ key }) => key)).toEqual(['a', 'b', 'c'])
  expect(seen).toMatchObject([{ sequencer: '000000000000000003' }])
})

test('versions and delete markers survive the process', async () => {
  const tables = new DurableTables()
  const open = (versioned?: boolean) =>
    new MemoryObjectStore({ bucket: 'ssofile', clock, openTable: tables.open, versioned })
  const before = open(true)
  await before.put('links_data/x', 'first')
  await before.put('links_data/x', 'second')
  await before.delete('links_data/x')
  const listed = before.model.listVersionsPage()
  expect(listed.versions.map(({ object }) => object && new TextDecoder().decode(object.body))).toEqual([
    undefined,
    'second',
    'first',
  ])
  expect(open().model.listVersionsPage()).toEqual(listed)
  expect(open(false).model.versioning).toBe('Suspended')
})

test('under a lifecycle old versions go after their days, or sooner where they need too much memory', async () => {
  const days = new VirtualClock(new Date('2026-03-03T10:15:30.123Z'))
  const lifecycle = [{ prefix: 'state/', days: 1, bytesMost: 10_000 }]
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock: days, versioned: true, lifecycle })
  const count = (prefix: string) => objects.model.listVersionsPage({ prefix }).versions.length
  for (let index = 0; index < 100; index++) {
    await objects.put('state/large', 'x'.repeat(1_000))
    await objects.put('links_data/kept', 'x'.repeat(1_000))
  }
  expect(count('links_data/')).toBe(100)
  expect(count('state/')).toBe(7)
  await objects.delete('state/large')
  await days.advance(86_400_001)
  await objects.delete('state/none')
  await days.advance(86_400_001)
  await objects.delete('state/other')
  expect(objects.model.listVersionsPage({ prefix: 'state/' }).versions.map(({ key }) => key)).toEqual(['state/other'])
  expect(await objects.head('state/large')).toBeUndefined()
})
