import { afterEach, describe, expect, test } from '@jest/globals'
import { S3ObjectStore } from '../../shared/aws/s3-object-store.ts'
import { S3ObjectVersions } from '../../shared/aws/s3-object-versions.ts'
import type { ObjectVersions } from '../../shared/ports/object-versions.ts'
import { MemoryObjectVersions } from '../memory-object-versions.ts'
import { VirtualClock } from '../virtual-clock.ts'
import { type LocalServer, startLocalServer } from './local-server.ts'

const key = 'links_data/root%all%X%Müller & co%GROUP%ssofile'
let server: LocalServer
afterEach(() => server.stop())

async function open(versioned: boolean) {
  const clock = new VirtualClock(new Date('2026-03-03T10:15:30Z'))
  server = await startLocalServer({ clock, versioned })
  return { clock, objects: server.objects }
}

describe.each<[string, () => ObjectVersions]>([
  ['memory', () => new MemoryObjectVersions(server.objects.model)],
  ['S3 on the local system', () => new S3ObjectVersions(server.s3(), 'ssofile')],
])('versions on %s', (_, versionsOf) => {
  test('are listed the newest first, with the times of deletions', async () => {
    const { clock, objects } = await open(true)
    await objects.put(key, 'first')
    await clock.advance(5_000)
    await objects.put(key, 'second')
    await clock.advance(5_000)
    await objects.delete(key)
    const [listed, ...others] = await Array.fromAsync(versionsOf().list('links_data/'))
    expect(others).toEqual([])
    expect(listed).toMatchObject({
      key,
      deletedAt: new Date('2026-03-03T10:15:40Z'),
      deletions: [new Date('2026-03-03T10:15:40Z')],
      versions: [
        { isLatest: false, lastModified: new Date('2026-03-03T10:15:35Z'), size: 6 },
        { isLatest: false, lastModified: new Date('2026-03-03T10:15:30Z'), size: 5 },
      ],
    })
    const bodies = await Promise.all((listed?.versions ?? []).map(({ versionId }) => versionsOf().get(key, versionId)))
    expect(bodies.map((body) => new TextDecoder().decode(body))).toEqual(['second', 'first'])
    expect(await versionsOf().get(key, '0'.repeat(32))).toBeUndefined()
  })

  test('are listed whole over more than one page', async () => {
    const { objects } = await open(true)
    for (let number = 0; number < 700; number++) {
      await objects.put(`assignments/${String(number).padStart(4, '0')}`, '1')
      await objects.put(`assignments/${String(number).padStart(4, '0')}`, '2')
    }
    const listed = await Array.fromAsync(versionsOf().list('assignments/'))
    expect(listed).toHaveLength(700)
    expect(listed.every(({ versions, deletedAt }) => versions.length === 2 && deletedAt === undefined)).toBe(true)
  })

  test('of a bucket without versions are its objects', async () => {
    const { objects } = await open(false)
    await objects.put(key, 'first')
    await objects.put('links_data/gone', '')
    await objects.delete('links_data/gone')
    const listed = await Array.fromAsync(versionsOf().list('links_data/'))
    expect(listed).toMatchObject([{ key, deletions: [], versions: [{ versionId: 'null', isLatest: true }] }])
  })
})

test('the last deletion of a key in S3 is known over pages of newer versions, and keys that begin alike do not count', async () => {
  const { clock, objects } = await open(true)
  await objects.put(key, 'first')
  await objects.put(`${key}2`, 'first')
  await objects.delete(`${key}2`)
  const s3 = new S3ObjectStore(server.s3(), 'ssofile')
  expect(await s3.lastDeletion(key, 2_000)).toBeUndefined()
  await clock.advance(5_000)
  await objects.delete(key)
  await clock.advance(5_000)
  for (let number = 0; number < 1_001; number++) await objects.put(key, String(number))
  expect(await s3.lastDeletion(key, 2_000)).toEqual(new Date('2026-03-03T10:15:35Z'))
  expect(await s3.lastDeletion('links_data/', 2_000)).toBeUndefined()
})

test('if more versions than asked for hide the last deletion, the oldest of these versions gives its latest time', async () => {
  const { clock, objects } = await open(true)
  const stores = [new S3ObjectStore(server.s3(), 'ssofile'), objects]
  const lastDeletions = () => Promise.all(stores.map((store) => store.lastDeletion(key, 1_000)))
  await objects.put(key, 'first')
  await clock.advance(5_000)
  for (let number = 0; number < 999; number++) await objects.put(key, String(number))
  expect(await lastDeletions()).toEqual([undefined, undefined])
  for (let number = 0; number < 2; number++) await objects.put(key, 'last')
  const secondUpload = new Date('2026-03-03T10:15:35Z')
  expect(await lastDeletions()).toEqual([secondUpload, secondUpload])
})
