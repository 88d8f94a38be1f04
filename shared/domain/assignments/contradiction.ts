import { quote } from '../statuses/complaint.ts'
import type { AssignmentKey } from './assignment.ts'
import { ledgerPrefix } from './ledger-entry.ts'

const lost = 'history says that ssofile granted it'
const outdated = 'history says that it ended'

/**
 * Identity Center lists an access. `lost`: history says that it is ours since `at`, but the ledger has no record of it.
 * `outdated`: history says that it ended `at`, but the ledger has a record of it.
 */
export type Contradiction = { readonly entry: 'lost' | 'outdated'; readonly at: string }

export function reasonOfContradiction(key: AssignmentKey, { entry, at }: Contradiction): string {
  const object = `'${quote(ledgerPrefix + key, 1024)}'`
  return entry === 'lost'
    ? `${lost} at ${at} and that it has not ended since, but the ledger lost its record, ${object}; ssofile does not grant, revoke or record it as foreign`
    : `${outdated} at ${at}, but the ledger has a record of it, ${object}, and Identity Center lists it; somebody else may have granted it since, so ssofile does not revoke it`
}

/** The remedy for a person if history and ledger contradict each other, or if a ledger object is spoiled. Chosen by the reason's text. */
export function remedyOfContradiction(reason: string): string | undefined {
  if (reason.startsWith(lost))
    return 'restore the version of that ledger object from before the loss; if the bucket keeps no versions, remove the access in Identity Center by hand: if links grant it, ssofile then grants and records it again'
  if (reason.startsWith(outdated))
    return 'to end the access, remove it in Identity Center by hand: ssofile then removes the record; to keep it, undo the change that brought back the old version of that ledger object'
  return reason.startsWith(ledgerPrefix) ? remedyOfSpoiledEntry : undefined
}

export const remedyOfSpoiledEntry =
  'restore the previous version of the object; if the bucket keeps no versions, remove the access in Identity Center by hand first, then this object: if links grant it, ssofile then grants and records it again'
