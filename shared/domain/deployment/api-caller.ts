import type { Uploader } from '../links/input-message.ts'
import type { PrincipalId } from '../principals/identity-center-ids.ts'
import type { PrincipalName } from '../principals/principal.ts'

export type ApiCaller = {
  /** The caller's ARN in IAM, such as `arn:aws:sts::111122223333:assumed-role/team-a/maria`. For the page: `arnOfPage`. */
  readonly arn: string
  /** If the caller is a role's session, the ARN of the role with its path. Absent: ssofile did not ask IAM, or IAM did not answer. */
  readonly roleArn?: string | undefined
  readonly sourceIpAddress?: string
  /** The person that the page signed in and checked for this request. Nothing from outside may set it. */
  readonly person?: PagePerson | undefined
}

/** `name`: the user name in links. The person's groups say whether they may read other people's data. */
export type PagePerson = {
  readonly userId: PrincipalId
  readonly name: PrincipalName
  readonly isAuditor: boolean
}

/** The text in history instead of an ARN: it says that the request came from the page, and from which user. */
export function arnOfPage(userName: string): string {
  return `page:${encodeURI(userName.toWellFormed())}`
}

const arnField = 'ssofile-caller'
const addressField = 'ssofile-caller-address'

/** The metadata that the API writes for an object, since S3 names the API itself as the uploader. */
export function renderCaller({ arn, sourceIpAddress }: ApiCaller): Readonly<Record<string, string>> {
  return { [arnField]: arn, ...(sourceIpAddress === undefined ? {} : { [addressField]: sourceIpAddress }) }
}

/**
 * The uploader in the metadata of an object. `undefined`: the metadata names none. Believe it only if S3 says that the API uploaded the
 * object, since anybody who may upload may write any metadata.
 */
export function parseCaller(metadata: Readonly<Record<string, string>>, at: string): Uploader | undefined {
  const { [arnField]: principalId, [addressField]: sourceIpAddress } = metadata
  if (principalId === undefined) return undefined
  return { principalId, sourceIpAddress, at }
}
