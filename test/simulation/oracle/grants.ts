import { permissionsOf, type RoleName } from '../../../infra/function-permissions.ts'
import { mayUse, type Rights } from '../../../shared/ports/rights.ts'
import type { Call } from '../chaos.ts'

/**
 * Why this function may not make this call: its role in a deployment lacks the permission. Judges only calls to objects and queues, because
 * there are many, some used rarely. CI compares the calls of the end-to-end tests with the policies of all services.
 */
export function complainAboutGrant(name: RoleName, { service, operation, key = '' }: Call): string | undefined {
  const rights = permissionsOf(name)
  const { send = [], receive = [], outcomes } = rights
  // Who delivers may postpone.
  const ofReceiver: readonly string[] = outcomes === 'deliver' ? ['digests'] : receive
  const ofQueue: readonly string[] = operation === 'send' ? send : ofReceiver
  const isGranted = service === 'sqs' ? ofQueue.includes(key) : service !== 's3' || mayCall(rights, operation, key)
  return isGranted ? undefined : `the role ${name} is not granted ${operation} of ${key}`
}

/** Whether these rights allow this operation of the port of objects. A further part of an upload does not name its key. */
export function mayCall(rights: Rights, operation: string, key: string): boolean {
  if (/^(list|uploadPart|completeUpload)$/.test(operation)) return true
  if (operation === 'lastDeletion') return rights.versions !== undefined
  if (operation === 'put' || operation === 'beginUpload') return mayUse(rights, 'put', key)
  return mayUse(rights, operation === 'delete' ? 'delete' : 'read', key)
}
