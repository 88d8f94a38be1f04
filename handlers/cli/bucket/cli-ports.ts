import { openAwsPorts } from '../../../shared/aws/aws-ports.ts'
import { readCallerIdentity } from '../../../shared/aws/caller-identity.ts'
import { SystemClock } from '../../../shared/aws/system-clock.ts'
import { SystemRandomness } from '../../../shared/aws/system-randomness.ts'
import { MemoryQueues } from '../../../shared/memory/sqs/memory-queues.ts'
import type { Log } from '../../../shared/ports/log.ts'
import { once } from '../../../shared/ports/once.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { isServiceError, proofOf } from '../../../shared/ports/service-error.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import { patientOrganizations } from '../../../shared/reconcile/calls/patient-organizations.ts'
import { patientPorts } from '../../../shared/reconcile/calls/patient-ports.ts'
import { wrapPort } from '../../../shared/reconcile/calls/wrap-port.ts'
import { ReadableLog } from '../terminal/readable-log.ts'
import { checkingPorts } from './check-actor.ts'

/**
 * The ports of a command: AWS's services, found by the standard environment variables. Without a deployment's queues they use queues in
 * this process: then the command does the work itself.
 */
export function openCliPorts(bucket: string, queueUrl?: (queue: string) => string, log: Log = terminalLog()): Ports {
  const clock = new SystemClock()
  const queues = queueUrl ?? new MemoryQueues({ clock, randomness: new SystemRandomness() })
  const opened = patientPorts(openAwsPorts({ bucket, queues, log }))
  const own = { ...opened, callerAccountId: once(readCallerAccountId) }
  return checkingPorts(waitingPorts(own, (line) => process.stderr.write(line)))
}

/** `undefined`: STS does not answer. */
async function readCallerAccountId(): Promise<string | undefined> {
  const [, , , , account] = (await readCallerIdentity()).split(':')
  return account
}

/**
 * Makes a throttled call of a command wait and retry; the user is told once for each service. Calls to the directory and the organization
 * stay below AWS's rate. For SSO Admin, limiters repeat the reads (`limitSsoAdmin`). S3 and SQS retry already, and so does the client that
 * asks for the instance.
 */
export function waitingPorts(ports: Ports, tell: (line: string) => void): Ports {
  const told = new Set<string>()
  const onPause = (_: number, error: unknown) => {
    if (!isServiceError(error) || proofOf(error) !== 'not-now' || told.has(error.service)) return
    told.add(error.service)
    tell(`${error.service} throttles (${error.message}); waiting, and going on\n`)
  }
  const ssoAdmin = wrapPort(ports.ssoAdmin, (_, call) =>
    call().catch((error: unknown) => {
      onPause(0, error)
      throw error
    }),
  )
  return {
    ...ports,
    ssoAdmin,
    identityStore: patientIdentityStore(ports, onPause),
    organizations: patientOrganizations(ports, onPause),
  }
}

/** Prints warnings and errors on standard error; the command itself reports success. */
function terminalLog(): Log {
  const log = new ReadableLog((line) => process.stderr.write(line), new SystemClock())
  const quiet = (inner: Log): Log => ({
    with: (fields) => quiet(inner.with(fields)),
    info: () => {},
    warn: (message, fields) => inner.warn(message, fields),
    error: (message, fields) => inner.error(message, fields),
  })
  return quiet(log)
}
