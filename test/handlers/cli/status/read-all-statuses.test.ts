import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readAllStatuses } from '../../../../handlers/cli/status/read-all-statuses.ts'
import { linesMost, renderSummary } from '../../../../handlers/cli/status/render-status.ts'
import { listUntold } from '../../../../handlers/cli/status/untold-inputs.ts'
import { readStatuses } from '../../../../shared/reconcile/differences/read-inputs.ts'
import { noMemory, writeCheckpoint } from '../../../../shared/reconcile/records/checkpoint.ts'
import { listHeads } from '../../../../shared/reconcile/records/list-heads.ts'
import { World } from '../../../world.ts'

const linkOf = (index: number) =>
  `links_data/account%${100_000_000_000 + index}%Billing-ps%team-Accountants%GROUP%ssofile`
const counts = { desired: 1, applied: 1, open: 0, failed: [] }
const told = {
  'in force': { state: 'applied', accounts: counts },
  'in force, with a remark': { state: 'applied', owned: false, reason: 'the access existed before this link' },
  'on its way': { state: 'applying', accounts: { ...counts, applied: 0, open: 1 } },
  'at rest': { state: 'waiting', atRest: true, reason: 'no account has this tag' },
  failed: { state: 'failed', accounts: { ...counts, applied: 0, failed: [{ account: '233000000002', reason: 'no' }] } },
  expired: { state: 'expired' },
} as const
type Kind = keyof typeof told
const kinds = ['in force', 'in force, with a remark', 'on its way', 'at rest', 'failed', 'expired'] as const
/** What happens to an input after the last comparison. */
const events = ['nothing', 'uploaded again', 'deleted', 'another status', 'status deleted'] as const
type Event = (typeof events)[number]

async function tell({ objects }: World, link: string, kind: Kind): Promise<void> {
  const head = await objects.head(link)
  const of = { etag: head?.etag, lastModified: head?.lastModified.toISOString() }
  const updatedAt = '2026-03-03T10:00:00.000Z'
  await objects.put(`status/${link}.json`, JSON.stringify({ input: link, ...told[kind], ...of, updatedAt }))
}

async function compare({ objects, clock }: World): Promise<void> {
  const [files, statuses] = [await listHeads(objects, 'links_data/'), await listHeads(objects, 'status/')]
  const read = await readStatuses(objects, files, statuses, noMemory)
  await writeCheckpoint(objects, clock.now(), { ...noMemory, statuses: Object.fromEntries(read.told) })
}

async function happen(world: World, link: string, event: Event, other: Kind): Promise<void> {
  if (event === 'uploaded again') await world.objects.put(link, '')
  if (event === 'deleted') await world.objects.delete(link)
  if (event === 'another status') await tell(world, link, other)
  if (event === 'status deleted') await world.objects.delete(`status/${link}.json`)
}

const drawn = fc.record({
  inForce: fc.nat(2 * linesMost),
  others: fc.array(fc.record({ kind: fc.constantFrom(...kinds), event: fc.constantFrom(...events) }), {
    maxLength: 8,
  }),
  other: fc.constantFrom(...kinds),
  isCompared: fc.boolean(),
})

test('a summary that skips the statuses of links in force is the summary of all statuses', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, async ({ inForce, others, other, isCompared }) => {
      const world = new World()
      const plain = Array.from({ length: inForce }, () => ({ kind: 'in force', event: 'nothing' }) as const)
      const links = [...plain, ...others].map((one, index) => ({ ...one, link: linkOf(index) }))
      for (const { link } of links) await world.objects.put(link, '')
      for (const { link, kind } of links) await tell(world, link, kind)
      if (isCompared) await compare(world)
      await world.clock.advance(1_000)
      for (const { link, event } of links) await happen(world, link, event, other)
      const summaryOf = async (reading: { readonly mostPlain?: number }) => {
        const read = await readAllStatuses(world.ports, undefined, reading)
        return renderSummary(read.statuses, { untold: (await listUntold(world.ports, read)).length })
      }
      expect(await summaryOf({ mostPlain: linesMost })).toBe(await summaryOf({}))
    }),
    { numRuns: 100 },
  )
})

test('of links in force a summary reads the first twenty statuses, and of unwanted links none', async () => {
  const world = new World()
  const links = Array.from({ length: 50 }, (_, index) => linkOf(index))
  for (const link of links) await world.objects.put(link, '')
  for (const link of links) await tell(world, link, 'in force')
  await compare(world)
  const read: string[] = []
  const objects = new Proxy(world.objects, {
    get: (target, name) => {
      if (name === 'get') read.push('get')
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  await readAllStatuses({ objects }, undefined, { mostPlain: linesMost })
  expect(read).toHaveLength(linesMost + 1)
  const isWanted = (input: string) => input === links[7]
  const { statuses } = await readAllStatuses({ objects }, undefined, { isWanted })
  expect(statuses.map(({ input }) => input)).toEqual([links[7]])
  expect(read).toHaveLength(linesMost + 2)
})
