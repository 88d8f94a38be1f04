import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import type { Call } from '../chaos.ts'
import { PoliciesPromise } from '../kinds/governance/policies-promise.ts'
import { accountOfKey, describeTarget, isTarget, linksOf, nameOf, recordedName } from './names.ts'
import { SuspensionsPromise } from './suspensions.ts'
import { believedMs, Judge, type Seen, seenAfterMs } from './watched.ts'

/** An account is gone if two complete listings an hour apart lack it. Earlier decisions may take effect after that. */
const goneAfterMs = 59 * 60_000
const underWayMs = 10 * 60_000
/** A revocation may have been decided this long before, if its call was frozen on its way. */
const heldMs = 10 * 60_000

/**
 * Promises 2 and 3, checked during the life: no access without a record, and nothing foreign or desired is revoked, also while operators
 * take over and give back.
 */
export class AccessPromise extends Judge {
  protected readonly promise = 'record'
  readonly #policies = this.judge(PoliciesPromise)
  readonly #suspensions = this.judge(SuspensionsPromise)
  /** The tags of each account, since when. */
  readonly #tags = new Map<string, { readonly tags: string; readonly sinceMs: number }>()
  /** When each link of another scope last changed, by its permission set and principal. */
  readonly #untaggedMs = new Map<string, number>()
  /** The times since when accounts in the ledger are not in the organization. */
  readonly #leftMs = new Map<string, number>()

  override noteChange({ key, isRemoved, isByOperator }: Seen): void {
    if (key.startsWith('links_data/') && !key.includes('account_tag%'))
      this.#untaggedMs.set(key.replace(/^[^%]*%[^%]*/, ''), this.nowMs)
    if (!key.startsWith('assignments/')) return
    if (this.world.isRestoring) this.world.unreadable.noteRestored(key)
    const entry = isRemoved ? undefined : this.world.readJson(key)
    if (isRemoved) this.#noteRemoved(key)
    else if (entry) this.#noteWritten(key, entry, isByOperator)
  }

  /** After each step. */
  check(): void {
    this.truth.settle()
    const { ssoAdmin, losses } = this.world
    const recorded = this.truth.recorded()
    const there = ssoAdmin.assignments()
    const requested = ssoAdmin.outstandingRequests().map(({ target }) => target)
    const coming = requested.filter((target) => this.truth.isRequested(target, 'creation'))
    for (const target of [...there, ...coming]) {
      const name = nameOf(target)
      if (this.truth.isOurs(name) && !recorded.has(name) && !losses.hasLost(name))
        this.fail(`${this.#tell(target)} is there or coming, made by ssofile, and no ledger entry says so`)
    }
  }

  /** The organization may have changed. */
  noteAccounts(): void {
    const present = new Set<string>(this.world.organizations.accountsNow().map(({ id }) => id))
    for (const id of present) {
      const tags = JSON.stringify(this.world.organizations.tagsNow(id))
      if (this.#tags.get(id)?.tags !== tags) this.#tags.set(id, { tags, sinceMs: this.nowMs })
    }
    for (const id of this.#leftMs.keys()) if (present.has(id)) this.#leftMs.delete(id)
    for (const id of [...this.truth.entries.keys()].map(accountOfKey))
      if (!present.has(id) && !this.#leftMs.has(id)) this.#leftMs.set(id, this.nowMs)
  }

  override noteCall({ operation, wasHeld }: Call, [target, options]: readonly unknown[]): void {
    if (!isTarget(target) || isAborted(options)) return
    const windowMs = wasHeld ? heldMs : believedMs
    if (operation === 'createAccountAssignment') this.#checkCreation(target, windowMs)
    if (operation === 'deleteAccountAssignment') this.#checkDeletion(target, windowMs)
  }

  #checkCreation(target: AssignmentTarget, windowMs: number): void {
    this.#suspensions.checkCreation(target, windowMs)
    const name = nameOf(target)
    const owner = this.truth.ownerOf(name)
    if (this.truth.entriesOf(name).length === 0)
      this.fail(`${this.#tell(target)} is created without a ledger entry written before`)
    if (
      owner?.of === 'foreign' &&
      owner.sinceMs < this.nowMs - seenAfterMs(this.world) &&
      this.world.ssoAdmin.isAssigned(target)
    )
      this.fail(`${this.#tell(target)} was there before, by others, and is taken for ours`, 'foreign')
    this.#checkTag(target, windowMs)
    this.truth.noteRequest('creation', target)
  }

  /** If only links of a tag ask for it, the account has that tag: ssofile asks the account itself, whatever old listings say. */
  #checkTag(target: AssignmentTarget, windowMs: number): void {
    const { accountId, permissionSetArn, principalId, principalType } = target
    const { names, organizations } = this.world
    const asked = `%${names.permissionSet(permissionSetArn)}%${names.principal(principalId)}%${principalType}%ssofile`
    const changedMs = Math.max(this.#tags.get(accountId)?.sinceMs ?? 0, this.#untaggedMs.get(asked) ?? 0)
    if (this.world.settings.bulkTagsLagMs === undefined || changedMs > this.nowMs - windowMs) return
    const scopes = this.world.keys('links_data/').flatMap((key) => {
      const [, scope, value = ''] = /^links_data\/(?:[\w-]+\/)?(\w+)%([^%]*)%/.exec(key) ?? []
      return key.endsWith(asked) ? [{ scope, value }] : []
    })
    const tags = Object.entries(organizations.tagsNow(accountId)).map(([key, value]) => `${key}^${value}`)
    if (scopes.length > 0 && scopes.every(({ scope, value }) => scope === 'account_tag' && !tags.includes(value)))
      this.fail(`${this.#tell(target)} is created for a tag that the account does not have`)
  }

  #checkDeletion(target: AssignmentTarget, windowMs: number): void {
    const name = nameOf(target)
    const told = `revokes ${this.#tell(target)}`
    const entries = this.truth.entriesOf(name)
    if (this.truth.ownerOf(name)?.of === 'foreign') this.fail(`${told}, which ssofile did not make`, 'foreign')
    if (entries.some(({ releasedAt }) => releasedAt !== undefined))
      this.fail(`${told}, which an operator has released`, 'foreign')
    // A link may end by time alone.
    this.wishes.note()
    const sinceMs = this.wishes.sinceMs(name) ?? Number.POSITIVE_INFINITY
    if (sinceMs <= this.nowMs - windowMs && this.#policies.isAccepted(name))
      this.fail(`${told}, which a link granted throughout its evaluation`, 'foreign')
    const goneForMs = this.wishes.goneForMs(target.principalId) ?? Number.POSITIVE_INFINITY
    const graceMs = this.world.configuration.orphanGraceMinutes * 60_000 - 2 * this.world.settings.skewMs
    if (goneForMs < graceMs && this.#isKept(target, windowMs))
      this.fail(`${told}, whose principal is gone for only ${Math.round(goneForMs / 60_000)} minutes`, 'foreign')
    this.truth.noteRequest('deletion', target)
  }

  /** A link names it by the last name of a principal that is gone, and nobody else of that name has the access. */
  #isKept(target: AssignmentTarget, windowMs: number): boolean {
    const { accountId, permissionSetArn, principalId, principalType } = target
    const { names, identityStore, ssoAdmin } = this.world
    const lastName = names.principal(principalId)
    const heir = identityStore.idOf(principalType, lastName)
    if (heir !== undefined && ssoAdmin.isAssigned({ ...target, principalId: heir })) return false
    const asked = [accountId, names.permissionSet(permissionSetArn), lastName, principalType].join(' ')
    const isAsked = (this.wishes.askedSinceMs(asked) ?? Number.POSITIVE_INFINITY) <= this.nowMs - windowMs
    return isAsked && this.truth.entriesOf(nameOf(target)).some(({ principal }) => principal === lastName)
  }

  /** The product has written this entry. `isByOperator`: by a command that takes over access. */
  #noteWritten(key: string, entry: Readonly<Record<string, unknown>>, isByOperator: boolean): void {
    if (this.world.unreadable.isOverwritten(key) && !this.world.isRestoring)
      this.fail(`${key} cannot be read, and is overwritten`)
    const name = recordedName(key, entry)
    this.wishes.noteEntry(entry)
    this.truth.noteWritten(key, entry, seenAfterMs(this.world))
    if (isByOperator && entry.releasedAt === undefined) this.#noteAdopted(name)
  }

  #noteAdopted(name: string): void {
    if (this.truth.ownerOf(name) !== undefined) this.truth.noteTakenOver(name, 'ours')
    // Somebody has just removed the access. Only a drift check finds an entry without access.
    else this.world.wasDrifted = true
  }

  /** The product has removed this entry, so its access must not exist or appear later. Released access belongs to others from now on. */
  #noteRemoved(key: string): void {
    this.truth.settle()
    const entry = this.truth.entries.get(key)
    this.truth.entries.delete(key)
    if (!entry) return
    const name = recordedName(key, entry)
    if (this.world.unreadable.isOverwritten(key) && !this.world.isRestoring)
      this.fail(`${key} cannot be read, and is removed`)
    if (entry.releasedAt !== undefined) return void this.truth.noteTakenOver(name, 'foreign')
    const leftForMs = this.nowMs - (this.#leftMs.get(accountOfKey(key)) ?? Number.NEGATIVE_INFINITY)
    const wasMade = entry.lastCreation !== undefined || entry.grantedAt !== undefined
    if (wasMade && leftForMs > underWayMs && leftForMs < goneAfterMs - 2 * this.world.settings.skewMs)
      this.fail(`${key} is released ${Math.round(leftForMs / 60_000)} minutes after its account left`)
  }

  #tell(target: AssignmentTarget): string {
    const links = this.truth.entriesOf(nameOf(target)).flatMap(linksOf)
    return `${describeTarget(target, this.world)}${links.length > 0 ? ` (${links.join(', ')})` : ''}`
  }
}

/** The call does nothing: its signal was aborted while the process was frozen. */
function isAborted(options: unknown): boolean {
  const signal = typeof options === 'object' && options !== null && 'signal' in options ? options.signal : undefined
  return signal instanceof AbortSignal && signal.aborted
}
