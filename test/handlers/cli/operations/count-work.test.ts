import { expect, test } from '@jest/globals'
import { countWork } from '../../../../handlers/cli/operations/count-work.ts'
import type { Counted } from '../../../../shared/ports/progress.ts'
import { World } from '../../../world.ts'

test('each hint that is worked on counts, of all that were sent, and messages of other queues do not', async () => {
  const heard: Counted[] = []
  const queues = countWork(new World().ports.queues, (work) => void heard.push(work))
  const message = (body: string) => ({ body, groupId: body, deduplicationId: body })
  await queues.send('work', [message('a'), message('b')])
  await queues.send('dispatch', [message('c')])
  for (const queue of ['work', 'dispatch'] as const)
    for (const { receiptHandle } of await queues.receive(queue, { most: 10, waitSeconds: 0 }))
      await queues.delete(queue, receiptHandle)
  expect(heard).toEqual([
    { done: 1, of: 2 },
    { done: 2, of: 2 },
  ])
})
