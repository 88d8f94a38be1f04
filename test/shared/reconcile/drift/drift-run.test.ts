import { describe, expect, test } from '@jest/globals'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { beginDriftRun, closeUnit, isOpen, readDriftRun } from '../../../../shared/reconcile/drift/drift-run.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const runKey = 'state/drift.json'
const none = { checked: 0, missing: 0, foreign: 0, gone: 0, calls: 0 }
const some = { checked: 50, missing: 4, foreign: 3, gone: 2, calls: 10 }
const whole = { run: 'tonight', unit: 'whole' }

/** A bucket in which a drift check has begun. */
async function open(interceptor: Interceptor = ({ proceed }) => proceed()) {
  const world = new World({ wrap: (ports) => intercept(ports, interceptor) })
  const { objects } = world.ports
  await beginDriftRun({ objects: world.objects, clock: world.clock }, 'tonight')
  return { world, objects }
}
const begun = { v: 1, run: 'tonight', startedAt: '2026-03-03T10:00:00.000Z', ...none }

describe('a drift check', () => {
  test('begins with one part, which finds the others, and drops an earlier one, of which it knows what was left', async () => {
    const { world, objects } = await open()
    expect(await readDriftRun(objects)).toEqual({ ...begun, open: ['whole'] })
    await closeUnit(objects, whole, some, ['GROUP 1'])
    await world.clock.advance(1_000)
    await beginDriftRun(world.ports, 'tomorrow')
    const next = { ...begun, startedAt: '2026-03-03T10:00:01.000Z', open: ['whole'] }
    expect(await readDriftRun(objects)).toEqual({ ...next, run: 'tomorrow', left: ['GROUP 1'] })
    await beginDriftRun(world.ports, 'before it was divided')
    expect(await readDriftRun(objects)).toMatchObject({ left: ['GROUP 1'] })
    await closeUnit(objects, { run: 'before it was divided', unit: 'whole' }, none)
    await beginDriftRun(world.ports, 'after a whole one')
    expect(await readDriftRun(objects)).toEqual({ ...next, run: 'after a whole one' })
  })

  test('has the parts open that are left of it, and none of another run', async () => {
    const { objects } = await open()
    expect(await isOpen(objects, whole)).toBe(true)
    expect(await isOpen(objects, { ...whole, unit: 'GROUP 1' })).toBe(false)
    expect(await isOpen(objects, { ...whole, run: 'yesterday' })).toBe(false)
    expect(await isOpen(new World().objects, whole)).toBe(false)
  })

  test('counts what its parts found, and has those open into which they were divided', async () => {
    const { objects } = await open()
    const divided = await closeUnit(objects, whole, { ...none, calls: 1 }, ['GROUP 1', 'GROUP 2', 'GROUP 2'])
    expect(divided).toEqual({ ...begun, calls: 1, open: ['GROUP 1', 'GROUP 2'] })
    const first = await closeUnit(objects, { ...whole, unit: 'GROUP 1' }, some)
    expect(first).toEqual({ ...begun, ...some, calls: 11, open: ['GROUP 2'] })
    const last = await closeUnit(objects, { ...whole, unit: 'GROUP 2' }, some)
    const sum = { checked: 100, missing: 8, foreign: 6, gone: 4, calls: 21 }
    expect(last).toEqual({ ...begun, ...sum, open: [] })
    expect(await readDriftRun(objects)).toEqual(last)
  })

  test('counts a part once, however often it is done, and none of another run', async () => {
    const { objects } = await open()
    const divided = await closeUnit(objects, whole, some, ['GROUP 1'])
    expect(await closeUnit(objects, whole, some, ['GROUP 1', 'GROUP 2'])).toEqual(divided)
    expect(await closeUnit(objects, { run: 'yesterday', unit: 'GROUP 1' }, some)).toEqual(divided)
    expect(await readDriftRun(objects)).toEqual(divided)
  })

  test('that nobody knows of any more counts nothing', async () => {
    const { objects } = new World()
    expect(await closeUnit(objects, whole, some)).toBeUndefined()
    expect(await readDriftRun(objects)).toBeUndefined()
  })

  test('that cannot be understood is none', async () => {
    const { world, objects } = await open()
    for (const body of ['', 'nothing', '{"v":2}', JSON.stringify({ ...begun, open: ['whole'], checked: -1 })]) {
      await world.objects.put(runKey, body)
      expect(await readDriftRun(objects)).toBeUndefined()
      expect(await isOpen(objects, whole)).toBe(false)
    }
  })

  test('that cannot be read is told to whoever asks', async () => {
    const refusal = new ServiceError('s3', 'InternalError', 'no')
    const { objects } = await open(async () => {
      throw refusal
    })
    await expect(readDriftRun(objects)).rejects.toBe(refusal)
    await expect(closeUnit(objects, whole, some)).rejects.toBe(refusal)
  })

  test('counts what two parts found that ended at once', async () => {
    let isFirst = true
    const { world, objects } = await open(async ({ operation, proceed }) => {
      if (operation === 'put' && isFirst) {
        isFirst = false
        await closeUnit(world.objects, { ...whole, unit: 'GROUP 2' }, some)
      }
      return proceed()
    })
    await closeUnit(world.objects, whole, none, ['GROUP 1', 'GROUP 2'])
    const last = await closeUnit(objects, { ...whole, unit: 'GROUP 1' }, some)
    expect(last).toMatchObject({ open: [], checked: 100, calls: 20 })
    expect(await readDriftRun(objects)).toEqual(last)
  })

  test('that others change all the time has its part done again, after twenty tries', async () => {
    let puts = 0
    const { world, objects } = await open(async ({ operation, proceed }) => {
      if (operation === 'put') {
        puts++
        await world.objects.put(runKey, JSON.stringify({ ...begun, open: ['whole'], calls: puts }))
      }
      return proceed()
    })
    await expect(closeUnit(objects, whole, some)).rejects.toThrow(
      'state/drift.json keeps changing; ssofile will try again',
    )
    expect(puts).toBe(20)
  })
})
