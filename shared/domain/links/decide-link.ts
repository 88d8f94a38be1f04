import type { LinkFacts } from './describe-link.ts'

/** One file under `links_data/`, before ssofile evaluates its accounts. */
export type LinkStepFacts = {
  readonly file: LinkFacts['state']
  /** The name is valid: a scope, a permission set and a principal, in a folder that counts. */
  readonly isNamed: boolean
  /** It is `applied`, and was uploaded again unchanged. */
  readonly isRepeated: boolean
  /** Its scope is a tag, and ssofile has not read the tags of all accounts yet. */
  readonly lacksTags: boolean
  /** This look has spent seconds on tags, or none are left for it. */
  readonly isTimeOver: boolean
}

export const linkEnds = ['nothing', 'read tags', 'wait for tags', 'grant', 'revoke'] as const
export type LinkEnd = { readonly tell: (typeof linkEnds)[number] }

/**
 * The accounts to look at after the status of a link is written. This step grants and revokes nothing: it sends a hint for each account
 * of the link. The first row that fits counts.
 *
 * | file       | name      | tags are read | time is over | only repeated | step          |                                                    |
 * | ---------- | --------- | ------------- | ------------ | ------------- | ------------- | -------------------------------------------------- |
 * | any        | not valid | any           | any          | any           | nothing       | reconcile looks at grants by an earlier configuration |
 * | unreadable | valid     | any           | any          | any           | nothing       | its content is unknown, so its grants stay         |
 * | in force   | valid     | no            | yes          | any           | read tags     | it is looked at again at once, and reads on        |
 * | in force   | valid     | no            | no           | any           | wait for tags | it is looked at again after a minute               |
 * | in force   | valid     | yes           | any          | yes           | nothing       |                                                    |
 * | in force   | valid     | yes           | any          | no            | grant         | a hint in each account of its scope                |
 * | any other  | valid     | any           | any          | any           | revoke        | an urgent hint in each account where the ledger has access by it |
 */
export function decideLink({ file, isNamed, isRepeated, lacksTags, isTimeOver }: LinkStepFacts): LinkEnd {
  if (!isNamed || file === 'unreadable') return { tell: 'nothing' }
  if (file !== 'in-force') return { tell: 'revoke' }
  if (lacksTags) return { tell: isTimeOver ? 'read tags' : 'wait for tags' }
  return { tell: isRepeated ? 'nothing' : 'grant' }
}
