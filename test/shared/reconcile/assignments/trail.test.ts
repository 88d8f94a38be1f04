import { describe, expect, test } from '@jest/globals'
import { Settling } from '../../../settling.ts'

/** The events of `changes/`, by name and assignment, in order. */
async function changes({ world }: Settling): Promise<readonly string[]> {
  return (await world.keys('changes/')).map((key) => key.replace(/^changes\/[\d-]+\/[\d:.]+Z%/, ''))
}

async function settleLater(bench: Settling): Promise<void> {
  await bench.world.clock.advance(60_000)
  await bench.settle()
}

describe('changes/ tells', () => {
  test('what is granted and revoked, by name', async () => {
    const bench = new Settling()
    const key = bench.link.replace('links_data/', '')
    await bench.upload()
    await bench.settle()
    await bench.world.objects.delete(bench.link)
    await settleLater(bench)
    expect(await changes(bench)).toEqual([`granted%${key}`, `revoked%${key}`])
  })

  test('an expiry that is taken away as changed terms, and no upload of the same', async () => {
    const bench = new Settling()
    await bench.upload(bench.link, JSON.stringify({ expiresAt: '2027-01-01T00:00:00Z' }))
    await bench.settle()
    await bench.upload(bench.link, JSON.stringify({ expiresAt: '2027-01-01T00:00:00.000Z' }))
    await settleLater(bench)
    expect(await bench.history()).toEqual(['granted'])
    await bench.upload(bench.link, '')
    await settleLater(bench)
    expect(await bench.history()).toEqual(['granted', 'terms-changed'])
    expect(await changes(bench)).toHaveLength(2)
    const [, told = ''] = await bench.world.keys(`history/${bench.key}/`)
    const [link] = ((await bench.world.json(told))?.links ?? []) as Record<string, unknown>[]
    expect(link).toMatchObject({ key: bench.link })
    expect(link).not.toHaveProperty('expiresAt')
  })

  test('another owner as changed terms, and nothing is granted or revoked again', async () => {
    const bench = new Settling()
    await bench.upload(bench.link, JSON.stringify({ owner: 'zoe@x.example' }))
    await bench.settle()
    await bench.upload(bench.link, JSON.stringify({ owner: 'team-platform' }))
    await settleLater(bench)
    expect(await bench.history()).toEqual(['granted', 'terms-changed'])
    const told = await Promise.all(
      (await bench.world.keys(`history/${bench.key}/`)).map((key) => bench.world.json(key)),
    )
    expect(told).toMatchObject([{ links: [{ owner: 'zoe@x.example' }] }, { links: [{ owner: 'team-platform' }] }])
    expect(await bench.entry()).toMatchObject({ state: 'granted', links: [{ owner: 'team-platform' }] })
    expect([bench.calls('CreateAccountAssignment'), bench.calls('DeleteAccountAssignment')]).toEqual([1, 0])
  })

  test('the end of a former id under that id, and the beginning of the new one under its own', async () => {
    const bench = new Settling()
    await bench.upload()
    await bench.settle()
    await bench.world.identityStore.deleteGroup(bench.target().principalId)
    await bench.world.identityStore.createGroup({ displayName: bench.principal })
    await settleLater(bench)
    const present = bench.world.keyOf(bench.link)
    await bench.settle(present)
    await bench.world.clock.advance(60 * 60_000)
    await bench.settle()
    expect(await bench.history()).toEqual(['granted', 'revoked'])
    const told = await bench.world.keys(`history/${present}/`)
    expect(told.map((key) => key.split('%').at(-1))).toEqual(['granted.json'])
    const name = bench.link.replace('links_data/', '')
    expect(await changes(bench)).toEqual([`granted%${name}`, `granted%${name}`, `revoked%${name}`])
  })

  test('what the brake holds once, with its reason', async () => {
    const none = { count: 0, percent: 0 }
    const brake = {
      indirect: { ...none, most: 0, hours: 24 },
      own: { ...none, minutes: 15 },
      people: { count: 5, minutes: 15 },
    }
    const bench = new Settling({ configuration: { brake } })
    await bench.upload()
    await bench.settle()
    await bench.world.objects.delete(bench.link)
    await settleLater(bench)
    await settleLater(bench)
    expect(await bench.entry()).toMatchObject({ state: 'held' })
    expect(await bench.history()).toEqual(['granted', 'held'])
    const [, held = ''] = await bench.world.keys('history/account')
    expect((await bench.world.json(held))?.reason).toMatch(/brake/)
  })

  test('access that others gave when it is found, once, and when it is gone', async () => {
    const bench = new Settling()
    bench.world.ssoAdmin.addAssignment(bench.target())
    await bench.upload()
    await bench.settle()
    await bench.upload(bench.link, JSON.stringify({ ticket: 'T-1' }))
    await settleLater(bench)
    expect(await bench.history()).toEqual(['foreign-found'])
    bench.world.ssoAdmin.removeAssignment(bench.target())
    await bench.upload(bench.link, JSON.stringify({ ticket: 'T-2' }))
    await settleLater(bench)
    expect(await bench.history()).toEqual(['foreign-found', 'foreign-gone', 'granted'])
  })
})
