import { expect, test } from '@jest/globals'
import type { Kind } from '../../shared/domain/inputs/kind.ts'
import { allKinds, kinds, parseInput } from '../../shared/domain/inputs/kinds.ts'
import { statusKey } from '../../shared/reconcile/records/status-store.ts'
import { Asking, account, rule } from './asking.ts'

type Name = keyof typeof kinds
const digest = '0123456789abcdef0123456789abcdef'

/** A valid file of each kind. */
const files: Readonly<Record<Name, (asking: Asking) => readonly [key: string, body: object | string]>> = {
  link: () => [`links_data/account%${account}%Admin-ps%eve%USER%ssofile`, ''],
  permissionSet: () => [
    'permission_sets/Read-ps.json',
    { permissionSetName: 'Read-ps', managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] },
  ],
  request: (asking) => [asking.key(), { duration: 'PT1H', reason: 'disk full' }],
  approval: (asking) => [`approvals/${asking.id('tom')}/${digest}`, { decision: 'approve' }],
  decision: (asking) => [`decisions/${asking.id('tom')}/quarter/${digest}%keep`, ''],
  review: () => [
    'reviews/quarter.json',
    {
      scopes: ['root%all'],
      permissionSets: ['*'],
      groups: ['*'],
      reviewers: { named: { users: ['tom'] }, fallback: { groups: ['security'] } },
      keeps: 1,
      lastsDays: 14,
      silence: { escalateDays: 7, means: 'revoke' },
    },
  ],
  suspension: () => ['suspended/person-1', ''],
  person: () => ['people/new.person.json', { displayName: 'New Person', givenName: 'New', familyName: 'Person' }],
  policyTest: () => ['policies/tests/own.json', { tests: [] }],
  policy: () => ['policies/own.json', { contact: 'the platform team', links: [] }],
  selector: () => ['selectors/own.json', { organizationalUnits: ['ou-acme-workload'] }],
  eligibility: () => ['eligibility/own.json', rule],
  group: () => ['groups/team-new.json', ''],
  membership: () => ['memberships/team-new%eve%ssofile', ''],
  rule: () => ['rules/team-new.json', { department: ['Sales'], owner: 'tom', reason: 'all of sales' }],
  hygiene: () => ['hygiene.json', {}],
  attributes: () => [
    'access_control_attributes.json',
    { AccessControlAttributes: [{ Key: 'Department', Value: { Source: [`$\{path:enterprise.department}`] } }] },
  ],
  retirement: () => ['retire/x', ''],
}

/** Its own function writes its statuses: test/shared/modules/credentials. */
const withOwnFunction: readonly Name[] = ['retirement']
const isWithOwnFunction = (name: string) => withOwnFunction.some((one) => one === name)
const names = Object.keys(files) as readonly Name[]

test('each kind of the table has a file here', () => {
  const known: readonly Kind[] = Object.values(kinds)
  expect(allKinds().filter((kind) => !known.includes(kind))).toEqual([])
  expect(names.toSorted()).toEqual(Object.keys(kinds).sort())
})

test.each(names.filter((name) => !isWithOwnFunction(name)))(
  'a valid file of the kind %s has a status within a minute, and again if it is lost',
  async (name) => {
    const asking = await Asking.begin()
    const { world } = asking
    const [key, said] = files[name](asking)
    const body = typeof said === 'string' ? said : JSON.stringify(said)
    expect(parseInput(kinds[name], key, Buffer.from(body), body.length)).toMatchObject({ ok: true })
    await world.objects.put(key, body)
    await world.clock.advance(5_000)
    await world.finish(world.everyMinute())
    await world.until(async () => (await world.json(statusKey(key))) !== undefined, 'the status')
    await world.objects.delete(statusKey(key))
    await world.clock.advance(5_000)
    await world.finish(world.everyFiveMinutes())
    await world.finish(world.everyMinute())
    await world.until(async () => (await world.json(statusKey(key))) !== undefined, 'the status again')
  },
)

test.each(['policy', 'policyTest', 'selector', 'eligibility', 'hygiene'] as const)(
  'the status of a %s follows its file: applied, rejected, applied, gone',
  async (name) => {
    const asking = await Asking.begin()
    const { world } = asking
    const [key, said] = files[name](asking)
    const state = async () => {
      await world.clock.advance(7_000)
      await world.finish(world.everyMinute())
      return ((await world.json(statusKey(key))) as { state?: string } | undefined)?.state
    }
    await world.objects.put(key, JSON.stringify(said))
    expect(await state()).toBe('applied')
    await world.objects.put(key, '{')
    expect(await state()).toBe('rejected')
    await world.objects.put(key, JSON.stringify(said))
    expect(await state()).toBe('applied')
    await world.objects.delete(key)
    expect(await state()).toBeUndefined()
  },
)
