import { expect, test } from '@jest/globals'
import { Outbox } from '../../../infra/local/outbox.ts'
import { VirtualClock } from '../../virtual-clock.ts'

function openOutbox(table: Map<string, string>, deliver: (item: string) => Promise<void>) {
  const clock = new VirtualClock(new Date('2026-03-03T10:15:30Z'))
  const errors: unknown[] = []
  return { clock, errors, outbox: new Outbox({ table, deliver, clock, onError: (error) => errors.push(error) }) }
}

test('what could not be delivered before the process ended is delivered by the next one, and then forgotten', async () => {
  const table = new Map<string, string>()
  const refusing = openOutbox(table, async () => {
    throw new Error('unavailable')
  })
  refusing.outbox.put('first')
  refusing.outbox.put('second')
  await refusing.outbox.stop()
  expect([...table.values()]).toEqual(['first', 'second'])
  const delivered: string[] = []
  const next = openOutbox(table, async (item) => void delivered.push(item))
  next.outbox.put('third')
  expect(delivered).toEqual(['first', 'second', 'third'])
  await next.outbox.stop()
  expect(table.size).toBe(0)
})

test('a failed delivery is told and repeated', async () => {
  const attempts: string[] = []
  const { clock, errors, outbox } = openOutbox(new Map(), async (item) => {
    attempts.push(item)
    if (attempts.length === 1) throw new Error('unavailable')
  })
  outbox.put('one')
  await clock.advance(1000)
  expect(attempts).toEqual(['one', 'one'])
  expect(errors).toEqual([new Error('unavailable')])
  await outbox.stop()
})
