import type { GrantingLink } from '../assignments/ledger-entry.ts'
import { quote } from '../statuses/complaint.ts'
import type { TemporaryLinkBody } from './link-body.ts'

/** A link that grants access. `request`: the link is temporary, and this is its approved request. */
export type ToldLink = GrantingLink & { readonly request?: TemporaryLinkBody['request'] | undefined }

/** The end, the eligibility and the approvers of temporary access, for a person. */
export function describeTemporary({ expiresAt, request }: Pick<ToldLink, 'expiresAt' | 'request'>): string | undefined {
  if (request === undefined) return undefined
  const { digest, eligibility, approvedBy } = request
  const by = approvedBy.map(({ name, user }) => `'${quote(name ?? user)}'`).join(' and ')
  const end = expiresAt === undefined ? '' : `until ${new Date(expiresAt).toISOString()}, `
  return `${end}by eligibility '${quote(eligibility)}', ${by === '' ? 'approved automatically' : `approved by ${by}`}, request ${digest}`
}
