import {
  type AccessCheck,
  type NotAsked,
  type PolicyFinding,
  policyFindingTypes,
} from '../../domain/iam-policies/access-check.ts'
import { listAll } from '../../ports/page.ts'
import type { PolicyChecker } from '../../ports/policy-checker.ts'
import type { Ports } from '../../ports/ports.ts'
import { CallBudget } from '../../reconcile/calls/call-budget.ts'

/** Further ones are reported as not asked: AWS charges for each call, and a plan must not wait too long. */
const setsMost = 50
const budget = { budgetMs: 60_000, attemptsMost: 5, firstMs: 300, mostMs: 4_000 }

/** The inline policies of one permission set. `before`: absent if it had none. */
export type InlinePolicies = { readonly before?: string | undefined; readonly after: string }

/**
 * Asks IAM Access Analyzer about inline policies, one after another, so that the limit hits the same ones each time. Reports
 * missing answers with the reason, in the same words each time, and continues.
 */
export class AccessChecks {
  readonly #checker: PolicyChecker
  readonly #budget: CallBudget
  #asked = 0

  constructor(ports: Pick<Ports, 'clock' | 'randomness'> & { readonly checker: PolicyChecker }) {
    this.#checker = ports.checker
    this.#budget = new CallBudget(ports, budget)
  }

  async check({ before, after }: InlinePolicies): Promise<AccessCheck> {
    if (this.#asked++ >= setsMost) return { findings: { why: `more than ${setsMost} permission sets in one plan` } }
    const listed = await this.#ask('ValidatePolicy', () =>
      Array.fromAsync(listAll((token) => this.#checker.validatePolicy(after, token))),
    )
    const findings = 'why' in listed ? listed : listed.is.toSorted(byGravity)
    if (before === undefined) return { findings }
    const compared = await this.#ask('CheckNoNewAccess', () => this.#checker.checkNoNewAccess(before, after))
    return { findings, newAccess: 'why' in compared ? compared : compared.is }
  }

  async #ask<T>(operation: string, call: () => Promise<T>): Promise<{ readonly is: T } | NotAsked> {
    const answer = await this.#budget.ask(call)
    return 'is' in answer ? answer : { why: remedies[answer.code]?.(operation) ?? answer.code }
  }
}

const remedies: Readonly<Record<string, (operation: string) => string>> = {
  AccessDenied: (operation) => `these credentials lack access-analyzer:${operation}`,
  AccessDeniedException: (operation) => `these credentials lack access-analyzer:${operation}`,
  ThrottlingException: () => 'too many calls; plan again later (ThrottlingException)',
  UnprocessableEntityException: () => 'AWS cannot compare these two policies (UnprocessableEntityException)',
}

/** AWS's order stays for findings of equal weight. */
const byGravity = (a: PolicyFinding, b: PolicyFinding): number =>
  policyFindingTypes.indexOf(a.type) - policyFindingTypes.indexOf(b.type)
