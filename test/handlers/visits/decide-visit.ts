/** What is known of one file under `visits/`. */
export type VisitFacts = {
  readonly file: 'none' | 'invalid' | 'valid'
  /** Whether the directory has the user and the group that the file names. */
  readonly areKnown: boolean
  /** What our record says: no visit, one of the group that the file names, or one of another group. */
  readonly entry: 'none' | 'same' | 'other'
  /** The user is in the group of our record. */
  readonly isIn: boolean
}

export const visitActions = ['claim', 'put in', 'take out', 'forget'] as const
export const visitEnds = ['nothing', 'waiting', 'applied'] as const
export type VisitAction = { readonly do: (typeof visitActions)[number] }
export type VisitEnd = { readonly tell: (typeof visitEnds)[number] }

/**
 * The next step of one visit. The first row that fits counts.
 *
 * | file    | user and group | entry | in its group | step     |
 * | ------- | -------------- | ----- | ------------ | -------- |
 * | invalid | any            | any   | any          | nothing  |
 * | none    | any            | none  | any          | nothing  |
 * | valid   | not known      | any   | any          | waiting  |
 * | valid   | known          | none  | any          | claim    |
 * | valid   | known          | same  | no           | put in   |
 * | valid   | known          | same  | yes          | applied  |
 * | any     | any            | any   | yes          | take out |
 * | any     | any            | any   | no           | forget   |
 */
export function decideVisit({ file, areKnown, entry, isIn }: VisitFacts): VisitAction | VisitEnd {
  if (file === 'invalid' || (file === 'none' && entry === 'none')) return { tell: 'nothing' }
  if (file === 'valid') {
    if (!areKnown) return { tell: 'waiting' }
    if (entry === 'none') return { do: 'claim' }
    if (entry === 'same') return isIn ? { tell: 'applied' } : { do: 'put in' }
  }
  return { do: isIn ? 'take out' : 'forget' }
}
