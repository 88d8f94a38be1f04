import {
  alarmBus,
  alarmTopic,
  alarmTopicArn,
  iamRegion,
  policyArn,
  userName,
} from '../../../domain/account-facts/break-glass-names.ts'
import type {
  AlarmTopic,
  DeployedRole,
  DeployedRule,
  DeployedUser,
  PasswordPolicy,
  SecurityRules,
  Subscription,
} from '../../../domain/account-facts/deployed-break-glass.ts'
import type { BreakGlass, Playbook, Responder } from '../../../domain/files/break-glass-file.ts'
import type { Finding } from '../../../domain/guardrails/finding.ts'
import { sortFields } from '../../../domain/json/loose-json.ts'
import { securityRules, type WantedRule } from './alarm-rules.ts'
import type { DrillRecord } from './drill-record.ts'
import { type RenderedRole, rolesOfAccount } from './render-role.ts'
import { renderBusStatement, renderTopicPolicy } from './render-templates.ts'
import { renderUserPolicy } from './render-user-policy.ts'

export const breakGlassChecks = ['roles', 'rules', 'users', 'passwords', 'alarms', 'people', 'drills', 'scps'] as const
export type BreakGlassCheck = (typeof breakGlassChecks)[number]
export type BreakGlassFinding = Finding & {
  /** The subject, which differs for each finding of a check: a role in an account, a user, an address. */
  readonly subject: string
  /** The check could not ask AWS. Nothing is known about subjects that equal or begin with this one. */
  readonly isUnchecked?: true
}
type FindingText = Pick<BreakGlassFinding, 'subject' | 'level' | 'told' | 'remedy'>

const dayMs = 24 * 60 * 60_000
const devicesLeast = 2
/** Well-Architected Framework, SEC03-BP03: access for emergencies is tested and kept up to date. */
const passwordMostDays = 366
const passwordLeastCharacters = 24
const again = 'npm run break-glass -- deploy --file …'
const byHand =
  'find out who did it (the alarm and ssofile break-glass evidence say it), detect drift on its stack or StackSet, and deploy again'

export function breakGlassFinding(check: BreakGlassCheck, told: FindingText): BreakGlassFinding {
  return { check: `break-glass ${check}`, ...told }
}

/**
 * Whether an account has each role of the file, unchanged, and no other. Roles that send alarms count too. No finding: the account is
 * right.
 */
export function judgeRoles(
  file: BreakGlass,
  {
    account,
    playbooks,
    roles,
  }: { readonly account: string; readonly playbooks: readonly Playbook[]; readonly roles: readonly DeployedRole[] },
): readonly BreakGlassFinding[] {
  const tell = (role: string, told: string, remedy: string) =>
    breakGlassFinding('roles', { subject: `${account}/${role}`, level: 'fail', told, remedy })
  const wanted = rolesOfAccount(file, account, playbooks)
  const others = roles.filter(({ name }) => !wanted.some((role) => role.name === name))
  return [
    ...wanted.flatMap((role) => {
      const found = roles.find(({ name }) => name === role.name)
      if (found === undefined)
        return tell(
          role.name,
          `${account} has no role ${role.name}`,
          `check its StackSet in the management account, then ${again}`,
        )
      const changes = changesOf(found, role, account)
      return changes.length === 0
        ? []
        : tell(role.name, `${role.name} in ${account} was changed: ${changes.join(', ')}`, byHand)
    }),
    ...others.map(({ name }) =>
      tell(
        name,
        `${account} has the role ${name}, which the file does not give it`,
        'find out who made it, and delete it',
      ),
    ),
  ]
}

function changesOf(found: DeployedRole, wanted: RenderedRole, account: string): readonly string[] {
  const inAccount = (policy: string) => policyArn(account, policy)
  const inline = Object.entries(found.inline).map(([name, text]) => [name, JSON.parse(text)])
  const { permissionsBoundary: boundary } = wanted
  return [
    isSame(JSON.parse(found.trust), wanted.trust)
      ? []
      : `it trusts ${found.trust.includes('"AIDA') ? 'a user who is gone' : 'others'}`,
    isSame(Object.fromEntries(inline), wanted.inline) ? [] : 'its inline policies differ',
    isSame(found.managedPolicies, wanted.managedPolicies.map(inAccount)) ? [] : 'its managed policies differ',
    found.permissionsBoundary === (boundary && inAccount(boundary)) ? [] : 'its boundary differs',
    found.maxSessionSeconds === wanted.maxSessionSeconds
      ? []
      : `its sessions last up to ${hours(found.maxSessionSeconds)}, expected ${hours(wanted.maxSessionSeconds)}`,
  ].flat()
}

/** Whether each alarm rule exists, switched on and unchanged. `place`: account and Region. No finding: the rules are right. */
export function judgeRules(
  check: 'roles' | 'rules',
  place: string,
  { wanted, found }: { readonly wanted: readonly WantedRule[]; readonly found: readonly DeployedRule[] },
): readonly BreakGlassFinding[] {
  return wanted.flatMap((rendered) => {
    const { name } = rendered
    const rule = found.find((one) => one.name === name)
    const changes = rule === undefined ? ['it is gone'] : changesOfRule(rule, rendered)
    if (changes.length === 0) return []
    const told = `the rule ${name} in ${place} was changed: ${changes.join(', ')}`
    return breakGlassFinding(check, { subject: `${place}/${name}`, level: 'fail', told, remedy: byHand })
  })
}

/** Judges the rules in one Region of the security account, and who may put events on the bus there. */
export function judgeSecurityRules(
  file: BreakGlass,
  region: string,
  { rules: found, busPolicy }: SecurityRules,
): readonly BreakGlassFinding[] {
  const [subject, wanted] = [`${file.securityAccount}/${region}`, securityRules(file, region)]
  const bus = region === iamRegion ? judgeBus(file, subject, busPolicy) : []
  const changed = [...judgeRules('rules', subject, { wanted, found }), ...bus]
  const told = `${region}: ${wanted.length} as rendered`
  return changed.length > 0 ? changed : [breakGlassFinding('rules', { subject, level: 'ok', told })]
}

/** Without its policy, the bus takes no alarm of another account. With another one, anybody may fill it. */
function judgeBus(file: BreakGlass, place: string, policy: string | undefined): readonly BreakGlassFinding[] {
  const wanted = { Version: '2012-10-17', Statement: renderBusStatement(file) }
  if (policy !== undefined && isSame(JSON.parse(policy), wanted)) return []
  const change = policy === undefined ? 'is gone' : 'was changed'
  const told = `the policy of the bus ${alarmBus} in ${place} ${change}`
  return [breakGlassFinding('rules', { subject: `${place}/${alarmBus}`, level: 'fail', told, remedy: byHand })]
}

function changesOfRule(rule: DeployedRule, { pattern, state }: WantedRule): readonly string[] {
  return [
    rule.state === state ? [] : stateDiffers(rule.state, state),
    isSame(JSON.parse(rule.pattern), pattern) ? [] : 'its pattern differs',
    rule.sends ? [] : 'it does not send to the alarms',
  ].flat()
}

function stateDiffers(found: string, wanted: string): string {
  return found === 'DISABLED' ? 'it is switched off' : `its state is ${found}, expected ${wanted}`
}

export function judgeUsers(file: BreakGlass, users: readonly DeployedUser[], now: Date): readonly BreakGlassFinding[] {
  const known = new Map(users.map((user) => [user.name, user]))
  const others = users.filter(({ name }) => !file.responders.some((one) => userName(one.name) === name))
  return [
    ...file.responders.flatMap((responder) => {
      const name = userName(responder.name)
      return judgeUser(file, responder, known.get(name), now).map((told) =>
        breakGlassFinding('users', { subject: name, ...told }),
      )
    }),
    ...others.map(({ name }) =>
      breakGlassFinding('users', {
        subject: name,
        level: 'fail',
        told: `there is a user ${name}, who is not in the file`,
        remedy: 'find out who made it (the alarm says it), and delete it',
      }),
    ),
  ]
}

/**
 * What keeps a responder from coming in, and what a user must not have:
 *
 * | case                                          | level |
 * | --------------------------------------------- | ----- |
 * | there is no such user                         | fail  |
 * | an access key                                 | fail  |
 * | other policies than the file gives, or groups | fail  |
 * | a permissions boundary, which limits its role | fail  |
 * | no password                                   | fail  |
 * | newer than IAM's report of passwords          | warn  |
 * | fewer than two MFA devices                    | fail  |
 * | a password older than a year                  | warn  |
 * | its time in the file is over                  | warn  |
 * | none of these                                 | ok    |
 */
function judgeUser(
  file: BreakGlass,
  responder: Responder,
  user: DeployedUser | undefined,
  now: Date,
): readonly Omit<FindingText, 'subject'>[] {
  const name = userName(responder.name)
  if (user === undefined) return [{ level: 'fail', told: `there is no user ${name}`, remedy: again }]
  const { attached, more, devices, keys, permissionsBoundary, hasPassword, passwordChangedAt, passwordUsedAt } = user
  const isOwnPolicy =
    attached.length === 1 && isSame(JSON.parse(attached[0] ?? '{}'), renderUserPolicy(file, responder))
  const age = passwordChangedAt === undefined ? 0 : daysSince(passwordChangedAt, now)
  const { expiresAt } = responder
  const has = devices === 1 ? '1 MFA device' : `${devices} MFA devices`
  const found: readonly (false | Omit<FindingText, 'subject'>)[] = [
    keys > 0 && { level: 'fail', told: `${name} has an access key`, remedy: 'delete them, and find out who made them' },
    !(isOwnPolicy && more.length === 0) && {
      level: 'fail',
      told: `${name} has other policies than the file gives`,
      remedy: `find out who changed them, then ${again}`,
    },
    permissionsBoundary !== undefined && {
      level: 'fail',
      told: `${name} has the permissions boundary ${permissionsBoundary}, which the file does not give`,
      remedy: 'find out who set it, and delete it: aws iam delete-user-permissions-boundary',
    },
    hasPassword === false && {
      level: 'fail',
      told: `${name} has no password, by IAM's report of the last four hours`,
      remedy: 'find out who deleted it, and give the user a new one: aws iam create-login-profile',
    },
    hasPassword === undefined && {
      level: 'warn',
      told: `it is not known yet whether ${name} has a password`,
      remedy: 'check again in four hours: IAM makes no report of passwords earlier',
    },
    devices < devicesLeast && {
      level: 'fail',
      told: `${name} has ${has}, expected at least ${devicesLeast}`,
      remedy: 'add a passkey, and an authenticator app for the command line (docs/break-glass.md, "The first sign-in")',
    },
    age > passwordMostDays && {
      level: 'warn',
      told: `the password of ${name} is ${age} days old`,
      remedy: 'sign in and change it',
    },
    expiresAt !== undefined &&
      Date.parse(expiresAt) <= now.getTime() && {
        level: 'warn',
        told: `${name} has had no permissions since ${expiresAt}`,
        remedy: 'take it out of the file, or give it more time, and deploy',
      },
  ]
  const wrong = found.filter((one) => one !== false)
  if (wrong.length > 0) return wrong
  const used =
    passwordUsedAt === undefined ? 'never signed in' : `last signed in ${passwordUsedAt.toISOString().slice(0, 10)}`
  return [{ level: 'ok', told: `${name}: ${has}, no key, ${used}` }]
}

export function judgePasswordPolicy({ securityAccount: subject }: BreakGlass, policy: PasswordPolicy | undefined) {
  const { minimumLength = 0, isMixed = false } = policy ?? {}
  if (minimumLength >= passwordLeastCharacters && isMixed)
    return breakGlassFinding('passwords', {
      subject,
      level: 'ok',
      told: `at least ${minimumLength} characters of all kinds`,
    })
  const told =
    policy === undefined
      ? 'the account of the users has no password policy'
      : `${minimumLength} characters are enough${isMixed ? '' : ', of one kind'}; expected ${passwordLeastCharacters} of all kinds`
  const remedy = 'aws iam update-account-password-policy, as npm run break-glass -- deploy prints it'
  return breakGlassFinding('passwords', { subject, level: 'fail', told, remedy })
}

/** Whether rules may publish to the topic. No finding: they may. */
export function judgeTopic(
  { securityAccount }: BreakGlass,
  region: string,
  { policy, key }: AlarmTopic,
): readonly BreakGlassFinding[] {
  const changes = [
    isSame(JSON.parse(policy), renderTopicPolicy(alarmTopicArn(securityAccount, region))) ? [] : 'its policy differs',
    // The rules publish only if the policy of the key lets EventBridge use it.
    key === undefined ? [] : `it is encrypted with the key ${key}`,
  ].flat()
  if (changes.length === 0) return []
  const told = `the topic ${alarmTopic} in ${region} was changed: ${changes.join(', ')}`
  return [breakGlassFinding('alarms', { subject: `${region}/${alarmTopic}`, level: 'fail', told, remedy: byHand })]
}

/** SNS Developer Guide, "Removing a subscription filter policy". */
const noFilter = '{}'

export function judgeSubscriptions(
  { alarmAddresses }: BreakGlass,
  region: string,
  found: readonly Subscription[],
): readonly BreakGlassFinding[] {
  const wrong = alarmAddresses.flatMap((address) => {
    const subject = `${region}/${address}`
    const confirmed = found.filter((one) => one.address === address && one.isConfirmed)
    if (confirmed.length === 0)
      return breakGlassFinding('alarms', {
        subject,
        level: 'fail',
        told: `${region}: ${address} gets no alarm`,
        remedy: 'confirm the subscription by the link in its mail, or deploy again',
      })
    const filters = confirmed.map(({ filter = noFilter }) => filter)
    if (filters.includes(noFilter)) return []
    return breakGlassFinding('alarms', {
      subject,
      level: 'fail',
      told: `${region}: ${address} gets only the alarms that a filter lets through: ${filters.join(', ')}`,
      remedy: `find out who set it (the alarm says it), and take it away: aws sns set-subscription-attributes --attribute-name FilterPolicy --attribute-value '${noFilter}' --subscription-arn …`,
    })
  })
  const told = `${region}: ${alarmAddresses.length} confirmed`
  return wrong.length > 0 ? wrong : [breakGlassFinding('alarms', { subject: region, level: 'ok', told })]
}

/** Judges the last passed drill of each responder. A drill of the future proves nothing. */
export function judgeDrills(
  { responders, drill: { everyDays } }: BreakGlass,
  drills: readonly DrillRecord[],
  now: Date,
): readonly BreakGlassFinding[] {
  return responders.map(({ name: subject }) => {
    const own = drills.filter(({ responder }) => responder === subject)
    const ended = own.filter((one) => one.isPassed).map(({ endedAt }) => Date.parse(endedAt))
    const passed = ended.filter((atMs) => atMs <= now.getTime())
    const days = passed.length === 0 ? undefined : daysSince(new Date(Math.max(...passed)), now)
    if (days !== undefined && days <= everyDays)
      return breakGlassFinding('drills', { subject, level: 'ok', told: `${subject}: ${days} days ago` })
    const never = own.length === 0 ? `${subject} has never drilled` : `no drill of ${subject} has passed`
    const told = days === undefined ? never : `${subject} drilled ${days} days ago, expected every ${everyDays} days`
    const remedy = 'this responder runs ssofile break-glass drill with their own session'
    return breakGlassFinding('drills', { subject, level: 'warn', told, remedy })
  })
}

/** `gone`: responders with a mail address that is no user name of the directory. */
export function judgeLeavers(gone: readonly Pick<Responder, 'name' | 'email'>[]): readonly BreakGlassFinding[] {
  const told = 'every responder is in the directory'
  if (gone.length === 0) return [breakGlassFinding('people', { subject: 'directory', level: 'ok', told })]
  return gone.map(({ name, email }) =>
    breakGlassFinding('people', {
      subject: name,
      level: 'warn',
      told: `not in the directory: ${name} (${email})`,
      remedy: 'if they have left, take them out of the file and deploy',
    }),
  )
}

function daysSince(then: Date, now: Date): number {
  return Math.floor((now.getTime() - then.getTime()) / dayMs)
}

function hours(seconds: number): string {
  return `${seconds / 3600} h`
}

/**
 * Compares two policies. A list with one member equals that member, and the order of lists and fields means nothing. (IAM User Guide,
 * policy grammar.) The principals `*` and `{ "AWS": "*" }` are the same. (IAM User Guide, "Principal".)
 */
function isSame(found: unknown, wanted: unknown): boolean {
  return JSON.stringify(normalize(found)) === JSON.stringify(normalize(wanted))
}

const everybody = JSON.stringify({ AWS: '*' })

function normalize(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(normalize).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    return items.length === 1 ? items[0] : items
  }
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).flatMap(([name, one]) => (one === undefined ? [] : [[name, normalize(one)]]))
  const all = Object.fromEntries(members)
  return JSON.stringify(all) === everybody ? '*' : sortFields(all)
}
