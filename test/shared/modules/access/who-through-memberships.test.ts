import { expect, test } from '@jest/globals'
import { AccessTable } from '../../../../handlers/cli/who/render-access.ts'
import { whoHasAccess } from '../../../../shared/modules/access/who-has-access.ts'
import { writeReport } from '../../../../shared/modules/reports/write-report.ts'
import { readAnswer } from '../../../read-answer.ts'
import { Grouping, kenji } from '../people/grouping.ts'

const other = 'ama.osei@acme.example'
const file = `memberships/team-a/oncall%${kenji}%ssofile`
const set = 'permission_sets/Support-ps.json'
const link = 'links_data/account%233000000002%Support-ps%oncall%GROUP%ssofile'

/** Kenji is in the group by a file, another user by somebody else's hand. */
async function open(): Promise<Grouping> {
  const grouping = await Grouping.begin()
  await grouping.put(set, { permissionSetName: 'Support-ps' })
  await grouping.put(link)
  await grouping.until(link, 'applied')
  await grouping.put(file)
  await grouping.until(file, 'applied')
  const [group, user] = [grouping.id('GROUP', 'oncall'), grouping.id('USER', other)]
  await grouping.world.identityStore.createGroupMembership(group, user)
  return grouping
}

test('who tells the file through which somebody is in a group, and of whom others put in the group only', async () => {
  const { world } = await open()
  const question = { group: 'oncall', isLive: true }
  const answer = await world.finish(readAnswer(whoHasAccess(question, world.ports, world.configuration)))
  expect(answer.rows.map(({ person, group, memberships }) => [person, group, memberships])).toEqual([
    [other, 'oncall', undefined],
    [kenji, 'oncall', [file]],
  ])
  const fixed = { person: false, account: false, permissionSet: false }
  const table = new AccessTable(fixed, undefined)
  table.add(answer.rows)
  const wide = table.render(answer, world.clock.now())
  const lines = wide.split('\n').filter((line) => line.includes('@acme.example'))
  expect(lines.map((line) => [line.includes('oncall'), line.includes(file)])).toEqual([
    [true, false],
    [true, true],
  ])
})

test('the report of a night has the file too', async () => {
  const { world } = await open()
  await world.finish(writeReport(world.ports, world.configuration))
  const csv = new TextDecoder().decode((await world.objects.get('reports/2026-03-03/groups.csv'))?.body)
  expect(csv).toContain(`"${kenji}","${world.identityStore.idOf('USER', kenji)}","${file}"`)
  expect(csv).toContain(`"${other}","${world.identityStore.idOf('USER', other)}",""`)
})
