import { expect, test } from '@jest/globals'
import { PageLooks } from '../../../handlers/page/page-looks.ts'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { Policies } from '../../../shared/reconcile/records/policies.ts'
import { cutRanges } from '../../../shared/reconcile/records/ranges.ts'
import { World } from '../../world.ts'

const listingMs = 100

/** A listing of access that takes this long for each row, as one of S3 does for each thousand. */
function slowPorts({ ports, objects, clock }: World): Ports {
  const list: ObjectStore['list'] = async function* (prefix, options) {
    for await (const head of objects.list(prefix, options)) {
      if (prefix === 'access/') await clock.sleep(listingMs)
      yield head
    }
  }
  return { ...ports, objects: Object.assign(Object.create(objects), { get: objects.get.bind(objects), list }) }
}

test('a page that has just started lists the ranges of the last sweep at the same time', async () => {
  const world = new World()
  const ids = Array.from({ length: 20 }, (_, nth) => accountId.parse(String(nth).padStart(12, '0')))
  for (const id of ids) await world.objects.put(`access/account%${id}%Read-ps%ana%USER%ours`, '')
  const ranges = cutRanges([ids], { entriesOfMark: 1, marksOfRange: 2 })
  const run = { v: 1, run: 'run', startedAt: '2026-03-03T10:00:00.000Z', ranges, isOpen: false }
  await world.objects.put('state/ranges/sweep.json', JSON.stringify(run))
  const ports = slowPorts(world)
  const looks = new PageLooks(ports, world.configuration, {
    organization: new OrganizationCache(ports, world.configuration.folders),
    policies: new Policies(ports),
  })
  const beganMs = world.clock.monotonicMs()
  const { body } = await world.finish(looks.everybody([]), listingMs)
  expect(JSON.parse(body).rows.map(({ account }: { account: string }) => account)).toEqual(ids)
  // A range has at most three rows, and its listing ends at the first row behind it.
  expect(world.clock.monotonicMs() - beganMs).toBeLessThanOrEqual(5 * listingMs)
})
