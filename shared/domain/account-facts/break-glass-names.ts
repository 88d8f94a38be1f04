/** The names of all deployed things. They are known before the deployment, since policies in all accounts name each other. */
export const userPath = '/break-glass/'
const suffix = '-BREAK-GLASS'
export const rolePrefix = 'BREAK-GLASS-'
/** The prefix of the names of rules, topics, buses and stacks. */
export const thingPrefix = 'break-glass-'
export const alarmBus = 'break-glass-alarms'
export const alarmTopic = 'break-glass-alarms'
/** The Region of IAM. All stacks are here, except for the alarms of other Regions. */
export const iamRegion = 'us-east-1'

export const userNameSuffix = suffix

export function userName(responder: string): string {
  return `${responder}${suffix}`
}

export function userArn(securityAccount: string, responder: string): string {
  return `arn:aws:iam::${securityAccount}:user${userPath}${userName(responder)}`
}

/** The responder with this ARN of a user. `undefined`: it is no user of break-glass in that account. */
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

/** The ARN of a managed policy in the file: AWS's own ARN, or the ARN of a policy in the account with this name. */
export function policyArn(account: string, policy: string): string {
  return policy.startsWith('arn:') ? policy : `arn:aws:iam::${account}:policy/${policy}`
}

export function alarmBusArn(securityAccount: string): string {
  return `arn:aws:events:${iamRegion}:${securityAccount}:event-bus/${alarmBus}`
}

export function alarmTopicArn(securityAccount: string, region: string): string {
  return `arn:aws:sns:${region}:${securityAccount}:${alarmTopic}`
}

/** The beginning of the ARNs of all stacks. */
export function stackArnPrefix(account: string, region: string): string {
  return `arn:aws:cloudformation:${region}:${account}:stack/${thingPrefix}`
}

/**
 * The Regions in which a sign-in or a call of the users may be recorded. If a user signs in at the global endpoint, the console's proxy may
 * send them to one of these Regions. (CloudTrail User Guide, "AWS Management Console sign-in events": the Region of ConsoleLogin.)
 */
const globalSignInRegions = [iamRegion, 'us-east-2', 'eu-north-1', 'ap-southeast-2'] as const

export function watchedRegions(signInRegions: readonly string[]): readonly string[] {
  return [...new Set([...globalSignInRegions, ...signInRegions])].sort()
}
