import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { bundleFunction } from '../../infra/bundle-function.ts'
import { defaultConfiguration } from '../../shared/domain/configuration.ts'
import { type FunctionName, functionNames } from '../../shared/ports/deployment-settings.ts'
import { functionEnvironment, runBundle } from '../infra/run-bundle.ts'
import { type Benchmark, parseNumbers, quantile } from './benchmark.ts'

const bytesMost = 1024 * 1024
const loadMsMost = 150

/** The functions as they are deployed: how large each bundle is, and how long a fresh process takes to load it. */
export const bundles: Benchmark = {
  name: 'bundles',
  usage: 'bundles [--loads 10]',
  summary: 'size of each function as it is deployed, and the processor time in which a fresh process loads it',
  async run(options) {
    const { loads } = parseNumbers(options, { loads: 10 })
    const directory = mkdtempSync(join(tmpdir(), 'ssofile-bundles-'))
    try {
      const measured = functionNames.map((name) => measure(name, directory, loads))
      return {
        lines: [
          'function              bytes   load ms (median)   fastest',
          ...measured.map(
            ({ name, bytes, ms }) =>
              `  ${name.padEnd(16)}${String(bytes).padStart(9)}${quantile(ms, 0.5).toFixed(0).padStart(19)}${Math.min(
                ...ms,
              )
                .toFixed(0)
                .padStart(10)}`,
          ),
        ],
        claims: [
          { claim: 'each bundle has at most 1 MB', holds: measured.every(({ bytes }) => bytes <= bytesMost) },
          {
            claim: `each loads in at most ${loadMsMost} ms (fastest)`,
            holds: measured.every(({ ms }) => Math.min(...ms) <= loadMsMost),
          },
        ],
      }
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
}

function measure(name: FunctionName, parent: string, loads: number) {
  const directory = join(parent, name)
  mkdirSync(directory)
  bundleFunction(name, defaultConfiguration, directory)
  const file = join(directory, 'index.mjs')
  return { name, bytes: statSync(file).size, ms: Array.from({ length: loads }, () => load(file)) }
}

/** Milliseconds of a processor. */
function load(file: string): number {
  const script = `const cpu = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000
    const begun = cpu()
    await load()
    console.log(cpu() - begun)`
  return z.coerce.number().parse(runBundle(file, functionEnvironment, script))
}
