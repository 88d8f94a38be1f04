import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { OrganizationCache } from '../../../../shared/reconcile/organization/organization-cache.ts'
import {
  forgetOrganizationParts,
  organizationParts,
  organizationRecord,
  partAccountsMost,
  readOrganization,
} from '../../../../shared/reconcile/organization/organization-file.ts'
import { manyAccounts } from '../../../bench/many-accounts.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const idOf = (number: number) => accountId.parse(String(300_000_000_000 + number))
const accounts = 2 * partAccountsMost + 500

function openLarge() {
  const tagsOf = (account: number) => ({ team: String(account % 7) })
  const world = new World({ organization: manyAccounts({ accounts, groups: [], tagsOf }), hasTagReader: true })
  const calls: string[] = []
  const ports = intercept(world.ports, ({ port, operation, args, proceed }) => {
    if (port === 'objects' && String(args[0]).startsWith('state/organization')) calls.push(`${operation} ${args[0]}`)
    return proceed()
  })
  const partsIn = (operation: 'get' | 'put') =>
    calls.splice(0).filter((call) => call.startsWith(`${operation} ${organizationParts.at}`)).length
  return { world, ports, partsIn }
}

const rebuild = (world: World, ports: Ports = world.ports) =>
  world.finish(new OrganizationCache(ports, []).rebuild(), 1_000)

test('a large organization is in parts, and a reading writes only parts with a change', async () => {
  const { world, ports, partsIn } = openLarge()
  await world.objects.put('links_data/account_tag%team^3%P%g%GROUP%ssofile', '')
  const first = await rebuild(world, ports)
  expect(first.hasTags).toBe(true)
  expect(await readOrganization(world.objects)).toEqual(first)
  expect(await world.json(organizationRecord.at)).toMatchObject({ accounts: [] })
  partsIn('put')
  // The tags that nobody has read for the longest time are read again: those of the first twentieth.
  await rebuild(world, ports)
  expect(partsIn('put')).toBe(1)
  await world.organizations.tagResource(idOf(accounts), { note: 'changed' })
  const changed = await rebuild(world, ports)
  expect(partsIn('put')).toBe(2)
  expect(changed.accounts.at(-1)?.tags).toMatchObject({ note: 'changed' })
  expect(await readOrganization(world.objects)).toEqual(changed)
})

test('a reader of a range reads only the parts of its accounts', async () => {
  const { world, ports, partsIn } = openLarge()
  const whole = await rebuild(world)
  for (const [from, to, parts] of [
    [undefined, 1, 1],
    [1, 2, 1],
    [partAccountsMost / 2, accounts, 3],
    [accounts, undefined, 1],
    [undefined, undefined, 3],
  ] as const) {
    const range = { from: from === undefined ? from : idOf(from), to: to === undefined ? to : idOf(to) }
    const within = whole.accounts.filter(({ id }) => id >= (range.from ?? '') && (to === undefined || id < idOf(to)))
    expect((await world.finish(readOrganization(ports.objects, range)))?.accounts).toEqual(within)
    expect(partsIn('get')).toBe(parts)
  }
})

test('an organization with a part that is gone is read again', async () => {
  const { world } = openLarge()
  const before = await rebuild(world)
  const [part = ''] = await world.keys(organizationParts.at)
  await world.objects.delete(part)
  await expect(readOrganization(world.objects)).rejects.toThrow(organizationRecord.at)
  const again = await world.finish(new OrganizationCache(world.ports, []).view(), 1_000)
  expect(again.accounts).toEqual(before.accounts)
  expect(await readOrganization(world.objects)).toEqual(again)
})

test('a process that knows the organization writes all of it anew after somebody deleted the record with its parts', async () => {
  const { world } = openLarge()
  const before = await rebuild(world)
  const warm = new OrganizationCache(world.ports, [])
  await world.finish(warm.view(), 1_000)
  for (const key of await world.keys('state/organization')) await world.objects.delete(key)
  await world.finish(warm.view(), 1_000)
  expect((await readOrganization(world.objects))?.accounts).toEqual(before.accounts)
})

test('without a record no part is deleted: its writer may be about to name it', async () => {
  const { world } = openLarge()
  await rebuild(world)
  await world.objects.delete(organizationRecord.at)
  await world.clock.advance(25 * 60 * 60_000)
  await forgetOrganizationParts(world.ports)
  expect(await world.keys(organizationParts.at)).toHaveLength(3)
})

test('a part that no record names is deleted after a day', async () => {
  const { world } = openLarge()
  await rebuild(world)
  world.organizations.goneAccount(idOf(2))
  const view = await rebuild(world)
  await forgetOrganizationParts(world.ports)
  expect(await world.keys(organizationParts.at)).toHaveLength(4)
  await world.clock.advance(25 * 60 * 60_000)
  await forgetOrganizationParts(world.ports)
  expect(await world.keys(organizationParts.at)).toHaveLength(3)
  expect(await readOrganization(world.objects)).toEqual(view)
})
