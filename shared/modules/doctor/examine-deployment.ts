import * as z from 'zod'
import { type Finding, fail, ok, skip, warn } from '../../domain/guardrails/finding.ts'
import { notifiedPlaces } from '../../domain/inputs/kinds.ts'
import { functionSettings, queueSettings } from '../../ports/deployment-settings.ts'
import type { BucketSettings, Installation } from '../../ports/installation.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { type WorkedQueue, workedQueues } from '../../ports/queues.ts'
import { joinRights, rightsByKinds, rightsOfFunctions } from '../../ports/rights.ts'
import { answerOrError, isServiceError } from '../../ports/service-error.ts'
import { deadLetterUrl } from '../../reconcile/records/dead-letters.ts'
import type { Owner } from '../../reconcile/records/owner.ts'
import { deniedRemedy } from './dry-calls.ts'
import { ownPermissions } from './try-permissions.ts'
import { isDenied, unasked } from './unasked.ts'

type Setting<K extends keyof BucketSettings> = Awaited<ReturnType<BucketSettings[K]>>

function judgeVersioning(status: Setting<'versioning'>): Finding {
  if (status === 'Enabled') return ok('versioning', 'the bucket keeps every version, so you can undo a bad sync')
  return warn(
    'versioning',
    `${status ?? 'never enabled'}: overwritten and deleted objects are lost`,
    'aws s3api put-bucket-versioning --versioning-configuration Status=Enabled --bucket …, with the lifecycle of docs/deployment.md',
  )
}

/**
 * ssofile writes the lease alone a million times a year, and old versions slow S3 down. (S3 User Guide, "503 responses … versioning
 * enabled".)
 */
function judgeLifecycle(prefixes: Setting<'expiringPrefixes'>, status: Setting<'versioning'>): Finding {
  const missing = ['control/', 'state/', 'status/', 'attention/'].filter(
    (prefix) => !prefixes.some((one) => prefix.startsWith(one)),
  )
  if (missing.length === 0) return ok('lifecycle', 'old versions expire under the prefixes that ssofile writes often')
  if (status !== 'Enabled') return ok('lifecycle', 'there are no old versions')
  return warn(
    'lifecycle',
    `old versions never expire under ${missing.join(', ')}: millions of them slow S3 down`,
    'set up the lifecycle of the deployment (npm run synth -- --environment NAME writes lifecycle.json for a bucket of another owner)',
  )
}

function judgeEncryption(encryption: Setting<'encryption'>): Finding {
  if (encryption?.algorithm.startsWith('aws:kms')) return ok('encryption', encryption.keyId ?? encryption.algorithm)
  return warn(
    'encryption',
    `${encryption?.algorithm ?? 'none'}: not with a key of your own`,
    'set a KMS key that ssofile and its people may use as default encryption',
  )
}

function judgePublicAccess(isBlocked: Setting<'blocksPublicAccess'>): Finding {
  if (isBlocked) return ok('public access', 'blocked')
  return fail(
    'public access',
    'not blocked: everybody who can write links can give access',
    'block all four kinds of public access',
  )
}

const policySchema = z.object({ Statement: z.array(z.object({ Effect: z.string(), Action: z.unknown() })) })

/** Checks only whether the policy denies something. Other tests check a deployment's own policy. */
function judgePolicy(policy: Setting<'policy'>): Finding {
  const parsed = policySchema.safeParse(policy === undefined ? undefined : JSON.parse(policy)).data
  const denials = parsed?.Statement.filter(({ Effect, Action }) => Effect === 'Deny' && isAboutWrites(Action)) ?? []
  if (denials.length > 0) return ok('bucket policy', 'denies writes to everybody who is not named')
  return warn(
    'bucket policy',
    'lets everybody write ledger and history',
    'deploy it, or give policy.json of npm run synth -- --environment NAME to the owner of the bucket',
  )
}

function isAboutWrites(action: unknown): boolean {
  return [action].flat().some((one) => one === 's3:PutObject' || one === 's3:*')
}

/** Without notifications, the sweep finds uploads every five minutes. */
function judgeNotifications(rules: Setting<'notifications'>): Finding {
  const kinds = ['s3:ObjectCreated:', 's3:ObjectRemoved:']
  const missing = notifiedPlaces().filter(
    (prefix) =>
      !kinds.every((kind) =>
        rules.some((rule) => prefix.startsWith(rule.prefix) && rule.events.some((event) => event.startsWith(kind))),
      ),
  )
  if (missing.length === 0) return ok('notifications', 'S3 notifies ssofile of uploads and deletions')
  return warn(
    'notifications',
    `S3 does not notify ssofile of uploads and deletions under ${missing.join(', ')}: ssofile finds them within five minutes`,
    'deploy again, or apply notifications.json of npm run synth -- --environment NAME',
  )
}

/** All settings of the bucket, each read once. */
export async function examineBucket(settings: BucketSettings): Promise<readonly Finding[]> {
  const versioning = await answerOrError(settings.versioning())
  const status = 'is' in versioning ? versioning.is : undefined
  const judged = async <T>(check: string, needs: string, call: Promise<T>, judge: (told: T) => Finding) => {
    const answer = await answerOrError(call)
    return 'is' in answer ? judge(answer.is) : unasked(check, answer.error, { needs })
  }
  return [
    'is' in versioning
      ? judgeVersioning(status)
      : unasked('versioning', versioning.error, { needs: 's3:GetBucketVersioning' }),
    await judged('lifecycle', 's3:GetLifecycleConfiguration', settings.expiringPrefixes(), (told) =>
      judgeLifecycle(told, status),
    ),
    await judged('encryption', 's3:GetEncryptionConfiguration', settings.encryption(), judgeEncryption),
    await judged('public access', 's3:GetBucketPublicAccessBlock', settings.blocksPublicAccess(), judgePublicAccess),
    await judged('bucket policy', 's3:GetBucketPolicy', settings.policy(), judgePolicy),
    await judged('notifications', 's3:GetBucketNotification', settings.notifications(), judgeNotifications),
  ]
}

const writesCheck = 'bucket writes'
/** The folders that a dispatcher writes. `ssofile apply` writes the same ones if there is no deployment. */
function writtenFolders(): readonly string[] {
  const { write = [], put = [] } = joinRights(rightsOfFunctions.dispatcher, rightsByKinds('dispatcher'))
  return [...new Set([...write, ...put].map((place) => place.slice(0, place.indexOf('/') + 1)))].sort()
}
const noEtag = '0'.repeat(32)

/**
 * Whether these credentials may write where ssofile does: tries to overwrite a missing object with a condition that no object
 * meets. (S3 User Guide, "Conditional writes": 404 or 412 to callers that may write, 403 to others.)
 */
export async function examineWrites(objects: ObjectStore): Promise<Finding> {
  const denied: string[] = []
  const folders = writtenFolders()
  for (const prefix of folders) {
    const answer = await answerOrError(objects.put(`${prefix}ssofile-doctor`, '', { ifMatch: noEtag }))
    if ('error' in answer && !isDenied(answer.error))
      return unasked(writesCheck, answer.error, { needs: 's3:PutObject' })
    if ('error' in answer) denied.push(prefix)
    else if (answer.is.outcome === 'written')
      return fail(
        writesCheck,
        `the store wrote ${prefix}ssofile-doctor in spite of If-Match: it has no conditional writes, and ssofile needs them`,
        'use a bucket of S3, and delete that object',
      )
  }
  if (denied.length === 0)
    return ok(
      writesCheck,
      `${folders.length} prefixes accept writes (tried with a condition that always fails, so nothing was written)`,
    )
  return fail(
    writesCheck,
    `these credentials may not write ${denied.join(', ')}`,
    'allow them s3:PutObject and s3:DeleteObject there, or deploy ssofile (docs/deployment.md)',
  )
}

const concurrencyCheck = 'concurrency'
/** Lambda always keeps this number of instances unreserved. (Lambda Developer Guide, "Configuring reserved concurrency".) */
const unreservedLeast = 100

/** Whether the dispatcher has its one instance reserved. Checks only if the queues are AWS's, because elsewhere there are no functions. */
export async function examineFunctions(
  installation: Pick<Installation, 'unreservedConcurrency' | 'reservedConcurrency'>,
  { name, queueUrls }: NonNullable<Owner['deployment']>,
): Promise<readonly Finding[]> {
  const { dispatch = '' } = queueUrls
  if (!URL.canParse(dispatch) || !/\.amazonaws\.com(\.cn)?$/.test(new URL(dispatch).hostname))
    return [skip(concurrencyCheck, 'not checked: the queues are not on AWS, so there are no functions')]
  const reserved = await answerOrError(installation.reservedConcurrency(`${name}-dispatcher`))
  if ('error' in reserved)
    return [unasked(concurrencyCheck, reserved.error, { needs: 'lambda:GetFunctionConcurrency' })]
  const unreserved = await answerOrError(installation.unreservedConcurrency())
  if ('error' in unreserved)
    return [unasked(concurrencyCheck, unreserved.error, { needs: 'lambda:GetAccountSettings' })]
  return [judgeConcurrency({ reserved: reserved.is, unreserved: unreserved.is })]
}

export function judgeConcurrency({
  reserved,
  unreserved,
}: {
  readonly reserved: number | undefined
  readonly unreserved: number
}): Finding {
  const wanted = functionSettings.dispatcher.reservedConcurrency
  if (reserved !== wanted)
    return fail(
      concurrencyCheck,
      `${reserved ?? 'nothing'} is reserved for the dispatcher, expected ${wanted}: two dispatchers would work at once`,
      'deploy again: npm run deploy -- --environment NAME',
    )
  if (unreserved < unreservedLeast)
    return warn(
      concurrencyCheck,
      `${unreserved} unreserved instances of functions are left in the account`,
      'ask AWS for more under Service Quotas, Lambda, "Concurrent executions"',
    )
  return ok(concurrencyCheck, `${reserved} for the dispatcher, and ${unreserved} unreserved in the account`)
}

type Attributes = Readonly<Record<string, string>> | undefined
export type SeenQueue = { readonly name: WorkedQueue; readonly queue: Attributes; readonly dead: Attributes }

/** Whether every queue exists, with its handler's times and its dead-letter queue, and how many messages failed. */
export function judgeQueues(queues: readonly SeenQueue[]): readonly Finding[] {
  const faults = queues.flatMap((seen) => faultsOf(seen))
  const given = queues.filter(({ dead }) => Number(dead?.ApproximateNumberOfMessages ?? 0) > 0)
  const letters = given.map(({ name, dead }) => `${name} ${dead?.ApproximateNumberOfMessages}`)
  return [
    ...(faults.length === 0
      ? [ok('queues', `${queues.length}, as the deployment needs them`)]
      : faults.map((told) => fail('queues', told, 'deploy again: npm run deploy -- --environment NAME'))),
    letters.length === 0
      ? ok('dead letters', 'none')
      : warn('dead letters', `messages were given up: ${letters.join(', ')}`, 'ssofile redrive'),
  ]
}

function faultsOf({ name, queue, dead }: SeenQueue): readonly string[] {
  if (queue === undefined) return [`the queue ${name} does not exist`]
  const { visibilityTimeoutSeconds } = queueSettings[name]
  const seconds = Number(queue.VisibilityTimeout)
  return [
    ...(seconds < visibilityTimeoutSeconds
      ? [`the queue ${name} shows a message again after ${seconds} s, expected ${visibilityTimeoutSeconds}`]
      : []),
    ...(name !== 'dispatch' && dead === undefined ? [`the queue ${name} has no dead-letter queue`] : []),
  ]
}

/** The queues of a deployment, by their URLs. */
export async function examineQueues(
  installation: Pick<Installation, 'queueAttributes'>,
  urls: Readonly<Partial<Record<WorkedQueue, string>>>,
): Promise<readonly Finding[]> {
  const seen: SeenQueue[] = []
  for (const name of workedQueues) {
    const url = urls[name]
    if (url === undefined) {
      seen.push({ name, queue: undefined, dead: undefined })
      continue
    }
    const queue = await answerOrError(installation.queueAttributes(url))
    if ('error' in queue) return [unasked('queues', queue.error, { needs: 'sqs:GetQueueAttributes' })]
    const dead = name === 'dispatch' ? undefined : await answerOrError(installation.queueAttributes(deadLetterUrl(url)))
    if (dead && 'error' in dead) return [unasked('queues', dead.error, { needs: 'sqs:GetQueueAttributes' })]
    seen.push({ name, queue: queue.is, dead: dead?.is })
  }
  return judgeQueues(seen)
}

const dispatcherCheck = 'dispatcher'
/** How often to wait: the dispatcher has one instance. While it works or waits for work, nobody else can invoke it. */
const waitsMost = 12
const waitMs = 5_000

export type DispatcherFindings = { readonly findings: readonly Finding[]; readonly isAnswered: boolean }

/**
 * The deployed dispatcher's report of its own permissions. Without an answer, tries these credentials instead, which shows
 * less: an administrator's role says nothing about the dispatcher's role.
 */
export async function askDispatcher(
  functionName: string,
  { installation, clock }: { readonly installation: Pick<Installation, 'askFunction'> } & Pick<Ports, 'clock'>,
): Promise<DispatcherFindings> {
  const instead = 'the following checks show the permissions of these credentials'
  for (let waits = 0; ; waits++) {
    const answer = await answerOrError(installation.askFunction(functionName, { doctor: true }))
    if ('is' in answer) {
      const told = ownPermissions.safeParse(answer.is).data
      if (told) return { findings: told.findings.map((one) => inItsRole(functionName, one)), isAnswered: true }
      const remedy = 'deploy this version of ssofile: npm run deploy -- --environment NAME'
      return unanswered(warn(dispatcherCheck, `${functionName} did not answer for itself; ${instead}`, remedy))
    }
    const { error } = answer
    if (isServiceError(error, 'TooManyRequestsException') && waits < waitsMost) {
      await clock.sleep(waitMs)
      continue
    }
    if (isServiceError(error, 'TooManyRequestsException'))
      return unanswered(skip(dispatcherCheck, `${functionName} is busy and cannot answer; ${instead}`))
    if (error.code === 'NotImplemented' || error.code === 'UnknownOperationException')
      return unanswered(skip(dispatcherCheck, `not checked: ${error.service} here has no such operation; ${instead}`))
    const told = isDenied(error) ? 'these credentials may not ask it' : `${error.code}: ${error.message}`
    const remedy = `allow lambda:InvokeFunction on ${functionName}: the dispatcher then checks its own role`
    return unanswered(warn(dispatcherCheck, `${functionName} was not asked: ${told}; ${instead}`, remedy))
  }
}

function inItsRole(functionName: string, { check: of, level, told, remedy }: Omit<Finding, 'figures'>): Finding {
  return {
    check: of,
    level,
    told: `in the role of ${functionName}: ${told.replace('these credentials', 'this role')}`,
    remedy:
      remedy !== deniedRemedy
        ? remedy
        : 'deploy again; if that does not help, look for a service control policy that denies it to that role',
  }
}

function unanswered(finding: Finding): DispatcherFindings {
  return { findings: [finding], isAnswered: false }
}
