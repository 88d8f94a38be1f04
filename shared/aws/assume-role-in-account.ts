import { IAMClient, type IAMClientConfig } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, type AssumeRoleCommandInput, STSClient } from '@aws-sdk/client-sts'
import * as z from 'zod'
import { partitionOf } from '../domain/deployment/environment.ts'
import type { AccountId } from '../domain/organization/account-id.ts'
import { answerOf, parseAnswer } from './answers.ts'
import { type AwsPortsOptions, clientSettings } from './aws-ports.ts'

/** The minimum. (STS API Reference, "AssumeRole".) Every caller needs less. */
const sessionSeconds = 900
const text = z.string().min(1)
const credentialsSchema = z.object({ AccessKeyId: text, SecretAccessKey: text, SessionToken: text })

/** An account, entered through a role. `ownArn`: the beginning of its resources' ARNs. `settings`: for clients of other services. */
export type EnteredAccount = {
  readonly ownArn: string
  readonly iam: IAMClient
  readonly settings: Pick<IAMClientConfig, 'maxAttempts' | 'requestHandler' | 'endpoint' | 'credentials'> & {
    readonly region: string
  }
}

/** The settings of clients in one Region. */
export type RegionSettings = ReturnType<typeof clientSettings> & {
  readonly region: string
  readonly endpoint?: string | undefined
}

/** The credentials of a session of this role. Throws ServiceError (`sts`). */
export async function assumeRole(sts: STSClient, input: Omit<AssumeRoleCommandInput, 'DurationSeconds'>) {
  const command = new AssumeRoleCommand({ ...input, DurationSeconds: sessionSeconds })
  const { Credentials } = await answerOf('sts', sts.send(command))
  const read = parseAnswer({ service: 'sts', member: 'Credentials' }, credentialsSchema, Credentials)
  return { accessKeyId: read.AccessKeyId, secretAccessKey: read.SecretAccessKey, sessionToken: read.SessionToken }
}

/** Opens roles in accounts; tries each call once. Throws ServiceError (`sts`). */
export function openRoles(endpoint?: AwsPortsOptions['endpoint']) {
  const settings = clientSettings(endpoint)
  const sts = new STSClient(settings)
  return async (account: AccountId, roleName: string): Promise<EnteredAccount> => {
    const region = await sts.config.region()
    const ownArn = `arn:${partitionOf(region)}:iam::${account}`
    const RoleArn = `${ownArn}:role/${roleName}`
    const own = {
      ...settings,
      region,
      // All accounts share connections, because they use the same service.
      requestHandler: sts.config.requestHandler,
      credentials: await assumeRole(sts, { RoleArn, RoleSessionName: 'ssofile' }),
    }
    return { ownArn, iam: new IAMClient(own), settings: own }
  }
}
