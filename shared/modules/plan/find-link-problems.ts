import pLimit from 'p-limit'
import { complainOfObjections } from '../../domain/guardrails/judge-by-policies.ts'
import { separatedFrom } from '../../domain/guardrails/separation.ts'
import { describeLink } from '../../domain/links/describe-link.ts'
import type { Uploader } from '../../domain/links/input-message.ts'
import { type Link, linkPrefix, linksIn, parseLinkKey } from '../../domain/links/link.ts'
import { isSameUpload } from '../../domain/links/upload.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import { expandScope, isWithin, type Membership } from '../../domain/scopes/expand-scope.ts'
import { rejection } from '../../domain/statuses/status.ts'
import { onceEach } from '../../ports/once.ts'
import { bindingOfReading } from '../../reconcile/assignments/user-binding.ts'
import { wrapPort } from '../../reconcile/calls/wrap-port.ts'
import { judgeLink } from '../../reconcile/guardrails/judge-link.ts'
import type { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { forEachAtOnce, readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { readLink } from '../../reconcile/records/read-link.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { type AskedOrganization, gatherLink } from '../../reconcile/statuses/gather-link.ts'
import { SeparationsIn } from '../access/separations-in.ts'
import type { PlanSources } from './plan-sources.ts'
import type { IdleFile, IdleLink, LaterGrants, PlannedGrant } from './planned-access.ts'

/** The links that grant nothing, and why, by what their status would say. Leaves out those that a policy refuses. */
export async function findIdleLinks(
  view: Pick<OrganizationView, 'accounts' | 'managementAccountId'> & { readonly membership: Membership },
  sources: Pick<PlanSources, 'readings' | 'policies' | 'configuration' | 'organization'>,
): Promise<readonly IdleLink[]> {
  const { accounts, membership } = view
  // An invalid policy refuses every link, which would hide the faults of each.
  const policies = { read: async () => ({ ...(await sources.policies.read()), broken: [] }) }
  const asked = { organization: asRead(sources.organization), findUploader: () => 'later' as const, policies }
  const context = { ...sources, ...asked, accountsOf: async () => [] }
  const found = await pLimit(readsAtOnce).map(sources.readings.keys, async (key): Promise<readonly IdleLink[]> => {
    const reading = await sources.readings.read(key)
    if (reading.state === 'in-force' && accounts.some((account) => isWithin(reading.link, account, membership)))
      return []
    // The rest of its access is among the revocations.
    const { facts } = await gatherLink(reading, undefined, context)
    const status = describeLink(facts)
    if (!status) return []
    const { state, reason, remedy } = status
    const waits = reading.state === 'not-yet' || (reading.state === 'in-force' && state === 'waiting')
    return [{ key, state, reason, remedy, ...(waits && { later: expandLater(reading.link, view) }) }]
  })
  return found.flat()
}

function expandLater(link: Link, view: Parameters<typeof findIdleLinks>[0]): LaterGrants {
  const { permissionSet, principal, type, scope } = link
  const accounts = scope.kind === 'account' ? [scope.id] : expandScope(link, view, view.membership)
  return { permissionSet, principal, type, accounts }
}

/**
 * The last reading of the organization, without a call for each account that it lacks: thousands of such links would take
 * minutes. Asks once for each organizational unit without accounts, because no view has it.
 */
function asRead(organization: OrganizationCache): AskedOrganization {
  return wrapPort<AskedOrganization>(organization, (_, call) => call(), {
    find: async (accountId, { accounts }) => accounts.find(({ id }) => id === accountId),
    parentExists: onceEach((id) => organization.parentExists(id)),
  })
}

/**
 * Refusals of new access by policies, judged as when it is applied. `later`: rules about the uploader of a file that is not
 * uploaded yet. `unjudged`: files that only an invalid policy refuses, so that their own mistakes can be reported instead.
 */
export async function findRefusedLinks(planned: readonly PlannedGrant[], context: PlanSources) {
  const refused = new Map<string, IdleFile>()
  const later = new Set<string>()
  const unjudged = new Set<string>()
  const all = planned.flatMap(({ assignment: { accountId }, links }) => links.map((link) => ({ link, accountId })))
  const accounts = Map.groupBy(all, ({ link }) => link)
  const accountsOf = async ({ key }: Link) => accounts.get(key)?.map(({ accountId }) => accountId) ?? []
  const separations = new SeparationsIn(accountsOf, context)
  const guardrails = await context.policies.read()
  const hasSeparations = guardrails.policies.some((policy) => policy.separations.length > 0)
  const { folders } = context.configuration
  const isApart = (key: string): boolean =>
    hasSeparations &&
    linksIn([key], folders).some((link) => separatedFrom(guardrails, link.permissionSet) !== undefined)
  const keys = [...new Set(planned.flatMap(({ links }) => links))].sort()
  const { apart = [], others = [] } = Object.groupBy(keys, (key) => (isApart(key) ? 'apart' : 'others'))
  await context.principals.foresee(linksIn(apart, folders))
  const judge = async (key: string): Promise<void> => {
    const reading = await context.readings.read(key)
    if (reading.state !== 'in-force') return
    const { link, body, object } = reading
    const findUploader = async (): Promise<Uploader | 'later' | undefined> => {
      const status = await spoiledAsAbsent(context.statuses.read(key))
      return isSameUpload(status, object) ? status?.by : 'later'
    }
    const asked = { link, body, uploadedAt: object.lastModified, findUploader }
    const verdict = await judgeLink(asked, { ...context, separations })
    for (const rule of verdict.later) later.add(rule)
    const complaint = complainOfObjections(key, verdict.refusals)
    if (complaint && verdict.refusals.every(({ rule }) => rule === undefined)) unjudged.add(key)
    if (complaint) refused.set(key, { key, ...rejection(complaint) })
    else if (isApart(key)) await separations.accept(link)
  }
  await forEachAtOnce(others, judge)
  // One after the other: of two grants that exclude each other, the first is accepted.
  for (const key of apart) await judge(key)
  const by = (counts: (key: string) => boolean) =>
    planned
      .map(({ assignment, links }) => ({ assignment, links: links.filter(counts) }))
      .filter(({ links }) => links.length > 0)
  return {
    grants: by((key) => !refused.has(key)),
    unjudged: by((key) => unjudged.has(key)),
    refused: [...refused.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
    later: [...later].sort(),
  }
}

const looksAtOnce = 4

/**
 * The users' links that would bind to another user of the same name, because their content changed or they ask to count as new. `inputs`: the
 * inputs that a reconcile would look at; all others are unchanged since they were bound.
 */
export async function findNewBindings(
  inputs: readonly string[],
  sources: Pick<PlanSources, 'objects' | 'configuration' | 'principals' | 'statuses'>,
) {
  const { objects, configuration, principals, statuses } = sources
  const read = await pLimit(looksAtOnce).map(inputs, async (key) => {
    const link = key.startsWith(linkPrefix) ? parseLinkKey(key, configuration.folders) : undefined
    if (!link?.ok || link.value.type !== 'USER') return []
    // The metadata of an empty link may ask that it counts as new.
    const reading = await readLink(objects, key, configuration)
    const status = await spoiledAsAbsent(statuses.read(key))
    const from = status?.principalId
    const isUnbound = reading.state === 'in-force' && bindingOfReading(reading, status) === undefined
    return isUnbound && from !== undefined ? [{ ...link.value, from }] : []
  })
  const unbound = read.flat()
  await principals.foresee(unbound)
  const found = await pLimit(looksAtOnce).map(unbound, async ({ key, type, principal, from }) => {
    const to = await principals.resolve(type, principal, Number.NEGATIVE_INFINITY)
    return to === undefined || to === from ? [] : [{ link: key, principal, from, to }]
  })
  return found.flat()
}
