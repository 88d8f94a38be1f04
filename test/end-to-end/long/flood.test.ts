import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const badFiles = 400
const waitingLinks = 100
const flood = badFiles + waitingLinks
const own = (folder: string, group: string, set = 'ReadOnly-ps') =>
  `links_data/${folder}/account%200000000001%${set}%${group}%GROUP%ssofile`
const mine = own('me', 'revoked')

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start({
    organization: smallOrganization({ groups: ['revoked', 'granted'] }),
    configuration: { folders: ['me', 'other'] },
  })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.upload(mine, '', 'me')
  await system.untilStatus(mine, 'applied')
})
afterAll(() => system.stop(), 60_000)

/** Of the flood, how many inputs have a status. */
async function lookedAt(): Promise<number> {
  return (await system.keys('status/links_data/other/')).length
}

test('behind 400 bad files and 100 waiting links of another folder a deletion is looked at first, and a grant is made', async () => {
  const bad = Array.from({ length: badFiles }, (_, index) => `links_data/other/bad ${index}`)
  const waiting = Array.from(
    { length: waitingLinks },
    (_, index) => `links_data/other/root%all%Missing-ps%group ${index}%GROUP%ssofile`,
  )
  await system.uploadAll([...bad, ...waiting])
  await system.remove(mine, 'me')
  await system.upload(own('me', 'granted'), '', 'me')
  const before = await lookedAt()
  expect(before).toBeLessThan(flood / 3)
  await until('a look at the deletion', async () =>
    (await system.status(mine))?.state === 'applied' ? undefined : true,
  )
  expect((await lookedAt()) - before).toBeLessThan(flood / 3)
  // One process is all of AWS and ssofile here, so that the flood takes time from the calls of the dispatcher as well: how
  // long they take is for the benchmark.
  await system.untilGone(mine)
  await system.untilStatus(own('me', 'granted'), 'applied')
})
