import { permissionsOf, type RoleName } from '../../../infra/function-permissions.ts'
import type { Call } from '../chaos.ts'

/**
 * Why this function may not make this call: its role in a deployment lacks the permission. Judges only calls to objects and queues, because
 * there are many, some used rarely. CI compares the calls of the end-to-end tests with the policies of all services.
 */
export function complainAboutGrant(name: RoleName, { service, operation, key = '' }: Call): string | undefined {
  const { read = [], write = [], put = [], remove = [], send = [], receive = [], outcomes } = permissionsOf(name)
  // Who delivers may postpone.
  const ofReceiver: readonly string[] = outcomes === 'deliver' ? ['digests'] : receive
  const ofQueue: readonly string[] = operation === 'send' ? send : ofReceiver
  const putting = operation === 'delete' ? [] : put
  const removing = operation === 'put' ? [] : remove
  // Every role may read the owner of the bucket (`function-policy.ts`).
  const reading = /^(put|delete)$/.test(operation) ? [] : ['control/owner.json', ...read]
  const ofObject = [...write, ...putting, ...removing, ...reading]
  const isJudged = service === 'sqs' || (service === 's3' && operation !== 'list')
  const isGranted = service === 'sqs' ? ofQueue.includes(key) : ofObject.some((prefix) => key.startsWith(prefix))
  return isJudged && !isGranted ? `the role ${name} is not granted ${operation} of ${key}` : undefined
}
