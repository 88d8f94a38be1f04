import { renderAssignmentKey } from '../domain/assignment.ts'
import { type DriftHint, type Hint, isDriftHint } from '../domain/hint.ts'
import { renderInstant } from '../domain/instant.ts'
import { linkPrefix } from '../domain/link.ts'
import { permissionSetKey } from '../domain/permission-set-file.ts'
import { isServiceError } from '../ports/service-error.ts'
import type { DriftCheck } from './check-drift.ts'
import { describeError } from './failures.ts'
import { EntryChangedError } from './ledger.ts'
import { isPassing, NotStartedError } from './limited-sso-admin.ts'
import { nextAttempt, openWorkKey } from './open-work.ts'
import { OwnedChangedError } from './owned-permission-sets.ts'
import type { PermissionSetContext } from './permission-set-settlement.ts'
import type { PermissionSetWork, PermissionSetWorkContext } from './permission-set-work.ts'
import { settleAssignment } from './settle-assignment.ts'
import type { SettleContext } from './settlement.ts'
import type { StatusBoard } from './status-board.ts'
import { giveBackAll, type WorkItem } from './work-source.ts'

type HintWorkContext = SettleContext & Pick<PermissionSetContext, 'provisionings'>

type HintWorkOptions = {
  readonly context: HintWorkContext
  readonly board: StatusBoard
  readonly permissionSetWork: PermissionSetWork
  readonly drift: DriftCheck
}

const attemptsMost = 3

/** What becomes of one hint that was taken: an assignment, a permission set or a part of a drift check is settled, put off or given back. */
export class HintWork {
  readonly #context: HintWorkContext
  readonly #board: StatusBoard
  readonly #permissionSetWork: PermissionSetWork
  readonly #drift: DriftCheck
  settled = 0
  failed = 0

  constructor({ context, board, permissionSetWork, drift }: HintWorkOptions) {
    this.#context = context
    this.#board = board
    this.#permissionSetWork = permissionSetWork
    this.#drift = drift
  }

  /** Never rejects: a failure is repeated here, then as open work, then by redelivery; none is swallowed. */
  async do(first: WorkItem, items: readonly WorkItem[]): Promise<void> {
    await this.#try(first, items)
    this.#touchDropped(first)
  }

  async #try(first: WorkItem, items: readonly WorkItem[]): Promise<void> {
    const { clock, randomness } = this.#context
    const log = this.#context.log.with({ cause: first.hint.cause, ...describe(first) })
    for (let attempt = 1; ; attempt++) {
      try {
        const pulledMs = Math.max(...items.map((item) => item.pulledMs))
        const isDriftCheck = items.some(({ hint }) => hint.cause === 'drift')
        this.#expirePrincipal(items, pulledMs)
        const end = await this.#settle(first, { ...this.#context, log, pulledMs, isDriftCheck })
        if (end === 'done') this.settled++
        if (end === 'done') this.#touchCauses(items)
        await Promise.all(items.map((item) => (end === 'done' ? item.done() : item.giveBack())))
        return
      } catch (error) {
        if (error instanceof NotStartedError) return giveBackAll(items, this.#context.log)
        // A conflict is another operation on the same permission set or account, which passes (field reports).
        const isWorthwhile =
          isPassing(error) ||
          error instanceof EntryChangedError ||
          error instanceof OwnedChangedError ||
          isServiceError(error, 'ConflictException')
        log.warn('a hint could not be evaluated', { error, attempt })
        if (!isWorthwhile || attempt === attemptsMost || !this.#context.mayStart())
          return this.#postpone(first, items, error)
        await clock.sleep(500 * 2 ** attempt * (0.5 + randomness.fraction()), this.#context.ending)
      }
    }
  }

  /** Only an upload says nothing of the directory: whatever else caused a hint may know of a change in it. */
  #expirePrincipal(items: readonly WorkItem[], pulledMs: number): void {
    for (const { hint } of items) {
      if (hint.kind !== 'assignment' || hint.cause.startsWith(linkPrefix)) continue
      this.#context.principals.expire(hint.type, hint.principal, pulledMs)
    }
  }

  async #settle(item: WorkItem, context: PermissionSetWorkContext): Promise<'done' | 'given-back'> {
    const { hint } = item
    if (isDriftHint(hint)) {
      this.#board.touch(await this.#drift.work(hint, context))
      return 'done'
    }
    if (hint.kind === 'permission-set') {
      if ((await this.#permissionSetWork.settle(hint.permissionSet, context)) === 'failed') this.failed++
      return 'done'
    }
    const { account: accountId, permissionSet, principal, type } = hint
    const assignment = { accountId, permissionSet, principal, type }
    const lacked = !context.permissionSets.knows(permissionSet)
    const settlement = await settleAssignment(renderAssignmentKey(assignment), assignment, context)
    if (settlement.result === 'given-back') return 'given-back'
    // Made while this was evaluated: whoever wakes the links that wait for it could not see this one waiting.
    if (settlement.result === 'waiting' && lacked && context.permissionSets.knows(permissionSet)) {
      // What was released meanwhile concerns links that the next evaluation does not see any more.
      this.#board.touch(settlement.links)
      return this.#settle(item, context)
    }
    // Before anything is awaited: whoever makes what is lacking from now on wakes this one.
    if (settlement.lacks) this.#board.noteLacks(permissionSet, settlement.lacks, context.pulledMs)
    // Its ledger entry may have been the last that kept the permission set from being deleted.
    if (settlement.result !== 'open' && !(settlement.result === 'applied' && settlement.owned))
      await this.#permissionSetWork.revisitBlocked(permissionSet)
    if (settlement.result === 'open') this.failed++
    if (settlement.result !== 'held') await this.#context.brake.review(renderAssignmentKey(assignment))
    this.#board.touch(settlement.links)
    this.#touchDropped(item)
    return 'done'
  }

  /** What an evaluation took out of the ledger has to be told, also where it ends early. */
  #touchDropped({ hint }: WorkItem): void {
    if (hint.kind === 'assignment') this.#board.touch(this.#context.standings.takeDropped(hint.account))
  }

  async #postpone(first: WorkItem, items: readonly WorkItem[], error: unknown): Promise<void> {
    const { clock, objects, randomness, log } = this.#context
    const { hint } = first
    this.failed++
    log.error('a hint could not be evaluated and is tried again later', {
      error,
      cause: hint.cause,
      ...describe(first),
    })
    // A part of a drift check stays in its queue: it comes again, and after its receives stands in the dead-letter queue.
    if (isDriftHint(hint)) {
      await Promise.all(items.map((item) => item.leave(error)))
      return
    }
    try {
      const at = renderInstant(nextAttempt(clock.now(), 0, randomness.fraction()))
      await objects.put(openWorkKey(at, subjectKey(hint)), new Uint8Array())
      if (hint.kind === 'permission-set')
        await this.#permissionSetWork.tellPutOff(hint.permissionSet, error, this.#context)
      // Open work knows its links by the ledger alone: a cause that is in no entry would not be told any more.
      this.#touchCauses(items)
      await Promise.all(items.map((item) => item.done()))
    } catch (again) {
      const both = new Error(`it could not be put off either: ${describeError(again)}`, { cause: error })
      await Promise.all(items.map((item) => item.leave(both)))
      log.error('open work could not be recorded; the hint comes again when its visibility ends', {
        error: again,
        cause: hint.cause,
      })
    }
  }

  /** Each cause waits for its status, also where one evaluation served several. */
  #touchCauses(items: readonly WorkItem[]): void {
    this.#board.touch(items.map(({ hint }) => hint.cause).filter((cause) => cause.startsWith(linkPrefix)))
  }
}

/** What open work names it by. */
function subjectKey(hint: Exclude<Hint, DriftHint>): string {
  if (hint.kind === 'permission-set') return permissionSetKey(hint.permissionSet)
  const { account: accountId, permissionSet, principal, type } = hint
  return renderAssignmentKey({ accountId, permissionSet, principal, type })
}

function describe({ hint, lane }: WorkItem): Record<string, string> {
  if (hint.kind === 'permission-set') return { lane, permissionSet: hint.permissionSet }
  if (isDriftHint(hint)) return { lane, drift: hint.unit }
  return { lane, assignment: subjectKey(hint) }
}
