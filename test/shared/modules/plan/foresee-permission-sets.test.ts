import { describe, expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { foreseePermissionSets } from '../../../../shared/modules/plan/foresee-permission-sets.ts'
import { previewChanges } from '../../../../shared/modules/plan/preview.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { writeOwned } from '../../../../shared/reconcile/records/owned-permission-sets.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'
import { acme, World } from '../../../world.ts'
import { inForceIn } from './in-force-in.ts'

const billing = permissionSetName.parse('Billing-ps')
const made = permissionSetName.parse('Made-ps')
const nine = '2026-03-03T09:00:00.000Z'

/** The acme organization, where Billing-ps exists. */
function open(options: SettlingOptions = {}) {
  const bench = new Settling(options)
  const { world } = bench
  const upload = async (name: string, fields: object = {}) => {
    const written = await world.objects.put(
      `permission_sets/${name}.json`,
      JSON.stringify({ permissionSetName: name, ...fields }),
    )
    if (written.outcome === 'lost') throw new Error('nobody else writes here')
    return written.etag
  }
  const own = (name: typeof billing, etag?: string, isMade = true) => {
    const { permissionSetArn: arn } = bench.target()
    const applied = etag === undefined ? {} : { applied: { etag, at: nine } }
    return writeOwned(world.objects, name, { v: 1, claimedAt: nine, ...(isMade ? { arn } : {}), ...applied }, undefined)
  }
  const preview = () => world.finish(foreseePermissionSets(world.ports, inForceIn(world)))
  const changes = async () => {
    const { listChanges } = await preview()
    return world.finish(listChanges({ revocations: [], remaining: [] }))
  }
  return { bench, world, upload, own, preview, changes }
}

describe('what a reconcile would do to permission sets', () => {
  test('is nothing where each is as its file was applied', async () => {
    const { bench, upload, own, changes } = open()
    expect(await changes()).toEqual([])
    await own(billing, await upload(billing))
    expect(await changes()).toEqual([])
    expect(bench.calls('ListPermissionSets')).toBe(0)
  })

  test('is to make what a file asks for and does not exist, also where that was begun', async () => {
    const { world, upload, own, changes } = open()
    await upload(made)
    expect(await changes()).toEqual([{ name: made, change: 'create' }])
    await own(made, undefined, false)
    expect(await changes()).toEqual([{ name: made, change: 'create' }])
    expect(world.ssoAdmin.permissionSetArnOf(made)).toBeUndefined()
  })

  test('is to change what is ours and was applied from another file, or not at all', async () => {
    for (const etag of ['another', undefined]) {
      const { upload, own, changes } = open()
      await upload(billing)
      await own(billing, etag)
      expect(await changes()).toEqual([{ name: billing, change: 'update' }])
    }
  })

  test('is to delete what is ours and has no file any more', async () => {
    const { world, own, changes } = open()
    await own(billing, 'an etag')
    await world.objects.put('owned_permission_sets/no name%', '{}')
    expect(await changes()).toEqual([{ name: billing, change: 'delete' }])
  })

  test('is to delete a set without a file, also if its creation is unanswered or its deletion began', async () => {
    const { world, own, changes } = open()
    await own(made, undefined, false)
    expect(await changes()).toEqual([{ name: made, change: 'delete' }])
    await own(billing, 'an etag')
    const record = await world.json('owned_permission_sets/Billing-ps')
    await world.objects.put(
      'owned_permission_sets/Billing-ps',
      JSON.stringify(Object.assign({}, record, { deletionAt: nine })),
    )
    expect(await changes()).toEqual([
      { name: billing, change: 'delete' },
      { name: made, change: 'delete' },
    ])
  })

  test('is rejected with the reason while Identity Center refuses to show it', async () => {
    const { upload, own, changes } = open({
      interceptor: async ({ operation, proceed }) => {
        if (operation !== 'describePermissionSet') return proceed()
        throw new ServiceError('sso-admin', 'AccessDeniedException', 'not this one')
      },
    })
    await own(billing, 'another')
    await upload(billing)
    expect(await changes()).toMatchObject([
      { name: billing, change: 'rejected', reason: expect.stringContaining('not this one') },
    ])
  })

  test('is nothing for what exists and is not ours, and the file is told how to take it over', async () => {
    const { upload, changes } = open()
    await upload(billing)
    expect(await changes()).toEqual([
      {
        name: billing,
        change: 'rejected',
        reason: expect.stringMatching(
          /^received a file for the permission set 'Billing-ps', .*, expected the name of a new/,
        ),
        remedy: expect.stringContaining('ssofile import --permission-sets Billing-ps'),
      },
    ])
  })

  test('is nothing for a file that is not valid, or whose name is none', async () => {
    const { world, upload, own, changes } = open()
    await upload(made, { sessionDurationInMinutes: 1 })
    await own(made, 'an etag')
    await world.objects.put('permission_sets/a/b.txt', '{}')
    await world.objects.put('permission_sets/folder/', '')
    expect(await changes()).toEqual([
      { name: made, change: 'rejected', reason: expect.stringContaining('received'), remedy: expect.any(String) },
      { name: 'a/b.txt', change: 'rejected', reason: expect.stringContaining('received'), remedy: expect.any(String) },
    ])
  })

  test('is told by name, ascending', async () => {
    const { upload, changes, own } = open()
    for (const name of ['Z-ps', 'a-ps', 'M-ps']) await upload(name)
    await own(billing, 'an etag')
    expect((await changes()).map(({ name }) => name)).toEqual(['Billing-ps', 'M-ps', 'Z-ps', 'a-ps'])
  })

  test('is nothing for a file that goes while it is read', async () => {
    const { world, changes, upload } = open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'get' && args[0] === 'permission_sets/Made-ps.json')
          await world.objects.delete(String(args[0]))
        return proceed()
      },
    })
    await upload(made)
    expect(await changes()).toEqual([])
  })
})

describe('permission sets as they would be', () => {
  test('are found by name: those that exist, those that a file makes, and no others', async () => {
    const { bench, upload, own, preview } = open()
    await upload(made)
    await upload('Bad-ps', { sessionDurationInMinutes: 1 })
    await own(permissionSetName.parse('Old-ps'), 'an etag')
    const { resolve, findNear } = await preview()
    const found = (name: string) => bench.world.finish(resolve(permissionSetName.parse(name)))
    expect(await found(billing)).toBe(bench.target().permissionSetArn)
    expect(await found(made)).toBe('new')
    for (const name of ['Bad-ps', 'Old-ps', 'Biling-ps']) expect(await found(name)).toBeUndefined()
    expect(findNear(permissionSetName.parse('Biling-ps'))).toBe(billing)
  })

  test('are read five calls a second at most, and nothing can be written', async () => {
    const { bench, world, preview } = open()
    const { ssoAdmin } = await preview()
    const { permissionSetArn: arn } = bench.target()
    const begun = world.clock.monotonicMs()
    const reads = Array.from({ length: 11 }, () => ssoAdmin.describePermissionSet(arn))
    await world.finish(Promise.all(reads))
    const tookMs = world.clock.monotonicMs() - begun
    expect(tookMs).toBeGreaterThanOrEqual(2_000)
    expect(tookMs).toBeLessThan(4_000)
    await expect(world.finish(ssoAdmin.deletePermissionSet(arn))).rejects.toMatchObject({ name: 'NotStartedError' })
    expect(world.ssoAdmin.permissionSetArnOf(billing)).toBe(arn)
  })
})

test('what a delegated administrator cannot control is told: a changed file, a deleted one, and grants that wait', async () => {
  const world = new World({ organization: { ...acme(), assignments: [] }, caller: 'management' })
  const arn = world.ssoAdmin.permissionSetArnOf('AdministratorAccess')
  if (arn === undefined) throw new Error('the fixture lacks the permission set')
  const managementAccountId = world.organizations.managementAccountIdNow
  const principalId = world.identityStore.idOf('GROUP', 'team-Platform')
  if (principalId === undefined) throw new Error('the fixture lacks the group')
  world.ssoAdmin.addAssignment({
    ...{ accountId: managementAccountId, permissionSetArn: arn, principalId, principalType: 'GROUP' },
  })
  const owned = { v: 1, arn, claimedAt: '2026-03-03T10:00:00.000Z' }
  await world.objects.put('owned_permission_sets/AdministratorAccess', JSON.stringify(owned))
  const ports = { ...world.ports, callerAccountId: async () => '222222222222' }
  const look = () => world.finish(foreseePermissionSets(ports, inForceIn({ ...world, ports })))
  const rejected = {
    name: 'AdministratorAccess',
    change: 'rejected',
    reason: expect.stringContaining('management account'),
  }
  const preview = await look()
  expect(await world.finish(preview.listChanges({ revocations: [], remaining: [] }))).toMatchObject([rejected])
  expect(preview.lackOf(permissionSetName.parse('AdministratorAccess'), arn)?.reason).toContain('management account')
  await world.objects.put(
    'permission_sets/AdministratorAccess.json',
    JSON.stringify({ permissionSetName: 'AdministratorAccess', description: 'changed' }),
  )
  expect(await world.finish((await look()).listChanges({ revocations: [], remaining: [] }))).toMatchObject([rejected])
})

test('a revocation that a delegated administrator is refused is told as one that cannot be carried out', async () => {
  const bench = new Settling()
  const { world } = bench
  world.ssoAdmin.addAssignment(bench.target())
  await bench.own({ grantedAt: nine })
  const look = (account: string) =>
    world.finish(
      previewChanges({ ...world.ports, callerAccountId: async () => account }, world.configuration, { looksMost: 0 }),
    )
  const planned = async (account: string) => {
    const { revocations, stuck } = await look(account)
    return [revocations.length, stuck.length]
  }
  expect(await planned('222222222222')).toEqual([1, 0])
  world.ssoAdmin.addAssignment({ ...bench.target(), accountId: world.organizations.managementAccountIdNow })
  expect(await planned('222222222222')).toEqual([0, 1])
  expect(await planned(world.organizations.managementAccountIdNow)).toEqual([1, 0])
})
