import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  CfnBucket,
  CfnBucketPolicy,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core'
import type { Construct, IDependable } from 'constructs'
import type { Environment } from '../../shared/domain/deployment/environment.ts'
import { notifiedPlaces, placesThatStart } from '../../shared/domain/inputs/kinds.ts'
import { acknowledge } from '../acknowledge.ts'
import { bucketPolicy } from '../bucket-policy.ts'
import { accessLogDays, notifiedEvents, versionDays } from '../bucket-settings.ts'
import type { DeploymentNames } from '../deployment-names.ts'

type BucketProps = {
  readonly environment: Environment
  readonly names: DeploymentNames
  readonly key: IKey
  /** The policies of the queue and the key: S3 tries to send when it gets the queue's name. */
  readonly mayNotify: IDependable
  /** Includes S3's permission to start it: see `allowStart`. */
  readonly retire: LambdaFunction | undefined
}

/**
 * The bucket of a deployment, which outlives it. If the deployment that creates it fails, CloudFormation deletes it: an empty one would
 * block the next attempt. (CloudFormation User Guide, "DeletionPolicy attribute", RetainExceptOnCreate.)
 */
export function createBucket(scope: Construct, { environment, names, key, mayNotify, retire }: BucketProps): IBucket {
  const logs = createLogBucket(scope)
  const bucket = new Bucket(scope, 'Bucket', {
    bucketName: environment.bucket.name,
    versioned: true,
    encryption: BucketEncryption.KMS,
    encryptionKey: key,
    bucketKeyEnabled: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    serverAccessLogsBucket: logs,
    serverAccessLogsPrefix: 'access/',
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    lifecycleRules: [
      { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
      ...Object.entries(versionDays).map(([prefix, days]) => ({
        id: `versions-of-${prefix.replace('/', '')}`,
        prefix,
        noncurrentVersionExpiration: Duration.days(days),
        expiredObjectDeleteMarker: true,
      })),
    ],
  })
  const resource = bucket.node.defaultChild
  if (!(resource instanceof CfnBucket)) throw new Error('the bucket has no resource')
  // Not by Bucket.addEventNotification, which adds a function that may change any bucket.
  resource.notificationConfiguration = {
    queueConfigurations: notifiedPlaces().flatMap((value) =>
      notifiedEvents.map((event) => ({
        event,
        queue: names.queueArn('uploads'),
        filter: { s3Key: { rules: [{ name: 'prefix', value }] } },
      })),
    ),
    ...(retire && {
      lambdaConfigurations: placesThatStart().flatMap((value) =>
        notifiedEvents.map((event) => ({
          event,
          function: retire.functionArn,
          filter: { s3Key: { rules: [{ name: 'prefix', value }] } },
        })),
      ),
    }),
  }
  bucket.node.addDependency(mayNotify)
  if (retire) bucket.node.addDependency(retire)
  new CfnBucketPolicy(scope, 'BucketPolicy', {
    bucket: environment.bucket.name,
    policyDocument: bucketPolicy(environment, names),
  }).addResourceDependency(resource)
  return bucket
}

/**
 * Lets the bucket start the function, in whatever account the bucket is. (Lambda Developer Guide, "Process Amazon S3 event notifications".)
 */
export function allowStart(started: LambdaFunction, { bucketArn, bucketAccount }: DeploymentNames): void {
  started.addPermission('Deletions', {
    principal: new ServicePrincipal('s3.amazonaws.com'),
    sourceArn: bucketArn,
    sourceAccount: bucketAccount,
  })
}

function createLogBucket(scope: Construct): Bucket {
  const logs = new Bucket(scope, 'AccessLogs', {
    // S3 writes access logs only to a bucket without a key of ours. (S3 User Guide, "Enabling server access logging".)
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [{ id: 'old-logs', expiration: Duration.days(accessLogDays) }],
  })
  acknowledge(logs, { 'AwsSolutions-S1': 'it holds the access logs; logging its own access would never end' })
  return logs
}
