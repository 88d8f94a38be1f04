import { expect, test } from '@jest/globals'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import { renderChangeKey, tellEvent } from '../../../../shared/reconcile/records/tell-event.ts'
import { intercept } from '../../../intercept.ts'
import { VirtualClock } from '../../../virtual-clock.ts'
import { World } from '../../../world.ts'

const at = '2026-03-03T10:15:30.123Z'
const subject = { folder: 'history/permission-set%Billing-ps/', name: 'Billing-ps' }
const change = `changes/2026-03-03/10:15:30.123Z%permission-set-changed%Billing-ps`
const told = { event: 'changed', named: 'permission-set-changed', at, body: { arn: 'a' } }

const open = () => new MemoryObjectStore({ bucket: 'ssofile', clock: new VirtualClock(new Date(at)) })
const keys = async (objects: MemoryObjectStore) => (await Array.fromAsync(objects.list(''))).map(({ key }) => key)

test('an event stands under its date without a body, and in history with one', async () => {
  const objects = open()
  await tellEvent(objects, subject, told)
  expect(await keys(objects)).toEqual([change, `${subject.folder}${at}%changed.json`])
  expect((await objects.head(change))?.size).toBe(0)
  const body = new TextDecoder().decode((await objects.get(`${subject.folder}${at}%changed.json`))?.body)
  expect(JSON.parse(body)).toEqual({ v: 1, event: 'changed', at, arn: 'a' })
})

test('an event that is told again stands as it was told first', async () => {
  const objects = open()
  await tellEvent(objects, subject, told)
  await tellEvent(objects, subject, { ...told, body: { arn: 'b' } })
  expect(await keys(objects)).toHaveLength(2)
  const [, history = ''] = await keys(objects)
  expect(new TextDecoder().decode((await objects.get(history))?.body)).toContain('"arn": "a"')
})

test('an event is missing under its date at no moment in which history has it, and is told whole when it is told again', async () => {
  const { ports, objects } = new World({ isOwned: false })
  const dying = intercept(ports, async ({ args, proceed }) => {
    if (String(args[0]).startsWith('history/')) throw new Error('killed')
    return proceed()
  })
  await expect(tellEvent(dying.objects, subject, told)).rejects.toThrow('killed')
  expect(await keys(objects)).toEqual([change])
  await tellEvent(objects, subject, told)
  expect(await keys(objects)).toHaveLength(2)
})

test('a name so long that S3 would refuse its key stands there by its hash', () => {
  const name = 'n'.repeat(1024 - Buffer.byteLength(renderChangeKey({ event: 'granted', at, name: '' })))
  expect(renderChangeKey({ event: 'granted', at, name })).toBe(`changes/2026-03-03/10:15:30.123Z%granted%${name}`)
  const long = renderChangeKey({ event: 'granted', at, name: `${name}n` })
  expect(long).toMatch(/^changes\/2026-03-03\/10:15:30\.123Z%granted%too-long%[0-9a-f]{64}$/)
})
