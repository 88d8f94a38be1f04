import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { S3ObjectStore } from '../../shared/aws/s3-object-store.ts'
import { SystemRandomness } from '../../shared/aws/system-randomness.ts'
import { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import type { ObjectStore } from '../../shared/ports/object-store.ts'
import { isObjectRefusal } from '../../shared/ports/service-error.ts'
import { patientObjects } from '../../shared/reconcile/calls/patient-ports.ts'
import { VirtualClock } from '../virtual-clock.ts'
import { startLocalServer } from './local-server.ts'

type Opened = {
  readonly objects: ObjectStore
  readonly clock: VirtualClock
  readonly isVersioned?: boolean
  /** Somebody uploads it with their own key (SSE-C). */
  encrypt(key: string, body: string): Promise<void>
  /** The same bucket, without a protocol in between. */
  readonly bucket: ObjectStore
  close(): Promise<void>
}

const start = new Date('2026-03-03T10:15:30.987Z')
const emptyEtag = 'd41d8cd98f00b204e9800998ecf8427e'

const oddKeys = [
  'links_data/root%all%X%Y%GROUP%ssofile',
  'links_data/root%25all%25X%25Y%25GROUP%25ssofile',
  'links_data/account_tag%cost center^a/b c%Operator%Ops + Dev, (all) & more%GROUP%ssofile',
  "links_data/root%all%X%O'Brien@example.com%USER%ssofile",
  'links_data/root%all%X%Müller 日本 🦊%GROUP%ssofile',
  'links_data//doubled//slashes/',
  'links_data/?a=b&c=d#e;f:g"<h>[i]{j}|k\\l^m`n~o*p!q$',
  'links_data/%2F%2B%20+%',
  'links_data/control \u0001 \t \r \n characters',
]

async function openMemory(versioned?: boolean): Promise<Opened> {
  const clock = new VirtualClock(start)
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock, versioned })
  const encrypt = async (key: string, body: string) => {
    const caller = { accessKeyId: 'somebody', sourceIpAddress: '127.0.0.1' }
    objects.model.put(caller, key, Buffer.from(body), { customerKeyMd5: 'of some key' })
  }
  return { objects, clock, encrypt, bucket: objects, isVersioned: versioned ?? false, close: async () => {} }
}

async function openPatient(): Promise<Opened> {
  const { objects, ...opened } = await openMemory()
  return { ...opened, objects: patientObjects(objects, { clock: opened.clock, randomness: new SystemRandomness() }) }
}

async function openS3(): Promise<Opened> {
  const clock = new VirtualClock(start)
  const server = await startLocalServer({ clock })
  const encrypt = async (Key: string, body: string) => {
    const customer = { SSECustomerAlgorithm: 'AES256', SSECustomerKey: '0123456789abcdef0123456789abcdef' }
    await server.s3().putObject({ Bucket: 'ssofile', Key, Body: Buffer.from(body), ...customer })
  }
  const objects = new S3ObjectStore(server.s3(), 'ssofile')
  return { objects, clock, encrypt, bucket: server.objects, close: () => server.stop() }
}

async function keysOf(objects: ObjectStore, prefix: string, options?: { startAfter: string }): Promise<string[]> {
  const heads = await Array.fromAsync(objects.list(prefix, options))
  return heads.map(({ key }) => key)
}

describe.each([
  { adapter: 'memory', open: () => openMemory() },
  { adapter: 'memory with versions', open: () => openMemory(true) },
  { adapter: 'memory whose calls are repeated', open: openPatient },
  { adapter: 'S3 on the local system', open: openS3 },
])('object store on $adapter', ({ open }) => {
  let opened: Opened
  let objects: ObjectStore

  beforeEach(async () => {
    opened = await open()
    objects = opened.objects
  })
  afterEach(() => opened.close())

  test('what was said beside an object is read back with it, and is gone when it is written without', async () => {
    const said = { 'ssofile-caller': 'arn:aws:sts::111122223333:assumed-role/team-a/maria@acme.example' }
    await objects.put('links_data/said', '', { ifNoneMatch: '*' }, said)
    expect(await objects.get('links_data/said')).toMatchObject({ metadata: said })
    expect(await objects.head('links_data/said')).toMatchObject({ metadata: said })
    await objects.put('links_data/said', '')
    expect(await objects.get('links_data/said')).not.toHaveProperty('metadata')
  })

  test('an object that was put is read back, dated in whole seconds of the store', async () => {
    const servedAt = new Date('2026-03-03T10:15:30Z')
    const etag = '65a8e27d8879283831b664bd8b7f0ad4'
    expect(await objects.put('status/a.json', 'Hello, World!')).toEqual({ outcome: 'written', etag, servedAt })

    const head = { key: 'status/a.json', etag, size: 13, lastModified: servedAt }
    const version = opened.isVersioned ? { versionId: expect.stringMatching(/^[\w.]{32}$/) } : {}
    expect(await objects.head('status/a.json')).toEqual({ ...head, ...version, servedAt })
    const read = await objects.get('status/a.json')
    expect(read).toMatchObject({ ...head, servedAt })
    expect(new TextDecoder().decode(read?.body)).toBe('Hello, World!')
    expect(await Array.fromAsync(objects.list(''))).toEqual([head])
  })

  test.each(['', '{"reason":"on call"}'])(
    'an object (%p) that is encrypted with a key of its uploader is listed, and not given',
    async (body) => {
      const key = 'links_data/root%all%X%Müller 日本%GROUP%ssofile'
      await opened.encrypt(key, body)
      await objects.put(`${key}.other`, '')
      const [head] = await Array.fromAsync(objects.list(''))
      expect(head).toMatchObject({ key, size: body.length, etag: expect.stringMatching(/^[0-9a-f]{32}$/) })
      expect(head?.etag).not.toBe(emptyEtag)
      expect(await objects.head(key)).toMatchObject({ ...head, servedAt: new Date('2026-03-03T10:15:30Z') })
      const error: unknown = await objects.get(key).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'InvalidRequest', httpStatus: 400 })
      expect(isObjectRefusal(error)).toBe(true)
      await objects.put(key, 'readable')
      expect(await objects.get(key)).toMatchObject({ size: 8 })
    },
  )

  test('an empty object is there, and is empty', async () => {
    expect(await objects.put('links_data/x', new Uint8Array())).toMatchObject({ outcome: 'written', etag: emptyEtag })
    expect(await objects.head('links_data/x')).toMatchObject({ etag: emptyEtag, size: 0 })
    expect((await objects.get('links_data/x'))?.body.byteLength).toBe(0)
  })

  test('a body that is longer than asked for is left unread, and the size tells so', async () => {
    await objects.put('links_data/x', 'x'.repeat(100_000))
    const cut = await objects.get('links_data/x', { mostBytes: 99_999 })
    expect(cut).toMatchObject({ size: 100_000, body: new Uint8Array() })
    const whole = await objects.get('links_data/x', { mostBytes: 100_000 })
    expect(whole?.body.byteLength).toBe(100_000)
  })

  test('an object that still has the etag that is known is not read again', async () => {
    await objects.put('state/x', 'first')
    const first = await objects.get('state/x')
    expect(await objects.getIfChanged('state/x', first?.etag ?? '')).toBe('unchanged')
    await objects.put('state/x', 'second')
    const second = await objects.getIfChanged('state/x', first?.etag ?? '')
    expect(second).toEqual(await objects.get('state/x'))
    await objects.delete('state/x')
    expect(await objects.getIfChanged('state/x', first?.etag ?? '')).toBeUndefined()
  })

  test('time passes: servedAt moves on while lastModified stays', async () => {
    await objects.put('control/dispatcher.json', '{}')
    await opened.clock.advance(20_000)
    expect(await objects.head('control/dispatcher.json')).toMatchObject({
      lastModified: new Date('2026-03-03T10:15:30Z'),
      servedAt: new Date('2026-03-03T10:15:50Z'),
    })
  })

  test('what was never put, or was deleted, is absent', async () => {
    await objects.put('assignments/a', 'a')
    expect(await objects.delete('assignments/a')).toBe('deleted')
    for (const key of ['assignments/a', 'assignments/b']) {
      expect(await objects.head(key)).toBeUndefined()
      expect(await objects.get(key)).toBeUndefined()
    }
    expect(await objects.delete('assignments/b')).toBe('deleted')
  })

  test('of two creations of one key the second is lost and changes nothing', async () => {
    expect(await objects.put('history/h', 'first', { ifNoneMatch: '*' })).toMatchObject({ outcome: 'written' })
    expect(await objects.put('history/h', 'second', { ifNoneMatch: '*' })).toEqual({ outcome: 'lost' })
    expect(new TextDecoder().decode((await objects.get('history/h'))?.body)).toBe('first')
  })

  test('an object in parts is there once it is completed, dated when it was begun, over the former object; a part but the last has 5 MiB', async () => {
    const { objects, clock } = opened
    const key = 'reports/2026-03-03/access.csv'
    await objects.put(key, 'of yesterday')
    const large = new Uint8Array(5 * 1024 * 1024).fill(97)
    const upload = await objects.beginUpload(key)
    await clock.advance(3_600_000)
    const etags = [await objects.uploadPart(upload, 1, large), await objects.uploadPart(upload, 2, Buffer.from('end'))]
    expect((await objects.head(key))?.size).toBe(12)
    await objects.completeUpload(upload, etags)
    const { body = new Uint8Array(), etag, lastModified } = (await objects.get(key)) ?? {}
    expect(body.byteLength).toBe(large.byteLength + 3)
    expect(Buffer.from(body.slice(-4)).toString()).toBe('aend')
    expect(etag).toMatch(/-2$/)
    expect(lastModified).toEqual(new Date('2026-03-03T10:15:30Z'))
    const small = await objects.beginUpload(key)
    const both = [
      await objects.uploadPart(small, 1, Buffer.from('a')),
      await objects.uploadPart(small, 2, Buffer.from('b')),
    ]
    await expect(objects.completeUpload(small, both)).rejects.toMatchObject({ code: 'EntityTooSmall' })
  })

  test('the last deletion of a key is known if the bucket is versioned, whatever was uploaded since', async () => {
    const { objects, clock, isVersioned } = opened
    for (const key of ['history/h', 'history/h2']) await objects.put(key, 'first')
    await objects.delete('history/h2')
    expect(await objects.lastDeletion('history/h', 2_000)).toBeUndefined()
    for (let time = 0; time < 2; time++) {
      await clock.advance(10_000)
      await objects.delete('history/h')
      await objects.put('history/h', 'again')
    }
    const last = new Date('2026-03-03T10:15:50Z')
    expect(await objects.lastDeletion('history/h', 2_000)).toEqual(isVersioned ? last : undefined)
    expect(await objects.lastDeletion('history/', 2_000)).toBeUndefined()
  })

  test('a key can be created again after it was deleted', async () => {
    await objects.put('history/h', 'first')
    await objects.delete('history/h')
    expect(await objects.put('history/h', 'second', { ifNoneMatch: '*' })).toMatchObject({ outcome: 'written' })
  })

  test('an overwrite holds only against the version that was read', async () => {
    const first = await objects.put('status/s', 'first')
    if (first.outcome !== 'written') throw new Error('an unconditional put cannot be lost')
    expect(await objects.put('status/s', 'second', { ifMatch: first.etag })).toMatchObject({ outcome: 'written' })
    expect(await objects.put('status/s', 'third', { ifMatch: first.etag })).toEqual({ outcome: 'lost' })
    expect(new TextDecoder().decode((await objects.get('status/s'))?.body)).toBe('second')
  })

  test('an overwrite of what is no longer there is lost', async () => {
    expect(await objects.put('status/s', 'second', { ifMatch: emptyEtag })).toEqual({ outcome: 'lost' })
    expect(await objects.head('status/s')).toBeUndefined()
  })

  test('a conditional delete removes only the version that was read', async () => {
    await objects.put('status/s', 'current')
    expect(await objects.delete('status/s', { ifMatch: emptyEtag })).toBe('lost')
    const current = await objects.head('status/s')
    expect(await objects.delete('status/s', { ifMatch: current?.etag ?? '' })).toBe('deleted')
    expect(await objects.delete('status/s', { ifMatch: current?.etag ?? '' })).toBe('deleted')
  })

  test.each(oddKeys)('the key %j is stored and listed byte for byte', async (key) => {
    await objects.put(key, 'x')
    expect(await keysOf(objects, 'links_data/')).toEqual([key])
    expect(await objects.head(key)).toMatchObject({ key, size: 1 })
    expect(await objects.delete(key)).toBe('deleted')
    expect(await keysOf(objects, '')).toEqual([])
  })

  test('a listing ascends by the UTF-8 bytes of the keys', async () => {
    // By UTF-16 code units the fox would come before the fullwidth tilde, by locale B would come after a.
    const ascending = ['B', 'a', 'a%', 'a0', 'aB', 'z', 'ä', '日', '～', '🦊']
    for (const key of ascending.toReversed()) await objects.put(key, 'x')
    expect(await keysOf(objects, '')).toEqual(ascending)
  })

  test('a listing of 2,345 objects has every key once and in order', async () => {
    const keys = Array.from({ length: 2345 }, (_, index) => `links_data/${index % 2 ? 'a' : 'B'}${index}`)
    for (const key of keys) await opened.bucket.put(key, 'x')
    await objects.put('links_datb', 'not under the prefix')
    expect(await keysOf(objects, 'links_data/')).toEqual(keys.sort())
  })

  test('a listing can start after a key, whether that key is there or not', async () => {
    for (const key of ['p/a', 'p/b', 'p/c', 'q']) await objects.put(key, 'x')
    expect(await keysOf(objects, 'p/', { startAfter: 'p/a' })).toEqual(['p/b', 'p/c'])
    expect(await keysOf(objects, 'p/', { startAfter: 'p/aa' })).toEqual(['p/b', 'p/c'])
    expect(await keysOf(objects, 'p/', { startAfter: 'p/c' })).toEqual([])
    expect(await keysOf(objects, 'p/', { startAfter: 'a' })).toEqual(['p/a', 'p/b', 'p/c'])
  })

  test('a key may have 1,024 bytes and no more', async () => {
    const longest = `links_data/${'ü'.repeat(506)}x`
    expect(Buffer.byteLength(longest)).toBe(1024)
    expect(await objects.put(longest, 'x')).toMatchObject({ outcome: 'written' })
    await expect(objects.put(`${longest}x`, 'x')).rejects.toMatchObject({ service: 's3', code: 'KeyTooLongError' })
    await expect(objects.get(`${longest}x`)).rejects.toMatchObject({ service: 's3', code: 'KeyTooLongError' })
    await expect(objects.head(`${longest}x`)).rejects.toMatchObject({ service: 's3', code: 'KeyTooLongError' })
  })
})
