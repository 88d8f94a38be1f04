import type { BreakGlass, Playbook } from '../../shared/domain/break-glass/break-glass-file.ts'
import {
  alarmBusArn,
  iamRegion,
  roleArn,
  roleName,
  senderName,
  userArn,
  userName,
} from '../../shared/domain/break-glass/break-glass-names.ts'
import { dryCalls } from '../../shared/domain/break-glass/dry-calls.ts'
import { type EvaluatedPolicy, fitsStatement, type PolicyRequest } from '../evaluate-policy.ts'

export type ServiceControlPolicy = { readonly file: string; readonly policy: EvaluatedPolicy }
/** What one statement stops. `why`: absent, it denies; else why nobody knows. */
export type Stopped = {
  readonly file: string
  readonly statement: string
  readonly who: string
  readonly action: string
  readonly why?: string | undefined
}

/**
 * Which denials stop the users or the roles from what their playbooks need. A session of AssumeRole is without MFA to a policy,
 * although the person proved it. (IAM User Guide, "AWS global condition context keys", aws:MultiFactorAuthPresent.)
 */
export function judgeServiceControl(file: BreakGlass, policies: readonly ServiceControlPolicy[]): readonly Stopped[] {
  const needs = [
    ...needsOfUsers(file),
    ...file.playbooks.flatMap((playbook) => [...needsOfRole(file, playbook), needOfSender(file, playbook)]),
  ]
  return policies.flatMap(({ file: name, policy }) =>
    policy.Statement.flatMap((statement, index) => {
      if (statement.Effect !== 'Deny') return []
      const told = 'Sid' in statement ? String(statement.Sid) : `statement ${index + 1}`
      const stopped = needs.flatMap(({ who, action, request }): Stopped[] => {
        const found = { file: name, statement: told, who, action: action ?? request.action }
        try {
          return fitsStatement(statement, request) ? [found] : []
        } catch (error) {
          return [{ ...found, why: error instanceof Error ? error.message : String(error) }]
        }
      })
      return [...new Map(stopped.map((one) => [`${one.who} ${one.action}`, one])).values()]
    }),
  )
}

/** `action`: as a policy says it, where that is a pattern. */
type Need = { readonly who: string; readonly action?: string; readonly request: PolicyRequest }

function needsOfUsers({ securityAccount, responders, playbooks }: BreakGlass): Need[] {
  return responders.flatMap(({ name }) => {
    const principal = userArn(securityAccount, name)
    const context = {
      'aws:PrincipalAccount': securityAccount,
      'aws:PrincipalType': 'User',
      'aws:RequestedRegion': iamRegion,
      'aws:MultiFactorAuthPresent': 'true',
      'aws:MultiFactorAuthAge': '10',
      'sts:SourceIdentity': userName(name),
    }
    const need = (action: string, resource: string): Need => ({
      who: userName(name),
      request: { principal, action, resource, context },
    })
    const own = playbooks.filter((one) => one.responders.includes(name))
    return [
      need('iam:ChangePassword', principal),
      need('iam:EnableMFADevice', principal),
      ...own.flatMap((one) => need('sts:AssumeRole', roleArn(one.accounts[0] ?? securityAccount, one.name))),
    ]
  })
}

function needsOfRole({ drill, signInRegions }: BreakGlass, playbook: Playbook): Need[] {
  const account = playbook.accounts[0] ?? drill.accounts[0] ?? ''
  const allowed = playbook.statements.flatMap(({ Effect, Action = [], Resource = [] }) =>
    Effect === 'Allow' ? Action.map((action) => ({ action, resource: Resource[0] ?? '*' })) : [],
  )
  const drilled = playbook.may.map((name) => {
    const { action, on } = dryCalls[name]
    return { action, resource: on(account, roleName(playbook.name)) }
  })
  return [...allowed, ...drilled].map(({ action, resource }) => ({
    who: roleName(playbook.name),
    action,
    request: {
      principal: roleArn(account, playbook.name),
      // A pattern stands for one action that it allows.
      action: action.replaceAll('*', 'Anything'),
      resource: resource.replaceAll('*', 'anything'),
      context: {
        'aws:PrincipalAccount': account,
        'aws:PrincipalType': 'AssumedRole',
        'aws:RequestedRegion': isGlobal(action) ? iamRegion : (signInRegions[0] ?? iamRegion),
        'aws:MultiFactorAuthPresent': 'false',
        'aws:SourceIdentity': userName(playbook.responders[0] ?? ''),
      },
    },
  }))
}

/** What rings when the role is changed: EventBridge sends with this role, and service control policies bind it. */
function needOfSender({ securityAccount, drill }: BreakGlass, { name, accounts }: Playbook): Need {
  const account = accounts[0] ?? drill.accounts[0] ?? ''
  const principal = `arn:aws:iam::${account}:role/${senderName(name)}`
  const context = {
    'aws:PrincipalAccount': account,
    'aws:PrincipalType': 'AssumedRole',
    'aws:RequestedRegion': iamRegion,
  }
  const request = { principal, action: 'events:PutEvents', resource: alarmBusArn(securityAccount), context }
  return { who: senderName(name), request }
}

function isGlobal(action: string): boolean {
  return /^(account|iam|organizations|sts):/.test(action)
}
