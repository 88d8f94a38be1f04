import { parsePolicyJson } from '../../../shared/domain/iam-policies/policy-json.ts'
import type { PermissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { GeneratedPolicies } from '../../../shared/ports/policy-generator.ts'
import { paint } from '../terminal/paint.ts'
import { renderJson } from '../terminal/render-json.ts'
import { accountOfArn, type GenerationJob } from './generate-policy.ts'

/** What a person can do about a job that failed. (IAM Access Analyzer API Reference, "JobError".) */
const remedies: Readonly<Record<string, string>> = {
  AUTHORIZATION_ERROR:
    'look at the access role: access-analyzer.amazonaws.com must be able to assume it, and it must be able to read the trail, its bucket and, where it has one, its KMS key',
  RESOURCE_NOT_FOUND_ERROR:
    'look whether the trail and its bucket are there, and whether the trail records this account',
  SERVICE_QUOTA_EXCEEDED_ERROR:
    'AWS reads at most 25 GB and 100,000 files of CloudTrail for a policy: ask for fewer days, such as --days 14',
  SERVICE_ERROR: 'the fault is with AWS: run it again later',
}

export function lookAgain(name: PermissionSetName, jobId: string): string {
  return `ssofile suggest '${name}' --from-cloudtrail --job ${quote(jobId)}`
}

/** The policy, with what it is and is not, or why there is none. */
export function renderGeneration(name: PermissionSetName, { jobId, generation }: GenerationJob): string {
  if (generation.status === 'SUCCEEDED') return renderPolicies(name, generation)
  if (generation.status === 'IN_PROGRESS')
    return `${quote(name)}: IAM Access Analyzer still makes the policy. The job goes on without you; look again with the same credentials: ${lookAgain(name, jobId)}\n`
  if (generation.status === 'CANCELED')
    return `${paint('bad', 'canceled')}: somebody canceled job ${quote(jobId)}; run it again\n`
  const { code, message } = generation
  const remedy = Object.hasOwn(remedies, code) ? `\n${remedies[code]}` : ''
  return `${paint('bad', 'failed')}: IAM Access Analyzer made no policy: ${quote(code)}: ${quote(message, 500)}${remedy}\n`
}

function renderPolicies(name: PermissionSetName, generated: GeneratedPolicies): string {
  const { principalArn, from, to, isComplete, policies } = generated
  const when =
    from && to ? `from ${from.toISOString().slice(0, 10)} to ${to.toISOString().slice(0, 10)}` : 'in the time asked for'
  const texts = policies.map((policy) => {
    const parsed = parsePolicyJson(policy)
    return parsed === undefined ? `${quote(policy, 20_000)}\n` : renderJson(parsed)
  })
  const hasPlaceholders = policies.some((policy) => policy.includes('$' + '{'))
  const notes = [
    ...(policies.length > 1 ? [`These are ${count(policies.length, 'policy', 'policies')}: join them.`] : []),
    ...(hasPlaceholders
      ? ['Names in $' + '{…} are placeholders of resources: put your own in their place before you use the policy.']
      : []),
    ...(isComplete ? [] : ['It is not complete: of some service AWS does not know all actions that were used.']),
    'Not in it: iam:PassRole, what CloudTrail records as data events (such as s3:GetObject), and services of which AWS tells no actions. Add what is needed.',
    `Only this role in this account was looked at. The other accounts of the permission set may use more: ssofile suggest '${name}' looks at all.`,
  ]
  return `${quote(name)}: what its role did in account ${accountOfArn(principalArn)} ${when}, by CloudTrail and IAM Access Analyzer\n\n${texts.join('\n')}\n${notes.map((note) => `${note}\n`).join('')}`
}
