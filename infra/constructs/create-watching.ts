import { AccountRootPrincipal, CompositePrincipal, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { Universal } from 'aws-cdk-lib/aws-scheduler-targets'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { DeploymentNames } from '../deployment-names.ts'

/**
 * Makes the watching call every hour, in the account and Region where uses arise: a role that may do nothing else assumes itself. A schedule
 * makes no call that begins with Get, List or Describe. (EventBridge Scheduler User Guide, "Using universal targets".)
 */
export function createWatching(scope: Construct, { watching, watchingArn }: DeploymentNames): void {
  // A new role cannot name itself as its principal.
  const itself = new AccountRootPrincipal().withConditions({ ArnEquals: { 'aws:PrincipalArn': watchingArn } })
  const assumedBy = new CompositePrincipal(new ServicePrincipal('scheduler.amazonaws.com'), itself)
  const role = new Role(scope, 'Watching', { roleName: watching, assumedBy })
  const input = { RoleArn: watchingArn, RoleSessionName: watching, DurationSeconds: 900 }
  new Schedule(scope, 'WatchingCall', {
    scheduleName: watching,
    description: 'ssofile: proves that the events of uses arrive',
    schedule: ScheduleExpression.rate(Duration.hours(1)),
    target: new Universal({
      ...{ service: 'sts', action: 'assumeRole', role, input: ScheduleTargetInput.fromObject(input) },
      policyStatements: [new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [watchingArn] })],
    }),
  })
}
