import * as z from 'zod'
import { parseLooseJson, sortFields } from '../json/loose-json.ts'
import { record } from '../json/record.ts'
import { accountId } from '../organization/account-id.ts'
import { permissionSetName } from '../permission-sets/permission-set-name.ts'
import { principalId } from '../principals/identity-center-ids.ts'

/** Who lost sessions, until none of them can be left. */
export const endedSessionsKey = 'control/ended-sessions.json'

/** No session of a permission set lasts longer than 12 hours. (IAM Identity Center User Guide, "Set session duration for AWS accounts".) */
export const sessionMostMs = 12 * 60 * 60_000

/** One user's ended sessions. ssofile denies sessions issued before `before`, until none of them can still run. */
export const endedSession = record({
  user: principalId,
  /** The UserName at that time, for people who read the record. */
  name: z.string(),
  permissionSet: permissionSetName,
  /** Absent: all accounts. */
  account: accountId.optional(),
  before: z.iso.datetime(),
  until: z.iso.datetime(),
  by: z.string(),
})
export type EndedSession = z.infer<typeof endedSession>

/**
 * Also ends sessions that begin while ssofile revokes the access. Otherwise a user who signs in at the last moment keeps the session for
 * hours. If the user has the same access from elsewhere, new sessions work again after this time.
 */
export const revocationMs = 2 * 60_000

const minuteMs = 60_000

/**
 * `before` is the next full minute, so that users whose sessions end within one minute share a statement. A session that begins before this
 * minute is denied too.
 */
export function endSession(wish: Omit<EndedSession, 'before' | 'until'>, at: Date): EndedSession {
  return { ...wish, ...endingBefore(Math.ceil(at.getTime() / minuteMs) * minuteMs) }
}

/**
 * Denies every session of a suspended person, whenever it began, while the suspension exists. For access through groups that ssofile cannot
 * take away. `by` is the file under `suspended/`.
 */
export function endWhileSuspended(wish: Omit<EndedSession, 'before' | 'until'>): EndedSession {
  return { ...wish, ...endingBefore(alwaysMs) }
}

/** A time so far ahead that every session began before it. */
const alwaysMs = Date.UTC(9999, 0, 1)

export function isWhileSuspended({ before }: Pick<EndedSession, 'before'>): boolean {
  return Date.parse(before) === alwaysMs
}

function endingBefore(beforeMs: number): Pick<EndedSession, 'before' | 'until'> {
  const instant = (ms: number) => new Date(ms).toISOString()
  return { before: instant(beforeMs), until: instant(beforeMs + sessionMostMs) }
}

/** The author of a denial that no operator asked for: the end of temporary access whose eligibility ends sessions. */
export const endOfRequest = (digest: string) => `the end of request ${digest}`

/** The author of a denial for a user who is disabled or gone in the directory. */
export const endOfUser = (name: string) => `the directory, where ${name} is disabled or gone`

export function isOfOperator({ by }: Pick<EndedSession, 'by'>): boolean {
  return !by.startsWith(endOfRequest(''))
}

/** With more accounts than this, a user's sessions end in all accounts, so that one person does not fill an inline policy. */
export const accountsMost = 20

/**
 * Merges the wishes for one user and permission set into one denial: the latest time, in all named accounts. It denies everything that
 * was asked for, and also sessions that began between two wishes. Ascending by permission set, user and account. An operator's wish
 * stays an operator's.
 */
export function mergeEndedSessions(ended: readonly EndedSession[]): readonly EndedSession[] {
  const isOneOf = ({ before, permissionSet, user }: EndedSession) =>
    `${isWhileSuspended({ before })} ${permissionSet} ${user}`
  return [...Map.groupBy(ended, isOneOf).values()]
    .flatMap(mergeOfUser)
    .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
}

function mergeOfUser(ended: readonly EndedSession[]): readonly EndedSession[] {
  const ascending = ended.toSorted((a, b) => Date.parse(a.before) - Date.parse(b.before))
  const latestMs = Math.max(...ended.map(({ before }) => Date.parse(before)))
  const byAccount = Map.groupBy(ascending, ({ account }) => account)
  const parts = byAccount.has(undefined) || byAccount.size > accountsMost ? [ascending] : [...byAccount.values()]
  return parts.flatMap((part) => {
    const told = part.findLast(isOfOperator) ?? part.at(-1)
    return told === undefined
      ? []
      : [{ ...told, account: part === ascending ? undefined : told.account, ...endingBefore(latestMs) }]
  })
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

/** The beginning of the Sid of each denial. Files must not use it: IAM takes each Sid of a policy once. */
export const denialSid = 'SsofileEnded'

/** The form of every denial that ssofile writes: it allows nothing, and it names its users. */
const denialForm = z.strictObject({
  Sid: z.string().regex(new RegExp(`^${denialSid}[1-9]\\d*$`)),
  Effect: z.literal('Deny'),
  Action: z.literal('*'),
  Resource: z.literal('*'),
  Condition: z.strictObject({
    StringEquals: z.strictObject({
      'identitystore:UserId': z.array(z.string()),
      'aws:PrincipalAccount': z.array(z.string()).optional(),
    }),
    DateLessThan: z.strictObject({ 'aws:TokenIssueTime': z.string() }),
  }),
})

/**
 * The denials in a permission set's inline policy. It has as few statements as possible, because the size of an inline policy is limited.
 * Users with the same instant and accounts share a statement. A statement for several instants would deny new sessions of some users. (IAM
 * Identity Center User Guide, "Revoke active IAM role sessions created by permission sets"; "AWS global condition context keys",
 * aws:TokenIssueTime.)
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

/**
 * An inline policy with these denials in place of its present ones, and of other statements with their Sids. `undefined`: the policy would
 * be empty.
 */
export function withDenials(inlinePolicy: string | undefined, denials: readonly DenialStatement[]): string | undefined {
  const sids = new Set<unknown>(denials.map(({ Sid }) => Sid))
  const own = withoutStatements(inlinePolicy, (one) => isDenial(one) || sids.has(sidOf(one)))
  if (denials.length === 0) return own
  if (own === undefined) return JSON.stringify({ Version: '2012-10-17', Statement: denials })
  const { document, statements } = parsePolicy(own)
  return JSON.stringify({ ...document, Statement: [...statements, ...denials] })
}

/**
 * An inline policy without ssofile's denials of ended sessions. Every other statement is content, whatever its Sid: somebody may write an
 * `Allow` with a Sid like ours. `known`: the denials that the record names. Without it, all statements in the form of denials.
 */
export function withoutDenials(
  inlinePolicy: string | undefined,
  known?: readonly DenialStatement[],
): string | undefined {
  const texts = known && new Set(known.map((one) => JSON.stringify(sortFields(one))))
  return withoutStatements(inlinePolicy, (one) => texts?.has(JSON.stringify(sortFields(one))) ?? isDenial(one))
}

function withoutStatements(
  inlinePolicy: string | undefined,
  isDropped: (statement: unknown) => boolean,
): string | undefined {
  if (inlinePolicy?.includes(denialSid) !== true) return inlinePolicy
  const { document, statements } = parsePolicy(inlinePolicy)
  const own = statements.filter((one) => !isDropped(one))
  if (own.length === statements.length) return inlinePolicy
  return own.length === 0 ? undefined : JSON.stringify({ ...document, Statement: own })
}

/** A policy may have a single statement without a list. (IAM User Guide, "IAM JSON policy elements: Statement".) */
function parsePolicy(text: string): { readonly document: object; readonly statements: readonly unknown[] } {
  const parsed = parseLooseJson(text)
  const document = typeof parsed === 'object' && parsed !== null ? parsed : {}
  return { document, statements: 'Statement' in document ? [document.Statement].flat() : [] }
}

function isDenial(statement: unknown): boolean {
  return denialForm.safeParse(statement).success
}

/** Whether a statement has a Sid that only ssofile may use. */
export function hasDenialSid(statement: unknown): boolean {
  const sid = sidOf(statement)
  return typeof sid === 'string' && sid.startsWith(denialSid)
}

function sidOf(statement: unknown): unknown {
  return typeof statement === 'object' && statement !== null && 'Sid' in statement ? statement.Sid : undefined
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
