import { queueNameOnTheWire } from '../shared/aws/queue-name-on-the-wire.ts'
import {
  type Environment,
  hasApi,
  iamRegionOf,
  organizationRegionOf,
  type Partition,
  partitionOf,
} from '../shared/domain/deployment/environment.ts'
import { permissionSetRolePath } from '../shared/domain/permission-sets/permission-set-role.ts'
import { type FunctionName, functionNames, tagReaderOf } from '../shared/ports/deployment-settings.ts'
import type { QueueName } from '../shared/ports/queues.ts'
import { mayWrite } from './function-permissions.ts'

export type DeploymentNames = Readonly<ReturnType<typeof deploymentNames>>

/**
 * The names of a deployment's resources, known in advance: policies on both sides of an account's border name each other, and so do bucket
 * and queues.
 */
export function deploymentNames(environment: Environment) {
  const { account, region, name: stack, bucket, managementAccount } = environment
  const partition = partitionOf(region)
  const iamRegion = iamRegionOf(region)
  const arn = (service: string, resource: string, of: string = region) =>
    `arn:${partition}:${service}:${of}:${account}:${resource}`
  const roleArnIn = (of: string, role: string) => `arn:${partition}:iam::${of}:role/${role}`
  const stackArnPrefix = arn('cloudformation', `stack/${stack}/`)
  const guardRelay = `${stack}-guard-${iamRegion}`
  const relay = arn('cloudformation', `stack/${guardRelay}/`, iamRegion)
  const queue = (name: QueueName) => queueNameOnTheWire(name, stack)
  const forwarder = (of: string) => `${stack}-forward-${of}`
  return {
    partition,
    organizationRegion: organizationRegionOf(region),
    iamRegion,
    bucketArn: `arn:${partition}:s3:::${bucket.name}`,
    bucketName: bucket.name,
    bucketAccount: bucket.existing?.account ?? account,
    stack,
    /** The beginning of the ARN of each stack with this name: an id follows. */
    stackArnPrefix,
    /** The stack, and its role, that forward events from the Region of IAM to the guard. */
    guardRelay,
    /** The stacks of ssofile's account in CloudTrail's notation: by name or by ARN. */
    guardedStacks: [stack, { prefix: stackArnPrefix }, guardRelay, { prefix: relay }],
    /** The topics of the alarms. CloudFormation begins their names with the names of their stacks. */
    topics: [{ prefix: arn('sns', `${stack}-Alarms`) }, { prefix: arn('sns', `${guardRelay}-Alarms`, iamRegion) }],
    ...namesOfRoles(environment, roleArnIn),
    functionArn: (name: FunctionName) => arn('lambda', `function:${stack}-${name}`),
    /** Forms in which a call may name a function: by name, in part or whole. (Lambda API Reference, "FunctionName".) */
    functionBeginnings: [`${stack}-`, `${account}:function:${stack}-`, arn('lambda', `function:${stack}-`)],
    queue,
    queueArn: (name: QueueName) => arn('sqs', queue(name)),
    /** The bus of events that other accounts and Regions forward. */
    bus: `${stack}-events`,
    busArn: arn('events', `event-bus/${stack}-events`),
    outcomesBus: `${stack}-outcomes`,
    outcomesBusArn: arn('events', `event-bus/${stack}-outcomes`),
    /** The topic that mails to receivers. */
    notificationsTopic: `${stack}-notifications`,
    notificationsTopicArn: arn('sns', `${stack}-notifications`),
    rule: (name: string) => `${stack}-${name}`,
    /** The bus of AWS's events about the account itself. */
    defaultBusArn: arn('events', 'event-bus/default'),
    /** On the bus of the deployment, or on the default bus of its account. */
    ruleArn: (rule: string, bus?: string) => arn('events', `rule/${bus === undefined ? '' : `${bus}/`}${rule}`),
    /** The host of the console's sign-in. (AWS General Reference, "AWS Management Console endpoints".) */
    consoleDomain: consoleDomains[partition],
    /** KMS's name for a service that uses a key for a caller. (KMS Developer Guide, "kms:ViaService".) */
    viaService: (service: string) =>
      `${service}.${region}.${partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com'}`,
    /** Roles are global in an account: one for each forwarding Region. */
    forwarder,
    forwarderArn: (of: string) => roleArnIn(managementAccount, forwarder(of)),
    /** The role of the management account whose assumption proves every hour that the events of uses arrive. */
    watching: `${stack}-watching`,
    watchingArn: roleArnIn(managementAccount, `${stack}-watching`),
    /** The role of the management account that reads the tags of all accounts. */
    tagReader: tagReaderOf(stack),
    tagReaderArn: roleArnIn(managementAccount, tagReaderOf(stack)),
  }
}

const consoleDomains: Readonly<Record<Partition, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
}

function namesOfRoles(environment: Environment, roleArnIn: (account: string, role: string) => string) {
  const { account, region, name: stack, access, page, auditorRole, hygieneRole } = environment
  const isDeployed: Readonly<Partial<Record<FunctionName, boolean>>> = {
    api: hasApi(environment),
    page: page !== undefined,
    credentials: auditorRole !== '',
    retire: hygieneRole !== '',
  }
  const functions = functionNames.filter((name) => isDeployed[name] ?? true)
  const roleArn = (name: FunctionName) => roleArnIn(account, `${stack}-${name}`)
  const operatorRole = `${stack}-operator`
  const operatorRoleArns = access.operators.length === 0 ? [] : [roleArnIn(account, operatorRole)]
  return {
    function: (name: FunctionName) => `${stack}-${name}`,
    roleArn,
    functions,
    /** The roles of those functions, and the operators' role. No others: somebody else could create a role that does not exist yet. */
    roleArns: [...functions.map(roleArn), ...operatorRoleArns],
    /** Those roles that write keys with this beginning. */
    rolesThatWrite: (prefix: string): readonly string[] => [
      ...functions.filter((name) => mayWrite(environment, name, prefix)).map(roleArn),
      ...(mayWrite(environment, 'operator', prefix) ? operatorRoleArns : []),
    ],
    /** The role by which CloudFormation deploys, for any qualifier of the bootstrap. */
    deployerArn: roleArnIn(account, `cdk-*-cfn-exec-role-${account}-${region}`),
    /** Any role with ssofile's prefix in its name. Somebody else might create such a role. */
    anyRoleArn: roleArnIn(account, `${stack}-*`),
    /** The role that operators assume to take access over, to release it and to restore records. */
    operatorRole,
    /** Empty without operators. */
    operatorRoleArns,
    /**
     * The roles that Identity Center creates in an account; `*`: in any. Only AWS creates roles under this path, with the Region of Identity
     * Center in it or without. (IAM Identity Center User Guide, "Referencing permission sets in resource policies".)
     */
    sessionArnsOf: (of: string) => roleArnIn(of, `${permissionSetRolePath.slice(1)}*`),
  }
}
