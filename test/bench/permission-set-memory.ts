import { atMost, exactly, type Result } from './benchmark.ts'
import { nextMessage, startChild } from './child-process.ts'
import type { UploadMemory } from './permission-set-process.ts'
import { steps } from './permission-set-steps.ts'

const few = 10
/** Names and ARNs of 3,500 (the quota) permission sets: the index that spares describing them all. */
const heapMoreMost = 4
/** For the same between two calls, while the index is parsed; and for what a system gives a process more or less. */
const processMoreMost = 25
/** Makes V8 collect early, so that the size of the process says what it needs. */
const heapLimitMegabytes = 64

/** What one upload takes in calls and memory beside few permission sets, and beside many. */
export async function measureBeside(many: number): Promise<Result> {
  const [beside, besideMany] = [await measure(few), await measure(many)]
  const heapMore = Math.max(...steps.map((_, index) => heapOf(besideMany, index) - heapOf(beside, index)))
  const processMore = besideMany.processMegabytes - beside.processMegabytes
  const title = (sets: number) => `beside ${sets.toLocaleString('en')}`.padStart(16)
  return {
    lines: [
      `one upload in a process of its own           heap in MB, calls${title(few)}${title(many)}`,
      ...steps.map(({ what }, index) => `  ${what.padEnd(60)}${cells(beside, index)}${cells(besideMany, index)}`),
      `  ${'the whole process, MB'.padEnd(60)}${round(beside.processMegabytes)}${round(besideMany.processMegabytes)}`,
    ],
    figures: [
      exactly(0, {
        figure: `uploads with more calls beside ${many} permission sets than beside ${few}`,
        value: steps.filter((_, index) => beside.uploads[index]?.calls !== besideMany.uploads[index]?.calls).length,
        unit: '',
      }),
      atMost(heapMoreMost, { figure: 'more heap for an upload beside many', value: heapMore, unit: 'MB' }),
      atMost(processMoreMost, { figure: 'more memory of the process beside many', value: processMore, unit: 'MB' }),
      exactly(0, {
        figure: 'uploads not applied, or deleted and not gone',
        value: [beside, besideMany].flatMap(({ uploads }) =>
          uploads.filter(({ state }, index) => state !== (steps[index]?.body ? 'applied' : 'gone')),
        ).length,
        unit: '',
      }),
    ],
  }
}

async function measure(sets: number): Promise<UploadMemory> {
  const services = startChild('permission-set-services.ts', [String(sets)])
  try {
    const { url } = await nextMessage<{ url: string }>(services)
    const limits = ['--expose-gc', `--max-old-space-size=${heapLimitMegabytes}`]
    return await nextMessage<UploadMemory>(startChild('permission-set-process.ts', [url], limits))
  } finally {
    services.kill()
  }
}

function heapOf({ uploads }: UploadMemory, index: number): number {
  return uploads[index]?.heapMegabytes ?? Number.NaN
}

function cells(memory: UploadMemory, index: number): string {
  return `${heapOf(memory, index).toFixed(1)}, ${memory.uploads[index]?.calls}`.padStart(16)
}

function round(megabytes: number): string {
  return megabytes.toFixed(0).padStart(16)
}
