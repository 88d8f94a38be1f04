import { expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { verifyReview } from '../../../../shared/modules/reviews/review-evidence.ts'
import { folderOf, readItems, readRun } from '../../../../shared/modules/reviews/review-records.ts'
import type { ReviewItem } from '../../../../shared/modules/reviews/rules/review-item.ts'
import { runsOf } from '../../../depth.ts'
import { minutes } from '../../reconcile/inputs/minutes.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { Grouping, kenji } from '../people/grouping.ts'

const account = '233000000002'
const holders = [kenji, 'lars.jensen@acme.example', 'ama.osei@acme.example'] as const
const reviewers = ['tom.baker@acme.example', kenji] as const
const linkOf = (user: string) => `links_data/account%${account}%Support-ps%${user}%USER%ssofile`
const dayMs = 24 * 60 * 60_000

const act = fc.record({
  do: fc.constantFrom('keep', 'revoke', 'edit', 'withdraw', 'pause', 'wait'),
  of: fc.constantFrom(...holders),
  by: fc.constantFrom(...reviewers),
})
type Act = typeof act extends fc.Arbitrary<infer One> ? One : never

/** The ids of the users who have access in the account: some have other access, which others gave. */
function listHolders({ world }: Grouping): readonly string[] {
  return world.ssoAdmin.assignments().flatMap((one) => (one.accountId === account ? [one.principalId] : []))
}

async function itemsOf({ world }: Grouping): Promise<readonly ReviewItem[]> {
  const run = await readRun(world.objects, 'quarter')
  return run ? readItems(world.objects, folderOf('quarter', run.run)) : []
}

async function play(grouping: Grouping, { do: what, of, by }: Act, decided: Set<string>): Promise<void> {
  const { world } = grouping
  await world.clock.advance(2_000)
  if (what === 'wait') return minutes(grouping, 1)
  if (what === 'pause') {
    await grouping.put('control/pause.json', { v: 1, reason: 'x', by: 'ada', since: '2026-03-03T10:00:00.000Z' })
    await minutes(grouping, 1)
    await grouping.delete('control/pause.json')
    return
  }
  if (what === 'edit') {
    if (await world.objects.head(linkOf(of))) await grouping.put(linkOf(of), { reason: `since ${world.clock.now()}` })
    return
  }
  for (const { digest, subject } of await itemsOf(grouping)) {
    if (subject.kind !== 'link' || subject.principal !== of) continue
    const key = `decisions/${grouping.id('USER', by)}/quarter/${digest}%${what === 'withdraw' ? 'keep' : what}`
    if (what === 'withdraw') await grouping.delete(key)
    else await grouping.put(key)
    if (what === 'revoke' && by !== of) decided.add(of)
  }
}

test.each(['revoke', 'not-done'] as const)(
  'whatever people decide, edit and withdraw: nothing goes that nobody decided, and the evidence holds; silence means %s',
  async (means) => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 8 }), async (acts) => {
        const grouping = new Grouping()
        await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
        await apply(grouping, holders.map(linkOf))
        const silence = { escalateDays: 1, means }
        await apply(grouping, ['reviews/quarter.json'], {
          reviewers: { fallback: { users: [...reviewers] } },
          lastsDays: 2,
          silence,
        })
        const decided = new Set<string>()
        for (const one of acts) await play(grouping, one, decided)
        await minutes(grouping, 3)
        const { objects, identityStore } = grouping.world
        const early = listHolders(grouping)
        for (const user of holders) if (!decided.has(user)) expect(early).toContain(identityStore.idOf('USER', user))
        for (let day = 0; day < 4; day++) {
          await grouping.world.clock.advance(dayMs)
          await minutes(grouping, 3)
        }
        const run = await readRun(objects, 'quarter')
        expect(run && (await verifyReview(objects, 'quarter', run))).toEqual([])
        for (const user of holders) {
          const isThere = (await objects.head(linkOf(user))) !== undefined
          if (!isThere) expect(listHolders(grouping)).not.toContain(identityStore.idOf('USER', user))
          if (means === 'not-done' && !decided.has(user)) expect(isThere).toBe(true)
        }
      }),
      { numRuns: runsOf(12), seed: 57 },
    )
  },
  240_000,
)
