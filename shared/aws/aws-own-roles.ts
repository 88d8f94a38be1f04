import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import type { OwnRoles } from '../ports/own-roles.ts'
import { answerOrAbsent } from './answers.ts'
import { type AwsPortsOptions, clientSettings } from './aws-ports.ts'

/** The right is for roles of IAM Identity Center alone: asked for another one, IAM denies it. */
const none = /^(NoSuchEntity(Exception)?|AccessDenied(Exception)?)$/

/** IAM over the SDK. Its rate is shared with everybody in the account, so a call is tried three times. */
export function openAwsOwnRoles(endpoint?: AwsPortsOptions['endpoint']): OwnRoles {
  const iam = new IAMClient({ ...clientSettings(endpoint), maxAttempts: 3 })
  return {
    async arnOf(RoleName) {
      const call = iam.send(new GetRoleCommand({ RoleName }))
      return (await answerOrAbsent('iam', call, ({ code }) => none.test(code)))?.Role?.Arn
    },
  }
}
