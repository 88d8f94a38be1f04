import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { hostileNames, raw } from '../hostile-names.ts'
import { LocalSystem } from './local-system.ts'
import { smallOrganization } from './small-organization.ts'

const set = 'ReadOnly-ps'
const keys = hostileNames.flatMap((name) => [
  `links_data/account%200000000002%${set}%${name}%GROUP%ssofile`,
  `links_data/${name}/root%all%${set}%team-Accountants%GROUP%ssofile`,
  `links_data/${name}`,
  `permission_sets/${name}.json`,
  `permission_sets/${name}`,
])

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start({ organization: smallOrganization(), latencyMs: 10 })
})
afterAll(() => system.stop())

/** What a command prints; nothing of it may reach a terminal as it came. */
async function run(...args: string[]): Promise<string> {
  const { stdout, stderr } = await system.ssofile(args)
  expect(stdout + stderr).not.toMatch(raw)
  return stdout
}

test('a name made to harm a terminal reaches the output of the commands escaped, as text, as JSON and as an error', async () => {
  for (const key of keys) await system.upload(key)
  await run('apply', 's3://ssofile', '--json')
  await run('status')
  const told = JSON.parse(await run('status', '--json')) as { input: string }[]
  expect(told.map(({ input }) => input).sort()).toEqual([...keys].sort())
  await run('status', keys.find((key) => key.includes('\u202e')) ?? '', '--json')
  await system.upload('status/links_data/\u001b[31m\u202e.json', 'not of ssofile', 'ssofile')
  await run('status')
})
