import * as z from 'zod'
import type { CalledService } from '../../../shared/ports/service-error.ts'

const services = [
  's3',
  'sqs',
  'sso-admin',
  'identitystore',
  'organizations',
  'sts',
  'iam',
  'events',
  'sns',
  'secretsmanager',
] as const satisfies readonly CalledService[]

/** The calls that a rule concerns. Matching calls are counted: the first `skip` pass, then up to `times` fail. */
const matching = {
  service: z.enum(services),
  /** AWS's name (`CreateAccountAssignment`, `PutObject`); absent: every operation of the service. */
  operation: z
    .string()
    .regex(/^[A-Z][A-Za-z0-9]*$/, "an operation is written as in AWS's API Reference, such as PutObject")
    .optional(),
  /** The caller's access key id; absent: any caller. `ssofile` is the product itself. */
  caller: z.string().min(1).optional(),
  skip: z.int().min(0).default(0),
  times: z.int().min(1).optional(),
  /** The probability of a failure, for each call that `skip` and `times` leave. */
  probability: z.number().min(0).max(1).default(1),
}

export const faultRule = z.discriminatedUnion('fault', [
  z.strictObject({ ...matching, fault: z.literal('throttle') }),
  /** `code`: an error code of the service; absent: its internal error. */
  z.strictObject({ ...matching, fault: z.literal('error'), code: z.string().min(1).optional() }),
  z.strictObject({ ...matching, fault: z.enum(['drop', 'lose-answer']) }),
  z.strictObject({ ...matching, fault: z.literal('delay'), ms: z.int().min(1).max(3_600_000) }),
  z.strictObject({ ...matching, fault: z.literal('kill'), when: z.enum(['before', 'after']).default('after') }),
])
export type FaultRule = z.infer<typeof faultRule>

/** The faults to inject (`--faults FILE`). The same seed and the same calls give the same faults. */
export const faultFile = z.strictObject({ seed: z.int().default(1), rules: z.array(faultRule) })
export type FaultFile = z.infer<typeof faultFile>

export const faultsHelp = `
Faults (--faults FILE) are injected into calls to the services, at the connection, once the system is ready:
  { "seed": 7, "rules": [
    { "service": "sso-admin", "operation": "CreateAccountAssignment", "fault": "lose-answer", "skip": 3, "times": 1 },
    { "service": "s3", "caller": "ssofile", "fault": "throttle", "probability": 0.1 } ] }
  service      ${services.join(', ')}
  operation    as AWS names it; absent: every one
  caller       an access key id, such as "ssofile", that of the product; absent: anybody
  fault        throttle      refused as AWS refuses too many calls
               error         refused with "code", default: the service's internal error
               drop          the connection breaks before the call takes effect
               lose-answer   the connection breaks after the call took effect
               delay         the call waits "ms" milliseconds first
               kill          the process kills itself with SIGKILL "when": "before" or "after" (default) the call
  skip, times  the first "skip" calls pass, the next "times" fail; absent: 0, and all that follow
  probability  that such a call fails; default 1
If several rules match a call, the first that strikes is applied. GET /_ssofile/faults counts how often each struck.`
