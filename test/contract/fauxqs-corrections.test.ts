import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { S3ObjectStore } from '../../shared/aws/s3-object-store.ts'
import { compareKeys } from '../../shared/domain/text/compare-keys.ts'
import type { ObjectChange } from '../../shared/memory/s3/object-change.ts'
import { VirtualClock } from '../virtual-clock.ts'
import { type LocalServer, startLocalServer } from './local-server.ts'

type Answer = { readonly status: number; readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }
type HttpQuestion = {
  method?: string
  path: string
  headers?: Record<string, string>
  body?: string | Buffer
  as?: string
}

const start = new Date('2026-03-03T10:15:30.987Z')
let clock: VirtualClock
let server: LocalServer

beforeEach(async () => {
  clock = new VirtualClock(start)
  server = await startLocalServer({ clock })
})
afterEach(() => server.stop())

/** Sends one HTTP request exactly as given, signed for `as`. A client would tidy up paths and headers. */
function ask({ method = 'GET', path, headers = {}, body, as = 'ssofile' }: HttpQuestion): Promise<Answer> {
  const authorization = `AWS4-HMAC-SHA256 Credential=${as}/20260303/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0`
  const { hostname, port } = new URL(server.endpoint)
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { hostname, port, method, path, headers: { authorization, ...headers } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          })
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

function changes(): ObjectChange[] {
  const seen: ObjectChange[] = []
  server.objects.onChange((change) => seen.push(change))
  return seen
}

describe('writing objects', () => {
  test('an empty body makes an empty object, as the AWS CLI uploads a link', async () => {
    const put = await ask({ method: 'PUT', path: '/ssofile/links_data/x', headers: { 'content-length': '0' } })
    expect(put).toMatchObject({ status: 200, headers: { etag: '"d41d8cd98f00b204e9800998ecf8427e"' } })
    expect(await server.objects.head('links_data/x')).toMatchObject({ size: 0 })
  })

  test('If-None-Match and If-Match hold on PUT: 412 where another object is, 404 where none is', async () => {
    const put = (headers: Record<string, string>) =>
      ask({ method: 'PUT', path: '/ssofile/status/x', headers: { 'content-length': '1', ...headers }, body: 'x' })
    expect((await put({ 'if-match': '"d41d8cd98f00b204e9800998ecf8427e"' })).status).toBe(404)
    expect((await put({ 'if-none-match': '*' })).status).toBe(200)
    const lost = await put({ 'if-none-match': '*' })
    expect(lost.status).toBe(412)
    expect(lost.body).toContain('<Code>PreconditionFailed</Code>')
    expect((await put({ 'if-match': '"d41d8cd98f00b204e9800998ecf8427e"' })).status).toBe(412)
    expect((await put({ 'if-match': '"9dd4e461268c8034f5c8564e155c67a6"' })).status).toBe(200)
    expect((await put({ 'if-none-match': '"9dd4e461268c8034f5c8564e155c67a6"' })).status).toBe(501)
  })

  test('a conditional write that another request overtakes is refused with 409, and one that comes later is not', async () => {
    const path = '/ssofile/status/x'
    const { hostname, port } = new URL(server.endpoint)
    const authorization = 'AWS4-HMAC-SHA256 Credential=ssofile/20260303/us-east-1/s3/aws4_request'
    const overtaken = httpRequest({
      ...{ hostname, port, path, method: 'PUT' },
      headers: { authorization, 'if-none-match': '*', 'content-length': '2', connection: 'close' },
    })
    const answered = once(overtaken, 'response')
    overtaken.write('a')
    await server.arrived(path)
    const put = (headers: Record<string, string>) => ask({ method: 'PUT', path, headers, body: 'b' })
    expect((await put({ 'content-length': '1', 'if-none-match': '*' })).status).toBe(200)
    expect((await ask({ method: 'DELETE', path })).status).toBe(204)
    overtaken.end('a')
    const [response] = await answered
    expect(response.statusCode).toBe(409)
    expect(Buffer.concat(await Array.fromAsync(response)).toString()).toContain('ConditionalRequestConflict')
    expect((await put({ 'content-length': '1', 'if-none-match': '*' })).status).toBe(200)
  })

  test('If-Match holds on DELETE', async () => {
    await server.objects.put('status/x', 'x')
    const remove = (etag: string) => ask({ method: 'DELETE', path: '/ssofile/status/x', headers: { 'if-match': etag } })
    expect((await remove('"d41d8cd98f00b204e9800998ecf8427e"')).status).toBe(412)
    expect((await remove('*')).status).toBe(204)
    expect((await remove('*')).status).toBe(404)
    expect((await ask({ method: 'DELETE', path: '/ssofile/status/x' })).status).toBe(204)
  })

  test.each([
    '/ssofile/links_data/root%25all%25X%25Y%25GROUP%25ssofile',
    '/ssofile/links_data/root%all%X%Y%GROUP%ssofile',
  ])('the path %s is decoded once, or refused where it is not percent-encoding', async (path) => {
    const { status, body } = await ask({ method: 'PUT', path, headers: { 'content-length': '0' } })
    if (path.includes('%25')) {
      expect(await server.objects.head('links_data/root%all%X%Y%GROUP%ssofile')).toBeDefined()
    } else {
      expect({ status, body }).toEqual({ status: 400, body: expect.stringContaining('<Code>InvalidURI</Code>') })
    }
  })

  test('a key that was encoded twice keeps its percent signs', async () => {
    await ask({ method: 'PUT', path: '/ssofile/links_data/a%252Bb%2Bc+d', headers: { 'content-length': '0' } })
    expect(await server.objects.head('links_data/a%2Bb+c+d')).toBeDefined()
  })

  test('a key that is not UTF-8 is refused in XML', async () => {
    const refused = await ask({ method: 'PUT', path: '/ssofile/links_data/%FF', headers: { 'content-length': '0' } })
    expect(refused).toMatchObject({ status: 400, body: expect.stringContaining('<Code>InvalidURI</Code>') })
  })

  test('the bucket may stand in the host name', async () => {
    const asked = { method: 'PUT', headers: { host: 'ssofile.localhost', 'content-length': '0' } }
    expect((await ask({ ...asked, path: '/links_data/a%25b//c' })).status).toBe(200)
    expect((await Array.fromAsync(server.objects.list(''))).map(({ key }) => key)).toEqual(['links_data/a%b//c'])
    expect((await ask({ ...asked, path: '/links_data/%FF' })).body).toContain('<Code>InvalidURI</Code>')
  })

  test('a body may have any content type, even those of messages', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'application/x-amz-json-1.0', 'application/json']) {
      const headers = { 'content-type': type, 'content-length': '2' }
      expect((await ask({ method: 'PUT', path: '/ssofile/links_data/x', headers, body: '{}' })).status).toBe(200)
      expect(await server.objects.head('links_data/x')).toMatchObject({ size: 2 })
    }
  })

  test('chunks with a checksum in the trailer, as newer clients send, make the object that they carry', async () => {
    const body = '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n'
    const headers = {
      'content-encoding': 'aws-chunked',
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '5',
      'x-amz-trailer': 'x-amz-checksum-crc32',
      'content-length': String(body.length),
    }
    const put = await ask({ method: 'PUT', path: '/ssofile/links_data/x', headers, body })
    expect(put).toMatchObject({ status: 200, headers: { 'x-amz-checksum-crc32': 'NhCmhg==' } })
    expect(await server.objects.head('links_data/x')).toMatchObject({ size: 5 })
  })

  test('content type and metadata are answered as they came', async () => {
    const s3 = server.s3()
    const Metadata = { ticket: 'T-1' }
    await s3.send(
      new PutObjectCommand({ Bucket: 'ssofile', Key: 'links_data/x', Body: 'x', ContentType: 'text/plain', Metadata }),
    )
    const read = await s3.send(new GetObjectCommand({ Bucket: 'ssofile', Key: 'links_data/x' }))
    expect(read).toMatchObject({ ContentType: 'text/plain', Metadata })
    expect(read.VersionId).toBeUndefined()
  })

  test('answers are dated by the clock of the store', async () => {
    await server.objects.put('links_data/x', 'x')
    await clock.advance(5000)
    const head = await ask({ method: 'HEAD', path: '/ssofile/links_data/x' })
    expect(head.headers).toMatchObject({
      date: 'Tue, 03 Mar 2026 10:15:35 GMT',
      'last-modified': 'Tue, 03 Mar 2026 10:15:30 GMT',
    })
  })
})

describe('who may write what', () => {
  const put = (as: string, key: string) =>
    ask({ method: 'PUT', path: `/ssofile/${key}`, headers: { 'content-length': '0' }, as })

  test.each([
    { as: 'ssofile', key: 'assignments/x', status: 200 },
    { as: 'operator', key: 'control/pause.json', status: 200 },
    { as: 'operator', key: 'assignments/x', status: 403 },
    { as: 'alice', key: 'links_data/x', status: 200 },
    { as: 'alice', key: 'permission_sets/x.json', status: 200 },
    { as: 'alice', key: 'control/pause.json', status: 403 },
    { as: 'alice', key: 'status/x', status: 403 },
    { as: 'constructor', key: 'status/x', status: 403 },
  ])('$as writes $key: $status', async ({ as, key, status }) => {
    expect((await put(as, key)).status).toBe(status)
    expect((await ask({ method: 'DELETE', path: `/ssofile/${key}`, as })).status).toBe(status === 200 ? 204 : 403)
  })

  test.each([
    { as: 'auditor', key: 'usage/watched.json', status: 200 },
    { as: 'operator', key: 'history/x', status: 200 },
    { as: 'operator', key: 'usage/watched.json', status: 403 },
    { as: 'ssofile-operator', key: 'usage/people/x.json', status: 403 },
    { as: 'governance', key: 'usage/people/x.json', status: 403 },
    { as: 'hr', key: 'usage/report.csv', status: 403 },
  ])('$as reads $key: $status, whether the object is there or not', async ({ as, key, status }) => {
    const path = `/ssofile/${key}`
    expect((await ask({ path, as })).status).toBe(status === 200 ? 404 : 403)
    await server.objects.put(key, '{}')
    for (const method of ['GET', 'HEAD']) expect((await ask({ method, path, as })).status).toBe(status)
    const headers = { 'x-amz-copy-source': path, 'content-length': '0' }
    expect((await ask({ method: 'PUT', path: '/ssofile/links_data/copy', headers, as })).status).toBe(status)
  })

  test('a refusal says what was tried by whom, and where to upload instead', async () => {
    const refused = await put('alice', 'root%25all%25X')
    expect(refused).toMatchObject({ status: 403, headers: { 'content-type': 'application/xml' } })
    expect(refused.body).toContain('<Code>AccessDenied</Code>')
    expect(refused.body).toContain('upload links to links_data/ and permission sets to permission_sets/')
    expect(refused.body).toContain('<Key>root%all%X</Key>')
    expect(refused.body).toContain(`<RequestId>${refused.headers['x-amz-request-id']}</RequestId>`)
  })

  test('the signer of a presigned URL is the uploader', async () => {
    const seen = changes()
    const path = '/ssofile/links_data/x?X-Amz-Credential=alice%2F20260303%2Fus-east-1%2Fs3%2Faws4_request'
    const headers = { authorization: '', 'content-length': '0' }
    expect((await ask({ method: 'PUT', path, headers })).status).toBe(200)
    expect(seen).toMatchObject([{ caller: { accessKeyId: 'alice', sourceIpAddress: '127.0.0.1' } }])
  })

  test('an unsigned request is refused', async () => {
    const refused = await ask({ path: '/ssofile/links_data/x', headers: { authorization: '' } })
    expect(refused).toMatchObject({ status: 403, body: expect.stringContaining('<Code>AccessDenied</Code>') })
  })
})

describe('listing', () => {
  test('pages of common prefixes and objects together skip nothing and repeat nothing', async () => {
    const s3 = server.s3()
    for (const key of ['a', 'B/1', 'B/2', 'c', 'd/1', 'd/2', 'e', 'É/1', '～', '🦊']) await server.objects.put(key, 'x')
    const seen: string[] = []
    let ContinuationToken: string | undefined
    do {
      const listing = { Bucket: 'ssofile', Delimiter: '/', MaxKeys: 2, ContinuationToken }
      const page = await s3.send(new ListObjectsV2Command(listing))
      const found = [
        ...(page.Contents ?? []).map(({ Key }) => Key),
        ...(page.CommonPrefixes ?? []).map((p) => p.Prefix),
      ]
      expect(page.KeyCount).toBe(found.length)
      expect(found.length).toBeLessThanOrEqual(2)
      seen.push(...found.map((name) => name ?? '').sort(compareKeys))
      ContinuationToken = page.NextContinuationToken
    } while (ContinuationToken !== undefined)
    expect(seen).toEqual(['B/', 'a', 'c', 'd/', 'e', 'É/', '～', '🦊'])
  })

  test('the first version of the listing continues after its marker, a common prefix included', async () => {
    const s3 = server.s3()
    for (const key of ['a/1', 'a/2', 'b']) await server.objects.put(key, 'x')
    const first = await s3.send(new ListObjectsCommand({ Bucket: 'ssofile', Delimiter: '/', MaxKeys: 1 }))
    expect(first).toMatchObject({ IsTruncated: true, NextMarker: 'a/', CommonPrefixes: [{ Prefix: 'a/' }] })
    const second = await s3.send(new ListObjectsCommand({ Bucket: 'ssofile', Delimiter: '/', Marker: 'a/' }))
    expect(second).toMatchObject({ IsTruncated: false, Contents: [{ Key: 'b' }] })
    expect(second.CommonPrefixes).toBeUndefined()
  })

  test('with encoding-type=url all keys are encoded, as the AWS CLI asks for', async () => {
    await server.objects.put("links_data/a b+c%d'ü\u0001&", 'x')
    const { body } = await ask({ path: '/ssofile?list-type=2&encoding-type=url&prefix=links_data%2Fa%20b' })
    expect(body).toContain('<EncodingType>url</EncodingType>')
    expect(body).toContain('<Prefix>links_data/a+b</Prefix>')
    expect(body).toContain('<Key>links_data/a+b%2Bc%25d&#x27;%C3%BC%01%26</Key>')
  })
})

describe('other operations', () => {
  test('DeleteObjects reads named and numeric entities, and tells of each key', async () => {
    for (const key of ['links_data/a&b\'"<>', 'links_data/\r', 'status/x']) await server.objects.put(key, 'x')
    const body =
      '<Delete><Object><Key>links_data/a&amp;b&#39;&#x22;&lt;&gt;</Key></Object><Object><Key>links_data/&#13;</Key></Object><Object><Key>status/x</Key></Object></Delete>'
    const headers = { 'content-length': String(body.length) }
    const answer = await ask({ method: 'POST', path: '/ssofile?delete', headers, body, as: 'alice' })
    expect(answer.status).toBe(200)
    expect(answer.body).toContain('<Deleted><Key>links_data/&#xd;</Key></Deleted>')
    expect(answer.body).toContain('<Error><Key>status/x</Key><Code>AccessDenied</Code>')
    const left = await Array.fromAsync(server.objects.list(''))
    expect(left.map(({ key }) => key)).toEqual(['status/x'])
  })

  test('DeleteObjects removes a thousand objects at once', async () => {
    const keys = Array.from({ length: 1000 }, (_, index) => `links_data/${index}`)
    for (const key of keys) await server.objects.put(key, '')
    const Objects = keys.map((Key) => ({ Key }))
    await server.s3().send(new DeleteObjectsCommand({ Bucket: 'ssofile', Delete: { Objects } }))
    expect(await Array.fromAsync(server.objects.list(''))).toEqual([])
  })

  test('copies, multipart uploads and deletions change the same bucket and are told with their event names', async () => {
    const seen = changes()
    const s3 = server.s3('alice')
    const Bucket = 'ssofile'
    await s3.send(new PutObjectCommand({ Bucket, Key: 'links_data/a%b c', Body: 'x' }))
    const CopySource = encodeURIComponent('ssofile/links_data/a%b c')
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'links_data/copy', CopySource }))
    const Key = 'links_data/parts'
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    const part = { Bucket, Key, UploadId, PartNumber: 1 }
    const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body: 'y' }))
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
    await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }))
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }, { Key: 'links_data/none' }] } }))
    expect(seen.map(({ eventName, key, caller }) => [eventName, key, caller.accessKeyId])).toEqual([
      ['ObjectCreated:Put', 'links_data/a%b c', 'alice'],
      ['ObjectCreated:Copy', 'links_data/copy', 'alice'],
      ['ObjectCreated:CompleteMultipartUpload', 'links_data/parts', 'alice'],
      ['ObjectRemoved:Delete', 'links_data/parts', 'alice'],
    ])
    expect(seen.map(({ sequencer }) => sequencer)).toEqual(seen.map(({ sequencer }) => sequencer).sort())
  })

  test('there is one bucket: it can be created again where S3 allows that, and no other is there', async () => {
    expect((await ask({ method: 'PUT', path: '/ssofile', headers: { 'content-length': '0' } })).status).toBe(200)
    const elsewhere = server.s3()
    await expect(elsewhere.send(new CreateBucketCommand({ Bucket: 'another' }))).rejects.toThrow(
      "only the bucket 'ssofile'",
    )
    expect(await ask({ path: '/another/x' })).toMatchObject({
      status: 404,
      body: expect.stringContaining('<Code>NoSuchBucket</Code>'),
    })
    expect((await ask({ method: 'HEAD', path: '/another' })).status).toBe(404)
  })

  test('a missing bucket is an error, never absence', async () => {
    const objects = new S3ObjectStore(server.s3(), 'another')
    await expect(objects.head('x')).rejects.toMatchObject({ code: 'NoSuchBucket' })
    await expect(objects.get('x')).rejects.toMatchObject({ code: 'NoSuchBucket' })
    await expect(Array.fromAsync(objects.list(''))).rejects.toMatchObject({ code: 'NoSuchBucket' })
  })

  test('a missing object is told by its key', async () => {
    const missing = await ask({ path: '/ssofile/links_data/%3Cnone%3E' })
    expect(missing.status).toBe(404)
    expect(missing.body).toContain('<Code>NoSuchKey</Code>')
    expect(missing.body).toContain('<Key>links_data/&#x3c;none&#x3e;</Key>')
  })

  test.each(['/ssofile?acl', '/ssofile?uploads', '/ssofile/links_data/x?tagging'])(
    '%s is refused instead of being taken for something else',
    async (path) => {
      expect(await ask({ path })).toMatchObject({ status: 501, headers: { 'content-type': 'application/xml' } })
    },
  )

  test('a POST to a key that is no upload is refused', async () => {
    const refused = await ask({ method: 'POST', path: '/ssofile/links_data/x?delete', body: '<Delete/>' })
    expect(refused).toMatchObject({ status: 405, body: expect.stringContaining('<Code>MethodNotAllowed</Code>') })
  })

  test('a body that is not what its Content-MD5 says is refused', async () => {
    const put = (md5: string) =>
      ask({ method: 'PUT', path: '/ssofile/links_data/x', headers: { 'content-md5': md5 }, body: 'hello' })
    expect((await put('1B2M2Y8AsgTpgAmY7PhCfg==')).body).toContain('<Code>BadDigest</Code>')
    expect((await put('nonsense')).body).toContain('<Code>InvalidDigest</Code>')
    expect((await ask({ path: '/ssofile/links_data/x' })).status).toBe(404)
    expect((await put('XUFAKrxLKna5cZ2REBfFkg==')).status).toBe(200)
  })

  test('the parts of an upload are listed, page by page', async () => {
    const s3 = server.s3()
    const about = { Bucket: 'ssofile', Key: 'links_data/parts' }
    const { UploadId } = await s3.createMultipartUpload(about)
    for (const PartNumber of [3, 1]) await s3.uploadPart({ ...about, UploadId, PartNumber, Body: 'x' })
    const first = await s3.listParts({ ...about, UploadId, MaxParts: 1 })
    expect(first).toMatchObject({ IsTruncated: true, Parts: [{ PartNumber: 1, Size: 1 }] })
    const PartNumberMarker = first.NextPartNumberMarker
    const second = await s3.listParts({ ...about, UploadId, PartNumberMarker })
    expect(second).toMatchObject({ IsTruncated: false, Parts: [{ PartNumber: 3, LastModified: expect.any(Date) }] })
    await expect(s3.listParts({ ...about, UploadId: 'none' })).rejects.toMatchObject({ name: 'NoSuchUpload' })
  })

  test('who may not list gets 403 for a missing object, and the object where there is one', async () => {
    const as = 'uploader-without-list'
    await server.objects.put('links_data/x', 'x')
    expect((await ask({ path: '/ssofile/links_data/x', as })).status).toBe(200)
    expect((await ask({ path: '/ssofile/links_data/none', as })).body).toContain('<Code>AccessDenied</Code>')
    expect((await ask({ method: 'HEAD', path: '/ssofile/links_data/none', as })).status).toBe(403)
    expect((await ask({ path: '/ssofile?list-type=2', as })).status).toBe(403)
    const objects = new S3ObjectStore(server.s3(as), 'ssofile')
    await expect(objects.get('links_data/none')).rejects.toMatchObject({ code: 'AccessDenied' })
    await expect(objects.head('links_data/none')).rejects.toMatchObject({ code: 'AccessDenied' })
  })

  test('who may list prefixes only gets 403 too, and the ports find by a listing that the object is missing', async () => {
    const as = 'uploader-of-prefixes'
    await server.objects.put('status/x', 'x')
    expect((await ask({ path: '/ssofile/status/none', as })).body).toContain('<Code>AccessDenied</Code>')
    expect((await ask({ path: '/ssofile?list-type=2', as })).status).toBe(403)
    expect((await ask({ path: '/ssofile?list-type=2&prefix=status/', as })).status).toBe(200)
    const objects = new S3ObjectStore(server.s3(as), 'ssofile')
    expect(await objects.get('status/none')).toBeUndefined()
    expect(await objects.getIfChanged('status/none', 'e')).toBeUndefined()
    expect(await objects.head('status/none')).toBeUndefined()
    expect(await objects.get('status/x')).toMatchObject({ key: 'status/x' })
    // The listing has an object, but with another key.
    expect(await objects.get('status/')).toBeUndefined()
  })

  test('requests for other JSON services pass through untouched', async () => {
    const headers = { 'x-amz-target': 'SWBExternalService.ListInstances', 'content-type': 'application/x-amz-json-1.1' }
    const answer = await ask({ method: 'POST', path: '/', headers: { ...headers, 'content-length': '2' }, body: '{}' })
    expect(answer).toMatchObject({ status: 400, body: '{"error":"Unsupported content type"}' })
  })
})

describe('queues', () => {
  const urlOf = (name: string) => `${server.endpoint}/000000000000/${name}`

  test('the queues are found by name, with the settings of a deployment', async () => {
    const sqs = server.sqs()
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'ssofile-links.fifo' }))
    expect(QueueUrl).toBe(urlOf('ssofile-links.fifo'))
    const { QueueUrls } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'ssofile-uploads' }))
    expect(QueueUrls).toEqual([urlOf('ssofile-uploads'), urlOf('ssofile-uploads-dead')])
    await server.queues.send('links', [{ body: 'b', groupId: 'g', deduplicationId: 'd' }])
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '0',
      VisibilityTimeout: '360',
      FifoQueue: 'true',
      ContentBasedDeduplication: 'false',
      RedrivePolicy:
        '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:ssofile-links-dead.fifo","maxReceiveCount":5}',
    })
  })

  test('creating a queue that is there answers its URL, unless it would have to differ', async () => {
    const sqs = server.sqs()
    const create = (Attributes?: Record<string, string>) =>
      sqs.send(new CreateQueueCommand({ QueueName: 'ssofile-links.fifo', Attributes }))
    expect((await create()).QueueUrl).toBe(urlOf('ssofile-links.fifo'))
    expect((await create({ ContentBasedDeduplication: 'false' })).QueueUrl).toBe(urlOf('ssofile-links.fifo'))
    await expect(create({ ContentBasedDeduplication: 'true' })).rejects.toMatchObject({ name: 'QueueNameExists' })
    await expect(sqs.send(new CreateQueueCommand({ QueueName: 'other' }))).rejects.toThrow("no queue 'other' here")
  })

  test('nobody but ssofile sends to a queue that it works from; an administrator may send a dead letter', async () => {
    const message = { MessageBody: '{}', MessageGroupId: 'g', MessageDeduplicationId: '1' }
    const to = (queue: string) => new SendMessageCommand({ QueueUrl: urlOf(queue), ...message })
    for (const person of ['operator', 'management', 'maria'])
      await expect(server.sqs(person).send(to('ssofile-links.fifo'))).rejects.toMatchObject({
        name: expect.stringContaining('AccessDenied'),
        message: expect.stringContaining('with an explicit deny in a resource-based policy'),
      })
    expect(await server.sqs('management').send(to('ssofile-links-dead.fifo'))).toHaveProperty('MessageId')
    expect(await server.sqs('ssofile-api').send(to('ssofile-permission-sets.fifo'))).toHaveProperty('MessageId')
  })

  test('settings of the bucket are the deployer’s alone, as the bucket’s policy says', async () => {
    const bucket = { Bucket: 'ssofile' }
    const denied = expect.stringContaining('with an explicit deny in a resource-based policy')
    const admin = server.s3('bucket-administrator')
    const VersioningConfiguration = { Status: 'Enabled' as const }
    await expect(admin.putBucketVersioning({ ...bucket, VersioningConfiguration })).rejects.toMatchObject({
      message: denied,
    })
    const LifecycleConfiguration = { Rules: [{ ID: 'x', Status: 'Disabled' as const, Filter: { Prefix: 'x' } }] }
    await expect(admin.putBucketLifecycleConfiguration({ ...bucket, LifecycleConfiguration })).rejects.toMatchObject({
      message: denied,
    })
  })

  test('one receive gives two messages of one group, with all their attributes', async () => {
    const sqs = server.sqs()
    const QueueUrl = urlOf('ssofile-links.fifo')
    for (const id of ['1', '2']) {
      const ids = { MessageGroupId: 'g', MessageDeduplicationId: id }
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: `𠮷 ${id}`, ...ids }))
    }
    const receive = { QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All' as const] }
    const { Messages } = await sqs.send(new ReceiveMessageCommand(receive))
    expect(Messages).toMatchObject([{ Body: '𠮷 1' }, { Body: '𠮷 2' }])
    expect(Messages?.[1]?.Attributes).toMatchObject({
      ApproximateReceiveCount: '1',
      MessageGroupId: 'g',
      MessageDeduplicationId: '2',
      SequenceNumber: '00000000000000000002',
      SentTimestamp: String(start.getTime()),
    })
  })
})
