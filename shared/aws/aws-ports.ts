import { IdentitystoreClient } from '@aws-sdk/client-identitystore'
import { OrganizationsClient } from '@aws-sdk/client-organizations'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { SSOAdminClient } from '@aws-sdk/client-sso-admin'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Ports } from '../ports/ports.ts'
import type { QueueName, Queues } from '../ports/queues.ts'
import { AwsAccountAccess } from './account-access-client.ts'
import { AwsIdentityStore } from './identity-store-client.ts'
import { AwsOrganizations } from './organizations-client.ts'
import { S3ObjectStore } from './s3-object-store.ts'
import { SqsQueues } from './sqs-queues.ts'
import { awsSsoAdmin } from './sso-admin-client.ts'
import { SystemClock } from './system-clock.ts'
import { SystemRandomness } from './system-randomness.ts'

export type AwsPortsOptions = {
  readonly bucket: string
  /** The URLs of a deployment's queues. A process without a deployment passes its own queues. */
  readonly queues: Queues | ((queue: QueueName) => string)
  readonly log: Log
  /** Absent: no metrics. */
  readonly metrics?: Metrics
  /** The instance of IAM Identity Center; absent: the only listed one, or the organization's. */
  readonly instanceArn?: string
  /** For the local system's own handlers: one endpoint and one access key for all services. The key's id names the caller. */
  readonly endpoint?: {
    readonly url: string
    readonly accessKeyId: string
    readonly sessionToken?: string
    readonly userAgentAppId?: string
  }
}

/** Longer than the longest poll and shorter than a slice, so that a hanging connection ends before the slice. */
const requestTimeoutMs = 30_000

/**
 * The ports on AWS's services; tries each call once (see `patientPorts`). Without `endpoint` everything comes from the standard
 * AWS environment: Region, profile, credentials, `AWS_ENDPOINT_URL` and each service's own `AWS_ENDPOINT_URL_<SERVICE>`.
 */
export function openAwsPorts({ bucket, queues, log, metrics, instanceArn, endpoint }: AwsPortsOptions): Ports {
  const common = clientSettings(endpoint)
  const clock = new SystemClock()
  const s3 = new S3Client({ ...common, forcePathStyle: endpoint !== undefined || hasOwnS3Endpoint() })
  const organizations = new AwsOrganizations(new OrganizationsClient(common))
  const ssoAdmin = awsSsoAdmin(
    new SSOAdminClient(common),
    // Every process asks for the instance once, while a dispatcher may be using up the rate.
    new SSOAdminClient({ ...common, maxAttempts: 10 }),
    { instanceArn, managementAccountId: organizations.managementAccountId },
  )
  const identityStoreId = async () => (await ssoAdmin.instance()).identityStoreId
  return {
    objects: new S3ObjectStore(s3, bucket),
    queues: typeof queues === 'function' ? new SqsQueues(new SQSClient(common), queues) : queues,
    ssoAdmin,
    identityStore: new AwsIdentityStore(new IdentitystoreClient(common), identityStoreId),
    organizations,
    accountAccess: new AwsAccountAccess(common, endpoint?.url),
    clock,
    leaseClock: clock,
    randomness: new SystemRandomness(),
    log,
    metrics: metrics ?? { record() {} },
  }
}

/** An endpoint other than AWS's rarely has a name for each bucket (`bucket.host`). */
export function hasOwnS3Endpoint(): boolean {
  return (process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL) !== undefined
}

/** Settings of all clients of AWS's services. Tries each call once. */
export function clientSettings(endpoint?: AwsPortsOptions['endpoint']) {
  return {
    // Our own loops retry calls: they know the rates, and which writes may be retried.
    maxAttempts: 1,
    requestHandler: {
      requestTimeout: requestTimeoutMs,
      // Otherwise a hanging request is only logged. (SDK for JavaScript v3, NodeHttpHandlerOptions.)
      throwOnRequestTimeout: true,
      connectionTimeout: 5_000,
      httpsAgent: { maxSockets: 100 },
      httpAgent: { maxSockets: 100 },
    },
    ...(endpoint === undefined
      ? {}
      : {
          endpoint: endpoint.url,
          region: 'us-east-1',
          ...(endpoint.userAgentAppId === undefined ? {} : { userAgentAppId: endpoint.userAgentAppId }),
          credentials: {
            accessKeyId: endpoint.accessKeyId,
            secretAccessKey: 'local',
            ...(endpoint.sessionToken === undefined ? {} : { sessionToken: endpoint.sessionToken }),
          },
        }),
  }
}
