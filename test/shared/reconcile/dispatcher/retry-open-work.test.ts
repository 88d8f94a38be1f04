import { expect, test } from '@jest/globals'
import { retryOpenWork } from '../../../../shared/reconcile/dispatcher/retry-open-work.ts'
import { openWorkKey } from '../../../../shared/reconcile/records/open-work.ts'
import { World } from '../../../world.ts'

test('everything that waits for its next attempt is hinted at, and nothing that is due anyway', async () => {
  const world = new World()
  const assignment = 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
  const later = openWorkKey({ at: '2099-01-01T00:00:00.000Z' }, assignment)
  const set = openWorkKey({ at: '2099-01-01T00:00:00.000Z' }, 'permission_sets/Billing-ps.json')
  const due = openWorkKey({ at: '2000-01-01T00:00:00.000Z' }, assignment)
  for (const key of [later, set, due, 'state/open/2099-01-01T00:00:00.000Z%notes.txt']) await world.objects.put(key, '')
  expect(await retryOpenWork(world.ports, world.configuration)).toEqual([later, set])
  const hints = (await world.ports.queues.receive('work', { most: 10, waitSeconds: 0 })).map(({ body }) =>
    JSON.parse(body),
  )
  expect(hints).toMatchObject([
    { kind: 'assignment', account: '233000000002', cause: later },
    { kind: 'permission-set', permissionSet: 'Billing-ps', cause: set },
  ])
})
