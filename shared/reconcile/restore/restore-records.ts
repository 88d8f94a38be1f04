import { ledgerEntry } from '../../domain/assignments/ledger-entry.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { ownedGroup } from '../../domain/people/group-file.ts'
import { ownedMembership } from '../../domain/people/owned-membership.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { ObjectVersions } from '../../ports/object-versions.ts'
import type { Ports } from '../../ports/ports.ts'
import { tellDeployedConfiguration } from '../records/deployed-configuration.ts'
import { indexInstants } from '../records/expiry-index.ts'
import { foreignRecord, removeForeign } from '../records/foreign-assignments.ts'
import { JsonRecord } from '../records/json-record.ts'
import { ledgerKey } from '../records/ledger.ts'
import { forgetLedgerCount } from '../records/ledger-count.ts'
import { forEachAtOnce } from '../records/list-heads.ts'
import { scheduleWork } from '../records/open-work.ts'
import { ownedPermissionSet, ownedPrefix } from '../records/owned-permission-sets.ts'
import { owner, ownerKey } from '../records/owner.ts'
import { endLoss, noteStopped, type Pause, readPause, stopForLoss } from '../records/pause.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { tellEvent } from '../records/tell-event.ts'
import type { InPortions } from '../take-over/list-existing.ts'
import { findLostConfiguration } from './find-lost-configuration.ts'
import { findLostEntries, type LostEntry, type Undecided } from './find-lost-entries.ts'
import { type FoundOwner, findLostOwner } from './find-lost-owner.ts'
import { findLostPeople, type LostPeopleRecord } from './find-lost-people.ts'
import { findLostPermissionSets, type LostPermissionSet } from './find-lost-permission-sets.ts'
import { restoreHistory } from './restore-history.ts'
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
