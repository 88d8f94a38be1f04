import { parseAssignmentKey, parseAssignmentName } from '../../domain/assignments/assignment.ts'
import { attributesKey } from '../../domain/attributes/attributes-file.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { accessHint, assignmentHint, attributesHint, type Hint, permissionSetHint } from '../../domain/messages/hint.ts'
import { parsePermissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { Ports } from '../../ports/ports.ts'
import { sendHints } from '../records/lanes.ts'
import { listOpenWork, parseLookKey } from '../records/open-work.ts'

/** The hint that retries open work. Its cause is the object of that work. `undefined`: the key names no open work. */
export function openHint(object: string, key: string): Hint | undefined {
  if (key === attributesKey) return attributesHint(object)
  const name = parsePermissionSetKey(key)
  if (name.ok) return permissionSetHint(name.value, object)
  const look = parseLookKey(key)
  if (look) return { v: 1, kind: 'by-hand', ...look, cause: object }
  const id = parseAssignmentKey(key)
  if (id) return accessHint(id, object)
  const assignment = parseAssignmentName(key)
  return assignment && assignmentHint(assignment, object)
}

/**
 * Retries all open work now, because its next attempt may be an hour away and the operator may have removed the obstacle. Returns the
 * objects of that work. Each retry deletes or replaces its object, unless the access is in its grace period after its principal is gone.
 */
export async function retryOpenWork(
  ports: Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'>,
  configuration: Pick<Configuration, 'urgentPermissionSets' | 'folders'>,
): Promise<readonly string[]> {
  const { objects, randomness, clock } = ports
  const waiting = (await Array.fromAsync(listOpenWork(objects))).filter(({ nextAttempt }) => nextAttempt > clock.now())
  const hints = waiting.flatMap(({ object, key }) => openHint(object, key) ?? [])
  await sendHints(ports, { id: randomness.id(), hints, revocation: false }, configuration)
  return waiting.map(({ object }) => object)
}
