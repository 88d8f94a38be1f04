import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import type { OwnRoles } from '../ports/own-roles.ts'
import { answerOrAbsent } from './answers.ts'
import { type AwsPortsOptions, clientSettings } from './aws-ports.ts'

/** The permission covers only roles of IAM Identity Center: for any other role, IAM denies it. */
const none = /^(NoSuchEntity(Exception)?|AccessDenied(Exception)?)$/

/** IAM over the SDK. Tries a call three times, because everybody in the account shares its rate. */
export function openAwsOwnRoles(endpoint?: AwsPortsOptions['endpoint']): OwnRoles {
  const iam = new IAMClient({ ...clientSettings(endpoint), maxAttempts: 3 })
  return {
    async arnOf(RoleName) {
      const call = iam.send(new GetRoleCommand({ RoleName }))
      return (await answerOrAbsent('iam', call, ({ code }) => none.test(code)))?.Role?.Arn
    },
  }
}
