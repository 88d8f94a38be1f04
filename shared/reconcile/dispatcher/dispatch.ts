import type { Configuration } from '../../domain/configuration.ts'
import type { Ports } from '../../ports/ports.ts'
import { Lease } from './lease.ts'
import { noteStopped, readPause, reconcileAfterPause } from './pause.ts'
import { Slice, type SliceOptions, type SliceResult } from './slice.ts'

/** One slice of the only process that calls SSO Admin: takes hints and makes Identity Center equal to the files. */
export async function dispatch(
  ports: Ports,
  configuration: Configuration,
  options: SliceOptions,
): Promise<SliceResult> {
  if (await isPaused(ports)) return { outcome: 'paused', settled: 0, failed: 0 }
  const lease = await Lease.acquire(ports, options.holder)
  if (!lease) return { outcome: 'lease-held', settled: 0, failed: 0 }
  void lease.keep()
  try {
    // Asked again: the lease may have been waited for until a pause ended the slice before this one.
    if (await isPaused(ports)) return { outcome: 'paused', settled: 0, failed: 0 }
    if (await reconcileAfterPause(ports)) ports.log.info('after a pause everything is compared anew')
    return await new Slice(ports, configuration, options, lease).run()
  } finally {
    await lease.release()
  }
}

async function isPaused({ objects }: Ports): Promise<boolean> {
  if (!(await readPause(objects))) return false
  await noteStopped(objects)
  return true
}
