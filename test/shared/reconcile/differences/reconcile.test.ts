import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { reconcile } from '../../../../shared/reconcile/differences/reconcile.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { intercept } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const name = 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const link = `links_data/${name}`

async function granted(): Promise<World> {
  const world = new World({ organization: { ...acme(), assignments: [] } }).start({ dispatcher: false })
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  await world.look()
  await world.finish(world.slice())
  await world.objects.put(link, '')
  await world.look()
  await world.finish(world.slice())
  return world
}

const report = (world: World) => world.finish(reconcile(world.ports, world.configuration))
const nothing = { inputs: 0, grants: 0, revocations: 0, unfinished: 0 }

describe('a reconcile', () => {
  test('finds nothing where all is well, twice', async () => {
    const world = await granted()
    expect(await report(world)).toMatchObject(nothing)
    expect(await report(world)).toMatchObject(nothing)
    expect(world.queues.queue('work').counts()).toEqual({ visible: 0, inFlight: 0 })
  })

  test('reads each ledger entry where there is no state, also for its name, and none where nothing changed since', async () => {
    const world = await granted()
    for (const key of await world.keys('state/')) await world.objects.delete(key)
    await world.clock.advance(60 * 60_000)
    let reads = 0
    const ports = intercept(world.ports, ({ operation, args, proceed }) => {
      if (operation === 'get' && String(args[0]).startsWith('assignments/')) reads++
      return proceed()
    })
    await world.finish(reconcile(ports, world.configuration))
    expect(reads).toBe(2)
    expect(await world.keys('state/principals/')).toHaveLength(1)
    await world.clock.advance(60 * 60_000)
    await world.finish(reconcile(ports, world.configuration))
    expect(reads).toBe(2)
  })

  test('finds a status that says that work goes on, whose dispatcher died before it told', async () => {
    const world = await granted()
    const status = await world.json(`status/${link}.json`)
    await world.objects.put(`status/${link}.json`, JSON.stringify({ ...status, state: 'applying' }))
    await world.clock.advance(3_600_000)
    expect(await report(world)).toMatchObject({ inputs: 1 })
    await world.look()
    await world.finish(world.slice())
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
    expect(await report(world)).toMatchObject(nothing)
  })

  test.each(['waiting', 'failed'])('finds a status that says %s, though all is granted', async (state) => {
    const world = await granted()
    const status = await world.json(`status/${link}.json`)
    await world.objects.put(`attention/${state}/${link}`, '')
    await world.objects.put(`status/${link}.json`, JSON.stringify({ ...status, state }))
    await world.clock.advance(3_600_000)
    expect(await report(world)).toMatchObject({ inputs: 1 })
    await world.look()
    await world.finish(world.slice())
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
    expect(await world.keys('attention/')).toEqual([])
  })

  test('finds a file that replaced another in the same second and whose event was lost', async () => {
    const world = await granted()
    const status = await world.json(`status/${link}.json`)
    await world.objects.put(`status/${link}.json`, JSON.stringify({ ...status, etag: 'another' }))
    expect(await report(world)).toMatchObject({ inputs: 1 })
  })

  test('finds an unfinished entry whose retry was deleted, though the entry is older than the last reconcile', async () => {
    const world = await granted()
    const key = world.keyOf(name)
    const entry = await world.json(`assignments/${key}`)
    await world.objects.put(`assignments/${key}`, JSON.stringify({ ...entry, state: 'failed' }))
    await world.objects.put(`state/open/2026-03-09T10:00:00.000Z%${key}`, '')
    expect(await report(world)).toMatchObject({ unfinished: 0 })
    await world.clock.advance(3 * 3_600_000)
    expect(await report(world)).toMatchObject({ unfinished: 0 })
    await world.clock.advance(3 * 3_600_000)
    await world.objects.delete(`state/open/2026-03-09T10:00:00.000Z%${key}`)
    expect(await report(world)).toMatchObject({ unfinished: 1 })
  })

  test('corrects what the index of attention says wrongly', async () => {
    const world = await granted()
    await world.objects.put(`attention/waiting/${link}`, '')
    await report(world)
    expect(await world.keys('attention/')).toEqual([])
  })

  test('revokes what no link grants any more, and grants what a lost event asked for', async () => {
    const world = await granted()
    const other = 'account%250000000003%Billing-ps%team-Accountants%GROUP%ssofile'
    world.objects.model.put(
      { accessKeyId: 'maria', sourceIpAddress: '127.0.0.1' },
      `links_data/${other}`,
      Buffer.from(''),
    )
    await world.objects.delete(link)
    await world.clock.advance(1_000)
    world.queues.queue('links').purge()
    world.queues.queue('work').purge()
    world.queues.queue('work-urgent').purge()
    await report(world)
    await world.look()
    await world.finish(world.slice())
    expect(await world.namedKeys('assignments/')).toEqual([`assignments/${other}`])
    expect(await world.keys('status/links_data/')).toEqual([`status/links_data/${other}.json`])
  })

  test('applies a link whose group has appeared', async () => {
    const world = await granted()
    const late = 'links_data/account%233000000002%Billing-ps%team-Late%GROUP%ssofile'
    await world.objects.put(late, '')
    await world.look()
    await world.finish(world.slice())
    expect(await world.json(`status/${late}.json`)).toMatchObject({ state: 'waiting' })
    await world.identityStore.createGroup({ displayName: 'team-Late' })
    await world.clock.advance(3_600_000)
    await report(world)
    await world.look()
    await world.finish(world.slice())
    expect(await world.json(`status/${late}.json`)).toMatchObject({ state: 'applied' })
    expect(await report(world)).toMatchObject(nothing)
  })

  test('goes on where an entry or a status is spoiled: its links have failed with the reason until it is restored', async () => {
    const world = await granted()
    const record = `assignments/${world.keyOf(name)}`
    const entry = await world.objects.get(record)
    const spoiled = [record, 'status/permission_sets/Billing-ps.json.json']
    for (const key of spoiled) await world.objects.put(key, '{oops')
    const other = link.replace('team-Accountants', 'team-Web')
    await world.objects.put(other, '')
    await world.clock.advance(1_000)
    world.queues.queue('links').purge()
    world.queues.queue('work').purge()
    const settle = async () => {
      await report(world)
      await world.look()
      await world.finish(world.slice())
    }
    await settle()
    expect(await world.json(`status/${other}.json`)).toMatchObject({ state: 'applied' })
    const told = () =>
      world.log.lines.filter(({ fields }) => 'unreadable' in fields).map(({ fields }) => fields.unreadable)
    expect(told()).toEqual([spoiled])
    expect(await world.json(`status/${link}.json`)).toMatchObject({
      state: 'failed',
      accounts: { desired: 1, applied: 0, open: 0, failed: [{ account: '233000000002' }] },
      reason: expect.stringContaining(`${record}: received content that this version of ssofile cannot read`),
    })
    await world.clock.advance(3_600_000)
    await settle()
    expect(told().at(-1)).toContain(spoiled[1])
    await world.objects.put(record, entry?.body ?? '')
    for (const key of await world.keys('state/open/')) await world.objects.delete(key)
    await world.objects.delete('status/permission_sets/Billing-ps.json.json')
    await world.clock.advance(3_600_000)
    await settle()
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
    expect(await report(world)).toMatchObject(nothing)
  })

  test('goes on where S3 refuses a link, by which nothing is granted or revoked', async () => {
    const world = await granted()
    const other = link.replace('team-Accountants', 'team-Web')
    await world.objects.put(other, '')
    const refused = [link, link.replace('account%233000000002', 'root%all')]
    for (const key of refused) await world.objects.put(key, '{"reason":"encrypted"}')
    const ports = intercept(world.ports, async ({ operation, args: [key], proceed }) => {
      if (operation === 'get' && refused.some((one) => one === key))
        throw new ServiceError('s3', 'InvalidObjectState', 'The object is archived')
      return proceed()
    })
    const found = await world.finish(reconcile(ports, world.configuration))
    expect(found).toMatchObject({ grants: 1, revocations: 0 })
    const [told] = world.log.lines.filter(({ fields }) => 'unreadable' in fields)
    expect(told).toMatchObject({ level: 'error', fields: { unreadable: refused } })
  })

  test('leaves alone what stands under status/ and is the status of no input', async () => {
    const world = await granted()
    for (const key of ['status/garbage', 'status/links_data/garbage', 'status/notes.json'])
      await world.objects.put(key, 'x')
    expect(await report(world)).toMatchObject(nothing)
  })

  test.each([1_010, 1_013])(
    'removes the status, and its line in the index, of a deleted key of %i bytes whose deletion event was lost',
    async (bytes) => {
      const world = await granted()
      const long = `links_data/${'g'.repeat(bytes - 'links_data/'.length)}`
      const known = await world.keys('status/')
      const statuses = new StatusStore(world.objects, world.clock)
      await statuses.revise(long, async () => ({ state: 'rejected', etag: 'gone' }))
      expect(await world.keys('attention/')).toEqual([expect.stringMatching(/^attention\/rejected\/too-long\//)])
      expect(await report(world)).toMatchObject({ inputs: 1 })
      await world.look()
      expect(await world.keys('status/')).toEqual(known)
      expect(await world.keys('attention/')).toEqual([])
    },
  )

  test('finds nothing where the file of such a status is still there', async () => {
    const world = await granted()
    for (const bytes of [1_010, 1_013]) await world.objects.put(`links_data/${'g'.repeat(bytes - 11)}`, '')
    await world.look()
    const indexed = await world.keys('attention/')
    expect(indexed).toHaveLength(2)
    await world.clock.advance(3_600_000)
    expect(await report(world)).toMatchObject(nothing)
    expect(await world.keys('attention/')).toEqual(indexed)
  })

  test('removes a line in the index whose key is too long to name the input, and whose status is gone', async () => {
    const world = await granted()
    const left = [`attention/rejected/too-long/${'0'.repeat(64)}`, `attention/failed/too-long/${'0'.repeat(64)}`]
    for (const key of left) await world.objects.put(key, '')
    await report(world)
    expect(await world.keys('attention/')).toEqual([])
  })

  test('writes over its record of missing accounts where that is spoiled', async () => {
    const world = await granted()
    await world.objects.put('state/missing-accounts.json', '{oops')
    expect(await report(world)).toMatchObject(nothing)
    expect(await world.json('state/missing-accounts.json')).toEqual({ v: 1, accounts: [] })
  })
})
