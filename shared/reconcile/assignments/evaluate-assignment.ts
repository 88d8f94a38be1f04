import pLimit from 'p-limit'
import type { Assignment } from '../../domain/assignments/assignment.ts'
import type { GrantingLink } from '../../domain/assignments/ledger-entry.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { listGrantingLinks, listUnclearLinks } from '../../domain/links/granting-links.ts'
import { type Link, parseLinkKey } from '../../domain/links/link.ts'
import { identityOf } from '../../domain/links/upload.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import { askTags, noSelectors, type Selectors } from '../../domain/scopes/selector-file.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { OrganizationCache } from '../organization/organization-cache.ts'
import { asksTags } from '../organization/view-for.ts'
import { kindsOf } from '../records/link-listing.ts'
import type { LinkReadings } from '../records/link-readings.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import type { LinkReading } from '../records/read-link.ts'

export type Evaluation = {
  /** The links that grant it now. */
  readonly links: readonly GrantingLink[]
  /** The links that may grant it: S3 does not return them, or the meaning of their selectors is unknown. */
  readonly unreadable: readonly string[]
  /** `undefined`: Organizations does not know the account. */
  readonly account: Account | undefined
  /** The selectors of this evaluation. Empty if no link names one. */
  readonly selectors: Selectors
}

export type EvaluationContext = {
  /** Readings that began after the evaluation did. */
  readonly readings: LinkReadings
  readonly organization: OrganizationCache
  readonly configuration: Configuration
  /** Source of the account's place, state and tags. `live` before a revocation, because the view may be old. */
  readonly place: 'view' | 'live'
  /** A view from this moment (monotonic) is fresh enough. Absent: a view from now. */
  readonly viewSinceMs?: number | undefined
  /** Evaluate only these links, and read only what they depend on. Absent: all. */
  readonly among?: ReadonlySet<string> | undefined
}

/**
 * Finds the links that grant one account assignment now, by strongly consistent reads of the few links that could grant it. Tags grant
 * only if they were read from this account itself. An object that cannot be read neither grants nor revokes. Throws if the error may pass.
 */
export async function evaluateAssignment(
  assignment: Assignment,
  { readings, organization, configuration, place, viewSinceMs, among }: EvaluationContext,
): Promise<Evaluation> {
  const { accountId } = assignment
  const kinds = among ? kindsOf(among, configuration) : await readings.kinds()
  const selectors: Selectors = !kinds || kinds.has('select') ? await organization.selectors() : noSelectors
  const doTagsMatter = async () =>
    kinds ? kinds.has('account_tag') || askTags(selectors) : organization.doTagsMatter(selectors)
  const account =
    place === 'live'
      ? await organization.readLive(accountId, doTagsMatter)
      : await organization.find(accountId, await organization.view(viewSinceMs), doTagsMatter)
  if (!account) return { links: [], unreadable: [], account, selectors }
  const managementAccountId = await organization.managementAccountId()
  const read = (key: string) => readings.read(key)
  const sources = { configuration, managementAccountId, selectors, among, read }
  const found = await findGrantingLinks(assignment, account, sources)
  const isByTags = found.links.some(({ key }) => {
    const link = parseLinkKey(key, configuration.folders)
    return link.ok && asksTags(link.value.scope, selectors)
  })
  const proven = isByTags ? await organization.prove(account) : account
  if (proven === account) return { ...found, account, selectors }
  if (!proven) return { links: [], unreadable: [], account: proven, selectors }
  return { ...(await findGrantingLinks(assignment, proven, sources)), account: proven, selectors }
}

/** The links that grant it now if the account is as given. */
export async function findGrantingLinks(
  assignment: Assignment,
  account: Account,
  {
    configuration,
    managementAccountId,
    selectors,
    among,
    read,
  }: Pick<EvaluationContext, 'configuration' | 'among'> & {
    readonly managementAccountId: AccountId
    readonly selectors: Selectors
    readonly read: (key: string) => Promise<LinkReading>
  },
): Promise<Pick<Evaluation, 'links' | 'unreadable'>> {
  const membership = { ...configuration, managementAccountId, selectors }
  const limit = pLimit(readsAtOnce)
  const readAll = async (candidates: readonly Link[]): Promise<readonly LinkReading[]> => {
    const meant = candidates.filter(({ key }) => among?.has(key) ?? true)
    return Promise.all(meant.map(({ key }) => limit(() => read(key))))
  }
  const [readings, unclear] = await Promise.all([
    readAll(listGrantingLinks(assignment, account, membership)),
    readAll(listUnclearLinks(assignment, account, membership)),
  ])
  const links = readings.flatMap((reading) => (reading.state === 'in-force' ? [toGrantingLink(reading)] : []))
  const ofUnknownScope = unclear.flatMap((reading) => (reading.state === 'in-force' ? [reading.object.key] : []))
  const ungiven = [...readings, ...unclear].flatMap((reading) =>
    reading.state === 'unreadable' ? [reading.object.key] : [],
  )
  return { links, unreadable: [...ungiven, ...ofUnknownScope] }
}

export function toGrantingLink({
  object,
  body,
}: Extract<LinkReading, { state: 'in-force' | 'not-yet' | 'expired' }>): GrantingLink {
  return {
    key: object.key,
    versionId: object.versionId,
    etag: object.etag,
    lastModified: renderInstant(object.lastModified),
    ...identityOf(object),
    reason: body.reason,
    ticket: body.ticket,
    owner: body.owner,
    expiresAt: body.expiresAt === undefined ? undefined : renderInstant(body.expiresAt),
    ofRequest: body.request && { user: body.request.user, digest: body.request.digest },
  }
}
