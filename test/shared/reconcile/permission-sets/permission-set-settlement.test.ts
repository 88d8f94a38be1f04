import { describe, expect, test } from '@jest/globals'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import type { PermissionSetContext } from '../../../../shared/reconcile/permission-sets/permission-set-settlement.ts'
import { deferPermissionSet } from '../../../../shared/reconcile/permission-sets/permission-set-settlement.ts'
import { Provisionings } from '../../../../shared/reconcile/permission-sets/provisionings.ts'
import {
  type OwnedPermissionSet,
  readOwned,
  writeOwned,
} from '../../../../shared/reconcile/records/owned-permission-sets.ts'
import { Settling } from '../../../settling.ts'

const name = permissionSetName.parse('Billing-ps')
const ten = '2026-03-03T10:00:00.000Z'
const twinAt = (instant: string) => `state/open/${instant}%permission_sets/Billing-ps.json`

/** A permission set of ours; every call of the bucket that writes is noted. */
async function open(more: Partial<OwnedPermissionSet> = {}) {
  const writes: string[] = []
  const bench = new Settling({
    interceptor: async ({ operation, args, proceed }) => {
      if (operation === 'put' || operation === 'delete') writes.push(`${operation} ${String(args[0])}`)
      return proceed()
    },
  })
  const { world } = bench
  await writeOwned(world.objects, name, { v: 1, claimedAt: ten, ...more }, undefined)
  const stored = async () => {
    const found = await readOwned(world.objects, name)
    if (!found) throw new Error('its record is gone')
    return found
  }
  const within = <T>(act: (context: PermissionSetContext) => Promise<T>): Promise<T> =>
    bench.within((settling) => {
      const { ssoAdmin, clock, ending } = settling
      const provisionings = new Provisionings({ ssoAdmin, clock, most: 3, ending })
      return act({ ...settling, provisionings, isDriftCheck: false, tell: async () => {}, wakeLinks: async () => {} })
    })
  const defer = async (when: Date | 'later' = world.clock.now()) => {
    const before = await stored()
    return within((context) => deferPermissionSet(before, when, context))
  }
  const twins = () => world.keys('state/open/')
  return { world, writes, stored, defer, twins }
}

describe('a permission set that is not done', () => {
  test('is tried again at the instant given where nothing failed', async () => {
    const { stored, defer, twins } = await open()
    const written = await defer()
    expect(await twins()).toEqual([twinAt(ten)])
    expect((await stored()).value).toEqual({ v: 1, claimedAt: ten, openUntil: ten, attempts: 0 })
    expect(written.value).toEqual((await stored()).value)
  })

  test('is tried again later after each failure', async () => {
    const { world, stored, defer, twins } = await open()
    await defer('later')
    expect((await stored()).value).toMatchObject({ attempts: 1 })
    const first = Date.parse((await stored()).value.openUntil ?? '') - Date.parse(ten)
    expect(first).toBeGreaterThanOrEqual(30_000)
    expect(first).toBeLessThanOrEqual(60_000)
    await world.clock.advance(60_000)
    await defer('later')
    const { openUntil = '', attempts } = (await stored()).value
    const second = Date.parse(openUntil) - world.clock.now().getTime()
    expect(attempts).toBe(2)
    expect(second).toBeGreaterThan(59_000)
    expect(second).toBeLessThanOrEqual(120_000)
    expect(await twins()).toEqual([twinAt(openUntil)])
  })

  test('keeps count of its failures when it goes on at an instant', async () => {
    const { stored, defer } = await open({ attempts: 3 })
    await defer()
    expect((await stored()).value).toMatchObject({ attempts: 3 })
  })

  test('has its twin written before its record, and that of before taken away last', async () => {
    const nine = '2026-03-03T09:00:00.000Z'
    const { world, writes, defer } = await open({ openUntil: nine })
    await world.objects.put(twinAt(nine), '')
    await defer()
    expect(writes).toEqual([`put ${twinAt(ten)}`, 'put owned_permission_sets/Billing-ps', `delete ${twinAt(nine)}`])
  })

  test('keeps its twin where that has the same instant as before', async () => {
    const { world, defer, twins } = await open()
    const now = world.clock.now()
    await defer(now)
    await defer(now)
    expect(await twins()).toEqual([twinAt(ten)])
  })
})
