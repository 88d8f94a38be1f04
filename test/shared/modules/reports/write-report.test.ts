import { describe, expect, test } from '@jest/globals'
import { parquetReadObjects } from 'hyparquet'
import { roleArn } from '../../../../shared/domain/assignments/entitlement.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { parseOwnCsv } from '../../../../shared/domain/text/render-csv.ts'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import { describeSources } from '../../../../shared/modules/access/describe-sources.ts'
import { renderAccessRows } from '../../../../shared/modules/access/render-access-rows.ts'
import { whoHasAccess } from '../../../../shared/modules/access/who-has-access.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import { readMembershipsAt } from '../../../../shared/modules/reports/memberships-at.ts'
import { writeReport } from '../../../../shared/modules/reports/write-report.ts'
import { recordUses, recordWatching } from '../../../../shared/modules/usage/use-records.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { stopForLoss } from '../../../../shared/reconcile/records/pause.ts'
import { permissionSetFile, smallOrganization } from '../../../end-to-end/small-organization.ts'
import { failing, intercept } from '../../../intercept.ts'
import { readAnswer } from '../../../read-answer.ts'
import { World, type WorldOptions } from '../../../world.ts'

const account = '200000000001'
const formula = '=cmd|calc'
const organization = organizationFile.parse(
  smallOrganization({
    groups: ['admins', 'empty', 'others'],
    users: ['ana@x.example', 'bo@x.example', formula],
    permissionSets: [JSON.parse(permissionSetFile('Foreign-ps'))],
  }),
)
const linkOf = (principal: string, type = 'GROUP') =>
  `links_data/account%${account}%Read-ps%${principal}%${type}%ssofile`

async function open(options: WorldOptions = {}): Promise<World> {
  const world = new World({ organization, ...options }).start({ dispatcher: false })
  await join(world, 'ana@x.example', 'admins')
  await join(world, 'bo@x.example', 'admins')
  await world.objects.as('maria').put('permission_sets/Read-ps.json', permissionSetFile('Read-ps'))
  await world.objects.as('maria').put(linkOf('admins'), JSON.stringify({ ticket: 'T-1', owner: 'ana@x.example' }))
  await world.objects.as('maria').put(linkOf(formula, 'USER'), '')
  await settle(world)
  giveByHand(world, 'others')
  await night(world)
  return world
}

async function settle(world: World): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await world.look()
    await world.finish(world.slice())
  }
}

async function night(world: World): Promise<void> {
  await world.everyNight()
  for (let round = 0; round < 3; round++) await settle(world)
}

async function join(world: World, user: string, group: string): Promise<void> {
  const id = (type: 'GROUP' | 'USER', name: string) => world.identityStore.idOf(type, name) ?? ''
  await world.identityStore.createGroupMembership(id('GROUP', group), id('USER', user))
  await world.clock.advance(60)
}

function foreignOf(world: World, group: string) {
  const permissionSetArn = world.ssoAdmin.permissionSetArnOf('Foreign-ps')
  const principalId = world.identityStore.idOf('GROUP', group)
  if (permissionSetArn === undefined || principalId === undefined) throw new Error(`received ${group}`)
  return { accountId: accountId.parse(account), permissionSetArn, principalId, principalType: 'GROUP' as const }
}

function giveByHand(world: World, group: string): void {
  world.ssoAdmin.addAssignment(foreignOf(world, group))
}

async function report(world: World): Promise<string> {
  const folder = `reports/${world.clock.now().toISOString().slice(0, 10)}/`
  await world.finish(world.everyMorning())
  return folder
}

async function text(world: World, key: string): Promise<string> {
  return new TextDecoder().decode((await world.objects.get(key))?.body)
}

const lines = (csv: string) => csv.split('\r\n').slice(1, -1)
const cells = (line: string) => line.slice(1, -1).split('","')

describe('a report', () => {
  test('is not written while the ledger is lost, because access would be missing in it', async () => {
    const world = await open()
    await stopForLoss(world.ports, '2 of 2 entries under assignments/ are gone')
    const folder = await report(world)
    expect(await world.keys(folder)).toEqual([])
  })

  test('has the same tables, however many parts the records have', async () => {
    const world = await open()
    for (const other of ['200000000002', '200000000003'])
      await world.objects.as('maria').put(linkOf('admins').replace(account, other), '')
    await settle(world)
    const folder = await report(world)
    const tables = () => Promise.all(['access.csv', 'groups.csv'].map((name) => text(world, folder + name)))
    const [access = '', groups] = await tables()
    expect(lines(access)).toHaveLength(8)
    await world.finish(writeReport(world.ports, world.configuration, 1))
    expect(await tables()).toEqual([access, groups])
  })

  test('has a line for each person and assignment, the memberships, a summary and the page', async () => {
    const world = await open()
    const folder = await report(world)
    expect((await world.keys(folder)).map((key) => key.slice(folder.length))).toEqual([
      'access.csv',
      'access/access.parquet',
      'groups.csv',
      'groups/groups.parquet',
      'index.html',
      'orphans.csv',
      'summary.json',
    ])
    const csv = await text(world, `${folder}access.csv`)
    const rows = lines(csv).map(cells)
    expect(rows.map(([person, , , , , , , set, group, , given]) => [person, set, group, given])).toEqual([
      [`'${formula}`, 'Read-ps', '', 'ssofile'],
      ['ana@x.example', 'Read-ps', 'admins', 'ssofile'],
      ['bo@x.example', 'Read-ps', 'admins', 'ssofile'],
      ['', 'Foreign-ps', 'others', 'foreign'],
    ])
    expect(rows.map((row) => row.at(-1))).toEqual(['', 'ana@x.example', 'ana@x.example', ''])
    const groups = lines(await text(world, `${folder}groups.csv`)).map(cells)
    expect(groups.map(([group, , person]) => [group, person])).toEqual([
      ['admins', 'ana@x.example'],
      ['admins', 'bo@x.example'],
      ['others', ''],
    ])
    expect(await world.json(`${folder}summary.json`)).toMatchObject({
      counts: { rows: 4, assignments: 3, foreign: 1, accounts: 1, people: 3, groups: 2 },
      calls: { listMembersOf: 2 },
      changes: { granted: 2, 'foreign-found': 1 },
      notes: [],
    })
    expect(await text(world, `${folder}index.html`)).toContain('ana@x.example')
  })

  test.each(['access', 'groups'])('has the rows of %s.csv also as Parquet, with names that SQL knows', async (name) => {
    const world = await open()
    const folder = await report(world)
    const [titles = [], ...rows] = parseOwnCsv(await text(world, `${folder}${name}.csv`))
    const { buffer: file } = new Uint8Array((await world.objects.get(`${folder}${name}/${name}.parquet`))?.body ?? [])
    const toText = (value: unknown) => (value instanceof Date ? value.toISOString() : String(value ?? ''))
    const read = await parquetReadObjects({ file })
    expect(read.map((row) => Object.values(row).map(toText))).toEqual(rows)
    expect(Object.keys(read[0] ?? {})).toEqual(titles.map((title) => title.toLowerCase().replaceAll(' ', '_')))
  })

  test('has a line for a role that account access manager gives, also in an account where nobody has anything else', async () => {
    const world = await open()
    const { principalId, principalType } = foreignOf(world, 'admins')
    const application = world.accountAccess.createApplication()
    const given = roleArn.parse('arn:aws:iam::200000000002:role/Deploy')
    world.accountAccess.createEntitlement(application, { principalId, principalType, roleArn: given })
    await night(world)
    const folder = await report(world)
    const rows = lines(await text(world, `${folder}access.csv`)).map(cells)
    const byRole = rows.filter(([, , , , , , , set]) => set === 'role:Deploy')
    expect(byRole.map(([person, , id, , , , , , group, , given]) => [person, id, group, given])).toEqual([
      ['ana@x.example', '200000000002', 'admins', 'foreign'],
      ['bo@x.example', '200000000002', 'admins', 'foreign'],
    ])
    expect(await world.json(`${folder}summary.json`)).toMatchObject({
      counts: { assignments: 4, foreign: 2, accounts: 2 },
    })
    expect(await text(world, `${folder}index.html`)).toContain('role:Deploy')
  })

  test('says what is different from the one of the day before', async () => {
    const world = await open()
    await report(world)
    await world.clock.advance(24 * 60 * 60_000)
    await world.objects.as('maria').delete(linkOf('admins'))
    await settle(world)
    const folder = await report(world)
    const summary = await world.json(`${folder}summary.json`)
    expect(summary).toMatchObject({ before: { date: '2026-03-03', difference: { rows: -2, people: -2, foreign: 0 } } })
    expect(summary?.changes).toEqual({ revoked: 1 })
  })

  test('of a past day is what history and its memberships tell of the moment in which it was made', async () => {
    const world = await open()
    for (let run = 0; run < 2; run++) await world.finish(world.everyHour(), 1000)
    const reported: { readonly folder: string; readonly csv: readonly string[]; readonly madeAt: string }[] = []
    const make = async () => {
      const folder = await report(world)
      const madeAt = String((await world.json(`${folder}summary.json`))?.madeAt)
      reported.push({ folder, madeAt, csv: lines(await text(world, `${folder}access.csv`)).sort() })
      await world.clock.advance(24 * 60 * 60_000)
    }
    await make()
    await world.objects.as('maria').put(linkOf('admins'), JSON.stringify({ ticket: 'T-2' }))
    await world.objects.as('maria').put(linkOf('bo@x.example', 'USER'), '')
    await join(world, formula, 'admins')
    await settle(world)
    await make()
    await world.objects.as('maria').delete(linkOf(formula, 'USER'))
    world.ssoAdmin.removeAssignment(foreignOf(world, 'others'))
    await world.identityStore.deleteGroup(world.identityStore.idOf('GROUP', 'admins') ?? '')
    await world.identityStore.createGroup({ displayName: 'admins' })
    await world.finish(world.everyHour(), 1_000)
    await night(world)
    await make()
    // The group that is gone is still in its grace.
    expect(reported.map(({ csv }) => csv.length)).toEqual([4, 6, 3])
    for (const { csv, madeAt } of reported) {
      // groups.csv has no members of either.
      const told = csv.map((line) => line.replace('is gone from the directory', 'has no members'))
      expect(await rebuild(world, madeAt)).toEqual(told)
    }
  })

  test("says where an auditor's role may ask it when roles were last used, and counts what is unused", async () => {
    const world = await open({ configuration: { auditorRole: 'ssofile-auditor' } })
    const [id, usedAt] = [accountId.parse(account), new Date('2026-03-01T00:00:00Z')]
    world.iam.tell(id, 'Read-ps', { usedAt })
    world.iam.tell(id, 'Foreign-ps', { madeAt: new Date('2025-01-01T00:00:00Z') })
    for (const key of await world.keys('foreign/')) {
      const body = JSON.stringify({ ...(await world.json(key)), seenAt: '2025-06-01T00:00:00.000Z' })
      await world.objects.put(key, body)
    }
    const folder = await report(world)
    const uses = lines(await text(world, `${folder}access.csv`)).map((line) => cells(line).slice(-5, -2))
    const asOf = expect.stringMatching(/^2026-03-03T/)
    const used = [usedAt.toISOString(), '0', asOf]
    expect(uses).toEqual([used, used, used, ['never', '275', asOf]])
    const summary = await world.json(`${folder}summary.json`)
    expect(summary).toMatchObject({ counts: { assignments: 3, unusedFor90Days: 1, useNotKnown: 0 }, notes: [] })
    await world.clock.advance(24 * 60 * 60_000)
    world.iam.removeAuditorRole(id)
    const next = await report(world)
    expect(lines(await text(world, `${next}access.csv`)).map((line) => cells(line).slice(-5, -2))).toEqual(
      Array.from({ length: 4 }, () => ['not known', '', '']),
    )
    expect(await world.json(`${next}summary.json`)).toMatchObject({
      counts: { unusedFor90Days: 0, useNotKnown: 3 },
      before: { difference: { unusedFor90Days: -1, useNotKnown: 3 } },
      notes: [expect.stringMatching(/^when roles were last used is not known in account 200000000001: /)],
    })
  })

  test('of a past day is the same from history but for when roles were last used, which history does not have', async () => {
    const world = await open({ configuration: { auditorRole: 'ssofile-auditor' } })
    const folder = await report(world)
    const madeAt = String((await world.json(`${folder}summary.json`))?.madeAt)
    const withoutUse = (all: readonly string[]) => all.map((line) => cells(line).toSpliced(-5, 3)).sort()
    const rebuilt = await rebuild(world, madeAt)
    expect(withoutUse(rebuilt)).toEqual(withoutUse(lines(await text(world, `${folder}access.csv`))))
    expect(new Set(rebuilt.map((line) => cells(line).slice(-5, -2).join(' | ')))).toEqual(new Set(['not known |  | ']))
  })

  test('says who was in a group then: a past day has the members of its last report, and says of when they are', async () => {
    const world = await open()
    const folder = await report(world)
    const madeAt = String((await world.json(`${folder}summary.json`))?.madeAt)
    await join(world, formula, 'admins')
    const later = new Date(Date.parse(madeAt) + 60_000)
    const { rows, sources } = await whoAt(world, later)
    expect(describeSources(sources, { now: 'now', dated: (at) => at })).toContainEqual([
      'groups',
      `with their members as of ${madeAt}, by the last report before`,
    ])
    const inGroup = rows.filter(({ group }) => group === 'admins').map(({ person }) => person)
    expect(new Set(inGroup)).toEqual(new Set(['ana@x.example', 'bo@x.example']))
    const ana = await whoAt(world, later, 'ana@x.example')
    expect(ana.rows.map(({ person, group }) => [person, group])).toEqual([['ana@x.example', 'admins']])
    expect(ana.notes).toEqual([])
    const other = await whoAt(world, later, formula)
    expect(other.rows.map(({ group }) => group)).toEqual([undefined])
    const before = await whoAt(world, new Date(Date.parse(madeAt) - 1000), 'ana@x.example')
    expect(before.sources.membershipsAsOf).toBeUndefined()
    expect(before.notes).toEqual(['history has no memberships: the groups of this user are those of now'])
  })

  test('lets a past day have what a person had through a group that got access after the report, whose members then nobody recorded', async () => {
    const world = await open()
    await report(world)
    await join(world, 'ana@x.example', 'empty')
    await world.objects.as('maria').put(linkOf('empty'), '')
    await settle(world)
    const { rows } = await whoAt(world, world.clock.now(), 'ana@x.example')
    expect(rows.map(({ person, group, remark }) => [person, group, remark])).toEqual([
      ['ana@x.example', 'admins', undefined],
      [undefined, 'empty', 'its members then are not recorded'],
    ])
  })

  test('says what a person had then, directly and through groups, although the directory has deleted the user since', async () => {
    const world = await open()
    await world.objects.as('maria').put(linkOf('ana@x.example', 'USER'), '')
    await settle(world)
    await report(world)
    const at = world.clock.now()
    const id = world.identityStore.idOf('USER', 'ana@x.example') ?? ''
    await world.identityStore.deleteUser(id)
    for (const user of ['ana@x.example', id]) {
      const { rows } = await whoAt(world, at, user)
      expect(rows.map(({ person, group }) => [person, group])).toEqual([
        ['ana@x.example', undefined],
        ['ana@x.example', 'admins'],
      ])
    }
    const before = await whoAt(world, new Date(at.getTime() - 60 * 60_000), 'ana@x.example')
    expect(before.notes).toContain(
      "history has no memberships, and the directory does not have 'ana@x.example': access through groups is not shown",
    )
  })

  test('counts people who administer something, temporary access, and the hours from a request to the first access', async () => {
    const world = await open()
    const admin = JSON.parse(permissionSetFile('Power-ps'))
    const everything = ['arn:aws:iam::aws:policy/AdministratorAccess']
    const body = JSON.stringify({ ...admin, managedPoliciesArnList: everything })
    await world.objects.as('maria').put('permission_sets/Power-ps.json', body)
    for (const scope of ['account%200000000001', 'account%200000000002'])
      await world.objects.as('maria').put(`links_data/${scope}%Power-ps%admins%GROUP%ssofile`, '')
    await settle(world)
    const folder = await report(world)
    const first = await world.json(`${folder}summary.json`)
    expect(first).toMatchObject({ counts: { administrators: 2, temporary: 0, hoursToAccess: expect.any(Number) } })
    // As a report of an earlier version has it.
    const { administrators: _, temporary: __, hoursToAccess: ___, ...older } = Object(first?.counts)
    await world.objects.put(`${folder}summary.json`, JSON.stringify({ ...first, counts: older }))
    await world.clock.advance(24 * 60 * 60_000)
    const { before } = (await world.json(`${await report(world)}summary.json`)) ?? {}
    expect(before).toMatchObject({ difference: { people: 0 } })
    expect(before).not.toHaveProperty('difference.administrators')
  })

  test('of uses is for auditors alone: who used what, when last, from where, and since when ssofile counts', async () => {
    const world = await open()
    const ana = principalId.parse(world.identityStore.idOf('USER', 'ana@x.example'))
    const access = { account: accountId.parse(account), permissionSet: permissionSetName.parse('Read-ps') }
    const use = {
      user: ana,
      ...access,
      at: '2026-03-03T09:00:00Z',
      by: 'cli',
      from: '192.0.2.7',
      agent: formula,
    } as const
    await recordWatching(world.ports, [new Date('2026-03-02T10:00:00Z'), new Date('2026-03-03T09:00:00Z')])
    await recordUses(world.ports, ana, [use, { ...use, permissionSet: permissionSetName.parse('Never-ps') }])
    await report(world)
    const [line = '', other = '', ...rest] = lines(await text(world, 'usage/report.csv'))
    expect(rest).toEqual([])
    const [counted, silent] = ['2026-03-02T11:00:00.000Z', '2026-03-02T10:00:00.000Z/2026-03-03T10:00:00.000Z']
    const used = ['Read-ps', '2026-03-03T09:00:00Z', '2026-03-03T09:00:00Z', 'cli', '192.0.2.7', `'${formula}`, '1']
    expect(cells(line)).toEqual(['ana@x.example', ana, account, ...used, counted, silent, ''])
    // Nobody has or ever had this access: the event may be forged.
    expect([cells(other)[3], cells(other).at(-1)]).toEqual(['Never-ps', 'not known to ssofile'])
  })

  test('of uses is not written if ssofile records none', async () => {
    const world = await open({ configuration: { usageDays: 0 } })
    await report(world)
    expect(await world.keys('usage/')).toEqual([])
  })

  test('is written all the same where the directory cannot be asked, and says what is missing', async () => {
    const refusal = new ServiceError('identitystore', 'AccessDeniedException', 'not you')
    const world = await open({ wrap: (ports) => intercept(ports, failing('listMembersOf', refusal)) })
    const folder = await report(world)
    const { counts, notes } = (await world.json(`${folder}summary.json`)) ?? {}
    expect(counts).toMatchObject({ rows: 3, people: 1 })
    expect(notes).toEqual([expect.stringMatching(/^the members of groups could not be listed.*not you$/)])
  })
})

/** `ssofile who --at`. */
async function whoAt(world: World, at: Date, user?: string) {
  const objects = new ProposedObjects(world.objects, world.clock.now())
  const membershipsThen = await world.finish(readMembershipsAt(objects, at))
  const question = { at, user, isLive: false, membershipsThen }
  return world.finish(readAnswer(whoHasAccess(question, { ...world.ports, objects }, world.configuration)))
}

async function rebuild(world: World, madeAt: string): Promise<readonly string[]> {
  const { rows } = await whoAt(world, new Date(madeAt))
  return rows.map((row) => renderAccessRows([row]).trimEnd()).sort()
}
