import type { Admission } from '../../domain/brake/admission.ts'
import { isServiceError, proofOf } from '../../ports/service-error.ts'
import type { AssignmentTarget, SsoAdmin } from '../../ports/sso-admin.ts'
import { NotStartedError } from './limited-sso-admin.ts'

export type CallAnswer =
  | { readonly is: 'accepted'; readonly requestId: string }
  /** Refused for now, or not sent: nothing took effect. */
  | { readonly is: 'not-now'; readonly reason: string }
  /** Refused: nothing took effect, and a retry changes nothing. */
  | { readonly is: 'refused'; readonly reason: string; readonly error: unknown }
  /** No answer, HTTP 5xx, or an unknown error: it may have taken effect. */
  | { readonly is: 'unknown'; readonly reason: string }

/** The call to send. A deletion needs an admission. */
export type AssignmentCall =
  | { readonly kind: 'creation' }
  | { readonly kind: 'deletion'; readonly admission: Admission }

/** Sends one call. Throws errors that are no answers of the service. */
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
