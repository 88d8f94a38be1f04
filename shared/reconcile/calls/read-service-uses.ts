import type { ServiceUse } from '../../domain/iam-policies/set-usage.ts'
import type { AuditedAccount, LastAccessedPage } from '../../ports/auditor.ts'
import type { Ports } from '../../ports/ports.ts'
import { repeatPatiently } from './repeat-patiently.ts'

type Completed = Extract<LastAccessedPage, { status: 'COMPLETED' }>

/** A job takes seconds; this waits for a minute or two. */
const polling = { attemptsMost: 40, firstMs: 1_000, mostMs: 5_000 }

class InProgressError extends Error {
  override readonly name = 'InProgressError'
}

/** The result of a job of IAM from all pages, or the reason why it has none. Throws ServiceError. */
export async function readServiceUses(
  ports: Pick<Ports, 'clock' | 'randomness'>,
  iam: AuditedAccount,
  jobId: string,
): Promise<{ readonly services: readonly ServiceUse[] } | { readonly why: string }> {
  const services: ServiceUse[] = []
  let nextToken: string | undefined
  do {
    const page = await readPage(ports, iam, { jobId, nextToken })
    if ('why' in page) return page
    services.push(...page.services)
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return { services }
}

async function readPage(
  ports: Pick<Ports, 'clock' | 'randomness'>,
  iam: AuditedAccount,
  { jobId, nextToken }: { readonly jobId: string; readonly nextToken: string | undefined },
): Promise<Completed | { readonly why: string }> {
  const mayHelp = (error: unknown) => error instanceof InProgressError
  try {
    return await repeatPatiently(ports, { ...polling, mayHelp }, async () => {
      const page = await iam.getServiceLastAccessedDetails(jobId, nextToken)
      if (page.status === 'IN_PROGRESS') throw new InProgressError()
      return page.status === 'COMPLETED' ? page : { why: `IAM's job failed: ${page.reason}` }
    })
  } catch (error) {
    if (error instanceof InProgressError) return { why: "IAM's job did not come to its end" }
    throw error
  }
}
