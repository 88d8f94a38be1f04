import { temporaryPrefix } from '../../../shared/domain/links/link.ts'
import { principalId } from '../../../shared/domain/principals/identity-center-ids.ts'
import { renderNameInKey } from '../../../shared/reconcile/records/name-in-key.ts'
import { isCalm, isHindered } from '../at-rest.ts'
import { readShown } from '../brake-actions.ts'
import { grantsNow } from '../desired.ts'
import { hostileFolder } from '../hostile-actions.ts'
import { PoliciesPromise } from '../kinds/governance/policies-promise.ts'
import { ReviewsPromise } from '../kinds/reviews/reviews-promise.ts'
import { accountOfKey, linksOf, recordedName } from './names.ts'
import { SuspensionsPromise } from './suspensions.ts'
import { TemporaryPromise } from './temporary.ts'
import { callOf } from './truth.ts'
import { type AtRest, hinderedMs, Judge, type Seen } from './watched.ts'

type Entry = Readonly<Record<string, unknown>>
/** A present entry, and the state of its account when it was granted. */
type PresentEntry = { readonly entry: Entry; readonly account: string }

/** A release counts for an hour. */
const releasedForMs = 55 * 60_000
/** The time between the count and the entry's `revoking`: a few calls. */
const soonMs = 60_000

/**
 * Promise 6. In the first window of a life, the brake lets no more revocations pass than configured. Only a person's release ends a hold.
 * All records agree on what is held. The oracle does not repeat the product's count: it counts only revocations beyond doubt. A tenth of
 * everything in so small a world is less than the limits.
 */
export class BrakePromise extends Judge {
  protected readonly promise = 'brake'
  readonly #temporary = this.judge(TemporaryPromise)
  readonly #policies = this.judge(PoliciesPromise)
  readonly #suspensions = this.judge(SuspensionsPromise)
  readonly #reviews = this.judge(ReviewsPromise)
  readonly #known = new Map<string, PresentEntry>()
  /** Links and keys whose revocation began, was held, or was found done. The brake holds nothing before there are enough of these. */
  readonly #gone = new Set<string>()
  /** The revocations that passed since the first one, by cause and by the folder of their links. */
  readonly #passed = new Map<string, Set<string>>()
  #firstMs: number | undefined
  /** When an operator released a key, which nobody has granted since. */
  readonly #released = new Map<string, number>()
  /** Operators deleted the brake's record, so held access may be judged again. */
  #isForgotten = false
  /** For the report: the numbers of holds, and of releases by a person. */
  readonly counts = { 'brake holds': 0, 'brake releases': 0 }

  /** An operator releases the list `seen`. It is released only if the same list is held `now`. */
  noteRelease(seen: readonly string[], now: readonly string[] | undefined): void {
    if (now === undefined || seen.join('\n') !== now.join('\n')) return
    this.counts['brake releases'] += seen.length
    for (const key of seen) this.#released.set(`assignments/${key}`, this.nowMs)
  }

  noteForgotten(): void {
    this.#isForgotten = true
  }

  override noteChange({ key, isRemoved }: Seen): void {
    if (!key.startsWith('assignments/')) return
    const entry = isRemoved ? undefined : this.world.readJson(key)
    const before = this.#known.get(key)
    if (entry === undefined) return void this.#known.delete(key)
    const { state } = entry
    const account = before && state !== 'granted' ? before.account : this.#describeAccount(key)
    this.#known.set(key, { entry, account })
    const isHeld = state === 'held'
    if (isHeld && before?.entry.state !== 'held') this.counts['brake holds']++
    const links = linksOf(entry)
    if (state === 'granted' && links.some((link) => this.#grants(link))) this.#released.delete(key)
    const releasedMs = this.#released.get(key) ?? Number.NEGATIVE_INFINITY
    if (isHeld && before?.entry.state !== 'held' && this.nowMs - releasedMs < releasedForMs && !this.#policies.hasKept)
      this.fail(
        `holds ${key} again, which an operator released ${Math.round((this.nowMs - releasedMs) / 60_000)} minutes ago`,
      )
    // The hostile uploader's actions must not hold other people's access, so do not count them.
    const isHis = links.length > 0 && links.every((link) => link.startsWith(`links_data/${hostileFolder}/`))
    if (!isHis && (isHeld || callOf(entry)?.kind === 'deletion' || entry.missingSince !== undefined))
      for (const item of [key, ...links]) this.#gone.add(item)
    const isBegun = state === 'revoking' && before?.entry.state !== 'revoking'
    if (before && isBegun && callOf(before.entry)?.kind !== 'deletion' && !this.#isForgotten)
      this.#checkBegun(key, before)
  }

  /** Does not judge released access again. */
  #checkBegun(key: string, { entry, account }: PresentEntry): void {
    const links = linksOf(entry).filter((link) => !this.#hasEnded(link))
    if (links.length === 0 || this.#released.has(key)) return
    if (entry.state === 'held' && !this.#hasEndedUser(key) && !this.#policies.hasKept)
      this.fail(`revokes what ${key} records, which is held, and nobody released it`)
    this.#firstMs ??= this.nowMs
    const cause = this.#causeOf(key, links, account)
    if (cause === undefined || this.nowMs - this.#firstMs >= cause.lengthMs - this.#marginMs()) return
    for (const [folder, items] of Map.groupBy(links, (link) => /^links_data\/([\w-]+)\//.exec(link)?.[1])) {
      const scope = `${cause.name} in ${folder ?? 'no folder'}`
      const passed = new Set([...(this.#passed.get(scope) ?? []), ...(cause.name === 'own' ? items : [key])])
      this.#passed.set(scope, passed)
      if (passed.size > cause.most)
        this.fail(`revokes ${key}: ${passed.size} pass in a window (${scope}), expected ${cause.most}`)
    }
  }

  /**
   * The cause of a revocation. `own`: its links were withdrawn, and its account is unchanged. `indirect`: its links have been unchanged for
   * a while. `undefined`: unclear.
   */
  #causeOf(key: string, links: readonly string[], account: string) {
    const { own, indirect } = this.world.configuration.brake
    const isWithdrawn = links.every((link) => !this.#grants(link))
    if (isWithdrawn && account !== this.#describeAccount(key)) return undefined
    // If a suspension or the directory ends access, it counts for the user, even if the links were also withdrawn.
    if (isWithdrawn && this.#hasEndedUser(key)) return undefined
    // What a review revokes counts apart from what people delete.
    if (links.some((link) => this.#reviews.hasDeleted(link))) return undefined
    if (isWithdrawn) return { name: 'own', most: own.count, lengthMs: own.minutes * 60_000 }
    // A suspension counts the person, and so few people are never too many.
    if (this.#suspensions.isOrWasSuspended(userOf(key), this.#marginMs())) return undefined
    const untilMs = this.world.clock.now().getTime() - this.#marginMs()
    const isOld = (link: string) => (this.world.objects.model.find(link)?.lastModified.getTime() ?? untilMs) < untilMs
    return links.every(isOld)
      ? { name: 'indirect', most: indirect.most, lengthMs: indirect.hours * 3_600_000 }
      : undefined
  }

  /** A suspension or the directory also ends access that is held because of an uploader. */
  #hasEndedUser(key: string): boolean {
    const user = userOf(key)
    return this.#isGone(user) || this.#suspensions.isOrWasSuspended(user, this.#marginMs())
  }

  #isGone(user: string): boolean {
    const id = principalId.safeParse(user).data
    return id !== undefined && this.world.identityStore.nameOf('USER', id) === undefined
  }

  /** Temporary access after its end. The brake neither holds nor counts it, even if somebody deleted its link by hand before. */
  #hasEnded(link: string): boolean {
    return link.startsWith(temporaryPrefix) && !this.#grants(link) && !this.#temporary.isInForce(link)
  }

  #grants(link: string): boolean {
    const body = this.world.textOf(link)
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

  /** Ledger, brake and statuses agree on what is held. */
  override checkAtRest({ isReadable }: AtRest): void {
    if (!isReadable) return
    const { world } = this
    const held = [...this.#known].filter(([, { entry }]) => entry.state === 'held')
    const keys = held.map(([key]) => key).sort()
    const listed = (readShown(world) ?? []).flatMap(({ held: all }) => all.map((key) => `assignments/${key}`)).sort()
    if (keys.join('\n') !== listed.join('\n'))
      this.fail(`the ledger has ${JSON.stringify(keys)} as held, the list ${JSON.stringify(listed)}`)
    this.#checkNeed(keys)
    const desired = this.wishes.now('certainly').map((one) => this.wishes.targetOf(one))
    for (const [key, { entry }] of held) {
      if (desired.includes(recordedName(key, entry))) this.fail(`${key} is held, and a link grants it`)
      const principal = world.names.principal(String(entry.principalId))
      for (const link of linksOf(entry)) {
        // A link in force is about the principal with its name. This principal may have another name by now.
        const isMeant = link.includes(`%${renderNameInKey(principal)}%`) && this.#grants(link)
        const isToTell = world.objects.model.find(link) === undefined || isMeant
        const state = world.readJson(`status/${link}.json`)?.state
        if (isToTell && state !== 'held') this.fail(`access of ${link} is held, but its status is '${String(state)}'`)
      }
    }
  }

  /** The brake holds nothing while all revocations of the life, together with these, are within the limit. */
  #checkNeed(held: readonly string[]): void {
    const { own, indirect } = this.world.configuration.brake
    const gone = [...this.#gone]
    const links = gone.filter((item) => item.startsWith('links_data/')).length
    if (!isCalm(this.world) || Math.max(links, gone.length - links) > Math.min(own.count, indirect.count)) return
    for (const key of held.filter((one) => !this.world.hostile.touches(one)))
      this.fail(`${key} is held, although no more has gone than may: ${gone.join(', ')}`)
  }
}

function userOf(key: string): string {
  return /%([^%]+)%USER$/.exec(key)?.[1] ?? ''
}
