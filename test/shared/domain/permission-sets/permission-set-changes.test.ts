import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  type PermissionSetChange,
  planPermissionSetChanges,
} from '../../../../shared/domain/permission-sets/permission-set-changes.ts'
import type { PermissionSetDefinition } from '../../../../shared/domain/permission-sets/permission-set-file.ts'
import { runsOf } from '../../../depth.ts'

// A permission is a letter. A policy or boundary grants the letters of its name; an inline policy allows and denies some.
const letters = fc.subarray(['a', 'b', 'c', 'd', 'e'], { minLength: 1 }).map((some) => some.join(''))
const inline = fc.record({ allow: fc.option(letters), deny: fc.option(letters) }).map(({ allow, deny }) => ({
  Statement: [
    ...(allow === null ? [] : [{ Effect: 'Allow', Action: [...allow] }]),
    ...(deny === null ? [] : [{ Effect: 'Deny', Action: [...deny] }]),
  ],
}))
const arn = (name: string) => `arn:aws:iam::aws:policy/${name}`
const definitions: fc.Arbitrary<PermissionSetDefinition> = fc
  .record(
    {
      managed: fc.uniqueArray(letters, { maxLength: 3 }),
      customer: fc.uniqueArray(letters, { maxLength: 2 }),
      sessionDuration: fc.constantFrom('PT1H', 'PT60M', 'PT8H'),
      inline,
      boundary: letters,
      isCustomerBoundary: fc.boolean(),
    },
    { requiredKeys: ['managed', 'customer', 'sessionDuration'] },
  )
  .map(({ managed, customer, sessionDuration, inline: policy, boundary, isCustomerBoundary }) => ({
    sessionDuration,
    tags: [],
    managedPolicyArns: managed.map(arn),
    customerManagedPolicies: customer.map((Name) => ({ Name })),
    ...(policy === undefined ? {} : { inlinePolicy: JSON.stringify(policy) }),
    ...(boundary === undefined
      ? {}
      : {
          permissionsBoundary: isCustomerBoundary
            ? { CustomerManagedPolicyReference: { Name: boundary } }
            : { ManagedPolicyArn: arn(boundary) },
        }),
  }))

function make(definition: PermissionSetDefinition, change: PermissionSetChange): PermissionSetDefinition {
  const { permissionsBoundary: _, ...unlimited } = definition
  switch (change.kind) {
    case 'update':
      return { ...definition, ...change.attributes }
    case 'tag':
    case 'untag':
      return definition
    case 'attach':
      return { ...definition, managedPolicyArns: [...definition.managedPolicyArns, change.policyArn] }
    case 'detach':
      return {
        ...definition,
        managedPolicyArns: definition.managedPolicyArns.filter((one) => one !== change.policyArn),
      }
    case 'attach-customer':
      return { ...definition, customerManagedPolicies: [...definition.customerManagedPolicies, change.policy] }
    case 'detach-customer':
      return {
        ...definition,
        customerManagedPolicies: definition.customerManagedPolicies.filter(({ Name }) => Name !== change.policy.Name),
      }
    case 'put-inline':
      return { ...definition, inlinePolicy: change.policy }
    case 'delete-inline':
      return { ...definition, inlinePolicy: '{"Statement":[]}' }
    case 'put-boundary':
      return { ...definition, permissionsBoundary: change.boundary }
    case 'delete-boundary':
      return unlimited
    default:
      return change satisfies never
  }
}

type Statements = { Statement: { Effect: string; Action: string[] }[] }

/** What is granted, and for how long: `a 1` is the permission `a` for an hour. */
function grants(definition: PermissionSetDefinition): ReadonlySet<string> {
  const { Statement = [] }: Partial<Statements> = JSON.parse(definition.inlinePolicy ?? '{}')
  const actions = (effect: string) => Statement.flatMap(({ Effect, Action }) => (Effect === effect ? Action : []))
  const nameOf = (policyArn: string) => policyArn.split('/').at(-1) ?? ''
  const allowed = [
    ...definition.managedPolicyArns.flatMap((one) => [...nameOf(one)]),
    ...definition.customerManagedPolicies.flatMap(({ Name }) => [...Name]),
    ...actions('Allow'),
  ]
  const denied = new Set(actions('Deny'))
  const limit = definition.permissionsBoundary
  const within =
    limit === undefined
      ? undefined
      : 'ManagedPolicyArn' in limit
        ? nameOf(limit.ManagedPolicyArn)
        : limit.CustomerManagedPolicyReference.Name
  const hours = definition.sessionDuration === 'PT8H' ? ['1', '8'] : ['1']
  return new Set(
    allowed
      .filter((letter) => !denied.has(letter) && (within === undefined || within.includes(letter)))
      .flatMap((letter) => hours.map((hour) => `${letter} ${hour}`)),
  )
}

/** Where a boundary replaces another and the inline policy changes too, no order is within the two in every case. */
function isProvable(from: PermissionSetDefinition, to: PermissionSetDefinition): boolean {
  const isReplaced =
    from.permissionsBoundary !== undefined &&
    to.permissionsBoundary !== undefined &&
    JSON.stringify(from.permissionsBoundary) !== JSON.stringify(to.permissionsBoundary)
  if (!isReplaced || from.inlinePolicy === to.inlinePolicy) return true
  const has = ({ inlinePolicy = '' }: PermissionSetDefinition, effect: string) => inlinePolicy.includes(effect)
  const onlyTakesAway = !has(from, 'Deny') && !has(to, 'Allow')
  const onlyGives = !has(from, 'Allow') && !has(to, 'Deny')
  return onlyTakesAway || onlyGives
}

test('on the way from one definition to another nothing is granted that neither of them grants', () => {
  fc.assert(
    fc.property(definitions, definitions, (from, to) => {
      fc.pre(isProvable(from, to))
      const either = grants(from).union(grants(to))
      let state = from
      for (const change of planPermissionSetChanges(from, to)) {
        state = make(state, change)
        expect([...grants(state).difference(either)]).toEqual([])
      }
      expect(grants(state)).toEqual(grants(to))
    }),
    { numRuns: runsOf(3_000) },
  )
})

test('25 policies are never exceeded on the way', () => {
  const named = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => arn(`${prefix}${index}`))
  const base = { sessionDuration: 'PT1H', tags: [], customerManagedPolicies: [] }
  const from = { ...base, managedPolicyArns: named('old', 25) }
  const to = { ...base, managedPolicyArns: named('new', 25) }
  let state: PermissionSetDefinition = from
  for (const change of planPermissionSetChanges(from, to)) {
    state = make(state, change)
    expect(state.managedPolicyArns.length).toBeLessThanOrEqual(25)
  }
  expect(state.managedPolicyArns).toEqual(to.managedPolicyArns)
})

test("AWS's own tags, another order of fields in a policy, and PT60M for PT1H are no differences", () => {
  const base = { managedPolicyArns: [], customerManagedPolicies: [{ Name: 'base' }] }
  const actual = {
    ...base,
    sessionDuration: 'PT60M',
    tags: [{ Key: 'aws:cloudformation:stack-id', Value: 'x' }],
    inlinePolicy: '{ "Statement": [ { "Action": "s3:*", "Effect": "Allow" } ], "Version": "2012-10-17" }',
  }
  const wanted = {
    ...base,
    customerManagedPolicies: [{ Name: 'base', Path: '/' }],
    sessionDuration: 'PT1H',
    tags: [],
    inlinePolicy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*"}]}',
  }
  expect(planPermissionSetChanges(actual, wanted)).toEqual([])
})
