import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { policyFaults } from '../../../../shared/domain/iam-policies/policy-faults.ts'
import { policyWarnings } from '../../../../shared/domain/iam-policies/policy-variables.ts'
import type { JsonObject } from '../../../../shared/domain/json/strict-json.ts'
import { faultsOf } from '../../../../shared/domain/links/judge-input.ts'
import { parsePermissionSetFile } from '../../../../shared/domain/permission-sets/permission-set-file.ts'
import { refusedPolicies, takenPolicies } from './policy-cases.ts'

const key = 'permission_sets/Case-ps.json'
const bucket = 'arn:aws:s3:::reports/*'
const parsed = (policy: object): JsonObject => JSON.parse(JSON.stringify(policy))
const write = (inlinePolicyDocument: object) =>
  new TextEncoder().encode(JSON.stringify({ permissionSetName: 'Case-ps', inlinePolicyDocument }, undefined, 1))

describe('a permission set file is refused for a policy', () => {
  test.each(refusedPolicies)('$title, with its line and the remedy', ({ policy, line, received, remedy }) => {
    const body = write(policy)
    const faults = faultsOf(parsePermissionSetFile(key, body), body)
    expect(faults).toEqual([
      expect.objectContaining({
        received: expect.stringContaining(received),
        expected: expect.stringMatching(/./),
        remedy: expect.stringContaining(remedy),
      }),
    ])
    const lines = new TextDecoder().decode(body).split('\n')
    expect(lines[(faults[0]?.place?.line ?? 0) - 1]).toContain(line)
  })
})

describe('a permission set file is taken with a policy', () => {
  test.each(takenPolicies)('%s', (_, policy) => {
    const file = parsePermissionSetFile(key, write(policy))
    expect(file).toMatchObject({ ok: true, value: { inlinePolicy: JSON.stringify(policy) } })
  })

  // `other-partition.test.ts` has the rest: which of them the deployment's own partition refuses.
  test.each(['aws-cn', 'aws-us-gov', 'aws-iso-b', 'aws-eusc'])('with an ARN of the partition %s', (partition) => {
    const file = write({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: 's3:*', Resource: `arn:${partition}:s3:::a` },
    })
    expect(parsePermissionSetFile(key, file)).toMatchObject({ ok: true })
  })
})

test('whatever a policy contains, it is taken, or told in three parts', () => {
  const one = fc.oneof(fc.jsonValue(), fc.constantFrom('*', 's3:Get*', 'Allow', bucket, '${', '', []))
  const field = fc.constantFrom('Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition', 'Ref')
  const statement = fc.dictionary(field, one)
  const statements = fc.oneof(statement, fc.array(fc.oneof(statement, one)), one)
  fc.assert(
    fc.property(fc.record({ Version: one, Statement: statements }, { requiredKeys: [] }), (policy) => {
      const document = parsed(policy)
      const faults = policyFaults(document, [])
      expect(faults.every((fault) => fault.received && fault.expected && fault.remedy)).toBe(true)
      expect(policyWarnings(document, []).every(({ warning }) => warning.length > 0)).toBe(true)
    }),
  )
})
