import { type Finding, fail, ok, warn } from '../finding.ts'
import { sortFields } from '../policy-json.ts'
import type { BreakGlass, Playbook, Responder } from './break-glass-file.ts'
import { policyArn, senderName, userName } from './break-glass-names.ts'
import type { DeployedRole, DeployedUser, PasswordPolicy, Subscription } from './deployed-break-glass.ts'
import type { DrillRecord } from './drill-record.ts'
import { renderRole } from './render-role.ts'
import { renderUserPolicy } from './render-user-policy.ts'

const dayMs = 24 * 60 * 60_000
const devicesLeast = 2
/** Well-Architected Framework, SEC03-BP03: access for emergencies is tested and kept up to date. */
const passwordMostDays = 366
const passwordLeastCharacters = 24
const again = 'npm run break-glass -- deploy --file …'

/** Whether an account has each role as the file renders it, and no other. No finding: it has. */
export function judgeRoles(
  file: BreakGlass,
  {
    account,
    playbooks,
    roles,
  }: { readonly account: string; readonly playbooks: readonly Playbook[]; readonly roles: readonly DeployedRole[] },
): readonly Finding[] {
  const check = 'break-glass roles'
  const wanted = playbooks.map((playbook) => renderRole(file, playbook))
  const missing = wanted.flatMap((role) => {
    const found = roles.find(({ name }) => name === role.name)
    if (found === undefined)
      return fail(
        check,
        `${account} has no role ${role.name}`,
        `look at its StackSet in the management account, then ${again}`,
      )
    const deviations = [
      isSame(found.trust, role.trust)
        ? []
        : found.trust.includes('"AIDA')
          ? 'it trusts a user who is gone'
          : 'it trusts others',
      isSame(JSON.stringify(parseAll(found.inline)), role.inline) ? [] : 'its inline policies differ',
      isSame(
        JSON.stringify(found.managedPolicies),
        role.managedPolicies.map((one) => policyArn(account, one)),
      )
        ? []
        : 'its managed policies differ',
      found.permissionsBoundary === (role.permissionsBoundary && policyArn(account, role.permissionsBoundary))
        ? []
        : 'its boundary differs',
    ].flat()
    if (deviations.length === 0) return []
    const told = `${role.name} in ${account} was changed: ${deviations.join(', ')}`
    return fail(
      check,
      told,
      'find out who did it (the alarm says it, and ssofile break-glass evidence); detect drift on its StackSet and deploy again',
    )
  })
  const senders = [...playbooks.map(({ name }) => name), ...(account === file.managementAccount ? ['stacksets'] : [])]
  const known = [...wanted.map(({ name }) => name), ...senders.map(senderName)]
  const others = roles.filter(({ name }) => !known.includes(name))
  return [
    ...missing,
    ...others.map(({ name }) =>
      fail(
        check,
        `${account} has the role ${name}, which the file does not give it`,
        'find out who made it, and delete it',
      ),
    ),
  ]
}

export function judgeUsers(file: BreakGlass, users: readonly DeployedUser[], now: Date): readonly Finding[] {
  const check = 'break-glass users'
  const known = new Map(users.map((user) => [user.name, user]))
  const others = users.filter(({ name }) => !file.responders.some((one) => userName(one.name) === name))
  return [
    ...file.responders.flatMap((responder) => judgeUser(file, responder, known.get(userName(responder.name)), now)),
    ...others.map(({ name }) =>
      fail(
        check,
        `there is a user ${name}, who is not in the file`,
        'find out who made it (the alarm says it), and delete it',
      ),
    ),
  ]
}

function judgeUser(
  file: BreakGlass,
  responder: Responder,
  user: DeployedUser | undefined,
  now: Date,
): readonly Finding[] {
  const check = 'break-glass users'
  const name = userName(responder.name)
  if (user === undefined) return [fail(check, `there is no user ${name}`, again)]
  const [policy, ...more] = user.attached
  const isOwnPolicy = more.length === 0 && isSame(policy ?? '{}', renderUserPolicy(file, responder))
  const age = user.passwordChangedAt && Math.floor((now.getTime() - user.passwordChangedAt.getTime()) / dayMs)
  const used =
    user.passwordUsedAt === undefined
      ? 'never signed in'
      : `last signed in ${user.passwordUsedAt.toISOString().slice(0, 10)}`
  const found = [
    user.keys > 0 ? fail(check, `${name} has an access key`, 'delete them, and find out who made them') : [],
    isOwnPolicy && user.more.length === 0
      ? []
      : fail(check, `${name} has other policies than the file gives`, `find out who changed them, then ${again}`),
    user.devices >= devicesLeast
      ? []
      : fail(
          check,
          `${name} has ${devicesOf(user)}, expected at least ${devicesLeast}`,
          'add a passkey, and an authenticator app for the command line (docs/break-glass.md, "The first sign-in")',
        ),
    age !== undefined && age > passwordMostDays
      ? warn(check, `the password of ${name} is ${age} days old`, 'sign in and change it')
      : [],
    responder.expiresAt !== undefined && Date.parse(responder.expiresAt) <= now.getTime()
      ? warn(
          check,
          `${name} may do nothing since ${responder.expiresAt}`,
          'take it out of the file, or give it more time, and deploy',
        )
      : [],
  ].flat()
  return found.length > 0 ? found : [ok(check, `${name}: ${devicesOf(user)}, no key, ${used}`)]
}

export function judgePasswordPolicy(policy: PasswordPolicy | undefined): Finding {
  const check = 'break-glass passwords'
  const remedy = 'aws iam update-account-password-policy, as npm run break-glass -- deploy prints it'
  if (policy === undefined) return fail(check, 'the account of the users has no password policy', remedy)
  const { minimumLength, isMixed } = policy
  if (minimumLength >= passwordLeastCharacters && isMixed)
    return ok(check, `at least ${minimumLength} characters of all kinds`)
  return fail(
    check,
    `${minimumLength} characters are enough${isMixed ? '' : ', of one kind'}; expected ${passwordLeastCharacters} of all kinds`,
    remedy,
  )
}

export function judgeSubscriptions(
  file: BreakGlass,
  region: string,
  found: readonly Subscription[],
): readonly Finding[] {
  const check = 'break-glass alarms'
  const open = file.alarmAddresses.filter((address) => !found.some((one) => one.address === address && one.isConfirmed))
  if (open.length === 0) return [ok(check, `${region}: ${file.alarmAddresses.length} confirmed`)]
  return open.map((address) =>
    fail(
      check,
      `${region}: ${address} gets no alarm`,
      'confirm the subscription by the link in its mail, or deploy again',
    ),
  )
}

/** Of each responder the last drill that passed counts. */
export function judgeDrills(
  { responders, drill }: BreakGlass,
  drills: readonly DrillRecord[],
  now: Date,
): readonly Finding[] {
  const check = 'break-glass drills'
  const remedy = 'ssofile break-glass drill, with the own session'
  return responders.map(({ name }) => {
    const own = drills.filter(({ responder }) => responder === name)
    const last = own
      .filter((one) => one.isPassed)
      .map(({ endedAt }) => endedAt)
      .sort()
      .at(-1)
    if (last === undefined)
      return warn(check, own.length === 0 ? `${name} has never drilled` : `no drill of ${name} has passed`, remedy)
    const days = Math.floor((now.getTime() - Date.parse(last)) / dayMs)
    if (days <= drill.everyDays) return ok(check, `${name}: ${days} days ago`)
    return warn(check, `${name} drilled ${days} days ago, expected every ${drill.everyDays} days`, remedy)
  })
}

/** `gone`: responders whose mail address is no user name of the directory. */
export function judgeLeavers(gone: readonly string[]): Finding {
  const check = 'break-glass people'
  if (gone.length === 0) return ok(check, 'every responder is in the directory')
  return warn(
    check,
    `not in the directory: ${gone.join(', ')}`,
    'if they have left, take them out of the file and deploy',
  )
}

function devicesOf({ devices }: DeployedUser): string {
  return devices === 1 ? '1 MFA device' : `${devices} MFA devices`
}

function parseAll(inline: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(inline).map(([name, text]) => [name, JSON.parse(text)]))
}

/** A list of one is the same as its member, and the order of lists and fields means nothing. (IAM User Guide, policy grammar.) */
function isSame(found: string, wanted: object): boolean {
  return JSON.stringify(normalize(JSON.parse(found))) === JSON.stringify(normalize(wanted))
}

function normalize(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(normalize).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    return items.length === 1 ? items[0] : items
  }
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, one]) => one !== undefined)
  return sortFields(Object.fromEntries(members.map(([name, one]) => [name, normalize(one)])))
}
