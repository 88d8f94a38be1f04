import pLimit from 'p-limit'
import type { AccountId } from '../../domain/account-id.ts'
import type { Assignment } from '../../domain/assignment.ts'
import type { Configuration } from '../../domain/configuration.ts'
import { listGrantingLinks } from '../../domain/granting-links.ts'
import { renderInstant } from '../../domain/instant.ts'
import type { GrantingLink } from '../../domain/ledger-entry.ts'
import type { Account } from '../../domain/organization-view.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { OrganizationCache } from '../organization/organization-cache.ts'
import { type LinkReading, readLink } from '../records/read-link.ts'

const readsAtOnce = 16

export type Evaluation = {
  /** The links that grant it now; at least one: it is desired. */
  readonly links: readonly GrantingLink[]
  /** The links that may grant it, as far as their names tell: S3 does not give them. */
  readonly unreadable: readonly string[]
  /** `undefined`: Organizations knows no such account. */
  readonly account: Account | undefined
}

export type EvaluationContext = {
  readonly objects: ObjectStore
  readonly organization: OrganizationCache
  readonly configuration: Configuration
  /** Where the account's place, state and tags come from: `live` before anything is revoked, since the view may be old. */
  readonly place: 'view' | 'live'
  /** The keys of the links that are asked for. Absent: all. */
  readonly among?: ReadonlySet<string> | undefined
}

/**
 * Whether one account assignment is desired now, from strongly consistent reads of the finitely many links that could
 * grant it. What cannot be read neither grants nor revokes: throws where that may pass.
 */
export async function evaluateAssignment(
  assignment: Assignment,
  { objects, organization, configuration, place, among }: EvaluationContext,
): Promise<Evaluation> {
  const { accountId } = assignment
  const view = await organization.view()
  const account = place === 'live' ? await organization.readLive(accountId) : await organization.find(accountId, view)
  if (!account) return { links: [], unreadable: [], account }
  const { managementAccountId } = view
  const read = (key: string) => readLink(objects, key, configuration)
  const found = await findGrantingLinks(assignment, account, { configuration, managementAccountId, among, read })
  return { ...found, account }
}

/** The links that grant it now while its account is as given. */
export async function findGrantingLinks(
  assignment: Assignment,
  account: Account,
  {
    configuration,
    managementAccountId,
    among,
    read,
  }: Pick<EvaluationContext, 'configuration' | 'among'> & {
    readonly managementAccountId: AccountId
    readonly read: (key: string) => Promise<LinkReading>
  },
): Promise<Pick<Evaluation, 'links' | 'unreadable'>> {
  const candidates = listGrantingLinks(assignment, account, { ...configuration, managementAccountId })
  const readings = await pLimit(readsAtOnce).map(
    candidates.filter(({ key }) => among?.has(key) ?? true),
    ({ key }) => read(key),
  )
  const links = readings.flatMap((reading) => (reading.state === 'in-force' ? [toGrantingLink(reading)] : []))
  const unreadable = readings.flatMap((reading) => (reading.state === 'unreadable' ? [reading.object.key] : []))
  return { links, unreadable }
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
    content: object.content,
    rebind: object.rebind,
    reason: body.reason,
    ticket: body.ticket,
    expiresAt: body.expiresAt === undefined ? undefined : renderInstant(body.expiresAt),
  }
}
