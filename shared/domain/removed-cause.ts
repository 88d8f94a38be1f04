import { quote } from './complaint.ts'

/**
 * What a person does about requests that AWS failed with these reasons. AWS's text for a customer managed policy that the
 * account lacks says only `Received a 404 status error: Not supported policy <name>.` (field reports).
 */
export function removedCause(reasons: readonly string[]): string {
  const names = reasons.map((reason) => /Not supported policy ([\w+=,.@-]+?)\.?$/.exec(reason)?.[1])
  const missing = [...new Set(names.filter((name) => name !== undefined))].map((name) => `'${quote(name)}'`)
  if (missing.length === 0 || names.includes(undefined)) return 'remove the cause'
  const policies = missing.length === 1 ? 'policy' : 'policies'
  return `create the customer managed ${policies} ${missing.join(', ')} in these accounts, under the path that the permission set names, or take ${missing.length === 1 ? 'it' : 'them'} out of the permission set`
}
