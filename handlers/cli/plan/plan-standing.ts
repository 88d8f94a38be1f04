import pLimit from 'p-limit'
import {
  type Assignment,
  type AssignmentKey,
  assignmentOf,
  renderAssignmentName,
} from '../../../shared/domain/assignments/assignment.ts'
import { ledgerPrefix } from '../../../shared/domain/assignments/ledger-entry.ts'
import type { Configuration } from '../../../shared/domain/deployment/configuration.ts'
import { isOnlyTemporary } from '../../../shared/domain/guardrails/minimum.ts'
import { parseLinkKey, renderGrant, temporaryPrefix } from '../../../shared/domain/links/link.ts'
import { type Preview, previewChanges } from '../../../shared/modules/plan/preview.ts'
import { ProposedObjects } from '../../../shared/modules/plan/proposed-objects.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { Ledger, listAssignmentKeys } from '../../../shared/reconcile/records/ledger.ts'
import { listHeads, readsAtOnce } from '../../../shared/reconcile/records/list-heads.ts'
import { NameIndex } from '../../../shared/reconcile/records/principal-names.ts'
import { statusKey } from '../../../shared/reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../../shared/reconcile/records/stored-json.ts'
import type { InputChanges } from '../folder/compare-inputs.ts'

/**
 * The changes if nobody had temporary access: equal whether some begins, continues or ends. A plan shows `preview`, with temporary access
 * as it is; a plan's digest covers this one. If nobody has any, both are the same.
 */
export async function planStanding(
  ports: Ports,
  configuration: Configuration,
  { preview, changes }: { readonly preview: Preview; readonly changes: Pick<InputChanges, 'uploads'> },
  options: Omit<Parameters<typeof previewChanges>[2], 'looksMost'> = {},
): Promise<Preview> {
  const { objects, clock } = ports
  const links = [...(await listHeads(objects, temporaryPrefix)).keys()]
  const ending = [...preview.revocations, ...preview.held, ...preview.stuck].filter((one) =>
    one.links.some(isTemporary),
  )
  // A new link may keep access from a temporary link that has just ended.
  const coming = changes.uploads.flatMap(({ key, over }) => (over === undefined ? [key] : []))
  const grants = new Set([
    ...[...links, ...coming].flatMap((key) => grantOf(key, configuration)),
    ...ending.map(({ assignment }) => renderGrant(assignment)),
  ])
  if (grants.size === 0) return preview
  const names = await NameIndex.read(objects)
  const isMeant = (key: AssignmentKey) => {
    const { permissionSet, type, principalId } = assignmentOf(key)
    const all = names.everNamesOf(type, principalId)
    return all.some((principal) => grants.has(renderGrant({ permissionSet, principal, type })))
  }
  const keys = (await Array.fromAsync(listAssignmentKeys(objects, ledgerPrefix))).filter(isMeant)
  const ledger = new Ledger(objects)
  // Entries that only links of granted requests gave.
  const found = await pLimit(readsAtOnce).map(keys, async (key) => {
    const entry = (await spoiledAsAbsent(ledger.read(key)))?.entry
    return entry && isOnlyTemporary(entry.links.map((link) => link.key)) ? [key] : []
  })
  const entries = found.flat()
  if (links.length + entries.length === 0) return preview
  const without = [...links, ...links.map(statusKey), ...entries.map((key) => ledgerPrefix + key)]
  const standing = new ProposedObjects(objects, clock.now(), { deletions: without.map((key) => ({ key })) })
  const planned = await previewChanges({ ...ports, objects: standing }, configuration, { ...options, looksMost: 0 })
  // These are computed once: access that is only temporary exists now, and must not count as access by others.
  const existing = new Set(preview.existing.map(({ assignment }) => renderAssignmentName(assignment)))
  const isNew = ({ assignment }: { readonly assignment: Assignment }) => !existing.has(renderAssignmentName(assignment))
  return { ...planned, grants: planned.grants.filter(isNew) }
}

export function isTemporary({ key }: { readonly key: string }): boolean {
  return key.startsWith(temporaryPrefix)
}

/** The grants of a user's link: temporary links never name groups. */
function grantOf(key: string, { folders }: Configuration): readonly string[] {
  const link = parseLinkKey(key, folders)
  return link.ok && link.value.type === 'USER' ? [renderGrant(link.value)] : []
}
