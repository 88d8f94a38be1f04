import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type AccountId, accountId } from '../../shared/domain/organization/account-id.ts'
import type { Organizations } from '../../shared/ports/organizations.ts'
import { listAll } from '../../shared/ports/page.ts'
import {
  account,
  adapters,
  type IdentityCenterPorts,
  type IdentityCenterWorld,
  management,
  openWorld,
  shop,
  smallOrganization,
  suspended,
  website,
} from './identity-center-world.ts'

const id = (text: string): AccountId => accountId.parse(text)
const nobody = id('999999999999')

describe.each(adapters)('organizations on $adapter', ({ openPorts }) => {
  let world: IdentityCenterWorld
  let ports: IdentityCenterPorts
  let organizations: Organizations

  beforeEach(async () => {
    world = openWorld()
    ports = await openPorts(world)
    organizations = ports.organizations
  })
  afterEach(() => ports.close())

  test('the management account is known', async () => {
    expect(await organizations.managementAccountId()).toBe(management)
  })

  test('accounts are listed with their state and everything above them, without tags', async () => {
    expect(await Array.fromAsync(listAll((token) => organizations.listAccounts(token)))).toEqual([
      { id: management, name: 'management', state: 'ACTIVE', parents: ['r-test'] },
      { id: website, name: 'website', state: 'ACTIVE', parents: ['r-test', 'ou-test-workload'] },
      { id: shop, name: 'shop', state: 'ACTIVE', parents: ['r-test', 'ou-test-workload', 'ou-test-shopshop'] },
      { id: suspended, name: 'suspended', state: 'SUSPENDED', parents: ['r-test', 'ou-test-quaranti'] },
    ])
  })

  test('a moved account is described at its new place', async () => {
    await world.organizations.moveAccount(id(shop), 'ou-test-shopshop', 'ou-test-emptyone')
    expect(await organizations.describeAccount(id(shop))).toEqual({
      id: shop,
      name: 'shop',
      state: 'ACTIVE',
      parents: ['r-test', 'ou-test-workload', 'ou-test-emptyone'],
    })
  })

  test('an account that is not in the organization is absent', async () => {
    expect(await organizations.describeAccount(nobody)).toBeUndefined()
  })

  test('tags are read with empty values, spaces and slashes', async () => {
    expect(await organizations.listTags(id(website))).toEqual({ team: 'Web', env: '', 'cost centre': 'Sales / EMEA' })
    expect(await organizations.listTags(id(shop))).toEqual({})
  })

  test('the tags of an account that is not in the organization are a fault, not an empty answer', async () => {
    await expect(organizations.listTags(nobody)).rejects.toMatchObject({
      name: 'ServiceError',
      service: 'organizations',
      code: 'TargetNotFoundException',
    })
  })

  test.each([
    { parent: 'r-test', name: 'Root' },
    { parent: 'r-other', name: undefined },
    { parent: 'ou-test-emptyone', name: 'Empty' },
    { parent: 'ou-test-nowhere1', name: undefined },
  ])('$parent is called $name', async ({ parent, name }) => {
    expect(await organizations.parentName(parent)).toBe(name)
  })
})

describe.each(adapters)('a large organization on $adapter', ({ openPorts }) => {
  test('accounts come twenty a page, each once', async () => {
    const accounts = Array.from({ length: 41 }, (_, index) =>
      account(String(300_000_000_000 + index), `account-${index}`),
    )
    const root = { ...smallOrganization.root, accounts: [...smallOrganization.root.accounts, ...accounts] }
    const ports = await openPorts(openWorld({}, { ...smallOrganization, root }))
    const first = await ports.organizations.listAccounts()
    expect(first.items).toHaveLength(20)
    const all = await Array.fromAsync(listAll((token) => ports.organizations.listAccounts(token)))
    expect(new Set(all.map((one) => one.id)).size).toBe(45)
    await ports.close()
  })
})
