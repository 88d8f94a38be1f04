import { type Finding, fail, ok } from '../../domain/guardrails/finding.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { joinRights, rightsByKinds, rightsOfFunctions } from '../../ports/rights.ts'
import { answerOf } from '../../ports/service-error.ts'
import { isDenied, unasked } from './ask.ts'

const check = 'bucket writes'
/** The folders that a dispatcher writes. `ssofile apply` writes the same ones if there is no deployment. */
function writtenFolders(): readonly string[] {
  const { write = [], put = [] } = joinRights(rightsOfFunctions.dispatcher, rightsByKinds('dispatcher'))
  return [...new Set([...write, ...put].map((place) => place.slice(0, place.indexOf('/') + 1)))].sort()
}
const noEtag = '0'.repeat(32)

/**
 * Whether these credentials may write where ssofile does: tries to overwrite a missing object with a condition that no object
 * meets. (S3 User Guide, "Conditional writes": 404 or 412 to callers that may write, 403 to others.)
 */
export async function examineWrites(objects: ObjectStore): Promise<Finding> {
  const denied: string[] = []
  const folders = writtenFolders()
  for (const prefix of folders) {
    const answer = await answerOf(objects.put(`${prefix}ssofile-doctor`, '', { ifMatch: noEtag }))
    if ('error' in answer && !isDenied(answer.error)) return unasked(check, answer.error, { needs: 's3:PutObject' })
    if ('error' in answer) denied.push(prefix)
    else if (answer.is.outcome === 'written')
      return fail(
        check,
        `the store wrote ${prefix}ssofile-doctor in spite of If-Match: it has no conditional writes, and ssofile needs them`,
        'use a bucket of S3, and delete that object',
      )
  }
  if (denied.length === 0)
    return ok(
      check,
      `${folders.length} prefixes accept writes (tried with a condition that always fails, so nothing was written)`,
    )
  return fail(
    check,
    `these credentials may not write ${denied.join(', ')}`,
    'allow them s3:PutObject and s3:DeleteObject there, or deploy ssofile (docs/deployment.md)',
  )
}
