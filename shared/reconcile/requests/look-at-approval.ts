import { findUploader } from '../../domain/links/find-uploader.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { parseRequestKey, type RequestDigest, userInKey } from '../../domain/requests/access-request.ts'
import {
  type Approval,
  approvalMostBytes,
  parseApprovalBody,
  parseApprovalKey,
} from '../../domain/requests/approval-file.ts'
import { type Complaint, type Parsed, quote } from '../../domain/statuses/complaint.ts'
import { rejection, type Status } from '../../domain/statuses/status.ts'
import { crowdOf, isCrowded, tellCrowd } from '../records/crowds.ts'
import { describeInput, type InputHead, readInput, type UnreadableInput } from '../records/read-input.ts'
import { readTold } from '../records/request-history.ts'
import { StatusStore } from '../records/status-store.ts'
import { listApprovers } from './approvers.ts'
import { lookAtRequest, type RequestLookSources } from './look-at-request.ts'
import { findRequest } from './request-pointer.ts'

type ReadApproval = { readonly object: InputHead; readonly said: Parsed<Approval> | UnreadableInput }

/** An approval, as it is now: has its request looked at, then tells its author whether it counted. */
export async function lookAtApproval(message: InputMessage, context: RequestLookSources): Promise<void> {
  const { key } = message
  const { objects, configuration, clock } = context
  const statuses = new StatusStore(objects, clock)
  const crowd = crowdOf(key, configuration.folders)
  const path = parseApprovalKey(key)
  const request = path.ok ? await findRequest(objects, path.value.digest) : undefined
  // Also where the approval is gone: what it said counts no longer.
  if (request !== undefined) await lookAtRequest({ ...message, key: request }, context, { isApproved: true })
  let isOneTooMany = false
  await statuses.revise(key, async (current) => {
    const read = await readApproval(key)
    if (!read) return undefined
    const told = await judge(read.said)
    isOneTooMany = current === undefined && told.state !== 'applied' && (await isCrowded(objects, crowd, configuration))
    if (isOneTooMany) return undefined
    return { ...describeInput(read.object), ...told, by: findUploader(read.object, message, current) }
  })
  if (isOneTooMany) await tellCrowd(statuses, crowd, configuration)

  async function readApproval(name: string): Promise<ReadApproval | undefined> {
    const found = await readInput(objects, name, { mostBytes: approvalMostBytes })
    if (!found) return undefined
    if ('complaint' in found) return { object: found.head, said: found }
    const { body, ...object } = found
    return { object, said: parseApprovalBody(name, body, object.size) }
  }

  async function judge(said: ReadApproval['said']): Promise<Pick<Status, 'state' | 'reason' | 'remedy' | 'request'>> {
    if (!path.ok) return rejection(path.complaint)
    // It is looked at again with each sweep: whatever keeps S3 from giving it may end without an event.
    if ('complaint' in said && !('ok' in said)) return { ...rejection(said.complaint), state: 'waiting' }
    if (!said.ok) return rejection(said.complaint)
    const { userId, digest } = path.value
    if (request === undefined) return unknownYet
    const requester = userInKey(request)
    const unread = await findUnread(request)
    const about = { said: said.value, userId, digest, request, requester, unread }
    const { bar } = await context.people.actorOf(userId, context.suspensions)
    const isDisabled = bar?.is === 'disabled' || bar?.is === 'suspended'
    return describeCount({ ...about, isDisabled }, await countOf(userId, digest, requester))
  }

  /** Why nobody knows who may approve the request. */
  async function findUnread(of: string): Promise<string | undefined> {
    const asked = parseRequestKey(of)
    const name = (await statuses.read(of))?.request?.eligibility
    const file = name === undefined ? undefined : (await context.eligibilityFiles.read()).eligibilities.get(name)
    return asked.ok && file?.ok ? (await listApprovers(file.value, asked.value, context)).unread : undefined
  }

  async function countOf(userId: PrincipalId, digest: RequestDigest, requester: string) {
    const told = await readTold(objects, { user: requester, digest })
    const present = request === undefined ? undefined : await statuses.read(request)
    return { told, hasCounted: told.approvedBy.has(userId), present, isWaiting: present?.request?.digest === digest }
  }
}

/** It came before its request was looked at, or there is none: the next sweep looks again. */
const unknownYet = {
  state: 'waiting',
  reason: 'no request with this digest is known',
  remedy: 'approve the digest that the status of the request tells: ssofile approve; else delete this',
} as const

type Counted = {
  readonly said: Approval
  readonly userId: PrincipalId
  readonly digest: RequestDigest
  readonly request: string
  readonly requester: string
  readonly isDisabled: boolean
  /** Why nobody knows who may approve. */
  readonly unread: string | undefined
}
type Count = {
  readonly told: {
    readonly events: ReadonlySet<string>
    readonly granted?: { readonly approvedBy: readonly { readonly user: string }[] } | undefined
  }
  readonly hasCounted: boolean
  readonly present: Status | undefined
  readonly isWaiting: boolean
}

/**
 * | the approval                            | its request                       | status                    |
 * | --------------------------------------- | --------------------------------- | ------------------------- |
 * | is the requester's own                  |                                   | rejected                  |
 * | approves, and counted                   |                                   | applied                   |
 * | denies                                  | was denied, or ended              | applied                   |
 * | any other                               | is of another upload, or gone     | rejected                  |
 * | any other                               | is decided                        | rejected: it came too late |
 * | of a user who is disabled or suspended  | waits                             | rejected: disabled        |
 * | any other, while approvers are unknown  | waits                             | waiting                   |
 * | any other                               | waits                             | rejected: not an approver |
 */
function describeCount(
  { said, userId, requester, request, isDisabled, unread }: Counted,
  { told, hasCounted, isWaiting }: Count,
): Pick<Status, 'state' | 'reason' | 'remedy'> {
  const refuse = (received: string, expected: string, remedy: string): ReturnType<typeof rejection> => {
    const complaint: Complaint = { object: request, received, expected, remedy }
    return rejection(complaint)
  }
  if (userId === requester)
    return refuse('a decision on a request of your own', 'one by somebody else', 'ask somebody else; delete this')
  if (said.decision === 'approve' && hasCounted) return { state: 'applied', reason: `it counts for ${request}` }
  const isEnded = told.events.has('denied') || told.events.has('finished')
  if (said.decision === 'deny' && isEnded) return { state: 'applied', reason: `it is denied: ${request}` }
  if (!isWaiting)
    return refuse('a digest of an earlier upload', 'that of the request as it is now', 'look at it, and decide again')
  const isOver = ['granted', 'denied', 'lapsed', 'withdrawn', 'finished', 'ended'].some((event) =>
    told.events.has(event),
  )
  if (isOver) return refuse('a decision that came too late', 'one while the request waits', 'delete this')
  if (isDisabled)
    return refuse(
      'an approval of a user who is disabled in the directory, or suspended',
      'one of a user who may sign in',
      'have somebody else decide; delete this',
    )
  if (unread !== undefined)
    return {
      state: 'waiting',
      reason: `nobody knows whether its author may decide: ${quote(unread, 300)}`,
      remedy: 'an operator looks with: ssofile doctor; it is looked at again with the request',
    }
  return refuse(
    'a decision of somebody who may not approve this request now',
    'one of its approvers, whom the status of the request names',
    'have one of them decide; delete this',
  )
}
