import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import type { BrakeList, BrakeRecord, BrakeWindow } from '../../domain/brake/brake-record.ts'
import { describeList } from '../../domain/brake/describe-list.ts'
import type { HeldContents } from '../../domain/brake/held-contents.ts'
import { judgeAttributes } from '../../domain/brake/judge-attributes.ts'
import { type Edit, findBaselessEdit, judgeEdit } from '../../domain/brake/judge-edit.ts'
import { findBaselessRemoval, judgeLeavers, judgeRemoval, type Removal } from '../../domain/brake/judge-membership.ts'
import { findBaseless, judgeRevocation, type Revocation } from '../../domain/brake/judge-revocation.ts'
import { judgeSuspension, type SuspendedPerson } from '../../domain/brake/judge-suspension.ts'
import {
  dropContents,
  findList,
  findListOf,
  findListWith,
  isHeld,
  listHeld,
  takeOffList,
  takeOffMembership,
  takeOffPerson,
} from '../../domain/brake/lists.ts'
import { letLeave } from '../../domain/brake/minimum.ts'
import { findRelease } from '../../domain/brake/releases.ts'
import { noteBase } from '../../domain/brake/windows.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Grant } from '../../domain/links/link.ts'
import { accessHint, attributesHint, type Hint, permissionSetHint } from '../../domain/messages/hint.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Ports } from '../../ports/ports.ts'
import { sendHints } from '../records/lanes.ts'
import { Ledger } from '../records/ledger.ts'
import { tellEvent } from '../records/tell-event.ts'
import { judgeMinimum, type Minimum } from './ask-minimum.ts'
import { brakeFile } from './brake-file.ts'
import { BrakeStore, type NewlyHeld } from './brake-store.ts'
import { countBase } from './count-base.ts'
import { type BrakeSources, prolongEnded } from './count-open.ts'
import { tellHeld } from './tell-held.ts'

type BrakePorts = Pick<Ports, 'objects' | 'queues' | 'clock' | 'randomness' | 'log' | 'metrics'>

/** `held`: nothing may be sent; `reason` is for a person. */
export type Admission = { readonly outcome: 'passes' } | { readonly outcome: 'held'; readonly reason: string }

/**
 * Counts revocations before they are sent (design, promise 6). Everything stands in `control/brake.json`, so a dispatcher
 * that dies forgets nothing; what comes together is written together. Whatever cannot be read or written revokes nothing.
 */
export class Brake {
  readonly #ports: BrakePorts
  readonly #configuration: Configuration
  readonly #store: BrakeStore
  readonly #measuring = new Map<string, Promise<void>>()
  #isTold = false
  /** The record could not be read when it was last looked for: what is held is not known. */
  #isFailing = false

  constructor(ports: BrakePorts, configuration: Configuration) {
    this.#ports = ports
    this.#configuration = configuration
    this.#store = new BrakeStore(ports, configuration.brake, (held) => this.#tell(held))
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
    await this.#store.change(async (before, terms) => {
      const { key } = revocation
      const judged = await judgeMinimum(before, { item: key, key }, minimum, terms)
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
    return heldOn(found.list)
  }

  /** Counts a base apart from all changes of the record, which may take long; those who ask together share it. */
  async #measure(window: BrakeWindow): Promise<void> {
    const name = JSON.stringify([window.rule, window.cause, window.name, window.folder])
    const counting =
      this.#measuring.get(name) ??
      countBase(window, this.#sources)
        .then((base) => this.#store.change((record, terms) => noteBase(record, window, base, terms)))
        .finally(() => this.#measuring.delete(name))
    this.#measuring.set(name, counting)
    await counting
  }

  /**
   * Asked before anything ends of a person whom a file suspends; when it passes, that has been counted. Throws when it cannot be
   * said.
   */
  async admitPerson(person: SuspendedPerson): Promise<Admission> {
    let admission: Admission = { outcome: 'passes' }
    await this.#store.change((record, terms) => {
      const { brake, passes } = judgeSuspension(record, person, terms)
      admission = passes ? { outcome: 'passes' } : heldOn(findListOf(brake, person.user))
      return brake
    })
    return admission
  }

  /** No file suspends this person any more: what is held of the person leaves its list. */
  async reviewPerson(user: PrincipalId): Promise<void> {
    const record = (await brakeFile(this.#ports.objects).read())?.value
    if (record && findListOf(record, user)) await this.#store.change((now) => takeOffPerson(now, user))
  }

  /**
   * Asked before somebody is taken out of a group, whatever the cause; when it passes, that has been counted. Without folders and
   * a rule it counts elsewhere, and only the minimum is asked. Throws when it cannot be said.
   */
  async admitRemoval(removal: Removal, minimum?: Minimum): Promise<Admission> {
    // What it reads of the ledger and the directory takes longest, and nothing else has to wait for that.
    await minimum?.object(new Set())
    for (;;) {
      const found: { baseless: readonly BrakeWindow[]; admission: Admission } = {
        baseless: [],
        admission: { outcome: 'passes' },
      }
      await this.#store.change(async (before, terms) => {
        const { record, isHeld } = await judgeMinimum(before, removal, minimum, terms)
        found.baseless = isHeld ? [] : findBaselessRemoval(record, removal, terms)
        if (isHeld) found.admission = heldOn(findListWith(record, 'minimum', removal.item))
        if (isHeld || found.baseless.length > 0) return record
        const { brake, passes } = judgeRemoval(record, removal, terms)
        found.admission = passes ? { outcome: 'passes' } : heldOn(findListWith(brake, 'memberships', removal.item))
        return passes && minimum ? letLeave(brake, minimum.access, terms) : brake
      })
      if (found.baseless.length === 0) return found.admission
      for (const window of found.baseless) await this.#measure(window)
    }
  }

  /** Asked before the first of those is taken out whom a rule means no longer. Answers which of them are held, and why. */
  async admitLeavers(
    leavers: Parameters<typeof judgeLeavers>[1],
  ): Promise<{ readonly held: ReadonlySet<string>; readonly reason?: string | undefined }> {
    const isHere = ({ cause, name }: BrakeList) => cause === 'rule' && name === leavers.group
    const known = (await brakeFile(this.#ports.objects).read())?.value
    if (leavers.items.length === 0 && !known?.lists.some(isHere)) return { held: new Set() }
    let lists: readonly BrakeList[] = []
    await this.#store.change((record, terms) => {
      const brake = judgeLeavers(record, leavers, terms)
      lists = brake.lists.filter(({ rule }) => rule === 'memberships')
      return brake
    })
    const held = leavers.items.filter((item) => lists.some(({ items }) => items.includes(item)))
    const list = lists.find(isHere) ?? lists.find(({ items }) => held.some((item) => items.includes(item)))
    return { held: new Set(held), reason: held.length > 0 && list ? describeList(list) : undefined }
  }

  /** Nobody is taken out there any more: it leaves its list. */
  async reviewRemoval(item: string): Promise<void> {
    const record = (await brakeFile(this.#ports.objects).read())?.value
    if (record && (findListWith(record, 'memberships', item) ?? findListWith(record, 'minimum', item)))
      await this.#store.change((now) => takeOffMembership(now, item))
  }

  /** Which of these losses of attributes a person has to release first. They are all that the file asks for now. */
  async admitAttributes(losses: readonly string[]): Promise<BrakeList | undefined> {
    const isListed = ({ lists }: BrakeRecord) => lists.some(({ rule }) => rule === 'attributes')
    if (losses.length === 0 && !this.#isFailing && !isListed(this.#store.record)) return undefined
    let held: BrakeList | undefined
    await this.#store.change((record, terms) => {
      const { brake, list } = judgeAttributes(record, losses, terms)
      held = list
      return brake
    })
    return held
  }

  /**
   * Where the ledger has nothing under this key as held any more, it leaves the list: it is wanted again, or gone.
   * While the list cannot be read nothing is done: the sweep finds such keys later.
   */
  async review(key: AssignmentKey): Promise<void> {
    if (this.#isFailing || !isHeld(this.#store.record, key)) return
    const stored = await new Ledger(this.#ports.objects).read(key)
    if (stored?.entry.state === 'held') return
    await this.#store.change((record) => takeOffList(record, key))
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
    await this.#store.change((record, terms) => {
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
    if (this.#isFailing || !this.#store.record.contents.some(({ name }) => name === permissionSet)) return
    await this.#store.change((record) => dropContents(record, permissionSet))
  }

  /** The accounts in which access of one of these ids is on the list; `undefined`: it is not known. */
  heldAccountsOf(
    { permissionSet, type }: Pick<Grant, 'permissionSet' | 'type'>,
    ids: readonly PrincipalId[],
  ): readonly AccountId[] | undefined {
    if (this.#isFailing) return undefined
    return listHeld(this.#store.record).flatMap((key) => {
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
      const released = await this.#store.refresh()
      const { lists, contents, retirements } = this.#store.record
      if (lists.length + contents.length > 0 && !this.#isTold) this.#tell({ lists, contents, retirements })
      for (const release of released) await this.#hint(release)
      this.#isFailing = false
    } catch (error) {
      this.#store.forget()
      if (!this.#isFailing) {
        this.#ports.log.error('the brake cannot be read; nothing is revoked', { alarm: 'brake', error })
        this.#ports.metrics.record('BrakeHolds')
      }
      this.#isFailing = true
    }
  }

  async #hint(release: BrakeRecord['releases'][number]): Promise<void> {
    const { digest, at, by, keys, people, permissionSet, items, attributes } = release
    const subject = { folder: `history/brake%${digest}/`, name: digest }
    await tellEvent(this.#ports.objects, subject, {
      event: 'brake-released',
      at,
      body: { digest, by, assignments: keys, people, permissionSet, credentials: items, attributes },
    })
    this.#ports.log.info('what the brake held is released', { digest, by, assignments: keys.length, permissionSet })
    const hints = keys.map(toHint)
    if (permissionSet !== undefined) hints.push(permissionSetHint(permissionSet, 'brake'))
    if (attributes) hints.push(attributesHint('brake'))
    await sendHints(this.#ports, { id: `release ${digest} ${at}`, hints, revocation: true }, this.#configuration)
    await this.#store.change((record) => ({
      ...record,
      releases: record.releases.map((one) => (one.digest === digest && one.at === at ? { ...one, hinted: true } : one)),
    }))
  }

  #tell(held: NewlyHeld): void {
    this.#isTold = true
    tellHeld(this.#ports, held, this.#store.record)
  }
}

function heldOn(list: BrakeList | undefined): Admission {
  return { outcome: 'held', reason: list ? describeList(list) : 'held by the brake' }
}

function toHint(key: AssignmentKey): Hint {
  return accessHint(assignmentOf(key), 'brake')
}
