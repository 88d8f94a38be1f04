import { nameManagedPolicy, type PolicyText } from '../../domain/iam-policies/compare-permissions.ts'
import { parsePolicyStatements } from '../../domain/iam-policies/policy-statement.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { CustomerManagedPolicy } from '../../domain/permission-sets/permission-set-file.ts'
import type { AuditedAccount, Auditor } from '../../ports/auditor.ts'
import type { Ports } from '../../ports/ports.ts'
import { CallBudget } from './call-budget.ts'

/** Further ones are reported only by name. */
export const policiesMost = 50
/** The most accounts in which to try the auditor's role. */
export const accountsMost = 10
const accountsMostOfOne = 5
/** The time for all of them together, because a plan does not wait longer. */
const budget = { budgetMs: 20_000, attemptsMost: 4, firstMs: 300, mostMs: 2_000 }

/** An AWS managed policy by its ARN, or a policy of the account. */
type ManagedPolicy = string | CustomerManagedPolicy
type PolicyPorts = Pick<Ports, 'clock' | 'randomness'> & { readonly auditor: Auditor }
type Entered = { readonly account: AccountId; readonly iam: AuditedAccount }
type Refused = { readonly why: string }

/**
 * The content of managed policies, read through the auditor's role, each once. Reports unreadable ones with the reason in the
 * same words each time, because messages of AWS name sessions. One after another, so that the limits hit the same ones each
 * time.
 */
export class ManagedPolicies {
  readonly #ports: PolicyPorts
  readonly #roleName: string
  readonly #budget: CallBudget
  readonly #accounts = new Map<AccountId, Entered | Refused>()
  readonly #read = new Map<string, PolicyText>()

  constructor(ports: PolicyPorts, roleName: string) {
    this.#ports = ports
    this.#roleName = roleName
    this.#budget = new CallBudget(ports, budget)
  }

  /** By name. A policy of an account is read in the first of these accounts that answers; AWS's own are the same everywhere. */
  async read(
    policies: readonly ManagedPolicy[],
    accounts: readonly AccountId[],
  ): Promise<ReadonlyMap<string, PolicyText>> {
    const texts = new Map<string, PolicyText>()
    if (policies.length === 0) return texts
    const entered = await this.#enterFirst(accounts)
    for (const policy of policies) texts.set(nameManagedPolicy(policy), await this.#readOne(policy, entered))
    return texts
  }

  async #readOne(policy: ManagedPolicy, entered: Entered | Refused): Promise<PolicyText> {
    const name = nameManagedPolicy(policy)
    const key = typeof policy === 'string' || 'why' in entered ? name : `${entered.account} ${name}`
    const known = this.#read.get(key)
    if (known !== undefined) return known
    if ('why' in entered) return entered
    if (this.#read.size >= policiesMost) return { why: `more than ${policiesMost} managed policies in one plan` }
    const text = await this.#ask(entered, policy)
    this.#read.set(key, text)
    return text
  }

  async #ask({ account, iam }: Entered, policy: ManagedPolicy): Promise<PolicyText> {
    const read = await this.#budget.ask(() => iam.policyDocument(policy))
    if ('is' in read) {
      const document = read.is
      const isClear = parsePolicyStatements(document) !== undefined
      return isClear ? { document, account } : { why: `account ${account} has it, with something not understood here` }
    }
    if (read.code === 'NoSuchEntity') return { why: `account ${account} has no such policy` }
    return { why: `the auditor's role in account ${account} could not read it (${read.code})` }
  }

  /** Otherwise any account that has answered, because it knows AWS's own policies. */
  async #enterFirst(accounts: readonly AccountId[]): Promise<Entered | Refused> {
    const tried: (Entered | Refused)[] = []
    for (const account of [...new Set(accounts)].slice(0, accountsMostOfOne)) {
      const answer = await this.#enter(account)
      if (answer === undefined) break
      if ('iam' in answer) return answer
      tried.push(answer)
    }
    const other = [...this.#accounts.values()].find((one) => 'iam' in one)
    return other ?? tried[0] ?? { why: `the auditor's role answered in none of ${accountsMost} accounts` }
  }

  /** `undefined`: enough were tried. */
  async #enter(account: AccountId): Promise<Entered | Refused | undefined> {
    const known = this.#accounts.get(account)
    if (known !== undefined || this.#accounts.size >= accountsMost) return known
    const answer = await this.#budget.ask(() => this.#ports.auditor.enter(account, this.#roleName))
    const entered =
      'code' in answer
        ? { why: `the auditor's role could not be assumed in account ${account} (${answer.code})` }
        : { account, iam: answer.is }
    this.#accounts.set(account, entered)
    return entered
  }
}
