import type { S3Client } from '@aws-sdk/client-s3'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { S3ObjectStore } from '../../../shared/aws/s3-object-store.ts'
import { type LocalServer, startLocalServer } from '../../contract/local-server.ts'

let server: LocalServer
beforeEach(async () => {
  server = await startLocalServer()
})
afterEach(() => server.stop())

/** The answer to the client's first request is lost on the way, after the request took effect; `meanwhile` follows. */
function losingFirstAnswer(client: S3Client, meanwhile: () => Promise<unknown> = async () => {}): S3Client {
  let isFirst = true
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      if (!isFirst) return result
      isFirst = false
      await meanwhile()
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', name: 'TimeoutError' })
    },
    { name: 'losingFirstAnswer', step: 'deserialize', priority: 'low' },
  )
  return client
}

test('a creation whose answer was lost is written, although its second attempt meets its own object', async () => {
  const objects = new S3ObjectStore(losingFirstAnswer(server.s3()), 'ssofile')
  const etag = '8b04d5e3775d298e78455efc5ca404d5'
  expect(await objects.put('history/h', 'first', { ifNoneMatch: '*' })).toMatchObject({ outcome: 'written', etag })
})

test('a creation whose answer was lost has lost when someone else has overwritten it since', async () => {
  const client = losingFirstAnswer(server.s3(), () => server.objects.put('history/h', 'other'))
  const objects = new S3ObjectStore(client, 'ssofile')
  expect(await objects.put('history/h', 'first', { ifNoneMatch: '*' })).toEqual({ outcome: 'lost' })
})

test('a conditional deletion whose answer was lost is done', async () => {
  await server.objects.put('status/s', 'x')
  const etag = (await server.objects.head('status/s'))?.etag ?? ''
  const objects = new S3ObjectStore(losingFirstAnswer(server.s3()), 'ssofile')
  expect(await objects.delete('status/s', { ifMatch: etag })).toBe('deleted')
})

test('a service that does not answer is NoAnswer, and never absence', async () => {
  const objects = new S3ObjectStore(server.s3(), 'ssofile')
  await server.stop()
  server = await startLocalServer()
  const calls = [
    () => objects.head('k'),
    () => objects.get('k'),
    () => objects.put('k', 'x'),
    () => objects.delete('k'),
  ]
  for (const call of calls) {
    await expect(call()).rejects.toMatchObject({ name: 'ServiceError', service: 's3', code: 'NoAnswer' })
  }
})

test('an object that S3 refuses to give is named, since S3’s own words name none', async () => {
  const client = server.s3()
  const archived = { name: 'InvalidObjectState', $metadata: { httpStatusCode: 403, requestId: 'a-request' } }
  client.middlewareStack.add(
    () => () => Promise.reject(Object.assign(new Error("not valid for the object's storage class"), archived)),
    { name: 'archived', step: 'deserialize' },
  )
  await expect(new S3ObjectStore(client, 'ssofile').get('links_data/l')).rejects.toMatchObject({
    code: 'InvalidObjectState',
    message: "links_data/l: not valid for the object's storage class",
    requestId: 'a-request',
  })
})
