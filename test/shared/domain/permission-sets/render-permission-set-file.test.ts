import { expect, test } from '@jest/globals'
import { definitionOf } from '../../../../shared/domain/permission-sets/permission-set-changes.ts'
import {
  type PermissionSetDefinition,
  parsePermissionSetFile,
  permissionSetKey,
} from '../../../../shared/domain/permission-sets/permission-set-file.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { renderPermissionSetFile } from '../../../../shared/domain/permission-sets/render-permission-set-file.ts'

const name = permissionSetName.parse('Operator-ps')
const plain = { sessionDuration: 'PT1H', tags: [], managedPolicyArns: [], customerManagedPolicies: [] }
const full: PermissionSetDefinition = {
  description: 'Day-to-day operation',
  sessionDuration: 'PT1H30M',
  relayState: 'https://example.com/',
  tags: [{ Key: 'team', Value: 'a' }],
  managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
  customerManagedPolicies: [{ Name: 'extra', Path: '/ops/' }, { Name: 'base' }],
  inlinePolicy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}',
  permissionsBoundary: { CustomerManagedPolicyReference: { Name: 'boundary' } },
}

function rendered(definition: PermissionSetDefinition) {
  const file = renderPermissionSetFile(name, definition)
  if (!file.ok) throw new Error(JSON.stringify(file.complaint))
  return file.value
}

function complaintAbout(definition: PermissionSetDefinition) {
  const file = renderPermissionSetFile(name, definition)
  if (file.ok) throw new Error(file.value.text)
  return file.complaint
}

test.each([
  ['all that one can have', full],
  ['nothing but a name and a session', plain],
])('the file of a permission set with %s asks for exactly that', (_, definition) => {
  const { text, notes } = rendered(definition)
  expect(notes).toEqual([])
  const file = parsePermissionSetFile(permissionSetKey(name), new TextEncoder().encode(text))
  expect(file.ok && definitionOf(file.value)).toEqual(definition)
})

test('the file says only what there is, in the order of the contract, and ends with a line end', () => {
  expect(rendered(plain).text).toBe('{\n  "permissionSetName": "Operator-ps",\n  "sessionDurationInMinutes": 60\n}\n')
  expect(Object.keys(JSON.parse(rendered(full).text))).toEqual([
    'permissionSetName',
    'description',
    'sessionDurationInMinutes',
    'relayState',
    'tags',
    'managedPoliciesArnList',
    'customerManagedPoliciesList',
    'inlinePolicyDocument',
    'permissionsBoundary',
  ])
})

test("tags of AWS's own stand in no file, and a note names them", () => {
  const own = [
    { Key: 'aws:cloudformation:stack-name', Value: 'x' },
    { Key: 'AWS:x\n', Value: 'y' },
  ]
  const { text, notes } = rendered({ ...full, tags: [...own, ...full.tags] })
  expect(text).toBe(rendered(full).text)
  expect(notes).toEqual([
    "the tags of AWS's own (aws:cloudformation:stack-name, AWS:x\\u{a}) stand in no file and stay",
  ])
  expect(JSON.parse(rendered({ ...plain, tags: own }).text)).not.toHaveProperty('tags')
})

test("a tag with AWS's prefix within its key is like any other", () => {
  const tags = [{ Key: 'team-aws:x', Value: '' }]
  expect(rendered({ ...plain, tags })).toMatchObject({ notes: [], text: expect.stringContaining('"team-aws:x"') })
})

test.each<[string, Partial<PermissionSetDefinition>, string]>([
  ['a session of half a minute', { sessionDuration: 'PT90S' }, "'PT90S'"],
  ['a session in another form', { sessionDuration: 'P1D' }, "'P1D'"],
  ['a policy that is no JSON', { inlinePolicy: 'x' }, 'inlinePolicyDocument'],
  ['a policy that is a list', { inlinePolicy: '[]' }, 'inlinePolicyDocument'],
  ['an empty description', { description: '' }, 'description'],
])('%s can be said by no file, and whoever imports is told', (_, part, received) => {
  expect(complaintAbout({ ...plain, ...part })).toEqual({
    object: 'permission_sets/Operator-ps.json',
    received: expect.stringMatching(/^a permission set that no file can describe: ./),
    expected: 'one that a file can describe exactly',
    remedy: 'change it in Identity Center, then import it again; links may use it without a file',
  })
  expect(complaintAbout({ ...plain, ...part }).received).toContain(received)
})

test.each(['{}', ' { }\n'])(
  'an inline policy that is empty (%j) is told as such, and what to do about it',
  (inlinePolicy) => {
    expect(complaintAbout({ ...full, inlinePolicy })).toEqual({
      object: 'permission_sets/Operator-ps.json',
      received: `a permission set that no file can describe: its inline policy is empty (${inlinePolicy.replace('\n', '\\u{a}')}), which in a file means that it has none`,
      expected: 'one that a file can describe exactly',
      remedy: 'change it in Identity Center, then import it again; links may use it without a file',
    })
  },
)
