import { type BrakeList, emptyBrake, isSameScope } from '../../domain/brake/brake-record.ts'
import { describeList } from '../../domain/brake/describe-list.ts'
import { findBaseless, judgeRevocation, type Revocation, tally } from '../../domain/brake/judge-revocation.ts'
import { pruneBrake } from '../../domain/brake/releases.ts'
import { type BrakeTerms, noteBase, type Tally } from '../../domain/brake/windows.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { brakeFile } from '../brake/brake-file.ts'
import { countBase } from '../brake/count-base.ts'
import { prolongEnded } from '../brake/count-open.ts'
import type { PlannedRevocation } from './planned-access.ts'

/** How many revocations the brake would hold, and why. Which ones depends on their order. */
export type RevocationsPreview = { readonly held: number; readonly reasons: readonly string[] }

/** Lets the brake judge these revocations by its rules and its count so far; writes nothing. */
export async function previewBrake(
  revocations: readonly PlannedRevocation[],
  {
    objects,
    configuration,
    now,
  }: { readonly objects: ObjectStore; readonly configuration: Configuration; readonly now: Date },
): Promise<RevocationsPreview> {
  if (revocations.length === 0) return { held: 0, reasons: [] }
  const terms: BrakeTerms = { limits: configuration.brake, now }
  const before = pruneBrake((await brakeFile(objects).read())?.value ?? emptyBrake, terms)
  const counted = revocations.flatMap(({ key, links, cause, suspended }): readonly Revocation[] => {
    if (isEndOfTemporary(links)) return []
    const counting = links.filter(({ fate }) => fate !== 'ended')
    return [{ key, links: counting.map((link) => link.key), cause, suspended }]
  })
  const items = Map.groupBy(counted.flatMap(tally), nameOf)
  const planned = (one: Tally) => (items.get(nameOf(one)) ?? []).flatMap((each) => each.items)
  const sources = { objects, configuration, planned }
  let record = before
  let held = 0
  for (const revocation of counted) {
    record = await prolongEnded(record, revocation, terms, sources)
    for (const window of findBaseless(record, revocation, terms))
      record = noteBase(record, window, await countBase(window, sources), terms)
    const { brake, passes } = judgeRevocation(record, revocation, terms)
    if (!passes) held += 1
    // Only the number is told, so the lists need not grow.
    const heldBefore = (list: BrakeList) => before.lists.find((known) => isSameScope(known, list))?.held ?? []
    record = { ...brake, lists: brake.lists.map((list) => ({ ...list, held: heldBefore(list) })) }
  }
  return { held, reasons: record.lists.map(describeList) }
}

/** Neither the brake nor a policy's minimum holds it. */
export function isEndOfTemporary(links: PlannedRevocation['links']): boolean {
  return links.length > 0 && links.every(({ fate }) => fate === 'ended')
}

function nameOf({ rule, cause, name, folder }: Tally): string {
  return JSON.stringify([rule, cause, name, folder])
}
