import type { PrincipalId } from '../principals/identity-center-ids.ts'
import type { BrakeRecord } from './brake-record.ts'
import { deletionOf, findListWith, hold } from './lists.ts'
import { isPersonReleased } from './releases.ts'
import { addedTo, type BrakeTerms, isBeyond, type Tally, windowOf, withWindow } from './windows.ts'

/** A person whom a file suspends. `by`: who uploaded it; absent: it is not known. */
export type SuspendedPerson = { readonly user: PrincipalId; readonly by: string | undefined }

/**
 * Whether a person may be suspended, and the record that has to be written before anything of the person ends. A person counts
 * once, whatever access that takes; with no access of ours too, since sessions and requests end as well.
 *
 * | released | on a list | counted | within the limit | then                    |
 * | -------- | --------- | ------- | ---------------- | ----------------------- |
 * | yes      | any       | any     | any              | passes, uncounted       |
 * | no       | yes       | any     | any              | stays held              |
 * | no       | no        | yes     | any              | passes, counted before  |
 * | no       | no        | no      | yes              | passes, and is counted  |
 * | no       | no        | no      | no               | is held                 |
 */
export function judgeSuspension(brake: BrakeRecord, person: SuspendedPerson, terms: BrakeTerms): Verdict {
  const { user, by: name } = person
  return judgeOne(brake, { cause: 'uploader', name, item: user }, terms)
}

/**
 * The same for a user who is to be deleted. All deletions count together, and apart from suspensions: many fall due at once who were
 * suspended one by one, and whoever releases suspensions releases no deletion.
 */
export function judgeDeletion(brake: BrakeRecord, user: PrincipalId, terms: BrakeTerms): Verdict {
  return judgeOne(brake, { cause: 'everything', name: undefined, item: deletionOf(user) }, terms)
}

type Verdict = { readonly brake: BrakeRecord; readonly passes: boolean }

function judgeOne(
  brake: BrakeRecord,
  { cause, name, item }: Pick<Tally, 'cause' | 'name'> & { readonly item: string },
  terms: BrakeTerms,
): Verdict {
  if (isPersonReleased(brake, item, terms.now)) return { brake, passes: true }
  if (findListWith(brake, 'people', item)) return { brake, passes: false }
  const one: Tally = { rule: 'people', cause, name, items: [item] }
  const window = windowOf(brake, one, terms)
  const items = addedTo(window, one)
  if (isBeyond(window, items, terms)) return { brake: hold(brake, [], { window, items }, terms), passes: false }
  const counted = { ...window, counted: [...window.counted, ...items] }
  return { brake: items.length === 0 ? brake : withWindow(brake, counted), passes: true }
}
