import pLimit from 'p-limit'
import {
  alarmBus,
  alarmBusArn,
  alarmTopicArn,
  iamRegion,
  watchedRegions,
} from '../../domain/account-facts/break-glass-names.ts'
import type { SecurityRules } from '../../domain/account-facts/deployed-break-glass.ts'
import type { BreakGlass } from '../../domain/files/break-glass-file.ts'
import { playbooksIn } from '../../domain/files/break-glass-file.ts'
import { accountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import type { BreakGlassAccount, BreakGlassAuditor } from '../../ports/break-glass.ts'
import type { Clock } from '../../ports/clock.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { roleRules, stackSetRules } from './rules/alarm-rules.ts'
import type { DrillRecord } from './rules/drill-record.ts'
import {
  type BreakGlassCheck,
  type BreakGlassFinding,
  breakGlassFinding,
  judgeDrills,
  judgeLeavers,
  judgePasswordPolicy,
  judgeRoles,
  judgeRules,
  judgeSecurityRules,
  judgeSubscriptions,
  judgeTopic,
  judgeUsers,
} from './rules/judge-break-glass.ts'

/** 7,000 accounts of one page of roles each take two minutes, if a call takes 150 ms. */
const accountsAtOnce = 48
/** These checks at worst warn, even if ssofile could not ask. All other checks fail then, because nobody looked. */
const neverFail: ReadonlySet<BreakGlassCheck> = new Set(['people', 'drills'])

export type BreakGlassSources = {
  readonly auditor: BreakGlassAuditor
  readonly clock: Clock
  /** All accounts of the organization. */
  readonly accounts: () => Promise<readonly Account[]>
  readonly isUser: (name: string) => Promise<boolean>
  readonly drills: () => Promise<readonly DrillRecord[]>
  /** Asks no further account after this time (monotonic). */
  readonly untilMs: number
}

/** Compares the deployed state with the file, part by part. Reads only. If a part cannot be asked, reports it and continues. */
export async function* compareBreakGlass(
  file: BreakGlass,
  sources: BreakGlassSources,
): AsyncGenerator<BreakGlassFinding> {
  const { auditor, clock } = sources
  const { securityAccount, auditorRole } = file
  const security = () => auditor.enter(accountId.parse(securityAccount), auditorRole)
  yield* part('roles', '', () => checkAccounts(file, sources))
  yield* part('users', '', async () => judgeUsers(file, await (await security()).users(), clock.now()))
  yield* part('passwords', '', async () => [judgePasswordPolicy(file, await (await security()).passwordPolicy())])
  for (const region of watchedRegions(file.signInRegions)) {
    const topic = alarmTopicArn(securityAccount, region)
    yield* part('rules', `${securityAccount}/${region}`, async () =>
      judgeSecurityRules(file, region, await readSecurityRules(await security(), region, topic)),
    )
    yield* part('alarms', region, async () => {
      const entered = await security()
      const changed = judgeTopic(file, region, await entered.topic(topic, region))
      return [...changed, ...judgeSubscriptions(file, region, await entered.subscriptions(topic, region))]
    })
  }
  yield* part('people', '', async () => {
    const found = await Promise.all(
      file.responders.map(async (one) => ((await sources.isUser(one.email)) ? [] : [one])),
    )
    return judgeLeavers(found.flat())
  })
  yield* part('drills', '', async () => judgeDrills(file, await sources.drills(), clock.now()))
}

async function* part(
  check: BreakGlassCheck,
  subject: string,
  find: () => Promise<readonly BreakGlassFinding[]>,
): AsyncGenerator<BreakGlassFinding> {
  try {
    yield* await find()
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'TypeError') throw error
    const where = subject === '' ? '' : `${subject}: `
    const told = `${where}not checked: ${error.message}`
    const remedy = 'use credentials with the permission, or try again when the service answers'
    const level = neverFail.has(check) ? 'warn' : 'fail'
    yield { ...breakGlassFinding(check, { subject, level, told, remedy }), isUnchecked: true }
  }
}

async function readSecurityRules(security: BreakGlassAccount, region: string, target: string): Promise<SecurityRules> {
  const own = await security.rules({ region, target })
  if (region !== iamRegion) return { rules: own }
  const ofBus = await security.rules({ region, target, bus: alarmBus })
  return { rules: [...own, ...ofBus], busPolicy: await security.busPolicy(alarmBus, region) }
}

async function checkAccounts(file: BreakGlass, { accounts, auditor, clock, untilMs }: BreakGlassSources) {
  const concerned = (await accounts()).filter(
    (account) => account.state === 'ACTIVE' && playbooksIn(file, account).length > 0,
  )
  const found = await pLimit(accountsAtOnce).map(concerned, async (account) => {
    return clock.monotonicMs() < untilMs ? checkAccount(file, account, auditor) : [leftAccount(account)]
  })
  const told = `${concerned.length} accounts have their roles and rules as rendered`
  return found.flat().length > 0
    ? found.flat()
    : [breakGlassFinding('roles', { subject: 'accounts', level: 'ok', told })]
}

function leftAccount({ id: subject }: Account): BreakGlassFinding {
  const told = `${subject} was not checked: there was no time left to ask`
  const remedy = 'run ssofile break-glass check with your own credentials'
  return { ...breakGlassFinding('roles', { subject, level: 'fail', told, remedy }), isUnchecked: true }
}

/** The roles and their rules. */
async function checkAccount(
  file: BreakGlass,
  { id: account, parents }: Account,
  auditor: BreakGlassAuditor,
): Promise<readonly BreakGlassFinding[]> {
  const playbooks = playbooksIn(file, { id: account, parents })
  try {
    const entered = await auditor.enter(account, file.auditorRole)
    const target = alarmBusArn(file.securityAccount)
    const roles = judgeRoles(file, { account, playbooks, roles: await entered.roles() })
    const beside = account === file.managementAccount ? stackSetRules(file) : []
    const wanted = [...playbooks.flatMap(({ name }) => roleRules(name)), ...beside]
    const found = await entered.rules({ region: iamRegion, target })
    return [...roles, ...judgeRules('roles', `${account}/${iamRegion}`, { wanted, found })]
  } catch (error) {
    if (!isServiceError(error)) throw error
    const isManagement = account === file.managementAccount
    const finding = breakGlassFinding('roles', {
      subject: account,
      level: isManagement ? 'warn' : 'fail',
      told: `${account} was not checked: ${error.code} (${error.message})`,
      remedy: isManagement
        ? 'run this command also with credentials of the management account'
        : `make the role ${file.auditorRole} there, and let yourself assume it`,
    })
    return [{ ...finding, isUnchecked: true }]
  }
}
