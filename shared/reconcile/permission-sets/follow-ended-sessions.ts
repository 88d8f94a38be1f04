import type { Configuration } from '../../domain/configuration.ts'
import type { Hint } from '../../domain/hint.ts'
import type { PermissionSetName } from '../../domain/permission-set-name.ts'
import type { Ports } from '../../ports/ports.ts'
import { endedSessionsKey, isDenied, readEndedSessions } from '../records/ended-sessions.ts'
import { sendHints } from '../records/lanes.ts'
import { readOwned } from '../records/owned-permission-sets.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'
import { isOwed, listDenied } from './deny-ended-sessions.ts'

/**
 * Sends urgent hints at permission sets that do not deny yet what they should, or deny what they need not any more. What waits
 * for its next attempt is left to that.
 */
export async function followEndedSessions(
  ports: Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock' | 'log'>,
  configuration: Pick<Configuration, 'urgentPermissionSets' | 'folders'>,
): Promise<readonly PermissionSetName[]> {
  const { objects, randomness, clock, log } = ports
  const ended = await unlessSpoiled(readEndedSessions(objects))
  if (isSpoiled(ended)) {
    log.error('sessions that were ended cannot be read; nothing is changed about them', { error: ended })
    return []
  }
  const now = clock.now()
  const open: PermissionSetName[] = []
  for (const name of new Set(ended.map(({ permissionSet }) => permissionSet))) {
    const owned = await unlessSpoiled(readOwned(objects, name))
    if (isSpoiled(owned)) continue
    const { arn, openUntil } = owned?.value ?? {}
    const isOver = ended.some((one) => one.permissionSet === name && !isDenied(one, now))
    const isBehind = owned !== undefined && arn !== undefined && isOwed(owned.value, listDenied(ended, name, now))
    const isPutOff = openUntil !== undefined && new Date(openUntil) > now
    if (isOver || (isBehind && !isPutOff)) open.push(name)
  }
  const hints = open.map(
    (permissionSet): Hint => ({ v: 1, kind: 'permission-set', permissionSet, cause: endedSessionsKey }),
  )
  // As a revocation: it takes access away.
  await sendHints(ports, { id: randomness.id(), hints, revocation: true }, configuration)
  return open
}
