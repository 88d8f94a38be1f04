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
import type { ReadAccount } from './kept-credentials.ts'
import { type OrganizationKnowledge, readUnusedAccess } from './read-unused-access.ts'
import { findException } from './rules/find-exception.ts'
import {
  closedAccount,
  type JudgedThing,
  judgeKey,
  judgePasswordPolicy,
  judgeRole,
  judgeRoot,
  judgeUser,
  unreadAccount,
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
/** A report takes seconds, or more for thousands of users; this waits for some minutes. */
const polling = { attemptsMost: 40, firstMs: 2_000, mostMs: 10_000 }
/** IAM makes and deletes roles there by itself, and nobody else can. (IAM User Guide, "Service-linked roles".) */
const serviceRolePath = '/aws-service-role/'

class ReportNotMadeError extends Error {
  override readonly name = 'ReportNotMadeError'
}

/**
 * All credentials in one account, judged: users, keys, root, the password policy, and roles with findings. An unreadable
 * account is one row with the reason.
 */
export async function readCredentials(
  ports: AskingPorts,
  account: Account,
  context: CredentialContext,
): Promise<ReadAccount> {
  const owner = await context.ownerOf(account)
  const { things, ...read } = await readThings(ports, account, context)
  const rows = things.map((thing) => {
    const row = { ...thing, account: account.id, accountName: account.name, owner }
    const isFound = row.findings.length > 0
    const exception = isFound ? findException(context.hygiene.exceptions, row, ports.clock.now()) : undefined
    return exception === undefined ? row : { ...row, exception }
  })
  return { ...read, rows }
}

type ReadThings = Omit<ReadAccount, 'rows'> & { readonly things: readonly JudgedThing[] }

async function readThings(ports: AskingPorts, account: Account, context: CredentialContext): Promise<ReadThings> {
  const now = ports.clock.now()
  if (account.state === 'CLOSED') return { things: [closedAccount(now)], roles: 0 }
  if (refuses(account)) return { things: [unreadAccount(`its state is ${account.state}`, now)], roles: 0 }
  try {
    const iam = await enterAccount(ports, account.id, context.auditorRole)
    const { things, roles } = await ask(ports, iam, account.id, context)
    const { by, found } = await readUnusedAccess(iam, account.id, context.organization)
    const joined = things.map((thing) => {
      const analyzer = found.get(thingKey(thing.kind, thing.name))
      return analyzer === undefined ? thing : { ...thing, analyzer: [...analyzer] }
    })
    return { things: joined, roles, analyzedBy: by }
  } catch (error) {
    if (!isServiceError(error) && !(error instanceof ReportNotMadeError)) throw error
    return { things: [unreadAccount(error.message, now)], roles: 0 }
  }
}

async function ask(
  ports: AskingPorts,
  iam: AuditedAccount,
  account: Account['id'],
  { hygiene: { standards, trusted }, accounts, organization, emergency }: CredentialContext,
): Promise<Pick<ReadThings, 'things' | 'roles'>> {
  const report = await makeReport(ports, iam)
  const lines = parseCredentialReport(report.content)
  const users = await pLimit(usersAtOnce).map(
    lines.filter(({ user }) => user !== rootUser),
    (line) => readUser(iam, line, { asOf: report.madeAt, is: emergencyUser(emergency, account, line.user) }),
  )
  const hasPassword = await iam.hasRootPassword()
  const policy = await iam.passwordPolicy()
  const listed = await Array.fromAsync(listAll((token) => iam.listRoles(token)))
  const roles = listed.filter(({ path }) => !path.startsWith(serviceRolePath))
  const asReported = { standards, asOf: report.madeAt }
  const asAsked = { standards, asOf: ports.clock.now() }
  const isInside = (id: string) => accounts.has(id) || trusted.includes(id)
  const passwords = users.filter(({ password }) => password !== undefined).length
  const rootIs = { hasPassword, isManagedCentrally: organization.isRootCentral }
  const things = [
    ...lines.filter(({ user }) => user === rootUser).map((line) => judgeRoot(rootOf(line, rootIs), asReported)),
    judgePasswordPolicy(policy, { ...asAsked, passwords }),
    ...users.flatMap((user) => [
      judgeUser(user, asReported),
      ...user.keys.map((key) => judgeKey(user.name, key, asAsked)),
    ]),
    // There may be thousands of roles without a finding, and nobody has to look at them.
    ...roles
      .filter(({ path }) => !path.startsWith(permissionSetRolePath))
      .map((role): RoleFacts => ({ ...role, isBreakGlass: emergency.roles.includes(role.name) }))
      .map((role) => judgeRole(role, { ...asAsked, isInside }))
      .filter(({ findings }) => findings.length > 0),
  ]
  return { things, roles: roles.length }
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
