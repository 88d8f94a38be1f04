import pLimit from 'p-limit'
import type { Assignment } from '../domain/assignment.ts'
import type { Configuration } from '../domain/configuration.ts'
import { listGrantingLinks } from '../domain/granting-links.ts'
import { renderInstant } from '../domain/instant.ts'
import type { GrantingLink } from '../domain/ledger-entry.ts'
import type { Link } from '../domain/link.ts'
import type { Account } from '../domain/organization-view.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { OrganizationCache } from './organization-cache.ts'
import { type LinkReading, readLink } from './read-link.ts'

const readsAtOnce = 16

export type Evaluation = {
  /** The links that grant it now; at least one: it is desired. */
  readonly links: readonly GrantingLink[]
  /** `undefined`: Organizations knows no such account. */
  readonly account: Account | undefined
}

export type EvaluationContext = {
  readonly objects: ObjectStore
  readonly organization: OrganizationCache
  readonly configuration: Configuration
  /** Where the account's place, state and tags come from: `live` before anything is revoked, since the view may be old. */
  readonly place: 'view' | 'live'
}

/**
 * Whether one account assignment is desired now, from strongly consistent reads of the finitely many links that could
 * grant it. Throws when anything cannot be read: what cannot be read neither grants nor revokes.
 */
export async function evaluateAssignment(assignment: Assignment, context: EvaluationContext): Promise<Evaluation> {
  const { objects, organization, configuration, place } = context
  const { accountId } = assignment
  const view = await organization.view()
  const account = place === 'live' ? await organization.readLive(accountId) : await organization.find(accountId, view)
  if (!account) return { links: [], account }
  const { managementAccountId } = view
  const candidates = listGrantingLinks(assignment, account, { ...configuration, managementAccountId })
  const limit = pLimit(readsAtOnce)
  const links = await Promise.all(candidates.map((link) => limit(() => readGrantingLink(objects, link, configuration))))
  return { links: links.filter((link) => link !== undefined), account }
}

async function readGrantingLink(
  objects: ObjectStore,
  link: Link,
  configuration: Configuration,
): Promise<GrantingLink | undefined> {
  const reading = await readLink(objects, link.key, configuration)
  return reading.state === 'in-force' ? toGrantingLink(reading) : undefined
}

export function toGrantingLink({
  object,
  body,
}: Extract<LinkReading, { state: 'in-force' | 'not-yet' | 'expired' }>): GrantingLink {
  return {
    key: object.key,
    ...(object.versionId === undefined ? {} : { versionId: object.versionId }),
    etag: object.etag,
    lastModified: renderInstant(object.lastModified),
    ...(body.reason === undefined ? {} : { reason: body.reason }),
    ...(body.ticket === undefined ? {} : { ticket: body.ticket }),
    ...(body.expiresAt === undefined ? {} : { expiresAt: renderInstant(body.expiresAt) }),
  }
}
