import type { BreakGlass } from './break-glass-file.ts'
import { roleArn, userPath } from './break-glass-names.ts'
import { type PolicyDocument, policyDocument } from './policy-document.ts'
import { protection } from './render-role.ts'

/** To add to a Deny statement that would stop these roles: whoever uses one is not meant. */
export function renderExemption({ playbooks }: BreakGlass): { readonly Condition: object } {
  return { Condition: { ArnNotLike: { 'aws:PrincipalArn': playbooks.map(({ name }) => roleArn('*', name)) } } }
}

/**
 * A service control policy for the root of the organization: nobody in a member account changes break-glass, also not by a role
 * that a session of an administrator made, but for StackSets, the CDK in the security account, and the users themselves.
 */
export function renderProtection({ securityAccount }: BreakGlass): PolicyDocument {
  const Condition = {
    ArnNotLike: {
      'aws:PrincipalArn': [
        'arn:aws:iam::*:role/stacksets-exec-*',
        `arn:aws:iam::${securityAccount}:role/cdk-*-cfn-exec-role-${securityAccount}-*`,
        `arn:aws:iam::${securityAccount}:user${userPath}*`,
      ],
    },
  }
  return policyDocument(...protection.Statement.map((one) => ({ ...one, Condition })))
}
