import pLimit from 'p-limit'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { permissionSetOfRole } from '../../domain/permission-sets/permission-set-role.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { AuditedAccount, PermissionSetRole } from '../../ports/auditor.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import type { TellProgress } from '../../ports/progress.ts'
import { answerOrError, unlessCode } from '../../ports/service-error.ts'
import { enterAccount } from '../../reconcile/calls/enter-account.ts'
import { readServiceUses } from '../../reconcile/calls/read-service-uses.ts'
import type { RoleUse } from '../usage/rules/role-use.ts'
import type { AnyAccess } from './recorded-access.ts'

/** How many accounts to ask at once; they share only the connection. */
const accountsAtOnce = 32
const rolesAtOnce = 4

type UsePorts = Pick<Ports, 'auditor' | 'clock' | 'randomness'>

/** The result of asking for the use of roles: the oldest answer's age, or why nothing is known. */
export type RoleUseAge = { readonly asOf: string } | { readonly why: string }

/**
 * When the roles of permission sets were last used, by IAM in each account where the auditor's role may ask. Notes an account
 * that cannot be asked, and continues.
 */
export class RoleUses {
  readonly #ports: UsePorts
  readonly #roleName: string
  readonly #limit = pLimit(accountsAtOnce)
  readonly #untilMs: number
  /** Accounts without answers, by the kind of reason. */
  readonly #refused = new Map<string, { readonly why: string; readonly accounts: AccountId[] }>()
  #asOf: string | undefined
  readonly #counted = { done: 0, of: 0 }

  /** After `budgetMs`, it asks no further account. */
  constructor(
    ports: UsePorts,
    { auditorRole }: Pick<Configuration, 'auditorRole'>,
    budgetMs = Number.POSITIVE_INFINITY,
  ) {
    this.#ports = ports
    this.#roleName = auditorRole
    this.#untilMs = ports.clock.monotonicMs() + budgetMs
  }

  /** Adds the known use of its role to each access. For roles that Identity Center did not make, nothing is known. */
  async addTo(access: readonly AnyAccess[], onStep: TellProgress = () => {}): Promise<readonly AnyAccess[]> {
    const bySet = access.flatMap((one) => ('roleArn' in one ? [] : [one]))
    const byAccount = Map.groupBy(bySet, ({ accountId }) => accountId)
    this.#counted.of += byAccount.size
    const read = await Promise.all(
      [...byAccount].map(async ([account, some]) => {
        const uses = await this.#read(account, new Set(some.map(({ permissionSet }) => permissionSet)))
        this.#counted.done++
        onStep('asking when roles were last used', { ...this.#counted })
        return [account, uses] as const
      }),
    )
    const usesOf = new Map(read)
    return access.map((one) =>
      'roleArn' in one ? one : { ...one, use: usesOf.get(one.accountId)?.get(one.permissionSet) },
    )
  }

  /** Reads the use of these permission sets in an account. */
  async #read(
    account: AccountId,
    permissionSets: ReadonlySet<PermissionSetName>,
  ): Promise<ReadonlyMap<PermissionSetName, RoleUse>> {
    const none = (why: string) => new Map([...permissionSets].map((name) => [name, { isKnown: false, why }] as const))
    if (this.#roleName === '' || this.#ports.auditor === undefined) return none(notConfigured)
    return this.#limit(async () => {
      if (this.#ports.clock.monotonicMs() >= this.#untilMs) return none(this.#refuse(account, kindOfTime, timeIsUp))
      const answer = await answerOrError(this.#ask(account, permissionSets))
      if ('is' in answer) return answer.is
      const { service, code, message } = answer.error
      return none(this.#refuse(account, `${service} ${code}`, message))
    })
  }

  get age(): RoleUseAge {
    if (this.#roleName === '') return { why: notConfigured }
    return this.#asOf === undefined ? { why: 'no account could be asked' } : { asOf: this.#asOf }
  }

  /** The accounts that could not be asked, and why, in whole sentences. */
  get notes(): readonly string[] {
    return [...this.#refused].map(([kind, { why, accounts }]) => {
      const [first = '', ...others] = accounts.sort()
      const where = others.length === 0 ? `account ${first}` : `${accounts.length} accounts, such as ${first}`
      const remedy = kind === kindOfTime ? '' : "; docs/audit.md says what the auditor's role needs"
      return `when roles were last used is not known in ${where}: ${why}${remedy}`
    })
  }

  async #ask(account: AccountId, permissionSets: ReadonlySet<PermissionSetName>) {
    const iam = await enterAccount(this.#ports, account, this.#roleName)
    const asOf = renderInstant(this.#ports.clock.now())
    if (this.#asOf === undefined || asOf < this.#asOf) this.#asOf = asOf
    const roles = await Array.fromAsync(listAll((token) => iam.listPermissionSetRoles(token)))
    const byName = Map.groupBy(roles, ({ name }) => permissionSetOfRole(name))
    // Start all jobs before waiting for the first.
    const begun = await pLimit(rolesAtOnce).map(permissionSets, async (name) => {
      return [name, await begin(iam, byName.get(name) ?? [])] as const
    })
    // The last assignment of a permission set takes its role away, at any moment.
    const read = await pLimit(rolesAtOnce).map(begun, async ([name, jobs]) => {
      return [name, (await unlessCode(this.#finish(iam, jobs, asOf), 'NoSuchEntity')) ?? roleGone] as const
    })
    return new Map<PermissionSetName, RoleUse>(read)
  }

  /** For several roles of one permission set the latest use counts: access that one of them may have used is not unused. */
  async #finish(iam: AuditedAccount, jobs: readonly Job[], asOf: string): Promise<RoleUse> {
    if (jobs.length === 0) return { isKnown: false, why: 'the account has no role of this permission set' }
    const uses: Date[] = []
    for (const { id, role } of jobs) {
      if (id === undefined) return roleGone
      const found = await this.#lastUses(iam, id)
      if ('why' in found) return { isKnown: false, why: found.why }
      uses.push(...found)
      // The job covers only services that the role may use now: a permission set may have changed since its use.
      const lastUsedAt = await iam.roleLastUsedAt(role.name)
      if (lastUsedAt !== undefined) uses.push(lastUsedAt)
    }
    const madeAt = renderInstant(latestOf(jobs.map(({ role }) => role.createdAt)))
    return { isKnown: true, asOf, madeAt, ...(uses.length === 0 ? {} : { lastUsedAt: renderInstant(latestOf(uses)) }) }
  }

  async #lastUses(iam: AuditedAccount, jobId: string): Promise<readonly Date[] | { readonly why: string }> {
    const found = await readServiceUses(this.#ports, iam, jobId)
    return 'why' in found ? found : found.services.flatMap(({ lastUsedAt }) => lastUsedAt ?? [])
  }

  #refuse(account: AccountId, kind: string, why: string): string {
    const known = this.#refused.get(kind) ?? { why, accounts: [] }
    known.accounts.push(account)
    this.#refused.set(kind, known)
    return why
  }
}

export const notConfigured = 'no auditorRole is configured'
const roleGone: RoleUse = { isKnown: false, why: 'its role was gone' }
const kindOfTime = 'time'
const timeIsUp = 'there was no time left to ask'

/** `id`: absent if the role was gone before the question. */
type Job = { readonly role: PermissionSetRole; readonly id: string | undefined }

async function begin(iam: AuditedAccount, roles: readonly PermissionSetRole[]): Promise<readonly Job[]> {
  return Promise.all(
    roles.map(async (role) => {
      const id = await unlessCode(iam.generateServiceLastAccessedDetails(role.arn), 'NoSuchEntity')
      return { role, id }
    }),
  )
}

function latestOf(instants: readonly Date[]): Date {
  return new Date(Math.max(...instants.map(Number)))
}
