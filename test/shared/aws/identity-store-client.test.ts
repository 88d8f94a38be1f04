import { Identitystore } from '@aws-sdk/client-identitystore'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AwsIdentityStore } from '../../../shared/aws/identity-store-client.ts'
import { principalName } from '../../../shared/domain/principals/principal.ts'
import { Refusal } from '../../../shared/memory/refusal.ts'
import { concurrentModification } from '../../../shared/ports/service-error.ts'
import { type IdentityCenterWorld, openWorld, serve, type Wire } from '../../contract/identity-center-world.ts'

const auditors = principalName.parse('Auditors')
let world: IdentityCenterWorld
let wire: Wire

beforeEach(async () => {
  world = openWorld()
  wire = await serve(world)
})
afterEach(() => wire.close())

function openStore(identityStoreId: () => Promise<string>): AwsIdentityStore {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  const client = new Identitystore({ endpoint: wire.endpoint, region: 'us-east-1', credentials })
  return new AwsIdentityStore(client, identityStoreId)
}

test('an identity store that does not exist is a fault, not the absence of a group', async () => {
  const store = openStore(async () => 'd-0000000000')
  await expect(store.findPrincipalId('GROUP', auditors)).rejects.toMatchObject({
    service: 'identitystore',
    code: 'ResourceNotFoundException',
  })
})

test('a race of two changes has a code of its own, because it passes and other conflicts do not', async () => {
  const { identityStore } = world
  identityStore.createGroup = async () => {
    throw new Refusal('identitystore', concurrentModification, 'Another request changes it.')
  }
  const store = openStore(async () => identityStore.identityStoreId)
  await expect(store.createGroup({ displayName: principalName.parse('oncall') })).rejects.toMatchObject({
    code: concurrentModification,
    message: 'Another request changes it.',
  })
})

test('the identity store id is asked for once', async () => {
  let asked = 0
  const store = openStore(async () => {
    asked += 1
    return 'd-9067a1b2c3'
  })
  await store.findPrincipalId('GROUP', auditors)
  await store.listPrincipals('GROUP')
  expect(asked).toBe(1)
})
