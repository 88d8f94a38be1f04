import { createHash } from 'node:crypto'
import * as z from 'zod'
import {
  parseRequestBody,
  parseRequestKey,
  type RequestDigest,
  type RequestPath,
  requestDigest,
} from '../../domain/files/access-request.ts'
import { renderApprovalKey } from '../../domain/files/approval-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { record } from '../../domain/json/record.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { endOfRequest, endSession, revocationMs } from '../../domain/sessions/ended-sessions.ts'
import { type Parsed, parsed } from '../../domain/statuses/complaint.ts'
import { rejection } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import type {
  Controller,
  Description,
  Effect,
  Input,
  KindTypes,
  ReadingContext,
  ReconcileContext,
} from '../../reconcile/inputs/controller.ts'
import { crowdOf, isCrowded, tellCrowd } from '../../reconcile/records/crowds.ts'
import { defineRecords } from '../../reconcile/records/define-record.ts'
import { recordEndedSessions } from '../../reconcile/records/ended-sessions.ts'
import { sendInputs } from '../../reconcile/records/inputs.ts'
import type { InputHead } from '../../reconcile/records/read-input.ts'
import { StatusStore } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { countAble, listApprovers, readApprovals } from './approvers.ts'
import {
  type RequestSources,
  readDirectory,
  readHistories,
  readScope,
  readTemporaryLink,
  unreadDirectory,
} from './gather-request.ts'
import { recordGrant, recordRequestEvent, recordShown } from './request-history.ts'
import {
  decideRequest,
  type NewEvent,
  type RequestFacts,
  type RequestNeed,
  type RequestReading,
  type RequestStep,
} from './rules/decide-request.ts'
import {
  decideRequestInput,
  type RequestInputAction,
  type RequestInputEnd,
  type RequestInputFacts,
  requestActions,
} from './rules/decide-request-input.ts'
import { type GrantRecord, renderGrantedLink } from './rules/grant-record.ts'

export type RequestContext = ReconcileContext &
  RequestSources & {
    /** This person, who may just have become an approver, decided on it: use nothing remembered. */
    readonly decidedBy?: PrincipalId
  }

/** More uploads of a request after its grant count as a deletion. Otherwise its author could delay a denial by uploading the request very often. */
const uploadsMost = 20_000

type Upload = Exclude<RequestReading, { state: 'absent' | 'unreadable' }>

interface RequestTypes extends KindTypes {
  readonly name: Parsed<RequestPath>
  readonly body: Upload
  readonly entry: never
  readonly facts:
    | Exclude<RequestInputFacts, { is: 'read' }>
    | (RequestInputFacts & { is: 'read'; request: RequestFacts })
  readonly action: RequestInputAction
  readonly end: RequestInputEnd
  readonly context: RequestContext
}
type RequestInput = Input<RequestTypes>
type Reading = ReadingContext<RequestContext>
type Facts = RequestTypes['facts']
type ReadFacts = Extract<Facts, { is: 'read' }>

/**
 * A request for temporary access. A link under `links_data/temporary/` grants it, and its access ends. A pause stops the link's
 * effect, not the request.
 *
 * A new request counts toward its author's limit only in a message of that person's own group, because these come one after the
 * other. If that look fails, the request is counted first, and then retried outside the group (`tellFailedLook`).
 */
export const requestController: Controller<RequestTypes> = {
  noun: 'request',
  format: {
    ...kinds.request,
    // The treatment of an invalid name depends on how many its author has.
    parseName: (key) => parsed(parseRequestKey(key)),
    parseBody: parseUpload,
  },
  describesInvalid: true,
  gather,
  decide: decideRequestInput,
  underPause: requestActions,
  perform,
  describe,
}

/**
 * The digest identifies one upload of a request by its key, version (without versioning: its upload time) and content. So an
 * edited or repeated upload needs new approvals.
 */
function parseUpload(key: string, body: Uint8Array, sizeBytes: number, head: InputHead): Parsed<Upload> {
  const { versionId, lastModified: askedAt, etag } = head
  // Every upload has the version `null` while versioning is suspended. (S3 User Guide, "Working with objects in a versioning-suspended bucket".)
  const version = versionId === undefined || versionId === 'null' ? renderInstant(askedAt) : versionId
  const hash = createHash('sha256').update(JSON.stringify([key, version, etag]))
  const digest = requestDigest.parse(hash.update('\n').update(body).digest('hex').slice(0, 32))
  const upload = { digest, askedAt }
  const asked = parseRequestBody(key, body, sizeBytes)
  if (asked.ok) return parsed({ state: 'valid', request: asked.value, ...upload })
  return parsed({ state: sizeBytes === 0 ? 'empty' : 'rejected', complaint: asked.complaint, ...upload })
}

async function gather(input: RequestInput, context: Reading): Promise<Facts> {
  const { name, told } = input
  const why = told === undefined ? await findWhyLeft(input, context) : undefined
  if (why) return { is: 'left', why }
  if (!name.ok) return { is: 'misnamed' }
  const known = told?.request?.eligibility
  const fresh = context.decidedBy && new Set(known === undefined ? [] : [known])
  const first = await readRequest(name.value, input, context)
  const complete = await readUntilDecided(first, first, { ...context, fresh })
  const { digest, runs } = (complete.step.do === 'tell' && complete.step.status?.request) || {}
  return { is: 'read', ...complete, unnoted: await findUnnoted([digest, runs], context.objects) }
}

/** A digest without a pointer. */
async function findUnnoted(digests: readonly (RequestDigest | undefined)[], objects: ReadingObjects) {
  for (const digest of digests)
    if (digest !== undefined && (await objects.head(requestPointers.keyOf(digest))) === undefined) return digest
  return undefined
}

/**
 * Leaves a new request to its author's own message, or to the sweep, so that the limit of open requests is counted in order.
 * Granted requests are always looked at.
 */
async function findWhyLeft(
  { key, name, head, isAlone }: RequestInput,
  { objects, configuration }: Reading,
): Promise<Extract<RequestInputFacts, { is: 'left' }>['why'] | undefined> {
  const isTurn = !isAlone || head === undefined
  if (isTurn && !(await isCrowded(objects, crowdOf(key, configuration.folders), configuration))) return undefined
  const place = name.ok ? (await readTemporaryLink(name.value, objects)).link.found : 'none'
  if (place === 'own' || place === 'unreadable') return undefined
  return isTurn ? 'one of too many' : 'until its turn'
}

async function readRequest(
  path: RequestPath,
  { file, told: present, now }: RequestInput,
  { objects }: Reading,
): Promise<RequestFacts> {
  const reading = readingOf(file)
  const found = await readTemporaryLink(path, objects)
  const digests = [
    'digest' in reading ? reading.digest : undefined,
    'digest' in found.link ? found.link.digest : undefined,
    present?.request?.digest,
    present?.request?.runs,
  ]
  const told = await readHistories(path, digests, objects)
  const unread = { deletedAt: 'unread', ...unreadDirectory, approvals: () => undefined } as const
  return { path, now, reading, ...found, told, present, ...unread }
}

function readingOf(file: RequestInput['file']): RequestReading {
  if (file.is === 'valid') return file.body
  return file.is === 'none' ? { state: 'absent' } : { state: 'unreadable', complaint: file.complaint }
}

/**
 * Reads what the decision needs until it needs nothing more: an end by time needs no answer of the directory. Remembered facts
 * may find an eligibility; only present facts grant by it, or note who approved or denied.
 */
async function readUntilDecided(
  first: RequestFacts,
  facts: RequestFacts,
  context: Reading,
): Promise<Pick<ReadFacts, 'step' | 'request'>> {
  const step = decideRequest(facts)
  switch (step.do) {
    case 'read who and what': {
      const directory = await readDirectory(facts.path, context)
      return readUntilDecided(first, { ...facts, isUnread: false, ...directory }, context)
    }
    case 'read scope':
      return readUntilDecided(first, { ...facts, scope: await readScope(facts.path, context) }, context)
    case 'read deletions': {
      const deletedAt = (await context.objects.lastDeletion(facts.path.key, uploadsMost)) ?? 'never'
      return readUntilDecided(first, { ...facts, deletedAt }, context)
    }
    case 'read approvals': {
      const approvals = await readApprovalsOf(step, facts.path, context)
      const ofDigest: RequestFacts['approvals'] = (digest) =>
        digest === step.digest ? approvals : facts.approvals(digest)
      return readUntilDecided(first, { ...facts, approvals: ofDigest }, context)
    }
    default: {
      const { people, fresh } = context
      const eligibility = decidesBy(step, facts)
      if (eligibility === undefined || fresh?.has(eligibility)) return { step, request: facts }
      if (fresh === undefined) people.forget()
      return readUntilDecided(first, first, { ...context, fresh: new Set(fresh).add(eligibility) })
    }
  }
}

/** The eligibility by which this step grants, or notes a decision. `undefined`: it does neither. */
function decidesBy(step: RequestStep, { approvals }: RequestFacts): string | undefined {
  if (step.do === 'grant') return step.record.eligibility
  if (step.do !== 'record') return undefined
  const { event, digest } = step.event
  return event === 'approved' || event === 'denied' ? approvals(digest)?.eligibility : undefined
}

/** Reads the approvals of everybody who may approve by this eligibility or has approved before. */
async function readApprovalsOf(
  { digest, eligibility: name, needed, besides }: Extract<RequestNeed, { do: 'read approvals' }>,
  path: RequestPath,
  context: Reading,
) {
  const { eligibilityFiles, fresh, decidedBy } = context
  const found = (await eligibilityFiles.read()).eligibilities.get(name)
  const file = fresh?.has(name) ? await eligibilityFiles.readNow(name) : found?.ok ? found.value : undefined
  const approvers = file ? await listApprovers(file, path, context) : { people: new Set<PrincipalId>() }
  const people = new Set([...besides, ...approvers.people])
  const first = new Set(decidedBy !== undefined && people.has(decidedBy) ? [...besides, decidedBy] : besides)
  const [approvals, able] = await Promise.all([
    readApprovals({ ...approvers, name, people, first }, digest, context),
    countAble(approvers, { requester: path.userId, needed }, context),
  ])
  return { ...approvals, able }
}

async function perform(
  action: RequestInputAction,
  input: RequestInput,
  facts: Facts,
  context: RequestContext,
): Promise<Effect<never> | Description> {
  const { objects, clock, configuration } = context
  if (action.do === 'tell the crowd') {
    const crowd = crowdOf(input.key, configuration.folders)
    await tellCrowd(new StatusStore(objects, clock), crowd, configuration)
    return { told: undefined }
  }
  // All other steps need a request.
  if (facts.is !== 'read') return {}
  const { path } = facts.request
  switch (action.do) {
    case 'note the digest':
      await notePointer(action.digest, path, objects)
      return {}
    case 'record':
      await recordEvent(nameWho(action.event, input), facts.request, objects)
      return {}
    case 'show the accounts': {
      const { digest, scope, before } = action
      const { key, userId: user } = path
      // First, in case the process dies: their own look finds the new accounts too. Their approvals may not count any more.
      const approvals = before.map((userId) => renderApprovalKey({ userId, digest }))
      await sendInputs(context, approvals, 'the scope of the request has changed', configuration)
      await recordShown(objects, { user, digest, key, scope, at: renderInstant(facts.request.now) })
      return {}
    }
    case 'grant':
      // Another look may have been faster.
      await recordGrant(objects, action.record)
      return {}
    case 'write the link': {
      const { record, over } = action
      const condition = over === undefined ? ({ ifNoneMatch: '*' } as const) : { ifMatch: over }
      await objects.put(path.link.key, renderGrantedLink(record), condition)
      return {}
    }
    case 'delete the link':
      await objects.delete(path.link.key, { ifMatch: action.etag })
      return {}
  }
}

async function recordEvent(event: NewEvent, { path, reading, told, now }: RequestFacts, objects: ObjectStore) {
  const granted = endsAccess(event) ? told(event.digest).granted : undefined
  if (granted) await endGrantedSessions(path, granted, { objects, now })
  if (event.event === 'asked') await notePointer(event.digest, path, objects)
  await recordRequestEvent(objects, path.userId, path.key, event, instantOf(event, reading) ?? renderInstant(now))
}

/** When it happened; `undefined`: now. */
function instantOf({ event, by }: NewEvent, reading: RequestReading): string | undefined {
  if (event === 'asked') return 'askedAt' in reading ? renderInstant(reading.askedAt) : undefined
  return event === 'approved' || event === 'denied' ? by?.at : undefined
}

/** False if a new grant replaces this one: the access continues. */
function endsAccess({ event, said }: NewEvent): boolean {
  return event === 'ended' || (event === 'finished' && said?.replacedBy === undefined)
}

/** If the requester or an operator ended it, S3's notification names the person. */
function nameWho(event: NewEvent, { head, by }: RequestInput): NewEvent {
  const isOwn = event.by === undefined && (event.event === 'finished' || event.event === 'withdrawn')
  if (!isOwn || head !== undefined || by === undefined) return event
  return { ...event, said: { ...event.said, deletedBy: by } }
}

function describe(end: RequestInputEnd, { name, head }: RequestInput): Description {
  switch (end.tell) {
    case 'nothing':
      return { told: undefined }
    case 'misnamed':
      return { told: name.ok || head === undefined ? undefined : rejection(name.complaint) }
    case 'outcome':
      return { told: end.outcome.status, again: end.outcome.again }
  }
}

/** An approval names only the digest. It may be lost; the next look writes it again. */
export const requestPointers = defineRecords({
  at: 'state/requests/',
  meaning: 'the request of an upload with this digest',
  source: { is: 'index', of: 'requests/' },
  key: (digest: RequestDigest) => digest,
  value: record({ key: z.string() }),
})

async function notePointer(digest: RequestDigest, { key }: RequestPath, objects: ObjectStore): Promise<void> {
  await requestPointers.of(objects, digest).overwrite({ key })
}

/** The key of the request that an approval of this digest belongs to. */
export async function findRequest(objects: ReadingObjects, digest: RequestDigest): Promise<string | undefined> {
  const pointer = requestPointers.read(objects, digest)
  return (await spoiledAsAbsent(pointer))?.value.key
}

/**
 * The granted access is over, and its eligibility ends running sessions: ends those of its permission set in its account, or
 * for a wider scope in all accounts. Runs before the end is recorded, so that no crash comes between. `now`: by S3's clock. Safe to repeat.
 */
async function endGrantedSessions(
  { userId, link: { principal, permissionSet, scope } }: RequestPath,
  { digest, endsSessions }: GrantRecord,
  { objects, now }: { readonly objects: ObjectStore; readonly now: Date },
): Promise<void> {
  if (endsSessions !== true) return
  const account = scope.kind === 'account' ? scope.id : undefined
  const wish = { user: userId, name: principal, permissionSet, account, by: endOfRequest(digest) }
  await recordEndedSessions(objects, [endSession(wish, new Date(now.getTime() + revocationMs))])
}
