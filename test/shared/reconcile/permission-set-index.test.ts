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

test('one that a later listing has shown is not forgotten when an earlier listing, which lacks it, ends after it', async () => {
  const { world, index } = open()
  const list = world.ssoAdmin.listPermissionSets.bind(world.ssoAdmin)
  let isFirst = true
  world.ssoAdmin.listPermissionSets = async (token) => {
    const page = await list(token)
    if (isFirst) {
      isFirst = false
      await world.clock.sleep(1_000)
    }
    return page
  }
  const before = index.resolve(late)
  await world.clock.advance(500)
  const arn = await world.ssoAdmin.createPermissionSet({ name: late, sessionDuration: 'PT1H', tags: [] })
  const listed = index.list()
  await world.clock.advance(10)
  await index.remember(late, arn)
  await world.clock.advance(1_000)
  expect((await listed).get(late)).toBe(arn)
  expect(await before).toBe(arn)
  expect(index.knows(late)).toBe(true)
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
