import { roleArn, senderName, userPath } from '../../../domain/account-facts/break-glass-names.ts'
import type { BreakGlass } from '../../../domain/files/break-glass-file.ts'
import { type PolicyDocument, policyDocument } from '../../../domain/files/policy-document.ts'
import { protection } from './render-role.ts'

/** The condition for a Deny statement that would stop the users, their roles, or the roles that send their alarms. */
export function renderExemption({ playbooks, securityAccount }: BreakGlass): { readonly Condition: object } {
  const roles = playbooks.flatMap(({ name }) => [roleArn('*', name), senderArn(name)])
  return { Condition: { ArnNotLike: { 'aws:PrincipalArn': [...roles, usersArn(securityAccount)] } } }
}

/**
 * A service control policy for the root of the organization. Nobody in a member account may change break-glass, also not with a role that
 * an administrator's session created. StackSets, the CDK in the security account, the users themselves and the senders of alarms are
 * exempt.
 */
export function renderProtection({ securityAccount, playbooks }: BreakGlass): PolicyDocument {
  const Condition = {
    ArnNotLike: {
      'aws:PrincipalArn': [
        'arn:aws:iam::*:role/stacksets-exec-*',
        `arn:aws:iam::${securityAccount}:role/cdk-*-cfn-exec-role-${securityAccount}-*`,
        usersArn(securityAccount),
        // EventBridge puts events with these roles, and service control policies bind them.
        ...playbooks.map(({ name }) => senderArn(name)),
      ],
    },
  }
  return policyDocument(...protection.Statement.map((one) => ({ ...one, Condition })))
}

function usersArn(securityAccount: string): string {
  return `arn:aws:iam::${securityAccount}:user${userPath}*`
}

function senderArn(playbook: string): string {
  return `arn:aws:iam::*:role/${senderName(playbook)}`
}
