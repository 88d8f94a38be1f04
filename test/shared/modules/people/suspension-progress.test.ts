import { expect, test } from '@jest/globals'
import { statusKey } from '../../../../shared/reconcile/records/status-store.ts'
import { World } from '../../../world.ts'
import { Grouping, kenji } from './grouping.ts'
import { granted, stateOf, suspension } from './suspending.ts'

type SuspensionStatus = { readonly state: string; readonly reason?: string } | undefined

test('a suspended person is suspended by the status within seconds of the last revocation, without any schedule', async () => {
  const asking = await granted()
  const { world } = asking
  await world.objects.put(suspension, '')
  await world.until(() => !asking.has(), 'the revocation')
  const goneMs = world.clock.monotonicMs()
  await world.until(async () => (await stateOf(asking)) === 'suspended', 'the status of the file', 1)
  expect(world.clock.monotonicMs() - goneMs).toBeLessThan(8_000)
})

test('while accesses are left, the status counts them and names some', async () => {
  const world = new World({ ssoAdmin: { latencyMs: 6_000 } }).start()
  await world.finish(world.everyHour())
  const name = 'maria.alvarez@acme.example'
  const link = `links_data/root%all%Billing-ps%${name}%USER%ssofile`
  await world.objects.put('permission_sets/Billing-ps.json', JSON.stringify({ permissionSetName: 'Billing-ps' }))
  await world.objects.put(link, '{}')
  const told = async (): Promise<SuspensionStatus> =>
    (await world.json(statusKey(`suspended/${name}`))) as SuspensionStatus
  const id = world.identityStore.idOf('USER', name)
  const left = () => world.ssoAdmin.assignments().filter(({ principalId }) => principalId === id).length
  await world.until(
    async () => ((await world.json(statusKey(link))) as SuspensionStatus)?.state === 'applied',
    'the access',
  )
  const all = left()
  await world.objects.put(`suspended/${name}`, '')
  // The status asked for this look.
  await world.clock.advance(21_000)
  expect(left()).toBeGreaterThan(5)
  await world.finish(world.everyMinuteOfLinks())
  await world.until(async () => (await told())?.reason?.includes('left') === true, 'the status')
  expect((await told())?.reason).toMatch(
    new RegExp(`^\\d+ of ${all} accesses are left: Billing-ps in \\d{12}, .*, \\d+ more$`),
  )
  await world.until(async () => (await told())?.state === 'partly', 'the end', 1)
  expect(left()).toBe(0)
})

test.each(['enabled', 'disabled'])(
  'the status of a suspended person who is %s in the directory ends within seconds of the last membership',
  async (how) => {
    const grouping = await Grouping.begin()
    const { world } = grouping
    const file = `memberships/oncall%${kenji}%ssofile`
    await grouping.put(file)
    await grouping.until(file, 'applied')
    if (how === 'disabled') world.identityStore.setUserStatus(grouping.id('USER', kenji), 'DISABLED')
    await grouping.put(`suspended/${kenji}`)
    await world.until(() => !grouping.groupsOf().includes('oncall'), 'the end of the membership', 1)
    const goneMs = world.clock.monotonicMs()
    const state = async () => (await grouping.status(`suspended/${kenji}`))?.state ?? ''
    await world.until(async () => ['suspended', 'partly'].includes(await state()), 'the status', 1)
    expect(world.clock.monotonicMs() - goneMs).toBeLessThan(5_000)
  },
)
