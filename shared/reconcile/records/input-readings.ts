import pLimit from 'p-limit'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type LinkKey, linkPrefix, parseLinkKey } from '../../domain/links/link.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { contentOf, jsonValueOf } from './content-of.ts'
import { type Heads, listHeads, readsAtOnce } from './list-heads.ts'
import { isKnownEmpty, type LinkReading, readLink } from './read-link.ts'

const nothing = new Uint8Array()

/** A valid link that exists. */
type ReadLink = Extract<LinkReading, { state: 'in-force' | 'not-yet' | 'expired' }>

/** The links of a bucket at one moment: listed once, each read at most once, on demand. */
export class InputReadings {
  readonly #objects: ObjectStore
  readonly #configuration: Pick<Configuration, 'folders'>
  readonly #heads: Heads
  readonly #readings = new Map<string, Promise<LinkReading>>()
  readonly #limit = pLimit(readsAtOnce)

  private constructor(objects: ObjectStore, configuration: Pick<Configuration, 'folders'>, heads: Heads) {
    this.#objects = objects
    this.#configuration = configuration
    this.#heads = heads
  }

  static async list(objects: ObjectStore, configuration: Pick<Configuration, 'folders'>): Promise<InputReadings> {
    return new InputReadings(objects, configuration, await listHeads(objects, linkPrefix))
  }

  /** All keys, valid or not, ascending. */
  get keys(): readonly string[] {
    return [...this.#heads.keys()]
  }

  /** Does not read a link that is certainly empty, because its name says everything. */
  async read(key: string): Promise<LinkReading> {
    const head = this.#heads.get(key)
    const link = parseLinkKey(key, this.#configuration.folders)
    if (!head) return { state: 'absent', link: link.ok ? link.value : undefined }
    if (!link.ok || !isKnownEmpty(head)) return this.#readOnce(key)
    const object = { ...head, content: contentOf(nothing), value: jsonValueOf(nothing), servedAt: head.lastModified }
    return { state: 'in-force', link: link.value, object, body: {} }
  }

  async inForce(keys: readonly LinkKey[]): Promise<readonly ReadLink[]> {
    const present = keys.filter((key) => this.#heads.has(key))
    const readings = await Promise.all(present.map((key) => this.read(key)))
    return readings.flatMap((reading) => (reading.state === 'in-force' ? [reading] : []))
  }

  #readOnce(key: string): Promise<LinkReading> {
    const reading = this.#readings.get(key) ?? this.#limit(() => readLink(this.#objects, key, this.#configuration))
    this.#readings.set(key, reading)
    return reading
  }
}
