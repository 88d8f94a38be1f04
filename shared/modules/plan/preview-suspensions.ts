import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import { causeOfPrincipal } from '../../domain/brake/act.ts'
import { suspendedAs } from '../../domain/suspensions/describe-suspension.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { listAssignmentKeys } from '../../reconcile/records/ledger.ts'
import { NameIndex } from '../../reconcile/records/principal-names.ts'
import type { StatusStore } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { Suspensions } from '../../reconcile/records/suspensions.ts'
import type { LinkFate, PlannedRevocation } from './planned-access.ts'

/** Ledger access of suspended users, with the file. Uses the names in the ledger, without a look-up. */
export async function listSuspended(
  objects: ObjectStore,
  suspensions: Pick<Suspensions, 'readAll'>,
): Promise<ReadonlyMap<AssignmentKey, string>> {
  const suspensionOf = await suspensions.readAll()
  if (suspensionOf === undefined) return new Map()
  const names = await NameIndex.read(objects)
  const found = new Map<AssignmentKey, string>()
  for await (const key of listAssignmentKeys(objects, ledgerPrefix)) {
    const { type, principalId } = assignmentOf(key)
    const suspension = type === 'USER' ? suspensionOf(principalId, names.namesOf(type, principalId)[0]) : undefined
    if (suspension !== undefined) found.set(key, suspension)
  }
  return found
}

/** Marks revocations because of a suspension with the user and the uploader: the brake counts people. */
export async function withSuspended(
  revocations: readonly PlannedRevocation[],
  suspended: ReadonlyMap<AssignmentKey, string>,
  statuses: Pick<StatusStore, 'read'>,
): Promise<readonly PlannedRevocation[]> {
  const read = async (file: string) => [file, await spoiledAsAbsent(statuses.read(file))] as const
  const told = new Map(await Promise.all([...new Set(suspended.values())].map(read)))
  return revocations.map((one): PlannedRevocation => {
    const file = suspended.get(one.key)
    if (file === undefined) return one
    const fateOf = (fate: LinkFate): LinkFate => (fate === 'elsewhere' ? 'suspended' : fate)
    const links = one.links.map(({ key, fate }) => ({ key, fate: fateOf(fate) }))
    const who = suspendedAs(assignmentOf(one.key).principalId, told.get(file))
    return { ...one, links, cause: causeOfPrincipal(one.assignment), suspended: who }
  })
}
