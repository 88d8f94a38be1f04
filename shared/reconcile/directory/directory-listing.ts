import { membershipKey, parseMembershipAnywhere } from '../../domain/files/membership-file.ts'
import {
  findNeeded,
  findOtherCapitals,
  matchesRule,
  type OtherCapitals,
  type Rule,
  type Spellings,
} from '../../domain/files/rule-file.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { nameInLinks, type PrincipalName } from '../../domain/principals/principal.ts'
import type { AttributeName } from '../../domain/principals/user-attributes.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { DirectoryPerson, IdentityStore } from '../../ports/identity-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { readNow } from '../records/owner.ts'
import { isSpoiled, type SpoiledObjectError, type Stored, unlessSpoiled } from '../records/stored-json.ts'
import {
  forgetBefore,
  isListingStored,
  type ListingRun,
  type Listings,
  listChangedUsers,
  listingsRecord,
  readParts,
  writePart,
} from '../records/stored-listing.ts'

/** SQS and this process have different clocks. */
const clocksDifferMs = 5_000

/** The people whom a rule matches, by name without `principalSuffix`. `unread`: people for whom it is unknown. */
export type Meant = {
  readonly matching: ReadonlyMap<PrincipalId, PrincipalName>
  readonly unread: ReadonlySet<PrincipalId>
  /** The number of people whose names cannot be in the key of a membership. */
  readonly unnameable: number
  readonly otherCapitals: readonly OtherCapitals[]
}

/** AWS lists 100 people a page. A directory of more people is stored in parts of this size. */
const pagesOfPart = 50
/** At AWS's rate a part takes some seconds. After this time without a new part, its process counts as dead. */
const stalledMs = 60_000
const waitsMs = 2_000
/** The hourly reconcile lists again before that. */
const oldMs = 2 * 60 * 60_000
/** Users with an event since the listing began are read one by one: half a minute at AWS's rate. */
const changedMost = 500
/**
 * The hourly reconcile wants a listing that began after that, which a retry of Lambda then finds. So do all others if more users have
 * changed. Each of these is also looked at because of the event. An open listing that is older begins again.
 */
export const recentMs = 30 * 60_000

type ListingPorts = Pick<Ports, 'objects' | 'clock' | 'randomness'> & {
  readonly identityStore: Pick<IdentityStore, 'listPeople' | 'findUser'>
}

/**
 * All people of the directory, listed once for all rules. Only a complete listing is used, and only as a hint: whoever gives or takes a
 * membership reads that user again.
 *
 * A small directory is listed by each process: the listing for a message includes every change before the message was sent. In a large one
 * that takes minutes, so all processes share one listing, stored by parts. Another process continues it if one dies. Users with an event
 * since it began are read again.
 */
export class DirectoryListing {
  readonly #ports: ListingPorts
  readonly #suffix: string
  #last: { readonly beganMs: number; readonly people: Promise<ListedPeople | 'large'> } | undefined
  /** The listing that begins when the last one is over. */
  #next: Promise<ListedPeople | 'large'> | undefined
  #loaded: { readonly run: string; readonly people: Promise<ListedPeople | undefined> } | undefined
  /** The etag of the record after this process has written to it. */
  #written: string | undefined
  #step: Promise<void> | undefined
  readonly #changed = new Map<string, Promise<DirectoryPerson | undefined>>()

  /** `ports`: with a patient identity store. */
  constructor(ports: ListingPorts, suffix: string) {
    this.#ports = ports
    this.#suffix = suffix
  }

  /** `sentMs`: when the message was sent; absent: now. `mostMs`: the greatest age of a stored listing. */
  async read(sentMs?: number, mostMs = oldMs): Promise<ListedPeople> {
    const people = (await isListingStored(this.#ports.objects)) ? 'large' : await this.#readSmall(sentMs)
    return people === 'large' ? this.#readStored(mostMs) : people
  }

  /** The next listing begins after all its readers asked. So it shows every change before their messages, and they share it. */
  #readSmall(sentMs: number | undefined): Promise<ListedPeople | 'large'> {
    const last = this.#last
    if (last !== undefined && sentMs !== undefined && last.beganMs > sentMs + clocksDifferMs) return last.people
    this.#next ??= this.#listNext(last?.people)
    return this.#next
  }

  /** Listings run one after another, because the directory answers few calls a second. */
  async #listNext(last: Promise<unknown> | undefined): Promise<ListedPeople | 'large'> {
    await last?.catch(() => {})
    this.#next = undefined
    const begun = { beganMs: this.#ports.clock.now().getTime(), people: this.#listSmall() }
    this.#last = begun
    begun.people.catch(() => {
      if (this.#last === begun) this.#last = undefined
    })
    return begun.people
  }

  async #listSmall(): Promise<ListedPeople | 'large'> {
    const { people, token } = await listPages(this.#ports, undefined)
    return token === undefined ? new ListedPeople(people, this.#suffix) : 'large'
  }

  async #readStored(mostMs: number): Promise<ListedPeople> {
    const { objects, clock } = this.#ports
    const beganMs = (await readNow(this.#ports)).getTime()
    for (;;) {
      const stored = await unlessSpoiled(listingsRecord.of(objects).read())
      const { complete, open } = listingsIn(stored)
      const ageMs = complete ? beganMs - Date.parse(complete.beganAt) : Number.POSITIVE_INFINITY
      const people = complete && ageMs < mostMs ? await this.#load(complete, ageMs < recentMs) : undefined
      if (people) return people
      const { etag, lastModified, servedAt = new Date(beganMs) } = stored?.object ?? {}
      const isAtWork = open && etag !== this.#written && servedAt.getTime() - (lastModified?.getTime() ?? 0) < stalledMs
      if (isAtWork) await clock.sleep(waitsMs)
      else await this.#listOn(stored)
    }
  }

  /** `undefined`: a part is gone, or too many users have changed. */
  async #load(run: ListingRun, isRecent: boolean): Promise<ListedPeople | undefined> {
    const { objects, identityStore } = this.#ports
    const changed = await listChangedUsers(objects, run)
    if (changed.length > changedMost && !isRecent) return undefined
    if (this.#loaded?.run !== run.id) {
      this.#changed.clear()
      const people = readParts(objects, run).then((listed) => listed && new ListedPeople(listed, this.#suffix))
      this.#loaded = { run: run.id, people }
      const forget = () => {
        if (this.#loaded?.people === people) this.#loaded = undefined
      }
      people.then((listed) => listed ?? forget(), forget)
    }
    const listed = await this.#loaded.people
    const now = await Promise.all(
      changed.slice(0, changedMost).map(async ({ user, atMs }) => {
        const change = `${user} ${atMs}`
        const found = this.#changed.get(change) ?? identityStore.findUser(user)
        this.#changed.set(change, found)
        found.catch(() => this.#changed.delete(change))
        return [user, await found] as const
      }),
    )
    return listed && new ListedPeople(listed, this.#suffix, new Map(now))
  }

  /** One part: all readers of this process wait for the same. */
  #listOn(stored: StoredListings): Promise<void> {
    this.#step ??= this.#listPart(stored).finally(() => {
      this.#step = undefined
    })
    return this.#step
  }

  async #listPart(stored: StoredListings): Promise<void> {
    const { objects, randomness } = this.#ports
    const now = await readNow(this.#ports)
    const { complete, open } = listingsIn(stored)
    const write = async (next: Omit<Listings, 'v'>) => {
      const written = await listingsRecord.of(objects).write({ v: 1, ...next }, stored?.object.etag)
      this.#written = written.outcome === 'written' ? written.etag : undefined
      return written.outcome === 'written'
    }
    if (open === undefined || now.getTime() - Date.parse(open.beganAt) > recentMs) {
      // Before the first page: from now on events note their users.
      await write({ complete, open: { id: randomness.id(), beganAt: renderInstant(now), parts: [] } })
      return
    }
    const { token, ...run } = open
    const read = await unlessCode(listPages(this.#ports, token), 'ValidationException')
    if (read === undefined) {
      // The token is too old.
      await write({ complete })
      return
    }
    const name = randomness.id()
    await writePart(objects, run, name, read.people)
    const next = { ...run, parts: [...run.parts, name] }
    if (read.token !== undefined) await write({ complete, open: { ...next, token: read.token } })
    else if (await write({ complete: next })) await forgetBefore(objects, next)
  }
}

type StoredListings = Stored<Listings> | SpoiledObjectError | undefined

/** A spoiled record is written again. */
function listingsIn(stored: StoredListings): Partial<Listings> {
  return stored === undefined || isSpoiled(stored) ? {} : stored.value
}

/** `token`: of the next page, if there is one. */
async function listPages({ identityStore }: Pick<ListingPorts, 'identityStore'>, from: string | undefined) {
  const people: DirectoryPerson[] = []
  const next = { token: from }
  for (let page = 0; page < pagesOfPart; page++) {
    const { items, nextToken } = await identityStore.listPeople(next.token)
    // No rule needs their profiles.
    for (const { id, name, isDisabled, attributes } of items) people.push({ id, name, isDisabled, attributes })
    next.token = nextToken
    if (nextToken === undefined) break
  }
  return { people, token: next.token }
}

type ByValue = ReadonlyMap<string | null | undefined, readonly DirectoryPerson[]>

/** A complete listing with an index by attribute values, because a rule usually names a value that few people have. */
export class ListedPeople {
  readonly #people: ReadonlyMap<PrincipalId, DirectoryPerson>
  readonly #suffix: string
  readonly #byValue: Map<AttributeName, ByValue>
  /** Without the changed people. */
  readonly #spellings: Map<AttributeName, Spellings>
  readonly #changed: ReadonlyMap<PrincipalId, DirectoryPerson | undefined>

  /** `listed`: with `changed`, the same listing with these people as they are now; `undefined`: the user is gone. */
  constructor(
    listed: readonly DirectoryPerson[] | ListedPeople,
    suffix: string,
    changed: ReadonlyMap<PrincipalId, DirectoryPerson | undefined> = new Map(),
  ) {
    const isSame = listed instanceof ListedPeople
    this.#people = isSame ? listed.#people : new Map(listed.map((person) => [person.id, person]))
    this.#byValue = isSame ? listed.#byValue : new Map()
    this.#spellings = isSame ? listed.#spellings : new Map()
    this.#suffix = suffix
    this.#changed = changed
  }

  find(id: PrincipalId): DirectoryPerson | undefined {
    return this.#changed.has(id) ? this.#changed.get(id) : this.#people.get(id)
  }

  has(id: PrincipalId): boolean {
    return this.find(id) !== undefined
  }

  /** Disabled people never match. */
  meantBy({ condition }: Rule, group: PrincipalName): Meant {
    const matching = new Map<PrincipalId, PrincipalName>()
    const unread = new Set<PrincipalId>()
    let unnameable = 0
    for (const listed of this.#candidatesOf(condition)) {
      const person = this.find(listed.id)
      if (person === undefined || person.isDisabled) continue
      const matches = matchesRule(condition, person.attributes)
      if (matches === false) continue
      if (matches === undefined) unread.add(person.id)
      else {
        const name = nameInKeys(person.name, group, this.#suffix)
        if (name === undefined) unnameable++
        else matching.set(person.id, name)
      }
    }
    const otherCapitals = findOtherCapitals(condition, (name) => this.#spellingsOf(name))
    return { matching, unread, unnameable, otherCapitals }
  }

  #candidatesOf(condition: Rule['condition']): Iterable<DirectoryPerson> {
    const needed = findNeeded(condition)
    const changed = [...this.#changed.values()].filter((person) => person !== undefined)
    if (needed === undefined) return [...this.#people.values(), ...changed]
    const byValue = this.#indexOf(needed.name)
    return [...changed, ...[...needed.exact, null].flatMap((value) => byValue.get(value) ?? [])]
  }

  #indexOf(name: AttributeName): ByValue {
    const known = this.#byValue.get(name)
    const byValue = known ?? Map.groupBy(this.#people.values(), ({ attributes }) => attributes[name])
    this.#byValue.set(name, byValue)
    return byValue
  }

  #spellingsOf(name: AttributeName): Spellings {
    const known = this.#spellings.get(name) ?? spell(this.#indexOf(name).keys())
    this.#spellings.set(name, known)
    if (this.#changed.size === 0) return known
    const changed = [...this.#changed.values()].map((person) => person?.attributes[name])
    return spell([...[...known.values()].flat(), ...changed])
  }
}

function spell(values: Iterable<string | null | undefined>): Spellings {
  const texts = [...new Set(values)].filter((value) => typeof value === 'string')
  return Map.groupBy(texts, (text) => text.toLowerCase())
}

/** `undefined`: no file can add this user to the group. */
export function nameInKeys(whole: string, group: PrincipalName, suffix: string): PrincipalName | undefined {
  const name = nameInLinks(whole, suffix)
  if (name === undefined || name.includes('%')) return undefined
  return parseMembershipAnywhere(membershipKey({ group, user: name }, undefined)).ok ? name : undefined
}
