import pLimit from 'p-limit'
import { toAssignment } from '../../domain/assignments/plan.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type Link, renderGrant } from '../../domain/links/link.ts'
import { accessHint, assignmentHint, type Hint } from '../../domain/messages/hint.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { OrganizationEvent } from '../../domain/organization/organization-event.ts'
import { isUnplaced, type OrganizationView } from '../../domain/organization/organization-view.ts'
import { isWithin, type Membership } from '../../domain/scopes/expand-scope.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { type KnownAssignment, listKnown, readForeign } from '../records/foreign-assignments.ts'
import { sendInputs } from '../records/inputs.ts'
import { sendHints } from '../records/lanes.ts'
import { Ledger } from '../records/ledger.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import { listLinks } from '../records/list-links.ts'
import { NameIndex } from '../records/principal-names.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import type { OrganizationCache } from './organization-cache.ts'

type FollowSources = {
  readonly ports: Ports
  readonly configuration: Configuration
  readonly organization: OrganizationCache
}

/** The number of accounts, inputs and hints. All zero: the events do not concern links. */
export type FollowReport = { readonly accounts: number; readonly inputs: number; readonly hints: number }

/** `isLost`: in the ledger, but no link grants it any more. */
type AccountHint = { readonly hint: Hint; readonly isLost: boolean }

/**
 * Looks at the accounts and organizational units that events named: reads the accounts live, updates the view, and sends a hint
 * for every account assignment there whose links may have changed. Events only say where to look: late, repeated or out of
 * order, they have the same effect. One listing of links, and two calls to Organizations per account, serve them all. Throws if
 * it cannot read or write something; the events then come again.
 */
export async function followOrganizationEvents(
  events: readonly OrganizationEvent[],
  context: FollowSources,
): Promise<FollowReport> {
  const accounts = [...new Set(events.flatMap((event) => (event.look === 'accounts' ? event.accounts : [])))]
  const units = new Set(
    events.flatMap((event) => (event.look === 'organizational-units' ? event.organizationalUnits : [])),
  )
  if (accounts.length + units.size === 0) return { accounts: 0, inputs: 0, hints: 0 }
  const { ports, configuration, organization } = context
  // The view first, because evaluations of hints and other grants must see the present organization.
  const seen = accounts.length > 0 ? await organization.refresh(accounts) : undefined
  const links = await Array.fromAsync(listLinks(ports.objects, configuration.folders))
  const inputs = links.filter(({ scope }) => scope.kind === 'ou_id' && units.has(scope.id)).map(({ key }) => key)
  await sendInputs(ports, inputs, 'an organizational unit came or went', configuration)
  const cause = [...new Set(events.map(({ name }) => name))].join(', ')
  const selectors = await organization.selectors()
  const names = await NameIndex.read(ports.objects)
  const compared = seen
    ? await Promise.all(
        accounts.map((id) => compareAccount(id, links, { ...context, ...seen, selectors, names, cause })),
      )
    : []
  const found = compared.flat()
  const revocations = found.filter(({ isLost }) => isLost).map(({ hint }) => hint)
  const others = found.filter(({ isLost }) => !isLost).map(({ hint }) => hint)
  const id = ports.randomness.id()
  await sendHints(ports, { id, hints: revocations, revocation: true }, configuration)
  await sendHints(ports, { id, hints: others, revocation: false }, configuration)
  return { accounts: accounts.length, inputs: inputs.length, hints: found.length }
}

type Comparison = FollowSources & {
  readonly selectors: Membership['selectors']
  readonly names: NameIndex
  readonly before: OrganizationView
  readonly after: OrganizationView
  readonly cause: string
}

/**
 * | a link grants it now | in the ledger, or foreign | then                                             |
 * | -------------------- | ------------------------- | ------------------------------------------------ |
 * | yes                  | no                        | evaluate                                         |
 * | yes                  | by the same links         | nothing                                          |
 * | yes                  | by others, or unfinished  | evaluate: the entry names the links that grant it |
 * | no                   | ledger                    | evaluate urgently                                |
 *
 * If Organizations does not return State or Paths of the account, no link counts as having lost it.
 *
 * Each link that gained or lost the account gets a hint as well, so that its status counts the account.
 */
async function compareAccount(
  id: AccountId,
  links: readonly Link[],
  context: Comparison,
): Promise<readonly AccountHint[]> {
  const { before, after, names, cause } = context
  const { objects } = context.ports
  const granting = listGranting(id, after, links, context)
  const known = await Array.fromAsync(listKnown(objects, `account%${id}%`))
  // Assignments of the ledger come first, so they win if the ledger and `foreign/` have the same key. An id without a name is looked up by
  // id.
  const named = known.map((one) => {
    const { permissionSet, type, principalId } = one.assignment
    return {
      ...one,
      grants: names.namesOf(type, principalId).map((principal) => renderGrant({ permissionSet, principal, type })),
    }
  })
  const byGrant = Map.groupBy(granting, renderGrant)
  const found = new Map<string, AccountHint>()
  const hint = (link: Link, about: string): void => {
    const grant = renderGrant(link)
    const isLost = !byGrant.has(grant) && named.some(({ isForeign, grants }) => !isForeign && grants.includes(grant))
    found.set(`${grant}\n${about}`, { hint: assignmentHint(toAssignment(link, id), about), isLost })
  }
  const limit = pLimit(readsAtOnce)
  const compare = async (grant: string, those: readonly Link[]): Promise<void> => {
    const [link] = those
    const recorded = named.find(({ grants }) => grants.includes(grant))
    if (link && !(await isGrantedBy(recorded, those, objects))) hint(link, cause)
  }
  await Promise.all([...byGrant].map(([grant, those]) => limit(() => compare(grant, those))))
  const isPlaced = !isUnplaced(after.accounts.find((account) => account.id === id))
  for (const { key, assignment, isForeign, grants } of named)
    if (isPlaced && !isForeign && !grants.some((grant) => byGrant.has(grant)))
      found.set(`${key}\n${cause}`, { hint: accessHint(assignment, cause), isLost: true })
  const grantingBefore = new Set(listGranting(id, before, links, context))
  const changed = grantingBefore.symmetricDifference(new Set(granting))
  // If a link names an account and cannot be applied, its status says the state of the account.
  const naming = links.filter(({ scope }) => scope.kind === 'account' && scope.id === id)
  for (const link of changed.union(new Set(naming).difference(new Set(granting)))) hint(link, link.key)
  return [...found.values()]
}

/** The links whose scope has the account in this view, without reading their bodies. */
function listGranting(
  id: AccountId,
  { accounts, managementAccountId }: OrganizationView,
  links: readonly Link[],
  { configuration, selectors }: Comparison,
): readonly Link[] {
  const account = accounts.find((candidate) => candidate.id === id)
  if (!account) return []
  return links.filter((link) => isWithin(link, account, { ...configuration, managementAccountId, selectors }))
}

/** Whether its record names exactly these links. False for a spoiled record, so that the access is evaluated. */
async function isGrantedBy(
  known: KnownAssignment | undefined,
  links: readonly Link[],
  objects: ObjectStore,
): Promise<boolean> {
  const recorded = known && (await readRecordedLinks(known, objects))
  if (!recorded) return false
  const keys = new Set<string>(recorded.map((link) => link.key))
  return keys.symmetricDifference(new Set<string>(links.map((link) => link.key))).size === 0
}

async function readRecordedLinks({ key, isForeign }: KnownAssignment, objects: ObjectStore) {
  if (isForeign) return (await spoiledAsAbsent(readForeign(objects, key)))?.links
  const entry = (await spoiledAsAbsent(new Ledger(objects).read(key)))?.entry
  return entry?.state === 'granted' ? entry.links : undefined
}
