import * as z from 'zod'

const metricSchema = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]),
})
const statSchema = z.object({ Metric: metricSchema, Period: z.number(), Stat: z.string() })
const querySchema = z.object({
  Id: z.string(),
  Expression: z.string().optional(),
  MetricStat: statSchema.optional(),
  ReturnData: z.boolean().default(true),
})
export const alarmSchema = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  ComparisonOperator: z.enum(['GreaterThanThreshold', 'LessThanThreshold']),
  Threshold: z.number(),
  EvaluationPeriods: z.number(),
  DatapointsToAlarm: z.number().optional(),
  TreatMissingData: z.enum(['breaching', 'notBreaching']),
  WarmUpConfiguration: z
    .object({ WarmUpPeriodDurationInMinutes: z.number(), OnlyStartEvaluatingAfterWarmUpPeriodEnds: z.literal(true) })
    .optional(),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: metricSchema.shape.Dimensions,
  Statistic: z.string().optional(),
  Period: z.number().optional(),
  Metrics: z.array(querySchema).optional(),
})
export type AlarmProperties = z.infer<typeof alarmSchema>

/** What somebody sent to CloudWatch: minutes since the alarm was made, and values. */
export type Sample = { readonly minute: number; readonly value: number }
/** By namespace, name and dimensions, as `metricKey` says them. */
export type Series = ReadonlyMap<string, readonly Sample[]>

export function metricKey(namespace: string, name: string, dimensions: Readonly<Record<string, string>>): string {
  const told = Object.entries(dimensions).sort(([a], [b]) => a.localeCompare(b))
  return `${namespace} ${name} ${told.map(([key, value]) => `${key}=${value}`).join(',')}`
}

/** How CloudWatch answers; what the User Guide does not say exactly is a parameter. */
export type CloudWatch = {
  /** The value of a dimension, such as a Ref. */
  readonly resolve: (value: unknown) => string
  /** Samples are seen so many minutes after they were made. */
  readonly delayMinutes: number
  /** So many more periods are looked at where data is missing ("evaluation range"). */
  readonly morePeriods: number
}

/**
 * In which minute after it was made an alarm rings first, as CloudWatch evaluates it; -1: in none of these. (CloudWatch User Guide, "Alarm
 * evaluation", "Configuring how CloudWatch alarms treat missing data", "Alarm warm-up periods", "Using metric math": FILL.)
 */
export function firstRing(alarm: AlarmProperties, series: Series, minutes: number, cloudWatch: CloudWatch): number {
  const { periodMinutes, valueAt } = readMetric(alarm, series, cloudWatch)
  const wanted = alarm.EvaluationPeriods
  const enough = alarm.DatapointsToAlarm ?? wanted
  const isBreaching = (value: number) =>
    alarm.ComparisonOperator === 'GreaterThanThreshold' ? value > alarm.Threshold : value < alarm.Threshold
  const warmUp = alarm.WarmUpConfiguration?.WarmUpPeriodDurationInMinutes ?? 0
  for (let minute = warmUp; minute < minutes; minute += 1) {
    // Real data farther back is taken before anything is filled in; what cannot be filled so is treated as missing.
    let [judged, breaching] = [0, 0]
    for (let index = 0; index < wanted + cloudWatch.morePeriods && judged < wanted; index += 1) {
      const value = valueAt(minute - index * periodMinutes, minute)
      if (value === undefined) continue
      judged += 1
      if (isBreaching(value)) breaching += 1
    }
    const filledIn = alarm.TreatMissingData === 'breaching' ? wanted - judged : 0
    if (breaching + filledIn >= enough) return minute
  }
  return -1
}

type Read = {
  readonly periodMinutes: number
  /** Of the period that ends with this minute, as seen in the minute `now`; `undefined`: missing. */
  readonly valueAt: (end: number, now: number) => number | undefined
}

function readMetric(alarm: AlarmProperties, series: Series, cloudWatch: CloudWatch): Read {
  if (alarm.Metrics === undefined) {
    const { Namespace = '', MetricName = '', Dimensions, Statistic = '', Period = 0 } = alarm
    return readStat({ Metric: { Namespace, MetricName, Dimensions }, Stat: Statistic, Period }, series, cloudWatch)
  }
  const metrics = new Map(
    alarm.Metrics.flatMap(({ Id, MetricStat }) =>
      MetricStat === undefined ? [] : [[Id, readStat(MetricStat, series, cloudWatch)] as const],
    ),
  )
  const [returned] = alarm.Metrics.filter(({ ReturnData }) => ReturnData)
  const [first] = metrics.values()
  if (returned?.Expression === undefined || first === undefined) throw new Error(`${alarm.AlarmName} has no expression`)
  const terms = returned.Expression.split(' + ').map((term) => readTerm(term, metrics))
  return {
    periodMinutes: first.periodMinutes,
    valueAt(end, now) {
      const values = terms.map((term) => term(end, now))
      return values.reduce((sum, value) => (sum === undefined || value === undefined ? undefined : sum + value), 0)
    },
  }
}

function readTerm(term: string, metrics: ReadonlyMap<string, Read>): Read['valueAt'] {
  const [, filled, filling] = /^FILL\((\w+), (\d+)\)$/.exec(term) ?? []
  const read = metrics.get(filled ?? term)
  if (read === undefined) throw new Error(`received the term '${term}', expected a metric or FILL(metric, number)`)
  return (end, now) => read.valueAt(end, now) ?? (filling === undefined ? undefined : Number(filling))
}

function readStat(stat: z.infer<typeof statSchema>, series: Series, { resolve, delayMinutes }: CloudWatch): Read {
  const { Metric, Period, Stat } = stat
  const dimensions = Object.fromEntries(Metric.Dimensions.map(({ Name, Value }) => [Name, resolve(Value)]))
  const samples = (series.get(metricKey(Metric.Namespace, Metric.MetricName, dimensions)) ?? []).toSorted(
    (a, b) => a.minute - b.minute,
  )
  const periodMinutes = Period / 60
  const valueWithin = (end: number, last: number): number | undefined => {
    let found: number | undefined
    for (let index = firstFrom(samples, end - periodMinutes + 1); index < samples.length; index += 1) {
      const sample = samples[index]
      if (sample === undefined || sample.minute > last) break
      if (found === undefined) found = sample.value
      else found = Stat === 'Sum' ? found + sample.value : Math.max(found, sample.value)
    }
    return found
  }
  /** Of periods of which every sample is seen: each is looked at in many minutes. */
  const complete = new Map<number, number | undefined>()
  return {
    periodMinutes,
    valueAt(end, now) {
      if (end > now - delayMinutes) return valueWithin(end, now - delayMinutes)
      if (!complete.has(end)) complete.set(end, valueWithin(end, end))
      return complete.get(end)
    },
  }
}

/** Where the first sample of this minute or a later one stands: most minutes of a day have none. */
function firstFrom(samples: readonly Sample[], minute: number): number {
  let [low, high] = [0, samples.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((samples[middle]?.minute ?? 0) < minute) low = middle + 1
    else high = middle
  }
  return low
}
