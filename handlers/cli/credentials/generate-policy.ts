import { type AccountId, accountId } from '../../../shared/domain/organization/account-id.ts'
import type { PermissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetOfRole } from '../../../shared/domain/permission-sets/permission-set-role.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import { listAll } from '../../../shared/ports/page.ts'
import type { PolicyGeneration, PolicyGenerator } from '../../../shared/ports/policy-generator.ts'
import type { TellProgress } from '../../../shared/ports/progress.ts'
import type { Randomness } from '../../../shared/ports/randomness.ts'
import { isPassing, isServiceError, type ServiceError } from '../../../shared/ports/service-error.ts'
import { Refusal } from '../arguments/refusal.ts'

/** "Policy generation AWS CloudTrail time range: 90 days". (IAM User Guide, "IAM Access Analyzer quotas".) */
export const trailDaysMost = 90
const dayMs = 24 * 60 * 60_000
/** A job takes minutes. The first checks come sooner, for roles with little activity. */
const waits = { firstMs: 2_000, mostMs: 20_000 }
/** How many times a start is sent that AWS may not have received; the same token makes no second job. */
const startsMost = 4
/** How many checks in a row may fail: without credentials all fail. */
const failuresMost = 5
const rights =
  'iam:ListRoles, access-analyzer:StartPolicyGeneration and access-analyzer:GetGeneratedPolicy, and iam:PassRole for the access role, by credentials of that account itself (AWS_PROFILE)'

export type Generating = {
  readonly generator: PolicyGenerator
  readonly clock: Clock
  readonly randomness: Randomness
  readonly onStep: TellProgress
}

/** A job and its state: `IN_PROGRESS` if nobody waited for its end. */
export type GenerationJob = { readonly jobId: string; readonly generation: PolicyGeneration }

/** Lets IAM Access Analyzer generate a policy from the activity of the permission set's role in the caller's account. Answers the job. */
export async function startGeneration(
  name: PermissionSetName,
  asked: { readonly trailArn: string; readonly accessRole: string; readonly days: number },
  { generator, clock, randomness, onStep }: Generating,
): Promise<string> {
  const { trailArn, accessRole, days } = asked
  onStep('looking for the role of the permission set')
  const principalArn = await findRole(name, generator)
  const account = accountOfArn(principalArn)
  if (account !== accountOfArn(accessRole))
    throw new Refusal(
      `received the access role '${quote(accessRole)}', but the credentials are of account ${account}, expected a role of that account: IAM Access Analyzer accepts no other`,
    )
  const to = clock.now()
  const from = new Date(to.getTime() - days * dayMs)
  const request = { principalArn, trailArn, accessRole, from, to, token: randomness.id() }
  for (let tried = 1; ; tried++) {
    try {
      return await generator.startPolicyGeneration(request)
    } catch (error) {
      if (!isPassing(error) || tried === startsMost) throw explain(error)
      onStep('IAM Access Analyzer does not accept it yet')
      await clock.sleep(waits.firstMs * tried * (0.5 + randomness.fraction()))
    }
  }
}

/** Checks a job until it ends, `timeoutMs` have passed, or `signal` is aborted. */
export async function awaitGeneration(
  jobId: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
  { generator, clock, randomness, onStep }: Generating,
): Promise<GenerationJob> {
  const endMs = clock.monotonicMs() + timeoutMs
  let waitMs = waits.firstMs
  let failures = 0
  while (true) {
    onStep(`IAM Access Analyzer reads CloudTrail (job ${jobId})`)
    const generation = await generator.getGeneratedPolicy(jobId).then(
      (found) => {
        failures = 0
        return found
      },
      (error: unknown): PolicyGeneration => {
        if (!isPassing(error) || ++failures > failuresMost) throw explain(error)
        return { status: 'IN_PROGRESS' }
      },
    )
    const leftMs = endMs - clock.monotonicMs()
    if (generation.status !== 'IN_PROGRESS' || signal.aborted || leftMs <= 0) return { jobId, generation }
    await clock.sleep(Math.min(leftMs, waitMs * (0.75 + randomness.fraction() / 2)), signal)
    waitMs = Math.min(waits.mostMs, waitMs * 1.5)
  }
}

/** `undefined`: the ARN has no account. */
export function accountOfArn(arn: string): AccountId | undefined {
  return accountId.safeParse(arn.split(':')[4]).data
}

async function findRole(name: PermissionSetName, generator: PolicyGenerator): Promise<string> {
  const roles = await Array.fromAsync(listAll((token) => generator.listPermissionSetRoles(token))).catch(
    (error: unknown) => {
      throw explain(error)
    },
  )
  const role = roles.find((one) => permissionSetOfRole(one.name) === name)
  if (role !== undefined) return role.arn
  const [other] = roles
  const where = other === undefined ? 'the account of these credentials' : `account ${accountOfArn(other.arn)}`
  throw new Refusal(
    `${where} has no role of the permission set '${name}' (AWSReservedSSO_${name}_…): use credentials of an account where it is assigned (AWS_PROFILE); ssofile who --permission-set ${name} lists those`,
  )
}

function explain(error: unknown): unknown {
  const remedy = isServiceError(error) ? remedyOf(error) : undefined
  if (!isServiceError(error) || remedy === undefined) return error
  return new Refusal(
    `${error.service} answers ${error.code}: ${quote(error.message.replace(/\.$/, ''), 500)}; ${remedy}`,
    { cause: error },
  )
}

function remedyOf({ code }: ServiceError): string | undefined {
  if (code === 'AccessDenied' || code === 'AccessDeniedException') return `this needs ${rights}`
  if (code === 'ServiceQuotaExceededException')
    return 'AWS makes one policy at a time in each account and Region, and 50 a day (5 in some Regions): wait for the running job (with its id: --job), or try tomorrow'
  if (code === 'ValidationException')
    return 'check that the trail and the access role are written as in AWS, and that the job belongs to this account and Region; AWS keeps a policy only for a while'
  if (isThrottling.test(code)) return 'AWS throttles calls in this account: try again in a minute'
  return undefined
}
const isThrottling = /^(Throttling|TooManyRequests)/
