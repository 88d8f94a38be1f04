import { expect, test } from '@jest/globals'
import { followMemberships } from '../../../../shared/modules/people/follow-directory.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { brakeFile, digestOf, releaseList } from '../../../../shared/reconcile/records/brake-file.ts'
import { runsOf } from '../../../depth.ts'
import { Grouping, kenji } from './grouping.ts'

const rule = 'rules/oncall.json'
const engineers = { department: ['Engineering'] }

/** People with a department of their own, beside the others of the directory. */
class Ruling {
  readonly grouping: Grouping
  constructor(grouping: Grouping) {
    this.grouping = grouping
  }

  static async begin(configuration: Parameters<typeof Grouping.begin>[0] = {}): Promise<Ruling> {
    return new Ruling(await Grouping.begin(configuration))
  }

  async addEngineers(count: number): Promise<readonly string[]> {
    const names = Array.from({ length: count }, (_, index) => `engineer-${index}@acme.example`)
    for (const name of names) {
      await this.grouping.world.clock.advance(200)
      await this.grouping.world.identityStore.createUser({
        userName: name,
        attributes: { Extensions: { 'aws:identitystore:enterprise': { department: 'Engineering' } } },
      })
    }
    return names
  }

  /** As whoever writes the attributes does it; the directory tells of it. */
  async move(name: string, department: string): Promise<void> {
    const path = 'aws:identitystore:enterprise.department'
    await this.grouping.world.clock.advance(200)
    const { identityStore, ports, configuration } = this.grouping.world
    const id = this.grouping.id('USER', name)
    await identityStore.updateUser(id, [{ path, value: department }])
    await this.grouping.world.finish(followMemberships(ports, configuration, [{ type: 'USER', id }]))
  }

  isIn(name: string): boolean {
    return this.grouping.groupsOf(name).includes('oncall')
  }

  async people() {
    return (await this.grouping.status(rule)) as
      | { state: string; people?: Record<string, number>; reason?: string; warnings?: string[] }
      | undefined
  }

  /** Each minute what is due is looked at, as deployed. */
  async until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const { world } = this.grouping
    for (let minute = 0; minute < 30; minute++) {
      for (let second = 0; second < 60; second++) {
        if (await holds()) return
        await world.clock.advance(1_000)
      }
      await world.finish(world.everyMinuteOfLinks())
    }
    throw new Error(`${what} did not come about: ${JSON.stringify(await this.people())}`)
  }

  untilRule(state: string | undefined): Promise<void> {
    return this.until(async () => (await this.people())?.state === state, `the rule as ${state}`)
  }

  async release(): Promise<void> {
    const [list] = (await brakeFile(this.grouping.world.objects).read())?.value.lists ?? []
    if (list === undefined) throw new Error('the brake holds nothing')
    await releaseList(this.grouping.world.objects, digestOf(list), 'an operator')
  }
}

const crews = Array.from({ length: runsOf(40) }, (_, index) => `crew-${index}`)
const crewRule = (crew: string) => `rules/${crew}.json`

/** Groups of two people each, by a rule for each. */
async function beginWithCrews() {
  const ruling = await Ruling.begin()
  const { grouping } = ruling
  const { world } = grouping
  const people = crews.flatMap((crew) => ['one', 'two'].map((name) => ({ crew, user: `${name}-${crew}@acme.example` })))
  for (const { crew, user } of people) {
    await world.clock.advance(100)
    const attributes = { Extensions: { 'aws:identitystore:enterprise': { department: crew } } }
    await world.identityStore.createUser({ userName: user, attributes })
  }
  for (const crew of crews) {
    await grouping.put(`groups/${crew}.json`)
    await grouping.put(crewRule(crew), { department: [crew] })
  }
  const isIn = ({ crew, user }: (typeof people)[number]) => grouping.groupsOf(user).includes(crew)
  await ruling.until(() => people.every(isIn), 'everybody in a crew')
  const lists = async () => (await brakeFile(world.objects).read())?.value.lists ?? []
  return { ruling, grouping, world, people, isIn, lists }
}

/** A rule that has put these in. */
async function beginWith(count: number, more: object = {}, configuration = {}) {
  const ruling = await Ruling.begin(configuration)
  const names = await ruling.addEngineers(count)
  await ruling.grouping.put(rule, { ...engineers, ...more })
  await ruling.untilRule('applied')
  return { ruling, names, grouping: ruling.grouping }
}

test('a rule puts in whom it means, and deleting it takes out one who is alone', async () => {
  const { ruling, names, grouping } = await beginWith(1, { except: [{ title: ['Intern'] }] })
  const [ana = ''] = names
  expect([ruling.isIn(ana), ruling.isIn(kenji)]).toEqual([true, false])
  const people = { matching: 1, members: 1, waiting: 0, leaving: 0, held: 0, kept: 0 }
  expect(await ruling.people()).toMatchObject({ people })
  await grouping.delete(rule)
  await ruling.untilRule(undefined)
  expect(ruling.isIn(ana)).toBe(false)
  expect(await grouping.owned()).toEqual([])
  expect(await grouping.world.keys('status/memberships/')).toEqual([])
  expect(await grouping.changes()).toEqual(['group-created', 'membership-added', 'membership-removed'])
})

test('somebody whose attributes change moves, by the event of that user alone', async () => {
  const { ruling, names } = await beginWith(3)
  const [ana = ''] = names
  await ruling.move(ana, 'Sales')
  await ruling.until(() => !ruling.isIn(ana), 'the move out')
  await ruling.move(kenji, 'Engineering')
  await ruling.until(() => ruling.isIn(kenji), 'the move in')
})

test('a rule warns of values that differ from those of the directory only in capitals, until it has them', async () => {
  const { ruling, names, grouping } = await beginWith(2)
  const [ana = ''] = names
  await ruling.move(ana, 'ENGINEERING')
  await ruling.until(() => !ruling.isIn(ana), 'the move out')
  await grouping.put(rule, { department: ['Engineering', 'eng*'] })
  await ruling.until(async () => (await ruling.people())?.warnings !== undefined, 'the warning')
  const warning = (value: string) =>
    `'${value}' of department does not match 'ENGINEERING', which the directory has: capitals count; write it as in the directory, or add it`
  expect(await ruling.people()).toMatchObject({ warnings: [warning('Engineering'), warning('eng*')] })
  await grouping.put(rule, { department: ['Engineering', 'ENG*'] })
  await ruling.until(() => ruling.isIn(ana), 'the move in')
  await ruling.untilRule('applied')
  expect((await ruling.people())?.warnings).toBeUndefined()
})

test('a rule and files are a union', async () => {
  const { ruling, names, grouping } = await beginWith(2)
  const [ana = ''] = names
  const file = `memberships/oncall%${ana}%ssofile`
  await grouping.put(file)
  await grouping.until(file, 'applied')
  await ruling.move(ana, 'Sales')
  await grouping.world.clock.advance(30_000)
  expect(ruling.isIn(ana)).toBe(true)
  await grouping.delete(file)
  await grouping.until(file, undefined)
  expect(ruling.isIn(ana)).toBe(false)
})

test('what others put into the group stays, whatever the rule says', async () => {
  const ruling = await Ruling.begin()
  const [ana = ''] = await ruling.addEngineers(2)
  const { grouping } = ruling
  const { identityStore } = grouping.world
  for (const user of [ana, kenji])
    await identityStore.createGroupMembership(grouping.id('GROUP', 'oncall'), grouping.id('USER', user))
  await grouping.put(rule, engineers)
  await ruling.untilRule('applied')
  expect(await grouping.owned()).toHaveLength(1)
  await grouping.delete(rule)
  await ruling.untilRule(undefined)
  expect([ruling.isIn(ana), ruling.isIn(kenji)]).toEqual([true, true])
})

test('a rule waits for its group, and one that is not valid takes nobody out', async () => {
  const grouping = new Grouping()
  const ruling = new Ruling(grouping)
  const [ana = ''] = await ruling.addEngineers(1)
  await grouping.put(rule, engineers)
  await grouping.until(rule, 'waiting')
  expect(await grouping.status(rule)).toMatchObject({ waitsFor: 'groups/oncall.json' })
  await grouping.put('groups/oncall.json')
  await ruling.untilRule('applied')
  await grouping.put(rule, { salary: ['high'] })
  await grouping.until(rule, 'rejected')
  await ruling.move(ana, 'Sales')
  await grouping.world.finish(grouping.world.everyHour())
  await grouping.world.clock.advance(60_000)
  expect(ruling.isIn(ana)).toBe(true)
})

test('a group that a provider keeps has no rule', async () => {
  const grouping = await Grouping.begin()
  grouping.world.identityStore.setExternalId(grouping.id('GROUP', 'oncall'), {
    issuer: 'https://scim.aws.com/x',
    id: '1',
  })
  await grouping.put(rule, engineers)
  await grouping.until(rule, 'rejected')
})

test('a rule that would empty its group is held as one list, and one release lets exactly that list go', async () => {
  const { ruling, names, grouping } = await beginWith(6)
  await ruling.move(kenji, 'Sales')
  await grouping.put(rule, { department: ['Sales'] })
  await ruling.untilRule('held')
  expect(await ruling.people()).toMatchObject({
    people: { held: 6, matching: 1 },
    reason: expect.stringContaining(rule),
  })
  expect(names.every((name) => ruling.isIn(name))).toBe(true)
  await ruling.until(() => ruling.isIn(kenji), 'grants that go on')
  await ruling.release()
  await ruling.untilRule('applied')
  expect(names.some((name) => ruling.isIn(name))).toBe(false)
  expect(ruling.isIn(kenji)).toBe(true)
})

test('a suspended person leaves the group while the brake holds the leavers of the rule, and the others stay', async () => {
  const { ruling, names, grouping } = await beginWith(6)
  const [victim = '', ...others] = names
  await grouping.put(rule, { department: ['Sales'] })
  await ruling.untilRule('held')
  await grouping.put(`suspended/${victim}`)
  await ruling.until(() => !ruling.isIn(victim), 'the removal')
  const suspension = async () => (await grouping.status(`suspended/${victim}`))?.state
  await ruling.until(async () => (await suspension()) === 'suspended', 'the end of the suspension')
  expect(others.every((name) => ruling.isIn(name))).toBe(true)
  const lists = (await brakeFile(grouping.world.objects).read())?.value.lists ?? []
  expect(lists.map(({ items }) => items.length)).toEqual([5])
})

test('attributes that are put right again end what was held', async () => {
  const { ruling, names, grouping } = await beginWith(6)
  await grouping.put(rule, { department: ['Sales'] })
  await ruling.untilRule('held')
  await grouping.put(rule, engineers)
  await ruling.untilRule('applied')
  expect((await brakeFile(grouping.world.objects).read())?.value.lists).toEqual([])
  expect(names.every((name) => ruling.isIn(name))).toBe(true)
})

test('people who leave one by one are counted together for a quarter of an hour', async () => {
  const { ruling, names } = await beginWith(6)
  for (const name of names) await ruling.move(name, 'Sales')
  await ruling.untilRule('held')
  expect(names.filter((name) => ruling.isIn(name))).toHaveLength(2)
  await ruling.release()
  await ruling.untilRule('applied')
  expect(names.some((name) => ruling.isIn(name))).toBe(false)
})

test('wrong attributes of a whole group are held before the first event takes anybody out', async () => {
  const { ruling, names, grouping } = await beginWith(10)
  const { identityStore, ports, configuration } = grouping.world
  const ids = names.map((name) => grouping.id('USER', name))
  for (const id of ids) {
    await grouping.world.clock.advance(60)
    await identityStore.updateUser(id, [{ path: 'aws:identitystore:enterprise.department', value: 'Wrong' }])
  }
  for (const id of ids) await grouping.world.finish(followMemberships(ports, configuration, [{ type: 'USER', id }]))
  await ruling.untilRule('held')
  expect(names.every((name) => ruling.isIn(name))).toBe(true)
  const lists = (await brakeFile(grouping.world.objects).read())?.value.lists ?? []
  expect(lists.map(({ items }) => items.length)).toEqual([10])
  for (const name of names) await ruling.move(name, 'Engineering')
  await ruling.untilRule('applied')
  expect((await brakeFile(grouping.world.objects).read())?.value.lists).toEqual([])
  expect(names.every((name) => ruling.isIn(name))).toBe(true)
})

test('an import of wrong attributes that empties many groups is held whole, grants go on, and a release lets one list go', async () => {
  const { ruling, grouping, world, people, isIn, lists } = await beginWithCrews()
  const { identityStore, ports, configuration } = world
  const removals: string[] = []
  grouping.answer = ({ operation, proceed }) => {
    if (operation === 'deleteGroupMembership') removals.push(operation)
    return proceed()
  }
  const ids = people.map(({ user }) => grouping.id('USER', user))
  for (const id of ids) {
    await world.clock.advance(60)
    await identityStore.updateUser(id, [{ path: 'aws:identitystore:enterprise.department', value: 'n/a' }])
  }
  for (const id of ids) await world.finish(followMemberships(ports, configuration, [{ type: 'USER', id }]))
  await ruling.until(async () => (await lists()).length === crews.length, 'a list for each group')
  await world.finish(world.everyHour())
  await ruling.until(async () => (await lists()).every(({ items }) => items.length === 2), 'everybody on a list')
  expect([removals, people.every(isIn)]).toEqual([[], true])
  // Somebody new is put in meanwhile.
  const [first = '', second = ''] = crews
  await ruling.move(kenji, second)
  await ruling.until(() => grouping.groupsOf().includes(second), 'a grant')
  const list = (await lists()).find(({ name }) => name === first)
  if (list === undefined) throw new Error(`no list of ${first}`)
  await releaseList(world.objects, digestOf(list), 'an operator')
  await ruling.until(() => !people.some((one) => one.crew === first && isIn(one)), 'the end of that list')
  for (let minute = 0; minute < 20; minute++) {
    await world.clock.advance(60_000)
    await world.finish(world.everyMinuteOfLinks())
  }
  expect(people.filter((one) => !isIn(one)).map(({ crew }) => crew)).toEqual([first, first])
  expect(removals).toHaveLength(2)
}, 60_000)

test('somebody whom the rule means no longer stays for the days of grace, and for good if meant again', async () => {
  const { ruling, names, grouping } = await beginWith(3, { moverGraceDays: 2 })
  const [ana = '', bo = ''] = names
  await ruling.move(ana, 'Sales')
  await ruling.move(bo, 'Sales')
  await grouping.world.clock.advance(60_000)
  expect([ruling.isIn(ana), ruling.isIn(bo)]).toEqual([true, true])
  expect(await grouping.changes()).toEqual(expect.arrayContaining(['membership-ending']))
  await ruling.move(bo, 'Engineering')
  await grouping.world.clock.advance(60_000)
  const entries = await Promise.all((await grouping.owned()).map((key) => grouping.world.json(key)))
  expect(entries.filter((entry) => entry !== undefined && 'keptUntil' in (entry as object))).toHaveLength(1)
  await grouping.world.clock.advance(2 * 24 * 60 * 60_000)
  await ruling.until(() => !ruling.isIn(ana), 'the end of the days')
  expect(ruling.isIn(bo)).toBe(true)
})

test('an attribute that cannot be read changes nothing, and a listing that breaks off neither', async () => {
  const { ruling, names, grouping } = await beginWith(2)
  const [ana = '', bo = ''] = names
  const path = 'aws:identitystore:enterprise.department'
  await grouping.world.identityStore.updateUser(grouping.id('USER', ana), [{ path, value: ['Sales'] }])
  grouping.answer = ({ operation, proceed }) => {
    if (operation === 'listPeople') throw new Error('it breaks off')
    return proceed()
  }
  await grouping.put(rule, { ...engineers, reason: 'looked at again' })
  await grouping.world.clock.advance(60_000)
  expect([ruling.isIn(ana), ruling.isIn(bo)]).toEqual([true, true])
  grouping.answer = ({ proceed }) => proceed()
  await ruling.until(async () => ((await ruling.people())?.people?.matching ?? 0) === 1, 'the look after it')
  expect(await grouping.status(rule)).toMatchObject({ warnings: [expect.stringContaining('cannot be read')] })
  expect([ruling.isIn(ana), ruling.isIn(bo)]).toEqual([true, true])
})

test('while a file suspends somebody the rule gives nothing, and afterwards it does', async () => {
  const { ruling, names, grouping } = await beginWith(3)
  const [ana = ''] = names
  await grouping.put(`suspended/${ana}`)
  await ruling.until(() => !ruling.isIn(ana), 'the suspension')
  await grouping.world.finish(grouping.world.everyHour())
  await grouping.world.clock.advance(60_000)
  expect(ruling.isIn(ana)).toBe(false)
  await grouping.delete(`suspended/${ana}`)
  await ruling.until(() => ruling.isIn(ana), 'the end of the suspension')
})

test('two looks within a second do not mean that nobody is on the way', async () => {
  const { ruling, grouping } = await beginWith(0)
  // The directory does not take anybody for two minutes.
  grouping.answer = ({ operation, proceed }) => {
    if (operation === 'createGroupMembership') throw new ServiceError('identitystore', 'ThrottlingException', 'Rate')
    return proceed()
  }
  await ruling.addEngineers(2)
  for (const reason of ['looked at', 'looked at again']) await grouping.put(rule, { ...engineers, reason })
  await ruling.until(async () => (await ruling.people())?.people?.waiting === 2, 'the two who wait')
  expect(await ruling.people()).toMatchObject({ state: 'applying' })
})

test('the status of a rule counts again when somebody comes of whom it said that they wait', async () => {
  const { ruling, names, grouping } = await beginWith(3)
  const [ana = ''] = names
  await grouping.put(`suspended/${ana}`)
  await ruling.until(() => !ruling.isIn(ana), 'the suspension')
  await grouping.put(rule, { ...engineers, reason: 'looked at again' })
  await ruling.until(async () => (await ruling.people())?.reason?.startsWith('1 person') === true, 'one who waits')
  await grouping.delete(`suspended/${ana}`)
  await ruling.until(() => ruling.isIn(ana), 'the end of the suspension')
  await ruling.until(async () => (await ruling.people())?.people?.waiting === 0, 'the count')
})

test('what no event told of is found every hour, and a renamed user stays', async () => {
  const { ruling, names, grouping } = await beginWith(3)
  const { identityStore } = grouping.world
  const [ana = '', bo = ''] = names
  await grouping.world.clock.advance(1_000)
  await identityStore.updateUser(grouping.id('USER', ana), [{ path: 'userName', value: 'ana@acme.example' }])
  await identityStore.updateUser(grouping.id('USER', bo), [
    { path: 'aws:identitystore:enterprise.department', value: 'Sales' },
  ])
  await grouping.world.finish(grouping.world.everyHour())
  await ruling.until(() => !ruling.isIn(bo), 'the move')
  await ruling.until(async () => (await ruling.people())?.people?.matching === 2, 'the count')
  expect(ruling.isIn('ana@acme.example')).toBe(true)
  const named = await Promise.all((await grouping.owned()).map((key) => grouping.world.json(key)))
  expect(named).toEqual(expect.arrayContaining([expect.objectContaining({ user: 'ana@acme.example' })]))
})

test.each([
  ['does not have them', 1, (): readonly object[] => []],
  ['has them in another department', 1, (people: readonly object[]) => people],
  ['has all of them in another department, and the brake holds all', 12, (people: readonly object[]) => people],
])('a stored listing that is older than the events and %s takes nobody out', async (_, stale, changed) => {
  const ruling = await Ruling.begin()
  const { grouping } = ruling
  const { objects, clock } = grouping.world
  const names = await ruling.addEngineers(12)
  await grouping.put(rule, engineers)
  await ruling.untilRule('applied')
  const listed = names.map((name, nth) => ({
    ...{ id: grouping.id('USER', name), name, isDisabled: false },
    attributes: { department: nth < stale ? 'Sales' : 'Engineering' },
  }))
  const people = [...changed(listed.slice(0, stale)), ...listed.slice(stale)]
  // The hourly reconcile lists again.
  const beganAt = new Date(clock.now().getTime() - 50 * 60_000).toISOString()
  await objects.put('state/directory/a/b.json', JSON.stringify({ v: 1, people }))
  await objects.put('state/directory.json', JSON.stringify({ v: 1, complete: { id: 'a', beganAt, parts: ['b'] } }))
  await clock.advance(60_000)
  await grouping.put(rule, { ...engineers, reason: 'another text' })
  const { world } = grouping
  for (let minute = 0; minute < 5; minute++) {
    await clock.advance(60_000)
    await world.finish(world.everyMinuteOfLinks())
    if ((await brakeFile(objects).read())?.value.lists.length) await ruling.release()
  }
  expect((await ruling.people())?.people?.matching).toBe(12 - stale)
  expect(names.filter((name) => !ruling.isIn(name))).toEqual([])
  await world.finish(world.everyHour())
  await ruling.untilRule('applied')
  expect(names.filter((name) => !ruling.isIn(name))).toEqual([])
  expect((await ruling.people())?.people).toMatchObject({ matching: 12, members: 12, leaving: 0, held: 0 })
})

test('a rule puts nobody into a renamed group, takes people out of it, and goes on when it is renamed back', async () => {
  const ruling = await Ruling.begin()
  const { grouping } = ruling
  const { world } = grouping
  const [first = '', second = ''] = await ruling.addEngineers(2)
  await ruling.move(second, 'Sales')
  await grouping.put(rule, engineers)
  await ruling.until(() => ruling.isIn(first), 'the membership')
  await ruling.untilRule('applied')
  const rename = async (from: string, value: string) => {
    await world.identityStore.updateGroup(grouping.id('GROUP', from), [{ path: 'displayName', value }])
    await world.clock.advance(61_000)
  }
  await rename('oncall', 'prod-admins')
  await ruling.move(second, 'Engineering')
  await world.finish(world.everyHour())
  await grouping.put(rule, { ...engineers, reason: 'engineers read all logs' })
  await ruling.untilRule('waiting')
  expect(await ruling.people()).toMatchObject({ reason: expect.stringContaining("to 'prod-admins'") })
  await world.clock.advance(60_000)
  expect(grouping.groupsOf(second)).toEqual([])
  await ruling.move(first, 'Sales')
  await ruling.until(() => grouping.groupsOf(first).length === 0, 'the removal')
  await rename('prod-admins', 'oncall')
  await world.finish(world.everyHour())
  await ruling.until(() => ruling.isIn(second), 'the membership')
})
