import type { Status } from '../../../shared/domain/statuses/status.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { unlessCode } from '../../../shared/ports/service-error.ts'
import { StatusStore } from '../../../shared/reconcile/records/status-store.ts'

const lookEveryMs = 500

type Waiting = { readonly isDone: (told: Status | undefined) => boolean; readonly withinMs: number }

/** Waits until ssofile has finished with this input, or until the time is over; answers its status as it is then. */
export async function waitForStatus(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  key: string,
  { isDone, withinMs }: Waiting,
): Promise<Status | undefined> {
  const statuses = new StatusStore(objects, clock)
  const endsMs = clock.monotonicMs() + withinMs
  for (;;) {
    // People who write inputs may lack the right to read statuses.
    const told = await unlessCode(statuses.read(key), 'AccessDenied')
    if (isDone(told) || clock.monotonicMs() >= endsMs) return told
    await clock.sleep(lookEveryMs)
  }
}
