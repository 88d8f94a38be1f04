import { setTimeout as pause } from 'node:timers/promises'
import { IdentitystoreClient } from '@aws-sdk/client-identitystore'
import { OrganizationsClient } from '@aws-sdk/client-organizations'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { ListInstancesCommand, SSOAdminClient } from '@aws-sdk/client-sso-admin'
import * as z from 'zod'
import { SignedApi } from '../../shared/aws/signed-api.ts'
import { type Ended, listAwsClis, runProgram, runSsofile } from '../end-to-end/run-program.ts'
import { type Changes, SkippedStep } from './acceptance.ts'

/** The kinds of people who take part, and what each of them may do. */
export const kindsOfPeople = {
  uploader: 'uploads links and permission sets',
  auditor: 'reads the bucket',
  operator: 'pauses, releases what the brake holds, puts dead letters back',
  operatorRole: 'assumes the role of operators',
  governance: 'writes eligibility/, groups/, rules/ and the attributes for access control',
  people: 'writes people/ and suspended/, as HR does',
  memberships: 'writes memberships/',
  accountOwner: "writes retire/ in the folder of the account's owner",
  requester: 'a person who signs in by IAM Identity Center, and asks for access',
  approver: 'another one, who approves it',
  bucketAdministrator: "a role with all rights on S3 in ssofile's account, and no place in the bucket",
  bucketAdministratorSession: 'the same rights, signed in by IAM Identity Center',
  administrator:
    'calls IAM Identity Center, the directory, CloudWatch and CloudTrail, and sends to a dead-letter queue',
  management: 'tags and moves accounts, and reads CloudTrail in the management account',
} as const
export type PersonKind = keyof typeof kindsOfPeople

export type AcceptanceOptions = {
  readonly bucket: string
  /** An account in which access may be given and taken, and nobody needs any. */
  readonly account: string
  /** Others like it, for requests that come at once. */
  readonly moreAccounts: readonly string[]
  /** A group whose members may have that access for some minutes. */
  readonly group: string
  /** Where set: this endpoint, where an access key id says who somebody is. Else AWS, by profiles. */
  readonly endpoint: string | undefined
  /** Kinds of people, each with a profile; on an endpoint an access key id. */
  readonly people: Readonly<Partial<Record<PersonKind, string>>>
  /** Whether groups may be made in the directory: not where an identity provider writes it. */
  readonly mayMakeGroups: boolean
  /** Whether the account may be in another organizational unit for some minutes: one within that in which it is. */
  readonly mayMoveAccount: boolean
  /** Where the uploader of memberships may write; `''`: directly under `memberships/`. */
  readonly membershipFolder: string
  /** Where the API and the page are, and the file that defines break-glass; absent: there is none. */
  readonly api: string | undefined
  readonly page: string | undefined
  readonly breakGlass: string | undefined
  /** A role that account access manager may give to a group of nobody. */
  readonly entitledRole: string | undefined
  /** The denials that the bucket's policy should have, by Sid. */
  readonly denials: ReadonlySet<string>
  /** Begins the name of all that is deployed. */
  readonly deployment: string
  /** Commands that deploy the last release, and this one. */
  readonly deploys: { readonly last: string | undefined; readonly present: string | undefined }
  /** That of IAM Identity Center, and that in which the events of the organization arise. */
  readonly region: string
  readonly organizationRegion: string
  /** How long one thing may take. */
  readonly patienceMs: number
  /** Aborted: whatever waits ends, except while changes are undone. */
  readonly signal: AbortSignal
}

const ownerRecord = z.object({ deployment: z.object({ queueUrls: z.record(z.string(), z.string()) }) })

const deployed = z.object({
  configuration: z.object({
    directory: z.string(),
    auditorRole: z.string(),
    hygieneRole: z.string(),
    usageDays: z.number().default(0),
  }),
})
const lastStatus = z.object({ state: z.string(), reason: z.string().optional(), remedy: z.string().optional() })

type Upload = {
  readonly key: string
  readonly body: string
  readonly kind: PersonKind
  readonly undo: () => Promise<void>
}
type Change = { readonly what: string; readonly undo: () => Promise<unknown> }

/** What the steps work with. A step registers each change with `undo`, before it makes it. */
export class AcceptanceContext implements Changes {
  readonly options: AcceptanceOptions
  /** Begins the name of everything that is made. */
  readonly prefix: string
  readonly #changes: Change[] = []
  /** Inputs that the present step has written or deleted. */
  readonly #inputs = new Set<string>()
  #isUndoing = false
  readonly #clients = new Map<PersonKind, S3Client>()

  constructor(options: AcceptanceOptions, prefix: string) {
    this.options = options
    this.prefix = prefix
  }

  /** Of a client that calls as this kind of person. */
  settings(kind: PersonKind) {
    const { endpoint, region } = this.options
    const who = this.#whoIs(kind)
    if (endpoint === undefined) return { region, profile: who }
    return { endpoint, region, credentials: { accessKeyId: who, secretAccessKey: 'any' } }
  }

  #whoIs(kind: PersonKind): string {
    const who = this.options.people[kind]
    if (who === undefined) throw new SkippedStep(`nobody is named for it: --as ${kind}=PROFILE`)
    return who
  }

  s3(kind: PersonKind = 'uploader'): S3Client {
    const known = this.#clients.get(kind)
    if (known) return known
    const { endpoint } = this.options
    const client = new S3Client({ ...this.settings(kind), forcePathStyle: endpoint !== undefined })
    this.#clients.set(kind, client)
    return client
  }

  /** `isImpatient`: nothing is repeated, where what AWS says at first is the fact. */
  ssoAdmin({ isImpatient = false } = {}): SSOAdminClient {
    return new SSOAdminClient({ ...this.settings('administrator'), maxAttempts: isImpatient ? 1 : 12 })
  }

  identityStore(): IdentitystoreClient {
    return new IdentitystoreClient({ ...this.settings('administrator'), maxAttempts: 6 })
  }

  /** In the management account: nobody else tags and moves accounts. */
  organizations(): OrganizationsClient {
    return new OrganizationsClient({ ...this.settings('management'), maxAttempts: 6 })
  }

  sqs(kind: PersonKind): SQSClient {
    return new SQSClient(this.settings(kind))
  }

  /** For what has no client in the SDK. */
  signedApi(kind: PersonKind, address: string, service: string): SignedApi {
    return new SignedApi(new URL(address), this.settings(kind), service)
  }

  /** `ssofile …` as this kind of person runs it. */
  ssofile(kind: PersonKind, args: readonly string[]): Promise<Ended> {
    return runSsofile(args, this.environmentOf(kind))
  }

  /** What the AWS CLI answers to this kind of person. Where another endpoint than AWS does not answer, the step is skipped. */
  async aws(kind: PersonKind, ...args: readonly string[]): Promise<unknown> {
    const { endpoint } = this.options
    const at = endpoint === undefined ? [] : ['--endpoint-url', endpoint]
    const told = await runProgram(listAwsClis()[0], [...at, ...args, '--output', 'json'], {
      env: this.environmentOf(kind),
    })
    if (told.exitCode === 0) return told.stdout === '' ? {} : JSON.parse(told.stdout)
    const said = `aws ${args[0]} ${args[1]}: ${told.stderr.trim()}`
    throw endpoint === undefined ? new Error(said) : new SkippedStep(`${endpoint} does not answer for it: ${said}`)
  }

  /** What a command of this kind of person finds in its environment. */
  environmentOf(kind: PersonKind): NodeJS.ProcessEnv {
    const { endpoint, bucket, region } = this.options
    const who = this.#whoIs(kind)
    const own = endpoint === undefined ? { AWS_PROFILE: who } : { AWS_ACCESS_KEY_ID: who, AWS_SECRET_ACCESS_KEY: 'any' }
    return { ...process.env, ...own, AWS_REGION: region, AWS_DEFAULT_REGION: region, SSOFILE_BUCKET: bucket }
  }

  /** What the deployment is configured to do. */
  async configuration() {
    return deployed.parse(await this.json('control/configuration.json')).configuration
  }

  async instance(): Promise<{ readonly InstanceArn: string; readonly IdentityStoreId: string }> {
    const { Instances = [] } = await this.ssoAdmin().send(new ListInstancesCommand({}))
    const [found] = Instances.filter(({ Status }) => Status === 'ACTIVE')
    return { InstanceArn: found?.InstanceArn ?? '', IdentityStoreId: found?.IdentityStoreId ?? '' }
  }

  async put(key: string, body = '', kind: PersonKind = 'uploader'): Promise<void> {
    await this.#put({ key, body, kind, undo: () => this.remove(key, kind) })
  }

  /** As `put`. Undoing it waits until ssofile has taken back what the input brought. */
  async putUntilGone(key: string, body = '', kind: PersonKind = 'uploader'): Promise<void> {
    const undo = async () => {
      await this.remove(key, kind)
      await this.untilGoneMs(key)
    }
    await this.#put({ key, body, kind, undo })
  }

  async #put({ key, body, kind, undo }: Upload): Promise<void> {
    const isNew = !this.#changes.some(({ what }) => what === key)
    if (isNew) this.undo(key, undo)
    this.#inputs.add(key)
    try {
      const Body = new TextEncoder().encode(body)
      await this.s3(kind).send(new PutObjectCommand({ Bucket: this.options.bucket, Key: key, Body }))
    } catch (error) {
      const isRefused = error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403
      if (isNew && isRefused) this.#changes.pop()
      throw error
    }
  }

  async remove(key: string, kind: PersonKind = 'uploader'): Promise<void> {
    this.#inputs.add(key)
    await this.s3(kind).send(new DeleteObjectCommand({ Bucket: this.options.bucket, Key: key }))
  }

  /** `undefined`: there is none. */
  async json(key: string, kind: PersonKind = 'auditor'): Promise<Record<string, unknown> | undefined> {
    try {
      const { Body } = await this.s3(kind).send(new GetObjectCommand({ Bucket: this.options.bucket, Key: key }))
      return JSON.parse((await Body?.transformToString()) ?? '')
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined
      throw error
    }
  }

  /** What the ledger, or `foreign/`, has of the access that this `account` link asks for: records are keyed by ids. */
  async recordOf(link: string, prefix: 'assignments/' | 'foreign/' = 'assignments/') {
    const [scope, account, set, principal] = link.slice(link.indexOf('account%')).split('%')
    const where = { Bucket: this.options.bucket, Prefix: `${prefix}${scope}%${account}%${set}%` }
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.s3('auditor') }, where)) {
      for (const { Key = '' } of Contents) {
        const record = await this.json(Key)
        if (record?.principal === principal) return record
      }
    }
    return undefined
  }

  /** As the deployment tells it. */
  async queueUrl(queue: string): Promise<string> {
    const { deployment } = ownerRecord.parse(await this.json('control/owner.json'))
    const url = deployment.queueUrls[queue]
    if (url === undefined) throw new Error(`control/owner.json has no URL of the queue ${queue}`)
    return url
  }

  /** `undefined`: the input has no status. */
  async stateOf(input: string): Promise<string | undefined> {
    return (await this.#statusOf(input))?.state
  }

  async #statusOf(input: string) {
    const status = await this.json(`status/${input}.json`)
    return status === undefined ? undefined : lastStatus.parse(status)
  }

  protected patienceFor(_what: string): number {
    return this.options.patienceMs
  }

  /** Where AWS needs a rest between two calls. */
  rest(ms: number): Promise<void> {
    return pause(ms)
  }

  /** How long it took until `holds`, looked at each half second; on a local system sooner, and less often when it takes long. */
  async untilMs(what: string, holds: () => Promise<boolean>): Promise<number> {
    const beganMs = performance.now()
    const { endpoint, signal } = this.options
    const patienceMs = this.patienceFor(what)
    while (!(await holds())) {
      if (!this.#isUndoing) signal.throwIfAborted()
      const waitedMs = performance.now() - beganMs
      if (waitedMs > patienceMs) throw new Error(`${what} did not come about within ${patienceMs / 1000} s`)
      await pause(endpoint === undefined ? 500 : Math.min(50 + waitedMs / 10, 500))
    }
    return Math.round(performance.now() - beganMs)
  }

  /** How long it took until each of these inputs had this state. */
  untilStateMs(state: string, ...inputs: readonly string[]): Promise<number> {
    return this.untilMs(`the state '${state}' of ${inputs.join(', ')}`, async () => {
      const states = await Promise.all(inputs.map((input) => this.stateOf(input)))
      return states.every((one) => one === state)
    })
  }

  /** How long it took until ssofile was done with these inputs, which were deleted: each status is gone. */
  untilGoneMs(...inputs: readonly string[]): Promise<number> {
    return this.untilMs(`the end of ${inputs.join(', ')}`, async () => {
      const states = await Promise.all(inputs.map((input) => this.stateOf(input)))
      return states.every((one) => one === undefined)
    })
  }

  undo(what: string, undo: () => Promise<unknown>): void {
    this.#changes.push({ what, undo })
  }

  /** What is not undone yet. */
  get left(): readonly string[] {
    return this.#changes.map(({ what }) => what)
  }

  beginStep(): number {
    this.#inputs.clear()
    return this.#changes.length
  }

  async undoSince(count: number): Promise<void> {
    const left: string[] = []
    this.#isUndoing = true
    while (this.#changes.length > count) {
      const last = this.#changes.at(-1)
      await last?.undo().catch((error: unknown) => left.push(`${last.what}: ${String(error)}`))
      this.#changes.pop()
    }
    this.#isUndoing = false
    if (left.length > 0) throw new Error(`left behind, to be removed by hand: ${left.join('; ')}`)
  }

  async describeInputs(): Promise<readonly string[]> {
    const inputs = [...this.#inputs].filter((key) => !key.startsWith('control/'))
    const told = inputs.map((input) => this.#describe(input).catch((error: unknown) => `${input}: ${String(error)}`))
    return Promise.all(told)
  }

  async #describe(input: string): Promise<string> {
    const status = await this.#statusOf(input)
    if (status === undefined) return `${input} has no status`
    const { state, reason, remedy } = status
    return [`${input} is '${state}'`, reason, remedy].filter((part) => part !== undefined).join('; ')
  }
}

/** The code and text with which a service refuses; throws where it does not. */
export async function refusalOf(
  call: Promise<unknown>,
): Promise<{ readonly code: string; readonly text: string; readonly status: number }> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const status = error instanceof S3ServiceException ? (error.$metadata.httpStatusCode ?? 0) : 0
    return { code: error.name, text: error.message, status }
  }
  throw new Error('it was accepted, and should have been refused')
}
