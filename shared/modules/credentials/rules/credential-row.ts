import * as z from 'zod'
import { record } from '../../../domain/json/record.ts'
import { accountId } from '../../../domain/organization/account-id.ts'

/** The most urgent first. */
export const urgencies = ['now', 'soon', 'later'] as const
export type Urgency = (typeof urgencies)[number]

/** The kinds of findings, the most urgent first. */
export const findingKinds = [
  'root-key',
  // Anybody can assume such a role without a secret.
  'trusts-anybody',
  'break-glass-name',
  'root-without-mfa',
  'password-without-mfa',
  'trusts-outside',
  'unused-user',
  'unused-password',
  'unused-key',
  'old-key',
  'two-active-keys',
  'weak-password-policy',
  'unused-role',
  'inactive-key',
  'not-read',
] as const
export type FindingKind = (typeof findingKinds)[number]

const finding = record({
  kind: z.enum(findingKinds),
  urgency: z.enum(urgencies),
  /** The end of a sentence about the credential. */
  told: z.string(),
  remedy: z.string(),
})
export type CredentialFinding = z.infer<typeof finding>

export const credentialKinds = ['account', 'root', 'password policy', 'user', 'key', 'role'] as const

/** One credential of an account with its findings. Instants are texts, because the bucket keeps rows while a night goes on. */
export const credentialRow = record({
  account: accountId,
  accountName: z.string(),
  owner: z.string(),
  kind: z.enum(credentialKinds),
  /** The name of the user or role. For a key: of its user. */
  name: z.string(),
  key: z.string().optional(),
  madeAt: z.string().optional(),
  lastUsedAt: z.string().optional(),
  service: z.string().optional(),
  region: z.string().optional(),
  unusedDays: z.int().optional(),
  /** Only for a user with a password. `lastUsedAt` also counts keys. */
  passwordLastUsedAt: z.string().optional(),
  passwordUnusedDays: z.int().optional(),
  hasMfa: z.boolean().optional(),
  isActive: z.boolean().optional(),
  detail: z.string().optional(),
  /** IAM Access Analyzer's findings about the user or role. */
  analyzer: z.array(z.string()).optional(),
  findings: z.array(finding),
  /** The owner and the end of an exception. Then its findings need nobody. */
  exception: z.string().optional(),
  asOf: z.string(),
})
export type CredentialRow = z.infer<typeof credentialRow>

/** The highest urgency of the findings. `undefined`: there is nothing to do. */
export function urgencyOf({ findings, exception }: Pick<CredentialRow, 'findings' | 'exception'>): Urgency | undefined {
  if (exception !== undefined) return undefined
  return urgencies.find((urgency) => findings.some((one) => one.urgency === urgency))
}
