import type { IdentityStoreChange } from '../../../shared/memory/identity-store/identity-store-records.ts'
import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import type { SimulatedWorld } from '../simulated-world.ts'

const rebindHeader = 'x-amz-meta-ssofile-rebind'

/** One content of a link, from when it was uploaded, or asked to count as new, until it is another, or nothing is left of it. */
type Life = {
  readonly content: string
  readonly rebind: string | undefined
  /** The user that its status, or only a ledger entry, has named first. */
  told?: string
  recorded?: string
  /** Users of the life before: maybe nobody of the product has seen that it ended. */
  doubted: readonly string[]
}

/** What the checker knows of ids: which are gone since when, and to which user each link is bound. */
export class PrincipalWatch {
  readonly #world: SimulatedWorld
  readonly #isSuspended: (id: string) => boolean
  readonly #goneMs = new Map<string, number>()
  readonly #lives = new Map<string, Life>()

  /** `isSuspended`: whether a file says that this user has nothing. */
  constructor(world: SimulatedWorld, isSuspended: (id: string) => boolean) {
    this.#world = world
    this.#isSuspended = isSuspended
  }

  noteChange(change: IdentityStoreChange): void {
    const nowMs = this.#world.clock.monotonicMs()
    if (change.event === 'DeleteGroup') this.#goneMs.set(change.groupId, nowMs)
  }

  /** An upload of the same content changes nothing, also after a deletion of which something is left. */
  noteLink(key: string): void {
    const stored = this.#world.objects.model.find(key)
    if (!stored || !key.includes('%USER%')) return
    const content = Buffer.from(stored.body).toString('hex')
    const life = this.#lives.get(key)
    const asked = stored.headers[rebindHeader]
    const asksAnew = asked !== undefined && !(life?.rebind !== undefined && life.rebind >= asked)
    if (life && life.content === content && !asksAnew) return
    const doubted = [life?.told, life?.recorded, ...(life?.doubted ?? [])].filter((id) => id !== undefined)
    this.#lives.set(key, { content, rebind: asksAnew ? asked : life?.rebind, doubted })
  }

  /** A link of a user that is applied says to whom (design, "What is desired"). */
  noteStatus(key: string): void {
    const told = this.#world.readJson(key)
    const link = key.slice('status/'.length, -'.json'.length)
    if (!told) return void this.#lives.delete(link)
    const life = this.#lives.get(link)
    const isOfNow = told.etag === this.#world.objects.model.find(link)?.etag && told.rebind === life?.rebind
    if (!life || !isOfNow || told.etag === undefined) return
    if (typeof told.principalId !== 'string') life.doubted = []
    else if (told.state === 'applied') life.told ??= told.principalId
    if (life.told !== undefined) life.doubted = []
  }

  noteEntry(entry: Readonly<Record<string, unknown>>): void {
    if (entry.state !== 'granted' || typeof entry.principalId !== 'string' || !Array.isArray(entry.links)) return
    for (const { key } of entry.links) {
      const life = this.#lives.get(String(key))
      if (life) life.recorded ??= entry.principalId
    }
  }

  /** Whether a file suspends the user who has the name in this link now. */
  isOfSuspended(key: string): boolean {
    const bearer = this.#bearerOf(key)
    return bearer !== undefined && this.#isSuspended(bearer)
  }

  #bearerOf(key: string): string | undefined {
    const [, name] = /%([^%]+)%USER%ssofile$/.exec(key) ?? []
    return name === undefined ? undefined : this.#world.identityStore.idOf('USER', name)
  }

  /**
   * Whether a link grants to the user who bears its name now; `certainly`: not either where nobody was told to whom it is
   * bound, and only the ledger knew.
   */
  grants(key: string, how: 'certainly' | 'possibly'): boolean {
    const bearer = this.#bearerOf(key)
    const life = this.#lives.get(key)
    if (this.isOfSuspended(key)) return false
    if (bearer === undefined || !life) return true
    // An object that still says so asks to count as new, whoever has looked at it.
    const asked = this.#world.objects.model.find(key)?.headers[rebindHeader]
    const isAsking = asked !== undefined && asked === life.rebind
    if (how === 'certainly' && !isAsking && life.doubted.some((id) => id !== bearer)) return false
    const bound = life.told ?? (how === 'certainly' ? life.recorded : undefined)
    return bound === undefined || bound === bearer
  }

  /**
   * Why it is too early to take away the access of a group that is gone (of a user it is not: who is gone has left), while a link
   * still asks for it and nobody has it instead: its grace. `skewMs`: how far clocks may be off.
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
