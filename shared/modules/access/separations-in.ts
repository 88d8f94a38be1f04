import type { AssignmentId } from '../../domain/assignments/assignment.ts'
import type { LinkCase } from '../../domain/guardrails/judge-by-policies.ts'
import { type Overlap, separatedFrom } from '../../domain/guardrails/separation.ts'
import type { Link } from '../../domain/links/link.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Memberships } from '../../reconcile/directory/memberships.ts'
import type { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'
import { type FindOverlaps, readOverlaps } from '../../reconcile/guardrails/separations.ts'
import type { Policies } from '../../reconcile/records/policies.ts'

/** The caller reads the directory with their own rights: the result is no status for others. */
export type PeopleSources = {
  readonly objects: ObjectStore
  readonly policies: Pick<Policies, 'read'>
  readonly principals: PrincipalIndex
  readonly memberships: Memberships
}

/** The other access of links' people in certain accounts: by records, and by links that were accepted before. */
export class SeparationsIn implements FindOverlaps {
  readonly #accountsOf: (link: Link) => Promise<readonly AccountId[]>
  readonly #context: PeopleSources
  readonly #accepted: AssignmentId[] = []

  constructor(accountsOf: (link: Link) => Promise<readonly AccountId[]>, context: PeopleSources) {
    this.#accountsOf = accountsOf
    this.#context = context
  }

  async overlaps(link: Link): Promise<LinkCase['overlaps']> {
    const isSeparated = separatedFrom(await this.#context.policies.read(), link.permissionSet)
    const principalId = await this.#resolve(link)
    if (!isSeparated || principalId === undefined) return []
    const context = { ...this.#context, isSeparated, isNamed: true, besides: this.#accepted }
    const accounts = await this.#accountsOf(link)
    const found = await Promise.all(accounts.map((account) => readOverlaps({ ...link, principalId }, account, context)))
    const all: Overlap[] = []
    for (const one of found) {
      if ('unread' in one) return one
      all.push(...one)
    }
    return all
  }

  async accept(link: Link): Promise<void> {
    const principalId = await this.#resolve(link)
    if (principalId === undefined) return
    const { permissionSet, type } = link
    for (const accountId of await this.#accountsOf(link))
      this.#accepted.push({ accountId, permissionSet, principalId, type })
  }

  #resolve({ type, principal }: Link) {
    return this.#context.principals.resolve(type, principal, Number.NEGATIVE_INFINITY)
  }
}
