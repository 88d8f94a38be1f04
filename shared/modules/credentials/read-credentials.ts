import pLimit from 'p-limit'
import type { KeyFacts, RoleFacts, RootFacts, UserFacts } from '../../domain/account-facts/credential-facts.ts'
import { rootUser } from '../../domain/account-facts/credential-facts.ts'
import { type EmergencyPrincipals, emergencyUser } from '../../domain/account-facts/emergency-principals.ts'
import { thingKey } from '../../domain/account-facts/unused-access.ts'
import type { Hygiene } from '../../domain/files/hygiene-file.ts'
import { type Account, refuses } from '../../domain/organization/organization-view.ts'
import { permissionSetRolePath } from '../../domain/permission-sets/permission-set-role.ts'
import type { AuditedAccount } from '../../ports/auditor.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { enterAccount } from '../../reconcile/calls/enter-account.ts'
import { repeatPatiently } from '../../reconcile/calls/repeat-patiently.ts'
import type { KeptCredentials, ReadAccount } from './kept-credentials.ts'
import { type OrganizationKnowledge, readUnusedAccess, type UnusedAccess } from './read-unused-access.ts'
import type { CredentialRow } from './rules/credential-row.ts'
import {
  closedAccount,
  findException,
  type JudgedThing,
  judgeKey,
  judgePasswordPolicy,
  judgeRole,
  judgeRoot,
  judgeUser,
  leftAccount,
  unreadAccount,
  unreadUsers,
} from './rules/judge-credentials.ts'
import { type CredentialReportLine, parseCredentialReport } from './rules/parse-credential-report.ts'

type AskingPorts = Pick<Ports, 'auditor' | 'clock' | 'randomness'>
export type CredentialContext = {
  readonly auditorRole: string
  readonly hygiene: Hygiene
  /** The accounts of the organization. */
  readonly accounts: ReadonlySet<string>
  readonly ownerOf: (account: Account) => Promise<string>
  readonly organization: OrganizationKnowledge
  readonly emergency: EmergencyPrincipals
}

const usersAtOnce = 4
/** At the rate for one account, the keys of 300 users take up to 90 seconds. IAM allows 5,000 users. (IAM User Guide, "Quotas".) */
const usersMost = 300
const usersOfPortion = 100
/** A report takes seconds, or more for thousands of users; this waits for some minutes. */
const polling = { attemptsMost: 40, firstMs: 2_000, mostMs: 10_000 }
/** IAM makes and deletes roles there by itself, and nobody else can. (IAM User Guide, "Service-linked roles".) */
const serviceRolePath = '/aws-service-role/'

class ReportNotMadeError extends Error {
  override readonly name = 'ReportNotMadeError'
}

/**
 * All credentials in one account, judged: users, keys, root, the password policy, and roles with findings. An unreadable account is one row
 * with the reason. For the users of a large account, call `readUsersOfLarge`. `isOver`: the time is over, so it asks nobody, and says so.
 */
export async function readCredentials(
  ports: AskingPorts,
  account: Account,
  { isOver, ...context }: CredentialContext & { readonly isOver: boolean },
): Promise<ReadAccount> {
  const rowsOf = await openRows(ports, account, context)
  const now = ports.clock.now()
  if (account.state === 'CLOSED') return { rows: rowsOf([closedAccount(now)]), roles: 0 }
  if (refuses(account)) return { rows: rowsOf([unreadAccount(`its state is ${account.state}`, now)]), roles: 0 }
  if (isOver) return { rows: rowsOf([leftAccount(now)]), roles: 0 }
  try {
    const iam = await enterAccount(ports, account.id, context.auditorRole)
    const { things, ...read } = await ask(ports, iam, account.id, context)
    const { by, found } = await readUnusedAccess(iam, account.id, context.organization)
    return { ...read, rows: rowsOf(addFindings(things, found)), analyzedBy: by }
  } catch (error) {
    return { rows: rowsOf([unreadAccount(whyUnread(error), now)]), roles: 0 }
  }
}

type UsersLeft = { readonly left: number; readonly of: number }

/**
 * Reads the users of a large account after those that are kept, and keeps each portion. Begins no portion after `untilMs`.
 * `undefined`: no user is left.
 */
export async function readUsersOfLarge(
  ports: AskingPorts,
  account: Account,
  context: CredentialContext & { readonly kept: KeptCredentials; readonly untilMs: number },
): Promise<UsersLeft | undefined> {
  const { kept, untilMs } = context
  const upTo = await kept.usersReadUpTo(account.id)
  if (upTo === undefined) return undefined
  const rowsOf = await openRows(ports, account, context)
  try {
    const iam = await enterAccount(ports, account.id, context.auditorRole)
    const { asOf, users } = await listUsers(ports, iam)
    const { found } = await readUnusedAccess(iam, account.id, context.organization)
    const rest = users.filter(({ user }) => user > upTo).sort((a, b) => (a.user < b.user ? -1 : 1))
    for (let from = 0; from < rest.length; from += usersOfPortion) {
      if (ports.clock.monotonicMs() >= untilMs) return { left: rest.length - from, of: users.length }
      const portion = rest.slice(from, from + usersOfPortion)
      const things = await judgeUsers(ports, iam, account.id, { ...context, asOf, users: portion })
      await kept.keepUsers(account.id, rowsOf(addFindings(things, found)), portion.at(-1)?.user)
    }
    await kept.keepUsers(account.id, [])
  } catch (error) {
    await kept.keepUsers(account.id, rowsOf([unreadUsers(whyUnread(error), ports.clock.now())]))
  }
  return undefined
}

/** The row for users of a large account that a night had no time for. */
export async function tellUsersLeft(
  ports: AskingPorts,
  account: Account,
  { left, ...context }: Pick<CredentialContext, 'ownerOf' | 'hygiene'> & { readonly left: UsersLeft },
): Promise<readonly CredentialRow[]> {
  return (await openRows(ports, account, context))([leftAccount(ports.clock.now(), left)])
}

/** Makes rows of one account. */
async function openRows(
  { clock }: AskingPorts,
  account: Account,
  { ownerOf, hygiene }: Pick<CredentialContext, 'ownerOf' | 'hygiene'>,
): Promise<(things: readonly JudgedThing[]) => readonly CredentialRow[]> {
  const owner = await ownerOf(account)
  return (things) =>
    things.map((thing) => {
      const row = { ...thing, account: account.id, accountName: account.name, owner }
      const isFound = row.findings.length > 0
      const exception = isFound ? findException(hygiene.exceptions, row, clock.now()) : undefined
      return exception === undefined ? row : { ...row, exception }
    })
}

function addFindings(things: readonly JudgedThing[], found: UnusedAccess['found']): readonly JudgedThing[] {
  return things.map((thing) => {
    const analyzer = found.get(thingKey(thing.kind, thing.name))
    return analyzer === undefined ? thing : { ...thing, analyzer: [...analyzer] }
  })
}

/** Throws other errors. */
function whyUnread(error: unknown): string {
  if (isServiceError(error) || error instanceof ReportNotMadeError) return error.message
  throw error
}

type AccountContent = Pick<ReadAccount, 'roles' | 'isLarge'> & { readonly things: readonly JudgedThing[] }

async function ask(
  ports: AskingPorts,
  iam: AuditedAccount,
  account: Account['id'],
  context: CredentialContext,
): Promise<AccountContent> {
  const { accounts, organization, emergency } = context
  const { standards, trusted } = context.hygiene
  const { asOf, root, users } = await listUsers(ports, iam)
  const isLarge = users.length > usersMost
  const ofUsers = isLarge ? [] : await judgeUsers(ports, iam, account, { ...context, asOf, users })
  const hasPassword = await iam.hasRootPassword()
  const policy = await iam.passwordPolicy()
  const listed = await Array.fromAsync(listAll((token) => iam.listRoles(token)))
  const roles = listed.filter(({ path }) => !path.startsWith(serviceRolePath))
  const asAsked = { standards, asOf: ports.clock.now() }
  const isInside = (id: string) => accounts.has(id) || trusted.includes(id)
  const passwords = users.filter((line) => line.hasPassword).length
  const rootIs = { hasPassword, isManagedCentrally: organization.isRootCentral }
  const things = [
    ...root.map((line) => judgeRoot(rootOf(line, rootIs), { standards, asOf })),
    judgePasswordPolicy(policy, { ...asAsked, passwords }),
    ...ofUsers,
    // There may be thousands of roles without a finding, and nobody has to look at them.
    ...roles
      .filter(({ path }) => !path.startsWith(permissionSetRolePath))
      .map((role): RoleFacts => ({ ...role, isBreakGlass: emergency.roles.includes(role.name) }))
      .map((role) => judgeRole(role, { ...asAsked, isInside }))
      .filter(({ findings }) => findings.length > 0),
  ]
  return { things, roles: roles.length, isLarge }
}

async function listUsers(ports: AskingPorts, iam: AuditedAccount) {
  const { content, madeAt: asOf } = await makeReport(ports, iam)
  const lines = parseCredentialReport(content)
  const isRoot = ({ user }: CredentialReportLine) => user === rootUser
  return { asOf, root: lines.filter(isRoot), users: lines.filter((line) => !isRoot(line)) }
}

type SomeUsers = Pick<CredentialContext, 'hygiene' | 'emergency'> & {
  readonly asOf: Date
  readonly users: readonly CredentialReportLine[]
}

async function judgeUsers(
  ports: AskingPorts,
  iam: AuditedAccount,
  account: Account['id'],
  { hygiene: { standards }, emergency, asOf, users }: SomeUsers,
): Promise<readonly JudgedThing[]> {
  const read = await pLimit(usersAtOnce).map(users, (line) =>
    readUser(iam, line, { asOf, is: emergencyUser(emergency, account, line.user) }),
  )
  const asAsked = { standards, asOf: ports.clock.now() }
  return read.flatMap((user) => [
    judgeUser(user, { standards, asOf }),
    ...user.keys.map((key) => judgeKey(user.name, key, asAsked)),
  ])
}

/** One that is four hours old at most: IAM makes no newer one. (IAM User Guide, "Generate credential reports".) */
async function makeReport(ports: AskingPorts, iam: AuditedAccount) {
  const mayHelp = (error: unknown) =>
    error instanceof ReportNotMadeError ||
    // It expired, or did not exist yet, between the two calls.
    isServiceError(error, 'ReportNotPresent', 'ReportInProgress', 'ReportExpired')
  return repeatPatiently(ports, { ...polling, mayHelp }, async () => {
    if ((await iam.generateCredentialReport()) !== 'COMPLETE')
      throw new ReportNotMadeError('IAM did not come to the end of its credential report')
    return iam.credentialReport()
  })
}

/** The report has no ids of keys and no inactive keys, so ask for both. */
async function readUser(
  iam: AuditedAccount,
  line: CredentialReportLine,
  { asOf, is }: { readonly asOf: Date; readonly is: ReturnType<typeof emergencyUser> },
): Promise<UserFacts> {
  const { user: name, madeAt = asOf, hasPassword, passwordChangedAt, passwordUsedAt, hasMfa } = line
  const keys: KeyFacts[] = []
  try {
    for await (const key of listAll((token) => iam.listAccessKeys(name, token)))
      keys.push({ ...key, ...(await iam.accessKeyLastUsed(key.id)) })
  } catch (error) {
    // The user was deleted after the report was made.
    if (!isServiceError(error, 'NoSuchEntity')) throw error
  }
  const password = { changedAt: passwordChangedAt ?? madeAt, lastUsedAt: passwordUsedAt }
  const emergency = { isBreakGlass: is === 'of break-glass', isNamesake: is === 'namesake' }
  return { name, madeAt, password: hasPassword ? password : undefined, hasMfa, keys, ...emergency }
}

function rootOf(
  { hasMfa, activeKeys, passwordUsedAt }: CredentialReportLine,
  known: Pick<RootFacts, 'hasPassword' | 'isManagedCentrally'>,
): RootFacts {
  return { ...known, hasMfa, activeKeys, lastUsedAt: passwordUsedAt }
}
