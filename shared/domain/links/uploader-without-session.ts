import type { Uploader } from './input-message.ts'

/**
 * Whose doing an upload is, for what is shared or counted: without the name of the session, which the person who assumes a role
 * chooses. (IAM User Guide, "IAM identifiers".) `undefined`: nobody knows who.
 *
 * | `principalId`                                        | then                                |
 * | ---------------------------------------------------- | ----------------------------------- |
 * | `AWS:AROAEXAMPLE:maria`                              | `AWS:AROAEXAMPLE`                   |
 * | `arn:aws:sts::111122223333:assumed-role/team/maria`  | `arn:aws:sts::111122223333:assumed-role/team` |
 * | any other                                            | as it is                            |
 */
export function uploaderWithoutSession(by: Pick<Uploader, 'principalId'> | undefined): string | undefined {
  if (by === undefined) return undefined
  const [, byArn, byId] = /^(arn:[^/]*:assumed-role\/[^/]+)\/|^(AWS:[^:]+):/.exec(by.principalId) ?? []
  return byArn ?? byId ?? by.principalId
}
