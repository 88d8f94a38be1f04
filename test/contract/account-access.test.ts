import { afterEach, describe, expect, test } from '@jest/globals'
import { addAccountAccess } from '../../infra/local/account-access-service.ts'
import { buildLocalServer } from '../../infra/local/s3-and-sqs.ts'
import { AwsAccountAccess } from '../../shared/aws/account-access-client.ts'
import { roleArn } from '../../shared/domain/assignments/entitlement.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { MemoryAccountAccess } from '../../shared/memory/account-access/memory-account-access.ts'
import { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import type { AccountAccess } from '../../shared/ports/account-access.ts'
import { listAll } from '../../shared/ports/page.ts'
import { openWorld, principalIdIn, shop, website } from './identity-center-world.ts'

const auditor = roleArn.parse(`arn:aws:iam::${shop}:role/audit/Auditor`)
const other = roleArn.parse(`arn:aws:iam::${website}:role/Deploy`)
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const adapters = [
  { adapter: 'memory', open: async (model: MemoryAccountAccess): Promise<AccountAccess> => model },
  {
    adapter: 'AWS signatures on the local system',
    open: async (model: MemoryAccountAccess): Promise<AccountAccess> => {
      const { clock } = openWorld()
      const objects = new MemoryObjectStore({ bucket: 'ssofile', clock })
      const app = buildLocalServer({
        objects,
        queues: new MemoryQueues({ clock, randomness: new SeededRandomness(1) }),
      })
      addAccountAccess(app, model)
      closing.push(() => app.close())
      const url = await app.listen({ host: '127.0.0.1', port: 0 })
      const credentials = { accessKeyId: 'ssofile', secretAccessKey: 'any' }
      return new AwsAccountAccess({ credentials, region: 'us-east-1' }, url)
    },
  },
] as const

describe.each(adapters)('account access manager on $adapter', ({ open }) => {
  const openModel = async () => {
    const world = openWorld()
    const model = new MemoryAccountAccess(world)
    return { world, model, port: await open(model) }
  }
  const holders = (world: ReturnType<typeof openWorld>) => ({
    group: { principalId: principalIdIn(world, 'GROUP', 'Auditors'), principalType: 'GROUP' } as const,
    user: { principalId: principalIdIn(world, 'USER', 'ana@example.com'), principalType: 'USER' } as const,
  })

  test('an organization that does not use it has no application', async () => {
    const { port } = await openModel()
    expect(await port.listApplications()).toEqual([])
  })

  test('entitlements are listed by account, by role and by principal, with everything that was given', async () => {
    const { world, model, port } = await openModel()
    const { group, user } = holders(world)
    const application = model.createApplication()
    model.createEntitlement(application, { roleArn: auditor, ...group })
    model.createEntitlement(application, { roleArn: other, ...user })
    expect(await port.listApplications()).toEqual([application])
    const ofGroup = { ...group, accountId: shop, roleArn: auditor }
    const ofUser = { ...user, accountId: website, roleArn: other }
    const list = async (filter: Parameters<AccountAccess['listEntitlements']>[1]) =>
      (await port.listEntitlements(application, filter)).items
    expect(await list({ accountId: accountId.parse(shop) })).toEqual([ofGroup])
    expect(await list({ roleArn: other })).toEqual([ofUser])
    expect(await list({ principal: user })).toEqual([ofUser])
    expect(await list({ principal: group, accountId: accountId.parse(website) })).toEqual([])
  })

  test('a listing without a filter is refused, and one of an application that is gone', async () => {
    const { model, port } = await openModel()
    const application = model.createApplication()
    await expect(port.listEntitlements(application, {})).rejects.toMatchObject({
      service: 'account-access',
      code: 'ValidationException',
    })
    model.deleteApplication(application)
    await expect(port.listEntitlements(application, { roleArn: other })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })

  test('a listing goes on after a hundred, and a role takes twenty groups only', async () => {
    const { world, model, port } = await openModel()
    const application = model.createApplication()
    const { user, group } = holders(world)
    for (let index = 0; index < 101; index++) {
      if (index % 19 === 0) await world.clock.advance(2000)
      model.createEntitlement(application, { ...user, roleArn: roleArn.parse(`arn:aws:iam::${shop}:role/r${index}`) })
    }
    await world.clock.advance(2000)
    const filter = { accountId: accountId.parse(shop) }
    const pages = (token: string | undefined) => port.listEntitlements(application, filter, token)
    expect((await pages(undefined)).items).toHaveLength(100)
    expect(await Array.fromAsync(listAll(pages))).toHaveLength(101)
    for (let index = 0; index < 20; index++) {
      if (index % 5 === 0) await world.clock.advance(2000)
      const id = await world.identityStore.createGroup({ displayName: `group ${index}` })
      model.createEntitlement(application, { principalId: id, principalType: 'GROUP', roleArn: auditor })
    }
    await world.clock.advance(2000)
    expect(() => model.createEntitlement(application, { ...group, roleArn: auditor })).toThrow(
      expect.objectContaining({ code: 'ServiceQuotaExceededException' }),
    )
  })

  test('the twenty-first call of a second is refused as too fast', async () => {
    const { model, port } = await openModel()
    const application = model.createApplication()
    for (let index = 0; index < 19; index++) await port.listEntitlements(application, { roleArn: other })
    await expect(port.listEntitlements(application, { roleArn: other })).rejects.toMatchObject({
      code: 'ThrottlingException',
    })
  })
})

test('a Region without account access manager has no host of its name: it is not offered, and that is no error', async () => {
  const credentials = { accessKeyId: 'ssofile', secretAccessKey: 'any' }
  const port = new AwsAccountAccess({ credentials, region: 'us-east-1' }, 'http://account-access.nowhere.invalid/')
  expect(await port.listApplications()).toBeUndefined()
})

test('a host that does not answer is no proof that it is not offered', async () => {
  const credentials = { accessKeyId: 'ssofile', secretAccessKey: 'any' }
  const port = new AwsAccountAccess({ credentials, region: 'us-east-1' }, 'http://127.0.0.1:9/')
  await expect(port.listApplications()).rejects.toMatchObject({ code: 'NoAnswer' })
})
