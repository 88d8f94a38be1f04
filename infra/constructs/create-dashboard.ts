import { Dashboard, GraphWidget, type IMetric, LogQueryWidget, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Environment } from '../../shared/domain/deployment/environment.ts'
import { attentionMetrics, heartbeats, type MetricName } from '../../shared/ports/metrics.ts'
import { type WorkedQueue, workedQueues } from '../../shared/ports/queues.ts'
import { emittedMetric } from '../emitted-metric.ts'
import { type Functions, listFunctions } from './create-functions.ts'
import type { Queues } from './create-queues.ts'

type DashboardProps = {
  readonly environment: Environment
  readonly queues: Queues
  readonly functions: Functions
}

const troubles = [
  ...(['PutOff', 'Failed', 'Throttles', 'Errors', 'BrakeHolds', 'LedgerLost'] as const),
  ...(['PoliciesBroken', 'EligibilitiesBroken'] as const),
]

/** One dashboard for the person on call, with the saved log queries. */
export function createDashboard(scope: Construct, props: DashboardProps): void {
  const { environment, queues, functions } = props
  const period = Duration.minutes(5)
  const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: 12, height: 6, period })
  const emitted = (names: readonly MetricName[]) => names.map((name) => emittedMetric(environment, name, period))
  const all = listFunctions(functions)
  const waiting = (label: WorkedQueue) => queues.worked[label].metricApproximateNumberOfMessagesVisible({ label })
  const oldest = (label: WorkedQueue) => queues.worked[label].metricApproximateAgeOfOldestMessage({ label })
  const dead = Object.entries(queues.dead).map(([label, one]) =>
    one.metricApproximateNumberOfMessagesVisible({ label }),
  )
  const longest = all.map(([label, one]) => one.metricDuration({ label, statistic: Stats.MAXIMUM }))
  const failed = all.map(([label, one]) => one.metricErrors({ label }))
  const logGroups = all.map(([, { logGroup }]) => logGroup)
  new Dashboard(scope, 'Dashboard', {
    dashboardName: environment.name,
    widgets: [
      [
        graph('Granted and revoked access', emitted(['Created', 'Revoked', 'ForeignFound', 'Drift', 'LoudByHand'])),
        graph('Inputs that want attention', emitted(Object.values(attentionMetrics))),
      ],
      [
        graph('Requests in progress', emitted(['Outstanding'])),
        graph('Oldest hint in hand, seconds', emitted(['OldestHint'])),
      ],
      [
        graph('Messages waiting', workedQueues.map(waiting)),
        graph('Oldest message, seconds', workedQueues.map(oldest)),
      ],
      [graph('Given up', dead), graph('Tried again', emitted(troubles))],
      [
        graph('Finished runs', emitted(Object.values(heartbeats))),
        graph('Events of uses', emitted(['UsesRead', 'UsesUnreadable'])),
      ],
      [graph('Longest run, milliseconds', longest), graph('Failed runs', failed)],
      [
        new LogQueryWidget({
          title: 'Last errors',
          logGroupNames: logGroups.map(({ logGroupName }) => logGroupName),
          queryLines: ['filter level = "ERROR"', 'sort @timestamp desc', 'limit 20'],
          width: 24,
          height: 6,
        }),
      ],
    ],
  })
  const fields = ['@timestamp', 'level', 'message', 'input', 'cause', 'account', 'permissionSet', 'principal', 'reason']
  const queries = {
    'one input': ['input = "links_data/…" or cause = "links_data/…"'],
    'one account': ['account = "111122223333"'],
    errors: ['level = "ERROR"'],
    slices: ['message = "dispatcher slice ended"'],
  }
  for (const [name, filterStatements] of Object.entries(queries))
    new QueryDefinition(scope, `Query-${name.replace(' ', '-')}`, {
      queryDefinitionName: `${environment.name}/${name}`,
      logGroups,
      queryString: new QueryString({ fields, filterStatements, sort: '@timestamp desc', limit: 200 }),
    })
}
