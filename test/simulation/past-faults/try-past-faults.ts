import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import pLimit from 'p-limit'
import type { PastFaultWork } from './past-fault-worker.ts'
import { type PastFault, pastFaults } from './past-faults.ts'
import type { NoticedFault } from './seek.ts'

type FaultOptions = { readonly faultsWith: string; readonly runs: number; readonly workers: number }

/** Puts each past fault back, and says which lives notice. Returns whether they find every fault that they found before. */
export async function tellPastFaults({ faultsWith, runs, workers }: FaultOptions): Promise<boolean> {
  const named = pastFaults.filter(({ name }) => name.includes(faultsWith))
  const tried = await pLimit(workers).map(named, async (fault) => {
    const found = await find(fault, runs)
    process.stdout.write(`${fault.name.padEnd(84)} ${found ? `${found.where}: ${found.message}` : 'MISSED'}\n`)
    return { fault, found }
  })
  const found = tried.flatMap((one) => one.found ?? [])
  const drawn = found.filter((one) => one.isDrawn).length
  process.stdout.write(
    `${found.length} of ${tried.length} found: ${found.length - drawn} by canonical lives, ${drawn} by drawn lives only\n`,
  )
  return tried.every((one) => one.found !== undefined || !one.fault.isFound)
}

/** If the life breaks a promise without the fault too, it proves nothing. */
async function find({ profile, edits }: PastFault, runs: number): Promise<NoticedFault | undefined> {
  const sought = { profile, runs }
  const found = await runWorker({ ...sought, edits })
  if (!found) return undefined
  return (await runWorker({ ...sought, edits: [], only: found.nth })) ? undefined : found
}

function runWorker(workerData: PastFaultWork): Promise<NoticedFault | undefined> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(import.meta.dirname, 'past-fault-worker.ts'), { workerData })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
