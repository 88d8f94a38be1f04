import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readEnvironment } from '../../../infra/read-environment.ts'
import { pageSettings } from '../../../shared/domain/deployment/page-settings.ts'
import { compareCalls, recordedCall } from './compare-calls.ts'
import { grantedRights, resourceOf } from './granted-rights.ts'
import { renderPermissions } from './render-permissions.ts'
import { uncalledRights } from './uncalled-rights.ts'

/**
 * `npm run permissions` writes docs/permissions.md; with `--check FILE` it compares the calls that the end-to-end tests
 * recorded there with what is granted. Exit code 1: one was not granted. Rights that none of them used are only told: which
 * rare calls happen, after a race or a kill, differs from run to run.
 */
const { check } = parseArgs({ options: { check: { type: 'string' } } }).values
if (check === undefined) writeFileSync(new URL('../../../docs/permissions.md', import.meta.url), renderPermissions())
else process.exitCode = await compare(check)

async function compare(file: string): Promise<number> {
  // With everything that comes in by the API, an auditor's role, people by files, a webhook and a page: the local system serves all of it.
  const provisioning = { links: 'both', permissionSets: 'both', requests: 'both' } as const
  const example = await readEnvironment('example')
  const secretArn = `arn:aws:secretsmanager:${example.region}:${example.account}:secret:ssofile/webhook-AbCdEf`
  const kinds = {
    operators: true,
    permissionSets: true,
    folders: [],
    uploaders: [],
    owners: [],
    approvers: [],
    requesters: [],
    requests: false,
  }
  const clientSecretArn = `arn:aws:secretsmanager:${example.region}:${example.account}:secret:ssofile-page-AbCdEf`
  const signIn = { issuer: 'https://example.okta.com', clientId: 'ssofile', clientSecretArn }
  const page = pageSettings.parse({ signIn, operators: ['team-Platform'] })
  const receiver = { name: 'team', mail: [], webhook: { secretArn, format: 'slack' as const }, ...kinds }
  const notifications = { ...example.notifications, receivers: [receiver] }
  const environment = {
    ...example,
    provisioning,
    directory: 'identity-center' as const,
    auditorRole: 'ssofile-auditor',
    hygieneRole: 'ssofile-hygiene',
    notifications,
    page,
  }
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  const calls = lines.map((line) => recordedCall.parse(JSON.parse(line)))
  const rights = grantedRights(environment)
  const { notGranted, notCalled } = compareCalls(calls, rights, uncalledRights, (call) => resourceOf(call, environment))
  const tell = (what: string, all: readonly string[]) => {
    if (all.length > 0) process.stdout.write(`${what}:\n${all.map((one) => `  ${one}\n`).join('')}`)
  }
  tell('called, and not granted by kinds.ts, schedules.ts or rights.ts', notGranted)
  tell(
    'granted, and never called; take it away, or give the reason in test/infra/permissions/uncalled-rights.ts',
    notCalled,
  )
  process.stdout.write(`${new Set(lines).size} kinds of calls, ${rights.length} rights\n`)
  return notGranted.length === 0 ? 0 : 1
}
