import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { listRecordedAccess } from '../../../../shared/modules/access/list-recorded-access.ts'
import type { ObjectStore } from '../../../../shared/ports/object-store.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { reconcile as reconcileAll } from '../../../../shared/reconcile/differences/reconcile.ts'
import { copiesPrefix, writeCopies } from '../../../../shared/reconcile/records/entry-copies.ts'
import { listHeads } from '../../../../shared/reconcile/records/list-heads.ts'
import { allAccounts, type RangeSizes, rangeSizes } from '../../../../shared/reconcile/records/ranges.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const id = '11111111-2222-3333-4444-555555555555'
const numbers = Array.from({ length: 10 }, (_, index) => index)
const keyOf = (number: number) => `assignments/account%20000000000${number >> 1}%Set${number}-ps%${id}%GROUP`
const entryOf = (name: string) => ({
  v: 1,
  state: 'granted',
  principal: name,
  principalId: id,
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
  links: [],
  attempts: 0,
  updatedAt: '2026-03-03T10:00:00.000Z',
  fieldOfALaterVersion: name,
})
const put = (world: World, number: number, name = `team-${number}`) =>
  world.objects.put(keyOf(number), JSON.stringify(entryOf(name)))

async function filled(): Promise<World> {
  const world = new World()
  for (const number of numbers) await put(world, number)
  return world
}
const write = async ({ objects }: World, most = 3) => writeCopies(objects, allAccounts, { least: 1, most })
const readAll = async (objects: ObjectStore) => {
  const parts = await Array.fromAsync(listRecordedAccess(objects))
  return { accesses: parts.flatMap(({ accesses }) => accesses), spoiled: parts.flatMap(({ spoiled }) => spoiled) }
}
/** Every entry is read itself. */
const readWithoutCopies = async (world: World) => {
  const refuse: Interceptor = async ({ operation, args: [key], proceed }) => {
    if (operation === 'get' && String(key).startsWith(copiesPrefix))
      throw new ServiceError('s3', 'AccessDenied', 'Access Denied', { httpStatus: 403 })
    return proceed()
  }
  return readAll(intercept(world.ports, refuse).objects)
}

/** The answer with copies, and the entries that were read themselves. */
async function readWithCopies(world: World) {
  const read: string[] = []
  const { objects } = intercept(world.ports, async ({ operation, args: [key], proceed }) => {
    if (operation === 'get' && String(key).startsWith('assignments/')) read.push(String(key))
    return proceed()
  })
  return { answer: await readAll(objects), read }
}

test('a reader of all entries reads only those that changed since their copies', async () => {
  const world = await filled()
  await write(world)
  expect(await world.keys(copiesPrefix)).toEqual(
    [0, 2, 4].map((account) => `${copiesPrefix}account%20000000000${account}.json`),
  )
  await put(world, 4, 'team-Other')
  const { answer, read } = await readWithCopies(world)
  expect(answer).toEqual(await readWithoutCopies(world))
  expect(answer.accesses).toHaveLength(numbers.length)
  expect(read).toEqual([keyOf(4)])
})

test('copies without a change are not written again, and superfluous ones are deleted', async () => {
  const world = await filled()
  await write(world)
  const before = await listHeads(world.objects, copiesPrefix)
  await write(world)
  expect(await listHeads(world.objects, copiesPrefix)).toEqual(before)
  for (const number of numbers) await world.objects.delete(keyOf(number))
  await write(world)
  expect(await world.keys(copiesPrefix)).toEqual([])
})

const sizesOf = [
  ['at once', rangeSizes],
  ['by ranges of accounts', { entriesOfMark: 30, marksOfRange: 2 }],
] as const

/** The first reconcile of twenty entries in each account. */
async function reconcileFirst(sizes: RangeSizes, answer: Interceptor) {
  const world = new World({ wrap: (ports) => intercept(ports, answer) })
  const group = world.identityStore.idOf('GROUP', 'team-Web') ?? ''
  const accounts = world.organizations.accountsNow().map(({ id: account }) => account)
  const keys = accounts.flatMap((account) =>
    Array.from({ length: 20 }, (_, set) => `assignments/account%${account}%Set${set}-ps%${group}%GROUP`),
  )
  await world.objects.put(`state/principals/GROUP%${group}%team-Web`, '')
  for (const one of keys) {
    await world.objects.put(one, JSON.stringify({ ...entryOf('team-Web'), principalId: group }))
    await world.objects.put(`${one.replace('assignments/', 'access/').replace(group, 'team-Web')}%ours`, '')
  }
  await world.finish(reconcileAll(world.ports, world.configuration, { sizes }))
  return { world, keys }
}

test.each(sizesOf)('the first reconcile, %s, reads each entry once', async (_, sizes) => {
  const read: string[] = []
  const { keys } = await reconcileFirst(sizes, async ({ port, operation, args: [key], proceed }) => {
    if (port === 'objects' && operation === 'get' && String(key).startsWith('assignments/')) read.push(String(key))
    return proceed()
  })
  expect(read.sort()).toEqual(keys.sort())
})

test.each(sizesOf)('a reconcile, %s, goes on if S3 refuses the copies', async (_, sizes) => {
  const sent = new Set<string>()
  const { world, keys } = await reconcileFirst(sizes, async ({ operation, args: [key, second], proceed }) => {
    if (operation === 'put' && String(key).startsWith(copiesPrefix))
      throw new ServiceError('s3', 'AccessDenied', 'Access Denied', { httpStatus: 403 })
    if (operation === 'send' && key !== 'dispatch')
      for (const { body } of second as { readonly body: string }[]) sent.add(body)
    return proceed()
  })
  // No link grants them, so each is sent to be revoked.
  expect(sent.size).toBe(keys.length)
  expect(world.log.lines.map(({ message }) => message)).toContainEqual(
    'the copies of ledger entries could not be renewed; entries are read themselves',
  )
})

test('a small ledger has no copies', async () => {
  const world = await filled()
  await writeCopies(world.objects, allAccounts)
  expect(await world.keys(copiesPrefix)).toEqual([])
})

test('an entry that cannot be read has no copy, and is told as without copies', async () => {
  const world = await filled()
  await world.objects.put(keyOf(3), '{')
  await write(world)
  const { answer, read } = await readWithCopies(world)
  expect(answer).toEqual(await readWithoutCopies(world))
  expect(answer.spoiled).toEqual([expect.stringContaining(keyOf(3))])
  expect(read).toEqual([keyOf(3)])
})

const key = fc.nat({ max: numbers.length - 1 })
const change = fc.oneof(
  fc.record({ change: fc.constant('write' as const), key, name: fc.constantFrom('team-A', 'team-B') }),
  fc.record({ change: fc.constantFrom('delete' as const, 'break' as const, 'spoil a copy' as const), key }),
  fc.record({ change: fc.constantFrom('empty copies' as const, 'delete copies' as const), key }),
  fc.record({ change: fc.constant('copy' as const), key, most: fc.integer({ min: 1, max: 9 }) }),
)

test('with any mixture of outdated, missing and spoiled copies, the answer is the one without copies', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
      const world = await filled()
      await write(world)
      for (const one of changes) {
        const copies = await world.keys(copiesPrefix)
        const copy = copies[one.key % Math.max(1, copies.length)] ?? `${copiesPrefix}account%200000000000.json`
        if (one.change === 'write') await put(world, one.key, one.name)
        else if (one.change === 'delete') await world.objects.delete(keyOf(one.key))
        else if (one.change === 'break') await world.objects.put(keyOf(one.key), '{"v":1}')
        else if (one.change === 'spoil a copy') {
          const { etag = '' } = (await world.objects.head(keyOf(one.key))) ?? {}
          const entries = { [keyOf(one.key)]: { etag, entry: { v: 1, state: 'granted' } } }
          await world.objects.put(copy, JSON.stringify({ v: 1, entries }))
        } else if (one.change === 'empty copies') await world.objects.put(copy, one.key % 2 === 0 ? '' : '{"v":1}')
        else if (one.change === 'delete copies') await world.objects.delete(copy)
        else if (one.change === 'copy') await write(world, one.most)
      }
      expect((await readWithCopies(world)).answer).toEqual(await readWithoutCopies(world))
    }),
    { numRuns: 60 },
  )
})

test('without the right to read copies, every entry is read itself', async () => {
  const world = await filled()
  await write(world)
  const { accesses } = await readWithoutCopies(world)
  expect(accesses.map(({ principal }) => principal)).toEqual(numbers.map((number) => `team-${number}`))
})
