/** What is known of one permission set that a file may ask for. */
export type PermissionSetFacts = {
  /** Sessions that were ended ask for other denials than its accounts have, and this reconcile has not brought them yet. */
  readonly hasDenials: boolean
  /** ssofile's record. `claimed`: without an ARN, so a creation may be under way. */
  readonly entry: 'none' | 'claimed' | 'named'
  readonly wish: 'invalid' | DeletionFacts | DefinitionFacts
}

/** The file is gone. */
export type DeletionFacts = {
  /** Links or the ledger still use it. */
  readonly isReferenced: boolean
  /** What was claimed has been looked for by its name, and is not there. */
  readonly isMissing: boolean
  /** A creation that got no answer may still take effect. */
  readonly mayCome: boolean
  /** The record says when its deletion began. */
  readonly isBegun: boolean
}

/** What the file asks for, and what there is. */
export type DefinitionFacts = {
  /** Policies refuse this content, which was neither applied nor begun before. */
  readonly isObjected: boolean
  /** The file was applied, and nobody is known to have changed anything since. */
  readonly isInForce: boolean
  /** What stops this reconcile. */
  readonly obstacle: Obstacle
  /** The next attempt is in the record, or it needs none. */
  readonly isPutOff: boolean
  /** The permission set. `others`: ssofile neither created nor adopted it. `unread`: no row needs it. */
  readonly live: 'unread' | 'gone' | 'others' | 'there'
  /** Somebody else changed it, and that is only reported. */
  readonly drift: 'none' | 'to report' | 'reported'
  /** The brake need not judge the change, or has admitted it. */
  readonly isAdmitted: boolean
  /** The definition is as the file says, and history has it. */
  readonly isChanged: boolean
  /** Accounts may have an older version. */
  readonly isOwed: boolean
  /** The record says that this file is in force, and nothing else. */
  readonly isSettled: boolean
}

export const obstacles = ['none', 'not ours', 'refused', 'held', 'too large', 'not everywhere'] as const
export type Obstacle = (typeof obstacles)[number]

export const permissionSetActions = [
  'deny sessions',
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
 * The next step for one permission set. The record is written before each call that it is about. The first row that fits counts.
 *
 * | file    | entry   | what else                                            | step           |
 * | ------- | ------- | ---------------------------------------------------- | -------------- |
 * | any     | any     | ended sessions are not denied as they should be      | deny sessions  |
 * | invalid | any     |                                                      | invalid        |
 * | none    | none    |                                                      | nothing        |
 * | none    | any     | something refers to it                               | blocked        |
 * | none    | claimed | not looked for                                       | look for it    |
 * | none    | claimed | not there, a call may still create it                | unanswered     |
 * | none    | claimed | not there                                            | forget         |
 * | none    | named   | its deletion is not in the record                    | begin deletion |
 * | none    | named   | its deletion is in the record                        | delete         |
 * | valid   | any     | policies refuse it                                   | objected       |
 * | valid   | any     | an obstacle, without a next attempt that it needs    | put off        |
 * | valid   | any     | an obstacle                                          | the obstacle   |
 * | valid   | named   | in force, and nobody has to look                     | applied        |
 * | valid   | none    | others made one of this name                         | not ours       |
 * | valid   | none    |                                                      | claim          |
 * | valid   | claimed |                                                      | create         |
 * | valid   | named   | gone                                                 | claim          |
 * | valid   | named   | differs by hand, which is only reported              | report drift, once told: applied |
 * | valid   | named   | the change may take something away                   | ask the brake  |
 * | valid   | named   | differs, or history does not have the change         | change         |
 * | valid   | named   | accounts may have an older version                   | provision      |
 * | valid   | named   | the record does not say that it is in force          | settle         |
 * | valid   | named   |                                                      | applied        |
 */
export function decidePermissionSet({
  hasDenials,
  entry,
  wish,
}: PermissionSetFacts): PermissionSetAction | PermissionSetEnd {
  if (hasDenials) return { do: 'deny sessions' }
  if (wish === 'invalid') return { tell: 'invalid' }
  return 'isReferenced' in wish ? decideDeletion(entry, wish) : decideDefinition(entry, wish)
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
