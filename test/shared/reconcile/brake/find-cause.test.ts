import { describe, expect, test } from '@jest/globals'
import type { GrantingLink } from '../../../../shared/domain/assignments/ledger-entry.ts'
import type { Cause } from '../../../../shared/domain/brake/brake-record.ts'
import { requestDigest } from '../../../../shared/domain/files/access-request.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { Account } from '../../../../shared/domain/organization/organization-view.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { noSelectors, parseSelectorFile } from '../../../../shared/domain/scopes/selector-file.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { findCause, type RevokedAccount, withoutEnded } from '../../../../shared/reconcile/brake/find-cause.ts'
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

const accountOf = (account: Partial<Account> = {}): RevokedAccount => {
  const id = accountId.parse('200000000001')
  const managementAccountId = accountId.parse('100000000000')
  const known: Account = { id, name: 'Web', state: 'ACTIVE', parents: ['r-tiny'], ...account }
  return { accountId: id, account: known, managementAccountId, selectors: noSelectors }
}
const find = (world: World, place: RevokedAccount, ...links: readonly GrantingLink[]) =>
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
    ['one that is too large to be read', `{"reason":"${'x'.repeat(20_000)}"}`],
    ['one with an unknown letter after its object', '{}x'],
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

  test('is the selector, where a link stands whose selector does not mean the account any more, or is gone', async () => {
    const world = new World()
    const link = await upload(world, '', 'links_data/select%prod%Billing-ps%team-Accountants%GROUP%ssofile')
    const ofSelector: Cause = { cause: 'selector', name: 'prod' }
    expect(await find(world, accountOf(), link)).toEqual(ofSelector)
    const says = (document: object) => {
      const body = new TextEncoder().encode(JSON.stringify(document))
      return { ...accountOf(), selectors: new Map([['prod', parseSelectorFile('selectors/prod.json', body)]]) }
    }
    expect(await find(world, says({ accounts: [] }), link)).toEqual(ofSelector)
    const nested = says({ organizationalUnits: ['r-tiny'] })
    expect(await find(world, nested, link)).toEqual(configured)
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

describe('temporary access that has ended is not counted', () => {
  const temporary = 'links_data/temporary/root%all%Billing-ps%maria%USER%ssofile'
  const user = principalId.parse('11111111-1111-2222-3333-444444444444')
  const ofRequest = { user, digest: requestDigest.parse('a'.repeat(32)) }
  const begin = async (name = temporary) => {
    const world = new World()
    const request = { ...ofRequest, eligibility: 'admins', approvedBy: [] }
    const body = JSON.stringify({ expiresAt: '2026-03-03T10:00:05Z', ...(name === temporary ? { request } : {}) })
    const link = { ...(await upload(world, body, name)), expiresAt: '2026-03-03T10:00:05.000Z', ofRequest }
    await world.objects.put('control/owner.json', '{}')
    const read = (one: string) => readLink(world.ports.objects, one, world.configuration)
    return { world, counted: async () => (await withoutEnded([link], read, world.ports.objects)).length }
  }

  test.each<[string, (world: World) => Promise<unknown>, number]>([
    ['while its link stands as it was', async () => undefined, 1],
    ['when somebody else deletes the link', (world) => world.objects.delete(temporary), 1],
    ['when somebody else overwrites the link', (world) => world.objects.put(temporary, '{}'), 1],
    ['when its time has come, the link there', (world) => world.clock.advance(5_000), 0],
    [
      'when its time has come, the link gone',
      async (world) => {
        await world.objects.delete(temporary)
        await world.clock.advance(5_000)
      },
      0,
    ],
    [
      'when history says that it was ended early, the link gone',
      async (world) => {
        await world.objects.put(`history/requests/${user}/${ofRequest.digest}%finished.json`, '{}')
        await world.objects.delete(temporary)
      },
      0,
    ],
    [
      'when history says that another request was ended',
      async (world) => {
        await world.objects.put(`history/requests/${user}/${'b'.repeat(32)}%finished.json`, '{}')
        await world.objects.delete(temporary)
      },
      1,
    ],
  ])('%s: %#', async (_, happen, count) => {
    const { world, counted } = await begin()
    await happen(world)
    expect(await counted()).toBe(count)
  })

  test('but a link of another folder is, whatever it says', async () => {
    const name = 'links_data/root%all%Billing-ps%maria%USER%ssofile'
    const { world, counted } = await begin(name)
    await world.clock.advance(5_000)
    expect(await counted()).toBe(1)
  })
})
