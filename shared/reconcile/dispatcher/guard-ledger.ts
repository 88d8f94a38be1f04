import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { findLedgerLoss } from '../records/ledger-count.ts'
import { ownerKey } from '../records/owner.ts'
import { type Pause, readPause, stopForLoss } from '../records/pause.ts'

/**
 * The pause in force; where the ledger was lost, it begins now. Without its ledger ssofile would take its own access for
 * someone else's: nothing would be revoked any more, and nobody would notice. (`aws s3 sync --delete` to the root of the
 * bucket does this.)
 *
 * It costs one listing of the ledger. Notifications of deletions would tell of each revocation of ours too, and a listing
 * misses none.
 */
export async function guardLedger(
  ports: Pick<Ports, 'objects' | 'clock' | 'log' | 'metrics'>,
  configuration: Configuration,
): Promise<Pause | undefined> {
  const { objects, log, metrics } = ports
  let pause = await readPause(objects)
  if (pause?.lost === undefined) {
    const lost = await findLoss(objects, configuration)
    if (lost === undefined) return pause
    pause = await stopForLoss(ports, lost)
  }
  log.error('the ledger was lost: nothing is granted or revoked until it is restored (ssofile restore)', pause)
  // Each time, so that the alarm lasts as long as the loss.
  metrics.record('LedgerLost')
  return pause
}

/** What of it is gone, for a person. */
async function findLoss(objects: ObjectStore, configuration: Configuration): Promise<string | undefined> {
  if (!(await objects.head(ownerKey))) return `${ownerKey} is gone`
  const lost = await findLedgerLoss(objects, configuration)
  return lost && `${lost.gone} of ${lost.of} entries under ${lost.under} are gone, and history does not say why`
}
