import * as z from 'zod'
import { parseAccessKey } from '../../domain/assignments/assignment.ts'
import { uploader } from '../../domain/links/input-message.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { parseOwnedMembershipKey } from '../../domain/principals/owned-membership.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { People } from '../../reconcile/directory/people.ts'
import {
  type HistoryEvent,
  type ListedEvent,
  listAllHistory,
  readHistoryEvent,
} from '../../reconcile/records/history.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { listLeaving } from '../people/leaving-history.ts'
import { listSuspensionEvents } from '../people/suspension-history.ts'
import { askedAt } from '../requests/request-history.ts'
import { type Absence, listAbsences, type Passage } from './rules/lifecycle.ts'

const membershipsPrefix = 'history/memberships/'

/** The beginning or end of a person's access or membership, from the listing of history alone. */
type Step = {
  readonly user: PrincipalId
  readonly at: string
  readonly is: 'given' | 'adopted' | 'ended' | 'released'
  /** For an account assignment; absent: for a membership, whose history is under `key`. */
  readonly access?: ListedEvent
  readonly key: string
}
/** `last`: the last end within the absence. `open`: access that had not ended when the person came back, with its beginning. */
type MeasuredAbsence = { readonly absence: Absence; last?: Step; readonly open: Map<string, string> }
type Measured = { first?: Step; readonly absences: readonly MeasuredAbsence[] }

type LifecycleSources = {
  readonly people: Pick<People, 'find'>
  readonly months: ReadonlySet<string>
  readonly mayHaveAccess: (user: PrincipalId) => boolean
}

/**
 * The people who came and went in these months, from one listing of all history and a read or two for each of them. Memory
 * grows with people, not with events. `mayHaveAccess`: whether this user may have access of ours now.
 */
export async function measureLifecycle(
  objects: ObjectStore,
  { people, months, mayHaveAccess }: LifecycleSources,
): Promise<readonly Passage[]> {
  const measured = await collect(objects, months)
  const isOf = (at: string) => months.has(monthOf(at))
  const counted = [...measured].filter(
    ([, { first, absences }]) => absences.length > 0 || (first?.is === 'given' && isOf(first.at)),
  )
  const users = counted.map(([user]) => user)
  const named = await people.find('USER', users)
  const passages: Passage[] = []
  await forEachAtOnce(counted, async ([personId, { first, absences }]) => {
    const { name, createdAt } = named.get(personId) ?? {}
    if (first?.is === 'given' && isOf(first.at)) {
      const told = await readFirst(objects, first)
      // A file may exist before its user does.
      const isAskedFirst = createdAt !== undefined && Date.parse(told.from) < createdAt.getTime()
      const from = isAskedFirst ? renderInstant(createdAt) : told.from
      const person = name ?? told.name ?? personId
      passages.push({ ...told, what: 'joined', month: monthOf(first.at), person, personId, from })
    }
    for (const { absence, last, open } of absences) {
      const { from, by, back } = absence
      const ended = last && (await readEnd(objects, last))
      // Nobody knows now which groups somebody who came back had then, so only a recorded end counts.
      const endedThen = open.size === 0 ? ended?.at : undefined
      const until = back !== undefined ? endedThen : mayHaveAccess(personId) ? undefined : (ended?.at ?? from)
      const person = name ?? ended?.name ?? personId
      passages.push({ what: 'left', month: monthOf(from), person, personId, by, from, until })
    }
  })
  return passages
}

function monthOf(at: string): string {
  return at.slice(0, 7)
}

async function collect(objects: ObjectStore, months: ReadonlySet<string>): Promise<ReadonlyMap<PrincipalId, Measured>> {
  const told = new Map<PrincipalId, Parameters<typeof listAbsences>[0][number][]>()
  for (const list of [listSuspensionEvents, listLeaving])
    for await (const { user, ...event } of list(objects)) told.set(user, [...(told.get(user) ?? []), event])
  const measured = new Map<PrincipalId, Measured>()
  for (const [user, events] of told) {
    const absences = listAbsences(events).filter(({ from }) => months.has(monthOf(from)))
    if (absences.length > 0) measured.set(user, { absences: absences.map((absence) => ({ absence, open: new Map() })) })
  }
  for await (const step of listSteps(objects)) {
    const of = measured.get(step.user) ?? { absences: [] }
    measured.set(step.user, of)
    const isEnd = step.is === 'ended' || step.is === 'released'
    if (!isEnd && (of.first === undefined || step.at < of.first.at)) of.first = step
    for (const one of of.absences) noteStep(one, step)
  }
  return measured
}

/** The steps of one access come in the order of their instants. */
function noteStep(measured: MeasuredAbsence, step: Step): void {
  const { absence, open, last } = measured
  const { from, back } = absence
  if (back !== undefined && step.at > back) return
  const folder = step.key.slice(0, step.key.lastIndexOf('/'))
  if (step.is === 'given' || step.is === 'adopted') open.set(folder, step.at)
  // At one instant the end comes first, although its key comes after.
  else if (open.get(folder) !== step.at) open.delete(folder)
  if (step.is === 'ended' && step.at >= from && (last === undefined || step.at > last.at)) measured.last = step
}

const stepOf: ReadonlyMap<HistoryEvent, Step['is']> = new Map([
  ['granted', 'given'],
  ['adopted', 'adopted'],
  ['revoked', 'ended'],
  ['released', 'released'],
])

async function* listSteps(objects: ObjectStore): AsyncGenerator<Step> {
  for await (const access of listAllHistory(objects, undefined)) {
    const { folder, event, at } = access
    const id = parseAccessKey(folder.slice('history/'.length, -1))
    if (id?.type !== 'USER') continue
    const is = stepOf.get(event)
    if (is) yield { user: id.principalId, at, is, access, key: access.head.key }
  }
  for await (const { key } of objects.list(membershipsPrefix)) {
    const [ids = '', name = ''] = key.slice(membershipsPrefix.length).split('/')
    const [at = '', event] = name.split('%')
    const user = parseOwnedMembershipKey(`owned_memberships/${ids}`)?.user
    const is = event === 'added.json' ? 'given' : event === 'removed.json' ? 'ended' : undefined
    if (user && is) yield { user, at, is, key }
  }
}

const membershipBody = z.looseObject({
  names: z.looseObject({ user: z.string() }),
  files: z.array(z.looseObject({ key: z.string(), by: uploader.optional() })).catch([]),
})

type FirstRequest = Pick<Passage, 'from' | 'until' | 'by'> & { readonly name?: string | undefined }

/** The request for the first access, and its time. An unreadable one took no time. */
async function readFirst(objects: ObjectStore, { user, at, access, key }: Step): Promise<FirstRequest> {
  const unknown = { from: at, until: at, by: 'not known' }
  if (access === undefined) {
    const body = (await spoiledAsAbsent(new JsonRecord(objects, key, membershipBody).read()))?.value
    const [first] = (body?.files ?? []).toSorted((a, b) => ((a.by?.at ?? at) < (b.by?.at ?? at) ? -1 : 1))
    return first ? { from: first.by?.at ?? at, until: at, by: first.key, name: body?.names.user } : unknown
  }
  const told = await readHistoryEvent(objects, access)
  const [first] = (told?.links ?? []).toSorted((a, b) => (a.lastModified < b.lastModified ? -1 : 1))
  if (told === undefined || first === undefined) return unknown
  const asked = first.ofRequest && (await askedAt(objects, { user, digest: first.ofRequest.digest }))
  return { from: asked ?? first.lastModified, until: told.confirmedAt, by: first.key, name: told.principal }
}

async function readEnd(
  objects: ObjectStore,
  { at, access, key }: Step,
): Promise<{ at: string; name?: string | undefined }> {
  if (access !== undefined) {
    const told = await readHistoryEvent(objects, access)
    return { at: told?.confirmedAt ?? at, name: told?.principal }
  }
  const body = (await spoiledAsAbsent(new JsonRecord(objects, key, membershipBody).read()))?.value
  return { at, name: body?.names.user }
}
