import { expect, test } from '@jest/globals'
import fastify from 'fastify'
import { addClock } from '../../../infra/local/add-clock.ts'
import { openLocalClocks } from '../../../infra/local/local-clocks.ts'
import { startSchedule } from '../../../infra/local/schedule.ts'
import { DurableTables } from '../../shared/memory/durable-tables.ts'

const dayMs = 86_400_000
const aheadOf = ({ now }: { now(): Date }) => Math.round((now().getTime() - Date.now()) / 1_000) * 1_000

test('a move takes all clocks with it, also those of the next process', () => {
  const { open } = new DurableTables()
  const clocks = openLocalClocks(open, 1)
  clocks.moveAhead(2 * dayMs)
  clocks.moveAhead(3_600_000)
  const after = openLocalClocks(open, 1)
  for (const { models, functions, machine } of [clocks, after])
    for (const clock of [models, functions, machine]) expect(aheadOf(clock)).toBe(2 * dayMs + 3_600_000)
})

test('a schedule whose time has come runs at once, and a function that waits a second does not notice', async () => {
  const clocks = openLocalClocks(new DurableTables().open, 1)
  const ran = Promise.withResolvers<string>()
  const startOf = (everyMs: number, run: () => void) =>
    startSchedule({ everyMs, run: async () => run(), clock: clocks.models, onError: ran.reject })
  const later = startOf(30 * dayMs, () => ran.reject(new Error('the schedule of 30 days ran after two')))
  const hourly = startOf(3_600_000, () => ran.resolve('ran'))
  const stopping = new AbortController()
  let isOver = false
  const waiting = clocks.functions.sleep(dayMs, stopping.signal).then(() => {
    isOver = true
  })
  clocks.moveAhead(2 * dayMs)
  expect(await ran.promise).toBe('ran')
  expect(isOver).toBe(false)
  stopping.abort()
  await Promise.all([waiting, hourly.stop(), later.stop()])
})

const posted = async (body: unknown, hasBundles = false) => {
  const app = fastify()
  const clocks = openLocalClocks(new DurableTables().open, 1)
  addClock(app, clocks, { hasBundles })
  const answer = await app.inject({ method: 'POST', url: '/_ssofile/clock', body: body as object })
  return { status: answer.statusCode, told: answer.json(), aheadMs: aheadOf(clocks.machine) }
}

test.each([
  ['P2D', 2 * dayMs],
  ['PT90M', 90 * 60_000],
  ['P1DT1H1M1S', dayMs + 3_661_000],
  ['P366D', 366 * dayMs],
])('%s moves the clock ahead', async (add, aheadMs) => {
  const { told, ...moved } = await posted({ add })
  expect(moved).toEqual({ status: 200, aheadMs })
  expect(Math.abs(Date.parse(told.now) - Date.now() - aheadMs)).toBeLessThan(5_000)
})

test.each([
  ...[
    '-P2D',
    'P-2D',
    'P0D',
    'P',
    'PT',
    'P1DT',
    '2 days',
    'P1M',
    'P1Y',
    'P367D',
    'PT999999999H',
    'P99999999999D',
    '',
    2,
  ].map((add) => ({ add })),
  { set: '2027-01-01T00:00:00Z' },
  { add: 'P2D', zone: 'UTC' },
  {},
])('%j is refused, with what was expected, and moves nothing', async (body) => {
  expect(await posted(body)).toMatchObject({
    status: 400,
    told: { received: body, expected: expect.stringMatching(/"P2D".*at most 366 days; no clock goes back/) },
    aheadMs: 0,
  })
})

test('a system whose functions have processes of their own refuses, because their clocks would stay', async () => {
  expect(await posted({ add: 'P2D' }, true)).toMatchObject({ status: 409, aheadMs: 0 })
})
