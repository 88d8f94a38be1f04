import {
  AccountRootPrincipal,
  CompositePrincipal,
  Effect,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import type { Construct } from 'constructs'
import type { DeploymentNames } from '../deployment-names.ts'

/**
 * Makes the watching call every hour, in the account and Region where uses arise: a role that may do nothing else assumes itself. A schedule
 * makes no call that begins with Get, List or Describe. (EventBridge Scheduler User Guide, "Using universal targets".)
 */
export function createWatching(scope: Construct, names: DeploymentNames): void {
  const { watching, watchingArn } = names
  const itself = { ArnEquals: { 'aws:PrincipalArn': watchingArn } }
  const role = new Role(scope, 'Watching', {
    roleName: watching,
    // A new role cannot name itself as its principal.
    assumedBy: new CompositePrincipal(
      new ServicePrincipal('scheduler.amazonaws.com'),
      new AccountRootPrincipal().withConditions(itself),
    ),
    inlinePolicies: {
      watch: new PolicyDocument({
        statements: [
          new PolicyStatement({ effect: Effect.ALLOW, actions: ['sts:AssumeRole'], resources: [watchingArn] }),
        ],
      }),
    },
  })
  new CfnSchedule(scope, 'WatchingCall', {
    name: watching,
    description: 'ssofile: proves that the events of uses arrive',
    scheduleExpression: 'rate(1 hours)',
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: `arn:${names.partition}:scheduler:::aws-sdk:sts:assumeRole`,
      roleArn: role.roleArn,
      input: JSON.stringify({ RoleArn: watchingArn, RoleSessionName: watching, DurationSeconds: 900 }),
    },
  })
}
