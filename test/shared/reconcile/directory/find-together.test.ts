import { expect, test } from '@jest/globals'
import { type PrincipalId, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { type PrincipalName, principalName } from '../../../../shared/domain/principals/principal.ts'
import type { NamedPrincipal } from '../../../../shared/ports/identity-store.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { findTogether } from '../../../../shared/reconcile/directory/find-together.ts'

const nameOf = (index: number) => principalName.parse(`team ${index}`)
const idOf = (index: number) => principalId.parse(`00000000-0000-0000-0000-${String(index).padStart(12, '0')}`)
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

/** A directory whose calls all take as long. `listed`: what its listing has; default: all. */
function open(groups: number, listed: readonly number[] = numbers(groups)) {
  const there: readonly NamedPrincipal[] = numbers(groups).map((index) => ({ id: idOf(index), name: nameOf(index) }))
  const byName = new Map(there.map(({ id, name }) => [name, id]))
  const asked = { pages: 0, names: 0 }
  const list = async (token?: string) => {
    asked.pages++
    await turn()
    const from = Number(token ?? 0)
    const items = listed.slice(from, from + 100).flatMap((index) => there[index] ?? [])
    return { items, nextToken: from + 100 < listed.length ? String(from + 100) : undefined }
  }
  const lookUp = async (name: PrincipalName) => {
    asked.names++
    await turn()
    return byName.get(name)
  }
  const entryOf = ({ id, name }: NamedPrincipal): readonly [PrincipalName, PrincipalId] => [name, id]
  return { asked, search: { list, entryOf, lookUp } }
}

/** One answer of each of those who wait. */
async function turn() {
  await new Promise((resolve) => setImmediate(resolve))
}

const refused = new ServiceError('identitystore', 'AccessDeniedException', 'You may not list groups', {
  httpStatus: 400,
})

test('a few names are looked up one by one', async () => {
  const { asked, search } = open(1_000)
  const found = await findTogether(numbers(20).map(nameOf), search)
  expect(found.get(nameOf(7))).toBe(idOf(7))
  expect([found.size, asked]).toEqual([20, { pages: 0, names: 20 }])
})

test('of many names in a small directory a few pages tell most', async () => {
  const { asked, search } = open(2_000)
  const found = await findTogether(numbers(2_000).map(nameOf), search)
  expect(numbers(2_000).every((index) => found.get(nameOf(index)) === idOf(index))).toBe(true)
  expect(asked.pages).toBeLessThanOrEqual(20)
  expect(asked.names).toBeLessThan(200)
})

test('of some names in a large directory the listing ends when the last is found', async () => {
  const { asked, search } = open(100_000)
  const wanted = numbers(50).map((index) => nameOf(99_999 - index))
  const found = await findTogether(wanted, search)
  expect([...found.values()].every((id) => id !== undefined)).toBe(true)
  expect(asked.names).toBe(50)
  expect(asked.pages).toBeLessThan(20)
})

test('of the names that a complete listing lacks thirty are looked up, and then it is believed', async () => {
  const { asked, search } = open(100)
  const found = await findTogether(numbers(2_000).map(nameOf), search)
  expect(found.size).toBe(2_000)
  expect([...found.values()].filter((id) => id !== undefined)).toHaveLength(100)
  expect(asked.names).toBeGreaterThanOrEqual(30)
  expect(asked.names).toBeLessThan(80)
})

test('a listing that lacks somebody who is there lags: then each name that it lacks is looked up', async () => {
  const { asked, search } = open(1_000, numbers(900))
  const found = await findTogether(numbers(1_500).map(nameOf), search)
  expect([...found].flatMap(([name, id]) => (id === undefined ? [] : [name]))).toHaveLength(1_000)
  expect(asked.names).toBeGreaterThanOrEqual(600)
})

test('many who were listed before and were not among the listed are looked up likewise, without a listing', async () => {
  const { asked, search } = open(0)
  const found = await findTogether(numbers(300).map(nameOf), { ...search, list: undefined })
  expect([found.size, asked.pages]).toEqual([300, 0])
  expect(asked.names).toBeGreaterThanOrEqual(30)
  expect(asked.names).toBeLessThan(50)
})

test('where the listing is refused every name is looked up', async () => {
  const { asked, search } = open(300)
  const list = async () => {
    throw refused
  }
  const found = await findTogether(numbers(400).map(nameOf), { ...search, list })
  expect([...found.values()].filter((id) => id === undefined)).toHaveLength(100)
  expect(asked.names).toBe(400)
})

test('a failed look-up is thrown, and nothing more is asked', async () => {
  const { asked, search } = open(100_000)
  const lookUp = async () => {
    throw refused
  }
  await expect(
    findTogether(
      numbers(2_000).map((index) => nameOf(99_999 - index)),
      { ...search, lookUp },
    ),
  ).rejects.toBe(refused)
  for (const _ of numbers(20)) await turn()
  expect(asked.pages).toBeLessThanOrEqual(2)
})
