import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseRuleFile } from '../../../../shared/domain/files/rule-file.ts'
import { type PrincipalId, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import type { DirectoryPerson, DirectoryUser } from '../../../../shared/ports/identity-store.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import {
  DirectoryListing,
  type ListedPeople,
  recentMs,
} from '../../../../shared/reconcile/directory/directory-listing.ts'
import { noteChangedUsers } from '../../../../shared/reconcile/records/stored-listing.ts'
import { runsOf } from '../../../depth.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const hourMs = 60 * 60_000
const idOf = (nth: number) => principalId.parse(`00000000-0000-0000-0000-${String(nth).padStart(12, '0')}`)
const toUser = (person: DirectoryPerson): DirectoryUser => ({ ...person, isExternal: false, profile: {} })
const personOf = (nth: number, department = 'Sales'): DirectoryPerson => {
  const name = principalName.parse(`user-${nth}@acme.example`)
  return { id: idOf(nth), name, isDisabled: false, attributes: { department } }
}

/** A directory with one person a page, so that a listing of 60 people takes as many calls as one of 6,000. */
class Directory {
  readonly world = new World()
  people: readonly DirectoryPerson[]
  readonly pages: string[] = []
  readonly asked: PrincipalId[] = []
  isTokenOld = (_: string) => false

  constructor(count: number) {
    this.people = Array.from({ length: count }, (_, nth) => personOf(nth))
  }

  change(nth: number, person: DirectoryPerson | undefined): Promise<void> {
    this.people = this.people.flatMap((one) => (one.id === idOf(nth) ? (person ?? []) : one))
    return noteChangedUsers(this.world.ports, new Set([idOf(nth)]))
  }

  /** One process of Lambda. */
  process(answer: Interceptor = ({ proceed }) => proceed()): DirectoryListing {
    const { clock, ports } = this.world
    const listPeople = async (token = '') => {
      await clock.sleep(67)
      this.pages.push(token)
      if (this.isTokenOld(token)) throw new ServiceError('identitystore', 'ValidationException', 'the token is too old')
      const nth = this.people.findIndex(({ id }) => id >= idOf(Number(token)))
      const next = this.people[nth + 1]
      return {
        items: this.people.slice(nth, nth + 1).map(toUser),
        nextToken: next && String(Number(next.id.slice(-12))),
      }
    }
    const findUser = async (id: PrincipalId): Promise<DirectoryUser | undefined> => {
      this.asked.push(id)
      const found = this.people.find((one) => one.id === id)
      return found && toUser(found)
    }
    const identityStore = { ...ports.identityStore, listPeople, findUser }
    return new DirectoryListing(intercept({ ...ports, identityStore }, answer), '')
  }

  read(listing: DirectoryListing, ...args: Parameters<DirectoryListing['read']>): Promise<ListedPeople> {
    return this.world.finish(listing.read(...args))
  }

  stored(): Promise<readonly string[]> {
    return this.world.keys('state/')
  }

  isWhole(listed: ListedPeople): boolean {
    return this.people.every(({ id, name }) => listed.find(id)?.name === name)
  }
}

test('each process lists a small directory by itself, and stores nothing', async () => {
  const directory = new Directory(50)
  const listed = await Promise.all([directory.process(), directory.process()].map((one) => directory.read(one)))
  expect(listed.map((one) => directory.isWhole(one))).toEqual([true, true])
  expect([directory.pages.length, await directory.stored()]).toEqual([100, []])
})

test('many who ask one process of a small directory share its listings', async () => {
  const directory = new Directory(40)
  const listing = directory.process()
  const { clock } = directory.world
  const ask = async (nth: number) => {
    await clock.sleep(nth * 50)
    const changed = { ...personOf(nth), isDisabled: true }
    directory.people = directory.people.map((one) => (one.id === idOf(nth) ? changed : one))
    // Its message was sent just now.
    const listed = await listing.read(clock.now().getTime())
    expect(listed.find(idOf(nth))?.isDisabled).toBe(true)
  }
  await directory.world.finish(Promise.all(Array.from({ length: 40 }, (_, nth) => ask(nth))))
  expect(directory.pages.length).toBe(2 * 40)
})

test('all processes share one listing of a large directory, and the next ones read it from S3', async () => {
  const directory = new Directory(130)
  // It was listed before, a day ago.
  await directory.read(directory.process())
  await directory.world.clock.advance(24 * hourMs)
  directory.pages.length = 0
  const processes = Array.from({ length: 5 }, () => directory.process())
  const reading = Promise.all(processes.map((one) => one.read()))
  const listed = await directory.world.finish(reading)
  expect(listed.map((one) => directory.isWhole(one))).toEqual([true, true, true, true, true])
  expect(directory.isWhole(await directory.read(directory.process()))).toBe(true)
  expect(directory.pages.length).toBe(130)
  expect((await directory.stored()).filter((key) => key.startsWith('state/directory/')).length).toBe(3)
})

test('a process that dies at any call leaves no partial listing, and another one continues', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 200 }), fc.boolean(), async (lastCall, isAnswered) => {
      const directory = new Directory(130)
      const { world } = directory
      const made = { calls: 0 }
      const dies: Interceptor = async ({ proceed }) => {
        if (made.calls++ < lastCall) return proceed()
        if (isAnswered && made.calls === lastCall + 1) await proceed()
        return new Promise(() => {})
      }
      void directory.process(dies).read()
      await world.clock.advance(20_000)
      const listed = await directory.read(directory.process())
      expect(directory.isWhole(listed)).toBe(true)
      // At most: the beginning of both processes, everything, and one part again.
      expect(directory.pages.length).toBeLessThanOrEqual(50 + 50 + 130 + 50)
    }),
    { numRuns: runsOf(40) },
  )
})

test('nobody uses an open listing: the last complete one counts until then', async () => {
  const directory = new Directory(130)
  const { world } = directory
  await directory.read(directory.process())
  await world.clock.advance(hourMs)
  directory.people = directory.people.filter((_, nth) => nth > 0)
  const renewing = directory.process().read(undefined, recentMs)
  await world.clock.advance(4_000)
  const meanwhile = await directory.read(directory.process())
  expect([meanwhile.has(idOf(0)), meanwhile.has(idOf(129))]).toEqual([true, true])
  const renewed = await world.finish(renewing)
  expect([renewed.has(idOf(0)), directory.isWhole(renewed)]).toEqual([false, true])
})

test('users with an event since the listing began are read again, and nobody else', async () => {
  const directory = new Directory(130)
  await directory.read(directory.process())
  await directory.world.clock.advance(60_000)
  await directory.change(1, personOf(1, 'Engineering'))
  await directory.change(2, undefined)
  const listed = await directory.read(directory.process())
  expect(listed.find(idOf(1))?.attributes.department).toBe('Engineering')
  expect([listed.has(idOf(2)), directory.isWhole(listed)]).toEqual([false, true])
  const meantBy = (department: string) => {
    const rule = parseRuleFile('rules/team.json', Buffer.from(JSON.stringify({ department: [department] })))
    if (!rule.ok) throw new Error('a rule')
    return [...listed.meantBy(rule.value, principalName.parse('team')).matching.keys()]
  }
  expect([meantBy('Engineering'), meantBy('Sales').length]).toEqual([[idOf(1)], 128])
  expect(directory.asked.toSorted()).toEqual([idOf(1), idOf(2)])
})

test('an event during a listing is not lost when that listing is complete', async () => {
  const directory = new Directory(130)
  const { world } = directory
  await directory.read(directory.process())
  await world.clock.advance(3 * hourMs)
  const renewing = directory.process().read()
  await world.clock.advance(4_000)
  await directory.change(1, personOf(1, 'Engineering'))
  await world.finish(renewing)
  const listed = await directory.read(directory.process())
  expect(listed.find(idOf(1))?.attributes.department).toBe('Engineering')
})

test('if the token of an open listing is too old, a listing begins again', async () => {
  const directory = new Directory(130)
  const { world } = directory
  void directory.process(stopAt(60)).read()
  await world.clock.advance(120_000)
  const old = new Set(['50'])
  directory.isTokenOld = (token) => old.delete(token)
  expect(directory.isWhole(await directory.read(directory.process()))).toBe(true)
  expect(old.size).toBe(0)
})

test.each([
  ['the record is spoiled', 'state/directory.json'],
  ['a part is spoiled', 'state/directory/'],
])('if %s, a listing begins again', async (_, prefix) => {
  const directory = new Directory(130)
  const { world } = directory
  await directory.read(directory.process())
  for (const key of (await world.keys(prefix)).slice(0, 1))
    await world.objects.put(key, '{"v":1,"people":[{}],"open":7}')
  expect(directory.isWhole(await directory.read(directory.process()))).toBe(true)
})

/** The process makes so many calls to the directory. */
function stopAt(pages: number): Interceptor {
  const made = { pages: 0 }
  return async ({ operation, proceed }) =>
    operation === 'listPeople' && made.pages++ >= pages ? new Promise(() => {}) : proceed()
}
