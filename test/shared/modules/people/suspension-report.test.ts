import { describe, expect, test } from '@jest/globals'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { openInputs } from '../../../../shared/modules/input-context.ts'
import { controllerOf } from '../../../../shared/modules/modules.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { Asking, account } from '../../../handlers/asking.ts'
import { dyingPorts, type InterceptedCall } from '../../../intercept.ts'
import { granted, json, link, stateOf, suspension } from './suspending.ts'

test('history and changes tell of it once, and the report what the person had, since when, and when it ended', async () => {
  const asking = await granted()
  const { world } = asking
  const since = (await json(asking, `assignments/${link.slice('links_data/'.length)}`))?.grantedAt
  await world.objects.put(suspension, JSON.stringify({ reason: 'left', ticket: 'HR-1' }))
  await world.until(() => !asking.has(), 'the revocation')
  await world.clock.advance(30_000)
  await world.finish(world.everyMinuteOfLinks())
  await world.until(async () => (await stateOf(asking)) === 'suspended', 'the status')
  const report = 'reports/leavers/2026-03-03/maria.json'
  expect(await json(asking, report)).toMatchObject({
    ...{ user: asking.id('maria'), name: 'maria', reason: 'left', ticket: 'HR-1' },
    access: [{ account, permissionSet: 'Admin-ps', givenBy: 'ssofile', since, links: [link] }],
  })
  const { access } = (await json(asking, report)) as { access: readonly { endedAt?: string }[] }
  expect(Date.parse(access[0]?.endedAt ?? '')).toBeLessThanOrEqual(world.clock.now().getTime())
  await world.objects.delete(suspension)
  await world.until(async () => (await stateOf(asking)) === undefined, 'the end of the status')
  expect(await json(asking, report)).toMatchObject({ restoredAt: expect.any(String) })
  const told = (await world.keys('changes/')).flatMap((key) => /%(person-[a-z]+%.*)$/.exec(key)?.[1] ?? [])
  expect(told).toEqual(['person-suspended%maria', 'person-restored%maria'])
  const events = (await world.keys(`history/suspensions/${asking.id('maria')}/`)).map((key) => key.split('%')[1])
  expect(events).toEqual(['suspended.json', 'restored.json'])
})

test('the report of a person who is back has its end, whenever the process that restores the person dies', async () => {
  for (let atCall = 0; ; atCall++) {
    const asking = await granted()
    const { world } = asking
    await world.objects.put(suspension, '')
    await world.until(() => !asking.has(), 'the revocation')
    await world.until(async () => (await json(asking, 'reports/leavers/2026-03-03/maria.json')) !== undefined, 'report')
    await world.clock.advance(5_000)
    const isRestored = ({ port, args: [key] }: InterceptedCall) =>
      port === 'objects' && /^(history|changes|reports|state.suspended|control)/.test(String(key))
    const calls: string[] = []
    const counted = (call: InterceptedCall) => isRestored(call) && calls.push(call.operation) > atCall
    const { ports, isDead } = dyingPorts(world.ports, { at: counted, when: 'before' })
    asking.answer = async (call) => (call.port === 'queues' && call.args[0] === 'urgent' ? undefined : call.proceed())
    await world.objects.delete(suspension)
    const message = { v: 1, key: suspension, id: 'dying', event: 'ObjectRemoved:Delete' } as const
    void controllerOf(suspension)(message, { ...openInputs(ports, world.configuration), sentMs: undefined })
    await world.clock.advance(10_000)
    asking.answer = ({ proceed }) => proceed()
    await controllerOf(suspension)(message, { ...openInputs(world.ports, world.configuration), sentMs: undefined })
    expect(await json(asking, 'reports/leavers/2026-03-03/maria.json')).toMatchObject({
      restoredAt: expect.any(String),
    })
    if (!isDead()) break
  }
})

describe('the report of a person whom ssofile takes out of a group', () => {
  const membership = 'memberships/oncall%maria%ssofile'
  const ofGroup = `links_data/account%${account}%Owned-ps%oncall%GROUP%ssofile`
  const report = 'reports/leavers/2026-03-03/maria.json'

  async function member() {
    const asking = await Asking.begin()
    const { world } = asking
    await world.objects.put('permission_sets/Owned-ps.json', '{ "permissionSetName": "Owned-ps" }')
    await world.objects.put('groups/oncall.json', '{}')
    await world.until(async () => (await stateOf(asking, 'groups/oncall.json')) === 'applied', 'the group')
    for (const one of [membership, ofGroup]) await world.objects.put(one, '')
    for (const one of [membership, ofGroup])
      await world.until(async () => (await stateOf(asking, one)) === 'applied', one)
    const entry = `assignments/${world.keyOf(ofGroup.slice('links_data/'.length))}`
    const group = world.identityStore.idOf('GROUP', 'oncall')
    if (group === undefined) throw new Error('there is no group')
    const isMember = async () =>
      (await world.identityStore.getGroupMembershipId(group, principalId.parse(asking.id('maria')))) !== undefined
    return { asking, world, entry, isMember, since: (await json(asking, entry))?.grantedAt }
  }
  const isOfReport = ({ operation, args: [key] }: InterceptedCall) => operation === 'put' && key === report
  const failed = () => new ServiceError('s3', 'InternalError', 'try again')

  test.each(['its later writings', 'the readings of entries'] as const)(
    'has the access of the group with its details although %s fail for a minute, and the membership ends',
    async (what) => {
      const { asking, world, entry, isMember, since } = await member()
      const untilMs = world.clock.monotonicMs() + 60_000
      let puts = 0
      asking.answer = async (call) => {
        if (world.clock.monotonicMs() >= untilMs) return call.proceed()
        const isFailing = what === 'its later writings' ? isOfReport(call) && puts++ > 0 : call.args[0] === entry
        if (isFailing) throw failed()
        return call.proceed()
      }
      await world.objects.put(suspension, '')
      await world.until(async () => !(await isMember()), 'the end of the membership')
      expect(await json(asking, report)).toMatchObject({ access: [{ group: 'oncall', links: [] }] })
      expect(world.clock.monotonicMs()).toBeLessThan(untilMs)
      const access = async () => (await json(asking, report))?.access
      await world.until(async () => JSON.stringify(await access()).includes('endedAt'), 'the end in the report', 1_200)
      expect(await access()).toMatchObject([{ group: 'oncall', since, links: [ofGroup], endedAt: expect.any(String) }])
    },
  )

  test('has details from history if the group loses the access before ssofile can complete it', async () => {
    const { asking, world, isMember, since } = await member()
    let puts = 0
    asking.answer = async (call) => {
      if (isOfReport(call) && puts++ > 0) throw failed()
      return call.proceed()
    }
    await world.objects.put(suspension, '')
    await world.until(async () => !(await isMember()), 'the end of the membership')
    await world.objects.delete(ofGroup)
    await world.until(async () => (await world.keys('assignments/')).length === 0, 'the end of the access')
    asking.answer = ({ proceed }) => proceed()
    const access = async () => (await json(asking, report))?.access
    await world.until(async () => JSON.stringify(await access()).includes('endedAt'), 'the end in the report', 1_200)
    expect(await access()).toMatchObject([{ group: 'oncall', since, links: [ofGroup], endedAt: expect.any(String) }])
  })

  test('exists before the first message takes anything away', async () => {
    const { asking, world } = await member()
    const order: string[] = []
    asking.answer = async (call) => {
      const { port, operation, args } = call
      if (isOfReport(call)) order.push('report')
      if (port === 'queues' && operation === 'send' && JSON.stringify(args).includes('its user is suspended'))
        order.push('message')
      return call.proceed()
    }
    await world.objects.put(suspension, '')
    await world.until(() => order.length > 1, 'the message')
    expect(order.slice(0, 2)).toEqual(['report', 'message'])
  })
})
