import type { Ports } from '../../ports/ports.ts'
import { isServiceError, proofOf } from '../../ports/service-error.ts'
import { patientOrganizations } from '../../reconcile/calls/patient-organizations.ts'
import { RateLimiter } from '../../reconcile/calls/rate-limiter.ts'
import { repeatPatiently } from '../../reconcile/calls/repeat-patiently.ts'
import { wrapPort } from '../../reconcile/calls/wrap-port.ts'

/** A running dispatcher may use 20 calls a second, and must not be slowed down. */
const callsPerSecond = 4
const repetition = { attemptsMost: 8, firstMs: 500, mostMs: 8_000 }

/** Slows ports down to a low rate. Repeats a call, read or write, only after throttling, because then nothing took effect. */
export function slowPorts(ports: Ports): Ports {
  const mayHelp = (error: unknown) => isServiceError(error) && proofOf(error) === 'not-now'
  const slow = <P extends object>(port: P): P => {
    const limiter = new RateLimiter(ports.clock, callsPerSecond)
    return wrapPort(port, (_, call) =>
      repeatPatiently(ports, { ...repetition, mayHelp }, () => limiter.run('background', call)),
    )
  }
  return {
    ...ports,
    ssoAdmin: slow(ports.ssoAdmin),
    identityStore: slow(ports.identityStore),
    organizations: patientOrganizations(ports),
  }
}
