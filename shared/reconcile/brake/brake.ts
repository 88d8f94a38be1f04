import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import type { BrakeList, BrakeRecord, BrakeWindow } from '../../domain/brake/brake-record.ts'
import { describeList } from '../../domain/brake/describe-list.ts'
import type { HeldContents } from '../../domain/brake/held-contents.ts'
import { judgeAttributes } from '../../domain/brake/judge-attributes.ts'
import { type Edit, findBaselessEdit, judgeEdit } from '../../domain/brake/judge-edit.ts'
import { findBaselessRemoval, judgeLeavers, judgeRemoval, type Removal } from '../../domain/brake/judge-membership.ts'
import { findBaseless, judgeRevocation, type Revocation } from '../../domain/brake/judge-revocation.ts'
import { judgeDeletion, judgeSuspension, type SuspendedPerson } from '../../domain/brake/judge-suspension.ts'
import {
  deletionOf,
  dropContents,
  findList,
  findListOf,
  findListWith,
  holdBesidePerson,
  isHeld,
  listHeld,
  membershipsOn,
  takeOffDeletion,
  takeOffList,
  takeOffMembership,
  takeOffPerson,
} from '../../domain/brake/lists.ts'
import { itemOf, letLeave, stopLeaving, type Taking } from '../../domain/brake/minimum.ts'
import { findRelease } from '../../domain/brake/releases.ts'
import { type BrakeTerms, noteBase } from '../../domain/brake/windows.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Grant } from '../../domain/links/link.ts'
import { accessHint, attributesHint, type Hint, permissionSetHint } from '../../domain/messages/hint.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { MembershipId } from '../../domain/people/owned-membership.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Ports } from '../../ports/ports.ts'
import { sendHints } from '../records/lanes.ts'
import { Ledger } from '../records/ledger.ts'
import { tellEvent } from '../records/tell-event.ts'
import { type AskMinimum, askMinimum } from './ask-minimum.ts'
import { brakeFile } from './brake-file.ts'
import { BrakeStore, type NewlyHeld } from './brake-store.ts'
import { countBase } from './count-base.ts'
import { type BrakeSources, prolongEnded } from './count-open.ts'
import { tellHeld } from './tell-held.ts'

/** How one kind of taking is counted, once no minimum holds it. */
type Counting = {
  readonly judge: (record: BrakeRecord, terms: BrakeTerms) => { readonly brake: BrakeRecord; readonly passes: boolean }
  /** What holds it, where that is not a minimum. */
  readonly findList: (record: BrakeRecord) => BrakeList | undefined
  readonly prepare?: (record: BrakeRecord, terms: BrakeTerms) => Promise<BrakeRecord>
  /** What has to be counted first. */
  readonly findBaseless?: (record: BrakeRecord, terms: BrakeTerms) => readonly BrakeWindow[]
  /** What stands on the list of the minimum besides. */
  readonly holdBeside?: (record: BrakeRecord) => BrakeRecord
}

/** Whom a rule means no longer. By the names of the memberships: all whom it has put into its group, and those who surely stay. */
export type Leavers = {
  readonly group: string
  readonly leaving: readonly Extract<Taking, { item: string }>[]
  readonly all: readonly string[]
  readonly staying: readonly string[]
}

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
  readonly #minimums: AskMinimum
  readonly #store: BrakeStore
  readonly #measuring = new Map<string, Promise<void>>()
  #isTold = false
  /** The record could not be read when it was last looked for: what is held is not known. */
  #isFailing = false

  /** `minimums`: asked of everything that takes access from people. */
  constructor(ports: BrakePorts, configuration: Configuration, minimums: AskMinimum) {
    this.#ports = ports
    this.#configuration = configuration
    this.#minimums = minimums
    this.#store = new BrakeStore(ports, configuration.brake, (held) => this.#tell(held))
  }

  get #sources(): BrakeSources {
    return { objects: this.#ports.objects, configuration: this.#configuration }
  }

  /** Asked before a deletion is sent; when it passes, that has been counted. Throws when it cannot be said. */
  admit(revocation: Revocation): Promise<Admission> {
    const { key, suspended } = revocation
    const person = suspended && suspended !== 'admitted' ? suspended.user : undefined
    return this.#admit(person ? { person } : { key }, {
      prepare: (record, terms) => prolongEnded(record, revocation, terms, this.#sources),
      findBaseless: (record, terms) => findBaseless(record, revocation, terms),
      judge: (record, terms) => judgeRevocation(record, revocation, terms),
      findList: (record) => findList(record, key),
      holdBeside: (record) => (person && !isHeld(record, key) ? holdBesidePerson(record, key, person) : record),
    })
  }

  /**
   * All that takes access from people passes here, whatever it is: policies are asked for their minimums first, then what counts it
   * judges, and what passes is let go, in one writing.
   */
  async #admit(taking: Taking, counting: Counting): Promise<Admission> {
    // What it reads of the ledger and the directory takes longest, and nothing else has to wait for that.
    await this.#minimums.judge(taking, new Set())
    for (;;) {
      const found: { admission: Admission; baseless: readonly BrakeWindow[] } = {
        admission: { outcome: 'passes' },
        baseless: [],
      }
      await this.#store.change(async (before, terms) => {
        const minimum = await askMinimum(before, taking, this.#minimums, terms)
        if (minimum.isHeld) {
          const held = counting.holdBeside?.(minimum.record) ?? minimum.record
          found.admission = heldOn(findListWith(held, 'minimum', itemOf(taking)))
          return held
        }
        const record = (await counting.prepare?.(minimum.record, terms)) ?? minimum.record
        found.baseless = counting.findBaseless?.(record, terms) ?? []
        if (found.baseless.length > 0) return record
        const { brake, passes } = counting.judge(record, terms)
        found.admission = passes ? { outcome: 'passes' } : heldOn(counting.findList(brake))
        return passes && minimum.isConcerned ? letLeave(brake, taking, terms) : brake
      })
      if (found.baseless.length === 0) return found.admission
      for (const window of found.baseless) await this.#measure(window)
    }
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
  admitPerson(person: SuspendedPerson): Promise<Admission> {
    return this.#admit(
      { person: person.user },
      {
        judge: (record, terms) => judgeSuspension(record, person, terms),
        findList: (record) => findListOf(record, person.user),
      },
    )
  }

  /** Asked before a user is deleted, who has nothing any more; when it passes, that has been counted. Throws when it cannot be said. */
  async admitDeletion(user: PrincipalId): Promise<Admission> {
    let admission: Admission = { outcome: 'passes' }
    await this.#store.change((record, terms) => {
      const { brake, passes } = judgeDeletion(record, user, terms)
      admission = passes ? { outcome: 'passes' } : heldOn(findListWith(brake, 'people', deletionOf(user)))
      return brake
    })
    return admission
  }

  /** The user is gone, or is not to be deleted any more. */
  reviewDeletion(user: PrincipalId): Promise<void> {
    return this.#tidy((record) => takeOffDeletion(record, user))
  }

  /** No file suspends this person any more: what is held of the person leaves its list. */
  reviewPerson(user: PrincipalId): Promise<void> {
    return this.#tidy((record) => stopLeaving(takeOffPerson(record, user), { person: user }))
  }

  /**
   * Asked before somebody is taken out of a group, whatever the cause; when it passes, that has been counted. Without folders and
   * a rule it counts elsewhere, and only the minimum is asked. Throws when it cannot be said.
   */
  admitRemoval(removal: Removal, membership: MembershipId): Promise<Admission> {
    return this.#admit(
      { membership, item: removal.item },
      {
        findBaseless: (record, terms) => findBaselessRemoval(record, removal, terms),
        judge: (record, terms) => judgeRemoval(record, removal, terms),
        findList: (record) => findListWith(record, 'memberships', removal.item),
      },
    )
  }

  /**
   * Asked before the first of those is taken out whom a rule means no longer. Answers which of them are held, and why. Each who
   * passes is asked about again, by `admitRemoval`.
   */
  async admitLeavers({ group, leaving, all, staying }: Leavers): Promise<{
    readonly held: ReadonlySet<string>
    readonly reason?: string | undefined
  }> {
    const items = leaving.map(({ item }) => item)
    const isHere = ({ cause, name }: BrakeList) => cause === 'rule' && name === group
    const isOurs = (list: BrakeList) => isHere(list) || membershipsOn(list).some((item) => staying.includes(item))
    const known = (await brakeFile(this.#ports.objects).read())?.value
    if (items.length === 0 && !known?.lists.some(isOurs)) return { held: new Set() }
    let lists: readonly BrakeList[] = []
    await this.#store.change(async (before, terms) => {
      const tidy = staying.reduce(takeOffMembership, before)
      const brake = await this.#askOfLeavers(judgeLeavers(tidy, { group, items, all }, terms), leaving, terms)
      lists = brake.lists.filter((list) => membershipsOn(list).length > 0)
      return brake
    })
    const held = items.filter((item) => lists.some((list) => membershipsOn(list).includes(item)))
    const list = lists.find(isHere) ?? lists.find((one) => held.some((item) => one.items.includes(item)))
    return { held: new Set(held), reason: held.length > 0 && list ? describeList(list) : undefined }
  }

  /** One after the other, as if each who passes had left. */
  async #askOfLeavers(before: BrakeRecord, leavers: Leavers['leaving'], terms: BrakeTerms): Promise<BrakeRecord> {
    let record = before
    for (const one of leavers) {
      if (findListWith(record, 'memberships', one.item)) continue
      const asked = await askMinimum(record, one, this.#minimums, terms)
      record = asked.isConcerned && !asked.isHeld ? letLeave(asked.record, one, terms) : asked.record
    }
    return record.leaving === before.leaving ? record : { ...record, leaving: before.leaving }
  }

  /** Nobody is taken out there any more: it leaves its list. */
  reviewRemoval(item: string, membership: MembershipId): Promise<void> {
    return this.#tidy((record) => stopLeaving(takeOffMembership(record, item), { membership, item }))
  }

  /** Writes only where something changes. */
  async #tidy(change: (record: BrakeRecord) => BrakeRecord): Promise<void> {
    const record = (await brakeFile(this.#ports.objects).read())?.value
    if (record && change(record) !== record) await this.#store.change(change)
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
