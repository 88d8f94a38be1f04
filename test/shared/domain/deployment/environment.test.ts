import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import {
  configurationOf,
  environment,
  iamRegionOf,
  isManagementDeployment,
  organizationRegionOf,
  partitionOf,
} from '../../../../shared/domain/deployment/environment.ts'
import { environmentRules } from '../../../../shared/domain/deployment/environment-rules.ts'
import { faultsOfIssues } from '../../../../shared/domain/json/json-faults.ts'

const example = JSON.parse(
  readFileSync(new URL('../../../../infra/environments/example.json', import.meta.url), 'utf8'),
)
const role = 'arn:aws:iam::111122223333:role/team-a'

/** What an environment that differs from the example is refused for: `path: expected …`. */
function faultsOf(changed: object): readonly string[] {
  const document = { ...example, ...changed }
  const { error } = environment.safeParse(document)
  const faults = faultsOfIssues(error?.issues ?? [], document, environmentRules)
  return faults.map(({ path, expected }) => `${path.join('.')}: ${expected}`)
}

test('the example is valid, and has the default configuration but for its folder and the room for other callers', () => {
  expect(faultsOf({})).toEqual([])
  const { limits } = defaultConfiguration
  expect(configurationOf(environment.parse(example))).toEqual({
    ...defaultConfiguration,
    folders: ['team-a'],
    ownAccount: example.account,
    limits: { ...limits, callsPerSecond: 15, outstanding: 10, provisionings: 2 },
  })
})

test('a deployment leaves room for other callers of Identity Center unless it says otherwise, each limit by itself', () => {
  const { limits: _, ...unlimited } = example
  const limitsOf = (limits: object) => configurationOf(environment.parse({ ...unlimited, ...limits })).limits
  const left = { callsPerSecond: 15, outstanding: 10, provisionings: 2, notValidFiles: 1_000 }
  expect(limitsOf({})).toEqual(left)
  expect(limitsOf({ limits: { callsPerSecond: 20 } })).toEqual({ ...left, callsPerSecond: 20 })
  expect(limitsOf({ limits: { outstanding: 15, provisionings: 3 } })).toEqual({
    ...left,
    outstanding: 15,
    provisionings: 3,
  })
})

test('what is needed is told when it is missing, and what may be left out is not', () => {
  expect(
    environment
      .safeParse({})
      .error?.issues.map(({ path }) => path[0])
      .sort(),
  ).toEqual(['access', 'account', 'alarmAddress', 'bucket', 'instanceArn', 'managementAccount', 'region'])
})

test('everything runs in the management account when both accounts are the same', () => {
  expect(isManagementDeployment(environment.parse(example))).toBe(false)
  expect(isManagementDeployment(environment.parse({ ...example, account: example.managementAccount }))).toBe(true)
})

test.each([
  ['eu-west-1', 'aws', 'us-east-1', 'us-east-1'],
  ['cn-north-1', 'aws-cn', 'cn-northwest-1', 'cn-north-1'],
  ['us-gov-east-1', 'aws-us-gov', 'us-gov-west-1', 'us-gov-west-1'],
])(
  '%s is in %s, whose organizations have their events in %s, and IAM in %s',
  (region, partition, organizationRegion, iamRegion) => {
    expect(partitionOf(region)).toBe(partition)
    expect(organizationRegionOf(region)).toBe(organizationRegion)
    expect(iamRegionOf(region)).toBe(iamRegion)
  },
)

describe('refused is', () => {
  const uploaders = (...folders: string[]) => folders.map((folder) => ({ folder, principals: [role] }))
  test.each([
    ['an unknown field', { colour: 'red' }, /^: no fields but /],
    ['an account of eleven digits', { account: '11112222333' }, /^account: the 12 digits of the account/],
    ['a Region that is none', { region: 'Ireland' }, /^region: the primary Region/],
    ['a bucket with dots', { bucket: { name: 'a.b.c' } }, /^bucket.name: the name of a bucket/],
    ['an instance of another service', { instanceArn: role }, /^instanceArn: the ARN of the instance, such as/],
    [
      'an instance of another partition',
      { instanceArn: 'arn:aws-cn:sso:::instance/ssoins-1234567890abcdef' },
      /aws, in/,
    ],
    [
      'a key of IAM Identity Center that is not in the management account',
      { identityCenterKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab' },
      /^identityCenterKeyArn: a key of the management account 444455556666/,
    ],
    [
      'a key of IAM Identity Center of another partition',
      { identityCenterKeyArn: 'arn:aws-cn:kms:cn-north-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab' },
      /^identityCenterKeyArn: an ARN of the partition aws,/,
    ],
    ['a time that is none', { schedules: { driftCheckAt: '25:00' } }, /^schedules.driftCheckAt: a time of day/],
    ['a retention that CloudWatch has not', { logRetentionDays: 31 }, /^logRetentionDays: days for which/],
    ['an address that is none', { alarmAddress: 'the team' }, /^alarmAddress: the mail address/],
    ['everybody as an auditor', { access: { auditors: ['*'] } }, /^access.auditors.0: the ARN of an IAM role or user/],
    [
      'a role of any account as an operator',
      { access: { operators: ['arn:aws:iam::*:role/admin'] } },
      /^access.operators.0: the ARN of an IAM role or user/,
    ],
    [
      'a star within a name',
      { access: { operators: ['arn:aws:iam::111122223333:role/*/admin'] } },
      /^access.operators.0: the ARN of an IAM role or user/,
    ],
    [
      'an uploader of a folder that is not declared',
      { access: { uploaders: uploaders('team-b') } },
      /^access.uploaders.0.folder: one of folders: 'team-a'/,
    ],
    [
      'a folder twice',
      { access: { uploaders: uploaders('team-a', 'team-a') } },
      /^access.uploaders.1.folder: each folder once/,
    ],
    [
      'a Region of the European Sovereign Cloud',
      { region: 'eusc-de-east-1' },
      /^region: .*the European Sovereign Cloud \(aws-eusc\) is not supported$/,
    ],
    [
      'an uploader with the name of a role of the deployment',
      {
        access: { uploaders: [{ folder: 'team-a', principals: ['arn:aws:iam::111122223333:role/ssofile-pipeline'] }] },
      },
      /^access.uploaders.0.principals.0: a role whose name does not begin with ssofile-/,
    ],
    [
      'an uploader whose folder has another folder inside',
      { folders: ['team-a', 'team-a/cloud'], access: { uploaders: uploaders('team-a') } },
      /^access.uploaders.0.folder: a folder without another inside: .*'team-a\/cloud'/,
    ],
  ])('%s', (_, changed, expected) => {
    expect(faultsOf(changed)).toEqual([expect.stringMatching(expected)])
  })
})
