import { fitsOne } from '../text/glob.ts'
import type { Guardrails } from './policy-file.ts'

/** The policy that forbids files to suspend this user. `undefined`: none does. A broken policy protects nobody. */
export function findNeverSuspended({ policies }: Guardrails, userName: string): string | undefined {
  return policies.find(({ neverSuspend = [] }) => fitsOne(neverSuspend, userName))?.key
}

/**
 * Whether governance lets a file under `people/` adopt a user with this name whom ssofile did not create. While a policy is broken it may
 * not, since that policy's `neverSuspend` may name the user.
 */
export function mayAdoptPerson({ policies, broken }: Guardrails, userName: string): boolean {
  return broken.length === 0 && policies.some(({ adoptPeople = [] }) => fitsOne(adoptPeople, userName))
}
