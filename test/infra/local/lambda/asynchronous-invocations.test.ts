import { beforeEach, expect, test } from '@jest/globals'
import { AsynchronousInvocations } from '../../../../infra/local/lambda/asynchronous-invocations.ts'
import { type Handler, LambdaFunction } from '../../../../infra/local/lambda/lambda-function.ts'
import { type FunctionName, functionSettings } from '../../../../shared/ports/deployment-settings.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

let clock: VirtualClock
let errors: unknown[]
let asynchronous: AsynchronousInvocations

beforeEach(() => {
  clock = new VirtualClock(new Date('2026-03-03T10:15:30.123Z'))
  errors = []
  asynchronous = new AsynchronousInvocations({ clock, onError: (error) => errors.push(error) })
})

const open = (name: FunctionName, handler: Handler) =>
  new LambdaFunction({ name, settings: functionSettings[name], clock, open: () => handler })

test('a schedule that finds the dispatcher busy is tried again for a minute, then its event is dropped', async () => {
  const dispatcher = open('dispatcher', () => clock.sleep(120_000))
  void dispatcher.invoke()
  asynchronous.send(dispatcher)
  await clock.advance(59_000)
  expect(dispatcher.metrics).toMatchObject({ invocations: 1, asyncEventsDropped: 1 })
  expect(dispatcher.metrics.throttles).toBeGreaterThan(4)
  await clock.advance(120_000)
  expect(dispatcher.metrics).toMatchObject({ invocations: 1 })
})

test('a schedule that finds the dispatcher busy for a few seconds invokes it afterwards', async () => {
  const dispatcher = open('dispatcher', () => clock.sleep(5_000))
  void dispatcher.invoke()
  asynchronous.send(dispatcher)
  await clock.advance(20_000)
  expect(dispatcher.metrics).toMatchObject({ invocations: 2, asyncEventsDropped: 0, concurrentExecutions: 1 })
})

test.each([
  { isOneAtATime: true, invocations: 1, asyncEventsDropped: 1 },
  { isOneAtATime: false, invocations: 2, asyncEventsDropped: 0 },
])('where events come one at a time ($isOneAtATime) $asyncEventsDropped of two at once is dropped', async (given) => {
  const { isOneAtATime, ...counts } = given
  asynchronous = new AsynchronousInvocations({ clock, isOneAtATime, onError: (error) => errors.push(error) })
  const sweep = open('sweep', () => clock.sleep(5_000))
  asynchronous.send(sweep)
  asynchronous.send(sweep)
  await clock.advance(10_000)
  expect(sweep.metrics).toMatchObject(counts)
})

test.each([
  { name: 'hourly', invocations: 3 },
  { name: 'minute-links', invocations: 1 },
] as const)('$name that fails each time is invoked $invocations times, as the table says', async (given) => {
  const failing = open(given.name, async () => {
    throw new Error('it failed')
  })
  asynchronous.send(failing)
  await clock.advance(3_600_000)
  expect(failing.metrics).toMatchObject({ invocations: given.invocations, asyncEventsDropped: 1 })
  expect(errors).toHaveLength(given.invocations)
})
