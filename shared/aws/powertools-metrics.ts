import { Metrics as EmbeddedMetrics } from '@aws-lambda-powertools/metrics'
import { type MetricName, type Metrics, metricDefinitions, metricNamespace, metricService } from '../ports/metrics.ts'

/**
 * Writes each value as its own log line, from which CloudWatch makes the metric: no call, no permission. (CloudWatch User
 * Guide, "Embedding metrics within logs".)
 */
export class PowertoolsMetrics implements Metrics {
  readonly #metrics: EmbeddedMetrics

  constructor(deployment: string) {
    this.#metrics = new EmbeddedMetrics({ namespace: metricNamespace(deployment), serviceName: metricService })
  }

  record(name: MetricName, value = 1): void {
    this.#metrics.addMetric(name, metricDefinitions[name].unit, value)
    this.#metrics.publishStoredMetrics()
  }
}
