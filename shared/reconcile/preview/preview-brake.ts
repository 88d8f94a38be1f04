import { renderAssignmentKey } from '../../domain/assignment.ts'
import {
  type BrakeTerms,
  describeHold,
  emptyBrake,
  findMissingWindows,
  judgeRevocation,
  pruneBrake,
  tally,
} from '../../domain/brake.ts'
import type { Configuration } from '../../domain/configuration.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { openMissing } from '../brake/brake.ts'
import { brakeFile } from '../brake/brake-file.ts'
import type { PlannedRevocation } from './preview.ts'

/** How many revocations the brake would hold, and why. Which ones depends on their order. */
export type BrakePreview = { readonly held: number; readonly reasons: readonly string[] }

/** Lets the brake judge these revocations by its rules and its count so far; writes nothing. */
export async function previewBrake(
  revocations: readonly PlannedRevocation[],
  {
    objects,
    configuration,
    now,
  }: { readonly objects: ObjectStore; readonly configuration: Configuration; readonly now: Date },
): Promise<BrakePreview> {
  if (revocations.length === 0) return { held: 0, reasons: [] }
  const terms: BrakeTerms = { limits: configuration.brake, now }
  const before = pruneBrake((await brakeFile(objects).read())?.value ?? emptyBrake, terms)
  const counted = revocations.map(({ assignment, withdrawn }) => ({ key: renderAssignmentKey(assignment), withdrawn }))
  const items = Map.groupBy(counted.flatMap(tally), ({ rule, folder }) => `${rule} ${folder ?? ''}`)
  let record = before
  let held = 0
  for (const revocation of counted) {
    for (const missing of findMissingWindows(record, revocation, terms)) {
      const all = (items.get(`${missing.rule} ${missing.folder ?? ''}`) ?? []).flatMap((one) => one.items)
      record = await openMissing(record, { ...missing, items: all }, terms, { objects, configuration })
    }
    const { brake, passes } = judgeRevocation(record, revocation, terms)
    if (!passes) held += 1
    // Only the number is told, so the list need not grow.
    record = { ...brake, held: before.held }
  }
  return { held, reasons: record.holds.map(describeHold) }
}
