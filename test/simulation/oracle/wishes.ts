import type { IdentityStoreChange } from '../../../shared/memory/identity-store/identity-store-records.ts'
import type { ObjectChange } from '../../../shared/memory/s3/object-change.ts'
import { desiredNow } from '../desired.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { linksOf, splitAssignment } from './names.ts'

const rebindHeader = 'x-amz-meta-ssofile-rebind'

/** One content of a USER link, from its upload, or from the time when it asked to count as new, until the next content. */
type Life = {
  readonly content: string
  readonly rebind: string | undefined
  /** The user that its status named first. `recorded`: that only a ledger entry named. */
  told?: string
  recorded?: string
  /** Users of the former life. Maybe no process of the product has seen that it ended. */
  doubted: readonly string[]
}

/** The wishes of the files: the access, its beginning, and its user. */
export class Wishes {
  readonly #world: SimulatedWorld
  readonly #isSuspended: (id: string) => boolean
  readonly #lives = new Map<string, Life>()
  readonly #goneMs = new Map<string, number>()
  #desiredSinceMs = new Map<string, number>()
  #askedSinceMs = new Map<string, number>()

  /** `isSuspended`: whether a file suspends this user. */
  constructor(world: SimulatedWorld, isSuspended: (id: string) => boolean) {
    this.#world = world
    this.#isSuspended = isSuspended
  }

  /** The world of the links has changed. Unreadable files take nothing away. */
  note(): void {
    const nowMs = this.#world.clock.monotonicMs()
    const asked = this.now('certainly', { unclear: true })
    const names = asked.flatMap((desired) => this.targetOf(desired) ?? [])
    this.#askedSinceMs = new Map(asked.map((name) => [name, this.#askedSinceMs.get(name) ?? nowMs]))
    this.#desiredSinceMs = new Map(names.map((name) => [name, this.#desiredSinceMs.get(name) ?? nowMs]))
  }

  /** `among`: the links that count. `unclear`: whether an unreadable selector counts as selecting everything. */
  now(
    how: 'certainly' | 'possibly',
    {
      among = () => true,
      unclear = how === 'possibly',
    }: { readonly among?: (link: string) => boolean; readonly unclear?: boolean } = {},
  ): readonly string[] {
    const { objects, organizations, clock } = this.#world
    const grants = (link: string) => among(link) && this.grants(link, how)
    return [...desiredNow(objects, organizations, clock.now(), { grants, unclear })]
  }

  /** The time since when an assignment (by ids) is desired without a break. */
  sinceMs(name: string): number | undefined {
    return this.#desiredSinceMs.get(name)
  }

  /** The same by names. */
  askedSinceMs(assignment: string): number | undefined {
    return this.#askedSinceMs.get(assignment)
  }

  /** The assignment in Identity Center's ids. `undefined` while its permission set or principal is missing. */
  targetOf(desired: string): string | undefined {
    const { ssoAdmin, identityStore } = this.#world
    const [accountId, permissionSet = '', principal = '', type] = splitAssignment(desired)
    const arn = ssoAdmin.permissionSetArnOf(permissionSet)
    const id = identityStore.idOf(type === 'USER' ? 'USER' : 'GROUP', principal)
    return arn && id && [accountId, arn, id, type].join(' ')
  }

  noteDirectoryChange(change: IdentityStoreChange): void {
    const nowMs = this.#world.clock.monotonicMs()
    if (change.event === 'DeleteGroup') this.#goneMs.set(change.groupId, nowMs)
  }

  /** How long the principal has been gone. `undefined`: it exists. */
  goneForMs(principalId: string): number | undefined {
    const goneMs = this.#goneMs.get(principalId)
    return goneMs === undefined ? undefined : this.#world.clock.monotonicMs() - goneMs
  }

  noteChange({ key }: ObjectChange): void {
    if (key.startsWith('links_data/')) this.#noteLink(key)
    if (key.startsWith('status/links_data/')) this.#noteStatus(key)
  }

  /** An upload of the same content changes nothing, even after a deletion, if some access is left. */
  #noteLink(key: string): void {
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

  /** The status of an applied USER link names its user. */
  #noteStatus(key: string): void {
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

  /** Also counts access that ends before a status named it, because its user was suspended. */
  noteEntry(entry: Readonly<Record<string, unknown>>): void {
    const isGiven = entry.state === 'granted' || entry.state === 'revoking'
    if (!isGiven || typeof entry.principalId !== 'string') return
    for (const key of linksOf(entry)) {
      const life = this.#lives.get(key)
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

  /** Whether a link grants access to the user with its name now. `certainly`: there is no doubt about the user to whom it is bound. */
  grants(key: string, how: 'certainly' | 'possibly'): boolean {
    const bearer = this.#bearerOf(key)
    const life = this.#lives.get(key)
    if (this.isOfSuspended(key)) return false
    if (bearer === undefined || !life) return true
    // An object with this header asks to count as new, even if ssofile has already looked at it.
    const asked = this.#world.objects.model.find(key)?.headers[rebindHeader]
    const isAsking = asked !== undefined && asked === life.rebind
    if (how === 'certainly' && !isAsking && life.doubted.some((id) => id !== bearer)) return false
    const bound = life.told ?? (how === 'certainly' ? life.recorded : undefined)
    return bound === undefined || bound === bearer
  }
}
