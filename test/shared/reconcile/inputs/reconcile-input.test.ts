import { expect, test } from '@jest/globals'
import { statusKey } from '../../../../shared/reconcile/records/status-store.ts'
import { Grouping } from '../../modules/people/grouping.ts'

const key = 'groups/oncall.json'

test('an input is read again at once if another process has written its status meanwhile', async () => {
  const grouping = new Grouping()
  const { world } = grouping
  const other = { input: key, state: 'waiting', updatedAt: '2026-03-03T10:00:00.000Z' }
  let writes = 0
  grouping.answer = async ({ port, operation, args, proceed }) => {
    if (port === 'objects' && operation === 'put' && args[0] === statusKey(key) && writes++ === 0)
      await world.objects.put(statusKey(key), JSON.stringify(other))
    return proceed()
  }
  await grouping.put(key)
  await grouping.until(key, 'applied')
  expect(writes).toBe(2)
  expect(world.log.lines.filter(({ message }) => /tried again/.test(message))).toEqual([])
})
