import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import * as z from 'zod'
import { fieldsOf } from '../../../../shared/domain/json/json-faults.ts'
import {
  type PermissionSetFile,
  parsePermissionSetFile,
  parsePermissionSetKey,
  permissionSetFileMostBytes,
  permissionSetFileSchema,
  permissionSetKey,
} from '../../../../shared/domain/permission-sets/permission-set-file.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetRules } from '../../../../shared/domain/permission-sets/permission-set-rules.ts'
import { renderComplaint } from '../../../../shared/domain/statuses/complaint.ts'
import { isShallow } from '../../../depth.ts'
import { badPermissionSetFiles } from '../bad-files.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const key = 'permission_sets/Operator-ps.json'

function parse(fields: Record<string, unknown>) {
  return parsePermissionSetFile(key, encode(JSON.stringify({ permissionSetName: 'Operator-ps', ...fields })))
}

function read(fields: Record<string, unknown>): PermissionSetFile {
  const file = parse(fields)
  if (!file.ok) throw new Error(JSON.stringify(file.complaint))
  return file.value
}

const arns = (count: number) => Array.from({ length: count }, (_, index) => `arn:aws:iam::aws:policy/Policy${index}`)

test('a file with every field is read in full, and a policy keeps the order of its fields', () => {
  const file = {
    description: 'Day-to-day operation; équipe',
    sessionDurationInMinutes: '240',
    relayState: 'https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1#',
    tags: [
      { Key: 'versionid', Value: '01' },
      { Key: 'équipe 2', Value: '' },
    ],
    managedPoliciesArnList: ['arn:aws:iam::aws:policy/job-function/SystemAdministrator'],
    customerManagedPoliciesList: [{ Name: 'operators-extra', Path: '/ops/' }, { Name: 'operators-base' }],
    inlinePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Sid: 'ReadIam', Effect: 'Allow', Action: ['iam:Get*'], Resource: '*' }],
    },
    permissionsBoundary: { CustomerManagedPolicyReference: { Name: 'operators-boundary', Path: '/boundaries/' } },
  }
  expect(read(file)).toEqual({
    name: 'Operator-ps',
    description: file.description,
    sessionDurationMinutes: 240,
    relayState: file.relayState,
    tags: file.tags,
    managedPolicyArns: file.managedPoliciesArnList,
    customerManagedPolicies: file.customerManagedPoliciesList,
    inlinePolicy:
      '{"Version":"2012-10-17","Statement":[{"Sid":"ReadIam","Effect":"Allow","Action":["iam:Get*"],"Resource":"*"}]}',
    permissionsBoundary: file.permissionsBoundary,
    warnings: [],
  })
})

test('a name alone is a permission set of one hour that allows nothing', () => {
  expect(read({})).toEqual({
    name: 'Operator-ps',
    sessionDurationMinutes: 60,
    tags: [],
    managedPolicyArns: [],
    customerManagedPolicies: [],
    warnings: [],
  })
})

test.each([undefined, '', {}])('the inline policy %j means none', (inlinePolicyDocument) => {
  expect(read({ inlinePolicyDocument }).inlinePolicy).toBeUndefined()
})

test.each([60, 61, 90, 99, 100, 240, 699, 700, 719, 720])(
  'a session of %d minutes is a session, as number or text',
  (minutes) => {
    expect(read({ sessionDurationInMinutes: minutes }).sessionDurationMinutes).toBe(minutes)
    expect(read({ sessionDurationInMinutes: `${minutes}` }).sessionDurationMinutes).toBe(minutes)
  },
)

test('the session as text and as number have the same limits', () => {
  fc.assert(
    fc.property(fc.integer({ min: -100, max: 10_000 }), (minutes) => {
      const allowed = minutes >= 60 && minutes <= 720
      expect(parse({ sessionDurationInMinutes: minutes }).ok).toBe(allowed)
      expect(parse({ sessionDurationInMinutes: `${minutes}` }).ok).toBe(allowed)
    }),
  )
})

test('25 policies together pass, and more than 10 are warned of', () => {
  const customerManagedPoliciesList = Array.from({ length: 5 }, (_, index) => ({ Name: `policy${index}` }))
  expect(read({ managedPoliciesArnList: arns(20), customerManagedPoliciesList }).warnings).toEqual([
    expect.stringContaining('25 managed policies'),
  ])
  expect(read({ managedPoliciesArnList: arns(11) }).warnings).toHaveLength(1)
  expect(read({ managedPoliciesArnList: arns(10) }).warnings).toEqual([])
})

test.each(['aws', 'aws-cn', 'aws-us-gov', 'aws-iso-b', 'aws-eusc'])(
  'a managed policy of the partition %s is known',
  (partition) => {
    const arn = `arn:${partition}:iam::aws:policy/ReadOnlyAccess`
    expect(read({ managedPoliciesArnList: [arn], permissionsBoundary: { ManagedPolicyArn: arn } })).toMatchObject({
      managedPolicyArns: [arn],
      permissionsBoundary: { ManagedPolicyArn: arn },
    })
  },
)

test.each([
  ['path', { Name: 'a', Path: '/ops/' }],
  ['capitals', { Name: 'A' }],
])('two policies whose names differ in their %s only are refused, since no account can have both', (_, other) => {
  const file = parse({ customerManagedPoliciesList: [{ Name: 'a' }, other] })
  expect(file).toMatchObject({ ok: false, complaint: { remedy: expect.stringContaining('delete one of the two') } })
})

test('every limit itself passes', () => {
  const tags = Array.from({ length: 50 }, (_, index) => ({
    Key: `${index}`.padEnd(128, '字'),
    Value: '字'.repeat(256),
  }))
  const policyWith = (text: string) => ({
    Statement: { Effect: 'Deny', Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:x': text } } },
  })
  const least = JSON.stringify(policyWith('')).length
  const spaces = ' '.repeat(32_768 - least)
  const file = read({
    description: 'é'.repeat(700),
    relayState: 'r'.repeat(240),
    tags,
    managedPoliciesArnList: arns(24),
    customerManagedPoliciesList: [{ Name: 'n'.repeat(128), Path: `/${'p'.repeat(510)}/` }],
    inlinePolicyDocument: policyWith(spaces),
  })
  expect(file.inlinePolicy).toHaveLength(32_768)
  expect(parse({ inlinePolicyDocument: policyWith(`${spaces} `) }).ok).toBe(false)
  const letters = 'a'.repeat(10_240 - least)
  expect(parse({ inlinePolicyDocument: policyWith(letters) }).ok).toBe(true)
  expect(parse({ inlinePolicyDocument: policyWith(`${letters} \t`) }).ok).toBe(false)
  expect(parse({ inlinePolicyDocument: policyWith(`${letters} `) }).ok).toBe(true)
  expect(parse({ inlinePolicyDocument: policyWith(`${letters}b`) }).ok).toBe(false)
})

test('the size of an inline policy is counted in bytes, not in characters', () => {
  const policyWith = (text: string) => ({
    Statement: { Effect: 'Deny', Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:x': text } } },
  })
  const room = 10_240 - JSON.stringify(policyWith('')).length
  expect(parse({ inlinePolicyDocument: policyWith('é'.repeat(room / 2)) }).ok).toBe(true)
  expect(parse({ inlinePolicyDocument: policyWith(`${'é'.repeat(room / 2)}é`) }).ok).toBe(false)
})

test('a file of exactly the largest size is read', () => {
  const body = '{"permissionSetName":"Operator-ps"}'
  expect(parsePermissionSetFile(key, encode(body.padEnd(permissionSetFileMostBytes))).ok).toBe(true)
  expect(parsePermissionSetFile(key, encode(body.padEnd(permissionSetFileMostBytes + 1))).ok).toBe(false)
})

test('an inline policy may have any field name without touching a prototype', () => {
  const inlinePolicy =
    '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"__proto__":"polluted","constructor":1}}}}'
  const body = `{"permissionSetName":"Operator-ps","inlinePolicyDocument":${inlinePolicy}}`
  expect(parsePermissionSetFile(key, encode(body))).toMatchObject({ ok: true, value: { inlinePolicy } })
  expect(Object.prototype).not.toHaveProperty('polluted')
})

describe('a bad permission set file is rejected, and the complaint helps', () => {
  test.each(badPermissionSetFiles)('$title', ({ fileName, body, received, expected, remedy }) => {
    const object = `permission_sets/${fileName}`
    const file = parsePermissionSetFile(object, typeof body === 'string' ? encode(body) : body)
    if (file.ok) throw new Error('accepted')
    const told = renderComplaint(file.complaint)
    for (const part of [object, received, expected]) expect(told).toContain(part)
    expect(file.complaint.remedy).toContain(remedy)
    expect(file.complaint.received.length + file.complaint.remedy.length).toBeLessThan(1500)
  })
})

test('no two bad files have one name', () => {
  expect(new Set(badPermissionSetFiles.map(({ fileName }) => fileName)).size).toBe(badPermissionSetFiles.length)
  expect(badPermissionSetFiles.length).toBeGreaterThan(80)
})

test('one complaint has all faults of a file, one after the other', () => {
  const file = parse({
    sessionDuration: 240,
    relayState: 'a<b',
    tags: [
      { Key: 'a', Value: 'b' },
      { Key: 'a', Value: 'c' },
    ],
  })
  expect(file).toMatchObject({
    ok: false,
    complaint: {
      object: key,
      received: expect.stringMatching(
        /^the unknown field 'sessionDuration' at \$, expected 'sessionDurationInMinutes'; received 'a<b' with '<' .* at \$\.relayState, expected 1 to 240 .*; received the tag key 'a' for the second time at \$\.tags\[1\]\.Key$/,
      ),
      expected: 'every tag key once',
      remedy: expect.stringMatching(/^rename .*; .*; delete one of the two tags; then upload the file again$/),
    },
  })
})

test('a field under a wrong name is one fault, not also a missing field', () => {
  const file = parse({ tags: [{ key: 'a', value: 'b' }] })
  if (file.ok) throw new Error('accepted')
  expect(file.complaint.remedy).toBe("rename 'key' to 'Key'; rename 'value' to 'Value'; then upload the file again")
})

const many = isShallow ? 4_000 : 40_000
test.each([
  [`${many} wrong policies`, { managedPoliciesArnList: Array.from({ length: many }, () => 'a') }],
  ['20,000 unknown fields', Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`field${index}`, 1]))],
  ['a path of 200,000 slashes', { customerManagedPoliciesList: [{ Name: 'a', Path: `x${'/'.repeat(200_000)}x` }] }],
  ['a path of 100,000 steps', { customerManagedPoliciesList: [{ Name: 'a', Path: '/a'.repeat(100_000) }] }],
  ['an ARN of 100,000 steps', { managedPoliciesArnList: [`arn:aws:iam::aws:policy${'/a'.repeat(100_000)}/`] }],
  [`a policy of ${many} dashes`, { inlinePolicyDocument: { Statement: Array.from({ length: many }, () => '–') } }],
])('a file with %s is told in few words', (_, fields) => {
  const file = parse(fields)
  if (file.ok) throw new Error('accepted')
  const { faults = [], ...told } = file.complaint
  expect(JSON.stringify(told).length).toBeLessThan(3000)
  expect(faults.length).toBeLessThanOrEqual(100)
})

test('more than five faults are counted', () => {
  const file = parse({ managedPoliciesArnList: Array.from({ length: 9 }, (_, index) => `policy${index}`) })
  if (file.ok) throw new Error('accepted')
  expect(file.complaint.received).toMatch(/^'policy0' at .*; received 'policy4' at [^;]*$/)
  expect(file.complaint.expected).toMatch(/; and 4 more$/)
})

test('what a name from outside contains can neither forge a log line nor turn the text around', () => {
  const file = parse({ 'a\n\u202eb': 1 })
  if (file.ok) throw new Error('accepted')
  expect(file.complaint.received).toBe("the unknown field 'a\\u{a}\\u{202e}b' at $")
})

test('key and name lead to each other', () => {
  const name = permissionSetName.parse('A_b+=,.@-9')
  expect(parsePermissionSetKey(permissionSetKey(name))).toEqual({ ok: true, value: name })
})

test.each([
  ['permission_sets/Operator-ps.JSON', 'upload it again as permission_sets/Operator-ps.json, then delete this one'],
  [
    'permission_sets/team-a/Operator-ps.json',
    'upload it again as permission_sets/Operator-ps.json, then delete this one',
  ],
  ['links_data/Operator-ps.json', 'upload it again as permission_sets/Operator-ps.json, then delete this one'],
])('the key %s is rejected with the right one', (wrong, remedy) => {
  expect(parsePermissionSetKey(wrong)).toMatchObject({ ok: false, complaint: { object: wrong, remedy } })
})

test('the schema can be published as JSON Schema, and every place in it has its words', () => {
  const schema = z.toJSONSchema(permissionSetFileSchema, { io: 'input' })
  expect(schema).toMatchObject({ type: 'object', additionalProperties: false, required: ['permissionSetName'] })
  const words = Object.keys(permissionSetRules).map((shape) => [shape, fieldsOf(shape, permissionSetRules)])
  expect(Object.fromEntries(words)).toEqual(Object.fromEntries(shapes(schema, '$')))
})

/** Every place in the schema with the fields that it may have. */
function shapes(schema: z.core.JSONSchema._JSONSchema, shape: string): [string, string[]][] {
  if (typeof schema === 'boolean') return []
  const fields = Object.keys(schema.properties ?? {})
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => shapes(field, `${shape}.${name}`))
  const items = schema.items === undefined || Array.isArray(schema.items) ? [] : shapes(schema.items, `${shape}.[]`)
  return [[shape, fields], ...below, ...items]
}

test('whatever bytes are uploaded, they are parsed or rejected with four parts, never thrown at', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.json().map(encode)), (body) => {
      const file = parsePermissionSetFile(key, body)
      if (file.ok) return
      const { object, received, expected, remedy } = file.complaint
      expect([object, received, expected, remedy].every((part) => part.length > 0)).toBe(true)
    }),
  )
})
