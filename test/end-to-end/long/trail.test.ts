import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const account = '200000000001'
const imitating = 'ops%GROUP/2020-01-01T00:00:00.000Z%revoked.json'
const teams = Array.from({ length: 16 }, (_, index) => `team-${index}`)
const keyOf = (group: string) => `account%${account}%ReadOnly-ps%${group}%GROUP%ssofile`

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start({ organization: smallOrganization({ groups: ['ops', imitating, ...teams] }) })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.untilStatus('permission_sets/ReadOnly-ps.json', 'applied')
})
afterAll(() => system.stop(), 60_000)

test('whoever uploaded a link for an hour is never named for the permanent one that another put in its place at once', async () => {
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
  const links = teams.map((team) => `links_data/${keyOf(team)}`)
  // One after the other, and the other a little later each time: so the event of the first upload meets the second.
  for (const [index, link] of links.entries()) {
    await system.upload(link, JSON.stringify({ expiresAt }), 'me')
    await sleep(index * 4)
    await system.upload(link, '', 'other')
  }
  await system.untilStatuses(links, 'applied')
  await system.untilQuiet()
  const named = new Set<unknown>()
  for (const team of teams) {
    const entry = (await system.recordOf(keyOf(team))) as { links?: Granting[] } | undefined
    const told = await Promise.all((await system.historyKeys(keyOf(team))).map((object) => system.json(object)))
    for (const record of [entry, ...told]) {
      const { links: granting = [] } = (record ?? {}) as { links?: Granting[] }
      for (const { expiresAt: until, by } of granting) if (until === undefined) named.add(by?.principalId)
    }
    expect(await system.status(`links_data/${keyOf(team)}`)).toMatchObject({ by: { principalId: 'AWS:other' } })
    expect(entry?.links).toMatchObject([{ by: { principalId: 'AWS:other' } }])
  }
  // History says nothing where it was written before the second notification came.
  named.delete(undefined)
  expect([...named]).toEqual(['AWS:other'])
})
type Granting = { readonly expiresAt?: string; readonly by?: { readonly principalId: string } }

test('a group whose name imitates a history object writes nothing into the history of another', async () => {
  const link = `links_data/${keyOf(imitating)}`
  await system.upload(link, '', 'other')
  await system.untilStatus(link, 'applied')
  expect(await system.historyKeys(keyOf('ops'))).toEqual([])
  const [object = ''] = await system.historyKeys(keyOf(imitating))
  expect(object).toMatch(/^history\/account%\d{12}%ReadOnly-ps%[0-9a-f-]+%GROUP\/[^/]*Z%granted\.json$/)
  expect((await explain('ops')).flatMap(({ history }) => history)).toEqual([])
  const [explained] = await explain(imitating)
  expect(explained?.history.map(({ event }) => event)).toEqual(['granted'])
})

test('one listing tells what changed, without an object being opened: who has it, the expiry that went, a pause', async () => {
  const patience = { withinMs: 90_000 }
  const told = async (name: string) =>
    (await system.keys('changes/')).flatMap((key) => (key.endsWith(`%${name}`) ? [key.split('%')[1]] : []))
  const link = `links_data/${keyOf('ops')}`
  await system.upload(
    link,
    JSON.stringify({ expiresAt: new Date(Date.now() + 3_600_000).toISOString(), owner: 'team-0' }),
    'me',
  )
  await system.untilStatus(link, 'applied')
  expect(await system.status(link)).toMatchObject({ owner: 'team-0' })
  expect((await explain('ops')).flatMap(({ links }) => links)).toMatchObject([{ key: link, owner: 'team-0' }])
  const who = await system.ssofile(['who', '--account', account, '--json'], 'me')
  expect(JSON.parse(who.stdout).rows).toContainEqual(
    expect.objectContaining({ links: [expect.objectContaining({ key: link, owner: 'team-0' })] }),
  )
  await system.upload(link, '', 'me')
  await until('other terms', async () => (await told(keyOf('ops')))[1], patience)
  await system.remove(link, 'me')
  await until('the end', async () => (await told(keyOf('ops')))[2], patience)
  expect(await told(keyOf('ops'))).toEqual(['granted', 'terms-changed', 'revoked'])
  expect(await told('ReadOnly-ps')).toEqual(['permission-set-created'])
  await system.ssofile(['pause', '--reason', 'a look'], 'operator')
  await system.ssofile(['resume'], 'operator')
  await until('the pause in history', async () => (await told('all'))[1], patience)
  const [, resumed = ''] = await system.keys('history/pause/')
  expect(await system.json(resumed)).toMatchObject({ event: 'resumed', by: expect.stringContaining('operator') })
})

async function explain(group: string) {
  const { stdout } = await system.ssofile(['explain', account, 'ReadOnly-ps', group, '--json'], 'me')
  const { direct } = JSON.parse(stdout) as { direct: { history: { event: string }[]; links: object[] }[] }
  return direct
}
