/** What is known of the name that a file has as its owner, exactly as in links. */
export type NamedOwner = {
  /** The user of this name; absent: the directory has none. */
  readonly user?: { readonly isDisabled: boolean; readonly isSuspended: boolean } | undefined
  readonly isGroup: boolean
  /** A user had this name before, as far as the bucket says. */
  readonly wasUser: boolean
}

/**
 * Why nobody answers for what this owner has; `undefined`: somebody does, or nobody can tell.
 *
 * | the directory has       | the name                                         | then                      |
 * | ----------------------- | ------------------------------------------------ | ------------------------- |
 * | a user of this name     | any                                              | disabled, suspended, none |
 * | only a group of it      | any                                              | none                      |
 * | neither                 | was a user's, or is like `kenji.ito@acme.example` | gone                      |
 * | neither                 | any other text                                   | none                      |
 */
export function judgeOwner(owner: string, { user, isGroup, wasUser }: NamedOwner): string | undefined {
  if (user?.isSuspended) return 'the user is suspended'
  if (user?.isDisabled) return 'the user is disabled in the directory'
  if (user !== undefined || isGroup) return undefined
  return wasUser || /^[^\s@]+@[^\s@]+$/.test(owner) ? 'the user is gone from the directory' : undefined
}
