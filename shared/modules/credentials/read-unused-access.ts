import {
  type AnalyzedBy,
  groupUnusedAccess,
  type UnusedAccessFinding,
  type UnusedAccessKind,
} from '../../domain/account-facts/unused-access.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { AuditedAccount } from '../../ports/auditor.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { answerOrError } from '../../ports/service-error.ts'
import { enterAccount } from '../../reconcile/calls/enter-account.ts'

/** The security account's knowledge of all others. */
export type OrganizationKnowledge = {
  /** `undefined`: it did not say. */
  readonly isRootCentral: boolean | undefined
  /** The organization's analyzers, which have the findings of every account. */
  readonly analyzers: readonly string[]
  readonly account: Pick<AuditedAccount, 'unusedAccessFindings'> | undefined
  /** Failed questions, and the reasons. */
  readonly notes: readonly string[]
}

export type UnusedAccess = {
  readonly by: AnalyzedBy
  /** By kind and name (`thingKey`). */
  readonly found: ReadonlyMap<string, readonly UnusedAccessKind[]>
}

const nothing: OrganizationKnowledge = { isRootCentral: undefined, analyzers: [], account: undefined, notes: [] }

/** Asks the account that governance names, to which IAM and IAM Access Analyzer are delegated. Never throws for a denied question. */
export async function readSecurityAccount(
  ports: Pick<Ports, 'auditor' | 'clock' | 'randomness'>,
  securityAccount: AccountId | undefined,
  auditorRole: string,
): Promise<OrganizationKnowledge> {
  if (securityAccount === undefined) return nothing
  const entered = await answerOrError(enterAccount(ports, securityAccount, auditorRole))
  if ('error' in entered)
    return { ...nothing, notes: [`the security account could not be asked: ${entered.error.code}`] }
  const account = entered.is
  const central = await answerOrError(account.hasCentralRootCredentials())
  const all = await answerOrError(account.unusedAccessAnalyzers())
  return {
    account,
    isRootCentral: 'is' in central ? central.is : undefined,
    analyzers: 'is' in all ? all.is.filter((one) => one.isOfOrganization).map(({ arn }) => arn) : [],
    notes: [
      ...('error' in central
        ? [`ssofile does not know whether root credentials are managed centrally: ${central.error.code}`]
        : []),
      ...('error' in all
        ? [`ssofile does not know whether the organization has an analyzer of unused access: ${all.error.code}`]
        : []),
    ],
  }
}

/**
 * IAM Access Analyzer's findings for one account: from the organization's analyzer, otherwise from the account's own. ssofile
 * creates none, because each costs money. A denied question does not stop the rest.
 */
export async function readUnusedAccess(
  own: AuditedAccount,
  id: AccountId,
  organization: OrganizationKnowledge,
): Promise<UnusedAccess> {
  const listed = await answerOrError(readFindings(own, id, organization))
  if ('error' in listed) return { by: listed.error.code, found: new Map() }
  return { by: listed.is.by, found: groupUnusedAccess(listed.is.findings) }
}

async function readFindings(
  own: AuditedAccount,
  id: AccountId,
  { account, analyzers }: OrganizationKnowledge,
): Promise<{ readonly by: AnalyzedBy; readonly findings: readonly UnusedAccessFinding[] }> {
  const list = async (iam: Pick<AuditedAccount, 'unusedAccessFindings'>, arns: readonly string[]) => {
    const each = arns.map((arn) => Array.fromAsync(listAll((token) => iam.unusedAccessFindings(arn, id, token))))
    return (await Promise.all(each)).flat()
  }
  if (account !== undefined && analyzers.length > 0)
    return { by: 'organization', findings: await list(account, analyzers) }
  const arns = (await own.unusedAccessAnalyzers()).map(({ arn }) => arn)
  return { by: arns.length === 0 ? 'none' : 'account', findings: await list(own, arns) }
}
