import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { bundleFunction } from '../../infra/bundle-function.ts'
import { operatorRole, plannerRole } from '../../infra/local/add-roles-of-people.ts'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import { bucket, LocalSystem } from './local-system.ts'
import { listAwsClis, runBundle, runProgram } from './run-program.ts'
import { smallOrganization } from './small-organization.ts'

const [first, second, third] = ['200000000001', '200000000002', '200000000003'] as const
const link = 'links_data/root%all%Deploy-ps%builders%GROUP%ssofile'
const file = 'permission_sets/Deploy-ps.json'
const s3 = 'arn:aws:iam::aws:policy/AmazonS3FullAccess'
const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60_000).toISOString()
const render = (...Action: readonly string[]) =>
  JSON.stringify({
    permissionSetName: 'Deploy-ps',
    managedPoliciesArnList: [s3],
    inlinePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] },
  })

let system: LocalSystem
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssofile-less-privilege-'))
  const settings = { ...defaultConfiguration, auditorRole: 'ssofile-auditor' }
  bundleFunction('credentials', settings, folder)
  const organization = smallOrganization({ groups: ['builders'] })
  system = await LocalSystem.start({ organization, configuration: { auditorRole: 'ssofile-auditor' } })
  await system.upload(file, render('lambda:*', 'sqs:SendMessage'))
  await system.upload(link)
  await system.untilStatus(link, 'applied')
  for (const account of [first, second, third]) await tell(account, `roles/Deploy-ps?madeAt=${daysAgo(200)}`)
  await tell(first, `roles/Deploy-ps?usedAt=${daysAgo(3)}&service=lambda:ListFunctions`)
  await tell(third, 'missing-auditor-role')
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

/** What AWS has no call for. */
async function tell(account: string, what: string): Promise<void> {
  const { status } = await fetch(`${system.url}/_ssofile/accounts/${account}/${what}`, { method: 'PUT' })
  expect(status).toBe(204)
}

async function night(): Promise<void> {
  const { exitCode, stderr } = await runBundle('credentials', folder, system)
  expect({ exitCode, said: stderr.slice(-500) }).toMatchObject({ exitCode: 0 })
}

test('the AWS CLI has a policy validated and compared', async () => {
  const aws = async (...args: string[]) => {
    const asked = ['--endpoint-url', system.url, 'accessanalyzer', ...args, '--policy-type', 'IDENTITY_POLICY']
    const { stdout, stderr } = await runProgram(listAwsClis()[0], asked, { env: system.env('ana') })
    return stdout === '' ? stderr : JSON.parse(stdout)
  }
  const policy = (Action: string) => JSON.stringify({ Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })
  const { findings } = await aws('validate-policy', '--policy-document', policy('iam:PassRole'))
  expect(findings.map(({ issueCode }: { readonly issueCode: string }) => issueCode)).toEqual([
    'PASS_ROLE_WITH_STAR_IN_RESOURCE',
    'MISSING_VERSION',
  ])
  const compare = (before: string, after: string) =>
    aws('check-no-new-access', '--existing-policy-document', before, '--new-policy-document', after)
  expect(await compare(policy('s3:*'), policy('s3:GetObject'))).toMatchObject({ result: 'PASS' })
  expect(await compare('{', policy('s3:*'))).toContain('InvalidParameterException')
})

test('plan --check-access tells whether a change allows more and what is wrong, to whoever may ask, in text and in the comment', async () => {
  const access = join(folder, 'access')
  await mkdir(join(access, 'permission_sets'), { recursive: true })
  await writeFile(join(access, file), render('lambda:*', 'sqs:*', 'iam:PassRole'))
  const plan = (as: string, ...more: string[]) => system.ssofile(['plan', access, '--no-delete', ...more], as)
  const told = await plan(operatorRole, '--check-access')
  expect(told.exitCode).toBe(0)
  expect(told.stdout).toContain('    IAM Access Analyzer security warning: PASS_ROLE_WITH_STAR_IN_RESOURCE: ')
  expect(told.stdout).toContain(
    '    IAM Access Analyzer: it allows more than before: New access in the statement with index: 0.\n',
  )
  const { stdout: comment } = await plan(plannerRole, '--check-access', '--markdown')
  expect(comment).toMatch(
    /\*\*administrator, other permissions, IAM Access Analyzer warns\*\*: permission set `Deploy-ps`/,
  )
})

test('who --levels tells what the inline policy and the managed one allow', async () => {
  const { exitCode, stdout } = await system.ssofile(['who', '--levels', '--json'], 'auditor')
  expect(exitCode).toBe(0)
  const { rows } = JSON.parse(stdout)
  expect(rows[0]).toMatchObject({
    permissionSet: 'Deploy-ps',
    levels: ['Permissions management', 'Write', 'Tagging', 'Read', 'List'],
  })
})

test('a night reports what nobody uses, and suggest proposes what would remain, by the report and live', async () => {
  const early = await system.ssofile(['suggest', 'Deploy-ps'], 'auditor')
  expect(early).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("there is no report of 'Deploy-ps' yet") })
  await night()
  const report = new GetObjectCommand({ Bucket: bucket, Key: 'reports/permissions/Deploy-ps.csv' })
  const csv = await (await system.s3('auditor').send(report)).Body?.transformToString()
  expect(csv).toContain(`"Deploy-ps","not read","","","","","${third}"`)
  expect(csv).toMatch(/"unused","sqs",.*"nobody used it in 2 accounts; 1 account could not be read"/)
  expect(csv).toMatch(/"unused","lambda",.*"lambda:CreateFunction"/)
  expect(await system.json('reports/permissions.json')).toMatchObject({
    sets: [{ name: 'Deploy-ps', unread: 1, levels: ['Permissions management', 'Write', 'Tagging', 'Read', 'List'] }],
  })
  const { exitCode, stdout } = await system.ssofile(['suggest', 'Deploy-ps'], 'auditor')
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^not read: 1 account, such as 200000000003 /m)
  expect(stdout).toMatch(/^ {2}goes +sqs:SendMessage: nobody used sqs for 90 days$/m)
  expect(stdout).toMatch(/^ {2}narrowed +lambda:\*: nobody used CreateFunction, DeleteFunction for 90 days/m)
  expect(stdout).toMatch(/^ {2}could be narrowed +arn:aws:iam::aws:policy\/AmazonS3FullAccess: /m)
  const live = await system.ssofile(['suggest', 'Deploy-ps', '--live', '--json'], 'auditor')
  const { inline, isLive } = JSON.parse(live.stdout)
  expect(isLive).toBe(true)
  const [statement] = JSON.parse(inline.document).Statement
  expect(statement.Action).toContain('lambda:Get*')
  expect(statement.Action).not.toContain('sqs:SendMessage')
})

test('suggest --from-cloudtrail has a policy made of what the role in one account did, and looks again at a job', async () => {
  await tell(first, `roles/Deploy-ps?usedAt=${daysAgo(2)}&service=lambda:CreateFunction`)
  const sts = new STSClient({
    endpoint: system.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'ana', secretAccessKey: 'x' },
  })
  const assume = new AssumeRoleCommand({
    RoleArn: `arn:aws:iam::${first}:role/ssofile-auditor`,
    RoleSessionName: 'ana',
  })
  const { Credentials } = await sts.send(assume).finally(() => sts.destroy())
  const suggest = (...more: string[]) =>
    system.ssofile(['suggest', 'Deploy-ps', '--from-cloudtrail', ...more], Credentials?.AccessKeyId)
  const trail = [
    ...['--trail', 'arn:aws:cloudtrail:us-east-1:200000000009:trail/organization'],
    ...['--access-role', `arn:aws:iam::${first}:role/service-role/ReadTrail`],
  ]
  const { exitCode, stdout, stderr } = await suggest(...trail, '--days', '30')
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^job '?[0-9a-f-]{36}/m) })
  expect(stdout).toContain(`Deploy-ps: what its role did in account ${first} from `)
  expect(stdout).toContain('"lambda:CreateFunction"')
  expect(stdout).toContain(`arn:aws:lambda:$${'{Region}'}:`)
  const jobId = /job '?([0-9a-f-]{36})/.exec(stderr)?.[1] ?? ''
  const again = await suggest('--job', jobId, '--json')
  expect(JSON.parse(again.stdout)).toMatchObject({ permissionSet: 'Deploy-ps', jobId, status: 'SUCCEEDED' })
  for (const [args, message] of [
    [[...trail, '--days', '91'], 'expected a whole number from 1 to 90'],
    [[], 'without --trail and --access-role'],
    [[...trail, '--live'], 'received --from-cloudtrail with --live'],
    [['--job', 'other'], 'access-analyzer answers ValidationException'],
    [['--job', jobId, '--days', '3'], 'received --job with --trail'],
  ] as const)
    expect(await suggest(...args)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) })
})
