import { expect, test } from '@jest/globals'
import { listDifferingFields } from '../../../../shared/domain/permission-sets/differing-fields.ts'
import { parsePermissionSetFile } from '../../../../shared/domain/permission-sets/permission-set-file.ts'

const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const powerUser = 'arn:aws:iam::aws:policy/PowerUserAccess'
const statement = { Effect: 'Allow', Action: 's3:Get*', Resource: '*' }
const full = {
  description: 'Day-to-day operation',
  sessionDurationInMinutes: 90,
  relayState: 'https://example.com/',
  tags: [{ Key: 'team', Value: 'a' }],
  managedPoliciesArnList: [readOnly, powerUser],
  customerManagedPoliciesList: [{ Name: 'extra', Path: '/ops/' }, { Name: 'base' }],
  inlinePolicyDocument: { Version: '2012-10-17', Statement: [statement] },
  permissionsBoundary: { CustomerManagedPolicyReference: { Name: 'boundary' } },
  owner: 'team-platform',
}
const none = Object.fromEntries(Object.keys(full).map((field) => [field, undefined]))

function differing(before: object, after: object): readonly string[] {
  const [first, second] = [before, after].map((fields) => {
    const text = JSON.stringify({ permissionSetName: 'Operator-ps', ...full, ...fields })
    const file = parsePermissionSetFile('permission_sets/Operator-ps.json', new TextEncoder().encode(text))
    if (!file.ok) throw new Error(JSON.stringify(file.complaint))
    return file.value
  })
  if (!first || !second) throw new Error('both were parsed')
  return listDifferingFields(first, second)
}

test.each<[string, object]>([
  ['description', { description: 'Another' }],
  ['sessionDurationInMinutes', { sessionDurationInMinutes: 91 }],
  ['relayState', { relayState: 'https://example.org/' }],
  ['tags', { tags: [{ Key: 'team', Value: 'b' }] }],
  ['managedPoliciesArnList', { managedPoliciesArnList: [readOnly] }],
  ['customerManagedPoliciesList', { customerManagedPoliciesList: [{ Name: 'extra' }, { Name: 'base' }] }],
  ['inlinePolicyDocument', { inlinePolicyDocument: { Statement: [statement] } }],
  ['permissionsBoundary', { permissionsBoundary: { ManagedPolicyArn: readOnly } }],
  ['owner', { owner: 'zoe@x.example' }],
])('of two files of which only %s differs, that is named, also where one has none', (field, change) => {
  expect(differing({}, change)).toEqual([field])
  expect(differing({}, { [field]: undefined })).toEqual([field])
  expect(differing({ [field]: undefined }, {})).toEqual([field])
})

test('several fields are named once each, in the order of the contract', () => {
  expect(differing({}, none)).toEqual(Object.keys(full))
})

test('two files that say the same in another form differ in nothing', () => {
  const other = {
    sessionDurationInMinutes: '90',
    managedPoliciesArnList: [powerUser, readOnly],
    customerManagedPoliciesList: [
      { Name: 'base', Path: '/' },
      { Path: '/ops/', Name: 'extra' },
    ],
    inlinePolicyDocument: { Statement: [statement], Version: '2012-10-17' },
  }
  expect(differing({}, other)).toEqual([])
  expect(differing(none, { ...none, tags: [], inlinePolicyDocument: {}, sessionDurationInMinutes: 60 })).toEqual([])
})
