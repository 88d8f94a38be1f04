import { relative } from 'node:path'

type Results = {
  readonly testResults: readonly { readonly testFilePath: string; readonly perfStats: { readonly runtime: number } }[]
}

/** After a run of many files: the ten slowest, by the clock. */
export default class SlowestFiles {
  onRunComplete(_: unknown, { testResults }: Results): void {
    if (testResults.length < 20) return
    const slowest = testResults.toSorted((a, b) => b.perfStats.runtime - a.perfStats.runtime).slice(0, 10)
    const lines = slowest.map(
      ({ testFilePath, perfStats }) =>
        `${(perfStats.runtime / 1000).toFixed(1).padStart(8)} s  ${relative('', testFilePath)}\n`,
    )
    process.stderr.write(`\nThe slowest files:\n${lines.join('')}`)
  }
}
