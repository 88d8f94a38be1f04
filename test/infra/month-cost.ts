import * as z from 'zod'
import { accessLogDays } from '../../infra/bucket-settings.ts'
import { functionNames, functionSettings } from '../../shared/ports/deployment-settings.ts'
import { type heartbeats, metricNames } from '../../shared/ports/metrics.ts'
import { workedQueues } from '../../shared/ports/queues.ts'

/**
 * Dollars in US East (N. Virginia), July 2026, without free tiers. (The pages "Amazon CloudWatch pricing", "AWS Key Management
 * Service pricing".)
 */
const prices = {
  alarmMetric: 0.1,
  customMetric: 0.3,
  dashboard: 3,
  key: 1,
  keyRequest: 0.03 / 10_000,
  logGigabyte: 0.5,
  storedGigabyte: 0.023,
} as const

const days = 30
const minutes = days * 24 * 60
/** Lambda's own lines of a run, ours, and the figures in them: what a run that finds nothing to do writes. */
const logBytesOfRun = 2_500
/** Of the bucket's access logs, by what S3 wrote in the field. Writing them costs nothing. (S3 User Guide, "Logging requests with server access logging".) */
const accessLogLineBytes = 600
/** SQS and S3 ask KMS again after five minutes at the earliest, for each who calls. (SQS Developer Guide, "Estimating AWS KMS costs".) */
const keyReuseMinutes = 5

const resourceSchema = z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) })
/** The parts of a CloudFormation template that are counted. */
export const templateSchema = z.object({ Resources: z.record(z.string(), resourceSchema) })
type Template = z.infer<typeof templateSchema>

const alarmSchema = z.object({ Metrics: z.array(z.object({ MetricStat: z.unknown().optional() })).optional() })

export type CostRow = { readonly what: string; readonly counted: string; readonly dollars: number }

/** Only where a role in the accounts is configured for them; each has a metric of its own. */
const optional = ['credentials', 'retire'] as const satisfies readonly (keyof typeof heartbeats)[]
const isOptional = (name: string) => optional.some((one) => one === name)

/** What a month costs in which nothing happens, line by line. `worked`: S3, SQS and Lambda, as `npm run bench -- cost` measures. */
export function monthCost(
  templates: Readonly<Record<string, Template>>,
  worked: { readonly dollars: number; readonly millionRequests: number },
): readonly CostRow[] {
  const resources = Object.values(templates).flatMap(({ Resources }) => Object.values(Resources))
  const count = (type: string) => resources.filter(({ Type }) => Type === type).length
  const alarmMetrics = resources
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .flatMap(({ Properties }) => alarmSchema.parse(Properties).Metrics?.filter(({ MetricStat }) => MetricStat) ?? [{}])
  const deployed = functionNames.filter((name) => !isOptional(name))
  const metrics = metricNames.length - optional.length
  const runs = deployed
    .map((name) => functionSettings[name].schedule)
    .map((schedule) =>
      schedule === undefined ? 0 : typeof schedule === 'string' ? days : minutes / schedule.everyMinutes,
    )
    .reduce((sum, each) => sum + each, 0)
  const keyRequests = (workedQueues.length + deployed.length) * (minutes / keyReuseMinutes)
  const thousands = (value: number) => value.toLocaleString('en')
  const row = (what: string, counted: string, dollars: number): CostRow => ({ what, counted, dollars })
  const gigabytes = (runs * logBytesOfRun) / 1e9
  return [
    row('requests to S3 and SQS, Lambda', 'measured: `npm run bench -- cost`', worked.dollars),
    row('CloudWatch alarms', `${alarmMetrics.length} metrics of alarms`, alarmMetrics.length * prices.alarmMetric),
    row('CloudWatch metrics', `${metrics} metrics, at most`, metrics * prices.customMetric),
    row(
      'CloudWatch dashboard',
      `${count('AWS::CloudWatch::Dashboard')}; three are free in an account`,
      count('AWS::CloudWatch::Dashboard') * prices.dashboard,
    ),
    row(
      'CloudWatch Logs',
      `${thousands(runs)} runs of ${thousands(logBytesOfRun)} bytes`,
      gigabytes * prices.logGigabyte,
    ),
    row('KMS key', `${count('AWS::KMS::Key')}`, count('AWS::KMS::Key') * prices.key),
    row('requests to KMS', `${thousands(keyRequests)} while all is idle`, keyRequests * prices.keyRequest),
    row(
      'S3 access logs',
      `${worked.millionRequests} million lines of ${accessLogLineBytes} bytes a month, kept for ${accessLogDays} days`,
      ((worked.millionRequests * accessLogLineBytes * accessLogDays) / days / 1e3) * prices.storedGigabyte,
    ),
    row('other S3 storage, EventBridge, SNS', 'some megabytes, some mails', 0.1),
  ]
}

/** The table of docs/performance.md. Its sum is that of the lines as they stand there. */
export function renderMonthCost(rows: readonly CostRow[]): string {
  const dollars = (value: number) => value.toFixed(2)
  const sum = rows.reduce((total, row) => total + Number(dollars(row.dollars)), 0)
  return [
    '| of an idle month | counted | dollars |',
    '| --- | --- | --- |',
    ...rows.map((row) => `| ${row.what} | ${row.counted} | ${dollars(row.dollars)} |`),
    `| together | | ${dollars(sum)} |`,
  ].join('\n')
}
