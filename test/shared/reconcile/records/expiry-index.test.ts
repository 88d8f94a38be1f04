import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { jobsOfMinuteLinks, schedule, throughTheMinute } from '../../../../handlers/schedules.ts'
import { inputMessage } from '../../../../shared/domain/links/input-message.ts'
import { listToldOfPeople } from '../../../../shared/modules/requests/list-requests.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import {
  followInstants,
  indexInstants,
  instantsToCome,
  removeDue,
  restoreIndex,
  type SentInstants,
} from '../../../../shared/reconcile/records/expiry-index.ts'
import { runsOf } from '../../../depth.ts'
import { dyingPorts, intercept, never } from '../../../intercept.ts'
import { acme, World, type WorldOptions } from '../../../world.ts'

const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const name = 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const link = `links_data/${name}`
const startMs = Date.parse('2026-03-03T10:00:00Z')
/** So many minutes after the world began, as a link says it. */
const minute = (minutes: number) => new Date(startMs + minutes * 60_000).toISOString()
const from = (notBefore: number) => JSON.stringify({ notBefore: minute(notBefore) })
const until = (expiresAt: number) => JSON.stringify({ expiresAt: minute(expiresAt) })

async function open(options: WorldOptions = {}): Promise<World> {
  const world = new World({ organization: { ...acme(), assignments: [] }, ...options }).start()
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  await world.clock.advance(15_000)
  return world
}

/** Goes on until so many minutes after the world began, with the schedules of every minute. */
async function goTo(world: World, minutes: number): Promise<void> {
  const endMs = startMs + minutes * 60_000
  while (world.clock.now().getTime() < endMs) {
    const now = world.clock.now().getTime()
    await world.clock.advance(Math.min(60_000 - (now % 60_000), endMs - now))
    if (world.clock.now().getTime() % 60_000 === 0) void world.everyMinute()
  }
}

/** The index without what says how far it is whole. */
const indexed = async (world: World) =>
  (await world.keys('state/expiry/')).filter((key) => !key.startsWith('state/expiry/~'))
const isGranted = (world: World) => world.ssoAdmin.assignments().length === 1
const stateOf = async (world: World) => (await world.json(`status/${link}.json`))?.state

/** A clock of the product's own, beside that of S3. */
const skewed =
  (offMs: number) =>
  (ports: Ports): Ports => {
    const { clock } = ports
    const own = {
      now: () => new Date(clock.now().getTime() + offMs),
      monotonicMs: () => clock.monotonicMs(),
      sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
    }
    return { ...ports, clock: own }
  }

describe('a link with a time', () => {
  test.each([
    ['right', 0],
    ['two minutes fast', 120_000],
    ['two minutes slow', -120_000],
  ])('is in force until expiresAt, and revoked within a minute, with a clock that is %s', async (_, offMs) => {
    const world = await open({ wrap: skewed(offMs) })
    await world.objects.put(link, until(10))
    await goTo(world, 9.98)
    expect(isGranted(world)).toBe(true)
    await goTo(world, 11.1)
    expect(isGranted(world)).toBe(false)
    expect(await stateOf(world)).toBe('expired')
    expect(await world.namedKeys('assignments/')).toEqual([])
    expect(await indexed(world)).toEqual([])
    const followed = world.log.lines.filter(({ message }) => message === 'evaluating links whose time has come')
    expect(followed).toHaveLength(1)
  })

  test.each([
    ['right', 0],
    ['two minutes fast', 120_000],
    ['two minutes slow', -120_000],
  ])('waits for notBefore, and is granted within a minute, with a clock that is %s', async (_, offMs) => {
    const world = await open({ wrap: skewed(offMs) })
    await world.objects.put(link, from(10))
    await goTo(world, 9.98)
    expect(isGranted(world)).toBe(false)
    expect(await stateOf(world)).toBe('waiting')
    await goTo(world, 11.1)
    expect(isGranted(world)).toBe(true)
    expect(await stateOf(world)).toBe('applied')
    expect(await world.keys('attention/')).toEqual([])
  })

  test('goes from notBefore to expiresAt by itself, whatever offset the instants are written with', async () => {
    const world = await open()
    const body = { notBefore: '2026-03-03T15:35:00+05:30', expiresAt: '2026-03-03T02:10:00-08:00' }
    await world.objects.put(link, JSON.stringify(body))
    await goTo(world, 4.98)
    expect(isGranted(world)).toBe(false)
    expect(await indexed(world)).toEqual([
      `state/expiry/2026-03-03T10:05:00.000Z%${link}`,
      `state/expiry/2026-03-03T10:10:00.000Z%${link}`,
    ])
    await goTo(world, 6)
    expect(isGranted(world)).toBe(true)
    await goTo(world, 9.98)
    expect(isGranted(world)).toBe(true)
    await goTo(world, 11)
    expect(isGranted(world)).toBe(false)
    expect(await stateOf(world)).toBe('expired')
  })

  test('is revoked at the very instant of expiresAt, when it is looked at then', async () => {
    const world = await open()
    await world.objects.put(link, until(5))
    await goTo(world, 5)
    await world.clock.advance(5_000)
    expect(isGranted(world)).toBe(false)
  })

  test('stays in force when it is uploaded again with a later expiresAt', async () => {
    const world = await open()
    await world.objects.put(link, until(5))
    await goTo(world, 3)
    await world.objects.put(link, until(20))
    await goTo(world, 19.9)
    expect(isGranted(world)).toBe(true)
    expect(world.calls).not.toContain('DeleteAccountAssignment')
    await goTo(world, 21)
    expect(isGranted(world)).toBe(false)
  })

  test('stays in force for good when it is uploaded again without expiresAt', async () => {
    const world = await open()
    await world.objects.put(link, until(5))
    await goTo(world, 3)
    await world.objects.put(link, '')
    await goTo(world, 7)
    expect(isGranted(world)).toBe(true)
    expect(await stateOf(world)).toBe('applied')
    expect(await indexed(world)).toEqual([])
  })

  test('ends earlier when it is uploaded again with an earlier expiresAt', async () => {
    const world = await open()
    await world.objects.put(link, until(60))
    await goTo(world, 3)
    await world.objects.put(link, until(6))
    await goTo(world, 7)
    expect(isGranted(world)).toBe(false)
    expect(await stateOf(world)).toBe('expired')
  })

  test('comes back when it is uploaded again after it expired', async () => {
    const world = await open()
    await world.objects.put(link, until(4))
    await goTo(world, 6)
    await world.objects.put(link, until(20))
    await goTo(world, 7)
    expect(isGranted(world)).toBe(true)
  })

  test('that is deleted leaves nothing that its old time could do', async () => {
    const world = await open()
    await world.objects.put(link, until(5))
    await goTo(world, 2)
    await world.objects.delete(link)
    await goTo(world, 7)
    expect(await world.keys('status/links_data/')).toEqual([])
    expect(await indexed(world)).toEqual([])
    expect(world.errors).toEqual([])
  })

  test('leaves access that another link grants too', async () => {
    const world = await open()
    await world.objects.put(link, until(5))
    await world.objects.put('links_data/ou_id%ou-acme-wrk3fina%Billing-ps%team-Accountants%GROUP%ssofile', '')
    await goTo(world, 8)
    expect(await stateOf(world)).toBe('expired')
    expect(world.calls).not.toContain('DeleteAccountAssignment')
  })

  test('whose time comes while it is being granted keeps no access', async () => {
    const world = await open()
    await goTo(world, 4.99)
    await world.objects.put(link, until(5))
    await goTo(world, 7)
    expect(world.ssoAdmin.assignments()).toEqual([])
    expect(await world.namedKeys('assignments/')).toEqual([])
    expect(await stateOf(world)).toBe('expired')
  })

  test('with a key of the greatest length expires as any other', async () => {
    const world = await open()
    const middle = 'links_data/account%233000000002%Billing-ps%'
    const long = 'x'.repeat(900 - `${middle}%GROUP%ssofile`.length)
    await world.identityStore.createGroup({ displayName: long })
    await world.objects.put(`${middle}${long}%GROUP%ssofile`, until(5))
    await goTo(world, 4.9)
    expect(isGranted(world)).toBe(true)
    await goTo(world, 6.1)
    expect(isGranted(world)).toBe(false)
  })
})

describe('the index of expiry', () => {
  test('is made again within a minute after somebody deleted it', async () => {
    const world = await open()
    await world.objects.put(link, until(30))
    await goTo(world, 2)
    for (const key of await world.keys('state/')) await world.objects.delete(key)
    await goTo(world, 3.5)
    expect(await indexed(world)).toEqual([`state/expiry/${minute(30)}%${link}`])
    await goTo(world, 29.9)
    expect(isGranted(world)).toBe(true)
    await goTo(world, 31)
    expect(isGranted(world)).toBe(false)
  })

  test('that is lost while expiresAt passes delays the end of access by a minute at most', async () => {
    const world = await open()
    await world.objects.put(link, until(5))
    await goTo(world, 4.9)
    for (const key of await world.keys('state/')) await world.objects.delete(key)
    await goTo(world, 6.5)
    expect(isGranted(world)).toBe(false)
    expect(await stateOf(world)).toBe('expired')
  })

  test('is not read again from the links while it is there', async () => {
    const world = await open()
    await world.objects.put(link, until(30))
    const listOthers = (after?: string) => listToldOfPeople(world.objects, after)
    expect(await restoreIndex(world.ports, world.configuration, listOthers)).toBe(1)
    expect(await restoreIndex(world.ports, world.configuration, listOthers)).toBeUndefined()
  })

  test('is made again for all inputs if the process that made it again died, at whichever call', async () => {
    for (let atCall = 0; ; atCall++) {
      const world = await open()
      const due = minute(30)
      const membership = 'memberships/team-A%kenji@acme.example%ssofile'
      await world.objects.put(link, until(30))
      await world.objects.put(membership, until(30))
      await goTo(world, 2)
      expect(await indexed(world)).toHaveLength(2)
      for (const key of await world.keys('state/expiry/')) await world.objects.delete(key)
      const dying = dyingPorts(world.ports, { at: (_, number) => number === atCall, when: 'before' })
      const look = schedule('minute-links', () => jobsOfMinuteLinks().slice(0, 1), dying.ports, world.configuration)
      void look()
      await world.clock.advance(5_000)
      await goTo(world, 4)
      expect(await indexed(world)).toEqual([`state/expiry/${due}%${link}`, `state/expiry/${due}%${membership}`])
      if (!dying.isDead()) break
    }
  })

  test('is made again over several minutes where one has no time for all inputs', async () => {
    const world = await open()
    const others = Array.from({ length: 2_500 }, (_, nth) => `memberships/team-A%user${nth}@acme.example%ssofile`)
    for (const key of others) await world.objects.put(`status/${key}.json`, '{}')
    const listOthers = (after?: string) => listToldOfPeople(world.objects, after)
    await world.objects.delete('state/expiry/~whole')
    let isDead = false
    // 50 times a write of S3, so that fewer inputs show it: all of them take longer than the function has.
    const slowly = intercept(world.ports, async ({ operation, args, proceed }) => {
      if (isDead) return never
      if (operation === 'put' && String(args[0]).includes('%')) await world.clock.sleep(800)
      return proceed()
    })
    const reads: (number | undefined)[] = []
    for (let minutes = 0; reads.at(-1) !== undefined || minutes === 0; minutes++) {
      isDead = false
      const run = restoreIndex(slowly, world.configuration, listOthers)
      void run.then((read) => reads.push(read))
      await world.clock.advance(60_000)
      isDead = true
    }
    expect(reads).toEqual([1_000, 1_000, 500, undefined])
    expect((await indexed(world)).map((key) => key.split('%').slice(1).join('%'))).toEqual(others.sort())
  })

  test('is followed behind the last input that was sent, and by the next look where one has no time for all', async () => {
    const world = await open()
    for (let nth = 0; nth < 2_500; nth++)
      await indexInstants(
        world.objects,
        `memberships/team-A%user${nth}@acme.example%ssofile`,
        [new Date(startMs)],
        'a look',
      )
    const begins: unknown[] = []
    const slowly = intercept(world.ports, async ({ operation, args, proceed }) => {
      if (operation === 'list') begins.push(args[1])
      if (operation === 'send') await world.clock.sleep(15_000)
      return proceed()
    })
    const sent: SentInstants = new Map()
    const looks = [followInstants(slowly, world.configuration, sent)]
    await world.clock.advance(60_000)
    looks.push(followInstants(slowly, world.configuration, sent))
    await world.clock.advance(60_000)
    expect(await Promise.all(looks)).toMatchObject([{ followed: 2_000, nextInMs: 0 }, { followed: 500 }])
    expect(begins).toMatchObject([{}, { startAfter: expect.stringContaining('%memberships/') }, {}])
  })

  test('is followed again by the next minute when whoever followed it died, at whichever call', async () => {
    for (let atCall = 0; ; atCall++) {
      const world = await open()
      await world.objects.put(link, until(5))
      await goTo(world, 4.99)
      await world.clock.advance(600)
      const dying = dyingPorts(world.ports, { at: (_, number) => number === atCall, when: 'before' })

      void followInstants(dying.ports, world.configuration)
      await world.clock.advance(1_000)
      await goTo(world, 7)
      expect(isGranted(world)).toBe(false)
      expect(await stateOf(world)).toBe('expired')
      expect(await indexed(world)).toEqual([])
      if (!dying.isDead()) break
    }
  })

  test('sends a link again if its message is lost, and the link ends without a sweep or a reconcile', async () => {
    let isLost = true
    const wrap = (ports: Ports) =>
      intercept(ports, async ({ operation, args, proceed }) => {
        const isEnd = operation === 'send' && args[0] === 'links' && JSON.stringify(args).includes('its time has come')
        return isLost && isEnd ? undefined : proceed()
      })
    const world = await open({ wrap })
    await world.objects.put(link, until(5))
    await goTo(world, 6)
    isLost = false
    expect(isGranted(world)).toBe(true)
    await goTo(world, 36.2)
    expect(isGranted(world)).toBe(false)
    expect(await stateOf(world)).toBe('expired')
    expect(await indexed(world)).toEqual([])
  })

  test('holds many links that end in the same minute, and each ends', async () => {
    const world = await open()
    const names = Array.from({ length: runsOf(250) }, (_, index) => `crowd ${index}`)
    for (const each of names)
      await world.objects.put(`links_data/account%233000000002%Billing-ps%${each}%GROUP%ssofile`, until(5))
    await goTo(world, 7)
    expect(await indexed(world)).toEqual([])
    expect(await world.keys('attention/')).toEqual([])
    const states = await Promise.all(
      (await world.keys('status/links_data/')).map(async (key) => (await world.json(key))?.state),
    )
    expect(states).toHaveLength(names.length)
    expect(new Set(states)).toEqual(new Set(['expired']))
  })
})

describe('the index of instants', () => {
  const at = (text: string) => new Date(text)

  test('has those of a link that are still to come, by the clock that served it', () => {
    const [notBefore, expiresAt] = [at('2026-03-03T10:00:00Z'), at('2026-03-03T11:00:00Z')]
    expect(instantsToCome({}, notBefore)).toEqual([])
    expect(instantsToCome({ notBefore, expiresAt }, at('2026-03-03T09:00:00Z'))).toEqual([notBefore, expiresAt])
    expect(instantsToCome({ notBefore, expiresAt }, notBefore)).toEqual([expiresAt])
    expect(instantsToCome({ expiresAt }, expiresAt)).toEqual([])
  })

  test('has an instant outside the years of four digits as the nearest one of them, so text order stays time order', async () => {
    const world = new World()
    const last = at('9999-12-31T23:59:59.999Z').getTime()
    await indexInstants(world.objects, link, [new Date(last + 1), new Date(last + 9e12)], 'a look')
    expect(await indexed(world)).toEqual([`state/expiry/9999-12-31T23:59:59.999Z%${link}`])
  })

  test('has a link looked at once, whose two instants have come, and says why', async () => {
    const world = new World()
    await indexInstants(world.objects, link, [at('2026-03-03T09:00:00Z'), at('2026-03-03T09:30:00Z')], 'a look')
    expect((await followInstants(world.ports, world.configuration)).followed).toBe(2)
    const messages = world.queues.queue('links').messages()
    expect(messages.map(({ body }) => JSON.parse(body))).toMatchObject([{ key: link, event: 'its time has come' }])
  })

  test('sends an entry once in half an hour, unless another process sends it', async () => {
    const world = new World()
    await indexInstants(world.objects, link, [at('2026-03-03T09:00:00Z')], 'a look')
    const sent: SentInstants = new Map()
    const follow = async (of = sent) => (await followInstants(world.ports, world.configuration, of)).followed
    expect([await follow(), await follow()]).toEqual([1, 0])
    await world.clock.advance(29 * 60_000)
    expect([await follow(), await follow(new Map())]).toEqual([0, 1])
    await world.clock.advance(60_000)
    expect([await follow(), await follow()]).toEqual([1, 0])
  })

  test('sends an entry of a new upload for the same instant at once', async () => {
    const world = new World()
    const sent: SentInstants = new Map()
    for (const look of ['a look', 'the look at another upload']) {
      await indexInstants(world.objects, link, [at('2026-03-03T09:00:00Z')], look)
      expect((await followInstants(world.ports, world.configuration, sent)).followed).toBe(1)
    }
  })

  test('keeps an entry that another look wrote again while the look for it ran', async () => {
    const world = new World()
    const instant = at('2026-03-03T09:00:00Z')
    await indexInstants(world.objects, link, [instant, at('2026-03-03T09:30:00Z')], 'a look')
    await followInstants(world.ports, world.configuration)
    const [message] = world.queues.queue('links').messages()
    await indexInstants(world.objects, link, [instant], 'another look')
    await removeDue(world.objects, inputMessage.parse(JSON.parse(message?.body ?? '')))
    expect(await indexed(world)).toEqual([`state/expiry/2026-03-03T09:00:00.000Z%${link}`])
  })

  test('sends every due entry, although the looks of a thousand others never succeed', async () => {
    const world = new World()
    const sent: SentInstants = new Map()
    const failing = Array.from({ length: 1_200 }, (_, index) => `links_data/failing ${index}`)
    for (const each of failing) await indexInstants(world.objects, each, [at('2026-03-03T09:00:00Z')], 'a look')
    expect((await followInstants(world.ports, world.configuration, sent)).followed).toBe(failing.length)
    await indexInstants(world.objects, link, [at('2026-03-03T09:30:00Z')], 'a look')
    expect((await followInstants(world.ports, world.configuration, sent)).followed).toBe(1)
    expect(world.queues.queue('links').messages()).toHaveLength(failing.length + 1)
  })

  test('is followed past what is gone by the time that it is looked at', async () => {
    const world = new World()
    const gone = `state/expiry/2026-03-03T08:00:00.000Z%${link}`
    await world.objects.put(gone, '')
    await indexInstants(world.objects, link, [at('2026-03-03T09:00:00Z')], 'a look')
    const objects = intercept(world.ports, async ({ operation, args, proceed }) =>
      operation === 'head' && args[0] === gone ? undefined : proceed(),
    ).objects
    expect((await followInstants({ ...world.ports, objects }, world.configuration)).followed).toBe(1)
    const messages = world.queues.queue('links').messages()
    expect(messages.map(({ body }) => JSON.parse(body).due[0].at)).toEqual(['2026-03-03T09:00:00.000Z'])
  })

  test('is waited for where it comes within 45 seconds, by the clock of S3, and acts within its second', async () => {
    const world = await open({ wrap: skewed(-20_000) })
    await world.objects.put(link, until(1.5))
    await world.clock.advance(44_000)
    expect(isGranted(world)).toBe(true)
    await world.clock.advance(1_000)
    void throughTheMinute(world.ports, world.configuration)()
    await world.clock.advance(29_900)
    expect(isGranted(world)).toBe(true)
    await world.clock.advance(2_000)
    expect(isGranted(world)).toBe(false)
  })

  test('is waited for although a job of that minute has failed', async () => {
    const world = await open()
    await world.objects.put(link, until(1.5))
    await world.clock.advance(45_000)
    expect(isGranted(world)).toBe(true)
    const ports = intercept(world.ports, async ({ operation, args, proceed }) => {
      if (operation === 'list' && args[0] === 'eligibility/') throw new Error('no eligibility is listed')
      return proceed()
    })
    const minute = expect(throughTheMinute(ports, world.configuration)()).rejects.toThrow('no eligibility is listed')
    await world.clock.advance(32_000)
    await minute
    expect(isGranted(world)).toBe(false)
  })

  test('is left to the next minute where it comes later than that, and where none comes nobody waits', async () => {
    const world = new World()
    const work = throughTheMinute(world.ports, world.configuration)
    let ended = 0
    const run = async () => {
      await work()
      ended += 1
    }
    void run()
    await world.clock.advance(1_000)
    expect(ended).toBe(1)
    await indexInstants(world.objects, link, [new Date(world.clock.now().getTime() + 46_000)], 'a look')
    void run()
    await world.clock.advance(1_000)
    expect(ended).toBe(2)
  })
})
