import { expect, test } from '@jest/globals'
import * as z from 'zod'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import { JsonRecord } from '../../../../shared/reconcile/records/json-record.ts'
import { isSpoiled, renderJson, unlessSpoiled } from '../../../../shared/reconcile/records/stored-json.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

const schema = z.strictObject({ v: z.literal(1), name: z.string() })
const open = () =>
  new MemoryObjectStore({ bucket: 'ssofile', clock: new VirtualClock(new Date('2026-03-03T10:00:00Z')) })

test('what was stored is read with what S3 tells of the object, and what is not there is absent', async () => {
  const objects = open()
  const value = { v: 1 as const, name: 'Zoë' }
  await objects.put('control/x.json', renderJson(value))
  const { body: _, ...object } = (await objects.get('control/x.json')) ?? {}
  expect(await new JsonRecord(objects, 'control/x.json', schema).read()).toEqual({ value, object })
  expect(await new JsonRecord(objects, 'control/y.json', schema).read()).toBeUndefined()
})

test('an object is stored in lines, for a person who reads it', () => {
  expect(renderJson({ v: 1, name: 'x' })).toBe('{\n  "v": 1,\n  "name": "x"\n}\n')
})

test.each([
  ['no JSON', '{'],
  ['of another version', '{"v": 2, "name": "x"}'],
  ['with a field that this version does not know', '{"v": 1, "name": "x", "more": 1}'],
])('an object that is %s is named, and what to do', async (_, body) => {
  const objects = open()
  await objects.put('control/x.json', body)
  const reading = new JsonRecord(objects, 'control/x.json', schema).read()
  await expect(reading).rejects.toThrow(
    'control/x.json: received content that this version of ssofile cannot read; if a later version wrote it, deploy that version again; otherwise restore the object',
  )
  await expect(reading).rejects.toMatchObject({ name: 'SpoiledObjectError', cause: expect.any(Error) })
})

test('whoever reads many objects is told which are spoiled, and whatever else keeps one from being read', async () => {
  const objects = open()
  await objects.put('control/x.json', '{')
  await objects.put('control/y.json', renderJson({ v: 1, name: 'y' }))
  const [spoiled, sound, absent] = await Promise.all(
    ['x', 'y', 'z'].map((one) => unlessSpoiled(new JsonRecord(objects, `control/${one}.json`, schema).read())),
  )
  expect(spoiled).toMatchObject({
    object: { key: 'control/x.json' },
    message: expect.stringContaining('otherwise restore the object'),
  })
  expect(sound).toMatchObject({ value: { name: 'y' } })
  expect([spoiled, sound, absent].map(isSpoiled)).toEqual([true, false, false])
  const refusal = new Error('no answer')
  await expect(unlessSpoiled(Promise.reject(refusal))).rejects.toBe(refusal)
})
