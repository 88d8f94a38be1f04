import type { Configuration } from '../../domain/deployment/configuration.ts'
import {
  judgeMembershipByPolicies,
  type MembershipCase,
  noObjection,
  type Verdict,
} from '../../domain/guardrails/judge-by-policies.ts'
import type { Uploader } from '../../domain/links/input-message.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import { listLinks } from '../../reconcile/records/list-links.ts'
import type { Policies } from '../../reconcile/records/policies.ts'

type JudgingMembership = {
  readonly objects: ReadingObjects
  readonly policies: Pick<Policies, 'read'>
  readonly configuration: Pick<Configuration, 'folders'>
  /** A plan: an unknown uploader may still come. */
  readonly isForetelling?: boolean | undefined
}

/** The verdict of the policies on a membership file with its group's present links. Reads nothing if there is no rule. */
export async function judgeMembership(
  { by, ...about }: Omit<MembershipCase, 'uploader' | 'links'> & { readonly by: Uploader | undefined },
  { objects, policies, configuration, isForetelling }: JudgingMembership,
): Promise<Verdict> {
  const guardrails = await policies.read()
  const rules = guardrails.policies.flatMap(({ links }) => links)
  if (rules.length === 0 && guardrails.broken.length === 0) return noObjection
  const asksLinks = rules.some((rule) => (rule.for.permissionSets ?? rule.for.scopes) !== undefined)
  const links = asksLinks ? await listLinksOf(about.membership.group, objects, configuration) : []
  const uploader = by ? { name: by.principalId } : isForetelling ? 'later' : 'nobody knows'
  return judgeMembershipByPolicies(guardrails, { ...about, uploader, links })
}

async function listLinksOf(
  group: PrincipalName,
  objects: ReadingObjects,
  { folders }: Pick<Configuration, 'folders'>,
): Promise<Exclude<MembershipCase['links'], string>> {
  const links = await Array.fromAsync(listLinks(objects, folders))
  return links.filter(({ type, principal }) => type === 'GROUP' && principal === group)
}
