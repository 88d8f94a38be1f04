import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Finding } from '../../../shared/domain/guardrails/finding.ts'
import { LocalSystem } from '../local-system.ts'
import { runSsofile } from '../run-program.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const management = '111111111111'
const member = '200000000001'
const link = `links_data/account%${member}%ReadOnly-ps%Auditors%GROUP%ssofile`

/** What the doctor says to whoever has this access key id. */
async function doctor(system: LocalSystem, as = 'ssofile') {
  const { exitCode, stdout, stderr } = await system.ssofile(['doctor', '--json'], as)
  if (stdout === '') throw new Error(stderr)
  const findings: readonly Finding[] = JSON.parse(stdout)
  const of = (level: Finding['level']) => findings.filter((one) => one.level === level).map(({ check }) => check)
  const told = (check: string) => findings.find((one) => one.check === check)?.told
  return { exitCode, of, told, findings }
}

describe('as delegated administrator, with an instance of the account beside', () => {
  let system: LocalSystem
  beforeAll(async () => {
    system = await LocalSystem.start({
      organization: smallOrganization({ groups: ['Auditors'] }),
      options: ['--account-instance'],
      faults: [
        {
          service: 'sso-admin',
          operation: 'DeleteAccountAssignment',
          caller: 'powerless',
          fault: 'error',
          code: 'AccessDeniedException',
        },
      ],
    })
    await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
    await system.upload(link)
    await system.untilStatus(link, 'applied')
    await system.untilQuiet()
  })
  afterAll(() => system.stop(), 30_000)

  test('all is well, nothing is changed, and a faulty permission fails for whoever lacks it', async () => {
    const before = await seen(system)
    const [well, powerless] = await Promise.all([doctor(system), doctor(system, 'powerless')])
    expect(well.of('fail')).toEqual([])
    expect(well.exitCode).toBe(0)
    expect(well.of('warn')).toEqual(['organization events', 'directory events'])
    expect(well.told('instance')).toContain('1 other listed beside it')
    expect(well.told('administration')).toBe('000000000000 is the delegated administrator of IAM Identity Center')
    expect(well.told('round trip')).toContain('was handled after')
    expect(well.told('quotas')).toMatch(/^\d+ of 3500 permission sets \(Service Quotas, L-B44C7A29\)$/)
    const lag = well.findings.find(({ check }) => check === 'read lag')
    expect(lag).toMatchObject({
      level: 'ok',
      figures: { changes: 1, shown: 1, newestShownSeconds: expect.any(Number) },
    })
    expect(powerless.of('fail')).toEqual(['identity center'])
    expect(powerless.told('identity center')).toContain('actions to these credentials: sso:DeleteAccountAssignment')
    expect(powerless.exitCode).toBe(1)
    expect(await seen(system)).toEqual(before)
  })

  test('an event of the organization that arrived is told, and a set in the management account that is ours fails', async () => {
    await system.cli(['organizations', 'tag-resource', '--resource-id', member, '--tags', 'Key=a,Value=b'])
    await assignInManagementAccount(system)
    await until('the event', async () => ((await system.has('state/arrivals.json')) ? true : undefined), {
      withinMs: 60_000,
    })
    const ill = await until('the set there', async () => {
      const found = await doctor(system)
      return found.of('fail').length > 0 ? found : undefined
    })
    expect(ill.of('fail')).toEqual(['management account'])
    expect(ill.told('management account')).toContain(`${management} has permission sets of ssofile`)
    expect(ill.told('organization events')).toContain('Tag')
    // As AWS has it: what it gave elsewhere cannot be taken back either.
    await system.remove(link)
    const refused = await system.untilStatus(link, 'failed')
    expect(refused.accounts?.failed[0]?.reason).toContain('neither change it nor grant or revoke it anywhere')
    expect(refused.remedy).toContain('remove its assignments in the management account')
    expect(await system.history(link.replace('links_data/', ''))).toEqual(['granted'])
  })

  test('an account without State and Paths, and a bucket of another instance, fail', async () => {
    await fetch(`${system.url}/_ssofile/accounts/200000000003/withhold`, { method: 'POST' })
    const owner = await system.json('control/owner.json')
    const other = { ...owner, instanceArn: 'arn:aws:sso:::instance/ssoins-0000000000000000' }
    await system.upload('control/owner.json', JSON.stringify(other), 'operator')
    const { exitCode, of, told, findings } = await doctor(system)
    expect(exitCode).toBe(1)
    expect(of('fail')).toEqual(['accounts', 'instance'])
    expect(told('accounts')).toContain('200000000003')
    expect(told('instance')).toMatch(/bucket ssofile belongs to .*ssoins-0{16}, but AWS lists /)
    for (const { level, remedy } of findings) expect(remedy !== undefined).toBe(level === 'warn' || level === 'fail')
    const { stdout } = await system.ssofile(['doctor'], 'ssofile')
    expect(stdout).toMatch(/^FAIL {2}instance +bucket ssofile belongs to .*; do: use the bucket of this instance/m)
    expect(stdout.trimEnd().split('\n')).toHaveLength(findings.length)
  })
})

describe('in the management account', () => {
  test('ssofile changes what is there, and being only a delegated administrator would be a fault', async () => {
    const organization = smallOrganization({ groups: ['Auditors'] })
    const configuration = { includeManagementAccount: true }
    const [home, delegated] = await Promise.all([
      LocalSystem.start({ organization, configuration }),
      LocalSystem.start({ organization, configuration, options: ['--delegated-administrator'] }),
    ])
    try {
      const [well, ill] = await Promise.all([doctor(home), doctor(delegated)])
      expect(well.of('fail')).toEqual([])
      expect(well.told('administration')).toContain(`${management} is the management account; links may name it`)
      expect(ill.of('fail')).toEqual(['administration'])
      expect(ill.told('administration')).toContain('"includeManagementAccount" is true')
      const there = link.replace(member, management)
      await home.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
      await home.upload(there)
      await home.untilStatus(there, 'applied')
    } finally {
      await Promise.all([home.stop(), delegated.stop()])
    }
  })
})

test('where nobody answers nothing can be asked, and the exit code is 2', async () => {
  const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
  const { exitCode, stdout, stderr } = await runSsofile(['doctor'], { PATH: process.env.PATH, ...env })
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(/no check was possible: sts did not answer: .*\n {2}do: AWS_ENDPOINT_URL is/)
})

test('without a Region nothing can be asked, and that of the profile counts', async () => {
  const home = await mkdtemp(join(tmpdir(), 'ssofile-profile-'))
  const config = join(home, 'config')
  const env = { AWS_CONFIG_FILE: config, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', PATH: process.env.PATH }
  await writeFile(config, '[default]\n')
  const without = await runSsofile(['doctor'], { ...env, HOME: home })
  expect(without).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('do: set AWS_REGION') })
  await writeFile(config, '[default]\nregion = eu-nowhere-7\nendpoint_url = http://127.0.0.1:1\n')
  const other = await runSsofile(['doctor'], { ...env, HOME: home })
  expect(other).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('ECONNREFUSED 127.0.0.1:1') })
  await rm(home, { recursive: true })
})

/** What Identity Center and the bucket have. */
async function seen(system: LocalSystem) {
  await system.untilFirstListing()
  const keys = await system.lastingKeys()
  const assignments = await Promise.all([member, '200000000002', management].map((id) => system.access.inAccount(id)))
  return { keys, assignments }
}

/** Somebody in the management account assigns our permission set there. */
async function assignInManagementAccount(system: LocalSystem): Promise<void> {
  const { arn } = (await system.json('owned_permission_sets/ReadOnly-ps')) ?? {}
  const { principalId } = (await system.status(link)) ?? {}
  const instance = String((await system.json('control/owner.json'))?.instanceArn)
  const target = ['--target-id', management, '--target-type', 'AWS_ACCOUNT']
  const who = ['--principal-type', 'GROUP', '--principal-id', String(principalId)]
  const what = ['--instance-arn', instance, '--permission-set-arn', String(arn)]
  const args = ['sso-admin', 'create-account-assignment', ...what, ...target, ...who]
  const denied = await system.tryCli(args, { as: 'ssofile' })
  expect(denied.stderr).toContain(`arn:aws:sso:::account/${management}`)
  await system.cli(args, { as: 'management' })
}
