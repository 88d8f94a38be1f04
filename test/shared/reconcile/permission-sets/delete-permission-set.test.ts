import { describe, expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { reconcileInput } from '../../../../shared/reconcile/inputs/reconcile-input.ts'
import { permissionSetController } from '../../../../shared/reconcile/permission-sets/permission-set-controller.ts'
import { Provisionings } from '../../../../shared/reconcile/permission-sets/provisionings.ts'
import {
  type OwnedPermissionSet,
  readOwned,
  writeOwned,
} from '../../../../shared/reconcile/records/owned-permission-sets.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'

const name = permissionSetName.parse('Billing-ps')
const file = 'permission_sets/Billing-ps.json'
const ten = '2026-03-03T10:00:00.000Z'
const gone = { status: undefined }
const remedy = 'ssofile deletes it when the last one is gone; to keep it, upload the file again'

/** A permission set of ours, whose file is gone. */
async function open(options: SettlingOptions = {}, owned: Partial<OwnedPermissionSet> = {}) {
  const bench = new Settling(options)
  const { world } = bench
  const arn = bench.target().permissionSetArn
  await writeOwned(world.objects, name, { v: 1, arn, claimedAt: ten, ...owned }, undefined)
  const remove = () =>
    bench.within(async (context) => {
      const { ssoAdmin, clock, ending } = context
      const message = { v: 1, key: file, id: 'a hint', event: 'hint' } as const
      const { told } = await reconcileInput(message, permissionSetController, {
        ...context,
        provisionings: new Provisionings({ ssoAdmin, clock, most: 3, ending }),
        isDriftCheck: false,
        tell: async () => undefined,
        wakeLinks: async () => undefined,
      })
      return { status: told }
    })
  const isThere = () => world.ssoAdmin.permissionSetArnOf(name) !== undefined
  const history = () => world.keys(`history/permission-set%${name}/`)
  return { bench, world, arn, remove, isThere, history }
}

function failing(error: Error): SettlingOptions {
  return {
    interceptor: async ({ operation, proceed }) => {
      if (operation === 'deletePermissionSet') throw error
      return proceed()
    },
  }
}

describe('a permission set whose file is gone', () => {
  test('is deleted, with its record, and history says by whom', async () => {
    const { world, arn, remove, isThere, history } = await open()
    const by = { principalId: 'AWS:maria', at: ten }
    await new StatusStore(world.objects, world.clock).revise(file, async () => ({ state: 'revoking', by }))
    await world.clock.advance(5_000)
    expect(await remove()).toEqual(gone)
    expect(isThere()).toBe(false)
    expect(await world.keys('owned_permission_sets/')).toEqual([])
    const [key] = await history()
    expect(key).toBe(`history/permission-set%${name}/2026-03-03T10:00:05.000Z%deleted.json`)
    expect(await world.json(key ?? '')).toMatchObject({ event: 'deleted', arn, by, confirmedAt: expect.any(String) })
  })

  test('is forgotten where the index of permission sets had it', async () => {
    const { bench, world, remove } = await open()
    await bench.within((context) => context.permissionSets.resolve(name))
    expect(JSON.stringify(await world.json('state/permission-sets.json'))).toContain(name)
    await remove()
    expect(JSON.stringify(await world.json('state/permission-sets.json'))).not.toContain(name)
  })

  test('says in its record when that began, before it is called, and keeps the first instant', async () => {
    const { world, remove, history } = await open({
      interceptor: async ({ operation, proceed }) => {
        if (operation === 'deletePermissionSet') seen.push((await readOwned(world.objects, name))?.value.deletionAt)
        return proceed()
      },
    })
    const seen: unknown[] = []
    await remove()
    expect(seen).toEqual([ten])
    const again = await open({}, { deletionAt: '2026-03-03T09:00:00.000Z' })
    await again.remove()
    expect(await again.history()).toEqual([`history/permission-set%${name}/2026-03-03T09:00:00.000Z%deleted.json`])
    expect(await history()).toHaveLength(1)
  })

  test('is recorded as deleted where someone else has deleted it', async () => {
    const { world, arn, remove, history } = await open()
    await world.ssoAdmin.deletePermissionSet(arn)
    expect(await remove()).toEqual(gone)
    expect(await world.keys('owned_permission_sets/')).toEqual([])
    expect(await history()).toHaveLength(1)
  })

  test('whose creation went unanswered is found by its name, if it was made since its record was written', async () => {
    const mine = await open({}, { arn: undefined })
    expect(await mine.remove()).toEqual(gone)
    expect(mine.isThere()).toBe(false)
    const theirs = await open({}, { arn: undefined })
    await theirs.world.clock.advance(10_000)
    const stored = await readOwned(theirs.world.objects, name)
    await writeOwned(theirs.world.objects, name, { v: 1, claimedAt: ten }, stored)
    // Ours may still come.
    expect(await theirs.remove()).toMatchObject({
      status: { state: 'blocked', reason: expect.stringContaining(':15:') },
    })
    expect(await theirs.world.keys('state/open/')).toEqual([`state/open/2026-03-03T10:15:10.000Z%${file}`])
    await theirs.world.clock.advance(15 * 60_000)
    expect(await theirs.remove()).toEqual(gone)
    expect(theirs.isThere()).toBe(true)
    expect(await theirs.history()).toEqual([])
    expect(await theirs.world.keys('owned_permission_sets/')).toEqual([])
  })

  test('is in its record when it is called for, written once', async () => {
    const seen: unknown[] = []
    for (const owned of [{ arn: undefined }, { deletionAt: ten }]) {
      const { world, arn, remove } = await open(
        {
          interceptor: async ({ operation, proceed }) => {
            if (operation === 'deletePermissionSet') seen.push((await readOwned(world.objects, name))?.value.arn)
            return proceed()
          },
        },
        owned,
      )
      const before = (await readOwned(world.objects, name))?.writtenAt
      await world.clock.advance(500)
      await remove()
      expect(seen.splice(0)).toEqual([arn])
      expect(before).toEqual(new Date(ten))
    }
  })

  test('is kept where its file is back', async () => {
    const { world, remove, isThere } = await open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'head' && args[0] === file) await world.objects.put(file, '{}')
        return proceed()
      },
    })
    expect(await remove()).toMatchObject({ status: { state: 'rejected' } })
    expect(isThere()).toBe(true)
    expect((await readOwned(world.objects, name))?.value.deletionAt).toBeUndefined()
  })

  test('is blocked while a link or the ledger names it, and says which', async () => {
    const { bench, world, remove, isThere } = await open()
    await bench.upload()
    expect(await remove()).toMatchObject({
      status: { state: 'blocked', reason: expect.stringContaining('1 link'), remedy },
    })
    await bench.own()
    await world.objects.delete(bench.link)
    expect(await remove()).toMatchObject({
      status: { state: 'blocked', reason: expect.stringContaining('access in 1 account') },
    })
    expect(isThere()).toBe(true)
    expect((await readOwned(world.objects, name))?.value.deletionAt).toBeUndefined()
  })
})

describe('a deletion that is refused', () => {
  test.each(['AccessDeniedException', 'ValidationException'])('with %s is told, with what to do', async (code) => {
    const { arn, remove } = await open(failing(new ServiceError('sso-admin', code, 'not you')))
    expect(await remove()).toEqual({
      status: {
        state: 'failed',
        permissionSetArn: arn,
        reason: `Identity Center refused to delete it: ${code}: not you`,
        remedy: 'remove the cause; ssofile tries again every hour',
      },
    })
  })

  test.each([
    new ServiceError('sso-admin', 'ConflictException', 'a conflicting operation is in process'),
    new ServiceError('sso-admin', 'InternalServerException', 'it has something associated with it'),
  ])('for a reason that passes is thrown, and comes again: %s', async (error) => {
    const { remove, isThere } = await open(failing(error))
    await expect(remove()).rejects.toBe(error)
    expect(isThere()).toBe(true)
  })

  test('since someone else assigned it is blocked, says where, and is tried later', async () => {
    const { bench, world, remove } = await open()
    world.ssoAdmin.addAssignment(bench.target())
    const settlement = await remove()
    expect(settlement).toMatchObject({ status: { state: 'blocked', remedy } })
    expect(settlement.status?.reason).toMatch(
      /^the file is gone, but Identity Center still has assignments of it that ssofile does not manage, in 233000000002 \(/,
    )
    expect(await world.keys('state/open/')).toHaveLength(1)
    expect((await readOwned(world.objects, name))?.value).toMatchObject({
      deletionAt: ten,
      openUntil: expect.any(String),
    })
    world.ssoAdmin.removeAssignment(bench.target())
    expect(await remove()).toEqual(gone)
    expect(await world.keys('state/open/')).toEqual([])
  })

  test.each([
    [0, ''],
    [10, /, in (\d{12}, ){9}\d{12} \(/],
    [11, /, in (\d{12}, ){9}\d{12} and others \(/],
  ])('since it is assigned in %d accounts names ten of them', async (count, where) => {
    const { remove } = await open({
      interceptor: async ({ operation, proceed }) => {
        if (operation === 'deletePermissionSet')
          throw new ServiceError('sso-admin', 'ConflictException', 'Associated with it')
        if (operation !== 'listAccountsForProvisionedPermissionSet') return proceed()
        return { items: Array.from({ length: count }, (_, index) => String(200_000_000_000 + index)) }
      },
    })
    expect(await remove()).toMatchObject({
      status: { reason: expect.stringMatching(where || /does not manage \(Associated with it\)$/) },
    })
  })

  test('since a link came meanwhile says so', async () => {
    const { bench, remove } = await open({
      interceptor: async ({ operation, proceed }) => {
        if (operation !== 'deletePermissionSet') return proceed()
        await bench.upload()
        throw new ServiceError('sso-admin', 'ConflictException', 'associated')
      },
    })
    expect(await remove()).toMatchObject({ status: { state: 'blocked', reason: expect.stringContaining('1 link') } })
  })
})
