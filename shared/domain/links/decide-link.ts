import type { LinkFacts } from './describe-link.ts'

/** What is known of one file under `links_data/`, before anybody looks at the accounts that it concerns. */
export type LinkStepFacts = {
  readonly file: LinkFacts['state']
  /** Its name says a scope, a permission set and a principal, in a folder that counts. */
  readonly isNamed: boolean
  /** It is `applied`, and was only uploaded again as it was. */
  readonly isRepeated: boolean
  /** Its scope is by tag, and not all tags of accounts are read. */
  readonly lacksTags: boolean
}

export const linkEnds = ['nothing', 'read tags', 'grant', 'revoke'] as const
export type LinkEnd = { readonly tell: (typeof linkEnds)[number] }

/**
 * What is to be looked at once the status of a link is told. Nothing is granted or revoked here: each account that the link concerns
 * gets a hint. The first row that fits counts.
 *
 * | file       | name      | tags are read | only repeated | step      |                                                    |
 * | ---------- | --------- | ------------- | ------------- | --------- | -------------------------------------------------- |
 * | any        | not valid | any           | any           | nothing   | what it granted by another configuration: the reconcile looks |
 * | unreadable | valid     | any           | any           | nothing   | it may say anything: what it granted stays         |
 * | in force   | valid     | no            | any           | read tags | it is looked at again                              |
 * | in force   | valid     | yes           | yes           | nothing   |                                                    |
 * | in force   | valid     | yes           | no            | grant     | a hint in each account of its scope                |
 * | any other  | valid     | any           | any           | revoke    | an urgent hint in each account where the ledger has access of it |
 */
export function decideLink({ file, isNamed, isRepeated, lacksTags }: LinkStepFacts): LinkEnd {
  if (!isNamed || file === 'unreadable') return { tell: 'nothing' }
  if (file !== 'in-force') return { tell: 'revoke' }
  if (lacksTags) return { tell: 'read tags' }
  return { tell: isRepeated ? 'nothing' : 'grant' }
}
