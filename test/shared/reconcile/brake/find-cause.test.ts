import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/account-id.ts'
import type { Cause } from '../../../../shared/domain/brake.ts'
import type { GrantingLink } from '../../../../shared/domain/ledger-entry.ts'
import type { Account } from '../../../../shared/domain/organization-view.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { findCause, type Place } from '../../../../shared/reconcile/brake/find-cause.ts'
import { readLink } from '../../../../shared/reconcile/records/read-link.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const key = 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile'
const inFolder = 'links_data/team-a/root%all%Billing-ps%team-Accountants%GROUP%ssofile'

/** The link as the ledger knows it, from its upload with this body. */
async function upload(world: World, body: string, name = key): Promise<GrantingLink> {
  const written = await world.objects.put(name, body)
  if (written.outcome === 'lost') throw new Error('nobody else writes here')
  return { key: name, etag: written.etag, lastModified: world.clock.now().toISOString() }
}

const accountOf = (account: Partial<Account> = {}): Place => {
  const id = accountId.parse('200000000001')
  const managementAccountId = accountId.parse('100000000000')
  const known: Account = { id, name: 'Web', state: 'ACTIVE', parents: ['r-tiny'], ...account }
  return { accountId: id, account: known, managementAccountId }
}
const find = (world: World, place: Place, ...links: readonly GrantingLink[]) =>
  findCause(links, (one) => readLink(world.ports.objects, one, world.configuration), place)
const configured: Cause = { cause: 'configuration' }
const ofAccount: Cause = { cause: 'account', name: '200000000001' }
const withdrawn = undefined

describe('what takes access away', () => {
  test('is the withdrawal of its links when all of them are gone', async () => {
    const world = new World({ configuration: { folders: ['team-a'] } })
    const links = [await upload(world, ''), await upload(world, '', inFolder)]
    await world.objects.delete(key)
    expect(await find(world, accountOf(), ...links)).not.toBe(withdrawn)
    await world.objects.delete(inFolder)
    expect(await find(world, accountOf(), ...links)).toBe(withdrawn)
  })

  test('is the withdrawal of its link by its expiry', async () => {
    const world = new World()
    const link = await upload(world, '{"expiresAt":"2026-03-03T10:00:05Z"}')
    expect(await find(world, accountOf(), link)).not.toBe(withdrawn)
    await world.clock.advance(5_000)
    expect(await find(world, accountOf(), link)).toBe(withdrawn)
  })

  test.each([
    ['an invalid file', '{"until":"tomorrow"}'],
    ['one that begins tomorrow', '{"notBefore":"2026-03-04T10:00:00Z"}'],
  ])('is its withdrawal by whoever overwrites it with %s, later or within the same second', async (_, body) => {
    const world = new World()
    const link = await upload(world, '')
    await world.objects.put(key, body)
    expect(await find(world, accountOf(), link)).toBe(withdrawn)
    await world.clock.advance(2_000)
    await upload(world, body)
    expect(await find(world, accountOf(), link)).toBe(withdrawn)
  })

  test('is its account, where a link stands that under no configuration includes it', async () => {
    const world = new World()
    const link = await upload(world, '', 'links_data/ou_id%ou-tiny-emptyyyy%Billing-ps%team-Accountants%GROUP%ssofile')
    expect(await find(world, accountOf(), link)).toEqual(ofAccount)
    expect(await find(world, { ...accountOf(), account: undefined }, link)).toEqual(ofAccount)
    const suspended = accountOf({ state: 'SUSPENDED', parents: ['ou-tiny-emptyyyy'] })
    expect(await find(world, suspended, link)).toEqual(ofAccount)
  })

  test('is the configuration, where a link stands that another configuration would let include the account', async () => {
    const world = new World()
    const link = await upload(world, '', 'links_data/ou_id%ou-tiny-workload%Billing-ps%team-Accountants%GROUP%ssofile')
    const nested = accountOf({ parents: ['r-tiny', 'ou-tiny-workload', 'ou-tiny-prodprod'] })
    expect(await find(world, nested, link)).toEqual(configured)
  })

  test('is the configuration, where the very same upload is no valid link any more', async () => {
    const world = new World()
    expect(await find(world, accountOf(), await upload(world, '', inFolder))).toEqual(configured)
  })

  test('is not known by any link where the ledger has none: the configuration', async () => {
    const world = new World()
    expect(await find(world, accountOf())).toEqual(configured)
  })

  test('that cannot be read stops the answer', async () => {
    const wrap = (ports: Ports) =>
      intercept(ports, async () => {
        throw new Error('no answer')
      })
    const world = new World({ wrap })
    await expect(find(world, accountOf(), await upload(world, ''))).rejects.toThrow('no answer')
  })
})
