import { describe, expect, test } from '@jest/globals'
import { findOwnApprovals } from '../../handlers/cli/requests/requests.ts'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import type { Status } from '../../shared/domain/statuses/status.ts'
import { previewChanges } from '../../shared/modules/plan/preview.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { sendInputs } from '../../shared/reconcile/records/inputs.ts'
import { isShallow } from '../depth.ts'
import { Asking, account, rule } from './asking.ts'

test('two approve, and it is granted within seconds, until its end', async () => {
  const asking = await Asking.begin()
  await asking.ask()
  expect(await asking.status()).toMatchObject({ state: 'waiting', reason: expect.stringContaining('0 of 2') })
  await asking.decide('tom')
  expect(await asking.status()).toMatchObject({
    state: 'waiting',
    reason: expect.stringContaining("1 of 2 (by 'tom')"),
  })
  await asking.decide('ada')
  expect(await asking.status()).toMatchObject({ state: 'applied' })
  expect([await asking.approved('tom'), await asking.approved('ada')]).toEqual(['applied', 'applied'])
  expect(await asking.granted()).toEqual([`links_data/temporary/account%${account}%Admin-ps%maria%USER%ssofile`])
  await asking.world.until(() => asking.has(), 'the access')
  await asking.world.clock.advance(61 * 60_000)
  await asking.world.finish(asking.world.everyMinute())
  await asking.world.until(async () => (await asking.status())?.state === 'expired', 'the end')
  await asking.world.until(() => !asking.has(), 'the revocation')
  expect(await asking.granted()).toEqual([])
  expect(await asking.events()).toEqual(['asked', 'approved', 'approved', 'granted', 'ended'])
})

test('a request for a tag is granted, although no other link speaks of tags', async () => {
  const asking = await Asking.begin({ scopes: ['account_tag%owner^tom'], approvals: 1 })
  const { world } = asking
  // SQS takes its time, so that a message that sends itself again takes virtual time too.
  asking.answer = async ({ port, operation, args, proceed }) => {
    if (port === 'queues' && operation === 'send' && args[0] === 'links') await world.clock.sleep(200)
    return proceed()
  }
  const key = `requests/${asking.id('maria')}/account_tag%owner^tom%Admin-ps%maria%USER%ssofile`
  await asking.ask({}, key)
  await asking.decide('tom', 'approve', (await asking.status(key))?.request?.digest)
  await world.until(() => asking.has(), 'the access', 2)
})

test('a request that no eligibility allows is told what the nearest lacks, which is for a group of the user', async () => {
  const asking = await Asking.begin()
  const key = asking.key().replace('%Admin-ps%', '%Other-ps%')
  await asking.ask({}, key)
  const { state, reason } = (await asking.status(key)) ?? {}
  expect(state).toBe('rejected')
  expect(reason).toMatch(/the nearest is 'admins': it is not for the permission set 'Other-ps'$/)
})

describe('nothing is granted', () => {
  const cases: readonly [string, (asking: Asking) => Promise<void>, string][] = [
    [
      'by the requester, who is an approver too',
      async (asking) => {
        await asking.join('maria', 'security')
        await asking.decide('maria')
        await asking.decide('tom')
      },
      'waiting',
    ],
    [
      'by somebody who is no approver',
      async (asking) => {
        await asking.decide('tom')
        await asking.decide('eve')
      },
      'waiting',
    ],
    [
      'by one approver twice',
      async (asking) => {
        await asking.decide('tom')
        await asking.decide('tom')
      },
      'waiting',
    ],
    [
      'by an approver who has left',
      async (asking) => {
        await asking.decide('tom')
        await asking.leave('tom', 'security')
        await asking.decide('ada')
      },
      'waiting',
    ],
    [
      'by an approver who is disabled',
      async (asking) => {
        await asking.decide('tom')
        await asking.setStatus('tom', 'DISABLED')
        await asking.decide('ada')
      },
      'waiting',
    ],
    [
      'to a user who is disabled',
      async (asking) => {
        await asking.setStatus('maria', 'DISABLED')
        await asking.decide('tom')
        await asking.decide('ada')
      },
      'rejected',
    ],
    [
      'where one denies',
      async (asking) => {
        await asking.decide('tom')
        await asking.decide('ada', 'deny')
      },
      'rejected',
    ],
    [
      'by approvals of what was asked before',
      async (asking) => {
        const before = await asking.digest()
        await asking.decide('tom')
        await asking.ask({ duration: 'PT8H' })
        await asking.decide('ada', 'approve', before)
      },
      'waiting',
    ],
    [
      'when it has waited too long',
      async (asking) => {
        await asking.decide('tom')
        await asking.world.clock.advance(24 * 3_600_000)
        await asking.world.finish(asking.world.everyMinute())
        await asking.world.clock.advance(5_000)
        await asking.decide('ada')
      },
      'expired',
    ],
  ]
  test.each(cases)('%s', async (_, act, state) => {
    const asking = await Asking.begin()
    await asking.ask()
    await act(asking)
    expect(await asking.status()).toMatchObject({ state })
    expect(await asking.granted()).toEqual([])
    expect(asking.has()).toBe(false)
  })

  test('while an approver has uploaded what S3 does not give: it may be a denial', async () => {
    const asking = await Asking.begin({ approvals: 1 })
    await asking.ask()
    const { world } = asking
    const denial = `approvals/${asking.id('ada')}/${await asking.digest()}`
    const key = { customerKeyMd5: 'of a key that only ada knows' }
    world.objects.model.put(
      { accessKeyId: 'ada', sourceIpAddress: '127.0.0.1' },
      denial,
      new TextEncoder().encode('{"decision":"deny"}'),
      key,
    )
    await world.clock.advance(3_000)
    await asking.decide('tom')
    const waits = { state: 'waiting', reason: expect.stringContaining('does not return to ssofile') }
    expect([await asking.status(), await asking.status(denial)]).toEqual([
      expect.objectContaining(waits),
      expect.objectContaining(waits),
    ])
    expect(await asking.granted()).toEqual([])
    await world.objects.delete(denial)
    await world.clock.advance(3_000)
    expect(await asking.status()).toMatchObject({ state: 'applied' })
  })

  test('while the decision of an approver is in an encoding that ssofile does not read', async () => {
    const asking = await Asking.begin({ approvals: 1 })
    await asking.ask()
    const { objects, clock } = asking.world
    const key = `approvals/${asking.id('ada')}/${await asking.digest()}`
    await objects.put(key, Buffer.from('\ufeff{ "decision": "deny" }', 'utf16le'))
    await clock.advance(3_000)
    await asking.decide('tom')
    expect(await asking.status()).toMatchObject({ state: 'waiting', reason: expect.stringContaining(key) })
    expect(await asking.granted()).toEqual([])
    await asking.decide('ada', 'deny')
    expect(await asking.status()).toMatchObject({ state: 'rejected' })
  })

  test('while S3 does not answer for what an approver may have said', async () => {
    const asking = await Asking.begin({ approvals: 1 })
    await asking.ask()
    const ada = `approvals/${asking.id('ada')}/`
    asking.answer = async ({ args, operation, proceed }) => {
      if (operation !== 'get' || !String(args[0]).startsWith(ada)) return proceed()
      throw new ServiceError('s3', 'InternalError', 'not now', { httpStatus: 500 })
    }
    await asking.decide('tom')
    expect([await asking.status(), await asking.granted()]).toMatchObject([{ state: 'waiting' }, []])
    asking.answer = ({ proceed }) => proceed()
    await asking.world.until(async () => (await asking.status())?.state === 'applied', 'the grant')
  })

  test.each<[string, object, string]>([
    ['for longer than is allowed', { duration: 'PT9H' }, 'it allows PT8H at most'],
    ['without a reason', { reason: '' }, 'it needs a reason'],
    ['for later', { startsAt: '2026-03-03T20:00:00Z' }, 'it allows no startsAt'],
  ])('to who asks %s', async (_, said, told) => {
    const asking = await Asking.begin()
    await asking.ask(said)
    expect(await asking.status()).toMatchObject({ state: 'rejected', reason: expect.stringContaining(told) })
  })

  test('to who asks for somebody else', async () => {
    const asking = await Asking.begin()
    const key = asking.key('maria', 'eve')
    await asking.ask({}, key)
    expect(await asking.status(key)).toMatchObject({
      reason: expect.stringContaining("a request for 'maria' by 'eve'"),
    })
  })
})

test('a user of the same name as the one who asked gets nothing, also when the link is applied for the first time', async () => {
  const asking = await Asking.begin({ approvedByItself: { groups: ['developers'] } })
  const { world } = asking
  const asked = asking.id('maria')
  await world.identityStore.updateUser(asked, [{ path: 'userName', value: 'maria.before' }])
  const other = await world.identityStore.createUser({ userName: 'maria' })
  const link = `links_data/temporary/account%${account}%Admin-ps%maria%USER%ssofile`
  const request = { digest: 'a'.repeat(32), user: asked, eligibility: 'admins', approvedBy: [] }
  await world.objects.put(link, JSON.stringify({ expiresAt: '2026-03-03T20:00:00Z', request }))
  await world.clock.advance(30_000)
  expect(world.ssoAdmin.assignments().filter(({ principalId }) => [asked, other].includes(principalId))).toEqual([])
  expect(await asking.status(link)).toMatchObject({ state: 'waiting', reason: expect.stringContaining(asked) })
})

test.each([
  ['a member of a group', { approvers: { groups: ['security'] } }, ['tom', 'ada']],
  ['a person', { approvers: { users: ['tom'] } }, ['tom']],
  ["whom the account's tag names", { approvers: { ownerTag: 'owner' } }, ['tom']],
  ["nobody, where the account's tag is not there", { approvers: { ownerTag: 'team' } }, []],
])(
  'who approves is found alike by the function and by the command, with a suffix too: %s',
  async (_, said, mayApprove) => {
    const suffix = '@acme.example'
    const asking = await Asking.begin({ ...said, approvals: 1 }, suffix)
    await asking.ask()
    const { ports } = asking.world
    const status = (await asking.status()) as Status
    for (const name of ['tom', 'ada', 'maria', 'eve']) {
      const found = await findOwnApprovals(
        [status],
        { userId: principalId.parse(asking.id(name)) },
        { ports, notes: [], suffix },
      )
      expect([name, found.length > 0]).toEqual([name, mayApprove.includes(name)])
    }
    for (const name of ['eve', 'maria', 'ada']) if (!mayApprove.includes(name)) await asking.decide(name)
    expect(await asking.status()).toMatchObject({ state: 'waiting' })
    const [first] = mayApprove
    if (first !== undefined) await asking.decide(first)
    expect(await asking.status()).toMatchObject({ state: first === undefined ? 'waiting' : 'applied' })
  },
)

test.each([
  ['on Tuesday at eleven in the evening', 0, 'applied'],
  ['half an hour after midnight', 90, 'applied'],
  ['after one', 150, 'waiting'],
])('a time of the week counts by the clocks of its zone, over midnight: %s', async (_, minutes, state) => {
  const times = [{ days: ['tue'], from: '22:00', until: '01:00', zone: 'Pacific/Auckland' }]
  const asking = await Asking.begin({ approvedByItself: { times } })
  await asking.world.clock.advance(minutes * 60_000)
  await asking.ask()
  expect(await asking.status()).toMatchObject({ state })
})

test.each([
  ['asked at a time without approvals for a start at another time', '10:00', '2026-03-03T14:00:00Z'],
  ['asked before a time without approvals', '11:00', undefined],
  ['asked before a time without approvals for a start in it', '11:00', '2026-03-03T11:30:00Z'],
])('a request waits for its approvals, also when that time comes: %s', async (_, from, startsAt) => {
  const times = [{ days: ['tue'], from, until: '12:00', zone: 'UTC' }]
  const asking = await Asking.begin({ mayStartLater: 'P1D', approvedByItself: { times } })
  const { world } = asking
  await asking.ask({ startsAt })
  const waits = { state: 'waiting', request: { approvals: { needed: 2 } } }
  expect(await asking.status()).toMatchObject(waits)
  await world.clock.advanceTo(new Date('2026-03-03T11:40:00Z'))
  await world.finish(world.everyHour())
  await world.clock.advance(60_000)
  expect(await asking.status()).toMatchObject(waits)
  expect(asking.has()).toBe(false)
})

test.each<[string, (asking: Asking, body: string) => Promise<unknown>]>([
  [
    'the message of the upload is lost, and a sweep looks after them',
    async (asking, body) => {
      asking.answer = async ({ operation, proceed }) => (operation === 'send' ? undefined : proceed())
      await asking.world.objects.put(asking.key(), body)
      await asking.world.clock.advance(61 * 60_000)
      asking.answer = ({ proceed }) => proceed()
    },
  ],
  [
    'a multipart upload is begun in them and completed after them',
    async (asking, body) => {
      const { world } = asking
      const upload = await world.objects.beginUpload(asking.key())
      await world.clock.advance(61 * 60_000)
      await world.objects.completeUpload(upload, [await world.objects.uploadPart(upload, 1, Buffer.from(body))])
    },
  ],
])('access without approvals begins only at the times for it: %s', async (_, upload) => {
  const times = [{ days: ['tue'], from: '10:00', until: '11:00', zone: 'UTC' }]
  const asking = await Asking.begin({ approvedByItself: { times } })
  const { world } = asking
  await upload(asking, JSON.stringify({ duration: 'PT1H', reason: 'disk full' }))
  await world.finish(world.everyFiveMinutes())
  await world.clock.advance(60_000)
  expect(await asking.status()).toMatchObject({ state: 'waiting', request: { approvals: { needed: 2 } } })
  expect(asking.has()).toBe(false)
})

test('a denial counts also if too many people may approve, and an approval does not', async () => {
  const asking = await Asking.begin({ approvals: 1, for: { groups: ['developers'], users: ['person-0', 'person-1'] } })
  const { world } = asking
  const [first, second, waiting] = [asking.key(), asking.key('person-0'), asking.key('person-1')]
  const digestOf = async (key: string) => (await asking.status(key))?.request?.digest
  for (const key of [first, second, waiting]) await asking.ask({}, key)
  for (const key of [first, second]) await asking.decide('tom', 'approve', await digestOf(key))
  for (let index = 0; index < 499; index++) {
    await world.identityStore.createUser({ userName: `approver-${index}` })
    await asking.join(`approver-${index}`, 'security')
    await world.clock.advance(50)
  }
  await asking.decide('ada', 'approve', await digestOf(waiting))
  expect((await asking.status(waiting))?.reason).toMatch(/501 people may approve it/)
  for (const key of [first, second]) expect(await asking.status(key)).toMatchObject({ state: 'applied' })
  await asking.decide('tom', 'deny', await digestOf(first))
  for (const key of [second, waiting]) await asking.decide('ada', 'deny', await digestOf(key))
  expect(await asking.status(first)).toMatchObject({ state: 'expired' })
  expect(await asking.status(second)).toMatchObject({ state: 'expired' })
  expect(await asking.status(waiting)).toMatchObject({ state: 'rejected' })
  expect(await asking.approved('tom')).toBe('applied')
})

describe("where the requester's clock is wrong, S3's counts", () => {
  test.each([
    ['days behind: it begins now and lasts as long as asked', '2026-03-01T00:00:00Z', 'applied'],
    ['a year ahead: it is refused', '2027-03-03T10:00:00Z', 'rejected'],
  ])('%s', async (_, startsAt, state) => {
    const asking = await Asking.begin({ mayStartLater: 'P7D', approvedByItself: { groups: ['developers'] } })
    const before = asking.world.clock.now().getTime()
    await asking.ask({ startsAt })
    const status = await asking.status()
    expect(status).toMatchObject({ state })
    if (state !== 'applied') return
    const end = Date.parse(status?.request?.expiresAt ?? '')
    expect(end - before).toBeGreaterThanOrEqual(60 * 60_000 - 1_000)
    expect(end - before).toBeLessThan(60 * 60_000 + 10_000)
  })
})

describe('names that would be markup, control characters or paths', () => {
  const hostile = [
    '<script>alert(1)</script>',
    '..%2f..%2fcontrol',
    '../../control/owner.json',
    'a\u001b[31mred',
    'a\u202eb%USER',
  ]

  test.each(hostile)('are refused without being repeated raw, and nobody else waits: %j', async (name) => {
    const asking = await Asking.begin({ approvedByItself: { groups: ['developers'] } })
    const { world } = asking
    const keys = [
      `requests/${asking.id('eve')}/${name}`,
      `requests/${name}/account%${account}%Admin-ps%maria%USER%ssofile`,
      asking.key(name, 'eve'),
      `approvals/${asking.id('eve')}/${name}`,
      `approvals/${name}/${'a'.repeat(32)}`,
      `eligibility/${name}.json`,
    ]
    for (const key of keys) await world.objects.put(key, JSON.stringify({ duration: 'PT1H', reason: name }))
    await asking.ask()
    expect(await asking.status()).toMatchObject({ state: 'applied' })
    await world.clock.advance(6_000)
    await world.finish(world.everyMinute())
    for (const key of keys.slice(0, 5)) expect(await asking.status(key)).toMatchObject({ state: 'rejected' })
    for (const key of keys) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
      expect((await asking.status(key))?.reason ?? '').not.toMatch(/[\u0000-\u001f\u202e]/)
    }
    expect(await asking.granted()).toHaveLength(1)
    expect(await world.keys('control/owner.json')).toHaveLength(1)
  })
})

test('of hundreds of requests by one person few are looked at, each cheaply, and another person has access meanwhile', async () => {
  const asking = await Asking.begin({ approvedByItself: { groups: ['security'] } })
  const { world } = asking
  let calls = 0
  asking.answer = async ({ port, proceed }) => {
    if (port === 'identityStore') calls++
    return proceed()
  }
  await asking.join('eve', 'developers')
  await asking.join('eve', 'security')
  for (let index = 0; index < 300; index++)
    await world.objects.put(asking.key().replace('Admin-ps', `Set${index}-ps`), JSON.stringify({ duration: 'PT1H' }))
  await world.objects.put(asking.key('eve'), JSON.stringify({ duration: 'PT1H', reason: 'disk full' }))
  await world.until(() => asking.has('eve'), 'the access of the other', 1)
  await world.clock.advance(60_000)
  expect((await world.keys(`status/requests/${asking.id('maria')}/`)).length).toBeLessThan(30)
  expect(await asking.status(`too-many/requests of ${asking.id('maria')}`)).toMatchObject({ state: 'rejected' })
  expect(calls).toBeLessThan(100)
})

describe('of many temporary accesses that end in the same minute none is held', () => {
  // The brake lets twenty pass.
  const people = Array.from({ length: isShallow ? 22 : 30 }, (_, index) => `person-${index}`)
  async function grantAll(): Promise<Asking> {
    const times = [{ days: ['tue'], from: '08:00', until: '20:00', zone: 'UTC' }]
    const asking = await Asking.begin({ for: { users: people }, approvedByItself: { times } })
    const { world } = asking
    for (const name of people) {
      await world.objects.put(asking.key(name), JSON.stringify({ duration: 'PT1H', reason: 'all at once' }))
    }
    await world.until(() => people.every((name) => asking.has(name)), 'the access')
    return asking
  }
  const held = async ({ world }: Asking) =>
    ((await world.json('control/brake.json')) as { lists: { held: string[] }[] } | undefined)?.lists.flatMap(
      (list) => list.held,
    ) ?? []
  const planned = async ({ world }: Asking) =>
    (await previewChanges(world.ports, world.configuration, { looksMost: 100 })).brake.held

  test('by their time', async () => {
    const asking = await grantAll()
    await asking.world.clock.advance(60 * 60_000)
    expect(await planned(asking)).toBe(0)
    await asking.world.finish(asking.world.everyMinute())
    await asking.world.until(() => !people.some((name) => asking.has(name)), 'the end')
    expect(await held(asking)).toEqual([])
  })

  test('by the requesters', async () => {
    const asking = await grantAll()
    for (const name of people) await asking.world.objects.delete(asking.key(name))
    await asking.world.until(() => !people.some((name) => asking.has(name)), 'the end')
    expect(await held(asking)).toEqual([])
  })

  test('but what somebody else deletes is', async () => {
    const asking = await grantAll()
    for (const key of await asking.granted()) await asking.world.objects.delete(key)
    expect(await planned(asking)).toBeGreaterThan(0)
    await asking.world.clock.advance(60_000)
    expect((await held(asking)).length).toBeGreaterThan(0)
    // Until its end, which no brake holds.
    await asking.world.clock.advance(60 * 60_000)
    await asking.world.finish(asking.world.everyMinute())
    await asking.world.until(() => !people.some((name) => asking.has(name)), 'the end')
  })
})

test('history notes a decision only of somebody who is an approver now, whatever a look at the request remembers', async () => {
  for (const decision of ['approve', 'deny'] as const) {
    const asking = await Asking.begin({ approvals: 1 })
    await asking.ask()
    const { world } = asking
    // Nothing tells of the decision or the directory: the sweep is the first to look, with what it remembers.
    asking.answer = async ({ operation, args: [queue], proceed }) =>
      operation === 'send' && (queue === 'requests' || queue === 'events') ? undefined : proceed()
    await asking.leave('tom', 'security')
    await asking.decide('tom', decision)
    asking.answer = ({ proceed }) => proceed()
    await sendInputs(world.ports, [asking.key()], 'sweep', world.configuration)
    await world.clock.advance(3_000)
    expect(await asking.events()).toEqual(['asked'])
    expect(await asking.status()).toMatchObject({ state: 'waiting' })
  }
})

test('a request that was judged by the eligibilities of a few seconds ago is judged again by the new ones', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  await asking.ask({ reason: '' })
  await world.objects.put('eligibility/more.json', JSON.stringify({ ...rule, needs: [], approvals: 1 }))
  await world.finish(world.everyMinute())
  await world.clock.advance(1_000)
  expect(await asking.status()).toMatchObject({ state: 'rejected' })
  await world.clock.advance(60_000)
  await world.finish(world.everyMinute())
  await world.clock.advance(5_000)
  expect(await asking.status()).toMatchObject({ state: 'waiting', reason: expect.stringContaining("'more'") })
})

test('an eligibility that is written later has what was rejected looked at again', async () => {
  const asking = await Asking.begin()
  await asking.ask({ reason: '' })
  expect(await asking.status()).toMatchObject({ state: 'rejected' })
  await asking.world.objects.put('eligibility/more.json', JSON.stringify({ ...rule, needs: [], approvals: 1 }))
  await asking.world.clock.advance(6_000)
  await asking.world.finish(asking.world.everyMinute())
  await asking.world.clock.advance(5_000)
  expect(await asking.status()).toMatchObject({ state: 'waiting', reason: expect.stringContaining("'more'") })
})

test.each([
  { looks: 'work', failsFirst: false },
  { looks: 'fail at first', failsFirst: true },
])(
  'of many requests by one person exactly twenty get a place, and nobody else waits, where looks $looks',
  async ({ failsFirst }) => {
    const asking = await Asking.begin({ permissionSets: ['*'], needs: [] })
    const { world } = asking
    const failed = new Set<unknown>()
    asking.answer = async ({ port, operation, args: [key], proceed }) => {
      if (port !== 'objects' || operation !== 'get' || !String(key).startsWith('requests/')) return proceed()
      if (!failsFirst || failed.has(key)) return proceed()
      failed.add(key)
      throw new Error('S3 does not answer')
    }
    await asking.join('eve', 'developers')
    for (let index = 0; index < 30; index++)
      await world.objects.put(asking.key().replace('Admin-ps', `Set${index}-ps`), JSON.stringify({ duration: 'PT1H' }))
    await asking.ask({}, asking.key('eve'))
    await world.clock.advance(30_000)
    expect(await asking.status(asking.key('eve'))).toMatchObject({ state: 'waiting' })
    const own = await world.keys(`status/requests/${asking.id('maria')}/`)
    expect(own).toHaveLength(20)
    expect(await asking.status(`too-many/requests of ${asking.id('maria')}`)).toMatchObject({ state: 'rejected' })
    for (const key of (await world.keys(`requests/${asking.id('maria')}/`)).slice(0, 25))
      await world.objects.delete(key)
    await world.clock.advance(30_000)
    await world.finish(world.everyFiveMinutes())
    await world.clock.advance(30_000)
    expect(await world.keys(`status/requests/${asking.id('maria')}/`)).toHaveLength(5)
    await world.finish(world.everyFiveMinutes())
    expect(await asking.status(`too-many/requests of ${asking.id('maria')}`)).toBeUndefined()
  },
)
