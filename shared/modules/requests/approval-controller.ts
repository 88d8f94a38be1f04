import { parseRequestKey, userInKey } from '../../domain/files/access-request.ts'
import {
  type Approval,
  type ApprovalPath,
  parseApprovalBody,
  parseApprovalKey,
} from '../../domain/files/approval-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { type Complaint, type Parsed, parsed, quote } from '../../domain/statuses/complaint.ts'
import { rejection } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Controller, Description, Input, KindTypes, ReadingContext } from '../../reconcile/inputs/controller.ts'
import { reconcileInput } from '../../reconcile/inputs/reconcile-input.ts'
import { crowdOf, isCrowded, tellCrowd } from '../../reconcile/records/crowds.ts'
import { readStatus, StatusStore } from '../../reconcile/records/status-store.ts'
import { listApprovers } from './approvers.ts'
import { findRequest, type RequestContext, requestController } from './request-controller.ts'
import { isReplaced, readUploadHistory } from './request-history.ts'
import {
  type ApprovalAction,
  type ApprovalEnd,
  type ApprovalFacts,
  approvalActions,
  decideApproval,
} from './rules/decide-approval.ts'
import { isOver } from './rules/decide-request.ts'
import { findApproved, listAdded, nameApproval } from './rules/shown-scope.ts'

/** `request`: the key of the request of this approval, which was looked at before. Absent: unknown. */
type ApprovalContext = RequestContext & { readonly request?: string | undefined }

interface ApprovalTypes extends KindTypes {
  readonly name: Parsed<ApprovalPath>
  readonly body: Parsed<Approval>
  readonly entry: never
  readonly facts: ApprovalFacts & {
    readonly complaint: Complaint | undefined
    /** The key of the request. */
    readonly of: string
    /** Why its approvers are unknown. */
    readonly unread: string | undefined
  }
  readonly action: ApprovalAction
  readonly end: ApprovalEnd
  readonly context: ApprovalContext
}
type ApprovalInput = Input<ApprovalTypes>
type Reading = ReadingContext<ApprovalContext>

/** Looks at the request of an approval, even if the approval is gone and no longer counts. Then writes the status of the approval. */
export async function reconcileApproval(message: InputMessage, context: RequestContext): Promise<void> {
  const { key, id, event } = message
  const { objects, people } = context
  const path = parseApprovalKey(key)
  const request = path.ok ? await findRequest(objects, path.value.digest) : undefined
  if (path.ok && request !== undefined) {
    people.forget()
    // It is not the requester's turn.
    const look = { v: 1, id, event, key: request, isAlone: true } as const
    await reconcileInput(look, requestController, { ...context, decidedBy: path.value.userId })
  }
  await reconcileInput(message, approvalController, { ...context, request })
}

/** An approval or a denial: writes whether it counted. Its effect belongs to the request. */
export const approvalController: Controller<ApprovalTypes> = {
  noun: 'approval',
  format: {
    ...kinds.approval,
    // The treatment of an invalid name depends on how many its author has.
    parseName: (key) => parsed(parseApprovalKey(key)),
    parseBody: (key, body, sizeBytes) => parsed(parseApprovalBody(key, body, sizeBytes)),
  },
  describesInvalid: true,
  gather,
  decide: decideApproval,
  underPause: approvalActions,
  perform: async (_, { key }, __, { objects, clock, configuration }) => {
    await tellCrowd(new StatusStore(objects, clock), crowdOf(key, configuration.folders), configuration)
    return { told: undefined }
  },
  describe: ({ tell }, _, facts) => ({ told: statusOf(tell, facts) }),
}

async function gather(input: ApprovalInput, context: Reading): Promise<ApprovalTypes['facts']> {
  const { key, name, told } = input
  const { objects, configuration, request } = context
  const isOneTooMany =
    told === undefined && (await isCrowded(objects, crowdOf(key, configuration.folders), configuration))
  const { file, complaint } = readingOf(input)
  const isSaid = name.ok && (file === 'approve' || file === 'deny')
  const known = isSaid && request !== undefined ? await readApproved(name.value, input, request, context) : undefined
  return { isOneTooMany, file, complaint, of: request ?? '', request: known, unread: known?.unread }
}

function readingOf({ name, file }: ApprovalInput): Pick<ApprovalTypes['facts'], 'file' | 'complaint'> {
  if (file.is === 'none') return { file: 'none', complaint: undefined }
  if (!name.ok) return { file: 'misnamed', complaint: name.complaint }
  if (file.is === 'invalid') return { file: 'unread', complaint: file.complaint }
  if (!file.body.ok) return { file: 'invalid', complaint: file.body.complaint }
  return { file: file.body.value.decision, complaint: undefined }
}

async function readApproved(
  { userId, digest }: ApprovalPath,
  approval: ApprovalInput,
  request: string,
  context: Reading,
) {
  const { objects, eligibilityFiles, actorOf } = context
  const requester = userInKey(request)
  const present = (await readStatus(objects, request))?.request
  const history = await readUploadHistory(objects, { user: requester, digest })
  // The eligibility of granted access, which may go on while its author asks for more time.
  const eligibility = history.granted?.eligibility ?? present?.eligibility
  const file = eligibility === undefined ? undefined : (await eligibilityFiles.read()).eligibilities.get(eligibility)
  const path = parseRequestKey(request)
  // Somebody may correct a broken file, and then the author may be an approver.
  const broken = {
    people: new Set<PrincipalId>(),
    unread: `eligibility '${eligibility}' cannot be used; see its status`,
  }
  const approvers =
    path.ok && file ? await (file.ok ? listApprovers(file.value, path.value, context) : broken) : undefined
  const isApprover = approvers?.people.has(userId) ?? false
  const { bar } = await actorOf(userId)
  const shown = history.shown ?? []
  const last = shown.at(-1)
  const given = approval.file.is === 'valid' && approval.file.body.ok ? approval.file.body.value : undefined
  const at = renderInstant(approval.head?.lastModified ?? new Date(0))
  const approved = last && findApproved(shown, { at, scope: given?.scope })
  const isFinished = history.events.has('finished') && !(await isReplaced(objects, { user: requester, digest }))
  return {
    isOwn: userId === requester,
    hasCounted: history.approvedBy.has(nameApproval(userId, approved)),
    isOutgrown: last !== undefined && listAdded(last, approved).length > 0,
    isEnded: history.events.has('denied') || isFinished,
    isPresent: present?.digest === digest || present?.runs === digest,
    isGranted: history.events.has('granted') && !isOver(history),
    isOver: isOver(history),
    isApprover,
    isAuthorBarred: bar?.is === 'disabled' || bar?.is === 'suspended',
    areApproversUnread: approvers?.unread !== undefined,
    unread: approvers?.unread ?? (isApprover ? 'the last look at the request did not count it' : undefined),
  }
}

const refusals = {
  own: [
    'a decision on a request of your own',
    'a decision by somebody else',
    'ask somebody else, and delete this file',
  ],
  earlier: [
    'a digest of an earlier upload',
    'the digest of the present request',
    'look at the request and decide again',
  ],
  late: ['a decision that came too late', 'a decision while the request waits', 'delete this file'],
  barred: [
    'an approval by a disabled or suspended user',
    'one by a user who can sign in',
    'ask somebody else to decide, and delete this file',
  ],
  'no approver': [
    'a decision of a person who may not approve this request now',
    'one of the approvers that the status of the request names',
    'ask one of them to decide, and delete this file',
  ],
} as const

function statusOf(
  tell: ApprovalEnd['tell'],
  { complaint, of: object, unread = '' }: ApprovalTypes['facts'],
): Description['told'] {
  switch (tell) {
    case 'nothing':
      return undefined
    case 'misnamed':
    case 'invalid':
      return complaint && rejection(complaint)
    case 'unread':
      // The sweep looks again: the reason why S3 does not return it may end without an event.
      return complaint && { ...rejection(complaint), state: 'waiting' }
    case 'unknown':
      // It came before its request was looked at, or there is no request: the next sweep looks again.
      return {
        state: 'waiting',
        reason: 'there is no request with this digest',
        remedy: 'run ssofile approve with the digest in the status of the request, or delete this file',
      }
    case 'outgrown':
      return {
        state: 'waiting',
        reason: `it does not count, because the scope of ${object} has more accounts than its author was shown`,
        remedy: 'look at the request and approve it again, or delete this file',
      }
    case 'counted':
      return { state: 'applied', reason: `it counts for ${object}` }
    case 'denied':
      return { state: 'applied', reason: `it is denied: ${object}` }
    case 'unclear':
      return {
        state: 'waiting',
        reason: `ssofile does not know whether its author may decide: ${quote(unread, 300)}`,
        remedy: 'ask an operator to run ssofile doctor; ssofile evaluates it again together with the request',
      }
    default: {
      const [received, expected, remedy] = refusals[tell]
      return rejection({ object, received, expected, remedy })
    }
  }
}
