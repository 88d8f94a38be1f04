import { findUploader } from '../../domain/links/find-uploader.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { parseRequestKey, type RequestDigest, type RequestPath } from '../../domain/requests/access-request.ts'
import {
  decideRequest,
  type NewEvent,
  type Outcome,
  type RequestStep,
  type Told,
} from '../../domain/requests/decide-request.ts'
import { renderGrantedLink } from '../../domain/requests/grant-record.ts'
import { type NewStatus, rejection, type Status } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import { crowdOf, isCrowded, tellCrowd } from '../records/crowds.ts'
import { indexInstants } from '../records/expiry-index.ts'
import { reasonOf } from '../records/failures.ts'
import { describeInput, type InputHead, readInput } from '../records/read-input.ts'
import { readTold, recordGrant, recordRequestEvent } from '../records/request-history.ts'
import { StatusStore } from '../records/status-store.ts'
import { renderJson } from '../records/stored-json.ts'
import type { Suspensions } from '../records/suspensions.ts'
import { listApprovers, readApprovals } from './approvers.ts'
import { endGrantedSessions } from './end-granted-sessions.ts'
import {
  type Known,
  type RequestSources,
  readAllTold,
  readDirectory,
  readObjects,
  readTemporaryLink,
  toFacts,
} from './gather-request.ts'
import { People } from './people.ts'
import { requestPointerKey } from './request-pointer.ts'

/** Each event once, each approval once, and a few for the link. */
const stepsMost = 40

export type RequestLookSources = RequestSources &
  Pick<Ports, 'clock' | 'identityStore' | 'log'> & { readonly suspensions: Pick<Suspensions, 'find'> }

/** When to look again at a request whose first look failed: nothing else would ask for it soon. */
const againMs = 5 * 60_000

/**
 * One request, as it is now; throws when something cannot be read or written: the message then comes again. `isApproved`:
 * somebody approved or denied it, who may have become an approver just now.
 *
 * A new request counts toward its author's limit only when a message of that person's own group is worked on, since these come
 * one after the other. If that look fails, the request is counted first, and then tried again outside the group.
 */
export async function lookAtRequest(
  message: InputMessage,
  context: RequestLookSources,
  { isApproved = false }: { readonly isApproved?: boolean } = {},
): Promise<void> {
  const { key, id, event } = message
  const { objects, configuration } = context
  const statuses = new StatusStore(objects, context.clock)
  const path = parseRequestKey(key)
  const crowd = crowdOf(key, configuration.folders)
  const isTurn = !isApproved && !message.isAlone
  let left: Left | undefined
  let failure: { readonly error: unknown } | undefined
  let again: readonly Date[] = []
  const told = await statuses.revise(key, async (current) => {
    failure = undefined
    left =
      current === undefined
        ? await findLeft({ key, crowd, isTurn, path: path.ok ? path.value : undefined }, context)
        : undefined
    if (left) return undefined
    if (!path.ok) {
      const found = await readInput(objects, key, { mostBytes: 0 })
      const object = found && 'complaint' in found ? found.head : found
      return object && describe(object, message, current, rejection(path.complaint))
    }
    const from = isApproved ? asOfNow(context, current?.request?.eligibility) : context
    const outcome = await settle(path.value, current, message, from).catch(async (error: unknown) => {
      const head = current === undefined && isTurn ? await objects.head(key) : undefined
      if (head === undefined) throw error
      failure = { error }
      return { status: notLookedAt(error), object: head, again: [new Date(head.servedAt.getTime() + againMs)] }
    })
    again = outcome.again ?? []
    const { object, status } = outcome
    const next = status && (object ? describe(object, message, current, status) : { ...status })
    // An approval names only the digest.
    const digest = next?.request?.digest
    if (digest) await objects.put(requestPointerKey(digest), renderJson({ key }))
    return next
  })
  if (left === 'one of too many') await tellCrowd(statuses, crowd, configuration)
  await indexInstants(objects, key, again, id)
  if (failure) throw failure.error
  const state = left ?? told?.state ?? 'removed'
  context.log.info('request looked at', { input: key, event, id, status: state })
}

function notLookedAt(error: unknown): Pick<NewStatus, 'state' | 'reason' | 'remedy'> {
  return {
    state: 'waiting',
    reason: `it could not be looked at; it is tried again: ${reasonOf(error)}`,
    remedy: 'wait; if it stays so, tell the platform team',
  }
}

type Unknown = {
  readonly key: string
  readonly crowd: string
  readonly isTurn: boolean
  readonly path: RequestPath | undefined
}

/** Why a new request gets no status yet. */
type Left = 'one of too many' | 'left to its turn'

/** Where it is not that person's turn, its own message comes, or the sweep sends one. What was granted is never left. */
async function findLeft(
  { key, crowd, isTurn, path }: Unknown,
  { objects, configuration }: RequestLookSources,
): Promise<Left | undefined> {
  const mayBeSeen = isTurn || (await objects.head(key)) === undefined
  if (mayBeSeen && !(await isCrowded(objects, crowd, configuration))) return undefined
  const place = path && (await readTemporaryLink(path, objects)).link.found
  if (place === 'own' || place === 'unreadable') return undefined
  return mayBeSeen ? 'one of too many' : 'left to its turn'
}

function describe(
  object: InputHead,
  message: InputMessage,
  current: Status | undefined,
  told: NonNullable<Outcome['status']>,
): NewStatus {
  return { ...describeInput(object), ...told, by: findUploader(object, message, current) }
}

type Settled = Outcome & { readonly object?: InputHead | undefined }

/** Takes one step after the other until there is only something to tell. */
async function settle(
  path: RequestPath,
  present: Status | undefined,
  message: InputMessage,
  context: RequestLookSources,
): Promise<Settled> {
  const { objects } = context
  let own: RequestLookSources = context
  let known = await gather()
  for (let steps = 0; steps < stepsMost; steps++) {
    const step = decideRequest(toFacts(path, known, present))
    if (step.do === 'tell') return { ...step, object: known.object }
    if (step.do === 'grant' && own.fresh?.eligibility !== step.record.eligibility) {
      // What was remembered found it; only what is so now may grant it.
      own = asOfNow(context, step.record.eligibility)
      known = await gather()
    } else await perform(step, path, known, { ...own, message })
  }
  throw new Error(`${path.key} is not settled after ${stepsMost} steps; it will be looked at again`)

  async function gather(): Promise<Known> {
    const read = await readObjects(path, objects)
    return { ...read, told: await readAllTold(path, read, present, objects), approvals: new Map() }
  }
}

function asOfNow(context: RequestLookSources, eligibility: string | undefined): RequestLookSources {
  const { identityStore, clock, configuration } = context
  return { ...context, people: new People(identityStore, clock, configuration.principalSuffix), fresh: { eligibility } }
}

type Performing = RequestLookSources & { readonly message: InputMessage }

async function perform(
  step: Exclude<RequestStep, { do: 'tell' }>,
  path: RequestPath,
  known: Known,
  context: Performing,
): Promise<void> {
  const { objects } = context
  switch (step.do) {
    case 'read who and what':
      known.directory = await readDirectory(path, context)
      return
    case 'read approvals':
      known.approvals.set(step.digest, await readApprovalsOf(step, path, context))
      return
    case 'record': {
      const event = await nameWho(step.event, context.message)
      const at =
        event.event === 'asked'
          ? askedAt(known)
          : event.event === 'approved' || event.event === 'denied'
            ? event.by?.at
            : undefined
      const granted = endsAccess(event) ? known.told.get(event.digest)?.granted : undefined
      if (granted) await endGrantedSessions(path, granted, { objects, now: known.now ?? new Date(granted.expiresAt) })
      await recordRequestEvent(objects, path.userId, path.key, event, at ?? renderInstant(known.now ?? new Date(0)))
      known.told.set(event.digest, withEvent(known.told.get(event.digest), event))
      return
    }
    case 'grant': {
      const { digest } = step.record
      await recordGrant(objects, step.record)
      // Another look may have been faster.
      known.told.set(digest, await readTold(objects, { user: path.userId, digest }))
      return
    }
    case 'write the link': {
      const { record, over } = step
      const condition = over === undefined ? ({ ifNoneMatch: '*' } as const) : { ifMatch: over }
      await objects.put(path.link.key, renderGrantedLink(record), condition)
      await readLinkAgain()
      return
    }
    case 'delete the link':
      await objects.delete(path.link.key, { ifMatch: step.etag })
      await readLinkAgain()
      return
    default:
      step satisfies never
  }

  async function readLinkAgain(): Promise<void> {
    const { link, linkStatus } = await readTemporaryLink(path, objects)
    Object.assign(known, { link, linkStatus })
  }
}

/** Not where a new grant takes its place: the access goes on. */
function endsAccess({ event, said }: NewEvent): boolean {
  return event === 'ended' || (event === 'finished' && said?.replacedBy === undefined)
}

function askedAt({ reading }: Known): string | undefined {
  return 'askedAt' in reading ? renderInstant(reading.askedAt) : undefined
}

/** Of what its requester or an operator ended, S3's notification says who it was. */
async function nameWho(event: NewEvent, { event: happened, by }: InputMessage): Promise<NewEvent> {
  const isOwn = event.by === undefined && (event.event === 'finished' || event.event === 'withdrawn')
  if (!isOwn || !happened.startsWith('ObjectRemoved') || by === undefined) return event
  return { ...event, said: { ...event.said, deletedBy: by } }
}

function withEvent(told: Told | undefined, { event, by }: NewEvent): Told {
  return {
    ...told,
    events: new Set([...(told?.events ?? []), event]),
    approvedBy: new Set([...(told?.approvedBy ?? []), ...(event === 'approved' && by ? [by.user] : [])]),
  }
}

/** Of everybody who may approve by this eligibility, and everybody who has approved before. */
async function readApprovalsOf(
  {
    digest,
    eligibility,
    besides,
  }: { readonly digest: RequestDigest; readonly eligibility: string; readonly besides: readonly PrincipalId[] },
  path: RequestPath,
  context: Performing,
) {
  const found = (await context.eligibilityFiles.read()).eligibilities.get(eligibility)
  const file =
    eligibility === context.fresh?.eligibility
      ? await context.eligibilityFiles.readNow(eligibility)
      : found?.ok
        ? found.value
        : undefined
  const approvers = file ? await listApprovers(file, path, context) : { people: [] }
  const people = new Set([...besides, ...approvers.people])
  return readApprovals({ ...approvers, name: eligibility, people }, digest, context)
}
