import type { MetricName, Metrics } from '../ports/metrics.ts'

export type Collected = {
  readonly count: number
  readonly sum: number
  readonly most: number
  readonly last: number
}

/** Keeps the count, the sum, the maximum and the last value of each metric. */
export class CollectedMetrics implements Metrics {
  readonly #collected = new Map<MetricName, Collected>()

  record(name: MetricName, value = 1): void {
    const { count = 0, sum = 0, most = value } = this.#collected.get(name) ?? {}
    this.#collected.set(name, { count: count + 1, sum: sum + value, most: Math.max(most, value), last: value })
  }

  /** `undefined`: the metric was never recorded. */
  of(name: MetricName): Collected | undefined {
    return this.#collected.get(name)
  }

  sumOf(name: MetricName): number {
    return this.of(name)?.sum ?? 0
  }

  get names(): readonly MetricName[] {
    return [...this.#collected.keys()]
  }

  /** By name, for a person. */
  toJSON(): Readonly<Record<string, Collected>> {
    return Object.fromEntries([...this.#collected].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}
