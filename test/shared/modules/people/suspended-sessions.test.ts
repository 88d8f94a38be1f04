import { describe, expect, test } from '@jest/globals'
import { renderAssignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import {
  type PrincipalId,
  permissionSetArn,
  principalId,
} from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { endWhileSuspended } from '../../../../shared/domain/sessions/ended-sessions.ts'
import { lookAtSuspended } from '../../../../shared/modules/people/follow-directory.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import type { AssignmentTarget } from '../../../../shared/ports/sso-admin.ts'
import { readEndedSessions } from '../../../../shared/reconcile/records/ended-sessions.ts'
import { writeCopies } from '../../../../shared/reconcile/records/entry-copies.ts'
import { writeForeign } from '../../../../shared/reconcile/records/foreign-assignments.ts'
import { PrincipalNames } from '../../../../shared/reconcile/records/principal-names.ts'
import { allAccounts } from '../../../../shared/reconcile/records/ranges.ts'
import { inputOf, renderHandCall } from '../../../call-by-hand.ts'
import { Asking, account } from '../../../handlers/asking.ts'
import { granted, json, link, stateOf, suspension } from './suspending.ts'

test('sessions of who is suspended are denied, and what was asked for is withdrawn for good', async () => {
  const asking = await granted()
  const { world } = asking
  await asking.ask()
  expect(await stateOf(asking, asking.key())).toBe('waiting')
  await world.objects.put(suspension, '')
  await world.until(() => !asking.has(), 'the revocation')
  const { ended } = (await world.json('control/ended-sessions.json')) as { ended: readonly object[] }
  expect(ended).toMatchObject([{ name: 'maria', permissionSet: 'Admin-ps', account, by: suspension }])
  await world.clock.advance(30_000)
  await world.finish(world.everyMinuteOfLinks())
  await world.until(async () => (await stateOf(asking)) === 'suspended', 'the status')
  await world.until(async () => (await stateOf(asking, asking.key())) === 'expired', 'the request')
  await world.objects.delete(suspension)
  await world.until(() => asking.has(), 'the access')
  expect(await stateOf(asking, asking.key())).toBe('expired')
})

test('sessions of access that a renaming of the user ended are denied with the suspension under the new name', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  const owned = link.replace('Admin-ps', 'Owned-ps')
  await world.objects.put('permission_sets/Owned-ps.json', '{ "permissionSetName": "Owned-ps" }')
  await world.objects.put(owned, '{}')
  await world.until(async () => (await stateOf(asking, owned)) === 'applied', 'the access')
  await world.identityStore.updateUser(asking.id('maria'), [{ path: 'userName', value: 'maria.new' }])
  await world.finish(world.everyHour())
  await world.until(async () => (await world.keys('assignments/')).length === 0, 'the revocation')
  await world.objects.put('suspended/maria.new', '')
  await world.until(async () => (await stateOf(asking, 'suspended/maria.new')) === 'suspended', 'the status')
  const { ended } = await readEndedSessions(world.objects)
  expect(ended).toMatchObject([{ name: 'maria.new', permissionSet: 'Owned-ps', by: 'suspended/maria.new' }])
})

test('an entry that denies every session of somebody who is not suspended counts for nothing', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  const id = asking.id('maria')
  const entry = endWhileSuspended({
    user: principalId.parse(id),
    name: 'maria',
    permissionSet: permissionSetName.parse('Admin-ps'),
    by: 'suspended/maria',
  })
  await world.objects.put('control/ended-sessions.json', JSON.stringify({ v: 1, ended: [entry] }))
  expect(await readEndedSessions(world.objects)).toMatchObject({ ended: [], over: [{ user: id }], spoiled: [] })
})

describe('of a person who keeps access through a provider’s group while the file lies there', () => {
  const ofGroup = `links_data/account%${account}%Owned-ps%developers%GROUP%ssofile`
  const whole = { 'aws:TokenIssueTime': '9999-01-01T00:00:00Z' }

  async function prepared(...links: readonly string[]) {
    const asking = await Asking.begin()
    const { world } = asking
    for (const name of ['Owned-ps', 'Other-ps'])
      await world.objects.put(`permission_sets/${name}.json`, JSON.stringify({ permissionSetName: name }))
    for (const one of links) await world.objects.put(one, '{}')
    for (const one of links) await world.until(async () => (await stateOf(asking, one)) === 'applied', one)
    return asking
  }
  /** Maria is suspended; her group has access, or not yet. */
  async function suspended(...links: readonly string[]) {
    const asking = await prepared(...links)
    const { world } = asking
    await world.objects.put(suspension, '')
    await world.until(async () => ['partly', 'suspended'].includes((await stateOf(asking)) ?? ''), 'the status')
    return asking
  }
  async function denied(asking: Asking, set: string): Promise<boolean> {
    const { arn } = (await json(asking, `owned_permission_sets/${set}`)) as { arn: string }
    const policy = (await asking.world.ssoAdmin.getInlinePolicy(permissionSetArn.parse(arn))) ?? ''
    const statements = policy === '' ? [] : (JSON.parse(policy).Statement as readonly { Condition: object }[])
    return statements.some(({ Condition }) => {
      const text = JSON.stringify(Condition)
      return text.includes(asking.id('maria')) && text.includes(JSON.stringify(whole))
    })
  }
  /** As a provider does it: the same person has another id. */
  async function recreate(asking: Asking, id: string): Promise<PrincipalId> {
    const { world } = asking
    const [old, fresh] = [principalId.parse(asking.id('maria')), principalId.parse(id)]
    await world.identityStore.deleteUser(old)
    await world.clock.advance(61_000)
    world.identityStore.addPrincipal('USER', fresh, 'maria')
    return fresh
  }

  /** With the schedule of each minute. */
  async function untilDenied(asking: Asking, set: string, minutes: number, is = true) {
    for (let minute = 0; minute < minutes && (await denied(asking, set)) !== is; minute++) {
      await asking.world.clock.advance(60_000)
      await asking.world.finish(asking.world.everyMinuteOfLinks())
      await asking.world.clock.advance(10_000)
    }
    expect(await denied(asking, set)).toBe(is)
  }

  test('access goes and sessions are denied although the report cannot be written', async () => {
    const asking = await prepared(link, ofGroup)
    const { world } = asking
    asking.answer = async ({ operation, args: [key], proceed }) => {
      if (operation !== 'put' || !String(key).startsWith('reports/leavers/')) return proceed()
      throw new ServiceError('s3', 'InternalError', 'try again')
    }
    const beganMs = world.clock.monotonicMs()
    await world.objects.put(suspension, '')
    await world.until(() => !asking.has(), 'the revocation')
    expect(world.clock.monotonicMs() - beganMs).toBeLessThan(60_000)
    await untilDenied(asking, 'Owned-ps', 5)
    asking.answer = ({ proceed }) => proceed()
    await world.until(async () => (await world.keys('reports/leavers/')).length === 1, 'the report', 600)
  })

  test('the report has links and beginnings of the access of a group from copies of the ledger', async () => {
    const asking = await prepared(ofGroup)
    const { world } = asking
    await writeCopies(world.objects, allAccounts, { least: 1, most: 1_000 })
    const read: string[] = []
    asking.answer = ({ operation, args: [key], proceed }) => {
      if (operation === 'get') read.push(String(key))
      return proceed()
    }
    await world.objects.put(suspension, '')
    const entry = `assignments/${world.keyOf(ofGroup.slice('links_data/'.length))}`
    const { grantedAt: since } = (await json(asking, entry)) ?? {}
    const report = async () => json(asking, 'reports/leavers/2026-03-03/maria.json')
    await world.until(async () => (await report()) !== undefined, 'the report')
    expect(await report()).toMatchObject({ access: [{ group: 'developers', since, links: [ofGroup] }] })
    expect(read).not.toContain(entry)
  })

  test('a group that the person joins later is denied too, and given free when the person leaves it', async () => {
    const other = ofGroup.replace('Owned-ps', 'Other-ps').replace('developers', 'security')
    const asking = await suspended(other)
    expect(await stateOf(asking)).toBe('suspended')
    await asking.join('maria', 'security')
    const [user, group] = [principalId.parse(asking.id('maria')), asking.world.identityStore.idOf('GROUP', 'security')]
    const joined = { type: 'MEMBERSHIP', isCreation: true, user, group } as const
    await asking.world.finish(lookAtSuspended(asking.world.ports, asking.world.configuration, [joined]))
    await untilDenied(asking, 'Other-ps', 2)
    expect(await stateOf(asking)).toBe('partly')
    await asking.leave('maria', 'security')
    await untilDenied(asking, 'Other-ps', 62, false)
    // What the person has begun meanwhile is denied until it cannot be left.
    expect(await readEndedSessions(asking.world.objects)).toMatchObject({
      ended: expect.arrayContaining([expect.objectContaining({ name: 'maria', permissionSet: 'Other-ps' })]),
    })
  })

  test.each([
    ['the console', 'sso-directory', 'AddMemberToGroup', (user: string) => ({ member: { memberId: user } })],
    ['SCIM', 'identitystore-scim', 'PatchGroup', () => ({ httpBody: 'HIDDEN_DUE_TO_SECURITY_REASONS' })],
    ['a caller whose event names no user', 'identitystore', 'CreateGroupMembership', () => ({})],
  ])(
    'a group to which %s adds the person is denied within two minutes of the event',
    async (_, by, eventName, said) => {
      const other = ofGroup.replace('Owned-ps', 'Other-ps').replace('developers', 'security')
      const asking = await suspended(other)
      await asking.world.clock.advance(60_000)
      await asking.join('maria', 'security')
      const requestParameters = said(asking.id('maria'))
      const detail = { eventSource: `${by}.amazonaws.com`, eventName, requestParameters }
      const body = JSON.stringify({ 'detail-type': 'AWS API Call via CloudTrail', source: `aws.${by}`, detail })
      await asking.world.ports.queues.send('events', [{ body }])
      await untilDenied(asking, 'Other-ps', 2)
    },
  )

  test('a person whom the provider makes again under the same name is denied within two minutes of the event', async () => {
    const asking = await suspended(ofGroup)
    await untilDenied(asking, 'Owned-ps', 5)
    const { world } = asking
    const fresh = await recreate(asking, '11111111-2222-4333-8444-555555555555')
    await asking.join('maria', 'developers')
    const body = JSON.stringify({
      'detail-type': 'User Created',
      source: 'aws.identitystore',
      detail: { 'user-id': fresh },
    })
    await world.ports.queues.send('events', [{ body }])
    await untilDenied(asking, 'Owned-ps', 2)
    expect(await stateOf(asking)).toBe('partly')
    // Nobody takes the denial away while the file is there.
    for (let hour = 0; hour < 3; hour++) {
      await world.clock.advance(60 * 60_000)
      await world.finish(world.everyMinuteOfLinks())
    }
    expect(await denied(asking, 'Owned-ps')).toBe(true)
    await world.objects.delete(suspension)
    await untilDenied(asking, 'Owned-ps', 5, false)
    expect(await world.keys('state/suspended/')).toEqual([])
    const restored = (await world.keys('history/suspensions/')).filter((key) => key.endsWith('%restored.json'))
    expect(restored).toHaveLength(2)
  })

  test('a person who is made again without an event, and had nothing before, is denied within the hour', async () => {
    const asking = await suspended(ofGroup.replace('developers', 'security'))
    await asking.leave('maria', 'developers')
    expect(await stateOf(asking)).toBe('suspended')
    await recreate(asking, '11111111-2222-4333-8444-555555555555')
    await asking.join('maria', 'security')
    await untilDenied(asking, 'Owned-ps', 65)
    // Each of the two users has a report.
    const told = await asking.world.keys('reports/leavers/')
    const users = await Promise.all(told.map(async (key) => (await json(asking, key))?.user))
    expect(new Set(users).size).toBe(2)
  })

  test('a hundred events that name no user have a suspension looked at once', async () => {
    const asking = await suspended()
    const { world } = asking
    await world.clock.advance(60_000)
    let looks = 0
    asking.answer = ({ operation, args: [key], proceed }) => {
      if (operation === 'get' && key === suspension) looks++
      return proceed()
    }
    const detail = { eventSource: 'identitystore-scim.amazonaws.com', eventName: 'PatchGroup' }
    const body = JSON.stringify({ 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.scim', detail })
    await world.ports.queues.send(
      'events',
      Array.from({ length: 100 }, () => ({ body })),
    )
    await world.clock.advance(65_000)
    await world.finish(world.everyMinuteOfLinks())
    await world.clock.advance(10_000)
    expect(looks).toBe(1)
  })

  test('a group that the person joins later without an event is denied within the hour', async () => {
    const other = ofGroup.replace('Owned-ps', 'Other-ps').replace('developers', 'security')
    const asking = await suspended(other)
    expect(await stateOf(asking)).toBe('suspended')
    await asking.join('maria', 'security')
    await untilDenied(asking, 'Other-ps', 65)
  })

  test('the first access that the group of a suspended person gets is denied', async () => {
    const asking = await suspended()
    expect(await stateOf(asking)).toBe('suspended')
    await asking.world.objects.put(ofGroup, '{}')
    await asking.world.until(async () => (await stateOf(asking, ofGroup)) === 'applied', 'the access')
    await untilDenied(asking, 'Owned-ps', 2)
  })

  test('access that the group gets later is denied too', async () => {
    const asking = await suspended(ofGroup)
    await untilDenied(asking, 'Owned-ps', 2)
    // The next look is an hour away.
    for (let minute = 0; minute < 5; minute++) {
      await asking.world.clock.advance(60_000)
      await asking.world.finish(asking.world.everyMinuteOfLinks())
    }
    await asking.world.objects.put(ofGroup.replace('Owned-ps', 'Other-ps'), '{}')
    await untilDenied(asking, 'Other-ps', 2)
  })

  async function giveByHand(asking: Asking, who: Pick<AssignmentTarget, 'principalId' | 'principalType'>) {
    const { world } = asking
    const arn = ((await json(asking, 'owned_permission_sets/Owned-ps')) as { arn: string }).arn
    const target = { accountId: accountId.parse(account), permissionSetArn: permissionSetArn.parse(arn), ...who }
    world.ssoAdmin.addAssignment(target)
    const [at, input] = [world.clock.now(), inputOf(target)]
    const body = JSON.stringify(renderHandCall({ operation: 'CreateAccountAssignment', input, at, id: 'by-hand' }))
    await world.ports.queues.send('events', [{ body }])
  }

  test.each([
    ['the person', 'USER'],
    ['the group', 'GROUP'],
  ] as const)(
    'access that others give by hand to %s later is denied too, and the status says partly',
    async (_, principalType) => {
      const asking = await suspended(ofGroup.replace('developers', 'security'))
      expect(await stateOf(asking)).toBe('suspended')
      await asking.world.clock.advance(5 * 60_000)
      const group = asking.world.identityStore.idOf('GROUP', 'developers') ?? ''
      const id = principalId.parse(principalType === 'USER' ? asking.id('maria') : group)
      await giveByHand(asking, { principalId: id, principalType })
      await untilDenied(asking, 'Owned-ps', 3)
      await asking.world.until(async () => (await stateOf(asking)) === 'partly', 'the status', 60)
      expect(await asking.world.keys('attention/partly/')).toEqual([`attention/partly/${suspension}`])
    },
  )

  test('access that an import records as foreign is denied within the hour, and the status says partly', async () => {
    const asking = await suspended(ofGroup.replace('developers', 'security'))
    await asking.leave('maria', 'developers')
    const { world } = asking
    const [id, principal] = [principalId.parse(asking.id('maria')), principalName.parse('maria')]
    const { arn } = (await json(asking, 'owned_permission_sets/Owned-ps')) as { arn: string }
    const access = { accountId: accountId.parse(account), permissionSet: permissionSetName.parse('Owned-ps') }
    const key = renderAssignmentKey({ ...access, principalId: id, type: 'USER' })
    await new PrincipalNames(world.objects).note({ type: 'USER', id, name: principal })
    const found = {
      principal,
      permissionSetArn: permissionSetArn.parse(arn),
      links: [],
      seenAt: '2026-03-03T10:00:00Z',
    }
    await writeForeign(world.objects, key, found)
    await untilDenied(asking, 'Owned-ps', 65)
    expect(await stateOf(asking)).toBe('partly')
  })

  test('access of the person that AWS does not let anybody take is denied, while it is tried again', async () => {
    const own = `links_data/account%${account}%Other-ps%maria%USER%ssofile`
    const asking = await Asking.begin()
    const { world } = asking
    await world.objects.put('permission_sets/Other-ps.json', JSON.stringify({ permissionSetName: 'Other-ps' }))
    await world.objects.put(own, '{}')
    await world.until(async () => (await stateOf(asking, own)) === 'applied', 'the access')
    asking.answer = ({ operation, proceed }) => {
      if (operation === 'deleteAccountAssignment')
        throw new ServiceError('sso-admin', 'ConflictException', 'the account is suspended')
      return proceed()
    }
    await world.objects.put(suspension, '')
    await untilDenied(asking, 'Other-ps', 2)
  })

  test('the status names the permission sets whose inline policy has no room', async () => {
    const asking = await Asking.begin()
    const { world } = asking
    const inlinePolicyDocument = {
      Version: '2012-10-17',
      Statement: [{ Sid: 'A', Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::${'x'.repeat(10_000)}` }],
    }
    await world.objects.put(
      'permission_sets/Owned-ps.json',
      JSON.stringify({ permissionSetName: 'Owned-ps', inlinePolicyDocument }),
    )
    await world.objects.put(ofGroup, '{}')
    await world.until(async () => (await stateOf(asking, ofGroup)) === 'applied', 'the access')
    await world.objects.put(suspension, '')
    await world.until(async () => (await stateOf(asking)) === 'partly', 'the status')
    for (let minute = 0; minute < 4; minute++) {
      await world.clock.advance(60_000)
      await world.finish(world.everyMinuteOfLinks())
    }
    await world.clock.advance(5_000)
    expect(await asking.status(suspension)).toMatchObject({
      reason: expect.stringContaining('denied within two minutes, but not yet of Owned-ps'),
      remedy: expect.stringContaining(`ssofile sessions end ${asking.id('maria')} --everywhere`),
    })
  })
})
