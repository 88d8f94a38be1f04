import type { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import type { StoredObject } from '../../shared/memory/s3/stored-object.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import type { Call } from './chaos.ts'

/** Who spoils and restores objects: not the product. */
export const spoiler = 'somebody'

type Spoiled = { readonly body: Uint8Array; readonly garbage: Uint8Array }

/** The objects that nobody can read at this moment: those that somebody spoiled, and those that S3 refuses to give. */
export class UnreadableObjects {
  readonly #objects: MemoryObjectStore
  readonly #spoiled = new Map<string, Spoiled>()
  /** The very object: another upload under its key can be read. */
  readonly #refused = new Map<string, StoredObject>()
  #spoiledCount = 0
  #refusedCount = 0

  constructor(objects: MemoryObjectStore) {
    this.#objects = objects
  }

  /** Not twice: what there was is what is restored. */
  spoil(key: string, garbage: string): void {
    const body = this.#objects.model.find(key)?.body
    if (body === undefined || this.isSpoiled(key)) return
    this.#spoiledCount++
    this.#spoiled.set(key, { body, garbage: Buffer.from(garbage) })
    void this.#objects.as(spoiler).put(key, garbage)
  }

  /** As it was, unless the object has changed since. */
  restore(key: string): void {
    const { body } = this.#spoiled.get(key) ?? {}
    if (body !== undefined && this.isSpoiled(key)) void this.#objects.as(spoiler).put(key, body)
    this.#spoiled.delete(key)
  }

  restoreAll(): void {
    for (const key of [...this.#spoiled.keys()]) this.restore(key)
  }

  /** An operator has written it again, or removed it. */
  noteRestored(key: string): void {
    this.#spoiled.delete(key)
  }

  isSpoiled(key: string): boolean {
    const { garbage } = this.#spoiled.get(key) ?? {}
    const now = this.#objects.model.find(key)?.body
    return garbage !== undefined && now !== undefined && Buffer.compare(garbage, now) === 0
  }

  /** What stands there, or stood there before somebody spoiled it. */
  bodyOf(key: string): Uint8Array | undefined {
    return this.isSpoiled(key) ? this.#spoiled.get(key)?.body : this.#objects.model.find(key)?.body
  }

  /** Whether somebody spoiled it, has not restored it, and it is something else by now. */
  isOverwritten(key: string): boolean {
    return this.#spoiled.has(key) && !this.isSpoiled(key)
  }

  get spoiled(): readonly string[] {
    return [...this.#spoiled.keys()].filter((key) => this.isSpoiled(key))
  }

  refuse(key: string): void {
    const found = this.#objects.model.find(key)
    if (found === undefined) return
    this.#refusedCount++
    this.#refused.set(key, found)
  }

  give(which: (key: string) => boolean = () => true): void {
    for (const key of [...this.#refused.keys()].filter(which)) this.#refused.delete(key)
  }

  get counts(): Readonly<Record<string, number>> {
    return { 'object spoiled': this.#spoiledCount, 'link refused': this.#refusedCount }
  }

  get refused(): readonly string[] {
    return [...this.#refused.keys()].filter((key) => this.#isRefused(key))
  }

  #isRefused(key: string): boolean {
    const found = this.#objects.model.find(key)
    return found !== undefined && this.#refused.get(key) === found
  }

  /** What S3 answers to who asks for an object that its uploader encrypted with a key of his own. */
  refusalOf({ service, operation, key }: Call): ServiceError | undefined {
    const isAsked = service === 's3' && operation.startsWith('get') && key !== undefined && this.#isRefused(key)
    if (!isAsked) return undefined
    const words = 'The object was stored using a form of Server Side Encryption.'
    return new ServiceError('s3', 'InvalidRequest', `${key}: ${words}`, { httpStatus: 400 })
  }

  /** Whether an account assignment, by the key of its ledger entry, may be other than its links say. */
  concerns(ledgerKey: string): boolean {
    return this.spoiled.some((key) => isBeside(key, ledgerKey))
  }

  /** The same of a link or a file: its status may tell of what nobody can read, or be that. */
  concernsInput(input: string): boolean {
    const isOf = (set: string | undefined) => input.includes(`%${set}%`) || input === `permission_sets/${set}.json`
    return this.spoiled.some((key) => key === `status/${input}.json` || isOf(accessIn(key)?.set))
  }
}

/**
 * The record of this access, or what others have. Of a user of the same permission set, everywhere: the status of a link says whom
 * it means.
 */
function isBeside(spoiled: string, ledgerKey: string): boolean {
  const [, set, user] = /^status\/links_data\/[^%]+%[^%]*%([^%]+)%(.+)%USER%ssofile\.json$/su.exec(spoiled) ?? []
  const isOfUser = user !== undefined && ledgerKey.includes(`%${set}%`) && ledgerKey.endsWith('%USER')
  return isOfUser || (accessIn(spoiled)?.place ?? ' ') === accessIn(ledgerKey)?.place
}

function accessIn(key: string): { readonly place: string; readonly set: string } | undefined {
  const [, place, set] = /^(?:assignments|foreign)\/(account%\d{12}%([^%]+)%.*)$/su.exec(key) ?? []
  return place === undefined || set === undefined ? undefined : { place, set }
}
