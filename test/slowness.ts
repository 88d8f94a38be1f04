import { createHash } from 'node:crypto'
import { availableParallelism, loadavg } from 'node:os'

const hashedBytes = new Uint8Array(16_000_000)
/** An idle processor of the machines that the limits were chosen on. */
const hashedWithinMs = 12

const beganMs = performance.now()
createHash('sha256').update(hashedBytes).digest()
const ofProcessor = (performance.now() - beganMs) / hashedWithinMs

/**
 * A limit in real time, as long as this machine needs for it now: limits hold for an idle machine with two processors. Longer where its
 * processors are slower, and where more work waits for them than there are processors.
 */
export function slowed(idleMs: number): number {
  const [lastMinute = 0] = loadavg()
  return idleMs * Math.max(1, ofProcessor) * Math.max(1, lastMinute / availableParallelism())
}
