import type { Admission } from '../../domain/brake/admission.ts'
import { isServiceError, proofOf } from '../../ports/service-error.ts'
import type { AssignmentTarget, SsoAdmin } from '../../ports/sso-admin.ts'
import { NotStartedError } from './limited-sso-admin.ts'

/** How Identity Center answered a call that creates or deletes an assignment. */
export type CallAnswer =
  | { readonly is: 'accepted'; readonly requestId: string }
  /** Refused in passing, or not sent at all: nothing took effect. */
  | { readonly is: 'not-now'; readonly reason: string }
  /** Refused: nothing took effect, and to send it again changes nothing. */
  | { readonly is: 'refused'; readonly reason: string; readonly error: unknown }
  /** No answer, HTTP 5xx, or an error nobody knows: it may have taken effect. */
  | { readonly is: 'unknown'; readonly reason: string }

/** What is called. Nothing is deleted without an admission. */
export type AssignmentCall =
  | { readonly kind: 'creation' }
  | { readonly kind: 'deletion'; readonly admission: Admission }

/** Sends one call. Throws what is no answer of the service. */
export async function sendAssignmentCall(
  { kind }: AssignmentCall,
  target: AssignmentTarget,
  { ssoAdmin, ending }: { readonly ssoAdmin: SsoAdmin; readonly ending: AbortSignal },
): Promise<CallAnswer> {
  try {
    const send = kind === 'creation' ? ssoAdmin.createAccountAssignment : ssoAdmin.deleteAccountAssignment
    const { requestId } = await send.call(ssoAdmin, target, { signal: ending })
    return { is: 'accepted', requestId }
  } catch (error) {
    if (error instanceof NotStartedError) return { is: 'not-now', reason: error.message }
    if (!isServiceError(error)) throw error
    const reason = `${error.code}: ${error.message}`
    // "There is a conflicting operation in process.": another request for this account or role. It passes.
    if (isServiceError(error, 'ConflictException')) return { is: 'not-now', reason }
    const proof = proofOf(error)
    return proof === 'refused' ? { is: 'refused', reason, error } : { is: proof, reason }
  }
}
