import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { author } from '../../../../shared/domain/by-hand/author.ts'
import { type Configuration, configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { requestDigest } from '../../../../shared/domain/files/access-request.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { NewStatus } from '../../../../shared/domain/statuses/status.ts'
import { MemoryEventBus } from '../../../../shared/memory/memory-event-bus.ts'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import { SeededRandomness } from '../../../../shared/memory/seeded-randomness.ts'
import { MemoryQueues } from '../../../../shared/memory/sqs/memory-queues.ts'
import { memoryTables } from '../../../../shared/memory/table.ts'
import { firstOutbox, forgetOld } from '../../../../shared/modules/notifications/outbox.ts'
import { type DigestMessage, digestMessage, sizeOf } from '../../../../shared/modules/notifications/rules/digest.ts'
import { type Notification, notification } from '../../../../shared/modules/notifications/rules/notification.ts'
import { tellOutcomes } from '../../../../shared/modules/notifications/tell-outcomes.ts'
import { recordRequestEvent } from '../../../../shared/modules/requests/request-history.ts'
import type { EventBus, OutgoingEvent } from '../../../../shared/ports/event-bus.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { StatusStore, statusKey } from '../../../../shared/reconcile/records/status-store.ts'
import { renderChangeKey, tellEvent } from '../../../../shared/reconcile/records/tell-event.ts'
import { CollectedLog } from '../../../collected-log.ts'
import { runsOf } from '../../../depth.ts'
import { dyingPorts, intercept, never } from '../../../intercept.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

const minuteMs = 60_000
const everything: Configuration = configuration.parse({
  folders: ['team-a'],
  notifications: {
    digestMinutes: 5,
    receivers: [
      { name: 'all', mail: ['all@example.com'], operators: true, permissionSets: true, folders: ['', 'team-a'] },
    ],
  },
})

/** Bucket, queues and bus of one deployment. */
class Outcomes {
  readonly clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  readonly randomness = new SeededRandomness(7)
  readonly objects = new MemoryObjectStore({ bucket: 'ssofile', clock: this.clock })
  readonly queues = new MemoryQueues({ clock: this.clock })
  readonly log = new CollectedLog()
  /** Of the next entries, which are refused although the call succeeds. */
  readonly refusals: boolean[] = []
  readonly bus = new MemoryEventBus({
    clock: this.clock,
    randomness: this.randomness,
    openTable: memoryTables,
    onEvent: ({ detail }) => void this.#events.push(detail),
    refuseEntry: () => (this.refusals.shift() ? 'InternalFailure' : undefined),
  })
  readonly digests = new Map<string, DigestMessage>()
  readonly #settings: Configuration
  readonly #events: string[] = []

  constructor(settings = everything) {
    this.#settings = settings
    void this.objects.put('control/owner.json', '{}')
  }

  get ports(): Ports {
    const { clock, randomness, objects, queues, log, bus: eventBus } = this
    const unused = { ssoAdmin: {}, identityStore: {}, organizations: {}, metrics: {} }
    return { clock, leaseClock: clock, randomness, objects, queues, log, eventBus, ...unused } as never
  }

  /** One run of the function, until it ends, or nothing moves any more. */
  async look(ports: Ports = this.ports): Promise<void> {
    const { eventBus } = ports
    let isOver = false
    const run = eventBus && tellOutcomes({ ...ports, eventBus }, this.#settings)
    void run
      ?.catch(() => undefined)
      .finally(() => {
        isOver = true
      })
    for (let turns = 0; !isOver && turns < 20; turns++) await this.clock.advance(1_000)
  }

  /** A run that dies at this call to the bucket, the queues or the bus, before or after it takes effect. */
  dyingAt(call: number, when: 'before' | 'after'): Ports {
    let calls = 0
    const put: EventBus['put'] = async (events) => {
      if (calls++ !== call) return this.bus.put(events)
      if (when === 'after') await this.bus.put(events)
      return never
    }
    return { ...dyingPorts(this.ports, { at: () => calls++ === call, when }).ports, eventBus: { put } }
  }

  async lookEveryMinute(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      await this.look()
      await this.clock.advance(minuteMs)
    }
  }

  async tell(input: string, told: Partial<NewStatus> & Pick<NewStatus, 'state'>): Promise<void> {
    await new StatusStore(this.objects, this.clock).revise(input, async () => told as NewStatus)
  }

  async change(event: string, name: string, at = this.clock.now().toISOString()): Promise<void> {
    await this.objects.put(renderChangeKey({ event, at, name }), new Uint8Array(), { ifNoneMatch: '*' })
  }

  /** Takes what the queue gives; not deleted, it is delivered again. */
  async receive({ deletes = true }: { readonly deletes?: boolean } = {}): Promise<void> {
    const received = await this.queues.receive('digests', { most: 10, waitSeconds: 0 })
    for (const { body, receiptHandle } of received) {
      const message = digestMessage.parse(JSON.parse(body))
      const before = this.digests.get(message.id)
      // However often it comes, it says the same.
      if (before !== undefined) expect(message).toEqual(before)
      this.digests.set(message.id, message)
      if (deletes) await this.queues.delete('digests', receiptHandle)
    }
  }

  get told(): readonly Notification[] {
    return this.#events.map((detail) => notification.parse(JSON.parse(detail)))
  }

  get toldOnce(): readonly Notification[] {
    return [...new Map(this.told.map((one) => [one.id, one])).values()]
  }
}

const link = (name: string) => `links_data/${name}account%233000000002%Billing-ps%team%GROUP%ssofile`
const ofBilling = {
  for: { users: ['kenji@acme.example'] },
  permissionSets: ['Billing-ps'],
  scopes: ['root%all'],
  longest: 'PT8H',
  approvers: { groups: ['team-Platform'] },
}
const rejected = (reason: string, lastModified: string) => ({ state: 'rejected' as const, reason, lastModified })

test('an outcome has the instant of S3, so that the outcomes of one file have their order whoever wrote them', async () => {
  const outcomes = new Outcomes()
  const input = 'links_data/root%all%A%x%GROUP%ssofile'
  const ahead = new VirtualClock(new Date('2026-03-03T10:02:00Z'))
  await new StatusStore(outcomes.objects, ahead).revise(input, async () => ({ state: 'applied' }) as NewStatus)
  await outcomes.lookEveryMinute(1)
  await outcomes.tell(input, { state: 'held', reason: 'too many' })
  await outcomes.lookEveryMinute(1)
  const told = outcomes.told
  expect(told.toSorted((a, b) => (a.at < b.at ? -1 : 1)).map(({ event }) => event)).toEqual(['applied', 'held'])
})

test('an upload that is rejected is told once, with who uploaded it and what to do', async () => {
  const outcomes = new Outcomes()
  await outcomes.tell(link('team-a/'), {
    state: 'rejected',
    reason: 'received type',
    remedy: 'upload it again',
    by: { principalId: 'AWS:AROAEXAMPLE:maria', at: '2026-03-03T09:59:59.000Z' },
    owner: 'team-Data',
    lastModified: '2026-03-03T10:00:00.000Z',
  })
  await outcomes.lookEveryMinute(30)
  expect(outcomes.told).toEqual([
    {
      v: 1,
      id: expect.any(String),
      at: '2026-03-03T10:00:00.000Z',
      bucket: 'ssofile',
      kind: 'input',
      event: 'rejected',
      input: link('team-a/'),
      folder: 'team-a',
      by: 'AWS:AROAEXAMPLE:maria',
      owner: 'team-Data',
      reason: 'received type',
      remedy: 'upload it again',
      lastModified: '2026-03-03T10:00:00.000Z',
    },
  ])
})

test('an outcome that is reached again and again is told once, and again after another one', async () => {
  const outcomes = new Outcomes()
  const failed = { state: 'failed' as const, reason: 'ACCESS_DENIED', content: 'c' }
  for (const told of [
    failed,
    { state: 'applying' as const },
    failed,
    { state: 'applied' as const, content: 'c' },
    failed,
  ]) {
    await outcomes.tell(link(''), told)
    await outcomes.lookEveryMinute(2)
  }
  expect(outcomes.told.map(({ event }) => event)).toEqual(['failed', 'applied', 'failed'])
})

test('a change is told although it is written long after the instant of its call', async () => {
  const outcomes = new Outcomes()
  await outcomes.lookEveryMinute(10)
  await outcomes.change('granted', 'account%233000000002%Billing-ps%team%GROUP%ssofile', '2026-02-27T23:00:00.000Z')
  await outcomes.lookEveryMinute(10)
  expect(outcomes.told).toMatchObject([
    { event: 'granted', assignment: { account: '233000000002', permissionSet: 'Billing-ps', principal: 'team' } },
  ])
})

test('a change by hand says who made it, where and when', async () => {
  const outcomes = new Outcomes()
  const name = 'account%233000000002%Billing-ps%team%GROUP%ssofile'
  const at = '2026-03-03T10:00:05.000Z'
  const call = { call: 'CreateAccountAssignment', eventId: 'e-1', at: '2026-03-03T09:59:58.000Z' }
  const by = author.parse({ name: 'alice\n@acme.example', by: 'the console', address: '203.0.113.7', ...call })
  await tellEvent(outcomes.objects, { folder: 'history/x/', name }, { event: 'foreign-found', at, body: {}, by })
  await outcomes.change('foreign-gone', name)
  await outcomes.lookEveryMinute(2)
  expect(outcomes.told).toMatchObject([
    { event: 'foreign-gone', subject: name },
    {
      event: 'foreign-found',
      subject: name,
      by: 'alice\\u{a}@acme.example in the console at 2026-03-03T09:59:58.000Z from 203.0.113.7',
    },
  ])
  expect(outcomes.told[0]).not.toHaveProperty('by')
})

test('who leaves a group and who comes into another is told with the owner of each group', async () => {
  const outcomes = new Outcomes()
  const folder = 'history/memberships/group%user/'
  for (const [event, group] of [
    ['removed', 'sellers'],
    ['added', 'engineers'],
  ] as const) {
    const told = { event, named: `membership-${event}`, at: '2026-03-03T10:00:05.000Z', body: {} }
    await tellEvent(outcomes.objects, { folder, name: `${group}%kenji` }, { ...told, owner: `Équipe ${group}` })
  }
  await outcomes.lookEveryMinute(2)
  expect(outcomes.told.toSorted((a, b) => (a.event < b.event ? -1 : 1))).toMatchObject([
    { event: 'membership-added', subject: 'engineers%kenji', owner: 'Équipe engineers' },
    { event: 'membership-removed', subject: 'sellers%kenji', owner: 'Équipe sellers' },
  ])
})

test('a pause says who paused, and why', async () => {
  const outcomes = new Outcomes()
  const at = outcomes.clock.now().toISOString()
  await outcomes.objects.put(
    `history/pause/${at}%paused.json`,
    JSON.stringify({ by: 'ssofile', reason: 'the ledger was lost' }),
  )
  await outcomes.change('paused', 'all', at)
  await outcomes.look()
  expect(outcomes.told).toMatchObject([
    { event: 'paused', subject: 'all', by: 'ssofile', reason: 'the ledger was lost' },
  ])
})

test('each outcome of a request is told once, from its history: to whom it waits for, and who approved it', async () => {
  const outcomes = new Outcomes()
  const user = '92307020-41b6-05ce-951e-70dfe8931aa2'
  const key = `requests/${user}/account%233000000002%Billing-ps%kenji@acme.example%USER%ssofile`
  const digest = requestDigest.parse('0123456789abcdef0123456789abcdef')
  const put = (name: string, body: object) => outcomes.objects.put(name, JSON.stringify(body))
  const happens = async (event: string, at: string, said: object, suffix = '') => {
    await put(`history/requests/${user}/${digest}%${event}${suffix}.json`, { v: 1, event, at, key, digest, ...said })
    await outcomes.change(`request-${event}`, key, at)
  }
  await put('eligibility/billing.json', {
    for: { users: ['kenji@acme.example'] },
    permissionSets: ['Billing-ps'],
    scopes: ['root%all'],
    longest: 'PT8H',
    approvers: { groups: ['team-Platform'], ownerTag: 'owner' },
  })
  const waits = { digest, eligibility: 'billing', approvals: { needed: 1, given: [] } }
  await outcomes.tell(key, { state: 'waiting', reason: 'it waits', request: waits })
  await happens('asked', '2026-03-03T10:00:00.000Z', { durationMs: 1, reason: 'invoices', incident: 'INC-7' })
  await outcomes.lookEveryMinute(2)
  const by = { user: '92307020-41b6-05ce-951e-70dfe8931aa3', name: 'lea', at: '2026-03-03T10:01:00.000Z' }
  await happens('approved', by.at, { by, comment: 'fine' }, `%${by.user}`)
  await happens('granted', '2026-03-03T10:01:01.000Z', {
    eligibility: 'billing',
    approvedBy: [by],
    expiresAt: '2026-03-03T14:01:01.000Z',
  })
  await outcomes.tell(key, { state: 'applied', request: { ...waits, expiresAt: '2026-03-03T14:01:01.000Z' } })
  await outcomes.lookEveryMinute(12)
  const requester = { id: user, name: 'kenji@acme.example' }
  const about = { kind: 'request', request: key, digest, requester, permissionSet: 'Billing-ps' }
  const lea = { id: by.user, name: 'lea' }
  expect(outcomes.told).toMatchObject([
    { ...about, event: 'request-asked', eligibility: 'billing', approvers: ['team-Platform'], incident: 'INC-7' },
    { ...about, event: 'request-approved', by: lea },
    { ...about, event: 'request-granted', approvedBy: [lea], expiresAt: '2026-03-03T14:01:01.000Z' },
  ])
})

test('a look between two writes tells nobody half of it: whoever a request, a review or a pause concerns hears of it a minute later', async () => {
  const outcomes = new Outcomes()
  const user = '92307020-41b6-05ce-951e-70dfe8931aa2'
  const key = `requests/${user}/account%233000000002%Billing-ps%kenji@acme.example%USER%ssofile`
  const digest = requestDigest.parse('0123456789abcdef0123456789abcdef')
  const put = (name: string, body: object) => outcomes.objects.put(name, JSON.stringify(body))
  await put('eligibility/billing.json', ofBilling)
  await put(key, {})
  const at = outcomes.clock.now().toISOString()
  await outcomes.change('request-asked', key, at)
  await outcomes.change('paused', 'all', at)
  await outcomes.change('review-begun', 'quarterly', at)
  await outcomes.lookEveryMinute(1)
  await put(`history/requests/${user}/${digest}%asked.json`, { v: 1, event: 'asked', at, key, digest })
  await outcomes.lookEveryMinute(6)
  expect(outcomes.told).toEqual([])
  await outcomes.tell(key, {
    state: 'waiting',
    reason: 'it waits',
    request: { digest, eligibility: 'billing', approvals: { needed: 1, given: [] } },
  })
  await put(`history/pause/${at}%paused.json`, { by: 'lea', reason: 'an incident' })
  await put(`history/reviews/quarterly/${at}%begun.json`, { reviewers: ['team-Owners'] })
  await outcomes.lookEveryMinute(8)
  expect(outcomes.told).toHaveLength(3)
  expect(outcomes.told).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ event: 'request-asked', approvers: ['team-Platform'] }),
      expect.objectContaining({ event: 'paused', by: 'lea' }),
      expect.objectContaining({ event: 'review-begun', reviewers: ['team-Owners'] }),
    ]),
  )
})

test('approvers hear once of a request that waits for them only later, and nobody else hears of it again', async () => {
  const topics = [
    { name: 'platform', mail: ['platform@example.com'], approvers: ['team-Platform'] },
    { name: 'all', mail: ['all@example.com'], requests: true },
  ]
  const outcomes = new Outcomes(configuration.parse({ notifications: { receivers: topics } }))
  const user = '92307020-41b6-05ce-951e-70dfe8931aa2'
  const key = `requests/${user}/account%233000000002%Billing-ps%kenji@acme.example%USER%ssofile`
  const digest = requestDigest.parse('0123456789abcdef0123456789abcdef')
  const put = (name: string, body: object) => outcomes.objects.put(name, JSON.stringify(body))
  const at = outcomes.clock.now().toISOString()
  await outcomes.change('request-asked', `${key}%${digest}`, at)
  await put(`history/requests/${user}/${digest}%asked.json`, { v: 1, event: 'asked', at, key, digest })
  await outcomes.tell(key, { state: 'rejected', reason: 'no eligibility', request: { digest } })
  await outcomes.lookEveryMinute(40)
  expect(outcomes.told).toMatchObject([{ event: 'request-asked', digest }])
  await put('eligibility/billing.json', ofBilling)
  const request = { digest, eligibility: 'billing', approvals: { needed: 2, given: [] } }
  await outcomes.tell(key, { state: 'waiting', reason: 'it waits', request })
  await outcomes.lookEveryMinute(12)
  await outcomes.tell(key, { state: 'waiting', reason: 'it waits for one more', request })
  await outcomes.lookEveryMinute(12)
  await outcomes.receive()
  expect([...outcomes.digests.values()].map(({ receiver, counts }) => [receiver, counts])).toEqual([
    ['all', { 'request-asked': 1 }],
    ['platform', { 'request-asked': 1 }],
  ])
})

test('approvers hear of the upload that stands, and of each approval, although others came in the same second', async () => {
  const topics = [
    { name: 'platform', mail: ['platform@example.com'], approvers: ['team-Platform'] },
    { name: 'all', mail: ['all@example.com'], requests: true },
  ]
  const outcomes = new Outcomes(configuration.parse({ notifications: { receivers: topics } }))
  const { objects } = outcomes
  const idOf = (last: number) => principalId.parse(`92307020-41b6-05ce-951e-70dfe8931aa${last}`)
  const [user, lea, bo] = [idOf(2), idOf(3), idOf(4)]
  const key = `requests/${user}/account%233000000002%Billing-ps%kenji@acme.example%USER%ssofile`
  const [replaced, digest] = [requestDigest.parse('a'.repeat(32)), requestDigest.parse('b'.repeat(32))]
  const at = '2026-03-03T10:00:00.000Z'
  await objects.put('eligibility/billing.json', JSON.stringify(ofBilling))
  await recordRequestEvent(objects, user, key, { event: 'asked', digest: replaced }, at)
  const request = { digest, eligibility: 'billing', approvals: { needed: 2, given: [] } }
  // The process dies, and the message comes again.
  for (const _ of ['once', 'again']) await recordRequestEvent(objects, user, key, { event: 'asked', digest }, at)
  await outcomes.tell(key, { state: 'waiting', reason: 'it waits', request })
  await outcomes.lookEveryMinute(2)
  for (const approver of [lea, bo])
    await recordRequestEvent(objects, user, key, { event: 'approved', digest, by: { user: approver, at } }, at)
  await outcomes.lookEveryMinute(20)
  const approvers = ['team-Platform']
  expect(outcomes.toldOnce).toMatchObject([
    { event: 'request-asked', digest, approvers },
    { event: 'request-approved', digest, by: { id: lea } },
    { event: 'request-approved', digest, by: { id: bo } },
    { event: 'request-asked', digest: replaced },
  ])
  await outcomes.receive()
  const heard = [...outcomes.digests.values()].flatMap(({ receiver, lines }) => lines.map(({ id }) => [receiver, id]))
  const [asked] = outcomes.toldOnce
  expect(heard.filter(([receiver]) => receiver === 'platform')).toEqual([['platform', asked?.id]])
  expect(heard.filter(([receiver]) => receiver === 'all')).toHaveLength(4)
})

test('a request that comes while a look is under way is told once, by the next look', async () => {
  const topics = [{ name: 'platform', mail: ['platform@example.com'], approvers: ['team-Platform'] }]
  const outcomes = new Outcomes(configuration.parse({ notifications: { receivers: topics } }))
  const { objects } = outcomes
  const user = principalId.parse('92307020-41b6-05ce-951e-70dfe8931aa2')
  const key = `requests/${user}/account%233000000002%Billing-ps%kenji@acme.example%USER%ssofile`
  const digest = requestDigest.parse('b'.repeat(32))
  await objects.put('eligibility/billing.json', JSON.stringify(ofBilling))
  await outcomes.tell(key, { state: 'expired', reason: 'an earlier upload is over' })
  let isAsked = false
  const asking = intercept(outcomes.ports, async ({ operation, args: [read], proceed }) => {
    // The look has listed the changes already.
    if (operation === 'get' && read === statusKey(key) && !isAsked) {
      isAsked = true
      await recordRequestEvent(objects, user, key, { event: 'asked', digest }, outcomes.clock.now().toISOString())
      const request = { digest, eligibility: 'billing', approvals: { needed: 2, given: [] } }
      await outcomes.tell(key, { state: 'waiting', reason: 'it waits', request })
    }
    return proceed()
  })
  await outcomes.look(asking)
  expect([isAsked, outcomes.told]).toEqual([true, []])
  await outcomes.lookEveryMinute(12)
  expect(outcomes.told).toMatchObject([{ event: 'request-asked', digest, approvers: ['team-Platform'] }])
  await outcomes.receive()
  expect([...outcomes.digests.values()].map(({ counts }) => counts)).toEqual([{ 'request-asked': 1 }])
})

test('the name in a request that nobody has checked is told to nobody', async () => {
  const outcomes = new Outcomes()
  await outcomes.change('request-refused', 'requests/someone/root%all%Billing-ps%lea%USER%ssofile')
  await outcomes.lookEveryMinute(12)
  expect(outcomes.told).toMatchObject([{ event: 'request-refused', requester: { id: 'someone' } }])
  expect(JSON.stringify(outcomes.told)).not.toContain('"name"')
})

test('a drift check that found something is told once, when it has ended', async () => {
  const outcomes = new Outcomes()
  const run = {
    v: 1,
    run: 'r1',
    startedAt: '2026-03-03T10:00:00.000Z',
    checked: 9,
    missing: 2,
    foreign: 1,
    gone: 0,
    calls: 5,
  }
  await outcomes.objects.put('state/drift.json', JSON.stringify({ ...run, open: ['whole'] }))
  await outcomes.lookEveryMinute(6)
  expect(outcomes.told).toEqual([])
  await outcomes.objects.put('state/drift.json', JSON.stringify({ ...run, open: [] }))
  await outcomes.lookEveryMinute(12)
  expect(outcomes.told).toMatchObject([{ event: 'drift-found', missing: 2, foreign: 1 }])
})

const accountOf = (index: number) => String(233000000000 + index)

/** Access of one permission set in each of these accounts. */
async function grant(outcomes: Outcomes, set: string, accounts: readonly number[]): Promise<void> {
  for (const account of accounts)
    await outcomes.change('granted', `account%${accountOf(account)}%${set}%team%GROUP%ssofile`)
}
const upTo = (most: number, from = 1) => Array.from({ length: most - from + 1 }, (_, index) => from + index)
const reachOf = (outcomes: Outcomes) => outcomes.toldOnce.filter(({ kind }) => kind === 'reach')

test('full access in more than ten accounts in one day is told once a day to operators, and in ten it is not', async () => {
  const outcomes = new Outcomes()
  const file = { permissionSetName: 'Root-ps', managedPoliciesArnList: ['arn:aws:iam::aws:policy/AdministratorAccess'] }
  await outcomes.objects.put('permission_sets/Root-ps.json', JSON.stringify(file))
  await grant(outcomes, 'Root-ps', upTo(9))
  // Without a file its name tells. One account counts once, whoever got it there.
  await grant(outcomes, 'OldAdmin', upTo(10, 9))
  await outcomes.lookEveryMinute(6)
  expect(reachOf(outcomes)).toEqual([])
  await grant(outcomes, 'Root-ps', [11])
  await outcomes.lookEveryMinute(6)
  await grant(outcomes, 'Root-ps', [12])
  await outcomes.lookEveryMinute(6)
  const told = { event: 'administrator-reach', date: '2026-03-03', accounts: 11, most: 10 }
  expect(reachOf(outcomes)).toMatchObject([{ ...told, permissionSets: ['OldAdmin', 'Root-ps'] }])
  await outcomes.clock.advance(24 * 60 * minuteMs)
  await grant(outcomes, 'Root-ps', upTo(30, 20))
  await outcomes.lookEveryMinute(2)
  expect(reachOf(outcomes)).toMatchObject([told, { date: '2026-03-04', accounts: 11 }])
  await outcomes.receive()
  expect([...outcomes.digests.values()].flatMap(({ counts }) => counts['administrator-reach'] ?? [])).toEqual([1, 1])
})

test('how far full access reaches is told by a later look, if the event bus refuses it at first', async () => {
  const outcomes = new Outcomes()
  await grant(outcomes, 'OldAdmin', upTo(11))
  const put: EventBus['put'] = async (events) => {
    const isReach = ({ detail }: OutgoingEvent) => detail.includes('administrator-reach')
    const codes = await outcomes.bus.put(events.filter((one) => !isReach(one)))
    return events.map((one) => (isReach(one) ? 'ThrottlingException' : codes[0]))
  }
  await outcomes.look({ ...outcomes.ports, eventBus: { put } })
  expect(outcomes.told).toHaveLength(11)
  await outcomes.lookEveryMinute(2)
  expect(reachOf(outcomes)).toMatchObject([{ event: 'administrator-reach', accounts: 11 }])
})

test('access that does not allow everything is not told for how far it reaches, whatever its permission set is called', async () => {
  const outcomes = new Outcomes()
  await outcomes.objects.put(
    'permission_sets/BillingAdmin-ps.json',
    JSON.stringify({ permissionSetName: 'BillingAdmin-ps' }),
  )
  await grant(outcomes, 'BillingAdmin-ps', upTo(50))
  await grant(outcomes, 'Read-ps', upTo(50))
  await outcomes.lookEveryMinute(6)
  expect(reachOf(outcomes)).toEqual([])
})

test('that full access reaches far is told again under the same id where somebody deleted state/', async () => {
  const outcomes = new Outcomes()
  await grant(outcomes, 'OldAdmin', upTo(11))
  await outcomes.lookEveryMinute(2)
  await outcomes.objects.delete('state/notifications.json')
  await outcomes.lookEveryMinute(2)
  expect(outcomes.told.filter(({ kind }) => kind === 'reach').length).toBe(2)
  expect(reachOf(outcomes).length).toBe(1)
})

test('who comes back is told to operators: a file is gone that suspended, or the directory has the user again', async () => {
  const outcomes = new Outcomes()
  await outcomes.change('person-restored', 'kenji.ito@acme.example')
  await outcomes.change('person-back', 'ana@acme.example')
  await outcomes.lookEveryMinute(6)
  await outcomes.receive()
  expect(outcomes.toldOnce.map(({ event }) => event).sort()).toEqual(['person-back', 'person-restored'])
  const [digest] = outcomes.digests.values()
  expect(digest?.counts).toEqual({ 'person-restored': 1, 'person-back': 1 })
})

test('hundreds of outcomes are one digest, and a receiver gets one at most every five minutes', async () => {
  const outcomes = new Outcomes()
  for (let index = 0; index < 300; index++)
    await outcomes.change('held', `account%233000000002%S${index}%team%GROUP%ssofile`)
  await outcomes.look()
  for (let index = 0; index < 3; index++) {
    await outcomes.change('held', `account%233000000003%S${index}%team%GROUP%ssofile`)
    await outcomes.lookEveryMinute(1)
  }
  await outcomes.lookEveryMinute(4)
  await outcomes.receive()
  expect([...outcomes.digests.values()].map(({ counts, lines }) => ({ counts, lines: lines.length }))).toEqual([
    { counts: { held: 300 }, lines: 20 },
    { counts: { held: 3 }, lines: 3 },
  ])
})

test('what the event bus refuses is put again, and nothing else', async () => {
  const outcomes = new Outcomes()
  for (const name of ['a', 'b', 'c']) await outcomes.change('granted', name)
  outcomes.refusals.push(false, true, false)
  await outcomes.look()
  expect(outcomes.told.map((told) => told.kind === 'change' && told.subject).sort()).toEqual(['a', 'b', 'c'])
})

test('an entry that the event bus never takes holds up no other', async () => {
  const outcomes = new Outcomes()
  await outcomes.change('granted', 'poison')
  await outcomes.change('granted', 'a')
  const isPoison = ({ detail }: OutgoingEvent) => detail.includes('poison')
  const put: EventBus['put'] = async (events) => {
    const taken = events.filter((event) => !isPoison(event))
    if (taken.length > 0) await outcomes.bus.put(taken)
    return events.map((event) => (isPoison(event) ? 'InternalFailure' : undefined))
  }
  const ports = { ...outcomes.ports, eventBus: { put } }
  for (let run = 0; run < 3; run++) await outcomes.look(ports)
  await outcomes.change('granted', 'b')
  await outcomes.look(ports)
  await outcomes.look()
  const subjects = outcomes.told.map((told) => (told.kind === 'change' ? told.subject : ''))
  expect(subjects).toEqual(['a', 'b', 'poison'])
})

test('a name that SQS refuses in a message is told like any other', async () => {
  const outcomes = new Outcomes()
  const input = 'links_data/team-a/a\uffffb'
  await outcomes.tell(input, rejected('not a link', '2026-03-03T10:00:00.000Z'))
  await outcomes.lookEveryMinute(2)
  await outcomes.receive()
  expect([...outcomes.digests.values()].flatMap(({ lines }) => lines)).toMatchObject([{ event: 'rejected' }])
  expect(outcomes.toldOnce.map(({ event }) => event)).toEqual(['rejected'])
})

test('a digest that could not be sent holds up no event and no other receiver, and is sent once it can be', async () => {
  const [all] = everything.notifications.receivers
  if (all === undefined) throw new Error('there is no receiver')
  const receivers = [all, { ...all, name: 'other' }]
  const outcomes = new Outcomes({ ...everything, notifications: { ...everything.notifications, receivers } })
  let fails = true
  const ports = intercept(outcomes.ports, async ({ operation, args, proceed }) => {
    if (fails && operation === 'send' && JSON.stringify(args).includes('all.mail'))
      throw new ServiceError('sqs', 'ServiceUnavailable', 'not now')
    return proceed()
  })
  const minutes = async (count: number) => {
    for (let minute = 0; minute < count; minute++) {
      await outcomes.look(ports)
      await outcomes.clock.advance(minuteMs)
    }
  }
  for (const name of ['a', 'b', 'c']) {
    await outcomes.tell(link(name), { state: 'rejected', reason: name })
    await minutes(6)
  }
  await outcomes.receive()
  const linesOf = (receiver: string) =>
    [...outcomes.digests.values()].filter((one) => one.receiver === receiver).flatMap(({ lines }) => lines)
  expect(outcomes.toldOnce).toHaveLength(3)
  expect([linesOf('all').length, linesOf('other').length]).toEqual([0, 3])
  fails = false
  await minutes(2)
  await outcomes.receive()
  expect(linesOf('all').map(({ reason }) => reason)).toEqual(['a', 'b', 'c'])
  expect(linesOf('other')).toHaveLength(3)
})

test('a digest whose content SQS refuses is dropped with an error in the log, and the next one is sent', async () => {
  const outcomes = new Outcomes()
  let refuses = true
  const ports = intercept(outcomes.ports, async ({ operation, proceed }) => {
    if (refuses && operation === 'send')
      throw new ServiceError('sqs', 'InvalidMessageContents', 'Invalid characters found.')
    return proceed()
  })
  await outcomes.tell(link('a'), { state: 'rejected', reason: 'a' })
  await outcomes.look(ports)
  refuses = false
  await outcomes.tell(link('b'), { state: 'rejected', reason: 'b' })
  await outcomes.clock.advance(6 * minuteMs)
  await outcomes.look(ports)
  await outcomes.receive()
  expect([...outcomes.digests.values()].flatMap(({ lines }) => lines.map(({ reason }) => reason))).toEqual(['b'])
  expect(outcomes.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
})

test('whoever deletes state/ loses no outcome: those of the last hour are told again, under the same ids', async () => {
  const outcomes = new Outcomes()
  await outcomes.change('granted', 'a')
  await outcomes.look()
  await outcomes.objects.delete('state/notifications.json')
  await outcomes.look()
  expect(outcomes.told).toHaveLength(2)
  expect(outcomes.toldOnce).toHaveLength(1)
})

test('a look that finds nothing new costs two listings and a read, and a write every five minutes', async () => {
  const outcomes = new Outcomes()
  await outcomes.change('granted', 'a')
  await outcomes.lookEveryMinute(10)
  const calls: string[] = []
  const counting = intercept(outcomes.ports, ({ operation, proceed }) => {
    calls.push(operation)
    return proceed()
  })
  for (let minute = 0; minute < 5; minute++) {
    await outcomes.look(counting)
    await outcomes.clock.advance(minuteMs)
  }
  const counts = Object.fromEntries([...Map.groupBy(calls, (name) => name)].map(([name, all]) => [name, all.length]))
  // The figures of the drift check are read as well.
  expect(counts).toEqual({ get: 10, list: 10, put: 1 })
})

/** A run by the minute, as EventBridge starts it: it is killed after the function's five minutes. */
async function lookForMinutes(outcomes: Outcomes, minutes: number, ports: Ports): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    const { eventBus } = ports
    const dead = new AbortController()
    const mortal = intercept(ports, ({ proceed }) => (dead.signal.aborted ? never : proceed()))
    const run = eventBus && tellOutcomes({ ...mortal, eventBus }, everything).catch(() => undefined)
    let isOver = false
    void run?.then(() => {
      isOver = true
    })
    for (let seconds = 0; !isOver && seconds < 300; seconds++) await outcomes.clock.advance(1_000)
    dead.abort()
    await outcomes.clock.advance(minuteMs)
  }
}

test('after a first upload of many files all is told although no run can read it whole, and approvers hear of a request meanwhile', async () => {
  const outcomes = new Outcomes()
  const many = 1_200
  for (let one = 0; one < many; one++) {
    if (one % 100 === 0) await outcomes.clock.advance(1_000)
    await outcomes.tell(link(`team-a/f${one}-`), rejected('no such group', '2026-03-03T10:00:00.000Z'))
  }
  // Some hundred times a read of S3, so that fewer files show it: all take more than five minutes of reading.
  const slowly = intercept(outcomes.ports, async ({ operation, proceed }) => {
    if (operation === 'get') await outcomes.clock.sleep(9_000)
    return proceed()
  })
  await lookForMinutes(outcomes, 3, slowly)
  await outcomes.change('held', 'something else')
  await lookForMinutes(outcomes, 1, slowly)
  expect(outcomes.toldOnce.some((told) => told.kind === 'change' && told.event === 'held')).toBe(true)
  await lookForMinutes(outcomes, 12, slowly)
  expect(outcomes.toldOnce.filter(({ kind }) => kind === 'input')).toHaveLength(many)
  expect(outcomes.told).toHaveLength(outcomes.toldOnce.length)
})

test('an outbox remembers each input that the next look finds again, however many they are', () => {
  const now = new Date('2026-03-03T12:00:00.000Z')
  const before = firstOutbox(now)
  const told = (minutes: number, count: number) =>
    Array.from({ length: count }, (_, nth) => {
      const at = new Date(now.getTime() - minutes * minuteMs).toISOString()
      return [`${minutes}-${nth}`, { event: 'rejected' as const, outcome: 'x', at }] as const
    })
  const inputs = Object.fromEntries([...told(10, 6_000), ...told(120, 6_000)])
  const kept = Object.keys(forgetOld({ ...before, inputs }, now).inputs)
  expect(kept.sort()).toEqual(
    told(10, 6_000)
      .map(([name]) => name)
      .sort(),
  )
})

const inputs = ['', 'a', 'b', 'c', 'd', 'e'].map((name) => `links_data/root%all%Billing-ps%team ${name}%GROUP%ssofile`)
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('change' as const), count: fc.integer({ min: 1, max: 30 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('status' as const), input: fc.nat(5), is: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 9 }) }) },
    { weight: 6, arbitrary: fc.constant({ do: 'look' as const }) },
    { weight: 2, arbitrary: fc.constant({ do: 'two looks' as const }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('die' as const),
        call: fc.nat(25),
        when: fc.constantFrom('before' as const, 'after' as const),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('refuse' as const), entries: fc.array(fc.boolean(), { maxLength: 40 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('receive' as const), deletes: fc.boolean() }) },
  ),
  { maxLength: 40 },
)

test('under deaths, two looks at a time, refusals, and deliveries that come twice or late none is lost, and none stands in two digests', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const outcomes = new Outcomes()
      let written = 0
      for (const step of script) {
        switch (step.do) {
          case 'change':
            for (let index = 0; index < step.count; index++) await outcomes.change('held', `subject ${++written}`)
            break
          case 'status': {
            const reason = ['one', 'another', 'a third'][step.is] ?? ''
            await outcomes.tell(inputs[step.input] ?? '', rejected(reason, '2026-03-03T10:00:00.000Z'))
            break
          }
          case 'wait':
            await outcomes.clock.advance(step.minutes * minuteMs)
            break
          case 'look':
            await outcomes.look()
            break
          case 'two looks':
            await Promise.all([outcomes.look(), outcomes.look()])
            break
          case 'die':
            await outcomes.look(outcomes.dyingAt(step.call, step.when))
            break
          case 'refuse':
            outcomes.refusals.push(...step.entries)
            break
          case 'receive':
            await outcomes.receive(step)
            break
          default:
            step satisfies never
        }
      }
      outcomes.refusals.length = 0
      await outcomes.lookEveryMinute(8)
      for (let round = 0; round < 4; round++) {
        await outcomes.clock.advance(6 * minuteMs)
        await outcomes.receive()
      }
      const changes = outcomes.toldOnce.filter(({ kind }) => kind === 'change')
      expect(new Set(changes.map((told) => told.kind === 'change' && told.subject)).size).toBe(written)
      expect(changes).toHaveLength(written)
      const digests = [...outcomes.digests.values()]
      const lines = digests.flatMap((one) => one.lines.map(({ id }) => id))
      expect(new Set(lines).size).toBe(lines.length)
      const heldInAll = digests.reduce((sum, { counts }) => sum + (counts.held ?? 0), 0)
      expect(heldInAll).toBe(written)
      const last = new Map(outcomes.toldOnce.map((told) => [told.kind === 'input' ? told.input : '', told]))
      for (const input of inputs) {
        const status = await new StatusStore(outcomes.objects, outcomes.clock).read(input)
        const told = last.get(input)
        expect(told?.kind === 'input' ? told.reason : undefined).toBe(status?.reason)
      }
      expect(digests.every((one) => sizeOf(one) > 0)).toBe(true)
    }),
    { numRuns: runsOf(60), seed: 20261121 },
  )
}, 60_000)

test('operators hear once of a request that nobody can approve, also if it had approvers at first', async () => {
  const topics = [{ name: 'ops', mail: ['ops@example.com'], operators: true }]
  const outcomes = new Outcomes(configuration.parse({ notifications: { receivers: topics } }))
  const key =
    'requests/92307020-41b6-05ce-951e-70dfe8931aa2/account%233000000002%Billing-ps%kenji@acme.example%USER%ssofile'
  const digest = requestDigest.parse('b'.repeat(32))
  const request = { digest, eligibility: 'billing', approvals: { needed: 1, given: [] } }
  await outcomes.tell(key, { state: 'waiting', reason: 'it waits for approvals', request })
  await outcomes.lookEveryMinute(2)
  expect(outcomes.told).toEqual([])
  const tooFew = "nobody can approve it: group 'x' does not exist"
  const stuck = { ...request, approvals: { ...request.approvals, tooFew } }
  await outcomes.tell(key, { state: 'waiting', reason: tooFew, request: stuck })
  await outcomes.lookEveryMinute(12)
  expect(outcomes.toldOnce).toMatchObject([
    { event: 'request-unapprovable', request: key, digest, eligibility: 'billing', reason: tooFew },
  ])
  await outcomes.receive()
  expect([...outcomes.digests.values()].map(({ counts }) => counts)).toEqual([{ 'request-unapprovable': 1 }])
})
