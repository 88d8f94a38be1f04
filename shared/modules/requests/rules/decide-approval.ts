/** One file under `approvals/`. */
export type ApprovalFacts = {
  /** `unread`: S3 does not return it. */
  readonly file: 'none' | 'misnamed' | 'unread' | 'invalid' | 'approve' | 'deny'
  /** The request of this digest, after ssofile looked at it. Absent: nobody knows it. */
  readonly request: ApprovedRequest | undefined
  /** The file has no status yet, and its author already has as many approvals as allowed. */
  readonly isOneTooMany: boolean
}

type ApprovedRequest = {
  readonly isOwn: boolean
  /** History has this approval. */
  readonly hasCounted: boolean
  /** History has its denial, or an early end, and no later upload goes on instead. */
  readonly isEnded: boolean
  /** The digest is the request's current digest, or that of the access that goes on beside it. */
  readonly isPresent: boolean
  /** It was granted, and its access goes on. */
  readonly isGranted: boolean
  /** It can grant nothing any more, and gives no access. */
  readonly isOver: boolean
  /** The author may decide on it, as ssofile sees it now. */
  readonly isApprover: boolean
  /** The scope has accounts that the author of an approval was not shown. */
  readonly isOutgrown: boolean
  /** The author is disabled in the directory, or suspended. */
  readonly isAuthorBarred: boolean
  /** ssofile could not read who may approve. */
  readonly areApproversUnread: boolean
}

export const approvalActions = ['tell the crowd'] as const
export const approvalEnds = [
  'nothing',
  'misnamed',
  'unread',
  'invalid',
  'unknown',
  'own',
  'counted',
  'denied',
  'earlier',
  'late',
  'barred',
  'outgrown',
  'unclear',
  'no approver',
] as const
export type ApprovalAction = { readonly do: (typeof approvalActions)[number] }
export type ApprovalEnd = { readonly tell: (typeof approvalEnds)[number] }

/**
 * The status of an approval, for its author. The approval itself changes nothing: ssofile looks at its request before. The first row
 * that fits counts.
 *
 * | the file                                | its request                         | status         |
 * | --------------------------------------- | ----------------------------------- | -------------- |
 * | is gone                                 |                                     | nothing        |
 * | approves, and counted                   | is of somebody else, and has not grown since | counted |
 * | denies                                  | was denied, or ended; of somebody else | denied      |
 * | is beyond the author's limit            |                                     | tell the crowd |
 * | has no valid name                       |                                     | misnamed       |
 * | cannot be read                          |                                     | unread         |
 * | is not valid                            |                                     | invalid        |
 * | any other                               | is unknown                          | unknown        |
 * | any other                               | is the author's own                 | own            |
 * | any other                               | is of another upload, or gone       | earlier        |
 * | any other                               | is over                             | late           |
 * | approves                                | was granted                         | late           |
 * | denies, by an approver or while approvers are unknown | waits, or was granted | unclear        |
 * | of a user who is disabled or suspended  | waits, or was granted               | barred         |
 * | approves, by an approver                | waits, and has grown since          | outgrown       |
 * | any other, while approvers are unknown  | waits                               | unclear        |
 * | any other                               | waits, or was granted               | no approver    |
 *
 * An unclear file waits, and every sweep looks at its request again. So a denial is not lost if the look at its request could not read the
 * approvers.
 */
export function decideApproval({ file, request, isOneTooMany }: ApprovalFacts): ApprovalAction | ApprovalEnd {
  if (file === 'none') return { tell: 'nothing' }
  if (request && !request.isOwn) {
    if (file === 'approve' && request.hasCounted && !request.isOutgrown) return { tell: 'counted' }
    if (file === 'deny' && request.isEnded) return { tell: 'denied' }
  }
  if (isOneTooMany) return { do: 'tell the crowd' }
  if (file === 'misnamed' || file === 'unread' || file === 'invalid') return { tell: file }
  if (request === undefined) return { tell: 'unknown' }
  if (request.isOwn) return { tell: 'own' }
  if (!request.isPresent) return { tell: 'earlier' }
  if (request.isOver || (request.isGranted && file === 'approve')) return { tell: 'late' }
  if (file === 'deny' && (request.isApprover || request.areApproversUnread)) return { tell: 'unclear' }
  if (request.isAuthorBarred) return { tell: 'barred' }
  if (file === 'approve' && request.isApprover && request.isOutgrown) return { tell: 'outgrown' }
  return { tell: request.areApproversUnread ? 'unclear' : 'no approver' }
}
