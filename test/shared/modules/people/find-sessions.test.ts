import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { type PrincipalType, principalName } from '../../../../shared/domain/principals/principal.ts'
import { findSessions } from '../../../../shared/modules/people/find-sessions.ts'
import { World } from '../../../world.ts'

const [dev, prod] = ['210000000001', '210000000002'] as const
const day = 24 * 60 * 60_000

async function open() {
  const world = new World()
  const { identityStore, objects } = world
  const id = await identityStore.createUser({ userName: 'zoe@acme.example' })
  const group = await identityStore.createGroup({ displayName: 'team/Web' })
  await identityStore.createGroupMembership(group, id)
  const find = (account?: string, principalSuffix = '') => {
    const user = { id, name: principalName.parse('zoe@acme.example') }
    const inAccount = account === undefined ? undefined : accountId.parse(account)
    return world.finish(findSessions(user, inAccount, world.ports, { principalSuffix }))
  }
  /** Of somebody else, where nobody has this name. */
  const put = (prefix: string, account: string, set: string, name: string, type: PrincipalType) => {
    const owner = identityStore.idOf(type, name) ?? '11111111-2222-3333-4444-555555555555'
    return objects.put(`${prefix}account%${account}%${set}%${owner}%${type}`, '{}')
  }
  return { world, find, put }
}

test('a user has sessions of what is given directly and through groups, by ssofile or by others', async () => {
  const { find, put } = await open()
  await put('assignments/', dev, 'Own-ps', 'zoe@acme.example', 'USER')
  await put('assignments/', prod, 'Group-ps', 'team/Web', 'GROUP')
  await put('foreign/', dev, 'Foreign-ps', 'team/Web', 'GROUP')
  await put('assignments/', dev, 'Other-ps', 'somebody', 'USER')
  await put('assignments/', dev, 'Named-ps', 'zoe@acme.example', 'GROUP')
  expect(await find()).toEqual(['Foreign-ps', 'Group-ps', 'Own-ps'])
  expect(await find(prod)).toEqual(['Group-ps'])
})

test('what was taken away counts for twelve hours', async () => {
  const { world, find } = await open()
  const at = (ms: number) => new Date(world.clock.now().getTime() - ms).toISOString().replace('T', '/')
  await world.objects.put(`changes/${at(day / 2 - 60_000)}%revoked%account%${dev}%Late-ps%team%2FWeb%GROUP%ssofile`, '')
  await world.objects.put(
    `changes/${at(day / 2 + 60_000)}%revoked%account%${dev}%Early-ps%zoe@acme.example%USER%ssofile`,
    '',
  )
  await world.objects.put(`changes/${at(60_000)}%granted%account%${dev}%Granted-ps%zoe@acme.example%USER%ssofile`, '')
  expect(await find()).toEqual(['Late-ps'])
})

test('a group out of which ssofile took the user counts for twelve hours', async () => {
  const { world, find, put } = await open()
  await world.identityStore.createGroup({ displayName: 'team/Ops' })
  await world.identityStore.createGroup({ displayName: 'team/Early' })
  await put('assignments/', dev, 'Ops-ps', 'team/Ops', 'GROUP')
  await put('assignments/', dev, 'Early-ps', 'team/Early', 'GROUP')
  const at = (ms: number) => new Date(world.clock.now().getTime() - ms).toISOString().replace('T', '/')
  const left = (ms: number, group: string, user: string) =>
    world.objects.put(`changes/${at(ms)}%membership-removed%${group}%${user}`, '')
  await left(60_000, 'team%2FOps', 'somebody@acme.example')
  await left(day / 2 + 60_000, 'team%2FEarly', 'zoe@acme.example')
  expect(await find()).toEqual([])
  await left(60_000, 'team%2FOps', 'zoe@acme.example')
  expect([await find(), await find(prod)]).toEqual([['Ops-ps'], []])
})
