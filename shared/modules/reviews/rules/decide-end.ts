/** One item without an end, when its run ends. */
export type EndFacts = {
  /** `unread`: nobody could decide it. */
  readonly item: 'unread' | 'as shown' | 'changed' | 'gone'
  /** `keep`: enough people keep it, and nobody revokes it. */
  readonly decided: 'keep' | 'revoke' | 'nothing'
  /** Somebody deleted the file of the review. */
  readonly isEarly: boolean
  readonly silence: 'revoke' | 'not-done'
  /** The record says that silence revokes it: an earlier attempt may have deleted its files. */
  readonly isSilenceNoted: boolean
}

export const endSteps = ['not done', 'kept', 'gone', 'carry out', 'revoke by silence'] as const

/**
 * The end of an item that is still open when its run ends. The first row that fits counts.
 *
 * | decided | the item        | early | silence | noted | step              |
 * | ------- | --------------- | ----- | ------- | ----- | ----------------- |
 * | any     | unread, changed | any   | any     | any   | not done          |
 * | keep    | as shown        | any   | any     | any   | kept              |
 * | revoke  | any other       | any   | any     | any   | carry out         |
 * | any     | gone            | any   | any     | no    | gone              |
 * | any     | any other       | no    | revoke  | any   | revoke by silence |
 * | any other |               |       |         |       | not done          |
 */
export function decideEnd({ item, decided, isEarly, silence, isSilenceNoted }: EndFacts): (typeof endSteps)[number] {
  if (item === 'unread' || item === 'changed') return 'not done'
  if (decided === 'keep' && item === 'as shown') return 'kept'
  if (decided === 'revoke') return 'carry out'
  if (item === 'gone' && !isSilenceNoted) return 'gone'
  return isEarly || silence === 'not-done' ? 'not done' : 'revoke by silence'
}
