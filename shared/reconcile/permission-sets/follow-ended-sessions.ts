import pLimit from 'p-limit'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Hint } from '../../domain/messages/hint.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { endedSessionsKey } from '../../domain/sessions/ended-sessions.ts'
import { describeSpoiledEnding } from '../../domain/sessions/judge-ended-sessions.ts'
import type { Ports } from '../../ports/ports.ts'
import { readEndedOrLog } from '../records/ended-sessions.ts'
import { sendHints } from '../records/lanes.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import { type OwnedPermissionSet, readOwned } from '../records/owned-permission-sets.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'
import { type DenialWish, isBehind, isOwed, wishesFor } from './deny-ended-sessions.ts'

/**
 * Sends urgent hints for permission sets that lack a denial or have an expired one. Always includes those without room for all
 * denials, because their inline policy may be shorter now. Skips those that wait for their next attempt.
 */
export async function followEndedSessions(
  ports: Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock' | 'log'>,
  configuration: Pick<Configuration, 'urgentPermissionSets' | 'folders'>,
): Promise<readonly PermissionSetName[]> {
  const { objects, randomness, clock, log } = ports
  const read = await readEndedOrLog(ports)
  if (read === undefined) return []
  const spoiled = read.spoiled.map(describeSpoiledEnding)
  if (spoiled.length > 0) log.error(`entries of ${endedSessionsKey} are ignored`, { spoiled })
  const named = [...read.ended, ...read.over, ...read.spoiled.flatMap(({ session }) => session ?? [])]
  const names = [...new Set(named.map(({ permissionSet }) => permissionSet))]
  const looked = await pLimit(readsAtOnce).map(names, async (name) => {
    const owned = await unlessSpoiled(readOwned(objects, name))
    return !isSpoiled(owned) && isDue(owned?.value, wishesFor(name, read), clock.now()) ? [name] : []
  })
  const open = looked.flat()
  const hints = open.map(
    (permissionSet): Hint => ({ v: 1, kind: 'permission-set', permissionSet, cause: endedSessionsKey }),
  )
  // The hints go out as revocations, because they take access away.
  await sendHints(ports, { id: randomness.id(), hints, revocation: true }, configuration)
  return open
}

function isDue(owned: OwnedPermissionSet | undefined, wish: DenialWish, now: Date): boolean {
  if (wish.isOver) return true
  if (owned?.arn === undefined) return false
  const { sessions, openUntil } = owned
  if (
    openUntil !== undefined &&
    new Date(openUntil) > now &&
    (sessions?.refused !== undefined || !isBehind(owned, wish))
  )
    return false
  return isOwed(owned, wish) || sessions?.left !== undefined
}
