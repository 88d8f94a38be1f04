import { describe, expect, test } from '@jest/globals'
import { describeList } from '../../../../shared/domain/brake/describe-list.ts'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { openInputs } from '../../../../shared/modules/input-context.ts'
import { controllerOf } from '../../../../shared/modules/modules.ts'
import { proveOutcomes, readEvidence, verifyReview } from '../../../../shared/modules/reviews/review-evidence.ts'
import { listBeginnings, readRun, readRunOf } from '../../../../shared/modules/reviews/review-records.ts'
import type { Manifest, ReviewEvidence } from '../../../../shared/modules/reviews/rules/manifest.ts'
import { isUnproven, type ReviewItem } from '../../../../shared/modules/reviews/rules/review-item.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { statusKey } from '../../../../shared/reconcile/records/status-store.ts'
import { intercept } from '../../../intercept.ts'
import { minutes, minutesUntil } from '../../reconcile/inputs/minutes.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { account, dayMs, lars, linkTo, membership, Review, reviewed, tom } from './review.ts'

async function verify({ grouping: { world } }: Review): Promise<readonly string[]> {
  const run = await readRun(world.objects, 'quarter')
  return run ? verifyReview(world.objects, 'quarter', run) : ['no run']
}

/** Somebody with rights to the bucket changes one of its objects. */
async function forge({ grouping: { world } }: Review, key: string, change: (text: string) => string): Promise<void> {
  const found = await world.objects.get(key)
  await world.objects.put(key, change(new TextDecoder().decode(found?.body)))
}

const pipeline = { accessKeyId: 'AROAEXAMPLE:pipeline', sourceIpAddress: '192.0.2.1' }
let uploads = 0
/** As with a KMS key: each upload has another ETag. */
function upload({ grouping: { world } }: Review, key: string, body = '', headers: Record<string, string> = {}): void {
  const etag = String(uploads++).padStart(32, '0')
  world.objects.model.put(pipeline, key, new TextEncoder().encode(body), { etag, headers })
}

describe('a review', () => {
  test('begins with everything in its scope, also what could give access, and freezes it', async () => {
    const review = await Review.begin()
    const kinds = (await review.items()).map(({ subject }) => subject.kind).sort()
    expect(kinds).toEqual(['link', 'link', 'link', 'membership', 'setting', 'setting'])
    expect((await review.run()).items).toBe(6)
  })

  test('takes the access of a revoked link away, and of a revoked membership, and proves it at its end', async () => {
    const review = await Review.begin()
    const link = await review.link(lars)
    expect(await review.decide(tom, link, 'revoke', { comment: '=HYPERLINK("x")<b>' })).toMatch(/^applied: revoked/)
    const member = await review.find(({ kind }) => kind === 'membership')
    await review.decide(tom, member, 'revoke')
    await minutesUntil(review.grouping, () => !review.has(lars), 'the access')
    await minutesUntil(review.grouping, () => !review.grouping.groupsOf(lars).includes('oncall'), 'the membership')
    for (const item of [await review.link(kenji), await review.link('oncall')]) await review.decide(tom, item, 'keep')
    await review.days(22)
    expect(review.has(kenji)).toBe(true)
    expect(review.has('oncall', 'GROUP')).toBe(true)
    const manifest = (await review.grouping.world.json(`${review.folder}manifest.json`)) as unknown as Manifest
    expect(manifest.counts).toMatchObject({ kept: 2, revoked: 2, task: 2, open: 0, 'not done': 0 })
    for (const { proof } of manifest.items.filter(({ result }) => result === 'revoked')) expect(proof).toHaveLength(1)
    const csv = await review.grouping.world.objects.get(`${review.folder}items.csv`)
    expect(new TextDecoder().decode(csv?.body)).not.toMatch(/"=|^=/m)
  })

  test('looks for proofs in the history of the revoked access alone, and only if something is over', async () => {
    const review = await Review.begin()
    const { world } = review.grouping
    await review.days(5)
    await review.decide(tom, await review.link(lars), 'revoke')
    await review.days(17)
    const run = await readRun(world.objects, 'quarter')
    if (run === undefined) throw new Error('there is no run')
    const evidence = await readEvidence(world.objects, 'quarter', run)
    const listed: string[] = []
    const ports = intercept(world.ports, ({ operation, args: [prefix], proceed }) => {
      if (operation === 'list' && /^(changes|history)/.test(String(prefix))) listed.push(String(prefix))
      return proceed()
    })
    const { organization } = openInputs(world.ports, world.configuration)
    const proving = { ...ports, configuration: world.configuration, organization }
    // The tasks wait for people.
    expect(evidence.items.filter(isUnproven)).toHaveLength(2)
    expect(await proveOutcomes(evidence, world.clock.now().toISOString(), proving)).toEqual(evidence)
    expect(listed).toEqual([])
    const { digest } = await review.link(lars)
    const unproven = ({ proof: _, provenAt: __, ...item }: ReviewItem) => item
    const items = evidence.items.map((item) => (item.digest === digest ? unproven(item) : item))
    const again = await proveOutcomes({ ...evidence, items }, world.clock.now().toISOString(), proving)
    const proofOf = (of: ReviewEvidence) => of.items.find((item) => item.digest === digest)?.proof
    expect(proofOf(again)).toHaveLength(1)
    expect(proofOf(again)).toEqual(proofOf(evidence))
    const id = review.grouping.id('USER', lars)
    expect(listed).toEqual([`history/account%${account}%Support-ps%${id}%USER/`])
  })

  test('revokes what nobody decided only after reminders and an escalation, and what it cannot revoke is a task', async () => {
    const review = await Review.begin()
    await review.days(13)
    expect(review.has(kenji)).toBe(true)
    await review.days(2)
    expect((await review.run()).phase).toBe('escalated')
    expect(review.has(kenji)).toBe(true)
    await review.days(7)
    expect([review.has(kenji), review.has('oncall', 'GROUP')]).toEqual([false, false])
    const setting = await review.find(({ kind }) => kind === 'setting')
    expect((await review.outcome(setting)).end).toMatchObject({ is: 'task' })
    const told = await review.grouping.world.keys('changes/')
    const events = told.flatMap((key) => /%(review-(?!item)[a-z-]+)%/.exec(key)?.[1] ?? [])
    expect(events).toEqual(['review-begun', 'review-reminded', 'review-last-day', 'review-escalated', 'review-ended'])
    expect(await review.reviewersTold('begun')).toEqual([kenji, tom])
    expect(await review.reviewersTold('last-day')).toEqual([kenji, tom])
    expect(await review.reviewersTold('escalated')).toEqual(['team-Web'])
  })

  test('revokes nothing that nobody decided if silence means not done, or if its file goes', async () => {
    const silent = await Review.begin({ ...reviewed, silence: { escalateDays: 7, means: 'not-done' } })
    await silent.days(22)
    expect(silent.has(kenji)).toBe(true)
    expect((await silent.outcome(await silent.link(kenji))).end).toMatchObject({ is: 'not done' })
    const early = await Review.begin()
    await early.grouping.delete('reviews/quarter.json')
    await minutesUntil(early.grouping, async () => (await early.run()).phase === 'done', 'its end')
    expect(early.has(kenji)).toBe(true)
  })

  test('whose items could not be read at its end ends within minutes after they can', async () => {
    const review = await Review.begin()
    const { grouping } = review
    await review.days(20)
    grouping.answer = async ({ port, args: [key], operation, proceed }) => {
      if (operation === 'get' && String(key).includes('/items/')) throw new Error(`${port} does not answer`)
      return proceed()
    }
    await review.days(2)
    grouping.answer = ({ proceed }) => proceed()
    expect((await review.run()).phase).toBe('escalated')
    await minutesUntil(grouping, async () => (await review.run()).phase !== 'escalated', 'its end')
    await minutesUntil(grouping, () => !review.has(kenji), 'the revocation')
  })

  test('with nothing in its scope waits, and is never done', async () => {
    const review = new Review()
    const { grouping } = review
    await grouping.put('reviews/quarter.json', { ...reviewed, only: 'privileged', permissionSets: ['Nothing-*'] })
    await grouping.until('reviews/quarter.json', 'waiting')
    expect((await grouping.status('reviews/quarter.json'))?.reason).toContain('nothing to review')
  })

  test('waits while a reviewer has a name that nobody has, and says which', async () => {
    const review = new Review()
    const { grouping } = review
    await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
    await apply(grouping, [linkTo(lars)])
    const said = {
      ...reviewed,
      reviewers: { named: { users: [tom], groups: ['team-Wep'] }, fallback: { users: ['nobody'] } },
    }
    await grouping.put('reviews/quarter.json', said)
    const isWaiting = async () => (await grouping.status('reviews/quarter.json'))?.state === 'waiting'
    await minutesUntil(grouping, isWaiting, 'the status')
    expect((await grouping.status('reviews/quarter.json'))?.reason).toMatch(
      /there is no group 'team-Wep' and no user 'nobody'/,
    )
    await apply(grouping, ['reviews/quarter.json'], reviewed)
    expect((await review.run()).phase).toBe('open')
  })

  test('runs again although one of its reviewers has left, and waits if no fallback is left', async () => {
    const review = await Review.begin({ ...reviewed, repeatDays: 30 })
    const { grouping } = review
    const first = (await review.run()).run
    const others = { named: { users: ['left'] }, fallback: { groups: ['team-Web'], users: ['left'] } }
    await grouping.put('reviews/quarter.json', { ...reviewed, repeatDays: 30, reviewers: others })
    await review.days(1)
    expect((await grouping.status('reviews/quarter.json'))?.reason).toMatch(/as it is now counts from the next run$/)
    await review.days(30)
    const second = (await review.run()).run
    expect(second > first).toBe(true)
    await grouping.put('reviews/quarter.json', {
      ...reviewed,
      repeatDays: 30,
      reviewers: { fallback: { users: ['left'] } },
    })
    await review.days(31)
    expect((await review.run()).run).toBe(second)
    expect(await grouping.status('reviews/quarter.json')).toMatchObject({ state: 'waiting' })
  })

  test('that somebody closed ends, also if its file comes back before all items have their end', async () => {
    const review = await Review.begin()
    const { grouping } = review
    const item = await review.link(lars)
    await review.decide(tom, item, 'keep')
    const { run: first } = await review.run()
    let isRefused = false
    grouping.answer = async ({ operation, args: [key], proceed }) => {
      // The process dies after some items have their end, and somebody is quicker than the next one.
      if (operation !== 'put' || isRefused || !String(key).includes(`/items/${item.digest}`)) return proceed()
      isRefused = true
      await grouping.world.objects.put('reviews/quarter.json', JSON.stringify(reviewed))
      throw new Error('died')
    }
    await grouping.delete('reviews/quarter.json')
    await minutesUntil(grouping, async () => (await review.run()).run > first, 'the next run')
    expect(isRefused).toBe(true)
    const manifest = (await grouping.world.json(`${review.folder}manifest.json`)) as unknown as Manifest
    expect(manifest).toMatchObject({ phase: 'done', closed: {}, counts: { kept: 1, open: 0, 'not done': 5 } })
  })

  test('that somebody closed has its revocations proven before the next upload begins another run', async () => {
    const review = await Review.begin()
    const { grouping } = review
    await review.decide(tom, await review.link(lars), 'revoke')
    await grouping.delete('reviews/quarter.json')
    await minutesUntil(grouping, async () => (await review.run()).phase !== 'open', 'its end')
    await grouping.put('reviews/quarter.json', {
      ...reviewed,
      reviewers: { ...reviewed.reviewers, named: { groups: ['team-Wep'] } },
    })
    const reason = async () => (await grouping.status('reviews/quarter.json'))?.reason ?? ''
    await minutesUntil(grouping, async () => /no group 'team-Wep'/.test(await reason()), 'the status')
    const manifest = (await grouping.world.json(`${review.folder}manifest.json`)) as unknown as Manifest
    expect(manifest.counts).toMatchObject({ revoked: 1, revoking: 0 })
    expect(await verify(review)).toEqual([])
  })

  test('that somebody closed begins with the next upload of its file, also while its tasks are open', async () => {
    const review = await Review.begin()
    const { grouping } = review
    const eligibility = await review.find(({ kind }) => kind === 'setting')
    await review.decide(tom, eligibility, 'revoke')
    await grouping.delete('reviews/quarter.json')
    await minutesUntil(grouping, async () => (await review.run()).phase === 'settling', 'its end')
    const { run: first } = await review.run()
    const manifest = (await grouping.world.json(`${review.folder}manifest.json`)) as unknown as Manifest
    expect(manifest.closed).toBeDefined()
    expect(await verify(review)).toEqual([])
    await grouping.put('reviews/quarter.json', reviewed)
    await minutesUntil(grouping, async () => (await review.run()).phase === 'open', 'the next run')
    expect((await review.run()).run > first).toBe(true)
  })

  test('runs again after its repetition', async () => {
    const review = await Review.begin({
      ...reviewed,
      lastsDays: 1,
      silence: { escalateDays: 1, means: 'not-done' },
      repeatDays: 5,
    })
    const { run } = await review.run()
    await review.days(6)
    expect((await review.run()).run > run).toBe(true)
  })
})

describe('an edited link', () => {
  const edited = { reason: 'weekly pipeline' }
  const readNext = async (review: Review, { digest }: ReviewItem) =>
    (await review.items()).filter(({ replaces }) => replaces === digest)

  test('loses its access at the end if nobody decides, as an item that nobody edited does', async () => {
    const review = await Review.begin()
    const item = await review.link(lars)
    await review.grouping.put(linkTo(lars), edited)
    await review.days(22)
    expect([review.has(lars), review.has(kenji)]).toEqual([false, false])
    expect((await review.outcome(item)).end).toMatchObject({ is: 'changed' })
    expect((await readNext(review, item)).map(({ end }) => end?.is)).toEqual(['deleted'])
    expect(await verify(review)).toEqual([])
  })

  test('is asked again within a day, and what people decide then counts, not what they decided before', async () => {
    const review = await Review.begin()
    const [mine, other] = [await review.link(lars), await review.link(kenji)]
    await review.decide(tom, other, 'keep')
    for (const name of [lars, kenji]) await review.grouping.put(linkTo(name), edited)
    await review.days(1)
    const [next] = await readNext(review, mine)
    if (next === undefined) throw new Error('nobody asked again')
    expect(next.decisions).toEqual([])
    expect(await review.decide(tom, next, 'keep')).toMatch(/^applied/)
    await review.days(21)
    expect([review.has(lars), review.has(kenji)]).toEqual([true, false])
    expect((await review.run()).items).toBe(6)
    expect(await verify(review)).toEqual([])
  })

  test('is asked again as far as a minute reaches, and the others at the end', async () => {
    const review = new Review()
    const { grouping } = review
    const accounts = Array.from({ length: 40 }, (_, nth) => `2330000001${String(nth).padStart(2, '0')}`)
    const links = accounts.map((id) => `links_data/account%${id}%Support-ps%${lars}%USER%ssofile`)
    await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
    for (const key of links) await grouping.put(key, '')
    await apply(grouping, ['reviews/quarter.json'], reviewed)
    review.folder = `review-results/quarter/${(await review.run()).run}/`
    for (const key of links) await grouping.put(key, edited)
    // A read of S3 that takes a minute stands for 60,000 items.
    grouping.answer = async ({ operation, args: [key], proceed }) => {
      if (operation === 'get' && String(key).includes('/items/')) await grouping.world.clock.sleep(61_000)
      return proceed()
    }
    await review.days(1)
    grouping.answer = ({ proceed }) => proceed()
    const asked = (await review.items()).filter(({ replaces }) => replaces !== undefined)
    expect([asked.length > 0, asked.length < links.length]).toEqual([true, true])
    await review.days(21)
    expect(await grouping.world.keys('links_data/')).toEqual([])
  })

  test('loses its access also if the edit comes while the run ends', async () => {
    const review = await Review.begin()
    const { grouping } = review
    await review.days(20)
    let edits = 0
    grouping.answer = async ({ operation, args: [key], proceed }) => {
      if (operation === 'delete' && key === linkTo(lars) && edits++ < 3)
        await grouping.world.objects.put(linkTo(lars), JSON.stringify({ reason: `edit ${edits}` }))
      return proceed()
    }
    await review.days(1)
    await minutesUntil(grouping, () => !review.has(lars), 'the revocation')
    expect(edits).toBe(4)
    await minutes(grouping, 3)
    expect(await verify(review)).toEqual([])
  })

  test('keeps its access if silence means not done, or if the review ends early', async () => {
    const silent = await Review.begin({ ...reviewed, silence: { escalateDays: 7, means: 'not-done' } })
    await silent.days(20)
    await silent.grouping.put(linkTo(lars), edited)
    await silent.days(2)
    const early = await Review.begin()
    await early.grouping.put(linkTo(lars), edited)
    await early.grouping.delete('reviews/quarter.json')
    await minutesUntil(early.grouping, async () => (await early.run()).phase === 'done', 'its end')
    for (const review of [silent, early]) {
      expect(review.has(lars)).toBe(true)
      expect((await review.link(lars)).end).toMatchObject({ is: 'not done' })
    }
  })

  test('has one question that counts, although a process died while it asked again, and somebody edited it once more', async () => {
    const review = await Review.begin()
    const { grouping } = review
    const item = await review.link(lars)
    await grouping.put(linkTo(lars), edited)
    let isDead = false
    grouping.answer = async ({ operation, args: [key], proceed }) => {
      if (isDead || operation !== 'put' || key !== `${review.folder}items/${item.digest}.json`) return proceed()
      isDead = true
      await grouping.world.objects.put(linkTo(lars), JSON.stringify({ reason: 'another' }))
      throw new Error('died')
    }
    await review.days(1)
    const asked = await readNext(review, item)
    expect([isDead, asked.length]).toEqual([true, 2])
    const edit = (await review.items()).find(({ digest }) => digest === item.digest)
    const counting = asked.find(({ digest }) => digest === edit?.end?.next)
    if (counting === undefined) throw new Error('no question counts')
    expect(await review.decide(tom, counting, 'keep')).toMatch(/^applied/)
    await review.days(21)
    expect(review.has(lars)).toBe(true)
    expect(await verify(review)).toEqual([])
  })
})

describe('a file that is uploaded again with the same content', () => {
  const said = '{ "reason": "on call",\n "owner": "team-Web" }\n'
  const files = [linkTo(lars), linkTo(kenji), linkTo('oncall', 'GROUP'), membership]

  /** Each file has content, and each upload of it another ETag. */
  async function begin(before: (review: Review) => Promise<void> = async () => {}) {
    const review = new Review()
    const { grouping } = review
    await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
    await apply(grouping, ['groups/oncall.json'])
    for (const key of files) upload(review, key, said)
    for (const key of files)
      await minutesUntil(grouping, async () => (await grouping.status(key))?.state === 'applied', key)
    await before(review)
    await apply(grouping, ['reviews/quarter.json'], reviewed)
    review.folder = `review-results/quarter/${(await review.run()).run}/`
    return review
  }

  test.each([
    ['as it was', said],
    ['with other line ends', said.replaceAll('\n', '\r\n')],
  ])(
    'each day and on the last one, %s, is no edit: what people keep stays, silence revokes the rest',
    async (_, body) => {
      const review = await begin()
      const { grouping } = review
      const member = await review.find(({ kind }) => kind === 'membership')
      for (const item of [await review.link(kenji), await review.link('oncall'), member])
        expect(await review.decide(tom, item, 'keep')).toMatch(/^applied/)
      for (let day = 0; day < 21; day++) {
        for (const key of files) upload(review, key, body)
        await review.days(1)
      }
      // Nobody has looked at this upload when the run ends.
      await minutesUntil(grouping, async () => (await review.run()).phase !== 'escalated', 'its end')
      await minutesUntil(grouping, () => !review.has(lars), 'the revocation')
      expect([review.has(kenji), review.has('oncall', 'GROUP')]).toEqual([true, true])
      expect(grouping.groupsOf(lars)).toContain('oncall')
      expect(await grouping.world.objects.head(linkTo(lars))).toBeUndefined()
      const items = await review.items()
      expect(items.filter(({ replaces, end }) => replaces !== undefined || end?.is === 'changed')).toEqual([])
      const key = (await grouping.world.keys('history/account')).find((one) => one.endsWith('%revoked.json'))
      expect(JSON.stringify(await grouping.world.json(key ?? ''))).toContain('"principalId":"review:quarter"')
      expect(await verify(review)).toEqual([])
    },
  )

  test('before its status is there does not delay a revocation, which deletes the present upload', async () => {
    const review = await begin()
    const { grouping } = review
    const { world } = grouping
    const member = await review.find(({ kind }) => kind === 'membership')
    const item = await review.link(lars)
    grouping.answer = async ({ operation, args: [key], proceed }) => {
      if (operation === 'put' && [linkTo(lars), membership].some((one) => key === statusKey(one)))
        await world.clock.sleep(8 * 60_000)
      return proceed()
    }
    for (const key of files) upload(review, key, said)
    expect(await review.decide(tom, item, 'revoke')).toMatch(/^applied: revoked/)
    expect(await review.decide(tom, member, 'revoke')).toMatch(/^applied: revoked/)
    grouping.answer = ({ proceed }) => proceed()
    expect(await world.objects.head(linkTo(lars))).toBeUndefined()
    await minutesUntil(grouping, () => !review.has(lars), 'the access')
    await minutesUntil(grouping, () => !grouping.groupsOf(lars).includes('oncall'), 'the membership')
    expect(await verify(review)).toEqual([])
  })

  test('does not make a decision wait for an uploader whom nobody learns any more', async () => {
    const review = await begin(async ({ grouping }) => {
      const key = statusKey(linkTo(lars))
      const told = await grouping.world.json(key)
      await grouping.world.objects.put(key, JSON.stringify({ ...told, by: undefined }))
    })
    await review.days(1)
    upload(review, linkTo(lars), said)
    await minutes(review.grouping, 2)
    const item = await review.link(lars)
    expect(item.subject).not.toHaveProperty('file.by')
    expect(await review.decide(tom, item, 'keep')).toMatch(/^applied/)
  })

  test.each([
    ['other content', '{"reason":"another"}', {}],
    ['a request to count as new', said, { 'x-amz-meta-ssofile-rebind': '2031-01-01T00:00:00.000Z' }],
  ])('is an edit if it has %s', async (_, body, headers) => {
    const review = await begin()
    const item = await review.link(lars)
    await review.decide(tom, item, 'keep')
    upload(review, linkTo(lars), body, headers)
    await review.days(1)
    expect((await review.outcome(item)).end).toMatchObject({ is: 'changed' })
    const next = await review.link(lars)
    expect(next).toMatchObject({ replaces: item.digest, decisions: [] })
    // The new question knows its content too.
    expect(await review.decide(tom, next, 'keep')).toMatch(/^applied/)
    upload(review, linkTo(lars), body)
    await review.days(21)
    expect(review.has(lars)).toBe(true)
    expect(await verify(review)).toEqual([])
  })

  test('is an edit if it asks to count as new, also under the same ETag', async () => {
    const review = await Review.begin()
    const item = await review.link(lars)
    const { objects } = review.grouping.world
    await objects.put(linkTo(lars), '', undefined, { 'ssofile-rebind': '2031-01-01T00:00:00.000Z' })
    await review.days(1)
    expect((await review.outcome(item)).end).toMatchObject({ is: 'changed' })
    await review.days(1)
    const next = await review.link(lars)
    expect([next.replaces, next.end]).toEqual([item.digest, undefined])
  })

  test('is an edit for an item of an earlier version, which does not know what it said', async () => {
    const review = await begin()
    const item = await review.link(lars)
    const key = `${review.folder}items/${item.digest}.json`
    await forge(review, key, (text) => JSON.stringify({ ...JSON.parse(text), uploads: undefined }))
    await review.days(1)
    expect((await review.outcome(item)).end).toBeUndefined()
    upload(review, linkTo(lars), said)
    await review.days(1)
    expect((await review.outcome(item)).end).toMatchObject({ is: 'changed' })
    expect(await verify(review)).toEqual([])
  })
})

describe('a decision', () => {
  const means = { keep: 'revoke', revoke: 'not-done' }

  test('on the own access, upload or membership does not count', async () => {
    const review = await Review.begin()
    const own = await review.link(kenji)
    expect(await review.decide(kenji, own, 'keep')).toMatch(/^rejected: .*your own access/)
    expect(await review.decide(tom, own, 'keep')).toMatch(/^applied/)
  })

  test('that keeps the own upload does not count, also while the status of the upload is late', async () => {
    const review = await Review.begin()
    const { grouping } = review
    const { world } = grouping
    const item = await review.link(lars)
    grouping.answer = async ({ operation, args: [key], proceed }) => {
      if (operation === 'put' && key === statusKey(linkTo(lars))) await world.clock.sleep(8 * 60_000)
      return proceed()
    }
    await world.objects.as(`AROAEXAMPLE:${tom}`).put(linkTo(lars), JSON.stringify({ reason: 'for me' }))
    expect(await review.decide(tom, item, 'keep')).toMatch(/^rejected: .*edited/)
    const next = await review.link(lars)
    expect(next.digest).not.toBe(item.digest)
    const key = `decisions/${grouping.id('USER', tom)}/quarter/${next.digest}%keep`
    await grouping.put(key)
    await grouping.until(key, 'waiting')
    expect((await review.link(lars)).decisions).toEqual([])
    await minutesUntil(grouping, async () => (await grouping.status(key))?.state === 'rejected', 'the refusal')
    expect((await grouping.status(key))?.reason).toMatch(/your own access, membership or upload/)
    expect(await review.decide(kenji, next, 'keep')).toMatch(/^applied/)
  })

  test('that keeps an upload whose uploader nobody learns waits for a day, and one that revokes it does not wait', async () => {
    const review = await Review.begin()
    const { grouping } = review
    for (const name of [lars, kenji]) {
      await grouping.put(linkTo(name), { reason: 'weekly pipeline' })
      await grouping.world.clock.advance(5_000)
      await forge(review, statusKey(linkTo(name)), (text) => JSON.stringify({ ...JSON.parse(text), by: undefined }))
      await review.decide(tom, await review.link(name), 'keep')
    }
    const [kept, revoked] = [await review.link(lars), await review.link(kenji)]
    const key = `decisions/${grouping.id('USER', tom)}/quarter/${kept.digest}%keep`
    await grouping.put(key)
    await grouping.until(key, 'waiting')
    expect(await review.decide(tom, revoked, 'revoke')).toMatch(/^applied: revoked/)
    await grouping.world.clock.advance(dayMs)
    await minutesUntil(grouping, async () => (await grouping.status(key))?.state === 'applied', 'the decision')
  })

  test('of somebody who does not review the item does not count', async () => {
    const review = await Review.begin()
    const item = await review.link(kenji)
    expect(await review.decide(lars, item, 'revoke')).toMatch(/^rejected: .*does not review/)
    expect(review.has(kenji)).toBe(true)
  })

  test('that asks again while its run ends leaves no item without an end', async () => {
    const review = await Review.begin()
    const { grouping } = review
    const { world } = grouping
    const item = await review.link(kenji)
    await review.days(20)
    const key = `decisions/${grouping.id('USER', tom)}/quarter/${item.digest}%keep`
    const reads: string[] = []
    grouping.answer = async ({ operation, args: [read], proceed }) => {
      // The run reads the item to end it. Another process asks again before that.
      if (operation === 'get' && read === `${review.folder}items/${item.digest}.json` && reads.push(operation) === 1) {
        await world.objects.put(linkTo(kenji), '{"reason":"edited"}')
        await world.objects.put(key, '')
        const message = { v: 1, key, id: 'meanwhile', event: 'ObjectCreated:Put' } as const
        await controllerOf(key)(message, { ...openInputs(world.ports, world.configuration), sentMs: undefined })
      }
      return proceed()
    }
    await review.days(1)
    grouping.answer = ({ proceed }) => proceed()
    await minutes(grouping, 10)
    expect((await review.run()).phase).not.toBe('escalated')
    const items = await review.items()
    expect(items.filter(({ replaces }) => replaces === item.digest)).toHaveLength(1)
    expect(items.filter(({ end }) => end === undefined)).toEqual([])
  })

  test('that waits because groups could not be read counts with the next sweep after they can', async () => {
    const review = await Review.begin({
      ...reviewed,
      reviewers: { named: { groups: ['oncall'] }, fallback: { groups: ['team-Web'] } },
    })
    const { grouping } = review
    const item = await review.link(kenji)
    grouping.answer = async ({ operation, proceed }) => {
      if (operation !== 'listGroupsOf') return proceed()
      throw new ServiceError('identitystore', 'AccessDeniedException', 'no', { httpStatus: 400 })
    }
    const key = `decisions/${grouping.id('USER', lars)}/quarter/${item.digest}%keep`
    await grouping.put(key)
    await grouping.until(key, 'waiting')
    grouping.answer = ({ proceed }) => proceed()
    await grouping.world.clock.advance(60_000)
    await grouping.world.finish(grouping.world.everyFiveMinutes())
    await grouping.until(key, 'applied')
  })

  test('that keeps an edited link asks again, and the answer to the new question counts', async () => {
    const review = await Review.begin()
    const item = await review.link(lars)
    await review.grouping.put(linkTo(lars), { reason: 'needed for the migration' })
    await minutes(review.grouping, 2)
    expect(await review.decide(tom, item, 'keep')).toMatch(/^rejected: .*edited/)
    expect(review.has(lars)).toBe(true)
    const next = await review.link(lars)
    expect(next.digest).not.toBe(item.digest)
    expect(await review.decide(tom, next, 'revoke')).toMatch(/^applied/)
    await minutesUntil(review.grouping, () => !review.has(lars), 'the access')
  })

  test('that revokes a link which its uploader edits all the time is carried out, on what was shown first', async () => {
    const review = await Review.begin()
    const { grouping } = review
    const item = await review.link(lars)
    let edits = 0
    grouping.answer = async ({ operation, args: [key], proceed }) => {
      const isOfLink = key === linkTo(lars) && (operation === 'head' || operation === 'delete')
      if (isOfLink && edits < 5 && (await grouping.world.objects.head(linkTo(lars))))
        await grouping.world.objects.put(linkTo(lars), JSON.stringify({ reason: `edit ${edits++}` }))
      return proceed()
    }
    expect(await review.decide(tom, item, 'revoke')).toMatch(/^applied: revoked/)
    await minutesUntil(grouping, () => !review.has(lars), 'the access')
    expect(edits).toBe(5)
    expect(await verify(review)).toEqual([])
  })

  test('that revokes a membership takes it away, although a file in another folder asks for it too', async () => {
    const review = await Review.begin()
    const { grouping } = review
    const item = await review.find(({ kind }) => kind === 'membership')
    await apply(grouping, [`memberships/team-a/oncall%${lars}%ssofile`])
    expect(await review.decide(tom, item, 'revoke')).toMatch(/^applied: revoked/)
    await minutesUntil(grouping, () => !grouping.groupsOf(lars).includes('oncall'), 'the membership')
    expect(await verify(review)).toEqual([])
  })

  test('that revoked a link is named in history as its deletion, with the reviewer', async () => {
    const review = await Review.begin()
    const { world } = review.grouping
    await review.decide(tom, await review.link(lars), 'revoke')
    await minutesUntil(review.grouping, () => !review.has(lars), 'the access')
    const key = (await world.keys('history/account')).find((one) => one.endsWith('%revoked.json'))
    expect(JSON.stringify(await world.json(key ?? ''))).toContain(`"principalId":"review:quarter/${tom}"`)
  })

  test('may change until it is carried out: the later one counts', async () => {
    const review = await Review.begin()
    const item = await review.link(lars)
    await review.decide(tom, item, 'keep')
    expect(await review.decide(tom, item, 'revoke')).toMatch(/^applied: revoked/)
    const keep = `decisions/${review.grouping.id('USER', tom)}/quarter/${item.digest}%keep`
    expect((await review.grouping.status(keep))?.reason).toBe('your later decision counts instead')
    expect(await review.decide(tom, item, 'keep', { comment: 'after all' })).toMatch(/^rejected: .*too late/)
  })

  test('that revokes and cannot be read takes back what the same person kept before', async () => {
    const review = await Review.begin()
    const item = await review.link(lars)
    await review.decide(tom, item, 'keep')
    expect(await review.decide(tom, item, 'revoke', { coment: 'must go' })).toMatch(/^rejected: .*coment/)
    expect((await review.link(lars)).decisions).toEqual([])
    expect(await review.decide(tom, item, 'revoke')).toMatch(/revoked/)
  })

  test('after the end, on an unknown item or in an unknown review does not count', async () => {
    const review = await Review.begin({ ...reviewed, silence: { escalateDays: 7, means: 'not-done' } })
    const item = await review.link(lars)
    const unknown = { ...item, digest: item.digest.replace(/./g, '0') as typeof item.digest }
    expect(await review.decide(tom, unknown, 'revoke')).toMatch(/^rejected: .*does not have/)
    await review.days(22)
    expect(await review.decide(tom, item, 'revoke')).toMatch(/^rejected: .*too late/)
    expect(review.has(lars)).toBe(true)
  })

  test.each(['keep', 'revoke'] as const)('that comes while its run ends counts: %s', async (verdict) => {
    const review = await Review.begin({ ...reviewed, silence: { escalateDays: 7, means: means[verdict] } })
    const { grouping } = review
    const item = await review.link(kenji)
    await review.days(20)
    const { world } = grouping
    const key = `decisions/${grouping.id('USER', tom)}/quarter/${item.digest}%${verdict}`
    const looks: string[] = []
    grouping.answer = async ({ operation, args: [head], proceed }) => {
      // The first look is that of the end of the run. Another process takes the decision meanwhile.
      if (operation === 'head' && head === linkTo(kenji) && looks.push(operation) === 1) {
        await world.objects.put(key, '')
        const message = { v: 1, key, id: 'meanwhile', event: 'ObjectCreated:Put' } as const
        await controllerOf(key)(message, { ...openInputs(world.ports, world.configuration), sentMs: undefined })
      }
      return proceed()
    }
    await review.days(1)
    await minutesUntil(grouping, async () => (await review.run()).phase !== 'escalated', 'its end')
    await minutes(grouping, 5)
    expect(await grouping.status(key)).toMatchObject({ state: 'applied' })
    expect(review.has(kenji)).toBe(verdict === 'keep')
    expect((await review.outcome(item)).end?.is).toBe(verdict === 'keep' ? 'kept' : 'deleted')
  })

  test('that revoked a link does not revoke it again when somebody uploads it again', async () => {
    const review = await Review.begin()
    await review.decide(tom, await review.link(lars), 'revoke')
    await minutesUntil(review.grouping, () => !review.has(lars), 'the access')
    await apply(review.grouping, [linkTo(lars)])
    await minutes(review.grouping, 10)
    expect(review.has(lars)).toBe(true)
  })

  const elsewhere = `memberships/team-a/oncall%${lars}%ssofile`
  test.each([
    ['link', 'after its access ended', linkTo(lars), linkTo(lars)],
    ['link', 'before its access ends', linkTo(lars), linkTo(lars)],
    ['membership', 'after its access ended', membership, membership],
    ['membership', 'after its access ended, in another folder', membership, elsewhere],
    ['membership', 'before its access ends, in another folder', membership, elsewhere],
  ] as const)(
    'that revoked a %s which somebody asks for again %s leaves nothing to prove at the end',
    async (kind, when, key, again) => {
      const review = await Review.begin()
      const { grouping } = review
      const has = () => (kind === 'link' ? review.has(lars) : grouping.groupsOf(lars).includes('oncall'))
      const item = kind === 'link' ? await review.link(lars) : await review.find((subject) => subject.kind === kind)
      const isBefore = when.startsWith('before')
      if (isBefore)
        grouping.answer = async ({ operation, args: [deleted], proceed }) => {
          const answer = await proceed()
          if (operation === 'delete' && deleted === key) await grouping.world.objects.put(again, '')
          return answer
        }
      await review.decide(tom, item, 'revoke')
      if (!isBefore) {
        await minutesUntil(grouping, () => !has(), 'the access')
        await apply(grouping, [again])
      }
      await grouping.delete('reviews/quarter.json')
      await minutesUntil(grouping, async () => (await review.run()).phase === 'done', 'its end')
      const manifest = (await grouping.world.json(`${review.folder}manifest.json`)) as unknown as Manifest
      const shown = manifest.items.find(({ digest }) => digest === item.digest)
      expect(shown).toMatchObject({ result: 'came back', given: [{ key: again }] })
      expect(shown?.proof).toHaveLength(isBefore ? 0 : 1)
      const csv = await grouping.world.objects.get(`${review.folder}items.csv`)
      expect(new TextDecoder().decode(csv?.body)).toContain(again)
      expect(await verify(review)).toEqual([])
      expect(has()).toBe(true)
      await forge(review, `${review.folder}items/${item.digest}.json`, (text) =>
        text.replace(/("given": .*?"key": ")[^"]*/s, '$1links_data/a'),
      )
      expect((await verify(review)).join()).toMatch(/links_data\/a is not one that gives the access/)
    },
  )
})

describe('a revocation of many', () => {
  const { brake } = configuration.parse({})
  const people = [kenji, lars, tom, 'ama.osei@acme.example', 'chen.wei@acme.example']

  test.each([
    ['its uploads', false],
    ['the same content uploaded again', true],
  ])('is held on a list of its own, and a release frees exactly that: %s', async (_, isAgain) => {
    const review = new Review({ brake: { ...brake, own: { count: 2, percent: 0, minutes: 15 } } })
    const { grouping } = review
    const { world } = grouping
    const byHand = 'links_data/account%233000000003%Support-ps%'
    const others = people.map((name) => `${byHand}${name}%USER%ssofile`)
    await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
    await apply(grouping, [...people.map((name) => linkTo(name)), ...others])
    await apply(grouping, ['reviews/quarter.json'], { ...reviewed, scopes: [`account%${account}`], groups: [] })
    review.folder = `review-results/quarter/${(await review.run()).run}/`
    for (const name of isAgain ? people : []) upload(review, linkTo(name))
    await minutes(grouping, 1)
    for (const item of await review.items()) {
      const subject = item.subject
      const by = 'principal' in subject && subject.principal === tom ? kenji : tom
      expect(await review.decide(by, item, 'revoke')).toMatch(/^applied: revoked/)
    }
    for (const key of others) await grouping.delete(key)
    const lists = async () => (await brakeFile(world.objects).read())?.value.lists ?? []
    await minutesUntil(
      grouping,
      async () => (await lists()).reduce((sum, { held }) => sum + held.length, 0) === 6,
      'six',
    )
    const [own] = (await lists()).filter(({ cause }) => cause === 'review')
    expect(own).toMatchObject({ rule: 'own', name: 'quarter', passed: 2 })
    expect(own && describeList(own)).toMatch(/the review 'quarter' revoked more than 2 of the 10 links/)
    if (own) await releaseList(world.objects, digestOf(own), 'ada')
    const left = () =>
      world.ssoAdmin.assignments().filter(({ accountId }) => accountId === account || accountId === '233000000003')
    await minutesUntil(grouping, () => !left().some(({ accountId }) => accountId === account), 'the release')
    await minutes(grouping, 5)
    expect(left()).toHaveLength(3)
    expect((await lists()).map(({ cause, held }) => [cause, held.length])).toEqual([['folder', 3]])
  })
})

test('several reviews together revoke no more than one may, and what is too much is on a list of its own', async () => {
  const { brake } = configuration.parse({})
  const review = new Review({ brake: { ...brake, own: { count: 2, percent: 0, minutes: 15 } } })
  const { grouping } = review
  const { world } = grouping
  const people = [lars, kenji, 'ama.osei@acme.example', 'chen.wei@acme.example']
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(
    grouping,
    people.map((name) => linkTo(name)),
  )
  const names = ['first', 'second', 'third', 'fourth']
  const reviewers = { fallback: { users: [tom] } }
  for (const name of names) await apply(grouping, [`reviews/${name}.json`], { ...reviewed, groups: [], reviewers })
  for (const [nth, name] of names.entries()) {
    const run = await readRun(world.objects, name)
    const items = run ? (await readEvidence(world.objects, name, run)).items : []
    const item = items.find(({ subject }) => subject.kind === 'link' && subject.principal === people[nth])
    await grouping.put(`decisions/${grouping.id('USER', tom)}/${name}/${item?.digest}%revoke`)
  }
  const lists = async () => (await brakeFile(world.objects).read())?.value.lists ?? []
  await minutesUntil(grouping, async () => (await lists())[0]?.held.length === 2, 'two are held')
  await minutes(grouping, 5)
  expect(people.filter((name) => review.has(name))).toHaveLength(2)
  const [list] = await lists()
  expect(await lists()).toMatchObject([{ cause: 'review', passed: 2 }])
  expect(list?.name).toBeUndefined()
  expect(list && describeList(list)).toMatch(/all reviews together revoked more than 2 of the 4 links/)
  if (list) await releaseList(world.objects, digestOf(list), 'ada')
  await minutesUntil(grouping, () => !people.some((name) => review.has(name)), 'the release')
})

describe('the evidence', () => {
  async function finish(): Promise<Review> {
    const review = await Review.begin()
    const { grouping } = review
    await review.decide(tom, await review.link(lars), 'revoke', { comment: 'left the team' })
    await minutesUntil(grouping, () => !review.has(lars), 'the access')
    for (const name of [kenji, 'oncall']) await review.decide(tom, await review.link(name), 'keep')
    await review.days(22)
    return review
  }
  test('of an untouched bucket matches', async () => {
    expect(await verify(await finish())).toEqual([])
  })

  test('of an earlier run matches too, and shows what changed since', async () => {
    const review = await Review.begin({
      ...reviewed,
      lastsDays: 1,
      silence: { escalateDays: 1, means: 'not-done' },
      repeatDays: 5,
    })
    const { objects } = review.grouping.world
    const { run: begun } = await review.run()
    const item = await review.link(kenji)
    await review.decide(tom, item, 'keep')
    await review.days(6)
    expect(await listBeginnings(objects, 'quarter')).toEqual([begun, (await review.run()).run])
    const run = await readRunOf(objects, 'quarter', begun)
    expect(run && (await verifyReview(objects, 'quarter', run))).toEqual([])
    await review.grouping.delete(`decisions/${review.grouping.id('USER', tom)}/quarter/${item.digest}%keep`)
    expect(run && (await verifyReview(objects, 'quarter', run)).join()).toMatch(/%keep is gone/)
    expect(await readRunOf(objects, 'quarter', '2020-01-01T00:00:00.000Z')).toBeUndefined()
    await review.grouping.put(`decisions/${review.grouping.id('USER', tom)}/quarter/${item.digest}%keep`, {})
    await forge(review, `review-results/quarter/${begun}/manifest.json`, (text) =>
      text.replace('"not-done"', '"revoke"').replace('"phase": "done"', '"phase": "open"'),
    )
    const forged = await readRunOf(objects, 'quarter', begun)
    const faults = (forged && (await verifyReview(objects, 'quarter', forged)).join()) ?? ''
    expect(faults).toMatch(/the terms: the run has others than its beginning/)
    // A run that died before it began is none.
    await objects.put('review-results/quarter/2026-01-01T00:00:00.000Z/manifest.json', '{}')
    expect(await listBeginnings(objects, 'quarter')).toHaveLength(2)
  })

  test('of a running review matches', async () => {
    const review = await Review.begin()
    await review.decide(tom, await review.link(lars), 'revoke')
    expect(await verify(review)).toEqual([])
  })

  test('shows a decision that changed, went, or was never made', async () => {
    const review = await finish()
    const item = await review.link(kenji)
    const key = `decisions/${review.grouping.id('USER', tom)}/quarter/${item.digest}%keep`
    await review.grouping.put(key, { comment: 'another' })
    expect((await verify(review)).join()).toMatch(/%keep changed after it counted/)
    await review.grouping.delete(key)
    expect((await verify(review)).join()).toMatch(/%keep is gone/)
    const never = await finish()
    const outcome = `${never.folder}items/${(await never.link(lars)).digest}.json`
    await forge(never, outcome, (text) =>
      text.replace(/("end": .*"by": ")[^"]*/s, `$1${never.grouping.id('USER', kenji)}`),
    )
    expect((await verify(never)).join()).toMatch(/revoked without a decision/)
  })

  test('shows an item that was removed, or changed', async () => {
    const review = await finish()
    const { digest } = await review.link(kenji)
    const key = `${review.folder}items/${digest}.json`
    await forge(review, key, (text) => text.replace(/"principal": "[^"]*"/, '"principal": "nobody"'))
    expect((await verify(review)).join()).toMatch(/have another digest: somebody changed them/)
    await review.grouping.delete(key)
    expect((await verify(review)).join()).toMatch(/the population: the items received/)
  })

  test('shows a forged proof, and a manifest that differs from the bucket', async () => {
    const review = await finish()
    const outcome = `${review.folder}items/${(await review.link(lars)).digest}.json`
    await forge(review, outcome, (text) => text.replace(/history\/account%\d{12}/, 'history/account%111122223333'))
    expect((await verify(review)).join()).toMatch(/the proof .* is not one/)
    const other = await finish()
    await forge(other, `${other.folder}manifest.json`, (text) =>
      text.replace('"result": "kept"', '"result": "revoked"'),
    )
    expect((await verify(other)).join()).toMatch(/differs from the records/)
  })
})
