import { describe, expect, test } from '@jest/globals'
import type { Lack } from '../../../../shared/domain/links/lack.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { NewStatus } from '../../../../shared/domain/statuses/status.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import {
  PermissionSetWork,
  type PermissionSetWorkSources,
} from '../../../../shared/reconcile/permission-sets/permission-set-work.ts'
import { Provisionings } from '../../../../shared/reconcile/permission-sets/provisionings.ts'
import { writeOwned } from '../../../../shared/reconcile/records/owned-permission-sets.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { StatusBoard } from '../../../../shared/reconcile/statuses/status-board.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'

const name = permissionSetName.parse('Billing-ps')
const file = 'permission_sets/Billing-ps.json'
const statusOfFile = `status/${file}.json`
const ten = '2026-03-03T10:00:00.000Z'
const link = (permissionSet: string, principal = 'team-Accountants', folder = '') =>
  `links_data/${folder}account%233000000002%${permissionSet}%${principal}%GROUP%ssofile`
const lack: Lack = { reason: 'it does not exist', remedy: 'upload it' }

type Worker = {
  readonly work: PermissionSetWork
  readonly board: StatusBoard
  readonly context: PermissionSetWorkSources
  settle(): Promise<'settled' | 'failed'>
}

/** A permission set that is ours, and whoever works on hints at it, without queues or a dispatcher. */
async function open(options: SettlingOptions = {}) {
  const bench = new Settling(options)
  const { world } = bench
  const { permissionSetArn: arn } = bench.target()
  const statuses = new StatusStore(world.objects, world.clock)
  await writeOwned(world.objects, name, { v: 1, arn, claimedAt: ten }, undefined)
  const upload = (fields: object = {}) =>
    world.objects.put(file, JSON.stringify({ permissionSetName: name, ...fields }))
  const within = <T>(act: (worker: Worker) => Promise<T>): Promise<T> =>
    bench.within(async (settling) => {
      const { ssoAdmin, clock, log, ending } = settling
      const board = new StatusBoard({ statuses, clock, log, assess: async () => undefined, askForLook: async () => {} })
      const provisionings = new Provisionings({ ssoAdmin, clock, most: 3, ending })
      const context = { ...settling, provisionings, isDriftCheck: false }
      const work = new PermissionSetWork(settling, board)
      return act({ work, board, context, settle: () => work.settle(name, context) })
    })
  const settle = () => within((worker) => worker.settle())
  const tell = (input: string, status: NewStatus) => statuses.revise(input, async () => status)
  const sent = (queue: 'links' | 'work' | 'dispatch') =>
    world.queues
      .queue(queue)
      .messages()
      .map(({ body }) => JSON.parse(body))
  const woken = () => sent('links').map(({ key, event }) => [key, event])
  return { bench, world, arn, upload, within, settle, tell, sent, woken }
}

describe('a permission set', () => {
  test('that is applied is told so, with who uploaded it', async () => {
    const { world, arn, upload, settle, tell } = await open()
    await upload()
    const { etag } = (await world.objects.head(file)) ?? {}
    const by = { principalId: 'AWS:maria', at: ten }
    await tell(file, { state: 'applying', by, etag, lastModified: ten })
    expect(await settle()).toBe('settled')
    expect(await world.json(statusOfFile)).toMatchObject({ state: 'applied', permissionSetArn: arn, by })
  })

  test('that is applied for nobody who is known has nobody in its status', async () => {
    const { world, upload, settle } = await open()
    await upload()
    await settle()
    expect(await world.json(statusOfFile)).not.toHaveProperty('by')
  })

  test('that fails is told so', async () => {
    const { world, upload, settle } = await open({
      interceptor: async ({ operation, proceed }) => {
        if (operation === 'attachManagedPolicy') throw new ServiceError('sso-admin', 'ValidationException', 'refused')
        return proceed()
      },
    })
    await upload({ managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] })
    expect(await settle()).toBe('failed')
    expect(await world.json(statusOfFile)).toMatchObject({ state: 'failed' })
  })

  test('that is deleted with its file has no status any more', async () => {
    const { world, settle, tell } = await open()
    await tell(file, { state: 'applied' })
    expect(await settle()).toBe('settled')
    expect(world.ssoAdmin.permissionSetArnOf(name)).toBeUndefined()
    expect(await world.keys('status/')).toEqual([])
  })

  test('whose file is back by the time its end is told is looked at again', async () => {
    let isDeleted = false
    const { world, upload, settle, tell, sent } = await open({
      interceptor: async ({ operation, args, proceed }) => {
        isDeleted ||= operation === 'deletePermissionSet'
        if (isDeleted && operation === 'head' && args[0] === file) await upload()
        return proceed()
      },
    })
    await tell(file, { state: 'applied' })
    expect(await settle()).toBe('settled')
    expect(await world.json(statusOfFile)).toMatchObject({ state: 'applied' })
    expect(sent('work')).toEqual([{ v: 1, kind: 'permission-set', permissionSet: name, cause: file }])
  })

  test('whose file is another by the time it is told is told as the newer one', async () => {
    let isUploaded = false
    const { world, upload, settle, tell } = await open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'put' && args[0] === statusOfFile && !isUploaded) {
          isUploaded = true
          await upload({ description: 'newer' })
          await tell(file, { state: 'applying', reason: 'of the newer one' })
        }
        return proceed()
      },
    })
    await upload({ description: 'older' })
    await settle()
    expect(isUploaded).toBe(true)
    const { etag } = (await world.objects.head(file)) ?? {}
    expect(await world.json(statusOfFile)).toMatchObject({ state: 'applied', etag })
    expect(world.ssoAdmin.definitionNow(name)).toMatchObject({ description: 'newer' })
  })

  test('tells how far it is after five seconds, and then every five', async () => {
    const toldMs: number[] = []
    const { bench, world, arn, upload, settle } = await open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'put' && args[0] === statusOfFile) toldMs.push(world.clock.monotonicMs())
        if (operation === 'describeProvisioning') await world.clock.sleep(2_000)
        return proceed()
      },
    })
    const ids = world.organizations.accountsNow().flatMap(({ id, state }) => (state === 'ACTIVE' ? [id] : []))
    const some = ids.filter((id) => id !== '111111111111').slice(0, 12)
    for (const id of some) world.ssoAdmin.addAssignment({ ...bench.target(), accountId: id })
    // One account fails, so all are asked for one by one.
    for (const id of some.slice(0, 1)) world.ssoAdmin.removeCustomerManagedPolicy(id, 'Boundary')
    await upload({ customerManagedPoliciesList: [{ Name: 'Boundary' }] })
    const begun = world.clock.monotonicMs()
    await settle()
    const gaps = toldMs.map((ms, index) => ms - (toldMs[index - 1] ?? begun)).slice(0, -1)
    expect(gaps.length).toBeGreaterThanOrEqual(2)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5_000)
    expect(Math.max(...gaps)).toBeLessThan(9_000)
    expect(world.ssoAdmin.staleAccountsNow(arn)).toEqual(some.slice(0, 1))
  })
})

describe('links that wait for a permission set', () => {
  const appeared = `permission set ${name} appeared`

  test('are all looked at again when it is complete for the first time, also where a status has ceased to say that it waits', async () => {
    const { world, upload, settle, tell, woken } = await open()
    const [waiting, begun] = [link(name, 'one'), link(name, 'two')]
    for (const key of [waiting, begun, link('Other-ps')]) await world.objects.put(key, '')
    await tell(waiting, { state: 'waiting' })
    await tell(begun, { state: 'applying' })
    await upload()
    await settle()
    expect(woken().sort()).toEqual([waiting, begun].map((key) => [key, `permission set ${name} was made`]).sort())
  })

  test('are looked at again when it is applied: those found waiting, and those whose status says so', async () => {
    const { upload, settle, within, tell, woken } = await open()
    await upload()
    await settle()
    const [found, told, both, other] = [link(name, 'one'), link(name, 'two'), link(name, 'three'), link(name, 'four')]
    for (const input of [told, both, link('Other-ps'), 'links_data/odd']) await tell(input, { state: 'waiting' })
    await tell(other, { state: 'failed' })
    await within(async ({ board, settle }) => {
      board.noteLacks(name, new Map([found, both].map((key) => [key, lack])))
      await settle()
      expect(board.takeWaiting(name)).toEqual([])
    })
    expect(woken().sort()).toEqual([found, told, both].map((key) => [key, appeared]).sort())
  })

  test('are left alone when it is not there', async () => {
    const { upload, settle, tell, woken } = await open({
      interceptor: async ({ operation, proceed }) => {
        if (operation === 'describePermissionSet') throw new ServiceError('sso-admin', 'AccessDeniedException', 'no')
        return proceed()
      },
    })
    await upload()
    await tell(link(name), { state: 'waiting' })
    await settle()
    expect(woken()).toEqual([])
  })

  test('are all looked at again when someone deleted it and it is made again, in whatever folder they are', async () => {
    const { world, upload, settle, woken, arn } = await open({ configuration: { folders: ['team-a'] } })
    await upload()
    await settle()
    const mine = [link(name), link(name, 'team-Web'), link(name, 'team-Accountants', 'team-a/')]
    for (const key of [...mine, link('Other-ps'), link(name, 'team-Web', 'unknown/')]) await world.objects.put(key, '')
    await world.clock.advance(10_000)
    await world.ssoAdmin.deletePermissionSet(arn)
    await upload({ description: 'again' })
    await settle()
    expect(permissionSetArn.parse(world.ssoAdmin.permissionSetArnOf(name))).not.toBe(arn)
    expect(woken().sort()).toEqual(mine.map((key) => [key, `permission set ${name} was made`]).sort())
  })
})

describe('a deletion that waits', () => {
  const hint = { v: 1, kind: 'permission-set', permissionSet: name, cause: file }

  test('is looked at again once, until that was done, however many references go, and a dispatcher is woken', async () => {
    const { world, within, sent } = await open()
    await world.objects.put(link(name), '')
    await within(async ({ work, settle }) => {
      await work.revisitBlocked(name)
      expect(sent('work')).toEqual([])
      await settle()
      await work.revisitBlocked(name)
      await work.revisitBlocked(name)
      expect(sent('work')).toEqual([hint])
      expect(sent('dispatch')).toHaveLength(1)
      await settle()
      await work.revisitBlocked(name)
      expect(sent('work')).toEqual([hint, hint])
    })
  })

  test('is asked for again where the first hint was evaluated before the answer to sending it came', async () => {
    let evaluate: (() => Promise<unknown>) | undefined
    const { world, within, sent } = await open({
      interceptor: async ({ port, operation, proceed }) => {
        const answer = await proceed()
        if (port === 'queues' && operation === 'send') await evaluate?.()
        return answer
      },
    })
    await world.objects.put(link(name), '')
    await world.objects.put(`attention/blocked/${file}`, '')
    await within(async ({ work, settle }) => {
      evaluate = async () => {
        evaluate = undefined
        await settle()
      }
      await work.revisitBlocked(name)
      await work.revisitBlocked(name)
    })
    expect(sent('work')).toEqual([hint, hint])
  })

  test('is asked for again where it could not be sent', async () => {
    let isAway = true
    const { world, within, sent } = await open({
      interceptor: async ({ port, proceed }) => {
        if (port === 'queues' && isAway) throw new ServiceError('sqs', 'ServiceUnavailable', 'away')
        return proceed()
      },
    })
    await world.objects.put(`attention/blocked/${file}`, '')
    await within(async ({ work }) => {
      await expect(work.revisitBlocked(name)).rejects.toThrow('away')
      isAway = false
      await work.revisitBlocked(name)
    })
    expect(sent('work')).toEqual([hint])
  })
})
