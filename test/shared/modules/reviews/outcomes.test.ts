import { describe, expect, test } from '@jest/globals'
import { renderAssignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { verifyReview } from '../../../../shared/modules/reviews/review-evidence.ts'
import { readRun } from '../../../../shared/modules/reviews/review-records.ts'
import type { Manifest } from '../../../../shared/modules/reviews/rules/manifest.ts'
import { describeSubject, type ReviewItem } from '../../../../shared/modules/reviews/rules/review-item.ts'
import { readForeign, removeForeign, writeForeign } from '../../../../shared/reconcile/records/foreign-assignments.ts'
import { minutes, minutesUntil } from '../../reconcile/inputs/minutes.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { account, lars, linkTo, membership, Review, reviewed, tom } from './review.ts'

const everywhere = `links_data/root%all%Support-ps%${lars}%USER%ssofile`

async function begin(prepare: (review: Review) => Promise<void>): Promise<Review> {
  const review = new Review()
  const { grouping } = review
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await prepare(review)
  await apply(grouping, ['reviews/quarter.json'], reviewed)
  review.folder = `review-results/quarter/${(await review.run()).run}/`
  return review
}

async function close(review: Review, phase = 'done'): Promise<Manifest> {
  const { grouping } = review
  await grouping.delete('reviews/quarter.json')
  await minutesUntil(grouping, async () => (await review.run()).phase === phase, 'its end')
  return manifestOf(review)
}

async function manifestOf({ grouping, folder }: Review): Promise<Manifest> {
  return (await grouping.world.json(`${folder}manifest.json`)) as unknown as Manifest
}

async function verify({ grouping: { world } }: Review): Promise<string> {
  const run = await readRun(world.objects, 'quarter')
  return run ? (await verifyReview(world.objects, 'quarter', run)).join('\n') : 'no run'
}

/** Somebody with rights to the bucket changes one item, and what the manifest says of it. */
async function forge(review: Review, { digest }: Pick<ReviewItem, 'digest'>, change: Partial<ReviewItem>) {
  const { objects } = review.grouping.world
  const key = `${review.folder}items/${digest}.json`
  const item = await review.grouping.world.json(key)
  await objects.put(key, JSON.stringify({ ...item, ...change }))
}

const linkAt = (review: Review, key: string) =>
  review.find((subject) => subject.kind === 'link' && subject.file.key === key)

describe('a link of an account and a link of the whole organization give the same access', () => {
  const both = async ({ grouping }: Review) => {
    await apply(grouping, [linkTo(lars), everywhere])
  }

  test.each([
    ['account', linkTo(lars), everywhere],
    ['organization', everywhere, linkTo(lars)],
  ])('the revoked link of the %s has the result still given, with the other link', async (_, revoked, other) => {
    const review = await begin(both)
    const item = await linkAt(review, revoked)
    expect(item.subject).toMatchObject({ alsoBy: [other] })
    expect(describeSubject(item.subject)).toMatch(/\(also by 1 other link\)$/)
    expect(await review.decide(tom, item, 'revoke')).toMatch(/^applied: revoked/)
    const manifest = await close(review)
    expect(review.has(lars)).toBe(true)
    const shown = manifest.items.find(({ digest }) => digest === item.digest)
    expect(shown).toMatchObject({ result: 'still given', given: [{ key: other }] })
    expect(manifest.counts).toMatchObject({ revoked: 0, 'still given': 1 })
    expect(await review.reviewersTold('still-given')).toEqual([kenji, tom])
    const csv = await review.grouping.world.objects.get(`${review.folder}items.csv`)
    expect(new TextDecoder().decode(csv?.body)).toContain(`"${other}"`)
    expect(await verify(review)).toBe('')
  })

  test('both are revoked, and each has a proof for each account of its scope', async () => {
    const review = await begin(both)
    const [one, all] = [await linkAt(review, linkTo(lars)), await linkAt(review, everywhere)]
    const id = review.grouping.id('USER', lars)
    const { ssoAdmin } = review.grouping.world
    const arn = ssoAdmin.permissionSetArnOf('Support-ps')
    const before = ssoAdmin.assignments().filter((one) => one.principalId === id && one.permissionSetArn === arn).length
    for (const item of [one, all]) await review.decide(tom, item, 'revoke')
    const manifest = await close(review)
    expect(review.has(lars)).toBe(false)
    expect(manifest.counts).toMatchObject({ revoked: 2, 'still given': 0 })
    const proofOf = ({ digest }: ReviewItem) => manifest.items.find((item) => item.digest === digest)?.proof ?? []
    expect(proofOf(one)).toEqual([expect.stringContaining(`history/account%${account}%Support-ps%`)])
    const accounts = proofOf(all).map((key) => key.split('%')[1])
    expect([accounts.length, new Set(accounts).size]).toEqual([before, before])
    expect(accounts).toContain(account)
    expect(await verify(review)).toBe('')
  })

  test('a forged result revoked fails, although every change has its proof elsewhere', async () => {
    const review = await begin(both)
    const item = await linkAt(review, linkTo(lars))
    await review.decide(tom, item, 'revoke')
    await close(review)
    await forge(review, item, { given: undefined, proof: [] })
    expect(await verify(review)).toMatch(new RegExp(`it has no proof that the access in ${account} ended`))
  })
})

test('access that stays only because another link cannot be read is still given, by that link', async () => {
  const review = await begin(({ grouping }) => apply(grouping, [linkTo(lars)]))
  const { grouping } = review
  const uploader = { accessKeyId: 'AROAEXAMPLE:somebody', sourceIpAddress: '192.0.2.1' }
  const elsewhere = `links_data/account%233000000003%Support-ps%${lars}%USER%ssofile`
  for (const key of [everywhere, elsewhere])
    grouping.world.objects.model.put(uploader, key, new Uint8Array(), { customerKeyMd5: 'x' })
  await minutes(grouping, 2)
  const item = await linkAt(review, linkTo(lars))
  expect(await review.decide(tom, item, 'revoke')).toMatch(/^applied: revoked/)
  const manifest = await close(review)
  expect(review.has(lars)).toBe(true)
  const shown = manifest.items.find(({ digest }) => digest === item.digest)
  expect(shown).toMatchObject({ result: 'still given' })
  expect(shown?.given?.map(({ key }) => key)).toEqual([everywhere])
  expect(await verify(review)).toBe('')
})

describe('a proof', () => {
  const revoke = async () => {
    const review = await begin(({ grouping }) => apply(grouping, [linkTo(lars)]))
    const { grouping } = review
    await grouping.delete(linkTo(lars))
    await minutesUntil(grouping, () => !review.has(lars), 'the access')
    await apply(grouping, [linkTo(lars)])
    const item = await linkAt(review, linkTo(lars))
    await review.decide(tom, item, 'revoke')
    await close(review)
    const told = (await grouping.world.keys(`history/account%${account}`)).filter((key) =>
      key.endsWith('%revoked.json'),
    )
    return { review, item, told }
  }

  test('is the last end of exactly this access: an empty, an earlier and another one fail', async () => {
    const { review, item, told } = await revoke()
    const [earlier = '', last = ''] = told
    const { proof } = await review.outcome(item)
    expect(proof).toEqual([last])
    expect(await verify(review)).toBe('')
    await forge(review, item, { proof: [] })
    expect(await verify(review)).toMatch(/it has no proof that the access in 233000000002 ended/)
    await forge(review, item, { proof: [earlier] })
    expect(await verify(review)).toContain(`the proof ${earlier} is not one`)
    const elsewhere = last.replace(account, '233000000003')
    await review.grouping.world.objects.put(elsewhere, '{}')
    await forge(review, item, { proof: [elsewhere] })
    expect(await verify(review)).toContain(`the proof ${elsewhere} is not one`)
    await forge(review, item, { proof: [last, elsewhere] })
    expect(await verify(review)).toContain(`the proof ${elsewhere} is not one`)
    await forge(review, item, { proof: [last] })
    expect(await verify(review)).toMatch(/^review-results.*manifest.json: differs|^$/)
  })
})

describe('a membership', () => {
  test('that a rule gives too is still given after its file went', async () => {
    const review = await begin(async ({ grouping }) => {
      await apply(grouping, ['groups/oncall.json'])
      await apply(grouping, [membership])
    })
    const { grouping } = review
    const item = await review.find(({ kind }) => kind === 'membership')
    await grouping.world.identityStore.updateUser(grouping.id('USER', lars), [{ path: 'title', value: 'Engineer' }])
    await apply(grouping, ['rules/oncall.json'], { title: ['Engineer'] })
    await review.decide(tom, item, 'revoke')
    const manifest = await close(review)
    expect(manifest.items.find(({ digest }) => digest === item.digest)?.result).toBe('still given')
    expect(grouping.groupsOf(lars)).toContain('oncall')
  })
})

describe('a task about access that others gave', () => {
  const nameOf = (name: string) => principalName.parse(name)
  const given = async () => {
    const review = await begin(({ grouping }) => apply(grouping, [linkTo(tom)]))
    const { objects, clock } = review.grouping.world
    const principalId = review.grouping.id('GROUP', 'team-Web')
    const access = { accountId: accountId.parse(account), permissionSet: permissionSetName.parse('Other-ps') }
    const key = renderAssignmentKey({ ...access, type: 'GROUP', principalId })
    const find = (name: string) =>
      writeForeign(objects, key, {
        principal: nameOf(name),
        permissionSetArn: permissionSetArn.parse(
          'arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef',
        ),
        links: [],
        seenAt: clock.now().toISOString(),
      })
    await find('team-Web')
    await apply(review.grouping, ['reviews/others.json'], { ...reviewed, only: 'foreign' })
    review.folder = `review-results/others/${(await readRun(objects, 'others'))?.run}/`
    const item = await review.find(({ kind }) => kind === 'foreign')
    const user = review.grouping.id('USER', kenji)
    await apply(review.grouping, [`decisions/${user}/others/${item.digest}%revoke`])
    await review.grouping.delete('reviews/others.json')
    await minutesUntil(review.grouping, async () => (await readRun(objects, 'others'))?.phase === 'settling', 'its end')
    const isDone = async () => {
      await review.days(1)
      return (await manifestOf(review)).items.some(({ result }) => result === 'task done')
    }
    return { review, key, find, isDone }
  }

  test('is done when the access is gone, not when its group has another name', async () => {
    const { review, key, find, isDone } = await given()
    const { objects } = review.grouping.world
    await objects.delete(`access/account%${account}%Other-ps%team-Web%GROUP%foreign`)
    await find('team-Internet')
    expect(await isDone()).toBe(false)
    await removeForeign(objects, key, { principal: nameOf('team-Internet') })
    expect(await isDone()).toBe(true)
    const run = await readRun(objects, 'others')
    expect(run && (await verifyReview(objects, 'others', run))).toEqual([])
  })

  test('is not done by an import: then the access is ours', async () => {
    const { review, key, isDone } = await given()
    const { objects, clock } = review.grouping.world
    const { permissionSetArn: arn } = (await readForeign(objects, key)) ?? {}
    const at = clock.now().toISOString()
    const entry = {
      v: 1,
      state: 'granted',
      principal: 'team-Web',
      principalId: key.split('%')[3],
      permissionSetArn: arn,
    }
    await objects.put(`assignments/${key}`, JSON.stringify({ ...entry, links: [], attempts: 0, updatedAt: at }))
    await removeForeign(objects, key, { principal: nameOf('team-Web') })
    expect(await isDone()).toBe(false)
  })
})
