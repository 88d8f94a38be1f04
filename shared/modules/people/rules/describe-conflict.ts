import { quote } from '../../../domain/statuses/complaint.ts'

export type TakenValue = {
  /** The user name in the directory, and the e-mail address, that ssofile sent. */
  readonly name: string
  readonly email: string | undefined
  /** The name of the user who has this address. */
  readonly other: string | undefined
  /** The words of the directory. */
  readonly conflict: string
}

/**
 * The words for a user that the directory refuses because somebody else has its name or address.
 *
 * | the user with this address      | the conflict                                             |
 * | ------------------------------- | -------------------------------------------------------- |
 * | has this name                   | somebody else just made this user                        |
 * | has this name in other capitals | it is the same person under another name                 |
 * | has another name                | the address                                              |
 * | nobody, and no address was sent | the name, in other capitals or of a user just made       |
 * | nobody                          | unknown: the name, or the address in other capitals      |
 */
export function describeConflict({ name, email, other, conflict }: TakenValue): {
  readonly reason: string
  readonly remedy: string
} {
  const user = `user '${quote(name)}'`
  const isSame = other?.toLowerCase() === name.toLowerCase()
  if (other !== undefined && !isSame)
    return {
      reason: `received the e-mail address '${quote(email ?? '')}' for ${user}, but user '${quote(other)}' has it; expected an address that nobody has`,
      remedy: `write another address into the file, or change that of '${quote(other)}'`,
    }
  if (other !== undefined && other !== name)
    return {
      reason: `received ${user}, but the directory has '${quote(other)}', whose name differs only in its capitals; expected a name that nobody has`,
      remedy: `upload the file under the name '${quote(other)}', and delete this one`,
    }
  if (other === name || email === undefined)
    return {
      reason: `received ${user}, but the directory has a user whose name differs only in its capitals, or a new user of this name; expected a name that nobody has`,
      remedy:
        'if that user is the same person, upload the file under its exact name and delete this one; otherwise choose another name',
    }
  return {
    reason: `received ${user} with the e-mail address '${quote(email)}', but the directory refuses one of the two as a duplicate ('${quote(conflict, 200)}'); expected a name and an address that nobody has, also in other capitals`,
    remedy:
      'find the user who has one of them (aws identitystore list-users), and write another address, or upload the file under another name',
  }
}
