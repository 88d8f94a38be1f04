import { expect, test } from '@jest/globals'
import type { InputMessage } from '../../../../shared/domain/links/input-message.ts'
import type { Status } from '../../../../shared/domain/statuses/status.ts'
import { nameDeleter, noteDeletion } from '../../../../shared/reconcile/records/deletion-notes.ts'
import { World } from '../../../world.ts'

const key = 'links_data/root%all%ReadOnly%ops%GROUP%ssofile'
const at = '2026-03-03T10:00:05.000Z'
const by = { principalId: 'AWS:AROAAPI:ssofile-api', at }
const deleted: InputMessage = { v: 1, key, id: 'i', event: 'ObjectRemoved:Delete', by, isByApi: true }
const upload = { key, etag: 'e', lastModified: new Date('2026-03-03T10:00:00Z'), size: 0 }
const status: Status = {
  input: key,
  state: 'applied',
  etag: 'e',
  lastModified: '2026-03-03T10:00:00.000Z',
  updatedAt: at,
}
const maria = { arn: 'arn:aws:sts::111122223333:assumed-role/team-a/maria', sourceIpAddress: '192.0.2.1' }
const kim = { arn: 'arn:aws:sts::111122223333:assumed-role/team-a/kim' }

async function open() {
  const { objects } = new World()
  const whoDeleted = async (message = deleted, told: Status | undefined = status) =>
    (await nameDeleter(objects, message, told)).by
  return { objects, whoDeleted }
}

test('whoever asked the API to delete an upload is named for its deletion', async () => {
  const { objects, whoDeleted } = await open()
  await noteDeletion(objects, upload, maria)
  const named = { principalId: maria.arn, sourceIpAddress: '192.0.2.1', at }
  expect(await whoDeleted()).toEqual(named)
  const { etag: _, lastModified: __, ...untold } = status
  expect(await whoDeleted(deleted, untold)).toEqual(named)
})

test('of two who ask for the same deletion the first is named, and who asks for that of a later upload after', async () => {
  const { objects, whoDeleted } = await open()
  await noteDeletion(objects, upload, maria)
  await noteDeletion(objects, upload, kim)
  expect(await whoDeleted()).toMatchObject({ principalId: maria.arn })
  const later = { ...upload, lastModified: new Date('2026-03-03T10:00:03Z') }
  await noteDeletion(objects, later, kim)
  expect(await whoDeleted(deleted, { ...status, lastModified: later.lastModified.toISOString() })).toEqual({
    principalId: kim.arn,
    at,
  })
})

test('whoever asked to delete an upload that only repeats the one of the status is named, not if its content is another', async () => {
  const { objects, whoDeleted } = await open()
  const repeated = { ...upload, etag: 'f', content: 'c', lastModified: new Date('2026-03-03T10:00:03Z') }
  await noteDeletion(objects, repeated, kim)
  expect(await whoDeleted(deleted, { ...status, content: 'c' })).toMatchObject({ principalId: kim.arn })
  const later = '2026-03-03T10:00:04.000Z'
  for (const other of [{ content: 'd' }, { content: 'c', lastModified: later }, {}])
    expect(await whoDeleted(deleted, { ...status, ...other })).toEqual(by)
})

test('nobody is named by a note for what the API did not do, or for another upload', async () => {
  const { objects, whoDeleted } = await open()
  expect(await whoDeleted()).toEqual(by)
  await noteDeletion(objects, upload, maria)
  const { isByApi: _, ...byOthers } = deleted
  expect(await whoDeleted({ ...byOthers, by: { principalId: 'AWS:mallory', at } })).toMatchObject({
    principalId: 'AWS:mallory',
  })
  expect(await whoDeleted(deleted, { ...status, etag: 'f' })).toEqual(by)
  expect(await whoDeleted({ ...deleted, event: 'ObjectCreated:Put' })).toEqual(by)
})

test('a note that cannot be read names nobody', async () => {
  const { objects, whoDeleted } = await open()
  await noteDeletion(objects, upload, maria)
  for await (const { key: note } of objects.list('state/deletions/')) await objects.put(note, '{')
  expect(await whoDeleted()).toEqual(by)
})
