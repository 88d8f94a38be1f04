import { DefaultRateLimiter } from '@smithy/core/retry'
import { RollingSecond } from '../../shared/memory/sso-admin/rolling-second.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import { RateLimiter } from '../../shared/reconcile/calls/rate-limiter.ts'
import { atMost, type Benchmark, parseNumbers, withoutGoal } from './benchmark.ts'

const callsPerSecond = 20
const ofOthers = 10
const answerMs = 40
const callers = 30

type Paced = {
  /** Makes one call in its turn; `call` answers whether it was refused. */
  run(call: () => Promise<boolean>): Promise<void>
}

/** Somebody else uses half of the 20 calls a second, and then stops: what we get of it, and how often we are refused. */
export const sharedRate: Benchmark = {
  name: 'shared-rate',
  usage: 'shared-rate [--seconds 120]',
  summary: 'half of AWS’s rate is used by others, then none: our limiter beside the adaptive mode of the AWS SDK',
  clock: 'virtual',
  async run(options) {
    const { seconds } = parseNumbers(options, { seconds: 120 })
    const ours = await measure(seconds, openOurs)
    const sdk = await measure(seconds, openSdk)
    const told = ({ served, refused }: Measured) =>
      `${served.map((count) => (count / seconds).toFixed(1)).join(' then ')} calls a second, ${refused} refused`
    const figures = (who: string, { served: [beside = 0, alone = 0] }: Measured) => [
      withoutGoal({ figure: `${who}, beside others`, value: beside / seconds, unit: 'calls a second' }),
      withoutGoal({ figure: `${who}, when they stopped`, value: alone / seconds, unit: 'calls a second' }),
    ]
    return {
      lines: [
        `others use ${ofOthers} of ${callsPerSecond} calls a second for ${seconds} s, then none for ${seconds} s`,
        `  half the rate after a refusal, one more each second: ${told(ours)}`,
        `  adaptive mode of the AWS SDK: ${told(sdk)}`,
      ],
      figures: [
        ...figures('ours', ours),
        ...figures('adaptive mode', sdk),
        atMost(sdk.refused, {
          figure: 'refused, beside those of the adaptive mode',
          value: ours.refused,
          unit: 'calls',
        }),
      ],
    }
  },
}

type Measured = { readonly served: readonly number[]; readonly refused: number }

async function measure(seconds: number, open: (clock: VirtualClock) => Paced): Promise<Measured> {
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  const service = new RollingSecond(callsPerSecond)
  const paced = open(clock)
  let served = 0
  let refused = 0
  const call = async () => {
    await clock.sleep(answerMs / 2)
    const isServed = service.admit(clock.monotonicMs())
    if (isServed) served++
    else refused++
    await clock.sleep(answerMs / 2)
    return !isServed
  }
  const work = async () => {
    for (;;) await paced.run(call)
  }
  const others = new AbortController()
  const call10 = async () => {
    while (!others.signal.aborted) {
      service.admit(clock.monotonicMs())
      await clock.sleep(1000 / ofOthers)
    }
  }
  void call10()
  for (let index = 0; index < callers; index++) void work()
  await clock.advance(seconds * 1000)
  const beside = served
  others.abort()
  await clock.advance(seconds * 1000)
  return { served: [beside, served - beside], refused }
}

function openOurs(clock: VirtualClock): Paced {
  const limiter = new RateLimiter(clock, callsPerSecond)
  return {
    run: (call) =>
      limiter.run('grant', async () => {
        if (await call()) limiter.slowDown(750)
      }),
  }
}

/** The limiter of the SDK's adaptive mode keeps its clock and its timer to itself: here they are the virtual ones. */
function openSdk(clock: VirtualClock): Paced {
  const limiter = new DefaultRateLimiter()
  Reflect.set(DefaultRateLimiter, 'setTimeoutFn', (wake: () => void, ms: number) => void clock.sleep(ms).then(wake))
  const seconds = () => clock.now().getTime() / 1000
  const onThisClock = { getCurrentTimeInSeconds: seconds, lastThrottleTime: seconds(), lastTxRateBucket: seconds() }
  Object.assign(limiter, onThisClock)
  return {
    async run(call) {
      await limiter.getSendToken()
      const isRefused = await call()
      limiter.updateClientSendingRate(isRefused ? { errorType: 'THROTTLING' } : {})
    },
  }
}
