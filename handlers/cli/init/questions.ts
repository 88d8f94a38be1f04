import * as z from 'zod'
import { configuration } from '../../../shared/domain/deployment/configuration.ts'
import { environment } from '../../../shared/domain/deployment/environment.ts'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalName } from '../../../shared/domain/principals/principal.ts'

/** The questions of `init`. An answer to a question with `isList` is split at its commas. */
export type Question = {
  readonly name: string
  /** The name without `--`. */
  readonly flag: string
  /** The question on a terminal, also shown in the help. */
  readonly asks: string
  readonly example: string
  readonly schema: z.ZodType
  readonly isList?: true
  /** The default for an empty answer. */
  readonly otherwise?: string
}

const { bucket, access, account, managementAccount, region, instanceArn, alarmAddress } = environment.shape
const principals = access.shape.auditors
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`

export const questions = [
  {
    name: 'account',
    flag: 'account',
    asks: 'the account in which ssofile runs',
    example: '111122223333',
    schema: account,
  },
  {
    name: 'managementAccount',
    flag: 'management-account',
    asks: 'the management account of the organization',
    example: '444455556666',
    schema: managementAccount,
  },
  {
    name: 'region',
    flag: 'region',
    asks: 'the primary Region of IAM Identity Center',
    example: 'eu-west-1',
    schema: region,
  },
  {
    name: 'instanceArn',
    flag: 'instance',
    asks: 'the ARN of its instance (aws sso-admin list-instances)',
    example: 'arn:aws:sso:::instance/ssoins-1234567890abcdef',
    schema: instanceArn,
  },
  {
    name: 'bucket',
    flag: 'bucket-name',
    asks: 'a name for the bucket that is unique in the world',
    example: 'acme-ssofile',
    schema: bucket.shape.name,
  },
  {
    name: 'alarmAddress',
    flag: 'alarm-address',
    asks: 'the mail address that alarms go to',
    example: 'platform-team@example.com',
    schema: alarmAddress,
  },
  {
    name: 'uploaders',
    flag: 'uploaders',
    asks: 'who may upload links and permission sets: ARNs of roles or users, separated by commas',
    example: role('pipeline'),
    schema: principals,
    isList: true,
  },
  {
    name: 'auditors',
    flag: 'auditors',
    asks: 'who may read everything: ARNs, separated by commas',
    example: role('auditor'),
    schema: principals,
    isList: true,
  },
  {
    name: 'operators',
    flag: 'operators',
    asks: 'who may pause and release, one of them from outside IAM Identity Center: ARNs, separated by commas',
    example: role('operator'),
    schema: principals,
    isList: true,
  },
  {
    name: 'folders',
    flag: 'folders',
    asks: 'folders for teams, separated by commas',
    example: 'team-a,team-b',
    schema: configuration.shape.folders,
    isList: true,
    otherwise: '',
  },
  {
    name: 'firstAccount',
    flag: 'first-account',
    asks: 'an account for a harmless first access',
    example: '777788889999',
    schema: accountId,
  },
  {
    name: 'group',
    flag: 'group',
    asks: 'the group that gets it, by its name in IAM Identity Center',
    example: 'readers',
    schema: principalName,
  },
  {
    name: 'permissionSet',
    flag: 'permission-set',
    asks: 'a name for the first permission set, which only reads',
    example: 'ReadOnly-ps',
    schema: permissionSetName,
    otherwise: 'ReadOnly-ps',
  },
] as const satisfies readonly Question[]

export const answers = z.record(z.enum(questions.map(({ name }) => name)), z.string())
export type Answers = z.infer<typeof answers>

export function listOf(answer: string): readonly string[] {
  return answer
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** Whether the answer is acceptable: a question without a default needs an answer that is not empty. */
export function isAnswer({ schema, isList, otherwise }: Question, answer: string): boolean {
  const value = isList ? listOf(answer) : answer
  if (value.length === 0 && otherwise === undefined) return false
  return schema.safeParse(value).success
}
