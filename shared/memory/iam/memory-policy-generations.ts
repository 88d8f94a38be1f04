import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetRole } from '../../ports/auditor.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Page } from '../../ports/page.ts'
import type { GenerationRequest, PolicyGeneration, PolicyGenerator } from '../../ports/policy-generator.ts'
import type { Randomness } from '../../ports/randomness.ts'
import { Refusal } from '../refusal.ts'
import { memoryTables, type OpenTable } from '../table.ts'

type JobError = { readonly code: string; readonly message: string }
type Job = {
  readonly account: AccountId
  readonly request: GenerationRequest
  readonly startedAt: Date
  readonly completedAt: Date
  readonly error?: JobError | undefined
}
type Options = {
  readonly openTable?: OpenTable | undefined
  readonly clock: Clock
  readonly randomness: Randomness
  readonly generationMs?: number
  /** Lets a call in, or throws. */
  readonly enter: (operation: string, account: AccountId) => void
  readonly listRoles: (account: AccountId, nextToken?: string) => Page<PermissionSetRole>
  /** By namespace, or by namespace and action; `undefined`: the role does not exist. */
  readonly usesOf: (account: AccountId, roleArn: string) => ReadonlyMap<string, Date> | undefined
}

const dayMs = 24 * 60 * 60_000
/** "Concurrent policy generations: 1", "time range: 90 days", "per day: 50". (IAM User Guide, "IAM Access Analyzer quotas".) */
const most = { days: 90, aDay: 50 }
/** IAM Access Analyzer API Reference, "PolicyGenerationDetails", "CloudTrailDetails" and "Trail". */
const patterns = {
  principal: /^arn:[^:]*:iam::[^:]*:(role|user)\/.{1,576}$/,
  role: /^arn:[^:]*:iam::[^:]*:role\/.{1,576}$/,
  trail: /^arn:[^:]*:cloudtrail:[^:]*:[^:]*:trail\/.{1,576}$/,
}
const placeholder = (name: string): string => `\${${name}}`
/** Placeholders for the resources of some services; actions of other services get `*`. */
const placeholders: Readonly<Record<string, string>> = {
  s3: `arn:aws:s3:::${placeholder('BucketName')}`,
  lambda: `arn:aws:lambda:${placeholder('Region')}:${placeholder('Account')}:function:${placeholder('FunctionName')}`,
}
const refuse = (code: string, message: string): Refusal => new Refusal('access-analyzer', code, message)

/**
 * A model of the policies that IAM Access Analyzer generates from CloudTrail: it lists the actions that the role used. It leaves out a
 * service without known actions, as AWS does without a service-level template. Assumptions: AWS's error code for each refusal, and that the
 * daily quota starts at midnight, UTC.
 */
export class MemoryPolicyGenerations {
  readonly #options: Options
  readonly #jobs: Map<string, Job>
  readonly #failing: Map<string, JobError>

  constructor(options: Options) {
    const openTable = options.openTable ?? memoryTables
    this.#options = options
    this.#jobs = openTable('access-analyzer/generations')
    this.#failing = openTable('access-analyzer/failing-generations')
  }

  /** From now on jobs that begin in this account fail with this error. */
  tellFailure(account: AccountId, error: JobError): void {
    this.#failing.set(account, error)
  }

  in(account: AccountId): PolicyGenerator {
    return {
      listPermissionSetRoles: async (token) => this.#options.listRoles(account, token),
      startPolicyGeneration: async (request) => this.#start(account, request),
      getGeneratedPolicy: async (jobId) => this.#get(account, jobId),
    }
  }

  #start(account: AccountId, request: GenerationRequest): string {
    const { enter, clock, randomness, generationMs = 3_000 } = this.#options
    enter('StartPolicyGeneration', account)
    this.#check(account, request)
    const now = clock.now()
    const own = [...this.#jobs].filter(([, job]) => job.account === account)
    const same = own.find(([, job]) => job.request.token === request.token)
    if (same !== undefined) return same[0]
    if (own.some(([, { completedAt }]) => now < completedAt))
      throw refuse('ServiceQuotaExceededException', 'Concurrent policy generations quota exceeded.')
    const midnight = Math.floor(now.getTime() / dayMs) * dayMs
    if (own.filter(([, { startedAt }]) => startedAt.getTime() >= midnight).length >= most.aDay)
      throw refuse('ServiceQuotaExceededException', 'Policy generations per day quota exceeded.')
    const jobId = randomness.id()
    const completedAt = new Date(now.getTime() + generationMs)
    this.#jobs.set(jobId, { account, request, startedAt: now, completedAt, error: this.#failing.get(account) })
    return jobId
  }

  #check(account: AccountId, request: GenerationRequest): void {
    const { principalArn, accessRole, trailArn, from, to } = request
    const wrong = [
      ...(patterns.principal.test(principalArn) ? [] : ['principalArn']),
      ...(patterns.role.test(accessRole) ? [] : ['accessRole']),
      ...(patterns.trail.test(trailArn) ? [] : ['cloudTrailArn']),
    ]
    if (wrong.length > 0) throw refuse('ValidationException', `Invalid ${wrong.join(', ')}.`)
    for (const arn of [principalArn, accessRole])
      if (arn.split(':')[4] !== account) throw refuse('ValidationException', `${arn} is not in account ${account}.`)
    const span = to.getTime() - from.getTime()
    if (!(span > 0) || span > most.days * dayMs)
      throw refuse('ValidationException', `The time range must be positive and at most ${most.days} days.`)
    if (this.#options.usesOf(account, principalArn) === undefined)
      throw refuse('ValidationException', `${principalArn} does not exist.`)
  }

  #get(account: AccountId, jobId: string): PolicyGeneration {
    this.#options.enter('GetGeneratedPolicy', account)
    const job = this.#jobs.get(jobId)
    if (job === undefined || job.account !== account) throw refuse('ValidationException', `Job ${jobId} not found.`)
    if (this.#options.clock.now() < job.completedAt) return { status: 'IN_PROGRESS' }
    if (job.error !== undefined) return { status: 'FAILED', ...job.error }
    const { principalArn, from, to } = job.request
    const used = [...(this.#options.usesOf(account, principalArn) ?? [])].filter(([, at]) => from <= at && at <= to)
    const actions = used.flatMap(([name]) => (name.includes(':') ? [name] : [])).toSorted()
    return { status: 'SUCCEEDED', principalArn, from, to, isComplete: true, policies: [renderPolicy(actions)] }
  }
}

function renderPolicy(actions: readonly string[]): string {
  const byResource = Map.groupBy(actions, (action) => {
    const [service = '', name = ''] = action.split(':')
    return /^(List|Describe)/.test(name) ? '*' : (placeholders[service] ?? '*')
  })
  const Statement = [...byResource].map(([Resource, Action], index) => ({
    Sid: `SupportedServiceSid${index}`,
    Effect: 'Allow',
    Action,
    Resource,
  }))
  return JSON.stringify({ Version: '2012-10-17', Statement })
}
