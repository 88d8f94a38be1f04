import { Identitystore, paginateListGroups } from '@aws-sdk/client-identitystore'
import { Lambda } from '@aws-sdk/client-lambda'
import { Organizations, paginateListAccounts, paginateListDelegatedAdministrators } from '@aws-sdk/client-organizations'
import { S3 } from '@aws-sdk/client-s3'
import { paginateListServiceQuotas, ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { SQS } from '@aws-sdk/client-sqs'
import { paginateListInstances, SSOAdmin } from '@aws-sdk/client-sso-admin'
import { STS } from '@aws-sdk/client-sts'
import * as z from 'zod'
import { accountId } from '../domain/organization/account-id.ts'
import type { DirectoryNetwork } from '../ports/directory-network.ts'
import type { BucketSettings, DatedThing, Installation } from '../ports/installation.ts'
import { ServiceError } from '../ports/service-error.ts'
import { answerOf, answerOrAbsent, parseAnswer } from './answers.ts'
import { clientSettings, hasOwnS3Endpoint } from './aws-ports.ts'
import { callSigned } from './signed-call.ts'

/** The clients retry throttled calls, because every call here reads. */
const patience = { maxAttempts: 6 }

/** Longer than the timeout of each function that a command asks. */
const askedMostMs = 310_000

/** The installation by AWS's services, in the standard AWS environment. */
export function openAwsInstallation(bucket: string): Installation {
  const settings = { ...clientSettings(), ...patience }
  const s3 = new S3({ ...settings, forcePathStyle: hasOwnS3Endpoint() })
  const sts = new STS(settings)
  const sqs = new SQS(settings)
  // The doctor itself asks a busy dispatcher again later. A function may work for minutes before it answers.
  const requestHandler = { ...settings.requestHandler, requestTimeout: askedMostMs }
  const lambda = new Lambda({ ...settings, requestHandler, maxAttempts: 1 })
  const organizations = new Organizations(settings)
  return {
    region: () => sts.config.region(),
    async caller() {
      const { Account, Arn = 'unknown' } = await answerOf('sts', sts.getCallerIdentity({}))
      return { accountId: parseAnswer({ service: 'sts', member: 'Account' }, accountId, Account), arn: Arn }
    },
    ...instances(new SSOAdmin(settings), organizations),
    ...newest(organizations, new Identitystore(settings)),
    networkOf: (IdentityStoreId) => describeNetwork(sts, IdentityStoreId),
    async quotasOf(ServiceCode) {
      const client = new ServiceQuotasClient(settings)
      const listed = Array.fromAsync(paginateListServiceQuotas({ client }, { ServiceCode }))
      const isAbsence = ({ code }: { code: string }) => code === 'NoSuchResourceException'
      const pages = (await answerOrAbsent('service-quotas', listed, isAbsence)) ?? []
      return pages
        .flatMap(({ Quotas = [] }) => Quotas)
        .flatMap(({ QuotaCode: code, Value: value }) =>
          code === undefined || value === undefined ? [] : [{ code, value }],
        )
    },
    bucket: bucketSettings(s3, bucket),
    async queueAttributes(QueueUrl) {
      const call = sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] })
      const isAbsence = ({ code }: { code: string }) => /QueueDoesNotExist|NonExistentQueue/.test(code)
      return (await answerOrAbsent('sqs', call, isAbsence))?.Attributes
    },
    async unreservedConcurrency() {
      const { AccountLimit } = await answerOf('lambda', lambda.getAccountSettings({}))
      return AccountLimit?.UnreservedConcurrentExecutions ?? 0
    },
    async askFunction(FunctionName, question) {
      const asked = lambda.invoke({ FunctionName, Payload: new TextEncoder().encode(JSON.stringify(question)) })
      const { Payload, FunctionError } = await answerOf('lambda', asked)
      const text = Payload?.transformToString() ?? ''
      if (FunctionError !== undefined) throw new ServiceError('lambda', FunctionError, text.slice(0, 500))
      return text === '' ? undefined : JSON.parse(text)
    },
    async reservedConcurrency(FunctionName) {
      const output = await answerOf('lambda', lambda.getFunctionConcurrency({ FunctionName }))
      return output.ReservedConcurrentExecutions
    },
  }
}

function instances(ssoAdmin: SSOAdmin, organizations: Organizations) {
  return {
    async listInstances() {
      const pages = await answerOf('sso-admin', Array.fromAsync(paginateListInstances({ client: ssoAdmin }, {})))
      return pages
        .flatMap(({ Instances = [] }) => Instances)
        .map((instance) => ({
          instanceArn: instance.InstanceArn,
          identityStoreId: instance.IdentityStoreId,
          ownerAccountId: instance.OwnerAccountId,
          status: instance.Status,
          statusReason: instance.StatusReason,
          primaryRegion: instance.PrimaryRegion,
        }))
    },
    async encryptionKeyOf(InstanceArn) {
      const output = await answerOf('sso-admin', ssoAdmin.describeInstance({ InstanceArn }))
      return output.EncryptionConfigurationDetails?.KmsKeyArn
    },
    async delegatedAdministrators() {
      const input = { ServicePrincipal: 'sso.amazonaws.com' }
      const listed = Array.fromAsync(paginateListDelegatedAdministrators({ client: organizations }, input))
      const pages = await answerOf('organizations', listed)
      return pages.flatMap(({ DelegatedAdministrators = [] }) => DelegatedAdministrators).flatMap(({ Id }) => Id ?? [])
    },
  } satisfies Partial<Installation>
}

const described = z.object({
  NetworkConfiguration: z
    .object({
      VpceAccessRequired: z.boolean(),
      ApiRestrictSourceVpcs: z.array(z.string()).default([]),
      ApiAllowSourceIps: z.array(z.string()).default([]),
    })
    .optional(),
})

/** The SDK does not have the operation yet. (Identity Store API Reference, "DescribeIdentityStore".) */
async function describeNetwork(sts: STS, IdentityStoreId: string): Promise<DirectoryNetwork | undefined> {
  const service = 'identitystore'
  const text = await callSigned(sts, {
    service,
    region: await sts.config.region(),
    endpoint: undefined,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSIdentityStore.DescribeIdentityStore',
    },
    body: JSON.stringify({ IdentityStoreId }),
  }).catch((error: Error) => {
    throw new ServiceError(service, error.name, error.message, { cause: error })
  })
  const member = 'NetworkConfiguration'
  const { NetworkConfiguration: told } = parseAnswer({ service, member }, described, JSON.parse(text))
  if (told === undefined) return undefined
  const { VpceAccessRequired, ApiRestrictSourceVpcs: vpcs, ApiAllowSourceIps: addresses } = told
  return { isEndpointRequired: VpceAccessRequired, vpcs, addresses }
}

/** The newest account and group: events must have come for them. Neither Organizations nor Identity Store lists by date. */
function newest(organizations: Organizations, identityStore: Identitystore) {
  return {
    async newestAccount() {
      const listed = Array.fromAsync(paginateListAccounts({ client: organizations }, {}))
      const accounts = (await answerOf('organizations', listed)).flatMap(({ Accounts = [] }) => Accounts)
      return latestOf(accounts.map(({ Id: id, JoinedTimestamp: at }) => ({ id, at })))
    },
    async newestGroup(IdentityStoreId) {
      const listed = Array.fromAsync(paginateListGroups({ client: identityStore }, { IdentityStoreId }))
      const groups = (await answerOf('identitystore', listed)).flatMap(({ Groups = [] }) => Groups)
      return latestOf(groups.map(({ GroupId: id, CreatedAt: at }) => ({ id, at })))
    },
  } satisfies Partial<Installation>
}

function latestOf(things: readonly { readonly [member in keyof DatedThing]: DatedThing[member] | undefined }[]) {
  return things
    .flatMap(({ id, at }): readonly DatedThing[] => (id === undefined || at === undefined ? [] : [{ id, at }]))
    .reduce<DatedThing | undefined>((last, one) => (last === undefined || one.at > last.at ? one : last), undefined)
}

/** Each missing setting has its own error code. (S3 API Reference.) */
function bucketSettings(s3: S3, Bucket: string): BucketSettings {
  const orAbsent = <O>(call: Promise<O>, code: string) => answerOrAbsent('s3', call, (error) => error.code === code)
  return {
    versioning: async () => (await answerOf('s3', s3.getBucketVersioning({ Bucket }))).Status,
    async expiringPrefixes() {
      const call = s3.getBucketLifecycleConfiguration({ Bucket })
      const { Rules = [] } = (await orAbsent(call, 'NoSuchLifecycleConfiguration')) ?? {}
      return Rules.filter(
        ({ Status, NoncurrentVersionExpiration }) => Status === 'Enabled' && NoncurrentVersionExpiration,
      )
        .map(({ Filter }) => Filter?.Prefix ?? Filter?.And?.Prefix ?? '')
        .sort()
    },
    async encryption() {
      const call = s3.getBucketEncryption({ Bucket })
      const output = await orAbsent(call, 'ServerSideEncryptionConfigurationNotFoundError')
      const [rule] = output?.ServerSideEncryptionConfiguration?.Rules ?? []
      const { SSEAlgorithm, KMSMasterKeyID } = rule?.ApplyServerSideEncryptionByDefault ?? {}
      return SSEAlgorithm === undefined ? undefined : { algorithm: SSEAlgorithm, keyId: KMSMasterKeyID }
    },
    async blocksPublicAccess() {
      const output = await orAbsent(s3.getPublicAccessBlock({ Bucket }), 'NoSuchPublicAccessBlockConfiguration')
      const block = output?.PublicAccessBlockConfiguration ?? {}
      const { BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets } = block
      return [BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets].every((one) => one === true)
    },
    policy: async () => (await orAbsent(s3.getBucketPolicy({ Bucket }), 'NoSuchBucketPolicy'))?.Policy,
    async notifications() {
      const output = await answerOf('s3', s3.getBucketNotificationConfiguration({ Bucket }))
      return (output.QueueConfigurations ?? []).map(({ QueueArn = '', Events = [], Filter }) => ({
        queueArn: QueueArn,
        events: Events,
        prefix: Filter?.Key?.FilterRules?.find(({ Name }) => Name?.toLowerCase() === 'prefix')?.Value ?? '',
      }))
    },
  }
}
