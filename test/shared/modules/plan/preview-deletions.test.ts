import { describe, expect, test } from '@jest/globals'
import { assignmentOf, renderAssignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import {
  type PermissionSetName,
  permissionSetName,
} from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { foreseePermissionSets } from '../../../../shared/modules/plan/foresee-permission-sets.ts'
import type { PlannedRevocation } from '../../../../shared/modules/plan/planned-access.ts'
import type { ProvisionedSet } from '../../../../shared/modules/plan/rules/vanishing-roles.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { readOwned, writeOwned } from '../../../../shared/reconcile/records/owned-permission-sets.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'
import { inForceIn } from './in-force-in.ts'

const billing = permissionSetName.parse('Billing-ps')
const unused = permissionSetName.parse('Unused-ps')
const other = accountId.parse('233000000001')

/** Permission sets whose files are gone, in the acme organization with nothing assigned. */
function open(options: SettlingOptions = {}) {
  const bench = new Settling(options)
  const { world } = bench
  world.ssoAdmin.addPermissionSet({ name: unused, sessionDuration: 'PT1H', tags: [] }, 'b'.repeat(16))
  /** ssofile made them, and their files are gone. */
  const blocked = async (
    names: readonly PermissionSetName[] = [billing, unused],
    revocations: readonly PlannedRevocation[] = [],
    remaining: readonly ProvisionedSet[] = [],
  ) => {
    for (const name of [billing, unused]) {
      const stored = await readOwned(world.objects, name)
      if (stored) await world.objects.delete(`owned_permission_sets/${name}`)
      const arn = world.ssoAdmin.permissionSetArnOf(name)
      const claimedAt = '2026-03-03T09:00:00.000Z'
      if (names.includes(name)) await writeOwned(world.objects, name, { v: 1, claimedAt, arn }, undefined)
    }
    const planning = async () => {
      const { listChanges } = await foreseePermissionSets(world.ports, inForceIn(world))
      return listChanges({ revocations, remaining })
    }
    const found = await world.finish(planning())
    expect(found.map(({ name }) => name)).toEqual(names)
    return found.flatMap(({ name, change }) => (change === 'blocked' ? [name] : []))
  }
  return { bench, world, blocked }
}

function revoked({ key, assignment }: Settling, accountId = assignment.accountId): PlannedRevocation {
  const access = renderAssignmentKey({ ...assignmentOf(key), accountId })
  return { key: access, assignment: { ...assignment, accountId }, links: [], cause: undefined }
}

describe('a permission set whose file is gone', () => {
  test('a permission set whose file is gone can be deleted where nothing uses it', async () => {
    const { bench, blocked } = open()
    expect(await blocked()).toEqual([])
    expect(bench.calls('ListAccountsForProvisionedPermissionSet')).toBe(2)
  })

  test('a permission set whose file is gone is not looked for where none is gone', async () => {
    const { bench, blocked } = open()
    await bench.upload()
    expect(await blocked([])).toEqual([])
    expect(bench.calls('ListAccountsForProvisionedPermissionSet')).toBe(0)
  })

  test.each([
    ['is in force', '', [billing]],
    ['is not in force yet', '{"notBefore":"2027-01-01T00:00:00Z"}', [billing]],
    ['is over', '{"expiresAt":"2026-01-01T00:00:00Z"}', []],
    ['is rejected', '{"until":1}', []],
  ])('that a link names stays only where that link can grant: one that %s', async (_, body, expected) => {
    const { bench, blocked } = open()
    await bench.upload(bench.link, body)
    expect(await blocked()).toEqual(expected)
  })

  test('a permission set whose file is gone stays while the ledger has an assignment of it that is not revoked', async () => {
    const { bench, world, blocked } = open()
    await world.objects.put(bench.ledgerKey, '')
    expect(await blocked()).toEqual([billing])
    expect(bench.calls('ListAccountsForProvisionedPermissionSet')).toBe(1)
    expect(await blocked([billing, unused], [revoked(bench)])).toEqual([])
  })

  test('a permission set whose file is gone stays while others assign it beside what is revoked', async () => {
    const { bench, blocked } = open()
    const beside = { accountId: bench.account, permissionSet: billing }
    expect(await blocked([billing], [revoked(bench)], [beside])).toEqual([billing])
  })

  test('a permission set whose file is gone stays while an account has it from which nothing is taken away', async () => {
    const { bench, world, blocked } = open()
    world.ssoAdmin.addAssignment(bench.target())
    expect(await blocked()).toEqual([billing])
    expect(await blocked([billing], [revoked(bench)])).toEqual([])
    world.ssoAdmin.addAssignment({ ...bench.target(), accountId: other })
    expect(await blocked([billing], [revoked(bench)])).toEqual([billing])
    expect(await blocked([billing], [revoked(bench), revoked(bench, other)])).toEqual([])
  })

  test('a permission set whose file is gone has its accounts looked for on every page', async () => {
    const { bench, blocked } = open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation !== 'listAccountsForProvisionedPermissionSet') return proceed()
        return args[2] === 'more'
          ? { items: [other], nextToken: undefined }
          : { items: [bench.account], nextToken: 'more' }
      },
    })
    expect(await blocked([billing], [revoked(bench)])).toEqual([billing])
  })

  test('a permission set whose file is gone is no answer where its accounts cannot be listed', async () => {
    const denied = new ServiceError('sso-admin', 'AccessDeniedException', 'no')
    const { blocked } = open({
      interceptor: async ({ operation, proceed }) => {
        if (operation === 'listAccountsForProvisionedPermissionSet') throw denied
        return proceed()
      },
    })
    await expect(blocked()).rejects.toBe(denied)
  })
})
