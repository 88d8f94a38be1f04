import { type Finding, fail, ok } from '../../domain/guardrails/finding.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { ask, isDenied, unasked } from './ask.ts'

const check = 'bucket writes'
/** The prefixes that `ssofile apply` writes if there is no deployment. A dispatcher writes the same ones. */
export const writtenPrefixes = [
  'access/',
  'assignments/',
  'attention/',
  'changes/',
  'control/',
  'foreign/',
  'history/',
  'owned_attributes/',
  'owned_permission_sets/',
  'state/',
  'status/',
] as const
const noEtag = '0'.repeat(32)

/**
 * Whether these credentials may write where ssofile does: tries to overwrite a missing object with a condition that no object
 * meets. (S3 User Guide, "Conditional writes": 404 or 412 to callers that may write, 403 to others.)
 */
export async function examineWrites(objects: ObjectStore): Promise<Finding> {
  const denied: string[] = []
  for (const prefix of writtenPrefixes) {
    const answer = await ask(objects.put(`${prefix}ssofile-doctor`, '', { ifMatch: noEtag }))
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
      `${writtenPrefixes.length} prefixes accept writes (tried with a condition that always fails, so nothing was written)`,
    )
  return fail(
    check,
    `these credentials may not write ${denied.join(', ')}`,
    'allow them s3:PutObject and s3:DeleteObject there, or deploy ssofile (docs/deployment.md)',
  )
}
