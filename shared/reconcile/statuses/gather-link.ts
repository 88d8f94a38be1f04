import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Access, Expansion, LinkFacts, Progress, Standing } from '../../domain/links/describe-link.ts'
import { toldUploader } from '../../domain/links/find-uploader.ts'
import type { Uploader } from '../../domain/links/input-message.ts'
import type { Lack } from '../../domain/links/lack.ts'
import type { Grant, Link } from '../../domain/links/link.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { isUnplaced } from '../../domain/organization/organization-view.ts'
import { closedBecause, expandScope } from '../../domain/scopes/expand-scope.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { nearMatch } from '../../domain/text/near-match.ts'
import { bindingOfReading } from '../assignments/user-binding.ts'
import { judgeLink } from '../guardrails/judge-link.ts'
import type { FindOverlaps } from '../guardrails/separations.ts'
import type { OrganizationCache } from '../organization/organization-cache.ts'
import { viewFor } from '../organization/view-for.ts'
import type { Policies } from '../records/policies.ts'
import type { LinkReading } from '../records/read-link.ts'

type InForceReading = Extract<LinkReading, { state: 'in-force' }>

/** The organization, as a status needs it. */
export type AskedOrganization = Pick<OrganizationCache, 'view' | 'viewWithTags' | 'find' | 'parentExists' | 'selectors'>

export type GatherContext = {
  readonly organization: AskedOrganization
  readonly configuration: Configuration
  readonly policies: Pick<Policies, 'read'>
  /** Until when (monotonic) to read tags of accounts. Absent: until all are read. */
  readonly tagsUntilMs?: number
  /** Absent: the other access of people is not looked at. */
  readonly separations?: FindOverlaps
  /** The uploader of the content in force. Absent: the uploader in the present status. */
  findUploader?(): Uploader | 'later' | undefined
  /** The accounts in which the ledger has this grant. */
  accountsOf(grant: Grant): Promise<readonly AccountId[]>
  /** Progress of the assignments, which only the dispatcher knows. Absent: unknown. */
  readonly progress?: {
    /** `undefined`: not looked at since this process began. */
    lackOf(link: string): Lack | 'none' | undefined
    of(grant: Grant, accounts: readonly AccountId[]): Promise<ReadonlyMap<AccountId, Standing>>
    /** The remaining access of this link. */
    leftOf(link: Link, accounts: readonly AccountId[]): Promise<readonly Access[]>
    /** The accounts with a held revocation; `undefined`: unknown. */
    heldAccountsOf(grant: Grant): Promise<readonly AccountId[] | undefined>
  }
}

export type GatheredLink = {
  readonly reading: LinkReading
  readonly facts: LinkFacts
  /** In force: the accounts of the link's access. Otherwise: accounts that may still have access from the link. */
  readonly accounts: readonly AccountId[]
}

/** Reads everything that the status of a link depends on; `present` is its present status. Throws if a read fails. */
export async function gatherLink(
  reading: LinkReading,
  present: Status | undefined,
  context: GatherContext,
): Promise<GatheredLink> {
  const common = { present, boundTo: bindingOfReading(reading, present) }
  if (reading.state === 'in-force') {
    const expansion = await expandLink(reading.link, context)
    const desired = expansion.found === 'accounts' ? expansion.accounts : []
    // A dispatcher may have died before it removed `held` from the status: then only the ledger knows the accounts to look at.
    const mayBeOver = desired.length === 0 && present?.state === 'held' && context.progress === undefined
    const accounts = mayBeOver ? await context.accountsOf(reading.link) : desired
    const progress =
      mayBeOver && accounts.length === 0 ? noAccess : await gatherProgress(reading.link, desired, context)
    const { onDrift } = context.configuration
    const verdict = await judge(reading, present, context)
    return { reading, accounts, facts: { ...common, ...reading, expansion, progress, onDrift, verdict } }
  }
  const accounts = reading.link ? await listConcerned(reading.link, context) : []
  // The access of an unreadable link stays, so nothing has to be looked at.
  if (reading.state === 'unreadable') return { reading, accounts: [], facts: { ...common, ...reading } }
  const left = await gatherLeft(reading.link, accounts, context)
  return { reading, accounts, facts: { ...common, ...reading, left } }
}

function judge({ link, body, object }: InForceReading, present: Status | undefined, context: GatherContext) {
  const findUploader = async () => (context.findUploader ? context.findUploader() : toldUploader(present, object))
  return judgeLink({ link, body, uploadedAt: object.lastModified, findUploader }, context)
}

async function expandLink(link: Link, { organization, configuration, tagsUntilMs }: GatherContext): Promise<Expansion> {
  const { scope } = link
  const { view, selectors, lacksTags } = await viewFor(scope, organization, tagsUntilMs)
  const unreadTags = (): Expansion => {
    const unread = view.accounts.filter(({ tags }) => tags === undefined).length
    return { found: 'unread-tags', unread, all: view.accounts.length }
  }
  const found = (accounts: readonly AccountId[]): Expansion => ({ found: 'accounts', accounts })
  const findNear = (name: string, names: Iterable<string>) =>
    configuration.privacy === 'open' ? nearMatch(name, names) : undefined
  const accounts = expandScope(link, view, { ...configuration, selectors })
  switch (scope.kind) {
    case 'root':
      return found(accounts)
    case 'ou_id': {
      if (await organization.parentExists(scope.id)) return found(accounts)
      const near = findNear(scope.id, new Set(view.accounts.flatMap(({ parents }) => parents)))
      return { found: 'nothing', scope, near }
    }
    case 'account': {
      const { managementAccountId } = view
      const because = closedBecause(link, scope.id, { ...configuration, managementAccountId })
      if (because) return { found: 'closed', because, id: scope.id }
      // The view may lack a new account. Only the state matters here, so read no tags.
      const known = view.accounts.find(({ id }) => id === scope.id)
      const account = known && !isUnplaced(known) ? known : await organization.find(scope.id, view)
      // Account ids that differ in one digit are common, so suggest none.
      if (!account) return { found: 'nothing', scope, near: undefined }
      return account.state === 'ACTIVE' ? found([account.id]) : { found: 'inactive-account', account }
    }
    case 'account_tag': {
      if (lacksTags) return unreadTags()
      if (accounts.length > 0) return found(accounts)
      const tags = view.accounts.flatMap(({ tags = {} }) =>
        Object.entries(tags).map(([key, value]) => `${key}^${value}`),
      )
      return { found: 'nothing', scope, near: findNear(`${scope.key}^${scope.value}`, new Set(tags)) }
    }
    case 'select': {
      const selector = selectors.get(scope.name)
      if (selector === undefined) return { found: 'nothing', scope, near: findNear(scope.name, selectors.keys()) }
      if (!selector.ok) return { found: 'unclear', complaint: selector.complaint }
      return lacksTags ? unreadTags() : found(accounts)
    }
    default:
      return scope satisfies never
  }
}

const noAccess: Progress = { access: [], held: [], lack: undefined }

async function gatherProgress(
  link: Link,
  accounts: readonly AccountId[],
  { progress, accountsOf }: GatherContext,
): Promise<Progress | 'unknown'> {
  if (!progress) return 'unknown'
  // The brake's list names the accounts, so that the whole ledger need not be searched.
  const listed = (await progress.heldAccountsOf(link)) ?? (await accountsOf(link))
  const left = await progress.leftOf(link, listed)
  return {
    access: toAccess(await progress.of(link, accounts)),
    held: left.filter((access) => access.state === 'held'),
    lack: progress.lackOf(link.key),
  }
}

/**
 * The accounts that the link concerns: the account of its scope, or for a wider scope all accounts in which our records have such access.
 * The present members of the scope do not count.
 */
async function listConcerned(link: Link, { accountsOf }: GatherContext): Promise<readonly AccountId[]> {
  return link.scope.kind === 'account' ? [link.scope.id] : accountsOf(link)
}

async function gatherLeft(
  link: Link | undefined,
  accounts: readonly AccountId[],
  { progress }: GatherContext,
): Promise<readonly Access[] | 'unknown'> {
  if (!link || accounts.length === 0) return []
  if (!progress) return 'unknown'
  return progress.leftOf(link, accounts)
}

function toAccess(standings: ReadonlyMap<AccountId, Standing>): readonly Access[] {
  return [...standings].map(([account, standing]) => ({ ...standing, account }))
}
