import { workedQueues } from '../../../shared/ports/queues.ts'
import { renderNameInKey } from '../../../shared/reconcile/records/name-in-key.ts'
import { openEntries } from '../at-rest.ts'
import { accountOfKey, describeTarget, ledgerKeyOf, linksOf, nameOf, recordKeyOf } from './names.ts'
import { type AtRest, Judge } from './watched.ts'

/** The schedule of links runs every minute, so every link that expired before its last run has had its look. */
const lookedAtAfterMs = 61_000

/**
 * Promise 1: once faults stop, the access equals the desired state, except for held, stuck and foreign access. Ledger, `foreign/` and
 * `access/` agree with it. Nothing waits without somebody to wake it, and nothing lasts beyond its end.
 */
export class RestPromise extends Judge {
  protected readonly promise = 'convergence'
  override checkAtRest({ isReconciled, isReadable }: AtRest): void {
    const there = this.world.ssoAdmin.assignments()
    this.checkGranted()
    const targets = new Set(this.wishes.now('possibly').map((one) => this.wishes.targetOf(one)))
    for (const target of there) {
      const name = nameOf(target)
      const isLeft = this.truth.isLeft(target) || this.#isUnclear(ledgerKeyOf(name, this.world))
      if (this.truth.isOurs(name) && !targets.has(name) && !isLeft)
        this.fail(`${describeTarget(target, this.world)} is there, but not desired`)
    }
    this.#checkLedger()
    if (isReconciled && isReadable) this.#checkListings()
  }

  /** At rest, while S3 refuses some links: the access of all other links exists. */
  checkBesideRefused(): void {
    this.truth.settle()
    // Do not wait for retries of links that the hostile uploader also overwrote.
    const open = openEntries(this.world)
    this.checkGranted((key) => open.has(key) && this.world.hostile.touches(key), this.world.unreadable.refused)
  }

  /** All access that a link certainly asks for is there. */
  checkGranted(isExcused: (ledgerKey: string) => boolean = () => false, refused: readonly string[] = []): void {
    const actual = new Set(this.world.ssoAdmin.assignments().map(nameOf))
    for (const assignment of this.wishes.now('certainly', { among: (link) => !refused.includes(link) })) {
      const name = this.wishes.targetOf(assignment)
      const key = name && ledgerKeyOf(name, this.world)
      if (key && !actual.has(name) && !this.#isUnclear(key) && !isExcused(key))
        this.fail(`'${assignment}' is desired, but not there`)
    }
  }

  #checkLedger(): void {
    const actual = new Set(this.world.ssoAdmin.assignments().map((target) => ledgerKeyOf(nameOf(target), this.world)))
    for (const key of this.world.keys('assignments/').filter((one) => !this.#isUnclear(one))) {
      const { state, releasedAt } = this.world.readJson(key) ?? {}
      if (state !== 'granted' && this.truth.isStuck(accountOfKey(key))) continue
      if (state === 'held' && actual.has(key)) continue
      if (releasedAt !== undefined) this.fail(`${key} is released, but the ledger still has it`)
      if (!actual.has(key) || state !== 'granted')
        this.fail(`ledger entry ${key} is '${String(state)}'${actual.has(key) ? '' : ', but nothing is there'}`)
    }
  }

  /** If no retry is scheduled, work that has waited this long was not woken. */
  checkWoken(waitedMs: number): void {
    const { queues, ssoAdmin, clock } = this.world
    const untilMs = clock.now().getTime() - waitedMs
    const isWaiting = (['work-urgent', 'work', 'work-bulk'] as const).some((lane) =>
      queues
        .queue(lane)
        .messages()
        .some(({ sentAt, visibleAt }) => Math.max(sentAt, visibleAt ?? 0) <= untilMs),
    )
    const isWorking = this.world.keys('control/dispatcher.json').length > 0 || ssoAdmin.outstandingRequests().length > 0
    if (isWaiting && !isWorking) this.fail('hints wait, and no dispatcher was woken for them')
  }

  /**
   * After the faults: fails for access whose links have all expired, by S3's clock, since `sinceMs` and more than a minute ago, if no
   * message asks for a look.
   */
  checkOverdue(sinceMs: number): void {
    if (workedQueues.some((queue) => this.world.queues.queue(queue).messages().length > 0)) return
    const nowMs = this.world.clock.now().getTime()
    for (const [key, { state, openUntil, updatedAt, ...entry }] of this.truth.entries) {
      const links = linksOf(entry)
      if (state !== 'granted' || links.length === 0) continue
      const last = Math.max(...links.map((link) => this.#endOf(link)))
      // It had a look since, and AWS had no room for the request: ssofile retries it.
      const isPutOff = openUntil !== undefined && Date.parse(String(updatedAt)) + this.world.settings.skewMs >= last
      if (last >= sinceMs && nowMs - last > lookedAtAfterMs && !isPutOff)
        this.fail(`${key} has expired ${Math.round((nowMs - last) / 1000)} seconds ago, and nobody looks at it`)
    }
  }

  /** NaN: the link does not end. */
  #endOf(link: string): number {
    return Date.parse(/"expiresAt":"([^"]*)"/.exec(this.world.textOf(link) ?? '')?.[1] ?? '')
  }

  /** `foreign/` and `access/` list exactly the existing access. */
  #checkListings(): void {
    const foreign = new Set(this.world.keys('foreign/'))
    const left = new Set(foreign)
    for (const name of this.world.ssoAdmin.assignments().map(nameOf)) {
      const key = `foreign/${recordKeyOf(name, this.world)}`
      const of = this.truth.ownerOf(name)?.of
      if (of === 'foreign' && !foreign.has(key)) this.fail(`${key} does not stand there, although others gave this`)
      if (of === 'ours' && foreign.has(key)) this.fail(`${key} stands there, although ssofile gave this access`)
      left.delete(key)
    }
    for (const key of left) this.fail(`${key} stands there, and nobody has that access`)
    this.#checkAccess(foreign)
  }

  /** By the present names. For a principal that is gone, any name counts. */
  #checkAccess(foreign: ReadonlySet<string>): void {
    const listed = this.world.keys('access/')
    const right = new Set<string>()
    for (const target of this.world.ssoAdmin.assignments()) {
      const record = recordKeyOf(nameOf(target), this.world)
      const name = this.world.identityStore.nameOf(target.principalType, target.principalId)
      const place = `access/${record.split('%').slice(0, 3).join('%')}%`
      const givers = foreign.has(`foreign/${record}`) ? ['foreign'] : ['ours', 'temporary']
      const ends = givers.map((giver) => `${renderNameInKey(name ?? '')}%${target.principalType}%${giver}`)
      const keys = listed.filter((key) =>
        name === undefined ? key.startsWith(place) : ends.some((end) => key === `${place}${end}`),
      )
      if (keys.length === 0 || (name !== undefined && keys.length > 1))
        this.fail(`access/ lists ${record} ${keys.length} times`)
      for (const key of keys) right.add(key)
    }
    const wrong = listed.find((key) => !right.has(key))
    if (wrong !== undefined) this.fail(`${wrong} stands there, and nobody has that access`)
  }

  /** It cannot be corrected before a person restores an object, or asks again for access that others remove again and again. */
  #isUnclear(ledgerKey: string): boolean {
    return this.truth.isContested(ledgerKey) || this.world.unreadable.concerns(ledgerKey)
  }
}
