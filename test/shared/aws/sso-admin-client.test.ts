import { ListInstancesCommand, SSOAdmin } from '@aws-sdk/client-sso-admin'
import { expect, test } from '@jest/globals'
import { ReadableLog } from '../../../handlers/cli/readable-log.ts'
import { openAwsPorts } from '../../../shared/aws/aws-ports.ts'
import { awsSsoAdmin } from '../../../shared/aws/sso-admin-client.ts'
import { SystemClock } from '../../../shared/aws/system-clock.ts'
import { openWorld, serve } from '../../contract/identity-center-world.ts'

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }

test('a client that would repeat writes is refused', async () => {
  const ssoAdmin = awsSsoAdmin(new SSOAdmin({ region: 'us-east-1', credentials }))
  await expect(ssoAdmin.instance()).rejects.toThrow(
    'received an SSO Admin client of 3 attempts, expected maxAttempts: 1',
  )
})

test('the instance is asked for once', async () => {
  const calls: string[] = []
  const { endpoint, close } = await serve(openWorld({ ssoAdmin: { onCall: (operation) => calls.push(operation) } }))
  const ssoAdmin = awsSsoAdmin(new SSOAdmin({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }))
  await Promise.all([ssoAdmin.listPermissionSets(), ssoAdmin.listPermissionSets()])
  expect(calls).toEqual(['ListInstances', 'ListPermissionSets', 'ListPermissionSets'])
  await close()
})

test('the instance is found while others use up the rate', async () => {
  const { endpoint, close } = await serve(openWorld({ ssoAdmin: { clock: new SystemClock() } }))
  const dispatcher = new SSOAdmin({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  const busy = await Promise.allSettled(
    Array.from({ length: 100 }, () => dispatcher.send(new ListInstancesCommand({}))),
  )
  expect(busy.map(({ status }) => status)).toContain('rejected')
  const log = new ReadableLog(() => {}, new SystemClock())
  const { ssoAdmin } = openAwsPorts({
    bucket: 'ssofile',
    queues: (queue) => queue,
    log,
    endpoint: { url: endpoint, accessKeyId: 'ssofile' },
  })
  expect(await ssoAdmin.instance()).toMatchObject({ instanceArn: expect.stringContaining('instance/ssoins-') })
  await close()
})
