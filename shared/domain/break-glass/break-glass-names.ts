/** The names of what is deployed, known before it is: policies in all accounts name each other. */
export const userPath = '/break-glass/'
const suffix = '-BREAK-GLASS'
export const rolePrefix = 'BREAK-GLASS-'
/** Begins the names of rules, topics, buses and stacks. */
export const thingPrefix = 'break-glass-'
export const alarmBus = 'break-glass-alarms'
export const alarmTopic = 'break-glass-alarms'
/** IAM is served from here, so all stacks are here, but for the alarms of other Regions. */
export const iamRegion = 'us-east-1'

export const userNameSuffix = suffix

export function userName(responder: string): string {
  return `${responder}${suffix}`
}

export function userArn(securityAccount: string, responder: string): string {
  return `arn:aws:iam::${securityAccount}:user${userPath}${userName(responder)}`
}

/** The responder of a user's ARN; `undefined`: it is no user of break-glass in that account. */
export function responderOf(arn: string, securityAccount: string): string | undefined {
  const [, name] = /^arn:aws:iam::\d{12}:user\/break-glass\/([a-z0-9-]+)-BREAK-GLASS$/.exec(arn) ?? []
  return name !== undefined && arn === userArn(securityAccount, name) ? name : undefined
}

export function roleName(playbook: string): string {
  return `${rolePrefix}${playbook}`
}

export function senderName(playbook: string): string {
  return `${roleName(playbook)}-alarms`
}

export function roleArn(account: string, playbook: string): string {
  return `arn:aws:iam::${account}:role/${roleName(playbook)}`
}

/** Of a managed policy as the file names it: AWS's own ARN, or the name of one in the account. */
export function policyArn(account: string, policy: string): string {
  return policy.startsWith('arn:') ? policy : `arn:aws:iam::${account}:policy/${policy}`
}

export function alarmBusArn(securityAccount: string): string {
  return `arn:aws:events:${iamRegion}:${securityAccount}:event-bus/${alarmBus}`
}

export function alarmTopicArn(securityAccount: string, region: string): string {
  return `arn:aws:sns:${region}:${securityAccount}:${alarmTopic}`
}

/**
 * Where a sign-in or a call of the users may be recorded. Who signs in at the global endpoint may be sent to one of these by
 * the console's proxy. (CloudTrail User Guide, "AWS Management Console sign-in events": the Region of ConsoleLogin.)
 */
const globalSignInRegions = [iamRegion, 'us-east-2', 'eu-north-1', 'ap-southeast-2'] as const

export function watchedRegions(signInRegions: readonly string[]): readonly string[] {
  return [...new Set([...globalSignInRegions, ...signInRegions])].sort()
}
