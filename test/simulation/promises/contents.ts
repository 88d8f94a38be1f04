import { readHeldContents } from '../brake-actions.ts'
import { lateKinds } from '../chaos.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { asDefined, type PlainFile, parsePlainFile, plainOf } from './plain-permission-set.ts'
import { type Fail, promises } from './violation.ts'

/** Between the look at the definition and the record that says it is being changed: a few calls, which may travel for long. */
const soonMs = 30_000
const lateMs = 6 * 60_000
const releasedMs = 60 * 60_000

/** A window of edits begins and ends by S3's clock, and is told a moment later. */
const windowMs = 15 * 60_000

/** The sets of one uploader that lost something since then. Uncertain: it may have begun earlier, with other sets. */
type Window = { readonly sinceMs: number; readonly sets: Set<string> }

/**
 * Promise 6, for contents: no definition that takes all away from anybody is begun without its release, and none that takes
 * something away once its uploader has done so to as many sets as may pass within a quarter of an hour. By the plainest reading:
 * what stands in one definition and not in the other. (The files of the simulation make no administrators.)
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
  /** Since when each object that is access has been there. */
  readonly #sinceMs = new Map<string, number>()
  readonly #windows = new Map<string, Window>()
  /** Until then a window of the product may go on, since it held something. */
  #busyUntilMs = Number.NEGATIVE_INFINITY

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
      if (key === 'control/brake.json') this.#noteBrake()
    })
  }

  /** An operator released this content of the file. */
  noteRelease(name: string, etag: string): void {
    this.#releasedAtMs.set(this.#contentOf(name, etag), this.#world.clock.monotonicMs())
  }

  #noteAccess(key: string, isRemoved: boolean): void {
    if (isRemoved) this.#sinceMs.delete(key)
    else if (!this.#sinceMs.has(key)) this.#sinceMs.set(key, this.#world.clock.monotonicMs())
  }

  /** While something is held, and a while after that, or where the record was lost, the windows of the product are not known. */
  #noteBrake(): void {
    if (this.#world.readJson('control/brake.json') && readHeldContents(this.#world).length === 0) return
    this.#windows.clear()
    this.#busyUntilMs = this.#world.clock.monotonicMs() + windowMs + lateMs
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
    if (assigned === 0) return
    const many = effect.leavesNone ? 0 : this.#countEdit(name)
    if (effect.leavesNone || many > this.#limit())
      this.#fail(
        promises.brake,
        `changes ${name}, which takes away ${effect.takes.join(', ')} on ${assigned} assignments, as one of ${many} sets, and nobody released it`,
      )
  }

  /** How many sets of whoever uploaded it have lost something in a window, this one included. */
  #countEdit(name: string): number {
    const { clock } = this.#world
    const nowMs = clock.monotonicMs()
    if (nowMs < this.#busyUntilMs) return 0
    const { by } = this.#world.readJson(`status/permission_sets/${name}.json.json`) ?? {}
    const uploader = JSON.stringify(by && typeof by === 'object' && 'principalId' in by ? by.principalId : undefined)
    const window = this.#windows.get(uploader)
    const ageMs = nowMs - (window?.sinceMs ?? Number.NEGATIVE_INFINITY)
    const isUncertain = Math.abs(ageMs - windowMs) < this.#marginMs()
    if (window && ageMs < windowMs && !isUncertain) return window.sets.add(name).size
    this.#windows.set(uploader, { sinceMs: nowMs, sets: new Set(isUncertain ? [] : [name]) })
    return isUncertain ? 0 : 1
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

  /** There are a few permission sets: a share of them is less than one. */
  #limit(): number {
    return this.#world.configuration.brake.own.count
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
    const assigned = [...this.#sinceMs.keys()].filter((key) => setOf(key) === name).length
    // Whoever dies after it was counted has not begun it.
    const edited = Map.groupBy(this.#bodies.keys(), (key) => key.split(' ')[0])
    const others = [...edited].filter(([other, uploads]) => other !== name && uploads.length > 1).length
    const isNeeded = effect && assigned > 0 && (effect.leavesNone || others >= this.#limit())
    if (!isNeeded)
      this.#fail(promises.brake, `the file of ${name} is held, and takes nothing away, from nobody, or as one of few`)
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
