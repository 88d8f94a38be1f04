import type { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import { recordedName } from './oracle/names.ts'
import { spoiler, type UnreadableObjects } from './unreadable-objects.ts'

type Entry = Readonly<Record<string, unknown>>

/** The objects under `assignments/` that somebody deleted or replaced with an old version. */
export class LedgerLosses {
  readonly #objects: MemoryObjectStore
  readonly #unreadable: UnreadableObjects
  /** Each entry as it was last granted. */
  readonly #versions = new Map<string, string>()
  readonly #lost = new Map<string, string>()
  readonly #broughtBack = new Map<string, string>()
  #count = 0

  constructor(objects: MemoryObjectStore, unreadable: UnreadableObjects) {
    this.#objects = objects
    this.#unreadable = unreadable
    objects.onChange(({ key, caller }) => {
      if (!key.startsWith('assignments/') || caller.accessKeyId === spoiler) return
      const body = this.#read(key)
      if (body === undefined || !isGranted(parse(body))) return
      this.#versions.set(key, body)
      // The access was granted or imported again, so it has a record.
      this.#lost.delete(key)
    })
  }

  granted(): readonly string[] {
    return [...this.#versions.keys()].filter((key) => this.#read(key) === this.#versions.get(key)).sort()
  }

  gone(): readonly string[] {
    return [...this.#versions.keys()].filter((key) => this.#read(key) === undefined && !this.#lost.has(key)).sort()
  }

  lose(key: string): void {
    const body = this.#read(key)
    if (body === undefined) return
    this.#count++
    this.#lost.set(key, body)
    void this.#objects.as(spoiler).delete(key)
  }

  /** An operator has restored what was possible. Stop looking for records that are still gone. */
  noteRestored(): void {
    this.#lost.clear()
  }

  bringBack(key: string): void {
    const body = this.#versions.get(key)
    if (body === undefined) return
    this.#count++
    this.#broughtBack.set(key, body)
    void this.#objects.as(spoiler).put(key, body)
  }

  /** Whether the record of this access was lost and not restored. `name`: by ids. */
  hasLost(name: string): boolean {
    return [...this.#lost].some(([key, body]) => recordedName(key, parse(body)) === name)
  }

  /**
   * An operator follows the remedies. `isOurs`: whether the access of this entry exists and ssofile gave it. `takeAway`: removes it by hand
   * in Identity Center.
   */
  undoAll(isOurs: (key: string, entry: Entry) => boolean, takeAway: (key: string, entry: Entry) => void): void {
    for (const [key, body] of this.#lost) {
      const now = this.#readUnspoiled(key)
      if (now !== undefined && parse(now).lastCreation !== undefined) continue
      if (isOurs(key, parse(body))) this.#mend(key, body)
      // Somebody added this access meanwhile. The record calls it ours, and only a person can tell that it is not.
      else if (now !== undefined) takeAway(key, parse(body))
    }
    for (const [key, body] of this.#broughtBack) {
      const now = this.#readUnspoiled(key)
      if (now === undefined || calledAtOf(parse(now)) !== calledAtOf(parse(body))) continue
      this.#mend(key, undefined)
      // Others gave the access while the old entry called it ours.
      takeAway(key, parse(body))
    }
    this.#lost.clear()
    this.#broughtBack.clear()
  }

  /** This also mends an entry that somebody spoiled meanwhile. */
  #mend(key: string, body: string | undefined): void {
    this.#unreadable.noteRestored(key)
    const objects = this.#objects.as(spoiler)
    void (body === undefined ? objects.delete(key) : objects.put(key, body))
  }

  get hasAny(): boolean {
    return this.#lost.size + this.#broughtBack.size > 0
  }

  get counts(): Readonly<Record<string, number>> {
    return { 'ledger object lost or brought back': this.#count }
  }

  /** The entry, or its content before somebody spoiled it. */
  #readUnspoiled(key: string): string | undefined {
    const body = this.#unreadable.bodyOf(key)
    return body && Buffer.from(body).toString()
  }

  #read(key: string): string | undefined {
    const body = this.#objects.model.find(key)?.body
    return body && Buffer.from(body).toString()
  }
}

function parse(body: string): Entry {
  return JSON.parse(body)
}

function isGranted({ state, grantedAt }: Entry): boolean {
  return state === 'granted' && grantedAt !== undefined
}

function calledAtOf({ lastCreation }: Entry): unknown {
  return typeof lastCreation === 'object' && lastCreation && 'calledAt' in lastCreation && lastCreation.calledAt
}
