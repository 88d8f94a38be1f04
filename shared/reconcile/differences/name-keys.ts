import {
  type AccessKey,
  type Assignment,
  type AssignmentId,
  type AssignmentKey,
  accessOf,
  assignmentKey,
  nameAssignment,
  parseAssignmentKey,
} from '../../domain/assignments/assignment.ts'
import type { EntitlementKey } from '../../domain/assignments/entitlement.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { foreignAccess, readForeign } from '../records/foreign-assignments.ts'
import { parseForeignEntitlement, readEntitlement } from '../records/foreign-entitlements.ts'
import type { NamedGroups } from '../records/group-members.ts'
import { Ledger } from '../records/ledger.ts'
import { forEachAtOnce, type Heads } from '../records/list-heads.ts'
import { NameIndex } from '../records/principal-names.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

/** By key: the assignments that links would name, with the principal's present name. Two if the name has just changed. */
export type NamedKeys = ReadonlyMap<AssignmentKey, readonly Assignment[]>

/** Names the listed keys by `state/principals/`. If an id has lost its name there, reads one record of it. */
export async function nameKeys(
  objects: ObjectStore,
  heads: { readonly ledger: Heads; readonly foreign: Heads },
): Promise<{
  readonly ledger: NamedKeys
  readonly foreign: NamedKeys
  readonly entitlements: ReadonlyMap<EntitlementKey, readonly PrincipalName[]>
}> {
  const index = await NameIndex.read(objects)
  const ledger = new Ledger(objects)
  const ours = parseKeys(heads.ledger, ledgerPrefix)
  const others = parseKeys(heads.foreign, foreignAccess.at)
  const read = new Map<string, PrincipalName>()
  const nameless = [...ours, ...others].filter(([, id]) => index.namesOf(id.type, id.principalId).length === 0)
  const firsts = new Map(nameless.map(([key, id]) => [id.principalId, key]))
  await forEachAtOnce(firsts.entries(), async ([id, key]) => {
    const record =
      (await spoiledAsAbsent(ledger.read(key)))?.entry ?? (await spoiledAsAbsent(readForeign(objects, key)))
    if (record) read.set(id, record.principal)
  })
  const name = (all: ReadonlyMap<AssignmentKey, AssignmentId>): NamedKeys =>
    new Map(
      [...all].map(([key, id]) => {
        const noted = index.namesOf(id.type, id.principalId)
        const names = noted.length > 0 ? noted : [read.get(id.principalId) ?? []].flat()
        return [key, names.map((principal) => nameAssignment(id, principal))]
      }),
    )
  return { ledger: name(ours), foreign: name(others), entitlements: await nameEntitlements(objects, heads, index) }
}

async function nameEntitlements(
  objects: ObjectStore,
  heads: { readonly foreign: Heads },
  index: NameIndex,
): Promise<ReadonlyMap<EntitlementKey, readonly PrincipalName[]>> {
  const named = new Map<EntitlementKey, readonly PrincipalName[]>()
  const listed = [...heads.foreign.keys()].flatMap(parseForeignEntitlement)
  await forEachAtOnce(listed, async ({ key, type, principalId }) => {
    const noted = index.namesOf(type, principalId)
    const read = noted.length > 0 ? undefined : await spoiledAsAbsent(readEntitlement(objects, key))
    named.set(key, read ? [read.principal] : noted)
  })
  return named
}

function parseKeys(heads: Heads, prefix: string): ReadonlyMap<AssignmentKey, AssignmentId> {
  const parsed = [...heads.keys()].flatMap((object) => {
    const key = object.slice(prefix.length)
    const id = parseAssignmentKey(key)
    return id ? [[assignmentKey.parse(key), id] as const] : []
  })
  return new Map(parsed)
}

/** The groups of these keys, with their present names. */
export function groupsIn({ ledger, foreign, entitlements }: Awaited<ReturnType<typeof nameKeys>>): NamedGroups {
  const groups = new Map<PrincipalId, Set<PrincipalName>>()
  const add = (key: AccessKey, names: readonly PrincipalName[]) => {
    const { type, principalId } = accessOf(key)
    if (type !== 'GROUP') return
    const known = groups.get(principalId) ?? new Set()
    for (const name of names) known.add(name)
    groups.set(principalId, known)
  }
  for (const all of [ledger, foreign])
    for (const [key, named] of all)
      add(
        key,
        named.map(({ principal }) => principal),
      )
  for (const [key, names] of entitlements) add(key, names)
  return groups
}
