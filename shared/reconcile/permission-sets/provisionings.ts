import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { once } from '../../ports/once.ts'
import { listAll } from '../../ports/page.ts'
import { isPassing, isServiceError } from '../../ports/service-error.ts'
import type { Provisioning, SsoAdmin } from '../../ports/sso-admin.ts'
import { NotStartedError } from '../calls/limited-sso-admin.ts'
import { RequestTimes } from '../calls/request-times.ts'

const retryMostMs = 10_000

type ProvisioningTarget = { readonly arn: PermissionSetArn; readonly accountId?: AccountId | undefined }

type Run = (
  target: ProvisioningTarget,
  deadlineMs: number,
  onStarted?: (requestId: string) => Promise<void>,
) => Promise<Provisioning | undefined>
type RunOptions = {
  readonly deadlineMs: number
  readonly onStarted: Parameters<Run>[2]
  readonly goesFirst: boolean
}
export type RunsProvisionings = { readonly run: Run } & Pick<Provisionings, 'wait'>

/**
 * The provisionings in progress: at most three at a time (IAM Identity Center User Guide, "Quotas and limits"). The first call
 * lists those in progress, because an earlier dispatcher may have died with some.
 */
export class Provisionings {
  readonly #ssoAdmin: SsoAdmin
  readonly #clock: Clock
  readonly #most: number
  readonly #ending: AbortSignal
  readonly #known = new Map<string, Provisioning>()
  /** Provisioning thousands of accounts takes many minutes, one takes seconds. */
  readonly #timesOfAll = new RequestTimes()
  readonly #timesOfOne = new RequestTimes()
  #starting = 0
  /** How many that go first wait for room. */
  #firstWaiting = 0
  readonly #recover = once(() => this.#refresh())

  /** `ending` ends all waiting: the next slice finds the provisionings in progress. */
  constructor(options: { ssoAdmin: SsoAdmin; clock: Clock; most: number; ending: AbortSignal }) {
    this.#ssoAdmin = options.ssoAdmin
    this.#clock = options.clock
    this.#most = options.most
    this.#ending = options.ending
  }

  /**
   * Starts one provisioning, after those in progress for the same permission set, and waits for its end. `onStarted` receives
   * the id of the request. `undefined`: it lasts beyond `deadlineMs` (monotonic), or its outcome is lost. Throws
   * NotStartedError at the end of the slice, ServiceError if it is refused.
   */
  run: Run = (target, deadlineMs, onStarted) => this.#run(target, { deadlineMs, onStarted, goesFirst: false })

  /** The same for a caller that goes first: nobody else starts while it waits, so it gets the next room. */
  readonly first: RunsProvisionings = {
    run: (target, deadlineMs, onStarted) => this.#run(target, { deadlineMs, onStarted, goesFirst: true }),
    wait: (requestId, deadlineMs) => this.wait(requestId, deadlineMs),
  }

  async #run(target: ProvisioningTarget, { deadlineMs, onStarted, goesFirst }: RunOptions): ReturnType<Run> {
    for (let attempt = 1; this.#clock.monotonicMs() < deadlineMs; attempt++) {
      await this.#recover()
      const other = [...this.#known.values()].find(({ permissionSetArn }) => permissionSetArn === target.arn)
      if (other) {
        await this.wait(other.requestId, deadlineMs)
        continue
      }
      const isFull = this.#known.size + this.#starting + (goesFirst ? 0 : this.#firstWaiting) >= this.#most
      const started = isFull ? undefined : await this.#start(target)
      if (started) {
        await onStarted?.(started.requestId)
        const startedMs = this.#clock.monotonicMs()
        const ended = await this.wait(started.requestId, deadlineMs)
        if (ended) this.#timesOf(ended).note(this.#clock.monotonicMs() - startedMs)
        return ended
      }
      if (goesFirst) this.#firstWaiting++
      try {
        await this.#pause(isFull ? 1_000 : Math.min(retryMostMs, 500 * 2 ** attempt))
        await this.#refresh()
      } finally {
        if (goesFirst) this.#firstWaiting--
      }
    }
    return undefined
  }

  /** `undefined`: not accepted now, because another request is in progress or there are too many. Try again. */
  async #start({ arn, accountId }: ProvisioningTarget): Promise<Provisioning | undefined> {
    this.#starting++
    try {
      const started = await this.#ssoAdmin.provisionPermissionSet(arn, accountId)
      this.#known.set(started.requestId, started)
      return started
    } catch (error) {
      // If the answer was lost, the next refresh finds the request.
      if (isPassing(error) || isServiceError(error, 'ConflictException')) return undefined
      throw error
    } finally {
      this.#starting--
    }
  }

  /** Waits for the end of a request. `undefined`: as for `run`. */
  async wait(requestId: string, deadlineMs: number): Promise<Provisioning | undefined> {
    const times = this.#timesOf(this.#known.get(requestId))
    const sinceMs = this.#clock.monotonicMs()
    let waitMs = Math.max(times.dueAfterMs, times.everyMs(0))
    while (this.#clock.monotonicMs() < deadlineMs) {
      await this.#pause(waitMs)
      const current = await this.#ssoAdmin.describeProvisioning(requestId)
      if (current?.state === 'IN_PROGRESS') {
        waitMs = times.everyMs(this.#clock.monotonicMs() - sinceMs)
        continue
      }
      this.#known.delete(requestId)
      return current
    }
    return undefined
  }

  #timesOf(provisioning: Provisioning | undefined): RequestTimes {
    return provisioning?.accountId === undefined ? this.#timesOfAll : this.#timesOfOne
  }

  /** The List call returns only ids, so each unknown request costs one Describe call. */
  async #refresh(): Promise<void> {
    const before = [...this.#known.keys()]
    const listed = new Set<string>()
    const list = (token: string | undefined) => this.#ssoAdmin.listProvisionings('IN_PROGRESS', token)
    for await (const { requestId } of listAll(list)) {
      listed.add(requestId)
      const found = this.#known.has(requestId) ? undefined : await this.#ssoAdmin.describeProvisioning(requestId)
      if (found?.state === 'IN_PROGRESS') this.#known.set(requestId, found)
    }
    for (const requestId of before) if (!listed.has(requestId)) this.#known.delete(requestId)
  }

  async #pause(ms: number): Promise<void> {
    await this.#clock.sleep(ms, this.#ending)
    if (this.#ending.aborted) throw new NotStartedError()
  }
}
