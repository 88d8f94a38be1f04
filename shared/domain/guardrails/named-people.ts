import { fitsOne } from '../text/glob.ts'
import type { Guardrails } from './policy-file.ts'

/** The policy that keeps this user from being suspended by a file; `undefined`: none does. One that is broken keeps nobody. */
export function findNeverSuspended({ policies }: Guardrails, userName: string): string | undefined {
  return policies.find(({ neverSuspend = [] }) => fitsOne(neverSuspend, userName))?.key
}

/**
 * Whether governance lets a file under `people/` take over a user of this name whom ssofile did not make. Not while a policy is
 * broken: it may be the one whose `neverSuspend` names the user.
 */
export function mayAdoptPerson({ policies, broken }: Guardrails, userName: string): boolean {
  return broken.length === 0 && policies.some(({ adoptPeople = [] }) => fitsOne(adoptPeople, userName))
}
