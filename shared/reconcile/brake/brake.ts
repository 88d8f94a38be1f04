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
import { brakeFile, digestOf } from './brake-file.ts'

type BrakePorts = Pick<Ports, 'objects' | 'queues' | 'clock' | 'randomness' | 'log'>

/** `held`: nothing may be sent; `reason` is for a person. */
export type Admission = { readonly outcome: 'passes' } | { readonly outcome: 'held'; readonly reason: string }

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
  #isTold = false
  /** The record could not be read when it was last looked for: what is held is not known. */
  #isFailing = false

  constructor(ports: BrakePorts, configuration: Configuration) {
    this.#ports = ports
    this.#configuration = configuration
  }

  /** Asked before a deletion is sent; when it passes, that has been counted. Throws when it cannot be said. */
  async admit(revocation: Revocation): Promise<Admission> {
    let passes = false
    let hold: BrakeHold | undefined
    await this.#change(async (before, terms) => {
      let record = before
      for (const missing of findMissingWindows(record, revocation, terms))
        record = await openMissing(record, missing, terms, { ...this.#ports, configuration: this.#configuration })
      const verdict = judgeRevocation(record, revocation, terms)
      passes = verdict.passes
      hold = findHold(verdict.brake, revocation)
      return verdict.brake
    })
    if (passes) return { outcome: 'passes' }
    return { outcome: 'held', reason: hold ? describeHold(hold) : 'held by the brake' }
  }

  /**
   * Where the ledger has nothing under this key as held any more, it leaves the list: it is wanted again, moved, or gone.
   * While the list cannot be read nothing is done: the sweep finds such keys later.
   */
  async review(key: AssignmentKey): Promise<void> {
    if (this.#isFailing || !this.#record.held.includes(key)) return
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
      const released = await this.#exclusively(() => this.#refresh())
      if (this.#record.held.length > 0 && !this.#isTold) this.#tell(this.#record.holds)
      for (const release of released) await this.#hint(release)
      this.#isFailing = false
    } catch (error) {
      this.#etag = undefined
      if (!this.#isFailing)
        this.#ports.log.error('the brake cannot be read; nothing is revoked', { alarm: 'brake', error })
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

  async #hint({ digest, at, by, keys }: BrakeRecord['releases'][number]): Promise<void> {
    this.#ports.log.info('what the brake held is released', { digest, by, assignments: keys.length })
    const hints = keys.flatMap((key) => toHint(key) ?? [])
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
    const terms = { limits: this.#configuration.brake, now: object.servedAt }
    let record = pruneBrake(before, terms)
    for (const { apply } of changes) record = await apply(record, terms)
    if (record !== before && (await file.write(record, object.etag)).outcome === 'lost') return false
    this.#record = record
    const isNew = ({ rule, folder }: BrakeHold) =>
      !before.holds.some((known) => known.rule === rule && known.folder === folder)
    if (record.holds.some(isNew)) this.#tell(record.holds.filter(isNew))
    return true
  }

  /** The alarm: a metric filter looks for its field, in this line and in that of a brake that cannot be read. */
  #tell(holds: readonly BrakeHold[]): void {
    this.#isTold = true
    const { held } = this.#record
    this.#ports.log.error('the brake holds revocations; look with: ssofile brake', {
      alarm: 'brake',
      digest: digestOf(held),
      held: held.length,
      rules: holds.map((one) => {
        const { rule, folder, limit, since } = one
        return { rule, folder, figure: figureOf(one), limit, since }
      }),
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
