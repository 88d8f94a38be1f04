import type { Configuration } from '../../domain/configuration.ts'
import type { Hint } from '../../domain/hint.ts'
import { permissionSetName } from '../../domain/permission-set-name.ts'
import type { Ports } from '../../ports/ports.ts'
import { sendHints } from '../records/lanes.ts'
import { ownedPrefix } from '../records/owned-permission-sets.ts'
import { beginDriftRun, wholeUnit } from './drift-run.ts'

/**
 * Begins a drift check: what Identity Center really has against the ledger, and the permission sets that are ours. All
 * calls to SSO Admin are the dispatcher's, so this only sends hints: the one for the check itself is divided there. What
 * an earlier check left is dropped. Answers the run.
 */
export async function beginDriftCheck(
  ports: Pick<Ports, 'objects' | 'queues' | 'clock' | 'randomness'>,
  configuration: Configuration,
): Promise<string> {
  const run = ports.randomness.id()
  await beginDriftRun(ports, run)
  const hints: Hint[] = [{ v: 1, kind: 'drift', run, unit: wholeUnit, cause: 'drift' }]
  for await (const { key } of ports.objects.list(ownedPrefix)) {
    const name = permissionSetName.safeParse(key.slice(ownedPrefix.length))
    if (name.success) hints.push({ v: 1, kind: 'permission-set', permissionSet: name.data, cause: 'drift' })
  }
  await sendHints(ports, { id: run, hints, revocation: false }, configuration)
  return run
}
