import { beforeAll, expect, test } from '@jest/globals'
import * as z from 'zod'
import { definition } from '../../shared/modules/break-glass/rules/definitions.ts'
import type { Assembly } from '../synthesize.ts'

const resource = z.object({ Type: z.string(), Properties: z.looseObject({}) })
const template = z.object({ Resources: z.record(z.string(), resource) })

export const breakGlassNames = ['investigator', 'recovery', 'organization'] as const
let templates: Readonly<Record<string, Assembly>> = {}

const all = (name: string, type: string): readonly Readonly<Record<string, unknown>>[] =>
  Object.values(templates[name] ?? {}).flatMap(({ Resources }) =>
    Object.values(Resources).flatMap(({ Type, Properties }) => (Type === type ? [Properties] : [])),
  )

/** The tests of break-glass access: templates.test.ts has the templates. `break-glass-app.ts`, as the CDK CLI runs it: runbooks.test.ts. */
export function testBreakGlass(synthesized: () => Readonly<Record<string, Assembly>>): void {
  beforeAll(() => {
    templates = synthesized()
  })

  test.each(breakGlassNames)(
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

  test.each(breakGlassNames)(
    '%s: each responder has a user with a password to change, no key, and one policy',
    (name) => {
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
    },
  )

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

  test.each(breakGlassNames)(
    '%s: a mail goes to each address from each Region, and no rule has a target of ssofile',
    (name) => {
      const topics = all(name, 'AWS::SNS::Topic')
      expect(topics).toHaveLength(5)
      for (const { Subscription } of topics)
        expect(Subscription).toEqual([{ Protocol: 'email', Endpoint: 'security@acme.example' }])
      const targets = JSON.stringify(all(name, 'AWS::Events::Rule').map(({ Targets }) => Targets))
      expect(targets).not.toMatch(/ssofile|sqs|lambda/)
    },
  )
}
