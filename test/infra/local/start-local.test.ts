import { ServerResponse } from 'node:http'
import { mock } from 'node:test'
import { S3 } from '@aws-sdk/client-s3'
import { expect } from '@jest/globals'
import { startLocal } from '../../../infra/local/start-local.ts'
import { defaultConfiguration } from '../../../shared/domain/deployment/configuration.ts'
import { CollectedLog } from '../../collected-log.ts'
import { testInDepth } from '../../depth.ts'

/** An answer that is sent again fails, unseen by whoever asked, and costs as much as the call. */
testInDepth('the local system sends the answer to each call once', async () => {
  const heads = mock.method(ServerResponse.prototype, 'writeHead')
  const system = await startLocal({
    port: 0,
    configuration: defaultConfiguration,
    organizationFile: undefined,
    latencyMs: 50,
    latencyP99Ms: 200,
    // A dispatcher lingers for five seconds.
    timeScale: 50,
    log: new CollectedLog(),
  })
  const credentials = { accessKeyId: 'me', secretAccessKey: 'any' }
  const s3 = new S3({ endpoint: system.url, region: 'us-east-1', credentials, forcePathStyle: true })
  try {
    const object = { Bucket: 'ssofile', Key: 'links_data/one' }
    await s3.putObject({ ...object, Body: '' })
    await s3.getObject(object)
    await s3.headObject(object)
    await s3.listObjectsV2({ Bucket: 'ssofile' })
    await s3.deleteObject(object)
    await expect(s3.getObject(object)).rejects.toThrow('The specified key does not exist.')
  } finally {
    s3.destroy()
    await system.stop()
    heads.mock.restore()
  }
  const answers = heads.mock.calls.map((call) => call.this)
  expect(answers.length).toBeGreaterThan(6)
  expect(new Set(answers).size).toBe(answers.length)
})
