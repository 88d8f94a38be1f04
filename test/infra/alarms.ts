import { beforeAll, describe, expect, test } from '@jest/globals'
import { functionNames, functionSettings } from '../../shared/ports/deployment-settings.ts'
import { attentionMetrics, heartbeats, metricNamespace, metricService } from '../../shared/ports/metrics.ts'
import { isShallow } from '../depth.ts'
import {
  type AlarmProperties,
  alarmSchema,
  type CloudWatch,
  firstRing,
  metricKey,
  type Sample,
  type Series,
} from './evaluate-alarm.ts'
import type { Assembly } from './synthesize.ts'

let assembly: Assembly = {}

type Alarm = AlarmProperties & { readonly stack: string }
const alarmsOf = (): readonly Alarm[] =>
  Object.entries(assembly).flatMap(([stack, { Resources }]) =>
    Object.values(Resources)
      .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
      .map(({ Properties }) => ({ ...alarmSchema.parse(Properties), stack })),
  )

/** As CloudFormation makes names of references: the one to a rule of a custom bus has the bus before it. */
function resolveIn(stack: string): CloudWatch['resolve'] {
  const resources = assembly[stack]?.Resources ?? {}
  return (value) => {
    if (typeof value === 'string') return value
    const id = /"(?:Ref":|Fn::GetAtt":\[)"(\w+)"/.exec(JSON.stringify(value))?.[1] ?? ''
    const { Type = '', Properties = {} } = resources[id] ?? {}
    const name = Properties.FunctionName ?? Properties.QueueName ?? Properties.Name ?? id
    return Type === 'AWS::Events::Rule' && 'EventBusName' in Properties ? `ssofile-events|${name}` : String(name)
  }
}

/** The User Guide tells the evaluation range of one example, two more periods than were asked for; users saw more. */
const evaluations = [
  { delayMinutes: 2, morePeriods: 2 },
  { delayMinutes: 3, morePeriods: 5 },
]
const day = 24 * 60
const lifeMinutes = 6 * day
const troubleBegins = 3 * day + 7

function ringOf(alarm: Alarm, series: Series, evaluation: (typeof evaluations)[number]) {
  return firstRing(alarm, series, lifeMinutes, { ...evaluation, resolve: resolveIn(alarm.stack) })
}

const every = (minutes: number, first = minutes, jitter = 0): readonly Sample[] =>
  Array.from({ length: Math.ceil(lifeMinutes / minutes) }, (_, index) => ({
    minute: first + index * minutes + (jitter === 0 ? 0 : (index * 7) % jitter),
    value: 1,
  }))
const zeros = (samples: readonly Sample[]) => samples.map(({ minute }) => ({ minute, value: 0 }))

const own = (name: string) => metricKey(metricNamespace('ssofile'), name, { service: metricService })
const ofFunction = (metric: string, name: string) =>
  metricKey('AWS/Lambda', metric, { FunctionName: `ssofile-${name}` })
const ofQueue = (metric: string, name: string) => {
  const queues = Object.values(assembly.ssofile?.Resources ?? {}).filter(({ Type }) => Type === 'AWS::SQS::Queue')
  const names = queues.map(({ Properties }) => String(Properties.QueueName))
  return metricKey('AWS/SQS', metric, {
    QueueName: names.find((one) => one.replace('.fifo', '') === `ssofile-${name}`) ?? '',
  })
}

/** When the functions of schedules come to their end; the nightly ones a day after the deployment for the first time. */
const runs: Readonly<Record<keyof typeof heartbeats, readonly Sample[]>> = {
  dispatcher: every(1),
  'minute-links': every(1),
  sweep: every(5, 5, 2),
  hourly: every(60, 60, 15),
  nightly: every(day, day - 1, 10),
  report: every(day, day - 1, 30),
  credentials: every(day, day - 1, 40),
  retire: every(5),
  notifications: every(1),
}

/** Nobody uploads, nothing fails: the schedules run, and the sweeps tell that nothing wants attention. */
const quietSeries: ReadonlyMap<string, readonly Sample[]> = new Map([
  ...(Object.keys(runs) as (keyof typeof runs)[]).flatMap((name) => [
    [own(heartbeats[name]), runs[name]] as const,
    ...['Errors', 'Throttles'].map((metric) => [ofFunction(metric, name), zeros(runs[name])] as const),
  ]),
  ...Object.values(attentionMetrics).map((metric) => [own(metric), zeros(runs.sweep)] as const),
])
const quietBut = (key: string, samples: readonly Sample[]) => new Map(quietSeries).set(key, samples)

const from = (samples: readonly Sample[]) => samples.filter(({ minute }) => minute >= troubleBegins)
const once = [{ minute: troubleBegins, value: 1 }]
const always = (value: number, minutes = 1) => from(every(minutes)).map(({ minute }) => ({ minute, value }))

type Trouble = { readonly key: string; readonly samples: readonly Sample[]; readonly withinMinutes: number }

/** What goes wrong from some minute on, and how soon its alarm rings then. */
function troubleOf({ AlarmName, AlarmDescription }: Alarm): Trouble {
  const name = AlarmName.replace('ssofile-', '')
  const [, kind = '', about = ''] =
    /^(old-messages|dead-letters|function-fails|function-throttled|no-heartbeat|inputs|events-not-delivered)-(.*)$/.exec(
      name,
    ) ?? [name, name]
  const promised = Number(/(\d+) minutes/.exec(AlarmDescription)?.[1] ?? 0)
  const isRare = ['hourly', 'nightly', 'report', 'credentials', 'owner'].includes(about)
  const changed = (rule: string): Trouble => ({
    key: metricKey('AWS/Events', 'Invocations', { RuleName: `ssofile-${rule}` }),
    samples: once,
    withinMinutes: 10,
  })
  const troubles: Readonly<Record<string, () => Trouble>> = {
    'old-messages': () => ({
      key: ofQueue('ApproximateAgeOfOldestMessage', about),
      samples: always(0).map(({ minute }) => ({ minute, value: (minute - troubleBegins) * 60 })),
      withinMinutes: promised + 15,
    }),
    'dead-letters': () => ({
      key: ofQueue('ApproximateNumberOfMessagesVisible', `${about}-dead`),
      samples: always(1),
      withinMinutes: 5,
    }),
    // A message in a quiet queue is tried again when it is visible again, after six minutes.
    'function-fails': () => ({
      key: ofFunction('Errors', about),
      samples: isRare ? once : always(1, 6),
      withinMinutes: isRare ? 10 : 20,
    }),
    'function-throttled': () => ({
      key: ofFunction('Throttles', about),
      samples: isRare ? once : always(1, 3),
      withinMinutes: isRare ? 10 : 20,
    }),
    'no-heartbeat': () => {
      const scheduled = about as keyof typeof heartbeats
      const seen = runs[scheduled].filter(({ minute }) => minute < troubleBegins)
      const last = seen.at(-1)?.minute ?? 0
      return { key: own(heartbeats[scheduled]), samples: seen, withinMinutes: last + promised + 65 - troubleBegins }
    },
    inputs: () => ({
      key: own(attentionMetrics[about as keyof typeof attentionMetrics]),
      samples: always(1, 5),
      withinMinutes: 25,
    }),
    'events-not-delivered': () => ({ key: failedOf(about), samples: once, withinMinutes: 10 }),
    'ledger-lost': () => ({ key: own('LedgerLost'), samples: always(1), withinMinutes: 5 }),
    'brake-holds': () => ({ key: own('BrakeHolds'), samples: once, withinMinutes: 10 }),
    'policies-broken': () => ({ key: own('PoliciesBroken'), samples: always(1, 5), withinMinutes: 10 }),
    'eligibilities-broken': () => ({ key: own('EligibilitiesBroken'), samples: always(1, 5), withinMinutes: 10 }),
    drift: () => ({ key: own('Drift'), samples: once, withinMinutes: 10 }),
    'loud-by-hand': () => ({ key: own('LoudByHand'), samples: once, withinMinutes: 10 }),
    'errors-logged': () => ({ key: own('Errors'), samples: once, withinMinutes: 10 }),
    'uses-unreadable': () => ({
      key: own('UsesRead'),
      samples: every(5).map(({ minute }) => ({ minute, value: minute < troubleBegins ? 1 : 0 })),
      withinMinutes: 70,
    }),
    'throttled-calls': () => ({ key: own('Throttles'), samples: always(20), withinMinutes: 40 }),
    'old-hints': () => ({ key: own('OldestHint'), samples: always(2 * 86_400), withinMinutes: 15 }),
    'guard-changed': () => changed('guard'),
    'guard-account-changed': () => changed('guard-account'),
  }
  const trouble = troubles[kind]
  if (trouble === undefined) throw new Error(`no test says when the alarm ${AlarmName} has to ring`)
  return trouble()
}

/** As EventBridge counts it: of a rule on the default bus by its name, of another with the name of its bus. */
function failedOf(rule: string): string {
  const rules = Object.values(assembly).flatMap(({ Resources }) =>
    Object.values(Resources).filter(
      ({ Type, Properties }) => Type === 'AWS::Events::Rule' && 'EventPattern' in Properties,
    ),
  )
  const found = rules.find(({ Properties }) => Properties.Name === `ssofile-${rule}`)
  if (found === undefined) throw new Error(`there is no rule ssofile-${rule}`)
  return metricKey('AWS/Events', 'FailedInvocations', {
    RuleName: `ssofile-${rule}`,
    ...('EventBusName' in found.Properties ? { EventBusName: 'ssofile-events' } : {}),
  })
}

/** The tests of the alarms of this deployment: templates.test.ts has it, since synthesizing it takes seconds. */
export function testAlarms(synthesized: () => Assembly): void {
  beforeAll(() => {
    assembly = synthesized()
  })

  describe.each(evaluations.slice(isShallow ? -1 : 0))(
    'with data $delayMinutes minutes late and $morePeriods more periods looked at, every alarm',
    (evaluation) => {
      test('stays silent in a deployment that is new, and while nothing happens', () => {
        const ringing = alarmsOf().filter((alarm) => ringOf(alarm, quietSeries, evaluation) >= 0)
        expect(ringing.map(({ AlarmName }) => AlarmName)).toEqual([])
      })

      test('rings in time, and not before', () => {
        expect(alarmsOf().length).toBeGreaterThan(60)
        const late = alarmsOf().flatMap((alarm) => {
          const { key, samples, withinMinutes } = troubleOf(alarm)
          const rings = ringOf(alarm, quietBut(key, samples), evaluation)
          const isInTime = rings >= troubleBegins && rings <= troubleBegins + withinMinutes
          return isInTime
            ? []
            : [
                `${alarm.AlarmName} after ${rings < 0 ? 'no' : rings - troubleBegins} minutes, expected ${withinMinutes} at most`,
              ]
        })
        expect(late).toEqual([])
      })

      test('of unreadable uses does not ring while one use in an hour can be read', () => {
        const [alarm] = alarmsOf().filter(({ AlarmName }) => AlarmName === 'ssofile-uses-unreadable')
        const samples = every(5).map(({ minute }) => ({ minute, value: minute % 30 === 0 ? 1 : 0 }))
        const within = samples.filter(({ minute }) => minute >= 30)
        expect(alarm && ringOf(alarm, quietBut(own('UsesRead'), within), evaluation)).toBe(-1)
      })

      test('of a schedule does not ring while the function is only late', () => {
        for (const alarm of alarmsOf().filter(({ AlarmName }) => AlarmName.includes('no-heartbeat'))) {
          const { key, samples } = troubleOf(alarm)
          const last = samples.at(-1)?.minute ?? 0
          const promised = Number(/(\d+) minutes/.exec(alarm.AlarmDescription)?.[1])
          const rings = ringOf(alarm, quietBut(key, samples), evaluation)
          expect(rings - last).toBeGreaterThanOrEqual(promised - 60)
          expect(rings - last).toBeGreaterThan(promised / 2)
        }
      })
    },
  )

  test('every rule for events has an alarm that knows it, in each stack', () => {
    const named = Object.values(assembly).flatMap(({ Resources }) =>
      Object.values(Resources)
        .filter(({ Type, Properties }) => Type === 'AWS::Events::Rule' && 'EventPattern' in Properties)
        .map(({ Properties }) => String(Properties.Name).replace('ssofile-', '')),
    )
    const alarms = alarmsOf().map(({ AlarmName }) => AlarmName)
    expect(named.length).toBeGreaterThan(8)
    for (const rule of named) expect(alarms).toContain(`ssofile-events-not-delivered-${rule}`)
    for (const stack of Object.keys(assembly))
      expect(alarmsOf().filter((alarm) => alarm.stack === stack)).not.toEqual([])
  })

  test('no alarm looks at more than CloudWatch allows', () => {
    for (const alarm of alarmsOf()) {
      const seconds = alarm.Period ?? alarm.Metrics?.find(({ MetricStat }) => MetricStat)?.MetricStat?.Period ?? 0
      expect(seconds * alarm.EvaluationPeriods).toBeLessThanOrEqual(seconds < 3_600 ? day * 60 : 7 * day * 60)
      expect(alarm.WarmUpConfiguration?.WarmUpPeriodDurationInMinutes ?? 1).toBeLessThanOrEqual(2 * day)
    }
  })

  test('every function of a schedule is meant here', () => {
    const scheduled = functionNames.filter((name) => functionSettings[name].schedule !== undefined)
    expect(Object.keys(runs).sort()).toEqual([...scheduled].sort())
  })
}
