import { describe, expect, test } from '@jest/globals'
import { type AccountId, accountId } from '../../../../shared/domain/organization/account-id.ts'
import { isMissingForLong, noteMissingAccounts } from '../../../../shared/reconcile/organization/missing-accounts.ts'
import { World } from '../../../world.ts'

const key = 'state/missing-accounts.json'
const first = accountId.parse('111111111111')
const second = accountId.parse('222222222222')
const third = accountId.parse('333333333333')
const minutes = 60_000

/** A complete listing of the organization, while the ledger has entries of these accounts. */
function list(world: World, listed: readonly AccountId[], owned: readonly AccountId[] = [third, first]) {
  return noteMissingAccounts(world.ports, { listed: new Set(listed), owned: new Set(owned) })
}

describe('an account of the ledger that a complete listing lacks', () => {
  test('is gone once a listing an hour later lacks it, too; a minute less is an hour as well', async () => {
    for (const [apart, gone] of [
      [60 * minutes, [first]],
      [59 * minutes, [first]],
      [59 * minutes - 1, []],
    ] as const) {
      const world = new World()
      expect(await list(world, [second, third])).toEqual(new Set())
      expect(await isMissingForLong(world.ports, first)).toBe(false)
      await world.clock.advance(apart)
      expect(await list(world, [second, third])).toEqual(new Set(gone))
      expect(await isMissingForLong(world.ports, first)).toBe(gone.length > 0)
      expect(await isMissingForLong(world.ports, third)).toBe(false)
    }
  })

  test('is not gone because time passes: only a listing says so', async () => {
    const world = new World()
    await list(world, [third])
    await world.clock.advance(600 * minutes)
    expect(await isMissingForLong(world.ports, first)).toBe(false)
  })

  test('is forgotten when it is listed again, and its hour begins again', async () => {
    const world = new World()
    await list(world, [third])
    await world.clock.advance(60 * minutes)
    expect(await list(world, [first, third])).toEqual(new Set())
    expect(await world.json(key)).toEqual({ v: 1, accounts: [] })
    expect(await list(world, [third])).toEqual(new Set())
    expect(await isMissingForLong(world.ports, first)).toBe(false)
  })

  test('stands with its first and its last listing, beside others, in order', async () => {
    const world = new World()
    await list(world, [third])
    await world.clock.advance(10 * minutes)
    await list(world, [])
    expect(await world.json(key)).toEqual({
      v: 1,
      accounts: [
        { id: first, first: '2026-03-03T10:00:00.000Z', last: '2026-03-03T10:10:00.000Z' },
        { id: third, first: '2026-03-03T10:10:00.000Z', last: '2026-03-03T10:10:00.000Z' },
      ],
    })
    await world.clock.advance(50 * minutes)
    expect(await list(world, [])).toEqual(new Set([first]))
  })

  test('is nobody where the listing has them all: nothing is written', async () => {
    const world = new World({ isOwned: false })
    expect(await list(world, [first, second, third])).toEqual(new Set())
    expect(await world.keys('')).toEqual([])
    expect(await isMissingForLong(world.ports, first)).toBe(false)
  })

  test('is recorded by one of two reconciles that list at once', async () => {
    const world = new World()
    await Promise.all([list(world, [third]), list(world, [first])])
    expect((await world.json(key))?.accounts).toHaveLength(1)
    await world.clock.advance(60 * minutes)
    const listings = await Promise.all([list(world, [third]), list(world, [third])])
    expect(listings[0]).toEqual(listings[1])
  })
})
