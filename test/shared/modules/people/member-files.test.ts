import { expect, test } from '@jest/globals'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { readChangedGroups } from '../../../../shared/modules/people/member-files.ts'
import { reconcileMemberships } from '../../../../shared/modules/people/reconcile-memberships.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { sweep } from '../../../../shared/reconcile/differences/reconcile.ts'
import { writeGroupMembers } from '../../../../shared/reconcile/records/group-members.ts'
import { Grouping, kenji } from './grouping.ts'

const ama = 'ama.osei@acme.example'
const mia = 'mia.lang@acme.example'
const file = `memberships/oncall%${kenji}%ssofile`
const rule = 'rules/oncall.json'
const oncall = 'members/oncall.csv'
const provided = 'from-provider'
const ofProvided = `members/${provided}.csv`
const account = '233000000002'
const linkTo = (group: string) => `links_data/account%${account}%Later-ps%${group}%GROUP%ssofile`

/** ssofile's group oncall has Kenji by a file and Mia by a rule. The group of a provider has Kenji and Ama. Both have access. */
async function begin(provider = provided, configuration: Parameters<typeof Grouping.begin>[0] = {}): Promise<Grouping> {
  const grouping = await Grouping.begin(configuration)
  const { identityStore } = grouping.world
  const attributes = { Extensions: { 'aws:identitystore:enterprise': { department: 'Engineering' } } }
  await identityStore.createUser({ userName: mia, attributes })
  await grouping.put(rule, { department: ['Engineering'] })
  await grouping.put(file)
  await grouping.until(file, 'applied')
  await identityStore.createGroup({ displayName: provider })
  for (const user of [kenji, ama]) await join(grouping, user, provider)
  await grouping.put('permission_sets/Later-ps.json', { permissionSetName: 'Later-ps' })
  for (const link of ['oncall', provider].map(linkTo)) {
    await grouping.put(link)
    await grouping.until(link, 'applied')
  }
  return grouping
}

async function join(grouping: Grouping, user: string, group: string): Promise<void> {
  const [groupId, userId] = [grouping.id('GROUP', group), grouping.id('USER', user)]
  const { identityStore } = grouping.world
  if ((await identityStore.getGroupMembershipId(groupId, userId)) === undefined)
    await identityStore.createGroupMembership(groupId, userId)
}

async function leave(grouping: Grouping, user: string, group: string): Promise<void> {
  const { identityStore } = grouping.world
  const id = await identityStore.getGroupMembershipId(grouping.id('GROUP', group), grouping.id('USER', user))
  if (id !== undefined) await identityStore.deleteGroupMembership(id)
}

function hour({ world }: Grouping) {
  return world.finish(reconcileMemberships(world.ports, world.configuration, Number.POSITIVE_INFINITY))
}

/** The lines of a file, and its metadata. `undefined`: there is none. */
async function read({ world }: Grouping, key: string) {
  const found = await world.objects.get(key)
  const text = new TextDecoder().decode(found?.body)
  return found && { lines: text.trimEnd().split('\r\n'), metadata: found.metadata }
}

async function peopleIn(grouping: Grouping, key: string): Promise<readonly string[] | undefined> {
  return (await read(grouping, key))?.lines.slice(2).map((line) => line.split('"')[1] ?? '')
}

test('an hour writes who is in each group that has access, since when, and by what, with the instant of the reading', async () => {
  const grouping = await begin()
  expect(await grouping.world.keys('members/')).toEqual([])
  const before = grouping.world.clock.now().toISOString()
  await hour(grouping)
  expect(await grouping.world.keys('members/')).toEqual([ofProvided, oncall])
  const [group, ids] = [grouping.id('GROUP', 'oncall'), [kenji, mia].map((name) => grouping.id('USER', name))]
  const { lines = [], metadata = {} } = (await read(grouping, oncall)) ?? {}
  const { 'as-of': asOf = '' } = metadata
  expect(metadata).toEqual({ 'group-id': group, 'as-of': asOf })
  expect(asOf >= before).toBe(true)
  expect(lines.slice(0, 2)).toEqual([
    `"true as of","${asOf}","group","oncall","group id","${group}"`,
    '"person","person id","since","by"',
  ])
  const since = /,"(\d{4}-\d\d-\d\dT[\d:.]+Z)","/
  expect(lines.slice(2).map((line) => line.replace(since, ',"then","'))).toEqual([
    `"${kenji}","${ids[0]}","then","${file}"`,
    `"${mia}","${ids[1]}","then","${rule}"`,
  ])
  expect((await read(grouping, ofProvided))?.lines.slice(2)).toEqual(
    [ama, kenji].map((name) => `"${name}","${grouping.id('USER', name)}","not known","the directory"`),
  )
})

test('an hour later a file says the same of a later instant, and who has joined or left by anybody’s hand', async () => {
  const grouping = await begin()
  await hour(grouping)
  const before = await read(grouping, ofProvided)
  await leave(grouping, ama, provided)
  await grouping.world.clock.advance(60 * 60_000)
  await hour(grouping)
  expect(await peopleIn(grouping, ofProvided)).toEqual([kenji])
  const after = await read(grouping, ofProvided)
  expect((after?.metadata?.['as-of'] ?? '') > (before?.metadata?.['as-of'] ?? '')).toBe(true)
})

test.each(['listMembersOf', 'listPrincipals'])(
  'a refused %s leaves the former file, as of its own instant, and writes no empty one',
  async (refused) => {
    const grouping = await begin()
    await hour(grouping)
    const before = await read(grouping, ofProvided)
    await leave(grouping, ama, provided)
    await grouping.world.objects.delete(oncall)
    await grouping.world.clock.advance(60 * 60_000)
    grouping.answer = ({ operation, proceed }) => {
      if (operation === refused) throw new ServiceError('identitystore', 'AccessDeniedException', 'not allowed')
      return proceed()
    }
    await hour(grouping).catch(() => {})
    expect(await read(grouping, ofProvided)).toEqual(before)
    expect(await read(grouping, oncall)).toBeUndefined()
  },
)

test('a listing that breaks off after its first page leaves the former file', async () => {
  const grouping = await begin()
  for (let nth = 0; nth < 100; nth++) {
    await grouping.world.clock.advance(1_000)
    const name = `person-${nth}@acme.example`
    await grouping.world.identityStore.createUser({ userName: name })
    await join(grouping, name, provided)
  }
  await grouping.world.clock.advance(10 * 60_000)
  await hour(grouping)
  const before = await read(grouping, ofProvided)
  expect(before?.lines).toHaveLength(2 + 102)
  await grouping.world.clock.advance(60 * 60_000)
  grouping.answer = ({ operation, args, proceed }) => {
    if (operation === 'listMembersOf' && args[1] !== undefined)
      throw new ServiceError('identitystore', 'ValidationException', 'the token is too old')
    return proceed()
  }
  await hour(grouping)
  expect(await read(grouping, ofProvided)).toEqual(before)
})

test.each([
  ['a/b%2Fc', 'members/a%2Fb%252Fc.csv', '"a/b%2Fc"'],
  ['=1+1, "x"', 'members/=1+1, "x".csv', '"\'=1+1, ""x"""'],
  ['Größe 東京 🙂', 'members/Größe 東京 🙂.csv', '"Größe 東京 🙂"'],
])('the group %s has its file at %s, and no cell is a formula', async (name, key, cell) => {
  const grouping = await begin(name)
  await hour(grouping)
  expect((await read(grouping, key))?.lines[0]).toContain(`"group",${cell},"group id"`)
})

test('the key of a group with a very long name fits into S3', async () => {
  const name = 'ü'.repeat(1_000)
  const grouping = await begin()
  await grouping.world.identityStore.updateGroup(grouping.id('GROUP', provided), [{ path: 'displayName', value: name }])
  await hour(grouping)
  const key = (await grouping.world.keys('members/')).find((one) => one !== oncall) ?? ''
  expect(Buffer.byteLength(key)).toBeLessThan(900)
  expect(key).toMatch(/^members\/ü+…[0-9a-f]{32}\.csv$/)
})

test('a group that the directory has no longer keeps its name, and says so', async () => {
  const grouping = await begin()
  await hour(grouping)
  await grouping.world.identityStore.deleteGroup(grouping.id('GROUP', provided))
  await hour(grouping)
  const { lines = [] } = (await read(grouping, ofProvided)) ?? {}
  expect(lines[0]).toMatch(/,"the directory no longer has this group"$/)
  expect(lines).toHaveLength(2)
})

/** The jobs of a minute and of five minutes that write these files. */
async function minute({ world }: Grouping): Promise<number> {
  await world.clock.advance(60_000)
  return world.finish(readChangedGroups(world.ports, world.configuration, Number.POSITIVE_INFINITY))
}
async function sweepNow({ world }: Grouping): Promise<void> {
  await world.finish(sweep(world.ports, world.configuration))
}

async function tell({ world }: Grouping, detailType: string, detail: object): Promise<void> {
  const body = JSON.stringify({ source: 'aws.identitystore', 'detail-type': detailType, detail })
  await world.queues.send('events', [{ body }])
  await world.clock.advance(20_000)
}

test('a group that just got its first access has its file within a sweep and a minute', async () => {
  const grouping = await begin()
  await sweepNow(grouping)
  expect(await minute(grouping)).toBe(2)
  expect(await peopleIn(grouping, oncall)).toEqual([kenji, mia])
  expect(await peopleIn(grouping, ofProvided)).toEqual([ama, kenji])
  expect(await grouping.world.keys('state/changed-groups/')).toEqual([])
  expect(await minute(grouping)).toBe(0)
})

test('an event of a membership writes the file of its group within a minute, whoever manages the group', async () => {
  const grouping = await begin()
  await hour(grouping)
  await minute(grouping)
  await leave(grouping, ama, provided)
  const ids = { 'group-id': grouping.id('GROUP', provided), 'user-id': grouping.id('USER', ama) }
  await tell(grouping, 'Group Membership Deleted', ids)
  await minute(grouping)
  expect(await peopleIn(grouping, ofProvided)).toEqual([kenji])
})

test('a membership that ssofile itself makes or ends is in the file a minute later, without an event', async () => {
  const grouping = await begin()
  await hour(grouping)
  await minute(grouping)
  await grouping.delete(file)
  await grouping.until(file, undefined)
  await minute(grouping)
  expect(await peopleIn(grouping, oncall)).toEqual([mia])
  const other = `memberships/oncall%${ama}%ssofile`
  await grouping.put(other)
  await grouping.until(other, 'applied')
  await minute(grouping)
  expect(await peopleIn(grouping, oncall)).toEqual([ama, mia])
})

test('an event of a group without access writes nothing', async () => {
  const grouping = await begin()
  await hour(grouping)
  await tell(grouping, 'Group Updated', { 'group-id': grouping.id('GROUP', 'team-Accountants') })
  await minute(grouping)
  expect(await grouping.world.keys('members/')).toEqual([ofProvided, oncall])
  expect(await grouping.world.keys('state/changed-groups/')).toEqual([])
})

test('a group that cannot be read now keeps its file and its note', async () => {
  const grouping = await begin()
  await hour(grouping)
  await minute(grouping)
  const before = await read(grouping, ofProvided)
  await tell(grouping, 'Group Updated', { 'group-id': grouping.id('GROUP', provided) })
  grouping.answer = ({ operation, proceed }) => {
    if (operation === 'listMembersOf') throw new ServiceError('identitystore', 'AccessDeniedException', 'not allowed')
    return proceed()
  }
  expect(await minute(grouping)).toBe(0)
  expect(await read(grouping, ofProvided)).toEqual(before)
  grouping.answer = ({ proceed }) => proceed()
  expect(await minute(grouping)).toBe(1)
})

test('the file goes with the last access of its group, and the others stay', async () => {
  const grouping = await begin()
  await hour(grouping)
  await grouping.delete(linkTo(provided))
  await grouping.until(linkTo(provided), undefined)
  await sweepNow(grouping)
  expect(await grouping.world.keys('members/')).toEqual([oncall])
})

test('a sweep that sees much of the ledger gone deletes no file', async () => {
  const { brake } = defaultConfiguration
  const grouping = await begin(provided, { brake: { ...brake, indirect: { ...brake.indirect, count: 1, percent: 0 } } })
  await sweepNow(grouping)
  await hour(grouping)
  for (const key of await grouping.world.keys('assignments/')) await grouping.delete(key)
  await sweepNow(grouping)
  expect(await grouping.world.keys('members/')).toEqual([ofProvided, oncall])
})

test('the file of a renamed group has the new name, and the former one goes', async () => {
  const grouping = await begin()
  await hour(grouping)
  const id = grouping.id('GROUP', provided)
  await grouping.world.identityStore.updateGroup(id, [{ path: 'displayName', value: 'renamed' }])
  await tell(grouping, 'Group Updated', { 'group-id': id })
  await minute(grouping)
  expect(await peopleIn(grouping, 'members/renamed.csv')).toEqual([ama, kenji])
  await grouping.put(linkTo('renamed'))
  await grouping.until(linkTo('renamed'), 'applied')
  await sweepNow(grouping)
  expect(await grouping.world.keys('members/')).toEqual([oncall, 'members/renamed.csv'])
})

test('a group that was made again under its name has the file; the one that is gone does not replace it', async () => {
  const grouping = await begin()
  await hour(grouping)
  const { identityStore } = grouping.world
  await identityStore.deleteGroup(grouping.id('GROUP', provided))
  await identityStore.createGroup({ displayName: provided })
  await join(grouping, mia, provided)
  await grouping.until(linkTo(provided), 'applied')
  await grouping.world.finish(grouping.world.everyHour())
  await grouping.until(linkTo(provided), 'applied')
  await hour(grouping)
  expect((await read(grouping, ofProvided))?.metadata?.['group-id']).toBe(grouping.id('GROUP', provided))
  expect(await peopleIn(grouping, ofProvided)).toEqual([mia])
})

test('an older reading never replaces a newer one', async () => {
  const grouping = await begin()
  await hour(grouping)
  const newer = await read(grouping, ofProvided)
  const of = { id: grouping.id('GROUP', provided), name: principalName.parse(provided), members: [] }
  await writeGroupMembers(grouping.world.objects, { ...of, asOf: '2020-01-01T00:00:00.000Z' })
  expect(await read(grouping, ofProvided)).toEqual(newer)
})
