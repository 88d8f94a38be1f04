import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { assignmentOf } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { findDifferences } from '../../../../shared/reconcile/differences/find-differences.ts'
import { followOrganizationEvents } from '../../../../shared/reconcile/organization/follow-organization-events.ts'
import { OrganizationCache } from '../../../../shared/reconcile/organization/organization-cache.ts'
import { acme, World } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const unplaced = accountId.parse('233000000002')
const other = accountId.parse('210000000001')
const linkTo = (scope: string) => `links_data/${scope}%Billing-ps%team-Accountants%GROUP%ssofile`
const ofAccount = linkTo(`account%${unplaced}`)
const ofOther = linkTo(`account%${other}`)
const ofRoot = linkTo('root%all')

/** These links are in force. Then Organizations stops to say State and Paths of one account. */
async function withhold(...links: readonly string[]): Promise<World> {
  const world = new World({ organization: { ...acme(), assignments: [] } }).start({ dispatcher: false })
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  await settle(world)
  for (const link of links) await world.objects.put(link, '')
  await settle(world)
  world.organizations.withholdPlace(unplaced)
  await reconcile(world)
  return world
}

async function settle(world: World): Promise<void> {
  await world.look()
  await world.finish(world.slice())
}

async function reconcile(world: World): Promise<void> {
  await world.clock.advance(61 * 60_000)
  await world.finish(world.everyHour())
  await settle(world)
}

const view = (world: World) => world.finish(new OrganizationCache(world.ports, []).view())
const accountsWithAccess = (world: World) =>
  world.ssoAdmin
    .assignments()
    .map(({ accountId: id }) => id)
    .sort()
const status = (world: World, link: string) => world.json(`status/${link}.json`)

describe('an account whose State and Paths Organizations does not say', () => {
  test('keeps its access, while links elsewhere are granted and revoked as always', async () => {
    const world = await withhold(ofRoot)
    const before = accountsWithAccess(world)
    expect(before).toContain(unplaced)
    await world.objects.delete(ofRoot)
    await world.objects.put(ofOther, '')
    await settle(world)
    await reconcile(world)
    await reconcile(world)
    expect(accountsWithAccess(world)).toEqual([unplaced, other].sort())
    expect(world.errors).toEqual([])
  })

  test('is no account that is gone, however often the organization is listed', async () => {
    const world = await withhold(ofAccount)
    await reconcile(world)
    await reconcile(world)
    expect(await world.json('state/missing-accounts.json')).toBeUndefined()
    expect(await world.namedKeys('assignments/')).toHaveLength(1)
    expect(await world.keys('history/account%')).toHaveLength(1)
  })

  test('is in no plan, and no hint about it is sent', async () => {
    const world = await withhold(ofRoot)
    await world.objects.delete(ofRoot)
    const { plan, due, unplaced: told } = await findDifferences(world.objects, await view(world), world.configuration)
    expect(told).toEqual([unplaced])
    for (const { grants, revocations } of [plan, due]) {
      expect(revocations.length).toBeGreaterThan(10)
      const accounts = [...grants, ...revocations.map(assignmentOf)].map(({ accountId: id }) => id)
      expect(accounts).not.toContain(unplaced)
    }
  })

  test('is told in the log, and in the status of a link that names it', async () => {
    const world = await withhold(ofAccount)
    expect(world.log.lines.filter(({ level }) => level === 'error')).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ unplaced: [unplaced] }) }),
    )
    await world.objects.put(ofAccount, '{"reason":"again"}')
    await settle(world)
    expect(await status(world, ofAccount)).toMatchObject({
      state: 'waiting',
      reason: `Organizations does not say State or Paths of account ${unplaced}`,
    })
    expect(await world.keys('attention/waiting/')).toEqual([`attention/waiting/${ofAccount}`])
  })

  test('is given no access', async () => {
    const world = await withhold()
    await world.objects.put(ofRoot, '')
    await world.objects.put(ofAccount, '')
    await settle(world)
    expect(accountsWithAccess(world)).toContain(other)
    expect(accountsWithAccess(world)).not.toContain(unplaced)
  })

  test('loses what no link grants once Organizations says where it is', async () => {
    const world = await withhold(ofAccount)
    await world.objects.delete(ofAccount)
    await settle(world)
    expect(accountsWithAccess(world)).toEqual([unplaced])
    expect(await status(world, ofAccount)).toMatchObject({
      accounts: { failed: [{ reason: expect.stringContaining('Organizations does not say State or Paths') }] },
    })
    world.organizations.tellPlace(unplaced)
    await reconcile(world)
    await world.until(async () => {
      await settle(world)
      return accountsWithAccess(world).length === 0
    }, 'the revocation')
    await world.clock.advance(10_000)
    expect(await status(world, ofAccount)).toBeUndefined()
  })

  test('loses nothing after an event that names it', async () => {
    const world = await withhold(ofRoot)
    const { ports, configuration } = world
    const event = { name: 'MoveAccount', look: 'accounts', accounts: [unplaced] } as const
    const organization = new OrganizationCache(ports, [])
    await world.finish(followOrganizationEvents([event], { ports, configuration, organization }))
    await settle(world)
    expect(accountsWithAccess(world)).toContain(unplaced)
  })
})
