import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { bundleFunction } from '../../infra/bundle-function.ts'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import { type FunctionName, functionNames } from '../../shared/ports/deployment-settings.ts'
import { functionEnvironment, runBundle } from '../infra/run-bundle.ts'
import { atMost, type Benchmark, parseNumbers, quantile, withoutGoal } from './benchmark.ts'

const bytesMost = 1024 * 1024
const loadMsMost = 150

/** The functions as they are deployed: how large each bundle is, and how long a fresh process takes to load it. */
export const coldStart: Benchmark = {
  name: 'cold-start',
  usage: 'cold-start [--loads 7]',
  summary: 'size of each function as it is deployed, and how long a fresh process takes to load it',
  clock: 'machine',
  async run(options) {
    const { loads } = parseNumbers(options, { loads: 7 })
    const directory = mkdtempSync(join(tmpdir(), 'ssofile-cold-start-'))
    try {
      const built = functionNames.map((name) => ({ name, file: build(name, directory) }))
      // In turns, so that what else the machine does at one moment slows all of them.
      const rounds = Array.from({ length: loads }, () => built.map(({ file }) => load(file)))
      const measured = built.map(({ name, file }, index) => ({
        name,
        bytes: statSync(file).size,
        ms: rounds.flatMap((round) => round[index]?.loadMs ?? []),
        processorMs: rounds.flatMap((round) => round[index]?.processorMs ?? []),
      }))
      const emptyMs = Math.min(...rounds.flat().map(({ startMs }) => startMs))
      return {
        lines: [
          `an empty process takes ${emptyMs.toFixed(0)} ms (fastest); on top of it:`,
          'function              bytes   load ms (median)   fastest   × empty process',
          ...measured.map(
            ({ name, bytes, ms }) =>
              `  ${name.padEnd(16)}${String(bytes).padStart(9)}${quantile(ms, 0.5).toFixed(0).padStart(19)}${Math.min(
                ...ms,
              )
                .toFixed(0)
                .padStart(10)}${(Math.min(...ms) / emptyMs).toFixed(1).padStart(18)}`,
          ),
        ],
        figures: [
          atMost(bytesMost, {
            figure: 'largest bundle',
            value: Math.max(...measured.map(({ bytes }) => bytes)),
            unit: 'bytes',
          }),
          atMost(loadMsMost, {
            figure: 'load of the slowest function, median',
            value: Math.max(...measured.map(({ ms }) => quantile(ms, 0.5))),
            unit: 'ms',
          }),
          withoutGoal({
            figure: 'load of the slowest function, processor time of the fastest load',
            value: Math.max(...measured.map(({ processorMs }) => Math.min(...processorMs))),
            unit: 'ms',
          }),
        ],
      }
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
}

function build(name: FunctionName, parent: string): string {
  const directory = join(parent, name)
  mkdirSync(directory)
  bundleFunction(name, defaultConfiguration, directory)
  return join(directory, 'index.mjs')
}

const times = z.object({ startMs: z.number(), loadMs: z.number(), processorMs: z.number() })

/** How old the process is when it runs a script; from there, how long it takes to load the file, and how much of that it had a processor. */
function load(file: string): z.infer<typeof times> {
  const script = `const cpu = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000
    const [startMs, cpuMs] = [performance.now(), cpu()]
    await load()
    console.log(JSON.stringify({ startMs, loadMs: performance.now() - startMs, processorMs: cpu() - cpuMs }))`
  return times.parse(JSON.parse(runBundle(file, functionEnvironment, script)))
}
