import { describeAnalyzerPrice } from '../../domain/credentials/unused-access.ts'
import { type Finding, ok, skip } from '../../domain/guardrails/finding.ts'
import type { Ports } from '../../ports/ports.ts'
import { readNewestSummary } from '../records/credential-summary.ts'
import { ask, unasked } from './ask.ts'

const check = 'report of credentials'

/** The newest report of credentials, and what it would cost to have IAM Access Analyzer look for unused access: for information. */
export async function examineCredentials({ objects }: Pick<Ports, 'objects'>): Promise<readonly Finding[]> {
  const newest = await ask(readNewestSummary(objects))
  if ('error' in newest) return [unasked(check, newest.error, { needs: 's3:ListBucket' })]
  if (newest.is === undefined) return [skip(check, 'there is no report of credentials yet: it is made every night')]
  const { date, urgent, counts, analyzedBy } = newest.is
  const price = describeAnalyzerPrice({ counts, analyzedBy })
  const told = `the report of ${date} has ${urgent.now} things that want somebody now, ${urgent.soon} soon`
  return [ok(check, told), ...(price === undefined ? [] : [ok('access analyzer', price)])]
}
