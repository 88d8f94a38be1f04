import { afterEach, beforeAll, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { readEvidence, verifyReview, writeEvidence } from '../../../../shared/modules/reviews/review-evidence.ts'
import { folderOf, readItems, readRun, sealOf } from '../../../../shared/modules/reviews/review-records.ts'
import type { ReviewItem } from '../../../../shared/modules/reviews/rules/review-item.ts'
import { minutesUntil } from '../../reconcile/inputs/minutes.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { account, lars, linkTo, Review, reviewed, tom } from './review.ts'

const foreignAccount = accountId.parse('233000000003')
let review: Review
let original: ReadonlyMap<string, string>

/** A run that is over: the link of `lars` revoked, that of `kenji` kept, and a task about access of a group that others gave. */
async function begin(): Promise<Review> {
  const begun = new Review()
  const { grouping } = begun
  const { world } = grouping
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(grouping, [linkTo(lars), linkTo(kenji)])
  await grouping.delete(linkTo(lars))
  await minutesUntil(grouping, () => !begun.has(lars), 'the access')
  await apply(grouping, [linkTo(lars)])
  const [other] = world.ssoAdmin.assignments().filter(({ accountId: at }) => at === account)
  if (other === undefined) throw new Error('no access')
  const group = grouping.id('GROUP', 'team-Web')
  world.ssoAdmin.addAssignment({
    ...other,
    accountId: foreignAccount,
    permissionSetArn: world.ssoAdmin.permissionSetArnOf('Support-ps') ?? other.permissionSetArn,
    ...{ principalType: 'GROUP', principalId: group },
  })
  await world.finish(world.everyNight())
  const reviewers = { named: { users: [tom] }, fallback: { users: [tom, 'ama.osei@acme.example'] } }
  await apply(grouping, ['reviews/second.json'], { ...reviewed, groups: [], reviewers })
  await begun.subjects({ groups: [], reviewers })
  const isForeign = ({ kind, ...of }: ReviewItem['subject']) => kind === 'foreign' && JSON.stringify(of).includes(group)
  expect(await begun.decide(tom, await begun.link(kenji), 'keep')).toMatch(/^applied/)
  expect(await begun.decide(tom, await begun.link(lars), 'revoke')).toMatch(/^applied: revoked/)
  expect(await begun.decide(tom, await begun.find(isForeign), 'revoke')).toMatch(/^applied: a task/)
  await minutesUntil(grouping, () => !begun.has(lars), 'the access')
  await grouping.delete('reviews/quarter.json')
  await minutesUntil(grouping, async () => (await begun.run()).phase === 'settling', 'its end')
  await minutesUntil(grouping, async () => (await begun.link(lars)).provenAt !== undefined, 'the proof')
  // The access is still there under another name of its group.
  await world.identityStore.updateGroup(group, [{ path: 'displayName', value: principalName.parse('team-Net') }])
  await world.finish(world.everyNight())
  await world.clock.advance(60 * 60_000)
  return begun
}

const prefixes = ['review-results/', 'decisions/']

async function readAll({ grouping: { world } }: Review): Promise<ReadonlyMap<string, string>> {
  const keys = (await Promise.all(prefixes.map((prefix) => world.keys(prefix)))).flat()
  const read = await Promise.all(
    keys.map(async (key) => [key, new TextDecoder().decode((await world.objects.get(key))?.body)] as const),
  )
  return new Map(read)
}

const objects = () => review.grouping.world.objects

beforeAll(async () => {
  review = await begin()
  original = await readAll(review)
})
afterEach(async () => {
  for (const key of (await readAll(review)).keys()) if (!original.has(key)) await objects().delete(key)
  for (const [key, text] of original) if ((await readAll(review)).get(key) !== text) await objects().put(key, text)
})

async function verify(): Promise<readonly string[]> {
  const run = await readRun(objects(), 'quarter')
  return run ? verifyReview(objects(), 'quarter', run) : ['no run']
}

async function change(key: string, edit: (text: string) => string): Promise<void> {
  await objects().put(key, edit(original.get(key) ?? ''))
}

async function put(item: ReviewItem, changed: Partial<ReviewItem> & object): Promise<void> {
  await objects().put(`${review.folder}items/${item.digest}.json`, JSON.stringify({ ...item, ...changed }))
}

/** A forger makes the manifest and its table fit. */
async function repair(): Promise<void> {
  const run = await readRun(objects(), 'quarter')
  if (run) await writeEvidence(objects(), await readEvidence(objects(), 'quarter', run))
}

async function task(): Promise<ReviewItem> {
  const item = (await review.items()).find(({ end }) => end?.is === 'task' && end.by !== undefined)
  if (item === undefined) throw new Error('no task')
  return item
}
const idOf = (name: string) => review.grouping.id('USER', name)
const keyOf = (digest: string, verdict: string, name = tom) => `decisions/${idOf(name)}/quarter/${digest}%${verdict}`
const decision = async (of: Promise<ReviewItem>) => {
  const item = await of
  const [given] = item.decisions
  if (given === undefined) throw new Error('nobody decided')
  return { item, given }
}

test('the evidence of an untouched bucket matches', async () => {
  expect(await verify()).toEqual([])
})

const forgeries: readonly (readonly [what: string, forge: () => Promise<void>, found: RegExp])[] = [
  [
    'a changed decision',
    async () => {
      const { item, given } = await decision(review.link(kenji))
      await objects().put(given.key, JSON.stringify({ comment: 'another' }))
      await put(item, {})
    },
    /%keep changed after it counted/,
  ],
  [
    'a decision that nobody made',
    async () => {
      const { item, given } = await decision(review.link(lars))
      const [user, key] = [idOf('ama.osei@acme.example'), keyOf(item.digest, 'revoke', 'ama.osei@acme.example')]
      await objects().put(key, '')
      const etag = (await objects().head(key))?.etag ?? ''
      await put(item, { decisions: [{ ...given, user, key, etag }] })
    },
    /history does not have the decision .*it was revoked without a decision/s,
  ],
  [
    'a decision of after the end',
    async () => {
      const { item, given } = await decision(review.link(kenji))
      const { endedAt = '' } = (await readRun(objects(), 'quarter')) ?? {}
      const at = new Date(Date.parse(endedAt) + 60 * 60_000).toISOString()
      await put(item, { decisions: [{ ...given, at }] })
    },
    /%keep is not of the time of the run/,
  ],
  [
    'a removed item',
    async () => {
      await objects().delete(`${review.folder}items/${(await review.link(kenji)).digest}.json`)
    },
    /the population: the items received/,
  ],
  [
    'a smaller population, in the items and in the run',
    async () => {
      const gone = await review.link(kenji)
      await objects().delete(`${review.folder}items/${gone.digest}.json`)
      const left = await review.items()
      const run = await readRun(objects(), 'quarter')
      await objects().put('review-results/quarter/run.json', JSON.stringify({ ...run, ...sealOf(left) }))
    },
    /the population: the run received/,
  ],
  [
    'an item of two runs',
    async () => {
      const second = await readRun(objects(), 'second')
      const [item] = await readItems(objects(), folderOf('second', second?.run ?? ''))
      if (item) await put(item, {})
    },
    /its question or its reviewers have another digest/,
  ],
  [
    'an empty proof',
    async () => put(await review.link(lars), { proof: [] }),
    /it has no proof that the access in 233000000002 ended/,
  ],
  [
    'a proof of another account',
    async () => {
      const item = await review.link(lars)
      const proof = (item.proof ?? []).map((key) => key.replace(account, foreignAccount))
      for (const key of proof) await objects().put(key, '{}')
      await put(item, { proof })
    },
    /the proof history\/account%233000000003.* is not one.*it has no proof that the access in 233000000002/s,
  ],
  [
    'a proof of before the decision',
    async () => {
      const item = await review.link(lars)
      const folder = (item.proof?.[0] ?? '').replace(/[^/]*$/, '')
      const [earlier = ''] = (await review.grouping.world.keys(folder)).filter((key) => key.endsWith('%revoked.json'))
      expect(item.proof).not.toContain(earlier)
      await put(item, { proof: [earlier] })
    },
    /the proof .* is not one.*it has no proof that the access in 233000000002 ended/s,
  ],
  [
    'a task that was ticked off by a rename',
    async () => put(await task(), { proof: [], provenAt: review.grouping.world.clock.now().toISOString() }),
    /it has no proof that the access in 233000000003 ended/,
  ],
  [
    'a changed reviewer',
    async () => {
      const item = await review.link(kenji)
      await put(item, { reviewers: [{ type: 'USER', id: idOf('ama.osei@acme.example'), name: 'ama' }] })
    },
    /its question or its reviewers have another digest/,
  ],
  [
    'a changed fallback',
    async () =>
      change('review-results/quarter/run.json', (text) => text.replaceAll(idOf('ama.osei@acme.example'), idOf(lars))),
    /the terms: the run has others than its beginning/,
  ],
  [
    'a keep of somebody who was no reviewer',
    async () => {
      const { item, given } = await decision(review.link(kenji))
      const key = keyOf(item.digest, 'keep', lars)
      await objects().put(key, '')
      await put(item, {
        decisions: [{ ...given, user: idOf(lars), key, etag: (await objects().head(key))?.etag ?? '' }],
      })
    },
    /was no reviewer when the run began/,
  ],
  [
    'reviewers who are said to have left',
    async () => put(await review.link(kenji), { left: [{ name: tom, why: 'has left' }] }),
    /history does not say that its reviewers have left/,
  ],
  [
    'an unknown field',
    async () => put(await review.link(lars), { approvedBy: 'the board' } as object),
    /it has the field approvedBy, which ssofile does not write/,
  ],
  [
    'an unknown field of the run',
    async () =>
      change('review-results/quarter/run.json', (text) =>
        text.replace('"phase"', '"approvedBy": "the board", "phase"'),
      ),
    /run.json has the field approvedBy/,
  ],
  [
    'access that is still given, and is said to be revoked',
    async () => put(await task(), { end: { is: 'deleted', at: '2026-03-03T11:00:00.000Z' }, provenAt: undefined }),
    /it was revoked without a decision/,
  ],
]

test.each(forgeries)('verify finds %s, although the manifest fits', async (_, forge, found) => {
  await forge()
  await repair()
  expect((await verify()).join('\n')).toMatch(found)
})

test('verify finds changed counts in the manifest', async () => {
  await change(`${review.folder}manifest.json`, (text) => text.replace('"revoked": 1', '"revoked": 2'))
  expect(await verify()).toEqual([expect.stringMatching(/manifest.json: differs from the records in the bucket/)])
})
