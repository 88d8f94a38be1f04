import { describe, expect, test } from '@jest/globals'
import { verifyReview } from '../../../../shared/modules/reviews/review-evidence.ts'
import { readRun } from '../../../../shared/modules/reviews/review-records.ts'
import type { Manifest } from '../../../../shared/modules/reviews/rules/manifest.ts'
import { minutes, minutesUntil } from '../../reconcile/inputs/minutes.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { lars, linkTo, membership, Review, reviewed, tom } from './review.ts'

const uploader = { accessKeyId: 'AROAEXAMPLE:somebody', sourceIpAddress: '192.0.2.1' }

/** As with `--sse-c`: ssofile cannot read the upload. */
async function seal({ grouping }: Review, key: string): Promise<void> {
  const body = new TextEncoder().encode('{}')
  grouping.world.objects.model.put(uploader, key, body, { customerKeyMd5: 'x' })
  await minutes(grouping, 2)
}

async function verify({ grouping: { world } }: Review): Promise<readonly string[]> {
  const run = await readRun(world.objects, 'quarter')
  return run ? verifyReview(world.objects, 'quarter', run) : ['no run']
}

async function close(review: Review): Promise<Manifest> {
  const { grouping } = review
  await grouping.delete('reviews/quarter.json')
  await minutesUntil(grouping, async () => (await review.run()).phase === 'done', 'its end')
  return (await grouping.world.json(`${review.folder}manifest.json`)) as unknown as Manifest
}

/** A link that `lars` has, and that became unreadable before the review began. */
async function beginUnreadable(said: object = {}): Promise<Review> {
  const review = new Review()
  await apply(review.grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(review.grouping, [linkTo(lars)])
  await seal(review, linkTo(lars))
  await review.subjects({ groups: [], ...said })
  return review
}

describe('a link that cannot be read', () => {
  test('is asked about as access, and its revocation deletes it; nobody keeps content that nobody sees', async () => {
    const review = await beginUnreadable()
    const item = await review.link(lars)
    expect(item.subject).toMatchObject({ kind: 'link', unread: expect.stringContaining('S3 does not return') })
    expect(await review.decide(tom, item, 'keep')).toMatch(/^rejected: .*could not be read/)
    expect(await review.decide(tom, item, 'revoke')).toMatch(/^applied: revoked/)
    await minutesUntil(review.grouping, () => !review.has(lars), 'the access')
    expect(await close(review)).toMatchObject({ counts: { revoked: 1 } })
    expect(await verify(review)).toEqual([])
  })

  test('is revoked by silence', async () => {
    const review = await beginUnreadable()
    await review.days(22)
    expect(review.has(lars)).toBe(false)
    expect(await verify(review)).toEqual([])
  })

  test('stands if silence means not done', async () => {
    const review = await beginUnreadable({ silence: { escalateDays: 7, means: 'not-done' } })
    await review.days(22)
    expect(review.has(lars)).toBe(true)
    expect((await review.link(lars)).end).toMatchObject({ is: 'not done' })
  })

  test.each([
    ['decision', 'its owner encrypted', true],
    ['silence', 'its owner encrypted', true],
    ['decision', 'is no JSON', false],
    ['silence', 'is no JSON', false],
  ])('since the review began loses its access by a %s if the file %s', async (path, _, isSealed) => {
    const review = await Review.begin({ ...reviewed, groups: [] })
    const item = await review.link(lars)
    await review.decide(tom, item, 'keep')
    if (isSealed) await seal(review, linkTo(lars))
    else await review.grouping.world.objects.put(linkTo(lars), '\u0000{')
    if (path === 'silence') await review.days(22)
    else expect(await review.decide(tom, item, 'revoke')).toMatch(/^applied: revoked/)
    await minutesUntil(review.grouping, () => !review.has(lars), 'the access')
    expect(await verify(review)).toEqual([])
  })

  test('is asked about again once it can be read, and then somebody keeps it', async () => {
    const review = await beginUnreadable()
    await review.grouping.put(linkTo(lars), { reason: 'on call' })
    await review.days(1)
    const next = await review.link(lars)
    expect(next.subject).not.toHaveProperty('unread')
    expect(await review.decide(tom, next, 'keep')).toMatch(/^applied/)
    await review.days(22)
    expect(review.has(lars)).toBe(true)
  })
})

test.each(['eligibility/support.json', 'hygiene.json'])(
  'a setting that cannot be read can be revoked, which makes a task: %s',
  async (key) => {
    const review = new Review()
    await apply(review.grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
    await apply(review.grouping, [linkTo(lars)])
    await seal(review, key)
    await review.subjects({ groups: [] })
    const item = await review.find((one) => one.kind === 'setting' && one.what.includes(key))
    expect(await review.decide(tom, item, 'revoke')).toMatch(/^applied: a task/)
  },
)

describe('a file that is gone', () => {
  test('while somebody keeps it is a state: it comes back, is asked about again, and can be revoked', async () => {
    const review = await Review.begin({ ...reviewed, groups: [] })
    const { grouping } = review
    const item = await review.link(lars)
    await grouping.delete(linkTo(lars))
    expect(await review.decide(tom, item, 'keep')).toMatch(/^applied: .*comes back/)
    expect((await review.link(lars)).end).toBeUndefined()
    await grouping.world.clock.advance(60 * 60_000)
    await apply(grouping, [linkTo(lars)])
    await review.days(1)
    const next = await review.link(lars)
    expect(next).toMatchObject({ replaces: item.digest, decisions: [] })
    expect(await review.decide(tom, next, 'revoke')).toMatch(/^applied: revoked/)
    await minutesUntil(grouping, () => !review.has(lars), 'the access')
    expect(await verify(review)).toEqual([])
  })

  test('after somebody kept it is asked about again once it is back, and silence revokes it', async () => {
    const review = await Review.begin({ ...reviewed, groups: [] })
    const { grouping } = review
    const item = await review.link(lars)
    expect(await review.decide(tom, item, 'keep')).toMatch(/^applied/)
    await grouping.delete(linkTo(lars))
    await review.days(2)
    await apply(grouping, [linkTo(lars)])
    await review.days(1)
    expect(await review.link(lars)).toMatchObject({ replaces: item.digest, decisions: [] })
    await review.days(20)
    expect(review.has(lars)).toBe(false)
    expect(await verify(review)).toEqual([])
  })

  test('at the end has the same proof as a revocation', async () => {
    const review = await Review.begin({ ...reviewed, groups: [] })
    await review.grouping.delete(linkTo(lars))
    await review.days(22)
    const { digest } = await review.link(lars)
    const manifest = (await review.grouping.world.json(`${review.folder}manifest.json`)) as unknown as Manifest
    const shown = manifest.items.find((one) => one.digest === digest)
    expect(shown).toMatchObject({ result: 'gone', proof: [expect.stringContaining('%revoked.json')] })
    expect(await verify(review)).toEqual([])
  })

  test('at the end is still given if another link gives the same access', async () => {
    const review = await Review.begin({ ...reviewed, groups: [] })
    const { grouping } = review
    const everywhere = `links_data/root%all%Support-ps%${lars}%USER%ssofile`
    await apply(grouping, [everywhere])
    await grouping.delete(linkTo(lars))
    await minutes(grouping, 2)
    const { digest } = await review.link(lars)
    const manifest = await close(review)
    const shown = manifest.items.find((one) => one.digest === digest)
    expect(shown).toMatchObject({ result: 'still given', given: [{ key: everywhere }] })
  })
})

describe('an item after an edit', () => {
  test('is revoked also by a decision about what was shown before', async () => {
    const review = await Review.begin({ ...reviewed, groups: [] })
    const { grouping } = review
    const item = await review.link(lars)
    await grouping.put(linkTo(lars), { reason: 'another' })
    await review.days(1)
    await grouping.put(linkTo(lars), { reason: 'a third' })
    await review.days(1)
    expect((await review.outcome(item)).end).toMatchObject({ is: 'changed' })
    expect(await review.decide(tom, item, 'keep')).toMatch(/^rejected: .*edited/)
    expect(await review.decide(tom, item, 'revoke')).toMatch(/^applied: revoked/)
    await minutesUntil(grouping, () => !review.has(lars), 'the access')
    expect(await close(review)).toMatchObject({ counts: { revoked: 1 } })
    expect(await verify(review)).toEqual([])
  })
})

describe('a membership', () => {
  const elsewhere = `memberships/team-a/oncall%${lars}%ssofile`
  const member = (review: Review) => review.find(({ kind }) => kind === 'membership')

  test('that somebody keeps stays, whatever writers of other folders upload', async () => {
    const review = await Review.begin()
    const { grouping } = review
    const item = await member(review)
    expect(await review.decide(tom, item, 'keep')).toMatch(/^applied/)
    await apply(grouping, [elsewhere])
    await review.days(1)
    await grouping.put(elsewhere, { reason: 'another' })
    await review.days(21)
    expect((await review.outcome(item)).end).toMatchObject({ is: 'kept' })
    expect(grouping.groupsOf(lars)).toContain('oncall')
  })

  test('that nobody decides goes with its files of all folders', async () => {
    const review = await Review.begin()
    const { grouping } = review
    await apply(grouping, [elsewhere])
    await review.days(22)
    await minutesUntil(grouping, () => !grouping.groupsOf(lars).includes('oncall'), 'the membership')
    expect([await grouping.world.objects.head(membership), await grouping.world.objects.head(elsewhere)]).toEqual([
      undefined,
      undefined,
    ])
    expect(await verify(review)).toEqual([])
  })

  test('that somebody keeps is asked about again if its own file is edited', async () => {
    const review = await Review.begin()
    const item = await member(review)
    expect(await review.decide(kenji, item, 'keep')).toMatch(/^applied/)
    await review.grouping.put(membership, { reason: 'another' })
    await review.days(1)
    expect(await member(review)).toMatchObject({ replaces: item.digest, decisions: [] })
  })
})
