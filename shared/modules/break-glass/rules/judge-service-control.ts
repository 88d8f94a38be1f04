import {
  alarmBusArn,
  iamRegion,
  roleArn,
  roleName,
  senderName,
  userArn,
  userName,
} from '../../../domain/account-facts/break-glass-names.ts'
import { dryCalls } from '../../../domain/account-facts/dry-calls.ts'
import type { BreakGlass, Playbook } from '../../../domain/files/break-glass-file.ts'
import type {
  EvaluatedPolicy,
  EvaluatedStatement,
  PolicyRequest,
} from '../../../domain/iam-policies/evaluate-policy.ts'
import { fitsStatement } from '../../../domain/iam-policies/evaluate-policy.ts'
import { type BreakGlassFinding, breakGlassFinding } from './judge-break-glass.ts'

export type ServiceControlPolicy = { readonly file: string; readonly policy: EvaluatedPolicy }

/**
 * The denials that stop the users or the roles from work that their playbooks need: one finding for each statement and each user or role.
 * For a policy, a session of AssumeRole has no MFA, although the person proved it. (IAM User Guide, "AWS global condition context keys",
 * aws:MultiFactorAuthPresent.)
 */
export function judgeServiceControl(
  file: BreakGlass,
  policies: readonly ServiceControlPolicy[],
): readonly BreakGlassFinding[] {
  const needs = Map.groupBy(
    [
      ...needsOfUsers(file),
      ...file.playbooks.flatMap((playbook) => [...needsOfRole(file, playbook), needOfSender(file, playbook)]),
    ],
    ({ who }) => who,
  )
  return policies.flatMap(({ file: name, policy }) => {
    const found = policy.Statement.flatMap((statement, index) => {
      const sid = 'Sid' in statement ? String(statement.Sid) : `statement ${index + 1}`
      return [...needs].flatMap(([who, own]) => {
        const verdict = statement.Effect === 'Deny' && judgeStatement(statement, own)
        const subject = `${name}/${sid}/${who}`
        return verdict ? breakGlassFinding('scps', { subject, ...tell({ name, sid, who }, verdict) }) : []
      })
    })
    const told = `${name} stops nothing that the playbooks need`
    return found.length > 0 ? found : [breakGlassFinding('scps', { subject: name, level: 'ok', told })]
  })
}

/** The actions that it denies, or the reason if that is unknown. `undefined`: it stops nothing. */
function judgeStatement(statement: EvaluatedStatement, needs: readonly Need[]) {
  try {
    const stopped = needs.filter(({ request }) => fitsStatement(statement, request))
    return stopped.length === 0
      ? undefined
      : { actions: [...new Set(stopped.map(({ action, request }) => action ?? request.action))] }
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) }
  }
}

function tell(
  { name, sid, who }: { readonly name: string; readonly sid: string; readonly who: string },
  verdict: NonNullable<ReturnType<typeof judgeStatement>>,
): Pick<BreakGlassFinding, 'level' | 'told' | 'remedy'> {
  if (verdict.why !== undefined)
    return {
      level: 'fail',
      told: `${name}: ${sid} could not be analyzed for ${who} (${verdict.why})`,
      remedy: 'read it yourself',
    }
  return {
    level: 'fail',
    told: `${name}: ${sid} denies ${verdict.actions.join(', ')} to ${who}`,
    remedy: 'add scp-exemption.json (npm run break-glass -- synth) to its condition',
  }
}

/** `action`: the pattern in the policy, if the policy has a pattern. */
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
      // One action that the pattern allows stands for all of them.
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

/** The need of the role that sends the alarm for a changed role. EventBridge sends with it, and service control policies bind it. */
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
