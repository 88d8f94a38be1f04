import { describe, expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignment.ts'
import { principalId } from '../../../../shared/domain/identity-center-ids.ts'
import { ledgerEntry } from '../../../../shared/domain/ledger-entry.ts'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import { VirtualClock } from '../../../../shared/memory/virtual-clock.ts'
import {
  type HistoryRecord,
  isToldUnder,
  listHistory,
  readLastWord,
  recordHistory,
} from '../../../../shared/reconcile/records/history.ts'

const at = '2026-03-03T10:15:30.123Z'
const key = assignmentKey.parse('account%000000000001%ReadOnly-ps%a%ssofile%GROUP%ssofile')
const entry = ledgerEntry.parse({
  v: 1,
  state: 'granted',
  principalId: '11111111-2222-3333-4444-555555555555',
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
  links: [{ key: 'links_data/root%all%ReadOnly-ps%a%GROUP%ssofile', etag: 'e', lastModified: at }],
  call: { kind: 'creation', calledAt: at, id: 'request-1' },
  attempts: 0,
  updatedAt: at,
})
const [access] = entry.accesses
const granted: HistoryRecord = { key, event: 'granted', at, access, confirmedAt: '2026-03-03T10:15:31.000Z' }

const open = () => new MemoryObjectStore({ bucket: 'ssofile', clock: new VirtualClock(new Date(at)) })
const read = async (objects: MemoryObjectStore, object: string) =>
  JSON.parse(new TextDecoder().decode((await objects.get(object))?.body))

test('history says who had what since when, by which links and which call, under one folder for each assignment', async () => {
  const objects = open()
  await recordHistory(objects, granted)
  const object = `history/account%000000000001%ReadOnly-ps%a%ssofile%GROUP/${at}%granted.json`
  expect(await read(objects, object)).toEqual({
    v: 1,
    event: 'granted',
    at,
    assignment: key,
    confirmedAt: granted.confirmedAt,
    grantedAt: granted.confirmedAt,
    principalId: access.principalId,
    permissionSetArn: access.permissionSetArn,
    requestId: 'request-1',
    links: access.links,
  })
})

test('what an adopted assignment records names no call', async () => {
  const objects = open()
  await recordHistory(objects, { ...granted, event: 'adopted', access: { ...access, call: undefined } })
  const [object] = await Array.fromAsync(objects.list('history/'))
  expect(await read(objects, object?.key ?? '')).not.toHaveProperty('requestId')
})

test('a record that is written twice stands as it was written first', async () => {
  const objects = open()
  await recordHistory(objects, granted)
  await recordHistory(objects, { ...granted, confirmedAt: '2026-03-03T11:00:00.000Z' })
  const [object, ...others] = await Array.fromAsync(objects.list('history/'))
  expect(others).toEqual([])
  expect(await read(objects, object?.key ?? '')).toMatchObject({ confirmedAt: granted.confirmedAt })
})

test('the history of an assignment is listed in order, without that of others and what nobody here wrote', async () => {
  const objects = open()
  const other = assignmentKey.parse('account%000000000001%ReadOnly-ps%a%GROUP%ssofile')
  await recordHistory(objects, { ...granted, event: 'revoked', at: '2026-03-04T00:00:00.000Z' })
  await recordHistory(objects, granted)
  await recordHistory(objects, { ...granted, key: other, event: 'released' })
  await objects.put(`history/account%000000000001%ReadOnly-ps%a%ssofile%GROUP/${at}%looked-at.json`, '{}')
  await objects.put('history/account%000000000001%ReadOnly-ps%a%ssofile%GROUP/notes', '')
  expect(await listHistory(objects, key)).toEqual([
    { at, event: 'granted' },
    { at: '2026-03-04T00:00:00.000Z', event: 'revoked' },
  ])
  expect(await listHistory(objects, other)).toEqual([{ at, event: 'released' }])
})

test('the history of a name with slashes stands in no other listing, also where it is too long for a key', async () => {
  const objects = open()
  const ops = assignmentKey.parse('account%000000000001%ReadOnly-ps%ops%GROUP%ssofile')
  const imitating = assignmentKey.parse(`account%000000000001%ReadOnly-ps%ops%GROUP/${at}%revoked.json%GROUP%ssofile`)
  const long = assignmentKey.parse(`account%000000000001%ReadOnly-ps%${'/'.repeat(800)}%GROUP%ssofile`)
  await recordHistory(objects, { ...granted, key: imitating })
  await recordHistory(objects, { ...granted, key: long })
  expect(await listHistory(objects, ops)).toEqual([])
  expect(await listHistory(objects, imitating)).toEqual([{ at, event: 'granted' }])
  expect(await listHistory(objects, long)).toEqual([{ at, event: 'granted' }])
  const [object] = await Array.fromAsync(objects.list('history/too-long/'))
  expect(await read(objects, object?.key ?? '')).toMatchObject({ assignment: long })
  expect(await readLastWord(objects, long, access)).toMatchObject({ says: 'ours' })
})

describe('what history says last of an access', () => {
  const renamed = assignmentKey.parse('account%000000000001%ReadOnly-ps%b%GROUP%ssofile')
  const someone = { ...access, principalId: principalId.parse('99999999-2222-3333-4444-555555555555') }
  const minute = (of: number) => `2026-03-03T10:${of}:00.000Z`
  type Event = readonly [HistoryRecord['event'], Partial<HistoryRecord>?]
  async function record(...events: readonly Event[]) {
    const clock = new VirtualClock(new Date(at))
    const objects = new MemoryObjectStore({ bucket: 'ssofile', clock })
    for (const [index, [event, more]] of events.entries()) {
      await recordHistory(objects, { ...granted, event, at: minute(20 + index), ...more })
      await clock.advance(60_000)
    }
    return objects
  }
  test.each<[string, readonly Event[], object]>([
    ['is nothing where there is none', [], { says: 'nothing' }],
    ['is nothing where it is of somebody else', [['granted', { access: someone }]], { says: 'nothing' }],
    ['is that it is ours since it was granted', [['granted']], { says: 'ours', at: minute(20), links: access.links }],
    ['is that it is ours since it was adopted', [['adopted']], { says: 'ours', at: minute(20) }],
    [
      'is that it ended, and how long ago',
      [['granted'], ['revoked']],
      { says: 'ended', event: 'revoked', at: minute(21), settledMs: 60_000 },
    ],
    [
      'is that it is ours where it was granted again',
      [['granted'], ['revoked'], ['granted']],
      { says: 'ours', at: minute(22) },
    ],
    ['is that it ended when it was released', [['granted'], ['released']], { says: 'ended', event: 'released' }],
    [
      'is that it goes on where it moved to the new name of its principal',
      [['granted'], ['adopted', { key: renamed, isRenaming: true }], ['released', { isRenaming: true }]],
      { says: 'ours', at: minute(20) },
    ],
    [
      'is that it is ours under the new name of its principal, where an earlier version moved it without a mark',
      [['granted'], ['adopted', { key: renamed, at: minute(30) }], ['released', { at: minute(30) }]],
      { says: 'ours', at: minute(30) },
    ],
    [
      'is that it goes on where it moved and came back, and the first move is told last',
      [['granted'], ['released', { key: renamed, isRenaming: true }], ['released', { isRenaming: true }]],
      { says: 'ours', at: minute(20) },
    ],
    [
      'is that it ended under the new name of its principal, also where its move is told after that',
      [['granted'], ['revoked', { key: renamed }], ['adopted', { key: renamed, isRenaming: true }]],
      { says: 'ended', at: minute(21) },
    ],
    [
      'is that of its own principal, whatever became of another one of that name',
      [['granted'], ['revoked', { access: someone }]],
      { says: 'ours', at: minute(20) },
    ],
    [
      'is that it was revoked where another id of its name had replaced it',
      [['granted'], ['replaced', { replaced: { ended: 'revoked', replacedBy: someone.principalId } }]],
      { says: 'ended', event: 'revoked', at: minute(21) },
    ],
    [
      'is that it is ours under the new name of its principal, where another id has the old one',
      [
        ['granted'],
        ['adopted', { key: renamed, isRenaming: true }],
        ['replaced', { replaced: { ended: 'released', replacedBy: someone.principalId }, isRenaming: true }],
      ],
      { says: 'ours', at: minute(20) },
    ],
    [
      'is decided by nothing that happened beside: terms, the brake, and what others gave',
      [['granted'], ['terms-changed'], ['held'], ['foreign-found'], ['foreign-gone']],
      { says: 'ours', at: minute(20) },
    ],
  ])('%s', async (_, events, said) => {
    expect(await readLastWord(await record(...events), key, access)).toMatchObject(said)
  })

  describe('within one second, when the clocks of the machines that called differ by minutes', () => {
    const life = (grantedAt: string) => ({ access: { ...access, grantedAt } })
    const first = life(minute(20))
    const second = life(minute(30))
    /** S3 dates them all alike. */
    async function recordAtOnce(...events: readonly Event[]) {
      const objects = open()
      for (const [event, more] of events) await recordHistory(objects, { ...granted, event, ...more })
      return objects
    }

    test('is that it ended, though the revocation is dated before the grant', async () => {
      const objects = await recordAtOnce(
        ['granted', { at: minute(22), ...first }],
        ['revoked', { at: minute(18), ...first }],
      )
      expect(await readLastWord(objects, key, access)).toMatchObject({ says: 'ended', at: minute(18) })
      const recorded = { at: minute(22), isConfirmed: true }
      expect(await readLastWord(objects, key, access, recorded)).toMatchObject({ says: 'ended' })
    })

    test('is that it is ours, though it was granted again at an instant before its revocation', async () => {
      const objects = await recordAtOnce(
        ['revoked', { at: minute(22), ...first }],
        ['granted', { at: minute(18), ...second }],
      )
      expect(await readLastWord(objects, key, access)).toMatchObject({ says: 'ours', at: minute(18) })
      expect(await isToldUnder(objects, key, access)).toBe(true)
    })

    test('is that it ended, where it was granted twice and revoked twice', async () => {
      const objects = await recordAtOnce(
        ['granted', { at: minute(24), ...first }],
        ['revoked', { at: minute(22), ...first }],
        ['granted', { at: minute(20), ...second }],
        ['revoked', { at: minute(18), ...second }],
      )
      expect(await readLastWord(objects, key, access)).toMatchObject({ says: 'ended' })
      expect(await isToldUnder(objects, key, access)).toBe(false)
    })

    test('is that it is ours under the new name, since which it has the same instant of its grant', async () => {
      const objects = await recordAtOnce(
        ['granted', { at: minute(22), ...first }],
        ['adopted', { key: renamed, at: minute(18), ...first }],
        ['released', { at: minute(18), ...first }],
      )
      expect(await readLastWord(objects, key, access)).toMatchObject({ says: 'ours', at: minute(18) })
    })
  })

  test('is found in one listing, without a body, where the ledger has it and nothing has ended under its name', async () => {
    const objects = await record(['granted'], ['revoked'], ['granted'])
    const reads: string[] = []
    const counting = new Proxy(objects, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return (...given: unknown[]) => {
          reads.push(`${String(name)} ${given[0]}`)
          return method.apply(target, given)
        }
      },
    })
    const recorded = { at: minute(22), isConfirmed: true }
    expect(await readLastWord(counting, key, access, recorded)).toMatchObject({ says: 'ours' })
    expect(reads).toEqual(['list history/account%000000000001%ReadOnly-ps%a%ssofile%GROUP/'])
  })

  test('says nothing of a creation that came after its end, and is not confirmed yet', async () => {
    const objects = await record(['granted'], ['revoked'])
    const recorded = { at: minute(30), isConfirmed: false }
    expect(await readLastWord(objects, key, access, recorded)).toEqual({ says: 'nothing' })
  })

  test('is that it ended where the creation in an entry was confirmed before that', async () => {
    const objects = await record(['granted'], ['revoked'])
    const recorded = { at: minute(20), isConfirmed: false }
    expect(await readLastWord(objects, key, access, recorded)).toMatchObject({ says: 'ended' })
  })

  test('is that it ended where the ledger has it all the same', async () => {
    const objects = await record(['granted'], ['revoked'])
    const recorded = { at: minute(20), isConfirmed: true }
    expect(await readLastWord(objects, key, access, recorded)).toMatchObject({ says: 'ended' })
  })

  test('is that it ended where the ledger has it, and only somebody else was granted under its name since', async () => {
    const objects = await record(['granted'], ['revoked'], ['granted', { access: someone }])
    const recorded = { at: minute(20), isConfirmed: true }
    expect(await readLastWord(objects, key, access, recorded)).toMatchObject({ says: 'ended' })
  })
})
