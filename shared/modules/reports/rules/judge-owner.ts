/** The owner's name in a file, spelled as in links. */
export type NamedOwner = {
  /** The user with this name. Absent: the directory has none. */
  readonly user?: { readonly isDisabled: boolean; readonly isSuspended: boolean } | undefined
  readonly isGroup: boolean
  /** The bucket says that a user had this name before. */
  readonly wasUser: boolean
}

/**
 * Why nobody answers for this owner's files. `undefined`: somebody does, or nobody can tell.
 *
 * | the directory has       | the name                                             | then                      |
 * | ----------------------- | ---------------------------------------------------- | ------------------------- |
 * | a user of this name     | any                                                  | suspended, disabled, none |
 * | only a group of it      | any                                                  | none                      |
 * | neither                 | was a user's, or looks like `kenji.ito@acme.example` | gone                      |
 * | neither                 | any other text                                       | none                      |
 */
export function judgeOwner(owner: string, { user, isGroup, wasUser }: NamedOwner): string | undefined {
  if (user?.isSuspended) return 'the user is suspended'
  if (user?.isDisabled) return 'the user is disabled in the directory'
  if (user !== undefined || isGroup) return undefined
  return wasUser || /^[^\s@]+@[^\s@]+$/.test(owner) ? 'the user is gone from the directory' : undefined
}
