import type { ObjectChange } from '../../../shared/memory/s3/object-change.ts'
import { grantsNow } from '../desired.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { assignmentOfKey, splitAssignment } from './assignment-names.ts'

const linkGrammar =
  /^links_data\/(?:(?:folder-[ab]|temporary)\/)?(root%all|account%\d{12})%([\w-]+%.+%(?:GROUP|USER)%ssofile)$/su
const grantOfLink = /^links_data\/(?:[^%]*\/)?[^%/]+%[^%]*%([\w-]+%.+%(?:GROUP|USER)%ssofile)$/su

/** What nobody can read neither grants nor revokes. */
export class SpoilWatch {
  readonly #world: SimulatedWorld
  /** Which process wrote each ledger entry last: what it had begun may still come about. */
  readonly #writer = new Map<string, string>()
  /** By process and link: it was given that, or an answer that it is absent. */
  readonly #given = new Set<string>()
  /** By process and grant: it was given a link of that grant that is in force, in whatever folder and scope. */
  readonly #granting = new Set<string>()
  /** When each link was uploaded last: nobody could look at it before. */
  readonly #uploadedMs = new Map<string, number>()

  constructor(world: SimulatedWorld) {
    this.#world = world
  }

  noteLink(key: string): void {
    this.#uploadedMs.set(key, this.#world.clock.monotonicMs())
  }

  noteGet(process: string, key: string): void {
    if (!key.startsWith('links_data/')) return
    this.#given.add(`${process} ${key}`)
    const { objects, clock, unreadable } = this.#world
    const found = objects.model.find(key)
    const [, grant] = grantOfLink.exec(key) ?? []
    const isInForce = found !== undefined && grantsNow(Buffer.from(found.body).toString(), clock.now())
    if (grant !== undefined && isInForce && !unreadable.refused.includes(key)) this.#granting.add(`${process} ${grant}`)
  }

  /** Something that the product changed under `assignments/`. */
  complainAboutChange(process: string, { key, eventName }: ObjectChange): string | undefined {
    if (eventName.startsWith('ObjectRemoved')) this.#writer.delete(key)
    else this.#writer.set(key, process)
    const how = eventName.startsWith('ObjectRemoved') ? 'removed' : 'overwritten'
    // An operator's restoration is what mends it.
    if (this.#world.isRestoring) this.#world.unreadable.noteRestored(key)
    return this.#world.unreadable.isOverwritten(key) ? `${key} cannot be read, and is ${how}` : undefined
  }

  /**
   * `keys`: the ledger entries that an assignment which is about to be granted or revoked may belong to. `own`: the key of
   * its present names: links mean nobody who had their name before. `beganMs`: the evaluation; what came later was not there
   * to be looked at.
   */
  complainAboutCall(process: string, keys: readonly string[], own: string, beganMs: number): string | undefined {
    if (keys.length === 0) return undefined
    const reasons = keys.map(
      (key) =>
        this.#complainAboutEntry(process, key) ??
        (key === own ? this.#complainAboutLinks(process, key, beganMs) : undefined),
    )
    return reasons.includes(undefined) ? undefined : reasons[0]
  }

  #complainAboutEntry(process: string, key: string): string | undefined {
    const isSpoiled = this.#world.unreadable.isSpoiled(key) && this.#writer.get(key) !== process
    return isSpoiled ? `while nobody can read ${key}` : undefined
  }

  /** Only links that are always looked at: where the account is, or what tags it has, may be known wrongly. */
  #complainAboutLinks(process: string, key: string, beganMs: number): string | undefined {
    const { unreadable, organizations } = this.#world
    const [accountId, set, ...rest] = splitAssignment(assignmentOfKey(key, this.#world))
    const [account, grant] = [`account%${accountId}`, `${[set, ...rest].join('%')}%ssofile`]
    const { state } = organizations.accountsNow().find(({ id }) => account.endsWith(id)) ?? {}
    // What nobody can read holds up no other link, and that one says enough.
    if (this.#granting.has(`${process} ${grant}`)) return undefined
    if (state !== 'ACTIVE' || this.#world.wasSuspended) return undefined
    const refused = unreadable.refused.find((link) => {
      const [, scope, asked] = linkGrammar.exec(link) ?? []
      const isAsked = asked === grant && (scope === 'root%all' || scope === account)
      const wasThere = (this.#uploadedMs.get(link) ?? Number.NEGATIVE_INFINITY) <= beganMs
      return isAsked && wasThere && !this.#given.has(`${process} ${link}`)
    })
    return refused === undefined ? undefined : `while S3 refuses to give ${refused}`
  }
}
