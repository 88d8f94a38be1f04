import type { UnusedAccessKind } from '../../domain/account-facts/unused-access.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { AuditedAccount } from '../../ports/auditor.ts'
import { listAll, type Page } from '../../ports/page.ts'
import { sortedPage } from '../page-of.ts'
import { Refusal } from '../refusal.ts'
import { memoryTables, type OpenTable } from '../table.ts'

export type ModelFinding = {
  readonly id: string
  /** The ARN of a user or role, in the account `owner`. */
  readonly resource: string
  readonly kind: UnusedAccessKind
  readonly owner: AccountId
  readonly status: 'ACTIVE' | 'ARCHIVED' | 'RESOLVED'
}
export type ModelAnalyzer = {
  readonly name: string
  readonly type: 'ACCOUNT' | 'ORGANIZATION' | 'ACCOUNT_UNUSED_ACCESS' | 'ORGANIZATION_UNUSED_ACCESS'
  readonly region: string
  readonly status: 'ACTIVE' | 'CREATING' | 'DISABLED' | 'FAILED'
  readonly findings: readonly ModelFinding[]
}

/** Fewer than AWS's, as elsewhere in these models. */
const pageMost = 3
/** The Region of these models and of Security Hub's analyzers. */
const region = 'us-east-1'
const refuse = (code: string, message: string): Refusal => new Refusal('access-analyzer', code, message)
const invalidToken = (): Refusal => refuse('ValidationException', 'Invalid nextToken')

type Options = {
  readonly openTable?: OpenTable | undefined
  /** Lets a call in, or throws. */
  readonly enter: (operation: string, account: AccountId) => void
}

/** A model of the analyzers in accounts: IAM Access Analyzer shows each only to its own account. Throws ServiceError. */
export class MemoryAccessAnalyzer {
  readonly #enter: Options['enter']
  readonly #analyzers: Map<string, readonly ModelAnalyzer[]>
  /** Accounts in which the auditor's role lacks the rights. */
  readonly #denied: Map<string, true>

  constructor({ openTable = memoryTables, enter }: Options) {
    this.#enter = enter
    this.#analyzers = openTable('access-analyzer/analyzers')
    this.#denied = openTable('access-analyzer/denied')
  }

  tell(account: AccountId, analyzers: readonly ModelAnalyzer[]): void {
    this.#analyzers.set(account, analyzers)
  }

  deny(account: AccountId): void {
    this.#denied.set(account, true)
  }

  in(account: AccountId): Pick<AuditedAccount, 'unusedAccessAnalyzers' | 'unusedAccessFindings'> {
    return {
      unusedAccessAnalyzers: async () => {
        const listed = await Array.fromAsync(listAll(async (token) => this.listAnalyzers(account, region, token)))
        return listed.flatMap(({ arn, type, status }) =>
          status === 'ACTIVE' && type.endsWith('_UNUSED_ACCESS')
            ? [{ arn, isOfOrganization: type === 'ORGANIZATION_UNUSED_ACCESS' }]
            : [],
        )
      },
      unusedAccessFindings: async (arn, of, nextToken) => {
        const page = this.listFindings(account, arn, { status: 'ACTIVE', owner: of, nextToken })
        return { ...page, items: page.items.map(({ resource, kind }) => ({ resource, kind })) }
      },
    }
  }

  /** Those in one Region: Access Analyzer is regional. */
  listAnalyzers(account: AccountId, of: string, nextToken?: string): Page<ModelAnalyzer & { readonly arn: string }> {
    this.#admit('ListAnalyzers', account)
    const all = (this.#analyzers.get(account) ?? [])
      .filter((one) => one.region === of)
      .map((one) => ({ ...one, arn: arnOf(account, one) }))
    return sortedPage(all, ({ arn }) => arn, { nextToken, most: pageMost }, invalidToken)
  }

  listFindings(
    account: AccountId,
    arn: string,
    asked: {
      readonly status?: string | undefined
      readonly owner?: string | undefined
      readonly nextToken?: string | undefined
    },
  ): Page<ModelFinding> {
    this.#admit('ListFindings', account)
    const analyzer = this.#analyzers.get(account)?.find((one) => arnOf(account, one) === arn)
    if (analyzer === undefined) throw refuse('ResourceNotFoundException', `Analyzer ${arn} does not exist`)
    const { status: wanted, owner: of } = asked
    const found = analyzer.findings.filter(
      ({ status, owner }) => status === (wanted ?? status) && owner === (of ?? owner),
    )
    return sortedPage(found, ({ id }) => id, { nextToken: asked.nextToken, most: pageMost }, invalidToken)
  }

  #admit(operation: string, account: AccountId): void {
    this.#enter(operation, account)
    if (this.#denied.has(account))
      throw refuse('AccessDeniedException', `User is not authorized to perform: access-analyzer:${operation}`)
  }
}

function arnOf(account: AccountId, { name, region }: ModelAnalyzer): string {
  return `arn:aws:access-analyzer:${region}:${account}:analyzer/${name}`
}
