import { describe, expect, test } from '@jest/globals'
import { assignmentOf, renderAssignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import type { PlannedRevocation } from '../../../../shared/reconcile/plan/planned-access.ts'
import { listBlockedDeletions } from '../../../../shared/reconcile/plan/preview-deletions.ts'
import { previewPermissionSets } from '../../../../shared/reconcile/preview/preview-permission-sets.ts'
import { InputReadings } from '../../../../shared/reconcile/records/input-readings.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'
import { inForceIn } from '../preview/in-force-in.ts'

const billing = permissionSetName.parse('Billing-ps')
const unused = permissionSetName.parse('Unused-ps')
const other = accountId.parse('233000000001')

/** Permission sets whose files are gone, in the acme organization with nothing assigned. */
function open(options: SettlingOptions = {}) {
  const bench = new Settling(options)
  const { world } = bench
  world.ssoAdmin.addPermissionSet({ name: unused, sessionDuration: 'PT1H', tags: [] }, 'b'.repeat(16))
  const blocked = (names = [billing, unused], revocations: readonly PlannedRevocation[] = []) => {
    const listing = async () => {
      const { objects, configuration, ports } = world
      const readings = await InputReadings.list(objects, configuration)
      const permissionSets = await previewPermissionSets(ports, inForceIn(world))
      return [...(await listBlockedDeletions(names, { objects, readings, revocations, permissionSets }))]
    }
    return world.finish(listing())
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

  test('a permission set whose file is gone stays while an assignment of it does, ours or not', async () => {
    for (const prefix of ['assignments/', 'foreign/']) {
      const { bench, world, blocked } = open()
      await world.objects.put(bench.ledgerKey.replace('assignments/', prefix), '')
      expect(await blocked()).toEqual([billing])
      expect(bench.calls('ListAccountsForProvisionedPermissionSet')).toBe(1)
      expect(await blocked([billing, unused], [revoked(bench)])).toEqual([])
      expect(await blocked([unused], [revoked(bench)])).toEqual([])
    }
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

  test('a permission set whose file is gone can be deleted where it does not exist any more', async () => {
    const { bench, blocked } = open()
    expect(await blocked([permissionSetName.parse('Gone-ps')])).toEqual([])
    expect(bench.calls('ListAccountsForProvisionedPermissionSet')).toBe(0)
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
