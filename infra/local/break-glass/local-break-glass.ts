import * as z from 'zod'
import {
  alarmBusArn,
  alarmTopicArn,
  iamRegion,
  userName,
  watchedRegions,
} from '../../../shared/domain/account-facts/break-glass-names.ts'
import type { AlarmTopic } from '../../../shared/domain/account-facts/deployed-break-glass.ts'
import type { BreakGlass } from '../../../shared/domain/files/break-glass-file.ts'
import { playbooksIn } from '../../../shared/domain/files/break-glass-file.ts'
import {
  type EvaluatedPolicy,
  evaluatePolicy,
  type PolicyRequest,
} from '../../../shared/domain/iam-policies/evaluate-policy.ts'
import { awsManagedPolicies } from '../../../shared/memory/iam/aws-managed-policies.ts'
import type { MemoryOrganizations } from '../../../shared/memory/organizations/memory-organizations.ts'
import { Refusal } from '../../../shared/memory/refusal.ts'
import type { OpenTable } from '../../../shared/memory/table.ts'
import {
  type RuleState,
  roleRules,
  securityRules,
  stackSetRules,
  type WantedRule,
} from '../../../shared/modules/break-glass/rules/alarm-rules.ts'
import { type RenderedRole, rolesOfAccount } from '../../../shared/modules/break-glass/rules/render-role.ts'
import { renderBusStatement, renderTopicPolicy } from '../../../shared/modules/break-glass/rules/render-templates.ts'
import { renderUserPolicy } from '../../../shared/modules/break-glass/rules/render-user-policy.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { Randomness } from '../../../shared/ports/randomness.ts'
import { BreakGlassTrail } from './break-glass-trail.ts'
import { ResponderUsers } from './responder-users.ts'

export type LocalBreakGlassOptions = {
  /** The machine's clock, like that of MFA devices. */
  readonly clock: Clock
  readonly randomness: Randomness
  readonly openTable: OpenTable
  readonly organizations: Pick<MemoryOrganizations, 'accountsNow'>
}
/** Credentials of a user (as `aws login` gives them), or of an assumed role. */
export type BreakGlassSession = {
  readonly accessKeyId: string
  readonly account: string
  readonly expiresAt: Date
  readonly user: string
  /** The time of the second factor at sign-in; absent: there was none. */
  readonly mfaAt?: Date | undefined
  /** Absent: the user's own. */
  readonly role?: { readonly name: string; readonly session: string } | undefined
}
export type SignIn = {
  readonly user: string
  readonly password: string
  readonly newPassword?: string
  readonly code?: string
}
export type AssumeRole = {
  readonly RoleArn: string
  readonly RoleSessionName: string
  readonly SourceIdentity?: string | undefined
  readonly DurationSeconds?: string | undefined
  readonly SerialNumber?: string | undefined
  readonly TokenCode?: string | undefined
}
export type LocalRule = Omit<WantedRule, 'state'> & { readonly target: string; readonly state: RuleState }
export type LocalSubscription = {
  readonly arn: string
  readonly topicArn: string
  readonly address: string
  readonly filter: string | undefined
}
type Origin = { readonly region: string; readonly from: string }

const hourMs = 60 * 60_000
const managedDocument = z.object({ Statement: z.array(z.custom<EvaluatedPolicy['Statement'][number]>()) })

/**
 * The resources that a definition's stacks would create: users in the security account, a role in each account in scope (new accounts too,
 * as with StackSets), alarms. Only the policies of these users and roles decide on their calls; the model has no service control policies.
 * It knows only a few of AWS's own policies: others allow nothing here.
 */
export class LocalBreakGlass {
  readonly #options: LocalBreakGlassOptions
  readonly users: ResponderUsers
  readonly trail: BreakGlassTrail
  readonly #definition: Map<string, BreakGlass>
  readonly #sessions: Map<string, BreakGlassSession>
  /** Roles changed by hand; `undefined`: deleted. */
  readonly #changed: Map<string, { readonly role: RenderedRole | undefined }>
  readonly #changedRules: Map<string, { readonly state: RuleState | undefined }>
  /** Filter policies set by hand, by subscription. */
  readonly #filters: Map<string, string>
  /** Topics changed by hand. */
  readonly #topics: Map<string, AlarmTopic>
  /** A policy of the bus set by hand; `undefined`: taken away. */
  readonly #busPolicy: Map<string, { readonly policy: string | undefined }>
  readonly #passwordPolicies: Map<string, Readonly<Record<string, string>>>

  constructor(options: LocalBreakGlassOptions) {
    this.#options = options
    this.users = new ResponderUsers(options)
    this.trail = new BreakGlassTrail(options)
    this.#definition = options.openTable('break-glass/definition')
    this.#sessions = options.openTable('break-glass/sessions')
    this.#passwordPolicies = options.openTable('break-glass/password-policies')
    this.#changed = options.openTable('break-glass/changed-roles')
    this.#changedRules = options.openTable('break-glass/changed-rules')
    this.#filters = options.openTable('break-glass/filters')
    this.#topics = options.openTable('break-glass/topics')
    this.#busPolicy = options.openTable('break-glass/bus-policy')
  }

  get definition(): BreakGlass | undefined {
    return this.#definition.get('now')
  }

  /** The last deployed definitions. A deployment of ssofile bundles its own. */
  get definitions(): readonly BreakGlass[] {
    return [...this.#definition.values()]
  }

  /** Answers the first passwords of new users, by responder. */
  deploy(definition: BreakGlass): ReadonlyMap<string, string> {
    this.#definition.set('now', definition)
    this.#changed.clear()
    this.#changedRules.clear()
    this.#filters.clear()
    this.#topics.clear()
    this.#busPolicy.clear()
    const responders = definition.responders.map(({ name }) => name)
    return this.users.deploy(definition.securityAccount, responders)
  }

  changeRole(account: string, name: string, role: RenderedRole | undefined): void {
    this.#changed.set(`${account} ${name}`, { role })
  }

  rolesIn(id: string): readonly RenderedRole[] {
    const account = this.#options.organizations.accountsNow().find((one) => one.id === id)
    const { definition } = this
    if (account === undefined || account.state !== 'ACTIVE' || definition === undefined) return []
    return rolesOfAccount(definition, id, playbooksIn(definition, account)).flatMap((rendered) => {
      const changed = this.#changed.get(`${id} ${rendered.name}`)
      return changed === undefined ? rendered : (changed.role ?? [])
    })
  }

  /** On the default bus, or on another one. */
  rulesIn(id: string, region: string, bus?: string): readonly LocalRule[] {
    const account = this.#options.organizations.accountsNow().find((one) => one.id === id)
    const { definition } = this
    if (account === undefined || definition === undefined) return []
    const { securityAccount, managementAccount, signInRegions } = definition
    const isWatched = id === securityAccount && watchedRegions(signInRegions).includes(region)
    const atHome = region === iamRegion ? playbooksIn(definition, account) : []
    const toBus = [
      ...atHome.flatMap(({ name }) => roleRules(name)),
      ...(region === iamRegion && id === managementAccount ? stackSetRules(definition) : []),
    ].map((rule) => ({ ...rule, target: alarmBusArn(securityAccount) }))
    const toTopic = (isWatched ? securityRules(definition, region) : []).map((rule) => ({
      ...rule,
      target: alarmTopicArn(securityAccount, region),
    }))
    return [...toTopic, ...toBus]
      .filter((rule) => rule.bus === bus)
      .flatMap((rule) => {
        const changed = this.#changedRules.get(`${id} ${rule.name}`)
        if (changed === undefined) return rule
        return changed.state === undefined ? [] : [{ ...rule, state: changed.state }]
      })
  }

  /** A change by hand; `undefined`: deleted. */
  changeRule(account: string, name: string, state: RuleState | undefined): void {
    this.#changedRules.set(`${account} ${name}`, { state })
  }

  /** The alarm bus, which only one account has in one Region. `undefined`: it is not there. */
  busIn(account: string, region: string): { readonly policy: string | undefined } | undefined {
    const { definition } = this
    if (definition?.securityAccount !== account || region !== iamRegion) return undefined
    const Statement = [renderBusStatement(definition)]
    return this.#busPolicy.get('now') ?? { policy: JSON.stringify({ Version: '2012-10-17', Statement }) }
  }

  /** A change by hand; `undefined`: taken away. */
  changeBusPolicy(policy: string | undefined): void {
    this.#busPolicy.set('now', { policy })
  }

  /** `undefined`: there is no such topic. */
  topicOf(topicArn: string): AlarmTopic | undefined {
    const { definition } = this
    if (definition === undefined) return undefined
    const { securityAccount, signInRegions } = definition
    const topics = watchedRegions(signInRegions).map((region) => alarmTopicArn(securityAccount, region))
    if (!topics.includes(topicArn)) return undefined
    return this.#topics.get(topicArn) ?? { policy: JSON.stringify(renderTopicPolicy(topicArn)) }
  }

  /** A change by hand. */
  changeTopic(topicArn: string, topic: AlarmTopic): void {
    this.#topics.set(topicArn, topic)
  }

  /** The mail subscriptions of a topic, all confirmed. `undefined`: there is no such topic. */
  subscriptionsOf(topicArn: string): readonly LocalSubscription[] | undefined {
    if (this.topicOf(topicArn) === undefined) return undefined
    return this.definition?.alarmAddresses.map((address, index) => {
      const arn = `${topicArn}:00000000-0000-4000-8000-${String(index + 1).padStart(12, '0')}`
      return { arn, topicArn, address, filter: this.#filters.get(arn) }
    })
  }

  /** A change by hand. */
  setFilter(subscriptionArn: string, policy: string): void {
    this.#filters.set(subscriptionArn, policy)
  }

  /** New accounts have none. */
  passwordPolicyOf(account: string): Readonly<Record<string, string>> | undefined {
    return this.#passwordPolicies.get(account)
  }

  setPasswordPolicy(account: string, policy: Readonly<Record<string, string>>): void {
    this.#passwordPolicies.set(account, policy)
  }

  /** Known after its end too. */
  sessionOf(accessKeyId: string | undefined): BreakGlassSession | undefined {
    return accessKeyId === undefined ? undefined : this.#sessions.get(accessKeyId)
  }

  isExpired({ expiresAt }: BreakGlassSession): boolean {
    return expiresAt <= this.#options.clock.now()
  }

  /** Signs a user in by name and password, and by a code once the user has a device. Throws Refusal. */
  signIn({ user: name, password, newPassword, code }: SignIn, origin: Origin): BreakGlassSession {
    const tell = (isIn: boolean) =>
      this.record('signin', 'ConsoleLogin', { name, ...origin, errorCode: isIn ? undefined : 'Failed authentication' })
    const refuse = (message: string) => {
      tell(false)
      return new Refusal('sts', 'AccessDenied', message)
    }
    const user = this.users.all().find((one) => one.name === name)
    if (user === undefined || user.password !== password) throw refuse('Your authentication information is incorrect.')
    const needsCode = this.users.devicesOf(name).length > 0
    if (needsCode && (code === undefined || !this.users.takeCode(name, code)))
      throw refuse('Your authentication information is incorrect: expected the code of an MFA device.')
    if (user.mustChange) {
      if (newPassword === undefined) throw refuse('You must change your password to continue: expected newPassword.')
      this.users.changePassword(name, password, newPassword)
    }
    this.users.passwordUsed(name)
    tell(true)
    const now = this.#options.clock.now()
    return this.#begin({
      account: user.arn.split(':')[4] ?? '',
      user: name,
      mfaAt: needsCode ? now : undefined,
      expiresAt: new Date(now.getTime() + 12 * hourMs),
    })
  }

  /** Throws Refusal like STS, with the same message for a missing role and for one that does not trust the caller. */
  assumeRole(caller: BreakGlassSession, input: AssumeRole, origin: Origin): BreakGlassSession {
    const { RoleArn, RoleSessionName, SourceIdentity, DurationSeconds = '3600' } = input
    const fail = (code: string, message: string) => {
      this.record('sts', 'AssumeRole', {
        name: caller.user,
        ...origin,
        requestParameters: parametersOf(input),
        errorCode: code,
      })
      return new Refusal('sts', code, message)
    }
    if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName))
      throw fail('ValidationError', `Value '${RoleSessionName}' at 'roleSessionName' failed to satisfy constraint`)
    const { SerialNumber, TokenCode } = input
    const hasCode = TokenCode !== undefined && this.users.takeCode(caller.user, TokenCode, SerialNumber)
    if (TokenCode !== undefined && !hasCode)
      throw fail('AccessDenied', 'MultiFactorAuthentication failed with invalid MFA one time pass code.')
    const [, account = '', name = ''] = /^arn:aws:iam::(\d{12}):role\/(.+)$/.exec(RoleArn) ?? []
    const role = this.rolesIn(account).find((one) => one.name === name)
    const context = {
      ...this.contextOf(caller, origin.region),
      ...(hasCode ? { 'aws:MultiFactorAuthPresent': 'true', 'aws:MultiFactorAuthAge': '0' } : {}),
      ...(SourceIdentity === undefined ? {} : { 'sts:SourceIdentity': SourceIdentity }),
    }
    const request = { principal: this.principalOf(caller), action: 'sts:AssumeRole', resource: RoleArn, context }
    const isTrusted = role !== undefined && evaluatePolicy(role.trust, request) === 'allowed'
    if (!isTrusted || this.judge(caller, request) !== 'allowed')
      throw fail(
        'AccessDenied',
        `User: ${this.principalOf(caller)} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
      )
    const seconds = Number(DurationSeconds)
    if (!(seconds >= 900 && seconds <= role.maxSessionSeconds))
      throw fail('ValidationError', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
    this.record('sts', 'AssumeRole', { name: caller.user, ...origin, requestParameters: parametersOf(input) })
    const expiresAt = new Date(this.#options.clock.now().getTime() + seconds * 1000)
    return this.#begin({ account, user: caller.user, expiresAt, role: { name, session: RoleSessionName } })
  }

  /** The decision of the policies of the user or role; an unknown boundary allows nothing. */
  judge(session: BreakGlassSession, request: PolicyRequest): 'allowed' | 'denied' | 'silent' {
    const { policies, boundary } = this.#policiesOf(session)
    const verdict = evaluatePolicy({ Statement: policies.flatMap(({ Statement }) => Statement) }, request)
    if (verdict !== 'allowed' || boundary === undefined) return verdict
    return evaluatePolicy(boundary, request)
  }

  contextOf({ user, mfaAt, role }: BreakGlassSession, region: string): Readonly<Record<string, string>> {
    const now = this.#options.clock.now()
    const common = { 'aws:RequestedRegion': region, 'aws:CurrentTime': now.toISOString() }
    // A session of a role does not show MFA. (IAM User Guide, aws:MultiFactorAuthPresent.)
    if (role !== undefined) return { ...common, 'aws:MultiFactorAuthPresent': 'false', 'aws:SourceIdentity': user }
    if (mfaAt === undefined) return { ...common, 'aws:username': user, 'aws:MultiFactorAuthPresent': 'false' }
    const seconds = Math.floor((now.getTime() - mfaAt.getTime()) / 1000)
    const mfa = { 'aws:MultiFactorAuthPresent': 'true', 'aws:MultiFactorAuthAge': String(seconds) }
    return { ...common, 'aws:username': user, ...mfa }
  }

  /** The principal's ARN as in policies: of the user, or of the role instead of its session. */
  principalOf({ account, user, role }: BreakGlassSession): string {
    return role === undefined ? this.users.get(user).arn : `arn:aws:iam::${account}:role/${role.name}`
  }

  #policiesOf({ user, account, role }: BreakGlassSession): {
    readonly policies: readonly EvaluatedPolicy[]
    readonly boundary?: EvaluatedPolicy | undefined
  } {
    const { definition } = this
    if (definition === undefined) return { policies: [] }
    if (role === undefined) {
      const responder = definition.responders.find(({ name }) => userName(name) === user)
      return { policies: responder === undefined ? [] : [renderUserPolicy(definition, responder)] }
    }
    const rendered = this.rolesIn(account).find(({ name }) => name === role.name)
    if (rendered === undefined) return { policies: [] }
    const { inline, managedPolicies, permissionsBoundary } = rendered
    return {
      policies: [...Object.values(inline), ...managedPolicies.map(managedPolicy)],
      boundary: permissionsBoundary === undefined ? undefined : managedPolicy(permissionsBoundary),
    }
  }

  #begin(session: Omit<BreakGlassSession, 'accessKeyId'>): BreakGlassSession {
    const accessKeyId = `ASIA${this.#options.randomness.id().replaceAll('-', '').slice(0, 16).toUpperCase()}`
    const begun = { ...session, accessKeyId }
    this.#sessions.set(accessKeyId, begun)
    return begun
  }

  /** Records a call in CloudTrail, also one that the services answer themselves, and sends its alarms. */
  record(
    service: string,
    operation: string,
    of: Origin & {
      readonly name: string
      readonly requestParameters?: object | null
      readonly errorCode?: string | undefined
      readonly session?: BreakGlassSession
    },
  ): void {
    const { definition } = this
    if (definition === undefined) return
    const { securityAccount: account } = definition
    const known = this.users.all().find(({ name }) => name === of.name)
    const { role, account: calledIn = account } = of.session ?? {}
    const userIdentity =
      role === undefined
        ? { type: 'IAMUser', ...(known && { arn: known.arn }), accountId: account, userName: of.name }
        : {
            type: 'AssumedRole',
            arn: `arn:aws:sts::${calledIn}:assumed-role/${role.name}/${role.session}`,
            accountId: calledIn,
          }
    const { from, requestParameters = null, errorCode } = of
    const region = service === 'iam' ? iamRegion : of.region
    const recordedIn = role === undefined ? account : calledIn
    const call = { account: recordedIn, region, from, service, operation, userIdentity, requestParameters, errorCode }
    const mailing = ({ target }: LocalRule) => target === alarmTopicArn(account, region)
    this.trail.record(call, this.rulesIn(recordedIn, region).filter(mailing))
  }
}

function managedPolicy(arn: string): EvaluatedPolicy {
  const { document } = awsManagedPolicies.get(arn) ?? {}
  return document === undefined ? { Statement: [] } : managedDocument.parse(JSON.parse(document))
}

/** Parameters in CloudTrail's spelling, without a device's code. */
function parametersOf({ RoleArn, RoleSessionName, SourceIdentity, SerialNumber }: AssumeRole): object {
  return {
    roleArn: RoleArn,
    roleSessionName: RoleSessionName,
    sourceIdentity: SourceIdentity,
    serialNumber: SerialNumber,
  }
}
