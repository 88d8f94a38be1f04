import { type Act, revocationAct } from '../../domain/brake/act.ts'
import { type BrakeList, emptyBrake, isSameScope } from '../../domain/brake/brake-record.ts'
import { describeList } from '../../domain/brake/describe-list.ts'
import { judgeAct } from '../../domain/brake/judge-act.ts'
import type { Taking } from '../../domain/brake/minimum.ts'
import { pruneBrake } from '../../domain/brake/releases.ts'
import { type BrakeTerms, noteBase } from '../../domain/brake/windows.ts'
import { isOnlyTemporary } from '../../domain/guardrails/minimum.ts'
import { countBase } from '../../reconcile/brake/count-base.ts'
import { type BrakeSources, countOpen, nameOfWindow, prolongEnded } from '../../reconcile/brake/count-open.ts'
import { type MinimumSources, Minimums } from '../../reconcile/guardrails/minimums.ts'
import { brakeFile } from '../../reconcile/records/brake-file.ts'
import type { PlannedAccess, PlannedRevocation } from './planned-access.ts'

/** How many revocations the brake would hold, and why. Their order decides which ones. */
type RevocationsPreview = { readonly held: number; readonly reasons: readonly string[] }

/**
 * Lets the brake judge these revocations by its rules and its present count; writes nothing. `foreseeMinimums` judges the minimums, for the whole plan.
 */
export async function foreseeHolds(
  revocations: readonly PlannedRevocation[],
  { now, ...sources }: BrakeSources & { readonly now: Date },
): Promise<RevocationsPreview> {
  if (revocations.length === 0) return { held: 0, reasons: [] }
  const { objects, configuration } = sources
  const terms: BrakeTerms = { limits: configuration.brake, now }
  const before = pruneBrake((await brakeFile(objects).read())?.value ?? emptyBrake, terms)
  const counted = revocations.flatMap(({ key, links, cause, suspended }): readonly Act[] => {
    if (isEndOfTemporary(links)) return []
    const counting = links.filter(({ fate }) => fate !== 'ended')
    return [revocationAct({ key, links: counting.map((link) => link.key), cause, suspended })]
  })
  const counts = counted.flatMap((act) => act.counts)
  const items = Map.groupBy(counts, nameOfWindow)
  const open = new Map<string, number>()
  let record = before
  let held = 0
  for (const act of counted) {
    for (const one of prolongEnded(record, act, terms, open).uncounted) {
      const planned = (items.get(nameOfWindow(one)) ?? []).flatMap((each) => each.items)
      open.set(nameOfWindow(one), await countOpen(objects, { ...one, items: planned }, configuration))
    }
    let judged = judgeAct(prolongEnded(record, act, terms, open).record, act, terms)
    while (judged.is === 'unmeasured') {
      let { brake } = judged
      for (const window of judged.baseless) brake = noteBase(brake, window, await countBase(window, sources), terms)
      judged = judgeAct(brake, act, terms)
    }
    if (judged.is === 'held') held += 1
    // Only the number is reported, so the lists need not grow.
    const heldBefore = (list: BrakeList) => before.lists.find((known) => isSameScope(known, list))?.held ?? []
    const { lists } = judged.brake
    record = { ...judged.brake, lists: lists.map((list) => ({ ...list, held: heldBefore(list) })) }
  }
  return { held, reasons: record.lists.map(describeList) }
}

/** Neither the brake nor a minimum holds it. */
function isEndOfTemporary(links: PlannedRevocation['links']): boolean {
  return links.length > 0 && links.every(({ fate }) => fate === 'ended')
}

/** The minimums that an account would break after the whole plan, with the groups as they are then. Ascending, each once. */
export async function foreseeMinimums(
  { revocations, grants }: PlannedAccess,
  sources: MinimumSources,
): Promise<readonly string[]> {
  const takings = revocations.flatMap(({ key, links }): readonly Taking[] => (isEndOfTemporary(links) ? [] : [{ key }]))
  const access = grants.flatMap(({ assignment, principalId, links }) =>
    principalId && !isOnlyTemporary(links) ? [{ ...assignment, principalId }] : [],
  )
  const leaving = new Set(revocations.map(({ key }) => key))
  const judged = await new Minimums(sources).judgeAll(takings, leaving, access)
  return [...new Set(judged.flatMap(({ objection }) => (objection ? [objection.objection] : [])))].sort()
}
