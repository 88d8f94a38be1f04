import { Refusal } from '../refusal.ts'

// Texts as seen in the field.
const refuse = (code: string, message: string): Refusal => new Refusal('iam', code, message)

export const tooFast = (): Refusal => refuse('Throttling', 'Rate exceeded')

export const noSuchRole = (arn: string): Refusal => refuse('NoSuchEntity', `ARN ${arn} not found.`)

export const noSuchJob = (jobId: string): Refusal => refuse('NoSuchEntity', `Job ${jobId} not found.`)

export const noSuchPolicy = (arn: string): Refusal => refuse('NoSuchEntity', `Policy ${arn} was not found.`)

export const noSuchVersion = (arn: string, version: string): Refusal =>
  refuse('NoSuchEntity', `Policy ${arn} version ${version} does not exist or is not attachable.`)

export const invalidMarker = (): Refusal => refuse('ValidationError', 'Invalid Marker.')

/** STS says the same of a role that is not there, and of one that does not trust the caller. */
export const mayNotAssume = (roleArn: string): Refusal =>
  new Refusal('sts', 'AccessDenied', `User is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`)
