import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import type { Act } from '../../domain/brake/act.ts'
import { type Admission, admitted, type BrakeAnswer, type Held } from '../../domain/brake/admission.ts'
import type { BrakeList, BrakeRecord, BrakeWindow } from '../../domain/brake/brake-record.ts'
import { describeList } from '../../domain/brake/describe-list.ts'
import type { HeldContents } from '../../domain/brake/held-contents.ts'
import { dropAct, type Judged, judgeLeavers, judgeLosses } from '../../domain/brake/judge-act.ts'
import { type Edit, findBaselessEdit, judgeEdit } from '../../domain/brake/judge-edit.ts'
import { dropContents, isHeld, membershipsOn } from '../../domain/brake/lists.ts'
import type { Taking } from '../../domain/brake/minimum.ts'
import { findRelease, hasRelease, noteHinted } from '../../domain/brake/releases.ts'
import { type BrakeTerms, type EndedTally, noteBase } from '../../domain/brake/windows.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Grant } from '../../domain/links/link.ts'
import { accessHint, attributesHint, type Hint, permissionSetHint } from '../../domain/messages/hint.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { cutNames, hasName } from '../../domain/text/sorted-names.ts'
import type { Ports } from '../../ports/ports.ts'
import { partNamesMost } from '../records/brake-file.ts'
import { sendHints } from '../records/lanes.ts'
import { Ledger } from '../records/ledger.ts'
import { renderJson } from '../records/stored-json.ts'
import { tellEvent } from '../records/tell-event.ts'
import { type AskedMinimum, type AskMinimum, askMinimums, judgeWithMinimum, stillHolds } from './ask-minimum.ts'
import { BrakeStore, type NewlyHeld } from './brake-store.ts'
import { countBase } from './count-base.ts'
import { type BrakeSources, countOpen, nameOfWindow, prolongEnded } from './count-open.ts'
import { tellHeld } from './tell-held.ts'

/**
 * People whom a rule no longer matches. By the names of memberships: everyone whom the rule added, and those who certainly
 * stay.
 */
export type Leavers = {
  readonly group: string
  readonly leaving: readonly Extract<Taking, { item: string }>[]
  readonly all: readonly string[]
  readonly staying: readonly string[]
}

export type AttributeLosses = { readonly losses: readonly string[]; readonly taken: readonly string[] }
type HeldList = Pick<Held, 'outcome'> & { readonly list: BrakeList }

type ContentsAnswer = HeldContents | { readonly admission: Admission; readonly isReleased: boolean }

type BrakePorts = Pick<Ports, 'objects' | 'queues' | 'clock' | 'randomness' | 'log' | 'metrics'>

/**
 * Counts revocations before they are sent (design, promise 6). The whole state is in `control/brake.json`, so a dispatcher that
 * dies forgets nothing; simultaneous changes share one write. If something cannot be read or written, nothing is revoked.
 */
export class Brake {
  readonly #ports: BrakePorts
  readonly #configuration: Configuration
  readonly #minimums: AskMinimum
  readonly #store: BrakeStore
  readonly #measuring = new Map<string, Promise<void>>()
  #isTold = false
  /** The last look could not read the record, so the held access is unknown. */
  #isFailing = false

  /** `minimums`: asked for every act that takes access from people. */
  constructor(ports: BrakePorts, configuration: Configuration, minimums: AskMinimum) {
    this.#ports = ports
    this.#configuration = configuration
    this.#minimums = minimums
    this.#store = new BrakeStore(ports, configuration.brake, (held) => this.#tell(held))
  }

  get #sources(): BrakeSources {
    return { objects: this.#ports.objects, configuration: this.#configuration }
  }

  /**
   * Asks whether access may be taken away; if it passes, it has been counted. First come the minimums of policies, then limits
   * and releases, in one write. Throws if it cannot decide.
   */
  async admit(act: Act): Promise<BrakeAnswer> {
    const open = new Map<string, number>()
    // Most acts are of no minimum, and the record as last known here is mostly the present one: then one change is enough.
    let [minimum] = act.takes ? await askMinimums([act.takes], this.#store.record, this.#minimums) : []
    for (;;) {
      const asked: { judged?: Judged | undefined; record?: BrakeRecord; uncounted?: readonly EndedTally[] } = {}
      await this.#store.change((before, terms) => {
        const { record, uncounted } = prolongEnded(before, act, terms, open)
        const answer = act.takes && minimum && stillHolds(minimum, record, act.takes) ? minimum : undefined
        const judged = uncounted.length > 0 ? undefined : judgeWithMinimum(record, act, terms, answer)
        // Called again if others changed the record in between, so nothing of the last call may stay.
        asked.judged = judged
        asked.record = record
        asked.uncounted = uncounted
        return judged === undefined || judged.is === 'unasked' ? before : judged.brake
      })
      const { judged, record, uncounted = [] } = asked
      if (judged?.is === 'passes') return admitted()
      if (judged?.is === 'held') return heldOn(judged.list)
      // Reading takes long, so nothing is read while the record is being changed: others would change it meanwhile, again and again.
      for (const one of uncounted)
        open.set(nameOfWindow(one), await countOpen(this.#ports.objects, one, this.#configuration))
      if (judged?.is === 'unasked' && act.takes && record)
        [minimum] = await askMinimums([act.takes], record, this.#minimums)
      for (const window of judged?.is === 'unmeasured' ? judged.baseless : []) await this.#measure(window)
    }
  }

  /** Counts a base outside the changes of the record, because it may take long. Simultaneous callers share it. */
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

  /** The revocation is off: removes it from its list. */
  drop(act: Act): Promise<void> {
    return this.#tidy((record) => dropAct(record, act))
  }

  /** The access is gone: removes it from its list, and for some minutes it does not count among what people keep. */
  noteGone(act: Act): Promise<void> {
    return this.#tidy((record, now) => dropAct(record, act, now))
  }

  /**
   * Asks before the first leaver of a rule is removed. Returns which leavers are held, and why. `admit` asks again about each
   * who passes.
   */
  async admitLeavers({ group, leaving, all, staying }: Leavers): Promise<{
    readonly held: ReadonlySet<string>
    readonly reason?: string | undefined
  }> {
    const items = leaving.map(({ item }) => item)
    const isHere = ({ cause, name }: BrakeList) => cause === 'rule' && name === group
    const isOurs = (list: BrakeList) => isHere(list) || membershipsOn(list).some((item) => staying.includes(item))
    const known = (await this.#store.read())?.value
    const isReleased = known !== undefined && staying.some((item) => hasRelease(known, { rule: 'memberships', item }))
    if (items.length === 0 && !isReleased && !known?.lists.some(isOurs)) return { held: new Set() }
    let answers: ReadonlyMap<string, AskedMinimum> | undefined
    let lists: readonly BrakeList[] = []
    for (;;) {
      const asked: { record?: BrakeRecord; unasked?: Leavers['leaving'] } = {}
      await this.#store.change((before, terms) => {
        const tidy = staying.reduce((record, item) => dropAct(record, leaverAct(item)), before)
        const record = judgeLeavers(tidy, { group, items, all }, terms)
        const judged = judgeEach(record, leaving, answers ?? new Map(), terms)
        asked.record = judged.asIfLeft
        asked.unasked = judged.unasked
        // `admit` asks again about each who passes, so one question is enough here.
        if (judged.unasked.length > 0 && answers === undefined) return before
        lists = judged.brake.lists.filter((list) => membershipsOn(list).length > 0)
        return judged.brake
      })
      const { record, unasked = [] } = asked
      if (record === undefined || unasked.length === 0 || answers) break
      const told = await askMinimums(unasked, record, this.#minimums)
      answers = new Map(told.map((answer, nth) => [unasked[nth]?.item ?? '', answer]))
    }
    const listed = new Set(lists.flatMap(membershipsOn))
    const held = items.filter((item) => listed.has(item))
    const list = lists.find(isHere) ?? lists.find((one) => held.some((item) => hasName(one.items, item)))
    return { held: new Set(held), reason: held.length > 0 && list ? describeList(list) : undefined }
  }

  /** Writes only a change. */
  async #tidy(change: (record: BrakeRecord, now: Date) => BrakeRecord): Promise<void> {
    const found = await this.#store.read()
    if (found && change(found.value, found.object.servedAt) !== found.value)
      await this.#store.change((record, { now }) => change(record, now))
  }

  /**
   * Asks before attributes for access control are removed. `losses`: all that the file asks for now; the unreleased ones form
   * the list. `taken`: the losses of one call. Returns the list if it has one of them.
   */
  async admitAttributes({ losses, taken }: AttributeLosses): Promise<Admission | HeldList> {
    const held: { list?: BrakeList | undefined } = {}
    await this.#store.change((record, terms) => {
      const { brake, list } = judgeLosses(record, losses, terms)
      held.list = list
      return brake
    })
    const { list } = held
    return list && taken.some((loss) => hasName(list.items, loss)) ? { outcome: 'held', list } : admitted()
  }

  /**
   * Removes this key from its list if the ledger no longer holds it, and from its release once it is wanted again or gone: until then, a
   * revocation may fail and be sent again. `isUnneeded`: no link grants it, as far as ssofile could read. Does nothing while the list cannot
   * be read, because the sweep finds such keys later.
   */
  async review(
    key: AssignmentKey,
    { isUnneeded = false, result }: { readonly isUnneeded?: boolean; readonly result?: string } = {},
  ): Promise<void> {
    const { record } = this.#store
    const isListed = isHeld(record, key)
    // Most access that passed the brake is gone after this: then there is nothing to read.
    const isLeaving = result === 'applied' && record.leaving?.some(({ access }) => access === key) === true
    if (this.#isFailing || !(isListed || isLeaving || hasRelease(record, { key }))) return
    const state = (await new Ledger(this.#ports.objects).read(key))?.entry.state
    const isKept = state === 'granted' && !isUnneeded
    const isOver = state === undefined || isKept
    if (isListed ? state === 'held' : !isOver) return
    // Access that is kept counts again among the access that people keep.
    await this.#store.change((now) => dropAct(now, { rule: 'own', key, ...(isKept && { takes: { key } }) }))
  }

  /**
   * Asks before the first call that changes a permission set by `edit`; if it passes, it has been counted. Throws if it cannot
   * decide.
   */
  async admitContents(edit: Edit): Promise<ContentsAnswer> {
    for (;;) {
      const asked = await this.#judgeContents(edit)
      if (!('baseless' in asked)) return asked.verdict
      for (const window of asked.baseless) await this.#measure(window)
    }
  }

  /** `baseless`: windows that need a count first. */
  async #judgeContents(
    edit: Edit,
  ): Promise<{ readonly verdict: ContentsAnswer } | { readonly baseless: readonly BrakeWindow[] }> {
    let baseless: readonly BrakeWindow[] = []
    let verdict: ContentsAnswer | undefined
    await this.#store.change((record, terms) => {
      baseless = findBaselessEdit(record, edit, terms)
      if (baseless.length > 0) return record
      const { brake, held } = judgeEdit(record, edit, terms)
      verdict = held ?? {
        admission: admitted(),
        isReleased: findRelease(record, edit.digest, terms.now) !== undefined,
      }
      return brake
    })
    return verdict ? { verdict } : { baseless }
  }

  /** The held file is in force, replaced or gone: removes it from the record, as `review` does with keys. */
  async reviewContents(permissionSet: PermissionSetName): Promise<void> {
    if (this.#isFailing || !this.#store.record.contents.some(({ name }) => name === permissionSet)) return
    await this.#store.change((record) => dropContents(record, permissionSet))
  }

  /** The accounts with held access of one of these ids; `undefined`: unknown. */
  heldAccountsOf(
    { permissionSet, type }: Pick<Grant, 'permissionSet' | 'type'>,
    ids: readonly PrincipalId[],
  ): readonly AccountId[] | undefined {
    if (this.#isFailing) return undefined
    // Tens of thousands of keys may be held, and each status asks.
    const ofIds = this.#store.record.lists.flatMap((list) => [
      ...Iterator.from(list.held).filter((key) => ids.some((id) => key.includes(id))),
    ])
    return ofIds.sort().flatMap((key) => {
      const held = assignmentOf(key)
      const isMeant = held.permissionSet === permissionSet && held.type === type && ids.includes(held.principalId)
      return isMeant ? [held.accountId] : []
    })
  }

  /**
   * Looks for new releases and sends their hints, because an operator writes only `control/`. Reports once what is held. Never
   * rejects: if a read fails, the next look tries again, and until then nothing is revoked.
   */
  async look(): Promise<void> {
    try {
      const released = await this.#store.refresh()
      const { lists, contents } = this.#store.record
      if (lists.length + contents.length > 0 && !this.#isTold) this.#tell({ lists, contents })
      for (const release of released) await this.#hint(release)
      this.#isFailing = false
    } catch (error) {
      this.#store.forget()
      if (!this.#isFailing) {
        this.#ports.log.error('ssofile cannot read the brake, and revokes nothing', { alarm: 'brake', error })
        this.#ports.metrics.record('BrakeHolds')
      }
      this.#isFailing = true
    }
  }

  async #hint(release: BrakeRecord['releases'][number]): Promise<void> {
    const { digest, at, by, rule, keys, items, permissionSet } = release
    const subject = { folder: `history/brake%${digest}/`, name: digest }
    const most = partNamesMost
    const isLong = keys.length > most || items.length > most
    const shown = { assignments: keys.slice(0, most), items: items.slice(0, most) }
    const counts = isLong ? { counts: { assignments: keys.length, items: items.length } } : {}
    const body = { digest, by, rule, ...shown, ...counts, permissionSet }
    await tellEvent(this.#ports.objects, subject, { event: 'brake-released', at, body })
    if (isLong) await this.#tellNames(subject.folder, at, [...keys, ...items])
    this.#ports.log.info('a person released what the brake held', {
      digest,
      by,
      assignments: keys.length,
      permissionSet,
    })
    const hints = [...keys].map(toHint)
    if (permissionSet !== undefined) hints.push(permissionSetHint(permissionSet, 'brake'))
    if (rule === 'attributes') hints.push(attributesHint('brake'))
    await sendHints(this.#ports, { id: `release ${digest} ${at}`, hints, revocation: true }, this.#configuration)
    await this.#store.change((record) => noteHinted(record, release))
  }

  /** All names of a long list, beside the event and after it: if the process dies in between, the next look writes them. */
  async #tellNames(folder: string, at: string, names: readonly string[]): Promise<void> {
    const event = 'brake-released'
    for (const [nth, piece] of cutNames(names, partNamesMost).entries())
      await this.#ports.objects.put(
        `${folder}${at}%${event}%${nth + 1}.json`,
        renderJson({ v: 1, event, at, names: piece }),
      )
  }

  #tell(held: NewlyHeld): void {
    this.#isTold = true
    tellHeld(this.#ports, held, this.#store.record)
  }
}

/** Judges one after the other, as if each who passes had left. `answers`: by item. `asIfLeft`: the record without those who passed. */
function judgeEach(
  before: BrakeRecord,
  leaving: Leavers['leaving'],
  answers: ReadonlyMap<string, AskedMinimum>,
  terms: BrakeTerms,
): { readonly brake: BrakeRecord; readonly asIfLeft: BrakeRecord; readonly unasked: Leavers['leaving'] } {
  let record = before
  const unasked: Leavers['leaving'][number][] = []
  for (const takes of leaving) {
    const judged = judgeWithMinimum(record, { ...leaverAct(takes.item), takes }, terms, answers.get(takes.item))
    if (judged.is === 'unasked') unasked.push(takes)
    else record = judged.brake
  }
  const { leaving: stays, left } = before
  return { brake: record.left === left ? record : { ...record, leaving: stays, left }, asIfLeft: record, unasked }
}

/** One leaver of a rule. `judgeLeavers` counts all of them together. */
function leaverAct(item: string): Act {
  return { rule: 'memberships', item, counts: [] }
}

function heldOn(list: BrakeList | undefined): Held {
  return { outcome: 'held', reason: list ? describeList(list) : 'held by the brake' }
}

function toHint(key: AssignmentKey): Hint {
  return accessHint(assignmentOf(key), 'brake')
}
