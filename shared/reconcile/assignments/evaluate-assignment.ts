import pLimit from 'p-limit'
import type { Assignment } from '../../domain/assignment.ts'
import type { Configuration } from '../../domain/configuration.ts'
import { listGrantingLinks } from '../../domain/granting-links.ts'
import { renderInstant } from '../../domain/instant.ts'
import type { GrantingLink } from '../../domain/ledger-entry.ts'
import type { Link } from '../../domain/link.ts'
import type { Account } from '../../domain/organization-view.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { OrganizationCache } from '../organization/organization-cache.ts'
import { type LinkReading, readLink } from '../records/read-link.ts'

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
  const { objects, configuration } = context
  const { candidates, account } = await findCandidates(assignment, context)
  const limit = pLimit(readsAtOnce)
  const links = await Promise.all(candidates.map((link) => limit(() => readGrantingLink(objects, link, configuration))))
  return { links: links.filter((link) => link !== undefined), account }
}

/** The keys of all links that could grant it, in force or not. */
export async function listGrantingLinksOf(
  assignment: Assignment,
  context: EvaluationContext,
): Promise<readonly string[]> {
  return (await findCandidates(assignment, context)).candidates.map(({ key }) => key)
}

async function findCandidates(
  assignment: Assignment,
  { organization, configuration, place }: EvaluationContext,
): Promise<{ readonly candidates: readonly Link[]; readonly account: Account | undefined }> {
  const { accountId } = assignment
  const view = await organization.view()
  const account = place === 'live' ? await organization.readLive(accountId) : await organization.find(accountId, view)
  const { managementAccountId } = view
  const terms = { ...configuration, managementAccountId }
  return { candidates: account ? listGrantingLinks(assignment, account, terms) : [], account }
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
    versionId: object.versionId,
    etag: object.etag,
    lastModified: renderInstant(object.lastModified),
    reason: body.reason,
    ticket: body.ticket,
    expiresAt: body.expiresAt === undefined ? undefined : renderInstant(body.expiresAt),
  }
}
