import type { Ports } from '../../../shared/ports/ports.ts'
import { readNow } from '../../../shared/reconcile/records/owner.ts'

const lookEveryMs = 5_000
const leastMs = 1_000

/**
 * Waits for an instant by S3's clock: the user's clock may be wrong. `endsMs` (monotonic): the end of the time to wait; `false`: the
 * instant comes later. Calls `tell` if it has to wait.
 */
export async function waitUntil(
  instant: Date,
  ports: Pick<Ports, 'objects' | 'clock'>,
  { endsMs, tell }: { readonly endsMs: number; readonly tell: () => void },
): Promise<boolean> {
  const { clock } = ports
  for (let isFirst = true; ; isFirst = false) {
    const now = await readNow(ports)
    const leftMs = instant.getTime() - now.getTime()
    if (leftMs <= 0 && !isFirst) return true
    if (clock.monotonicMs() + leftMs >= endsMs) return false
    if (isFirst) tell()
    await clock.sleep(Math.min(Math.max(leftMs, leastMs), lookEveryMs))
  }
}
