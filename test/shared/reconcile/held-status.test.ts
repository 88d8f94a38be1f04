import { describe, expect, test } from '@jest/globals'
import { type AccountId, accountId } from '../../../shared/domain/account-id.ts'
import { principalId } from '../../../shared/domain/identity-center-ids.ts'
import { parseLinkKey } from '../../../shared/domain/link.ts'
import { describeHeld, keepHeld, listHeld } from '../../../shared/reconcile/held-status.ts'
import type { Standing } from '../../../shared/reconcile/standings.ts'

const key = 'links_data/root%all%Billing-ps%team-Web%GROUP%ssofile'
const lastModified = '2026-03-03T09:00:00.000Z'
const first = accountId.parse('233000000001')
const second = accountId.parse('233000000002')
const third = accountId.parse('250000000003')

const standing = (state: Standing['state'], ...links: readonly string[]): Standing => ({
  state,
  principalId: principalId.parse('90670000-1111-2222-3333-444444444444'),
  links: links.map((one) => ({ key: one, lastModified })),
})

function linkOf() {
  const parsed = parseLinkKey(key, [])
  if (!parsed.ok) throw new Error('the link is valid')
  return parsed.value
}

describe('the access of a link that the brake holds', () => {
  const other = key.replace('root%all', 'account%233000000001')
  const known = new Map([
    [first, standing('held', other, key)],
    [second, standing('granted', key)],
    [third, standing('held', other)],
  ])
  const list = async (listed: readonly AccountId[] | undefined) => {
    const asked: (readonly AccountId[])[] = []
    const held = await listHeld(linkOf(), {
      of: async (_, accounts) => {
        asked.push(accounts)
        return new Map([...known].filter(([id]) => accounts.includes(id)))
      },
      accountsOf: async () => [first, second, third],
      heldAccountsOf: () => listed,
    })
    return { held, asked }
  }

  test('is what is held and was granted by it, in the accounts that the list of the brake names', async () => {
    expect(await list([first, second, third])).toEqual({ held: [known.get(first)], asked: [[first, second, third]] })
    expect(await list([third])).toEqual({ held: [], asked: [[third]] })
    expect(await list([])).toEqual({ held: [], asked: [[]] })
  })

  test('is looked for in all accounts that have it where the list is not known', async () => {
    expect(await list(undefined)).toEqual({ held: [known.get(first)], asked: [[first, second, third]] })
  })

  test('is told with the reason of the first, how many accounts there are, and who decides', () => {
    const remedy =
      'an operator looks with: npx ssofile brake, and releases it there; whoever wants to keep the access restores the link, or what it covered'
    const held = { ...standing('held', key), reason: 'more than 20 of 100 links' }
    expect(describeHeld([held])).toEqual({
      state: 'held',
      reason: 'more than 20 of 100 links; in 1 account its access stays until a person decides',
      remedy,
    })
    expect(describeHeld([standing('held', key), held])).toEqual({
      state: 'held',
      reason: 'held by the brake; in 2 accounts its access stays until a person decides',
      remedy,
    })
  })

  test('is told as before by whoever cannot know what is held', () => {
    const common = { input: key, updatedAt: lastModified, state: 'held' } as const
    expect(keepHeld(common)).toEqual({ state: 'held' })
    const accounts = { desired: 1, applied: 0, open: 1, failed: [] }
    const told = { reason: 'a flood', remedy: 'look', accounts }
    expect(keepHeld({ ...common, ...told, etag: 'not kept' })).toEqual({ state: 'held', ...told })
  })
})
