import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../shared/domain/principals/principal.ts'
import { listAccessChanges } from '../../shared/modules/access/list-access-changes.ts'
import { acme, World } from '../world.ts'

const billing = readFileSync(new URL('../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const account = accountId.parse('233000000002')
const user = 'kenji.ito@acme.example'

/** A user and a group with this name have access by links; then the user is disabled, and no event says so. */
async function disableBeside(group: string): Promise<World> {
  const file = acme()
  const world = new World({ organization: { ...file, groups: [...file.groups, principalName.parse(group)] } }).start()
  await world.objects.put('permission_sets/Billing-ps.json', billing)
  const has = (id: string | undefined) => world.ssoAdmin.assignments().some(({ principalId }) => principalId === id)
  const ids = [world.identityStore.idOf('USER', user), world.identityStore.idOf('GROUP', group)]
  for (const whose of [`${user}%USER`, `${group}%GROUP`])
    await world.objects.put(`links_data/account%${account}%Billing-ps%${whose}%ssofile`, '')
  await world.until(() => ids.every(has), 'the access')
  await world.finish(world.everyFiveMinutes())
  await world.finish(world.everyHour())
  await world.identityStore.setUserStatus(principalId.parse(ids[0]), 'DISABLED')
  await world.clock.advance(10 * 60_000)
  await world.finish(world.everyHour())
  await world.until(async () => (await world.keys('access/')).length === 1, 'the end of the access, and its record')
  expect(has(ids[0])).toBe(false)
  expect(has(ids[1])).toBe(true)
  return world
}

test.each([
  ['ordinary', 'team-new'],
  ['full of slashes', 'a/'.repeat(245)],
  ['of hundreds of Japanese letters', '経理部の全員'.repeat(45)],
])(
  'the hourly reconcile takes access away beside a group whose name is %s, and changes name its account',
  async (_, group) => {
    const world = await disableBeside(group)
    const since = new Date('2026-03-01T00:00:00Z')
    const changes = await listAccessChanges({ since, account }, world.objects)
    expect(changes.map(({ event, type }) => `${event} ${type}`).sort()).toEqual([
      'granted GROUP',
      'granted USER',
      'revoked USER',
    ])
    expect(await world.keys('access/')).toHaveLength(1)
  },
)
