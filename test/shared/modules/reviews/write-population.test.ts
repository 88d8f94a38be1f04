import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { verifyReview } from '../../../../shared/modules/reviews/review-evidence.ts'
import { readRun } from '../../../../shared/modules/reviews/review-records.ts'
import { describeSubject } from '../../../../shared/modules/reviews/rules/review-item.ts'
import { recordUses, recordWatching } from '../../../../shared/modules/usage/use-records.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import type { Interceptor } from '../../../intercept.ts'
import { minutesUntil } from '../../reconcile/inputs/minutes.ts'
import { apply } from '../../reconcile/inputs/samples.ts'
import { kenji } from '../people/grouping.ts'
import { account, lars, linkTo, membership, Review, reviewed } from './review.ts'

async function open(): Promise<Review> {
  const review = new Review()
  const { grouping } = review
  await apply(grouping, ['permission_sets/Support-ps.json'], { permissionSetName: 'Support-ps' })
  await apply(grouping, ['groups/oncall.json'])
  await apply(grouping, [membership, linkTo(kenji), linkTo(lars), linkTo('oncall', 'GROUP')])
  return review
}

/** The review's questions, and how often each object of a run was written. */
async function begin(review: Review, disturb: Interceptor) {
  const { grouping } = review
  const { world } = grouping
  const written: string[] = []
  const told: string[] = []
  grouping.answer = (call) => {
    const key = String(call.args[0])
    if (call.operation === 'put' && key.startsWith('status/reviews/')) told.push(String(call.args[1]))
    if (call.operation === 'put' && key.startsWith('review-results/quarter/2')) written.push(key)
    return disturb(call)
  }
  await grouping.put('reviews/quarter.json', reviewed)
  const isBegun = async () => (await readRun(world.objects, 'quarter')) !== undefined
  await minutesUntil(grouping, isBegun, 'the run')
  const run = await readRun(world.objects, 'quarter')
  if (run === undefined) throw new Error('no run')
  review.folder = `review-results/quarter/${run.run}/`
  const items = await review.items()
  const faults = await world.finish(verifyReview(world.objects, 'quarter', run))
  return { run, written, told, subjects: items.map(({ subject }) => describeSubject(subject)).sort(), faults }
}

const partOf = (key: string) => /\/population\/(\d+)\.json$/.exec(key)?.[1]

test('a review that takes longer than one function has goes on where it stopped', async () => {
  const whole = await begin(await open(), ({ proceed }) => proceed())
  const review = await open()
  const slow = await begin(review, async ({ operation, args: [key], proceed }) => {
    const answer = await proceed()
    if (operation === 'put' && partOf(String(key)) === '000000') await review.grouping.world.clock.sleep(160_000)
    return answer
  })
  expect(whole.subjects).toHaveLength(6)
  expect(slow.subjects).toEqual(whole.subjects)
  expect([slow.run.items, slow.faults]).toEqual([6, []])
  expect(slow.told.join()).toContain('its items are being gathered: 6 items so far')
  expect(slow.written.filter(partOf)).toEqual([0, 1].map((part) => `${review.folder}population/00000${part}.json`))
})

test.each(['population', 'items'])(
  'a review that is killed at any write under %s/ asks each question once',
  async (at) => {
    const whole = await begin(await open(), ({ proceed }) => proceed())
    for (const isBefore of [true, false]) {
      const killed = new Set<string>()
      const again = await begin(await open(), async ({ operation, args: [key], proceed }) => {
        const isWrite = operation === 'put' && String(key).startsWith('review-results/quarter/2')
        const place = String(key).replace(/\d{4}-\d\d-\d\dT[^/]*/, '')
        const isKilled = isWrite && place.includes(`/${at}/`) && killed.size < killed.add(place).size
        const answer = isKilled && isBefore ? undefined : await proceed()
        if (isKilled) throw new ServiceError('s3', 'SlowDown', 'killed', { httpStatus: 503 })
        return answer
      })
      expect(killed.size).toBeGreaterThan(1)
      expect(again.subjects).toEqual(whole.subjects)
      expect([again.run.items, again.faults]).toEqual([6, []])
    }
  },
)

test('a scope that has nothing is looked at anew each hour', async () => {
  const review = await open()
  const { grouping } = review
  await grouping.put('reviews/quarter.json', { ...reviewed, permissionSets: ['Other-*'], groups: [] })
  await grouping.until('reviews/quarter.json', 'waiting')
  await apply(grouping, ['permission_sets/Other-ps.json'], { permissionSetName: 'Other-ps' })
  await apply(grouping, [linkTo(kenji).replace('Support-ps', 'Other-ps')])
  await grouping.world.clock.advance(60 * 60_000)
  await minutesUntil(grouping, async () => (await readRun(grouping.world.objects, 'quarter')) !== undefined, 'the run')
  expect(await readRun(grouping.world.objects, 'quarter')).toMatchObject({ items: 1 })
})

test('a file that is deleted before all is gathered, and uploaded again, begins its run then', async () => {
  const review = await open()
  const { grouping } = review
  const { world } = grouping
  grouping.answer = async ({ operation, args: [key], proceed }) => {
    const answer = await proceed()
    // As if the file were deleted at the moment in which the first function ends.
    if (operation === 'put' && partOf(String(key)) === '000001') await grouping.delete('reviews/quarter.json')
    if (operation === 'put' && partOf(String(key))) await world.clock.sleep(200_000)
    return answer
  }
  await grouping.put('reviews/quarter.json', reviewed)
  const isGathered = async () => (await world.keys('review-results/')).some((key) => partOf(key) === '000001')
  await minutesUntil(grouping, isGathered, 'the second part')
  await minutesUntil(grouping, async () => (await grouping.status('reviews/quarter.json')) === undefined, 'the end')
  expect(await readRun(world.objects, 'quarter')).toBeUndefined()
  grouping.answer = ({ proceed }) => proceed()
  await grouping.put('reviews/quarter.json', reviewed)
  const uploadedMs = (await world.objects.head('reviews/quarter.json'))?.lastModified.getTime()
  await minutesUntil(grouping, async () => (await readRun(world.objects, 'quarter')) !== undefined, 'the run')
  const run = await readRun(world.objects, 'quarter')
  expect(Date.parse(run?.run ?? '')).toBeGreaterThanOrEqual(uploadedMs ?? Number.NaN)
})

test('of two processes that gather one run each part is of one of them, and only its questions are asked', async () => {
  const review = await open()
  const { world } = review.grouping
  let isFirst = true
  const { run, faults, subjects } = await begin(review, async ({ operation, args: [key], proceed }) => {
    if (operation === 'put' && partOf(String(key)) === '000001' && isFirst) {
      isFirst = false
      await world.objects.put(String(key), JSON.stringify({ v: 1, upTo: 'oncall', items: [] }))
    }
    return proceed()
  })
  expect(isFirst).toBe(false)
  expect(subjects.filter((subject) => subject.includes('oncall'))).toEqual([])
  expect([run.items, faults]).toEqual([subjects.length, []])
})

test('the members of groups are read part by part also if uses are watched', async () => {
  const review = await open()
  const { grouping } = review
  const { world } = grouping
  const user = grouping.id('USER', lars)
  const at = world.clock.now()
  const access = { account: accountId.parse(account), permissionSet: permissionSetName.parse('Support-ps') }
  await recordUses(world.ports, user, [{ user, ...access, at: at.toISOString(), by: 'cli' }])
  await recordWatching(world.ports, [at, new Date(at.getTime() + 60 * 60_000)])
  const calls: string[] = []
  const { subjects } = await begin(review, ({ operation, args: [key], proceed }) => {
    // The members of the reviewing group are read at the beginning.
    if (operation === 'listMembersOf' && key !== grouping.id('GROUP', 'team-Web')) calls.push('members')
    if (operation === 'put' && partOf(String(key))) calls.push('part')
    return proceed()
  })
  expect(subjects).toHaveLength(6)
  expect(calls[0]).toBe('part')
  expect(calls).toContain('members')
})
