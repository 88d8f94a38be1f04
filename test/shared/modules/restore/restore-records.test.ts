import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { assignmentOf } from '../../../../shared/domain/assignments/assignment.ts'
import {
  beginRestoration,
  endRestoration,
  findLostRecords,
} from '../../../../shared/modules/restore/restore-records.ts'
import type { InPortions } from '../../../../shared/modules/take-over/list-existing.ts'
import { readLastWord } from '../../../../shared/reconcile/records/history.ts'
import { claimBucket } from '../../../../shared/reconcile/records/owner.ts'
import { runsOf } from '../../../depth.ts'
import { MemoryObjectVersions } from '../../../memory-object-versions.ts'
import { acme, World } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const accounts = ['210000000001', '210000000002', '220000000001', '220000000002'] as const
const principals = ['team-Accountants', 'team-security'] as const
const linkOf = (account: string, principal: string) =>
  `links_data/account%${account}%Billing-ps%${principal}%GROUP%ssofile`
const links = accounts.flatMap((account) => principals.map((principal) => linkOf(account, principal)))

/** Some access given, some revoked again, some given by others. */
async function open(versioned: boolean): Promise<World> {
  const world = new World({ organization: { ...acme(), assignments: [] } })
  if (versioned) world.objects.model.setVersioning('Enabled')
  world.start({ dispatcher: false })
  await world.finish(world.everyHour(), 1_000)
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  for (const link of links) await world.objects.put(link, '')
  await settle(world)
  for (const link of links.slice(0, 2)) await world.objects.delete(link)
  await settle(world)
  return world
}

async function settle(world: World): Promise<void> {
  await world.look()
  await world.finish(world.everyFiveMinutes())
  await world.finish(world.slice())
  await world.clock.advance(10 * 60_000)
}

async function restore(world: World) {
  const { ports, objects, clock, ssoAdmin, identityStore } = world
  const versions = new MemoryObjectVersions(objects.model)
  const inPortions: InPortions = async (items, _, work) => {
    for (const item of items) await work(item, ssoAdmin)
  }
  await beginRestoration(ports)
  const context = { objects, ssoAdmin, identityStore, clock, versions, inPortions, at: undefined, stoppedAt: undefined }
  const lost = await world.finish(findLostRecords(context))
  const changed = await world.finish(lost.carryOut())
  await endRestoration(ports, 'olga')
  return { ...lost, changed }
}

type Loss = { readonly nth: number; readonly by: 'deletion' | 'garbage' | 'another version' }

async function lose(world: World, losses: readonly Loss[], prefix: string): Promise<void> {
  const vandal = world.objects.as('vandal')
  const keys = await world.keys(prefix)
  for (const { nth, by } of losses) {
    const key = keys[nth % Math.max(keys.length, 1)]
    if (key === undefined) continue
    if (by === 'deletion') await vandal.delete(key)
    else await vandal.put(key, by === 'garbage' ? '{"v":' : '{"v":99}')
  }
}

/** The ledger without what changes with time. */
async function ledgerOf(world: World): Promise<readonly string[]> {
  const keys = await world.namedKeys('assignments/')
  return Promise.all(
    keys.map(async (key) => {
      const entry = await world.json(key)
      return [key, entry?.state, entry?.principalId, entry?.permissionSetArn, entry?.missingSince].join(' ')
    }),
  )
}

const accessOf = (world: World) =>
  world.ssoAdmin
    .assignments()
    .map(({ accountId, principalId }) => `${accountId} ${principalId}`)
    .sort()
const changes = (world: World) => world.calls.filter((call) => /^(Create|Delete)AccountAssignment$/.test(call)).length

const loss = fc.record({
  nth: fc.nat(20),
  by: fc.constantFrom('deletion' as const, 'garbage' as const, 'another version' as const),
})

describe.each([{ versioned: true }, { versioned: false }])(
  'in a bucket that is versioned: $versioned',
  ({ versioned }) => {
    test('whatever is lost of the ledger comes back, and access is what it was', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(loss, { maxLength: 12 }), fc.array(loss, { maxLength: 2 }), async (entries, sets) => {
          const world = await open(versioned)
          const before = { ledger: await ledgerOf(world), access: accessOf(world), changes: changes(world) }
          expect(before.ledger).toHaveLength(6)
          await lose(world, entries, 'assignments/')
          await lose(world, sets, 'owned_permission_sets/')
          const { undecided, changed } = await restore(world)
          expect([...undecided, ...changed]).toEqual([])
          expect(await ledgerOf(world)).toEqual(before.ledger)
          await settle(world)
          await settle(world)
          expect(accessOf(world)).toEqual(before.access)
          expect(changes(world)).toBe(before.changes)
          expect(await world.namedKeys('foreign/')).toEqual([])
          // It is ours: without its links it goes.
          for (const link of links) await world.objects.delete(link)
          await settle(world)
          expect(accessOf(world)).toEqual([])
        }),
        { numRuns: runsOf(8), seed: 20260303 },
      )
    })

    test('access that others gave again stays theirs', async () => {
      const world = await open(versioned)
      const key = world.keyOf(String(links[0]))
      const { accountId, principalId } = assignmentOf(key)
      const permissionSetArn = world.ssoAdmin.permissionSetArnOf('Billing-ps')
      if (!permissionSetArn) throw new Error('the fixture has it')
      world.ssoAdmin.addAssignment({
        accountId,
        permissionSetArn,
        principalId,
        principalType: 'GROUP',
      })
      await world.clock.advance(60_000)
      await lose(world, [{ nth: 0, by: 'deletion' }], 'assignments/')
      await restore(world)
      expect(await world.keys('assignments/')).not.toContain(`assignments/${key}`)
    })

    test('access that somebody removed meanwhile is given again, and history says both', async () => {
      const world = await open(versioned)
      const before = accessOf(world)
      const [target] = world.ssoAdmin.assignments()
      if (!target) throw new Error('there is access')
      await lose(
        world,
        Array.from({ length: 6 }, (_, nth) => ({ nth, by: 'deletion' as const })),
        'assignments/',
      )
      world.ssoAdmin.removeAssignment(target)
      await world.clock.advance(60_000)
      expect(accessOf(world)).toHaveLength(5)
      await restore(world)
      await settle(world)
      await settle(world)
      expect(accessOf(world)).toEqual(before)
    })
  },
)

describe('history that was deleted', () => {
  test('comes back in its order, also where some of it was left', async () => {
    const world = await open(true)
    const key = world.keyOf(String(links[0]))
    const folder = await world.keys(`history/${key}/`)
    expect(folder.map((one) => one.split('%').at(-1)).sort()).toEqual(['granted.json', 'revoked.json'])
    for (const one of folder) if (one.endsWith('granted.json')) await world.objects.as('vandal').delete(one)
    await world.clock.advance(60_000)
    const { history } = await restore(world)
    expect(history).toBe(1)
    expect(await readLastWord(world.objects, key)).toMatchObject({
      says: 'ended',
      event: 'revoked',
    })
    expect((await restore(world)).history).toBe(0)
  })
})

test('a bucket without its owner gets it back: from a version, or since its permission sets are of this instance', async () => {
  for (const versioned of [true, false]) {
    const world = await open(versioned)
    const before = await world.json('control/owner.json')
    await world.objects.as('vandal').delete('control/owner.json')
    await lose(world, [{ nth: 0, by: 'deletion' }], 'assignments/')
    expect((await restore(world)).owner.is).toBe('lost')
    expect(await world.json('control/owner.json')).toEqual(before)
  }
})

test('a deployment gets its configuration back: from a version, or from history', async () => {
  const key = 'control/configuration.json'
  for (const versioned of [true, false]) {
    const world = await open(versioned)
    const { configuration } = world
    await claimBucket(world.ports, { name: 'ssofile', queueUrls: {}, configuration })
    const before = await world.json(key)
    // Without versions nothing tells of the deployment, where the owner is gone too: it claims the bucket again.
    for (const gone of versioned ? [key, 'control/owner.json'] : [key]) await world.objects.as('vandal').delete(gone)
    expect((await restore(world)).configuration).toEqual(configuration)
    expect(await world.json(key)).toEqual(before)
    expect((await restore(world)).configuration).toBeUndefined()
  }
})

test.each([
  ['what a later version wrote, with a value that this one does not know, stays', { brake: 'of a later version' }],
  ['what nobody can read is brought back', undefined],
])('of the configuration of a deployment, %s', async (_, later) => {
  const key = 'control/configuration.json'
  const world = await open(true)
  const { configuration } = world
  await claimBucket(world.ports, { name: 'ssofile', queueUrls: {}, configuration })
  const before = await world.json(key)
  const there = later && { v: 1, configuration: { ...configuration, ...later } }
  await world.objects.as('somebody').put(key, there ? JSON.stringify(there) : '{"v":')
  expect((await restore(world)).configuration).toEqual(later ? undefined : configuration)
  expect(await world.json(key)).toEqual(there ?? before)
})
