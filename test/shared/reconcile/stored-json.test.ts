import { expect, test } from '@jest/globals'
import * as z from 'zod'
import { MemoryObjectStore } from '../../../shared/memory/s3/memory-object-store.ts'
import { VirtualClock } from '../../../shared/memory/virtual-clock.ts'
import { readJson, renderJson } from '../../../shared/reconcile/stored-json.ts'

const schema = z.strictObject({ v: z.literal(1), name: z.string() })
const open = () =>
  new MemoryObjectStore({ bucket: 'ssofile', clock: new VirtualClock(new Date('2026-03-03T10:00:00Z')) })

test('what was stored is read with what S3 tells of the object, and what is not there is absent', async () => {
  const objects = open()
  const value = { v: 1 as const, name: 'Zoë' }
  await objects.put('control/x.json', renderJson(value))
  const { body: _, ...object } = (await objects.get('control/x.json')) ?? {}
  expect(await readJson(objects, 'control/x.json', schema)).toEqual({ value, object })
  expect(await readJson(objects, 'control/y.json', schema)).toBeUndefined()
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
  const reading = readJson(objects, 'control/x.json', schema)
  await expect(reading).rejects.toThrow(
    'control/x.json: received something that this version of ssofile did not write; restore or delete the object',
  )
  await expect(reading).rejects.toHaveProperty('cause', expect.any(Error))
})
