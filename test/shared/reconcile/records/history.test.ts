import { expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignment.ts'
import { ledgerEntry } from '../../../../shared/domain/ledger-entry.ts'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import { VirtualClock } from '../../../../shared/memory/virtual-clock.ts'
import { type HistoryRecord, listHistory, recordHistory } from '../../../../shared/reconcile/records/history.ts'

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
