import { expect, test } from '@jest/globals'
import { permissionSetName } from '../../../shared/domain/permission-set-name.ts'
import { PermissionSetIndex } from '../../../shared/reconcile/permission-set-index.ts'
import { World } from '../../world.ts'

const viewOnly = permissionSetName.parse('ViewOnlyAccess')
const late = permissionSetName.parse('Late-ps')

function open() {
  const world = new World()
  const another = () => new PermissionSetIndex(world)
  return { world, another, index: another() }
}

test('a name is found by listing and describing once, and by no call at all from then on, in later processes too', async () => {
  const { world, another, index } = open()
  const arn = await index.resolve(viewOnly)
  expect(arn).toBe(world.ssoAdmin.permissionSetArnOf('ViewOnlyAccess'))
  const first = world.calls.length
  expect(first).toBeGreaterThan(0)
  expect(await another().resolve(viewOnly)).toBe(arn)
  expect(world.calls).toHaveLength(first)
})

test('a missing name lists again after five seconds, and describes only what it has never seen', async () => {
  const { world, index } = open()
  expect(await index.resolve(late)).toBeUndefined()
  expect(await index.resolve(late)).toBeUndefined()
  const before = world.calls.length
  const arn = await world.ssoAdmin.createPermissionSet({ name: late, sessionDuration: 'PT1H', tags: [] })
  await world.clock.advance(5_000)
  expect(await index.resolve(late)).toBe(arn)
  expect(world.calls.slice(before).filter((name) => name === 'DescribePermissionSet')).toHaveLength(1)
})

test('one that turned out to be gone is looked for anew: it may have been made again under its name', async () => {
  const { world, index } = open()
  const first = await world.ssoAdmin.createPermissionSet({ name: late, sessionDuration: 'PT1H', tags: [] })
  expect(await index.resolve(late)).toBe(first)
  await world.ssoAdmin.deletePermissionSet(first)
  const second = await world.ssoAdmin.createPermissionSet({ name: late, sessionDuration: 'PT1H', tags: [] })
  await index.forget(late)
  expect(await index.resolve(late)).toBe(second)
})

test('one that was just created is known to the next process without a call', async () => {
  const { world, another, index } = open()
  await index.resolve(viewOnly)
  const arn = await world.ssoAdmin.createPermissionSet({ name: late, sessionDuration: 'PT1H', tags: [] })
  await index.remember(late, arn)
  const before = world.calls.length
  expect(await another().resolve(late)).toBe(arn)
  expect(world.calls).toHaveLength(before)
})

/** The first listing of an index whose answer comes when `release` is called, as of when it was read. */
function withLateListing(world: World) {
  const held = Promise.withResolvers<void>()
  let listings = 0
  const ssoAdmin = new Proxy(world.ssoAdmin, {
    get: (target, property) => {
      const member: unknown = Reflect.get(target, property, target)
      if (property !== 'listPermissionSets') return typeof member === 'function' ? member.bind(target) : member
      return async (token?: string) => {
        const page = await target.listPermissionSets(token)
        if (++listings === 1) await held.promise
        return page
      }
    },
  })
  const { objects, clock } = world
  return { index: new PermissionSetIndex({ objects, ssoAdmin, clock }), release: held.resolve }
}

test('what a whole listing found is not forgotten for one that began before it and answers later', async () => {
  const { world } = open()
  const { index, release } = withLateListing(world)
  const waiting = index.resolve(late)
  await world.clock.advance(100)
  const arn = await world.ssoAdmin.createPermissionSet({ name: late, sessionDuration: 'PT1H', tags: [] })
  const listing = index.list()
  await world.clock.advance(100)
  release()
  expect((await listing).get(late)).toBe(arn)
  await waiting
  expect(index.knows(late)).toBe(true)
})

test('one that was deleted does not come back with a listing that began before', async () => {
  const { world, another, index: before } = open()
  const arn = await world.ssoAdmin.createPermissionSet({ name: late, sessionDuration: 'PT1H', tags: [] })
  await before.resolve(late)
  const { index, release } = withLateListing(world)
  const listing = index.list()
  await world.clock.advance(100)
  await world.ssoAdmin.deletePermissionSet(arn)
  await index.drop(late)
  release()
  await listing
  expect(index.knows(late)).toBe(false)
  expect(await another().lookUp(late)).toBeUndefined()
})
