import * as z from 'zod'
import type {
  AccountPasswordPolicy,
  KeyFacts,
  RoleFacts,
  RootFacts,
  UserFacts,
} from '../../../domain/account-facts/credential-facts.ts'
import { foldIamName } from '../../../domain/account-facts/fold-iam-name.ts'
import type { Hygiene, Standards } from '../../../domain/files/hygiene-file.ts'
import { oneOrMore } from '../../../domain/iam-policies/policy-statement.ts'
import { parseLooseJson } from '../../../domain/json/loose-json.ts'
import { renderInstant } from '../../../domain/text/instant.ts'
import type { CredentialFinding, CredentialRow, FindingKind, Urgency } from './credential-row.ts'

/** The judgement of one credential. Account, owner and exception are added later. */
export type JudgedThing = Omit<CredentialRow, 'account' | 'accountName' | 'owner' | 'exception'>
export type JudgeContext = { readonly standards: Standards; readonly asOf: Date }

const dayMs = 24 * 60 * 60_000
/** IAM reports uses late, by hours and at most a day. (IAM User Guide, "Find unused AWS credentials".) */
const lateDays = 1
/** IAM remembers uses of roles for this many days. (IAM User Guide, "Refine permissions in AWS using last accessed information".) */
const rolesTrackedDays = 400

/**
 * The number of whole days without a known use, since the creation or the last use, whichever is later. Does not count the last day,
 * because its uses may not be known yet.
 */
export function unusedDays(
  thing: { readonly madeAt: Date; readonly lastUsedAt?: Date | undefined },
  asOf: Date,
): number {
  const from = Math.max(thing.madeAt.getTime(), thing.lastUsedAt?.getTime() ?? 0)
  return Math.max(0, Math.floor((asOf.getTime() - from) / dayMs) - lateDays)
}

/**
 * | root user                                | finding            | urgency |
 * | ---------------------------------------- | ------------------ | ------- |
 * | has an active key                        | `root-key`         | now     |
 * | has a password, or nobody knows; no MFA  | `root-without-mfa` | now     |
 */
export function judgeRoot(root: RootFacts, { asOf }: JudgeContext): JudgedThing {
  const { hasPassword, hasMfa, activeKeys, lastUsedAt } = root
  return {
    kind: 'root',
    name: 'root',
    lastUsedAt: instant(lastUsedAt),
    hasMfa,
    detail: `${hasPassword === false ? 'no password' : 'a password'}, ${plural(activeKeys, 'active key')}${centrally(root)}`,
    asOf: renderInstant(asOf),
    findings: [
      ...when(activeKeys > 0, 'root-key', 'now', `has ${plural(activeKeys, 'active key')}`, removeRoot),
      ...when(hasPassword !== false && !hasMfa, 'root-without-mfa', 'now', 'has no MFA', removeRoot),
    ],
  }
}
/** An organization that manages root credentials may still have old ones: only new accounts certainly have none. */
function centrally({ isManagedCentrally, hasPassword, activeKeys }: RootFacts): string {
  if (isManagedCentrally !== undefined)
    return `; root credentials are ${isManagedCentrally ? '' : 'not '}managed centrally`
  return hasPassword === false && activeKeys === 0 ? ': removed centrally, or never set' : ''
}
const removeRoot =
  'remove the root credentials of the account centrally (IAM, Root access management), or sign in as root, delete keys and register MFA'

/**
 * A user is unused if neither the password nor any key is used.
 *
 * | user                                                       | finding                | urgency |
 * | ---------------------------------------------------------- | ---------------------- | ------- |
 * | a break-glass user, by its definitions                     | only `password-without-mfa` | |
 * | only has such a name                                       | `break-glass-name`     | now     |
 * | password and each active key unused, or there is neither   | `unused-user`          | soon    |
 * | password unused, a key is used                             | `unused-password`      | soon    |
 * | password, no MFA, and the standard asks for it             | `password-without-mfa` | now     |
 * | two active keys                                            | `two-active-keys`      | later   |
 */
export function judgeUser(user: UserFacts, { standards, asOf }: JudgeContext): JudgedThing {
  const { name, madeAt, password, hasMfa, keys, isBreakGlass, isNamesake } = user
  const active = keys.filter(({ isActive }) => isActive)
  const uses = [password?.lastUsedAt, ...keys.map((key) => key.lastUsedAt)].flatMap((at) => at ?? [])
  // A new password or key shows that somebody wants the user.
  const changes = [madeAt, ...(password === undefined ? [] : [password.changedAt]), ...active.map((key) => key.madeAt)]
  const days = unusedDays({ madeAt: latestOf(changes) ?? madeAt, lastUsedAt: latestOf(uses) }, asOf)
  const passwordDays = password && unusedDays({ madeAt: password.changedAt, lastUsedAt: password.lastUsedAt }, asOf)
  const isUnused = !isBreakGlass && days >= standards.unusedDays
  const isPasswordUnused = !isBreakGlass && !isUnused && (passwordDays ?? 0) >= standards.unusedDays
  return {
    kind: 'user',
    name,
    madeAt: renderInstant(madeAt),
    lastUsedAt: instant(latestOf(uses)),
    unusedDays: days,
    passwordLastUsedAt: instant(password?.lastUsedAt),
    passwordUnusedDays: passwordDays,
    hasMfa,
    detail: `${password === undefined ? 'no password' : `password of ${renderInstant(password.changedAt).slice(0, 10)}, ${password.lastUsedAt === undefined ? 'never used' : `last used ${renderInstant(password.lastUsedAt).slice(0, 10)}`}`}, ${plural(active.length, 'active key')}${isBreakGlass ? ', for emergencies' : ''}`,
    asOf: renderInstant(asOf),
    findings: [
      ...when(
        isNamesake === true,
        'break-glass-name',
        'now',
        'has the name of a break-glass user, but no definition contains it',
        'ask who made it, and why; give it another name, or delete it',
      ),
      ...when(
        password !== undefined && !hasMfa && standards.mfa,
        'password-without-mfa',
        'now',
        'signs in with a password alone',
        'have the person register MFA, or remove the password and give access through Identity Center',
      ),
      ...when(
        isUnused,
        'unused-user',
        'soon',
        `nobody used it for ${days} days, neither a password nor a key`,
        'ask its owner; make its keys inactive, remove its password, wait, then delete it',
      ),
      ...when(
        isPasswordUnused,
        'unused-password',
        'soon',
        `nobody has signed in with its password for ${passwordDays} days; its keys are used`,
        'remove the password; keep the user and its keys',
      ),
      ...when(
        !isBreakGlass && active.length > 1,
        'two-active-keys',
        'later',
        'has two active keys, which only a rotation needs',
        'make the older key inactive once nothing uses it',
      ),
    ],
  }
}

/**
 * Judges only the key, never its user. The first row that fits counts:
 *
 * | key                                  | finding        | urgency |
 * | ------------------------------------ | -------------- | ------- |
 * | inactive                             | `inactive-key` | later   |
 * | active, unused for the standard's days | `unused-key` | soon    |
 * | active, used, older than the standard | `old-key`     | soon    |
 */
export function judgeKey(user: string, key: KeyFacts, { standards, asOf }: JudgeContext): JudgedThing {
  const { id, isActive, madeAt, lastUsedAt, service, region } = key
  const days = unusedDays(key, asOf)
  const age = Math.floor((asOf.getTime() - madeAt.getTime()) / dayMs)
  const never = lastUsedAt === undefined ? ' (never, according to IAM)' : ''
  return {
    kind: 'key',
    name: user,
    key: id,
    madeAt: renderInstant(madeAt),
    lastUsedAt: instant(lastUsedAt),
    service,
    region,
    unusedDays: days,
    isActive,
    detail: `${age} days old`,
    asOf: renderInstant(asOf),
    findings: [
      ...when(!isActive, 'inactive-key', 'later', 'is inactive', 'delete it, if nobody has missed it'),
      ...when(
        isActive && days >= standards.unusedDays,
        'unused-key',
        'soon',
        `nobody used it for ${days} days${never}`,
        'make it inactive, wait, then delete it; keep its user',
      ),
      ...when(
        isActive && days < standards.unusedDays && age >= standards.keyAgeDays,
        'old-key',
        'soon',
        `is ${age} days old, and in use${service === undefined ? '' : ` (${service}${region === undefined ? '' : `, ${region}`})`}`,
        'make a second key, use it everywhere instead of this one, then make this one inactive and delete it; keep its user',
      ),
    ],
  }
}

/**
 * `isInside`: whether roles may trust an account or organization. Roles of break-glass are normally unused, so that is no finding.
 *
 * | role                                         | finding          | urgency |
 * | -------------------------------------------- | ---------------- | ------- |
 * | anybody may assume it                        | `trusts-anybody` | now     |
 * | accounts or organizations outside may        | `trusts-outside` | soon    |
 * | its latest use is older than the standard    | `unused-role`    | later   |
 */
export function judgeRole(
  role: RoleFacts,
  { standards, asOf, isInside }: JudgeContext & { readonly isInside: (id: string) => boolean },
): JudgedThing {
  const { name, madeAt, lastUsedAt, trust, isBreakGlass } = role
  const outside = outsideTrusts(trust, isInside)
  const days = Math.min(unusedDays(role, asOf), rolesTrackedDays - lateDays)
  const isOpen = outside.includes(anybody)
  return {
    kind: 'role',
    name,
    madeAt: renderInstant(madeAt),
    lastUsedAt: instant(lastUsedAt),
    unusedDays: days,
    detail: outside.length === 0 ? undefined : `trusts ${outside.join(', ')}`,
    asOf: renderInstant(asOf),
    findings: [
      ...when(isOpen, 'trusts-anybody', 'now', 'may be assumed from any account of AWS', limitTrust),
      ...when(
        !isOpen && outside.length > 0,
        'trusts-outside',
        'soon',
        `may be assumed from outside the organization, by ${outside.join(', ')}`,
        `${limitTrust}; add accepted accounts to trusted in hygiene.json`,
      ),
      ...when(
        !isBreakGlass && days >= standards.unusedDays,
        'unused-role',
        'later',
        `nobody used it for ${days} days`,
        'ask its owner, then delete it',
      ),
    ],
  }
}
const limitTrust = 'name only the principals that need it in its trust policy, with a condition on aws:PrincipalOrgID'

/** If no user has a password, the policy applies to nobody, so there is no finding. */
export function judgePasswordPolicy(
  policy: AccountPasswordPolicy | undefined,
  { standards, asOf, passwords }: JudgeContext & { readonly passwords: number },
): JudgedThing {
  const { minimumLength, isMixed, reusePrevention, maxAgeDays } = standards.passwordPolicy
  // IAM User Guide, "Set an account password policy for IAM users": the default has 8 characters of three kinds.
  const set = policy ?? { minimumLength: 8, isMixed: false, reusePrevention: 0 }
  const lacks = [
    ...(set.minimumLength < minimumLength ? [`${set.minimumLength} characters in place of ${minimumLength}`] : []),
    ...(isMixed && !set.isMixed ? ['not all four kinds of characters'] : []),
    ...(set.reusePrevention < reusePrevention
      ? [`the last ${set.reusePrevention} kept in place of ${reusePrevention}`]
      : []),
    ...(maxAgeDays !== undefined && (set.maxAgeDays ?? Number.POSITIVE_INFINITY) > maxAgeDays
      ? [`${set.maxAgeDays === undefined ? 'no end' : `${set.maxAgeDays} days`} in place of ${maxAgeDays} days`]
      : []),
  ]
  return {
    kind: 'password policy',
    name: 'password policy',
    detail: policy === undefined ? 'the default of AWS' : `at least ${policy.minimumLength} characters`,
    asOf: renderInstant(asOf),
    findings: when(
      passwords > 0 && lacks.length > 0,
      'weak-password-policy',
      'later',
      `demands less than the standard: ${lacks.join(', ')}`,
      'set the password policy of the account to the standard',
    ),
  }
}

/** A closed account has no findings: until its deletion nobody can use it. (Account Management, "Close an AWS account".) */
export function closedAccount(asOf: Date): JudgedThing {
  return { kind: 'account', name: '', detail: 'closed, so not read', asOf: renderInstant(asOf), findings: [] }
}

const permissionsRemedy = "for the permissions of the auditor's role, see docs/credentials.md"

/** The row for an unreadable account. `why`: as the end of a sentence. */
export function unreadAccount(why: string, asOf: Date): JudgedThing {
  return unread(`could not be read: ${why}`, permissionsRemedy, asOf)
}

/** The row for users that could not be read, of an account that has its other rows. */
export function unreadUsers(why: string, asOf: Date): JudgedThing {
  return unread(`not all users could be read: ${why}`, permissionsRemedy, asOf)
}

/** The row for an account that a night had no time for. `of`: the number of its users, if the others have their rows. */
export function leftAccount(asOf: Date, users?: { readonly left: number; readonly of: number }): JudgedThing {
  const told = users === undefined ? 'was not read' : `${users.left} of its ${users.of} users were not read`
  return unread(`${told}: the time of this night was over`, 'look at the report of the next night', asOf)
}

function unread(told: string, remedy: string, asOf: Date): JudgedThing {
  const findings = when(true, 'not-read', 'soon', told, remedy)
  return { kind: 'account', name: '', asOf: renderInstant(asOf), findings }
}

function when(holds: boolean, kind: FindingKind, urgency: Urgency, told: string, remedy: string): CredentialFinding[] {
  return holds ? [{ kind, urgency, told, remedy }] : []
}

function latestOf(instants: readonly Date[]): Date | undefined {
  return instants.length === 0 ? undefined : new Date(Math.max(...instants.map(Number)))
}

function instant(at: Date | undefined): string | undefined {
  return at && renderInstant(at)
}

function plural(count: number, one: string): string {
  return count === 1 ? `1 ${one}` : `${count === 0 ? 'no' : count} ${one}s`
}

const statement = z.looseObject({
  Effect: z.string(),
  Principal: z.union([z.literal('*'), z.record(z.string(), oneOrMore)]).optional(),
  NotPrincipal: z.unknown().optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
})
const document = z.looseObject({ Statement: z.union([z.array(statement), statement.transform((one) => [one])]) })

/**
 * The outsiders that may assume a role by its trust policy: accounts, organizations (`o-…`), or `anybody`. The first row that fits counts
 * for a principal:
 *
 * | the statement                                | the principal                      | is outside              |
 * | -------------------------------------------- | ---------------------------------- | ----------------------- |
 * | has a condition on `aws:PrincipalOrgID`      | any of AWS                         | that organization, unless trusted |
 * | allows all but some (`NotPrincipal`)         |                                    | `anybody`               |
 * |                                              | `*`                                | `anybody`               |
 * |                                              | an account, or someone in it       | the account, unless `isInside` |
 * |                                              | a service, a provider, a deleted id | nobody                 |
 *
 * An unreadable policy may allow anybody. (IAM User Guide, "AWS JSON policy elements: Principal".)
 */
function outsideTrusts(trust: string, isInside: (id: string) => boolean): readonly string[] {
  const read = document.safeParse(parseLooseJson(trust))
  if (!read.success) return [anybody]
  const outside = read.data.Statement.filter(({ Effect }) => Effect === 'Allow').flatMap((one) => {
    const { Principal, Condition = {} } = one
    const principals = Principal === '*' ? ['*'] : Principal === undefined ? ['*'] : (Principal.AWS ?? [])
    if (principals.length === 0) return []
    const organizations = organizationsOf(Condition)
    if (organizations !== undefined) return organizations.filter((id) => !isInside(id))
    return principals.flatMap((principal) => {
      if (principal === '*') return [anybody]
      const [account] = /(?<![\w-])\d{12}(?![\w-])/.exec(principal) ?? []
      return account === undefined || isInside(account) ? [] : [account]
    })
  })
  return [...new Set(outside)].sort()
}

const anybody = 'anybody'

/** The organizations that a condition requires. Only operators of equality require one. `undefined`: it requires none. */
function organizationsOf(
  condition: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): readonly string[] | undefined {
  for (const [operator, keys] of Object.entries(condition)) {
    if (!/^(ForAnyValue:)?StringEquals(IgnoreCase)?$/i.test(operator)) continue
    for (const [key, values] of Object.entries(keys))
      if (key.toLowerCase() === 'aws:principalorgid') return oneOrMore.safeParse(values).data
  }
  return undefined
}

/** The exception that is in force now for a user, a role, `root` or `password policy` of an account, for people. */
export function findException(
  exceptions: Hygiene['exceptions'],
  { account, name }: { readonly account: string; readonly name: string },
  now: Date,
): string | undefined {
  const found = exceptions.find(
    (one) =>
      one.account === account &&
      foldIamName(one.name) === foldIamName(name) &&
      Date.parse(one.expiresAt) > now.getTime(),
  )
  return found && `${found.owner}, until ${found.expiresAt}: ${found.reason}`
}
