import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { once, onceEach } from '../../ports/once.ts'
import type { LinkListing, ScopeKinds } from './link-listing.ts'
import { type LinkReading, readLink } from './read-link.ts'

/** The links of one evaluation. It reads each link once, and none that the listing lacks. */
export class LinkReadings {
  readonly #objects: ObjectStore
  readonly #configuration: Pick<Configuration, 'folders'>
  readonly #listOnce: () => ReturnType<LinkListing['look']>
  readonly read: (key: string) => Promise<LinkReading>

  /**
   * `listing`: absent to read every link itself. `sinceMs` (monotonic): a listing from this moment or later is fresh enough. Absent: list
   * now.
   */
  constructor(
    objects: ObjectStore,
    configuration: Pick<Configuration, 'folders'>,
    listing?: LinkListing,
    sinceMs?: number,
  ) {
    this.#objects = objects
    this.#configuration = configuration
    this.#listOnce = once(async () => listing?.look(sinceMs))
    this.read = onceEach((key) => this.#look(key))
  }

  /** The scope kinds of all links. `undefined`: there is no listing. */
  async kinds(): Promise<ScopeKinds | undefined> {
    return (await this.#listOnce())?.kinds
  }

  async #look(key: string): Promise<LinkReading> {
    const listed = await this.#listOnce()
    return listed ? listed.read(key) : readLink(this.#objects, key, this.#configuration)
  }
}
