import { atLeast, atMost, type Benchmark, parseNumbers, withoutGoal } from './benchmark.ts'
import type { BurstMeasured } from './burst-process.ts'
import { nextMessage, startChild } from './child-process.ts'

/**
 * The room that V8 gives to new objects grows with the memory of the machine: with 2 GB to this, and the functions that work here
 * have less. (Node.js documentation, "--max-semi-space-size".)
 */
const youngAsInFunction = '--max-semi-space-size=16'

/** A folder of links is uploaded at once; when half of them are queued, one that is in force is deleted. */
export const burst: Benchmark = {
  name: 'burst',
  usage: 'burst [--files 10000]',
  summary: "a folder of links uploaded at once, until the last is parsed, checked and queued, at AWS's answer times",
  clock: 'virtual',
  async run(options) {
    const { files } = parseNumbers(options, { files: 10_000 })
    const child = startChild('burst-process.ts', [String(files)], [youngAsInFunction])
    const { seconds, processorSeconds, deletionSeconds, calls, megabytes } = await nextMessage<BurstMeasured>(child)
    const total = calls.reduce((sum, [, count]) => sum + count, 0)
    return {
      lines: [
        `${files} links queued after ${seconds.toFixed(1)} s`,
        ...calls.toSorted(([, a], [, b]) => b - a).map(([call, count]) => `  ${count} ${call}`),
      ],
      figures: [
        atLeast(200, { figure: 'files parsed, checked and queued', value: files / seconds, unit: 'a second' }),
        atLeast(200, {
          figure: 'the same in a second of one processor, models included',
          value: files / processorSeconds,
          unit: '',
        }),
        atMost(2, { figure: 'a deletion in the middle, until queued', value: deletionSeconds, unit: 's' }),
        withoutGoal({ figure: 'calls to S3 and SQS for each file', value: total / files, unit: 'calls' }),
        atMost(300, { figure: 'memory, models included', value: megabytes, unit: 'MB' }),
      ],
    }
  },
}
