import type { FunctionName } from '../../shared/ports/deployment-settings.ts'

/** The Region of the local system's bucket and queues. The account id is the one that fauxqs has in its queue URLs. */
export const localRegion = 'us-east-1'
/** A Region to which IAM Identity Center is replicated: its forwarding stack sends the uses there, unchanged. */
export const additionalRegion = 'eu-central-1'
export const localAccountId = '000000000000'

export function queueArn(nameOnTheWire: string): string {
  return `arn:aws:sqs:${localRegion}:${localAccountId}:${nameOnTheWire}`
}

export const localDeployment = 'local'

/** The role that a deployment's schedule assumes every hour, to prove that the events of uses arrive. */
export const watchingRoleArn = `arn:aws:iam::${localAccountId}:role/${localDeployment}-watching`

/** The role of a local function, with its name in a deployment. */
export function localRoleArn(name: FunctionName): string {
  return `arn:aws:iam::${localAccountId}:role/${localDeployment}-${name}`
}
