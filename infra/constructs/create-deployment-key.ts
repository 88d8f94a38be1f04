import {
  AccountPrincipal,
  Effect,
  PolicyStatement,
  type PolicyStatementProps,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { RemovalPolicy } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Environment } from '../../shared/domain/deployment/environment.ts'
import type { DeploymentNames } from '../deployment-names.ts'

/**
 * The key of bucket, queues and alarms. S3, EventBridge and CloudWatch cannot send to a queue or topic that is encrypted with an AWS
 * managed key. It is retained, or deleted after a failure, together with the bucket, since the objects are unreadable without it.
 */
export function createDeploymentKey(
  scope: Construct,
  { name, account, access }: Environment,
  names: DeploymentNames,
): Key {
  const key = new Key(scope, 'Key', {
    alias: name,
    description: `ssofile deployment ${name}: bucket, queues and alarms`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  })
  const use = ['kms:Decrypt', 'kms:GenerateDataKey']
  const mayUse = (sid: string, services: readonly string[], conditions: PolicyStatementProps['conditions']) =>
    new PolicyStatement({
      sid,
      effect: Effect.ALLOW,
      principals: services.map((service) => new ServicePrincipal(`${service}.amazonaws.com`)),
      actions: use,
      resources: ['*'],
      ...(conditions && { conditions }),
    })
  key.addToResourcePolicy(
    mayUse('ServicesThatSend', ['events', 'cloudwatch'], { StringEquals: { 'aws:SourceAccount': [account] } }),
  )
  // S3 checks the encrypted queue when the bucket is made. No page says whether its call of KMS has aws:SourceAccount, and the S3 User
  // Guide's policy demands none ("Granting permissions to publish event notification messages"). The queue's policy names the bucket.
  key.addToResourcePolicy(mayUse('BucketThatSends', ['s3'], undefined))
  const { requestAccounts, ...named } = access
  const people = [
    // Everybody in `access`, for whatever purpose: the bucket's policy sets the limits.
    ...Object.values(named).flatMap((all) =>
      all.flatMap((one): readonly string[] => (typeof one === 'string' ? [one] : one.principals)),
    ),
    ...requestAccounts.map((of) => names.sessionArnsOf(of)),
  ]
  // People of this account need a policy of their own, as for the bucket.
  const accounts = [...new Set(people.map((arn) => arn.split(':')[4] ?? ''))].filter((other) => other !== account)
  if (accounts.length > 0)
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'PeopleOfOtherAccounts',
        effect: Effect.ALLOW,
        principals: accounts.map((other) => new AccountPrincipal(other)),
        actions: use,
        resources: ['*'],
        conditions: {
          ArnLike: { 'aws:PrincipalArn': [...new Set(people)] },
          StringEquals: { 'kms:ViaService': [names.viaService('s3'), names.viaService('sqs')] },
        },
      }),
    )
  return key
}
