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

/** The flag is the name in kebab case, unless `more` has another. */
function ask<Name extends string>(
  name: Name,
  asks: string,
  example: string,
  schema: z.ZodType,
  more: Partial<Pick<Question, 'flag' | 'isList' | 'otherwise'>> = {},
): Question & { readonly name: Name } {
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  return { name, flag, asks, example, schema, ...more }
}

export const questions = [
  ask('account', 'the account in which ssofile runs', '111122223333', account),
  ask('managementAccount', 'the management account of the organization', '444455556666', managementAccount),
  ask('region', 'the primary Region of IAM Identity Center', 'eu-west-1', region),
  ask(
    'instanceArn',
    'the ARN of its instance (aws sso-admin list-instances)',
    'arn:aws:sso:::instance/ssoins-1234567890abcdef',
    instanceArn,
    { flag: 'instance' },
  ),
  ask('bucket', 'a name for the bucket that is unique in the world', 'acme-ssofile', bucket.shape.name, {
    flag: 'bucket-name',
  }),
  ask('alarmAddress', 'the mail address that alarms go to', 'platform-team@example.com', alarmAddress),
  ask(
    'uploaders',
    'who may upload links and permission sets: ARNs of roles or users, separated by commas',
    role('pipeline'),
    principals,
    { isList: true },
  ),
  ask('auditors', 'who may read everything: ARNs, separated by commas', role('auditor'), principals, { isList: true }),
  ask(
    'operators',
    'who may pause and release, one of them from outside IAM Identity Center: ARNs, separated by commas',
    role('operator'),
    principals,
    { isList: true },
  ),
  ask('folders', 'folders for teams, separated by commas', 'team-a,team-b', configuration.shape.folders, {
    isList: true,
    otherwise: '',
  }),
  ask('firstAccount', 'an account for a harmless first access', '777788889999', accountId),
  ask('group', 'the group that gets it, by its name in IAM Identity Center', 'readers', principalName),
  ask('permissionSet', 'a name for the first permission set, which only reads', 'ReadOnly-ps', permissionSetName, {
    otherwise: 'ReadOnly-ps',
  }),
]

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
