import type { ListObjectVersionsOutput } from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { S3ObjectStore } from '../../shared/aws/s3-object-store.ts'
import type { ObjectChange } from '../../shared/memory/s3/object-change.ts'
import { renderS3Notification } from '../../shared/memory/s3/s3-notification.ts'
import { VirtualClock } from '../virtual-clock.ts'
import { type LocalServer, startLocalServer } from './local-server.ts'

const Bucket = 'ssofile'
const Key = 'links_data/root%all%X%Müller & co%GROUP%ssofile'
let server: LocalServer

beforeEach(async () => {
  server = await startLocalServer({ clock: new VirtualClock(new Date('2026-03-03T10:15:30Z')), versioned: true })
})
afterEach(() => server.stop())

async function put(Body: string, key = Key): Promise<string> {
  const { VersionId = '' } = await server.s3('alice').putObject({ Bucket, Key: key, Body })
  return VersionId
}

async function read(VersionId?: string): Promise<string | undefined> {
  const { Body } = await server.s3().getObject({ Bucket, Key, ...(VersionId === undefined ? {} : { VersionId }) })
  return Body?.transformToString()
}

/** The listed versions of the key, newest first, with a delete marker as `-`. */
async function listed(): Promise<readonly (string | undefined)[]> {
  const { Versions = [], DeleteMarkers = [] } = await server.s3().listObjectVersions({ Bucket })
  expect([...Versions, ...DeleteMarkers].filter(({ IsLatest }) => IsLatest)).toHaveLength(1)
  return [...Versions.map(({ VersionId }) => VersionId), ...DeleteMarkers.map(({ VersionId }) => `-${VersionId}`)]
}

test('each upload is a version of its own, and each can be read by its id', async () => {
  const [first, second] = [await put('first'), await put('second')]
  expect(first).toMatch(/^[\w.]{32}$/)
  expect(await listed()).toEqual([second, first])
  expect([await read(), await read(first), await read(second)]).toEqual(['second', 'first', 'second'])
  const head = await server.s3().headObject({ Bucket, Key, VersionId: first })
  expect(head).toMatchObject({ VersionId: first, ContentLength: 5 })
  expect(await new S3ObjectStore(server.s3(), Bucket).head(Key)).toMatchObject({ versionId: second })
})

test('a deletion leaves a delete marker, and the versions under it can still be read', async () => {
  const first = await put('first')
  const deleted = await server.s3('alice').deleteObject({ Bucket, Key })
  expect(deleted).toMatchObject({ DeleteMarker: true, VersionId: expect.stringMatching(/^[\w.]{32}$/) })
  await expect(read()).rejects.toMatchObject({ name: 'NoSuchKey' })
  expect(await new S3ObjectStore(server.s3(), Bucket).head(Key)).toBeUndefined()
  expect(await read(first)).toBe('first')
  await expect(read(deleted.VersionId)).rejects.toMatchObject({ name: 'MethodNotAllowed' })
  await expect(read('0'.repeat(32))).rejects.toMatchObject({ name: 'NoSuchVersion' })
  await expect(read('nonsense')).rejects.toMatchObject({ name: 'InvalidArgument' })
  expect(await listed()).toEqual([first, `-${deleted.VersionId}`])
})

test('without its delete marker an object is there again, and no event tells that it was created', async () => {
  const seen: ObjectChange[] = []
  server.objects.onChange((change) => seen.push(change))
  const first = await put('first')
  const { VersionId } = await server.s3('alice').deleteObject({ Bucket, Key })
  expect(await server.s3().deleteObject({ Bucket, Key, VersionId })).toMatchObject({ DeleteMarker: true, VersionId })
  expect(await read()).toBe('first')
  expect(seen.map(({ eventName, versionId }) => [eventName, versionId])).toEqual([
    ['ObjectCreated:Put', first],
    ['ObjectRemoved:DeleteMarkerCreated', VersionId],
    ['ObjectRemoved:Delete', VersionId],
  ])
  const [change] = seen
  if (change === undefined) throw new Error('nothing was told')
  const source = { bucket: Bucket, region: 'us-east-1', configurationId: 'inputs' }
  expect(JSON.parse(renderS3Notification(change, source)).Records[0].s3.object.versionId).toBe(first)
})

test('when the newest version is deleted for good, the one before it is the object', async () => {
  const [first, second] = [await put('first'), await put('second')]
  await server.s3().deleteObject({ Bucket, Key, VersionId: second })
  expect([await read(), await listed()]).toEqual(['first', [first]])
  await server.s3().deleteObjects({ Bucket, Delete: { Objects: [{ Key, VersionId: first }] } })
  expect(await server.s3().listObjectVersions({ Bucket })).not.toHaveProperty('Versions')
})

test('only ssofile deletes versions or changes the versioning: in a deployment nobody does', async () => {
  const VersionId = await put('first')
  await expect(server.s3('alice').deleteObject({ Bucket, Key, VersionId })).rejects.toMatchObject({
    name: 'AccessDenied',
  })
  const { Errors } = await server.s3('alice').deleteObjects({ Bucket, Delete: { Objects: [{ Key, VersionId }] } })
  expect(Errors).toMatchObject([{ Code: 'AccessDenied' }])
  const change = { Bucket, VersioningConfiguration: { Status: 'Suspended' } } as const
  await expect(server.s3('alice').putBucketVersioning(change)).rejects.toMatchObject({ name: 'AccessDenied' })
})

test('an old version is copied over the newest one, which undoes an upload', async () => {
  const first = await put('first')
  await put('second')
  const CopySource = `${Bucket}/${encodeURIComponent(Key)}?versionId=${first}`
  const copied = await server.s3('alice').copyObject({ Bucket, Key, CopySource })
  expect(copied).toMatchObject({ CopySourceVersionId: first, VersionId: expect.any(String) })
  expect([await read(), (await listed()).length]).toEqual(['first', 3])
})

test('all versions of all keys come page by page, in order', async () => {
  const keys = ['links_data/a', 'links_data/b/1', 'links_data/b/2', 'links_data/🦊']
  const expected: string[] = []
  for (const key of keys) {
    const ids = [await put('1', key), await put('2', key), await put('3', key)]
    expected.push(...ids.toReversed().map((id) => `${key} ${id}`))
  }
  const found: string[] = []
  let markers: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {}
  while (markers) {
    const asked = { Bucket, MaxKeys: 2, EncodingType: 'url', ...markers } as const
    const page: ListObjectVersionsOutput = await server.s3().listObjectVersions(asked)
    const decode = (text = '') => decodeURIComponent(text.replaceAll('+', ' '))
    for (const { Key: key, VersionId } of page.Versions ?? []) found.push(`${decode(key)} ${VersionId}`)
    expect(page.Versions?.length).toBe(2)
    const { NextKeyMarker, NextVersionIdMarker = '' } = page
    markers = page.IsTruncated ? { KeyMarker: decode(NextKeyMarker), VersionIdMarker: NextVersionIdMarker } : undefined
  }
  expect(found).toEqual(expected)
  const folders = await server.s3().listObjectVersions({ Bucket, Prefix: 'links_data/', Delimiter: '/' })
  expect(folders.CommonPrefixes).toEqual([{ Prefix: 'links_data/b/' }])
  expect(folders.Versions).toHaveLength(6)
})

describe('versioning', () => {
  const set = (Status: 'Enabled' | 'Suspended') =>
    server.s3().putBucketVersioning({ Bucket, VersioningConfiguration: { Status } })
  const status = async () => (await server.s3().getBucketVersioning({ Bucket })).Status

  test('a bucket that is not versioned has no ids, and lists its objects as the version null', async () => {
    await server.stop()
    server = await startLocalServer({ clock: new VirtualClock(new Date('2026-03-03T10:15:30Z')) })
    expect([await status(), await put('first'), await put('second')]).toEqual([undefined, '', ''])
    expect(await listed()).toEqual(['null'])
    await server.s3().deleteObject({ Bucket, Key })
    expect(await server.s3().listObjectVersions({ Bucket })).not.toHaveProperty('Versions')
  })

  test('while it is suspended, the version null is replaced, and those before stay', async () => {
    const first = await put('first')
    expect(await status()).toBe('Enabled')
    await set('Suspended')
    expect([await status(), await put('second'), await put('third')]).toEqual(['Suspended', 'null', 'null'])
    expect(await listed()).toEqual(['null', first])
    await server.s3().deleteObject({ Bucket, Key })
    expect(await listed()).toEqual([first, '-null'])
    await set('Enabled')
    const fourth = await put('fourth')
    expect(await listed()).toEqual([fourth, first, '-null'])
  })
})
