import { parseRequestKey } from '../../../shared/domain/requests/access-request.ts'
import type { Status } from '../../../shared/domain/statuses/status.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { patientIdentityStore } from '../../../shared/reconcile/calls/patient-identity-store.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { EligibilityFiles } from '../../../shared/reconcile/requests/eligibility-files.ts'
import { mayApprove } from '../../../shared/reconcile/requests/may-approve.ts'
import { People } from '../../../shared/reconcile/requests/people.ts'
import type { Caller } from './find-caller.ts'

/** `suffix`: what the deployment appends to every principal. */
type Asking = { readonly ports: Ports; readonly notes: string[]; readonly suffix: string }

/**
 * Of these requests, which wait, those that the caller may approve and has not. Where the directory or the tags of accounts
 * cannot be asked from here, doubtful ones are among them, and a note says so.
 */
export async function findOwnApprovals(
  waiting: readonly Status[],
  { userId }: Pick<Caller, 'userId'>,
  { ports, notes, suffix }: Asking,
): Promise<readonly Status[]> {
  const people = new People(patientIdentityStore(ports), ports.clock, suffix)
  const context = { people, organization: asStored(ports), eligibilityFiles: new EligibilityFiles(ports) }
  const reasons = new Set<string>()
  const found: Status[] = []
  for (const status of waiting) {
    const path = parseRequestKey(status.input)
    if (!path.ok || status.request?.approvals?.given.some(({ user }) => user === userId)) continue
    const isMine = await mayApprove(userId, path.value, status, context).catch((error: unknown) => {
      if (!isServiceError(error)) throw error
      reasons.add(error.message)
      return true
    })
    if (isMine) found.push(status)
  }
  for (const reason of reasons) notes.push(`whose approval is yours is not known for all: ${reason}`)
  return found
}

/** As ssofile has written it down, as far as it has: the caller may have no right to ask AWS Organizations. */
function asStored(ports: Ports) {
  const cache = new OrganizationCache(ports, [])
  let stored: ReturnType<OrganizationCache['view']> | undefined
  const view = () => {
    stored ??= cache.storedView().then((known) => known ?? cache.view())
    return stored
  }
  return { view, find: cache.find.bind(cache), readLive: cache.readLive.bind(cache) }
}
