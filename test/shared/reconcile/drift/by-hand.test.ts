import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { rebindMetadata } from '../../../../shared/domain/links/upload.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { type PermissionSetArn, permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import type { AssignmentTarget } from '../../../../shared/ports/sso-admin.ts'
import { type HandCall, inputOf, ofSet, renderHandCall } from '../../../call-by-hand.ts'
import { runsOf } from '../../../depth.ts'
import { intercept } from '../../../intercept.ts'
import { acme, World, type WorldOptions } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const account = '233000000002'
const name = `account%${account}%Billing-ps%team-Accountants%GROUP%ssofile`
const link = 'links_data/ou_id%ou-acme-wrk3fina%Billing-ps%team-Accountants%GROUP%ssofile'
const ledger = `assignments/${name}`
const minuteMs = 60_000

/** Access was granted five minutes ago: what is listed counts. */
async function open(options: WorldOptions = {}): Promise<World> {
  const late: { world?: World } = {}
  // No message arrives in the millisecond in which it was sent: instants of history are in order.
  const wrap = (ports: Ports) =>
    intercept(ports, async ({ port, operation, proceed }) => {
      if (port === 'queues' && operation === 'send') await late.world?.clock.sleep(2)
      return proceed()
    })
  const world = new World({ organization: { ...acme(), assignments: [] }, wrap, ...options }).start()
  late.world = world
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  await world.objects.put(link, '')
  await world.until(async () => (await world.json(`status/${link}.json`))?.state === 'applied', 'applied')
  await world.clock.advance(5 * minuteMs)
  return world
}

function arnOf(world: World): PermissionSetArn {
  return permissionSetArn.parse(world.ssoAdmin.permissionSetArnOf('Billing-ps'))
}

function target(world: World, group = 'team-Accountants'): AssignmentTarget {
  const principalId = world.identityStore.idOf('GROUP', group)
  if (!principalId) throw new Error(`there is no group ${group}`)
  return { accountId: accountId.parse(account), permissionSetArn: arnOf(world), principalId, principalType: 'GROUP' }
}

/** CloudTrail tells of a call. */
async function hear(world: World, call: Partial<HandCall> & Pick<HandCall, 'operation' | 'input'>): Promise<void> {
  const id = call.id ?? world.ports.randomness.id()
  const event = renderHandCall({ at: world.clock.now(), ...call, id })
  await world.queues.send('events', [{ body: JSON.stringify(event) }])
}

/** Somebody takes ours away, and CloudTrail tells of it. */
async function takeAway(world: World): Promise<void> {
  world.ssoAdmin.removeAssignment(target(world))
  await hear(world, { operation: 'DeleteAccountAssignment', input: inputOf(target(world)) })
}

const takeSilently = (world: World) => world.ssoAdmin.removeAssignment(target(world))

/** Minutes of a deployment, whose schedule starts a slice in each. */
async function minutes(world: World, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    await world.queues.send('dispatch', [
      { body: '{"v":1}', groupId: 'dispatcher', deduplicationId: world.ports.randomness.id() },
    ])
    await world.clock.advance(minuteMs)
  }
}

const isThere = (world: World, group?: string) => world.ssoAdmin.isAssigned(target(world, group))
const eventsOf = async (world: World) =>
  (await world.keys(`history/${world.keyOf(name)}/`)).map((key) => key.replace(/^.*%|\.json$/gs, ''))
const countOf = (world: World, call: string, since = 0) => world.calls.slice(since).filter((one) => one === call).length

describe('what somebody takes away', () => {
  test('is given again within a minute of the event, and history and notifications say who took it', async () => {
    const world = await open()
    await takeAway(world)
    await world.until(() => isThere(world), 'access again', 1)
    await world.until(async () => (await world.json(ledger))?.state === 'granted', 'granted', 1)
    expect(await world.json(ledger)).not.toHaveProperty('removedBy')
    const [, revoked] = await world.keys(`history/${world.keyOf(name)}/`)
    expect(await world.json(String(revoked))).toMatchObject({
      event: 'revoked',
      by: { name: 'eve', address: '203.0.113.7', by: 'aws-cli/2.31.0', call: 'DeleteAccountAssignment' },
    })
    const [change] = (await world.keys('changes/')).filter((key) => key.includes('%revoked%'))
    expect((await world.objects.head(String(change)))?.metadata).toMatchObject({
      by: expect.stringMatching(/^eve%20by%20aws-cli%2F2.31.0%20at%202026-03-03T.*%20from%20203.0.113.7$/),
    })
    expect(world.errors).toEqual([])
  })

  test('just after it was granted is given again once the settling time is over, not before', async () => {
    const world = await open()
    await takeAway(world)
    await world.until(() => isThere(world), 'access again', 1)
    await minutes(world, 1)
    await takeAway(world)
    await minutes(world, 3)
    expect(isThere(world)).toBe(false)
    await minutes(world, 4)
    expect(isThere(world)).toBe(true)
    expect(await eventsOf(world)).toEqual(['granted', 'revoked', 'granted', 'revoked', 'granted'])
  })

  test('is found by the second look where the listing lags behind at the first', async () => {
    const world = await open({ readLagMs: 20_000 })
    await takeAway(world)
    await minutes(world, 2)
    expect(isThere(world)).toBe(true)
    expect(await eventsOf(world)).toEqual(['granted', 'revoked', 'granted'])
  })

  test('is found by the night where the event is lost, and then nobody is named', async () => {
    const world = await open()
    world.ssoAdmin.removeAssignment(target(world))
    await minutes(world, 10)
    expect(isThere(world)).toBe(false)
    await world.finish(world.everyNight())
    await minutes(world, 2)
    expect(isThere(world)).toBe(true)
    const [, revoked] = await world.keys(`history/${world.keyOf(name)}/`)
    expect(await world.json(String(revoked))).not.toHaveProperty('by')
  })

  test('is told with who took it where drift is only reported', async () => {
    const world = await open({ configuration: { onDrift: 'report' } })
    await takeAway(world)
    const key = `status/${link}.json`
    await world.until(async () => (await world.json(key))?.state === 'failed', 'failed', 1)
    expect(JSON.stringify(await world.json(key))).toContain('eve by aws-cli/2.31.0 at 2026-03-03T')
    expect(isThere(world)).toBe(false)
  })

  test('again and again within an hour is given again three times, then told and left until its link is asked to count as new', async () => {
    const world = await open()
    for (let round = 0; round < 8; round++) {
      // As Terraform does each time it runs.
      if (isThere(world)) await takeAway(world)
      await minutes(world, 7)
    }
    expect(isThere(world)).toBe(false)
    expect(await eventsOf(world)).toEqual(['granted', ...Array(3).fill(['revoked', 'granted']).flat()])
    const key = `status/${link}.json`
    expect(await world.json(key)).toMatchObject({ state: 'failed' })
    expect(JSON.stringify(await world.json(key))).toContain('restored it 3 times within an hour and has stopped')
    await world.finish(world.everyNight())
    await minutes(world, 3)
    expect(isThere(world)).toBe(false)
    await world.objects.put(link, '{"reason":"it shall be there"}')
    await world.until(() => isThere(world), 'access again', 2)
  })
})

describe('what somebody gives', () => {
  test('stands under foreign/ and access/ within a minute of the event, with who gave it, and is not revoked', async () => {
    const world = await open()
    const given = target(world, 'team-Web')
    world.ssoAdmin.addAssignment(given)
    await hear(world, { operation: 'CreateAccountAssignment', input: inputOf(given) })
    const foreign = `foreign/account%${account}%Billing-ps%team-Web%GROUP%ssofile`
    await world.until(async () => (await world.json(foreign)) !== undefined, 'foreign', 1)
    expect(await world.json(foreign)).toMatchObject({ by: { name: 'eve', call: 'CreateAccountAssignment' } })
    expect(await world.keys('access/')).toContain(`access/account%${account}%Billing-ps%team-Web%GROUP%foreign`)
    await minutes(world, 8)
    expect(world.ssoAdmin.isAssigned(given)).toBe(true)
    expect(countOf(world, 'DeleteAccountAssignment')).toBe(0)
  })

  test('just after ssofile revoked it is theirs once the settling time is over', async () => {
    const world = await open()
    await world.objects.delete(link)
    await world.until(() => !isThere(world), 'revoked')
    await world.until(async () => (await world.json(ledger)) === undefined, 'forgotten')
    const revocations = countOf(world, 'DeleteAccountAssignment')
    world.ssoAdmin.addAssignment(target(world))
    await hear(world, { operation: 'CreateAccountAssignment', input: inputOf(target(world)) })
    await minutes(world, 8)
    expect(isThere(world)).toBe(true)
    expect(await world.json(`foreign/${name}`)).toMatchObject({ by: { name: 'eve' } })
    expect(countOf(world, 'DeleteAccountAssignment')).toBe(revocations)
  })
})

describe('full access', () => {
  const ofAdministrators = (world: World, group = 'team-Web'): AssignmentTarget => {
    const arn = permissionSetArn.parse(world.ssoAdmin.permissionSetArnOf('AdministratorAccess'))
    return { ...target(world, group), permissionSetArn: arn }
  }
  const loud = (world: World) => world.metrics.sumOf('LoudByHand')
  const tell = async (world: World, operation: string, of: AssignmentTarget) => {
    await hear(world, { operation, input: inputOf(of) })
    await minutes(world, 2)
  }
  const lastChange = async (world: World, event: string) => {
    const [key] = (await world.keys('changes/')).filter((one) => one.includes(`%${event}%`)).slice(-1)
    return (await world.objects.head(String(key)))?.metadata
  }

  test('that somebody gives, and the last one that somebody takes away, ring an alarm once each, and the change says why', async () => {
    const world = await open()
    const [one, other] = [ofAdministrators(world), ofAdministrators(world, 'team-Shop')]
    world.ssoAdmin.addAssignment(one)
    await tell(world, 'CreateAccountAssignment', one)
    expect(loud(world)).toBe(1)
    expect(await lastChange(world, 'foreign-found')).toMatchObject({
      by: expect.stringContaining('eve'),
      reason: encodeURIComponent('its permission set allows everything'),
    })
    world.ssoAdmin.addAssignment(other)
    await tell(world, 'CreateAccountAssignment', other)
    expect(loud(world)).toBe(2)
    world.ssoAdmin.removeAssignment(one)
    await tell(world, 'DeleteAccountAssignment', one)
    expect(loud(world)).toBe(2)
    world.ssoAdmin.removeAssignment(other)
    await tell(world, 'DeleteAccountAssignment', other)
    expect(loud(world)).toBe(3)
    expect(await lastChange(world, 'foreign-gone')).toMatchObject({
      reason: encodeURIComponent('nobody else is known to have full access to the account'),
    })
  })

  test('that the nightly check finds before its event arrives rings with the event, once, and an older one does not', async () => {
    const world = await open()
    const given = ofAdministrators(world)
    world.ssoAdmin.addAssignment(given)
    const at = world.clock.now()
    await world.finish(world.everyNight())
    await minutes(world, 2)
    expect(await world.keys('foreign/')).toHaveLength(1)
    expect(loud(world)).toBe(0)
    for (const id of ['late', 'again']) {
      await hear(world, { operation: 'CreateAccountAssignment', input: inputOf(given), at, id })
      await minutes(world, 2)
      expect(loud(world)).toBe(1)
    }
    expect(await lastChange(world, 'foreign-found')).toMatchObject({
      by: expect.stringContaining('eve'),
      reason: encodeURIComponent('its permission set allows everything'),
    })
    const other = ofAdministrators(world, 'team-Shop')
    world.ssoAdmin.addAssignment(other)
    await world.finish(world.everyNight())
    await minutes(world, 2)
    await tell(world, 'CreateAccountAssignment', other)
    expect(loud(world)).toBe(1)
  })

  test('or a permission set that a policy watches, in accounts that it names, rings too: only where somebody gives it', async () => {
    const world = await open()
    const watch = [{ accounts: ['2330*'], permissionSets: ['Billing-*'] }]
    await world.objects.put('policies/money.json', JSON.stringify({ contact: 'us', watch }))
    const given = target(world, 'team-Web')
    world.ssoAdmin.addAssignment(given)
    await tell(world, 'CreateAccountAssignment', given)
    expect(loud(world)).toBe(1)
    expect(await lastChange(world, 'foreign-found')).toMatchObject({
      reason: encodeURIComponent('policies/money.json watches for it'),
    })
    world.ssoAdmin.removeAssignment(given)
    await tell(world, 'DeleteAccountAssignment', given)
    expect(loud(world)).toBe(1)
  })

  test('is not what other permission sets give: no alarm rings', async () => {
    const world = await open()
    const given = target(world, 'team-Web')
    world.ssoAdmin.addAssignment(given)
    await tell(world, 'CreateAccountAssignment', given)
    await takeAway(world)
    await minutes(world, 2)
    expect(isThere(world)).toBe(true)
    expect(loud(world)).toBe(0)
  })
})

describe('a permission set that somebody edits', () => {
  const inline = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
  const edit = async (world: World) => {
    await world.ssoAdmin.putInlinePolicy(arnOf(world), inline)
    await hear(world, { operation: 'PutInlinePolicyToPermissionSet', input: ofSet(arnOf(world)) })
  }
  const isEdited = (world: World) => world.ssoAdmin.definitionNow('Billing-ps')?.inlinePolicy === inline

  test('is restored within a minute of the event, and history says who edited it', async () => {
    const world = await open()
    await edit(world)
    expect(isEdited(world)).toBe(true)
    await world.until(() => !isEdited(world), 'restored', 1)
    const restored = async () =>
      (await world.keys('history/permission-set%Billing-ps/')).find((key) => /%restored/.test(key))
    await world.until(async () => (await restored()) !== undefined, 'history', 1)
    expect(await world.json(String(await restored()))).toMatchObject({ undoes: { name: 'eve' } })
    await minutes(world, 2)
    expect(world.metrics.sumOf('LoudByHand')).toBe(1)
  })

  test('is restored without a name if the event is lost, although somebody else edited it within the hour', async () => {
    const world = await open()
    await edit(world)
    await minutes(world, 10)
    await world.ssoAdmin.putInlinePolicy(arnOf(world), inline)
    await world.finish(world.everyNight())
    await minutes(world, 3)
    expect(isEdited(world)).toBe(false)
    const keys = await world.keys('history/permission-set%Billing-ps/')
    const restored = await Promise.all(keys.filter((key) => /%restored/.test(key)).map((key) => world.json(key)))
    expect(restored.map((one) => one?.undoes !== undefined)).toEqual([true, false])
  })

  test('again and again within an hour is restored three times, then told and left until the file is asked to count as new', async () => {
    const world = await open()
    for (let round = 0; round < 6; round++) {
      if (!isEdited(world)) await edit(world)
      await minutes(world, 4)
    }
    expect(isEdited(world)).toBe(true)
    const history = await world.keys('history/permission-set%Billing-ps/')
    expect(history.filter((key) => key.endsWith('%restored.json'))).toHaveLength(3)
    expect(await world.json('status/permission_sets/Billing-ps.json.json')).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/^eve by aws-cli.* changed it in Identity Center/),
      remedy: expect.stringContaining('after each restore within an hour'),
    })
    await world.clock.advance(120 * minuteMs)
    await world.finish(world.everyNight())
    await minutes(world, 3)
    expect(isEdited(world)).toBe(true)
    const asked = { [rebindMetadata]: world.clock.now().toISOString() }
    await world.objects.put('permission_sets/Billing-ps.json', billing, undefined, asked)
    await world.until(() => !isEdited(world), 'restored', 3)
  })
})

describe('events', () => {
  test('thousands, repeated and forged, have one thing looked at twice in half a minute, and others do not wait', async () => {
    const world = await open()
    await minutes(world, 2)
    const before = world.calls.length
    const [forged, id] = [inputOf(target(world)), 'repeated']
    const beganAt = world.clock.now().getTime()
    for (let sent = 0; sent < runsOf(10_000); sent += 10) {
      const calls = Array.from({ length: 10 }, (_, nth) =>
        renderHandCall({
          operation: 'DeleteAccountAssignment',
          input: forged,
          at: world.clock.now(),
          id: nth < 2 ? id : `forged-${sent + nth}`,
        }),
      )
      await world.queues.send(
        'events',
        calls.map((call) => ({ body: JSON.stringify(call) })),
      )
    }
    const other = `links_data/account%${account}%Billing-ps%team-Web%GROUP%ssofile`
    await world.objects.put(other, '')
    const uploadedAt = world.clock.now().getTime()
    await world.until(async () => (await world.json(`status/${other}.json`))?.state === 'applied', 'applied')
    expect(world.clock.now().getTime() - uploadedAt).toBeLessThan(10_000)
    await world.until(() => world.queues.queue('events').messages().length === 0, 'all are done with', 60)
    await minutes(world, 2)
    const halfMinutes = Math.ceil((world.clock.now().getTime() - beganAt) / 30_000) + 1
    const looks = countOf(world, 'ListAccountAssignments', before)
    expect(looks).toBeGreaterThan(0)
    expect(looks).toBeLessThanOrEqual(2 * halfMinutes + 2)
    expect(countOf(world, 'DeleteAccountAssignment', before)).toBe(0)
    expect(countOf(world, 'CreateAccountAssignment', before)).toBe(1)
    expect(world.errors).toEqual([])
  }, 60_000)

  test('that say something else than what is true change nothing', async () => {
    const world = await open()
    await minutes(world, 2)
    const before = { calls: world.calls.length, history: await world.keys('history/') }
    await hear(world, { operation: 'DeleteAccountAssignment', input: inputOf(target(world)) })
    await hear(world, { operation: 'CreateAccountAssignment', input: inputOf(target(world, 'team-Web')) })
    await hear(world, { operation: 'DeletePermissionSet', input: ofSet(arnOf(world)) })
    await hear(world, { operation: 'CreateAccountAssignment', input: { TargetId: 'no account' } })
    await minutes(world, 8)
    const writes = world.calls.slice(before.calls).filter((call) => /^(Create|Delete|Put|Update|Provision)/.test(call))
    expect(writes).toEqual([])
    expect(await world.keys('history/')).toEqual(before.history)
    expect(await world.keys('foreign/')).toEqual([])
    expect(await world.keys('state/open/')).toEqual([])
    expect(world.errors).toEqual([])
  })

  test('name nobody for a later change whose own event is lost, if their own effect was found and is over', async () => {
    const world = await open()
    const given = target(world, 'team-Web')
    const changes = [
      { event: 'revoked', operation: 'DeleteAccountAssignment', of: target(world), change: () => takeSilently(world) },
      {
        event: 'foreign-found',
        operation: 'CreateAccountAssignment',
        of: given,
        change: () => world.ssoAdmin.addAssignment(given),
      },
      {
        event: 'foreign-gone',
        operation: 'DeleteAccountAssignment',
        of: given,
        change: () => world.ssoAdmin.removeAssignment(given),
      },
    ]
    for (const isLost of [false, true]) {
      for (const { operation, of, change } of changes) {
        change()
        if (!isLost) await hear(world, { operation, input: inputOf(of) })
        else await world.finish(world.everyNight())
        await minutes(world, 1)
      }
      await minutes(world, 5)
    }
    const told = (await world.keys('changes/')).flatMap((key) =>
      changes.flatMap((one) => (key.includes(`%${one.event}%`) ? key : [])),
    )
    const authors = await Promise.all(
      told.map(async (key) => (await world.objects.head(key))?.metadata?.by !== undefined),
    )
    expect(told.map((key, index) => [key.split('%')[1], authors[index]])).toEqual([
      ...changes.map(({ event }) => [event, true]),
      ...changes.map(({ event }) => [event, false]),
    ])
  })

  test('of what was done hours ago name nobody: what is found now may be the work of somebody whose event was lost', async () => {
    const world = await open()
    await hear(world, { operation: 'DeleteAccountAssignment', input: inputOf(target(world)) })
    await minutes(world, 90)
    world.ssoAdmin.removeAssignment(target(world))
    await world.finish(world.everyNight())
    await minutes(world, 2)
    const [, revoked] = await world.keys(`history/${world.keyOf(name)}/`)
    expect(await world.json(String(revoked))).toMatchObject({ event: 'revoked' })
    expect(await world.json(String(revoked))).not.toHaveProperty('by')
    // Noted two hours before, and of no use any more.
    await minutes(world, 60)
    await world.finish(world.everyNight())
    await minutes(world, 2)
    expect(await world.keys('state/authors/')).toEqual([])
  })
})
