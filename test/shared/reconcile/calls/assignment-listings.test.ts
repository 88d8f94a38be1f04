import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetArn, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import type { AssignmentTarget } from '../../../../shared/ports/sso-admin.ts'
import { AssignmentListings, isListed } from '../../../../shared/reconcile/calls/assignment-listings.ts'
import { intercept, noAnswer } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const target: AssignmentTarget = {
  accountId: accountId.parse('233000000002'),
  permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef'),
  principalId: principalId.parse('11111111-2222-3333-4444-555555555555'),
  principalType: 'GROUP',
}
const elsewhere: AssignmentTarget = { ...target, accountId: accountId.parse('233000000001') }
const otherSet: AssignmentTarget = {
  ...target,
  permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-ffffffffffffffff'),
}
const oneCall = 'listAccountAssignments'
const allCall = 'listAccountsForProvisionedPermissionSet'

/** Identity Center has these assignments. Every listing has one item a page. */
function open(...assignments: readonly AssignmentTarget[]) {
  const there = [...assignments]
  const calls: string[] = []
  const failures: unknown[] = []
  const world: World = new World()
  const page = (items: readonly unknown[], token: unknown) => {
    const at = Number(token ?? 0)
    return { items: items.slice(at, at + 1), nextToken: at + 1 < items.length ? String(at + 1) : undefined }
  }
  const { ssoAdmin } = intercept(world.ports, async ({ operation, args, proceed }) => {
    const token = args[2]
    if (operation !== oneCall && operation !== allCall) return proceed()
    if (token === undefined) calls.push(operation)
    const failure = failures.shift()
    if (failure) throw failure
    if (operation === oneCall)
      return page(
        there.filter((one) => one.accountId === args[0] && one.permissionSetArn === args[1]),
        token,
      )
    const accounts = there.filter((one) => one.permissionSetArn === args[0]).map((one) => one.accountId)
    return page([...new Set(accounts)], token)
  })
  const listings = new AssignmentListings({ ssoAdmin, clock: world.clock })
  return { world, ssoAdmin, listings, calls, there, failures }
}

const gone = new ServiceError('sso-admin', 'ResourceNotFoundException', 'no such permission set')

describe('whether an assignment is listed', () => {
  const others = [
    { ...target, principalId: principalId.parse('99999999-2222-3333-4444-555555555555') },
    { ...target, principalType: 'USER' as const },
    elsewhere,
    otherSet,
  ]

  test('is read from every page, by account, permission set, principal and type', async () => {
    const { ssoAdmin, there } = open(...others)
    expect(await isListed(ssoAdmin, target)).toBe(false)
    there.push(target)
    expect(await isListed(ssoAdmin, target)).toBe(true)
  })

  test('is no where the permission set is gone, and unknown where the service does not answer', async () => {
    const { ssoAdmin, failures } = open(target)
    failures.push(gone, noAnswer('ListAccountAssignments'))
    expect(await isListed(ssoAdmin, target)).toBe(false)
    await expect(isListed(ssoAdmin, target)).rejects.toThrow('was not answered')
  })
})

describe('looks for assignments', () => {
  test('list the one account first, and say when', async () => {
    const { world, listings, calls } = open(target)
    expect(await listings.look(target, 0)).toEqual({ isListed: true, at: world.clock.now() })
    await world.clock.advance(1_000)
    expect(await listings.look({ ...elsewhere, permissionSetArn: otherSet.permissionSetArn }, 0)).toEqual({
      isListed: false,
      at: world.clock.now(),
    })
    expect(calls).toEqual([oneCall, oneCall])
  })

  test('list all accounts of a permission set from the second look within a second on, for half a minute', async () => {
    const { world, listings, calls } = open(target)
    await listings.look(elsewhere, 0)
    await world.clock.advance(999)
    const at = world.clock.now()
    expect(await listings.look(elsewhere, 0)).toEqual({ isListed: false, at })
    expect(calls).toEqual([oneCall, allCall])
    await world.clock.advance(29_999)
    // The instant of the listing, not of the look.
    expect(await listings.look(elsewhere, 0)).toEqual({ isListed: false, at })
    expect(calls).toEqual([oneCall, allCall])
    // The bulk goes on.
    await world.clock.advance(1)
    await listings.look(elsewhere, 0)
    expect(calls).toEqual([oneCall, allCall, allCall])
  })

  test.each([
    [100, 29_999, allCall],
    [100, 30_000, oneCall],
    [101, 14_999, allCall],
    [101, 15_000, oneCall],
  ])(
    'list all %i accounts again while that takes no more calls than looks at this pace: after %i ms %s',
    async (count, ms, call) => {
      const { world, listings, calls, there } = open()
      for (let index = 0; index < count; index++)
        there.push({ ...target, accountId: accountId.parse(String(300_000_000_000 + index)) })
      await listings.look(elsewhere, 0)
      await listings.look(elsewhere, 0)
      await world.clock.advance(ms)
      // Pulled after the listing: it does not serve this one.
      await listings.look(elsewhere, world.clock.monotonicMs())
      expect(calls).toEqual([oneCall, allCall, call])
    },
  )

  test('list again for a hint that was pulled after the listing', async () => {
    const { world, listings, calls } = open(target)
    await listings.look(elsewhere, 0)
    await listings.look(elsewhere, 0)
    expect(calls).toEqual([oneCall, allCall])
    const takenMs = world.clock.monotonicMs()
    await world.clock.advance(500)
    await listings.look(elsewhere, takenMs)
    expect(calls).toEqual([oneCall, allCall])
    await listings.look(elsewhere, takenMs + 1)
    expect(calls).toEqual([oneCall, allCall, allCall])
  })

  test('list the one account again where they are a second apart', async () => {
    const { world, listings, calls } = open()
    await listings.look(target, 0)
    await world.clock.advance(1_000)
    await listings.look(target, 0)
    expect(calls).toEqual([oneCall, oneCall])
  })

  test('list the account, too, where it has the permission set at all', async () => {
    const { listings, calls, there } = open(target)
    await listings.look(elsewhere, 0)
    expect(await listings.look(target, 0)).toMatchObject({ isListed: true })
    there.push({ ...target, accountId: elsewhere.accountId, principalType: 'USER' })
    expect(calls).toEqual([oneCall, allCall, oneCall])
    // Made after the accounts were listed: what appears between our look and our creation counts as ours.
    expect(await listings.look(elsewhere, 0)).toMatchObject({ isListed: false })
    expect(calls).toHaveLength(3)
  })

  test('find nothing where the permission set is gone', async () => {
    const { listings, failures } = open(target)
    failures.push(gone, gone)
    expect(await listings.look(target, 0)).toMatchObject({ isListed: false })
    expect(await listings.look(target, 0)).toMatchObject({ isListed: false })
  })

  test('are repeated where a listing failed', async () => {
    const { listings, failures, calls } = open(target)
    failures.push(noAnswer('ListAccountAssignments'), noAnswer('ListAccountsForProvisionedPermissionSet'))
    await expect(listings.look(target, 0)).rejects.toThrow('was not answered')
    await expect(listings.look(target, 0)).rejects.toThrow('was not answered')
    expect(await listings.look(target, 0)).toMatchObject({ isListed: true })
    expect(calls).toEqual([oneCall, allCall, allCall, oneCall])
  })
})
