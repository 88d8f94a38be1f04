import { expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { PermissionSetIndex } from '../../../../shared/reconcile/directory/permission-set-index.ts'
import { type Interceptor, intercept, noAnswer } from '../../../intercept.ts'
import { World } from '../../../world.ts'

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

test('one that turned out to be gone is looked for again: it may have been made again under its name', async () => {
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

const stored = 'state/permission-sets.json'
const create = (world: World, name: typeof late) =>
  world.ssoAdmin.createPermissionSet({ name, sessionDuration: 'PT1H', tags: [] })

/** An index whose calls to the service and the bucket go through this. */
function openThrough(interceptor: Interceptor) {
  const world = new World({ wrap: (ports) => intercept(ports, interceptor) })
  return { world, index: new PermissionSetIndex(world.ports), another: () => new PermissionSetIndex(world.ports) }
}

test('what was made, dropped or forgotten here is known to the next process', async () => {
  const { world, another, index } = open()
  await index.resolve(viewOnly)
  const arn = await create(world, late)
  await index.remember(late, arn)
  expect(await another().lookUp(late)).toBe(arn)
  const etag = (await world.objects.head(stored))?.etag
  const modified = (await world.objects.head(stored))?.lastModified
  await world.clock.advance(2_000)
  await index.remember(late, arn)
  expect((await world.objects.head(stored))?.lastModified).toEqual(modified)
  await index.drop(late)
  expect(await index.lookUp(late)).toBeUndefined()
  expect(await another().lookUp(late)).toBeUndefined()
  expect(await another().lookUp(viewOnly)).toBeDefined()
  await index.drop(late)
  await index.remember(late, arn)
  await index.forget(late)
  expect(await another().lookUp(late)).toBeUndefined()
  expect(await another().lookUp(viewOnly)).toBeDefined()
  expect((await world.objects.head(stored))?.etag).not.toBe(etag)
})

test('an index that nobody has asked yet knows from the bucket what it is told to remember or to drop', async () => {
  const { world, another, index } = open()
  await index.resolve(viewOnly)
  await another().remember(late, await create(world, late))
  expect(await another().lookUp(viewOnly)).toBeDefined()
  await another().drop(late)
  expect(await another().lookUp(late)).toBeUndefined()
  expect((await another().list()).has(late)).toBe(true)
})

test('what is made or dropped while the permission sets are listed is as it was made or dropped', async () => {
  let during: (() => Promise<void>) | undefined
  const { world, index, another } = openThrough(async ({ operation, proceed }) => {
    const answer = await proceed()
    if (operation === 'listPermissionSets') await during?.()
    return answer
  })
  const early = permissionSetName.parse('Early-ps')
  const earlyArn = await create(world, early)
  expect(await index.resolve(early)).toBe(earlyArn)
  during = async () => {
    during = undefined
    await index.remember(late, await create(world, late))
    await index.drop(early)
  }
  const listed = await index.list()
  expect([listed.has(late), listed.has(early), listed.has(viewOnly)]).toEqual([true, false, true])
  expect([await another().lookUp(late), await another().lookUp(early)]).toEqual([listed.get(late), undefined])
  await world.ssoAdmin.deletePermissionSet(earlyArn)
  expect((await index.list()).has(late)).toBe(true)
})

test('the index is written only where a listing found something else', async () => {
  const { world, another } = open()
  await another().list()
  const modified = async () => (await world.objects.head(stored))?.lastModified.getTime()
  const first = await modified()
  await world.clock.advance(5_000)
  await another().list()
  expect(await modified()).toBe(first)
  const arn = await create(world, late)
  await another().list()
  expect(await modified()).not.toBe(first)
  expect(await another().lookUp(late)).toBe(arn)
  await world.clock.advance(5_000)
  await world.ssoAdmin.deletePermissionSet(arn)
  expect((await another().list()).has(late)).toBe(false)
  expect(await another().lookUp(late)).toBeUndefined()
})

test('one that goes between being listed and described is not there', async () => {
  const { world, index } = openThrough(async ({ operation, proceed }) =>
    operation === 'describePermissionSet' ? undefined : proceed(),
  )
  await create(world, late)
  expect(await index.resolve(late)).toBeUndefined()
})

test('an index that cannot be understood is made again; one that cannot be read is read again', async () => {
  const { world, another } = open()
  await world.objects.put(stored, 'broken')
  expect(await another().resolve(viewOnly)).toBeDefined()
  expect((await world.json(stored))?.v).toBe(1)
  let isFailing = true
  const reading = openThrough(async ({ port, operation, proceed }) => {
    if (port === 'objects' && operation === 'get' && isFailing) throw noAnswer('GetObject')
    return proceed()
  })
  await expect(reading.index.resolve(viewOnly)).rejects.toThrow('was not answered')
  isFailing = false
  expect(await reading.index.resolve(viewOnly)).toBeDefined()
})

test('a name that is almost right is told', async () => {
  const { index } = open()
  await index.resolve(viewOnly)
  expect(index.findNear(permissionSetName.parse('viewonlyaccess'))).toBe('ViewOnlyAccess')
})

test('a name that was not found is not looked for again within five seconds', async () => {
  const { world, index } = open()
  await world.clock.advance(60_000)
  const lists = () => world.calls.filter((call) => call === 'ListPermissionSets').length
  await index.resolve(late)
  await index.resolve(late)
  await world.clock.advance(4_999)
  await index.resolve(late)
  expect(lists()).toBe(1)
  await world.clock.advance(1)
  await index.resolve(late)
  expect(lists()).toBe(2)
})

test('what was described is saved while hundreds are still to be, so that the next process goes on', async () => {
  let described = 0
  const { world, index, another } = openThrough(async ({ operation, proceed }) => {
    if (operation === 'describePermissionSet' && ++described > 550) throw noAnswer('DescribePermissionSet')
    // Below the rate that AWS allows.
    await world.clock.advance(60)
    return proceed()
  })
  for (let number = 0; number < 600; number++) {
    const name = permissionSetName.parse(`Many-${number}`)
    world.ssoAdmin.addPermissionSet({ name, sessionDuration: 'PT1H', tags: [] }, number.toString(16).padStart(16, '0'))
  }
  await expect(index.list()).rejects.toThrow('was not answered')
  expect(Object.keys(Object((await world.json(stored))?.nameByArn))).toHaveLength(500)
  described = 0
  expect((await another().list()).size).toBeGreaterThan(600)
  expect(described).toBeLessThan(150)
})

test('one that took the place of another is in the index, although there are as many as before', async () => {
  const { world, another } = open()
  const arn = await create(world, late)
  await another().list()
  await world.ssoAdmin.deletePermissionSet(arn)
  const next = permissionSetName.parse('Next-ps')
  await create(world, next)
  await another().list()
  expect([await another().lookUp(next), await another().lookUp(late)]).toEqual([expect.any(String), undefined])
})

test('one that was made here and is gone since is not listed, and one that was dropped and made again is', async () => {
  const { world, index } = open()
  const arn = await create(world, late)
  await index.remember(late, arn)
  await world.ssoAdmin.deletePermissionSet(arn)
  expect((await index.list()).has(late)).toBe(false)
  await index.remember(late, await create(world, late))
  await index.drop(late)
  expect((await index.list()).has(late)).toBe(true)
})

test('one that was dropped during a listing and made again is in the next', async () => {
  let during: (() => Promise<void>) | undefined
  const { world, index } = openThrough(async ({ operation, proceed }) => {
    const answer = await proceed()
    if (operation === 'listPermissionSets') await during?.()
    return answer
  })
  const arn = await create(world, late)
  during = async () => {
    during = undefined
    await world.ssoAdmin.deletePermissionSet(arn)
    await index.drop(late)
  }
  expect((await index.list()).has(late)).toBe(false)
  await create(world, late)
  expect((await index.list()).has(late)).toBe(true)
})

test('one that was made and turned out to be gone during a listing is not there', async () => {
  let during: (() => Promise<void>) | undefined
  const { world, index } = openThrough(async ({ operation, proceed }) => {
    const answer = await proceed()
    if (operation === 'listPermissionSets') await during?.()
    return answer
  })
  during = async () => {
    during = undefined
    const arn = await create(world, late)
    await index.remember(late, arn)
    await world.ssoAdmin.deletePermissionSet(arn)
    await index.forget(late)
  }
  expect((await index.list()).has(late)).toBe(false)
})

test('dropping or forgetting what nobody knows writes nothing', async () => {
  let writes = 0
  const { index } = openThrough(async ({ operation, proceed }) => {
    if (operation === 'put') writes++
    return proceed()
  })
  await index.list()
  expect(writes).toBe(1)
  await index.drop(late)
  await index.forget(late)
  expect(writes).toBe(1)
})

test('an index that cannot be read does not know a name, and says so; it is read again later', async () => {
  let isFailing = true
  const { world, index } = openThrough(async ({ operation, proceed }) => {
    if (operation === 'get' && isFailing) throw noAnswer('GetObject')
    return proceed()
  })
  const arn = world.ssoAdmin.permissionSetArnOf('ViewOnlyAccess')
  await world.objects.put(stored, JSON.stringify({ v: 1, nameByArn: { [arn ?? '']: viewOnly } }))
  await expect(index.lookUp(viewOnly)).rejects.toThrow('was not answered')
  isFailing = false
  expect(await index.lookUp(viewOnly)).toBe(arn)
})
