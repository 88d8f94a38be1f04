import { doctorQuestion, tryOwnPermissions } from '../shared/modules/doctor/try-permissions.ts'
import type { Ports } from '../shared/ports/ports.ts'

/** Wraps a function. When `ssofile doctor` asks for it, the function reports the rights of its role instead of working. */
export const answerDoctor =
  <E, R>(ports: Ports, work: (event?: E) => Promise<R>) =>
  async (event?: E): Promise<R | Awaited<ReturnType<typeof tryOwnPermissions>>> =>
    doctorQuestion.safeParse(event).success ? tryOwnPermissions(ports) : work(event)
