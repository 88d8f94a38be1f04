import { digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { isCalm } from '../../at-rest.ts'
import { heldLists } from '../../brake-actions.ts'
import { nameIn } from '../../oracle/names.ts'
import { Judge, type Seen } from '../../oracle/watched.ts'
import type { SimulatedWorld } from '../../simulated-world.ts'
import { PoliciesPromise } from '../governance/policies-promise.ts'

const passed = ['revoking', 'partly', 'suspended']
/** From the brake's answer to the status. */
const soonMs = 60_000

/** Promise 6, for people: of those whom one uploader suspends, no more pass in the first window than configured, and no fewer. */
export class PeopleBrakePromise extends Judge {
  protected readonly promise = 'brake'
  readonly #policies = this.judge(PoliciesPromise)
  /** The people who were suspended in this life. */
  readonly #suspended = new Set<string>()
  /** The people who passed in the first window of an author, whom their statuses name. Without its event nobody knows the author. */
  readonly #passed = new Map<string, { readonly firstMs: number; readonly names: Set<string> }>()
  /** The ids of those whom an operator released, and who have not passed since. */
  readonly #released = new Set<string>()
  /** The names of the files whose people have passed. */
  readonly #going = new Set<string>()

  override noteReleasedItems(items: readonly string[]): void {
    for (const item of items) this.#released.add(item)
  }

  override noteChange({ key, isRemoved }: Seen): void {
    const [, isStatus, name = ''] = /^(status\/)?suspended\/(.*?)(?:\.json)?$/.exec(key) ?? []
    if (isRemoved && isStatus !== undefined) this.#going.delete(name)
    if (name === '' || isRemoved) return
    if (isStatus === undefined) this.#suspended.add(name)
    else this.#noteState(name, this.world.readJson(key) ?? {})
  }

  #noteState(name: string, { state, by, principalId }: Readonly<Record<string, unknown>>): void {
    const { wasDisturbed, settings, configuration } = this.world
    const { count, minutes } = configuration.brake.people
    const author = nameIn(by) ?? 'nobody knows who'
    if (wasDisturbed) return
    const isFew = this.#suspended.size <= count
    if (state === 'held' && isFew && isCalm(this.world) && !this.#policies.hasKept)
      this.fail(`the suspension of ${name} is held, and nobody suspended more than ${count}`)
    if (!passed.includes(String(state)) || this.#going.has(name)) return
    this.#going.add(name)
    // A release lets the person pass once.
    if (this.#released.delete(String(principalId))) return
    const window = this.#passed.get(author) ?? { firstMs: this.nowMs, names: new Set<string>() }
    this.#passed.set(author, window)
    if (this.nowMs - window.firstMs > minutes * 60_000 - soonMs - 2 * settings.skewMs) return
    // Two names may mean one person.
    window.names.add(String(principalId ?? name))
    if (window.names.size > count)
      this.fail(`${author} suspends ${[...window.names].join(', ')} in a window, expected at most ${count}`)
  }
}

/** An operator releases all suspensions and deletions of people that are held, so that everything must come right. */
export async function releasePeople(world: SimulatedWorld): Promise<void> {
  for (const list of heldLists(world).filter(({ rule }) => rule === 'people')) {
    world.wasOperated = true
    world.checker.noteReleasedItems([...(list.items ?? [])])
    const { outcome } = await releaseList(world.objects.as('operator'), digestOf(list), 'operator')
    if (outcome === 'released') world.checker.told.noteAct('brake-released', 'operator')
  }
}
