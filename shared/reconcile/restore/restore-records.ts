import * as z from 'zod'
import { ledgerEntry } from '../../domain/assignments/ledger-entry.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { ownedGroup } from '../../domain/people/group-file.ts'
import { ownedMembership } from '../../domain/people/owned-membership.ts'
import { type PermissionSetName, permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import type { ObjectVersions } from '../../ports/object-versions.ts'
import type { Ports } from '../../ports/ports.ts'
import {
  configurationSubject,
  deployed,
  deployedConfigurationKey,
  tellDeployedConfiguration,
} from '../records/deployed-configuration.ts'
import { indexInstants } from '../records/expiry-index.ts'
import { foreignRecord, removeForeign } from '../records/foreign-assignments.ts'
import { listToldPermissionSets, readPermissionSetWord } from '../records/history.ts'
import { JsonRecord } from '../records/json-record.ts'
import { ledgerKey } from '../records/ledger.ts'
import { forgetLedgerCount } from '../records/ledger-count.ts'
import { forEachAtOnce, listHeads } from '../records/list-heads.ts'
import { scheduleWork } from '../records/open-work.ts'
import {
  type OwnedPermissionSet,
  ownedPermissionSet,
  ownedPrefix,
  permissionSetOf,
  readOwned,
} from '../records/owned-permission-sets.ts'
import { type Owner, owner, ownerKey, readOwner } from '../records/owner.ts'
import { endLoss, noteStopped, type Pause, readPause, stopForLoss } from '../records/pause.ts'
import { isSpoiled, spoiledAsAbsent, unlessSpoiled } from '../records/stored-json.ts'
import { tellEvent } from '../records/tell-event.ts'
import type { InPortions } from '../take-over/list-existing.ts'
import { findLostEntries, type LostEntry, type Undecided } from './find-lost-entries.ts'
import { type FoundOwner, findLostOwner } from './find-lost-owner.ts'
import { findLostPeople, type LostPeopleRecord } from './find-lost-people.ts'
import { type LostSources, readSaved } from './read-saved.ts'
import { UndeletedObjects } from './undeleted-objects.ts'

/** What was written once, and is never removed by ssofile; in this order: what history has, `changes/` has as well. */
const writtenOnce = ['changes/', 'history/'] as const

export type RestoreSources = Pick<Ports, 'objects' | 'ssoAdmin' | 'identityStore' | 'clock'> & {
  readonly versions: ObjectVersions
  readonly inPortions: InPortions
  /** Versions after this do not count. */
  readonly at: Date | undefined
  /** When everything was stopped, by S3's clock; absent: it is not. */
  readonly stoppedAt: Date | undefined
}

/** A loss is noticed within a minute; what was deleted longer before was deleted for another reason. */
const noticedMs = 10 * 60_000

/** What of ssofile's records is gone and can be brought back. */
export type LostRecords = {
  /** Objects of history that are gone. */
  readonly history: number
  readonly entries: readonly LostEntry[]
  readonly permissionSets: readonly LostPermissionSet[]
  /** Of groups and memberships. */
  readonly people: readonly LostPeopleRecord[]
  readonly owner: FoundOwner
  /** Of the deployment, for the command line. Absent: it is there, or nothing tells it. */
  readonly configuration: Configuration | undefined
  /** What nobody can decide but a person. */
  readonly undecided: readonly Undecided[]
  /** When the first of them was deleted, where versions tell and everything was stopped for it. */
  readonly since: Date | undefined
  /** Writes them. Safe to repeat. Answers what somebody else wrote meanwhile. */
  readonly carryOut: () => Promise<readonly Undecided[]>
}

/** Finds what is gone, and compares each entry with Identity Center. Reads only. */
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
  const recent = stoppedAt ? times.filter((time) => time >= stoppedAt.getTime() - noticedMs) : []
  const lost = { entries: found.lost, permissionSets, people: people.lost, owner: foundOwner, configuration }
  return {
    ...lost,
    history: [...undeleted.values()].reduce((sum, one) => sum + one.lost.length, 0),
    undecided: [...found.undecided, ...undecided, ...people.undecided],
    since: recent.length > 0 ? new Date(recent.reduce((a, b) => Math.min(a, b))) : undefined,
    carryOut: () => carryOut(lost, context, undeleted),
  }
}

/** The owner comes last: until it is there, nothing of ssofile runs in a deployment. */
async function carryOut(
  {
    entries,
    permissionSets,
    people,
    owner: found,
    configuration,
  }: Pick<LostRecords, 'entries' | 'permissionSets' | 'people' | 'owner' | 'configuration'>,
  { objects, clock }: RestoreSources,
  undeleted: ReadonlyMap<string, UndeletedObjects>,
): Promise<readonly Undecided[]> {
  const changed: Undecided[] = []
  const noteLoss = (object: string): void => {
    changed.push({ object, why: 'somebody wrote it meanwhile, and it stays so' })
  }
  for (const [prefix, one] of undeleted) await restoreHistory(objects, one, prefix)
  await forEachAtOnce(permissionSets, async ({ name, record, over }) => {
    const key = ownedPrefix + name
    const written = await new JsonRecord(objects, key, ownedPermissionSet).write(record, over?.etag)
    if (written.outcome === 'lost') noteLoss(key)
  })
  await forEachAtOnce(entries, async (lost) => {
    const key = ledgerKey(lost.key)
    const written = await new JsonRecord(objects, key, ledgerEntry).write(lost.entry, lost.over?.etag)
    if (written.outcome === 'lost') return noteLoss(key)
    await forgetForeign(objects, lost)
    // Such an entry says granted, and no comparison looks at it.
    if (lost.entry.missingSince !== undefined) await scheduleWork(objects, lost.entry.updatedAt, lost.key)
  })
  await forEachAtOnce(people, async (lost) => {
    const { key, over } = lost
    const written =
      'group' in lost
        ? await new JsonRecord(objects, key, ownedGroup).write(lost.group, over?.etag)
        : await new JsonRecord(objects, key, ownedMembership).write(lost.membership, over?.etag)
    if (written.outcome === 'lost') return noteLoss(key)
    // Meanwhile its file may have been told that others put the user in.
    for (const file of 'membership' in lost ? lost.membership.files : [])
      await indexInstants(objects, file.key, [clock.now()], key)
  })
  await forgetLedgerCount(objects, clock.now())
  if (configuration !== undefined) await tellDeployedConfiguration(objects, configuration)
  if (found.is === 'lost') await new JsonRecord(objects, ownerKey, owner).write(found.owner, undefined)
  return changed
}

/** While its record was gone, it may have been taken for somebody else's. */
async function forgetForeign(objects: ObjectStore, { key, entry }: LostEntry): Promise<void> {
  const foreign = await spoiledAsAbsent(foreignRecord(objects, key).read())
  if (foreign?.value.permissionSetArn === entry.permissionSetArn)
    await removeForeign(objects, key, foreign.value, foreign.object.etag)
}

const subject = { folder: 'history/restore/', name: 'all' }

/** Nothing is granted or revoked from now on, until `endRestoration`; a process that dies between leaves it so. */
export async function beginRestoration(ports: Pick<Ports, 'objects' | 'clock'>): Promise<void> {
  const at = renderInstant(ports.clock.now())
  await stopForLoss(ports, `ssofile restore began at ${at} and did not come to its end: run it again`)
}

/**
 * History says who restored it, and everything is compared again, unless a person has paused all changes too. Returns that
 * pause.
 */
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
 * The configuration of the deployment, where the command line cannot read it any more: from a version, else the last one that
 * history has. `undefined`: it is there, or nothing tells it, or the bucket has no deployment. Reads only.
 */
async function findLostConfiguration(
  { objects, versions, history, at }: Omit<LostSources, 'inPortions'>,
  owner: FoundOwner,
): Promise<Configuration | undefined> {
  const there = await spoiledAsAbsent(new JsonRecord(objects, deployedConfigurationKey, anyVersion).read())
  if (there !== undefined) return undefined
  for await (const kept of versions.list(deployedConfigurationKey)) {
    const saved = kept.key === deployedConfigurationKey ? await readSaved(versions, kept, deployed, at) : undefined
    if (saved !== undefined) return saved.configuration
  }
  const claimed: Owner | undefined = owner.is === 'lost' ? owner.owner : await readOwner(objects)
  return claimed?.deployment && (await findLastTold(history))
}

/** A later version may have values that this one does not know: what it wrote stays. */
const anyVersion = z.looseObject({ configuration: z.looseObject({}) })

/** Its events are named by their instants. */
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
  /** An object that cannot be read. */
  readonly over?: ObjectHead
}

/** The permission sets of ours whose record is gone or cannot be read, and that Identity Center has. Reads only. */
async function findLostPermissionSets(context: LostSources) {
  const { objects, versions, history, inPortions, at } = context
  const heads = await listHeads(objects, ownedPrefix)
  const names = new Map<PermissionSetName, Awaited<ReturnType<typeof saveOf>>>()
  for await (const kept of versions.list(ownedPrefix)) {
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
    const over = heads.get(ownedPrefix + name)
    const described = claimed?.arn && (await ssoAdmin.describePermissionSet(claimed.arn))
    if (claimed && described?.name === name) lost.push({ name, record: claimed, ...(over && { over }) })
    else if (over || described)
      undecided.push({ object: ownedPrefix + name, why: 'nothing says that its permission set is ours' })
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
 * Writes again what was deleted under `history/`, in the order in which it was written first: history is read by S3's
 * times. So what was written after something that is gone is written again too, as it is. Safe to repeat after a kill: what
 * is out of order then is written again. Answers how many objects had gone.
 */
async function restoreHistory(objects: ObjectStore, undeleted: UndeletedObjects, prefix: string): Promise<number> {
  const store = undeleted.asStore()
  const groups = new Map<string, ObjectHead[]>()
  for await (const head of store.list(prefix)) {
    const group = groupOf(head.key)
    groups.set(group, [...(groups.get(group) ?? []), head])
  }
  for (const heads of groups.values())
    if (heads.some(({ key }) => undeleted.isTouched(key))) await rewrite(objects, store, heads)
  return undeleted.lost.length
}

/** History of one permission set in one account is read together; of what else, folder by folder. */
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
