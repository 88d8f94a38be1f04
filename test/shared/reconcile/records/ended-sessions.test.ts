import { expect, test } from '@jest/globals'
import { type AccountId, accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { endedSessionsKey, endSession, endWhileSuspended } from '../../../../shared/domain/sessions/ended-sessions.ts'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import {
  listDeniedWhileSuspended,
  readEndedSessions,
  recordEndedSessions,
  recordOwedEndings,
  recordWhileSuspended,
} from '../../../../shared/reconcile/records/ended-sessions.ts'
import { CollectedLog } from '../../../collected-log.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

const owed = 'state/owed-endings/'
const kenji = principalId.parse('032ec95a-5bc1-ffac-1870-214bdda8db1a')
const lars = principalId.parse('10976e37-ef0b-9c7a-8b5e-4d0a2c1f3e58')
const permissionSet = permissionSetName.parse('ReadOnly-ps')

function open() {
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock })
  const end = (user: typeof kenji) =>
    recordEndedSessions(objects, [endSession({ user, name: 'x', permissionSet, by: 'y' }, clock.now())])
  const notes = async () => (await Array.fromAsync(objects.list(owed))).map(({ key }) => key)
  return { objects, log: new CollectedLog(), end, notes }
}

test('a denial is owed once while the record of ended sessions is spoiled, and recorded when the record is gone', async () => {
  const { objects, log, end, notes } = open()
  await objects.put(endedSessionsKey, 'spoiled')
  for (const user of [kenji, lars, kenji]) await end(user)
  expect(await recordOwedEndings(objects, log)).toEqual([])
  expect(await notes()).toHaveLength(2)
  await objects.delete(endedSessionsKey)
  expect(await recordOwedEndings(objects, log)).toHaveLength(2)
  expect((await readEndedSessions(objects)).ended.map(({ user }) => user)).toEqual([kenji, lars])
  expect(await notes()).toEqual([])
})

test('a spoiled note of an owed denial is logged and stays, and the other denials are recorded', async () => {
  const { objects, log, end, notes } = open()
  await objects.put(endedSessionsKey, 'spoiled')
  await end(kenji)
  const spoiled = `${owed}spoiled.json`
  await objects.put(spoiled, 'spoiled')
  await objects.delete(endedSessionsKey)
  await recordOwedEndings(objects, log)
  expect(await readEndedSessions(objects)).toMatchObject({ ended: [{ user: kenji }] })
  expect(await notes()).toEqual([spoiled])
  expect(log.lines).toMatchObject([{ level: 'error', fields: { key: spoiled } }])
})

test('a look at a suspension ends no denial that another process added while it read the access', async () => {
  const { objects } = open()
  const whose = { user: lars, name: 'lars', by: 'suspended/lars' }
  const status = { input: whose.by, state: 'partly', principalId: lars, updatedAt: '2026-03-03T10:00:00.000Z' }
  await objects.put(whose.by, '')
  await objects.put(`status/${whose.by}.json`, JSON.stringify(status))
  const later = permissionSetName.parse('Admin-ps')
  await recordEndedSessions(objects, [endWhileSuspended({ ...whose, permissionSet })])
  const over = await listDeniedWhileSuspended(objects, whose)
  await recordEndedSessions(objects, [endWhileSuspended({ ...whose, permissionSet: later })])
  await recordWhileSuspended(objects, whose, new Set(), { over })
  expect(await listDeniedWhileSuspended(objects, whose)).toEqual(new Set([later]))
  const { ended } = await readEndedSessions(objects)
  expect(ended.map((one) => one.permissionSet).sort()).toEqual([later, permissionSet])
})

test('denials of one person in many accounts at once take one write', async () => {
  const { objects } = open()
  const puts: string[] = []
  const put = objects.put.bind(objects)
  objects.put = async (...args) => {
    const result = await put(...args)
    puts.push(result.outcome)
    return result
  }
  const accounts = Array.from({ length: 15 }, (_, nth) => accountId.parse(`2330000000${10 + nth}`))
  const until = new Date('2026-03-03T10:00:00Z')
  const endIn = (account: AccountId) =>
    recordEndedSessions(objects, [endSession({ user: kenji, name: 'x', permissionSet, account, by: 'y' }, until)])
  await Promise.all(accounts.map(endIn))
  expect(puts).toEqual(['written'])
  expect((await readEndedSessions(objects)).ended.map(({ account }) => account).sort()).toEqual(accounts)
})

test('denials whose write fails are written by the next call', async () => {
  const { objects, end } = open()
  const put = objects.put.bind(objects)
  objects.put = async () => {
    throw new Error('away')
  }
  const failed = await Promise.allSettled([end(kenji), end(lars)])
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  objects.put = put
  await Promise.all([end(kenji), end(lars)])
  expect((await readEndedSessions(objects)).ended).toHaveLength(2)
})
