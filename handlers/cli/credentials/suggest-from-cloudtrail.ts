import type { Command } from 'commander'
import { openAwsPolicyGenerator } from '../../../shared/aws/aws-policy-generator.ts'
import { SystemClock } from '../../../shared/aws/system-clock.ts'
import { SystemRandomness } from '../../../shared/aws/system-randomness.ts'
import { parseLooseJson } from '../../../shared/domain/json/loose-json.ts'
import type { PermissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetOfRole } from '../../../shared/domain/permission-sets/permission-set-role.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { GeneratedPolicies } from '../../../shared/ports/policy-generator.ts'
import { wholeNumber } from '../arguments/options.ts'
import { Refusal } from '../arguments/refusal.ts'
import { paint } from '../terminal/paint.ts'
import { Progress } from '../terminal/progress.ts'
import { renderJson } from '../terminal/render-json.ts'
import { show } from '../terminal/show.ts'
import { accountOfArn, awaitGeneration, type GenerationJob, startGeneration, trailDaysMost } from './generate-policy.ts'

const timeoutSeconds = { standard: 1_800, most: 86_400 }

export type TrailOptions = {
  readonly fromCloudtrail?: boolean
  readonly trail?: string
  readonly accessRole?: string
  readonly days?: number
  readonly timeout?: number
  readonly job?: string
  readonly json?: boolean
}

export function addTrailOptions(command: Command): Command {
  return command
    .option(
      '--from-cloudtrail',
      "let IAM Access Analyzer make a policy from CloudTrail's records of the role, in the account of the credentials (AWS_PROFILE)",
    )
    .option('--trail <arn>', 'with --from-cloudtrail: the trail that records the account')
    .option('--access-role <arn>', 'with --from-cloudtrail: the role in the account that may read the trail')
    .option(
      '--days <days>',
      `with --from-cloudtrail: number of days; default and most: ${trailDaysMost}`,
      wholeNumber(1, trailDaysMost),
    )
    .option(
      '--timeout <seconds>',
      `with --from-cloudtrail: the longest time to wait; default: ${timeoutSeconds.standard}`,
      wholeNumber(1, timeoutSeconds.most),
    )
    .option('--job <id>', 'with --from-cloudtrail: look at an earlier job')
}

/** `ssofile suggest --from-cloudtrail`. Answers the exit code. */
export async function suggestFromCloudTrail(name: PermissionSetName, options: TrailOptions): Promise<number> {
  const asked = options.job === undefined ? chooseTrail(options) : undefined
  if (asked === undefined && (options.trail ?? options.accessRole ?? options.days) !== undefined)
    throw new Refusal(
      'received --job with --trail, --access-role or --days, expected it alone: the job already has them',
    )
  const progress = new Progress()
  const generating = {
    generator: openAwsPolicyGenerator(),
    clock: new SystemClock(),
    randomness: new SystemRandomness(),
    onStep: progress.tell,
  }
  const stop = new AbortController()
  const onInterrupt = () => stop.abort()
  let job: GenerationJob
  try {
    const jobId = options.job ?? (await startGeneration(name, asked ?? chooseTrail(options), generating))
    if (options.job === undefined) {
      progress.end()
      process.stderr.write(
        `job ${quote(jobId)} has begun and continues if you leave (Ctrl-C); to see the result, run ${lookAgain(name, jobId)}\n`,
      )
    }
    process.once('SIGINT', onInterrupt)
    const timeoutMs = (options.timeout ?? timeoutSeconds.standard) * 1_000
    job = await awaitGeneration(jobId, { timeoutMs, signal: stop.signal }, generating)
  } finally {
    process.off('SIGINT', onInterrupt)
    progress.end()
  }
  checkIsOf(name, job)
  if (options.json) process.stdout.write(renderJson({ permissionSet: name, jobId: job.jobId, ...job.generation }))
  else await show(renderGeneration(name, job))
  return job.generation.status === 'SUCCEEDED' ? 0 : 1
}

/** Throws Refusal for options that only fit `--from-cloudtrail`. */
export function refuseTrailOptions({ trail, accessRole, days, timeout, job }: TrailOptions): void {
  if ([trail, accessRole, days, timeout, job].every((one) => one === undefined)) return
  throw new Refusal('received --trail, --access-role, --days, --timeout or --job without --from-cloudtrail; add it')
}

function chooseTrail({ trail, accessRole, days = trailDaysMost }: TrailOptions) {
  if (trail === undefined || accessRole === undefined)
    throw new Refusal(
      'received --from-cloudtrail without --trail and --access-role, expected both, or --job; for the permissions of the role, see docs/less-privilege.md',
    )
  if (!/^arn:[^:]+:cloudtrail:[^:]+:\d{12}:trail\/.+$/.test(trail))
    throw new Refusal(
      `received the trail '${quote(trail)}', expected an ARN such as arn:aws:cloudtrail:eu-central-1:111122223333:trail/organization`,
    )
  if (!/^arn:[^:]+:iam::\d{12}:role\/.+$/.test(accessRole))
    throw new Refusal(
      `received the access role '${quote(accessRole)}', expected an ARN such as arn:aws:iam::111122223333:role/service-role/ReadTrail`,
    )
  return { trailArn: trail, accessRole, days }
}

function checkIsOf(name: PermissionSetName, { jobId, generation }: GenerationJob): void {
  if (generation.status !== 'SUCCEEDED') return
  const { principalArn } = generation
  if (permissionSetOfRole(principalArn.split('/').at(-1) ?? '') !== name)
    throw new Refusal(`job ${quote(jobId)} is for ${quote(principalArn, 300)}, not for the permission set '${name}'`)
}

/** The user's remedy for a failed job. (IAM Access Analyzer API Reference, "JobError".) */
const remedies: Readonly<Record<string, string>> = {
  AUTHORIZATION_ERROR:
    'check the access role: access-analyzer.amazonaws.com must be able to assume it, and it must be able to read the trail, its bucket and its KMS key, if it has one',
  RESOURCE_NOT_FOUND_ERROR: 'check that the trail and its bucket exist, and that the trail records this account',
  SERVICE_QUOTA_EXCEEDED_ERROR:
    'AWS reads at most 25 GB and 100,000 files of CloudTrail for a policy: ask for fewer days, such as --days 14',
  SERVICE_ERROR: 'this is a fault of AWS: run it again later',
}

export function lookAgain(name: PermissionSetName, jobId: string): string {
  return `ssofile suggest '${name}' --from-cloudtrail --job ${quote(jobId)}`
}

/** The policy with its limits, or the reason why there is none. */
export function renderGeneration(name: PermissionSetName, { jobId, generation }: GenerationJob): string {
  if (generation.status === 'SUCCEEDED') return renderPolicies(name, generation)
  if (generation.status === 'IN_PROGRESS')
    return `${quote(name)}: IAM Access Analyzer is still making the policy. The job continues without you; to see the result, run with the same credentials: ${lookAgain(name, jobId)}\n`
  if (generation.status === 'CANCELED')
    return `${paint('bad', 'canceled')}: somebody canceled job ${quote(jobId)}; run it again\n`
  const { code, message } = generation
  const remedy = Object.hasOwn(remedies, code) ? `\n${remedies[code]}` : ''
  return `${paint('bad', 'failed')}: IAM Access Analyzer made no policy: ${quote(code)}: ${quote(message, 500)}${remedy}\n`
}

function renderPolicies(name: PermissionSetName, generated: GeneratedPolicies): string {
  const { principalArn, from, to, isComplete, policies } = generated
  const when =
    from && to ? `from ${from.toISOString().slice(0, 10)} to ${to.toISOString().slice(0, 10)}` : 'in the given time'
  const texts = policies.map((policy) => {
    const parsed = parseLooseJson(policy)
    return parsed === undefined ? `${quote(policy, 20_000)}\n` : renderJson(parsed)
  })
  const hasPlaceholders = policies.some((policy) => policy.includes('$' + '{'))
  const notes = [
    ...(policies.length > 1 ? [`These are ${count(policies.length, 'policy', 'policies')}: join them.`] : []),
    ...(hasPlaceholders
      ? ['Names in $' + '{…} are placeholders for resources: replace them before you use the policy.']
      : []),
    ...(isComplete ? [] : ['The policy is not complete: AWS does not know all used actions of some services.']),
    'The policy does not contain iam:PassRole, data events (such as s3:GetObject), and services whose actions AWS does not report. Add the permissions that you need.',
    `This covers only one role in one account. The other accounts of the permission set may use more: ssofile suggest '${name}' covers all.`,
  ]
  return `${quote(name)}: what its role did in account ${accountOfArn(principalArn)} ${when}, by CloudTrail and IAM Access Analyzer\n\n${texts.join('\n')}\n${notes.map((note) => `${note}\n`).join('')}`
}
