import { describe, expect, test } from '@jest/globals'
import { Settling } from '../../../settling.ts'

const ten = '2026-03-03T10:00:00.000Z'

/** The events of `changes/`, by name and assignment, in order. */
async function changes({ world }: Settling): Promise<readonly string[]> {
  return (await world.keys('changes/')).map((key) => key.replace(/^changes\/[\d-]+\/[\d:.]+Z%/, ''))
}

async function settleLater(bench: Settling): Promise<void> {
  await bench.world.clock.advance(60_000)
  await bench.settle()
}

describe('changes/ tells', () => {
  test('what is granted and revoked, by the ledger key', async () => {
    const bench = new Settling()
    const key = bench.ledgerKey.replace('assignments/', '')
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
    const [, told = ''] = await bench.world.keys(bench.ledgerKey.replace('assignments/', 'history/').slice(0, -8))
    const [link] = ((await bench.world.json(told))?.links ?? []) as Record<string, unknown>[]
    expect(link).toMatchObject({ key: bench.link })
    expect(link).not.toHaveProperty('expiresAt')
  })

  test('the end of a former id as replaced, with the id that has the access now', async () => {
    const bench = new Settling()
    await bench.upload()
    const gone = bench.target('team-Web')
    bench.world.ssoAdmin.addAssignment(gone)
    await bench.own({ principalId: gone.principalId, grantedAt: ten })
    await bench.world.identityStore.deleteGroup(gone.principalId)
    await settleLater(bench)
    expect([...(await bench.history())].sort()).toEqual(['adopted', 'granted', 'replaced'])
    const keys = await bench.world.keys('history/account')
    const told = await bench.world.json(keys.find((key) => key.endsWith('%replaced.json')) ?? '')
    const { principalId } = bench.target()
    expect(told).toMatchObject({ ended: 'revoked', principalId: gone.principalId, replacedBy: principalId })
  })

  test('what the brake holds once, with its reason', async () => {
    const none = { count: 0, percent: 0 }
    const brake = { indirect: { ...none, most: 0, hours: 24 }, own: { ...none, minutes: 15 } }
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
