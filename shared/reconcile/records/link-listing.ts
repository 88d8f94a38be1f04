import type { Configuration } from '../../domain/deployment/configuration.ts'
import { linkPrefix, parseLinkKey } from '../../domain/links/link.ts'
import type { Scope } from '../../domain/scopes/scope.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { onceEach } from '../../ports/once.ts'
import { type LinkReading, readLink } from './read-link.ts'
import { SharedReadings } from './shared-readings.ts'

/**
 * A listing has about 300 bytes for each link. With more links than this, it takes longer than single reads of the few links that may grant
 * something.
 */
const listedMost = 250
/** S3 dates objects in whole seconds. If an object is older than this when ssofile reads it, a later replacement has another date. */
const datedMs = 2_000

/** The scope kinds that the links use. */
export type ScopeKinds = ReadonlySet<Scope['kind']>
/** `undefined`: the key is no link. */
type Kind = Scope['kind'] | undefined

/** The links at one moment. */
export type ListedLinks = {
  readonly read: (key: string) => Promise<LinkReading>
  readonly kinds: ScopeKinds
}

/**
 * Lists the links in one request, instead of one read for each link that could grant something. One listing serves all hints that were
 * pulled before it. A link's reading stays valid while the listing shows the same object. If there are too many links, callers read each
 * link.
 */
export class LinkListing {
  readonly #objects: ObjectStore
  readonly #configuration: Pick<Configuration, 'folders'>
  readonly #known = new Map<string, LinkReading & { readonly state: 'in-force' }>()
  /** By listed key, so that each key is parsed once. */
  #kinds: ReadonlyMap<string, Kind> = new Map()
  #isLong = false
  readonly #shared: SharedReadings<ListedLinks | undefined>

  constructor(objects: ObjectStore, configuration: Pick<Configuration, 'folders'>, clock: Clock) {
    this.#objects = objects
    this.#configuration = configuration
    this.#shared = new SharedReadings(clock)
  }

  /**
   * Lists the links as they are now: listings are strongly consistent. `sinceMs` (monotonic): a listing from this moment or later is fresh
   * enough. `undefined`: there are too many links.
   */
  look(sinceMs?: number): Promise<ListedLinks | undefined> {
    return sinceMs === undefined ? this.#list() : this.#shared.read('', sinceMs, () => this.#list())
  }

  async #list(): Promise<ListedLinks | undefined> {
    if (this.#isLong) return undefined
    const heads = new Map<string, ObjectHead>()
    for await (const head of this.#objects.list(linkPrefix)) {
      this.#isLong = heads.set(head.key, head).size > listedMost
      if (this.#isLong) return undefined
    }
    this.#kinds = new Map(heads.keys().map((key) => [key, this.#kindOf(key)]))
    return { kinds: allOf(this.#kinds.values()), read: onceEach((key: string) => this.#read(key, heads.get(key))) }
  }

  #kindOf(key: string): Kind {
    return this.#kinds.has(key) ? this.#kinds.get(key) : kindOf(key, this.#configuration.folders)
  }

  async #read(key: string, head: ObjectHead | undefined): Promise<LinkReading> {
    const known = this.#known.get(key)
    if (head && known && isSameObject(known.object, head)) return known
    this.#known.delete(key)
    if (!head) {
      const link = parseLinkKey(key, this.#configuration.folders)
      return { state: 'absent', link: link.ok ? link.value : undefined }
    }
    const reading = await readLink(this.#objects, key, this.#configuration)
    if (reading.state === 'in-force' && isLasting(reading)) this.#known.set(key, reading)
    return reading
  }
}

function isSameObject(a: ObjectHead, b: ObjectHead): boolean {
  return a.etag === b.etag && a.size === b.size && a.lastModified.getTime() === b.lastModified.getTime()
}

/** Whether the link means the same until somebody replaces it. */
function isLasting({ object, body }: LinkReading & { readonly state: 'in-force' }): boolean {
  const isDated = object.servedAt.getTime() - object.lastModified.getTime() >= datedMs
  return isDated && body.expiresAt === undefined && body.notBefore === undefined
}

export function kindsOf(keys: Iterable<string>, { folders }: Pick<Configuration, 'folders'>): ScopeKinds {
  return allOf([...keys].map((key) => kindOf(key, folders)))
}

function allOf(kinds: Iterable<Kind>): ScopeKinds {
  const all = new Set<Scope['kind']>()
  for (const kind of kinds) if (kind) all.add(kind)
  return all
}

function kindOf(key: string, folders: readonly string[]): Kind {
  const link = parseLinkKey(key, folders)
  return link.ok ? link.value.scope.kind : undefined
}
