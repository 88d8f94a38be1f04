import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import { desiredNow } from '../desired.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { nameOf } from './assignment-names.ts'
import { promises } from './violation.ts'
import type { Watched } from './watched.ts'

/**
 * Part of promises 2 and 3, for the commands of operators: an import takes over only what is there and grants nothing, and
 * what a release lets go of stands in `foreign/` from then on.
 */
export class TakeOverWatch {
  readonly #watched: Watched
  /** What has gone from Identity Center, and when that was seen. */
  readonly #goneMs = new Map<string, number>()
  #there: ReadonlySet<string> = new Set()
  /** The entries that say that a command has begun to release them: if it died, the dispatcher does the rest. */
  readonly #begun = new Set<string>()
  /** When a command listed last what an account has of a permission set, or what a principal has. */
  readonly #listedMs = new Map<string, number>()

  constructor(watched: Watched) {
    this.#watched = watched
  }

  isOperator(process: string): boolean {
    return process.startsWith('operator ')
  }

  /** After each step. */
  note({ ssoAdmin, clock }: SimulatedWorld): void {
    const there = new Set(ssoAdmin.assignments().map(nameOf))
    for (const name of this.#there) if (!there.has(name)) this.#goneMs.set(name, clock.monotonicMs())
    this.#there = there
  }

  noteCall(process: string, operation: string, [first, second]: readonly unknown[]): void {
    if (!this.isOperator(process)) return
    const nowMs = this.#watched.world.clock.monotonicMs()
    if (operation === 'listAccountAssignments')
      this.#listedMs.set(`${process} ${String(first)} ${String(second)}`, nowMs)
    if (operation === 'listAccountAssignmentsForPrincipal')
      this.#listedMs.set(`${process} ${principalIn(first)}`, nowMs)
  }

  #listedAtMs(process: string, name: string): number {
    const [account, arn, principal] = name.split(' ')
    const times = [`${account} ${arn}`, principal].map((what) => this.#listedMs.get(`${process} ${what}`))
    return Math.max(...times.map((ms) => ms ?? Number.NEGATIVE_INFINITY))
  }

  /** A command has written this link: all that it asks for was there when it looked last, or other links ask for it too. */
  checkLink(process: string, key: string): void {
    const { world, desires, fail } = this.#watched
    const { objects, organizations, clock } = world
    const others = desiredNow(objects, organizations, clock.now(), { grants: (link) => link !== key })
    for (const assignment of desiredNow(objects, organizations, clock.now(), { grants: (link) => link === key })) {
      const name = desires.targetOf(assignment)
      const goneMs = this.#goneMs.get(name ?? '') ?? Number.NEGATIVE_INFINITY
      if (name === undefined || this.#there.has(name) || others.has(assignment)) continue
      const wasSeen = goneMs > this.#listedAtMs(process, name) - (world.settings.readLagMs ?? 0)
      if (wasSeen) continue
      fail(promises.foreign, `an import writes ${key}, which grants '${assignment}', and that is not there`)
    }
  }

  /** An entry is written. */
  noteWritten(key: string, { releasedAt }: Readonly<Record<string, unknown>>): void {
    if (releasedAt === undefined) this.#begun.delete(key)
    else this.#begun.add(key)
  }

  /** `key`: of the entry, or of what `foreign/` has of it. */
  isBeingReleased(key: string): boolean {
    return this.#begun.has(key.replace(/^foreign\//, 'assignments/'))
  }

  /** A command has made these entries. */
  checkAdopted(key: string, names: readonly string[]): void {
    const { world, access } = this.#watched
    for (const name of names) {
      if (access.ownerOf(name) !== undefined) access.noteAdopted(name)
      // Somebody has just removed it: what the ledger has and nobody else, a drift check finds.
      else world.wasDrifted = true
    }
    if (world.keys('links_data/').length === 0)
      this.#watched.fail(promises.foreign, `${key} is taken over without any link: it would be revoked`)
  }

  /** An entry that a command began to release is removed, which had recorded these. */
  checkReleased(key: string, names: readonly string[], there: readonly AssignmentTarget[]): void {
    const { world, access, fail } = this.#watched
    this.#begun.delete(key)
    const foreign = world.readJson(`foreign/${key.slice('assignments/'.length)}`)
    for (const target of there.filter((one) => names.includes(nameOf(one)))) {
      if (foreign?.principalId !== target.principalId || foreign.permissionSetArn !== target.permissionSetArn)
        fail(promises.record, `${key} is released, and foreign/ does not have it`)
      access.noteReleased(nameOf(target))
    }
  }
}

function principalIn(argument: unknown): string {
  const isPrincipal = typeof argument === 'object' && argument !== null && 'principalId' in argument
  return isPrincipal ? String(argument.principalId) : ''
}
