import type { Ports } from '../shared/ports/ports.ts'
import { doctorQuestion, tryOwnPermissions } from '../shared/reconcile/doctor/try-permissions.ts'

/** A function that also tells `ssofile doctor` what its role may do, instead of its work, when it is asked for that. */
export const answerDoctor =
  <E, R>(ports: Ports, work: (event?: E) => Promise<R>) =>
  async (event?: E): Promise<R | Awaited<ReturnType<typeof tryOwnPermissions>>> =>
    doctorQuestion.safeParse(event).success ? tryOwnPermissions(ports) : work(event)
