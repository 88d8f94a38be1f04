import { expect, test } from '@jest/globals'
import { describeViolations, findViolations } from '../../../../shared/modules/access/find-violations.ts'
import { reconcile } from '../../../../shared/reconcile/differences/reconcile.ts'
import { acme, World } from '../../../world.ts'
import { account, GuardedPeople, linkOf } from '../../reconcile/assignments/guarded-people.ts'

const link = (scope: string) => `links_data/${scope}%Billing-ps%team-Accountants%GROUP%ssofile`
const [wide, narrow, late] = [link('root%all'), link('account%233000000002'), link('account%250000000003')]
const rule = { id: 'r', control: 'AC-2', mode: 'enforce' }
const narrowOnly = { contact: 'Ann', links: [{ ...rule, must: { scopes: ['account%*'] } }] }
const reasoned = { contact: 'Ann', links: [{ ...rule, must: { reason: true } }] }

async function open(): Promise<World> {
  const permissionSets = [{ permissionSetName: 'Billing-ps' as never }]
  const world = new World({ organization: { ...acme(), assignments: [], permissionSets } }).start({ dispatcher: false })
  await world.finish(reconcile(world.ports, world.configuration))
  for (const key of [wide, narrow]) await world.objects.put(key, '')
  await settle(world)
  return world
}

async function settle(world: World): Promise<void> {
  await world.look()
  await world.finish(world.slice())
}

const find = (world: World) => world.finish(findViolations(world.ports, world.configuration))

test('what stands against a stricter policy is told by link, with the rule; what only warns, or is met, is not', async () => {
  const world = await open()
  expect(await find(world)).toEqual(new Map())
  await world.objects.put('policies/a.json', JSON.stringify(narrowOnly))
  await world.objects.put(
    'policies/b.json',
    JSON.stringify({ ...reasoned, links: [{ ...reasoned.links[0], mode: 'warn' }] }),
  )
  const found = await find(world)
  expect([...found.keys()]).toEqual([wide])
  expect(describeViolations(found)).toEqual([
    `${wide} stands against a policy: it has scope 'root%all', expected 'account%*' (rule 'r' of policies/a.json, control 'AC-2'); use another scope, or ask Ann`,
  ])
})

test('a link that was refused gives nothing that could stand against a policy', async () => {
  const world = await open()
  await world.objects.put('policies/a.json', JSON.stringify(reasoned))
  await world.objects.put(late, '')
  await settle(world)
  expect(await world.json(`status/${late}.json`)).toMatchObject({ state: 'rejected' })
  expect([...(await find(world)).keys()]).toEqual([narrow, wide])
})

test('a policy that is broken names nothing that stands against it', async () => {
  const world = await open()
  await world.objects.put('policies/a.json', '{')
  expect(await find(world)).toEqual(new Map())
})

test('who has two permission sets that must not be together is told by the links of both', async () => {
  const people = new GuardedPeople()
  const [pay, approve] = [linkOf('Pay-ps', 'payers'), linkOf('Approve-ps', 'ana', 'USER')]
  await people.join('payers', 'ana')
  await people.upload(pay, approve, linkOf('Read-ps', 'readers'))
  await people.world.finish(reconcile(people.world.ports, people.world.configuration))
  await people.govern({ separations: [{ ...rule, must: { notTogether: [['Pay*'], ['Approve*']] } }] })
  expect(describeViolations(await find(people.world))).toEqual([
    expect.stringContaining(
      `${approve} stands against a policy: it has 'ana', who has 'Pay-ps' in account ${account} thr`,
    ),
    expect.stringContaining(
      `${pay} stands against a policy: it has 'ana', who has 'Approve-ps' in account ${account} dir`,
    ),
  ])
})

test('an account with fewer people than a minimum demands is told; one with exactly so many is not', async () => {
  const people = new GuardedPeople()
  await people.join('payers', 'ana')
  await people.join('payers', 'ben')
  await people.upload(linkOf('Pay-ps', 'payers'))
  await people.world.finish(reconcile(people.world.ports, people.world.configuration))
  const least = (peopleLeast: number) => ({
    minimums: [{ ...rule, for: { permissionSets: ['Pay*'], accounts: [account] }, must: { peopleLeast } }],
  })
  await people.govern(least(2))
  expect(await find(people.world)).toEqual(new Map())
  await people.govern(least(3))
  expect(describeViolations(await find(people.world))).toEqual([
    expect.stringContaining(`account ${account} stands against a policy: it has only 2 people who would keep 'Pay*'`),
  ])
})

test('statuses are read only where a rule asks for uploaders', async () => {
  const world = await open()
  await world.objects.put('policies/a.json', JSON.stringify(narrowOnly))
  const asked: string[] = []
  const get: typeof world.objects.get = (key, options) => {
    asked.push(key)
    return world.objects.get(key, options)
  }
  const objects = new Proxy(world.objects, {
    get: (target, name) => {
      const value = name === 'get' ? get : Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  await world.finish(findViolations({ ...world.ports, objects }, world.configuration))
  expect(asked.filter((key) => key.startsWith('status/'))).toEqual([`status/${wide}.json`])
})
