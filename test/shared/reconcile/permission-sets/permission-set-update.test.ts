import { expect, test } from '@jest/globals'
import { definitionOf } from '../../../../shared/domain/permission-sets/permission-set-changes.ts'
import { parsePermissionSetFile } from '../../../../shared/domain/permission-sets/permission-set-file.ts'
import { permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { readPermissionSet } from '../../../../shared/reconcile/permission-sets/read-permission-set.ts'
import { someOf } from '../../../depth.ts'
import { intercept } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'

const key = 'permission_sets/Table-ps.json'
const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
const billing = 'arn:aws:iam::aws:policy/job-function/Billing'
const power = 'arn:aws:iam::aws:policy/PowerUserAccess'
const inline = (...actions: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: actions, Resource: '*' }],
})

/** Each optional field present, absent and changed; and files that say the same in other words. */
const files: Readonly<Record<string, object>> = {
  bare: {},
  described: { description: 'Lignes écrites\n\tsur plusieurs lignes', sessionDurationInMinutes: '90' },
  'described otherwise': { description: 'Other words', sessionDurationInMinutes: 720, relayState: '/home' },
  'relay state': { description: 'Other words', relayState: 'https://example.com/a?b=c' },
  tagged: {
    tags: [
      { Key: 'team', Value: 'Web' },
      { Key: 'cost centre', Value: '' },
    ],
  },
  'tagged otherwise': {
    tags: [
      { Key: 'team', Value: 'Shop' },
      { Key: 'env', Value: 'prod' },
    ],
  },
  'managed policies': { managedPoliciesArnList: [readOnly, billing] },
  'another managed policy': {
    managedPoliciesArnList: [billing, 'arn:aws:iam::aws:policy/job-function/ViewOnlyAccess'],
  },
  'twenty-five policies': {
    managedPoliciesArnList: Array.from({ length: 20 }, (_, index) => `arn:aws:iam::aws:policy/Some${index}`),
    customerManagedPoliciesList: Array.from({ length: 5 }, (_, index) => ({ Name: `own-${index}` })),
  },
  'twenty-five others': {
    managedPoliciesArnList: Array.from({ length: 5 }, (_, index) => `arn:aws:iam::aws:policy/Some${index}`),
    customerManagedPoliciesList: Array.from({ length: 20 }, (_, index) => ({ Name: `own-${index}`, Path: '/ops/' })),
  },
  'customer managed policies': { customerManagedPoliciesList: [{ Name: 'base' }, { Name: 'extra', Path: '/ops/' }] },
  'the same with a path': { customerManagedPoliciesList: [{ Name: 'base', Path: '/' }, { Name: 'extra' }] },
  'inline policy': { inlinePolicyDocument: inline('s3:*') },
  'another inline policy': { inlinePolicyDocument: inline('s3:*', 'ec2:*'), managedPoliciesArnList: [readOnly] },
  'an empty inline policy': { inlinePolicyDocument: '', tags: [] },
  'managed boundary': { permissionsBoundary: { ManagedPolicyArn: power }, managedPoliciesArnList: [readOnly] },
  'another managed boundary': { permissionsBoundary: { ManagedPolicyArn: billing } },
  'customer managed boundary': {
    permissionsBoundary: { CustomerManagedPolicyReference: { Name: 'limits', Path: '/b/' } },
    inlinePolicyDocument: inline('s3:*'),
  },
  everything: {
    description: 'Everything',
    sessionDurationInMinutes: 240,
    relayState: 'https://console.aws.amazon.com/ec2',
    tags: [{ Key: 'team', Value: 'Web' }],
    managedPoliciesArnList: [readOnly],
    customerManagedPoliciesList: [{ Name: 'base' }],
    inlinePolicyDocument: inline('iam:*'),
    permissionsBoundary: { CustomerManagedPolicyReference: { Name: 'limits' } },
  },
}
const names = Object.keys(files)

function wantedOf(name: string) {
  const bytes = new TextEncoder().encode(render(name))
  const file = parsePermissionSetFile(key, bytes)
  if (!file.ok) throw new Error(file.complaint.received)
  return definitionOf(file.value)
}

function render(name: string): string {
  return JSON.stringify({ permissionSetName: 'Table-ps', ...files[name] })
}

type Definition = ReturnType<typeof wantedOf>

/** In one form and order; a description that the second file does not have stays what it was. */
function normalize(definition: Definition, kept?: string) {
  const { customerManagedPolicies, managedPolicyArns, tags, inlinePolicy, permissionsBoundary, ...rest } = definition
  const { description = kept, sessionDuration, relayState } = rest
  const reference = ({ Name, Path = '/' }: { Name: string; Path?: string }) => Path + Name
  return {
    description,
    sessionDuration,
    relayState,
    inline: inlinePolicy === undefined ? undefined : JSON.parse(inlinePolicy),
    managed: managedPolicyArns.toSorted(),
    customer: customerManagedPolicies.map(reference).sort(),
    tags: tags.map(({ Key, Value }) => `${Key}=${Value}`).sort(),
    boundary:
      permissionsBoundary === undefined || 'ManagedPolicyArn' in permissionsBoundary
        ? permissionsBoundary
        : reference(permissionsBoundary.CustomerManagedPolicyReference),
  }
}

/** How many calls differ, counted without the product's plan. */
function countDifferences(from: ReturnType<typeof normalize>, to: ReturnType<typeof normalize>): number {
  const other = (a: unknown, b: unknown) => Number(JSON.stringify(a) !== JSON.stringify(b))
  const less = (a: readonly string[], b: readonly string[]) => a.filter((one) => !b.includes(one)).length
  const keysOf = (tags: readonly string[]) => tags.map((tag) => tag.split('=')[0] ?? '')
  return (
    other(
      [from.description, from.sessionDuration, from.relayState],
      [to.description, to.sessionDuration, to.relayState],
    ) +
    Math.min(1, less(keysOf(from.tags), keysOf(to.tags))) +
    Math.min(1, less(to.tags, from.tags)) +
    less(from.managed, to.managed) +
    less(to.managed, from.managed) +
    less(from.customer, to.customer) +
    less(to.customer, from.customer) +
    other(from.inline, to.inline) +
    other(from.boundary, to.boundary)
  )
}

const isWrite = (operation: string) => !/^(list|describe|get|instance)/i.test(operation)

test.each(names)(
  'from the file "%s" to itself, and to each of those after it and back, in exactly the calls that differ and one provisioning',
  async (first) => {
    const world = new World({ organization: { ...acme(), assignments: [] } }).start({ dispatcher: false })
    const accepted: string[] = []
    // A change that comes too soon after another one is refused and repeated: it counts once.
    const ports = intercept(world.ports, async ({ port, operation, proceed }) => {
      const answer = await proceed()
      if (port === 'ssoAdmin' && isWrite(operation)) accepted.push(operation)
      return answer
    })
    const settle = async (name: string, body: string) => {
      await world.objects.put(key, body)
      await world.look()
      await world.finish(world.slice({}, ports), 1_000)
      expect({ first, name, state: (await world.json(`status/${key}.json`))?.state }).toEqual({
        first,
        name,
        state: 'applied',
      })
    }
    await settle(first, render(first))
    const arn = permissionSetArn.parse((await world.json('owned_permission_sets/Table-ps'))?.arn)
    const read = async () => {
      const found = await readPermissionSet(world.ssoAdmin, arn, undefined)
      if (!found) throw new Error('it is not there')
      return normalize(found)
    }
    expect(await read()).toEqual(normalize(wantedOf(first)))
    // There and back, so that each pair of files is there in both directions, once in all.
    const others = someOf(names.slice(names.indexOf(first) + 1), names.indexOf(first))
    for (const to of [first, ...others.flatMap((other) => [other, first])]) {
      const before = await read()
      accepted.length = 0
      // The same in other bytes is not the same upload: it has to be compared.
      await settle(to, `${render(to)}\n`)
      const writes = accepted.filter((operation) => operation !== 'provisionPermissionSet')
      const provisionings = accepted.length - writes.length
      const expected = normalize(wantedOf(to), before.description)
      await world.clock.advance(1_000)
      expect({ first, to, after: await read() }).toEqual({ first, to, after: expected })
      expect({ first, to, writes: writes.length }).toEqual({ first, to, writes: countDifferences(before, expected) })
      const isOfRoles = writes.some((call) => !/^(tag|untag)Resource$/.test(call))
      expect({ first, to, provisionings }).toEqual({ first, to, provisionings: isOfRoles ? 1 : 0 })
    }
  },
  120_000,
)

test('an upload of the same bytes makes no call at all', async () => {
  const world = new World({ organization: { ...acme(), assignments: [] } }).start({ dispatcher: false })
  for (const round of [1, 2]) {
    world.calls.length = 0
    await world.objects.put(key, render('everything'))
    await world.look()
    await world.finish(world.slice())
    if (round === 2) expect(world.calls.filter((call) => !/^ListAccountAssignment/.test(call))).toEqual([])
  }
})

test('another owner is told by the status, and AWS never hears of one', async () => {
  const world = new World({ organization: { ...acme(), assignments: [] } }).start({ dispatcher: false })
  for (const owner of ['zoe@x.example', 'team-platform']) {
    world.calls.length = 0
    await world.objects.put(key, JSON.stringify({ permissionSetName: 'Table-ps', owner }))
    await world.look()
    await world.finish(world.slice())
    expect(await world.json(`status/${key}.json`)).toMatchObject({ state: 'applied', owner })
  }
  expect(world.calls.filter(isWrite)).toEqual([])
})

test('a description that is gone from the file stays, and the status says that AWS cannot empty it', async () => {
  const world = new World({ organization: { ...acme(), assignments: [] } }).start({ dispatcher: false })
  for (const name of ['described', 'bare', 'bare']) {
    await world.objects.put(key, render(name))
    await world.look()
    await world.finish(world.slice())
  }
  const status = await world.json(`status/${key}.json`)
  expect(status).toMatchObject({ state: 'applied', warnings: [expect.stringContaining('never empty it')] })
})
