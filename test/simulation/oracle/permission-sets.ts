import { isHindered } from '../at-rest.ts'
import { readHeldContents } from '../brake-actions.ts'
import type { Call } from '../chaos.ts'
import { scopeOf } from '../desired.ts'
import { ownedNames } from '../permission-set-actions.ts'
import { asDefined, type PlainFile, type PlainPermissionSet, parsePlainFile, plainOf } from './plain-permission-set.ts'
import { type AtRest, believedMs, hinderedMs, Judge, type Seen, seenAfterMs } from './watched.ts'

const kept = /^(?:links_data\/[^%]*%[^%]*|assignments\/account%\d{12})%([\w-]+)%.+%(?:GROUP|USER)(?:%ssofile)?$/su

/**
 * Permission sets are equal to their files and up to date in their accounts. ssofile deletes them if, and only if, nothing refers to them.
 * If a new content leaves people nothing, it needs a release first. (Other holds, the duration of a release, and the number of sets that
 * may lose something in a window: `ask-brake.test.ts`, `many-edits.test.ts`, `weigh-contents.test.ts`.)
 */
export class PermissionSetsPromise extends Judge {
  protected readonly promise = 'convergence'
  /** The time since when each file, link and access has existed without a break. */
  readonly #sinceMs = new Map<string, number>()
  /** Contents that were once in force or released by a person, by name and etag. */
  readonly #allowed = new Set<string>()
  /** The content that each permission set was getting when its record was last written. */
  readonly #begun = new Map<string, string>()

  override noteChange({ key, isRemoved }: Seen): void {
    if (/^(links_data|assignments|foreign|permission_sets)\//.test(key)) {
      if (isRemoved || !this.#refers(key)) this.#sinceMs.delete(key)
      else if (!this.#sinceMs.has(key)) this.#sinceMs.set(key, this.nowMs)
    }
    const [, told] = /^status\/permission_sets\/([\w-]+)\.json\.json$/.exec(key) ?? []
    const isPaused = this.world.keys('control/pause.json').length > 0
    if (told !== undefined && isPaused && this.#stateOf(told) === 'applying' && this.#isHeld(told))
      this.fail(`the file of ${told} is held, and its status says that it waits for the end of a pause`, 'status')
    const [, name] = /^owned_permission_sets\/([\w-]+)$/.exec(key) ?? []
    if (name && !isRemoved) this.#noteRecord(name)
  }

  /** A malformed or ended link may refer to nothing. */
  #refers(key: string): boolean {
    return (
      !key.startsWith('links_data/') || (scopeOf(key) !== undefined && !this.world.textOf(key)?.includes('"expiresAt"'))
    )
  }

  override noteCall({ operation }: Call, [arn]: readonly unknown[]): void {
    if (operation !== 'deletePermissionSet' || typeof arn !== 'string') return
    const name = this.world.names.permissionSet(arn)
    const untilMs = this.nowMs - (isHindered(this.world) ? hinderedMs : believedMs)
    for (const [key, sinceMs] of this.#sinceMs) {
      const isOf =
        key === `permission_sets/${name}.json` || (!key.startsWith('foreign/') && kept.exec(key)?.[1] === name)
      if (isOf && sinceMs <= untilMs)
        this.fail(`deletes the permission set ${name}, although ${key} refers to it`, 'foreign')
    }
  }

  /** An operator released this content of the file. */
  noteRelease(name: string, etag: string): void {
    this.#allowed.add(`${name} ${etag}`)
  }

  #noteRecord(name: string): void {
    const { applied, change } = this.world.readJson(`owned_permission_sets/${name}`) ?? {}
    const etag = etagOf(change)
    const before = this.#begun.get(name)
    if (etag === undefined) this.#begun.delete(name)
    else this.#begun.set(name, etag)
    if (etag !== undefined && etag !== before) this.#checkBegun(name, etag)
    const inForce = etagOf(applied)
    if (inForce !== undefined) this.#allowed.add(`${name} ${inForce}`)
  }

  /** Judges only if the file is still the same. */
  #checkBegun(name: string, etag: string): void {
    const { wasDrifted, losses, ssoAdmin, objects } = this.world
    const actual = ssoAdmin.definitionNow(name)
    const key = `permission_sets/${name}.json`
    const file = objects.model.find(key)?.etag === etag ? parsePlainFile(key, this.world.textOf(key)) : undefined
    // After changes by hand, or losses in the ledger, the facts may have been different at the look.
    if (!actual || !file || this.#allowed.has(`${name} ${etag}`) || wasDrifted || losses.hasAny) return
    const assigned = this.#assigned(name, this.nowMs - seenAfterMs(this.world))
    if (hasPolicy(plainOf(actual)) && !hasPolicy(asDefined(file)) && assigned > 0)
      this.fail(`leaves ${name} nothing, on ${assigned} assignments, and nobody released it`, 'brake')
  }

  #assigned(name: string, untilMs = Number.POSITIVE_INFINITY): number {
    const isAccess = (key: string) => /^(assignments|foreign)\//.test(key) && key.split('%')[2] === name
    return [...this.#sinceMs].filter(([key, ms]) => ms < untilMs && isAccess(key)).length
  }

  override checkAtRest({ isReconciled, isReadable }: AtRest): void {
    this.checkFiles(isReconciled)
    if (isReadable) this.#checkHeld()
  }

  checkFiles(isReconciled: boolean): void {
    for (const name of ownedNames) {
      const key = `permission_sets/${name}.json`
      const body = this.world.textOf(key)
      const file = parsePlainFile(key, body)
      if (body === undefined) this.#checkGone(name)
      else if (file) this.#checkEqual(name, file)
      if (isReconciled) this.#checkProvisioned(name)
    }
  }

  #checkEqual(name: string, file: PlainFile): void {
    const { ssoAdmin } = this.world
    const state = this.#stateOf(name)
    // It stays unchanged until a person decides.
    if (state === 'held' && this.#isHeld(name)) return
    // Others changed it more often than ssofile restores it within an hour.
    const { drift = {} } = this.world.readJson(`owned_permission_sets/${name}`) ?? {}
    if (state === 'failed' && JSON.stringify(drift).includes('"isContested":true')) return
    if (state !== 'applied') this.fail(`the file of ${name} is valid, but its status '${state}'`, 'status')
    const actual = ssoAdmin.definitionNow(name)
    const [is, asked] = [JSON.stringify(actual && plainOf(actual)), JSON.stringify(asDefined(file))]
    if (is !== asked) this.fail(`the permission set ${name} is ${is}, its file asks for ${asked}`)
  }

  /** A change that has begun reaches all accounts, whatever becomes of its file. */
  #checkProvisioned(name: string): void {
    const { ssoAdmin, organizations, wasSuspended } = this.world
    const actual = ssoAdmin.definitionNow(name)
    if (!actual || wasSuspended) return
    // While a file is held, what others changed in the console stays as they left it.
    if (this.world.wasDrifted && this.#stateOf(name) === 'held' && this.#isHeld(name)) return
    // If an account took no changes when the others got theirs, the next drift check looks at it.
    const active = new Set(organizations.accountsNow().flatMap(({ id, state }) => (state === 'ACTIVE' ? [id] : [])))
    const stale = ssoAdmin.staleAccountsNow(actual.arn).filter((id) => active.has(id))
    if (stale.length > 0) this.fail(`${stale.join(', ')} have an old version of ${name}`)
  }

  /** The status of a deleted file says that its permission set is still used. */
  isKept(input: string): boolean {
    const name = /^permission_sets\/([\w-]+)\.json$/.exec(input)?.[1] ?? ''
    return this.#stateOf(name) === 'blocked' && (this.#isReferred(name) || this.world.isAssigned(name))
  }

  #isReferred(name: string): boolean {
    return [...this.#sinceMs.keys()].some((key) => !key.startsWith('foreign/') && kept.exec(key)?.[1] === name)
  }

  #checkGone(name: string): void {
    if (this.#isReferred(name)) return
    const isThere = this.world.ssoAdmin.permissionSetArnOf(name) !== undefined
    // Assignments of others keep the permission set.
    if (isThere && !this.world.isAssigned(name))
      this.fail(`the permission set ${name} is there, and nothing refers to it`)
    if (!isThere && this.world.keys(`owned_permission_sets/${name}`).length > 0)
      this.fail(`the permission set ${name} is gone, but is recorded as ours`)
  }

  #isHeld(name: string): boolean {
    const etag = this.world.objects.model.find(`permission_sets/${name}.json`)?.etag
    return readHeldContents(this.world).some((one) => one.name === name && one.etag === etag)
  }

  /** Statuses agree on the held files, and somebody has each held permission set. */
  #checkHeld(): void {
    const listed = new Set(readHeldContents(this.world).map(({ name }) => name))
    for (const name of listed) {
      if (!this.#isHeld(name)) this.fail(`the file of ${name} is held, and is gone or another one`, 'brake')
      else if (this.#stateOf(name) !== 'held')
        this.fail(`the file of ${name} is held, but its status is '${this.#stateOf(name)}'`, 'brake')
      if (this.#assigned(name) === 0 && !this.world.wasDrifted)
        this.fail(`the file of ${name} is held, and takes nothing from anybody`, 'brake')
    }
  }

  #stateOf(name: string): string {
    return String(this.world.readJson(`status/permission_sets/${name}.json.json`)?.state)
  }
}

function hasPolicy({ managed, customer, inline }: PlainPermissionSet): boolean {
  return managed.length + customer.length > 0 || inline !== undefined
}

function etagOf(part: unknown): string | undefined {
  return typeof part === 'object' && part !== null && 'etag' in part ? String(part.etag) : undefined
}
