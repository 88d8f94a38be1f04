import { AccountPrincipal, Effect, PolicyDocument, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { Environment } from '../../shared/domain/deployment/environment.ts'
import { acknowledge } from '../acknowledge.ts'
import type { DeploymentNames } from '../deployment-names.ts'
import { permissionsIn } from '../function-permissions.ts'

/**
 * The role that reads the tags of all accounts in bulk. Accounts of an organization are resources of the management account, so the role is
 * there. It reads tags of other resources in that account too: the action has no resources. (Service Authorization Reference, "Amazon
 * Resource Group Tagging API".)
 */
export function createTagReader(scope: Construct, environment: Environment, names: DeploymentNames): void {
  const readers = names.functions.filter((name) => permissionsIn(environment, name).organizations === 'tags')
  const arns = readers.map((name) => names.roleArn(name))
  const role = new Role(scope, 'TagReader', {
    roleName: names.tagReader,
    description: 'ssofile: reads the tags of all accounts',
    assumedBy: new AccountPrincipal(environment.account).withConditions({ ArnEquals: { 'aws:PrincipalArn': arns } }),
    inlinePolicies: {
      read: new PolicyDocument({
        statements: [new PolicyStatement({ effect: Effect.ALLOW, actions: ['tag:GetResources'], resources: ['*'] })],
      }),
    },
  })
  acknowledge(role, { 'AwsSolutions-IAM5[Resource::*]': 'tag:GetResources has no resources' })
}
