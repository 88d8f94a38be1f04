import { renderMembership } from '../../domain/files/membership-file.ts'
import { ruleKey } from '../../domain/files/rule-file.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Brake } from '../../reconcile/brake/brake.ts'
import type { DirectoryListing } from '../../reconcile/directory/directory-listing.ts'
import { listOwnedMemberships, readOwnedMemberships } from '../../reconcile/records/owned-groups.ts'
import { readNow } from '../../reconcile/records/owner.ts'
import { readRule } from './rule-files.ts'
import { askRule } from './rules/ask-rule.ts'

type CensusContext = Pick<Ports, 'objects' | 'clock'> & {
  readonly brake: Pick<Brake, 'admitLeavers'>
  readonly listing: Pick<DirectoryListing, 'read'>
}

/** How often to count each rule. */
const countsMs = 60_000

/**
 * Counts everyone who would leave by a rule before one person is removed because of an event: the attributes of many may be
 * changing now, each with its own event. If too many would leave, the brake holds them together, as after a look at the rule.
 */
export class LeaverCensus {
  readonly #context: CensusContext
  readonly #counted = new Map<PrincipalName, { readonly atMs: number; readonly done: Promise<void> }>()

  constructor(context: CensusContext) {
    this.#context = context
  }

  take(group: PrincipalName, groupId: PrincipalId): Promise<void> {
    const nowMs = this.#context.clock.monotonicMs()
    const known = this.#counted.get(group)
    if (known && nowMs - known.atMs < countsMs) return known.done
    const done = this.#take(group, groupId)
    this.#counted.set(group, { atMs: nowMs, done })
    done.catch(() => this.#counted.delete(group))
    return done
  }

  async #take(group: PrincipalName, groupId: PrincipalId): Promise<void> {
    const { objects, brake, listing } = this.#context
    const key = ruleKey(group)
    const rule = await readRule(objects, key)
    const ids = await Array.fromAsync(listOwnedMemberships(objects, groupId))
    const byRule = (await readOwnedMemberships(objects, ids)).filter(({ entry }) =>
      entry.files.some((file) => file.key === key),
    )
    const now = await readNow(this.#context)
    // One listing serves all groups that count now. Asking for each member would take minutes.
    const people = await listing.read()
    const leaving = byRule.flatMap(({ id, entry }) => {
      if (!entry.files.every((file) => file.key === key)) return []
      const person = people.find(id.user)
      // The brake does not count users who are gone from the directory.
      if (person === undefined) return []
      const stays = rule && !person.isDisabled && askRule(rule, { person, entry, key, now }).asks !== 'no'
      return stays ? [] : [{ membership: id, item: renderMembership(entry) }]
    })
    const all = byRule.map(({ entry }) => renderMembership(entry))
    await brake.admitLeavers({ group, leaving, all, staying: [] })
  }
}
