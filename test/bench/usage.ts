import { usage as usageHandler } from '../../handlers/usage.ts'
import { toSqsRecord } from '../../infra/local/sqs/sqs-record.ts'
import { forgetUses, readLastUses } from '../../shared/modules/usage/use-records.ts'
import { functionSettings } from '../../shared/ports/deployment-settings.ts'
import { intercept } from '../intercept.ts'
import { World } from '../world.ts'
import { atMost, type Benchmark, type Figure, parseNumbers, withoutGoal } from './benchmark.ts'
import { addCosts, costOf, repeatCost, sumOf } from './prices.ts'

/** Working hours of a month: nine a day, on 22 days. */
const hours = 9 * 22
const days = 30
const [{ batchingWindowSeconds = 1 } = {}] = functionSettings.usage.queues ?? []
const batches = 3_600 / batchingWindowSeconds
/** Of a read or a conditional write in S3, and how many the function makes at once. */
const s3Ms = 40
const atOnce = 32

type Shape = { readonly what: string; readonly secondsOf: (person: number, fetch: number) => number }
type Options = { readonly people: number; readonly fetches: number; readonly accounts: number }

/** The requests, the memory and the dollars of who used what. */
export const usage: Benchmark = {
  name: 'usage',
  usage: 'usage [--people 5000] [--fetches 20] [--accounts 7000]',
  summary: 'requests, memory and dollars a month, if each person fetches credentials 20 times an hour',
  clock: 'virtual',
  async run(options) {
    const asked = parseNumbers(options, { people: 5_000, fetches: 20, accounts: 7_000 })
    const together = await measure(asked, {
      what: 'all fetches of a person together',
      secondsOf: (person) => (person * 7) % 3_600,
    })
    const spread = await measure(asked, {
      what: 'all fetches spread over the hour',
      secondsOf: (person, fetch) => (person * 7 + (fetch * 3_600) / asked.fetches) % 3_600,
    })
    return { lines: [...together.lines, ...spread.lines], figures: [...together.figures, ...spread.figures] }
  },
}

async function measure(asked: Options, { what, secondsOf }: Shape) {
  const world = new World()
  const calls = new Map<string, number>()
  const ports = intercept(world.ports, ({ port, operation, proceed }) => {
    calls.set(`${port}.${operation}`, (calls.get(`${port}.${operation}`) ?? 0) + 1)
    return proceed()
  })
  const handle = usageHandler(ports, world.configuration)
  const due = Map.groupBy(
    Array.from({ length: asked.people * asked.fetches }, (_, index) => ({
      person: Math.floor(index / asked.fetches),
      fetch: index % asked.fetches,
    })),
    ({ person, fetch }) => Math.floor(secondsOf(person, fetch) / batchingWindowSeconds),
  )
  const most = { bytes: 0 }
  const invocations: { readonly name: 'usage'; readonly ms: number }[] = []
  for (let batch = 0; batch < batches; batch++) {
    const events = due.get(batch) ?? []
    const Records = events.map((one) => toSqsRecord('usage', messageOf(world, { ...one, ...asked })))
    const before = total(calls)
    await handle({ Records })
    invocations.push({ name: 'usage', ms: s3Ms * Math.ceil((total(calls) - before) / atOnce) })
    most.bytes = Math.max(most.bytes, process.memoryUsage().heapUsed)
    await world.clock.advance(batchingWindowSeconds * 1_000)
  }
  const ofHour = new Map(calls)
  // EventBridge sends each event; Lambda receives and deletes batches of ten.
  const sent = asked.people * asked.fetches
  const hour = costOf({ calls: new Map([...ofHour, ['queues.send', sent * 1.2]]), invocations })
  calls.clear()
  await world.clock.advance(24 * 3_600_000)
  await forgetUses(ports, world.configuration)
  const night = costOf({ calls, invocations: [{ name: 'nightly', ms: (s3Ms * total(calls)) / atOnce }] })
  const ofNight = new Map(calls)
  calls.clear()
  const { uses: all } = await readLastUses(ports)
  const month = addCosts([repeatCost(hour, hours), repeatCost(night, days)])
  const seen = (of: ReadonlyMap<string, number>) =>
    [...of].map(([call, times]) => `${call} ${times.toLocaleString('en')}`).join(', ')
  const name = `${asked.people.toLocaleString('en')} people, ${asked.fetches} fetches an hour, ${what}`
  const lines = [
    `${name}: ${seen(ofHour)} in an hour; ${seen(ofNight)} in a night; ${seen(calls)} to read ${all.length.toLocaleString('en')} last uses`,
    `  a month: S3 ${month.objects.toFixed(2)}, SQS ${month.queues.toFixed(2)}, Lambda ${month.functions.toFixed(2)} dollars`,
  ]
  const figures: Figure[] = [
    atMost(1, {
      figure: `${name}: writes for each access used in an hour`,
      value: (ofHour.get('objects.put') ?? 0) / all.length,
      unit: 'writes',
    }),
    atMost(functionSettings.usage.memoryMb, {
      figure: `${name}: memory, with all objects of the bucket`,
      value: Math.round(most.bytes / 2 ** 20),
      unit: 'MB',
    }),
    withoutGoal({ figure: `${name}: a month`, value: Number(sumOf(month).toFixed(2)), unit: 'dollars' }),
  ]
  return { lines, figures }
}

const total = (calls: ReadonlyMap<string, number>) => [...calls.values()].reduce((sum, times) => sum + times, 0)

function messageOf(
  world: World,
  { person, fetch, accounts }: { readonly person: number; readonly fetch: number } & Options,
) {
  const at = world.clock.now()
  const id = world.ports.randomness.id()
  const user = `5f3c7f0a-1111-4222-8333-${person.toString(16).padStart(12, '0')}`
  const body = JSON.stringify({
    detail: {
      eventSource: 'sso.amazonaws.com',
      eventName: 'GetRoleCredentials',
      eventTime: at.toISOString(),
      sourceIPAddress: '203.0.113.7',
      userAgent:
        'aws-cli/2.27.0 md/awscrt#0.26.1 ua/2.1 os/linux#6.8 md/arch#x86_64 lang/python#3.13 cfg/retry-mode#standard',
      userIdentity: { onBehalfOf: { userId: user } },
      serviceEventDetails: {
        account_id: String(200_000_000_000 + ((person * 13 + fetch * 101) % accounts)),
        role_name: 'Developer-ps',
      },
    },
  })
  return { messageId: id, receiptHandle: id, body, receiveCount: 1, sentAt: 0, sequence: 0 }
}
