import { expect, test } from '@jest/globals'
import { ownedPerson } from '../../../../../shared/domain/files/person-file.ts'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import { status } from '../../../../../shared/domain/statuses/status.ts'
import { judgeLostStatus } from '../../../../../shared/modules/restore/rules/judge-lost-status.ts'
import { judgeLostUser, type UserEvent } from '../../../../../shared/modules/restore/rules/judge-lost-user.ts'

const id = principalId.parse('d0f5df05-ec2d-eceb-872b-586fc00c41cf')
const other = principalId.parse('a1a86181-8e06-4ecd-a1f1-7cc3a04beb5c')
const timeOf = (minute: number) => new Date(Date.UTC(2026, 2, 3, 10, minute))
const saved = ownedPerson.parse({ v: 1, id, isAdopted: false, claimedAt: timeOf(0).toISOString(), endsAt: '2027' })
const events = (...names: readonly string[]): readonly UserEvent[] =>
  names.map((event, minute) => ({ event, at: timeOf(minute).toISOString(), writtenAt: timeOf(minute), id }))
const byHistory = { v: 1, id, isAdopted: false, claimedAt: timeOf(0).toISOString() }

test.each([
  { version: 'readable', history: ['created'], fate: saved },
  { version: 'readable', history: [], fate: saved },
  { version: 'readable', history: ['created', 'gone'], fate: undefined },
  { version: 'readable', history: ['created', 'deleted'], fate: undefined },
  { version: 'readable', history: ['created', 'gone', 'created'], fate: saved },
  { version: 'none', history: ['created', 'changed'], fate: byHistory },
  { version: 'none', history: ['adopted'], fate: { ...byHistory, isAdopted: true } },
  { version: 'none', history: ['created', 'ended'], fate: { ...byHistory, ended: { at: timeOf(1).toISOString() } } },
  { version: 'none', history: ['created', 'ended', 'returned'], fate: byHistory },
  { version: 'none', history: ['created', 'deleted'], fate: undefined },
  { version: 'none', history: ['changed'], fate: undefined },
])('a user with the version $version and the history $history is judged by the table', ({ version, history, fate }) => {
  const kept = version === 'none' ? undefined : saved
  const savedAt = kept && timeOf(0)
  expect(judgeLostUser({ saved: kept, savedAt, events: events(...history) })).toEqual(fate)
})

const told = status.parse({
  input: 'links_data/x',
  state: 'applied',
  principalId: id,
  etag: 'a',
  content: 'a',
  updatedAt: timeOf(0).toISOString(),
})

test.each([
  { before: told, present: undefined, fate: told },
  { before: told, present: { ...told, etag: undefined, content: undefined, principalId: undefined }, fate: told },
  { before: told, present: { ...told, principalId: other }, fate: told },
  { before: told, present: { ...told, principalId: undefined }, fate: told },
  { before: told, present: { ...told, state: 'failed' as const }, fate: undefined },
  { before: told, present: { ...told, etag: 'b', content: 'b', principalId: other }, fate: undefined },
  { before: { ...told, principalId: undefined }, present: undefined, fate: undefined },
])('the status of a file, case %#, is judged by the table', ({ before, present, fate }) => {
  expect(judgeLostStatus(before, present)).toEqual(fate)
})
