import { describe, expect, test } from '@jest/globals'
import { type Hint, hint } from '../../../../shared/domain/messages/hint.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { SeededRandomness } from '../../../../shared/memory/seeded-randomness.ts'
import { MemoryQueues } from '../../../../shared/memory/sqs/memory-queues.ts'
import type { OutgoingMessage, QueueName } from '../../../../shared/ports/queues.ts'
import {
  chooseLane,
  deduplicationId,
  groupId,
  groupOf,
  messageGroupOf,
  sendHints,
} from '../../../../shared/reconcile/records/lanes.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

const assignmentOf = (account: number, permissionSet = 'ReadOnly-ps'): Hint =>
  hint.parse({
    v: 1,
    kind: 'assignment',
    account: String(account).padStart(12, '0'),
    permissionSet,
    principal: 'auditors',
    type: 'GROUP',
    cause: `links_data/root%all%${permissionSet}%auditors%GROUP%ssofile`,
  })
const permissionSetOf = (permissionSet: string, cause = `permission_sets/${permissionSet}.json`): Hint =>
  hint.parse({ v: 1, kind: 'permission-set', permissionSet, cause })
const causedBy = (cause: string): Hint => ({ ...assignmentOf(1), cause })
const ended = 'control/ended-sessions.json'
const ofDrift = { v: 1, run: 'tonight', unit: '1', cause: 'drift' }
const wholeDrift = hint.parse({ ...ofDrift, kind: 'drift' })
const driftOf = (permissionSet: string): Hint =>
  hint.parse({ ...ofDrift, kind: 'drift-of-permission-set', permissionSet, isOnlyAxis: true })

const urgent = { urgentPermissionSets: [permissionSetName.parse('BreakGlass-ps')], folders: ['team-a', 'team-b'] }

describe('the lane', () => {
  test.each([
    ['a grant', 'work', assignmentOf(1), 1, false],
    ['one of 100 grants', 'work', assignmentOf(1), 100, false],
    ['one of 101 grants', 'work-bulk', assignmentOf(1), 101, false],
    ['a revocation', 'work-urgent', assignmentOf(1), 1, true],
    ['one of 100 revocations', 'work-urgent', assignmentOf(1), 100, true],
    ['one of 101 revocations', 'work', assignmentOf(1), 101, true],
    ['one of 101 revocations for a suspension', 'work-urgent', causedBy('suspended/maria'), 101, true],
    ['one of 101 revocations of users who left', 'work-urgent', causedBy('user-has-left'), 101, true],
    ['one of 101 permission sets with ended sessions', 'work-urgent', permissionSetOf('A', ended), 101, true],
    ['one of 100 grants of an urgent permission set', 'work-urgent', assignmentOf(1, 'BreakGlass-ps'), 100, false],
    ['one of 101 grants of an urgent permission set', 'work', assignmentOf(1, 'BreakGlass-ps'), 101, false],
    ['an urgent permission set', 'work-urgent', permissionSetOf('BreakGlass-ps'), 1, false],
    ['another permission set', 'work', permissionSetOf('ReadOnly-ps'), 1, false],
    ['a permission set in a drift check', 'work-bulk', permissionSetOf('BreakGlass-ps', 'drift'), 1, true],
    ['a whole drift check', 'work-bulk', wholeDrift, 1, true],
    ['a part of a drift check', 'work-bulk', driftOf('BreakGlass-ps'), 1, false],
  ] as const)('of %s is %s', (_, lane, one, hints, revocation) => {
    expect(chooseLane(one, hints, revocation, urgent)).toBe(lane)
  })
})

test('what must not be worked on twice at once is one group: an account, a permission set, all of a drift check', () => {
  expect(groupOf(assignmentOf(1))).toBe('000000000001')
  expect(groupOf(assignmentOf(1, 'BreakGlass-ps'))).toBe(groupOf(assignmentOf(1)))
  const groups = [permissionSetOf('A'), permissionSetOf('A', 'drift'), permissionSetOf('B'), wholeDrift, driftOf('A')]
  const [a, again, b, whole, part] = groups.map(groupOf)
  expect(again).toBe(a)
  expect(part).toBe(whole)
  expect(new Set([a, b, whole]).size).toBe(3)
  for (const group of [a, b, whole]) expect(group).toMatch(/^[0-9a-f]{64}$/)
  expect(groupId('x'.repeat(1_000))).toHaveLength(64)
})

test('hints at an account wait in a line of their own for each folder', () => {
  const groupFor = (cause: string, account = 1) => messageGroupOf({ ...assignmentOf(account), cause }, urgent.folders)
  const [a, b, other] = [groupFor('links_data/team-a/x%'), groupFor('links_data/team-b/x%'), groupFor('reconcile')]
  expect(new Set([a, b, other, groupFor('links_data/team-a/x%', 2)]).size).toBe(4)
  expect(groupFor('links_data/team-a/y%')).toBe(a)
  const ofSet = permissionSetOf('A')
  expect(messageGroupOf(ofSet, urgent.folders)).toBe(groupOf(ofSet))
})

test('one cause and event have one id, and another of either has another', () => {
  expect(deduplicationId('e1', 'a')).toBe(deduplicationId('e1', 'a'))
  expect(new Set(['e1', 'e2'].flatMap((event) => ['a', 'b'].map((about) => deduplicationId(event, about)))).size).toBe(
    4,
  )
  expect(deduplicationId('e', '1a')).not.toBe(deduplicationId('e1', 'a'))
  expect(deduplicationId('e1', 'a')).toMatch(/^[0-9a-f]{64}$/)
})

/** SQS, and what was sent to it in which order. */
class WatchedQueues extends MemoryQueues {
  readonly sent: { readonly queue: QueueName; readonly messages: readonly OutgoingMessage[] }[] = []

  override async send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void> {
    this.sent.push({ queue, messages })
    await super.send(queue, messages)
  }
}

function open() {
  const randomness = new SeededRandomness(1)
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  return { queues: new WatchedQueues({ clock, randomness }), randomness }
}

describe('the hints of an event', () => {
  const hints = [driftOf('A'), assignmentOf(1), assignmentOf(2, 'BreakGlass-ps'), assignmentOf(3)]

  test('are sent, urgent ones first, each in its lane, and the dispatcher is woken after them', async () => {
    const ports = open()
    await sendHints(ports, { id: 'e1', hints, revocation: false }, urgent)
    const told = ports.queues.sent.map(({ queue, messages }) => ({
      queue,
      messages: messages.map(({ body }) => JSON.parse(body)),
    }))
    expect(told).toEqual([
      { queue: 'work-urgent', messages: [hints[2]] },
      { queue: 'work', messages: [hints[1], hints[3]] },
      { queue: 'work-bulk', messages: [hints[0]] },
      { queue: 'dispatch', messages: [{ v: 1 }] },
    ])
    const [one] = ports.queues.sent[1]?.messages ?? []
    expect(one).toMatchObject({
      groupId: messageGroupOf(assignmentOf(1), []),
      deduplicationId: deduplicationId('e1', one?.body ?? ''),
    })
  })

  test('that are sent twice arrive once, but wake the dispatcher each time', async () => {
    const ports = open()
    for (let time = 0; time < 2; time++) await sendHints(ports, { id: 'e1', hints, revocation: true }, urgent)
    const receive = (queue: QueueName) => ports.queues.receive(queue, { most: 10, waitSeconds: 0 })
    expect(await receive('work-urgent')).toHaveLength(3)
    expect(await receive('work')).toHaveLength(0)
    const wakes = ports.queues.sent.filter(({ queue }) => queue === 'dispatch').flatMap(({ messages }) => messages)
    expect(new Set(wakes.map((wake) => wake.deduplicationId)).size).toBe(2)
    expect(new Set(wakes.map((wake) => wake.groupId))).toEqual(new Set(['dispatcher']))
  })

  test('that has none wake nobody', async () => {
    const ports = open()
    await sendHints(ports, { id: 'e1', hints: [], revocation: true }, urgent)
    expect(ports.queues.sent).toEqual([])
  })
})
