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

/**
 * The names of a deployment's resources, known in advance: policies on both sides of an account's border name each other, and so do bucket
 * and queues.
 */
export class DeploymentNames {
  readonly partition: Partition
  readonly organizationRegion: string
  readonly iamRegion: string
  readonly #environment: Environment

  constructor(environment: Environment) {
    this.#environment = environment
    this.partition = partitionOf(environment.region)
    this.organizationRegion = organizationRegionOf(environment.region)
    this.iamRegion = iamRegionOf(environment.region)
  }

  get bucketArn(): string {
    return `arn:${this.partition}:s3:::${this.#environment.bucket.name}`
  }

  get bucketName(): string {
    return this.#environment.bucket.name
  }

  get stack(): string {
    return this.#environment.name
  }

  /** The beginning of the ARN of each stack with this name: an id follows. */
  get stackArnPrefix(): string {
    return this.#stackArnPrefix(this.#environment.region, this.stack)
  }

  /** The stack, and its role, that forward events from the Region of IAM to the guard. */
  get guardRelay(): string {
    return `${this.#environment.name}-guard-${this.iamRegion}`
  }

  /** The stacks of ssofile's account in CloudTrail's notation: by name or by ARN. */
  get guardedStacks(): readonly (string | { readonly prefix: string })[] {
    const relay = this.#stackArnPrefix(this.iamRegion, this.guardRelay)
    return [this.stack, { prefix: this.stackArnPrefix }, this.guardRelay, { prefix: relay }]
  }

  /** The topics of the alarms. CloudFormation begins their names with the names of their stacks. */
  get topics(): readonly { readonly prefix: string }[] {
    const { account, region } = this.#environment
    const stacks = [
      [region, this.stack],
      [this.iamRegion, this.guardRelay],
    ]
    return stacks.map(([of, name]) => ({ prefix: `arn:${this.partition}:sns:${of}:${account}:${name}-Alarms` }))
  }

  get bucketAccount(): string {
    return this.#environment.bucket.existing?.account ?? this.#environment.account
  }

  function(name: FunctionName): string {
    return `${this.#environment.name}-${name}`
  }

  functionArn(name: FunctionName): string {
    const { region, account } = this.#environment
    return `arn:${this.partition}:lambda:${region}:${account}:function:${this.function(name)}`
  }

  /** Forms in which a call may name a function: by name, in part or whole. (Lambda API Reference, "FunctionName".) */
  get functionBeginnings(): readonly string[] {
    const { region, account, name } = this.#environment
    const inAccount = `${account}:function:${name}-`
    return [`${name}-`, inAccount, `arn:${this.partition}:lambda:${region}:${inAccount}`]
  }

  roleArn(name: FunctionName): string {
    return this.#roleArn(this.#environment.account, this.function(name))
  }

  get functions(): readonly FunctionName[] {
    const { page, auditorRole, hygieneRole } = this.#environment
    const isDeployed: Readonly<Partial<Record<FunctionName, boolean>>> = {
      api: hasApi(this.#environment),
      page: page !== undefined,
      credentials: auditorRole !== '',
      retire: hygieneRole !== '',
    }
    return functionNames.filter((name) => isDeployed[name] ?? true)
  }

  /** The roles of those functions, and the operators' role. No others: somebody else could create a role that does not exist yet. */
  get roleArns(): readonly string[] {
    return [...this.functions.map((name) => this.roleArn(name)), ...this.operatorRoleArns]
  }

  /** Those roles that write keys with this beginning. */
  rolesThatWrite(prefix: string): readonly string[] {
    const functions = this.functions
      .filter((name) => mayWrite(this.#environment, name, prefix))
      .map((name) => this.roleArn(name))
    return [...functions, ...(mayWrite(this.#environment, 'operator', prefix) ? this.operatorRoleArns : [])]
  }

  /** The role by which CloudFormation deploys, for any qualifier of the bootstrap. */
  get deployerArn(): string {
    const { account, region } = this.#environment
    return this.#roleArn(account, `cdk-*-cfn-exec-role-${account}-${region}`)
  }

  /** Any role with ssofile's prefix in its name. Somebody else might create such a role. */
  get anyRoleArn(): string {
    return this.#roleArn(this.#environment.account, `${this.#environment.name}-*`)
  }

  /** The role that operators assume to take access over, to release it and to restore records. */
  get operatorRole(): string {
    return `${this.#environment.name}-operator`
  }

  /** Empty without operators. */
  get operatorRoleArns(): readonly string[] {
    const { account, access } = this.#environment
    return access.operators.length === 0 ? [] : [this.#roleArn(account, this.operatorRole)]
  }

  /**
   * The roles that Identity Center creates in an account; `*`: in any. Only AWS creates roles under this path, with the Region of Identity
   * Center in it or without. (IAM Identity Center User Guide, "Referencing permission sets in resource policies".)
   */
  sessionArnsOf(account: string): string {
    return this.#roleArn(account, `${permissionSetRolePath.slice(1)}*`)
  }

  queue(name: QueueName): string {
    return queueNameOnTheWire(name, this.#environment.name)
  }

  queueArn(name: QueueName): string {
    const { region, account } = this.#environment
    return `arn:${this.partition}:sqs:${region}:${account}:${this.queue(name)}`
  }

  /** The bus of events that other accounts and Regions forward. */
  get bus(): string {
    return `${this.#environment.name}-events`
  }

  get busArn(): string {
    const { region, account } = this.#environment
    return `arn:${this.partition}:events:${region}:${account}:event-bus/${this.bus}`
  }

  get outcomesBus(): string {
    return `${this.#environment.name}-outcomes`
  }

  get outcomesBusArn(): string {
    const { region, account } = this.#environment
    return `arn:${this.partition}:events:${region}:${account}:event-bus/${this.outcomesBus}`
  }

  /** The topic that mails to receivers. */
  get notificationsTopic(): string {
    return `${this.#environment.name}-notifications`
  }

  get notificationsTopicArn(): string {
    const { region, account } = this.#environment
    return `arn:${this.partition}:sns:${region}:${account}:${this.notificationsTopic}`
  }

  rule(name: string): string {
    return `${this.#environment.name}-${name}`
  }

  /** The bus of AWS's events about the account itself. */
  get defaultBusArn(): string {
    const { region, account } = this.#environment
    return `arn:${this.partition}:events:${region}:${account}:event-bus/default`
  }

  /** On the bus of the deployment, or on the default bus of its account. */
  ruleArn(rule: string, bus?: string): string {
    const { region, account } = this.#environment
    return `arn:${this.partition}:events:${region}:${account}:rule/${bus === undefined ? '' : `${bus}/`}${rule}`
  }

  /** The host of the console's sign-in. (AWS General Reference, "AWS Management Console endpoints".) */
  get consoleDomain(): string {
    if (this.partition === 'aws-cn') return 'console.amazonaws.cn'
    return this.partition === 'aws-us-gov' ? 'console.amazonaws-us-gov.com' : 'console.aws.amazon.com'
  }

  /** KMS's name for a service that uses a key for a caller. (KMS Developer Guide, "kms:ViaService".) */
  viaService(service: string): string {
    const suffix = this.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com'
    return `${service}.${this.#environment.region}.${suffix}`
  }

  /** Roles are global in an account: one for each forwarding Region. */
  forwarder(region: string): string {
    return `${this.#environment.name}-forward-${region}`
  }

  /** The role of the management account whose assumption proves every hour that the events of uses arrive. */
  get watching(): string {
    return `${this.#environment.name}-watching`
  }

  get watchingArn(): string {
    return this.#roleArn(this.#environment.managementAccount, this.watching)
  }

  /** The role of the management account that reads the tags of all accounts. */
  get tagReader(): string {
    return tagReaderOf(this.#environment.name)
  }

  get tagReaderArn(): string {
    return this.#roleArn(this.#environment.managementAccount, this.tagReader)
  }

  forwarderArn(region: string): string {
    return this.#roleArn(this.#environment.managementAccount, this.forwarder(region))
  }

  #stackArnPrefix(region: string, stack: string): string {
    return `arn:${this.partition}:cloudformation:${region}:${this.#environment.account}:stack/${stack}/`
  }

  #roleArn(account: string, name: string): string {
    return `arn:${this.partition}:iam::${account}:role/${name}`
  }
}
