import { describe, expect, test } from '@jest/globals'
import { allJobs, type Jobs, schedule } from '../../handlers/schedules.ts'
import { type AccountId, accountId } from '../../shared/domain/organization/account-id.ts'
import type { Account } from '../../shared/domain/organization/organization-view.ts'
import { permissionSetKey } from '../../shared/domain/permission-sets/permission-set-file.ts'
import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetArn } from '../../shared/domain/principals/identity-center-ids.ts'
import { endSession } from '../../shared/domain/sessions/ended-sessions.ts'
import { attentionStates } from '../../shared/domain/statuses/status.ts'
import { renderInstant } from '../../shared/domain/text/instant.ts'
import { MemoryEventBus } from '../../shared/memory/memory-event-bus.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { memoryTables } from '../../shared/memory/table.ts'
import type { ScheduledFunction } from '../../shared/ports/metrics.ts'
import { attentionMetrics, heartbeats, type Metrics } from '../../shared/ports/metrics.ts'
import type { Page } from '../../shared/ports/page.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { recordEndedSessions } from '../../shared/reconcile/records/ended-sessions.ts'
import { ownedPermissionSet } from '../../shared/reconcile/records/owned-permission-sets.ts'
import { StatusStore } from '../../shared/reconcile/records/status-store.ts'
import { renderJson } from '../../shared/reconcile/records/stored-json.ts'
import { isShallow } from '../depth.ts'
import { type InterceptedCall, intercept } from '../intercept.ts'
import { desiredNow } from '../simulation/desired.ts'
import { acme, World } from '../world.ts'

const grant = 'Some-ps%team-Web%GROUP%ssofile'
const unit = 'ou-acme-wrk3fina'
const links = [`root%all%${grant}`, `ou_id%${unit}%Some-ps%team-Shop%GROUP%ssofile`].map((name) => `links_data/${name}`)

/** A world in which the links are in force; `hook` stands between the product and AWS from then on. */
async function open(hook: (call: InterceptedCall, world: World) => Promise<unknown> = ({ proceed }) => proceed()) {
  let isOpen = false
  const world: World = new World({
    organization: { ...acme(), assignments: [] },
    wrap: (ports) => intercept(ports, (call): Promise<unknown> => (isOpen ? hook(call, world) : call.proceed())),
  }).start()
  await world.objects.put('permission_sets/Some-ps.json', '{"permissionSetName":"Some-ps"}')
  for (const link of links) await world.objects.put(link, '')
  for (const link of links)
    await world.until(async () => (await world.json(`status/${link}.json`))?.state === 'applied', 'applied')
  isOpen = true
  return world
}

/** So that a wrong belief has something to revoke, and a reconcile is over with all that follows from it. */
async function reconcile(world: World): Promise<unknown> {
  await world.clock.advance(3_600_000)
  const error = await world.finish(
    world.everyHour().then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
    1_000,
  )
  await world.clock.advance(120_000)
  return error
}

const deletions = (world: World) => world.calls.filter((call) => call === 'DeleteAccountAssignment').length
const errorsIn = (world: World) =>
  world.log.lines.filter(({ level }) => level === 'error').map(({ message }) => message)
const told = 'a job of a schedule failed; the others still run'
const isList = ({ port, operation }: InterceptedCall) => port === 'organizations' && operation === 'listAccounts'

describe('the hourly reconcile', () => {
  test('the hourly reconcile revokes nothing where Organizations returns an empty list, and says so', async () => {
    const world = await open(async (call) => (isList(call) ? { items: [] } : call.proceed()))
    expect(await reconcile(world)).toMatchObject({ name: 'IncompleteListingError' })
    expect(errorsIn(world)).toEqual([told])
    expect(deletions(world)).toBe(0)
  })

  test('the hourly reconcile revokes nothing where the second page is lost, and says so', async () => {
    const world = await open(async (call) => {
      const answer = await call.proceed()
      return isList(call) ? { items: (answer as Page<Account>).items } : answer
    })
    expect(await reconcile(world)).toMatchObject({ name: 'IncompleteListingError' })
    expect(errorsIn(world)).toEqual([told])
    expect(deletions(world)).toBe(0)
  })

  test('the hourly reconcile revokes nothing where a page fails in the middle, and says so', async () => {
    const world = await open(async (call) => {
      if (isList(call) && call.args[0] !== undefined)
        throw new ServiceError('organizations', 'ServiceException', 'AWS Organizations cannot complete your request')
      return call.proceed()
    })
    expect(await reconcile(world)).toMatchObject({ code: 'ServiceException' })
    expect(errorsIn(world)).toEqual([told])
    expect(deletions(world)).toBe(0)
  })

  test('the hourly reconcile revokes nothing while ListAccounts is throttled for a minute, and goes on afterwards', async () => {
    let until = Number.POSITIVE_INFINITY
    const world = await open(async (call, { clock }) => {
      if (!isList(call)) return call.proceed()
      until = Math.min(until, clock.monotonicMs() + 60_000)
      if (clock.monotonicMs() < until)
        throw new ServiceError('organizations', 'TooManyRequestsException', 'Rate exceeded')
      return call.proceed()
    })
    expect(await reconcile(world)).toMatchObject({ code: 'TooManyRequestsException' })
    expect(errorsIn(world)).toContain(told)
    expect(await reconcile(world)).toBeUndefined()
    expect(deletions(world)).toBe(0)
  })

  test('the hourly reconcile revokes nothing desired where an organizational unit disappears between two calls', async () => {
    let isGone = false
    const world = await open(async (call, { organizations }) => {
      const answer = await call.proceed()
      if (!isGone && isList(call)) {
        isGone = true
        const inUnit = organizations.accountsNow().filter(({ parents }) => parents.at(-1) === unit)
        for (const { id } of inUnit) await organizations.moveAccount(id, unit, 'ou-acme-wrk3shop')
        await organizations.deleteOrganizationalUnit(unit)
      }
      return answer
    })
    expect(await reconcile(world)).toBeUndefined()
    expect(await reconcile(world)).toBeUndefined()
    const desired = desiredNow(world.objects, world.organizations, world.clock.now())
    expect(world.ssoAdmin.assignments()).toHaveLength(desired.size)
    expect(deletions(world)).toBe(3)
    expect(await world.json(`status/${links[1]}.json`)).toMatchObject({ state: 'waiting' })
  })
})

describe('an account that goes', () => {
  const leaver: AccountId = accountId.parse('240000000001')
  const own = `assignments/account%${leaver}%${grant}`
  const history = async (world: World) =>
    (await world.keys(`history/account%${leaver}%`)).map((key) => key.split('%').at(-1))

  test('an account that goes is released from the ledger after two complete listings an hour apart, and history says so', async () => {
    const world = await open()
    await world.organizations.removeAccountFromOrganization(leaver)
    expect(await reconcile(world)).toBeUndefined()
    expect(await world.json(own)).toMatchObject({ state: 'stuck' })
    await world.finish(world.everyHour())
    await world.clock.advance(60_000)
    expect(await world.json(own)).toMatchObject({ state: 'stuck' })
    // Nothing can be done meanwhile: `apply` would watch for ever.
    const found = world.log.lines.findLast(({ message }) => message === 'reconciled')?.fields
    expect(found).toMatchObject({ grants: 0, revocations: 0, unfinished: 0 })
    const calls = deletions(world)
    expect(await reconcile(world)).toBeUndefined()
    expect(await world.keys(own)).toEqual([])
    expect(await history(world)).toEqual(['granted.json', 'released.json'])
    expect(deletions(world)).toBe(calls)
    expect(await reconcile(world)).toBeUndefined()
    expect(await world.json('state/missing-accounts.json')).toMatchObject({ accounts: [] })
  })

  test('an account that goes is not released when it is back before the second listing', async () => {
    const world = await open()
    const { email, ...record } = { ...world.organizations.accountDetails(leaver), id: leaver }
    await world.organizations.removeAccountFromOrganization(leaver)
    await reconcile(world)
    world.organizations.addAccount({
      id: leaver,
      name: 'back',
      email,
      state: 'ACTIVE',
      parentId: 'r-acme',
      joinedMethod: 'INVITED',
      joinedAt: record.joinedAt,
      tags: {},
    })
    expect(await reconcile(world)).toBeUndefined()
    expect(await world.json(own)).toMatchObject({ state: 'granted' })
    expect(await history(world)).not.toContain('released.json')
  })

  test('and is suspended first stays stuck without a call an hour, and is granted again when reinstated', async () => {
    const world = await open()
    world.organizations.suspendAccount(leaver)
    await reconcile(world)
    expect(await world.json(own)).toMatchObject({ state: 'stuck' })
    const calls = world.calls.length
    await reconcile(world)
    await reconcile(world)
    expect(world.calls).toHaveLength(calls)
    world.organizations.reinstateAccount(leaver)
    await reconcile(world)
    expect(await world.json(own)).toMatchObject({ state: 'granted' })
  })
})

test('the sweep tells how many inputs want attention, by state', async () => {
  const world = await open()
  await world.objects.put(`links_data/root%all%${grant.replace('Some', 'Missing')}`, '')
  await world.objects.put('links_data/root%all%wrong', '')
  await world.until(async () => (await world.keys('attention/')).length === 2, 'two inputs that want attention')
  await world.finish(world.everyFiveMinutes())
  const told = attentionStates.map((state) => [state, world.metrics.of(attentionMetrics[state])?.last])
  expect(Object.fromEntries(told)).toEqual({
    waiting: 1,
    rejected: 1,
    blocked: 0,
    failed: 0,
    held: 0,
    stuck: 0,
    partly: 0,
  })
})

test('a schedule tells that it came to its end, and tells nothing where it did not', async () => {
  let isDown = false
  const world = new World({
    wrap: (ports) =>
      intercept(ports, async ({ port, proceed }) => {
        if (isDown && port === 'organizations') throw new ServiceError('organizations', 'AccessDeniedException', 'no')
        return proceed()
      }),
  })
  const beats = () => Object.values(heartbeats).map((name) => world.metrics.sumOf(name))
  const { clock } = world
  const eventBus = new MemoryEventBus({ clock, randomness: new SeededRandomness(1), openTable: memoryTables })
  expect(beats()).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0])
  for (const run of [world.everyHour(), world.everyMinute(), world.everyFiveMinutes(), world.everyNight()])
    await world.finish(run)
  await world.finish(world.everyMorning())
  await world.finish(world.runSchedule('credentials'))
  await world.finish(world.runSchedule('retire'))
  await world.finish(world.runSchedule('notifications', { ...world.ports, eventBus }))
  expect(beats()).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1])
  isDown = true
  await expect(world.finish(world.everyHour())).rejects.toThrow('no')
  expect(beats()).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1])
})

describe('a link that waits for its permission set', () => {
  const link = `links_data/root%all%${grant}`
  const stateOf = async (world: World) => (await world.json(`status/${link}.json`))?.state

  test('is applied within a minute where the message that wakes it was lost', async () => {
    const lost: unknown[] = []
    const isWake = ({ port, operation, args }: InterceptedCall) =>
      port === 'queues' &&
      operation === 'send' &&
      args[0] === 'links' &&
      JSON.stringify(args[1]).includes('permission set Some-ps')
    const world = new World({
      wrap: (ports) => intercept(ports, async (call) => (isWake(call) ? lost.push(call.args) : call.proceed())),
    }).start()
    await world.objects.put(link, '')
    await world.until(async () => (await stateOf(world)) === 'waiting', 'waiting')
    await world.objects.put('permission_sets/Some-ps.json', '{"permissionSetName":"Some-ps"}')
    await world.until(() => lost.length > 0, 'the loss of the message')
    await world.finish(world.everyMinuteOfLinks())
    await world.until(async () => (await stateOf(world)) === 'applied', 'applied', 1)
  })

  test('says what is so within a minute, with hundreds of others that came before the permission set, which fails for a while', async () => {
    const organization = acme()
    let failures = 12
    const world = new World({
      organization,
      wrap: (ports) =>
        intercept(ports, async ({ operation, proceed }) => {
          if (operation === 'attachManagedPolicy' && failures-- > 0)
            throw new ServiceError('sso-admin', 'InternalServerException', 'no')
          return proceed()
        }),
    }).start()
    const places = world.organizations
      .accountsNow()
      .filter(({ id, state }) => state === 'ACTIVE' && id !== '111111111111')
    const groups = organization.groups.filter((name) => name.startsWith('team-')).slice(0, isShallow ? 4 : undefined)
    const others = places.flatMap(({ id }) =>
      groups.map((group) => `links_data/account%${id}%Some-ps%${group}%GROUP%ssofile`),
    )
    expect(others.length).toBeGreaterThanOrEqual(isShallow ? 100 : 300)
    for (const key of [link, ...others]) await world.objects.put(key, '')
    const states = async () => {
      const statuses = await Promise.all([link, ...others].map((key) => world.json(`status/${key}.json`)))
      return new Set(statuses.map((status) => status?.state))
    }
    await world.until(async () => [...(await states())].join() === 'waiting', 'waiting')
    await world.objects.put(
      'permission_sets/Some-ps.json',
      '{"permissionSetName":"Some-ps","managedPoliciesArnList":["arn:aws:iam::aws:policy/ReadOnlyAccess"]}',
    )
    // It exists before it is complete: what is looked at in between is granted, and the rest of its links still waits.
    await world.until(() => world.ssoAdmin.permissionSetArnOf('Some-ps') !== undefined, 'the permission set')
    await world.objects.put(`links_data/account%${places[0]?.id}%${grant}`, '{"reason":"another look"}')
    const goOn = async () => {
      void world.everyMinute()
      await world.clock.advance(60_000)
    }
    const isApplied = async () => (await world.json('status/permission_sets/Some-ps.json.json'))?.state === 'applied'
    while (!(await isApplied())) await goOn()
    await goOn()
    expect(await states()).not.toContain('waiting')
    for (let minutes = 0; minutes < 5 && (await states()).size > 1; minutes += 1) await goOn()
    expect(await states()).toEqual(new Set(['applied']))
  })

  test('is left alone where it lacks something else', async () => {
    const world = new World().start()
    const other = link.replace('team-Web', 'nobody')
    await world.objects.put(other, '')
    await world.objects.put('permission_sets/Some-ps.json', '{"permissionSetName":"Some-ps"}')
    const status = `status/${other}.json`
    await world.until(
      async () => String((await world.json(status))?.reason).startsWith('group'),
      'waiting for the group',
    )
    await world.clock.advance(10_000)
    const before = await world.json(status)
    await world.finish(world.everyMinuteOfLinks())
    await world.clock.advance(10_000)
    expect(await world.json(status)).toEqual(before)
  })
})

test('the schedule of each minute asks once for a reconcile without state/, and again when that one would be over', async () => {
  const world = new World()
  const minute = schedule('minute-links', allJobs['minute-links'], world.ports, world.configuration)
  const asked = () => world.queues.queue('events').messages().length
  for (const expected of [1, 1, 2]) {
    await world.finish(minute())
    expect(asked()).toBe(expected)
    await world.clock.advance(450_000)
  }
  await world.objects.put('state/reconcile.json', '{}')
  await world.finish(minute())
  await world.objects.delete('state/reconcile.json')
  await world.finish(minute())
  expect(asked()).toBe(3)
})

const eligibilityOfNobody = JSON.stringify({
  ...{ for: { groups: ['nobody'] }, permissionSets: ['*'], scopes: ['root%all'], longest: 'PT1H' },
  approvers: { groups: ['nobody'] },
})

describe('the jobs of the schedules', () => {
  const name = permissionSetName.parse('Some-ps')
  const writes = ['put', 'delete', 'send']
  type Call = { readonly job: string; readonly call: string; readonly isWrite: boolean }

  /** A bucket in which every job has something to do; no function takes the messages that the jobs send. */
  async function openWithWork(of: ScheduledFunction): Promise<World> {
    const world = new World({
      organization: acme(),
      configuration: { auditorRole: 'ssofile-auditor', directory: 'identity-center' },
    })
    const { objects, clock, identityStore } = world
    await objects.put('control/brake/part', '{}')
    await objects.put('state/organization/part', '{}')
    await clock.advance(9 * 24 * 3_600_000)
    await world.finish(world.everyHour(), 1_000)
    const user = identityStore.idOf('USER', 'kenji.ito@acme.example')
    if (user === undefined) throw new Error('the organization has no kenji')
    const statuses = new StatusStore(objects, clock)
    await objects.delete('state/reconcile.json')
    await objects.delete('state/schedules/hourly')
    await objects.delete('state/expiry/~whole')
    await objects.put('state/expiry/2020-01-01T00:00:00Z%links_data/root%all%due', '')
    const waits = { state: 'waiting', reason: 'permission set', waitsFor: permissionSetKey(name) } as const
    await statuses.revise(links[0] ?? '', async () => waits)
    await statuses.revise(`requests/${user}/one.json`, async () => ({ state: 'waiting', reason: 'approvals' }))
    await objects.put(`state/expiry/1970-01-01T00:00:00.000Z%requests/${user}/one.json`, '')
    await objects.put(`requests/${user}/two.json`, '{}')
    const wish = { user, name: 'kenji.ito@acme.example', permissionSet: name, account: undefined, by: 'me' }
    const ended = [endSession(wish, clock.now())]
    // Owed while the record is spoiled.
    await objects.put('control/ended-sessions.json', '{')
    await recordEndedSessions(objects, ended)
    await objects.delete('control/ended-sessions.json')
    await recordEndedSessions(objects, ended)
    for (const key of [
      'control/brake.json',
      'policies/a.json',
      'selectors/a.json',
      'eligibility/a.json',
      'hygiene.json',
    ])
      await objects.put(key, '{')
    if (of === 'hourly') await objects.put('eligibility/b.json', eligibilityOfNobody)
    // Nothing is deleted while it cannot be read.
    if (of === 'sweep') await objects.delete('control/brake.json')
    await objects.put('state/people.json', '{}')
    await objects.put('people/new.json', '{}')
    await objects.put('rules/team-Web.json', '{}')
    await objects.put('access_control_attributes.json', '{}')
    await objects.put(`history/leavers/${user}/2020-01-01T00:00:00Z%left.json`, '{}')
    // The names of units are read once a day.
    await clock.advance(25 * 3_600_000)
    const at = renderInstant(clock.now())
    const arn = permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef')
    const applied = { etag: '"1"', lastModified: at, at }
    await objects.put(
      `owned_permission_sets/${name}`,
      renderJson(ownedPermissionSet.parse({ v: 1, arn, claimedAt: at, applied })),
    )
    return world
  }

  /** What each job of one run calls. `failing` throws at its first call, as where its service is down. */
  async function run(of: ScheduledFunction, failing?: string) {
    const world = await openWithWork(of)
    const calls: Call[] = []
    let job = ''
    const ports = intercept(world.ports, async ({ port, operation, args, proceed }) => {
      if (job === failing) throw new Error(`${job} fails`)
      // An id of this run is another one where a job before it has drawn none, and an instant where it took no time.
      calls.push({
        job,
        call: `${port}.${operation} ${args[0]}`
          .replace(/[0-9a-f-]{36}/g, 'ID')
          .replace(/\d{4}-\d\d-\d\d[T/][\d:.]+Z/g, 'NOW'),
        isWrite: writes.includes(operation),
      })
      return proceed()
    })
    const metrics: Metrics = {
      record: (metric, value) => {
        calls.push({ job, call: `${metric} ${value}`, isWrite: true })
        world.metrics.record(metric, value)
      },
    }
    const jobsOf: Jobs = () =>
      allJobs[of]().map((one) => ({
        ...one,
        open: (...given) => {
          const work = one.open(...given)
          return async (run) => {
            job = one.name
            await work(run).finally(() => {
              job = ''
            })
          }
        },
      }))
    const readActions = async () => new Map()
    const error = await world.finish(
      schedule(of, jobsOf, { ...ports, metrics }, world.configuration, { readActions })().then(
        () => undefined,
        (thrown: unknown) => thrown,
      ),
      1_000,
    )
    return { calls, error, world }
  }

  const severalJobs = (['minute-links', 'sweep', 'hourly', 'credentials'] as const).map((of) => ({
    of,
    own: allJobs[of](),
  }))

  test.each(severalJobs)(
    'where a job of $of fails, each other one does what it does without that',
    async ({ of, own }) => {
      const whole = await run(of)
      expect(whole.error).toBeUndefined()
      const atWork = new Set(whole.calls.flatMap(({ job, isWrite }) => (isWrite && job !== '' ? [job] : [])))
      expect(atWork).toEqual(new Set(own.map(({ name }) => name)))
      const callsOf = (calls: readonly Call[], job: string) =>
        calls.flatMap((one) => (one.job === job ? [one.call] : []))
      for (const failing of own) {
        const { calls, error, world } = await run(of, failing.name)
        expect(String(error)).toBe(`Error: ${failing.name} fails`)
        expect(world.metrics.sumOf(heartbeats[of])).toBe(of === 'hourly' ? 1 : 0)
        expect(await world.keys('state/schedules/')).toEqual([])
        const failed = world.log.lines.filter(({ message }) => message === told).map(({ fields }) => fields.job)
        expect(failed).toEqual([failing.name])
        for (const { name } of own.filter((one) => one !== failing)) {
          const did = callsOf(calls, name)
          expect({ failing: failing.name, name, did }).toEqual({
            failing: failing.name,
            name,
            did: callsOf(whole.calls, name),
          })
        }
      }
    },
  )
})
