import { linkPrefix } from '../../domain/links/link.ts'
import { describeUpload, isSameUpload } from '../../domain/links/upload.ts'
import { type Hint, permissionSetHint } from '../../domain/messages/hint.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { NewStatus } from '../../domain/statuses/status.ts'
import type { OpenSettleContext } from '../assignments/settle-context.ts'
import { reconcileInput } from '../inputs/reconcile-input.ts'
import { sendInputs } from '../records/inputs.ts'
import { sendHints } from '../records/lanes.ts'
import { listLinks } from '../records/list-links.ts'
import { findBlockedDeletion, ownedPermissionSets } from '../records/owned-permission-sets.ts'
import { isSpoiled } from '../records/stored-json.ts'
import { describeSpoiled } from '../statuses/spoiled-records.ts'
import type { StatusBoard } from '../statuses/status-board.ts'
import { permissionSetController } from './permission-set-controller.ts'
import type { PermissionSetContext } from './permission-set-settlement.ts'

const progressEveryMs = 5_000

export type PermissionSetWorkSources = OpenSettleContext & Pick<PermissionSetContext, 'provisionings' | 'isDriftCheck'>

/** The dispatcher's work on a hint for a permission set: reconciles it, and wakes links. */
export class PermissionSetWork {
  readonly #ports: OpenSettleContext
  readonly #board: StatusBoard
  /** Sets with a hint under way because one of their references is gone. */
  readonly #revisiting = new Set<PermissionSetName>()

  constructor(ports: OpenSettleContext, board: StatusBoard) {
    this.#ports = ports
    this.#board = board
  }

  /** Throws if it cannot read or write something; the hint then comes again. */
  async settle(name: PermissionSetName, context: PermissionSetWorkSources): Promise<'settled' | 'failed'> {
    this.#revisiting.delete(name)
    const key = permissionSetKey(name)
    const message = { v: 1, key, id: context.randomness.id(), event: 'hint' } as const
    const { told, status, isNews } = await reconcileInput(message, permissionSetController, {
      ...context,
      tell: this.#seldom((progress) => this.#tellProgress(key, progress)),
      wakeLinks: (woken) => this.#wakeAllLinksOf(woken),
    })
    if (status?.state !== 'held') await context.brake.reviewContents(name)
    // The handler of a later upload with the same content found the status that this look removed, so it sent no hint.
    if (told === undefined && status !== undefined) await this.#send(permissionSetHint(name, key))
    const exists = told?.permissionSetArn !== undefined && status?.etag !== undefined
    if (exists && !isNews) await this.#wakeWaitingLinksOf(name)
    return told?.state === 'failed' ? 'failed' : 'settled'
  }

  /** Its record is spoiled, so there is no retry before a restore. `false`: the error is another one. */
  async tellSpoiled(name: PermissionSetName, error: unknown): Promise<boolean> {
    const record = ownedPermissionSets.at + name
    if (!isSpoiled(error) || error.object.key !== record) return false
    await this.#ports.statuses.revise(permissionSetKey(name), async (current) =>
      current && current.state !== 'rejected' ? { ...current, state: 'failed', ...describeSpoiled(record) } : current,
    )
    return true
  }

  /**
   * A reference to this permission set is gone, perhaps the last one. One hint is enough until its evaluation. A slice that is
   * about to end may have pulled for the last time, so this wakes the next one.
   */
  async revisitBlocked(name: PermissionSetName): Promise<void> {
    const hint = this.#revisiting.has(name) ? undefined : await findBlockedDeletion(name, this.#ports.objects)
    if (!hint) return
    // Before the send, because the evaluation may begin before the send returns.
    this.#revisiting.add(name)
    await this.#send(hint).catch((error: unknown) => {
      this.#revisiting.delete(name)
      throw error
    })
  }

  async #tellProgress(key: string, progress: NewStatus): Promise<void> {
    const { statuses, objects } = this.#ports
    await statuses.revise(key, async (current) => {
      // Someone replaced the file meanwhile: its own message writes its status.
      if ((await objects.head(key))?.etag !== progress.etag) return current
      const by = isSameUpload(current, progress) ? current?.by : undefined
      return { ...progress, ...describeUpload(current, progress), by }
    })
  }

  async #send(hint: Hint): Promise<void> {
    const { randomness, configuration } = this.#ports
    await sendHints(this.#ports, { id: randomness.id(), hints: [hint], revocation: false }, configuration)
  }

  /** Writes progress at most every 5 seconds (design, "Status object"). */
  #seldom(tell: (status: NewStatus) => Promise<unknown>): (status: NewStatus) => Promise<void> {
    const { clock } = this.#ports
    let toldMs = clock.monotonicMs()
    return async (status) => {
      if (clock.monotonicMs() - toldMs < progressEveryMs) return
      toldMs = clock.monotonicMs()
      await tell(status)
    }
  }

  /** Looks again at links that waited for this permission set, even if their status does not say so yet. */
  async #wakeWaitingLinksOf(name: PermissionSetName): Promise<void> {
    const waiting = new Set(this.#board.takeWaiting(name))
    for await (const input of this.#ports.statuses.listLacking(
      (one) => one.startsWith(linkPrefix) && one.includes(`%${name}%`),
    ))
      waiting.add(input)
    await sendInputs(this.#ports, [...waiting], `permission set ${name} appeared`, this.#ports.configuration)
  }

  async #wakeAllLinksOf(name: PermissionSetName): Promise<void> {
    const links: string[] = []
    const { objects, configuration } = this.#ports
    for await (const { key, permissionSet } of listLinks(objects, configuration.folders))
      if (permissionSet === name) links.push(key)
    await sendInputs(this.#ports, links, `permission set ${name} was made`, configuration)
  }
}
