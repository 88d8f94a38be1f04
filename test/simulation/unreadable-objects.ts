import type { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import type { StoredObject } from '../../shared/memory/s3/stored-object.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import type { Call } from './chaos.ts'

/** The person who spoils and restores objects. It is not the product. */
export const spoiler = 'somebody'

type Spoiled = { readonly body: Uint8Array; readonly garbage: Uint8Array }

/** The objects that nobody can read now: spoiled ones, and those that S3 refuses to return. */
export class UnreadableObjects {
  readonly #objects: MemoryObjectStore
  readonly #spoiled = new Map<string, Spoiled>()
  /** Exactly this object: another upload under its key is readable. */
  readonly #refused = new Map<string, StoredObject>()
  #spoiledCount = 0
  #refusedCount = 0

  constructor(objects: MemoryObjectStore) {
    this.#objects = objects
  }

  /** Does not spoil an object twice, so that a restore brings back its original content. */
  spoil(key: string, garbage: string): void {
    const body = this.#objects.model.find(key)?.body
    if (body === undefined || this.isSpoiled(key)) return
    this.#spoiledCount++
    this.#spoiled.set(key, { body, garbage: Buffer.from(garbage) })
    void this.#objects.as(spoiler).put(key, garbage)
  }

  /** Restores the original content, unless the object has changed since. */
  restore(key: string): void {
    const { body } = this.#spoiled.get(key) ?? {}
    if (body !== undefined && this.isSpoiled(key)) void this.#objects.as(spoiler).put(key, body)
    this.#spoiled.delete(key)
  }

  restoreAll(): void {
    for (const key of [...this.#spoiled.keys()]) this.restore(key)
  }

  /** An operator wrote the object again or removed it. */
  noteRestored(key: string): void {
    this.#spoiled.delete(key)
  }

  isSpoiled(key: string): boolean {
    const { garbage } = this.#spoiled.get(key) ?? {}
    const now = this.#objects.model.find(key)?.body
    return garbage !== undefined && now !== undefined && Buffer.compare(garbage, now) === 0
  }

  /** The present content, or the content before somebody spoiled it. */
  bodyOf(key: string): Uint8Array | undefined {
    return this.isSpoiled(key) ? this.#spoiled.get(key)?.body : this.#objects.model.find(key)?.body
  }

  /** Whether somebody spoiled the object and did not restore it, and it has other content by now. */
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

  /** S3's answer for an object that its uploader encrypted with their own key. */
  refusalOf({ service, operation, key }: Call): ServiceError | undefined {
    const isAsked = service === 's3' && operation.startsWith('get') && key !== undefined && this.#isRefused(key)
    if (!isAsked) return undefined
    const words = 'The object was stored using a form of Server Side Encryption.'
    return new ServiceError('s3', 'InvalidRequest', `${key}: ${words}`, { httpStatus: 400 })
  }

  /** Whether an account assignment (by the key of its ledger entry) may differ from its links. */
  concerns(ledgerKey: string): boolean {
    return this.spoiled.some((key) => isBeside(key, ledgerKey))
  }

  /** The same for a link or a file: its status may be about an unreadable object, or be one. */
  concernsInput(input: string): boolean {
    const isOf = (set: string | undefined) => input.includes(`%${set}%`) || input === `permission_sets/${set}.json`
    const access = input.replace(/%ssofile$/, '')
    return this.spoiled.some(
      (key) => key === `status/${input}.json` || isOf(accessIn(key)?.set) || isOfSameUsers(key, access),
    )
  }
}

/** Whether the spoiled object is about this access, or about access of others. */
function isBeside(spoiled: string, ledgerKey: string): boolean {
  return isOfSameUsers(spoiled, ledgerKey) || (accessIn(spoiled)?.place ?? ' ') === accessIn(ledgerKey)?.place
}

/**
 * Whether the spoiled object is the status of a USER link, and this is access of a user with the same permission set: the status alone
 * names the link's user, so nothing tells that it is not this one.
 */
function isOfSameUsers(spoiled: string, access: string): boolean {
  const [, set] = /^status\/links_data\/[^%]+%[^%]*%([^%]+)%.+%USER%ssofile\.json$/su.exec(spoiled) ?? []
  return set !== undefined && access.includes(`%${set}%`) && access.endsWith('%USER')
}

function accessIn(key: string): { readonly place: string; readonly set: string } | undefined {
  const [, place, set] = /^(?:assignments|foreign)\/(account%\d{12}%([^%]+)%.*)$/su.exec(key) ?? []
  return place === undefined || set === undefined ? undefined : { place, set }
}
