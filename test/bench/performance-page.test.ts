import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { exactly, nearBound } from './benchmark.ts'
import { benchmarks } from './benchmarks.ts'
import { pageBundleFigure, pageBundleKb, pageFilesFigure, pageFilesKb } from './page.ts'
import { monthFigure, readPage, renderPage } from './performance-page.ts'
import { drawPlot, plotFile } from './performance-plot.ts'
import { readResults } from './results.ts'

const page = `# Title

<!-- measured: npm run bench writes from here -->
old
<!-- measured: to here -->

What a person wrote.
`

test('the page of performance tells what bench/results.json has', () => {
  expect(renderPage(readPage(), readResults())).toBe(readPage())
})

test('the plot of performance shows what bench/results.json has', () => {
  expect(drawPlot(readResults())).toBe(readFileSync(plotFile, 'utf8'))
})

// Everything else is measured by a clock or takes minutes: a figure of those can be older than the code, and only a run of the benchmark tells.
test.each([
  { what: 'the page', figure: pageFilesFigure, measure: pageFilesKb },
  { what: 'its function', figure: pageBundleFigure, measure: async () => pageBundleKb() },
])('the told size of $what is that of the sources as they are now', async ({ figure, measure }) => {
  const told = readResults().find((one) => one.figure === figure)?.value ?? 0
  const now = await measure()
  // npm run bench -- page --write
  expect({ told, now, differs: Math.abs(now - told) > 0.02 * now }).toEqual({ told, now, differs: false })
})

test('bench/results.json has no figures of benchmarks that are gone', () => {
  const names = benchmarks.map(({ name }) => name)
  expect(readResults().filter(({ name }) => !names.includes(name))).toEqual([])
})

test('what a person wrote on the page stays when figures are written', () => {
  const figure = nearBound(1.08, { figure: 'time', value: 412.345, unit: 's', bound: 400 })
  const written = renderPage(page, [{ name: 'latency', ...figure }])
  expect(written).toContain('`latency`, this machine:\n\n- time: **412.3 s**, 1.031 × bound of 400 (≤ 1.08 × bound)\n')
  expect(written).not.toContain('old')
  expect(written.endsWith('\n\nWhat a person wrote.\n')).toBe(true)
  expect(renderPage(written, [])).toBe(renderPage(page, []))
})

test('what a month costs follows the figure of its measured line', () => {
  const worked = { name: 'cost', figure: monthFigure, value: 30, unit: 'dollars', goal: 'none', held: true }
  const [measured, keyCost, together] = [
    '| requests to S3 and SQS, Lambda | counted |',
    '| KMS key | 1 | 1.25 |',
    '| together | |',
  ]
  const table = (first: string, sum: string) =>
    [
      '| of an idle month | counted | dollars |',
      '| --- | --- | --- |',
      `${measured} ${first} |`,
      keyCost,
      `${together} ${sum} |`,
    ].join('\n')
  expect(renderPage(`${page}\n${table('2.00', '9.99')}\n`, [worked])).toContain(table('30.00', '31.25'))
})

test('a figure that misses its goal stands in the list as missed', () => {
  const figure = exactly(0, { figure: 'calls turned away', value: 2, unit: 'calls' })
  expect(renderPage(page, [{ name: 'latency', ...figure }])).toContain('(= 0, **missed**)')
})

test('a figure without a goal stands in the list only if no figure of its benchmark has one', () => {
  const asked = { name: 'latency', figure: 'asked', value: 1, unit: 's', goal: 'none', held: true }
  const judged = { name: 'latency', ...exactly(0, { figure: 'turned away', value: 0, unit: 'calls' }) }
  expect(renderPage(page, [asked])).toContain('- asked: **1 s**\n')
  expect(renderPage(page, [asked, judged])).not.toContain('asked')
})

test('a page without the place for figures is not written', () => {
  expect(() => renderPage('# Title\n', [])).toThrow('0 times, expected once')
})
