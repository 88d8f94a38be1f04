import type { ServiceUse } from '../../domain/iam-policies/set-usage.ts'
import { type AccountId, accountId } from '../../domain/organization/account-id.ts'
import { referenceKey } from '../../domain/permission-sets/permission-set-changes.ts'
import { permissionSetRolePath } from '../../domain/permission-sets/permission-set-role.ts'
import type { AuditedAccount, Auditor, UseGranularity } from '../../ports/auditor.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Page } from '../../ports/page.ts'
import type { Randomness } from '../../ports/randomness.ts'
import type { Retirer, RetiringAccount } from '../../ports/retirer.ts'
import { CallGate, type CallObserver } from '../call-gate.ts'
import type { MemoryOrganizations } from '../organizations/memory-organizations.ts'
import { TokenBucket } from '../organizations/token-bucket.ts'
import { sortedPage } from '../page-of.ts'
import { Refusal } from '../refusal.ts'
import type { MemorySsoAdmin } from '../sso-admin/memory-sso-admin.ts'
import type { ReservedRole } from '../sso-admin/provisioned-permission-sets.ts'
import { memoryTables, type OpenTable } from '../table.ts'
import { awsManagedPolicies, type IamPolicy } from './aws-managed-policies.ts'
import {
  invalidMarker,
  knowsNoOrganization,
  mayNotAssume,
  mayNotChange,
  noSuchJob,
  noSuchPolicy,
  noSuchRole,
  noSuchVersion,
  tooFast,
} from './iam-refusals.ts'
import { MemoryAccessAnalyzer } from './memory-access-analyzer.ts'
import { MemoryCredentials } from './memory-credentials.ts'
import { MemoryPolicyChecker } from './memory-policy-checker.ts'
import { MemoryPolicyGenerations } from './memory-policy-generations.ts'
import { listServiceUses } from './service-uses.ts'

export type MemoryIamOptions = CallObserver & {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly openTable?: OpenTable
  readonly organizations: MemoryOrganizations
  readonly ssoAdmin: MemorySsoAdmin
  /** The role in every active account but the management account: service-managed StackSets leave that out. */
  readonly auditorRole: string
  /** The role that may retire credentials in the same accounts; absent: there is none. */
  readonly hygieneRole?: string
  /** The role of the management account that reads the tags of all accounts; absent: there is none. */
  readonly tagReader?: string
  /** How long a job takes; default 500. */
  readonly jobMs?: number
  /** How long IAM Access Analyzer takes to generate a policy; default 3,000. */
  readonly generationMs?: number
  /** How long making a credential report takes; default 2,000. */
  readonly reportMs?: number
  /** How late IAM knows of uses of credentials; default four hours. */
  readonly lateMs?: number
}

export type Session = {
  readonly account: AccountId
  readonly roleName: string
  readonly sessionName: string
  readonly accessKeyId: string
  readonly expiresAt: Date
}

export type IamRole = { readonly arn: string; readonly name: string; readonly path: string; readonly createdAt: Date }

export type UsageReport = {
  readonly status: 'IN_PROGRESS' | 'COMPLETED'
  readonly granularity: UseGranularity
  readonly createdAt: Date
  readonly completedAt: Date
  readonly page: Page<ServiceUse>
}

type Job = {
  readonly account: AccountId
  readonly role: string
  readonly granularity: UseGranularity
  readonly createdAt: Date
  readonly completedAt: Date
}
/** The uses of a role, as a test or a user set them. `uses`: by namespace, or by namespace and action as in `s3:CreateBucket`. */
type RoleUse = { readonly madeAt?: Date | undefined; readonly uses: Readonly<Record<string, Date>> }

/** Fewer than IAM's, and than any request: IAM may give fewer items although there are more. */
const pageMost = 3
/** An assumption: AWS documents no rate of IAM. */
const rate = { perSecond: 20, burst: 40 }
// IAM User Guide, "Refine permissions in AWS using last accessed information".
const trackedMs = 400 * 24 * 60 * 60_000
/** STS API Reference, "AssumeRole": by default an hour. */
const sessionMs = 60 * 60_000

/**
 * A model of IAM's answers about the roles that Identity Center creates, and of STS's AssumeRole in each account. Methods with the names of
 * AWS's operations are calls by a caller in the account; the others are the model's own. Throws ServiceError.
 */
export class MemoryIam implements Auditor {
  readonly #options: MemoryIamOptions
  readonly #told: Map<string, RoleUse>
  readonly #jobs: Map<string, Job>
  readonly #sessions: Map<string, Session>
  /** By account and role. */
  readonly #withoutRole: Map<string, true>
  /** Customer managed policies, by ARN. */
  readonly #policies: Map<string, IamPolicy>
  readonly credentials: MemoryCredentials
  readonly accessAnalyzer: MemoryAccessAnalyzer
  readonly policyChecker: MemoryPolicyChecker
  readonly policyGenerations: MemoryPolicyGenerations
  /** By IAM's delegated administrator account: whether root credentials are managed centrally. */
  readonly #centralRoot: Map<string, boolean>
  readonly #gates = new Map<AccountId, CallGate>()

  constructor(options: MemoryIamOptions) {
    const openTable = options.openTable ?? memoryTables
    this.#options = options
    this.#told = openTable('iam/roles')
    this.#jobs = openTable('iam/jobs')
    this.#sessions = openTable('iam/sessions')
    this.#withoutRole = openTable('iam/accounts-without-role')
    this.#policies = openTable('iam/policies')
    const enter = (operation: string, account: AccountId) => this.#enter(operation, account)
    this.#centralRoot = openTable('iam/central-root')
    this.credentials = new MemoryCredentials({ ...options, enter })
    this.accessAnalyzer = new MemoryAccessAnalyzer({ ...options, enter })
    this.policyChecker = new MemoryPolicyChecker(options)
    this.policyGenerations = new MemoryPolicyGenerations({
      ...options,
      enter,
      listRoles: (account, token) => this.listRoles(account, permissionSetRolePath, token),
      usesOf: (account, arn) => {
        const role = this.#rolesIn(account).find((one) => one.arn === arn)
        return role && new Map(Object.entries(this.#told.get(`${account} ${role.name}`)?.uses ?? {}))
      },
    })
  }

  async enter(account: AccountId, roleName: string): Promise<AuditedAccount> {
    this.assumeRole(`arn:aws:iam::${account}:role/${roleName}`, 'memory')
    return {
      listPermissionSetRoles: async (token) => this.listRoles(account, permissionSetRolePath, token),
      generateServiceLastAccessedDetails: async (arn, granularity) =>
        this.generateServiceLastAccessedDetails(account, arn, granularity),
      roleLastUsedAt: async (name) => this.getRole(account, name).lastUsedAt,
      getServiceLastAccessedDetails: async (jobId, token) => {
        const { status, page } = this.getServiceLastAccessedDetails(account, jobId, token)
        return status === 'IN_PROGRESS' ? { status } : { status, services: page.items, nextToken: page.nextToken }
      },
      policyDocument: async (policy) => {
        const arn = typeof policy === 'string' ? policy : policyArn(account, referenceKey(policy))
        return this.getPolicyVersion(account, arn, this.getPolicy(account, arn).version).document
      },
      ...this.credentials.in(account),
      ...this.accessAnalyzer.in(account),
      hasCentralRootCredentials: async () => this.organizationsFeatures(account).includes('RootCredentialsManagement'),
    }
  }

  /** Makes this account IAM's delegated administrator. */
  tellCentralRoot(account: AccountId, isManaged: boolean): void {
    this.#centralRoot.set(account, isManaged)
  }

  organizationsFeatures(account: AccountId): readonly string[] {
    this.#enter('ListOrganizationsFeatures', account)
    const isManaged = this.#centralRoot.get(account)
    if (isManaged === undefined) throw knowsNoOrganization(account)
    return isManaged ? ['RootCredentialsManagement'] : []
  }

  /** The view of the role that may retire credentials. */
  readonly retirer: Retirer = {
    enter: async (account, roleName) => {
      this.assumeRole(`arn:aws:iam::${account}:role/${roleName}`, 'memory')
      return this.retiring(account, roleName)
    },
  }

  /** The auditor's role only reads. */
  retiring(account: AccountId, roleName: string | undefined): RetiringAccount {
    const retiring = this.credentials.retireIn(account)
    if (roleName !== undefined && roleName === this.#options.hygieneRole) return retiring
    const refuse = (operation: string) => async () => {
      throw mayNotChange(operation)
    }
    return {
      ...retiring,
      updateAccessKey: refuse('UpdateAccessKey'),
      deleteAccessKey: refuse('DeleteAccessKey'),
      deletePassword: refuse('DeleteLoginProfile'),
      deleteUser: refuse('DeleteUser'),
    }
  }

  /** Whether a session may change credentials. Throws AccessDenied. */
  checkMayRetire(accessKeyId: string, operation: string): void {
    if (this.sessionOf(accessKeyId)?.roleName !== this.#options.hygieneRole) throw mayNotChange(operation)
  }

  assumeRole(roleArn: string, sessionName: string): Session {
    const { auditorRole, hygieneRole, tagReader, organizations, randomness, clock } = this.#options
    const [, id, roleName = ''] = /^arn:aws:iam::(\d{12}):role\/(.+)$/.exec(roleArn) ?? []
    const account = accountId.safeParse(id).data
    const isThere =
      account !== undefined &&
      (account === organizations.managementAccountIdNow) === (roleName === tagReader) &&
      organizations.accountState(account) === 'ACTIVE' &&
      !this.#withoutRole.has(`${account} ${roleName}`)
    if (!isThere || ![auditorRole, hygieneRole, tagReader].includes(roleName)) throw mayNotAssume(roleArn)
    const accessKeyId = `ASIA${randomness.id().replaceAll('-', '').slice(0, 16).toUpperCase()}`
    const expiresAt = new Date(clock.now().getTime() + sessionMs)
    const session = { account, roleName, sessionName, accessKeyId, expiresAt }
    this.#sessions.set(accessKeyId, session)
    return session
  }

  listRoles(account: AccountId, pathPrefix: string, nextToken?: string): Page<IamRole> {
    this.#enter('ListRoles', account)
    if (!permissionSetRolePath.startsWith(pathPrefix)) return { items: [] }
    return sortedPage(this.#rolesIn(account), ({ name }) => name, { nextToken, most: pageMost }, invalidMarker)
  }

  getRole(account: AccountId, name: string): IamRole & { readonly lastUsedAt?: Date | undefined } {
    this.#enter('GetRole', account)
    const role = this.#rolesIn(account).find((one) => one.name === name)
    if (role === undefined) throw noSuchRole(name)
    const now = this.#options.clock.now()
    const uses = Object.values(this.#told.get(`${account} ${name}`)?.uses ?? {}).filter((at) => isKept(at, now))
    return { ...role, lastUsedAt: uses.length === 0 ? undefined : new Date(Math.max(...uses.map(Number))) }
  }

  /** `version`: the default one. */
  getPolicy(account: AccountId, arn: string): IamPolicy {
    this.#enter('GetPolicy', account)
    return this.#policy(account, arn)
  }

  /** Only the default version is there. */
  getPolicyVersion(account: AccountId, arn: string, version: string): IamPolicy {
    this.#enter('GetPolicyVersion', account)
    const policy = this.#policy(account, arn)
    if (policy.version !== version) throw noSuchVersion(arn, version)
    return policy
  }

  /** Answers the id of a job that takes a while. */
  generateServiceLastAccessedDetails(
    account: AccountId,
    arn: string,
    granularity: UseGranularity = 'SERVICE_LEVEL',
  ): string {
    this.#enter('GenerateServiceLastAccessedDetails', account)
    const { clock, randomness, jobMs = 500 } = this.#options
    const role = this.#rolesIn(account).find((one) => one.arn === arn)
    if (role === undefined) throw noSuchRole(arn)
    const createdAt = clock.now()
    const jobId = randomness.id()
    const completedAt = new Date(createdAt.getTime() + jobMs)
    this.#jobs.set(jobId, { account, role: role.name, granularity, createdAt, completedAt })
    return jobId
  }

  getServiceLastAccessedDetails(account: AccountId, jobId: string, nextToken?: string): UsageReport {
    this.#enter('GetServiceLastAccessedDetails', account)
    const job = this.#jobs.get(jobId)
    if (job === undefined || job.account !== account) throw noSuchJob(jobId)
    const { granularity, createdAt, completedAt } = job
    if (this.#options.clock.now() < completedAt)
      return { status: 'IN_PROGRESS', granularity, createdAt, completedAt, page: { items: [] } }
    const kept = Object.entries(this.#told.get(`${account} ${job.role}`)?.uses ?? {}).filter(([, at]) =>
      isKept(at, createdAt),
    )
    const role = this.#rolesIn(account).find(({ name }) => name === job.role)
    const told = listServiceUses(role ? this.#policyTexts(account, role.policies) : [], new Map(kept), granularity)
    const page = sortedPage(told, ({ namespace }) => namespace, { nextToken, most: pageMost }, invalidMarker)
    return { status: 'COMPLETED', granularity, createdAt, completedAt, page }
  }

  /** `undefined` for policies that the model does not have. */
  #policyTexts(
    account: AccountId,
    { inlinePolicy, managedPolicyArns, customerManagedPolicies }: ReservedRole['policies'],
  ): readonly (string | undefined)[] {
    const own = customerManagedPolicies.map(
      (one) => this.#policies.get(policyArn(account, referenceKey(one)))?.document,
    )
    const awsOwn = managedPolicyArns.map((arn) => awsManagedPolicies.get(arn)?.document)
    return [...(inlinePolicy === undefined ? [] : [inlinePolicy]), ...awsOwn, ...own]
  }

  /** The session of issued credentials. Throws ExpiredToken. */
  sessionOf(accessKeyId: string): Session | undefined {
    const session = this.#sessions.get(accessKeyId)
    if (session && session.expiresAt <= this.#options.clock.now())
      throw new Refusal('sts', 'ExpiredToken', 'The security token included in the request is expired')
    return session
  }

  /**
   * Records a use of a permission set's role, or another creation time. A service that its policies do not allow stands for one that the
   * role may no longer use. `service`: or an action, as in `s3:CreateBucket`. Answers whether the role exists.
   */
  tell(
    account: AccountId,
    permissionSet: string,
    { usedAt, service = 's3', madeAt }: { readonly usedAt?: Date; readonly service?: string; readonly madeAt?: Date },
  ): boolean {
    const role = this.#rolesIn(account).find((one) => one.permissionSet === permissionSet)
    if (role === undefined) return false
    const key = `${account} ${role.name}`
    const before = this.#told.get(key) ?? { uses: {} }
    const uses = usedAt === undefined ? before.uses : { ...before.uses, [service]: usedAt }
    this.#told.set(key, { madeAt: madeAt ?? before.madeAt, uses })
    return true
  }

  /** From now on nobody can assume the role there. */
  removeRole(account: AccountId, roleName: string): void {
    this.#withoutRole.set(`${account} ${roleName}`, true)
  }

  removeAuditorRole(account: AccountId): void {
    this.removeRole(account, this.#options.auditorRole)
  }

  restoreRole(account: AccountId, roleName: string): void {
    this.#withoutRole.delete(`${account} ${roleName}`)
  }

  restoreAuditorRole(account: AccountId): void {
    this.restoreRole(account, this.#options.auditorRole)
  }

  /** Sets the document of a customer managed policy. `name`: with its path, as in `/team/base`. */
  tellPolicy(account: AccountId, name: string, document: string): void {
    const arn = policyArn(account, name)
    const next = Number(this.#policies.get(arn)?.version.slice(1) ?? 0) + 1
    this.#policies.set(arn, { version: `v${next}`, document, madeAt: this.#options.clock.now() })
  }

  #policy(account: AccountId, arn: string): IamPolicy {
    const isOwn = arn.startsWith(policyArn(account, '/'))
    const policy = isOwn ? this.#policies.get(arn) : awsManagedPolicies.get(arn)
    if (policy === undefined) throw noSuchPolicy(arn)
    return policy
  }

  #rolesIn(account: AccountId): readonly (IamRole & Pick<ReservedRole, 'permissionSet' | 'policies'>)[] {
    return this.#options.ssoAdmin.rolesIn(account).map(({ name, permissionSet, madeAt, policies }) => ({
      name,
      permissionSet,
      policies,
      path: permissionSetRolePath,
      arn: `arn:aws:iam::${account}:role${permissionSetRolePath}${name}`,
      createdAt: this.#told.get(`${account} ${name}`)?.madeAt ?? madeAt,
    }))
  }

  #enter(operation: string, account: AccountId): void {
    const limiter = new TokenBucket(rate)
    const gate = this.#gates.get(account) ?? new CallGate({ ...this.#options, limiterFor: () => limiter, tooFast })
    this.#gates.set(account, gate)
    gate.enter(operation)
  }
}

function policyArn(account: AccountId, name: string): string {
  return `arn:aws:iam::${account}:policy${name}`
}

function isKept(at: Date, now: Date): boolean {
  return now.getTime() - at.getTime() <= trackedMs
}
