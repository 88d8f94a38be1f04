import {
  type AssignmentKey,
  assignmentOf,
  renderAssignmentKey,
  renderAssignmentName,
} from '../../domain/assignments/assignment.ts'
import { attributesKey } from '../../domain/attributes/attributes-file.ts'
import { describeLink } from '../../domain/links/describe-link.ts'
import { type Grant, linkPrefix } from '../../domain/links/link.ts'
import { goesFirst } from '../../domain/messages/goes-first.ts'
import {
  type AccessHint,
  type DriftHint,
  type Hint,
  isAssignmentHint,
  isDriftHint,
  isLiveLook,
  permissionSetHint,
} from '../../domain/messages/hint.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import { describePutOff, type PutOff } from '../../domain/statuses/put-off.ts'
import { suspensionPrefix } from '../../domain/suspensions/suspension.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Log } from '../../ports/log.ts'
import { isPassing, isServiceError } from '../../ports/service-error.ts'
import { findHolders } from '../assignments/find-holders.ts'
import { settleAssignment } from '../assignments/settle-assignment.ts'
import type { OpenSettleContext } from '../assignments/settle-context.ts'
import type { Settlement } from '../assignments/settlement.ts'
import { NotStartedError } from '../calls/limited-sso-admin.ts'
import { patientAccountAccess } from '../calls/patient-account-access.ts'
import { patientIdentityStore } from '../calls/patient-identity-store.ts'
import { repeatPatiently } from '../calls/repeat-patiently.ts'
import { DriftCheck, type DriftCheckSources } from '../drift/check-drift.ts'
import { reconcileInput } from '../inputs/reconcile-input.ts'
import { attributesController } from '../permission-sets/attributes-controller.ts'
import { PermissionSetWork, type PermissionSetWorkSources } from '../permission-sets/permission-set-work.ts'
import { Provisionings } from '../permission-sets/provisionings.ts'
import { describeError, reasonOf } from '../records/failures.ts'
import { sendInputs, userIsSuspended } from '../records/inputs.ts'
import { RecordChangedError } from '../records/json-record.ts'
import { sendHints } from '../records/lanes.ts'
import {
  inputsOfWork,
  isUrgentWork,
  lookKey,
  nextAttempt,
  type OpenKey,
  openKeyOf,
  scheduleWork,
} from '../records/open-work.ts'
import { readLink } from '../records/read-link.ts'
import type { StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { gatherLink } from '../statuses/gather-link.ts'
import { StatusBoard } from '../statuses/status-board.ts'
import type { WorkItem } from './work-item.ts'
import { giveBackEach } from './work-source.ts'

const repetition = { attemptsMost: 3, firstMs: 2_000, mostMs: 10_000 }

/** `asked`: the hint was given back while its request is in progress. */
type End = 'done' | 'given-back' | 'asked'

/** Works on one taken hint: settles an assignment, a permission set or a part of a drift check, puts it off, or gives it back. */
export class HintWork {
  readonly board: StatusBoard
  readonly #context: OpenSettleContext & { readonly provisionings: Provisionings }
  readonly #permissionSetWork: PermissionSetWork
  readonly #drift: DriftCheck
  readonly #holdsLease: () => boolean
  settled = 0
  failed = 0

  constructor(
    settling: OpenSettleContext,
    openBackground: DriftCheckSources['openBackground'],
    holdsLease: () => boolean,
  ) {
    const { ssoAdmin, clock, configuration, ending } = settling
    const provisionings = new Provisionings({ ssoAdmin, clock, most: configuration.limits.provisionings, ending })
    this.#context = { ...settling, provisionings }
    this.#holdsLease = holdsLease
    this.board = openBoard(settling, holdsLease)
    this.#permissionSetWork = new PermissionSetWork(settling, this.board)
    const identityStore = patientIdentityStore(settling)
    this.#drift = new DriftCheck({
      ...settling,
      identityStore,
      accountAccess: patientAccountAccess(settling),
      openBackground,
    })
  }

  /** Never rejects: a failure is retried here, then as open work, then by redelivery. */
  async do(first: WorkItem, items: readonly WorkItem[]): Promise<void> {
    await this.#try(first, items)
    const { hint } = first
    // Links that an evaluation dropped from the ledger need a new status, even if the evaluation ended early.
    if (isAssignmentHint(hint)) this.board.touch(this.#context.standings.takeDropped(hint.account))
  }

  async #try(first: WorkItem, items: readonly WorkItem[]): Promise<void> {
    const context = this.#context
    const log = context.log.with({ cause: first.hint.cause, ...describe(first) })
    const mayHelp = (error: unknown): boolean => {
      if (error instanceof NotStartedError) return false
      log.warn('ssofile could not evaluate a hint', { error })
      return mayPass(error) && context.mayStart()
    }
    try {
      await repeatPatiently(context, { ...repetition, signal: context.ending, mayHelp }, async () => {
        const pulledMs = Math.max(...items.map((item) => item.pulledMs))
        const isDriftCheck = items.some(({ hint }) => isLiveLook(hint))
        this.#expirePrincipal(items, pulledMs)
        const found = await this.#isFoundWaiting(items, pulledMs)
        const isFirst = items.some(({ hint }) => goesFirst(hint.cause))
        const provisionings = isFirst ? context.provisionings.first : context.provisionings
        const about = { log, pulledMs, isDriftCheck, goesFirst: isFirst, provisionings }
        const end = found ? 'done' : await this.#settle(first, { ...context, ...about })
        await this.#doubtLateChanges(first.hint, log)
        if (end === 'done') this.settled++
        if (end === 'done') this.#touchCauses(items)
        // The next slice looks at the outcome of a request first.
        const lane = end === 'asked' ? 'work-urgent' : undefined
        await Promise.all(items.map((item) => (end === 'done' ? item.done() : item.giveBack(lane))))
      })
    } catch (error) {
      await this.#doubtLateChanges(first.hint, log)
      if (error instanceof NotStartedError) return giveBackEach(items, context.log)
      await this.#postpone(first, items, error, log)
    }
  }

  /**
   * The lease may have been lost during a call that changes a permission set. That call may take effect after the changes of
   * the next dispatcher, which does not look again. So ask for a drift check of the permission set.
   */
  async #doubtLateChanges(hint: Hint, log: Log): Promise<void> {
    if (hint.kind !== 'permission-set' || this.#holdsLease()) return
    const { configuration, randomness } = this.#context
    const hints = [permissionSetHint(hint.permissionSet, 'drift')]
    await sendHints(this.#context, { id: randomness.id(), hints, revocation: false }, configuration).catch(
      (error: unknown) =>
        log.error('ssofile could not start a drift check of the permission set: the nightly check does it', {
          error,
        }),
    )
  }

  /** An upload says nothing about the directory. Any other cause may come from a change there. */
  #expirePrincipal(items: readonly WorkItem[], pulledMs: number): void {
    for (const { hint } of items) {
      if (hint.kind !== 'assignment' || hint.cause.startsWith(linkPrefix)) continue
      this.#context.principals.expire(hint.type, hint.principal, pulledMs)
    }
  }

  async #settle(item: WorkItem, context: PermissionSetWorkSources): Promise<End> {
    const { hint } = item
    if (isDriftHint(hint)) {
      this.board.touch(await this.#drift.work(hint, context))
      return 'done'
    }
    if (hint.kind === 'by-hand') {
      this.board.touch(await this.#drift.look(hint, context))
      return 'done'
    }
    if (hint.kind === 'permission-set') {
      if ((await this.#permissionSetWork.settle(hint.permissionSet, context)) === 'failed') this.failed++
      return 'done'
    }
    if (hint.kind === 'attributes') {
      const message = { v: 1, id: this.#context.randomness.id(), event: hint.cause, key: attributesKey } as const
      const { status } = await reconcileInput(message, attributesController, this.#context)
      if (status?.state === 'failed') this.failed++
      return 'done'
    }
    if (hint.kind === 'access') {
      const end = await this.#settleAccess(accessKeyOf(hint), context)
      return end === 'waiting' ? 'done' : end
    }
    const { account: accountId, permissionSet, principal, type } = hint
    const assignment = { accountId, permissionSet, principal, type }
    const lacked = !context.permissionSets.knows(permissionSet)
    const { keys, lacks } = await findHolders(assignment, context)
    if (lacks) this.board.noteLacks(permissionSet, lacks)
    this.board.touch([...(lacks?.keys() ?? [])])
    const ends: ('done' | 'waiting')[] = lacks ? ['waiting'] : []
    for (const key of keys) {
      const end = await this.#settleAccess(key, context)
      if (end === 'given-back' || end === 'asked') return end
      ends.push(end)
    }
    // The permission set appeared during this evaluation, too late to wake this hint. Evaluate again.
    const isMade = lacked && context.permissionSets.knows(permissionSet)
    return ends.includes('waiting') && isMade ? this.#settle(item, context) : 'done'
  }

  async #settleAccess(key: AssignmentKey, context: PermissionSetWorkSources): Promise<End | 'waiting'> {
    const { permissionSet } = assignmentOf(key)
    const settlement = await settleAssignment(key, context)
    if (settlement.result === 'given-back') return settlement.isAsked ? 'asked' : 'given-back'
    // Do this before the next await: from now on, a new permission set or principal wakes this link.
    if (settlement.lacks) this.board.noteLacks(permissionSet, settlement.lacks)
    // Its ledger entry may have been the last one that blocked the deletion of the permission set.
    const isEntered = settlement.result === 'open' || (settlement.result === 'applied' && settlement.owned)
    if (!isEntered && !context.standings.hasEntryOf(permissionSet))
      await this.#permissionSetWork.revisitBlocked(permissionSet)
    if (settlement.result === 'open') await this.#tellWait(key, settlement)
    if (settlement.result !== 'held') await this.#context.brake.review(key, settlement)
    this.board.touch(settlement.links)
    // Another cause, such as open work or a deleted link, may end the last access of a suspended person.
    if (settlement.suspension !== undefined) this.board.touch([settlement.suspension])
    return settlement.result === 'waiting' ? 'waiting' : 'done'
  }

  /**
   * True if the hint needs no evaluation: its links lack their permission set or principal in every account, and were found
   * waiting before. Only if this account has no record of the access and the lack still exists.
   */
  async #isFoundWaiting(items: readonly WorkItem[], pulledMs: number): Promise<boolean> {
    const [hint] = items.map((item) => item.hint)
    const isLackOfAll = () => items.every(({ hint: { cause } }) => typeof this.board.lackOf(cause) === 'object')
    if (hint?.kind !== 'assignment' || !isLackOfAll()) return false
    const { permissionSets, principals, standings } = this.#context
    const { account, permissionSet, principal, type } = hint
    if ((await standings.accountsOf({ permissionSet, principal, type })).includes(account)) return false
    const isLacking =
      (await permissionSets.resolve(permissionSet)) === undefined ||
      (await principals.resolve(type, principal, pulledMs)) === undefined
    // From now on, the creation of the missing permission set or principal wakes this link.
    return isLacking && isLackOfAll()
  }

  async #postpone({ hint }: WorkItem, items: readonly WorkItem[], error: unknown, log: Log): Promise<void> {
    const { clock, objects, randomness } = this.#context
    this.failed++
    log.error('ssofile could not evaluate a hint and will try again later', { error })
    // A part of a drift check stays in its queue: it comes again, and after its receives it goes to the dead-letter queue.
    if (isDriftHint(hint)) {
      await Promise.all(items.map((item) => item.leave(error)))
      return
    }
    try {
      const at = renderInstant(nextAttempt(clock.now(), 0, randomness.fraction()))
      const waiting = await this.#listWaiting(hint, items)
      await scheduleWork(objects, { at, isUrgent: items.some(isUrgent) }, subjectKey(hint), waiting)
      await this.#tellPutOff(hint, waiting, error)
      this.board.touch(waiting.filter((input) => input.startsWith(linkPrefix)))
      await Promise.all(items.map((item) => item.done()))
    } catch (again) {
      const both = new Error(`postponing it failed too: ${describeError(again)}`, { cause: error })
      await Promise.all(items.map((item) => item.leave(both)))
      this.#context.log.error(
        'ssofile could not record open work; SQS delivers the hint again when its visibility ends',
        {
          error: again,
          cause: hint.cause,
        },
      )
    }
  }

  /**
   * The links and suspensions that wait for this hint: those that caused it, those that waited at the last attempt, and those
   * of its entry.
   */
  async #listWaiting(hint: Hint, items: readonly WorkItem[]): Promise<readonly string[]> {
    if (!isAssignmentHint(hint)) return []
    const { objects, standings } = this.#context
    const waiting = new Set<string>()
    for (const { hint: one } of items)
      for (const input of isInput(one.cause) ? [one.cause] : await inputsOfWork(objects, one.cause)) waiting.add(input)
    if (hint.kind === 'access') {
      const stored = await spoiledAsAbsent(standings.ledger.read(accessKeyOf(hint)))
      for (const { key } of stored?.entry.links ?? []) waiting.add(key)
    }
    return [...waiting]
  }

  /** Writes the reason into the status of each input that waits for a hint that was put off. */
  async #tellPutOff(hint: Exclude<Hint, DriftHint>, waiting: readonly string[], error: unknown): Promise<void> {
    const { statuses, clock } = this.#context
    const putOff = { reason: reasonOf(error), at: clock.now() }
    if (isAssignmentHint(hint)) return tellPutOff(statuses, waiting, { ...putOff, account: hint.account })
    if (hint.kind === 'by-hand') return
    if (hint.kind === 'attributes') return tellPutOff(statuses, [attributesKey], putOff)
    if (await this.#permissionSetWork.tellSpoiled(hint.permissionSet, error)) return
    await tellPutOff(statuses, [permissionSetKey(hint.permissionSet)], putOff)
  }

  /** Reports that the access was evaluated and has to wait. */
  async #tellWait(key: AssignmentKey, { links, reason }: Extract<Settlement, { result: 'open' }>): Promise<void> {
    this.failed++
    const { statuses, clock } = this.#context
    const account = assignmentOf(key).accountId
    await tellPutOff(statuses, links, { reason, at: clock.now(), account, isWait: true })
  }

  /** Each link and suspension that caused one of these hints waits for its status, even if one evaluation served several. */
  #touchCauses(items: readonly WorkItem[]): void {
    this.board.touch(items.map(({ hint }) => hint.cause).filter(isInput))
  }
}

/** Opens the board of links whose status changes. It knows only this slice's readings, which are valid while the slice holds the lease. */
function openBoard(settling: OpenSettleContext, holdsLease: () => boolean): StatusBoard {
  const { objects, clock, log, configuration, policies, statuses, standings, organization, brake, separations } =
    settling
  const accountsOf = standings.accountsOf.bind(standings)
  const board: StatusBoard = new StatusBoard({
    statuses,
    clock,
    log,
    askForLook: (suspension) => sendInputs(settling, [suspension], userIsSuspended, configuration),
    assess: async (input, current) => {
      if (!holdsLease()) throw new NotStartedError()
      const progress = {
        lackOf: board.lackOf.bind(board),
        of: standings.of.bind(standings),
        leftOf: standings.leftOf.bind(standings),
        heldAccountsOf: async (grant: Grant) =>
          brake.heldAccountsOf(grant, (await standings.names()).everIdsOf(grant.type, grant.principal)),
      }
      const context = { organization, configuration, policies, separations, accountsOf, progress }
      const reading = await readLink(objects, input, configuration)
      const status = describeLink((await gatherLink(reading, current, context)).facts)
      // The first look at an invalid file writes its status. If there are too many invalid files, it writes none.
      return current === undefined && status?.state === 'rejected' ? undefined : status
    },
  })
  return board
}

function isUrgent({ lane, hint: { cause } }: WorkItem): boolean {
  return lane === 'work-urgent' || goesFirst(cause) || isUrgentWork(cause)
}

function isInput(cause: string): boolean {
  return cause.startsWith(linkPrefix) || cause.startsWith(suspensionPrefix)
}

/** A ConflictException means another operation on the same permission set or account. It passes (field reports). */
function mayPass(error: unknown): boolean {
  return error instanceof RecordChangedError || isPassing(error) || isServiceError(error, 'ConflictException')
}

/** The key of its open work. */
function subjectKey(hint: Exclude<Hint, DriftHint>): OpenKey {
  if (hint.kind === 'permission-set') return openKeyOf(permissionSetKey(hint.permissionSet))
  if (hint.kind === 'attributes') return openKeyOf(attributesKey)
  if (hint.kind === 'by-hand') return lookKey(hint)
  const { account: accountId, permissionSet, type } = hint
  return hint.kind === 'access'
    ? accessKeyOf(hint)
    : openKeyOf(renderAssignmentName({ accountId, permissionSet, principal: hint.principal, type }))
}

function accessKeyOf({ account: accountId, permissionSet, principalId, type }: AccessHint): AssignmentKey {
  return renderAssignmentKey({ accountId, permissionSet, principalId, type })
}

function describe({ hint, lane }: WorkItem): Record<string, string> {
  if (hint.kind === 'permission-set') return { lane, permissionSet: hint.permissionSet }
  if (hint.kind === 'attributes') return { lane, file: attributesKey }
  if (isDriftHint(hint)) return { lane, drift: hint.unit }
  return { lane, ...(hint.kind === 'by-hand' ? { look: subjectKey(hint) } : { assignment: subjectKey(hint) }) }
}

/** Writes into the status of each input why its work was put off. */
async function tellPutOff(statuses: StatusStore, inputs: Iterable<string>, putOff: PutOff): Promise<void> {
  for (const input of inputs) await statuses.revise(input, async (current) => describePutOff(current, putOff))
}
