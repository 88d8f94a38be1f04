import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { freePort, LocalProcess, sdkClients } from '../../infra/local/local-process.ts'
import { bucket, LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'

const key = 'links_data/account%200000000001%ReadOnly-ps%operators%GROUP%ssofile'
const organization = smallOrganization({ groups: ['operators'] })

let system: LocalSystem
let unversioned: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start({ organization })
  unversioned = await LocalSystem.start({ organization, options: ['--no-versioned'] })
  for (const one of [system, unversioned]) {
    await one.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
    await one.untilStatus('permission_sets/ReadOnly-ps.json', 'applied')
  }
})
afterAll(async () => {
  await Promise.all([system?.stop(), unversioned?.stop()])
})

/** `aws s3api … --bucket ssofile`, and what it prints. */
async function s3api(on: LocalSystem, operation: string, args: readonly string[] = [], as = 'maria') {
  const printed = await on.cli(['s3api', operation, '--bucket', bucket, ...args, '--output', 'json'], { as })
  return printed.trim() === '' ? {} : JSON.parse(printed)
}

async function versionsOf(prefix: string): Promise<{ Versions?: object[]; DeleteMarkers?: object[] }> {
  return s3api(system, 'list-object-versions', ['--prefix', prefix])
}

test('a link is granted, and status and ledger name the version of it that grants', async () => {
  expect(await s3api(system, 'get-bucket-versioning')).toEqual({ Status: 'Enabled' })
  const { VersionId } = await s3api(system, 'put-object', ['--key', key])
  const status = await system.untilStatus(key, 'applied')
  expect(status).toMatchObject({ versionId: VersionId, by: { principalId: 'AWS:maria' } })
  expect(await system.recordOf(key)).toMatchObject({ state: 'granted', links: [{ key, versionId: VersionId }] })
  expect(await versionsOf(key)).toMatchObject({ Versions: [{ Key: key, VersionId, IsLatest: true }] })
})

test('a deleted link is a delete marker and revoked; without the marker it is there again, and granted', async () => {
  const uploaded = (await s3api(system, 'head-object', ['--key', key])).VersionId
  const { VersionId: marker } = await s3api(system, 'delete-object', ['--key', key])
  await system.untilGone(key)
  expect(await versionsOf(key)).toMatchObject({
    Versions: [{ VersionId: uploaded, IsLatest: false }],
    DeleteMarkers: [{ VersionId: marker, IsLatest: true }],
  })
  const file = join(tmpdir(), `ssofile-version-${process.pid}`)
  await s3api(system, 'get-object', ['--key', key, '--version-id', uploaded, file])
  await rm(file)
  const refused = await system.tryCli(
    ['s3api', 'delete-object', '--bucket', bucket, '--key', key, '--version-id', marker],
    { as: 'maria' },
  )
  expect(refused.stderr).toContain('in a deployment nobody may')
  const removed = await s3api(system, 'delete-object', ['--key', key, '--version-id', marker], 'ssofile')
  expect(removed).toMatchObject({ DeleteMarker: true, VersionId: marker })
  const status = await system.untilStatus(key, 'applied')
  expect(status.versionId).toBe(uploaded)
  expect(await system.history(key.slice('links_data/'.length))).toEqual(['granted', 'revoked', 'granted'])
})

test('ledger, history and statuses have versions too, and the pages of a listing show each once', async () => {
  const all = await s3api(system, 'list-object-versions', ['--max-items', '10000', '--page-size', '7'])
  const ids = [...all.Versions, ...(all.DeleteMarkers ?? [])].map(({ Key, VersionId }) => `${Key} ${VersionId}`)
  expect(new Set(ids).size).toBe(ids.length)
  for (const prefix of ['assignments/', 'history/', 'status/', 'control/'])
    expect(ids.some((id) => id.startsWith(prefix))).toBe(true)
})

test('parts of an upload are listed, and a wrong Content-MD5 is refused', async () => {
  const parts = ['--key', 'links_data/parts']
  const { UploadId } = await s3api(system, 'create-multipart-upload', parts)
  const listed = await s3api(system, 'list-parts', [...parts, '--upload-id', UploadId])
  expect(listed).toMatchObject({ StorageClass: 'STANDARD' })
  await s3api(system, 'abort-multipart-upload', [...parts, '--upload-id', UploadId])
  const wrong = ['--key', 'links_data/x', '--content-md5', 'XUFAKrxLKna5cZ2REBfFkg==']
  const refused = await system.tryCli(['s3api', 'put-object', '--bucket', bucket, ...wrong])
  expect(refused.stderr).toContain('BadDigest')
})

test('without versions everything goes the same way, and no version is named', async () => {
  expect(await s3api(unversioned, 'get-bucket-versioning')).toEqual({})
  expect(await s3api(unversioned, 'put-object', ['--key', key])).not.toHaveProperty('VersionId')
  const status = await unversioned.untilStatus(key, 'applied')
  expect(status).not.toHaveProperty('versionId')
  expect(JSON.stringify(await unversioned.recordOf(key))).not.toContain('versionId')
  await unversioned.remove(key)
  await unversioned.untilGone(key)
  const { Versions } = await s3api(unversioned, 'list-object-versions', ['--prefix', 'links_data/'])
  expect(Versions).toBeUndefined()
})

test('versions outlive a kill in the data directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ssofile-versions-'))
  const port = await freePort()
  const { s3, destroy } = sdkClients(`http://127.0.0.1:${port}`)
  const { ListObjectVersionsCommand, PutObjectCommand, DeleteObjectCommand } = await import('@aws-sdk/client-s3')
  const list = async () => {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: 'links_data/' }),
    )
    return [...DeleteMarkers, ...Versions].map(({ VersionId, IsLatest }) => ({ VersionId, IsLatest }))
  }
  let local = new LocalProcess(port, ['--data-dir', directory])
  try {
    await local.ready()
    for (const Body of ['{}', '{"reason":"again"}'])
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }))
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
    const before = await list()
    expect(before.map(({ IsLatest }) => IsLatest)).toEqual([true, false, false])
    await local.kill()
    local = new LocalProcess(port, ['--data-dir', directory])
    await local.ready()
    expect(await list()).toEqual(before)
  } finally {
    await local.kill()
    destroy()
    await rm(directory, { recursive: true, force: true })
  }
})
