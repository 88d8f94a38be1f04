import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { readBack } from '../permission-set-reader.ts'
import { smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const set = 'Work-ps'
const file = `permission_sets/${set}.json`
const link = `links_data/root%all%${set}%team%GROUP%ssofile`
const managedPoliciesArnList = ['arn:aws:iam::aws:policy/ReadOnlyAccess']

let system: LocalSystem
/** Five minutes, and so a sweep, are five seconds here. */
beforeAll(async () => {
  system = await LocalSystem.start({ organization: smallOrganization({ groups: ['team'] }), timeScale: 60 })
  await system.upload(file, JSON.stringify({ permissionSetName: set, managedPoliciesArnList }))
  await system.upload(link)
  await system.untilStatuses([file, link], 'applied')
  await system.upload(file, JSON.stringify({ permissionSetName: set }))
  await system.untilStatus(file, 'held')
})
afterAll(() => system.stop(), 60_000)

test('a file that is held is in force by itself once nobody has its permission set, and nothing wants attention', async () => {
  await system.remove(link)
  await system.untilGone(link)
  await until(
    'the end of the hold',
    async () => ((await system.status(file))?.state === 'applied' ? true : undefined),
    {
      withinMs: 40_000,
    },
  )
  expect((await readBack(system, set)).managed).toEqual([])
  expect(await system.keys('attention/')).toEqual([])
  const shown = await system.ssofile(['brake'])
  expect([shown.exitCode, shown.stdout]).toEqual([0, 'the brake holds nothing\n'])
})
