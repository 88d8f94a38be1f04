import { expect, test } from '@jest/globals'
import * as z from 'zod'
import { faultsOfIssues, type JsonRules } from '../../../../shared/domain/json/json-faults.ts'
import type { JsonValue } from '../../../../shared/domain/json/strict-json.ts'

const schema = z.strictObject({
  permissionSetName: z.string(),
  managedPoliciesArnList: z.array(z.string()).optional(),
  organizationalUnits: z.array(z.string()).optional(),
  accounts: z.array(z.string()).optional(),
})
const rule = (expected: string) => ({ expected, remedy: () => 'write a text such as x' })
const rules: JsonRules = {
  '$.permissionSetName': rule('a name'),
  '$.managedPoliciesArnList': rule('a list of ARNs'),
  '$.organizationalUnits': rule('a list of ids'),
  '$.accounts': rule('a list of account ids'),
}
const judge = (document: JsonValue) => faultsOfIssues(schema.safeParse(document).error?.issues ?? [], document, rules)

test.each([
  ['managedPolicyArnList', 'managedPoliciesArnList'],
  ['ManagedPolicies', 'managedPoliciesArnList'],
  ['ous', 'organizationalUnits'],
  ['ou', 'organizationalUnits'],
  ['organizationUnit', 'organizationalUnits'],
  ['account', 'accounts'],
])('the unknown field %s is told with the field that was meant', (name, meant) => {
  expect(judge({ permissionSetName: 'A', [name]: [] })).toEqual([
    expect.objectContaining({ field: name, expected: `'${meant}'`, remedy: `rename '${name}' to '${meant}'` }),
  ])
})

test('an unknown field that is near no other is to be deleted', () => {
  expect(judge({ permissionSetName: 'A', us: [] })[0]?.remedy).toBe("delete the field 'us'")
})

test('a missing field is to be added, whatever its rule says about a value', () => {
  expect(judge({})).toEqual([
    { path: ['permissionSetName'], received: 'nothing', expected: 'a name', remedy: 'add a text such as x' },
  ])
  expect(judge({ permissionSetName: 1 })[0]?.remedy).toBe('write a text such as x')
})
