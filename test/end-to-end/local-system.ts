import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import {
  CreateGroupCommand,
  CreateGroupMembershipCommand,
  GetGroupIdCommand,
  GetUserIdCommand,
  IdentitystoreClient,
} from '@aws-sdk/client-identitystore'
import { OrganizationsClient } from '@aws-sdk/client-organizations'
import {
  type _Object,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3'
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { SSOAdminClient } from '@aws-sdk/client-sso-admin'
import pLimit from 'p-limit'
import type * as z from 'zod'
import { operatorRole } from '../../infra/local/add-roles-of-people.ts'
import type { faultRule } from '../../infra/local/faults/fault-file.ts'
import { queueNameOnTheWire } from '../../shared/aws/queue-name-on-the-wire.ts'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import type { Status, StatusState } from '../../shared/domain/statuses/status.ts'
import type { organizationFile } from '../../shared/memory/organization-file.ts'
import type { QueueName } from '../../shared/ports/queues.ts'
import { AccessReader } from './access-reader.ts'
import { callSsofile, serveSsofile } from './call-ssofile.ts'
import type { ReportedCall } from './report-calls.ts'
import { checkout, type Ended, listAwsClis, runProgram, ssofileCommand } from './run-program.ts'
import { until } from './until.ts'

export const bucket = 'ssofile'

/** The `--organization` file as a person writes it. */
export type OrganizationInput = z.input<typeof organizationFile>

export type LocalSystemOptions = {
  /** Default: the acme fixture. */
  readonly organization?: OrganizationInput
  readonly configuration?: Partial<Configuration>
  readonly latencyMs?: number
  /** How many times faster time runs, for all but leases. Default: 1. */
  readonly timeScale?: number
  /** The rules of the `--faults` file. */
  readonly faults?: readonly z.input<typeof faultRule>[]
  /** More options of `ssofile local`. */
  readonly options?: readonly string[]
}

export type Call = {
  readonly operation: string
  /** Not refused; a call that comes too fast is throttled and repeated. */
  readonly isAccepted: boolean
}

/** The brake is not what these tests are about: so many links go at once that it would hold them. */
const noBrake = {
  indirect: { count: 100_000, percent: 100, most: 100_000, hours: 24 },
  own: { count: 100_000, percent: 100, minutes: 15 },
}
const lookedAtOnce = 16
/** What has work in it while anything is on its way; `dispatch` only wakes, and is held while a dispatcher lingers. */
const workQueues: readonly QueueName[] = ['uploads', 'links', 'permission-sets', 'work-urgent', 'work', 'work-bulk']

/** A local system in another process, as `npm start` runs it, and what a person or a script does with it. */
export class LocalSystem {
  readonly url: string
  readonly #end: () => Promise<unknown>
  readonly #folder: string
  readonly #log: string[]
  /** The SSO Admin calls of the product so far, in order. */
  readonly calls: Call[]
  readonly #clients = new Map<string, S3Client>()
  /** What `readAll` has read, by key and ETag. */
  readonly #known = new Map<string, Record<string, unknown>>()
  /** The statuses that were seen at rest, with their ETags. */
  readonly #atRest = new Map<string, string>()
  readonly sqs: SQSClient
  readonly ssoAdmin: SSOAdminClient
  readonly identityStore: IdentitystoreClient
  readonly access: AccessReader

  private constructor(url: string, started: Started) {
    this.url = url
    this.#end = started.end
    this.#folder = started.folder
    this.#log = started.log
    this.calls = started.calls
    const common = this.#clientFor('test')
    this.sqs = new SQSClient(common)
    // SSO Admin allows 20 calls per second to all callers together. In the management account nothing is refused.
    this.ssoAdmin = this.ssoAdminOf('management')
    this.identityStore = this.identityStoreOf('test')
    this.access = new AccessReader(this.ssoAdmin, this.identityStore)
  }

  /** Resolves once the local system says that it is healthy. */
  static async start(options: LocalSystemOptions = {}): Promise<LocalSystem> {
    const started = await startProcess(options)
    const tell = () => `it said:\n${started.said.join('')}${started.log.join('')}`
    const url = await until(
      'the ready line of the local system',
      async () => {
        if (started.isOver()) throw new Error(`the local system ended; ${tell()}`)
        return /ready on (http:\S+)/.exec(started.said.join(''))?.[1]
      },
      { withinMs: 60_000, tell },
    )
    await until('health', async () => ((await fetch(`${url}/_ssofile/health`)).status === 200 ? true : undefined), {
      withinMs: 10_000,
      tell,
    })
    return new LocalSystem(url, started)
  }

  /** The first start has everything listed that others gave before. */
  async untilFirstListing(): Promise<void> {
    const isOver = async () => {
      const { open } = (await this.json('state/drift.json')) ?? {}
      return Array.isArray(open) && open.length === 0 ? true : undefined
    }
    await until('the first drift check', isOver, { withinMs: 60_000, tell: () => this.lastLogLines() })
  }

  /** Ends it at once: nothing in it is to be kept. */
  async stop(): Promise<void> {
    for (const client of [...this.#clients.values(), this.sqs, this.ssoAdmin, this.identityStore]) client.destroy()
    await this.#end()
    await rm(this.#folder, { recursive: true })
  }

  /** Moves its clocks, also that of S3. */
  async goForward(days: number): Promise<void> {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ add: `P${days}D` })
    const answer = await fetch(`${this.url}/_ssofile/clock`, { method: 'POST', headers, body })
    if (!answer.ok) throw new Error(`the clock did not move: ${await answer.text()}`)
  }

  /** Uploads as the user whose access key id is given. An absent body is an empty file. */
  async upload(key: string, body: string | Uint8Array = '', as = 'maria'): Promise<void> {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    await this.s3(as).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }))
  }

  async remove(key: string, as = 'maria'): Promise<void> {
    await this.s3(as).send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
  }

  async uploadAll(keys: readonly string[]): Promise<void> {
    const limit = pLimit(lookedAtOnce)
    await Promise.all(keys.map((key) => limit(() => this.upload(key))))
  }

  async removeAll(keys: readonly string[]): Promise<void> {
    const limit = pLimit(lookedAtOnce)
    await Promise.all(keys.map((key) => limit(() => this.remove(key))))
  }

  s3(as = 'auditor'): S3Client {
    const known = this.#clients.get(as)
    if (known) return known
    const client = new S3Client({ ...this.#clientFor(as), forcePathStyle: true })
    this.#clients.set(as, client)
    return client
  }

  /** Every key under a prefix, in S3's order. */
  async keys(prefix: string): Promise<readonly string[]> {
    return (await this.#objects(prefix)).flatMap(({ Key }) => Key ?? [])
  }

  async #objects(prefix: string): Promise<readonly _Object[]> {
    const found: _Object[] = []
    for await (const { Contents = [] } of paginateListObjectsV2(
      { client: this.s3() },
      { Bucket: bucket, Prefix: prefix },
    ))
      found.push(...Contents)
    return found
  }

  /** What stands under this prefix, named as the `account` links that ask for it; ascending. */
  async named(prefix: 'assignments/' | 'foreign/'): Promise<string[]> {
    return [...(await this.#recordsByName(prefix)).keys()].sort()
  }

  /** What the ledger, or `foreign/`, has of the access that this `account` link asks for. */
  async recordOf(link: string, prefix: 'assignments/' | 'foreign/' = 'assignments/') {
    const key = await this.recordKeyOf(link, prefix)
    return key === undefined ? undefined : this.json(key)
  }

  /** The object that `recordOf` reads. */
  async recordKeyOf(link: string, prefix: 'assignments/' | 'foreign/' = 'assignments/'): Promise<string | undefined> {
    return (await this.#recordsByName(prefix)).get(link.replace('links_data/', ''))
  }

  async #recordsByName(prefix: string): Promise<ReadonlyMap<string, string>> {
    const named = [...(await this.readAll(prefix))].map(([key, record]) => {
      const [scope, account, set, , type] = key.slice(prefix.length).split('%')
      return [[scope, account, set, record.principal, type, 'ssofile'].join('%'), key] as const
    })
    return new Map(named)
  }

  /**
   * Every object under a prefix as JSON, by key, in S3's order. One is not read again while it is the same object: whoever
   * waits for hundreds looks at them over and over.
   */
  async readAll(prefix: string): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
    const limit = pLimit(lookedAtOnce)
    const read = (await this.#objects(prefix)).map(({ Key = '', ETag = '' }) =>
      limit(async () => {
        const known = this.#known.get(`${Key} ${ETag}`)
        if (known !== undefined) return [[Key, known] as const]
        const read = await this.#read(Key)
        if (read === undefined) return []
        const json: Record<string, unknown> = JSON.parse(read.text)
        this.#known.set(`${Key} ${read.etag}`, json)
        return [[Key, json] as const]
      }),
    )
    return new Map((await Promise.all(read)).flat())
  }

  /** Every key but what a schedule may write in any minute: caches, the lease of the dispatcher, the ledger's count, and the hours of watching. */
  async lastingKeys(): Promise<readonly string[]> {
    return (await this.keys('')).filter(
      (key) => !/^(state\/|control\/(dispatcher|ledger)\.json$|usage\/watched\.json$)/.test(key),
    )
  }

  /** The object as JSON; undefined: there is none. */
  async json(key: string): Promise<Record<string, unknown> | undefined> {
    const read = await this.#read(key)
    return read === undefined ? undefined : JSON.parse(read.text)
  }

  async #read(key: string): Promise<{ readonly text: string; readonly etag: string } | undefined> {
    try {
      const { Body, ETag = '' } = await this.s3().send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      return { text: (await Body?.transformToString()) ?? '', etag: ETag }
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined
      throw error
    }
  }

  async has(key: string): Promise<boolean> {
    try {
      await this.s3().send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
      return true
    } catch (error) {
      if (error instanceof NotFound) return false
      throw error
    }
  }

  async status(input: string): Promise<Status | undefined> {
    return (await this.json(`status/${input}.json`)) as Status | undefined
  }

  /** The statuses of all inputs under a prefix, by their keys. */
  async statuses(prefix: string): Promise<ReadonlyMap<string, Status>> {
    const told = await this.readAll(`status/${prefix}`)
    return new Map([...told].map(([key, status]) => [key.replace(/^status\/|\.json$/g, ''), status as Status]))
  }

  /** Waits until the status of an input has this state, and answers it. */
  untilStatus(input: string, state: StatusState, patience: { withinMs?: number } = {}): Promise<Status> {
    return until(
      `state '${state}' of ${input}`,
      async () => {
        const status = await this.status(input)
        return status?.state === state ? status : undefined
      },
      {
        ...patience,
        tell: async () => `its status: ${JSON.stringify(await this.status(input))}\n${this.lastLogLines()}`,
      },
    )
  }

  async untilStatuses(
    inputs: readonly string[],
    state: StatusState,
    patience: { withinMs?: number } = {},
  ): Promise<void> {
    const limit = pLimit(lookedAtOnce)
    await Promise.all(inputs.map((input) => limit(() => this.untilStatus(input, state, patience))))
  }

  /** Waits until nothing is left of an input: its status is removed when it is gone and all it granted is revoked. */
  async untilGone(...inputs: readonly string[]): Promise<void> {
    for (const input of inputs) {
      await until(`the end of ${input}`, async () => ((await this.has(`status/${input}.json`)) ? undefined : true), {
        tell: async () => `its status: ${JSON.stringify(await this.status(input))}\n${this.lastLogLines()}`,
      })
    }
  }

  /** Waits until no dispatcher runs: it lingers for a few seconds after its last work, then gives its lease back. */
  untilDispatcherRests(): Promise<true> {
    const lease = 'control/dispatcher.json'
    return until('the end of the dispatcher lease', async () => ((await this.has(lease)) ? undefined : true), {
      tell: async () => `${JSON.stringify(await this.json(lease))}\n${this.lastLogLines()}`,
    })
  }

  /** Waits until all that was uploaded or deleted before has been looked at, and no work is on its way. */
  async untilQuiet(): Promise<void> {
    let left = ''
    await until(
      'quiet: empty queues and no status under way',
      async () => {
        // Looked at twice: meanwhile a hint may go to a queue that was looked at before, from one that is looked at later.
        left = (await this.#workLeft()) || (await this.#workLeft())
        return left === '' ? true : undefined
      },
      { tell: () => `left: ${left}\n${this.lastLogLines()}`, withinMs: 80_000 },
    )
  }

  /** How many messages a queue has: those that wait, and those that somebody works on. */
  async waitingIn(queue: QueueName): Promise<number> {
    const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
    const { Attributes = {} } = await this.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: this.queueUrl(queue), AttributeNames: [...AttributeNames] }),
    )
    return AttributeNames.reduce((sum, name) => sum + Number(Attributes[name]), 0)
  }

  async #workLeft(): Promise<string> {
    for (const queue of workQueues) {
      const waiting = await this.waitingIn(queue)
      if (waiting > 0) return `${queue}: ${waiting} messages`
    }
    const limit = pLimit(lookedAtOnce)
    const told = await Promise.all((await this.#objects('status/')).map((one) => limit(() => this.#underWay(one))))
    return told.filter((text) => text !== '').join('\n')
  }

  /** The status as text while it is under way. One that is at rest is not read again while it is the same object. */
  async #underWay({ Key = '', ETag }: _Object): Promise<string> {
    if (ETag !== undefined && this.#atRest.get(Key) === ETag) return ''
    const read = await this.#read(Key)
    if (read === undefined) return ''
    const { state }: Pick<Status, 'state'> = JSON.parse(read.text)
    if (state === 'applying' || state === 'revoking') return read.text
    this.#atRest.set(Key, read.etag)
    return ''
  }

  queueUrl(queue: QueueName): string {
    return `${this.url}/000000000000/${queueNameOnTheWire(queue)}`
  }

  /** As the product: the policies of the queues let nobody else send. */
  async send(queue: QueueName, body: string): Promise<void> {
    await new SQSClient(this.#clientFor('ssofile')).send(
      new SendMessageCommand({ QueueUrl: this.queueUrl(queue), MessageBody: body }),
    )
  }

  /** How many of the product's calls since `calls` had this length were accepted. */
  accepted(operation: string, since: number): number {
    return this.calls.slice(since).filter((call) => call.isAccepted && call.operation === operation).length
  }

  /** What the history says of an assignment, by its name, in order: `granted`, `revoked`, … */
  async history(assignment: string): Promise<readonly string[]> {
    const keys = await this.historyKeys(assignment)
    return keys.map((key) => key.replace(/^.*%([\w-]+)\.json$/s, '$1'))
  }

  /** The same as objects: those whose principal had this name at their instant. */
  async historyKeys(assignment: string): Promise<readonly string[]> {
    const [scope, account, set] = assignment.split('%')
    const told = await this.readAll(`history/${scope}%${account}%${set}%`)
    const nameOf = (key: string, { principal }: { readonly principal?: unknown }) => {
      const [, , , , type] = key.slice('history/'.length, key.lastIndexOf('/')).split('%')
      return [scope, account, set, principal, type].join('%')
    }
    const name = assignment.replace(/%ssofile$/, '')
    const found = [...told].flatMap(([key, event]) => (nameOf(key, event) === name ? [key] : []))
    // Several ids may have had the name, one after the other.
    return found.sort((a, b) => (basename(a) < basename(b) ? -1 : 1))
  }

  /** The id that the identity store gave this user. */
  async userId(userName: string): Promise<string> {
    const UniqueAttribute = { AttributePath: 'userName', AttributeValue: userName }
    const asked = { IdentityStoreId: await this.access.identityStoreId(), AlternateIdentifier: { UniqueAttribute } }
    return (await this.identityStore.send(new GetUserIdCommand(asked))).UserId ?? ''
  }

  /** The id that the identity store gave this group. */
  async groupId(displayName: string): Promise<string> {
    const UniqueAttribute = { AttributePath: 'displayName', AttributeValue: displayName }
    const asked = { IdentityStoreId: await this.access.identityStoreId(), AlternateIdentifier: { UniqueAttribute } }
    return (await this.identityStore.send(new GetGroupIdCommand(asked))).GroupId ?? ''
  }

  async joinGroup(user: string, group: string): Promise<void> {
    const IdentityStoreId = await this.access.identityStoreId()
    const GroupId = await this.groupId(group)
    const membership = { IdentityStoreId, GroupId, MemberId: { UserId: await this.userId(user) } }
    await this.identityStore.send(new CreateGroupMembershipCommand(membership))
  }

  identityStoreOf(as: string): IdentitystoreClient {
    return new IdentitystoreClient({ ...this.#clientFor(as), maxAttempts: 10 })
  }

  /** As `silent`: without an event, as a change by hand whose event is lost. */
  ssoAdminOf(as: string): SSOAdminClient {
    return new SSOAdminClient({ ...this.#clientFor(as), maxAttempts: 10 })
  }

  organizationsOf(as: string): OrganizationsClient {
    return new OrganizationsClient(this.#clientFor(as))
  }

  async createGroup(name: string): Promise<void> {
    const IdentityStoreId = await this.access.identityStoreId()
    await this.identityStore.send(new CreateGroupCommand({ IdentityStoreId, DisplayName: name }))
  }

  /** Runs the stock AWS CLI and answers what it printed; throws with its words when it fails. */
  async cli(args: readonly string[], options: CliOptions = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.tryCli(args, options)
    if (exitCode !== 0) throw new Error(`aws ${args.join(' ')}: exit code ${exitCode}\n${stderr}${this.lastLogLines()}`)
    return stdout
  }

  tryCli(
    args: readonly string[],
    { as = 'maria', program = listAwsClis()[0], input }: CliOptions = {},
  ): Promise<Ended> {
    const env = { ...this.env(as), AWS_ENDPOINT_URL: undefined }
    return runProgram(program, ['--endpoint-url', this.url, ...args], {
      env,
      ...(input === undefined ? {} : { input }),
    })
  }

  /** Runs `ssofile …` as a person who copied the lines that the local system prints. */
  ssofile(args: readonly string[], as = 'maria'): Promise<Ended> {
    return callSsofile(args, this.env(as))
  }

  env(as: string): NodeJS.ProcessEnv {
    const own = { AWS_ENDPOINT_URL: this.url, AWS_ACCESS_KEY_ID: as, AWS_SECRET_ACCESS_KEY: 'any' }
    return { ...bareEnvironment(), ...own, AWS_DEFAULT_REGION: 'us-east-1', AWS_PAGER: '' }
  }

  lastLogLines(count = 25): string {
    return `the last log lines:\n${this.#log.join('').split('\n').slice(-count).join('\n')}`
  }

  /** Everything that the local system logged. */
  get log(): string {
    return this.#log.join('')
  }

  #clientFor(accessKeyId: string) {
    return { endpoint: this.url, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey: 'any' } }
  }
}

type CliOptions = { readonly as?: string; readonly program?: string; readonly input?: string }

/** This process's environment without what would lead a child to another AWS. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS_|SSOFILE_|NODE_OPTIONS$|JEST_)/.test(name)),
  )
}

type Started = Running & {
  readonly folder: string
  readonly said: string[]
  readonly log: string[]
  readonly calls: Call[]
}

type Running = {
  readonly isOver: () => boolean
  readonly end: () => Promise<unknown>
}

type Heard = {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly call: (call: ReportedCall) => void
}

async function startProcess({
  organization,
  configuration,
  latencyMs = 50,
  timeScale,
  faults,
  options = [],
}: LocalSystemOptions): Promise<Started> {
  const folder = await mkdtemp(join(tmpdir(), 'ssofile-end-to-end-'))
  const config = join(folder, 'configuration.json')
  await writeFile(config, JSON.stringify({ brake: noBrake, ...configuration }))
  const args = ['--port', '0', '--latency-ms', String(latencyMs), '--config', config, ...options]
  if (timeScale !== undefined) args.push('--time-scale', String(timeScale))
  if (faults !== undefined) {
    const file = join(folder, 'faults.json')
    await writeFile(file, JSON.stringify({ rules: faults }))
    args.push('--faults', file)
  }
  if (organization !== undefined) {
    const file = join(folder, 'organization.json')
    await writeFile(file, JSON.stringify(organization))
    args.push('--organization', file)
  }
  const started = { folder, said: [] as string[], log: [] as string[], calls: [] as Call[] }
  const heard: Heard = {
    stdout: (text) => started.said.push(text),
    stderr: (text) => started.log.push(text),
    call: ({ operation, caller, status }) => {
      if (caller === 'ssofile' || caller === operatorRole) started.calls.push({ operation, isAccepted: status === 200 })
    },
  }
  // What it leaves on disk, or dies of, wants a process of its own.
  const isPlain = options.length === 0 && faults === undefined
  return { ...started, ...(isPlain ? serveLocal : spawnLocal)(['local', ...args], heard) }
}

/** In a process that has served others before: what is loaded and compiled stays, and that was half of the work. */
function serveLocal(args: readonly string[], heard: Heard): Running {
  let isOver = false
  const { ended, stop } = serveSsofile(args, bareEnvironment(), (told) => {
    if ('stream' in told) heard[told.stream](told.text)
    else if ('operation' in told) heard.call(told)
  })
  const over = () => {
    isOver = true
  }
  ended.then(over, over)
  return {
    isOver: () => isOver,
    end: async () => {
      if (!isOver) stop()
    },
  }
}

/** In a process of its own, which is killed. */
function spawnLocal(args: readonly string[], heard: Heard): Running {
  const preloads = ['report-calls.ts', 'record-calls.ts'].map(
    (file) => `--import=${new URL(file, import.meta.url).href}`,
  )
  const child = spawn(process.execPath, [...preloads, ssofileCommand, ...args], {
    cwd: checkout,
    env: bareEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  child.stdout?.setEncoding('utf8').on('data', heard.stdout)
  child.stderr?.setEncoding('utf8').on('data', heard.stderr)
  child.on('message', heard.call)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return {
    isOver: () => child.exitCode !== null,
    end: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
