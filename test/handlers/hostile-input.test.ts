import { gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readAllStatuses } from '../../handlers/cli/status/read-all-statuses.ts'
import { renderStatus, renderSummary } from '../../handlers/cli/status/render-status.ts'
import { ReadableLog } from '../../handlers/cli/terminal/readable-log.ts'
import { events } from '../../handlers/events.ts'
import { router } from '../../handlers/router.ts'
import { noGuardrails } from '../../shared/domain/guardrails/policy-file.ts'
import { describeLink } from '../../shared/domain/links/describe-link.ts'
import { status } from '../../shared/domain/statuses/status.ts'
import type { Log } from '../../shared/ports/log.ts'
import type { WorkedQueue } from '../../shared/ports/queues.ts'
import { reconcileInput } from '../../shared/reconcile/inputs/reconcile-input.ts'
import { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import { uploadedPermissionSetController } from '../../shared/reconcile/permission-sets/uploaded-permission-set.ts'
import { readLink } from '../../shared/reconcile/records/read-link.ts'
import { statusKey } from '../../shared/reconcile/records/status-store.ts'
import { gatherLink } from '../../shared/reconcile/statuses/gather-link.ts'
import { linkController } from '../../shared/reconcile/statuses/link-controller.ts'
import { runsOf } from '../depth.ts'
import { hostileNames, raw } from '../hostile-names.ts'
import { anyCharacter, awkwardText } from '../shared/domain/arbitraries.ts'
import { openLinks } from '../shared/reconcile/statuses/open-links.ts'
import { World } from '../world.ts'

const set = 'ReadOnly-ps'
const link = `links_data/account%233000000002%${set}%team-Accountants%GROUP%ssofile`
const permissionSetFile = JSON.stringify({ permissionSetName: set, description: 'Reads' })

async function startWithSet(): Promise<World> {
  const world = new World().start()
  await world.objects.put(`permission_sets/${set}.json`, permissionSetFile)
  return world
}

function bodiesIn(world: World, queue: WorkedQueue | `${Exclude<WorkedQueue, 'dispatch'>}-dead`): string[] {
  return world.queues
    .queue(queue)
    .messages()
    .map(({ body }) => body)
}

/** Sends with a group where the queue has groups. */
async function send(world: World, queue: WorkedQueue, body: string, groupId = 'poison'): Promise<void> {
  const fifo = queue === 'uploads' ? {} : { groupId, deduplicationId: world.ports.randomness.id() }
  await world.queues.send(queue, [{ body, ...fifo }])
}

const s3Record = (key: unknown, bucket = 'ssofile') => ({
  eventName: 'ObjectCreated:Put',
  eventTime: '2026-03-03T10:00:00Z',
  s3: { bucket: { name: bucket }, object: { key } },
})
const s3Event = (...keys: readonly unknown[]) => JSON.stringify({ Records: keys.map((key) => s3Record(key)) })

describe('messages that are no notifications', () => {
  const poison = [
    'not JSON',
    '\u{1f4a3}',
    '[]',
    'null',
    '{"Records":null}',
    '{"Records":[null]}',
    '{"Event":"s3:OtherEvent"}',
    '{"__proto__":{"Records":[]}}',
    s3Event('links_data/50%'),
    s3Event('links_data/%C3%28'),
    s3Event('links_data/%ED%A0%80'),
    s3Event(7),
    '['.repeat(100_000),
  ]

  test('end in the dead-letter queue after five receives, each with its reason in the log, and nothing else is held up', async () => {
    const world = await startWithSet()
    for (const body of poison) await send(world, 'uploads', body)
    await world.objects.put(link, '')
    await world.until(async () => (await world.json(statusKey(link)))?.state === 'applied', 'applied', 1)
    await world.until(() => bodiesIn(world, 'uploads').length === 0, 'the end of the poison', 6)
    expect(bodiesIn(world, 'uploads-dead').sort()).toEqual([...poison].sort())
    expect(world.errors).toEqual([])
    const told = world.log.lines.filter(
      ({ level, fields }) => level === 'warn' && fields.error !== undefined && 'messageId' in fields,
    )
    expect(told.length).toBe(5 * poison.length)
  })

  test('S3’s test event, other buckets and other prefixes are done with, and change nothing', async () => {
    const world = new World().start()
    const before = await world.keys('')
    await send(world, 'uploads', JSON.stringify({ Event: 's3:TestEvent', Bucket: 'ssofile' }))
    await send(world, 'uploads', JSON.stringify({ Records: [s3Record('links_data/a', 'another-bucket')] }))
    await send(world, 'uploads', s3Event('assignments/a', '__proto__', '', 'links_data', '../links_data/a'))
    await send(world, 'uploads', '{"Records":[]}')
    await world.clock.advance(10 * 60_000)
    expect([bodiesIn(world, 'uploads'), bodiesIn(world, 'uploads-dead')]).toEqual([[], []])
    expect(await world.keys('')).toEqual(before)
  })

  test('a record that is none does not hold up the others of its notification', async () => {
    const world = await startWithSet()
    await world.look()
    await world.queues.send('uploads', [
      { body: JSON.stringify({ Records: [s3Record('links_data/a'), { s3: {} }, null, s3Record('links_data/b')] }) },
    ])
    await world.objects.put('links_data/a', '')
    await world.look()
    expect(await world.keys('status/links_data/')).toContain(statusKey('links_data/a'))
    const { batchItemFailures } = await router(
      world.ports,
      world.configuration,
    )({
      Records: [{ messageId: 'm', body: JSON.stringify({ Records: [{ s3: {} }, s3Record('links_data/c')] }) }],
    } as never)
    expect(batchItemFailures).toEqual([{ itemIdentifier: 'm' }])
    expect(bodiesIn(world, 'links').map((body) => JSON.parse(body).key)).toEqual(['links_data/c'])
  })

  test('ten thousand records in one notification all go on', async () => {
    const world = new World()
    const Records = Array.from({ length: 10_000 }, (_, index) => ({
      eventName: '',
      eventTime: '',
      s3: { bucket: { name: '' }, object: { key: `links_data/${index}` } },
    }))
    const event = { Records: [{ messageId: 'm', body: JSON.stringify({ Records }) }] }
    const answer = await router(world.ports, world.configuration)(event as never)
    expect(answer.batchItemFailures).toEqual([])
    expect(bodiesIn(world, 'links').length).toBe(10_000)
  })

  test('EventBridge’s are answered with a reconcile, which is what every event means', async () => {
    const world = new World()
    const Records = ['not JSON', 'null', '{"detail-type":7}', '{"__proto__":1}'].map((body, index) => ({
      messageId: `m${index}`,
      body,
    }))
    const answer = await events(world.ports, world.configuration)({ Records } as never)
    expect(answer.batchItemFailures).toEqual([])
    expect(world.log.lines.at(-1)?.fields.events).toEqual(Records.map(() => 'an unreadable event'))
  })
})

describe('messages that name no input', () => {
  const message = (key: unknown, more: object = {}) => ({ v: 1, key, id: 'e', event: 'ObjectCreated:Put', ...more })
  const poison = [
    'not JSON',
    '[]',
    '{}',
    JSON.stringify({ ...message('links_data/a'), v: 2 }),
    JSON.stringify(message(7)),
    JSON.stringify(message('assignments/a')),
    JSON.stringify(message('control/owner.json')),
    JSON.stringify(message('__proto__')),
    JSON.stringify(message('')),
    '{"__proto__":{"v":1},"key":"links_data/a","id":"e","event":""}',
  ]

  test.each(['links', 'permission-sets'] as const)(
    'on the queue %s they end in its dead-letter queue, hold up only their own group until then, and write no status',
    async (queue) => {
      const world = await startWithSet()
      await world.objects.put('assignments/a', '')
      await world.until(async () => (await world.keys('owned_permission_sets/')).length > 0, 'the permission set')
      const before = await world.keys('status/')
      for (const [index, body] of poison.entries()) await send(world, queue, body, `poison-${index}`)
      const input = queue === 'links' ? link : 'permission_sets/wrong.json'
      await send(world, queue, JSON.stringify(message(input, { id: 'behind' })), 'poison-0')
      await world.objects.put(input, 'wrong')
      await world.until(async () => (await world.json(statusKey(input)))?.state === 'rejected', 'rejected', 1)
      expect(bodiesIn(world, queue).length).toBe(poison.length + 1)
      await world.until(() => bodiesIn(world, queue).length === 0, 'the end of the poison', 40)
      expect(bodiesIn(world, `${queue}-dead`).sort()).toEqual([...poison].sort())
      expect(await world.keys('status/')).toEqual([...before, statusKey(input)].sort())
      expect(world.errors).toEqual([])
      expect(world.log.lines.filter(({ level }) => level === 'warn').length).toBe(5 * poison.length)
    },
  )
})

describe('messages that are no hints', () => {
  const assignment = { v: 1, kind: 'assignment', permissionSet: set, principal: 'p', type: 'GROUP', cause: 'c' }
  const poison = [
    'not JSON',
    'null',
    JSON.stringify({ ...assignment, account: '233000000002', v: 2 }),
    JSON.stringify({ ...assignment, account: '233000000002', kind: 'grant everything' }),
    JSON.stringify({ ...assignment, account: '__proto__' }),
    JSON.stringify({ v: 1, kind: 'permission-set', permissionSet: '../x', cause: '' }),
  ]

  test.each(['work-urgent', 'work', 'work-bulk'] as const)(
    'on the lane %s they end in its dead-letter queue and hold up only their own group until then',
    async (lane) => {
      const world = await startWithSet()
      for (const [index, body] of poison.entries()) await send(world, lane, body, `poison-${index}`)
      const behind = { ...assignment, account: '210000000001', principal: 'nobody' }
      await send(world, lane, JSON.stringify(behind), 'poison-0')
      await world.objects.put(link, '')
      await world.until(async () => (await world.json(statusKey(link)))?.state === 'applied', 'applied', 1)
      const everyMinute = async () => {
        await world.finish(world.everyMinute(), 1_000)
        await world.clock.advance(20_000)
      }
      for (let minute = 0; minute < 60 && bodiesIn(world, lane).length > 0; minute++) await everyMinute()
      expect(bodiesIn(world, lane)).toEqual([])
      expect(bodiesIn(world, `${lane}-dead`).sort()).toEqual([...poison].sort())
      expect(world.errors).toEqual([])
    },
  )

  test('a hint at what does not exist, under any name, is evaluated, and leaves nothing', async () => {
    const world = await startWithSet()
    await world.until(async () => (await world.keys('owned_permission_sets/')).length > 0, 'the permission set')
    const before = await world.namedKeys('assignments/')
    const names = ['__proto__', 'constructor', 'toString']
    for (const name of names) {
      await send(
        world,
        'work',
        JSON.stringify({ ...assignment, account: '999999999999', permissionSet: name, principal: name }),
        name,
      )
      await send(
        world,
        'work',
        JSON.stringify({ v: 1, kind: 'permission-set', permissionSet: name, cause: name }),
        `set-${name}`,
      )
    }
    await world.finish(world.slice())
    expect([bodiesIn(world, 'work'), bodiesIn(world, 'work-dead')]).toEqual([[], []])
    expect(await world.namedKeys('assignments/')).toEqual(before)
    expect(await world.keys('state/open/')).toEqual([])
  })
})

const text = (value: string) => new TextEncoder().encode(value)
const hostileBodies: readonly Uint8Array[] = [
  text('{"reason":'.repeat(2_000)),
  text(`${'['.repeat(8_000)}${']'.repeat(8_000)}`),
  text(`{"expiresAt":1e999,"n":${'9'.repeat(10_000)}}`),
  text('{"__proto__":{"expiresAt":"2099-01-01T00:00:00Z"}}'),
  text('{"constructor":{"prototype":{"x":1}}}'),
  text('{"reason":"\\ud800"}'),
  text('{"reason":"\u202egnp.exe\u2066"}'),
  text('{"reason":"a\\u0000b"}'),
  text('{"reason":"a","reason":"b"}'),
  text('\ufeff{"reason":"BOM"}'),
  text('{"expiresAt":"+275760-09-13T00:00:00Z"}'),
  text('{"expiresAt":"0000-01-01T00:00:00Z"}'),
  text('{"expiresAt":"9999-12-31T23:59:59+14:00"}'),
  text('{"expiresAt":"2026-12-24T18:00:00-99:99"}'),
  gzipSync('{"reason":"gzip"}'),
  Uint8Array.of(0xff, 0xfe, 0x7b, 0x00),
  Uint8Array.of(0xc3, 0x28),
  new Uint8Array(17_000),
  new Uint8Array(300_000).fill(0x20),
]

const anyBody = fc.oneof(
  fc.constantFrom(...hostileBodies),
  fc.uint8Array({ maxLength: 200 }),
  fc.json({ maxDepth: 4 }).map(text),
  fc
    .dictionary(
      fc.constantFrom('expiresAt', 'notBefore', 'reason', 'ticket', '__proto__', 'permissionSetName', 'tags', 'x'),
      fc.oneof(fc.jsonValue(), fc.constantFrom('2099-01-01T00:00:00Z', '1999-01-01T00:00:00+01:00', set)),
    )
    .map((value) => text(JSON.stringify(value))),
)

/** Any key that S3 can have under a prefix: up to 1,024 bytes of UTF-8. */
const anyKeyUnder = (prefix: string) =>
  fc
    .oneof(
      awkwardText,
      fc.constantFrom(link.slice(prefix.length), `${set}.json`, '__proto__.json', `a/${set}.json`, '%'.repeat(1_010)),
      fc
        .tuple(
          fc.constantFrom('root%all', 'ou_id%r-acme', 'account_tag%__proto__^x', 'account%233000000002'),
          awkwardText,
        )
        .map(([scope, principal]) => `${scope}%${set}%${principal}%GROUP%ssofile`),
    )
    .map((name) => keyOf(prefix + name.toWellFormed()))

/** As many letters as 1,024 bytes hold. */
function keyOf(name: string): string {
  return new TextDecoder().decode(text(name).subarray(0, 1024)).replace(/\ufffd+$/, '')
}

const states = ['rejected', 'applying', 'waiting', 'applied', 'expired', 'revoking']

describe('any bytes under any key', () => {
  test('are a link that is judged: its status says what became of it, and nothing throws', async () => {
    const world = new World()
    const links = openLinks(world)
    const look = fc.asyncProperty(anyKeyUnder('links_data/'), anyBody, async (key, body) => {
      await world.objects.put(key, body)
      const message = { v: 1 as const, key, id: world.ports.randomness.id(), event: '' }
      await world.finish(reconcileInput(message, linkController, links))
      const told = status.parse(await world.json(statusKey(key)))
      expect({ input: told.input, isKnown: states.includes(told.state) }).toEqual({ input: key, isKnown: true })
    })
    await fc.assert(look, { numRuns: runsOf(300) })
  })

  test('are a permission set file that is judged: its status says what became of it, and nothing throws', async () => {
    const world = new World()
    const look = fc.asyncProperty(anyKeyUnder('permission_sets/'), anyBody, async (key, body) => {
      await world.objects.put(key, body)
      const message = { v: 1, key, id: world.ports.randomness.id(), event: '' } as const
      await reconcileInput(message, uploadedPermissionSetController, {
        ...world.ports,
        configuration: world.configuration,
      })
      const told = status.parse(await world.json(statusKey(key)))
      expect({ input: told.input, isKnown: states.includes(told.state) }).toEqual({ input: key, isKnown: true })
    })
    await fc.assert(look, { numRuns: runsOf(300) })
  })

  test('are assessed under any string at all, even one that S3 cannot hold', async () => {
    const world = new World()
    const organization = new OrganizationCache(world.ports, world.configuration.folders)
    const { configuration } = world
    const property = fc.asyncProperty(
      fc.oneof(awkwardText, fc.string({ unit: anyCharacter })),
      anyBody,
      async (key, body) => {
        const found = {
          key,
          etag: 'e',
          lastModified: new Date(0),
          size: body.length,
          servedAt: world.clock.now(),
          body,
        }
        const objects = {
          ...world.objects,
          list: world.objects.list.bind(world.objects),
          get: async () => found,
        } as never
        const policies = { read: async () => noGuardrails }
        const context = { organization, configuration, policies, accountsOf: async () => [] }
        const { facts } = await gatherLink(await readLink(objects, key, configuration), undefined, context)
        expect(states).toContain(describeLink(facts)?.state)
      },
    )
    await fc.assert(property, { numRuns: runsOf(500) })
  })

  test('uploaded through S3, with its notification, get a status each and leave no message behind', async () => {
    const world = await startWithSet()
    const keys = hostileBodies.map((_, index) => `links_data/account%233000000002%${set}%team ${index}%GROUP%ssofile`)
    const longest = `links_data/root%all%${set}%${'é'.repeat(500)}%GROUP%ssofile`.slice(0, 900)
    keys.push(keyOf(`${longest}${'x'.repeat(1024)}`))
    for (const [index, key] of keys.entries()) await world.objects.put(key, hostileBodies[index] ?? new Uint8Array())
    await world.clock.advance(30_000)
    const told = await Promise.all(keys.map(async (key) => status.parse(await world.json(statusKey(key)))))
    expect(told.map(({ input }) => input)).toEqual(keys)
    for (const queue of ['uploads', 'links', 'uploads-dead', 'links-dead'] as const)
      expect(bodiesIn(world, queue)).toEqual([])
    expect(world.errors).toEqual([])
  })
})

const hostileKeys = hostileNames.flatMap((name) => [
  `links_data/account%233000000002%${set}%${name}%GROUP%ssofile`,
  `links_data/account_tag%${name}^${name}%${set}%team-Accountants%GROUP%ssofile`,
  `links_data/${name}/root%all%${set}%team-Accountants%GROUP%ssofile`,
  `links_data/${name}`,
  `permission_sets/${name}.json`,
  `permission_sets/${name}`,
])
const hostileFile = (name: string) =>
  JSON.stringify({ permissionSetName: name, [name]: name, tags: [{ Key: name, Value: name }] })

test('a key with letters that no message may hold is told, and holds up no reconcile', async () => {
  const world = await startWithSet()
  const keys = ['links_data/a\ufffeb', link.replace('team-Accountants', 'team\uffff')]
  for (const key of keys) await world.objects.put(key, '')
  await world.clock.advance(30_000)
  const states = async () => Promise.all(keys.map(async (key) => status.parse(await world.json(statusKey(key))).state))
  expect(await states()).toEqual(['rejected', 'rejected'])
  for (const key of keys) await world.objects.delete(statusKey(key))
  await world.finish(world.everyHour())
  await world.clock.advance(30_000)
  expect(await states()).toEqual(['rejected', 'rejected'])
  expect(world.errors).toEqual([])
})

describe('names made to harm whoever reads a report', () => {
  test('reach statuses, summaries and log lines escaped, each on a line of its own', async () => {
    const world = await startWithSet()
    for (const key of hostileKeys)
      await world.objects.as('\u001b[2J\u202e').put(key, key.startsWith('links') ? '' : hostileFile(key))
    for (const name of hostileNames) await world.objects.put(link, JSON.stringify({ reason: name, [name]: name }))
    await world.clock.advance(60_000)
    const { statuses: all } = await readAllStatuses(world.ports)
    expect(all.length).toBe(hostileKeys.length + 2)
    for (const one of all) expect(renderStatus(one)).not.toMatch(raw)
    const summary = renderSummary(all)
    expect(summary).not.toMatch(raw)
    expect(summary).not.toMatch(/^ERROR/m)
    const lines: string[] = []
    const log: Log = new ReadableLog((line) => lines.push(line), world.clock)
    for (const { level, message, fields } of world.log.lines) log[level](message, fields)
    expect(lines.length).toBe(world.log.lines.length)
    for (const line of lines) expect(line).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*\n$/u)
  })

  test('reach a log line escaped from wherever they come', () => {
    const error = new Error('b', { cause: new Error(hostileNames.join()) })
    for (const text of hostileNames) {
      const lines: string[] = []
      const log = new ReadableLog((line) => lines.push(line), new World().clock, { with: text })
      const named = new Error(text)
      named.name = text
      log.error('what happened', {
        text,
        list: [text],
        object: { [text]: text },
        map: new Map([[text, text]]),
        error,
        named,
      })
      expect(lines.join('')).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*\n$/u)
    }
  })

  test('cannot add a field to a log line', () => {
    const lines: string[] = []
    const log = new ReadableLog((line) => lines.push(line), new World().clock)
    log.info('link looked at', { input: "x' state='applied", state: 'rejected' })
    expect(lines.join('')).toContain(`  input="x' state='applied" state=rejected\n`)
    log.info('link looked at', { input: `x' "y" state='applied`, state: 'rejected' })
    expect(lines.join('')).toContain(`  input="x' \\u{22}y\\u{22} state='applied" state=rejected\n`)
  })
})
