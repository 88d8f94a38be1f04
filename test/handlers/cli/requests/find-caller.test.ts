import { expect, test } from '@jest/globals'
import { findCaller } from '../../../../handlers/cli/requests/find-caller.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import type { IdentityStore } from '../../../../shared/ports/identity-store.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { World } from '../../../world.ts'

const sessionOf = (name: string) => async () =>
  `arn:aws:sts::233000000002:assumed-role/AWSReservedSSO_Billing-ps_0123456789abcdef/${name}`
const kenji = 'kenji.ito@acme.example'
const refusing = {
  findPrincipalId: async () => {
    throw new ServiceError('identitystore', 'AccessDeniedException', 'not authorized')
  },
}

test('the caller is the user that the session is named after, by the id in the identity store', async () => {
  const world = new World()
  const userId = await world.identityStore.findPrincipalId('USER', principalName.parse(kenji))
  const caller = await world.finish(findCaller(world.ports, {}, sessionOf(kenji)))
  expect(caller).toMatchObject({ account: '233000000002', permissionSet: 'Billing-ps', userName: kenji, userId })
})

test('credentials that say nothing of a person are refused, with what to do', async () => {
  const asked = findCaller(new World().ports, {}, async () => 'arn:aws:iam::233000000002:user/ci')
  await expect(asked).rejects.toThrow(/received the credentials of arn:aws:iam.*aws sso login/s)
})

test('where the account may not ask the identity store, the id is given', async () => {
  const world = new World()
  const ports = { ...world.ports, identityStore: { ...world.identityStore, ...refusing } as unknown as IdentityStore }
  await expect(findCaller(ports, {}, sessionOf(kenji))).rejects.toThrow(/Set SSOFILE_USER_ID to the user id/)
  const userId = '92307020-41b6-05ce-951e-70dfe8931aa2'
  expect(await findCaller(ports, { SSOFILE_USER_ID: userId }, sessionOf(kenji))).toMatchObject({ userId })
  await expect(findCaller(ports, { SSOFILE_USER_ID: kenji }, sessionOf(kenji))).rejects.toThrow(/expected the id/)
})

test('a user who is gone asks for nothing', async () => {
  const world = new World()
  const asked = findCaller(world.ports, {}, sessionOf('gone@acme.example'))
  await expect(world.finish(asked)).rejects.toThrow("there is no user 'gone@acme.example'")
})
