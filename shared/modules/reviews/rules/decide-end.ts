/**
 * An item as its files are now. `unread`: nobody can decide on it. `unseen`: its file is as it was, and S3 does not return it, so people can
 * revoke the access that its name says, and nobody can keep it.
 */
export const itemStates = ['unread', 'unseen', 'as shown', 'changed', 'gone'] as const
export type ItemState = (typeof itemStates)[number]

/** One item without an end, when its run ends. */
export type EndFacts = {
  readonly item: ItemState
  /** `keep`: enough people keep it, and nobody revokes it. */
  readonly decided: 'keep' | 'revoke' | 'nothing'
  /** Somebody deleted the file of the review. */
  readonly isEarly: boolean
  readonly silence: 'revoke' | 'not-done'
  /** The record says that silence revokes it: an earlier attempt may have deleted its files. */
  readonly isSilenceNoted: boolean
}

export const endSteps = ['not done', 'kept', 'gone', 'carry out', 'ask again', 'revoke by silence'] as const

/**
 * The end of an item that is still open when its run ends. The first row that fits counts. After `ask again`, the new question has its end
 * at once: nobody has decided it, so silence revokes the present upload, and an edit keeps nothing.
 *
 * | decided | the item       | early | silence | noted | step              |
 * | ------- | -------------- | ----- | ------- | ----- | ----------------- |
 * | any     | unread         | any   | any     | any   | not done          |
 * | revoke  | any other      | any   | any     | any   | carry out         |
 * | any     | changed        | no    | revoke  | any   | ask again         |
 * | any     | changed        | any other       |       | not done          |
 * | keep    | as shown       | any   | any     | any   | kept              |
 * | any     | gone           | any   | any     | no    | gone              |
 * | any     | as shown, unseen, gone | no | revoke | any | revoke by silence |
 * | any other |              |       |         |       | not done          |
 */
export function decideEnd({ item, decided, isEarly, silence, isSilenceNoted }: EndFacts): (typeof endSteps)[number] {
  const isSilenceKept = isEarly || silence === 'not-done'
  if (item === 'unread') return 'not done'
  if (decided === 'revoke') return 'carry out'
  if (item === 'changed') return isSilenceKept ? 'not done' : 'ask again'
  if (decided === 'keep' && item === 'as shown') return 'kept'
  if (item === 'gone' && !isSilenceNoted) return 'gone'
  return isSilenceKept ? 'not done' : 'revoke by silence'
}
