import * as z from 'zod'
import { ledgerEntry } from '../../domain/assignments/ledger-entry.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { ownedGroup } from '../../domain/files/group-file.ts'
import { ownedPerson, ownedPersonPrefix, peoplePrefix } from '../../domain/files/person-file.ts'
import { type PermissionSetName, permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { ownedMembership } from '../../domain/principals/owned-membership.ts'
import { endedSessionsKey } from '../../domain/sessions/ended-sessions.ts'
import { status } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectHead, ObjectStore, WriteResult } from '../../ports/object-store.ts'
import type { ObjectVersions } from '../../ports/object-versions.ts'
import type { Ports } from '../../ports/ports.ts'
import { brakeFileRecord, bringBackBrake } from '../../reconcile/records/brake-file.ts'
import {
  configurationSubject,
  deployed,
  deployedConfigurationRecord,
  tellDeployedConfiguration,
} from '../../reconcile/records/deployed-configuration.ts'
import { bringBackEndedSessions } from '../../reconcile/records/ended-sessions.ts'
import { indexInstants } from '../../reconcile/records/expiry-index.ts'
import { foreignRecord, removeForeign } from '../../reconcile/records/foreign-assignments.ts'
import { listToldPermissionSets, readPermissionSetWord } from '../../reconcile/records/history.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { ledgerKey } from '../../reconcile/records/ledger.ts'
import { forgetLedgerCount } from '../../reconcile/records/ledger-count.ts'
import { forEachAtOnce, listHeads } from '../../reconcile/records/list-heads.ts'
import { scheduleWork } from '../../reconcile/records/open-work.ts'
import {
  type OwnedPermissionSet,
  ownedPermissionSet,
  ownedPermissionSets,
  permissionSetOf,
  readOwned,
} from '../../reconcile/records/owned-permission-sets.ts'
import { type Owner, owner, ownerRecord, readOwner } from '../../reconcile/records/owner.ts'
import { endLoss, type Loss, noteStopped, type Pause, readPause, stopForLoss } from '../../reconcile/records/pause.ts'
import { StatusStore, statusKey } from '../../reconcile/records/status-store.ts'
import { isSpoiled, spoiledAsAbsent, unlessSpoiled } from '../../reconcile/records/stored-json.ts'
import { noteMeant } from '../../reconcile/records/suspensions.ts'
import { tellEvent } from '../../reconcile/records/tell-event.ts'
import type { InPortions } from '../take-over/list-existing.ts'
import { findLostEntries, type LostEntry, type Undecided } from './find-lost-entries.ts'
import { type FoundOwner, findLostOwner } from './find-lost-owner.ts'
import { findLostPeople, type LostPeopleRecord } from './find-lost-people.ts'
import {
  findLostBindings,
  findLostControl,
  findLostRequests,
  type LostBindings,
  type LostControl,
} from './find-lost-since.ts'
import { type LostSources, readSaved } from './read-saved.ts'
import { UndeletedObjects } from './undeleted-objects.ts'

/** Objects that are written once and never removed by ssofile. In this order, because `changes/` has everything that history has. */
const writtenOnce = ['changes/', 'history/'] as const

export type RestoreSources = Pick<Ports, 'objects' | 'ssoAdmin' | 'identityStore' | 'clock'> & {
  readonly versions: ObjectVersions
  readonly inPortions: InPortions
  /** Ignore versions after this. */
  readonly at: Date | undefined
  /** When everything was stopped, by S3's clock; absent: not stopped. */
  readonly stoppedAt: Date | undefined
  /** Right before the loss, as an earlier run found it. Absent: this run finds it. */
  readonly lostAt?: Date | undefined
}

/** ssofile notices a loss within a minute. Older deletions had another reason. */
const noticedMs = 10 * 60_000

/** Missing records of ssofile that can be restored. */
export type LostRecords = {
  /** Missing objects of history. */
  readonly history: number
  readonly entries: readonly LostEntry[]
  readonly permissionSets: readonly LostPermissionSet[]
  /** Records of groups, memberships and users. */
  readonly people: readonly LostPeopleRecord[]
  /** The users that files mean. */
  readonly bindings: LostBindings
  /** The counts and held lists of the brake, and the ended sessions. */
  readonly control: readonly LostControl[]
  /** The requests that are lost although the access that they were granted has not ended. */
  readonly requests: readonly string[]
  readonly owner: FoundOwner
  /** The deployment's configuration for the command line. Absent: it exists, or nothing has it. */
  readonly configuration: Configuration | undefined
  /** Cases that a person must decide. */
  readonly undecided: readonly Undecided[]
  /** When the first of them was deleted, if versions say so and everything was stopped for it, or has to be. */
  readonly since: Date | undefined
  /**
   * Writes them. Safe to repeat. Returns records that somebody else wrote meanwhile. `withInputs` brings back the inputs, after the records
   * that say what they mean.
   */
  readonly carryOut: (withInputs?: () => Promise<void>) => Promise<readonly Undecided[]>
}

/** S3's instants are whole seconds. */
export function rightBefore(since: Date): Date {
  return new Date(since.getTime() - 1000)
}

/** Finds missing records, and compares each entry with Identity Center. Reads only. */
export async function findLostRecords(context: RestoreSources): Promise<LostRecords> {
  const { objects, versions, at, stoppedAt } = context
  const undeleted = new Map<string, UndeletedObjects>()
  for (const prefix of writtenOnce) undeleted.set(prefix, await UndeletedObjects.read(objects, versions, prefix))
  const history = undeleted.get('history/')?.asStore() ?? objects
  const found = await findLostEntries({ ...context, history })
  const { lost: permissionSets, undecided } = await findLostPermissionSets({ ...context, history })
  const people = await findLostPeople({ ...context, history })
  const arns = [
    ...found.lost.map(({ entry }) => entry.permissionSetArn),
    ...permissionSets.flatMap(({ record }) => record.arn ?? []),
  ]
  const foundOwner = await findLostOwner(context, versions, at, arns)
  const configuration = await findLostConfiguration({ ...context, history }, foundOwner)
  const ownerLostAt = foundOwner.is === 'lost' ? foundOwner.since : undefined
  const times = [...found.deletions, ...people.deletions, ...(ownerLostAt ? [ownerLostAt] : [])].map((time) =>
    time.getTime(),
  )
  // Nothing works without the owner, even before ssofile has noticed that it is gone.
  const noticedAt = stoppedAt ?? ownerLostAt
  const recent = noticedAt ? times.filter((time) => time >= noticedAt.getTime() - noticedMs) : []
  const since = recent.length > 0 ? new Date(recent.reduce((a, b) => Math.min(a, b))) : undefined
  const lostAt = context.lostAt ?? (since && rightBefore(since))
  const bindings = await findLostBindings(objects, versions, lostAt)
  const control = await findLostControl(objects, versions, lostAt)
  const lost = {
    entries: found.lost,
    permissionSets,
    people: people.lost,
    bindings,
    control,
    owner: foundOwner,
    configuration,
  }
  return {
    ...lost,
    requests: await findLostRequests({ ...context, history }, versions, lostAt),
    history: [...undeleted.values()].reduce((sum, one) => sum + one.lost.length, 0),
    undecided: [...found.undecided, ...undecided, ...people.undecided],
    since,
    carryOut: (withInputs) => carryOut(lost, context, undeleted, withInputs),
  }
}

/** The records come before the inputs, and the owner comes last: without it, nothing of ssofile runs in a deployment. */
async function carryOut(
  {
    entries,
    permissionSets,
    people,
    bindings,
    control,
    owner: found,
    configuration,
  }: Pick<LostRecords, 'entries' | 'permissionSets' | 'people' | 'bindings' | 'control' | 'owner' | 'configuration'>,
  { objects, clock }: RestoreSources,
  undeleted: ReadonlyMap<string, UndeletedObjects>,
  withInputs: () => Promise<void> = async () => {},
): Promise<readonly Undecided[]> {
  const changed: Undecided[] = []
  const noteLoss = (object: string): void => {
    changed.push({ object, why: 'somebody wrote it during the restore, so it stays like that' })
  }
  for (const [prefix, one] of undeleted) await restoreHistory(objects, one, prefix)
  await forEachAtOnce(permissionSets, async ({ name, record, over }) => {
    const key = ownedPermissionSets.at + name
    const written = await new JsonRecord(objects, key, ownedPermissionSet).write(record, over?.etag)
    if (written.outcome === 'lost') noteLoss(key)
  })
  await forEachAtOnce(entries, async (lost) => {
    const key = ledgerKey(lost.key)
    const written = await new JsonRecord(objects, key, ledgerEntry).write(lost.entry, lost.over?.etag)
    if (written.outcome === 'lost') return noteLoss(key)
    await forgetForeign(objects, lost)
    // Such an entry says granted, so no comparison looks at it.
    if (lost.entry.missingSince !== undefined) await scheduleWork(objects, { at: lost.entry.updatedAt }, lost.key)
  })
  await forEachAtOnce(people, async (lost) => {
    const { key } = lost
    const written = await writePeople(objects, lost)
    if (written.outcome === 'lost') return noteLoss(key)
    // Its file may meanwhile have a status that the user is somebody else's.
    for (const file of filesOf(lost)) await indexInstants(objects, file, [clock.now()], key)
  })
  await bringBackBindings(bindings, { objects, clock }, noteLoss)
  // In its order, because the brake's record names its parts.
  for (const { key, body } of control)
    if (key === endedSessionsKey) await bringBackEndedSessions(objects, body)
    else if (key !== brakeFileRecord.at) await objects.put(key, body, { ifNoneMatch: '*' })
    else if (!(await bringBackBrake(objects, body)))
      changed.push({ object: key, why: 'ssofile cannot read what it was before the loss, so it stays as it is' })
  await withInputs()
  await forgetLedgerCount(objects, clock.now())
  if (configuration !== undefined) await tellDeployedConfiguration(objects, configuration)
  if (found.is === 'lost') await new JsonRecord(objects, ownerRecord.at, owner).write(found.owner, undefined)
  return changed
}

function writePeople(objects: ObjectStore, lost: LostPeopleRecord): Promise<WriteResult> {
  const { key, over } = lost
  if ('group' in lost) return new JsonRecord(objects, key, ownedGroup).write(lost.group, over?.etag)
  if ('user' in lost) return new JsonRecord(objects, key, ownedPerson).write(lost.user, over?.etag)
  return new JsonRecord(objects, key, ownedMembership).write(lost.membership, over?.etag)
}

/** The files that ask for it. */
function filesOf(lost: LostPeopleRecord): readonly string[] {
  if ('user' in lost) return [`${peoplePrefix}${lost.key.slice(ownedPersonPrefix.length)}.json`]
  return 'membership' in lost ? lost.membership.files.map(({ key }) => key) : []
}

/** Before the inputs come back: ssofile would take each name for the user who has it now. */
async function bringBackBindings(
  { statuses, notes }: LostBindings,
  { objects, clock }: Pick<RestoreSources, 'objects' | 'clock'>,
  noteLoss: (object: string) => void,
): Promise<void> {
  const store = new StatusStore(objects, clock)
  await forEachAtOnce(statuses, async ({ status: saved, over }) => {
    const key = statusKey(saved.input)
    const written = await new JsonRecord(objects, key, status).write(saved, over?.etag)
    if (written.outcome === 'lost') return noteLoss(key)
    await store.align(saved.input)
  })
  await forEachAtOnce(notes, ({ user, name }) => noteMeant(objects, user, name))
}

/** While its record was missing, it may have become foreign. */
async function forgetForeign(objects: ObjectStore, { key, entry }: LostEntry): Promise<void> {
  const foreign = await spoiledAsAbsent(foreignRecord(objects, key).read())
  if (foreign?.value.permissionSetArn === entry.permissionSetArn)
    await removeForeign(objects, key, foreign.value, foreign.object.etag)
}

const subject = { folder: 'history/restore/', name: 'all' }

/**
 * Grants and revokes nothing from now on, until `endRestoration`; if the process dies in between, it stays so. `loss`: for the next run,
 * which finds the records there.
 */
export async function beginRestoration(ports: Pick<Ports, 'objects' | 'clock'>, loss?: Loss): Promise<void> {
  const at = renderInstant(ports.clock.now())
  await stopForLoss(ports, `ssofile restore began at ${at} and did not finish: run it again`, loss)
}

/** Records in history who restored it, and compares everything again, unless a person has paused all changes. Returns that pause. */
export async function endRestoration(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  by: string,
): Promise<Pause | undefined> {
  const pause = await readPause(objects)
  if (pause) await noteStopped(objects, pause)
  await tellEvent(objects, subject, { event: 'restored', at: renderInstant(clock.now()), body: { by } })
  return endLoss(objects)
}

/**
 * The configuration of the deployment, if the command line cannot read it any more: from a version, otherwise the last one in
 * history. `undefined`: it exists, or nothing has it, or the bucket has no deployment. Reads only.
 */
async function findLostConfiguration(
  { objects, versions, history, at }: Omit<LostSources, 'inPortions'>,
  owner: FoundOwner,
): Promise<Configuration | undefined> {
  const there = await spoiledAsAbsent(new JsonRecord(objects, deployedConfigurationRecord.at, anyVersion).read())
  if (there !== undefined) return undefined
  for await (const kept of versions.list(deployedConfigurationRecord.at)) {
    const saved =
      kept.key === deployedConfigurationRecord.at ? await readSaved(versions, kept, deployed, at) : undefined
    if (saved !== undefined) return saved.configuration
  }
  const claimed: Owner | undefined = owner.is === 'lost' ? owner.owner : await readOwner(objects)
  return claimed?.deployment && (await findLastTold(history))
}

/** A later version may have written values that this one does not know: keep them. */
const anyVersion = z.looseObject({ configuration: z.looseObject({}) })

/** The names of its events are their instants. */
async function findLastTold(history: ObjectStore): Promise<Configuration | undefined> {
  const keys: string[] = []
  for await (const { key } of history.list(configurationSubject.folder)) keys.push(key)
  for (const key of keys.toReversed()) {
    const body = (await history.get(key))?.body
    const told = deployed.safeParse(JSON.parse(new TextDecoder().decode(body)))
    if (told.success) return told.data.configuration
  }
  return undefined
}

type LostPermissionSet = {
  readonly name: PermissionSetName
  readonly record: OwnedPermissionSet
  /** The unreadable object that the restored record replaces. */
  readonly over?: ObjectHead
}

/** Our permission sets whose record is gone or unreadable, and that Identity Center has. Reads only. */
async function findLostPermissionSets(context: LostSources) {
  const { objects, versions, history, inPortions, at } = context
  const heads = await listHeads(objects, ownedPermissionSets.at)
  const names = new Map<PermissionSetName, Awaited<ReturnType<typeof saveOf>>>()
  for await (const kept of versions.list(ownedPermissionSets.at)) {
    const name = permissionSetOf(kept.key)
    if (name !== undefined && !(await isThere(objects, name))) names.set(name, await saveOf(versions, kept, at))
  }
  for (const text of await listToldPermissionSets(history)) {
    const name = permissionSetName.safeParse(text).data
    if (name !== undefined && !names.has(name) && !(await isThere(objects, name))) names.set(name, undefined)
  }
  const lost: LostPermissionSet[] = []
  const undecided: Undecided[] = []
  await inPortions([...names], 'permission sets', async ([name, saved], ssoAdmin) => {
    const word = await readPermissionSetWord(history, name)
    if (word?.event === 'deleted') return
    const claimed = saved?.arn === undefined ? word?.arn && { v: 1 as const, arn: word.arn, claimedAt: word.at } : saved
    const over = heads.get(ownedPermissionSets.at + name)
    const described = claimed?.arn && (await ssoAdmin.describePermissionSet(claimed.arn))
    if (claimed && described?.name === name) lost.push({ name, record: claimed, ...(over && { over }) })
    else if (over || described)
      undecided.push({
        object: ownedPermissionSets.at + name,
        why: 'no record says that ssofile manages its permission set',
      })
  })
  return { lost, undecided }
}

function saveOf(versions: ObjectVersions, kept: Parameters<typeof readSaved>[1], at: Date | undefined) {
  return readSaved(versions, kept, ownedPermissionSet, at)
}

async function isThere(objects: ObjectStore, name: PermissionSetName): Promise<boolean> {
  const read = await unlessSpoiled(readOwned(objects, name))
  return read !== undefined && !isSpoiled(read)
}

/**
 * Writes deleted objects of `history/` again, in the order of their first write, because history is read by S3's times. So it
 * also rewrites, unchanged, every object that is newer than a missing one. Safe to repeat after a kill: it rewrites objects
 * that are out of order then.
 */
async function restoreHistory(objects: ObjectStore, undeleted: UndeletedObjects, prefix: string): Promise<void> {
  const store = undeleted.asStore()
  const groups = Map.groupBy(await Array.fromAsync(store.list(prefix)), ({ key }) => groupOf(key))
  for (const heads of groups.values())
    if (heads.some(({ key }) => undeleted.isTouched(key))) await rewrite(objects, store, heads)
}

/** Readers read the history of one permission set in one account together, and all other history folder by folder. */
function groupOf(key: string): string {
  const ofAccount = /^history\/account%[^%]*%[^%]*%/.exec(key)?.[0]
  return ofAccount ?? key.slice(0, key.lastIndexOf('/'))
}

async function rewrite(objects: ObjectStore, store: ObjectStore, heads: readonly ObjectHead[]): Promise<void> {
  const timeOf = ({ lastModified }: ObjectHead) => lastModified.getTime()
  const ordered = heads.toSorted((a, b) => timeOf(a) - timeOf(b) || (a.key < b.key ? -1 : 1))
  let latestMs = 0
  let isWriting = false
  for (const { key } of ordered) {
    const now = await objects.head(key)
    isWriting ||= now === undefined || timeOf(now) < latestMs
    if (now && !isWriting) {
      latestMs = timeOf(now)
      continue
    }
    const body = (await store.get(key))?.body
    if (body) await objects.put(key, body, now ? { ifMatch: now.etag } : { ifNoneMatch: '*' })
  }
}
