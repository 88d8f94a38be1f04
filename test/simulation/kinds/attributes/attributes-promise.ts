import type { Attribute } from '../../../../shared/domain/attributes/attributes-file.ts'
import { heldLists } from '../../brake-actions.ts'
import type { Call } from '../../chaos.ts'
import { type AtRest, Judge, type Seen, seenAfterMs } from '../../oracle/watched.ts'
import { attributesIn } from './attributes-in.ts'

const file = 'access_control_attributes.json'
/** A release counts for an hour; a call that was sent before may come a little later. */
const releasedMs = 66 * 60_000

/**
 * Promise 15: attributes for access control lose nothing without a release. ssofile sets only what a file says: it removes no attribute and
 * changes no source unless an operator released exactly that, except that it restores what others changed. A file that is gone or not valid
 * changes nothing.
 */
export class AttributesPromise extends Judge {
  protected readonly promise = 'attributes'
  /** The attributes of each version of the file, since when. */
  #versions: readonly { readonly fromMs: number; readonly asked: readonly Attribute[] }[] = []
  /** Released losses, in the brake's words. */
  readonly #released = new Map<string, number>()
  /** The attributes before somebody else changed them. */
  #before: readonly Attribute[] | undefined

  override noteChange({ key }: Seen): void {
    if (key === file) this.#versions = [...this.#versions, { fromMs: this.nowMs, asked: this.#asked ?? [] }]
  }

  override noteReleasedItems(items: readonly string[]): void {
    for (const item of items) this.#released.set(item, this.nowMs)
  }

  noteByHand(): void {
    this.#before = this.#actual
  }

  override noteCall({ service, operation }: Call, [attributes]: readonly unknown[]): void {
    if (service !== 'sso-admin' || !/^(create|update)Attributes$/.test(operation)) return
    const next = attributes as readonly Attribute[]
    for (const one of next) this.#checkSet(one)
    for (const one of this.#actual) this.#checkKept(one, sourceOf(next, one.key))
  }

  /** A file of the last minutes says so, or it is as it was. */
  #checkSet(one: Attribute): void {
    const sinceMs = this.nowMs - seenAfterMs(this.world)
    const isRecent = (nth: number) => (this.#versions[nth + 1]?.fromMs ?? Number.POSITIVE_INFINITY) >= sinceMs
    const isAsked = this.#versions.some(({ asked }, nth) => isRecent(nth) && sourceOf(asked, one.key) === one.source)
    if (!isAsked && sourceOf(this.#actual, one.key) !== one.source)
      this.fail(`sets ${one.key} from ${one.source}, and no file says so`)
  }

  #checkKept({ key, source }: Attribute, next: string | undefined): void {
    if (next === source) return
    const words = next === undefined ? `remove '${key}', ` : `change '${key}' from '${source}' to '${next}'`
    const isReleased = [...this.#released].some(
      ([item, atMs]) => item.startsWith(words) && this.nowMs - atMs <= releasedMs,
    )
    // Somebody else had changed the source.
    const isRestored = next !== undefined && this.#before !== undefined && sourceOf(this.#before, key) === next
    if (!isReleased && !isRestored)
      this.fail(`${next === undefined ? 'removes' : `takes from ${next}`} ${key}, which comes from ${source}`)
  }

  override checkAtRest({ isReconciled, isReadable }: AtRest): void {
    if (!isReconciled || !isReadable) return
    const asked = this.#asked
    const state = this.world.readJson(`status/${file}.json`)?.state
    const isThere = this.world.textOf(file) !== undefined
    const held = heldLists(this.world).flatMap(({ rule, items }) => (rule === 'attributes' ? [...(items ?? [])] : []))
    if (asked === undefined) {
      if (held.length > 0) this.fail(`${held.join(', ')} is held, and no valid file asks for it`)
      const expected = isThere ? 'rejected' : undefined
      if (state !== expected) this.fail(`${file} has the status ${String(state)}`, 'status')
      return
    }
    const losses = this.#actual.filter(({ key, source }) => sourceOf(asked, key) !== source)
    for (const { key, source } of asked) {
      const isLater = losses.some((one) => one.key === key)
      if (sourceOf(this.#actual, key) !== source && !isLater) this.fail(`${key} is not set, and the file asks for it`)
    }
    for (const { key } of losses)
      if (!held.some((item) => item.includes(`'${key}'`))) this.fail(`the loss of ${key} is neither done nor held`)
    if (losses.length === 0 && held.length > 0) this.fail(`${held.join(', ')} is held, and nothing would go`)
    const expected = losses.length > 0 ? 'held' : 'applied'
    if (state !== expected) this.fail(`${file} has the status ${String(state)}, expected ${expected}`, 'status')
  }

  /** `undefined`: no file, or none that is valid. */
  get #asked(): readonly Attribute[] | undefined {
    return attributesIn(this.world.textOf(file) ?? '')
  }

  /** After a change that AWS refused, those from before it are in force. */
  get #actual(): readonly Attribute[] {
    const { status, attributes = [] } = this.world.ssoAdmin.attributesNow() ?? {}
    return status === 'CREATION_FAILED' ? (this.#before ?? []) : attributes
  }
}

const sourceOf = (all: readonly Attribute[], wanted: string) => all.find(({ key }) => key === wanted)?.source
