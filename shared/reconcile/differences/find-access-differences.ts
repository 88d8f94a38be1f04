import { type AccessKey, type Assignment, type AssignmentKey, accessOf } from '../../domain/assignments/assignment.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { accessKeyOf, renderAccessKey } from '../records/access-list.ts'
import { Ledger } from '../records/ledger.ts'
import { forEachAtOnce, type Heads } from '../records/list-heads.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import type { nameKeys } from './name-keys.ts'

/** Missing and superfluous keys under `access/`. */
export type AccessDifferences = {
  readonly toWrite: ReadonlyMap<string, PrincipalId>
  readonly toDelete: readonly string[]
}

/**
 * Compares `access/` with the ledger and `foreign/`, by the present names. Reads only unsettled entries, and entries that `access/` lacks
 * or has twice.
 */
export async function findAccessDifferences(
  objects: ObjectStore,
  { access, names }: { readonly access: Heads; readonly names: Awaited<ReturnType<typeof nameKeys>> },
  moving: ReadonlySet<AssignmentKey>,
): Promise<AccessDifferences> {
  const expected = new Map<string, PrincipalId>()
  const expect = (at: string, key: AccessKey) => expected.set(at, accessOf(key).principalId)
  const unsure: { readonly key: AssignmentKey; readonly named: Assignment; readonly present: readonly string[] }[] = []
  const ledger = new Ledger(objects)
  for (const [key, [named]] of names.foreign)
    if (named && !names.ledger.has(key)) expect(renderAccessKey(key, named.principal, 'foreign'), key)
  for (const [key, [name]] of names.entitlements)
    if (name !== undefined) expect(renderAccessKey(key, name, 'foreign'), key)
  const keep = (key: AssignmentKey, present: readonly string[]) => {
    for (const one of present) expect(one, key)
  }
  for (const [key, [named]] of names.ledger) {
    if (!named) continue
    const present = (['ours', 'temporary'] as const)
      .map((giver) => renderAccessKey(key, named.principal, giver))
      .filter((one) => access.has(one))
    if (moving.has(key) || present.length !== 1) unsure.push({ key, named, present })
    else keep(key, present)
  }
  await forEachAtOnce(unsure, async ({ key, named, present }) => {
    const entry = (await spoiledAsAbsent(ledger.read(key)))?.entry
    if (!entry) return keep(key, present)
    const there = accessKeyOf(key, { ...entry, principal: named.principal })
    if (there !== undefined) expect(there, key)
  })
  return {
    toWrite: new Map([...expected].filter(([one]) => !access.has(one))),
    toDelete: [...access.keys()].filter((one) => !expected.has(one)).sort(),
  }
}
