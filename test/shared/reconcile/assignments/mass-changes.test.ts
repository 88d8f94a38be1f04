import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { brakeFile } from '../../../../shared/reconcile/records/brake-file.ts'
import { deliverEvent } from '../../../deliver-event.ts'
import { testInDepth } from '../../../depth.ts'
import { acme, World } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const before = 'team-Accountants'
const after = 'team-security'
const linkOf = (scope: string, group: string) => `links_data/${scope}%Billing-ps%${group}%GROUP%ssofile`

const accounts = Array.from({ length: 250 }, (_, index) => ({
  id: accountId.parse(String(300_000_000_000 + index)),
  name: `account ${index}`,
  email: `account${index}@acme.example`,
  tags: { stage: 'old' },
  state: 'ACTIVE' as const,
}))

/** Two hundred and fifty accounts, in each of which the group `before` has access by this scope; slices are run by hand. */
async function open(scope: string): Promise<World> {
  const file = acme()
  const many = { id: 'ou-acme-many0001', name: 'many', accounts, organizationalUnits: [] }
  const root = { ...file.root, accounts: file.root.accounts.slice(0, 1), organizationalUnits: [many] }
  const world = new World({ organization: { ...file, root, assignments: [] } }).start({ dispatcher: false })
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  await world.objects.put(linkOf(scope, before), '')
  // Tags are read at the rate of ListTagsForResource; until then the link waits.
  const state = async () => (await world.json(`status/${linkOf(scope, before)}.json`))?.state
  await world.until(async () => (await state()) === 'applying', 'looked at')
  await settle(world)
  expect(holders(world, before)).toBe(250)
  return world
}

async function settle(world: World): Promise<void> {
  await world.look()
  await world.finish(world.slice())
  await world.clock.advance(1_000)
}

function holders(world: World, group: string): number {
  const id = world.identityStore.idOf('GROUP', group)
  return world.ssoAdmin.assignments().filter(({ principalId }) => principalId === id).length
}

async function heldOn(world: World) {
  const { lists = [] } = (await brakeFile(world.objects).read())?.value ?? {}
  return lists.map(({ rule, cause, limit, held }) => ({ rule, cause, limit, held: held.length }))
}

testInDepth(
  'of two hundred and fifty tag changes one by one, a tenth of the ledger is revoked, the rest is held, and every grant goes on',
  async () => {
    const world = await open('account_tag%stage^old')
    await world.objects.put(linkOf('account_tag%stage^new', after), '')
    await settle(world)
    for (const [index, { id }] of accounts.entries()) {
      await world.organizations.tagResource(id, { stage: 'new' })
      await deliverEvent(world, 'tag-resource', id)
      await world.look()
      if (index % 10 === 9) await settle(world)
    }
    expect(holders(world, after)).toBe(250)
    expect(holders(world, before)).toBe(225)
    expect(await heldOn(world)).toEqual([{ rule: 'indirect', cause: 'folder', limit: 25, held: 225 }])
    expect(await world.json(`status/${linkOf('account_tag%stage^old', before)}.json`)).toMatchObject({ state: 'held' })
    expect(await world.json(`status/${linkOf('account_tag%stage^new', after)}.json`)).toMatchObject({
      state: 'applied',
    })
  },
  120_000,
)

test('an organizational unit of two hundred and fifty accounts that is emptied loses the access of a tenth, the rest is held', async () => {
  const world = await open('ou_id%ou-acme-many0001')
  for (const { id } of accounts) {
    await world.organizations.moveAccount(id, 'ou-acme-many0001', 'r-acme')
    // At the rate that Organizations allows.
    await world.clock.advance(1_000)
  }
  await world.finish(world.everyHour())
  await settle(world)
  expect(holders(world, before)).toBe(225)
  expect(await heldOn(world)).toEqual([{ rule: 'indirect', cause: 'folder', limit: 25, held: 225 }])
}, 60_000)
