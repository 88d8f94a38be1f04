import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import type { Call } from '../chaos.ts'
import { desiredNow } from '../desired.ts'
import { accountOfKey, assignmentOfKey, describeTarget, isTarget, linksOf, nameOf, recordedName } from './names.ts'
import type { SuspensionsPromise } from './suspensions.ts'
import { promises } from './violation.ts'
import { believedMs, isHindered, seenAfterMs, type Watched } from './watched.ts'

/** An account is gone when two complete listings an hour apart lack it; what had been decided before may come about later. */
const goneAfterMs = 59 * 60_000
const underWayMs = 10 * 60_000
/** A revocation whose call stood still on its way was decided so long before. */
const heldMs = 10 * 60_000

/**
 * Promises 2 and 3, while things happen: no access without a record, nothing foreign is revoked, and nothing desired; also where
 * operators take over and give back.
 */
export class AccessPromise {
  readonly #watched: Watched
  readonly #suspensions: SuspensionsPromise
  /** Since when accounts that the ledger names are not in the organization. */
  readonly #leftMs = new Map<string, number>()
  /** When each access was there last. */
  readonly #seenMs = new Map<string, number>()
  /** By key: since when an entry said last that its access is missing. */
  readonly #missingSince = new Map<string, unknown>()

  constructor(watched: Watched, suspensions: SuspensionsPromise) {
    this.#watched = watched
    this.#suspensions = suspensions
  }

  /** After each step. */
  check(): void {
    const { world, truth } = this.#watched
    truth.settle()
    const recorded = truth.recorded()
    for (const target of world.ssoAdmin.assignments()) {
      const name = nameOf(target)
      this.#seenMs.set(name, this.#nowMs)
      if (truth.isOurs(name) && !recorded.has(name) && !world.losses.hasLost(name))
        this.#failRecord(`${this.#tell(name, target)} is there, made by ssofile, and no ledger entry says so`)
    }
  }

  /** The organization may have changed. */
  noteAccounts(): void {
    const { world, truth } = this.#watched
    const present = new Set<string>(world.organizations.accountsNow().map(({ id }) => id))
    for (const id of this.#leftMs.keys()) if (present.has(id)) this.#leftMs.delete(id)
    for (const id of [...truth.entries.keys()].map(accountOfKey))
      if (!present.has(id) && !this.#leftMs.has(id)) this.#leftMs.set(id, this.#nowMs)
  }

  /** A call of the product is about to take effect. */
  noteCall({ operation, wasHeld }: Call, [target, options]: readonly unknown[]): void {
    if (!isTarget(target) || isAborted(options)) return
    const windowMs = wasHeld ? heldMs : believedMs
    if (operation === 'createAccountAssignment') this.#checkCreation(target, windowMs)
    if (operation === 'deleteAccountAssignment') this.#checkDeletion(target, windowMs)
  }

  #checkCreation(target: AssignmentTarget, windowMs: number): void {
    const { world, truth } = this.#watched
    this.#suspensions.checkCreation(target, windowMs)
    const name = nameOf(target)
    const owner = truth.ownerOf(name)
    if (truth.keysOf(name).length === 0)
      this.#failRecord(`${this.#tell(name, target)} is created without a ledger entry written before`)
    if (
      owner?.of === 'foreign' &&
      owner.sinceMs < this.#nowMs - seenAfterMs(world) &&
      world.ssoAdmin.isAssigned(target)
    )
      this.#failForeign(`${this.#tell(name, target)} was there before, by others, and is taken for ours`)
    truth.noteRequest('creation', target)
  }

  #checkDeletion(target: AssignmentTarget, windowMs: number): void {
    const { truth, wishes, world } = this.#watched
    const name = nameOf(target)
    const told = `revokes ${this.#tell(name, target)}`
    const entries = truth.keysOf(name)
    if (truth.ownerOf(name)?.of === 'foreign') this.#failForeign(`${told}, which ssofile did not make`)
    if (entries.some((key) => truth.entries.get(key)?.releasedAt !== undefined))
      this.#failForeign(`${told}, which an operator has released`)
    // Time alone ends what a link asks for.
    wishes.note()
    const sinceMs = wishes.sinceMs(name) ?? Number.POSITIVE_INFINITY
    if (sinceMs <= this.#nowMs - windowMs) this.#failForeign(`${told}, which a link granted throughout its evaluation`)
    const goneForMs = wishes.goneForMs(target.principalId) ?? Number.POSITIVE_INFINITY
    const graceMs = world.configuration.orphanGraceMinutes * 60_000 - 2 * world.skewMs
    if (goneForMs < graceMs && entries.some((key) => this.#isKept(key, target, windowMs)))
      this.#failForeign(`${told}, whose principal is gone for only ${Math.round(goneForMs / 60_000)} minutes`)
    truth.noteRequest('deletion', target)
  }

  /** A link asks for it by the last name of its principal, which is gone, and nobody else of that name has it instead. */
  #isKept(key: string, { principalId, ...rest }: AssignmentTarget, windowMs: number): boolean {
    const { world, wishes, truth } = this.#watched
    const lastName = world.names.principal(principalId)
    const heir = world.identityStore.idOf(rest.principalType, lastName)
    if (heir !== undefined && world.ssoAdmin.isAssigned({ ...rest, principalId: heir })) return false
    const askedMs = wishes.askedSinceMs(assignmentOfKey(key, world)) ?? Number.POSITIVE_INFINITY
    return askedMs <= this.#nowMs - windowMs && truth.entries.get(key)?.principal === lastName
  }

  /** The product has written this entry. `isByOperator`: a command that takes over. */
  noteWritten(key: string, entry: Readonly<Record<string, unknown>>, isByOperator: boolean): void {
    const { world, truth, wishes } = this.#watched
    if (world.unreadable.isOverwritten(key) && !world.isRestoring)
      this.#failRecord(`${key} cannot be read, and is overwritten`)
    const before = truth.entries.get(key)
    const name = recordedName(key, entry)
    wishes.noteEntry(entry)
    truth.noteWritten(key, entry, seenAfterMs(world))
    if (before && recordedName(key, before) !== name) this.#checkForgotten(recordedName(key, before))
    if (isByOperator && entry.releasedAt === undefined) this.#noteAdopted(key, name)
    // After a creation that AWS did not take the entry is again what it was.
    const isFound = entry.missingSince !== undefined && entry.missingSince !== this.#missingSince.get(key)
    if (isFound) this.#missingSince.set(key, entry.missingSince)
    if (isFound && (this.#isThereSince(name) || this.#isThereSinceMade(name)) && !world.isRestoring)
      this.#failRecord(`${key} is recorded as missing, and is there all the time`)
  }

  /** However far listings lag: what they lack is believed only when they must know of the creation. */
  #isThereSinceMade(name: string): boolean {
    const { truth, world } = this.#watched
    truth.settle()
    return truth.ownerOf(name)?.isMade === true && !isHindered(world) && !world.losses.hasAny
  }

  #isThereSince(name: string): boolean {
    const { truth, world } = this.#watched
    const { sinceMs = Number.POSITIVE_INFINITY } = truth.ownerOf(name) ?? {}
    return sinceMs < this.#nowMs - seenAfterMs(world)
  }

  #noteAdopted(key: string, name: string): void {
    const { world, truth } = this.#watched
    if (truth.ownerOf(name) !== undefined) truth.noteTakenOver(name, 'ours')
    // Somebody has just removed it: what the ledger has and nobody else, a drift check finds.
    else world.wasDrifted = true
    if (world.keys('links_data/').length === 0)
      this.#failForeign(`${key} is taken over without any link: it would be revoked`)
  }

  /** The product has removed this entry: nothing of it is there, or comes; but what was released is others' from now on. */
  noteRemoved(key: string): void {
    const { world, truth } = this.#watched
    truth.settle()
    const entry = truth.entries.get(key)
    truth.entries.delete(key)
    if (!entry) return
    const name = recordedName(key, entry)
    if (world.unreadable.isOverwritten(key) && !world.isRestoring)
      this.#failRecord(`${key} cannot be read, and is removed`)
    if (entry.releasedAt !== undefined) {
      const foreign = world.readJson(`foreign/${key.slice('assignments/'.length)}`)
      const isTold = foreign?.principalId === entry.principalId && foreign?.permissionSetArn === entry.permissionSetArn
      if (truth.ownerOf(name) && !isTold) this.#failRecord(`${key} is released, and foreign/ does not have it`)
      truth.noteTakenOver(name, 'foreign')
      return
    }
    const leftForMs = this.#nowMs - (this.#leftMs.get(accountOfKey(key)) ?? Number.NEGATIVE_INFINITY)
    const wasMade = entry.lastCreation !== undefined || entry.grantedAt !== undefined
    if (wasMade && leftForMs > underWayMs && leftForMs < goneAfterMs - 2 * world.skewMs)
      this.#failRecord(`${key} is released ${Math.round(leftForMs / 60_000)} minutes after its account left`)
    this.#checkForgotten(name)
  }

  #checkForgotten(name: string): void {
    const { world, truth } = this.#watched
    if (truth.keysOf(name).length > 0 || world.losses.hasLost(name)) return
    if (truth.isOurs(name) && world.ssoAdmin.assignments().some((one) => nameOf(one) === name))
      this.#failRecord(`the ledger entry of '${name}' is removed while the access is there`)
    for (const { target } of world.ssoAdmin.outstandingRequests())
      if (nameOf(target) === name && truth.isRequested(target, 'creation'))
        this.#failRecord(`the ledger entry of '${name}' is removed while its creation is in progress`)
  }

  /** What ssofile gave is not called foreign. `key`: under `foreign/`. */
  noteForeign(key: string): void {
    const { world, truth } = this.#watched
    const record = `assignments/${key.slice('foreign/'.length)}`
    const name = recordedName(record, world.readJson(key) ?? {})
    const isReleased = truth.entries.get(record)?.releasedAt !== undefined
    if (truth.isOurs(name) && this.#isThereSince(name) && !isReleased)
      this.#failForeign(`${key} is written, although ssofile gave it`)
  }

  /** A command has written this link: all that it asks for was there a moment ago, or other links ask for it too. */
  checkImported(link: string): void {
    const { world, wishes } = this.#watched
    const { objects, organizations, clock } = world
    const asked = (grants: (key: string) => boolean) => desiredNow(objects, organizations, clock.now(), { grants })
    for (const assignment of asked((key) => key === link).difference(asked((key) => key !== link))) {
      const name = wishes.targetOf(assignment)
      const seenMs = this.#seenMs.get(name ?? '') ?? Number.NEGATIVE_INFINITY
      if (name !== undefined && seenMs < this.#nowMs - seenAfterMs(world))
        this.#failForeign(`an import writes ${link}, which grants '${assignment}', and that is not there`)
    }
  }

  #tell(name: string, target: AssignmentTarget): string {
    const links = this.#watched.truth.keysOf(name).flatMap((key) => linksOf(this.#watched.truth.entries.get(key) ?? {}))
    return `${describeTarget(target, this.#watched.world)}${links.length > 0 ? ` (${links.join(', ')})` : ''}`
  }

  get #nowMs(): number {
    return this.#watched.world.clock.monotonicMs()
  }

  #failRecord(message: string): void {
    this.#watched.fail(promises.record, message)
  }

  #failForeign(message: string): void {
    this.#watched.fail(promises.foreign, message)
  }
}

/** It does nothing: a process that was frozen lets go of what it was about to send. */
function isAborted(options: unknown): boolean {
  const signal = typeof options === 'object' && options !== null && 'signal' in options ? options.signal : undefined
  return signal instanceof AbortSignal && signal.aborted
}
