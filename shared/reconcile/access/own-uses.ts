import type { OwnUse } from '../../domain/assignments/role-use.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { LastUse } from '../../domain/usage/roll-up.ts'
import type { Watched } from '../../domain/usage/watched.ts'
import { once } from '../../ports/once.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { LastUses } from '../usage/last-uses.ts'

type Used = Pick<LastUse, 'account'> & { readonly permissionSet: string }
export type OwnUseOf = (user: PrincipalId, access: Used) => OwnUse

/** If they are not asked for, the uses of more people than this are not read. */
const peopleMost = 20

/** The uses of each person, for callers who may read them. */
export class OwnUses {
  readonly #uses: LastUses
  readonly #isAsked: boolean
  readonly #now: string
  readonly #everybody = once(async () => indexOf(await this.#uses.all()))

  /** `isAsked`: reads everybody's uses, once. */
  constructor({ objects, clock }: Pick<Ports, 'objects' | 'clock'>, isAsked: boolean) {
    this.#uses = new LastUses(objects, clock)
    this.#isAsked = isAsked
    this.#now = renderInstant(clock.now())
  }

  /** `undefined`: nothing was ever counted, or the caller may not read it. */
  async watched(): Promise<Watched | undefined> {
    const watched = await unlessCode(this.#uses.watched(), 'AccessDenied')
    return watched?.since === undefined ? undefined : watched
  }

  async of(users: ReadonlySet<PrincipalId>): Promise<OwnUseOf | undefined> {
    const { since, gaps = [] } = (await this.watched()) ?? {}
    if (since === undefined || (!this.#isAsked && users.size > peopleMost)) return undefined
    const known = this.#isAsked ? await this.#everybody() : indexOf((await this.#each(users)).flat())
    const common = { countedSince: gaps.at(-1)?.to ?? since, asOf: this.#now }
    return (user, access) => ({ ...common, last: known.get(keyOf(user, access)) })
  }

  #each(users: ReadonlySet<PrincipalId>): Promise<readonly (readonly LastUse[])[]> {
    return Promise.all([...users].map((user) => this.#uses.of(user)))
  }
}

function indexOf(uses: readonly LastUse[]): ReadonlyMap<string, LastUse> {
  return new Map(uses.map((use) => [keyOf(use.user, use), use]))
}

function keyOf(user: PrincipalId, { account, permissionSet }: Used): string {
  return `${user}%${account}%${permissionSet}`
}
