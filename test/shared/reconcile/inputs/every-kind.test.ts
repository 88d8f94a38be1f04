import { describe, expect, test } from '@jest/globals'
import { pauseKey } from '../../../../shared/reconcile/records/pause.ts'
import { stride } from '../../../depth.ts'
import { noAnswer } from '../../../intercept.ts'
import { Grouping } from '../people/grouping.ts'
import { type Sample, samples } from './samples.ts'

/** Calls that change something in the directory or in Identity Center. */
const changing = /^(create|update|delete|put|attach|detach|tag|untag|provision)/

/** A world with what the sample needs, and the changing calls from now on. */
async function prepare({ prepare: ready }: Sample) {
  const grouping = new Grouping({ directory: 'identity-center' })
  await ready(grouping)
  await grouping.world.clock.advance(10_000)
  const calls: string[] = []
  grouping.answer = async ({ port, operation, proceed }) => {
    if ((port === 'ssoAdmin' || port === 'identityStore') && changing.test(operation)) calls.push(operation)
    return proceed()
  }
  return { grouping, calls }
}

/** Minutes pass as deployed, until it holds. What got no answer is proved after fifteen. */
async function minutesUntil({ world }: Grouping, holds: () => Promise<boolean>, what: string): Promise<void> {
  for (let second = 0; second < 20 * 60; second++) {
    if (await holds()) return
    await world.clock.advance(1_000)
    // A schedule that fails comes again.
    if (second % 60 === 59) await world.finish(world.everyMinute()).catch(() => undefined)
    if (second % 300 === 299) await world.finish(world.everyFiveMinutes()).catch(() => undefined)
  }
  throw new Error(`${what} did not come about`)
}

async function minutes({ world }: Grouping, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    await world.clock.advance(60_000)
    await world.finish(world.everyMinute())
  }
}

const writing = /^(put|delete|send|create|update|attach|detach|tag|untag|provision)/

/** A file comes and goes, while one of its writes fails. Answers how many writes there were. */
async function live(
  sample: Sample,
  fault: { readonly failing: number; readonly when: 'before' | 'after' } | undefined,
): Promise<number> {
  const { grouping } = await prepare(sample)
  let writes = 0
  grouping.answer = async ({ port, operation, proceed }) => {
    if (!writing.test(operation)) return proceed()
    const isFailing = writes++ === fault?.failing
    if (isFailing && fault?.when === 'before') throw noAnswer(`${port}.${operation}`)
    const answer = await proceed()
    if (isFailing) throw noAnswer(`${port}.${operation}`)
    return answer
  }
  await grouping.put(sample.key(grouping), sample.body)
  await minutesUntil(grouping, () => isDone(sample, grouping), 'the file')
  await grouping.delete(sample.key(grouping))
  await minutesUntil(grouping, () => isOver(sample, grouping), 'its end')
  return writes
}

async function isDone(sample: Sample, grouping: Grouping): Promise<boolean> {
  const told = await grouping.status(sample.key(grouping))
  return told?.state === sample.state && (await sample.isDone(grouping))
}

async function isOver(sample: Sample, grouping: Grouping): Promise<boolean> {
  const isEnded = await (sample.isOver ?? (async (one: Grouping) => !(await sample.isDone(one))))(grouping)
  return isEnded && (await grouping.status(sample.key(grouping))) === undefined
}

describe.each(Object.entries(samples))('a %s', (_, sample) => {
  const { body } = sample

  test('is done and told, and over when the file is gone, with its status', async () => {
    const { grouping } = await prepare(sample)
    await grouping.put(sample.key(grouping), body)
    await minutesUntil(grouping, () => isDone(sample, grouping), 'the file')
    await grouping.delete(sample.key(grouping))
    await minutesUntil(grouping, () => isOver(sample, grouping), 'its end')
    expect(grouping.world.errors).toEqual([])
  })

  test('has a status under a pause, changes nothing, and is done after it', async () => {
    const { grouping, calls } = await prepare(sample)
    const key = sample.key(grouping)
    await grouping.put(pauseKey, { v: 1, reason: 'an incident', by: 'ada', since: '2026-03-03T10:00:00.000Z' })
    await grouping.put(key, body)
    await minutes(grouping, 6)
    expect(calls).toEqual([])
    expect(await grouping.status(key)).toBeDefined()
    await grouping.delete(pauseKey)
    await minutesUntil(grouping, () => isDone(sample, grouping), 'the file')
  })

  test('whose file is deleted under a pause is over after it', async () => {
    const { grouping, calls } = await prepare(sample)
    const key = sample.key(grouping)
    await grouping.put(key, body)
    await minutesUntil(grouping, () => isDone(sample, grouping), 'the file')
    await grouping.put(pauseKey, { v: 1, reason: 'an incident', by: 'ada', since: '2026-03-03T10:00:00.000Z' })
    await grouping.world.clock.advance(10_000)
    calls.length = 0
    await grouping.delete(key)
    await minutes(grouping, 6)
    expect(calls).toEqual([])
    await grouping.delete(pauseKey)
    await minutesUntil(grouping, () => isOver(sample, grouping), 'its end')
  })

  test.each(['before', 'after'] as const)(
    'is done, and over, whichever write fails %s it takes effect',
    async (when) => {
      const count = await live(sample, undefined)
      expect(count).toBeGreaterThan(0)
      for (let failing = 0; failing < count; failing += stride) await live(sample, { failing, when })
    },
    120_000,
  )
})
