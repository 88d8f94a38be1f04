/** One permission set, its file and ssofile's record. */
export type PermissionSetFacts = {
  /** Ended sessions need other denials than the accounts have, and this reconcile has not written them yet. */
  readonly hasDenials: boolean
  /** ssofile's record. `claimed`: it has no ARN yet, so a creation may be in flight. */
  readonly entry: 'none' | 'claimed' | 'named'
  /** Accounts lack the begun change of a former file, and this reconcile has not tried to bring it to them yet. */
  readonly owesFormer: boolean
  readonly wish: 'invalid' | DeletionFacts | DefinitionFacts
}

/** The file is gone. */
export type DeletionFacts = {
  /** Links or the ledger still use it. */
  readonly isReferenced: boolean
  /** ssofile looked for the claimed permission set by its name, and it is not there. */
  readonly isMissing: boolean
  /** An unanswered creation may still take effect. */
  readonly mayCome: boolean
  /** The record says when the deletion began. */
  readonly isBegun: boolean
}

/** The wish of the file, and the permission set in Identity Center. */
export type DefinitionFacts = {
  /** Policies refuse this content, which ssofile neither applied nor began before. */
  readonly isObjected: boolean
  /** The file was applied, and ssofile knows of no later change, and of no deletion that it began. */
  readonly isInForce: boolean
  readonly obstacle: Obstacle
  /** The next attempt is in the record, or it needs none. */
  readonly isPutOff: boolean
  /** The permission set. `others`: ssofile neither created nor adopted it. `unread`: no row needs it. */
  readonly live: 'unread' | 'gone' | 'others' | 'there'
  /** Somebody else changed it, and `onDrift` only reports. */
  readonly drift: 'none' | 'to report' | 'reported'
  /** The brake need not judge the change, or has admitted it. */
  readonly isAdmitted: boolean
  /** The definition equals the file, and history has the change. */
  readonly isChanged: boolean
  /** Accounts may have an older version. */
  readonly isOwed: boolean
  /** The record says exactly that this file is in force. */
  readonly isSettled: boolean
}

export const obstacles = ['none', 'not ours', 'refused', 'held', 'too large', 'not everywhere'] as const
export type Obstacle = (typeof obstacles)[number]

export const permissionSetActions = [
  'deny sessions',
  'provision former',
  'look for it',
  'begin deletion',
  'delete',
  'forget',
  'put off',
  'claim',
  'create',
  'report drift',
  'ask the brake',
  'change',
  'provision',
  'settle',
] as const
export const permissionSetEnds = [
  'invalid',
  'nothing',
  'blocked',
  'unanswered',
  'objected',
  'not ours',
  'refused',
  'held',
  'too large',
  'not everywhere',
  'applied',
] as const
export type PermissionSetAction = { readonly do: (typeof permissionSetActions)[number] }
export type PermissionSetEnd = { readonly tell: (typeof permissionSetEnds)[number] }

/**
 * The next step for one permission set. ssofile writes the record before each call. The first row that fits counts. A begun change is a
 * debt of the record: if this file does not replace it, ssofile still brings it to all accounts.
 *
 * | file    | entry   | what else                                           | step             |
 * | ------- | ------- | --------------------------------------------------- | ---------------- |
 * | any     | any     | ended sessions lack denials                         | deny sessions    |
 * | invalid | any     | accounts lack the change of a former file           | provision former |
 * | none    | named   | accounts lack the change of a former file           | provision former |
 * | valid   | named   | so, and policies or an obstacle stop this file      | provision former |
 * | invalid | any     |                                                     | invalid          |
 * | none    | none    |                                                     | nothing          |
 * | none    | any     | something refers to it                              | blocked          |
 * | none    | claimed | not looked for yet                                  | look for it      |
 * | none    | claimed | not there, a call may still create it               | unanswered       |
 * | none    | claimed | not there                                           | forget           |
 * | none    | named   | its deletion is not in the record                   | begin deletion   |
 * | none    | named   | its deletion is in the record                       | delete           |
 * | valid   | any     | policies refuse it                                  | objected         |
 * | valid   | any     | an obstacle that needs a next attempt, and has none | put off          |
 * | valid   | any     | an obstacle                                         | the obstacle     |
 * | valid   | named   | applied, and no later change is known               | applied          |
 * | valid   | none    | others made one of this name                        | not ours         |
 * | valid   | none    |                                                     | claim            |
 * | valid   | claimed |                                                     | create           |
 * | valid   | named   | gone                                                | claim            |
 * | valid   | named   | others changed it, and drift is only reported       | report drift; once reported: applied |
 * | valid   | named   | the change may take something away                  | ask the brake    |
 * | valid   | named   | differs, or history does not have the change        | change           |
 * | valid   | named   | accounts may have an older version                  | provision        |
 * | valid   | named   | the record does not show the file as in force       | settle           |
 * | valid   | named   |                                                     | applied          |
 */
export function decidePermissionSet({
  hasDenials,
  entry,
  owesFormer,
  wish,
}: PermissionSetFacts): PermissionSetAction | PermissionSetEnd {
  if (hasDenials) return { do: 'deny sessions' }
  if (owesFormer && !isReplacing(wish)) return { do: 'provision former' }
  if (wish === 'invalid') return { tell: 'invalid' }
  return 'isReferenced' in wish ? decideDeletion(entry, wish) : decideDefinition(entry, wish)
}

/** Whether this file changes the permission set instead. With the obstacle `not everywhere`, ssofile has provisioned already. */
function isReplacing(wish: PermissionSetFacts['wish']): boolean {
  if (wish === 'invalid' || 'isReferenced' in wish) return false
  return !wish.isObjected && (wish.obstacle === 'none' || wish.obstacle === 'not everywhere')
}

function decideDeletion(
  entry: PermissionSetFacts['entry'],
  { isReferenced, isMissing, mayCome, isBegun }: DeletionFacts,
): PermissionSetAction | PermissionSetEnd {
  if (entry === 'none') return { tell: 'nothing' }
  if (isReferenced) return { tell: 'blocked' }
  if (entry === 'claimed') {
    if (!isMissing) return { do: 'look for it' }
    return mayCome ? { tell: 'unanswered' } : { do: 'forget' }
  }
  return { do: isBegun ? 'delete' : 'begin deletion' }
}

function decideDefinition(
  entry: PermissionSetFacts['entry'],
  facts: DefinitionFacts,
): PermissionSetAction | PermissionSetEnd {
  const { obstacle, live, drift } = facts
  if (facts.isObjected) return { tell: 'objected' }
  if (obstacle !== 'none') return facts.isPutOff ? { tell: obstacle } : { do: 'put off' }
  if (entry === 'none') return live === 'others' ? { tell: 'not ours' } : { do: 'claim' }
  if (entry === 'claimed') return { do: 'create' }
  if (facts.isInForce) return { tell: 'applied' }
  if (live !== 'there') return { do: 'claim' }
  if (drift !== 'none') return drift === 'reported' ? { tell: 'applied' } : { do: 'report drift' }
  if (!facts.isAdmitted) return { do: 'ask the brake' }
  if (!facts.isChanged) return { do: 'change' }
  if (facts.isOwed) return { do: 'provision' }
  return facts.isSettled ? { tell: 'applied' } : { do: 'settle' }
}
