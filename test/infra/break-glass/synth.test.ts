import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as z from 'zod'
import { isShallow } from '../../depth.ts'
import { definition } from '../../shared/modules/break-glass/rules/definitions.ts'

const resource = z.object({ Type: z.string(), Properties: z.looseObject({}) })
const template = z.object({ Resources: z.record(z.string(), resource) })
type Template = z.infer<typeof template>

const names = ['investigator', 'recovery', 'organization'] as const
const file = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
let folder = ''
let templates: Record<string, Record<string, Template>> = {}

/**
 * In one process, since the CDK's own validation reads its rules for ten seconds, where CI looks deep. That and cdk-nag fail it for a
 * finding.
 * Nothing is asked of AWS. `break-glass-app.ts`, as the CDK CLI runs it: runbooks.test.ts.
 */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'break-glass-synth-'))
  const files = names.map((name) => file(`fixtures/break-glass/${name}.json`))
  const script = fileURLToPath(new URL('synthesize-each.ts', import.meta.url))
  await promisify(execFile)(process.execPath, [script, folder, ...files], {
    env: { ...process.env, AWS_EC2_METADATA_DISABLED: 'true', CDK_VALIDATION: String(!isShallow) },
  })
  const synthesized = names.map(async (name) => {
    const outdir = join(folder, name)
    const files = (await readdir(outdir)).filter((one) => one.endsWith('.template.json'))
    const read = async (one: string) =>
      [
        one.replace('.template.json', ''),
        template.parse(JSON.parse(await readFile(join(outdir, one), 'utf8'))),
      ] as const
    return [name, Object.fromEntries(await Promise.all(files.map(read)))] as const
  })
  templates = Object.fromEntries(await Promise.all(synthesized))
}, 300_000)
afterAll(() => rm(folder, { recursive: true }))

const all = (name: string, type: string): readonly Readonly<Record<string, unknown>>[] =>
  Object.values(templates[name] ?? {}).flatMap(({ Resources }) =>
    Object.values(Resources).flatMap(({ Type, Properties }) => (Type === type ? [Properties] : [])),
  )

test.each(names)(
  '%s synthesizes offline: alarms in each Region, users, and what the management account makes',
  (name) => {
    const alarms = ['ap-southeast-2', 'eu-north-1', 'eu-west-1', 'us-east-1', 'us-east-2'].map(
      (region) => `alarms-${region}`,
    )
    expect(Object.keys(templates[name] ?? {}).sort()).toEqual(
      [...alarms, 'management', 'users'].map((part) => `break-glass-${name}-${part}`),
    )
  },
)

test.each(names)('%s: each responder has a user with a password to change, no key, and one policy', (name) => {
  expect(
    all(name, 'AWS::IAM::User').map(({ UserName, Path, LoginProfile }) => ({ UserName, Path, LoginProfile })),
  ).toEqual(
    definition(name).responders.map((one) => ({
      UserName: `${one.name}-BREAK-GLASS`,
      Path: '/break-glass/',
      LoginProfile: { Password: expect.anything(), PasswordResetRequired: true },
    })),
  )
  expect(all(name, 'AWS::IAM::AccessKey')).toEqual([])
  const text = JSON.stringify(templates[name])
  expect(text).not.toMatch(/"Password":"[^{]/)
})

test('organizational units get the role automatically, named accounts once, the management account without a StackSet', () => {
  expect(all('investigator', 'AWS::CloudFormation::StackSet')).toEqual([
    expect.objectContaining({
      StackSetName: 'BREAK-GLASS-security-investigator',
      PermissionModel: 'SERVICE_MANAGED',
      AutoDeployment: { Enabled: true, RetainStacksOnAccountRemoval: false },
      StackInstancesGroup: [{ Regions: ['us-east-1'], DeploymentTargets: { OrganizationalUnitIds: ['r-acme'] } }],
    }),
  ])
  expect(all('organization', 'AWS::CloudFormation::StackSet')).toEqual([
    expect.objectContaining({
      StackSetName: 'BREAK-GLASS-ledger-reader-accounts',
      AutoDeployment: { Enabled: false },
      StackInstancesGroup: [
        {
          Regions: ['us-east-1'],
          DeploymentTargets: {
            OrganizationalUnitIds: ['r-acme'],
            AccountFilterType: 'INTERSECTION',
            Accounts: ['233000000001'],
          },
        },
      ],
    }),
  ])
  const roles = all('organization', 'AWS::IAM::Role').map(({ RoleName }) => RoleName)
  expect(roles).toContain('BREAK-GLASS-organization-administrator')
  expect(roles).not.toContain('BREAK-GLASS-ledger-reader')
})

test('a role has a boundary where the file gives one, and else no such property', () => {
  const boundaries = (name: string) => {
    const [first] = all(name, 'AWS::CloudFormation::StackSet')
    const resources = Object.entries(template.parse(JSON.parse(String(first?.TemplateBody))).Resources)
    return resources.flatMap(([, { Type, Properties }]) =>
      Type === 'AWS::IAM::Role' && !String(Properties.RoleName).endsWith('-alarms')
        ? [Properties.PermissionsBoundary]
        : [],
    )
  }
  expect(boundaries('investigator')).toEqual([undefined])
  expect(boundaries('recovery')).toEqual([
    { 'Fn::Sub': `arn:aws:iam::\${AWS::AccountId}:policy/boundaries/no-production-data` },
  ])
})

test.each(names)('%s: a mail goes to each address from each Region, and no rule has a target of ssofile', (name) => {
  const topics = all(name, 'AWS::SNS::Topic')
  expect(topics).toHaveLength(5)
  for (const { Subscription } of topics)
    expect(Subscription).toEqual([{ Protocol: 'email', Endpoint: 'security@acme.example' }])
  const targets = JSON.stringify(all(name, 'AWS::Events::Rule').map(({ Targets }) => Targets))
  expect(targets).not.toMatch(/ssofile|sqs|lambda/)
})
