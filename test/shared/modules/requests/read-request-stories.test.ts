import { expect, test } from '@jest/globals'
import { requestDigest } from '../../../../shared/domain/files/access-request.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../../../shared/domain/text/instant.ts'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import { readRequestStories } from '../../../../shared/modules/requests/read-request-stories.ts'
import { recordRequestEvent } from '../../../../shared/modules/requests/request-history.ts'
import { possibleSessionsOf } from '../../../../shared/modules/requests/rules/possible-sessions.ts'
import type { StoryFilter } from '../../../../shared/modules/requests/rules/request-story.ts'
import { renderChangeKey } from '../../../../shared/reconcile/records/tell-event.ts'
import { intercept } from '../../../intercept.ts'
import { VirtualClock } from '../../../virtual-clock.ts'
import { World } from '../../../world.ts'

const [kenji, bo, lea] = [2, 3, 4].map((last) => `92307020-41b6-05ce-951e-70dfe8931aa${last}`)
const [granted, denied, refused] = ['a', 'b', 'c'].map((letter) => letter.repeat(32))
const keyOf = (user = '', name = '') => `requests/${user}/account%233000000002%Billing-ps%${name}%USER%ssofile`
const by = { user: lea, name: 'lea', at: '2026-03-03T10:01:00.000Z' }

async function historyOf(): Promise<MemoryObjectStore> {
  const objects = new MemoryObjectStore({
    bucket: 'ssofile',
    clock: new VirtualClock(new Date('2026-03-04T10:00:00Z')),
  })
  const tell = async (
    user = '',
    digest = '',
    event: string,
    at: string,
    said: { readonly name: string; readonly [field: string]: unknown },
  ) => {
    const { name, ...rest } = said
    const key = keyOf(user, name)
    const suffix = event === 'approved' ? `%${lea}` : ''
    const body = JSON.stringify({ v: 1, event, at, key, digest, ...rest })
    await objects.put(`history/requests/${user}/${digest}%${event}${suffix}.json`, body)
    await objects.put(renderChangeKey({ event: `request-${event}`, at, name: key }), '')
  }
  const ofKenji = { name: 'kenji', reason: 'invoices', incident: 'INC-7' }
  const times = { startsAt: '2026-03-03T10:02:00.000Z', expiresAt: '2026-03-03T14:02:00.000Z' }
  await tell(kenji, granted, 'asked', '2026-03-03T10:00:00.000Z', ofKenji)
  await tell(kenji, granted, 'approved', by.at, { name: 'kenji', by, comment: 'fine' })
  await tell(kenji, granted, 'granted', '2026-03-03T10:02:00.000Z', { ...ofKenji, eligibility: 'billing', ...times })
  await tell(kenji, granted, 'finished', '2026-03-03T11:00:00.000Z', { name: 'kenji' })
  await tell(bo, denied, 'asked', '2026-03-01T09:00:00.000Z', { name: 'bo', startsAt: '2026-03-02T00:00:00.000Z' })
  await tell(bo, denied, 'denied', '2026-03-01T09:30:00.000Z', { name: 'bo', by })
  await tell(bo, refused, 'asked', '2026-03-02T09:00:00.000Z', { name: 'kenji', incident: 'INC-7' })
  await tell(bo, refused, 'refused', '2026-03-02T09:00:01.000Z', { name: 'kenji' })
  await objects.put('history/requests/x/not-an-event.json', '{}')
  return objects
}

async function digestsOf(filter: StoryFilter): Promise<readonly string[]> {
  return (await readRequestStories(await historyOf(), filter)).map(({ digest }) => digest)
}

test('a request is told with all its events, who decided, what was granted, and when it was over', async () => {
  const [story] = await readRequestStories(await historyOf(), { type: 'granted' })
  expect(story).toEqual({
    key: keyOf(kenji, 'kenji'),
    digest: granted,
    user: kenji,
    userName: 'kenji',
    permissionSet: 'Billing-ps',
    scope: 'account%233000000002',
    reason: 'invoices',
    incident: 'INC-7',
    eligibility: 'billing',
    startsAt: '2026-03-03T10:02:00.000Z',
    expiresAt: '2026-03-03T14:02:00.000Z',
    endedAt: '2026-03-03T11:00:00.000Z',
    outcome: 'finished',
    events: [
      { event: 'asked', at: '2026-03-03T10:00:00.000Z' },
      { event: 'approved', at: by.at, by, comment: 'fine' },
      { event: 'granted', at: '2026-03-03T10:02:00.000Z' },
      { event: 'finished', at: '2026-03-03T11:00:00.000Z' },
    ],
  })
})

test.each([
  ['everybody', {}, [denied, refused, granted]],
  ['since a day', { since: new Date('2026-03-02') }, [refused, granted]],
  ['of a time', { since: new Date('2026-03-02'), until: new Date('2026-03-03') }, [refused]],
  ['denied before that time', { since: new Date('2026-03-02'), type: 'denied' }, []],
  ['by an approver', { approver: 'lea' }, [denied, granted]],
  ['by the id of an approver', { approver: lea }, [denied, granted]],
  ['of a person by name', { requester: 'kenji' }, [granted]],
  ['of a person by id', { requester: bo }, [denied, refused]],
  ['for an incident', { incident: 'INC-7' }, [refused, granted]],
  ['by its digest instead of an incident', { incident: granted }, [granted]],
] as const)('requests are found: %s', async (_, filter, digests) => {
  expect(await digestsOf(filter as StoryFilter)).toEqual(digests)
})

test('whoever names somebody else in a request that was refused is told by the id alone', async () => {
  const [story] = await readRequestStories(await historyOf(), { type: 'refused' })
  expect(story).toMatchObject({ user: bo, outcome: 'refused' })
  expect(story?.userName).toBeUndefined()
})

test('sessions are looked for from the beginning until twelve hours after the end, of what was granted alone', async () => {
  const stories = await readRequestStories(await historyOf(), {})
  const about = { now: new Date('2026-03-04T00:00:00Z'), principalSuffix: '@acme.example' }
  expect(stories.map((story) => possibleSessionsOf(story, about))).toEqual([
    undefined,
    undefined,
    {
      account: '233000000002',
      permissionSet: permissionSetName.parse('Billing-ps'),
      user: kenji,
      userName: 'kenji@acme.example',
      from: new Date('2026-03-03T09:57:00.000Z'),
      until: new Date('2026-03-03T23:05:00.000Z'),
    },
  ])
})

test('requests without an event since then are not read, and of the others at most as many of the newest as asked for', async () => {
  const { objects, ports, clock } = new World()
  const user = principalId.parse(kenji)
  const ask = async (nth: number) => {
    const digest = requestDigest.parse(String(nth).padStart(32, '0'))
    for (const event of ['asked', 'withdrawn'] as const)
      await recordRequestEvent(objects, user, keyOf(kenji, 'kenji'), { event, digest }, renderInstant(clock.now()))
    await clock.advance(1_000)
    return digest
  }
  for (let nth = 0; nth < 20; nth++) await ask(nth)
  await clock.advance(60_000)
  const since = clock.now()
  const news = [await ask(100), await ask(50), await ask(70)]
  let reads = 0
  const counted = intercept(ports, async ({ operation, proceed }) => {
    if (operation === 'get') reads++
    return proceed()
  }).objects
  const read = async (newest?: number) => {
    reads = 0
    const stories = await readRequestStories(counted, { requester: kenji, since }, newest)
    return { digests: stories.map(({ digest }) => digest), reads }
  }
  expect(await read()).toEqual({ digests: news, reads: 6 })
  expect(await read(2)).toEqual({ digests: news.slice(1), reads: 4 })
})
