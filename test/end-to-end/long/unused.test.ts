import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { listAwsClis, runProgram } from '../run-program.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const [used, unused, refusing] = ['200000000001', '200000000002', '200000000003'] as const
const role = 'ssofile-auditor'
const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60_000).toISOString()

let system: LocalSystem
beforeAll(async () => {
  const organization = smallOrganization({ groups: ['auditors'], users: ['ana@tiny.example'] })
  system = await LocalSystem.start({ organization, configuration: { auditorRole: role } })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  const link = 'links_data/root%all%ReadOnly-ps%auditors%GROUP%ssofile'
  await system.upload(link)
  await system.untilStatus(link, 'applied')
  await system.untilDispatcherRests()
})
afterAll(() => system.stop(), 30_000)

/** What AWS has no call for: `/_ssofile/accounts/<account>/…`. */
async function tell(account: string, what: string): Promise<void> {
  const { status } = await fetch(`${system.url}/_ssofile/accounts/${account}/${what}`, { method: 'PUT' })
  expect(status).toBe(204)
}

/** As if it had been granted that day: only the product's own role may write there. */
async function backdate(account: string, day: string): Promise<void> {
  const key = (await system.recordKeyOf(`account%${account}%ReadOnly-ps%auditors%GROUP%ssofile`)) ?? ''
  const body = JSON.stringify(await system.json(key)).replace(/("grantedAt":)"[^"]*"/g, `$1"${day}"`)
  await system.upload(key, body, 'ssofile')
}

test('the AWS CLI asks IAM with the credentials of the auditor role when a role was last used, and what a managed policy says', async () => {
  const roleArn = `arn:aws:iam::${used}:role/${role}`
  const assumed = await system.cli(['sts', 'assume-role', '--role-arn', roleArn, '--role-session-name', 'test'])
  const { AccessKeyId, SecretAccessKey, SessionToken } = JSON.parse(assumed).Credentials
  const env = {
    ...system.env(AccessKeyId),
    AWS_SECRET_ACCESS_KEY: SecretAccessKey,
    AWS_SESSION_TOKEN: SessionToken,
    AWS_ENDPOINT_URL: undefined,
  }
  const aws = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await runProgram(listAwsClis()[0], ['--endpoint-url', system.url, ...args], {
      env,
    })
    return exitCode === 0 ? JSON.parse(stdout) : stderr
  }
  const roles = await aws('iam', 'list-roles', '--path-prefix', '/aws-reserved/sso.amazonaws.com/')
  expect(roles.Roles).toMatchObject([{ RoleName: expect.stringMatching(/^AWSReservedSSO_ReadOnly-ps_[0-9a-f]{16}$/) }])
  const [{ Arn }] = roles.Roles
  const { JobId } = await aws('iam', 'generate-service-last-accessed-details', '--arn', Arn)
  const report = await until('the end of the job', async () => {
    const found = await aws('iam', 'get-service-last-accessed-details', '--job-id', JobId)
    return found.JobStatus === 'COMPLETED' ? found : undefined
  })
  expect(report.ServicesLastAccessed.length).toBeGreaterThan(0)
  expect(await aws('iam', 'generate-service-last-accessed-details', '--arn', `${Arn}x`)).toContain('(NoSuchEntity)')
  const policy = ['--policy-arn', 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'] as const
  expect((await aws('iam', 'get-policy', ...policy)).Policy).toMatchObject({ DefaultVersionId: 'v3', Path: '/' })
  const version = await aws('iam', 'get-policy-version', ...policy, '--version-id', 'v3')
  expect(version.PolicyVersion).toMatchObject({
    Document: { Statement: [{ Effect: 'Allow' }] },
    IsDefaultVersion: true,
  })
  expect(await aws('iam', 'get-policy', '--policy-arn', 'arn:aws:iam::aws:policy/NoSuch')).toContain('(NoSuchEntity)')
  const others = await system.tryCli(['sts', 'assume-role', '--role-arn', `${roleArn}x`, '--role-session-name', 'test'])
  expect(others.stderr).toContain('(AccessDenied)')
})

test('who --unused-for tells what is unused, what is too new, and where that is not known', async () => {
  for (const account of [used, unused, refusing]) await backdate(account, daysAgo(200))
  await tell(used, `roles/ReadOnly-ps?madeAt=${daysAgo(200)}&usedAt=${daysAgo(3)}`)
  await tell(unused, `roles/ReadOnly-ps?madeAt=${daysAgo(200)}&usedAt=${daysAgo(100)}&service=sqs`)
  await tell(refusing, 'missing-auditor-role')
  const json = await system.ssofile(['who', '--unused-for', '90d', '--json'], 'auditor')
  expect(json.exitCode).toBe(0)
  const { rows, notes } = JSON.parse(json.stdout)
  expect(rows).toMatchObject([
    { account: unused, unusedDays: 99, use: { isKnown: true, lastUsedAt: expect.any(String) } },
    { account: refusing, use: { isKnown: false, why: expect.stringContaining('sts:AssumeRole') } },
  ])
  expect(notes).toEqual([expect.stringMatching(/^when roles were last used is not known in account 200000000003: /)])
  const table = await system.ssofile(['who', '--unused-for', '90d'], 'auditor')
  expect(table.stdout).toMatch(/LAST USED/)
  expect(table.stdout).toMatch(/\nunused for 90 days: 1; given, or its role made, later: 0; not known: 1\n/)
  expect(table.stdout).toMatch(/\nuse +as of just now .* by anybody who has it/)
  await backdate(unused, daysAgo(10))
  const young = await system.ssofile(['who', '--unused-for', '90d'], 'auditor')
  expect(young).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('granted 10 days ago') })
})
