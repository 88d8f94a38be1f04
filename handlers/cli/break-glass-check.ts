import type { Command } from 'commander'
import pLimit from 'p-limit'
import { openBreakGlassAuditor } from '../../shared/aws/aws-break-glass-auditor.ts'
import { accountId } from '../../shared/domain/account-id.ts'
import type { BreakGlass } from '../../shared/domain/break-glass/break-glass-file.ts'
import { alarmTopicArn, watchedRegions } from '../../shared/domain/break-glass/break-glass-names.ts'
import {
  judgeDrills,
  judgeLeavers,
  judgePasswordPolicy,
  judgeRoles,
  judgeSubscriptions,
  judgeUsers,
} from '../../shared/domain/break-glass/judge-break-glass.ts'
import { playbooksIn } from '../../shared/domain/break-glass/playbooks-in.ts'
import { type Finding, fail, ok, warn } from '../../shared/domain/finding.ts'
import type { Account } from '../../shared/domain/organization-view.ts'
import { principalName } from '../../shared/domain/principal.ts'
import type { BreakGlassAuditor } from '../../shared/ports/break-glass.ts'
import { listAll } from '../../shared/ports/page.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { isServiceError } from '../../shared/ports/service-error.ts'
import { bucketOf } from './bucket.ts'
import { openCliPorts } from './cli-ports.ts'
import { readBreakGlass } from './read-break-glass.ts'
import { readDrills } from './read-drills.ts'
import { renderFinding } from './render-finding.ts'
import { renderJson } from './render-json.ts'

const accountsAtOnce = 10

type Options = { readonly file: string; readonly drills?: string; readonly json?: boolean }

export function addBreakGlassCheck(group: Command): void {
  group
    .command('check')
    .summary('roles, users, devices, alarms and drills, compared with the file')
    .description(
      'Compares what is deployed with the file: each account in scope has each role as rendered, users have two MFA devices and no key, alarm addresses are confirmed, drills are not overdue, responders are still in the directory. Reads only: with your own session, and in each account by the role `auditorRole` of the file. Lengths of sessions are not compared.\nExit code 0: nothing fails; 1: something fails; 2: wrong usage.',
    )
    .requiredOption('--file <file>', 'the definition, infra/break-glass/<name>.json')
    .option('--drills <folder|s3://bucket>', 'where drills/ is; default: the bucket')
    .option('--json', 'the findings as JSON')
    .addHelpText('after', '\nExample:\n  ssofile break-glass check --file infra/break-glass/example.json')
    .action(async (options: Options) => {
      const findings: Finding[] = []
      for await (const finding of checkBreakGlass(await readBreakGlass(options.file), options.drills)) {
        findings.push(finding)
        if (!options.json) process.stdout.write(renderFinding(finding))
      }
      if (options.json) process.stdout.write(renderJson(findings))
      process.exitCode = findings.some(({ level }) => level === 'fail') ? 1 : 0
    })
}

/** Each part by itself: what cannot be asked is told, and holds up nothing else. */
export async function* checkBreakGlass(file: BreakGlass, drills: string | undefined): AsyncGenerator<Finding> {
  const ports = openCliPorts(bucketOf(undefined))
  const auditor = openBreakGlassAuditor()
  yield* part('break-glass roles', () => checkRoles(file, ports, auditor))
  yield* part('break-glass users', async () => {
    const users = await (await enterSecurity(file, auditor)).users()
    return judgeUsers(file, users, ports.clock.now())
  })
  yield* part('break-glass passwords', async () => [
    judgePasswordPolicy(await (await enterSecurity(file, auditor)).passwordPolicy()),
  ])
  for (const region of watchedRegions(file.signInRegions))
    yield* part('break-glass alarms', async () => {
      const topic = alarmTopicArn(file.securityAccount, region)
      return judgeSubscriptions(file, region, await (await enterSecurity(file, auditor)).subscriptions(topic, region))
    })
  yield* part('break-glass people', async () => [judgeLeavers(await listLeavers(file, ports))])
  yield* part('break-glass drills', async () => judgeDrills(file, await readDrills(drills, ports), ports.clock.now()))
}

async function* part(check: string, find: () => Promise<readonly Finding[]>): AsyncGenerator<Finding> {
  try {
    yield* await find()
  } catch (error) {
    if (!isServiceError(error) && !(error instanceof Error && error.name !== 'TypeError')) throw error
    yield warn(
      check,
      `not checked: ${error.message}`,
      'use credentials that may ask, or ask again when the service answers',
    )
  }
}

function enterSecurity({ securityAccount, auditorRole }: BreakGlass, auditor: BreakGlassAuditor) {
  return auditor.enter(accountId.parse(securityAccount), auditorRole)
}

async function checkRoles(file: BreakGlass, ports: Ports, auditor: BreakGlassAuditor): Promise<readonly Finding[]> {
  const all = await Array.fromAsync(listAll((token) => ports.organizations.listAccounts(token)))
  const accounts = all.filter(({ state }) => state === 'ACTIVE')
  const limit = pLimit(accountsAtOnce)
  const found = await Promise.all(accounts.map((account) => limit(() => checkAccount(file, account, auditor))))
  const findings = found.flat()
  const count = accounts.filter((account) => playbooksIn(file, account).length > 0).length
  return findings.length > 0 ? findings : [ok('break-glass roles', `${count} accounts have their roles as rendered`)]
}

async function checkAccount(
  file: BreakGlass,
  account: Account,
  auditor: BreakGlassAuditor,
): Promise<readonly Finding[]> {
  const playbooks = playbooksIn(file, account)
  if (playbooks.length === 0) return []
  try {
    const roles = await (await auditor.enter(account.id, file.auditorRole)).roles()
    return judgeRoles(file, { account: account.id, playbooks, roles })
  } catch (error) {
    if (!isServiceError(error)) throw error
    const told = `${account.id} was not checked: ${error.code} (${error.message})`
    const isManagement = account.id === file.managementAccount
    const remedy = isManagement
      ? 'run this command with credentials of the management account too'
      : `make the role ${file.auditorRole} there, and let yourself assume it`
    return [isManagement ? warn('break-glass roles', told, remedy) : fail('break-glass roles', told, remedy)]
  }
}

async function listLeavers({ responders }: BreakGlass, { identityStore }: Ports): Promise<readonly string[]> {
  const found = await Promise.all(
    responders.map(async ({ name, email }) => {
      const id = await identityStore.findPrincipalId('USER', principalName.parse(email))
      return id === undefined ? `${name} (${email})` : []
    }),
  )
  return found.flat()
}
