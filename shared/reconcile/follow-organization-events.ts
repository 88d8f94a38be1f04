import pLimit from 'p-limit'
import type { AccountId } from '../domain/account-id.ts'
import { type AssignmentKey, parseAssignmentKey, renderAssignmentKey } from '../domain/assignment.ts'
import type { Configuration } from '../domain/configuration.ts'
import { isWithin } from '../domain/expand-scope.ts'
import { assignmentHint, type Hint } from '../domain/hint.ts'
import { ledgerPrefix } from '../domain/ledger-entry.ts'
import { isFolderMarker, type Link, linkPrefix, parseLinkKey } from '../domain/link.ts'
import type { OrganizationEvent } from '../domain/organization-event.ts'
import type { OrganizationView } from '../domain/organization-view.ts'
import { toAssignment } from '../domain/plan.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { Ports } from '../ports/ports.ts'
import { foreignPrefix, readForeign } from './foreign-assignments.ts'
import { sendInputs } from './inputs.ts'
import { sendHints } from './lanes.ts'
import { Ledger, listAssignmentKeys } from './ledger.ts'
import type { OrganizationCache } from './organization-cache.ts'
import { isSpoiled, unlessSpoiled } from './stored-json.ts'

const readsAtOnce = 16

export type FollowContext = {
  readonly ports: Ports
  readonly configuration: Configuration
  readonly organization: OrganizationCache
}

/** What was looked at again; no accounts and no inputs: the events changed nothing that links speak of. */
export type FollowReport = { readonly accounts: number; readonly inputs: number; readonly hints: number }

type Hints = { readonly revocations: readonly Hint[]; readonly others: readonly Hint[] }

/**
 * Looks again at the accounts and organizational units that events named: reads the accounts live, puts them into the
 * view, and hints at every account assignment there whose desire, or whose links, may have changed. The events themselves
 * are not believed: late, twice or out of order, they lead to the same. One listing of links and two calls to
 * Organizations per account serve them all. Throws when something cannot be read or written; the events then come again.
 */
export async function followOrganizationEvents(
  events: readonly OrganizationEvent[],
  context: FollowContext,
): Promise<FollowReport> {
  const accounts = [...new Set(events.flatMap((event) => (event.look === 'accounts' ? event.accounts : [])))]
  const units = new Set(
    events.flatMap((event) => (event.look === 'organizational-units' ? event.organizationalUnits : [])),
  )
  if (accounts.length + units.size === 0) return { accounts: 0, inputs: 0, hints: 0 }
  const { ports, configuration, organization } = context
  // The view first: whoever evaluates a hint, or grants meanwhile, has to see the organization as it is now.
  const seen = accounts.length > 0 ? await organization.refresh(accounts) : undefined
  const links = await listLinks(ports.objects, configuration)
  const inputs = links.filter(({ scope }) => scope.kind === 'ou_id' && units.has(scope.id)).map(({ key }) => key)
  await sendInputs(ports, inputs, 'an organizational unit came or went')
  const found = seen
    ? await Promise.all(accounts.map((id) => compareAccount(id, links, { ...context, ...seen, cause: nameOf(events) })))
    : []
  const revocations = found.flatMap((hints) => hints.revocations)
  const others = found.flatMap((hints) => hints.others)
  const id = ports.randomness.id()
  await sendHints(ports, { id, hints: revocations, revocation: true }, configuration)
  await sendHints(ports, { id, hints: others, revocation: false }, configuration)
  return { accounts: accounts.length, inputs: inputs.length, hints: revocations.length + others.length }
}

function nameOf(events: readonly OrganizationEvent[]): string {
  return [...new Set(events.map(({ name }) => name))].join(', ')
}

async function listLinks(objects: ObjectStore, { folders }: Configuration): Promise<readonly Link[]> {
  const links: Link[] = []
  for await (const { key } of objects.list(linkPrefix)) {
    const link = isFolderMarker(key) ? undefined : parseLinkKey(key, folders)
    if (link?.ok) links.push(link.value)
  }
  return links
}

type Comparison = FollowContext & {
  readonly before: OrganizationView
  readonly after: OrganizationView
  readonly cause: string
}

/**
 * | a link grants it now | in the ledger, or foreign | then                                             |
 * | -------------------- | ------------------------- | ------------------------------------------------ |
 * | yes                  | no                        | looked at                                        |
 * | yes                  | by the same links         | nothing                                          |
 * | yes                  | by others, or unfinished  | looked at: the entry names the links that grant it |
 * | no                   | ledger                    | looked at, urgently                              |
 *
 * Besides, each link whose accounts have become more or fewer has one hint, so that its status is told.
 */
async function compareAccount(id: AccountId, links: readonly Link[], context: Comparison): Promise<Hints> {
  const { before, after, cause } = context
  const granting = listGranting(id, after, links, context)
  const owned = await listOwned(context.ports.objects, id)
  const hints = new Map<string, Hint>()
  const hint = (key: AssignmentKey, about: string): void => {
    const assignment = parseAssignmentKey(key)
    if (!assignment) return
    hints.set(`${key}\n${about}`, assignmentHint(assignment, about))
  }
  const byKey = Map.groupBy(granting, (link) => renderAssignmentKey(toAssignment(link, id)))
  const limit = pLimit(readsAtOnce)
  const unsettled = [...byKey].map(([key, those]) =>
    limit(async () => (await isSettled(key, those, owned, context.ports.objects)) || hint(key, cause)),
  )
  await Promise.all(unsettled)
  for (const key of owned.ledger) if (!byKey.has(key)) hint(key, cause)
  const grantingBefore = new Set(listGranting(id, before, links, context))
  const changed = grantingBefore.symmetricDifference(new Set(granting))
  // A link that names the account and cannot be applied says in which state the account is.
  const named = links.filter(({ scope }) => scope.kind === 'account' && scope.id === id)
  for (const link of changed.union(new Set(named).difference(new Set(granting))))
    hint(renderAssignmentKey(toAssignment(link, id)), link.key)
  const isRevocation = (about: Hint) => about.kind === 'assignment' && isLost(about, id, byKey, owned.ledger)
  const all = [...hints.values()]
  return { revocations: all.filter(isRevocation), others: all.filter((about) => !isRevocation(about)) }
}

function isLost(
  { permissionSet, principal, type }: Extract<Hint, { kind: 'assignment' }>,
  accountId: AccountId,
  desired: ReadonlyMap<AssignmentKey, unknown>,
  owned: ReadonlySet<AssignmentKey>,
): boolean {
  const key = renderAssignmentKey({ accountId, permissionSet, principal, type })
  return owned.has(key) && !desired.has(key)
}

/** The links whose scope speaks of the account as this view has it, whatever their bodies say. */
function listGranting(
  id: AccountId,
  { accounts, managementAccountId }: OrganizationView,
  links: readonly Link[],
  { configuration }: FollowContext,
): readonly Link[] {
  const account = accounts.find((candidate) => candidate.id === id)
  if (!account) return []
  return links.filter(({ scope }) => isWithin(scope, account, { ...configuration, managementAccountId }))
}

type Owned = { readonly ledger: ReadonlySet<AssignmentKey>; readonly foreign: ReadonlySet<AssignmentKey> }

async function listOwned(objects: ObjectStore, id: AccountId): Promise<Owned> {
  const list = async (prefix: string) => {
    const keys = new Set<AssignmentKey>()
    for await (const key of listAssignmentKeys(objects, prefix, `account%${id}%`)) keys.add(key)
    return keys
  }
  const [ledger, foreign] = await Promise.all([list(ledgerPrefix), list(foreignPrefix)])
  return { ledger, foreign }
}

/** Whether it is in force, and recorded as granted by exactly these links; what nobody can read is looked at. */
async function isSettled(
  key: AssignmentKey,
  links: readonly Link[],
  owned: Owned,
  objects: ObjectStore,
): Promise<boolean> {
  const recorded = owned.ledger.has(key)
    ? await readGranted(objects, key)
    : owned.foreign.has(key)
      ? await readForeignLinks(objects, key)
      : undefined
  if (!recorded) return false
  const keys = new Set<string>(recorded.map((link) => link.key))
  return keys.symmetricDifference(new Set<string>(links.map((link) => link.key))).size === 0
}

async function readGranted(objects: ObjectStore, key: AssignmentKey) {
  const read = await unlessSpoiled(new Ledger(objects).read(key))
  const entry = isSpoiled(read) ? undefined : read?.entry
  return entry?.state === 'granted' ? entry.links : undefined
}

async function readForeignLinks(objects: ObjectStore, key: AssignmentKey) {
  const read = await unlessSpoiled(readForeign(objects, key))
  return isSpoiled(read) ? undefined : read?.links
}
