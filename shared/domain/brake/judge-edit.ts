import type { Configuration } from '../deployment/configuration.ts'
import type { BrakeRecord, BrakeWindow } from './brake-record.ts'
import { type HeldContents, isHeldAlone } from './held-contents.ts'
import { holdContents } from './lists.ts'
import { findRelease } from './releases.ts'
import { addedTo, type BrakeTerms, isBeyond, limitOf, type Tally, windowOf, withWindow } from './windows.ts'

/** On more account assignments than this, a file needs a release to take almost everything away, or to make administrators. */
export function contentsLimit(ledgerEntries: number, limits: Configuration['brake']): number {
  return limitOf({ rule: 'indirect', cause: 'permission set' }, ledgerEntries, limits)
}

/** An edit of a permission set that `findContents` found. */
export type Edit = Omit<HeldContents, 'since' | 'many'>

/** The window that an edit seems to exceed, if its base must be counted first. */
export function findBaselessEdit(brake: BrakeRecord, edit: Edit, terms: BrakeTerms): readonly BrakeWindow[] {
  if (judgeAlone(brake, edit, terms) !== 'counts') return []
  const { window, items } = countEdit(brake, edit, terms)
  return window.base === undefined && isBeyond(window, items, terms) ? [window] : []
}

/**
 * Whether ssofile may begin the edit of a permission set, and the record to write before. Call `findBaselessEdit` first. A set counts
 * once in a window, however often somebody edits or retries it.
 *
 * | released | held alone | takes away | this file held as one too many | its set counted | within the limits | then                |
 * | -------- | ---------- | ---------- | ------------------------------ | --------------- | ----------------- | ------------------- |
 * | yes      | any        | any        | any                            | any             | any               | passes              |
 * | no       | yes        | any        | any                            | any             | any               | is held             |
 * | no       | no         | no         | any                            | any             | any               | passes              |
 * | no       | no         | yes        | yes                            | any             | any               | stays held          |
 * | no       | no         | yes        | no                             | yes             | any               | passes              |
 * | no       | no         | yes        | no                             | no              | yes               | passes, is counted  |
 * | no       | no         | yes        | no                             | no              | no                | is held             |
 */
export function judgeEdit(
  brake: BrakeRecord,
  edit: Edit,
  terms: BrakeTerms,
): { readonly brake: BrakeRecord; readonly held: HeldContents | undefined } {
  const alone = judgeAlone(brake, edit, terms)
  if (alone === 'passes') return { brake, held: undefined }
  const known = brake.contents.find(({ digest }) => digest === edit.digest)
  const hold = (record: BrakeRecord, many: HeldContents['many']) => {
    const held = { ...edit, ...(many && { many }), since: known?.since ?? terms.now.toISOString() }
    return { brake: holdContents(record, held), held }
  }
  if (alone === 'held') return hold(brake, undefined)
  if (alone === 'stays held') return hold(brake, findTooMany(brake, edit)?.many)
  const { window, items } = countEdit(brake, edit, terms)
  if (!isBeyond(window, items, terms)) {
    const counted = { ...window, counted: [...window.counted, ...items] }
    return { brake: items.length === 0 ? brake : withWindow(brake, counted), held: undefined }
  }
  const { base = 0, counted } = window
  const limit = limitOf(window, base, terms.limits)
  const many = { limit, base, minutes: terms.limits.own.minutes, passed: counted.length }
  return hold(withWindow(brake, { ...window, busyAt: terms.now.toISOString() }), many)
}

/** The decision without a count. */
function judgeAlone(brake: BrakeRecord, edit: Edit, { now }: BrakeTerms) {
  if (findRelease(brake, edit.digest, now)) return 'passes'
  if (isHeldAlone(edit)) return 'held'
  if (edit.taken === 0) return 'passes'
  return findTooMany(brake, edit) ? 'stays held' : 'counts'
}

/**
 * The brake already holds this content, so a new window does not let it pass. With a KMS key the same content has another ETag in each
 * upload; its digest changes if it takes something else away now.
 */
function findTooMany({ contents }: BrakeRecord, { name, etag, digest }: Edit): HeldContents | undefined {
  return contents.find(
    (one) => one.name === name && (one.etag === etag || one.digest === digest) && one.many !== undefined,
  )
}

function countEdit(brake: BrakeRecord, { name }: Edit, terms: BrakeTerms) {
  // All uploaders have one count, as in a folder of links: somebody with two roles has no second one.
  const one: Tally = { rule: 'own', cause: 'uploader', items: [name] }
  const window = windowOf(brake, one, terms)
  return { window, items: addedTo(window, one) }
}
