import { digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { isCalm } from '../../at-rest.ts'
import { heldLists } from '../../brake-actions.ts'
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
  /** The author of each suspension, by name. */
  readonly #authors = new Map<string, string>()
  /** The people whom each author suspended in this life, and who of them passed in the first window. */
  readonly #suspended = new Map<string, Set<string>>()
  readonly #passed = new Map<string, { readonly firstMs: number; readonly names: Set<string> }>()
  #isReleased = false

  override noteReleasedItems(): void {
    this.#isReleased = true
  }

  override noteChange({ key, isRemoved, caller }: Seen): void {
    const [, isStatus, name = ''] = /^(status\/)?suspended\/(.*?)(?:\.json)?$/.exec(key) ?? []
    if (name === '' || isRemoved) return
    if (isStatus !== undefined) return void this.#noteState(name, String(this.world.readJson(key)?.state))
    const author = caller.accessKeyId
    this.#authors.set(name, author)
    this.#suspended.set(author, new Set([...(this.#suspended.get(author) ?? []), name]))
  }

  #noteState(name: string, state: string): void {
    const { wasDisturbed, settings, configuration } = this.world
    const { count, minutes } = configuration.brake.people
    const author = this.#authors.get(name)
    if (author === undefined || wasDisturbed || this.#isReleased) return
    const isFew = [...this.#suspended.values()].every(({ size }) => size <= count)
    if (state === 'held' && isFew && isCalm(this.world) && !this.#policies.hasKept)
      this.fail(`the suspension of ${name} is held, and nobody suspended more than ${count}`)
    if (!passed.includes(state)) return
    const window = this.#passed.get(author) ?? { firstMs: this.nowMs, names: new Set<string>() }
    this.#passed.set(author, window)
    if (this.nowMs - window.firstMs > minutes * 60_000 - soonMs - 2 * settings.skewMs) return
    window.names.add(name)
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
