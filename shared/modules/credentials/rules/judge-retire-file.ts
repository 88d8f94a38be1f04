import { foldIamName } from '../../../domain/account-facts/fold-iam-name.ts'
import type { Hygiene } from '../../../domain/files/hygiene-file.ts'
import type { RetireFile } from '../../../domain/files/retire-file.ts'
import { type Account, refuses } from '../../../domain/organization/organization-view.ts'
import { type Complaint, quote } from '../../../domain/statuses/complaint.ts'
import { fitsOne } from '../../../domain/text/glob.ts'

type AccountFacts = {
  /** `undefined`: the organization had no such account at its last reading. */
  readonly account: Account | undefined
  /** The value of the owner tag; `undefined`: it has none. */
  readonly owner: string | undefined
  /** The user is a break-glass user, by its definitions. */
  readonly isBreakGlass: boolean
  /** ssofile saw this upload while the account was somebody else's. */
  readonly wasOfOther: boolean
}

/** `isOfOther`: somebody else owns the account. */
export type RefusedRetireFile = { readonly complaint: Complaint; readonly isOfOther?: true }

/**
 * Why a file is refused, independent of its uploader. The first row that fits counts:
 *
 * | the file                                            | refused, because                          |
 * | --------------------------------------------------- | ----------------------------------------- |
 * | there is no such account, or it takes no changes    | nothing can be done there                 |
 * | the account's owner tag is not the file's folder    | somebody else owns the account            |
 * | somebody else owned the account, by an earlier look | a new owner is no decision of its author  |
 * | the root user                                       | its credentials are removed centrally     |
 * | a break-glass user                                  | it is for when nothing else works         |
 * | a name on `neverRetire`                             | governance decided so                     |
 */
export function judgeRetireFile(
  { key, account: id, user, owner: folder }: RetireFile,
  { account, owner, isBreakGlass, wasOfOther }: AccountFacts,
  { ownerTag, neverRetire }: Pick<Hygiene, 'neverRetire'> & { readonly ownerTag: string },
): RefusedRetireFile | undefined {
  const refuse = (received: string, expected: string, remedy: string, again = 'delete this file') => {
    return { complaint: { object: key, received, expected, remedy: `${remedy}; ${again}` } }
  }
  if (refuses(account))
    return refuse(
      account === undefined ? `the unknown account ${id}` : `the account ${id}, whose state is ${account.state}`,
      'an active account of the organization',
      'write the id of the account that the user is in',
    )
  if (owner !== folder) {
    const refused = refuse(
      `the account ${id}, whose tag ${quote(ownerTag)} is ${owner === undefined ? 'absent' : `'${quote(owner)}'`}`,
      `an account whose tag ${quote(ownerTag)} is '${folder}', as the folder`,
      'ask the owner of the account to upload the file, or have the tag corrected and upload this file again',
      'or delete this file',
    )
    return { ...refused, isOfOther: true }
  }
  if (wasOfOther)
    return refuse(
      `a file from a time when the account ${id} had another value of the tag ${quote(ownerTag)}`,
      `a file that was uploaded while the tag is '${folder}'`,
      'upload it again if the credential is still to be retired',
      'otherwise delete it',
    )
  if (user === 'root')
    return refuse('the root user', 'a user of IAM', 'remove root credentials centrally (IAM, Root access management)')
  if (isBreakGlass)
    return refuse(`the user ${user} of break-glass`, 'a user of everyday', 'leave it: it is for emergencies')
  if (isNeverRetired(user, { neverRetire }))
    return refuse(`the user ${user}, which is on neverRetire`, 'a user that is not', 'ask governance (hygiene.json)')
  return undefined
}

export function isNeverRetired(user: string, { neverRetire }: Pick<Hygiene, 'neverRetire'>): boolean {
  return fitsOne(neverRetire.map(foldIamName), foldIamName(user))
}
