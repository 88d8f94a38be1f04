import { AccessAnalyzerClient, ListAnalyzersCommand, ListFindingsV2Command } from '@aws-sdk/client-accessanalyzer'
import * as z from 'zod'
import { unusedAccessKinds } from '../domain/account-facts/unused-access.ts'
import { partitionOf } from '../domain/deployment/environment.ts'
import type { Analyzer, AuditedAccount } from '../ports/auditor.ts'
import { listAll, type Page } from '../ports/page.ts'
import { answerOf, parseAnswer } from './answers.ts'
import type { EnteredAccount } from './assume-role-in-account.ts'

const service = 'access-analyzer'
/**
 * The Region in which Security Hub creates its analyzer of unused access. (Security Hub User Guide, "Understanding unused access
 * findings".)
 */
const securityHubRegion = 'us-east-1'
const analyzer = z.object({ arn: z.string(), type: z.string(), status: z.string() })
/** Ignores kinds that are newer than this code. */
const finding = z.object({
  resource: z.string(),
  findingType: z.union([z.enum(unusedAccessKinds), z.string().transform(() => undefined)]),
})

/** IAM Access Analyzer's findings for the account; tries each call once. Throws ServiceError (`access-analyzer`). */
export function unusedAccess({
  settings,
}: EnteredAccount): Pick<AuditedAccount, 'unusedAccessAnalyzers' | 'unusedAccessFindings'> {
  const clientIn = (region: string) => new AccessAnalyzerClient({ ...settings, region })
  const analyzersIn = async (region: string): Promise<readonly Analyzer[]> => {
    const client = clientIn(region)
    const page = async (nextToken: string | undefined): Promise<Page<z.output<typeof analyzer>>> => {
      const answer = await answerOf(service, client.send(new ListAnalyzersCommand({ nextToken })))
      const items = parseAnswer({ service, member: 'analyzers' }, z.array(analyzer), answer.analyzers)
      return { items, nextToken: answer.nextToken }
    }
    const found = await Array.fromAsync(listAll(page))
    return found.flatMap(({ arn, type, status }) =>
      status === 'ACTIVE' && type.endsWith('_UNUSED_ACCESS')
        ? [{ arn, isOfOrganization: type.startsWith('ORGANIZATION_') }]
        : [],
    )
  }
  return {
    async unusedAccessAnalyzers() {
      const { region } = settings
      const others = partitionOf(region) === 'aws' ? [securityHubRegion] : []
      return (await Promise.all([...new Set([region, ...others])].map(analyzersIn))).flat()
    },
    async unusedAccessFindings(analyzerArn, account, nextToken) {
      const [, , , region = ''] = analyzerArn.split(':')
      const filter = { status: { eq: ['ACTIVE'] }, resourceOwnerAccount: { eq: [account] } }
      const call = clientIn(region).send(new ListFindingsV2Command({ analyzerArn, filter, nextToken }))
      const answer = await answerOf(service, call)
      const findings = parseAnswer({ service, member: 'findings' }, z.array(finding), answer.findings)
      const items = findings.flatMap(({ resource, findingType }) =>
        findingType === undefined ? [] : [{ resource, kind: findingType }],
      )
      return { items, nextToken: answer.nextToken }
    },
  }
}
