import { parseAssignmentKey } from '../../domain/assignments/assignment.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { closedBecause } from '../../domain/scopes/expand-scope.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import type { SettleContext } from '../assignments/settlement.ts'
import { forEachAssignmentKey } from '../records/ledger.ts'
import { listLinks } from '../records/list-links.ts'
import { readLink } from '../records/read-link.ts'

/** A status names this many links and accounts, and counts the others. */
const namedMost = 10

type ReferenceSources = Pick<SettleContext, 'configuration' | 'organization'> & { readonly objects: ReadingObjects }

/**
 * Why a permission set cannot be deleted, for a person: links in any declared folder that may grant it now or later, and
 * accounts in the ledger, including running revocations. `undefined`: nothing blocks it. Lists again each time.
 */
export async function describeReferences(
  name: PermissionSetName,
  context: ReferenceSources,
): Promise<string | undefined> {
  const { objects, configuration } = context
  const links: string[] = []
  let linksMore = 0
  for await (const { key, permissionSet } of listLinks(objects, configuration.folders)) {
    if (permissionSet !== name) continue
    if (links.length >= namedMost) linksMore++
    else if (await isReference(key, context)) links.push(key)
  }
  const accounts = new Set<AccountId>()
  await forEachAssignmentKey(objects, ledgerPrefix, (key) => {
    const assignment = parseAssignmentKey(key)
    if (assignment?.permissionSet === name) accounts.add(assignment.accountId)
  })
  const parts: string[] = []
  // A permission set file is in no folder, so every link belongs to another folder.
  const named = configuration.privacy === 'folder' ? () => [] : (names: Iterable<string>) => [...names]
  if (links.length > 0) parts.push(count('link', named(links), links.length + linksMore))
  if (accounts.size > 0) parts.push(`access in ${count('account', named(accounts), accounts.size)}`)
  return parts.length > 0 ? parts.join(' and ') : undefined
}

/** A rejected or expired link never grants again. A link that S3 does not return may. */
async function isReference(key: string, { objects, configuration, organization }: ReferenceSources): Promise<boolean> {
  const reading = await readLink(objects, key, configuration)
  if (reading.state !== 'in-force' && reading.state !== 'not-yet' && reading.state !== 'unreadable') return false
  const { scope } = reading.link
  if (scope.kind !== 'account') return true
  const { managementAccountId } = await organization.view()
  return closedBecause(reading.link, scope.id, { ...configuration, managementAccountId }) === undefined
}

function count(noun: string, names: readonly string[], all: number): string {
  const named = names.slice(0, namedMost).map((name) => quote(name, 300))
  const counted = `${all} ${noun}${all === 1 ? '' : 's'}`
  if (named.length === 0) return counted
  const more = all > named.length ? ` and ${all - named.length} more` : ''
  return `${counted} (${named.join(', ')}${more})`
}
