import { describe, expect, test } from '@jest/globals'
import type { GrantingLink } from '../../../../shared/domain/ledger-entry.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { findWithdrawnLinks } from '../../../../shared/reconcile/brake/withdrawn-links.ts'
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

const find = (world: World, ...links: readonly GrantingLink[]) =>
  findWithdrawnLinks(links, (one) => readLink(world.ports.objects, one, world.configuration))

describe('a link that granted', () => {
  test('is withdrawn when it is gone, and named with its folder', async () => {
    const world = new World({ configuration: { folders: ['team-a'] } })
    const links = [await upload(world, ''), await upload(world, '', inFolder)]
    for (const link of links) await world.objects.delete(link.key)
    expect(await find(world, ...links)).toEqual([{ key }, { key: inFolder, folder: 'team-a' }])
  })

  test('is not withdrawn while it is in force: then nobody asked for the revocation', async () => {
    const world = new World()
    expect(await find(world, await upload(world, ''))).toEqual([])
  })

  test('is not withdrawn alone where another one stands', async () => {
    const world = new World({ configuration: { folders: ['team-a'] } })
    const links = [await upload(world, ''), await upload(world, '', inFolder)]
    await world.objects.delete(key)
    expect(await find(world, ...links)).toEqual([])
  })

  test('is withdrawn by its expiry', async () => {
    const world = new World()
    const link = await upload(world, '{"expiresAt":"2026-03-03T10:00:05Z"}')
    expect(await find(world, link)).toEqual([])
    await world.clock.advance(5_000)
    expect(await find(world, link)).toEqual([{ key }])
  })

  test.each([
    ['an invalid file', '{"until":"tomorrow"}'],
    ['one that begins tomorrow', '{"notBefore":"2026-03-04T10:00:00Z"}'],
  ])('is withdrawn by whoever overwrites it with %s, later or within the same second', async (_, body) => {
    const world = new World()
    const link = await upload(world, '')
    await world.objects.put(key, body)
    expect(await find(world, link)).toEqual([{ key }])
    await world.clock.advance(2_000)
    const { etag } = await upload(world, body)
    expect(await find(world, { ...link, etag })).toEqual([{ key }])
  })

  test('is not withdrawn by a configuration under which the very same upload is no valid link any more', async () => {
    const world = new World()
    expect(await find(world, await upload(world, '', inFolder))).toEqual([])
  })

  test('is nobody where the ledger knows none: nothing is withdrawn', async () => {
    expect(await find(new World())).toEqual([])
  })

  test('that cannot be read stops the answer', async () => {
    const wrap = (ports: Ports) =>
      intercept(ports, async () => {
        throw new Error('no answer')
      })
    const world = new World({ wrap })
    await expect(find(world, await upload(world, ''))).rejects.toThrow('no answer')
  })
})
