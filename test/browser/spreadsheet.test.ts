import { beforeAll, describe, expect, test } from '@jest/globals'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { organizationFile } from '../../shared/memory/organization-file.ts'
import { permissionSetFile, smallOrganization } from '../end-to-end/small-organization.ts'
import { World } from '../world.ts'
import { type Cell, openSpreadsheet } from './open-spreadsheet.ts'

/** Names, and what stands in the cell: an apostrophe before what begins like a formula, and codes for what nobody sees. */
const names: readonly (readonly [string, string])[] = [
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['=HYPERLINK("http://127.0.0.1/";"x")', `'=HYPERLINK("http://127.0.0.1/";"x")`],
  ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
  ['＝1+1', "'＝1+1"],
  ['quote"quote', 'quote"quote'],
  ['comma,semicolon;', 'comma,semicolon;'],
  ["Équipe d'audit データ分析 🚀", "Équipe d'audit データ分析 🚀"],
  ['  =1+1', "'  =1+1"],
  ['\t=1+1', "'\\u{9}=1+1"],
  ['\r=1+1', "'\\u{d}=1+1"],
  ['a\n=1+1', 'a\\u{a}=1+1'],
]
/** A user name has no spaces. */
const users = names.filter(([name]) => !/[\s]/.test(name))
const account = accountId.parse('200000000001')

async function writeReport(): Promise<{ readonly access: Uint8Array; readonly groups: Uint8Array }> {
  const tiny = smallOrganization({
    groups: names.map(([name]) => name),
    users: users.map(([name]) => name),
    permissionSets: [JSON.parse(permissionSetFile('Read-ps'))],
  })
  const world = new World({ organization: organizationFile.parse(tiny) }).start({ dispatcher: false })
  const { identityStore, ssoAdmin } = world
  const permissionSetArn = ssoAdmin.permissionSetArnOf('Read-ps')
  if (permissionSetArn === undefined) throw new Error('received no permission set Read-ps')
  for (const [index, [group]] of names.entries()) {
    const groupId = identityStore.idOf('GROUP', group) ?? ''
    const [member = ''] = users[index % users.length] ?? []
    await identityStore.createGroupMembership(groupId, identityStore.idOf('USER', member) ?? '')
    await world.clock.advance(1000)
    const principalId = identityStore.idOf('GROUP', group)
    if (principalId === undefined) throw new Error(`received no group ${group}`)
    ssoAdmin.addAssignment({ accountId: account, permissionSetArn, principalId, principalType: 'GROUP' })
  }
  for (const [name] of users) {
    const link = `links_data/account%${account}%Read-ps%${name}%USER%ssofile`
    await world.objects.as('maria').put(link, JSON.stringify({ reason: name, ticket: name }))
  }
  for (let round = 0; round < 3; round++) {
    await world.look()
    await world.finish(world.slice())
  }
  await world.organizations.updateOrganizationalUnit('ou-tiny-workload', '=1+1')
  for (let run = 0; run < 2; run++) await world.finish(world.everyHour(), 1000)
  await world.everyNight()
  for (let round = 0; round < 4; round++) {
    await world.look()
    await world.finish(world.slice())
  }
  await world.finish(world.everyMorning())
  const folder = `reports/${world.clock.now().toISOString().slice(0, 10)}/`
  const read = async (name: string) => (await world.objects.get(folder + name))?.body ?? new Uint8Array()
  return { access: await read('access.csv'), groups: await read('groups.csv') }
}

const formulas = (rows: readonly (readonly Cell[])[]) => rows.flat().filter(({ formula }) => formula !== undefined)
const column = ([titles = [], ...rows]: readonly (readonly Cell[])[], name: string): ReadonlySet<string> => {
  const place = titles.findIndex(({ text }) => text === name)
  return new Set(rows.map((row) => row[place]?.text ?? ''))
}

describe('in LibreOffice', () => {
  let access: readonly (readonly Cell[])[]
  let groups: readonly (readonly Cell[])[]
  beforeAll(async () => {
    const report = await writeReport()
    access = await openSpreadsheet(report.access)
    groups = await openSpreadsheet(report.groups)
  })

  test('a cell that nobody escaped is a formula, so the other tests would see one', async () => {
    const rows = await openSpreadsheet('"name"\r\n"=1+1"\r\n')
    expect(formulas(rows)).toEqual([{ text: '2', formula: 'of:=1+1' }])
  })

  test('no cell of access.csv is a formula, and names, tickets, reasons and OUs are the texts that they were', () => {
    expect(access).toHaveLength(1 + names.length + users.length)
    expect(formulas(access)).toEqual([])
    const people = new Set(users.map(([, text]) => text))
    expect(column(access, 'person')).toEqual(people)
    for (const name of ['ticket', 'reason']) expect(column(access, name)).toEqual(people.union(new Set([''])))
    expect(column(access, 'through group')).toEqual(new Set(['', ...names.map(([, text]) => text)]))
    expect(column(access, 'OU path')).toEqual(new Set(['Root/=1+1']))
  })

  test('no cell of groups.csv is a formula, and the names are the texts that they were', () => {
    expect(groups).toHaveLength(1 + names.length)
    expect(formulas(groups)).toEqual([])
    expect(column(groups, 'group')).toEqual(new Set(names.map(([, text]) => text)))
    expect(column(groups, 'person')).toEqual(new Set(users.map(([, text]) => text)))
  })
})
