import { type Grant, type LinkKey, parseLinkAnywhere, renderGrant, renderLinkKey } from '../../../domain/links/link.ts'
import type { AccountId } from '../../../domain/organization/account-id.ts'
import type { OrganizationView } from '../../../domain/organization/organization-view.ts'
import { expandScope, parentsThatCount, type Scoping } from '../../../domain/scopes/expand-scope.ts'
import { renderScope, type Scope } from '../../../domain/scopes/scope.ts'
import { compareText } from '../../../domain/text/compare-keys.ts'

/**
 * The accounts where one principal has a permission set. `has`: the accounts that have it now and keep it. `needed`: those of them that
 * no link grants yet.
 */
export type AccessOfGrant = {
  readonly grant: Grant
  readonly has: ReadonlySet<AccountId>
  readonly needed: ReadonlySet<AccountId>
}

export type CompactLink = {
  readonly key: LinkKey
  readonly grant: Grant
  readonly scope: Scope
  /** The accounts that it grants today, ascending. */
  readonly accounts: readonly AccountId[]
}

/** A wider link that would replace `links` links, if the `lacking` ones of its `accounts` accounts had the access too. */
export type Obstacle = {
  readonly grant: Grant
  readonly scope: Scope
  readonly accounts: number
  readonly lacking: readonly AccountId[]
  readonly links: number
}

type Options = {
  readonly view: OrganizationView
  readonly configuration: Scoping
  /** False: one link for each account. */
  readonly isCompact: boolean
  /** The keys of the tags that links may name. Their tags must have been read. */
  readonly tagKeys: readonly string[]
  /** Scopes of links that stay as they are if they grant only existing access. By the last fields of the link. */
  readonly ownScopes?: ReadonlyMap<string, readonly Scope[]>
  /** The declared folder of the links; absent: none. */
  readonly folder?: string | undefined
  /** A file of this name exists and means something else. */
  readonly isTaken: (key: LinkKey) => boolean
}

type WideScope = { readonly scope: Scope; readonly accounts: readonly AccountId[] }

/** At most this many for one principal and permission set: a person needs only the nearest. */
const obstaclesMost = 2

/**
 * A few links that grant exactly the needed access, and never access that an account lacks. A link for the root, an organizational unit
 * or a tag is used only if each of its accounts has the access already. The widest come first (a greedy set cover). If two cover as
 * many accounts, the root comes before units, and units before tags. Links that the others make needless are left out. Sorted by grant
 * and scope, the same in every run.
 */
export function compactLinks(
  access: readonly AccessOfGrant[],
  options: Options,
): { readonly links: readonly CompactLink[]; readonly obstacles: readonly Obstacle[] } {
  const wide = options.isCompact ? expandAll(listWideScopes(options), options) : []
  const found = access
    .toSorted((a, b) => compareText(renderGrant(a.grant), renderGrant(b.grant)))
    .map((one) => {
      const own = expandAll(options.ownScopes?.get(renderGrant(one.grant)) ?? [], options)
      return compactGrant(one, [...own, ...wide], options)
    })
  return { links: found.flatMap(({ links }) => links), obstacles: found.flatMap(({ obstacles }) => obstacles) }
}

function compactGrant({ grant, has, needed }: AccessOfGrant, wide: readonly WideScope[], { isTaken, folder }: Options) {
  const named = wide.flatMap(({ scope, accounts }) => {
    const key = spell(grant, scope, folder)
    return key === undefined || isTaken(key) ? [] : [{ key, grant, scope, accounts }]
  })
  const fitting = named.filter(({ accounts }) => accounts.every((id) => has.has(id)))
  const chosen = cover(needed, fitting)
  const covered = new Set(chosen.flatMap(({ accounts }) => accounts))
  const rest = [...needed]
    .filter((id) => !covered.has(id))
    .sort()
    .flatMap((id): CompactLink[] => {
      const scope: Scope = { kind: 'account', id }
      const key = spell(grant, scope, folder)
      return key === undefined || isTaken(key) ? [] : [{ key, grant, scope, accounts: [id] }]
    })
  const links = [...chosen, ...rest]
  return { links, obstacles: listObstacles(named, has, links) }
}

/** Greedy: takes the link that covers most of the rest each time. A link for a single account is not worth a rule. */
function cover(needed: ReadonlySet<AccountId>, candidates: readonly CompactLink[]): readonly CompactLink[] {
  const left = new Set(needed)
  const gainOf = ({ accounts }: CompactLink) => accounts.filter((id) => left.has(id)).length
  const chosen: CompactLink[] = []
  for (;;) {
    let best: CompactLink | undefined
    let most = 1
    for (const candidate of candidates) {
      const gain = gainOf(candidate)
      if (gain > most) [best, most] = [candidate, gain]
    }
    if (best === undefined) return withoutNeedless(chosen, needed)
    chosen.push(best)
    for (const id of best.accounts) left.delete(id)
  }
}

/** The last chosen link covers least, so try to drop it first. */
function withoutNeedless(chosen: readonly CompactLink[], needed: ReadonlySet<AccountId>): readonly CompactLink[] {
  return chosen.reduceRight<readonly CompactLink[]>((kept, link) => {
    const others = kept.filter((other) => other !== link)
    const byOthers = new Set(others.flatMap(({ accounts }) => accounts))
    return link.accounts.every((id) => byOthers.has(id) || !needed.has(id)) ? others : kept
  }, chosen)
}

/** Wider links that lack the access in less than half of their accounts, the most useful first. */
function listObstacles(
  named: readonly CompactLink[],
  has: ReadonlySet<AccountId>,
  links: readonly CompactLink[],
): readonly Obstacle[] {
  const obstacles = named.flatMap(({ grant, scope, accounts }): Obstacle[] => {
    const lacking = accounts.filter((id) => !has.has(id))
    if (lacking.length === 0 || lacking.length * 2 >= accounts.length) return []
    const within = new Set(accounts)
    const replaced = links.filter((link) => link.accounts.every((id) => within.has(id))).length
    return replaced < 2 ? [] : [{ grant, scope, accounts: accounts.length, lacking, links: replaced }]
  })
  // Of scopes with the same accounts, keep the first: the root and its only unit.
  const apart = new Map(obstacles.toReversed().map((one) => [`${one.accounts} ${one.lacking.join(' ')}`, one]))
  const first = obstacles.filter((one) => [...apart.values()].includes(one))
  return first.sort((a, b) => b.links - a.links || a.lacking.length - b.lacking.length).slice(0, obstaclesMost)
}

/** Root, then organizational units, then tags. Ties go to the first. */
function listWideScopes({ view, configuration, tagKeys }: Options): readonly Scope[] {
  const units = new Set(view.accounts.flatMap((account) => parentsThatCount(account, configuration.supportNestedOu)))
  const tags = new Map<string, Scope>()
  for (const { tags: own = {} } of view.accounts) {
    for (const key of tagKeys.filter((one) => Object.hasOwn(own, one))) {
      const scope: Scope = { kind: 'account_tag', key, value: own[key] ?? '' }
      tags.set(renderScope(scope), scope)
    }
  }
  return [
    { kind: 'root' },
    ...[...units].sort().map((id): Scope => ({ kind: 'ou_id', id })),
    ...[...tags].sort(([a], [b]) => compareText(a, b)).map(([, scope]) => scope),
  ]
}

function expandAll(scopes: readonly Scope[], { view, configuration, folder }: Options): readonly WideScope[] {
  return scopes
    .map((scope) => ({ scope, accounts: expandScope({ scope, folder }, view, configuration) }))
    .filter(({ accounts }) => accounts.length > 1)
}

/** The link's key. `undefined`: no link can spell this scope or principal, because a tag's text may read like the grammar. */
function spell(grant: Grant, scope: Scope, folder: string | undefined): LinkKey | undefined {
  const key = renderLinkKey({ ...grant, scope, folder })
  const read = parseLinkAnywhere(key)
  if (!read.ok || renderGrant(read.value) !== renderGrant(grant)) return undefined
  return JSON.stringify(read.value.scope) === JSON.stringify(scope) ? key : undefined
}
