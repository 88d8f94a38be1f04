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
  readonly isOver: boolean
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
 * | approves, and counted                   | is of somebody else                 | counted        |
 * | denies                                  | was denied, or ended; of somebody else | denied      |
 * | is beyond the author's limit            |                                     | tell the crowd |
 * | has no valid name                       |                                     | misnamed       |
 * | cannot be read                          |                                     | unread         |
 * | is not valid                            |                                     | invalid        |
 * | any other                               | is unknown                          | unknown        |
 * | any other                               | is the author's own                 | own            |
 * | any other                               | is of another upload, or gone       | earlier        |
 * | any other                               | is decided                          | late           |
 * | of a user who is disabled or suspended  | waits                               | barred         |
 * | any other, while approvers are unknown  | waits                               | unclear        |
 * | any other                               | waits                               | no approver    |
 */
export function decideApproval({ file, request, isOneTooMany }: ApprovalFacts): ApprovalAction | ApprovalEnd {
  if (file === 'none') return { tell: 'nothing' }
  if (request && !request.isOwn) {
    if (file === 'approve' && request.hasCounted) return { tell: 'counted' }
    if (file === 'deny' && request.isEnded) return { tell: 'denied' }
  }
  if (isOneTooMany) return { do: 'tell the crowd' }
  if (file === 'misnamed' || file === 'unread' || file === 'invalid') return { tell: file }
  if (request === undefined) return { tell: 'unknown' }
  if (request.isOwn) return { tell: 'own' }
  if (!request.isPresent) return { tell: 'earlier' }
  if (request.isOver) return { tell: 'late' }
  if (request.isAuthorBarred) return { tell: 'barred' }
  return { tell: request.areApproversUnread ? 'unclear' : 'no approver' }
}
