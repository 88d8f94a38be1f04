import { createServer } from 'node:http'
import { ListInstancesCommand, SSOAdmin } from '@aws-sdk/client-sso-admin'
import { describe, expect, test } from '@jest/globals'
import { ReadableLog } from '../../../handlers/cli/terminal/readable-log.ts'
import { openAwsPorts } from '../../../shared/aws/aws-ports.ts'
import { awsSsoAdmin, type WantedInstance } from '../../../shared/aws/sso-admin-client.ts'
import { SystemClock } from '../../../shared/aws/system-clock.ts'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { permissionSetArn, principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import { openWorld, serve } from '../../contract/identity-center-world.ts'
import { testInDepth } from '../../depth.ts'

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
const arn = 'arn:aws:sso:::instance/ssoins-aaaaaaaaaaaaaaaa'
const target: AssignmentTarget = {
  accountId: accountId.parse('200000000001'),
  permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-aaaaaaaaaaaaaaaa/ps-aaaaaaaaaaaaaaaa'),
  principalId: principalId.parse('34887428-4081-7042-c3c6-928d413009e7'),
  principalType: 'GROUP',
}

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

testInDepth('the instance is found while others use up the rate', async () => {
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

/** AWS's answers by operation, on a free port. */
async function serveAnswers(answers: Readonly<Record<string, object>>) {
  const server = createServer(({ headers }, response) => {
    const [, operation = ''] = String(headers['x-amz-target']).split('.')
    response.end(JSON.stringify(answers[operation]))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const endpoint = `http://127.0.0.1:${address.port}`
  const client = new SSOAdmin({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
  const close = async () => {
    client.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return { client, close }
}

test('an answer to a create, a delete or a provision has no date, and counts', async () => {
  // As CloudTrail recorded AWS's own answers.
  const started = { Status: 'IN_PROGRESS', RequestId: 'f8604aff-1de0-48ba-b228-f65559e504c1' }
  const { client, close } = await serveAnswers({
    ListInstances: { Instances: [{ InstanceArn: arn, IdentityStoreId: 'd-aaaaaaaaaa', Status: 'ACTIVE' }] },
    CreateAccountAssignment: { AccountAssignmentCreationStatus: started },
    DeleteAccountAssignment: { AccountAssignmentDeletionStatus: started },
    ProvisionPermissionSet: { PermissionSetProvisioningStatus: started },
  })
  const ssoAdmin = awsSsoAdmin(client)
  const request = { requestId: started.RequestId, state: 'IN_PROGRESS', createdAt: undefined }
  expect(await ssoAdmin.createAccountAssignment(target)).toEqual({ ...request, target })
  expect(await ssoAdmin.deleteAccountAssignment(target)).toEqual({ ...request, target })
  expect(await ssoAdmin.provisionPermissionSet(target.permissionSetArn, target.accountId)).toEqual({
    ...request,
    permissionSetArn: target.permissionSetArn,
    accountId: target.accountId,
  })
  await close()
})

describe('the instance that a deployment names', () => {
  const own = { InstanceArn: arn, IdentityStoreId: 'd-aaaaaaaaaa' }
  const other = { InstanceArn: 'arn:aws:sso:::instance/ssoins-bbbbbbbbbbbbbbbb', IdentityStoreId: 'd-bbbbbbbbbb' }

  async function answering(Instances: readonly object[], wanted: WantedInstance = {}) {
    const { client, close } = await serveAnswers({ ListInstances: { Instances } })
    const [found] = await Promise.allSettled([awsSsoAdmin(client, client, wanted).instance()])
    await close()
    return found
  }

  test('is found beside an instance of the account itself', async () => {
    const value = { instanceArn: own.InstanceArn, identityStoreId: own.IdentityStoreId }
    const listed = [
      { ...other, Status: 'ACTIVE' },
      { ...own, Status: 'ACTIVE' },
    ]
    expect(await answering(listed, { instanceArn: own.InstanceArn })).toEqual({ status: 'fulfilled', value })
    expect(await answering(listed)).toMatchObject({ reason: { code: 'InstanceNotFound' } })
  })

  test('is that of the organization where none is named, and only then is asked whose that is', async () => {
    const listed = [
      { ...other, OwnerAccountId: '222222222222', Status: 'ACTIVE' },
      { ...own, OwnerAccountId: '111111111111', Status: 'ACTIVE' },
    ]
    const managementAccountId = async () => '111111111111'
    const value = { instanceArn: own.InstanceArn, identityStoreId: own.IdentityStoreId }
    expect(await answering(listed, { managementAccountId })).toEqual({ status: 'fulfilled', value })
    const isAsked = async () => {
      throw new Error('there is one only')
    }
    expect(await answering(listed.slice(1), { managementAccountId: isAsked })).toMatchObject({ value })
    expect(await answering(listed.slice(0, 1).concat(listed.slice(0, 1)), { managementAccountId })).toMatchObject({
      reason: { code: 'InstanceNotFound' },
    })
  })

  test('is not replaced by another one', async () => {
    const reason = { code: 'InstanceNotFound', message: expect.stringContaining(`expected ${own.InstanceArn} among 1`) }
    expect(await answering([{ ...other, Status: 'ACTIVE' }], { instanceArn: own.InstanceArn })).toMatchObject({
      reason,
    })
  })

  test('is refused while it is not active', async () => {
    const reason = {
      code: 'InstanceNotActive',
      message: expect.stringContaining('DELETE_IN_PROGRESS, expected ACTIVE'),
    }
    expect(await answering([{ ...own, Status: 'DELETE_IN_PROGRESS' }], { instanceArn: own.InstanceArn })).toMatchObject(
      { reason },
    )
  })
})
