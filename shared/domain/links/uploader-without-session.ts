import type { Uploader } from './input-message.ts'

/**
 * The uploader for anything shared or counted. The session name is left out, because the person who assumes a role chooses it. (IAM
 * User Guide, "IAM identifiers".) `undefined`: unknown.
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
