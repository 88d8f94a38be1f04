import { describe, expect, test } from '@jest/globals'
import { ServiceError } from '../../shared/ports/service-error.ts'
import type { InterceptedCall } from '../intercept.ts'
import { Asking } from './asking.ts'
import { live } from './live.ts'

async function begin(said: object = {}, versioning: 'Enabled' | 'Suspended' = 'Enabled'): Promise<Asking> {
  const asking = await Asking.begin({ approvals: 1, ...said })
  asking.world.objects.model.setVersioning(versioning)
  return asking
}

async function grant(said: object = {}): Promise<Asking> {
  const asking = await begin(said)
  await asking.ask()
  await asking.decide('tom')
  await asking.world.until(() => asking.has(), 'the access')
  return asking
}

const isPut = ({ port, operation, args: [key] }: InterceptedCall, pattern: RegExp) =>
  port === 'objects' && operation === 'put' && pattern.test(String(key))

/** The first put of such a key waits until it is released. */
function holdFirst(asking: Asking, pattern: RegExp, after?: 'dies'): { release(): void; readonly isHeld: boolean } {
  let release: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  let isHeld = false
  asking.answer = async (call) => {
    if (isHeld || !isPut(call, pattern)) return call.proceed()
    isHeld = true
    await gate
    const answer = await call.proceed()
    return after === 'dies' ? new Promise(() => undefined) : answer
  }
  return {
    release: () => release(),
    get isHeld() {
      return isHeld
    },
  }
}

/** Messages about inputs of people, and events of the directory, are lost. */
function lose(asking: Asking): void {
  asking.answer = async ({ operation, args: [queue], proceed }) =>
    operation === 'send' && (queue === 'requests' || queue === 'events') ? undefined : proceed()
}
function heal(asking: Asking): void {
  asking.answer = ({ proceed }) => proceed()
}

describe('access goes on while an extension takes its place', () => {
  test.each([
    ['asks for yet more', '{ "duration": "PT3H", "reason": "more" }'],
    ['withdraws the extension', ''],
  ])('if its author %s', async (_, body) => {
    const asking = await grant()
    const { world } = asking
    await asking.ask({ duration: 'PT2H' })
    const held = holdFirst(asking, /^history\/requests\/.*%finished\.json$/)
    await asking.decide('tom')
    expect(held.isHeld).toBe(true)
    await world.objects.put(asking.key(), body)
    await world.clock.advance(3_000)
    held.release()
    await live(asking.world, 6)
    expect(asking.has()).toBe(true)
  })

  test('if S3 fails once and its author asks for yet more', async () => {
    const asking = await grant()
    const { world } = asking
    await asking.ask({ duration: 'PT2H' })
    let failed = 0
    asking.answer = async (call) => {
      if (!isPut(call, /^links_data\/temporary\//) || failed++ > 0) return call.proceed()
      await world.objects.put(asking.key(), '{ "duration": "PT3H", "reason": "more" }')
      throw new ServiceError('s3', 'InternalError', 'not now', { httpStatus: 500 })
    }
    await asking.decide('tom')
    await live(asking.world, 6)
    expect(asking.has()).toBe(true)
  })
})

test('access goes on if its author asks for yet more in the moment in which a granted extension begins', async () => {
  const asking = await grant({ mayStartLater: 'P7D' })
  const { world } = asking
  const startsAt = (await asking.status())?.request?.expiresAt
  await asking.ask({ startsAt, duration: 'PT2H' })
  await asking.decide('tom')
  expect(await asking.status()).toMatchObject({ state: 'applied' })
  let isAsked = false
  asking.answer = async (call) => {
    if (!isAsked && isPut(call, /^history\/requests\/.*%ended\.json$/)) {
      isAsked = true
      await world.objects.put(asking.key(), '{ "duration": "PT4H", "reason": "more" }')
    }
    return call.proceed()
  }
  await live(asking.world, 75)
  expect([isAsked, asking.has()]).toEqual([true, true])
})

test('a granted extension that has not begun is withdrawn by a later upload, and the access of now goes on', async () => {
  const asking = await grant({ mayStartLater: 'P7D' })
  const startsAt = new Date(asking.world.clock.now().getTime() + 30 * 60_000).toISOString()
  await asking.ask({ startsAt, duration: 'PT2H' })
  await asking.decide('tom')
  expect(await asking.status()).toMatchObject({ state: 'applied' })
  await asking.ask({ startsAt, duration: 'PT4H' })
  expect(await asking.events()).toContain('withdrawn')
  await asking.decide('tom', 'deny')
  expect(asking.has()).toBe(true)
  await live(asking.world, 75)
  expect(asking.has()).toBe(false)
})

test('the denial of an approver whose name lacks the suffix counts', async () => {
  const suffix = '@acme.example'
  const asking = await Asking.begin({ approvals: 1 }, suffix)
  const { identityStore, objects, clock } = asking.world
  const bob = await identityStore.createUser({ userName: 'bob@partner.example' })
  const group = identityStore.idOf('GROUP', `security${suffix}`)
  if (group === undefined) throw new Error('there is no such group')
  await identityStore.createGroupMembership(group, bob)
  await asking.ask()
  await objects.put(`approvals/${bob}/${await asking.digest()}`, '{ "decision": "deny" }')
  await clock.advance(3_000)
  await asking.decide('tom')
  await live(asking.world, 6)
  expect(asking.has()).toBe(false)
})

test('a request with a decision that may be a denial waits, also once it needs no approval', async () => {
  const asking = await begin({ approvedByItself: { groups: ['security'] } })
  const { world } = asking
  await asking.ask()
  await world.objects.put(`approvals/${asking.id('ada')}/${await asking.digest()}`, '{ "decision": "Deny" }')
  await world.clock.advance(3_000)
  expect(await asking.status()).toMatchObject({ state: 'waiting', reason: expect.stringContaining('may be a denial') })
  await asking.join('maria', 'security')
  await live(asking.world, 6)
  expect(asking.has()).toBe(false)
})

describe('while versioning is suspended', () => {
  test('an approval does not count for the same content in a later upload', async () => {
    const asking = await begin({ approvals: 2 }, 'Suspended')
    await asking.ask()
    await asking.decide('tom')
    await asking.ask({ reason: 'another' })
    await asking.ask()
    await asking.decide('ada')
    expect(await asking.granted()).toEqual([])
  })

  test('the same content waits for approvals again after its end', async () => {
    const asking = await begin({}, 'Suspended')
    await asking.ask()
    await asking.decide('tom')
    await asking.world.objects.delete(asking.key())
    await live(asking.world, 2)
    await asking.ask()
    expect(await asking.status()).toMatchObject({ state: 'waiting' })
  })

  test('an upload from before is not granted again', async () => {
    const asking = await Asking.begin({ approvedByItself: { groups: ['developers'] } })
    await asking.ask()
    await live(asking.world, 65)
    expect(asking.has()).toBe(false)
    asking.world.objects.model.setVersioning('Suspended')
    // Anything has it looked at.
    await asking.decide('tom')
    await live(asking.world, 2)
    expect(asking.has()).toBe(false)
  })
})

describe('a denial ends access after the loss of', () => {
  test('state/, while a granted extension has not begun', async () => {
    const asking = await grant({ mayStartLater: 'P7D' })
    const { world } = asking
    const former = await asking.digest()
    const startsAt = new Date(world.clock.now().getTime() + 50 * 60_000).toISOString()
    await asking.ask({ startsAt, duration: 'PT2H' })
    await asking.decide('tom')
    await live(asking.world, 6)
    for (const key of await world.keys('state/')) await world.objects.delete(key)
    await live(asking.world, 11)
    await asking.decide('ada', 'deny', former)
    await live(asking.world, 11)
    expect(asking.has()).toBe(false)
  })

  test('state/requests/', async () => {
    const asking = await grant()
    const { world } = asking
    await live(asking.world, 6)
    for (const key of await world.keys('state/requests/')) await world.objects.delete(key)
    await asking.decide('ada', 'deny')
    await live(asking.world, 11)
    expect(asking.has()).toBe(false)
  })
})

describe('if its message is lost, the sweep finds an upload in the second of its status:', () => {
  test('a denial after a mistake', async () => {
    const asking = await grant()
    const { world } = asking
    await live(asking.world, 6)
    const key = `approvals/${asking.id('ada')}/${await asking.digest()}`
    await world.objects.put(key, '{ "decision": "approve" }')
    await world.until(async () => (await asking.status(key)) !== undefined, 'the status')
    lose(asking)
    await world.objects.put(key, '{ "decision": "deny" }')
    await world.clock.advance(5_000)
    heal(asking)
    await live(asking.world, 12)
    expect(asking.has()).toBe(false)
  })

  test('a corrected request', async () => {
    const asking = await begin()
    const { world } = asking
    await live(asking.world, 6)
    await world.objects.put(asking.key(), '{}')
    await world.until(async () => (await asking.status()) !== undefined, 'the status')
    lose(asking)
    await world.objects.put(asking.key(), '{ "duration": "PT1H", "reason": "disk full" }')
    await world.clock.advance(5_000)
    heal(asking)
    await live(asking.world, 70)
    expect(await asking.status()).toMatchObject({ state: 'waiting' })
  })
})

test('a denial ends access by the next sweep, although the process that granted it died after it wrote the link', async () => {
  const asking = await begin()
  const { world } = asking
  await asking.ask()
  await live(asking.world, 2)
  const held = holdFirst(asking, /^links_data\/temporary\//, 'dies')
  await asking.decide('tom')
  expect(held.isHeld).toBe(true)
  await world.objects.put(`approvals/${asking.id('ada')}/${await asking.digest()}`, '{ "decision": "deny" }')
  await world.until(async () => (await asking.status())?.state === 'expired', 'the end')
  held.release()
  await world.clock.advance(1_000)
  await world.finish(world.everyFiveMinutes())
  await world.clock.advance(30_000)
  expect(await asking.granted()).toEqual([])
})
