import { expect } from '@jest/globals'
import { decisionKey } from '../../../../shared/domain/files/decision-file.ts'
import { verifyReview } from '../../../../shared/modules/reviews/review-evidence.ts'
import { folderOf, readItems, readRun } from '../../../../shared/modules/reviews/review-records.ts'
import type { Manifest } from '../../../../shared/modules/reviews/rules/manifest.ts'
import type { ReviewItem } from '../../../../shared/modules/reviews/rules/review-item.ts'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { idOf, manyAccounts } from '../../../bench/many-accounts.ts'
import { putInForce } from '../../../bench/put-in-force.ts'
import { testInDepth } from '../../../depth.ts'
import { World } from '../../../world.ts'

const links = 300
const groups = Array.from({ length: 20 }, (_, index) => `team-${index}`)
const reviewers = Array.from({ length: 6 }, (_, index) => `reviewer-${index}`)
const members = groups.map((_, index) => `member-${index}`)
const dayMs = 24 * 60 * 60_000
const file = {
  groups: ['*'],
  reviewers: { ownerTag: 'owner', named: { users: reviewers.slice(1) }, fallback: { users: reviewers.slice(0, 1) } },
  lastsDays: 14,
  remindDays: [7, 1],
  silence: { escalateDays: 7, means: 'revoke' },
  repeatDays: 60,
}

/** All links are in force. Each account has an owner, and each group a member whom a provider put there. */
async function fill({ accounts, links }: { readonly accounts: number; readonly links: number }): Promise<World> {
  const ownerOf = (account: number) => ({ owner: reviewers[account % reviewers.length] ?? '' })
  const organization = manyAccounts({
    ...{ accounts, groups, users: [...reviewers, ...members], permissionSets: ['Read-ps', 'Write-ps'] },
    tagsOf: ownerOf,
  })
  const world = new World({ organization })
  for (let index = 0; index < links; index++) {
    const [account, round] = [1 + (index % accounts), Math.floor(index / accounts)]
    const set = round % 2 === 0 ? 'Read-ps' : 'Write-ps'
    const group = groups[(account + 3 * round) % groups.length]
    await putInForce(world, `links_data/account%${idOf(account)}%${set}%${group}%GROUP%ssofile`, [account])
  }
  for (const [index, group] of groups.entries()) {
    const [groupId, userId] = [
      world.identityStore.idOf('GROUP', group),
      world.identityStore.idOf('USER', `member-${index}`),
    ]
    if (groupId && userId) await world.identityStore.createGroupMembership(groupId, userId)
    await world.clock.advance(1_000)
  }
  return world.start()
}

async function days(world: World, count: number): Promise<void> {
  for (let day = 0; day < count; day++) {
    await world.clock.advance(dayMs)
    for (let minute = 0; minute < 3; minute++) {
      await world.clock.advance(60_000)
      await world.finish(world.everyMinute())
    }
  }
}

async function decide(
  world: World,
  by: string,
  { digest }: ReviewItem,
  verdict: 'keep' | 'revoke',
  review = 'quarter',
): Promise<string> {
  const userId = world.identityStore.idOf('USER', by)
  if (userId === undefined) throw new Error(`there is no ${by}`)
  const key = decisionKey({ userId, review, digest, verdict })
  await world.objects.as(by).put(key, JSON.stringify({ comment: `${verdict} <b>=1+1` }))
  return key
}

/** Releases everything that the brake holds for the review, until nothing of it is left. */
async function release(world: World, isLeft: () => boolean): Promise<number> {
  const released = new Set<string>()
  for (let round = 0; round < 20 && isLeft(); round++) {
    for (const list of (await brakeFile(world.objects).read())?.value.lists ?? []) {
      expect([list.rule, list.cause, list.name]).toEqual(['own', 'review', 'quarter'])
      for (const key of list.held) released.add(key)
      await releaseList(world.objects, digestOf(list), 'ada')
    }
    await world.clock.advance(60_000)
    await world.finish(world.everyMinute())
  }
  expect(isLeft()).toBe(false)
  return released.size
}

function reviewerOf({ reviewers: [first] }: ReviewItem): string {
  return first?.name ?? ''
}

function nobody(what: string): never {
  throw new Error(`${what} is missing`)
}

testInDepth(
  '300 links, 40 accounts, 20 groups and six reviewers: from the beginning to the next run',
  async () => {
    const world = await fill({ accounts: 40, links })
    const { objects } = world
    const run = async () => (await readRun(objects, 'quarter')) ?? nobody('the run')
    const items = async () => readItems(objects, folderOf('quarter', (await run()).run))
    await objects.as('governance').put('reviews/quarter.json', JSON.stringify(file))
    await world.until(async () => (await readRun(objects, 'quarter')) !== undefined, 'the beginning')
    const all = await items()
    const ofLinks = all.filter(({ subject }) => subject.kind === 'link')
    expect([all.length, ofLinks.length]).toEqual([links + groups.length + 2, links])
    expect(new Set(ofLinks.map(reviewerOf))).toEqual(new Set(reviewers))

    await days(world, 7)
    const [revoked, kept, left] = [ofLinks.slice(0, 60), ofLinks.slice(60, 240), ofLinks.slice(240)]
    for (const item of revoked) await decide(world, reviewerOf(item), item, 'revoke')
    for (const item of kept) await decide(world, reviewerOf(item), item, 'keep')
    const stranger = left[0] ?? nobody('an item')
    const other = reviewers.find((one) => one !== reviewerOf(stranger) && one !== reviewers[0]) ?? ''
    const refused = await decide(world, other, stranger, 'revoke')
    const count = () => world.ssoAdmin.assignments().length
    await world.clock.advance(60_000)
    expect(count()).toBe(links - 30)
    expect(await release(world, () => count() > links - revoked.length)).toBe(30)
    expect(await world.json(`status/${refused}.json`)).toMatchObject({ state: 'rejected' })

    await days(world, 8)
    expect((await run()).phase).toBe('escalated')
    const last = left[1] ?? nobody('an item')
    await decide(world, 'reviewer-0', last, 'keep')
    await days(world, 7)
    expect((await run()).phase).toBe('settling')
    await release(world, () => count() > kept.length + 1)
    const history = (await world.keys('changes/')).flatMap(
      (key) => /%(review-(?!item|decision)[a-z-]+)%/.exec(key)?.[1] ?? [],
    )
    expect(history).toEqual(['review-begun', 'review-reminded', 'review-last-day', 'review-escalated', 'review-ended'])

    // The tasks are done by hand.
    for (const [index, group] of groups.entries()) {
      const [groupId, userId] = [
        world.identityStore.idOf('GROUP', group),
        world.identityStore.idOf('USER', `member-${index}`),
      ]
      const id = groupId && userId && (await world.identityStore.getGroupMembershipId(groupId, userId))
      if (id) await world.identityStore.deleteGroupMembership(id)
      await world.clock.advance(1_000)
    }
    await days(world, 1)
    const first = await run()
    expect(await verifyReview(objects, 'quarter', first)).toEqual([])
    const folder = folderOf('quarter', first.run)
    const manifest = (await world.json(`${folder}manifest.json`)) as unknown as Manifest
    expect(manifest.counts).toMatchObject({ kept: kept.length + 1, revoked: 119, 'task done': 20, task: 2, open: 0 })
    expect(manifest.reviewers).toHaveLength(reviewers.length)

    const proven = (await items()).find(({ proof }) => (proof?.length ?? 0) > 0) ?? nobody('a proof')
    const forge = async (key: string, change: (text: string) => string) => {
      const found = await objects.get(key)
      const text = Buffer.from(found?.body ?? []).toString()
      await objects.put(key, change(text))
      const faults = (await verifyReview(objects, 'quarter', first)).join()
      await objects.put(key, text)
      return faults
    }
    const forged = (text: string) => text.replace(/history\/account%\d{12}/, 'history/account%111122223333')
    expect(await forge(`${folder}items/${proven.digest}.json`, forged)).toMatch(/the proof .* is not one/)
    const decision = proven.decisions[0]?.key ?? ''
    expect(await forge(decision, () => '{ "comment": "another" }')).toMatch(/changed after it counted/)
    await objects.delete(`${folder}items/${stranger.digest}.json`)
    expect((await verifyReview(objects, 'quarter', first)).join()).toMatch(/the population: the items received/)

    await days(world, 45)
    expect((await run()).run > first.run).toBe(true)
    expect((await items()).filter(({ subject }) => subject.kind === 'link')).toHaveLength(kept.length + 1)
  },
  240_000,
)

testInDepth(
  'of 400 revocations at once the brake passes a few, and one release frees exactly that review',
  async () => {
    const world = await fill({ accounts: 30, links: 560 })
    const { objects } = world
    const count = () => world.ssoAdmin.assignments().length
    const itemsOf = async (review: string) => {
      await objects.as('governance').put(`reviews/${review}.json`, JSON.stringify(file))
      await world.until(async () => (await readRun(objects, review)) !== undefined, review)
      const run = (await readRun(objects, review)) ?? nobody('the run')
      const items = await readItems(objects, folderOf(review, run.run))
      return items.filter(({ subject }) => subject.kind === 'link')
    }
    const keyOf = ({ subject }: ReviewItem) => (subject.kind === 'link' ? subject.file.key : nobody('a link'))
    const byKey = (a: ReviewItem, b: ReviewItem) => (keyOf(a) < keyOf(b) ? -1 : 1)
    const ofQuarter = (await itemsOf('quarter')).toSorted(byKey)
    const ofOther = (await itemsOf('other')).toSorted(byKey)
    const [revoked, rest] = [ofQuarter.slice(0, 400), ofOther.slice(400)]
    // Another review's revocations and an uploader's deletions are held too.
    const [others, deleted] = [rest.slice(0, 80), rest.slice(80)]
    await Promise.all([
      ...revoked.map((item) => decide(world, reviewerOf(item), item, 'revoke')),
      ...others.map((item) => decide(world, reviewerOf(item), item, 'revoke', 'other')),
      ...deleted.map((item) => objects.as('kim').delete(keyOf(item))),
    ])
    const minutes = async (many: number) => {
      for (let minute = 0; minute < many; minute++) {
        await world.clock.advance(60_000)
        await world.finish(world.everyMinute())
      }
    }
    await minutes(10)
    const held = async () => (await brakeFile(objects).read())?.value.lists ?? []
    const before = await held()
    // The first review has used up what all reviews together may revoke.
    expect(before.map(({ cause, name }) => `${cause} ${name}`).sort()).toEqual([
      'folder undefined',
      'review quarter',
      'review undefined',
    ])
    const ofReview = before.find(({ name }) => name === 'quarter') ?? nobody('the list')
    expect(ofReview.held).toHaveLength(revoked.length - ofReview.limit)
    const left = count()
    expect(await releaseList(objects, digestOf(ofReview), 'ada')).toBeTruthy()
    await minutes(10)
    expect(count()).toBe(left - ofReview.held.length)
    const heldAfter = (await held()).map(({ name, held: keys }) => [name, keys])
    expect(heldAfter).toEqual(before.filter((list) => list !== ofReview).map(({ name, held: keys }) => [name, keys]))
  },
  600_000,
)
