import pLimit from 'p-limit'
import type { Configuration } from '../domain/configuration.ts'
import { isFolderMarker, type LinkKey, linkPrefix, parseLinkKey } from '../domain/link.ts'
import type { ObjectHead, ObjectStore } from '../ports/object-store.ts'
import { type LinkReading, readLink } from './read-link.ts'

const readsAtOnce = 32

/** A valid link that is there. */
type ReadLink = Extract<LinkReading, { state: 'in-force' | 'not-yet' | 'expired' }>

/** The links of a bucket as they were at one moment: listed once, each read when asked for, at most once. */
export class InputReadings {
  readonly #objects: ObjectStore
  readonly #configuration: Pick<Configuration, 'folders'>
  readonly #heads: ReadonlyMap<string, ObjectHead>
  readonly #readings = new Map<string, Promise<LinkReading>>()
  readonly #limit = pLimit(readsAtOnce)

  private constructor(
    objects: ObjectStore,
    configuration: Pick<Configuration, 'folders'>,
    heads: ReadonlyMap<string, ObjectHead>,
  ) {
    this.#objects = objects
    this.#configuration = configuration
    this.#heads = heads
  }

  static async list(objects: ObjectStore, configuration: Pick<Configuration, 'folders'>): Promise<InputReadings> {
    const heads = new Map<string, ObjectHead>()
    for await (const head of objects.list(linkPrefix)) if (!isFolderMarker(head.key)) heads.set(head.key, head)
    return new InputReadings(objects, configuration, heads)
  }

  /** Every key, valid or not, ascending. */
  get keys(): readonly string[] {
    return [...this.#heads.keys()]
  }

  /** What the link says. An empty one needs no read: its name says all. */
  async read(key: string): Promise<LinkReading> {
    const head = this.#heads.get(key)
    const link = parseLinkKey(key, this.#configuration.folders)
    if (!head) return { state: 'absent', ...(link.ok ? { link: link.value } : {}) }
    if (!link.ok || head.size > 0) return this.#readOnce(key)
    return { state: 'in-force', link: link.value, object: { ...head, servedAt: head.lastModified }, body: {} }
  }

  /** Those of these links that are in force. */
  async inForce(keys: readonly LinkKey[]): Promise<readonly ReadLink[]> {
    const present = keys.filter((key) => this.#heads.has(key))
    const readings = await Promise.all(present.map((key) => this.read(key)))
    return readings.flatMap((reading) => (reading.state === 'in-force' ? [reading] : []))
  }

  #readOnce(key: string): Promise<LinkReading> {
    const known = this.#readings.get(key)
    if (known) return known
    const reading = this.#limit(() => readLink(this.#objects, key, this.#configuration))
    this.#readings.set(key, reading)
    return reading
  }
}
