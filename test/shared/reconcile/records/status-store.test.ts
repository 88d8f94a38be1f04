import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { NewStatus } from '../../../../shared/domain/statuses/status.ts'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import { attentionKey, StatusStore, statusKey } from '../../../../shared/reconcile/records/status-store.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

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

  test('that stays the same, but for the order of its fields and the instant, is not written again', async () => {
    const { objects, statuses, clock } = open()
    await statuses.revise(input, async () => ({ state: 'applied', owned: true, etag: 'e' }))
    const written = await objects.head(statusKey(input))
    await clock.advance(60_000)
    const status = await statuses.revise(input, async () => ({ etag: 'e', owned: true, state: 'applied' }))
    expect(status?.updatedAt).toBe('2026-03-03T10:00:00.000Z')
    expect((await objects.head(statusKey(input)))?.lastModified).toEqual(written?.lastModified)
    const changed = await statuses.revise(input, async () => ({ state: 'applied', owned: false, etag: 'e' }))
    expect(changed).toEqual({ input, state: 'applied', owned: false, etag: 'e', updatedAt: '2026-03-03T10:01:00.000Z' })
    expect(await statuses.read(input)).toEqual(changed)
  })

  test('on 50,000 accounts that failed names the first hundred, and takes less than 100 kilobytes', async () => {
    const { objects, statuses } = open()
    const failed = Array.from({ length: 50_000 }, (_, index) => ({
      account: accountId.parse(String(100_000_000_000 + index)),
      reason: `Received a 403 status error: ${'Not supported policy '.repeat(8)}`,
    }))
    const accounts = { desired: 60_000, applied: 10_000, open: 0, failed }
    const status = await statuses.revise(input, async () => ({ ...told('failed'), accounts }))
    expect(status?.accounts).toMatchObject({ desired: 60_000, applied: 10_000, moreFailed: 49_900 })
    expect((await objects.head(statusKey(input)))?.size).toBeLessThan(100_000)
  })

  test('that others change all the time is given up, for another time', async () => {
    const { statuses } = open()
    let assessments = 0
    const restless = statuses.revise(input, async () => {
      const reason = `${assessments++}`
      await statuses.revise(input, async () => ({ state: 'applying', reason }))
      return told('applied')
    })
    await expect(restless).rejects.toThrow(`${statusKey(input)} keeps changing`)
    expect(assessments).toBe(20)
  })

  test('of a key that leaves no room for more stands under its digest, as does its line in the index', async () => {
    const { objects, statuses, index } = open()
    const roomy = `links_data/${'g'.repeat(1_024 - 'status/links_data/.json'.length)}`
    expect(statusKey(roomy)).toBe(`status/${roomy}.json`)
    const long = `${roomy}é`
    expect(statusKey(`${roomy}g`)).toMatch(/^status\/too-long\/[0-9a-f]{64}\.json$/)
    expect(statusKey(`${roomy.slice(1)}é`)).toMatch(/^status\/too-long\//)
    expect(attentionKey('rejected', long)).toMatch(/^attention\/rejected\/too-long\/[0-9a-f]{64}$/)
    await statuses.revise(long, async () => told('rejected'))
    expect(await index()).toEqual([attentionKey('rejected', long)])
    expect(await statuses.read(long)).toMatchObject({ input: long, state: 'rejected' })
    await objects.put(attentionKey('rejected', input), '')
    await objects.put(attentionKey('failed', input), '')
    expect(await Array.fromAsync(statuses.listAttention('rejected'))).toEqual([input])
  })

  test('is listed as lacking something where it waits, and where something is open while the brake holds something', async () => {
    const { objects, statuses } = open()
    for (const state of ['waiting', 'held', 'failed', 'blocked'] as const)
      await statuses.revise(`links_data/${state}`, async () => told(state))
    const lacking = () => Array.fromAsync(statuses.listLacking())
    expect(await lacking()).toEqual(['links_data/waiting'])
    for (const open of [0, 1]) {
      const accounts = { desired: 3, applied: 3 - open, open, failed: [] }
      await statuses.revise(`links_data/held-${open}`, async () => ({ ...told('held'), accounts }))
    }
    expect(await lacking()).toEqual(['links_data/waiting', 'links_data/held-1'])
    // Nobody knows what a spoiled one says.
    await objects.put(statusKey('links_data/held-0'), '{')
    expect(await lacking()).toEqual(['links_data/waiting', 'links_data/held-0', 'links_data/held-1'])
  })

  test('that nobody has to see stands nowhere in the index, however often it is aligned', async () => {
    const { statuses, index } = open()
    for (const state of ['waiting', 'failed', 'applied'] as const) {
      await statuses.revise(input, async () => told(state))
      expect(await index()).toEqual(state === 'applied' ? [] : [`attention/${state}/${input}`])
    }
    await statuses.align(input)
    expect(await index()).toEqual([])
  })

  test('whose index is changed by others all the time is given up, for another time', async () => {
    const { statuses, objects } = open()
    await statuses.revise(input, async () => told('waiting'))
    let looks = 0
    const restless = new Proxy(objects, {
      get(target, name) {
        const value = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          if (name === 'head') await statuses.revise(input, async () => ({ state: 'waiting', reason: `${looks++}` }))
          return Reflect.apply(value, target, args)
        }
      },
    })
    const other = new StatusStore(restless, new VirtualClock(new Date('2026-03-03T10:00:00Z')))
    await expect(other.align(input)).rejects.toThrow('ssofile will correct its index again')
    expect(looks).toBe(20)
  })

  test('that is removed, or never was, leaves nothing in the index', async () => {
    const none = open()
    await none.statuses.revise(input, async () => undefined)
    expect(await none.index()).toEqual([])
    const { statuses, index } = open()
    await statuses.revise(input, async () => told('rejected'))
    await statuses.revise(input, async () => undefined)
    expect(await index()).toEqual([])
    expect(await statuses.read(input)).toBeUndefined()
  })
})
