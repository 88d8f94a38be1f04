import { describe, expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { ledgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import {
  type HistoryRecord,
  listHistory,
  readLastWord,
  recordHistory,
} from '../../../../shared/reconcile/records/history.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

const at = '2026-03-03T10:15:30.123Z'
const id = '11111111-2222-3333-4444-555555555555'
const key = assignmentKey.parse(`account%000000000001%ReadOnly-ps%${id}%GROUP`)
const otherKey = assignmentKey.parse('account%000000000001%ReadOnly-ps%99999999-2222-3333-4444-555555555555%GROUP')
const long = principalName.parse('é'.repeat(500))
const access = ledgerEntry.parse({
  v: 1,
  state: 'granted',
  principal: 'a/b',
  principalId: id,
  permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
  links: [{ key: 'links_data/root%all%ReadOnly-ps%a%GROUP%ssofile', etag: 'e', lastModified: at }],
  call: { kind: 'creation', calledAt: at, id: 'request-1' },
  attempts: 0,
  updatedAt: at,
})
const granted: HistoryRecord = { key, event: 'granted', at, access, confirmedAt: '2026-03-03T10:15:31.000Z' }

const open = () => new MemoryObjectStore({ bucket: 'ssofile', clock: new VirtualClock(new Date(at)) })
const read = async (objects: MemoryObjectStore, object: string) =>
  JSON.parse(new TextDecoder().decode((await objects.get(object))?.body))

test('history says who had what since when, by which links and which call, under one folder for each assignment', async () => {
  const objects = open()
  await recordHistory(objects, granted)
  const object = `history/${key}/${at}%granted.json`
  expect(await read(objects, object)).toEqual({
    v: 1,
    event: 'granted',
    at,
    assignment: key,
    confirmedAt: granted.confirmedAt,
    grantedAt: granted.confirmedAt,
    principal: 'a/b',
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
  await recordHistory(objects, { ...granted, event: 'revoked', at: '2026-03-04T00:00:00.000Z' })
  await recordHistory(objects, granted)
  await recordHistory(objects, { ...granted, key: otherKey, event: 'released' })
  await objects.put(`history/${key}/${at}%looked-at.json`, '{}')
  await objects.put(`history/${key}/notes`, '')
  expect(await listHistory(objects, key)).toEqual([
    { at, event: 'granted' },
    { at: '2026-03-04T00:00:00.000Z', event: 'revoked' },
  ])
  expect(await listHistory(objects, otherKey)).toEqual([{ at, event: 'released' }])
})

test('in changes/ an access has the name that its principal had then, whatever that is', async () => {
  const objects = open()
  await recordHistory(objects, granted)
  await recordHistory(objects, { ...granted, event: 'revoked', access: { ...access, principal: long } })
  const told = (await Array.fromAsync(objects.list('changes/'))).map((object) => object.key)
  expect(told[0]).toBe('changes/2026-03-03/10:15:30.123Z%granted%account%000000000001%ReadOnly-ps%a%2Fb%GROUP%ssofile')
  expect(told).toHaveLength(2)
  for (const object of told) expect(Buffer.byteLength(object)).toBeLessThanOrEqual(1024)
})

describe('what history says last of an access', () => {
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
    ['is nothing where it is of another key', [['granted', { key: otherKey }]], { says: 'nothing' }],
    ['is that it is ours since it was granted', [['granted']], { says: 'ours', at: minute(20), links: access.links }],
    ['is that it is ours since it was adopted', [['adopted']], { says: 'ours', at: minute(20) }],
    [
      'is that it ended, and how long ago',
      [['granted'], ['revoked']],
      { says: 'ended', event: 'revoked', at: minute(21), ageMs: 60_000 },
    ],
    [
      'is that it is ours where it was granted again',
      [['granted'], ['revoked'], ['granted']],
      { says: 'ours', at: minute(22) },
    ],
    ['is that it ended when it was released', [['granted'], ['released']], { says: 'ended', event: 'released' }],
    [
      'is that of its own key, whatever became of another',
      [['granted'], ['revoked', { key: otherKey }]],
      { says: 'ours', at: minute(20) },
    ],
    [
      'is that it is ours, whatever its principal was called then',
      [['granted'], ['terms-changed', { access: { ...access, principal: long } }]],
      { says: 'ours', at: minute(20) },
    ],
    [
      'is decided by nothing that happened beside: terms, the brake, and what others gave',
      [['granted'], ['terms-changed'], ['held'], ['foreign-found'], ['foreign-gone']],
      { says: 'ours', at: minute(20) },
    ],
  ])('%s', async (_, events, said) => {
    expect(await readLastWord(await record(...events), key)).toMatchObject(said)
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
      expect(await readLastWord(objects, key)).toMatchObject({ says: 'ended', at: minute(18) })
      const recorded = { at: minute(22), isConfirmed: true }
      expect(await readLastWord(objects, key, recorded)).toMatchObject({ says: 'ended' })
    })

    test('is that it is ours, though it was granted again at an instant before its revocation', async () => {
      const objects = await recordAtOnce(
        ['revoked', { at: minute(22), ...first }],
        ['granted', { at: minute(18), ...second }],
      )
      expect(await readLastWord(objects, key)).toMatchObject({ says: 'ours', at: minute(18) })
    })

    test('is that it ended, where it was granted twice and revoked twice', async () => {
      const objects = await recordAtOnce(
        ['granted', { at: minute(24), ...first }],
        ['revoked', { at: minute(22), ...first }],
        ['granted', { at: minute(20), ...second }],
        ['revoked', { at: minute(18), ...second }],
      )
      expect(await readLastWord(objects, key)).toMatchObject({ says: 'ended' })
    })
  })

  test('is found in one listing, without a body, where the ledger has it', async () => {
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
    expect(await readLastWord(counting, key, recorded)).toMatchObject({ says: 'ours' })
    expect(reads).toEqual([`list history/${key}/`])
  })

  test('says nothing of a creation that came after its end, and is not confirmed yet', async () => {
    const objects = await record(['granted'], ['revoked'])
    const recorded = { at: minute(30), isConfirmed: false }
    expect(await readLastWord(objects, key, recorded)).toEqual({ says: 'nothing' })
  })

  test('is that it ended where the creation in an entry was confirmed before that', async () => {
    const objects = await record(['granted'], ['revoked'])
    const recorded = { at: minute(20), isConfirmed: false }
    expect(await readLastWord(objects, key, recorded)).toMatchObject({ says: 'ended' })
  })

  test('is that it ended where the ledger has it all the same', async () => {
    const objects = await record(['granted'], ['revoked'])
    const recorded = { at: minute(20), isConfirmed: true }
    expect(await readLastWord(objects, key, recorded)).toMatchObject({ says: 'ended' })
  })
})
