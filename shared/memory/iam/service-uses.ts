import { type PolicyStatement, parsePolicyStatements } from '../../domain/iam-policies/policy-statement.ts'
import type { ServiceUse } from '../../domain/iam-policies/set-usage.ts'
import { matchesAction } from '../../domain/text/glob.ts'
import type { UseGranularity } from '../../ports/auditor.ts'

/**
 * Some of AWS's services, with some of the actions that IAM tracks. (IAM User Guide, "IAM action last accessed information services and
 * actions".) For SQS and STS this model tracks none.
 */
const services: Readonly<Record<string, { readonly name: string; readonly tracked: readonly string[] }>> = {
  cloudwatch: { name: 'Amazon CloudWatch', tracked: ['DeleteAlarms', 'PutMetricAlarm'] },
  ec2: { name: 'Amazon EC2', tracked: ['DescribeInstances', 'RunInstances', 'TerminateInstances'] },
  iam: { name: 'AWS Identity and Access Management', tracked: ['CreateRole', 'DeleteRole', 'ListRoles'] },
  lambda: { name: 'AWS Lambda', tracked: ['CreateFunction', 'DeleteFunction', 'ListFunctions'] },
  s3: { name: 'Amazon S3', tracked: ['CreateBucket', 'DeleteBucket', 'ListAllMyBuckets', 'PutBucketPolicy'] },
  sqs: { name: 'Amazon SQS', tracked: [] },
  sts: { name: 'AWS Security Token Service', tracked: [] },
}

/**
 * IAM's answer for a role with these policies. An `undefined` policy is unknown to the model, so the answer lists every service. `uses`: by
 * namespace, or by namespace and action as in `s3:CreateBucket`; IAM leaves out uses that it no longer keeps.
 */
export function listServiceUses(
  policies: readonly (string | undefined)[],
  uses: ReadonlyMap<string, Date>,
  granularity: UseGranularity,
): readonly ServiceUse[] {
  const statements = policies.map((one) => (one === undefined ? undefined : parsePolicyStatements(one)))
  const known = statements.includes(undefined) ? undefined : statements.flatMap((one) => one ?? [])
  return Object.entries(services).flatMap(([namespace, { name, tracked }]) => {
    if (known !== undefined && !known.some((one) => isAbout(one, namespace))) return []
    const allowed = tracked.filter((action) => known === undefined || isAllowed(known, `${namespace}:${action}`))
    const told = allowed.map((action) => ({ name: action, lastUsedAt: uses.get(`${namespace}:${action}`) }))
    const all = [uses.get(namespace), ...told.map(({ lastUsedAt }) => lastUsedAt)].flatMap((at) => at?.getTime() ?? [])
    const lastUsedAt = all.length === 0 ? undefined : new Date(Math.max(...all))
    const isTold = granularity === 'ACTION_LEVEL' && told.some((one) => one.lastUsedAt !== undefined)
    return [{ name, namespace, lastUsedAt, actions: isTold ? told : [] }]
  })
}

function isAbout({ effect, actions, isInverted }: PolicyStatement, namespace: string): boolean {
  if (effect !== 'Allow') return false
  if (isInverted) return !actions.some((pattern) => matchesAction(pattern, `${namespace}:-`))
  return actions.some((pattern) => pattern.startsWith(`${namespace}:`) || matchesAction(pattern, `${namespace}:-`))
}

function isAllowed(statements: readonly PolicyStatement[], action: string): boolean {
  const about = statements.filter(
    ({ actions, isInverted }) => actions.some((pattern) => matchesAction(pattern, action.toLowerCase())) !== isInverted,
  )
  return (
    about.some(({ effect }) => effect === 'Allow') && !about.some((one) => one.effect === 'Deny' && one.isUnlimited)
  )
}
