import { describe, expect, test } from '@jest/globals'
import { MemoryObjectStore } from '../../../shared/memory/s3/memory-object-store.ts'
import { VirtualClock } from '../../../shared/memory/virtual-clock.ts'
import { type NewStatus, StatusStore } from '../../../shared/reconcile/status-store.ts'

const input = 'links_data/root%all%ReadOnly-ps%Support%GROUP%ssofile'
const told = (state: NewStatus['state']): NewStatus => ({ state })

function open() {
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock })
  const index = async () => (await Array.fromAsync(objects.list('attention/'))).map(({ key }) => key)
  return { clock, objects, index, statuses: new StatusStore(objects, clock) }
}

describe('a status', () => {
  test('is not overwritten by a slow writer, which assesses again', async () => {
    const { statuses } = open()
    let assessments = 0
    await statuses.revise(input, async () => {
      assessments++
      if (assessments > 1) return told('applied')
      await statuses.revise(input, async () => told('applied'))
      return told('applying')
    })
    expect(await statuses.read(input)).toMatchObject({ state: 'applied' })
    expect(assessments).toBe(2)
  })

  test.each(['put', 'delete', 'head', 'get'] as const)(
    'and the index agree again after a writer died at any %s, by the next writer or by aligning',
    async (operation) => {
      for (let last = 0; last < 6; last++) {
        const { objects, statuses, clock, index } = open()
        await statuses.revise(input, async () => told('waiting'))
        let calls = 0
        const dying = new Proxy(objects, {
          get(target, name) {
            const value = Reflect.get(target, name, target)
            if (typeof value !== 'function') return value
            return (...args: unknown[]) =>
              name === operation && calls++ === last
                ? Promise.reject(new Error('dead'))
                : Reflect.apply(value, target, args)
          },
        })
        await new StatusStore(dying, clock).revise(input, async () => told('failed')).catch(() => undefined)
        const state = (await statuses.read(input))?.state
        // Never missing from the index, whatever else stands there.
        expect(await index()).toContain(`attention/${state}/${input}`)
        await statuses.align(input)
        expect(await index()).toEqual([`attention/${state}/${input}`])
      }
    },
  )

  test('that comes to want attention while another writer takes it from the index stands there in the end', async () => {
    const { objects, statuses, clock, index } = open()
    await statuses.revise(input, async () => told('waiting'))
    let isFirst = true
    const slow = new Proxy(objects, {
      get(target, name) {
        const value = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          if (name === 'delete' && isFirst) {
            isFirst = false
            await statuses.revise(input, async () => told('waiting'))
          }
          return Reflect.apply(value, target, args)
        }
      },
    })
    await new StatusStore(slow, clock).revise(input, async () => told('applied'))
    expect(await statuses.read(input)).toMatchObject({ state: 'waiting' })
    expect(await index()).toEqual([`attention/waiting/${input}`])
  })

  test('that is removed leaves nothing in the index', async () => {
    const { statuses, index } = open()
    await statuses.revise(input, async () => told('rejected'))
    await statuses.revise(input, async () => undefined)
    expect(await index()).toEqual([])
    expect(await statuses.read(input)).toBeUndefined()
  })
})
