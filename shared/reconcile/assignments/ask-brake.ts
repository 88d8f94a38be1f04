import type { GrantingLink } from '../../domain/assignments/ledger-entry.ts'
import type { Cause } from '../../domain/brake/brake-record.ts'
import { causeOfPrincipal } from '../../domain/brake/judge-revocation.ts'
import { describeObjection } from '../../domain/guardrails/judge-by-policies.ts'
import { enforcedMinimumsFor, isOnlyTemporary } from '../../domain/guardrails/minimum.ts'
import { parseLinkKey } from '../../domain/links/link.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import { isPassing, isServiceError } from '../../ports/service-error.ts'
import type { Minimum } from '../brake/ask-minimum.ts'
import type { Admission } from '../brake/brake.ts'
import { findCause, withoutEnded } from '../brake/find-cause.ts'
import { admitLinks } from '../guardrails/admit-links.ts'
import { judgeMinimum } from '../guardrails/judge-minimum.ts'
import { LinkReadings } from '../records/link-readings.ts'
import { findGrantingLinks } from './evaluate-assignment.ts'
import type { Settling } from './settling.ts'
import { bindLinks } from './user-binding.ts'

/**
 * The links that granted it are asked for once more, and the same reading says why the access goes. Where they say something
 * else than at the beginning of the evaluation, it begins again: nothing is counted, and nothing is sent.
 */
export async function askBrake(settling: Settling): Promise<Admission | 'evaluate again'> {
  const { key, id, context, wish, located: account, selectors, entry } = settling
  const { objects, configuration, organization, brake } = context
  const managementAccountId = await organization.managementAccountId()
  const all = entry?.links ?? []
  const own = new Set(all.map((link) => link.key))
  const [before, now] = [settling.readings, new LinkReadings(objects, configuration)]
  const read = (link: string) => (own.has(link) ? now : before).read(link)
  const sources = { configuration, managementAccountId, selectors, read }
  const isNamed = account !== undefined && settling.name !== undefined
  const found = isNamed ? await findGrantingLinks(settling.assignment, account, sources) : undefined
  const admitted = found ? await admitLinks(found.links, { entry, account: id.accountId }, context) : []
  const { links: bound } = await bindLinks(settling, admitted)
  const isWanted = bound.length + (found?.unreadable.length ?? 0) > 0
  if (isWanted !== (wish.is !== 'unwanted')) return 'evaluate again'
  const links = await withoutEnded(all, read, objects)
  if (all.length > 0 && links.length === 0) return { outcome: 'passes' }
  const place = { accountId: id.accountId, account, managementAccountId, selectors }
  const why = await findCause(links, read, place)
  const cause = why && (causeOfName(settling, links) ?? why)
  const revocation = { key, links: links.map((link) => link.key), cause }
  return brake.admit(revocation, await findMinimum(settling))
}

/** What policies demand to be left in the account. `undefined`: nothing, or this access does not count. */
async function findMinimum(settling: Settling): Promise<Minimum | undefined> {
  const { key, id, context, entry, assignment } = settling
  const links = entry?.links ?? []
  if (isOnlyTemporary(links.map((link) => link.key))) return undefined
  const rules = enforcedMinimumsFor(await context.policies.read(), assignment)
  if (rules.length === 0) return undefined
  return {
    account: id.accountId,
    access: key,
    object: async (leaving) => {
      try {
        const objection = await judgeMinimum(key, rules, { ...context, leaving })
        return objection && describeObjection(objection)
      } catch (error) {
        if (!isServiceError(error) || isPassing(error)) throw error
        return `it is not known who would keep '${id.permissionSet}' in account ${id.accountId} (${quote(error.message, 300)}); see that ssofile can read it`
      }
    },
  }
}

/** Its principal is gone, or has another name than the links that granted it. */
function causeOfName(
  { id: { type }, whereabouts, context }: Settling,
  links: readonly GrantingLink[],
): Cause | undefined {
  for (const { key } of links) {
    const link = parseLinkKey(key, context.configuration.folders)
    if (!link.ok) continue
    const { principal } = link.value
    if (whereabouts === 'gone' || whereabouts.name !== principal) return causeOfPrincipal({ type, principal })
  }
  return undefined
}
