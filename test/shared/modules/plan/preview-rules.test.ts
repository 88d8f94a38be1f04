import { expect, test } from '@jest/globals'
import { listMembershipEntries } from '../../../../handlers/cli/plan/people-sections.ts'
import { renderText } from '../../../../handlers/cli/plan/render-plan.ts'
import { previewChanges } from '../../../../shared/modules/plan/preview.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import { Grouping } from '../people/grouping.ts'

const rule = 'rules/oncall.json'

/** People of a department each. */
async function begin(departments: readonly string[]): Promise<Grouping> {
  const grouping = await Grouping.begin()
  for (const [nth, department] of departments.entries()) {
    await grouping.world.clock.advance(200)
    const attributes = { Extensions: { 'aws:identitystore:enterprise': { department } } }
    await grouping.world.identityStore.createUser({ userName: `user-${nth}`, attributes })
  }
  return grouping
}

async function plan({ world }: Grouping, body: object | undefined, more: Readonly<Record<string, object>> = {}) {
  const text = JSON.stringify(body)
  const others = Object.entries(more).map(([key, content]) => ({ key, body: Buffer.from(JSON.stringify(content)) }))
  const objects = new ProposedObjects(world.objects, world.clock.now(), {
    uploads: [...others, ...(body === undefined ? [] : [{ key: rule, body: new TextEncoder().encode(text) }])],
    deletions: body === undefined ? [{ key: rule }] : [],
  })
  const { memberships } = await world.finish(
    previewChanges({ ...world.ports, objects }, world.configuration, { looksMost: 0 }),
  )
  const told = listMembershipEntries({ memberships, administrators: [] }).map(
    ({ sign, text: line }) => `${sign} ${renderText(line)}`,
  )
  return { ...memberships, told }
}

async function apply(grouping: Grouping, body: object): Promise<void> {
  await grouping.put(rule, body)
  const isIn = async () => (await grouping.owned()).length > 0
  await grouping.world.until(isIn, 'the first member')
  await grouping.world.clock.advance(20_000)
}

test('a new rule puts people in: the first ten by name, all in JSON, and who writes the attributes is warned of', async () => {
  const grouping = await begin(Array.from({ length: 12 }, () => 'Engineering'))
  const { added, rules, told } = await plan(grouping, { department: ['Engineering'], except: [{ title: ['Intern'] }] })
  expect(added).toHaveLength(12)
  expect(rules).toMatchObject([{ key: rule, group: 'oncall', attributes: ['title', 'department'], removed: [] }])
  expect(rules[0]?.added).toHaveLength(12)
  expect(told).toEqual([
    expect.stringMatching(/^\+ puts in 12 people by 'rules\/oncall\.json', group 'oncall', .*'user-0'.* and 2 more$/),
    "! whoever writes title, department of users gives access of group 'oncall'",
  ])
})

test('a changed rule takes people out and puts others in, and too many at once would be held', async () => {
  const grouping = await begin([...Array.from({ length: 5 }, () => 'Engineering'), 'Sales'])
  await apply(grouping, { department: ['Engineering'] })
  const unchanged = await plan(grouping, { department: ['Engineering'], reason: 'the same people' })
  expect(unchanged).toMatchObject({ added: [], removed: [], told: [] })
  const { added, removed, brake, told } = await plan(grouping, { department: ['Sales'] })
  expect(added.map(({ user }) => user)).toEqual(['user-5'])
  expect(removed.map(({ user }) => user)).toEqual(['user-0', 'user-1', 'user-2', 'user-3', 'user-4'])
  expect(removed[0]?.files).toEqual([{ key: rule, fate: 'not-meant' }])
  expect(told.at(-1)).toMatch(/^- takes out 5 people by 'rules\/oncall.json'/)
  expect(brake).toMatchObject({ held: 5, reasons: [expect.stringContaining(rule)] })
})

test('days of grace, a file that asks too, and a rule that is not valid take nobody out', async () => {
  const grouping = await begin(['Engineering', 'Engineering'])
  await apply(grouping, { department: ['Engineering'] })
  expect(await plan(grouping, { department: ['Sales'], moverGraceDays: 3 })).toMatchObject({ removed: [] })
  const { removed, idle } = await plan(grouping, { salary: ['high'] })
  expect(removed).toEqual([])
  expect(idle).toMatchObject([{ key: rule, state: 'rejected' }])
  const file = 'memberships/oncall%user-0%ssofile'
  await grouping.put(file)
  await grouping.until(file, 'applied')
  expect((await plan(grouping, undefined)).removed.map(({ user }) => user)).toEqual(['user-1'])
})

test('a rule without the file of its group is idle', async () => {
  const grouping = new Grouping()
  await grouping.world.clock.advance(1_000)
  const { idle, added } = await plan(grouping, { userType: ['*'] })
  expect(added).toEqual([])
  expect(idle).toMatchObject([{ key: rule, state: 'waiting' }])
})

test('a user whom the same files make joins, though the stored listing of the directory does not have that user', async () => {
  const grouping = await Grouping.begin({ directory: 'identity-center' })
  const { objects, clock } = grouping.world
  const beganAt = clock.now().toISOString()
  await objects.put('state/directory/a/b.json', JSON.stringify({ v: 1, people: [] }))
  await objects.put('state/directory.json', JSON.stringify({ v: 1, complete: { id: 'a', beganAt, parts: ['b'] } }))
  const ana = { displayName: 'Ana Ruiz', givenName: 'Ana', familyName: 'Ruiz', department: 'Engineering' }
  const { added } = await plan(grouping, { department: ['Engineering'] }, { 'people/ana.ruiz@acme.example.json': ana })
  expect(added.map(({ user }) => user)).toEqual(['ana.ruiz@acme.example'])
})
