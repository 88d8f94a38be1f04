import * as z from 'zod'
import { accountId } from './account-id.ts'
import { principalId } from './identity-center-ids.ts'
import { permissionSetName } from './permission-set-name.ts'
import { parsePolicyJson } from './policy-json.ts'
import { record } from './record.ts'

/**
 * No session of a permission set lasts longer: its duration is 12 hours at most. (IAM Identity Center User Guide, "Set session
 * duration for AWS accounts".)
 */
export const sessionMostMs = 12 * 60 * 60_000

/** Sessions of one user that are denied: those issued before an instant, until none of them can be left. */
export const endedSession = record({
  user: principalId,
  /** The UserName when it was asked for, for people who read the record. */
  name: z.string(),
  permissionSet: permissionSetName,
  /** Absent: in all accounts. */
  account: accountId.optional(),
  before: z.iso.datetime(),
  until: z.iso.datetime(),
  by: z.string(),
})
export type EndedSession = z.infer<typeof endedSession>

/** `before`: at a whole second from this instant on, since a session's instant is told in seconds. */
export function endSession(wish: Omit<EndedSession, 'before' | 'until'>, at: Date): EndedSession {
  const beforeMs = Math.ceil(at.getTime() / 1000) * 1000
  const instant = (ms: number) => new Date(ms).toISOString()
  return { ...wish, before: instant(beforeMs), until: instant(beforeMs + sessionMostMs) }
}

/** With one more; what it covers goes. Ascending by permission set, user and account. */
export function addEndedSession(ended: readonly EndedSession[], added: EndedSession): readonly EndedSession[] {
  if (ended.some((one) => covers(one, added))) return ended
  return [...ended.filter((one) => !covers(added, one)), added].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
}

function covers(wide: EndedSession, narrow: EndedSession): boolean {
  return (
    wide.user === narrow.user &&
    wide.permissionSet === narrow.permissionSet &&
    (wide.account === undefined || wide.account === narrow.account) &&
    wide.before >= narrow.before
  )
}

function orderOf({ permissionSet, user, account }: EndedSession): string {
  return `${permissionSet} ${user} ${account ?? ''}`
}

export type DenialStatement = {
  readonly Sid: string
  readonly Effect: 'Deny'
  readonly Action: '*'
  readonly Resource: '*'
  readonly Condition: {
    readonly StringEquals: Readonly<Record<string, readonly string[]>>
    readonly DateLessThan: { readonly 'aws:TokenIssueTime': string }
  }
}

/** How the Sid of each begins, by which they are known again. Files must not use it. */
export const denialSid = 'SsofileEnded'

/**
 * What a permission set's inline policy says besides its file's: as few statements as say it exactly, since the size of an
 * inline policy is limited. Users with the same instant and accounts share one. A statement for several instants would deny new
 * sessions of some users. (IAM Identity Center User Guide, "Revoke active IAM role sessions created by permission sets";
 * "AWS global condition context keys", aws:TokenIssueTime.)
 */
export function denialsOf(
  ended: readonly Pick<EndedSession, 'user' | 'account' | 'before'>[],
): readonly DenialStatement[] {
  const byUser = Map.groupBy(ended, ({ user, before }) => `${before} ${user}`)
  const merged = [...byUser.values()].flatMap((all) => {
    const [first] = all
    const accounts = all.some(({ account }) => account === undefined) ? [] : all.flatMap(({ account }) => account ?? [])
    return first === undefined ? [] : [{ ...first, accounts: [...new Set(accounts)].sort() }]
  })
  const groups = Map.groupBy(merged, ({ before, accounts }) => `${before} ${accounts.join(' ')}`)
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, all], index) => {
      const [first] = all
      if (first === undefined) return []
      const { before, accounts } = first
      const users = all.map(({ user }) => user).sort()
      const inAccounts: Readonly<Record<string, readonly string[]>> =
        accounts.length === 0 ? {} : { 'aws:PrincipalAccount': accounts }
      return [
        {
          Sid: `${denialSid}${index + 1}`,
          Effect: 'Deny',
          Action: '*',
          Resource: '*',
          Condition: {
            StringEquals: { 'identitystore:UserId': users, ...inAccounts },
            DateLessThan: { 'aws:TokenIssueTime': before.replace('.000Z', 'Z') },
          },
        } as const,
      ]
    })
}

/** An inline policy with these denials instead of the ones that it has. `undefined`: there is nothing left to say. */
export function withDenials(inlinePolicy: string | undefined, denials: readonly DenialStatement[]): string | undefined {
  const own = withoutDenials(inlinePolicy)
  if (denials.length === 0) return own
  if (own === undefined) return JSON.stringify({ Version: '2012-10-17', Statement: denials })
  const { document, statements } = parsePolicy(own)
  return JSON.stringify({ ...document, Statement: [...statements, ...denials] })
}

/** What an inline policy says apart from ended sessions. */
export function withoutDenials(inlinePolicy: string | undefined): string | undefined {
  if (inlinePolicy?.includes(denialSid) !== true) return inlinePolicy
  const { document, statements } = parsePolicy(inlinePolicy)
  const own = statements.filter((one) => !isDenial(one))
  if (own.length === statements.length) return inlinePolicy
  return own.length === 0 ? undefined : JSON.stringify({ ...document, Statement: own })
}

/** A policy may have a single statement without a list. (IAM User Guide, "IAM JSON policy elements: Statement".) */
function parsePolicy(text: string): { readonly document: object; readonly statements: readonly unknown[] } {
  const parsed = parsePolicyJson(text)
  const document = typeof parsed === 'object' && parsed !== null ? parsed : {}
  return { document, statements: 'Statement' in document ? [document.Statement].flat() : [] }
}

export function isDenial(statement: unknown): boolean {
  return (
    typeof statement === 'object' &&
    statement !== null &&
    'Sid' in statement &&
    typeof statement.Sid === 'string' &&
    statement.Sid.startsWith(denialSid)
  )
}

/**
 * The service control policy that takes everything from a user in all member accounts, new sessions included. It does not reach
 * the management account. (IAM Identity Center User Guide, "Prepare to revoke active IAM role sessions created by permission
 * sets"; AWS Organizations User Guide, "Service control policies".)
 */
export function denyEverywhere(user: EndedSession['user']) {
  const Condition = { StringEquals: { 'identitystore:UserId': [user] } }
  return {
    Version: '2012-10-17',
    Statement: [{ Sid: 'DenyLeaver', Effect: 'Deny', Action: '*', Resource: '*', Condition }],
  } as const
}
