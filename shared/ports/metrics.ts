import type { AttentionState } from '../domain/statuses/status.ts'
import type { FunctionName } from './deployment-settings.ts'

/** `statistic`: how the values of several minutes become one, by their sum or their maximum. */
type Definition = {
  readonly unit: 'Count' | 'Seconds'
  readonly statistic: 'Sum' | 'Maximum'
  readonly means: string
}

const counted = (means: string): Definition => ({ unit: 'Count', statistic: 'Sum', means })
const level = (unit: Definition['unit'], means: string): Definition => ({ unit, statistic: 'Maximum', means })
const inputs = (state: AttentionState): Definition => level('Count', `inputs in the state ${state}`)
const ends = (name: FunctionName): Definition => counted(`runs of ${name} that came to their end`)

/** All of ssofile's own metrics, one in each row. Code, alarms and dashboard can use no other. */
export const metricDefinitions = {
  Created: counted('account assignments that were created'),
  Revoked: counted('account assignments of ours that are gone'),
  Failed: counted('assignment requests that Identity Center refused or ended as FAILED'),
  PutOff: counted('account assignments that were not finished and are tried again later'),
  Throttles: counted('calls to SSO Admin that AWS throttled'),
  Outstanding: level('Count', 'assignment requests in progress at the same time'),
  OldestHint: level(
    'Seconds',
    'how long a hint in hand has waited since it was sent, or since its next attempt was due',
  ),
  BrakeHolds: counted('times that the brake began to hold revocations or a file, or could not be read'),
  LedgerLost: counted('times that the dispatcher found the ledger lost, and did nothing'),
  PoliciesBroken: level('Count', 'policies that are not valid or that S3 does not return: ssofile grants nothing new'),
  EligibilitiesBroken: level(
    'Count',
    'eligibilities that are not valid, or that S3 does not give: nothing is granted by them',
  ),
  ForeignFound: counted('account assignments found that ssofile did not make'),
  Drift: counted('account assignments of ours that someone else removed'),
  LoudByHand: counted('changes by hand that give or take full access, or edit a permission set with a file'),
  UsesRead: level('Count', 'events of uses in one batch that ssofile could read'),
  UsesUnreadable: counted('events of uses that ssofile could not read, and ignored'),
  Errors: counted('errors that were logged'),
  InputsWaiting: inputs('waiting'),
  InputsRejected: inputs('rejected'),
  InputsBlocked: inputs('blocked'),
  InputsFailed: inputs('failed'),
  InputsHeld: inputs('held'),
  InputsStuck: inputs('stuck'),
  InputsPartly: inputs('partly'),
  DispatcherHeartbeat: ends('dispatcher'),
  MinuteLinksHeartbeat: ends('minute-links'),
  SweepHeartbeat: ends('sweep'),
  HourlyHeartbeat: ends('hourly'),
  NightlyHeartbeat: ends('nightly'),
  ReportHeartbeat: ends('report'),
  CredentialsHeartbeat: ends('credentials'),
  RetireHeartbeat: ends('retire'),
  NotificationsHeartbeat: ends('notifications'),
} as const satisfies Record<string, Definition>

export type MetricName = keyof typeof metricDefinitions
export const metricNames = Object.keys(metricDefinitions) as readonly MetricName[]

/** The number of inputs that need attention. Every sweep writes them. */
export const attentionMetrics = {
  waiting: 'InputsWaiting',
  rejected: 'InputsRejected',
  blocked: 'InputsBlocked',
  failed: 'InputsFailed',
  held: 'InputsHeld',
  stuck: 'InputsStuck',
  partly: 'InputsPartly',
} as const satisfies Record<AttentionState, MetricName>

/** Proof that a scheduled function does its work. Lambda also counts a run as success if the code only caught its errors. */
export const heartbeats = {
  dispatcher: 'DispatcherHeartbeat',
  'minute-links': 'MinuteLinksHeartbeat',
  sweep: 'SweepHeartbeat',
  hourly: 'HourlyHeartbeat',
  nightly: 'NightlyHeartbeat',
  report: 'ReportHeartbeat',
  credentials: 'CredentialsHeartbeat',
  retire: 'RetireHeartbeat',
  notifications: 'NotificationsHeartbeat',
} as const satisfies Partial<Record<FunctionName, MetricName>>

/** A function of a schedule with several jobs. The dispatcher has only one: a slice. */
export type ScheduledFunction = Exclude<keyof typeof heartbeats, 'dispatcher'>

/** The CloudWatch namespace of a deployment. Each metric has one dimension. */
export const metricNamespace = (deployment: string): string => `ssofile/${deployment}`
export const metricService = 'ssofile'

export interface Metrics {
  /** Writes one value at once, so that a process that dies loses none. Default: 1. */
  record(name: MetricName, value?: number): void
}
