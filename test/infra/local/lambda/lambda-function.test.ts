import { beforeEach, expect, test } from '@jest/globals'
import type { SQSEvent } from 'aws-lambda'
import type { ExecutionEnvironment } from '../../../../infra/local/lambda/execution-environment.ts'
import { type Handler, LambdaFunction, ThrottledError } from '../../../../infra/local/lambda/lambda-function.ts'
import { type FunctionName, functionSettings } from '../../../../shared/ports/deployment-settings.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

let clock: VirtualClock
let environments: ExecutionEnvironment[]

beforeEach(() => {
  clock = new VirtualClock(new Date('2026-03-03T10:15:30.123Z'))
  environments = []
})

function open(name: FunctionName, handler: (environment: ExecutionEnvironment) => Handler): LambdaFunction {
  const settings = functionSettings[name]
  return new LambdaFunction({
    name,
    settings,
    clock,
    open: (environment) => {
      environments.push(environment)
      return handler(environment)
    },
  })
}

/** A handler whose invocations stay open until the test closes them. */
function openInvocations() {
  const closes: (() => void)[] = []
  const handler: Handler = () => new Promise<void>((resolve) => closes.push(resolve))
  return { closes, handler }
}

test('one environment handles one event at a time, and the next event if it is free', async () => {
  const { closes, handler } = openInvocations()
  const links = open('links', () => handler)
  const both = [links.invoke(), links.invoke()]
  expect(environments).toHaveLength(2)
  for (const close of closes.splice(0)) close()
  await Promise.all(both)
  const third = links.invoke()
  closes[0]?.()
  await third
  expect(environments).toHaveLength(2)
  expect(links.metrics).toMatchObject({ invocations: 3, concurrentExecutions: 2, errors: 0 })
})

test('a function that reserves one instance is throttled while that one is busy', async () => {
  const { closes, handler } = openInvocations()
  const dispatcher = open('dispatcher', () => handler)
  const first = dispatcher.invoke()
  await expect(dispatcher.invoke()).rejects.toBeInstanceOf(ThrottledError)
  closes[0]?.()
  await first
  expect(dispatcher.metrics).toMatchObject({ invocations: 1, throttles: 1 })
})

test('an invocation that lasts longer than its timeout fails, and its environment never goes on', async () => {
  const steps: string[] = []
  const router = open('router', (environment) => async () => {
    const own = environment.clock(clock)
    await own.sleep(20_000)
    steps.push('after 20 s')
    await own.sleep(20_000)
    steps.push('after 40 s')
  })
  const invoked = router.invoke()
  const failure = expect(invoked).rejects.toThrow('the function router timed out after 30 s; its calls are cut off')
  await clock.advance(30_000)
  await failure
  await clock.advance(60_000)
  expect(steps).toEqual(['after 20 s'])
  expect(environments[0]?.isDead).toBe(true)
  expect(router.metrics).toMatchObject({ invocations: 1, errors: 1, timeouts: 1 })
  void router.invoke()
  expect(environments).toHaveLength(2)
})

test('between two events an environment stands still', async () => {
  const steps: string[] = []
  const router = open('router', (environment) => async () => {
    void environment
      .clock(clock)
      .sleep(1_000)
      .then(() => steps.push('in the background'))
    steps.push('handled')
  })
  await router.invoke()
  await clock.advance(60_000)
  expect(steps).toEqual(['handled'])
  await router.invoke()
  await clock.advance(0)
  expect(steps).toEqual(['handled', 'handled', 'in the background'])
})

test('an environment whose handler throws takes the next event', async () => {
  const router = open('router', () => async () => {
    throw new Error('no')
  })
  await expect(router.invoke()).rejects.toThrow('no')
  await expect(router.invoke()).rejects.toThrow('no')
  expect(environments).toHaveLength(1)
  expect(router.metrics).toMatchObject({ errors: 2, timeouts: 0 })
})

test('a seventeenth invocation in one chain is stopped, unless the function may recur', async () => {
  const eventOf = (traceHeader: string): SQSEvent => ({ Records: [record('looping', traceHeader), record('new', '')] })
  const handled: string[][] = []
  const handler: Handler = async (event) => {
    handled.push((event?.Records ?? []).map(({ body }) => body))
  }
  const router = open('router', () => handler)
  let trace = ''
  for (let round = 1; round <= 16; round++) {
    expect(await router.invoke({ Records: [record('looping', trace)] })).toBeUndefined()
    trace = environments[0]?.traceHeader ?? ''
  }
  expect(await router.invoke(eventOf(trace))).toEqual({ batchItemFailures: [{ itemIdentifier: 'looping' }] })
  expect(handled.slice(-2)).toEqual([['looping'], ['new']])
  expect(router.metrics).toMatchObject({ invocations: 17, recursiveInvocationsDropped: 1 })
  // Each function counts its own.
  expect(await open('events', () => handler).invoke(eventOf(trace))).toBeUndefined()
})

function record(body: string, AWSTraceHeader: string): SQSEvent['Records'][number] {
  return {
    messageId: body,
    body,
    receiptHandle: 'r',
    attributes: {
      AWSTraceHeader,
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: '0',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:ssofile-links.fifo',
    awsRegion: 'us-east-1',
  }
}
