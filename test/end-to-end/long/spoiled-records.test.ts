import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const account = '200000000001'
const set = 'ReadOnly-ps'
const link = `links_data/account%${account}%${set}%team%GROUP%ssofile`
const file = `permission_sets/${set}.json`
const brake = 'control/brake.json'
const owned = `owned_permission_sets/${set}`
/** The schedule of every minute comes every six seconds. */
const timeScale = 10
const withinMs = 18_000

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start({ organization: smallOrganization({ groups: ['team', 'other'] }), timeScale })
  await system.upload(file, permissionSetFile(set))
  await system.upload(link)
  await system.untilStatus(link, 'applied')
})
afterAll(() => system.stop(), 60_000)

async function untilAttention(...expected: readonly string[]): Promise<void> {
  let seen: readonly string[] = []
  const look = async () => {
    seen = await system.keys('attention/')
    return seen.join() === expected.map((key) => `attention/failed/${key}`).join() ? true : undefined
  }
  await until(`attention: ${expected}`, look, { withinMs, tell: () => `${seen}\n${system.lastLogLines()}` })
}

const text = async (key: string): Promise<string> => `${JSON.stringify(await system.json(key))}\n`
const told = async (...args: string[]) => (await system.ssofile(['status', ...args])).stdout

describe('an object of ssofile that somebody spoiled stands in attention/ within a minute, first in the status', () => {
  test('where it is what the brake counts, without which nothing is revoked', async () => {
    const other = link.replace('%team%', '%other%')
    await system.upload(other)
    await system.untilStatus(other, 'applied')
    await system.remove(other)
    await system.untilGone(other)
    const before = await text(brake)
    await system.upload(brake, '{"v":1,', 'operator')
    await system.remove(link)
    await untilAttention(brake)
    const summary = await told()
    expect(summary.split('\n')[0]).toBe(brake)
    expect(summary).toContain('nothing is revoked')
    expect(summary).toContain('restore')
    expect(JSON.parse(await told('--json'))[0]).toMatchObject({ input: brake, state: 'failed' })
    expect(await system.access.inAccount(account)).toEqual([`${set}%team%GROUP`])
    await system.upload(brake, before, 'operator')
    await untilAttention()
    await until(
      'the revocation',
      async () => ((await system.access.inAccount(account)).length === 0 ? true : undefined),
      {
        withinMs,
        tell: () => system.lastLogLines(),
      },
    )
    expect(await told()).not.toContain(brake)
  })

  test('where it is what ssofile knows of a permission set, which says so itself', async () => {
    const before = await text(owned)
    await system.upload(owned, 'no JSON', 'ssofile')
    await untilAttention(owned)
    expect((await told()).split('\n')[0]).toBe(owned)
    await system.upload(file, permissionSetFile(set).replace('}', ',"description":"newer"}'), 'other')
    const { reason, remedy } = await system.untilStatus(file, 'failed')
    expect(reason).toContain(owned)
    expect(remedy).toContain('restore')
    await system.upload(owned, before, 'ssofile')
    await system.untilStatus(file, 'applied')
    await untilAttention()
  })
})
