import { isContestedAccess } from '../contested.ts'
import { complainAboutAccess } from './access-listing.ts'
import { describeTarget, ledgerKeyOf, nameOf } from './assignment-names.ts'
import { complainAboutForeign } from './foreign-listing.ts'
import { complainAboutOverdue } from './overdue.ts'
import { promises } from './violation.ts'
import type { Watched } from './watched.ts'

/**
 * Promise 1: convergence. Once faults stop, what is there is what is desired, except what is held, stuck or foreign, and
 * the ledger and `foreign/` say so; nothing waits for somebody to be woken.
 */
export class ConvergencePromise {
  readonly #watched: Watched

  constructor(watched: Watched) {
    this.#watched = watched
  }

  checkAtRest(): void {
    const { world, access, desires } = this.#watched
    const there = world.ssoAdmin.assignments()
    const actual = new Set(there.map(nameOf))
    const desired = desires.now('certainly').filter((one) => desires.targetOf(one))
    const targets = new Set(desires.now('possibly').map((one) => desires.targetOf(one)))
    for (const assignment of desired) {
      const name = desires.targetOf(assignment) ?? ''
      const isUnclear = this.#isUnclear(ledgerKeyOf(name, world))
      if (!actual.has(name) && !isUnclear) this.#fail(`'${assignment}' is desired, but not there`)
    }
    for (const target of there.filter((one) => !this.#isUnclear(ledgerKeyOf(nameOf(one), world)))) {
      const name = nameOf(target)
      const isHeld = access.find(name).some(({ state }) => state === 'held')
      const isOurs = access.ownerOf(name)?.of === 'ours'
      if (isOurs && !isHeld && !targets.has(name) && !this.#isStuck(target.accountId))
        this.#fail(`${describeTarget(target, world)} is there, but not desired`)
    }
    this.#checkLedger()
  }

  /** What links ask for that can be read is there. What those ask for that cannot be read stays as it is. */
  checkBesideRefused(): void {
    const { world, desires } = this.#watched
    const { refused } = world.unreadable
    const actual = new Set(world.ssoAdmin.assignments().map(nameOf))
    // Nobody waits here for a retry of what the one who encrypts links has overwritten too.
    const open = new Set(world.keys('state/open/').map((key) => `assignments/${key.slice(key.indexOf('%') + 1)}`))
    const isAwaited = (key: string) => !(open.has(key) && world.hostile.touches(key))
    for (const assignment of desires.now('certainly', { among: (link) => !refused.includes(link) })) {
      const target = desires.targetOf(assignment)
      const key = target && ledgerKeyOf(target, world)
      if (key && !actual.has(target) && !this.#isUnclear(key) && isAwaited(key))
        this.#fail(`'${assignment}' is desired, but not there, while S3 refuses to give ${refused.join(', ')}`)
    }
  }

  /** Once reconciled, with every object readable. */
  checkForeignListing(): void {
    const { world, access } = this.#watched
    const foreign = complainAboutForeign(world, (target) => access.ownerOf(nameOf(target))?.of)
    if (foreign) this.#fail(foreign)
    const unlisted = world.sweeps ? complainAboutAccess(world) : undefined
    if (unlisted) this.#fail(unlisted)
  }

  /** With no retry scheduled, work that has waited for so long waits because nobody was woken for it. */
  checkWoken(waitedMs: number): void {
    const { queues, ssoAdmin, clock } = this.#watched.world
    const untilMs = clock.now().getTime() - waitedMs
    const waiting = (['work-urgent', 'work', 'work-bulk'] as const).filter((lane) =>
      queues
        .queue(lane)
        .messages()
        .some(({ sentAt, visibleAt }) => Math.max(sentAt, visibleAt ?? 0) <= untilMs),
    )
    const isWorking =
      this.#watched.world.keys('control/dispatcher.json').length > 0 || ssoAdmin.outstandingRequests().length > 0
    if (waiting.length > 0 && !isWorking)
      this.#fail(`hints wait in ${waiting.join(', ')}, and no dispatcher was woken for them`)
  }

  /** While nothing strikes any more: what has expired since `sinceMs` is looked at within a minute. */
  checkOverdue(sinceMs: number): void {
    const overdue = complainAboutOverdue(this.#watched.world, sinceMs)
    if (overdue) this.#fail(overdue)
  }

  #checkLedger(): void {
    const { world } = this.#watched
    const actual = new Set(world.ssoAdmin.assignments().map((target) => ledgerKeyOf(nameOf(target), world)))
    for (const key of world.keys('assignments/').filter((one) => !this.#isUnclear(one))) {
      const { state, releasedAt } = world.readJson(key) ?? {}
      const accountId = key.slice('assignments/account%'.length, 'assignments/account%'.length + 12)
      if (state !== 'granted' && this.#isStuck(accountId)) continue
      if (state === 'held' && actual.has(key)) continue
      if (releasedAt !== undefined) this.#fail(`${key} is released, but the ledger still has it`)
      if (!actual.has(key) || state !== 'granted')
        this.#fail(`ledger entry ${key} is '${String(state)}', ${actual.has(key) ? '' : 'but nothing is there'}`)
    }
  }

  /** What is wrong with it cannot be put right before a person has restored an object, or asked for what others take away again and again. */
  #isUnclear(ledgerKey: string): boolean {
    const { world } = this.#watched
    return isContestedAccess(ledgerKey, world) || world.unreadable.concerns(ledgerKey)
  }

  /** AWS refuses every change on a suspended or closed account: what is left there stays until that changes. */
  #isStuck(accountId: string): boolean {
    const { organizations } = this.#watched.world
    const state = organizations.accountsNow().find(({ id }) => id === accountId)?.state
    return state === 'SUSPENDED' || state === 'CLOSED'
  }

  #fail(message: string): void {
    this.#watched.fail(promises.convergence, message)
  }
}
