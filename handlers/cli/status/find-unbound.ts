import pLimit from 'p-limit'
import { parseMembershipAnywhere } from '../../../shared/domain/files/membership-file.ts'
import { parseLinkAnywhere } from '../../../shared/domain/links/link.ts'
import type { PrincipalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../../shared/domain/principals/principal.ts'
import { matchesGlob } from '../../../shared/domain/text/glob.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import { PrincipalIndex } from '../../../shared/reconcile/directory/principal-index.ts'
import { readsAtOnce } from '../../../shared/reconcile/records/list-heads.ts'
import { listInState, readStatus } from '../../../shared/reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../../shared/reconcile/records/stored-json.ts'

/** A waiting file of a user. `boundTo`: the user that it was applied to. */
export type UnboundFile = {
  readonly key: string
  readonly user: PrincipalName
  readonly boundTo: PrincipalId
  /**
   * - `made again`: that user is gone, and `present` has the name now.
   * - `renamed`: that user has another name, so the user of this name is somebody else.
   * - `nobody`: nobody has the name.
   */
  readonly is: 'made again' | 'renamed' | 'nobody'
  readonly present?: PrincipalId | undefined
}

/**
 * The waiting links and memberships whose keys match, and that are bound to another user than the one who has the name now. Asks the directory
 * by ids. Ascending.
 */
export async function findUnbound(
  ports: Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'randomness'>,
  pattern: string,
  principalSuffix: string,
): Promise<readonly UnboundFile[]> {
  const { objects, clock } = ports
  const principals = new PrincipalIndex(patientIdentityStore(ports), clock, principalSuffix)
  const matches = matchesGlob(pattern)
  const [before = ''] = pattern.split(/[*?]/)
  const keys = (await listInState(objects, 'waiting', before)).filter(matches)
  const sinceMs = clock.monotonicMs()
  const found = await pLimit(readsAtOnce).map(keys, async (key): Promise<readonly UnboundFile[]> => {
    const user = userOf(key)
    const boundTo = user && (await spoiledAsAbsent(readStatus(objects, key)))?.principalId
    if (user === undefined || boundTo === undefined) return []
    const present = await principals.resolve('USER', user, sinceMs)
    if (present === boundTo) return []
    if (present === undefined) return [{ key, user, boundTo, is: 'nobody' }]
    const isGone = (await principals.whereabouts('USER', boundTo, sinceMs)) === 'gone'
    return [{ key, user, boundTo, present, is: isGone ? 'made again' : 'renamed' }]
  })
  return found.flat()
}

/** The user in a link or a membership. `undefined`: the file names none. */
function userOf(key: string): PrincipalName | undefined {
  const link = parseLinkAnywhere(key)
  if (link.ok) return link.value.type === 'USER' ? link.value.principal : undefined
  const membership = parseMembershipAnywhere(key)
  return membership.ok ? membership.value.user : undefined
}
