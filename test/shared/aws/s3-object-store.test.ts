import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { S3ObjectStore } from '../../../shared/aws/s3-object-store.ts'
import { type LocalServer, startLocalServer } from '../../contract/local-server.ts'

let server: LocalServer
beforeEach(async () => {
  server = await startLocalServer()
})
afterEach(() => server.stop())

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
  const archived = {
    name: 'InvalidObjectState',
    $fault: 'client',
    $metadata: { httpStatusCode: 403, requestId: 'a-request' },
  }
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
