import { describe, expect, test } from '@jest/globals'
import { ZodError } from 'zod'
import { queueOf } from '../../../../shared/domain/inputs/kinds.ts'
import {
  dueEvent,
  parseInput,
  queueOfInput,
  sendInputs,
  toOutgoing,
  userIsSuspended,
} from '../../../../shared/reconcile/records/inputs.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const link = 'links_data/root%all%Billing-ps%team-Web%GROUP%ssofile'
const file = 'permission_sets/Billing-ps.json'
const none = { folders: [] }
const message = { v: 1, key: link, id: 'upload', event: 'ObjectCreated:Put' } as const

describe('an input', () => {
  test.each([
    [link, 'links'],
    ['links_data/', 'links'],
    [file, 'permission-sets'],
    ['status/links_data/x.json', undefined],
    ['links_data', undefined],
    ['', undefined],
  ])('of the key %j is looked at from the queue %s', (key, queue) => {
    expect(queueOf(key)).toBe(queue)
  })

  test('has an id of its own at each receive', () => {
    const body = JSON.stringify(message)
    expect(parseInput('links', { body, receiveCount: 1 }, 'router')).toEqual({ ...message, id: 'upload/1' })
    expect(parseInput('links', { body, receiveCount: '2' }, 'router')).toEqual({ ...message, id: 'upload/2' })
  })

  test('is refused on a queue that it is not for, by a message that shows the key as it is', () => {
    const take = (queue: 'links' | 'permission-sets', key: string) =>
      parseInput(queue, { body: JSON.stringify({ ...message, key }), receiveCount: 1 }, 'router')
    expect(() => take('permission-sets', link)).toThrow(
      `received the key '${link}' on the queue permission-sets, expected one that belongs there`,
    )
    expect(() => take('links', 'status/a\nb')).toThrow("received the key 'status/a\\u{a}b' on the queue links")
    expect(take('permission-sets', file)).toMatchObject({ key: file })
  })

  test('is refused where it cannot be understood', () => {
    expect(() => parseInput('links', { body: 'no JSON', receiveCount: 1 }, 'router')).toThrow(SyntaxError)
    expect(() => parseInput('links', { body: '{"v":2}', receiveCount: 1 }, 'router')).toThrow(ZodError)
  })

  const by = { principalId: 'AWS:AROA1:kim', at: '2026-03-03T10:00:00.000Z' }
  test.each([
    ['the router', 'router', by],
    ['the function that works on its queue, and sends it again', 'links', by],
    ['the function that takes dead letters out', 'redrive', by],
    ['another function', 'events', undefined],
    ['the function of another queue', 'permission-sets', undefined],
    ['somebody else', undefined, undefined],
  ] as const)('has the author that it names if it comes from %s, and else none', (_, sender, believed) => {
    const body = JSON.stringify({ ...message, by, isByApi: true, etag: 'e' })
    const { by: author, isByApi, ...hint } = parseInput('links', { body, receiveCount: 1 }, sender)
    expect([author, isByApi]).toEqual(believed ? [by, true] : [undefined, undefined])
    expect(hint).toEqual({ ...message, id: 'upload/1', etag: 'e' })
  })

  test('is in order with others of its key, and dropped only as the same change of the same key', () => {
    const sent = toOutgoing(message, none)
    expect(JSON.parse(sent.body)).toEqual(message)
    const again = toOutgoing({ ...message, event: 'another' }, none)
    const later = toOutgoing({ ...message, id: 'later' }, none)
    const elsewhere = toOutgoing({ ...message, key: file }, none)
    const isAlone = toOutgoing({ ...message, isAlone: true }, none)
    expect(isAlone.groupId).not.toBe(sent.groupId)
    expect([again.groupId, later.groupId]).toEqual([sent.groupId, sent.groupId])
    expect(elsewhere.groupId).not.toBe(sent.groupId)
    expect(again.deduplicationId).toBe(sent.deduplicationId)
    expect(later.deduplicationId).not.toBe(sent.deduplicationId)
    expect(elsewhere.deduplicationId).not.toBe(sent.deduplicationId)
  })
})

test('a folder has sixteen groups at most, however many files, and deletions share none with uploads', () => {
  const groupsOf = (folder: string, event: string) => {
    const keys = Array.from({ length: 1_000 }, (_, index) => `links_data/${folder}/bad ${index}`)
    return new Set(keys.map((key) => toOutgoing({ ...message, key, event }, { folders: ['a', 'b'] }).groupId))
  }
  const all = ['a', 'b', 'invented'].flatMap((folder) =>
    ['ObjectCreated:Put', 'ObjectRemoved:Delete'].map((event) => groupsOf(folder, event)),
  )
  expect(all.map(({ size }) => size)).toEqual([8, 8, 8, 8, 8, 8])
  expect(new Set(all.flatMap((groups) => [...groups])).size).toBe(48)
  expect(groupsOf('another', 'reconcile')).toEqual(groupsOf('invented', 'ObjectCreated:Put'))
})

test.each(['requests', 'approvals', 'decisions'])(
  'one person has eleven groups at most for %s, however many files overtake others or failed before',
  (place) => {
    const groupsOf = (person: string) => {
      const keys = Array.from({ length: 1_000 }, (_, nth) => `${place}/${person}/${nth}`)
      const forms = [{}, { overtakes: true }, { isAlone: true }] as const
      return forms.map((form) => new Set(keys.map((key) => toOutgoing({ ...message, key, ...form }, none).groupId)))
    }
    const all = groupsOf('one').concat(groupsOf('another'))
    expect(all.map(({ size }) => size)).toEqual([1, 2, 8, 1, 2, 8])
    expect(new Set(all.flatMap((groups) => [...groups])).size).toBe(22)
  },
)

describe('what takes access away from a person', () => {
  const created = 'ObjectCreated:Put'
  const deleted = 'ObjectRemoved:Delete'
  test.each([
    ['suspended/maria', created, 'urgent'],
    ['suspended/maria', deleted, 'urgent'],
    ['memberships/oncall%maria%ssofile', deleted, 'urgent'],
    ['memberships/oncall%maria%ssofile', userIsSuspended, 'urgent'],
    ['people/maria.json', deleted, 'urgent'],
    ['requests/id/account%111111111111%Admin-ps%maria%USER%ssofile', deleted, 'requests'],
    ['memberships/oncall%maria%ssofile', created, 'people'],
    ['people/maria.json', created, 'people'],
    ['groups/oncall.json', deleted, 'people'],
    ['rules/oncall.json', deleted, 'people'],
    ['requests/id/account%111111111111%Admin-ps%maria%USER%ssofile', created, 'requests'],
    ['approvals/id/0123', created, 'requests'],
    [link, deleted, 'links'],
  ])('has a queue that nothing else fills: %s, %s: %s', (key, event, queue) => {
    expect(queueOfInput({ key, event })).toBe(queue)
  })

  test.each(['suspended/', 'memberships/', 'people/'])(
    'has two message groups of one uploader below %s, however many files, and others share none of them',
    (place) => {
      const groupsOf = (principalId: string) =>
        new Set(
          Array.from({ length: 1_000 }, (_, nth) => {
            const by = { principalId, at: '2026-03-03T10:00:00.000Z' }
            return toOutgoing({ ...message, key: `${place}g%person-${nth}%ssofile`, event: deleted, by }, none).groupId
          }),
        )
      expect(groupsOf('AWS:AIDAMINE').size).toBe(2)
      expect(groupsOf('AWS:AIDAOTHER').isDisjointFrom(groupsOf('AWS:AIDAMINE'))).toBe(true)
    },
  )
})

describe('inputs that are to be looked at again', () => {
  const sentTo = (world: World) =>
    (['links', 'permission-sets'] as const).map((queue) =>
      world.queues
        .queue(queue)
        .messages()
        .map(({ body }) => JSON.parse(body)),
    )

  test('go to their queues, with the reason; what is none is left out', async () => {
    const world = new World()
    const other = link.replace('Web', 'Shop')
    await sendInputs(world.ports, [link, file, 'status/x', other], 'a test', none)
    const [links = [], files = []] = sentTo(world)
    expect(links).toMatchObject([
      { v: 1, key: link, event: 'a test' },
      { v: 1, key: other, event: 'a test' },
    ])
    expect(files).toMatchObject([{ v: 1, key: file, event: 'a test' }])
    expect(new Set([...links, ...files].map(({ id }) => id)).size).toBe(1)
  })

  test('go again however soon they were sent before', async () => {
    const world = new World()
    await sendInputs(world.ports, [link], 'a test', none)
    await sendInputs(world.ports, [link], 'a test', none)
    expect(sentTo(world)).toMatchObject([[{ key: link }, { key: link }], []])
  })

  test('call no queue where there are none', async () => {
    let sends = 0
    const counted = intercept(new World().ports, async ({ proceed }) => {
      sends++
      return proceed()
    })
    await sendInputs(counted, ['status/x'], 'a test', none)
    expect(sends).toBe(0)
  })
})

test('hourly looks at suspensions share no message group with the memberships of people who are suspended now', () => {
  const groupsOf = (keys: readonly string[], event: string) =>
    new Set(keys.map((key) => toOutgoing({ ...message, key, event }, none).groupId))
  const people = Array.from({ length: 200 }, (_, nth) => `person-${nth}`)
  const looks = people.map((name) => `suspended/${name}`)
  const memberships = people.map((name) => `memberships/oncall%${name}%ssofile`)
  expect([...looks, ...memberships].map((key) => queueOfInput({ key, event: userIsSuspended }))).not.toContain('people')
  expect(groupsOf(looks, dueEvent).size).toBe(2)
  expect(groupsOf(looks, dueEvent).isDisjointFrom(groupsOf(memberships, userIsSuspended))).toBe(true)
})

describe('files of permission sets', () => {
  const by = (principalId: string) => ({ principalId, at: '2026-03-03T10:00:00.000Z' })
  const groupsOf = (uploader: string, event = 'ObjectCreated:Put') =>
    new Set(
      Array.from({ length: 200 }, (_, index) => {
        const key = `permission_sets/Set${index}-ps.json`
        return toOutgoing({ ...message, key, event, by: by(uploader) }, none).groupId
      }),
    )

  test('of one uploader are in few groups, whatever the name of his session, and those of another in others', () => {
    const mine = groupsOf('AWS:AROAMINE:first')
    expect(mine.size).toBe(8)
    expect(groupsOf('AWS:AROAMINE:second')).toEqual(mine)
    expect(groupsOf('AWS:AROAOTHER:first').isDisjointFrom(mine)).toBe(true)
  })

  test('that are deleted overtake those that are uploaded', () => {
    const mine = groupsOf('AWS:AIDAMINE')
    expect(groupsOf('AWS:AIDAMINE', 'ObjectRemoved:Delete').isDisjointFrom(mine)).toBe(true)
  })
})
