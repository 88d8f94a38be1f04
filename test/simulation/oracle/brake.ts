import { temporaryPrefix } from '../../../shared/domain/links/link.ts'
import { renderNameInKey } from '../../../shared/domain/links/name-in-key.ts'
import { readShown } from '../brake-actions.ts'
import { grantsNow } from '../desired.ts'
import { hostileFolder } from '../hostile-actions.ts'
import { accountOfKey, assignmentOfKey, linksOf, recordedName, splitAssignment } from './names.ts'
import type { SuspensionsPromise } from './suspensions.ts'
import type { TemporaryPromise } from './temporary.ts'
import { isDeletion } from './truth.ts'
import { hinderedMs, isCalm, isHindered, Judge, releasedMs, type Watched } from './watched.ts'

type Entry = Readonly<Record<string, unknown>>
type Passed = { readonly sinceMs: number; lastMs: number; readonly items: Set<string> }
/** Of an entry that is there: what its account was like when it was granted, and since when it is held. */
type Known = { readonly entry: Entry; readonly account: string; readonly heldMs: number | undefined }

/** Between the count and the entry that says `revoking`: a few calls. */
const soonMs = 60_000
const everything = 'indirect'

/**
 * Promise 6: in no window more is revoked than the configuration lets pass, what is held goes only by a person's release, and what
 * is held is so everywhere, and nothing else. How the product counts is not counted again: only what is beyond doubt is.
 */
export class BrakePromise extends Judge {
  protected readonly promise = 'brake'
  readonly #temporary: TemporaryPromise
  readonly #suspensions: SuspensionsPromise
  readonly #known = new Map<string, Known>()
  /** When each link was changed last. */
  readonly #changedMs = new Map<string, number>()
  readonly #grantingLinks = new Set<string>()
  /** Links and keys whose revocation was begun, held or found done: nothing is held before so many were. */
  readonly #gone = new Set<string>()
  readonly #passed = new Map<string, Passed>()
  readonly #releasedAtMs = new Map<string, number>()
  /** What was held, and not judged yet: what went instead may be recorded a little later. */
  readonly #toJudge = new Map<string, number>()
  #entriesMost = 0
  /** Operators deleted the record: what was held may be judged again. */
  #isForgotten = false
  /** For the report: how often something was held, and let go by a person. */
  readonly counts = { 'brake holds': 0, 'brake releases': 0 }

  constructor(watched: Watched, temporary: TemporaryPromise, suspensions: SuspensionsPromise) {
    super(watched)
    this.#temporary = temporary
    this.#suspensions = suspensions
  }

  noteLink(key: string): void {
    this.#changedMs.set(key, this.nowMs)
  }

  /** An operator releases the list that was `seen`; only where the same is held `now`, it is released. */
  noteRelease(seen: readonly string[], now: readonly string[] | undefined): void {
    if (now === undefined || seen.join('\n') !== now.join('\n')) return
    this.counts['brake releases'] += seen.length
    for (const key of seen) this.#releasedAtMs.set(`assignments/${key}`, this.nowMs)
  }

  noteForgotten(): void {
    this.#isForgotten = true
  }

  /** An entry was written, or is gone. */
  noteEntry(key: string, entry: Entry | undefined): void {
    this.#judgeHeld(this.nowMs - soonMs)
    const before = this.#known.get(key)
    if (entry === undefined) return void this.#known.delete(key)
    const { state, call } = entry
    for (const link of linksOf(entry)) this.#grantingLinks.add(link)
    const isHeld = state === 'held'
    const account = before && state !== 'granted' ? before.account : this.#describeAccount(key)
    this.#known.set(key, { entry, account, heldMs: isHeld ? (before?.heldMs ?? this.nowMs) : undefined })
    this.#entriesMost = Math.max(this.#entriesMost, this.#known.size)
    if (this.#isForgotten) return
    if (isHeld || isDeletion(call) || entry.missingSince !== undefined) {
      const links = linksOf(entry)
      // Nobody's access is held because of what the hostile uploader does: only his own.
      const isHis = links.length > 0 && links.every((link) => link.startsWith(`links_data/${hostileFolder}/`))
      for (const item of isHis ? [] : [key, ...links]) this.#gone.add(item)
    }
    if (isHeld && before?.entry.state !== 'held') {
      this.counts['brake holds']++
      this.#toJudge.set(key, this.nowMs)
    }
    if (state === 'revoking' && before && before.entry.state !== 'revoking' && !isDeletion(before.entry.call))
      this.#checkBegun(key, before)
  }

  /** Nothing is held while all that has gone in the whole life, and this, is no more than may go at once. */
  #judgeHeld(untilMs: number): void {
    const { world } = this
    const { own, indirect } = world.configuration.brake
    const gone = [...this.#gone]
    const links = gone.filter((item) => item.startsWith('links_data/')).length
    for (const [key, heldMs] of this.#toJudge) {
      if (heldMs > untilMs) continue
      this.#toJudge.delete(key)
      const isJudged = isCalm(world) && !this.#isForgotten && !world.hostile.touches(key)
      if (isJudged && Math.max(links, gone.length - links) <= Math.min(own.count, indirect.count))
        this.fail(`${key} is held, although no more has gone than may: ${gone.join(', ')}`)
    }
  }

  #checkBegun(key: string, before: Known): void {
    const releasedAtMs = this.#releasedAtMs.get(key) ?? Number.NEGATIVE_INFINITY
    if (this.nowMs - releasedAtMs <= releasedMs + hinderedMs) return
    const links = linksOf(before.entry).filter((link) => !this.#hasEnded(link))
    if (links.length === 0) return
    // A release is over after an hour. What it took off the list is then judged as if it had never been held.
    if (before.heldMs !== undefined && releasedAtMs < before.heldMs - hinderedMs)
      this.fail(`revokes what ${key} records, which is held, and nobody released it`)
    for (const { scope, items, most, lengthMs } of this.#countedOf(key, links, before.account)) {
      const known = this.#passed.get(scope)
      const isOver = !known || this.nowMs - known.lastMs > lengthMs + hinderedMs
      const passed = isOver ? { sinceMs: this.nowMs, lastMs: this.nowMs, items: new Set<string>() } : known
      this.#passed.set(scope, passed)
      passed.lastMs = this.nowMs
      // What comes later may be counted in a window that began since.
      if (this.nowMs - passed.sinceMs >= lengthMs - this.#marginMs()) continue
      for (const item of items) passed.items.add(item)
      if (passed.items.size > most)
        this.fail(`revokes ${key}: ${passed.items.size} pass in a window (${scope}), expected ${most}`)
    }
  }

  /** What it is counted for beyond doubt: its links stood still, or are withdrawn and its account is as it was. */
  #countedOf(key: string, links: readonly string[], account: string) {
    const { own, indirect } = this.world.configuration.brake
    const isWithdrawn = links.every((link) => !this.#grants(link))
    const isRecent = links.some((link) => (this.#changedMs.get(link) ?? 0) > this.nowMs - this.#marginMs())
    const byFolder = [...Map.groupBy(links, (link) => /^links_data\/([\w-]+)\//.exec(link)?.[1] ?? 'no folder')]
    if (isWithdrawn && account === this.#describeAccount(key)) {
      const most = Math.max(own.count, Math.floor((this.#grantingLinks.size * own.percent) / 100))
      return byFolder.map(([scope, items]) => ({ scope, items, most, lengthMs: own.minutes * 60_000 }))
    }
    // Of who is suspended the person counts, and of so few people none is one too many.
    const [, user = ''] = /%([^%]+)%USER$/.exec(key) ?? []
    if (isWithdrawn || isRecent || this.#suspensions.isOrWasSuspended(user, this.#marginMs())) return []
    const share = Math.max(indirect.count, Math.floor((this.#entriesMost * indirect.percent) / 100))
    const most = Math.min(share, indirect.most)
    const lengthMs = indirect.hours * 3_600_000
    const folders = byFolder.map(([folder]) => ({ scope: `${everything} of ${folder}`, items: [key], most, lengthMs }))
    return [...folders, { scope: everything, items: [key], most: 2 * most, lengthMs }]
  }

  /** Temporary access whose end has come: nothing holds or counts it, also where its link was deleted by hand before. */
  #hasEnded(link: string): boolean {
    return link.startsWith(temporaryPrefix) && !this.#grants(link) && !this.#temporary.isInForce(link)
  }

  #grants(link: string): boolean {
    const body = this.textOf(link)
    return body !== undefined && grantsNow(body, this.world.clock.now())
  }

  #describeAccount(key: string): string {
    const { organizations, objects } = this.world
    const account = this.world.accountNow(accountOfKey(key))
    const selectors = this.world.keys('selectors/').map((name) => [name, objects.model.find(name)?.etag])
    return JSON.stringify([account, account && organizations.tagsNow(account.id), selectors])
  }

  #marginMs(): number {
    return isHindered(this.world) ? hinderedMs : soonMs
  }

  /** What is held, is held everywhere, and nothing else is. */
  checkAtRest(): void {
    const { world } = this
    this.#judgeHeld(this.nowMs)
    const held = [...this.#known].filter(([, { entry }]) => entry.state === 'held')
    const keys = held.map(([key]) => key).sort()
    const listed = (readShown(world) ?? []).flatMap(({ held: all }) => all.map((key) => `assignments/${key}`)).sort()
    if (keys.join('\n') !== listed.join('\n'))
      this.fail(`the ledger has ${JSON.stringify(keys)} as held, the list ${JSON.stringify(listed)}`)
    const desired = this.wishes.now('certainly').map((one) => this.wishes.targetOf(one))
    for (const [key, { entry }] of held) {
      if (desired.includes(recordedName(key, entry))) this.fail(`${key} is held, and a link grants it`)
      const [, , principal = ''] = splitAssignment(assignmentOfKey(key, world))
      for (const link of linksOf(entry)) {
        // A link that is in force speaks of who has its name now, and this one may have another name by now.
        const isMeant = link.includes(`%${renderNameInKey(principal)}%`) && this.#grants(link)
        const isToTell = world.objects.model.find(link) === undefined || isMeant
        const state = world.readJson(`status/${link}.json`)?.state
        if (isToTell && state !== 'held') this.fail(`access of ${link} is held, but its status is '${String(state)}'`)
      }
    }
  }
}
