import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Duration } from 'aws-cdk-lib/core'
import type { Environment } from '../shared/domain/deployment/environment.ts'
import { type MetricName, metricDefinitions, metricNamespace, metricService } from '../shared/ports/metrics.ts'

/** A metric of this deployment's functions: CloudWatch finds it only with exactly these dimensions. */
export function emittedMetric({ name }: Environment, metric: MetricName, period: Duration): Metric {
  return new Metric({
    namespace: metricNamespace(name),
    metricName: metric,
    dimensionsMap: { service: metricService },
    statistic: metricDefinitions[metric].statistic,
    period,
  })
}
