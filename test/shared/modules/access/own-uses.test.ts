import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import type { OwnedMembership } from '../../../../shared/domain/principals/owned-membership.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import { readOwnUse } from '../../../../shared/modules/access/own-uses.ts'
import { whoHasAccess } from '../../../../shared/modules/access/who-has-access.ts'
import { judgeUse } from '../../../../shared/modules/usage/rules/role-use.ts'
import { recordUses, recordWatching } from '../../../../shared/modules/usage/use-records.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { ownedMembershipRecords } from '../../../../shared/reconcile/records/owned-groups.ts'
import { permissionSetFile, smallOrganization } from '../../../end-to-end/small-organization.ts'
import { intercept } from '../../../intercept.ts'
import { readAnswer } from '../../../read-answer.ts'
import { World } from '../../../world.ts'

const account = accountId.parse('200000000001')
const permissionSet = permissionSetName.parse('Read-ps')
const organization = organizationFile.parse(
  smallOrganization({ groups: ['admins'], users: ['ana', 'bo'], permissionSets: [] }),
)
const hourMs = 60 * 60_000
const dayMs = 24 * hourMs

async function openGroupOfTwo(accounts = [account]): Promise<World> {
  const world = new World({ organization }).start({ dispatcher: false })
  for (const user of ['ana', 'bo'])
    await world.identityStore.createGroupMembership(idOf(world, 'GROUP', 'admins'), idOf(world, 'USER', user))
  await world.objects.as('maria').put('permission_sets/Read-ps.json', permissionSetFile('Read-ps'))
  for (const one of accounts)
    await world.objects.as('maria').put(`links_data/account%${one}%Read-ps%admins%GROUP%ssofile`, '')
  for (let round = 0; round < 3; round++) {
    await world.look()
    await world.finish(world.slice())
  }
  return world
}

function idOf(world: World, type: 'GROUP' | 'USER', name: string) {
  const id = world.identityStore.idOf(type, name)
  if (id === undefined) throw new Error(`received ${name}`)
  return id
}

async function use(world: World, user: string): Promise<void> {
  const id = idOf(world, 'USER', user)
  await recordUses(world.ports, id, [
    { user: id, account, permissionSet, at: world.clock.now().toISOString(), by: 'cli' },
  ])
}

/** The watching call came in each hour of these times. */
async function watch(world: World, ...times: { readonly from: string; readonly to: string }[]): Promise<void> {
  const hoursOf = ({ from, to }: { readonly from: string; readonly to: string }) =>
    Array.from(
      { length: (Date.parse(to) - Date.parse(from)) / hourMs + 1 },
      (_, hour) => Date.parse(from) + hour * hourMs,
    )
  await recordWatching(
    world.ports,
    times.flatMap(hoursOf).map((ms) => new Date(ms)),
  )
}
const hourAfter = (at: string) => `${new Date(Date.parse(at) + hourMs).toISOString().slice(0, 13)}:00:00.000Z`

const ask = (
  world: World,
  question: { readonly unusedForDays?: number; readonly user?: string },
  ports = world.ports,
  partSize?: number,
) =>
  world.finish(
    readAnswer(whoHasAccess({ isLive: false, ...question }, ports, world.configuration, undefined, partSize)),
  )

test('of a group each member has their own last use, and only those who did not use it are unused', async () => {
  const world = await openGroupOfTwo()
  const from = world.clock.now().toISOString()
  await world.clock.advance(95 * dayMs)
  await use(world, 'ana')
  await watch(world, { from, to: world.clock.now().toISOString() })
  const { rows, sources } = await ask(world, {})
  expect(rows.map(({ person, group, own }) => [person, group, own?.last?.by])).toEqual([
    ['ana', 'admins', 'cli'],
    ['bo', 'admins', undefined],
  ])
  expect(sources.watched).toMatchObject({ since: hourAfter(from), gaps: [] })
  const unused = await ask(world, { unusedForDays: 90 })
  expect(unused.rows.map(({ person, unusedDays }) => [person, unusedDays])).toEqual([['bo', 94]])
})

test('a person whom a file has put into the group lately does not count as unused', async () => {
  const world = await openGroupOfTwo()
  const from = world.clock.now().toISOString()
  await world.clock.advance(95 * dayMs)
  await watch(world, { from, to: world.clock.now().toISOString() })
  const joined = new Date(world.clock.now().getTime() - dayMs).toISOString()
  const id = { group: idOf(world, 'GROUP', 'admins'), user: idOf(world, 'USER', 'ana') }
  const names = { group: principalName.parse('admins'), user: principalName.parse('ana') }
  const made: OwnedMembership = { v: 1, state: 'granted', ...names, files: [], calledAt: joined, grantedAt: joined }
  await ownedMembershipRecords.of(world.objects, id).write(made, undefined)
  const { rows } = await ask(world, { unusedForDays: 90 })
  expect(rows.map((row) => [row.person, judgeUse(row, 90), row.unusedDays])).toEqual([
    ['ana', 'too new', 0],
    ['bo', 'unused', 94],
  ])
})

test('one person has their last use, also if the records have several parts', async () => {
  const world = await openGroupOfTwo([account, accountId.parse('200000000002')])
  const from = world.clock.now().toISOString()
  await use(world, 'ana')
  await watch(world, { from, to: world.clock.now().toISOString() })
  const { rows } = await ask(world, { user: 'ana' }, world.ports, 1)
  expect(rows.map((row) => [row.account, row.own?.last?.by])).toEqual([
    [account, 'cli'],
    ['200000000002', undefined],
  ])
  expect(rows.every(({ own }) => own !== undefined)).toBe(true)
})

test('after a gap nobody is unused for longer than since its end', async () => {
  const world = await openGroupOfTwo()
  const from = world.clock.now().toISOString()
  await world.clock.advance(80 * dayMs)
  const to = world.clock.now().toISOString()
  await world.clock.advance(2 * dayMs)
  const again = world.clock.now().toISOString()
  await world.clock.advance(20 * dayMs)
  await watch(world, { from, to }, { from: again, to: world.clock.now().toISOString() })
  const { rows, sources } = await ask(world, { unusedForDays: 90 })
  expect(rows.map(({ unusedDays, own }) => [unusedDays, own?.countedSince])).toEqual([
    [19, hourAfter(again)],
    [19, hourAfter(again)],
  ])
  expect(sources.watched?.gaps).toEqual([{ from: `${to.slice(0, 13)}:00:00.000Z`, to: hourAfter(again) }])
})

test('the uses of a person whose record cannot be read are not known, and a note says so', async () => {
  const world = await openGroupOfTwo()
  const from = world.clock.now().toISOString()
  await world.clock.advance(95 * dayMs)
  await watch(world, { from, to: world.clock.now().toISOString() })
  await world.objects.put(`usage/people/${idOf(world, 'USER', 'ana')}.json`, '{ "v": 2 }')
  const { rows, notes } = await ask(world, { unusedForDays: 90 })
  expect(rows.map((row) => [row.person, judgeUse(row, 90)])).toEqual([
    ['ana', 'not known'],
    ['bo', 'unused'],
  ])
  expect(notes).toEqual(expect.arrayContaining([expect.stringMatching(/^the uses of some people could not be read/)]))
})

test('whoever may not read the uses sees the access without them', async () => {
  const world = await openGroupOfTwo()
  await watch(world, { from: world.clock.now().toISOString(), to: world.clock.now().toISOString() })
  const refused = intercept(world.ports, async ({ operation, args, proceed }) => {
    if (operation === 'get' && String(args[0]).startsWith('usage/')) throw new ServiceError('s3', 'AccessDenied', 'no')
    return proceed()
  })
  const { rows, sources, notes } = await ask(world, {}, refused)
  expect(rows.map(({ own }) => own)).toEqual([undefined, undefined])
  expect([sources.watched, notes]).toEqual([undefined, []])
})

test('a use is told as unknown to ssofile if nobody has or ever had the access', async () => {
  const world = await openGroupOfTwo()
  await watch(world, { from: '2026-03-03T08:00:00Z', to: '2026-03-03T10:00:00Z' })
  const id = idOf(world, 'USER', 'ana')
  const never = permissionSetName.parse('Never-ps')
  await use(world, 'ana')
  await recordUses(world.ports, id, [
    { user: id, account, permissionSet: never, at: world.clock.now().toISOString(), by: 'cli' },
  ])
  const told = (name: typeof never) => readOwnUse(id, { account, permissionSet: name }, world.ports, [])
  expect(await told(never)).toMatchObject({ last: { permissionSet: never }, isUnknown: true })
  expect(await told(permissionSet)).not.toHaveProperty('isUnknown')
})
