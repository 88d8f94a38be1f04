import type { AssignmentKey } from '../../domain/assignment.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { accessKeyOf, renderAccessKey } from '../records/access-list.ts'
import { Ledger } from '../records/ledger.ts'
import { forEachAtOnce, type Heads } from '../records/list-heads.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import type { NamedKeys } from './name-keys.ts'

/** What `access/` lacks, and what it has too much: a value. */
export type AccessDifferences = { readonly toWrite: readonly string[]; readonly toDelete: readonly string[] }

/**
 * Compares `access/` with the ledger and `foreign/`, by the present names. Reads the entries that are not settled, and those
 * that do not stand there just once.
 */
export async function findAccessDifferences(
  objects: ObjectStore,
  {
    access,
    names,
  }: { readonly access: Heads; readonly names: { readonly ledger: NamedKeys; readonly foreign: NamedKeys } },
  unsettled: ReadonlySet<AssignmentKey>,
): Promise<AccessDifferences> {
  const expected = new Set<string>()
  const unsure: AssignmentKey[] = []
  const ledger = new Ledger(objects)
  for (const [key, [named]] of names.foreign)
    if (named && !names.ledger.has(key)) expected.add(renderAccessKey(key, named.principal, 'foreign'))
  for (const [key, [named]] of names.ledger) {
    if (!named) continue
    const present = (['ours', 'temporary'] as const)
      .map((giver) => renderAccessKey(key, named.principal, giver))
      .filter((one) => access.has(one))
    if (unsettled.has(key) || present.length !== 1) unsure.push(key)
    else for (const one of present) expected.add(one)
  }
  await forEachAtOnce(unsure, async (key) => {
    const entry = (await spoiledAsAbsent(ledger.read(key)))?.entry
    const [named] = names.ledger.get(key) ?? []
    const there = entry && accessKeyOf(key, { ...entry, principal: named?.principal ?? entry.principal })
    if (there !== undefined) expected.add(there)
  })
  return {
    toWrite: [...expected].filter((one) => !access.has(one)).sort(),
    toDelete: [...access.keys()].filter((one) => !expected.has(one)).sort(),
  }
}
