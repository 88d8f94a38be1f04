import { describe, expect, test } from '@jest/globals'
import {
  isPolicyKey,
  joinPolicies,
  parsePolicyFile,
  policyFileMostBytes,
} from '../../../../shared/domain/guardrails/policy-file.ts'

const key = 'policies/admins.json'
const rule = { id: 'admins', control: 'AC-2', mode: 'enforce', must: { reason: true } }

function parse(document: unknown, sizeBytes?: number) {
  const body = new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document))
  return parsePolicyFile(key, body, sizeBytes)
}

function complaintOf(document: unknown): string {
  const read = parse(document)
  return read.ok ? 'valid' : `${read.complaint.received} | ${read.complaint.expected} | ${read.complaint.remedy}`
}

test('a policy has a contact and rules; what a rule does not say is about every input', () => {
  const read = parse({ contact: 'the platform team', links: [rule] })
  expect(read).toEqual({
    ok: true,
    value: {
      ...{ key, contact: 'the platform team' },
      ...{ links: [{ ...rule, for: {} }], permissionSets: [], separations: [], minimums: [] },
    },
  })
})

test('a policy may say only what is watched and who is never suspended', () => {
  const said = { contact: 'x', watch: [{ accounts: ['1*'] }, { permissionSets: ['A*'] }], neverSuspend: ['root-*'] }
  const none = { links: [], permissionSets: [], separations: [], minimums: [] }
  expect(parse(said)).toEqual({ ok: true, value: { key, ...said, ...none } })
})

describe('a policy that is refused', () => {
  test.each([
    ['an unknown field', { contact: 'x', rules: [] }, "the unknown field 'rules'"],
    ['an unknown demand', { contact: 'x', links: [{ ...rule, must: { tikket: 'x' } }] }, "the unknown field 'tikket'"],
    ['a rule without a demand', { contact: 'x', links: [{ ...rule, must: {} }] }, 'at least one demand'],
    [
      'a rule about permission sets without a demand',
      { contact: 'x', permissionSets: [{ ...rule, must: {} }] },
      'at least one demand',
    ],
    ['a watch for nothing', { contact: 'x', watch: [{}] }, 'accounts, permissionSets, or both'],
    ['a watch for something else', { contact: 'x', watch: [{ users: ['x'] }] }, "the unknown field 'users'"],
    [
      'no contact',
      { links: [rule] },
      'nothing at $.contact | a contact for questions: one line of at most 200 characters | add it;',
    ],
    ['an empty contact', { contact: '' }, 'at most 200 characters | correct it, or leave it out;'],
    ['an id that is no id', { contact: 'x', links: [{ ...rule, id: 'A b' }] }, "'A b'"],
    [
      'one id twice',
      { contact: 'x', links: [rule, rule] },
      "two rules with the id 'admins' | each id once in a file | give one of them another id",
    ],
    ['an action that is none', policyForbidding(['iam']), "'iam'"],
    [
      'a list of more than 100',
      { contact: 'x', links: [{ ...rule, must: { principals: Array(101).fill('a') } }] },
      '101',
    ],
  ])('has %s', (_, document, told) => {
    expect(complaintOf(document)).toContain(told)
  })

  test('is deeper than JSON of a policy can be, and is told so at once', () => {
    expect(complaintOf('['.repeat(30_000))).toContain('50 levels')
  })

  test('is one byte larger than a policy may be', () => {
    const body = `{"contact":"x"}`
    expect(parse(body, policyFileMostBytes)).toMatchObject({ ok: true })
    expect(parse(body, policyFileMostBytes + 1)).toMatchObject({
      complaint: { expected: 'at most 65536 bytes', remedy: 'divide it into several files' },
    })
  })
})

function policyForbidding(forbiddenActions: readonly string[]) {
  return { contact: 'x', permissionSets: [{ ...rule, must: { forbiddenActions } }] }
}

test('all policies together may have so many bytes and forbid so many actions, and one more breaks them', () => {
  const read = (count: number) => ({ policy: parse(policyForbidding(Array(count).fill('iam:*'))), size: 64 * 1024 })
  const told = (received: string, expected: string) => [
    { object: 'policies/', received, expected, remedy: 'join rules that say the same, with globs' },
  ]
  expect(joinPolicies([read(30), read(20)]).broken).toEqual([])
  expect(joinPolicies([read(30), read(21)]).broken).toEqual(told('51 forbidden actions in all policies', 'at most 50'))
  expect(joinPolicies([read(1), { ...read(1), size: 64 * 1024 + 1 }]).broken).toEqual(
    told('policies of 131073 bytes in all', 'at most 131072'),
  )
})

test('of several policies the valid ones count, and what is wrong with each other one is told', () => {
  const permissionSets = [{ ...rule, must: { sessionMinutesMost: 60 } }]
  const [valid, broken] = [parse({ contact: 'x', permissionSets }), parse('{')]
  expect(joinPolicies([broken, valid].map((policy) => ({ policy, size: 1 })))).toEqual({
    policies: [valid.ok && valid.value],
    broken: [!broken.ok && broken.complaint],
  })
})

test.each([
  ['policies/a.json', true],
  ['policies/admins.json', true],
  ['policies/tests/a.json', false],
  ['policies/a.txt', false],
  ['policies/a.json.bak', false],
  ['old/policies/a.json', false],
  ['policies/.json', false],
  ['policies/', false],
])('whether %s is a policy: %s', (text, expected) => {
  expect(isPolicyKey(text)).toBe(expected)
})
