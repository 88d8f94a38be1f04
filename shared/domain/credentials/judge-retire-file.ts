import { type Account, refuses } from '../organization/organization-view.ts'
import { type Complaint, quote } from '../statuses/complaint.ts'
import { fitsOne } from '../text/glob.ts'
import type { Hygiene } from './hygiene-file.ts'
import type { RetireFile } from './retire-file.ts'

type AccountFacts = {
  /** `undefined`: the organization has no such account, as last read. */
  readonly account: Account | undefined
  /** The value of the owner tag; `undefined`: it has none. */
  readonly owner: string | undefined
  /** The user is one of break-glass, by its definitions. */
  readonly isBreakGlass: boolean
}

/**
 * What a file may not ask for, whoever uploads it. The first row that fits counts:
 *
 * | the file                                            | refused, since                            |
 * | --------------------------------------------------- | ----------------------------------------- |
 * | `hygiene.json` names no `ownerTag`                  | nobody knows whose account it is          |
 * | there is no such account, or it takes no changes    | nothing can be done there                 |
 * | the account's owner tag is not the file's folder    | it is somebody else's account             |
 * | the root user                                       | its credentials are removed centrally     |
 * | a user of break-glass                               | it is for when nothing else works         |
 * | a name on `neverRetire`                             | governance wants it so                    |
 */
export function judgeRetireFile(
  { key, account: id, user, owner: folder }: RetireFile,
  { account, owner, isBreakGlass }: AccountFacts,
  { ownerTag, neverRetire }: Pick<Hygiene, 'ownerTag' | 'neverRetire'>,
): Complaint | undefined {
  const refuse = (received: string, expected: string, remedy: string): Complaint => {
    return { object: key, received, expected, remedy: `${remedy}; delete this file` }
  }
  if (ownerTag === undefined)
    return refuse(
      'a file of an owner',
      'ownerTag in hygiene.json, which names the owner of an account',
      'ask governance',
    )
  if (refuses(account))
    return refuse(
      account === undefined ? `the unknown account ${id}` : `the account ${id}, whose state is ${account.state}`,
      'an active account of the organization',
      'write the id of the account that the user is in',
    )
  if (owner !== folder)
    return refuse(
      `the account ${id}, whose tag ${quote(ownerTag)} is ${owner === undefined ? 'absent' : `'${quote(owner)}'`}`,
      `an account whose tag ${quote(ownerTag)} is '${folder}', as the folder`,
      'ask the owner of the account to upload the file, or have the tag corrected',
    )
  if (user === 'root')
    return refuse('the root user', 'a user of IAM', 'remove root credentials centrally (IAM, Root access management)')
  if (isBreakGlass)
    return refuse(`the user ${user} of break-glass`, 'a user of everyday', 'leave it: it is for emergencies')
  if (fitsOne(neverRetire, user))
    return refuse(`the user ${user}, which is on neverRetire`, 'a user that is not', 'ask governance (hygiene.json)')
  return undefined
}
