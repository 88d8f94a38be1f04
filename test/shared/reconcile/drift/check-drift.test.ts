import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { type PermissionSetArn, permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import type { AssignmentTarget } from '../../../../shared/ports/sso-admin.ts'
import { reconcile } from '../../../../shared/reconcile/differences/reconcile.ts'
import { stride } from '../../../depth.ts'
import { dyingPorts, type Interceptor, intercept } from '../../../intercept.ts'
import { acme, World, type WorldOptions } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const account = '233000000002'
const other = '233000000001'
const nameIn = (id: string, group = 'team-Accountants') => `account%${id}%Billing-ps%${group}%GROUP%ssofile`
const name = nameIn(account)
const link = 'links_data/ou_id%ou-acme-wrk3fina%Billing-ps%team-Accountants%GROUP%ssofile'
const ledger = `assignments/${name}`

type Options = WorldOptions & { readonly interceptor?: Interceptor }

/** A world in which the finance accounts were granted five minutes ago: what is listed counts. Slices are run by hand. */
async function open({ interceptor, ...options }: Options = {}): Promise<World> {
  const world = new World({
    organization: { ...acme(), assignments: [] },
    ...(interceptor === undefined ? {} : { wrap: (ports) => intercept(ports, interceptor) }),
    ...options,
  }).start({ dispatcher: false })
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  await world.objects.put(link, '')
  await settled(world)
  expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
  await world.clock.advance(5 * 60_000)
  return world
}

async function settled(world: World): Promise<void> {
  await world.look()
  await world.finish(world.slice())
  await world.look()
}

/** The check of one night, carried out. */
async function night(world: World): Promise<void> {
  await world.finish(world.everyNight())
  await settled(world)
}

function arnOf(world: World): PermissionSetArn {
  return permissionSetArn.parse(world.ssoAdmin.permissionSetArnOf('Billing-ps'))
}

function target(world: World, id = account, group = 'team-Accountants'): AssignmentTarget {
  const principalId = world.identityStore.idOf('GROUP', group)
  if (!principalId) throw new Error(`there is no group ${group}`)
  return { accountId: accountId.parse(id), permissionSetArn: arnOf(world), principalId, principalType: 'GROUP' }
}

async function ended(world: World) {
  const run = await world.json('state/drift.json')
  expect(run?.open).toEqual([])
  return run
}

const writes = (world: World) => world.calls.filter((call) => /^(Create|Delete)/.test(call)).length

describe('a drift check', () => {
  test('finds nothing, writes nothing and calls nothing but reads, where all is as it was given', async () => {
    const world = await open()
    const before = { ledger: await world.json(ledger), writes: writes(world) }
    await night(world)
    expect(await ended(world)).toMatchObject({ missing: 0, foreign: 0, gone: 0 })
    expect(await world.json(ledger)).toEqual(before.ledger)
    expect(writes(world)).toBe(before.writes)
    expect(await world.namedKeys('foreign/')).toEqual([])
    expect(
      world.queues.names
        .filter((queue) => queue.endsWith('-dead'))
        .flatMap((queue) => world.queues.queue(queue).messages()),
    ).toEqual([])
  })

  test('gives again what someone removed, and history tells of both', async () => {
    const late: { world?: World } = {}
    const world = await open({
      interceptor: async ({ port, proceed }) => {
        // No message arrives in the millisecond in which it was sent.
        if (port === 'queues') await late.world?.clock.sleep(2)
        return proceed()
      },
    })
    late.world = world
    world.ssoAdmin.removeAssignment(target(world))
    await night(world)
    expect(world.ssoAdmin.isAssigned(target(world))).toBe(true)
    expect(await world.json(ledger)).toMatchObject({ state: 'granted' })
    expect(await world.json(ledger)).not.toHaveProperty('missingSince')
    expect(await ended(world)).toMatchObject({ missing: 1 })
    const events = (await world.keys(`history/${world.keyOf(name)}/`)).map((key) => key.split('%').at(-1))
    expect(events).toEqual(['granted.json', 'revoked.json', 'granted.json'])
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
    expect(await world.keys('attention/')).toEqual([])
  })

  test('finds what someone removed also where its entry is written again just then for another reason', async () => {
    const late: { world?: World; isWritten?: boolean } = {}
    const world = await open({
      interceptor: async ({ operation, args, proceed }) => {
        const entry =
          late.world && !late.isWritten && operation === 'put' && args[0] === `assignments/${late.world.keyOf(name)}`
        if (entry && String(args[1]).includes('"missingSince"')) {
          late.isWritten = true
          const before = await late.world?.json(ledger)
          await late.world?.objects.put(String(args[0]), JSON.stringify({ ...before, links: [] }))
        }
        return proceed()
      },
    })
    late.world = world
    world.ssoAdmin.removeAssignment(target(world))
    await night(world)
    expect(late.isWritten).toBe(true)
    expect(world.ssoAdmin.isAssigned(target(world))).toBe(true)
    expect(await ended(world)).toMatchObject({ missing: 1 })
  })

  test('does not give again what no link grants any more', async () => {
    const world = await open()
    world.ssoAdmin.removeAssignment(target(world))
    // Its event is lost.
    world.objects.model.delete({ accessKeyId: 'maria', sourceIpAddress: '127.0.0.1' }, link)
    await world.clock.advance(500)
    for (const queue of ['links', 'work', 'work-urgent'] as const) world.queues.queue(queue).purge()
    await night(world)
    expect(world.ssoAdmin.isAssigned(target(world))).toBe(false)
    expect(await world.json(ledger)).toBeUndefined()
  })

  test('lists what ssofile did not give under foreign/, leaves it alone, and takes it off when it is gone', async () => {
    const world = await open()
    const foreign = target(world, other, 'team-security')
    world.ssoAdmin.addAssignment(foreign)
    const before = writes(world)
    await night(world)
    const key = `foreign/${nameIn(other, 'team-security')}`
    expect(await world.namedKeys('foreign/')).toEqual([key])
    expect(await world.json(key)).toMatchObject({ principalId: foreign.principalId, links: [] })
    expect(await ended(world)).toMatchObject({ foreign: 1 })
    expect(writes(world)).toBe(before)
    await night(world)
    expect(await world.namedKeys('foreign/')).toEqual([key])
    expect(await ended(world)).toMatchObject({ foreign: 0, gone: 0 })
    world.ssoAdmin.removeAssignment(foreign)
    await night(world)
    expect(await world.namedKeys('foreign/')).toEqual([])
    expect(await ended(world)).toMatchObject({ gone: 1 })
  })

  test('takes off foreign/ what ssofile gave', async () => {
    const world = await open()
    const { principalId, permissionSetArn } = target(world)
    const who = { principal: 'team-Accountants', principalId, permissionSetArn }
    const recorded = { v: 1, ...who, links: [], seenAt: '2026-03-03T10:00:00.000Z' }
    await world.objects.put(`foreign/${world.keyOf(name)}`, JSON.stringify(recorded))
    await night(world)
    expect(await world.namedKeys('foreign/')).toEqual([])
    expect(await world.json(ledger)).toMatchObject({ state: 'granted' })
  })

  test('lists the assignment of a group that was deleted under its id, and of a user that nobody named', async () => {
    const world = await open()
    const gone = target(world, other, 'team-security')
    const user = world.identityStore.idOf('USER', 'kenji.ito@acme.example')
    if (!user) throw new Error('the fixture has no such user')
    world.ssoAdmin.addAssignment(gone)
    world.ssoAdmin.addAssignment({ ...gone, principalId: user, principalType: 'USER' })
    await world.identityStore.deleteGroup(gone.principalId)
    await night(world)
    const keys = [
      `foreign/account%${other}%Billing-ps%${gone.principalId}%GROUP`,
      `foreign/account%${other}%Billing-ps%kenji.ito@acme.example%USER%ssofile`,
    ]
    expect(await world.namedKeys('foreign/')).toEqual(keys.sort())
    expect(await ended(world)).toMatchObject({ foreign: 2 })
    await night(world)
    expect(await world.namedKeys('foreign/')).toEqual(keys.sort())
  })

  test('records access of principals under their ids once, and no reconcile evaluates it', async () => {
    const world = await open()
    for (const name of ['on\tcall', 'two\nlines', 'cafe\u0301', 'leaving']) {
      const principalId = await world.identityStore.createGroup({ displayName: name })
      world.ssoAdmin.addAssignment({ ...target(world), principalId })
      if (name === 'leaving') await world.identityStore.deleteGroup(principalId)
    }
    await night(world)
    expect(await ended(world)).toMatchObject({ foreign: 4, gone: 0 })
    const recorded = await world.namedKeys('foreign/')
    for (let nights = 0; nights < 3; nights++) {
      await night(world)
      expect(await ended(world)).toMatchObject({ foreign: 0, gone: 0 })
      expect(await world.finish(reconcile(world.ports, world.configuration))).toMatchObject({ unfinished: 0 })
    }
    expect(await world.namedKeys('foreign/')).toEqual(recorded)
  })

  test('keeps what is foreign where its group gets another name', async () => {
    const world = await open()
    const foreign = target(world, other, 'team-security')
    world.ssoAdmin.addAssignment(foreign)
    await night(world)
    await world.identityStore.updateGroup(foreign.principalId, [{ path: 'displayName', value: 'team-safety' }])
    await world.clock.advance(120_000)
    await night(world)
    expect(await world.namedKeys('foreign/')).toEqual([`foreign/${nameIn(other, 'team-safety')}`])
  })

  test('gives what a link grants where someone else gave it before and has taken it away', async () => {
    const world = new World({ organization: { ...acme(), assignments: [] } }).start({ dispatcher: false })
    await world.objects.put('permission_sets/Billing-ps.json', billing)
    await settled(world)
    world.ssoAdmin.addAssignment(target(world))
    await world.objects.put(`links_data/${name}`, '')
    await settled(world)
    expect((await world.json(`foreign/${name}`))?.links).toHaveLength(1)
    await night(world)
    expect((await world.json(`foreign/${name}`))?.links).toHaveLength(1)
    world.ssoAdmin.removeAssignment(target(world))
    await night(world)
    expect(await world.namedKeys('foreign/')).toEqual([])
    expect(await world.json(ledger)).toMatchObject({ state: 'granted' })
    expect(world.ssoAdmin.isAssigned(target(world))).toBe(true)
  })

  test('does not take for foreign what ssofile gave a group that has another name now', async () => {
    const world = await open()
    const { principalId } = target(world)
    await world.identityStore.updateGroup(principalId, [{ path: 'displayName', value: 'team-Bookkeepers' }])
    await world.clock.advance(120_000)
    const before = writes(world)
    await world.finish(world.everyNight())
    await world.finish(world.slice())
    expect(await world.namedKeys('foreign/')).toEqual([])
    expect(writes(world)).toBe(before)
    expect(await ended(world)).toMatchObject({ missing: 0, foreign: 0 })
  })

  test('does not take for foreign what a deleted group still has, while the new one of its name is refused', async () => {
    let isRefused = false
    const world = await open({
      interceptor: async ({ operation, proceed }) => {
        if (operation !== 'createAccountAssignment' || !isRefused) return proceed()
        throw new ServiceError('sso-admin', 'ValidationException', 'refused')
      },
    })
    const [former, entry] = [target(world), world.keyOf(name)]
    isRefused = true
    await world.identityStore.deleteGroup(former.principalId)
    await world.identityStore.createGroup({ displayName: 'team-Accountants' })
    await world.clock.advance(120_000)
    await world.finish(world.everyHour())
    await settled(world)
    expect(await world.json(`assignments/${entry}`)).toMatchObject({ state: 'granted', orphanedAt: expect.any(String) })
    expect(await world.json(ledger)).toMatchObject({ state: 'failed' })
    await night(world)
    expect(world.ssoAdmin.isAssigned(former)).toBe(true)
    expect(await world.namedKeys('foreign/')).toEqual([])
    expect(await ended(world)).toMatchObject({ foreign: 0 })
  })

  test('finds nothing in a permission set that is deleted while it reads', async () => {
    let isGone = false
    const world = await open({
      interceptor: async ({ operation, proceed }) => {
        if (isGone && operation === 'listAccountsForProvisionedPermissionSet')
          throw new ServiceError('sso-admin', 'ResourceNotFoundException', 'PermissionSet not found')
        return proceed()
      },
    })
    isGone = true
    await night(world)
    expect(await ended(world)).toMatchObject({ foreign: 0 })
    expect(world.errors).toEqual([])
  })

  test('does not count the access that a user has through a group as its own', async () => {
    const world = await open()
    const user = world.identityStore.idOf('USER', 'kenji.ito@acme.example')
    if (!user) throw new Error('the fixture has no such user')
    await world.identityStore.createGroupMembership(target(world).principalId, user)
    await world.objects.put(`links_data/account%250000000003%Billing-ps%kenji.ito@acme.example%USER%ssofile`, '')
    await settled(world)
    await night(world)
    expect(await world.namedKeys('foreign/')).toEqual([])
    expect(await ended(world)).toMatchObject({ missing: 0 })
  })

  test('goes by permission set and account where listing by principal is refused', async () => {
    const world = await open({
      interceptor: async ({ operation, proceed }) => {
        if (operation === 'listAccountAssignmentsForPrincipal')
          throw new ServiceError('sso-admin', 'AccessDeniedException', 'User is not authorized')
        return proceed()
      },
    })
    world.ssoAdmin.removeAssignment(target(world))
    world.ssoAdmin.addAssignment(target(world, other, 'team-security'))
    await night(world)
    expect(world.ssoAdmin.isAssigned(target(world))).toBe(true)
    expect(await world.namedKeys('foreign/')).toEqual([`foreign/${nameIn(other, 'team-security')}`])
    expect(await ended(world)).toMatchObject({ missing: 1, foreign: 1 })
  })

  test('asks for a look at each permission set that is ours', async () => {
    const world = await open()
    await world.finish(world.everyNight())
    const hints = world.queues
      .queue('work-bulk')
      .messages()
      .map(({ body }) => JSON.parse(body))
    expect(hints).toContainEqual({ v: 1, kind: 'permission-set', permissionSet: 'Billing-ps', cause: 'drift' })
  })

  test('drops what an earlier one left to do', async () => {
    const world = await open()
    await world.finish(world.everyNight())
    await world.finish(world.everyNight())
    await settled(world)
    await ended(world)
    expect(world.log.lines.filter(({ message }) => message === 'drift check begun')).toHaveLength(1)
  })
})

describe('what is removed, where drift is only reported', () => {
  const reporting = () => open({ configuration: { onDrift: 'report' } })

  test('is not given again by the check nor by a reconcile, but told in the log and in the status', async () => {
    const world = await reporting()
    world.ssoAdmin.removeAssignment(target(world))
    await night(world)
    await world.clock.advance(3_600_000)
    await world.finish(world.everyHour())
    await settled(world)
    await night(world)
    expect(world.ssoAdmin.isAssigned(target(world))).toBe(false)
    expect(await world.json(ledger)).toMatchObject({ state: 'failed', missingSince: expect.any(String) })
    expect(await world.json(`status/${link}.json`)).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/^someone removed it in Identity Center/),
      remedy: expect.stringMatching(/ssofile touch.* --rebind/),
      accounts: { failed: [{ account }] },
    })
    expect(await world.keys('attention/')).toEqual([`attention/failed/${link}`])
    const told = world.log.lines.filter(({ message }) => message === 'someone else removed access of ssofile')
    expect(told.map(({ level }) => level)).toEqual(['error', 'error'])
  })

  test('is given again when its link is asked to count as new, and not by an upload of the same', async () => {
    const world = await reporting()
    world.ssoAdmin.removeAssignment(target(world))
    await night(world)
    await world.clock.advance(5_000)
    await world.objects.put(link, '')
    await settled(world)
    expect(world.ssoAdmin.isAssigned(target(world))).toBe(false)
    await world.objects.put(link, '', undefined, { 'ssofile-rebind': world.clock.now().toISOString() })
    await settled(world)
    expect(world.ssoAdmin.isAssigned(target(world))).toBe(true)
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
    expect(await world.keys('attention/')).toEqual([])
  })

  test('is as before when it is put back by hand', async () => {
    const world = await reporting()
    world.ssoAdmin.removeAssignment(target(world))
    await night(world)
    world.ssoAdmin.addAssignment(target(world))
    await world.clock.advance(3_600_000)
    await world.finish(world.everyHour())
    await settled(world)
    expect(await world.json(ledger)).toMatchObject({ state: 'granted' })
    expect(await world.json(ledger)).not.toHaveProperty('missingSince')
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
    await world.objects.delete(link)
    await settled(world)
    expect(world.ssoAdmin.assignments()).toEqual([])
  })

  test('leaves nothing behind when its link is deleted', async () => {
    const world = await reporting()
    world.ssoAdmin.removeAssignment(target(world))
    await night(world)
    await world.objects.delete(link)
    await settled(world)
    expect(await world.namedKeys('assignments/')).toEqual([])
    expect(await world.keys('status/links_data/')).toEqual([])
  })
})

describe('a drift check beside other work', () => {
  /** Slices and minutes go on until nothing is left. */
  async function converge(world: World): Promise<void> {
    for (let round = 0; round < 5; round++) {
      await world.clock.advance(125_000)
      await world.look()
      await world.finish(world.slice(), 1_000)
    }
  }

  test.each(['before', 'after'] as const)(
    'goes on where it was, when its dispatcher died at any call, %s the call took effect',
    async (when) => {
      for (let atCall = 0; ; atCall += 4 * stride) {
        const world = await open()
        world.ssoAdmin.removeAssignment(target(world))
        world.ssoAdmin.addAssignment(target(world, other, 'team-security'))
        await world.finish(world.everyNight())
        const dying = dyingPorts(world.ports, { at: (_, number) => number === atCall, when })
        void world.slice({}, dying.ports)
        await world.clock.advance(30_000)
        await converge(world)
        await world.finish(world.everyHour())
        await settled(world)
        expect(world.ssoAdmin.isAssigned(target(world))).toBe(true)
        expect(await world.json(ledger)).toMatchObject({ state: 'granted' })
        expect(await world.namedKeys('foreign/')).toEqual([`foreign/${nameIn(other, 'team-security')}`])
        expect(await ended(world)).toMatchObject({ foreign: expect.any(Number) })
        if (!dying.isDead()) break
      }
    },
    120_000,
  )

  /** While the assignments of this group travel, `act` is done, and all of it is carried out. */
  async function whileListed(group: string, act: (world: World) => Promise<unknown>): Promise<World> {
    const acting: { world?: World } = {}
    const world = await open({
      interceptor: async ({ operation, args, proceed }) => {
        const answer = await proceed()
        const { world: now } = acting
        if (!now || operation !== 'listAccountAssignmentsForPrincipal') return answer
        if (!JSON.stringify(args[0]).includes(String(now.identityStore.idOf('GROUP', group)))) return answer
        delete acting.world
        await act(now)
        await now.clock.sleep(30_000)
        return answer
      },
    })
    // The directory has more than one group: whether listing is permitted was found out with another.
    acting.world = world
    await night(world)
    expect(acting.world).toBeUndefined()
    await ended(world)
    return world
  }
  const told = (world: World) =>
    world.log.lines.filter(({ message }) =>
      /someone else removed access|found access that it does not manage/.test(message),
    )

  test('does not take for foreign what is revoked while it reads', async () => {
    const world = await whileListed('team-Accountants', (now) => now.objects.delete(link))
    expect(world.ssoAdmin.assignments()).toEqual([])
    expect(told(world)).toEqual([])
    expect(await world.namedKeys('foreign/')).toEqual([])
  })

  test('does not take for missing what is granted while it reads', async () => {
    const late = `links_data/${nameIn(other, 'team-security')}`
    const world = await whileListed('team-security', (now) => now.objects.put(late, ''))
    expect(world.ssoAdmin.isAssigned(target(world, other, 'team-security'))).toBe(true)
    expect(told(world)).toEqual([])
    expect(await world.json('state/drift.json')).toMatchObject({ missing: 0, foreign: 0 })
  })

  test('lets a large link be granted meanwhile', async () => {
    const slow: { world?: World } = {}
    const world = await open({
      interceptor: async ({ operation, proceed }) => {
        // Listing by principal takes very long.
        if (operation === 'listAccountAssignmentsForPrincipal') await slow.world?.clock.sleep(60_000)
        return proceed()
      },
    })
    slow.world = world
    await world.finish(world.everyNight())
    const slice = world.slice()
    await world.clock.advance(10_000)
    const queued = {
      v: 1,
      kind: 'assignment',
      account: other,
      permissionSet: 'Billing-ps',
      principal: 'team-security',
      type: 'GROUP',
      cause: 'test',
    }
    const everywhere = 'links_data/root%all%Billing-ps%team-security%GROUP%ssofile'
    await world.objects.put(everywhere, '')
    await world.queues.send('work-bulk', [{ body: JSON.stringify(queued), groupId: other, deduplicationId: 'large' }])
    await world.clock.advance(20_000)
    expect(world.ssoAdmin.isAssigned(target(world, other, 'team-security'))).toBe(true)
    expect((await world.json('state/drift.json'))?.open).not.toEqual([])
    await world.finish(slice, 1_000)
  })

  test('that does not fit into one slice goes on in the next', async () => {
    const world = await open({ configuration: { limits: { ...defaultConfiguration.limits, callsPerSecond: 4 } } })
    await world.finish(world.everyNight())
    const isOver = async () => JSON.stringify((await world.json('state/drift.json'))?.open) === '[]'
    let slices = 0
    for (; !(await isOver()); slices++) {
      expect(slices).toBeLessThan(40)
      await world.finish(world.slice({ sliceMs: 3_000 }))
    }
    expect(slices).toBeGreaterThan(2)
    expect(await ended(world)).toMatchObject({ missing: 0, foreign: 0 })
    expect(world.queues.queue('work-bulk-dead').messages()).toEqual([])
  })
})
