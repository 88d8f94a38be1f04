import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { buildApp } from 'fauxqs'
import { addSupport } from '../../infra/local/add-support.ts'
import { type IdentityCenterWorld, openWorld, principalIdIn } from './identity-center-world.ts'

const changes: string[] = []
let world: IdentityCenterWorld
let endpoint: string
let close: () => Promise<unknown>

beforeEach(async () => {
  changes.splice(0)
  world = openWorld({ identityStore: { onChange: ({ event }) => changes.push(event) } })
  const app = buildApp({ logger: false })
  addSupport(app, world)
  endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
  close = () => app.close()
})
afterEach(() => close())

const call = (name: string, act: string) =>
  fetch(`${endpoint}/_ssofile/users/${encodeURIComponent(name)}/${act}`, { method: 'POST' })

test('a provider disables and enables a user, and the identity store tells of both as of any change of a user', async () => {
  const id = principalIdIn(world, 'USER', 'ana@example.com')
  changes.splice(0)
  const disabled = await call('ana@example.com', 'disable')
  expect([disabled.status, await disabled.json()]).toEqual([200, { id, status: 'DISABLED' }])
  expect(await world.identityStore.findUser(id)).toMatchObject({ name: 'ana@example.com', isDisabled: true })
  expect((await call('ana@example.com', 'enable')).status).toBe(200)
  expect(await world.identityStore.findUser(id)).toMatchObject({ name: 'ana@example.com', isDisabled: false })
  expect(changes).toEqual(['UpdateUser', 'UpdateUser'])
})

test('a user that the directory does not have is refused, and nobody is changed', async () => {
  changes.splice(0)
  const refused = await call('Ana@example.com', 'disable')
  expect([refused.status, await refused.json()]).toEqual([
    404,
    { received: 'Ana@example.com', expected: 'the exact name of a user' },
  ])
  expect(changes).toEqual([])
})

test('a provider keeps a group, which then has ExternalIds', async () => {
  const id = principalIdIn(world, 'GROUP', 'Auditors')
  changes.splice(0)
  const provision = (name: string) => fetch(`${endpoint}/_ssofile/groups/${name}/provision`, { method: 'POST' })
  const provisioned = await provision('Auditors')
  expect([provisioned.status, await provisioned.json()]).toEqual([200, { id, isExternal: true }])
  expect(changes).toEqual(['UpdateGroup'])
  expect((await provision('auditors')).status).toBe(404)
})
