import type { Environment } from '../shared/domain/deployment/environment.ts'

/**
 * The remedy after a failed deployment. CloudFormation deletes an empty bucket of a first deployment; a bucket with objects stays, and no
 * template can take it up again: its objects are encrypted with the key of that attempt.
 */
export function adviceAfterFailure({ bucket, name, alarmWarmUp }: Environment): string {
  const alarms = `. If it does not know WarmUpConfiguration, which is new, write "alarmWarmUp": false into the environment`
  // CloudWatch Logs quotas: ten resource policies for each account and Region, not adjustable.
  const logs = `. If it says LimitExceededException of a resource policy, the account has ten of CloudWatch Logs in this Region: aws logs describe-resource-policies lists them; delete one that nobody needs`
  const why = `the deployment failed; CloudFormation says why, above${alarmWarmUp ? alarms : ''}${logs}`
  if (bucket.existing !== undefined) return why
  // Policies of the queue and its key may not be everywhere yet when S3 tries the queue.
  const queue = `. If it says "Unable to validate the following destination configurations", deploy again`
  return `${why}${queue}. If it says that ${bucket.name} exists already, an earlier try has left it. If nothing is listed by
  aws s3 ls s3://${bucket.name}/assignments/
it holds no access: delete it as in docs/deployment.md#a-bucket-that-a-failed-try-left, or give bucket.name of ${name} another name. If entries are listed, it is the bucket of a deployment: keep it, and name another one`
}
