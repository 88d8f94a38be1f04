import {
  DeleteAccessKeyCommand,
  DeleteLoginProfileCommand,
  DeleteUserCommand,
  GetAccessKeyLastUsedCommand,
  GetLoginProfileCommand,
  GetUserCommand,
  type IAMClient,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import * as z from 'zod'
import { iamUserName } from '../domain/files/retire-file.ts'
import type { Retirer, RetiringAccount } from '../ports/retirer.ts'
import { parseAnswer } from './answers.ts'
import { openRoles } from './assume-role-in-account.ts'
import { auditedCredentials } from './aws-audited-credentials.ts'
import type { AwsPortsOptions } from './aws-ports.ts'
import { iamAnswer } from './iam-answers.ts'

const iam = 'iam'
const made = z.date()

/** Retires credentials over the SDK; tries each call once. */
export function openAwsRetirer(endpoint?: AwsPortsOptions['endpoint']): Retirer {
  const enter = openRoles(endpoint)
  return { enter: async (account, roleName) => retiringAccount((await enter(account, roleName)).iam) }
}

function retiringAccount(client: IAMClient): RetiringAccount {
  const { listAccessKeys, accessKeyLastUsed } = auditedCredentials(client)
  return {
    listAccessKeys,
    accessKeyLastUsed,
    async userOfKey(AccessKeyId) {
      const { UserName } = await iamAnswer(client.send(new GetAccessKeyLastUsedCommand({ AccessKeyId })))
      return parseAnswer({ service: iam, member: 'UserName' }, iamUserName.optional(), UserName)
    },
    async user(UserName) {
      const { User } = await iamAnswer(client.send(new GetUserCommand({ UserName })))
      const madeAt = parseAnswer({ service: iam, member: 'CreateDate' }, made, User?.CreateDate)
      return { madeAt, passwordLastUsedAt: User?.PasswordLastUsed }
    },
    async password(UserName) {
      const { LoginProfile } = await iamAnswer(client.send(new GetLoginProfileCommand({ UserName })))
      return { madeAt: parseAnswer({ service: iam, member: 'CreateDate' }, made, LoginProfile?.CreateDate) }
    },
    async updateAccessKey(UserName, AccessKeyId, isActive) {
      const Status = isActive ? 'Active' : 'Inactive'
      await iamAnswer(client.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status })))
    },
    async deleteAccessKey(UserName, AccessKeyId) {
      await iamAnswer(client.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId })))
    },
    async deletePassword(UserName) {
      await iamAnswer(client.send(new DeleteLoginProfileCommand({ UserName })))
    },
    async deleteUser(UserName) {
      await iamAnswer(client.send(new DeleteUserCommand({ UserName })))
    },
  }
}
