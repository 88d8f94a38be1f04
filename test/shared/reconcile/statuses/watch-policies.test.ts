import { expect, test } from '@jest/globals'
import { jobsOfMinuteLinks, schedule } from '../../../../handlers/schedules.ts'
import { Policies } from '../../../../shared/reconcile/records/policies.ts'
import { watchPolicies } from '../../../../shared/reconcile/statuses/watch-policies.ts'
import { acme, World } from '../../../world.ts'

const key = 'policies/a.json'
const link = 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile'
const forbidding = JSON.stringify({
  contact: 'Ann',
  links: [{ id: 'r', control: 'AC-2', mode: 'enforce', must: { scopes: ['account%*'] } }],
})

function open() {
  const permissionSets = [{ permissionSetName: 'Billing-ps' as never }]
  const world = new World({ organization: { ...acme(), assignments: [], permissionSets } }).start({ dispatcher: false })
  const watch = async () => {
    await world.clock.advance(60_000)
    await world.finish(schedule('minute-links', jobsOfMinuteLinks, world.ports, world.configuration)())
  }
  return { world, watch }
}

test('a policy that is not valid has a status, stands in the index and is counted, until it is corrected', async () => {
  const { world, watch } = open()
  await world.objects.put(key, '{')
  await watch()
  expect(await world.json(`status/${key}.json`)).toMatchObject({ state: 'rejected', input: key })
  expect(await world.keys('attention/')).toEqual([`attention/rejected/${key}`])
  expect(world.metrics.sumOf('PoliciesBroken')).toBe(1)
  await world.objects.put(key, forbidding)
  await watch()
  expect([await world.keys('status/'), await world.keys('attention/')]).toEqual([[`status/${key}.json`], []])
  expect(world.metrics.sumOf('PoliciesBroken')).toBe(1)
})

test('a file under policies/tests/ has a status of its own, and is no policy', async () => {
  const { world, watch } = open()
  await world.objects.put('policies/tests/a.json', '{')
  await watch()
  expect(await world.keys('status/')).toEqual(['status/policies/tests/a.json.json'])
  expect(world.metrics.sumOf('PoliciesBroken')).toBe(0)
})

test('when a policy changes, what it refused is looked at again, and granted', async () => {
  const { world, watch } = open()
  await world.objects.put(key, forbidding)
  await watch()
  await world.objects.put(link, '')
  await world.look()
  await world.finish(world.slice())
  expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'rejected' })
  expect(await world.namedKeys('assignments/')).toEqual([])
  await world.objects.delete(key)
  await watch()
  await world.look()
  await world.finish(world.slice())
  expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
  expect(await world.keys('attention/')).toEqual([])
})

test('what was judged by the policy of some seconds ago is looked at once more, and then no more', async () => {
  const { world, watch } = open()
  await world.objects.put(key, forbidding)
  await watch()
  await world.objects.put(link, '')
  await world.look()
  await world.objects.delete(key)
  const sent: number[] = []
  // Nobody judges again, as if each had read the policies before the change.
  const send = async (_: string, messages: readonly unknown[]) => void sent.push(messages.length)
  const ports = { ...world.ports, queues: { ...world.ports.queues, send } }
  for (let minute = 1; minute <= 3; minute++) {
    await world.finish(watchPolicies(ports, world.configuration, new Policies(world.ports)))
    sent.push(0)
  }
  expect(sent).toEqual([1, 0, 1, 0, 0])
})

test('a link that is in force when a stricter policy comes stays applied, and is told to stand against it', async () => {
  const { world, watch } = open()
  await world.objects.put(link, '')
  await world.look()
  await world.finish(world.slice())
  const assigned = await world.namedKeys('assignments/')
  await world.objects.put(key, forbidding)
  await watch()
  await world.objects.put(link, '')
  await world.finish(world.look())
  await world.objects.put('links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile', '')
  await world.look()
  await world.finish(world.slice())
  expect(await world.namedKeys('assignments/')).toEqual(assigned)
  expect(await world.json(`status/${link}.json`)).toMatchObject({
    state: 'applied',
    warnings: [expect.stringContaining("rule 'r'")],
  })
})
