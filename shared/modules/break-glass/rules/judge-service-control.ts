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
import type { EvaluatedPolicy, EvaluatedStatement } from '../../../domain/iam-policies/evaluate-policy.ts'
import { appliesToAll, type RequestKind, reachOf } from '../../../domain/iam-policies/statement-reach.ts'
import { type BreakGlassFinding, breakGlassFinding } from './judge-break-glass.ts'
import { renderRole } from './render-role.ts'
import { assume, signIn } from './render-user-policy.ts'

export type ServiceControlPolicy = { readonly file: string; readonly policy: EvaluatedPolicy }

/**
 * How each policy may stop the users or the roles from work that their playbooks need: one finding for each statement and each user or role.
 * In doubt it is a finding:
 *
 * | a statement, or the whole policy                                                   | finding |
 * | ---------------------------------------------------------------------------------- | ------- |
 * | a denial has an operator that this code does not know                              | fail    |
 * | a denial reaches a part of a need, and its conditions hold                         | fail    |
 * | a denial reaches a part of a need, and a condition has a key of unknown value      | fail    |
 * | a denial reaches only what the role's own policies deny too                        | none    |
 * | there are allowing statements, and none of them surely allows the whole need       | fail    |
 * | there is no allowing statement                                                     | none    |
 *
 * Every level from the root to the account has to allow an action. (Organizations User Guide, "SCP evaluation".) For a policy, a session of
 * AssumeRole has no MFA, although the person proved it. (IAM User Guide, "AWS global condition context keys", aws:MultiFactorAuthPresent.)
 */
export function judgeServiceControl(
  file: BreakGlass,
  policies: readonly ServiceControlPolicy[],
): readonly BreakGlassFinding[] {
  const all = [...needsOfUsers(file), ...file.playbooks.flatMap((one) => needsOfRole(file, one))]
  const needs = Map.groupBy(all, ({ who }) => who)
  return policies.flatMap(({ file: name, policy }) => {
    const isAllowing = policy.Statement.some(({ Effect }) => Effect === 'Allow')
    const found = [...needs].flatMap(([who, own]) => {
      const denials = policy.Statement.flatMap((statement, index) => {
        const sid = 'Sid' in statement ? String(statement.Sid) : `statement ${index + 1}`
        const verdict = statement.Effect === 'Deny' ? judged(() => stoppedBy(statement, own)) : undefined
        return verdict === undefined
          ? []
          : [{ subject: `${name}/${sid}/${who}`, ...tellDenial({ name, sid, who }, verdict) }]
      })
      const verdict = isAllowing ? judged(() => notAllowedBy(policy, own)) : undefined
      const allowances =
        verdict === undefined
          ? []
          : [{ subject: `${name}/allowed actions/${who}`, ...tellAllowed({ name, who }, verdict) }]
      return [...denials, ...allowances].map((told) => breakGlassFinding('scps', told))
    })
    const told = `${name} stops nothing that the playbooks need`
    return found.length > 0 ? found : [breakGlassFinding('scps', { subject: name, level: 'ok', told })]
  })
}

/** `unknownKeys`: the condition keys on which it depends. `why`: the reason for which nobody can say. */
type Verdict =
  | { readonly actions: readonly string[]; readonly unknownKeys: readonly string[] }
  | { readonly why: string }

function judged(judge: () => Verdict | undefined): Verdict | undefined {
  try {
    return judge()
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) }
  }
}

/** `undefined`: the denial stops nothing. */
function stoppedBy(denial: EvaluatedStatement, needs: readonly Need[]): Verdict | undefined {
  const stopped = needs.flatMap(({ request, taken }) => {
    const unknownKeys = reachOf(denial, request, taken)
    return unknownKeys === undefined ? [] : [{ action: request.action, unknownKeys }]
  })
  if (stopped.length === 0) return undefined
  return {
    actions: [...new Set(stopped.map(({ action }) => action))],
    unknownKeys: [...new Set(stopped.flatMap(({ unknownKeys }) => unknownKeys))],
  }
}

/** `undefined`: the policy allows all needs. */
function notAllowedBy({ Statement }: EvaluatedPolicy, needs: readonly Need[]): Verdict | undefined {
  const allowing = Statement.filter(({ Effect }) => Effect === 'Allow')
  const open = needs.filter(({ request }) => !allowing.some((one) => appliesToAll(one, request)))
  const actions = [...new Set(open.map(({ request }) => request.action))]
  return actions.length === 0 ? undefined : { actions, unknownKeys: [] }
}

type FindingText = Pick<BreakGlassFinding, 'level' | 'told' | 'remedy'>

function tellUnknown(about: string, who: string, why: string): FindingText {
  return { level: 'fail', told: `${about} could not be analyzed for ${who} (${why})`, remedy: 'read it yourself' }
}

function tellDenial(
  { name, sid, who }: { readonly name: string; readonly sid: string; readonly who: string },
  verdict: Verdict,
): FindingText {
  if ('why' in verdict) return tellUnknown(`${name}: ${sid}`, who, verdict.why)
  const { actions, unknownKeys } = verdict
  const denied = `${actions.join(', ')} to ${who}`
  return {
    level: 'fail',
    told:
      unknownKeys.length === 0
        ? `${name}: ${sid} denies ${denied}`
        : `${name}: ${sid} may deny ${denied}: that depends on ${unknownKeys.join(', ')}`,
    remedy: 'add scp-exemption.json (npm run break-glass -- synth) to its condition',
  }
}

function tellAllowed({ name, who }: { readonly name: string; readonly who: string }, verdict: Verdict): FindingText {
  if ('why' in verdict) return tellUnknown(name, who, verdict.why)
  return {
    level: 'fail',
    told: `${name} does not allow ${verdict.actions.join(', ')} to ${who}: does nothing else at this level allow that?`,
    remedy: 'allow them in this policy, or attach it only beside a policy that does, such as FullAWSAccess',
  }
}

/** As many characters as the id of an account has. A `*` would also match the parts of an ARN after it. */
const anyAccount = '?'.repeat(12)

/** `request`: action and resource may be patterns. `taken`: the role's own denials, so nobody needs what they deny. */
type Need = {
  readonly who: string
  readonly request: RequestKind
  readonly taken: readonly EvaluatedStatement[]
}

function needsOfUsers({ securityAccount, responders, playbooks }: BreakGlass): Need[] {
  return responders.flatMap(({ name }) => {
    const principal = userArn(securityAccount, name)
    const context = {
      'aws:PrincipalAccount': securityAccount,
      'aws:PrincipalType': 'User',
      'aws:RequestedRegion': iamRegion,
      'aws:MultiFactorAuthPresent': 'true',
      'aws:MultiFactorAuthAge': '10',
      'aws:SourceIdentity': undefined,
      'sts:SourceIdentity': userName(name),
    }
    const need = (action: string, resource: string): Need => ({
      who: userName(name),
      request: { principal, action, resource, context },
      taken: [],
    })
    const own = playbooks.filter((one) => one.responders.includes(name))
    return [
      ...signIn.map((action) => need(action, '*')),
      need('iam:ChangePassword', principal),
      need('iam:EnableMFADevice', principal),
      ...own.flatMap((one) => assume.map((action) => need(action, roleArn(anyAccount, one.name)))),
    ]
  })
}

/** What a role needs, and the role that sends the alarm for its change: EventBridge sends with it, and service control policies bind it. */
function needsOfRole(file: BreakGlass, playbook: Playbook): Need[] {
  const account = boundAccount(file, playbook)
  if (account === undefined) return []
  const allowed = playbook.statements.flatMap(({ Effect, Action = [], Resource = ['*'] }) =>
    Effect === 'Allow' ? Action.flatMap((action) => Resource.map((resource) => ({ action, resource }))) : [],
  )
  const drilled = playbook.may.map((name) => {
    const { action, on } = dryCalls[name]
    return { action, resource: on(account, roleName(playbook.name)) }
  })
  const taken = Object.values(renderRole(file, playbook).inline)
    .flatMap(({ Statement }) => Statement)
    .filter(({ Effect, Condition }) => Effect === 'Deny' && Condition === undefined)
  const needs = [...allowed, ...drilled].map(({ action, resource }) => ({
    who: roleName(playbook.name),
    request: {
      principal: roleArn(account, playbook.name),
      action,
      resource: resource.replace(/^(arn(?::[^:]*){3}):\*:/, `$1:${anyAccount}:`),
      context: {
        'aws:PrincipalAccount': account,
        'aws:PrincipalType': 'AssumedRole',
        'aws:RequestedRegion': isGlobal(action) ? iamRegion : (file.signInRegions[0] ?? iamRegion),
        'aws:MultiFactorAuthPresent': 'false',
        'aws:SourceIdentity': userName(playbook.responders[0] ?? ''),
      },
    },
    taken,
  }))
  return [...needs, needOfSender(file, playbook, account)]
}

/**
 * An account that has the role and that service control policies bind. `undefined`: only the management account has the role, which they
 * do not bind. (Organizations User Guide, "Service control policies".)
 */
function boundAccount(
  { managementAccount, securityAccount, drill }: BreakGlass,
  { accounts, organizationalUnits }: Playbook,
): string | undefined {
  const inUnits = organizationalUnits.length === 0 ? [] : [...drill.accounts, securityAccount]
  return [...accounts, ...inUnits].find((account) => account !== managementAccount)
}

function needOfSender({ securityAccount }: BreakGlass, { name }: Playbook, account: string): Need {
  const principal = `arn:aws:iam::${account}:role/${senderName(name)}`
  const context = {
    'aws:PrincipalAccount': account,
    'aws:PrincipalType': 'AssumedRole',
    'aws:RequestedRegion': iamRegion,
    'aws:SourceIdentity': undefined,
  }
  const request = { principal, action: 'events:PutEvents', resource: alarmBusArn(securityAccount), context }
  return { who: senderName(name), request, taken: [] }
}

function isGlobal(action: string): boolean {
  return /^(account|iam|organizations|sts):/.test(action)
}
