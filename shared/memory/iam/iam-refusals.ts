import { Refusal } from '../refusal.ts'

// Texts as seen in the field.
const refuse = (code: string, message: string): Refusal => new Refusal('iam', code, message)

export const tooFast = (): Refusal => refuse('Throttling', 'Rate exceeded')

export const noSuchRole = (arn: string): Refusal => refuse('NoSuchEntity', `ARN ${arn} not found.`)

export const noSuchJob = (jobId: string): Refusal => refuse('NoSuchEntity', `Job ${jobId} not found.`)

export const noSuchPolicy = (arn: string): Refusal => refuse('NoSuchEntity', `Policy ${arn} was not found.`)

export const noSuchVersion = (arn: string, version: string): Refusal =>
  refuse('NoSuchEntity', `Policy ${arn} version ${version} does not exist or is not attachable.`)

export const noSuchUser = (name: string): Refusal =>
  refuse('NoSuchEntity', `The user with name ${name} cannot be found.`)

export const noSuchKey = (id: string): Refusal =>
  refuse('NoSuchEntity', `The Access Key with id ${id} cannot be found.`)

export const noSuchPassword = (name: string): Refusal =>
  refuse('NoSuchEntity', `Login Profile for User ${name} cannot be found.`)

/** IAM names the first obstacle. */
export const userHasMore = (what: string): Refusal =>
  refuse('DeleteConflict', `Cannot delete entity, must ${what} first.`)

export const mayNotChange = (operation: string): Refusal =>
  refuse('AccessDenied', `User is not authorized to perform: iam:${operation}`)

export const noSuchPasswordPolicy = (account: string): Refusal =>
  refuse('NoSuchEntity', `The Password Policy with domain name ${account} cannot be found.`)

export const noReport = (): Refusal => refuse('ReportNotPresent', 'No report present.')

export const reportInProgress = (): Refusal => refuse('ReportInProgress', 'Report generation is in progress.')

export const reportExpired = (): Refusal => refuse('ReportExpired', 'Report expired.')

export const knowsNoOrganization = (account: string): Refusal =>
  refuse(
    'AccountNotManagementOrDelegatedAdministrator',
    `The account ${account} is not the management account or delegated administrator account for centralized root access.`,
  )

export const invalidMarker = (): Refusal => refuse('ValidationError', 'Invalid Marker.')

/** STS answers the same for a missing role and for one that does not trust the caller. */
export const mayNotAssume = (roleArn: string): Refusal =>
  new Refusal('sts', 'AccessDenied', `User is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`)
