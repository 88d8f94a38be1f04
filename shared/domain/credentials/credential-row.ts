import * as z from 'zod'
import { record } from '../json/record.ts'
import { accountId } from '../organization/account-id.ts'

/** The most urgent first. */
export const urgencies = ['now', 'soon', 'later'] as const
export type Urgency = (typeof urgencies)[number]

/** What is found of one thing; the most urgent first. */
export const findingKinds = [
  'root-key',
  // Nobody needs a secret for it.
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
  /** As a sentence about the thing goes on. */
  told: z.string(),
  remedy: z.string(),
})
export type CredentialFinding = z.infer<typeof finding>

export const credentialKinds = ['account', 'root', 'password policy', 'user', 'key', 'role'] as const

/** One thing of one account, and what is found of it. Instants are texts, since rows are kept in the bucket while a night goes on. */
export const credentialRow = record({
  account: accountId,
  accountName: z.string(),
  owner: z.string(),
  kind: z.enum(credentialKinds),
  /** Of the user or role; of a key that of its user. */
  name: z.string(),
  key: z.string().optional(),
  madeAt: z.string().optional(),
  lastUsedAt: z.string().optional(),
  service: z.string().optional(),
  region: z.string().optional(),
  unusedDays: z.int().optional(),
  /** Of a user with a password; `lastUsedAt` is of keys too. */
  passwordLastUsedAt: z.string().optional(),
  passwordUnusedDays: z.int().optional(),
  hasMfa: z.boolean().optional(),
  isActive: z.boolean().optional(),
  detail: z.string().optional(),
  /** What IAM Access Analyzer finds of the user or role. */
  analyzer: z.array(z.string()).optional(),
  findings: z.array(finding),
  /** Who wants it so, and until when: then its findings ask nobody for anything. */
  exception: z.string().optional(),
  asOf: z.string(),
})
export type CredentialRow = z.infer<typeof credentialRow>

/** The most urgent finding; `undefined`: there is nothing to do. */
export function urgencyOf({ findings, exception }: Pick<CredentialRow, 'findings' | 'exception'>): Urgency | undefined {
  if (exception !== undefined) return undefined
  return urgencies.find((urgency) => findings.some((one) => one.urgency === urgency))
}
