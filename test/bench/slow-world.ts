import { linesMost } from '../../shared/aws/sqs-queues.ts'
import type { ObjectHead } from '../../shared/ports/object-store.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { type Interceptor, intercept } from '../intercept.ts'
import { World, type WorldOptions } from '../world.ts'

/** How long answers take within a Region. */
const answerMs = {
  objects: 15,
  ssoAdmin: 40,
  identityStore: 40,
  organizations: 40,
  accountTags: 200,
  accountAccess: 40,
  queues: 15,
}
/** S3 lists a thousand keys a call, which takes it that much longer than a read. (S3 API Reference, "ListObjectsV2".) */
const keysOfListing = 1_000
const listingMs = 85
/** SQS takes ten messages a call. (SQS API Reference, "SendMessageBatch".) */
const messagesOfSend = 10

export type SlowWorld = {
  readonly world: World
  /** The calls so far, by port and operation; sends and listings count as often as they are called in AWS. */
  readonly calls: Map<string, number>
}

/**
 * All of ssofile on virtual time, with answers as slow as AWS's within a Region. `also` stands before the delay of a call.
 */
export function openSlowWorld(options: WorldOptions, also: Interceptor = ({ proceed }) => proceed()): SlowWorld {
  const late: { world?: World } = {}
  const calls = new Map<string, number>()
  const take = async (call: string, times: number, ms: number) => {
    calls.set(call, (calls.get(call) ?? 0) + times)
    await late.world?.clock.sleep(ms)
  }
  const slow: Interceptor = (call) =>
    also({
      ...call,
      proceed: async () => {
        const { port, operation, args } = call
        // It waits by itself, until there are messages.
        if (operation === 'receive') return call.proceed()
        const times = operation === 'send' ? Math.ceil((args[1] as readonly unknown[]).length / messagesOfSend) : 1
        const rounds = Math.ceil(times / (operation === 'send' ? linesMost : 1))
        if (port !== 'objects' || operation !== 'list')
          await take(`${port} ${operation}`, times, rounds * answerMs[port])
        return call.proceed()
      },
    })
  const wrap = (ports: Ports): Ports => {
    const slowed = intercept(ports, slow)
    const list: Ports['objects']['list'] = async function* (...args) {
      const heads = slowed.objects.list(...args)[Symbol.asyncIterator]()
      for (;;) {
        const page: ObjectHead[] = []
        while (page.length < keysOfListing) {
          const { done, value } = await heads.next()
          if (done) break
          page.push(value)
        }
        await take('objects list', 1, answerMs.objects + (listingMs * page.length) / keysOfListing)
        yield* page
        if (page.length < keysOfListing) return
      }
    }
    const objects = new Proxy(slowed.objects, {
      get: (target, name) => (name === 'list' ? list : Reflect.get(target, name, target)),
    })
    return { ...slowed, objects }
  }
  const world = new World({ hasTagReader: true, ...options, wrap })
  late.world = world
  return { world, calls }
}
