import type { BrakeRecord } from './brake-record.ts'
import type { HeldRetirements } from './held-retirements.ts'
import { isActReleased } from './releases.ts'
import { addedTo, type BrakeTerms, isBeyond, limitOf, type Tally, windowOf, withWindow } from './windows.ts'

/** One act on one credential, for the owner whose file asks for it. */
export type RetiringAct = { readonly owner: string; readonly item: string }

/**
 * Whether an act may be carried out, and the record that has to be written before it is. An act counts once in a window, however
 * often it is tried. The limit is that of `indirect`, without its percentage: nobody knows of how many.
 *
 * | released | held   | counted | within the limit | then               |
 * | -------- | ------ | ------- | ---------------- | ------------------ |
 * | yes      | any    | any     | any              | passes             |
 * | no       | yes    | any     | any              | stays held         |
 * | no       | no     | yes     | any              | passes             |
 * | no       | no     | no      | yes              | passes, is counted |
 * | no       | no     | no      | no               | is held            |
 */
export function judgeRetirement(
  brake: BrakeRecord,
  act: RetiringAct,
  terms: BrakeTerms,
): { readonly brake: BrakeRecord; readonly held: HeldRetirements | undefined } {
  const { owner, item } = act
  if (isActReleased(brake, item, terms.now)) return { brake, held: undefined }
  const list = brake.retirements.find((one) => one.owner === owner)
  if (list?.items.includes(item)) return { brake, held: list }
  const tally: Tally = { rule: 'indirect', cause: 'account owner', name: owner, items: [item] }
  const window = { ...windowOf(brake, tally, terms), base: 0 }
  const items = addedTo(window, tally)
  if (items.length === 0) return { brake, held: undefined }
  if (!isBeyond(window, items, terms))
    return { brake: withWindow(brake, { ...window, counted: [...window.counted, item] }), held: undefined }
  const held: HeldRetirements = {
    owner,
    since: list?.since ?? terms.now.toISOString(),
    limit: limitOf(window, 0, terms.limits),
    hours: terms.limits.indirect.hours,
    items: [...(list?.items ?? []), item].sort(),
  }
  const others = brake.retirements.filter((one) => one.owner !== owner)
  const retirements = [...others, held].sort((a, b) => (a.owner < b.owner ? -1 : 1))
  return { brake: { ...withWindow(brake, window), retirements }, held }
}

/** These acts are not wanted any more, or were carried out: they leave their lists. */
export function dropRetirements(brake: BrakeRecord, isWanted: (item: string) => boolean): BrakeRecord {
  if (brake.retirements.every(({ items }) => items.every(isWanted))) return brake
  const retirements = brake.retirements.flatMap((list) => {
    const items = list.items.filter(isWanted)
    return items.length === 0 ? [] : [{ ...list, items }]
  })
  return { ...brake, retirements }
}
