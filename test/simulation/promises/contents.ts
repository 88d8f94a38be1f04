import { readHeldContents } from '../brake-actions.ts'
import { lateKinds } from '../chaos.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { asDefined, type PlainFile, parsePlainFile, plainOf } from './plain-permission-set.ts'
import { type Fail, promises } from './violation.ts'

/** Between the look at the definition and the record that says it is being changed: a few calls, which may travel for long. */
const soonMs = 30_000
const lateMs = 6 * 60_000
const releasedMs = 60 * 60_000

/**
 * Promise 6, for contents: no definition that takes away from more than may pass without a release, or all from anybody, is
 * begun without its release. By the plainest reading: what stands in one definition and not in the other.
 */
export class ContentsPromise {
  readonly #world: SimulatedWorld
  readonly #fail: Fail
  /** What a file said, by its name and etag. */
  readonly #bodies = new Map<string, string>()
  /** By name and body: what was in force once, and when a person released what. */
  readonly #inForce = new Set<string>()
  readonly #releasedAtMs = new Map<string, number>()
  /** Which content each permission set was being brought to when its record was last written. */
  readonly #begun = new Map<string, string>()
  /** Since when each object that is access has been there; and all that ever were. */
  readonly #sinceMs = new Map<string, number>()
  readonly #known = new Set<string>()
  #entriesMost = 0

  constructor(world: SimulatedWorld, fail: Fail) {
    this.#world = world
    this.#fail = fail
    world.objects.onChange(({ key, eventName }) => {
      const isRemoved = eventName.startsWith('ObjectRemoved')
      if (/^(assignments|foreign)\//.test(key)) this.#noteAccess(key, isRemoved)
      const [, file] = /^permission_sets\/([\w-]+)\.json$/.exec(key) ?? []
      const found = isRemoved ? undefined : world.objects.model.find(key)
      if (file && found) this.#bodies.set(`${file} ${found.etag}`, Buffer.from(found.body).toString())
      const [, name] = /^owned_permission_sets\/([\w-]+)$/.exec(key) ?? []
      if (name && !isRemoved) this.#noteRecord(name)
    })
  }

  /** An operator released this content of the file. */
  noteRelease(name: string, etag: string): void {
    this.#releasedAtMs.set(this.#contentOf(name, etag), this.#world.clock.monotonicMs())
  }

  #noteAccess(key: string, isRemoved: boolean): void {
    if (isRemoved) this.#sinceMs.delete(key)
    else if (!this.#sinceMs.has(key)) this.#sinceMs.set(key, this.#world.clock.monotonicMs())
    this.#known.add(key)
    this.#entriesMost = Math.max(this.#entriesMost, this.#sinceMs.size)
  }

  #noteRecord(name: string): void {
    const { applied, change } = this.#world.readJson(`owned_permission_sets/${name}`) ?? {}
    const etag = etagOf(change)
    const before = this.#begun.get(name)
    if (etag === undefined) this.#begun.delete(name)
    else this.#begun.set(name, etag)
    if (etag !== undefined && etag !== before) this.#checkBegun(name, etag)
    const inForce = etagOf(applied)
    if (inForce !== undefined) this.#inForce.add(this.#contentOf(name, inForce))
  }

  #checkBegun(name: string, etag: string): void {
    const { clock, wasDrifted, losses } = this.#world
    const content = this.#contentOf(name, etag)
    const releasedMsAgo = clock.monotonicMs() - (this.#releasedAtMs.get(content) ?? Number.NEGATIVE_INFINITY)
    if (this.#inForce.has(content) || releasedMsAgo <= releasedMs + lateMs) return
    const effect = this.#effectOf(name, this.#bodies.get(`${name} ${etag}`))
    // What others changed by hand, or what is lost of the ledger, may have been otherwise when it was looked at.
    if (!effect || wasDrifted || losses.hasAny) return
    const sinceMs = clock.monotonicMs() - this.#marginMs()
    const assigned = [...this.#sinceMs].filter(([key, ms]) => ms < sinceMs && setOf(key) === name).length
    const { most } = this.#limit()
    if (effect.leavesNone ? assigned > 0 : assigned > most)
      this.#fail(
        promises.brake,
        `changes ${name}, which takes away ${effect.takes.join(', ')} on ${assigned} assignments, and nobody released it`,
      )
  }

  /** What a file takes away from the permission set as it is now. `undefined`: nothing. */
  #effectOf(name: string, body: string | undefined) {
    const actual = this.#world.ssoAdmin.definitionNow(name)
    const file = body === undefined ? undefined : parsePlainFile(body)
    return actual && file && compare(plainOf(actual), file)
  }

  #contentOf(name: string, etag: string): string {
    return `${name} ${this.#bodies.get(`${name} ${etag}`)}`
  }

  #marginMs(): number {
    const { chaos, wasDisturbed, wasInterrupted } = this.#world
    const isLate = [...chaos.struck.keys()].some((kind) => kind === 'freeze' || kind === 'slow' || lateKinds.has(kind))
    return isLate || wasDisturbed || wasInterrupted ? lateMs : soonMs
  }

  #limit(): { readonly least: number; readonly most: number } {
    const { count, percent, most } = this.#world.configuration.brake.indirect
    const share = Math.max(count, Math.floor((this.#entriesMost * percent) / 100))
    return { least: Math.min(most, count), most: Math.min(most, share) }
  }

  /** Whether the file of this name is held as it is. */
  isHeld(name: string): boolean {
    const found = this.#world.objects.model.find(`permission_sets/${name}.json`)
    return (
      found !== undefined && readHeldContents(this.#world).some((one) => one.name === name && one.etag === found.etag)
    )
  }

  /** What is held is so in its status too, nothing else is, and there was a need. */
  checkAtRest(): void {
    const world = this.#world
    const listed = readHeldContents(world)
    for (const { name } of listed) {
      const file = `permission_sets/${name}.json`
      const state = world.readJson(`status/${file}.json`)?.state
      if (!this.isHeld(name)) this.#fail(promises.brake, `the file of ${name} is held, and is gone or another one`)
      else if (state !== 'held')
        this.#fail(promises.brake, `the file of ${name} is held, but its status is '${String(state)}'`)
      this.#checkNeed(name)
    }
    for (const key of world.keys('status/permission_sets/')) {
      const [, name = ''] = /^status\/permission_sets\/(.+)\.json\.json$/.exec(key) ?? []
      if (world.readJson(key)?.state === 'held' && !listed.some((one) => one.name === name))
        this.#fail(promises.brake, `${key} says that the file is held, and it is not`)
    }
  }

  #checkNeed(name: string): void {
    const found = this.#world.objects.model.find(`permission_sets/${name}.json`)
    const effect = this.#effectOf(name, found && Buffer.from(found.body).toString())
    if (this.#world.wasDrifted) return
    const assignedMost = [...this.#known].filter((key) => setOf(key) === name).length
    const isBeyond = effect && (effect.leavesNone ? assignedMost > 0 : assignedMost > this.#limit().least)
    if (!isBeyond) this.#fail(promises.brake, `the file of ${name} is held, and takes nothing away, or from few`)
  }
}

type Plain = ReturnType<typeof plainOf>

function compare(before: Plain, file: PlainFile) {
  const after = asDefined(file)
  const takes = [
    ...before.managed.filter((one) => !after.managed.includes(one)),
    ...before.customer.filter((one) => !after.customer.includes(one)),
    ...(before.inline !== undefined && after.inline === undefined ? ['the inline policy'] : []),
    ...(after.boundary !== undefined && before.boundary === undefined ? ['what the boundary does not allow'] : []),
  ]
  const hasPolicy = ({ managed, customer, inline }: Plain) =>
    managed.length + customer.length > 0 || inline !== undefined
  return takes.length === 0 ? undefined : { takes, leavesNone: hasPolicy(before) && !hasPolicy(after) }
}

function etagOf(part: unknown): string | undefined {
  return typeof part === 'object' && part !== null && 'etag' in part ? String(part.etag) : undefined
}

/** The permission set that a key of access names. */
function setOf(key: string): string | undefined {
  return /^(?:assignments|foreign)\/account%\d{12}%([^%]+)%/.exec(key)?.[1]
}
