import { describe, expect, test } from '@jest/globals'
import { parseEligibilityFile } from '../../../../shared/domain/files/eligibility-file.ts'
import { parsePersonFile } from '../../../../shared/domain/files/person-file.ts'
import { meantValue, type Wanted } from '../../../../shared/domain/json/meant-value.ts'
import type { JsonValue } from '../../../../shared/domain/json/strict-json.ts'
import { parsePermissionSetFile } from '../../../../shared/domain/permission-sets/permission-set-file.ts'

describe('the value that the author meant is computed', () => {
  test.each<[Wanted, JsonValue, string | undefined]>([
    ['a list', 'Billing-ps', '["Billing-ps"]'],
    ['a list', {}, undefined],
    ['a number', ' 14 ', '14'],
    ['a number', 'fourteen', undefined],
    ['true or false', 'Yes', 'true'],
    ['true or false', 'no', 'false'],
    ['true or false', 'maybe', undefined],
    ['a duration', '8h', '"PT8H"'],
    ['a duration', '90 minutes', '"PT1H30M"'],
    ['a duration', '2 days', '"P2D"'],
    ['a duration', '31 days', undefined],
    ['a duration', '8', undefined],
    ['a scope', '233000000001', '"account%233000000001"'],
    ['a scope', 'ou-abcd-12345678', '"ou_id%ou-abcd-12345678"'],
    ['a scope', 'r-abcd', '"root%all"'],
    ['a scope', 'ledger', undefined],
  ])('%s from %j', (wanted, value, meant) => {
    expect(meantValue(wanted, value)).toBe(meant)
  })
})

const bytes = (value: object) => new TextEncoder().encode(JSON.stringify(value))

test('each wrong value of an eligibility is one fault, with the value to write', () => {
  const file = parseEligibilityFile(
    'eligibility/admins.json',
    bytes({
      for: { groups: 'operators' },
      permissionSets: 'Billing-ps',
      scopes: ['233000000001'],
      longest: '8h',
      approvals: '1',
      approvers: { groups: ['leads'] },
    }),
  )
  expect(file.ok ? [] : file.complaint.faults?.map(({ remedy }) => remedy).sort()).toEqual([
    'write "PT8H"',
    'write "account%233000000001"',
    'write 1',
    'write ["Billing-ps"]',
    'write ["operators"]',
  ])
})

test('the names of other systems are one fault each, with the name to write', () => {
  const person = parsePersonFile(
    'people/lars.json',
    bytes({ displayName: 'Lars Jensen', firstName: 'Lars', lastName: 'Jensen' }),
  )
  expect(person.ok ? [] : person.complaint.faults?.map(({ remedy }) => remedy)).toEqual([
    "rename 'firstName' to 'givenName'",
    "rename 'lastName' to 'familyName'",
  ])
  const set = parsePermissionSetFile(
    'permission_sets/Case-ps.json',
    bytes({ permissionSetName: 'Case-ps', managedPolicyArns: [] }),
  )
  expect(set.ok ? [] : set.complaint.faults?.map(({ remedy }) => remedy)).toEqual([
    "rename 'managedPolicyArns' to 'managedPoliciesArnList'",
  ])
})

test("SCIM's form of a user is refused by its name, with the fields to write", () => {
  const user = {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: 'lars',
    name: { givenName: 'Lars', familyName: 'Jensen' },
    emails: [{ value: 'home@acme.example' }, { value: 'lars@acme.example', primary: true }],
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'Finance' },
    active: true,
  }
  const fields =
    '{"displayName":"Lars Jensen","givenName":"Lars","familyName":"Jensen","email":"lars@acme.example","department":"Finance"}'
  const file = parsePersonFile('people/lars.json', bytes(user))
  expect(file).toMatchObject({
    ok: false,
    complaint: { received: "SCIM's form of a user", remedy: expect.stringContaining(fields) },
  })
  expect(parsePersonFile('people/lars.json', new TextEncoder().encode(fields))).toMatchObject({ ok: true })
})
