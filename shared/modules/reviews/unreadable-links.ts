import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { linkPrefix, parseLinkKey } from '../../domain/links/link.ts'
import { expandScopeAtMost } from '../../domain/scopes/expand-scope.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { forEachAtOnce, listHeads } from '../../reconcile/records/list-heads.ts'
import { NameIndex } from '../../reconcile/records/principal-names.ts'
import { isKnownEmpty, readLink } from '../../reconcile/records/read-link.ts'
import type { ShownFile } from './rules/review-item.ts'

type Reading = {
  readonly objects: ObjectStore
  readonly configuration: Configuration
  readonly organization: Pick<OrganizationCache, 'view' | 'selectors'>
}

/**
 * The links that S3 does not return, by the access that they may give. ssofile revokes nothing that such a link may give, so the access stays
 * although no link is known to give it.
 */
export async function findUnreadableLinks(
  wanted: ReadonlySet<AssignmentKey>,
  { objects, configuration, organization }: Reading,
): Promise<ReadonlyMap<AssignmentKey, readonly ShownFile[]>> {
  const found = new Map<AssignmentKey, readonly ShownFile[]>()
  const names = await NameIndex.read(objects)
  const asked = Map.groupBy(wanted, (key) => {
    const { permissionSet, type, principalId } = assignmentOf(key)
    return `${permissionSet}%${type}%${principalId}`
  })
  await forEachAtOnce((await listHeads(objects, linkPrefix)).values(), async (head) => {
    const parsed = isKnownEmpty(head) ? undefined : parseLinkKey(head.key, configuration.folders)
    if (!parsed?.ok) return
    const { permissionSet, type, principal } = parsed.value
    const keys = names.idsOf(type, principal).flatMap((id) => asked.get(`${permissionSet}%${type}%${id}`) ?? [])
    if (keys.length === 0 || (await readLink(objects, head.key, configuration)).state !== 'unreadable') return
    const [view, selectors] = await Promise.all([organization.view(), organization.selectors()])
    const reached = new Set(expandScopeAtMost(parsed.value, view, { ...configuration, selectors }))
    for (const key of keys)
      if (reached.has(assignmentOf(key).accountId))
        found.set(key, [...(found.get(key) ?? []), { key: head.key, etag: head.etag }])
  })
  return found
}
