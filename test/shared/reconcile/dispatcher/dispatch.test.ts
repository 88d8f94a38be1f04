import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { renderAssignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { stride } from '../../../depth.ts'
import { dyingPorts, intercept, noAnswer } from '../../../intercept.ts'
import { acme, World, type WorldOptions } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const link = 'links_data/ou_id%ou-acme-wrk3fina%Billing-ps%team-Accountants%GROUP%ssofile'

function open(options: WorldOptions = {}): World {
  return new World({ organization: { ...acme(), assignments: [] }, ...options }).start({ dispatcher: false })
}

/** Access that no ledger entry tells of, now. */
async function accessWithoutEntry(world: World): Promise<string[]> {
  const entries = new Set(await world.keys('assignments/'))
  const permissionSet = permissionSetName.parse('Billing-ps')
  const held = world.ssoAdmin.assignments().map(({ accountId, principalId, principalType: type }) => {
    return `assignments/${renderAssignmentKey({ accountId, permissionSet, principalId, type })}`
  })
  return held.filter((key) => !entries.has(key))
}

/** Drives slices, the minute schedule and one reconcile until nothing is open. */
async function converge(world: World): Promise<void> {
  for (let round = 0; round < 8; round++) {
    await world.clock.advance(125_000)
    if (round === 4) await world.finish(world.everyHour())
    await world.look()
    await world.finish(world.slice(), 1_000)
  }
}

async function dieAt(atCall: number, when: 'before' | 'after', act: 'grant' | 'revoke'): Promise<boolean> {
  const world = open()
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  await world.objects.put(link, '')
  await world.look()
  if (act === 'revoke') {
    await world.finish(world.slice())
    await world.objects.delete(link)
    await world.look()
  }
  const dying = dyingPorts(world.ports, { at: (_, number) => number === atCall, when })
  void world.slice({}, dying.ports)
  for (let step = 0; step < 40; step++) {
    await world.clock.advance(200)
    expect(await accessWithoutEntry(world)).toEqual([])
  }
  await converge(world)
  expect(await accessWithoutEntry(world)).toEqual([])
  const expected = act === 'grant' ? ['granted'] : []
  const states = await Promise.all(
    (await world.namedKeys('assignments/')).map(async (key) => (await world.json(key))?.state),
  )
  expect([...new Set(states)]).toEqual(expected)
  expect(world.ssoAdmin.assignments().length).toBe(states.length)
  expect(states.length > 0).toBe(act === 'grant')
  expect((await world.json(`status/${link}.json`))?.state).toBe(act === 'grant' ? 'applied' : undefined)
  expect(await world.keys('attention/')).toEqual([])
  expect(await world.keys('state/open/')).toEqual([])
  return dying.isDead()
}

describe('a dispatcher that dies', () => {
  test.each([
    ['grant', 'before'],
    ['grant', 'after'],
    ['revoke', 'before'],
    ['revoke', 'after'],
  ] as const)(
    'at any call while it has to %s, %s the call takes effect, leaves work that the next one ends rightly',
    async (act, when) => {
      for (let atCall = 0; ; atCall += 3 * stride) {
        if (!(await dieAt(atCall, when, act))) break
        if (atCall > 400) break
      }
    },
    120_000,
  )
})

describe('the promises (design, "Promises")', () => {
  test('1: lost answers, throttling and conflicts delay what the files say, and change nothing of it', async () => {
    let count = 0
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ port, operation, proceed }) => {
        if (port !== 'ssoAdmin' || !/AccountAssignment$/.test(operation)) return proceed()
        count++
        if (count % 4 === 1)
          throw new ServiceError('sso-admin', 'ConflictException', 'There is a conflicting operation in process.')
        if (count % 4 === 2) {
          await proceed()
          throw noAnswer(operation)
        }
        if (count % 4 === 3) throw new ServiceError('sso-admin', 'ThrottlingException', 'Rate exceeded')
        return proceed()
      })
    const world = open({ wrap })
    await world.objects.put('permission_sets/Billing-ps.json', billing)
    await world.objects.put(link, '')
    await converge(world)
    expect(await accessWithoutEntry(world)).toEqual([])
    expect(world.ssoAdmin.assignments().length).toBeGreaterThan(0)
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
    await world.objects.delete(link)
    await converge(world)
    expect(world.ssoAdmin.assignments()).toEqual([])
    expect(await world.namedKeys('assignments/')).toEqual([])
  }, 60_000)

  test('2: what a killed dispatcher had in hand is worked on when its lease is over', async () => {
    const world = open()
    await world.objects.put('permission_sets/Billing-ps.json', billing)
    await world.objects.put(link, '')
    await world.look()
    const isFirst = ({ operation }: { operation: string }) => operation === 'createAccountAssignment'
    void world.slice({}, dyingPorts(world.ports, { at: isFirst, when: 'after' }).ports)
    await world.until(() => world.calls.includes('CreateAccountAssignment'), 'the first request', 1)
    const killedMs = world.clock.monotonicMs()
    const before = world.calls.filter((call) => call === 'CreateAccountAssignment').length
    // The schedule starts it again within the minute.
    await world.clock.advance(30_000)
    const next = world.slice()
    const isBegun = () => world.calls.filter((call) => call === 'CreateAccountAssignment').length > before
    await world.until(isBegun, 'the next request', 3)
    expect(world.clock.monotonicMs() - killedMs).toBeLessThan(65_000)
    await world.finish(next)
    expect(await accessWithoutEntry(world)).toEqual([])
  })

  test('3: while Organizations cannot be read, nothing is revoked', async () => {
    let isDown = false
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ port, operation, proceed }) => {
        if (isDown && port === 'organizations')
          throw new ServiceError('organizations', 'AccessDeniedException', operation)
        return proceed()
      })
    const world = open({ wrap })
    await world.objects.put('permission_sets/Billing-ps.json', billing)
    await world.objects.put(link, '')
    await world.look()
    await world.finish(world.slice())
    isDown = true
    await world.objects.delete(link)
    await world.look()
    await world.finish(world.slice())
    expect(world.calls).not.toContain('DeleteAccountAssignment')
    expect((await world.keys('state/open/')).length).toBeGreaterThan(0)
  })

  test('5: two slices one after the other never make more than 20 calls in a rolling second', async () => {
    const at: number[] = []
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ port, proceed }) => {
        if (port === 'ssoAdmin') at.push(ports.clock.monotonicMs())
        return proceed()
      })
    const world = open({ wrap })
    await world.objects.put('permission_sets/Billing-ps.json', billing)
    await world.objects.put('links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile', '')
    await world.look()
    await world.finish(world.slice({ sliceMs: 2_000 }), 10)
    await world.finish(world.slice(), 10)
    expect(at.length).toBeGreaterThan(40)
    for (const [index, start] of at.entries())
      expect((at[index + 20] ?? Infinity) - start).toBeGreaterThanOrEqual(1_000)
  })
})

describe('links that wait for a permission set', () => {
  test('are woken although it appears while they are being evaluated', async () => {
    const gate: { open?: () => void } = {}
    const opened = new Promise<void>((resolve) => {
      gate.open = resolve
    })
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ port, operation, proceed }) => {
        const answer = await proceed()
        // The link's look at the permission sets is answered before the new one exists, and arrives after it does.
        if (port === 'identityStore' && operation === 'findPrincipalId') await opened
        return answer
      })
    const world = open({ wrap })
    await world.objects.put(link, '')
    await world.look()
    const slice = world.slice({ lingerMs: 5_000 })
    await world.clock.advance(2_000)
    await world.objects.put('permission_sets/Billing-ps.json', billing)
    await world.clock.advance(4_000)
    gate.open?.()
    await world.finish(slice)
    await world.finish(world.slice())
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
  })

  test('are woken although the dispatcher died between making it and telling them', async () => {
    const world = open()
    await world.objects.put(link, '')
    await world.look()
    await world.finish(world.slice())
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'waiting' })
    await world.objects.put('permission_sets/Billing-ps.json', billing)
    await world.look()
    const { ports: dying } = dyingPorts(world.ports, {
      at: ({ operation, args }) => operation === 'list' && args[0] === 'attention/waiting/',
      when: 'before',
    })
    void world.slice({}, dying)
    await world.clock.advance(200_000)
    const slice = world.slice()
    await world.finish(slice, 1_000)
    await world.look()
    await world.finish(world.slice())
    expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
  })
})

test('a request of a dead predecessor that never ends is not asked for after the slice has ended', async () => {
  let listings = 0
  const world = open({
    wrap: (ports) =>
      intercept(ports, async ({ operation, args, proceed }) => {
        if (operation === 'listAssignmentRequests') listings++
        if (operation === 'listAssignmentRequests' && args[0] === 'creation')
          return { items: [{ requestId: 'old', state: 'IN_PROGRESS', createdAt: new Date(0) }] }
        if (operation === 'describeAssignmentRequest')
          return { requestId: 'old', state: 'IN_PROGRESS', createdAt: new Date(0), target: {} }
        return proceed()
      }),
  })
  await world.finish(world.slice())
  expect(listings).toBeGreaterThan(0)
  listings = 0
  await world.clock.advance(10_000)
  expect(listings).toBe(0)
})

test('a permission set whose hint fails is not held back until the end of the slice', async () => {
  let isBroken = true
  const world = open({
    wrap: (ports) =>
      intercept(ports, async ({ operation, proceed }) => {
        if (operation === 'createPermissionSet' && isBroken) throw new Error('a defect')
        return proceed()
      }),
  })
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  await world.look()
  const slice = world.slice({ lingerMs: 400_000 })
  await world.objects.put(link, '')
  await world.clock.advance(10_000)
  isBroken = false
  await world.clock.advance(200_000)
  expect(await world.json('status/permission_sets/Billing-ps.json.json')).toMatchObject({ state: 'applied' })
  await world.finish(slice, 5_000)
})

test('a status that cannot be told at the end of a slice is told later', async () => {
  let isDown = false
  const world = open({
    wrap: (ports) =>
      intercept(ports, async ({ port, operation, args, proceed }) => {
        if (isDown && port === 'objects' && operation === 'put' && String(args[0]).startsWith('status/links_data'))
          throw new ServiceError('s3', 'SlowDown', 'Please reduce your request rate.')
        return proceed()
      }),
  })
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  await world.objects.put(link, '')
  await world.look()
  isDown = true
  await world.finish(world.slice())
  isDown = false
  await world.clock.advance(130_000)
  await world.finish(world.slice())
  expect(await world.json(`status/${link}.json`)).toMatchObject({ state: 'applied' })
})
