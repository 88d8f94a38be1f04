import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { defaultConfiguration } from '../../../shared/domain/deployment/configuration.ts'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const accounts = ['200000000001', '200000000002', '200000000003']
const groups = ['a', 'b']
const set = 'ReadOnly-ps'
const links = groups.flatMap((group) =>
  accounts.map((account) => `links_data/account%${account}%${set}%${group}%GROUP%ssofile`),
)
/** In all accounts: one link is one, on however many accounts. */
const wide = `links_data/team-a/root%all%${set}%c%GROUP%ssofile`
const malformed = '{ "reason": "a comma too many", }'

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start({
    organization: smallOrganization({ groups: [...groups, 'c'] }),
    configuration: {
      brake: { ...defaultConfiguration.brake, own: { count: 2, percent: 10, minutes: 15 } },
      folders: ['team-a'],
    },
  })
  await system.upload(`permission_sets/${set}.json`, permissionSetFile(set))
  await system.uploadAll([...links, wide])
  await system.untilStatuses([...links, wide], 'applied')
  await system.untilQuiet()
})
afterAll(() => system.stop(), 30_000)

/** What is in Identity Center, of the groups that these tests are about. */
async function granted(): Promise<number> {
  const found = await Promise.all(accounts.map((account) => system.access.inAccount(account)))
  return found.flat().length
}
const held = () => system.keys('attention/held/')

test('a link that is overwritten by what is not valid loses its access as if it were deleted, and its status says so', async () => {
  await system.upload(wide, malformed)
  await until('the end of its access', async () => ((await granted()) === links.length ? true : undefined))
  await system.untilQuiet()
  const status = await system.untilStatus(wide, 'rejected')
  expect(status).toMatchObject({
    reason: expect.stringMatching(/expected .*; the link was valid before \(uploaded \S+Z\), so ssofile revokes/),
    remedy: expect.stringContaining('upload its former content'),
    accounts: { open: 0 },
  })
  const told = await system.ssofile(['status', wide])
  expect(told.stdout).toContain('the link was valid before')
  await system.upload(wide)
  await system.untilStatus(wide, 'applied')
  expect(await system.status(wide)).not.toHaveProperty('lastValid')
})

test('many links that somebody overwrites by what is not valid are held by the brake, as deletions are', async () => {
  await Promise.all(links.map((link) => system.upload(link, malformed)))
  await until('four links held', async () => ((await held()).length === 4 ? true : undefined), {
    tell: async () => `${await held()}\n${system.lastLogLines()}`,
  })
  await system.untilQuiet()
  expect(await granted()).toBe(links.length - 2 + accounts.length)
  const [first = ''] = (await held()).map((key) => key.replace('attention/held/', ''))
  expect(await system.status(first)).toMatchObject({
    reason: expect.stringMatching(/held by the brake: .*; the file is no longer valid: received/),
    remedy: expect.stringContaining('to keep the access, correct the file'),
  })
  // Another file that is not valid changes nothing of that.
  await system.upload(first, '[]')
  await until('what is wrong with it now', async () =>
    (await system.status(first))?.reason?.includes('received an empty list') ? true : undefined,
  )
  await system.untilQuiet()
  expect(await system.status(first)).toMatchObject({
    state: 'held',
    reason: expect.stringContaining('received an empty list'),
  })
  await system.upload(first, '{"reason":"as before"}')
  await system.untilStatus(first, 'applied')
  await system.untilQuiet()
  expect(await granted()).toBe(links.length - 2 + accounts.length)
  const [list] = JSON.parse((await system.ssofile(['brake', '--json'])).stdout).lists
  expect(list).toMatchObject({ rule: 'own', limit: 2 })
  expect(list.held).toHaveLength(3)
  const denied = await system.ssofile(['brake', '--release', list.digest], 'maria')
  expect(denied.exitCode).toBe(2)
  const released = await system.ssofile(['brake', '--release', list.digest], 'operator')
  expect(released.exitCode).toBe(0)
  await until('the end of what was released', async () =>
    (await granted()) === 1 + accounts.length ? true : undefined,
  )
  await system.untilStatuses(
    links.filter((link) => link !== first),
    'rejected',
  )
})
