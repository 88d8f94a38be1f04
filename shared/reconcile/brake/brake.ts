import type { AccountId } from '../../domain/account-id.ts'
import { type AssignmentKey, parseAssignmentKey } from '../../domain/assignment.ts'
import {
  type BrakeHold,
  type BrakeRecord,
  type BrakeTerms,
  describeHold,
  emptyBrake,
  figureOf,
  findHold,
  findMissingWindows,
  findUnhinted,
  folderOf,
  judgeRevocation,
  openWindow,
  prolongWindow,
  pruneBrake,
  type Revocation,
  type Tally,
  takeOffList,
} from '../../domain/brake.ts'
import type { Configuration } from '../../domain/configuration.ts'
import { assignmentHint, type Hint } from '../../domain/hint.ts'
import { ledgerPrefix } from '../../domain/ledger-entry.ts'
import { type Grant, linkPrefix, parseLinkKey, renderGrant } from '../../domain/link.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { sendHints } from '../records/lanes.ts'
import { Ledger, listAssignmentKeys } from '../records/ledger.ts'
import { attentionPrefix, statusPrefix } from '../records/status-store.ts'
import { brakeKey, digestOf, readBrake, writeBrake } from './brake-file.ts'

type BrakePorts = Pick<Ports, 'objects' | 'queues' | 'clock' | 'randomness' | 'log'>

/** `held`: nothing may be sent; `reason` is for a person. */
export type Admission = { readonly outcome: 'passes' } | { readonly outcome: 'held'; readonly reason: string }

/** A change of the record, and who waits for it to be written. `revocation`: its windows have to be open. */
type Change = {
  readonly revocation?: Revocation
  readonly apply: (record: BrakeRecord, terms: BrakeTerms) => BrakeRecord
  readonly done: (error?: unknown) => void
}

/**
 * Counts revocations before they are sent (design, promise 6). Everything stands in `control/brake.json`, so a dispatcher
 * that dies forgets nothing; what comes together is written together. Whatever cannot be read or written revokes nothing.
 */
export class Brake {
  readonly #ports: BrakePorts
  readonly #configuration: Configuration
  #record: BrakeRecord = emptyBrake
  /** Of the object that `#record` was read from or written to; `undefined`: it has to be read before it is used. */
  #etag: string | undefined
  /** When S3 answered last, by its own clock and by ours. */
  #served = { at: new Date(0), ms: 0 }
  #waiting: Change[] = []
  #tail: Promise<void> = Promise.resolve()
  #isTold = false
  /** The record could not be read when it was last looked for: what is held is not known. */
  #isFailing = false
  /** Evaluated meanwhile: whether it is on the list, and should be, is to be looked at. */
  readonly #unreviewed = new Set<AssignmentKey>()

  constructor(ports: BrakePorts, configuration: Configuration) {
    this.#ports = ports
    this.#configuration = configuration
  }

  /** Asked before a deletion is sent; when it passes, that has been counted. Throws when it cannot be said. */
  async admit(revocation: Revocation): Promise<Admission> {
    let passes = false
    let hold: BrakeHold | undefined
    await this.#change((record, terms) => {
      const verdict = judgeRevocation(record, revocation, terms)
      passes = verdict.passes
      hold = findHold(verdict.brake, revocation)
      return verdict.brake
    }, revocation)
    if (passes) return { outcome: 'passes' }
    return { outcome: 'held', reason: hold ? describeHold(hold) : 'held by the brake' }
  }

  /** Where the ledger has nothing under this key as held any more, it leaves the list: it is wanted again, moved, or gone. */
  async review(key: AssignmentKey): Promise<void> {
    if (this.#isFailing) return void this.#unreviewed.add(key)
    if (!this.#record.held.includes(key)) return
    const stored = await new Ledger(this.#ports.objects).read(key)
    if (stored?.entry.accesses.some(({ state }) => state === 'held')) return
    await this.#change((record) => takeOffList(record, key))
  }

  /** The accounts in which an assignment of this grant is on the list; `undefined`: it is not known. */
  heldAccountsOf(grant: Grant): readonly AccountId[] | undefined {
    if (this.#isFailing) return undefined
    const name = `%${renderGrant(grant)}`
    return this.#record.held.flatMap((key) => {
      const assignment = key.endsWith(name) ? parseAssignmentKey(key) : undefined
      return assignment && `%${renderGrant(assignment)}` === name ? [assignment.accountId] : []
    })
  }

  /**
   * Looks for what a person has released since, and hints at it: an operator writes `control/` only. Tells once what is
   * held. Never rejects: what cannot be read now is looked for again, and until then nothing is revoked.
   */
  async look(): Promise<void> {
    try {
      await this.#exclusively(() => this.#refresh())
      if (this.#record.held.length > 0 && !this.#isTold) this.#tell(this.#record.holds)
      await this.#hintReleased()
      this.#isFailing = false
      await this.#hintUnreviewed()
    } catch (error) {
      this.#etag = undefined
      if (!this.#isFailing)
        this.#ports.log.error('the brake cannot be read; nothing is revoked', { alarm: 'brake', error })
      this.#isFailing = true
    }
  }

  async #refresh(): Promise<void> {
    const found = await this.#ports.objects.head(brakeKey)
    if (found) this.#noteServed(found.servedAt)
    if (found && found.etag === this.#etag) return
    const stored = found && (await readBrake(this.#ports.objects))
    this.#record = stored?.record ?? emptyBrake
    this.#etag = stored?.object.etag
    if (stored) this.#noteServed(stored.object.servedAt)
  }

  async #hintReleased(): Promise<void> {
    if (this.#etag === undefined) return
    for (const { digest, at, by, keys } of findUnhinted(this.#record, this.#terms().now)) {
      this.#ports.log.info('what the brake held is released', { digest, by, assignments: keys.length })
      const hints = keys.flatMap((key) => toHint(key) ?? [])
      await sendHints(this.#ports, { id: `release ${digest} ${at}`, hints, revocation: true }, this.#configuration)
      await this.#change((record) => ({
        ...record,
        releases: record.releases.map((one) =>
          one.digest === digest && one.at === at ? { ...one, hinted: true } : one,
        ),
      }))
    }
  }

  /** By a hint: while one of them is evaluated, it may be on the list before its entry says so. */
  async #hintUnreviewed(): Promise<void> {
    if (this.#unreviewed.size === 0) return
    const listed = this.#record.held.filter((key) => this.#unreviewed.has(key))
    const hints = listed.flatMap((key) => toHint(key) ?? [])
    const id = this.#ports.randomness.id()
    await sendHints(this.#ports, { id, hints, revocation: false }, this.#configuration)
    this.#unreviewed.clear()
  }

  #change(apply: Change['apply'], revocation?: Revocation): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: unknown) => (error === undefined ? resolve() : reject(error))
      this.#waiting.push({ apply, done, revocation })
      void this.#exclusively(() => this.#writeWaiting())
    })
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(work)
    this.#tail = done.catch(() => undefined)
    return done
  }

  /** All changes that wait, in one write; never rejects. */
  async #writeWaiting(): Promise<void> {
    const changes = this.#waiting.splice(0)
    if (changes.length === 0) return
    try {
      while (!(await this.#write(changes))) this.#etag = undefined
      for (const { done } of changes) done()
    } catch (error) {
      // It may have been written all the same: what counts once is not counted again.
      this.#etag = undefined
      for (const { done } of changes) done(error)
    }
  }

  /** False: someone else has changed the object meanwhile. */
  async #write(changes: readonly Change[]): Promise<boolean> {
    const { objects } = this.#ports
    const before = await this.#read()
    const terms = this.#terms()
    let record = pruneBrake(before, terms)
    for (const { revocation, apply } of changes) {
      if (revocation) {
        for (const missing of findMissingWindows(record, revocation, terms))
          record = await openMissing(record, missing, terms, { objects, configuration: this.#configuration })
      }
      record = apply(record, terms)
    }
    if (record === before) return true
    const written = await writeBrake(objects, record, this.#etag)
    if (written.outcome === 'lost') return false
    this.#record = record
    this.#etag = written.etag
    this.#noteServed(written.servedAt)
    const isNew = ({ rule, folder }: BrakeHold) =>
      !before.holds.some((known) => known.rule === rule && known.folder === folder)
    if (record.holds.some(isNew)) this.#tell(record.holds.filter(isNew))
    return true
  }

  async #read(): Promise<BrakeRecord> {
    const { objects } = this.#ports
    while (this.#etag === undefined) {
      const stored = await readBrake(objects)
      if (!stored) {
        // Made first, since only an answer about an object tells S3's time.
        const made = await writeBrake(objects, emptyBrake, undefined)
        if (made.outcome === 'lost') continue
        this.#record = emptyBrake
        this.#etag = made.etag
        this.#noteServed(made.servedAt)
        break
      }
      this.#record = stored.record
      this.#etag = stored.object.etag
      this.#noteServed(stored.object.servedAt)
    }
    return this.#record
  }

  #noteServed(at: Date): void {
    this.#served = { at, ms: this.#ports.clock.monotonicMs() }
  }

  /** Judged by S3's clock: that of the machine may be minutes off. */
  #terms(): BrakeTerms {
    const sinceMs = this.#ports.clock.monotonicMs() - this.#served.ms
    return { limits: this.#configuration.brake, now: new Date(this.#served.at.getTime() + sinceMs) }
  }

  /** The alarm: a metric filter looks for its field, in this line and in that of a brake that cannot be read. */
  #tell(holds: readonly BrakeHold[]): void {
    this.#isTold = true
    const { held } = this.#record
    this.#ports.log.error('the brake holds revocations; look with: ssofile brake', {
      alarm: 'brake',
      digest: digestOf(held),
      held: held.length,
      rules: holds.map((one) => ({
        rule: one.rule,
        folder: one.folder,
        figure: figureOf(one),
        limit: one.limit,
        since: one.since,
      })),
    })
  }
}

/** With the window that `missing` is counted in: a new one, or the last where it goes on. */
export async function openMissing(
  record: BrakeRecord,
  missing: Tally,
  terms: BrakeTerms,
  { objects, configuration }: { readonly objects: ObjectStore; readonly configuration: Configuration },
): Promise<BrakeRecord> {
  if (missing.rule === 'indirect') {
    const entries = await Array.fromAsync(listAssignmentKeys(objects, ledgerPrefix))
    return openWindow(record, missing, entries.length, terms)
  }
  const { all, open } = await countLinks(objects, missing, configuration)
  return prolongWindow(record, missing, open, terms) ?? openWindow(record, missing, all, terms)
}

/**
 * The links of a folder: `all`, those included that are deleted while access of theirs is left; `open`, those of the
 * deleted ones whose access is still to be revoked, and neither held, failed nor stuck. Statuses tell, which outlive their links.
 */
export async function countLinks(
  objects: ObjectStore,
  { folder, items }: Tally,
  { folders }: Configuration,
): Promise<{ readonly all: number; readonly open: number }> {
  const prefix = folder === undefined ? linkPrefix : `${linkPrefix}${folder}/`
  const list = async (before: string, after = ''): Promise<ReadonlySet<string>> => {
    const found = new Set<string>()
    for await (const object of objects.list(before + prefix)) {
      const key = object.key.slice(before.length, object.key.length - after.length)
      if (folderOf(key) === folder && parseLinkKey(key, folders).ok) found.add(key)
    }
    return found
  }
  const [links, told] = [await list(''), await list(statusPrefix, '.json')]
  const resting: ReadonlySet<string>[] = []
  for (const state of ['held', 'failed', 'stuck']) resting.push(await list(`${attentionPrefix}${state}/`))
  const all = new Set([...links, ...told, ...items])
  const open = [...all].filter((key) => !links.has(key) && !resting.some((inputs) => inputs.has(key)))
  return { all: all.size, open: open.length }
}

function toHint(key: AssignmentKey): Hint | undefined {
  const assignment = parseAssignmentKey(key)
  return assignment && assignmentHint(assignment, 'brake')
}
