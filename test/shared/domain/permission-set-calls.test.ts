import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  definitionOf,
  type PermissionSetChange,
  planPermissionSetChanges,
  planWarnings,
  renderChange,
} from '../../../shared/domain/permission-sets/permission-set-changes.ts'
import type { PermissionSetDefinition } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { permissionSetName } from '../../../shared/domain/permission-sets/permission-set-name.ts'

const arn = (name: string) => `arn:aws:iam::aws:policy/${name}`
const plain = { sessionDuration: 'PT1H', tags: [], managedPolicyArns: [], customerManagedPolicies: [] }
const allowing = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
})
const denying = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Deny', Action: 's3:*', Resource: '*' } })
const boundaryOf = (name: string) => ({ ManagedPolicyArn: arn(name) })
const customerBoundaryOf = (Name: string, Path?: string) => ({
  CustomerManagedPolicyReference: { Name, ...(Path === undefined ? {} : { Path }) },
})
const kindsOf = (from: Partial<PermissionSetDefinition>, to: Partial<PermissionSetDefinition>) =>
  planPermissionSetChanges({ ...plain, ...from }, { ...plain, ...to }).map(({ kind }) => kind)

test('a file asks for all that it says, its session in the form that Identity Center has', () => {
  const asked = { ...plain, description: 'For the night shift', relayState: 'https://example.com/' }
  const { sessionDuration: _, ...rest } = asked
  const file = {
    ...rest,
    name: permissionSetName.parse('NightShift'),
    sessionDurationMinutes: 90,
    warnings: ['more than 10'],
  }
  expect(definitionOf(file)).toEqual({ ...asked, sessionDuration: 'PT1H30M' })
})

describe('attributes', () => {
  test('are one call with all that the file says, which names what differs', () => {
    const actual = { ...plain, description: 'Old', relayState: 'https://example.com/old' }
    const wanted = { ...plain, description: 'New', sessionDuration: 'PT2H', relayState: 'https://example.com/new' }
    expect(planPermissionSetChanges(actual, wanted)).toEqual([
      {
        kind: 'update',
        attributes: { description: 'New', sessionDuration: 'PT2H', relayState: 'https://example.com/new' },
        fields: ['description', 'session duration', 'relay state'],
      },
    ])
    expect(planPermissionSetChanges(wanted, wanted)).toEqual([])
  })

  test('that the file leaves out are not sent, and of them only a description stays without a call', () => {
    const actual = { ...plain, description: 'Old', relayState: 'https://example.com/old' }
    expect(planPermissionSetChanges(actual, plain)).toEqual([
      { kind: 'update', attributes: { sessionDuration: 'PT1H' }, fields: ['relay state'] },
    ])
    expect(planPermissionSetChanges({ ...plain, description: 'Old' }, plain)).toEqual([])
  })

  test('go first where the session gets shorter, and last where it does not', () => {
    const from = { managedPolicyArns: [arn('old')] }
    const to = { managedPolicyArns: [arn('new')] }
    expect(kindsOf({ ...from, sessionDuration: 'PT2H' }, to)).toEqual(['update', 'detach', 'attach'])
    expect(kindsOf(from, { ...to, sessionDuration: 'PT2H' })).toEqual(['detach', 'attach', 'update'])
    expect(kindsOf(from, { ...to, description: 'New' })).toEqual(['detach', 'attach', 'update'])
  })

  test('are set where the session that is there cannot be understood', () => {
    expect(kindsOf({ sessionDuration: 'an hour' }, {})).toEqual(['update'])
  })
})

describe('a description that the file lacks', () => {
  test('a description that the file lacks stays, and whoever uploaded the file is told', () => {
    expect(planWarnings({ ...plain, description: 'Old' }, plain)).toEqual([
      'the file has no description, but the permission set keeps the one it has: AWS can change a description, never empty it; write the description you want into the file',
    ])
  })

  test.each([
    ['there is none', plain, plain],
    ['the file brings one', plain, { ...plain, description: 'New' }],
    ['the file has another', { ...plain, description: 'Old' }, { ...plain, description: 'New' }],
  ])('a description that the file lacks is nothing to warn of where %s', (_, actual, wanted) => {
    expect(planWarnings(actual, wanted)).toEqual([])
  })
})

describe('tags', () => {
  const tag = (Key: string, Value: string) => ({ Key, Value })

  test('that leave go before those that come, so that 50 are never exceeded', () => {
    const from = { ...plain, tags: [tag('team', 'a'), tag('stage', 'test'), tag('cost', '1')] }
    const to = { ...plain, tags: [tag('stage', 'live'), tag('cost', '1'), tag('owner', 'b')] }
    expect(planPermissionSetChanges(from, to)).toEqual([
      { kind: 'untag', keys: ['team'] },
      { kind: 'tag', tags: [tag('stage', 'live'), tag('owner', 'b')] },
    ])
    expect(planPermissionSetChanges(to, to)).toEqual([])
  })

  test("of AWS stay, in capitals too; one that only has AWS's prefix within it goes", () => {
    const tags = [tag('aws:cloudformation:stack-name', 'x'), tag('AWS:x', 'y'), tag('team-aws:x', 'z')]
    expect(planPermissionSetChanges({ ...plain, tags }, plain)).toEqual([{ kind: 'untag', keys: ['team-aws:x'] }])
  })
})

describe('the inline policy', () => {
  test.each([
    ['comes', undefined, allowing, [{ kind: 'put-inline', policy: allowing }]],
    ['goes', allowing, undefined, [{ kind: 'delete-inline' }]],
    ['changes', allowing, denying, [{ kind: 'put-inline', policy: denying }]],
    ['stays', allowing, allowing, []],
    ['stays absent', undefined, undefined, []],
    ['comes where there was an unreadable one', '{', allowing, [{ kind: 'put-inline', policy: allowing }]],
    ['stays in another layout', JSON.stringify(JSON.parse(allowing), null, 2), allowing, []],
    ['cannot be read on either side', '{', '[', [{ kind: 'put-inline', policy: '[' }]],
    ['cannot be read, and is the same text', '{', '{', []],
    ['is null on one side', 'null', '{}', [{ kind: 'put-inline', policy: '{}' }]],
    ['has its actions in another order', '["a","b"]', '["b","a"]', [{ kind: 'put-inline', policy: '["b","a"]' }]],
    ['is a list where it was an object', '{"0":1}', '[1]', [{ kind: 'put-inline', policy: '[1]' }]],
  ])('%s', (_, from, to, changes) => {
    const withPolicy = (policy: string | undefined) => ({
      ...plain,
      ...(policy === undefined ? {} : { inlinePolicy: policy }),
    })
    expect(planPermissionSetChanges(withPolicy(from), withPolicy(to))).toEqual(changes)
  })

  test('the inline policy is the same in every order of its fields, however many', () => {
    const fields = ['Effect', 'Action', 'Resource', 'Condition', 'Sid', 'NotAction'].map(
      (name) => [name, name] as const,
    )
    const policyOf = (order: typeof fields) => JSON.stringify({ Statement: [Object.fromEntries(order)] })
    fc.assert(
      fc.property(fc.shuffledSubarray(fields, { minLength: fields.length }), (order) => {
        expect(kindsOf({ inlinePolicy: policyOf(fields) }, { inlinePolicy: policyOf(order) })).toEqual([])
      }),
    )
  })
})

describe('a boundary', () => {
  test.each([
    ['comes', undefined, boundaryOf('x'), ['put-boundary']],
    ['goes', boundaryOf('x'), undefined, ['delete-boundary']],
    ['changes', boundaryOf('x'), boundaryOf('y'), ['put-boundary']],
    ['stays', boundaryOf('x'), boundaryOf('x'), []],
    ['stays with the path that is meant without one', customerBoundaryOf('x', '/'), customerBoundaryOf('x'), []],
    ['gets another path', customerBoundaryOf('x'), customerBoundaryOf('x', '/team/'), ['put-boundary']],
    ['becomes one of the other kind', boundaryOf('x'), customerBoundaryOf('x'), ['put-boundary']],
  ])('%s', (_, from, to, kinds) => {
    const withBoundary = (boundary: typeof from) => (boundary === undefined ? {} : { permissionsBoundary: boundary })
    expect(kindsOf(withBoundary(from), withBoundary(to))).toEqual(kinds)
  })

  const policies = {
    none: undefined,
    allowing,
    denying,
    'allowing twice': '{"Statement":[{"Effect":"Allow"},{"Effect":"Allow"}]}',
    'denying and allowing': '{"Statement":[{"Effect":"Deny"},{"Effect":"Allow"}]}',
    'no JSON': '{',
    null: 'null',
    'a text': '"x"',
    'no statement': '{}',
    'a statement that is a text': '{"Statement":"x"}',
    'a statement that is null': '{"Statement":[null]}',
    'a statement without effect': '{"Statement":[{}]}',
  }
  test.each([
    { boundary: 'comes', first: 'boundary', from: 'none', to: 'denying' },
    { boundary: 'comes', first: 'boundary', from: 'allowing', to: 'denying' },
    { boundary: 'goes', first: 'policy', from: 'allowing', to: 'denying' },
    { boundary: 'goes', first: 'policy', from: 'denying', to: 'allowing' },
    // The new policy only takes away.
    { boundary: 'changes', first: 'policy', from: 'allowing', to: 'denying' },
    { boundary: 'changes', first: 'policy', from: 'allowing', to: 'none' },
    { boundary: 'changes', first: 'policy', from: 'none', to: 'denying' },
    { boundary: 'changes', first: 'policy', from: 'allowing twice', to: 'denying' },
    // It gives, or what was denied is denied no more.
    { boundary: 'changes', first: 'boundary', from: 'none', to: 'allowing' },
    { boundary: 'changes', first: 'boundary', from: 'denying', to: 'none' },
    { boundary: 'changes', first: 'boundary', from: 'denying and allowing', to: 'denying' },
    { boundary: 'changes', first: 'boundary', from: 'allowing', to: 'denying and allowing' },
    // What cannot be understood may do either.
    { boundary: 'changes', first: 'boundary', from: 'allowing', to: 'no JSON' },
    { boundary: 'changes', first: 'boundary', from: 'allowing', to: 'null' },
    { boundary: 'changes', first: 'boundary', from: 'allowing', to: 'a text' },
    { boundary: 'changes', first: 'boundary', from: 'allowing', to: 'no statement' },
    { boundary: 'changes', first: 'boundary', from: 'allowing', to: 'a statement that is a text' },
    { boundary: 'changes', first: 'boundary', from: 'allowing', to: 'a statement that is null' },
    { boundary: 'changes', first: 'boundary', from: 'allowing', to: 'a statement without effect' },
  ] as const)('that $boundary while $from becomes $to: the $first goes first', ({ boundary, first, from, to }) => {
    const definitionWith = (policy: keyof typeof policies, boundaryName: string | undefined) => ({
      ...(policies[policy] === undefined ? {} : { inlinePolicy: policies[policy] }),
      ...(boundaryName === undefined ? {} : { permissionsBoundary: boundaryOf(boundaryName) }),
    })
    const kinds = kindsOf(
      definitionWith(from, boundary === 'comes' ? undefined : 'x'),
      definitionWith(to, boundary === 'goes' ? undefined : 'y'),
    )
    expect(kinds.map((kind) => (kind.endsWith('boundary') ? 'boundary' : 'policy'))).toEqual(
      first === 'boundary' ? ['boundary', 'policy'] : ['policy', 'boundary'],
    )
  })
})

test('policies of customers are told apart by their path, and one without a path has that of the root', () => {
  const from = { ...plain, customerManagedPolicies: [{ Name: 'same' }, { Name: 'moved', Path: '/old/' }] }
  const to = {
    ...plain,
    customerManagedPolicies: [
      { Name: 'moved', Path: '/new/' },
      { Name: 'same', Path: '/' },
    ],
  }
  expect(planPermissionSetChanges(from, to)).toEqual([
    { kind: 'detach-customer', policy: { Name: 'moved', Path: '/old/' } },
    { kind: 'attach-customer', policy: { Name: 'moved', Path: '/new/' } },
  ])
})

test.each<[PermissionSetChange, string]>([
  [
    { kind: 'update', attributes: { sessionDuration: 'PT1H' }, fields: ['description', 'relay state'] },
    'set description, relay state',
  ],
  [
    {
      kind: 'tag',
      tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '' },
      ],
    },
    'tag a=1, b=',
  ],
  [{ kind: 'untag', keys: ['a', 'b'] }, 'untag a, b'],
  [{ kind: 'attach', policyArn: arn('x') }, 'attach arn:aws:iam::aws:policy/x'],
  [{ kind: 'detach', policyArn: arn('x') }, 'detach arn:aws:iam::aws:policy/x'],
  [{ kind: 'attach-customer', policy: { Name: 'x' } }, 'attach customer managed policy /x'],
  [{ kind: 'detach-customer', policy: { Name: 'x', Path: '/team/' } }, 'detach customer managed policy /team/x'],
  [{ kind: 'put-inline', policy: allowing }, 'put the inline policy'],
  [{ kind: 'delete-inline' }, 'delete the inline policy'],
  [{ kind: 'put-boundary', boundary: boundaryOf('x') }, 'put the permissions boundary arn:aws:iam::aws:policy/x'],
  [{ kind: 'put-boundary', boundary: customerBoundaryOf('x') }, 'put the permissions boundary customer managed /x'],
  [{ kind: 'delete-boundary' }, 'delete the permissions boundary'],
])('in words, %j is "%s"', (change, words) => {
  expect(renderChange(change)).toBe(words)
})
