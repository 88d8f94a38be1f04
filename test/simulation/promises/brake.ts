import { temporaryPrefix } from '../../../shared/domain/links/link.ts'
import { renderNameInKey } from '../../../shared/domain/links/name-in-key.ts'
import { readShown } from '../brake-actions.ts'
import { lateKinds } from '../chaos.ts'
import { grantsNow } from '../desired.ts'
import { hostileFolder } from '../hostile-actions.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { spoiler } from '../unreadable-objects.ts'
import { assignmentOfKey, splitAssignment } from './assignment-names.ts'
import { type Fail, promises } from './violation.ts'

/**
 * What is counted together: the folder whose links are withdrawn, or what an indirect revocation may count for. Which of
 * its causes it was cannot be told from outside.
 */
type Scope = string
/** `isSure`: links and account stood still while it was judged; otherwise it may have been counted in any of the scopes. */
type Counted = { readonly scope: Scope; readonly items: readonly string[]; readonly isSure: boolean }
type Hold = {
  readonly key: string
  readonly counted: readonly Counted[]
  readonly passed: readonly ReadonlySet<string>[]
  readonly atMs: number
}
type Entry = {
  readonly state: string
  readonly links: readonly string[]
  readonly isBegun: boolean
  /** AWS has not taken its last call, or not yet. */
  readonly isUntaken: boolean
  /** What the account was like when the access was granted. */
  readonly account: string
  /** Since when there is an entry. What changed in organization and directory before that cannot take it away. */
  readonly grantedMs: number
  /** When it was held last, if it is. */
  readonly heldMs: number
}

/** Between the count and the entry that says `revoking`: a few calls; in a world of misfortune a redelivery or two. */
const soonMs = 60_000
const lateMs = 6 * 60_000
const releasedMs = 60 * 60_000

/**
 * Promise 6: the brake. More revocations than are plausible are held until a person releases them, and no others.
 * Counts revocations as they begin in the ledger, by the plainest reading of the promise: how many links are withdrawn in
 * a folder, and how much goes for any other reason.
 */
export class BrakePromise {
  readonly #world: SimulatedWorld
  readonly #fail: Fail
  readonly #entries = new Map<string, Entry>()
  readonly #linkChangedMs = new Map<string, number>()
  /** When a link was uploaded again that had been deleted shortly before. */
  readonly #linkReturnedMs = new Map<string, number>()
  readonly #deletedLinks = new Set<string>()
  /** Each link that was named by an entry: the only ones that a percentage may rest on. */
  readonly #indirectKeys = new Set<string>()
  readonly #grantingLinks = new Set<string>()
  /** When organization or directory changed last: without that nothing is indirect. */
  #worldChangedMs = Number.NEGATIVE_INFINITY
  #entriesMost = 0
  /** Of each scope what has passed since the first after a quiet time. */
  #passed = new Map<Scope, { sinceMs: number; lastMs: number; readonly items: Set<string> }>()
  /** Of each scope what has passed, for as long as windows may have been prolonged. */
  #passedLong = new Map<Scope, { lastMs: number; readonly items: Set<string> }>()
  /** Of what has passed: access that the hostile uploader's links alone had granted. */
  readonly #hostileItems = new Set<string>()
  #holdsToJudge: readonly Hold[] = []
  readonly #releasedAtMs = new Map<string, number>()
  /** Operators deleted the record: what was held may be judged again. */
  #isForgotten = false
  /** For the report: how often something was held, and let go by a person. */
  heldCount = 0
  releasedCount = 0

  constructor(world: SimulatedWorld, fail: Fail) {
    this.#world = world
    this.#fail = fail
    world.objects.onChange(({ key, eventName, caller }) => {
      if (caller.accessKeyId === spoiler) return
      if (key === 'control/brake.json' && !eventName.startsWith('ObjectRemoved')) this.#checkWindows()
      if (key.startsWith('links_data/')) this.#noteLink(key, eventName.startsWith('ObjectRemoved'))
      if (!key.startsWith('assignments/')) return
      if (eventName.startsWith('ObjectRemoved')) this.#entries.delete(key)
      else this.#noteEntry(key)
    })
  }

  #noteLink(key: string, isRemoved: boolean): void {
    const nowMs = this.#world.clock.monotonicMs()
    const isAbsent = !isRemoved && this.#deletedLinks.has(key)
    if (isAbsent && (this.#linkChangedMs.get(key) ?? 0) > nowMs - this.#marginMs()) this.#linkReturnedMs.set(key, nowMs)
    if (isRemoved) this.#deletedLinks.add(key)
    else this.#deletedLinks.delete(key)
    this.#linkChangedMs.set(key, nowMs)
  }

  /** An operator releases the list that was `seen`; only where the same is held `now`, it is released. */
  noteRelease(seen: readonly string[], now: readonly string[] | undefined): void {
    if (now === undefined || seen.join('\n') !== now.join('\n')) return
    this.releasedCount += seen.length
    for (const key of seen) this.#releasedAtMs.set(`assignments/${key}`, this.#world.clock.monotonicMs())
  }

  noteWorldChange(): void {
    this.#worldChangedMs = this.#world.clock.monotonicMs()
  }

  noteForgotten(): void {
    this.#isForgotten = true
    this.#passed = new Map()
    this.#passedLong = new Map()
  }

  /** Whether access that this link granted is held. */
  holdsFor(link: string): boolean {
    return [...this.#entries.values()].some(({ state, links }) => state === 'held' && links.includes(link))
  }

  /** Windows go by S3's clock, whatever that of the machine says. */
  #checkWindows(): void {
    const { windows } = this.#world.readJson('control/brake.json') ?? {}
    const now = this.#world.clock.now().getTime()
    for (const { since, rule, counted } of Array.isArray(windows) ? windows : []) {
      if (Date.parse(since) > now) this.#fail(promises.brake, `a window begins at ${since}, before it is that late`)
      if (rule === 'indirect') this.#checkIndirect(counted.map(String))
    }
  }

  /** Whatever an uploader does, his access is not indirect: only others can take it away. */
  #checkIndirect(keys: readonly string[]): void {
    for (const key of this.#world.wasDisturbed ? [] : keys.filter((one) => !this.#indirectKeys.has(one))) {
      this.#indirectKeys.add(key)
      const entry = this.#entries.get(`assignments/${key}`)
      if (entry && entry.links.length > 0 && !this.#mayBeIndirect(entry))
        this.#fail(promises.brake, `${key} is counted as indirect, although nothing but its links has changed`)
    }
  }

  /** What no event told is found by a reconcile: until then access may be granted where the account is no more. */
  #mayBeIndirect({ grantedMs }: Entry): boolean {
    return this.#world.wasEventLost || this.#worldChangedMs > grantedMs - this.#marginMs()
  }

  #noteEntry(key: string): void {
    const entry = this.#world.readJson(key)
    if (!entry) return
    const before = this.#entries.get(key)
    const state = String(entry.state)
    const links = linksOf(entry)
    const isDeletion = JSON.stringify(entry.call)?.includes('"deletion"') === true
    const isBegun = state === 'revoking' || (isDeletion && (state === 'failed' || state === 'stuck'))
    const isUntaken = !JSON.stringify(entry.call)?.includes('"id"')
    const account = before && state !== 'granted' ? before.account : this.#describeAccount(key)
    const nowMs = this.#world.clock.monotonicMs()
    const grantedMs = before?.grantedMs ?? nowMs
    // A revocation that AWS took no request for is as held as it was.
    const wasHeld = before?.state === 'held' || (before?.isBegun === true && before.isUntaken)
    const heldMs = before && wasHeld ? before.heldMs : nowMs
    for (const link of links) this.#grantingLinks.add(link)
    this.#entries.set(key, {
      state,
      links,
      isBegun,
      isUntaken,
      account,
      grantedMs,
      heldMs,
    })
    this.#entriesMost = Math.max(this.#entriesMost, this.#entries.size)
    if (this.#isForgotten) return
    // Its revocation may have been counted just when a drift check missed it: then there was nothing to revoke.
    if (entry.missingSince !== undefined) this.#noteUnjudged(key, [entry])
    this.#judgeHolds(this.#world.clock.monotonicMs() - soonMs)
    if (state === 'held' && before?.state !== 'held') this.#noteHeld(key, before)
    if (state === 'revoking' && before?.isBegun !== true) this.#checkBegun(key, before)
  }

  /** Each access has the links of its own that granted it; counted in any of the scopes, since it is not judged. */
  #noteUnjudged(key: string, all: readonly Readonly<Record<string, unknown>>[]): void {
    const nowMs = this.#world.clock.monotonicMs()
    for (const access of all) {
      this.#noteWhose(key, linksOf(access))
      for (const { scope, items } of scopesOf(key, linksOf(access)))
        for (const item of items) this.#longOf(scope, nowMs).items.add(item)
    }
  }

  #checkBegun(key: string, before: Entry | undefined): void {
    const { clock } = this.#world
    const nowMs = clock.monotonicMs()
    const releasedAtMs = this.#releasedAtMs.get(key) ?? Number.NEGATIVE_INFINITY
    if (nowMs - releasedAtMs <= releasedMs + lateMs) return
    // A release is over after an hour. What it took off the list is then judged as if it had never been held.
    if (before?.state === 'held' && releasedAtMs < before.heldMs - lateMs && !this.#hasEnded(before))
      this.#fail(promises.brake, `revokes what ${key} records, which is held, and nobody released it`)
    const counted = this.#countedOf(key, before)
    this.#noteWhose(key, before?.links ?? [])
    for (const { scope, items, isSure } of counted) {
      const [lengthMs, most] = [this.#lengthMs(scope), this.#limitOf(scope).most]
      const known = this.#passed.get(scope)
      const isOver = !known || nowMs - known.lastMs > lengthMs + lateMs
      const passed = isOver ? { sinceMs: nowMs, lastMs: nowMs, items: new Set<string>() } : known
      this.#passed.set(scope, passed)
      passed.lastMs = nowMs
      // What comes later may be counted in a window that began since.
      if (isSure && nowMs - passed.sinceMs < lengthMs - this.#marginMs()) {
        for (const item of items) passed.items.add(item)
        if (passed.items.size > most)
          this.#fail(
            promises.brake,
            `revokes ${key}: ${passed.items.size} pass in a window (${scope}), expected ${most}`,
          )
      }
      for (const item of items) this.#longOf(scope, nowMs).items.add(item)
    }
  }

  /** What passed first may be written last. */
  #noteHeld(key: string, before: Entry | undefined): void {
    this.heldCount++
    // What AWS refused in passing is as it was before; held until it was released, it is so until it is evaluated again.
    if (before?.isBegun && !before.isUntaken)
      this.#fail(promises.brake, `${key} is held, although its revocation was begun, and so counted`)
    const counted = this.#countedOf(key, before)
    const nowMs = this.#world.clock.monotonicMs()
    const passed = counted.map(({ scope }) => this.#longOf(scope, nowMs).items)
    this.#holdsToJudge = [...this.#holdsToJudge, { key, counted, passed, atMs: nowMs }]
  }

  /** In a calm world it can be told from outside that something is held without need. */
  #judgeHolds(beforeMs: number): void {
    const { chaos, wasDisturbed, wasInterrupted } = this.#world
    const isCalm = !wasDisturbed && !wasInterrupted && [...chaos.struck.keys()].every((kind) => lateKinds.has(kind))
    const due = this.#holdsToJudge.filter(({ atMs }) => atMs < beforeMs)
    this.#holdsToJudge = this.#holdsToJudge.filter(({ atMs }) => atMs >= beforeMs)
    for (const { key, counted, passed } of due) {
      const isBeyond = counted.some(({ scope, items }, nth) => {
        const all = new Set([...this.#withoutHostile(passed[nth] ?? new Set(), key), ...items])
        return all.size > this.#leastOf(scope, key)
      })
      if (isCalm && !isBeyond) this.#failHeld(key, counted)
    }
  }

  /** Nobody's access is held because of what the hostile uploader does: it is judged as if he had done nothing. */
  #withoutHostile(items: ReadonlySet<string>, key: string): readonly string[] {
    const { hostile } = this.#world
    const all = [...items]
    return hostile.touches(key) ? all : all.filter((item) => !this.#hostileItems.has(item))
  }

  #noteWhose(key: string, links: readonly string[]): void {
    const isHis = links.length > 0 && links.every((link) => link.startsWith(`links_data/${hostileFolder}/`))
    if (isHis && this.#world.hostile.touches(key)) this.#hostileItems.add(key)
    else this.#hostileItems.delete(key)
  }

  /** No folder can use up more than half of everything. */
  #leastOf(scope: Scope, key: string): number {
    const { least } = this.#limitOf(scope)
    return scope === everything && !this.#world.hostile.touches(key) ? least / 2 : least
  }

  #failHeld(key: string, counted: readonly Counted[]): void {
    this.#fail(promises.brake, `${key} is held, although no more have passed than may (${JSON.stringify(counted)})`)
  }

  #longOf(scope: Scope, nowMs: number): { lastMs: number; readonly items: Set<string> } {
    const known = this.#passedLong.get(scope)
    const isOver = !known || nowMs - known.lastMs > 2 * this.#lengthMs(scope) + lateMs
    const passed = isOver ? { lastMs: nowMs, items: new Set<string>() } : known
    passed.lastMs = nowMs
    this.#passedLong.set(scope, passed)
    return passed
  }

  #marginMs(): number {
    const { chaos, wasDisturbed, wasInterrupted } = this.#world
    return chaos.struck.size > 0 || wasDisturbed || wasInterrupted ? lateMs : soonMs
  }

  #countedOf(key: string, entry: Entry | undefined): readonly Counted[] {
    const named = entry?.links ?? []
    // The brake neither holds nor counts the end of temporary access; it counts what anybody does to a link that has not ended.
    const { temporary } = this.#world.checker
    const links = named.filter(
      (link) => !link.startsWith(temporaryPrefix) || this.#grants(link) || temporary.isInForce(link),
    )
    if (named.length > 0 && links.length === 0) return []
    const isWithdrawn = links.length > 0 && links.every((link) => !this.#grants(link))
    const sinceMs = this.#world.clock.monotonicMs() - this.#marginMs()
    const isRecent = links.some((link) => (this.#linkChangedMs.get(link) ?? 0) > sinceMs)
    // What was not desired before its link came back was counted as indirect while the link was there.
    const hasReturned = links.some((link) => (this.#linkReturnedMs.get(link) ?? Number.NEGATIVE_INFINITY) > sinceMs)
    // Of who is suspended the person counts, and of so few people none is one too many.
    const [, user = ''] = /%([^%]+)%USER$/.exec(key) ?? []
    const isOfLeaver = this.#world.checker.suspensions.isOrWasSuspended(user, this.#marginMs())
    const isStill = !isRecent || (isWithdrawn && !hasReturned && entry?.account === this.#describeAccount(key))
    const isSure = isStill && !isOfLeaver
    const counted = scopesOf(key, links).map((one) => ({ ...one, isSure: isSure && !isCause(one.scope) }))
    if (entry && links.length > 0 && !this.#mayBeIndirect(entry))
      return counted.filter(({ scope }) => !isIndirect(scope))
    return isSure ? counted.filter(({ scope }) => isIndirect(scope) !== isWithdrawn) : counted
  }

  /** Temporary access whose end has come: nothing holds it, also where its link was deleted by hand before. */
  #hasEnded({ links }: Entry): boolean {
    const { temporary } = this.#world.checker
    return links.length > 0 && links.every((link) => link.startsWith(temporaryPrefix) && !temporary.isInForce(link))
  }

  #describeAccount(key: string): string {
    const id = /account%(\d{12})%/.exec(key)?.[1]
    const { organizations } = this.#world
    const account = organizations.accountsNow().find((one) => one.id === id)
    const selectors = this.#world.keys('selectors/').map((name) => [name, this.#world.objects.model.find(name)?.etag])
    const { state, name, parents } = account ?? {}
    return JSON.stringify([state, name, parents, account && organizations.tagsNow(account.id), selectors])
  }

  #grants(link: string): boolean {
    const found = this.#world.objects.model.find(link)
    return found !== undefined && grantsNow(Buffer.from(found.body).toString(), this.#world.clock.now())
  }

  #lengthMs(scope: Scope): number {
    const { own, indirect } = this.#world.configuration.brake
    return isIndirect(scope) ? indirect.hours * 3_600_000 : own.minutes * 60_000
  }

  /** A percentage's base is what there was when the window began; between none and the most that there ever was. */
  #limitOf(scope: Scope): { readonly least: number; readonly most: number } {
    const { own, indirect } = this.#world.configuration.brake
    const { count, percent } = isIndirect(scope) ? indirect : own
    const base = isIndirect(scope) ? this.#entriesMost : this.#grantingLinks.size
    const most = Math.max(count, Math.floor((base * percent) / 100))
    const share = scope === everything ? 2 : 1
    return { least: share * count, most: isIndirect(scope) ? share * Math.min(most, indirect.most) : most }
  }

  /** What is held, is held everywhere, and nothing else is. `desired`: what links ask for, by ledger key. */
  checkAtRest(desired: ReadonlySet<string>): void {
    const world = this.#world
    this.#judgeHolds(Number.POSITIVE_INFINITY)
    const held = [...this.#entries].filter(([, { state }]) => state === 'held')
    const keys = held.map(([key]) => key).sort()
    const listed = (readShown(world) ?? [])
      .flatMap(({ held: all }) => all)
      .map((key) => `assignments/${key}`)
      .sort()
    if (keys.join('\n') !== listed.join('\n'))
      this.#fail(promises.brake, `the ledger has ${JSON.stringify(keys)} as held, the list ${JSON.stringify(listed)}`)
    for (const [key, { links }] of held) {
      const [, , principal = ''] = splitAssignment(assignmentOfKey(key, world))
      if (desired.has(key)) this.#fail(promises.brake, `${key} is held, and a link grants it`)
      for (const link of links) {
        // A link that is in force speaks of who has its name now, and this one may have another name by now.
        const isMeant = link.includes(`%${renderNameInKey(principal)}%`) && this.#grants(link)
        const isToTell = world.objects.model.find(link) === undefined || isMeant
        const state = world.readJson(`status/${link}.json`)?.state
        if (isToTell && state !== 'held')
          this.#fail(promises.brake, `access of ${link} is held, but its status is '${String(state)}'`)
      }
    }
    for (const key of world.keys('status/')) {
      const input = key.slice('status/'.length, -'.json'.length)
      // Of a person the held access says so.
      if (/^(permission_sets|suspended)\//.test(input)) continue
      if (world.readJson(key)?.state === 'held' && !this.holdsFor(input))
        this.#fail(promises.brake, `${key} says that access is held, and none is`)
    }
  }
}

const everything = 'indirect'

function isIndirect(scope: Scope): boolean {
  return scope.startsWith(everything)
}

function isCause(scope: Scope): boolean {
  return scope.startsWith('indirect cause')
}

function linksOf({ links }: Readonly<Record<string, unknown>>): readonly string[] {
  return Array.isArray(links) ? links.map((link) => String(link.key)) : []
}

/** Where its revocation may be counted: in the folders of its links, if they are withdrawn, else as an indirect one. */
function scopesOf(key: string, links: readonly string[]): readonly Omit<Counted, 'isSure'>[] {
  const byFolder = Map.groupBy(links, (link) => /^links_data\/(folder-[ab]|temporary)\//.exec(link)?.[1] ?? 'no folder')
  const own = [...byFolder].map(([scope, items]) => ({ scope, items }))
  const [, account] = key.split('%')
  const named = links.flatMap((link) => /^[^%]*%[^%]*%[^%]*%(.+)%(?:GROUP|USER)%ssofile$/su.exec(link)?.[1] ?? [])
  const selectors = links.flatMap((link) => /\/select%(\w+)%/.exec(link)?.[1] ?? [])
  const causes = [
    `account ${account}`,
    ...new Set(named.map((name) => `principal ${name}`)),
    ...new Set(selectors.map((name) => `selector ${name}`)),
  ].map((cause) => `indirect cause ${cause}`)
  const folders = [...byFolder.keys()].map((folder) => `indirect of ${folder}`)
  return [...own, ...[...causes, ...folders, everything].map((scope) => ({ scope, items: [key] }))]
}
