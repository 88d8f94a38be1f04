import type { AccountId } from '../domain/account-id.ts'
import { parseAssignmentKey } from '../domain/assignment.ts'
import { quote } from '../domain/complaint.ts'
import type { Configuration } from '../domain/configuration.ts'
import type { Hint } from '../domain/hint.ts'
import { ledgerPrefix } from '../domain/ledger-entry.ts'
import { linkPrefix, parseLinkKey } from '../domain/link.ts'
import { permissionSetKey } from '../domain/permission-set-file.ts'
import type { PermissionSetName } from '../domain/permission-set-name.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { listAssignmentKeys } from './ledger.ts'
import type { OrganizationCache } from './organization-cache.ts'
import { readLink } from './read-link.ts'
import { attentionKey } from './status-store.ts'

/** A status names so many of each; of more it tells how many. */
const namedMost = 10

/** What keeps a permission set from being deleted. */
export type References = {
  /** Links that name it and may grant, now or later. */
  readonly links: readonly string[]
  /** Links that name it and were not read any more. */
  readonly linksMore: number
  /** Accounts of its ledger entries, revocations in flight included; one account once. */
  readonly accounts: readonly AccountId[]
}

type ReferenceContext = {
  readonly objects: ObjectStore
  readonly configuration: Configuration
  readonly organization: OrganizationCache
}

/** The links in any declared folder, and the ledger entries, that name this permission set; listed afresh. */
export async function findReferences(name: PermissionSetName, context: ReferenceContext): Promise<References> {
  const { objects, configuration } = context
  const links: string[] = []
  let linksMore = 0
  for await (const { key } of objects.list(linkPrefix)) {
    const link = parseLinkKey(key, configuration.folders)
    if (!link.ok || link.value.permissionSet !== name) continue
    if (links.length >= namedMost) linksMore++
    else if (await isReference(key, context)) links.push(key)
  }
  const accounts = new Set<AccountId>()
  for await (const key of listAssignmentKeys(objects, ledgerPrefix)) {
    const assignment = parseAssignmentKey(key)
    if (assignment?.permissionSet === name) accounts.add(assignment.accountId)
  }
  return { links, linksMore, accounts: [...accounts] }
}

/** Not one that is rejected, or whose time is over: it grants nothing any more, whatever comes. */
async function isReference(key: string, { objects, configuration, organization }: ReferenceContext): Promise<boolean> {
  const reading = await readLink(objects, key, configuration)
  if (reading.state !== 'in-force' && reading.state !== 'not-yet') return false
  const { scope } = reading.link
  if (scope.kind !== 'account' || configuration.includeManagementAccount) return true
  return scope.id !== (await organization.view()).managementAccountId
}

export function isReferenced({ links, linksMore, accounts }: References): boolean {
  return links.length + linksMore + accounts.length > 0
}

/** `links … and accounts …`, for a person. */
export function renderReferences({ links, linksMore, accounts }: References): string {
  const parts = [
    ...(links.length + linksMore === 0
      ? []
      : [`${count(links.length + linksMore, 'link')} (${nameSome(links, links.length + linksMore)})`]),
    ...(accounts.length === 0
      ? []
      : [`access in ${count(accounts.length, 'account')} (${nameSome(accounts, accounts.length)})`]),
  ]
  return parts.join(' and ')
}

function count(figure: number, noun: string): string {
  return `${figure} ${noun}${figure === 1 ? '' : 's'}`
}

function nameSome(names: readonly string[], all: number): string {
  const named = names.slice(0, namedMost).map((name) => quote(name, 300))
  return all > named.length ? `${named.join(', ')} and ${all - named.length} more` : named.join(', ')
}

/**
 * The hint at a permission set whose deletion waits for its last reference, `undefined` where it does not: to be asked for
 * after a reference is gone. Whoever tells `blocked` looks for references once more after that, so one of the two sees the
 * other.
 */
export async function findBlockedDeletion(name: PermissionSetName, objects: ObjectStore): Promise<Hint | undefined> {
  const key = permissionSetKey(name)
  const isBlocked = (await objects.head(attentionKey('blocked', key))) !== undefined
  return isBlocked ? { v: 1, kind: 'permission-set', permissionSet: name, cause: key } : undefined
}
