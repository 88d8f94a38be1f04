import type { IdentityStoreChange } from '../../../shared/memory/identity-store/identity-store-records.ts'
import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import type { SimulatedWorld } from '../simulated-world.ts'

/** What the checker knows of ids: which are gone since when, and to which user each version of a link is bound. */
export class PrincipalWatch {
  readonly #world: SimulatedWorld
  readonly #goneMs = new Map<string, number>()
  /** By link and version: the user that its status, or only a ledger entry, has named first. */
  readonly #told = new Map<string, string>()
  readonly #recorded = new Map<string, string>()

  constructor(world: SimulatedWorld) {
    this.#world = world
  }

  noteChange(change: IdentityStoreChange): void {
    const nowMs = this.#world.clock.monotonicMs()
    if (change.event === 'DeleteGroup') this.#goneMs.set(change.groupId, nowMs)
    if (change.event === 'DeleteUser') this.#goneMs.set(change.userId, nowMs)
  }

  /** A link of a user that is applied says to whom (design, "What is desired"). */
  noteStatus(key: string): void {
    const told = this.#world.readJson(key)
    if (told?.state !== 'applied' || typeof told.principalId !== 'string' || !key.includes('%USER%')) return
    remember(this.#told, `${String(told.input)} ${Date.parse(String(told.lastModified))}`, told.principalId)
  }

  noteEntry(entry: Readonly<Record<string, unknown>>): void {
    if (entry.state !== 'granted' || typeof entry.principalId !== 'string' || !Array.isArray(entry.links)) return
    for (const link of entry.links) {
      if (String(link.key).includes('%USER%'))
        remember(this.#recorded, `${String(link.key)} ${Date.parse(String(link.lastModified))}`, entry.principalId)
    }
  }

  /**
   * Whether a link grants to the user who bears its name now; `certainly`: not either where nobody was told to whom it is
   * bound, and only the ledger knew.
   */
  grants(key: string, how: 'certainly' | 'possibly'): boolean {
    const [, name] = /%([^%]+)%USER%ssofile$/.exec(key) ?? []
    const bearer = name === undefined ? undefined : this.#world.identityStore.idOf('USER', name)
    if (bearer === undefined) return true
    const lastModified = this.#world.objects.model.find(key)?.lastModified.getTime()
    const version = `${key} ${lastModified}`
    const bound = this.#told.get(version) ?? (how === 'certainly' ? this.#recorded.get(version) : undefined)
    return bound === undefined || bound === bearer
  }

  /**
   * Why it is too early to take away the access of an id that is gone, while a link still asks for it and nobody has it
   * instead: its grace. `skewMs`: how far clocks may be off.
   */
  complainAboutOrphan({ principalId }: AssignmentTarget, skewMs: number): string | undefined {
    const { clock, configuration } = this.#world
    const goneMs = this.#goneMs.get(principalId)
    if (goneMs === undefined) return undefined
    const sinceMs = clock.monotonicMs() - goneMs
    if (sinceMs >= configuration.orphanGraceMinutes * 60_000 - 2 * skewMs) return undefined
    return `whose principal is gone for only ${Math.round(sinceMs / 60_000)} minutes, and nobody has it instead`
  }
}

function remember(known: Map<string, string>, version: string, id: string): void {
  if (!known.has(version)) known.set(version, id)
}
