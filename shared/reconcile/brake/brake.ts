import pLimit from 'p-limit'
import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import { type LedgerEntry, ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import {
  asksMinimum,
  type BrakeList,
  type BrakeRecord,
  type BrakeTerms,
  type BrakeWindow,
  baseMost,
  describeList,
  dropContents,
  type Edit,
  emptyBrake,
  findBaseless,
  findBaselessEdit,
  findEnded,
  findList,
  findRelease,
  findUnhinted,
  folderOf,
  holdForMinimum,
  isHeld,
  isSameScope,
  judgeEdit,
  judgeRevocation,
  letLeave,
  listHeld,
  noteBase,
  prolongWindow,
  pruneBrake,
  type Revocation,
  type Tally,
  takeOffList,
} from '../../domain/brake/brake.ts'
import { describeContents, type HeldContents } from '../../domain/brake/held-contents.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type Grant, linkPrefix, parseLinkKey, renderGrant } from '../../domain/links/link.ts'
import { accessHint, type Hint, permissionSetHint } from '../../domain/messages/hint.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { isLeaving, status } from '../../domain/statuses/status.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { JsonRecord } from '../records/json-record.ts'
import { sendHints } from '../records/lanes.ts'
import { Ledger, listAssignmentKeys } from '../records/ledger.ts'
import { listOwned, readOwned } from '../records/owned-permission-sets.ts'
import { NameIndex } from '../records/principal-names.ts'
import { isKnownEmpty } from '../records/read-link.ts'
import { attentionPrefix, statusKey, statusPrefix } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { tellEvent } from '../records/tell-event.ts'
import { brakeFile, showList } from './brake-file.ts'

const readsAtOnce = 16

type BrakePorts = Pick<Ports, 'objects' | 'queues' | 'clock' | 'randomness' | 'log' | 'metrics'>

/** `held`: nothing may be sent; `reason` is for a person. */
export type Admission = { readonly outcome: 'passes' } | { readonly outcome: 'held'; readonly reason: string }

/** What a policy's minimum has against one revocation. */
export type Minimum = {
  readonly account: AccountId
  readonly access: AssignmentKey
  /**
   * `undefined`: nothing. `leaving`: access that was let go, which may still stand in the ledger. Throws when it cannot be
   * said.
   */
  readonly object: (leaving: ReadonlySet<string>) => Promise<string | undefined>
}

/** A change of the record, and who waits for it to be written. */
type Change = {
  readonly apply: (record: BrakeRecord, terms: BrakeTerms) => BrakeRecord | Promise<BrakeRecord>
  readonly written: PromiseWithResolvers<void>
}

/**
 * Counts revocations before they are sent (design, promise 6). Everything stands in `control/brake.json`, so a dispatcher
 * that dies forgets nothing; what comes together is written together. Whatever cannot be read or written revokes nothing.
 */
export class Brake {
  readonly #ports: BrakePorts
  readonly #configuration: Configuration
  /** As last read or written here. */
  #record: BrakeRecord = emptyBrake
  /** Of the object that a look last read; `undefined`: it has to be read. */
  #etag: string | undefined
  #waiting: Change[] = []
  #tail: Promise<unknown> = Promise.resolve()
  readonly #measuring = new Map<string, Promise<void>>()
  #isTold = false
  /** The record could not be read when it was last looked for: what is held is not known. */
  #isFailing = false

  constructor(ports: BrakePorts, configuration: Configuration) {
    this.#ports = ports
    this.#configuration = configuration
  }

  get #sources(): BrakeSources {
    return { objects: this.#ports.objects, configuration: this.#configuration }
  }

  /**
   * Asked before a deletion is sent; when it passes, that has been counted. `minimum`: where a policy demands one. Throws when
   * it cannot be said.
   */
  async admit(revocation: Revocation, minimum?: Minimum): Promise<Admission> {
    // What it reads of the directory takes longest: asked here first, so that nothing else has to wait for that.
    await minimum?.object(new Set())
    for (;;) {
      const asked = await this.#judge(revocation, minimum)
      if ('outcome' in asked) return asked
      for (const window of asked.baseless) await this.#measure(window)
    }
  }

  /** `baseless`: what has to be counted first. */
  async #judge(
    revocation: Revocation,
    minimum: Minimum | undefined,
  ): Promise<Admission | { readonly baseless: readonly BrakeWindow[] }> {
    const found: { passes: boolean; list?: BrakeList | undefined; baseless: readonly BrakeWindow[] } = {
      passes: false,
      baseless: [],
    }
    await this.#change(async (before, terms) => {
      const { key } = revocation
      const judged = await judgeMinimum(before, key, minimum, terms)
      const record = await prolongEnded(judged.record, revocation, terms, this.#sources)
      found.baseless = judged.isHeld ? [] : findBaseless(record, revocation, terms)
      if (found.baseless.length > 0) return record
      const verdict = judged.isHeld ? { brake: record, passes: false } : judgeRevocation(record, revocation, terms)
      found.passes = verdict.passes
      found.list = findList(verdict.brake, key)
      return verdict.passes && minimum ? letLeave(verdict.brake, minimum.access, terms) : verdict.brake
    })
    if (found.baseless.length > 0) return { baseless: found.baseless }
    if (found.passes) return { outcome: 'passes' }
    return { outcome: 'held', reason: found.list ? describeList(found.list) : 'held by the brake' }
  }

  /** Counts a base apart from all changes of the record, which may take long; those who ask together share it. */
  async #measure(window: BrakeWindow): Promise<void> {
    const name = JSON.stringify([window.rule, window.cause, window.name, window.folder])
    const counting =
      this.#measuring.get(name) ??
      countBase(window, this.#sources)
        .then((base) => this.#change((record, terms) => noteBase(record, window, base, terms)))
        .finally(() => this.#measuring.delete(name))
    this.#measuring.set(name, counting)
    await counting
  }

  /**
   * Where the ledger has nothing under this key as held any more, it leaves the list: it is wanted again, or gone.
   * While the list cannot be read nothing is done: the sweep finds such keys later.
   */
  async review(key: AssignmentKey): Promise<void> {
    if (this.#isFailing || !isHeld(this.#record, key)) return
    const stored = await new Ledger(this.#ports.objects).read(key)
    if (stored?.entry.state === 'held') return
    await this.#change((record) => takeOffList(record, key))
  }

  /**
   * Asked before the first call that changes a permission set as `edit` says; when it passes, that has been counted. Throws when
   * it cannot be said.
   */
  async admitContents(edit: Edit): Promise<'passes' | 'released' | HeldContents> {
    for (;;) {
      const asked = await this.#judgeContents(edit)
      if (!('baseless' in asked)) return asked.verdict
      for (const window of asked.baseless) await this.#measure(window)
    }
  }

  /** `baseless`: what has to be counted first. */
  async #judgeContents(
    edit: Edit,
  ): Promise<
    { readonly verdict: 'passes' | 'released' | HeldContents } | { readonly baseless: readonly BrakeWindow[] }
  > {
    let baseless: readonly BrakeWindow[] = []
    let verdict: 'passes' | 'released' | HeldContents = 'passes'
    await this.#change((record, terms) => {
      baseless = findBaselessEdit(record, edit, terms)
      if (baseless.length > 0) return record
      const { brake, held } = judgeEdit(record, edit, terms)
      verdict = held ?? (findRelease(record, edit.file.digest, terms.now) ? 'released' : 'passes')
      return brake
    })
    return baseless.length > 0 ? { baseless } : { verdict }
  }

  /** The file of this permission set is in force, another one, or gone: it leaves the record, as `review` does with keys. */
  async reviewContents(permissionSet: PermissionSetName): Promise<void> {
    if (this.#isFailing || !this.#record.contents.some(({ name }) => name === permissionSet)) return
    await this.#change((record) => dropContents(record, permissionSet))
  }

  /** The accounts in which access of one of these ids is on the list; `undefined`: it is not known. */
  heldAccountsOf(
    { permissionSet, type }: Pick<Grant, 'permissionSet' | 'type'>,
    ids: readonly PrincipalId[],
  ): readonly AccountId[] | undefined {
    if (this.#isFailing) return undefined
    return listHeld(this.#record).flatMap((key) => {
      const held = assignmentOf(key)
      const isMeant = held.permissionSet === permissionSet && held.type === type && ids.includes(held.principalId)
      return isMeant ? [held.accountId] : []
    })
  }

  /**
   * Looks for what a person has released since, and hints at it: an operator writes `control/` only. Tells once what is
   * held. Never rejects: what cannot be read now is looked for again, and until then nothing is revoked.
   */
  async look(): Promise<void> {
    try {
      const released = await this.#exclusively(() => this.#refresh())
      const { lists, contents } = this.#record
      if (lists.length + contents.length > 0 && !this.#isTold) this.#tell({ lists, contents })
      for (const release of released) await this.#hint(release)
      this.#isFailing = false
    } catch (error) {
      this.#etag = undefined
      if (!this.#isFailing) {
        this.#ports.log.error('the brake cannot be read; nothing is revoked', { alarm: 'brake', error })
        this.#ports.metrics.record('BrakeHolds')
      }
      this.#isFailing = true
    }
  }

  /** Returns the releases that are still to be hinted at. */
  async #refresh(): Promise<BrakeRecord['releases']> {
    const found = await brakeFile(this.#ports.objects).readIfChanged(this.#etag)
    if (found === 'unchanged') return []
    this.#record = found?.value ?? emptyBrake
    this.#etag = found?.object.etag
    return found ? findUnhinted(found.value, found.object.servedAt) : []
  }

  async #hint({ digest, at, by, keys, permissionSet }: BrakeRecord['releases'][number]): Promise<void> {
    const subject = { folder: `history/brake%${digest}/`, name: digest }
    await tellEvent(this.#ports.objects, subject, {
      event: 'brake-released',
      at,
      body: { digest, by, assignments: keys, permissionSet },
    })
    this.#ports.log.info('what the brake held is released', { digest, by, assignments: keys.length, permissionSet })
    const hints = keys.map(toHint)
    if (permissionSet !== undefined) hints.push(permissionSetHint(permissionSet, 'brake'))
    await sendHints(this.#ports, { id: `release ${digest} ${at}`, hints, revocation: true }, this.#configuration)
    await this.#change((record) => ({
      ...record,
      releases: record.releases.map((one) => (one.digest === digest && one.at === at ? { ...one, hinted: true } : one)),
    }))
  }

  #change(apply: Change['apply']): Promise<void> {
    const written = Promise.withResolvers<void>()
    this.#waiting.push({ apply, written })
    void this.#exclusively(() => this.#writeWaiting())
    return written.promise
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work)
    this.#tail = done.catch(() => undefined)
    return done
  }

  /** All changes that wait, in one write; never rejects. */
  async #writeWaiting(): Promise<void> {
    const changes = this.#waiting.splice(0)
    if (changes.length === 0) return
    try {
      let isWritten = false
      while (!isWritten) isWritten = await this.#write(changes)
      for (const { written } of changes) written.resolve()
    } catch (error) {
      // It may have been written all the same: what counts once is not counted again.
      for (const { written } of changes) written.reject(error)
    }
  }

  /** False: someone else has changed the object meanwhile. */
  async #write(changes: readonly Change[]): Promise<boolean> {
    const file = brakeFile(this.#ports.objects)
    const stored = await file.read()
    if (!stored) {
      // Made first, since only an answer about an object tells S3's time.
      await file.write(emptyBrake, undefined)
      return false
    }
    const { value: before, object } = stored
    // Judged by S3's clock: that of the machine may be minutes off.
    const clockNow = this.#ports.clock.now()
    const terms = { limits: this.#configuration.brake, clockNow, now: object.servedAt }
    let record = pruneBrake(before, terms)
    for (const { apply } of changes) record = await apply(record, terms)
    if (record !== before && (await file.write(record, object.etag)).outcome === 'lost') return false
    this.#record = record
    const lists = record.lists.filter((list) => !before.lists.some((known) => isSameScope(known, list)))
    const contents = record.contents.filter((one) => !before.contents.some(({ digest }) => digest === one.digest))
    if (lists.length + contents.length > 0) this.#tell({ lists, contents })
    return true
  }

  /** Raises the alarm, as a brake that cannot be read does. */
  #tell({ lists, contents }: Pick<BrakeRecord, 'lists' | 'contents'>): void {
    const { log, metrics } = this.#ports
    this.#isTold = true
    metrics.record('BrakeHolds')
    if (lists.length > 0)
      log.error('the brake holds revocations; look with: ssofile brake', {
        alarm: 'brake',
        held: listHeld(this.#record).length,
        lists: lists.map((list) => {
          const { digest, rule, cause, name, folder, figure, limit, since } = showList(list)
          return { digest, rule, cause, name, folder, figure, limit, since }
        }),
      })
    if (contents.length > 0)
      log.error('the brake holds files of permission sets; look with: ssofile brake', {
        alarm: 'brake',
        permissionSets: contents.map((one) => {
          const { digest, name, assignments, since } = one
          return { digest, name, assignments, since, reason: describeContents(one) }
        }),
      })
  }
}

/**
 * Judged while the record is being changed, so one after the other also where two dispatchers overlap. What was held for a
 * minimum before leaves its list where nothing stands against it any more.
 */
async function judgeMinimum(
  record: BrakeRecord,
  key: AssignmentKey,
  minimum: Minimum | undefined,
  terms: BrakeTerms,
): Promise<{ readonly record: BrakeRecord; readonly isHeld: boolean }> {
  if (!asksMinimum(record, key, terms)) return { record, isHeld: false }
  const objection = await minimum?.object(new Set(record.leaving?.map(({ access }) => access)))
  if (!minimum || objection === undefined) return { record: takeOffList(record, key), isHeld: false }
  return { record: holdForMinimum(record, key, { account: minimum.account, objection }, terms), isHeld: true }
}

export type BrakeSources = { readonly objects: ObjectStore; readonly configuration: Configuration }

/** The record in which windows that have just run out go on, where they have to. `planned`: deleted besides those that are. */
export async function prolongEnded(
  record: BrakeRecord,
  revocation: Revocation,
  terms: BrakeTerms,
  { objects, configuration, planned }: BrakeSources & { readonly planned?: (one: Tally) => readonly string[] },
): Promise<BrakeRecord> {
  let prolonged = record
  for (const one of findEnded(record, revocation, terms)) {
    const items = planned?.(one) ?? one.items
    prolonged = prolongWindow(prolonged, one, await countOpen(objects, { ...one, items }, configuration), terms)
  }
  return prolonged
}

/**
 * How many links of a folder are withdrawn while their access is still to be revoked, and neither held, failed nor stuck.
 * Statuses tell: they outlive their links, and say of a link that is there whether its access goes.
 */
export async function countOpen(
  objects: ObjectStore,
  { name, items }: Tally,
  { folders }: Configuration,
): Promise<number> {
  const list = (before: string, after = '') => listOfFolder(objects, name, { before, after })
  const [links, told] = [await list(''), await list(statusPrefix, '.json')]
  const resting: ReadonlyMap<string, ObjectHead>[] = []
  for (const state of ['held', 'failed', 'stuck']) resting.push(await list(`${attentionPrefix}${state}/`))
  const all = [...new Set([...told.keys(), ...items])].filter((key) => parseLinkKey(key, folders).ok)
  const moving = all.filter((key) => !resting.some((inputs) => inputs.has(key)))
  const withdrawn = new Set(items)
  const isOpen = async (key: string): Promise<boolean> => {
    const link = links.get(key)
    if (link === undefined || withdrawn.has(key)) return true
    // One that is empty is in force. The others may not be valid any more, or expired: S3 is asked for few.
    if (isKnownEmpty(link)) return false
    const found = await spoiledAsAbsent(new JsonRecord(objects, statusKey(key), status).read())
    return found !== undefined && isLeaving(found.value)
  }
  return (await pLimit(readsAtOnce).map(moving, isOpen)).filter(Boolean).length
}

/**
 * How many links of the folder, or entries of the ledger, granted something before the window began; or how many permission sets
 * there were. The ledger tells:
 * somebody who is braked may upload any number of links that grant nothing.
 */
export async function countBase(window: BrakeWindow, { objects, configuration }: BrakeSources): Promise<number> {
  const { rule, cause, name, counted } = window
  if (cause === 'uploader') return countPermissionSets(window, objects)
  const most = baseMost(rule, configuration.brake)
  const ledger = new Ledger(objects)
  const isConcerned = rule === 'own' ? await concernsFolder(objects, name) : () => true
  const found = new Set<string>(counted)
  const look = async (key: AssignmentKey): Promise<void> => {
    if (found.size >= most) return
    const links = listGrantingBefore((await spoiledAsAbsent(ledger.read(key)))?.entry, window)
    const items = rule === 'own' ? links?.filter((link) => folderOf(link) === name) : links && [key]
    for (const item of items ?? []) found.add(item)
  }
  const keys: AssignmentKey[] = []
  for await (const key of listAssignmentKeys(objects, ledgerPrefix)) if (isConcerned(key)) keys.push(key)
  await pLimit(readsAtOnce).map(keys, look)
  return Math.min(found.size, most)
}

/** Those of ssofile: who is braked may make any number of others meanwhile. */
async function countPermissionSets(
  { since, clockAt = since, counted }: BrakeWindow,
  objects: ObjectStore,
): Promise<number> {
  const names = await Array.fromAsync(listOwned(objects))
  const before = await pLimit(readsAtOnce).map(names, async (name) => {
    const owned = await spoiledAsAbsent(readOwned(objects, name))
    return owned?.value.arn !== undefined && owned.value.claimedAt < clockAt ? [String(name)] : []
  })
  return new Set([...counted, ...before.flat()]).size
}

/** Whether links of this folder may have granted an assignment: their statuses, which outlive them, name the same grant. */
async function concernsFolder(
  objects: ObjectStore,
  folder: string | undefined,
): Promise<(key: AssignmentKey) => boolean> {
  const grants = new Set<string>()
  for (const key of (await listOfFolder(objects, folder, { before: statusPrefix, after: '.json' })).keys()) {
    const link = parseLinkKey(key, folder === undefined ? [] : [folder])
    if (link.ok) grants.add(renderGrant(link.value))
  }
  const names = await NameIndex.read(objects)
  return (key) => {
    const { permissionSet, principalId, type } = assignmentOf(key)
    return names
      .everNamesOf(type, principalId)
      .some((principal) => grants.has(renderGrant({ permissionSet, principal, type })))
  }
}

/**
 * The links that granted this before a window began; `undefined`: nothing did. A link that has come since counts only where
 * none is older: then it was uploaded again. Grants are dated by the dispatcher's clock, uploads by S3's.
 */
function listGrantingBefore(
  entry: LedgerEntry | undefined,
  { since, clockAt = since }: Pick<BrakeWindow, 'since' | 'clockAt'>,
): readonly string[] | undefined {
  if (entry?.grantedAt === undefined || entry.grantedAt >= clockAt) return undefined
  const older = entry.links.filter(({ lastModified }) => lastModified < since)
  return (older.length > 0 ? older : entry.links).map(({ key }) => key)
}

async function listOfFolder(
  objects: ObjectStore,
  folder: string | undefined,
  { before, after }: { readonly before: string; readonly after: string },
): Promise<ReadonlyMap<string, ObjectHead>> {
  const prefix = folder === undefined ? linkPrefix : `${linkPrefix}${folder}/`
  const found = new Map<string, ObjectHead>()
  for await (const object of objects.list(before + prefix)) {
    const key = object.key.slice(before.length, object.key.length - after.length)
    if (folderOf(key) === folder) found.set(key, object)
  }
  return found
}

function toHint(key: AssignmentKey): Hint {
  return accessHint(assignmentOf(key), 'brake')
}
