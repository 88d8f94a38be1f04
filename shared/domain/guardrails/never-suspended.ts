import { fitsOne } from '../text/glob.ts'
import type { Guardrails } from './policy-file.ts'

/** The policy that keeps this user from being suspended by a file; `undefined`: none does. One that is broken keeps nobody. */
export function findNeverSuspended({ policies }: Guardrails, userName: string): string | undefined {
  return policies.find(({ neverSuspend = [] }) => fitsOne(neverSuspend, userName))?.key
}
