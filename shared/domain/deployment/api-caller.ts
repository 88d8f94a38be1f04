import type { Uploader } from '../links/input-message.ts'
import type { PrincipalId } from '../principals/identity-center-ids.ts'
import type { PrincipalName } from '../principals/principal.ts'

export type ApiCaller = {
  /** As IAM knows the caller, such as `arn:aws:sts::111122223333:assumed-role/team-a/maria`; of the page: `arnOfPage`. */
  readonly arn: string
  /** The ARN of the role whose session it is, with its path; absent: IAM was not asked, or does not tell. */
  readonly roleArn?: string | undefined
  readonly sourceIpAddress?: string
  /** Whom the page signed in, and made sure of for this request. Nothing that comes from outside may set it. */
  readonly person?: PagePerson | undefined
}

/** `name`: as it stands in links. Whether somebody reads what is others', groups of theirs say. */
export type PagePerson = {
  readonly userId: PrincipalId
  readonly name: PrincipalName
  readonly isAuditor: boolean
}

/** What stands in history where an ARN stands otherwise: that it came by the page, and of whom. */
export function arnOfPage(userName: string): string {
  return `page:${encodeURI(userName.toWellFormed())}`
}

const arnField = 'ssofile-caller'
const addressField = 'ssofile-caller-address'

/** What the API writes beside an object, since S3 names the API itself as the uploader. */
export function renderCaller({ arn, sourceIpAddress }: ApiCaller): Readonly<Record<string, string>> {
  return { [arnField]: arn, ...(sourceIpAddress === undefined ? {} : { [addressField]: sourceIpAddress }) }
}

/**
 * The uploader that the metadata of an object names; `undefined`: none. To be believed only of an object that S3 says the API
 * uploaded: anybody who may upload may write any metadata.
 */
export function parseCaller(metadata: Readonly<Record<string, string>>, at: string): Uploader | undefined {
  const { [arnField]: principalId, [addressField]: sourceIpAddress } = metadata
  if (principalId === undefined) return undefined
  return { principalId, sourceIpAddress, at }
}
