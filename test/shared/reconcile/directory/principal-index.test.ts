import { expect, test } from '@jest/globals'
import { type PrincipalId, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { type PrincipalName, principalName } from '../../../../shared/domain/principals/principal.ts'
import type { IdentityStore } from '../../../../shared/ports/identity-store.ts'
import { PrincipalIndex } from '../../../../shared/reconcile/directory/principal-index.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

const auditors = principalName.parse('Auditors')
const id = principalId.parse('11111111-2222-3333-4444-555555555555')

/** A directory whose groups a test changes, and that counts how often it was asked. */
class Directory implements IdentityStore {
  readonly groups = new Map<PrincipalName, PrincipalId>()
  asked = 0

  async findPrincipalId(_type: 'GROUP' | 'USER', name: PrincipalName) {
    this.asked++
    return this.groups.get(name)
  }

  async findPrincipalName(_type: 'GROUP' | 'USER', wanted: PrincipalId) {
    this.asked++
    return [...this.groups].find(([, known]) => known === wanted)?.[0]
  }

  async findUser(wanted: PrincipalId) {
    const name = await this.findPrincipalName('USER', wanted)
    return name && { id: wanted, name, isDisabled: false, isExternal: false, attributes: {}, profile: {} }
  }

  async findGroup(): Promise<never> {
    throw new Error('nobody asks for a group as a whole')
  }

  async getGroupMembershipId(): Promise<never> {
    throw new Error('nobody asks for a membership')
  }

  findUserByEmail = this.getGroupMembershipId
  createPerson = this.getGroupMembershipId
  updatePerson = this.getGroupMembershipId
  deleteUser = this.getGroupMembershipId
  listPeople = this.getGroupMembershipId
  createGroup = this.getGroupMembershipId
  updateGroupDescription = this.getGroupMembershipId
  deleteGroup = this.getGroupMembershipId
  createGroupMembership = this.getGroupMembershipId
  deleteGroupMembership = this.getGroupMembershipId

  async listGroupsOf() {
    this.asked++
    return { items: [] }
  }

  async listMembersOf() {
    this.asked++
    return { items: [] }
  }

  async listPrincipals() {
    this.asked++
    return { items: [...this.groups].map(([name, known]) => ({ name, id: known })) }
  }
}

function open(suffix = '') {
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  const directory = new Directory()
  return { clock, directory, index: new PrincipalIndex(directory, clock, suffix) }
}

test('hints that were pulled before a look-up share its answer, whether somebody was found or nobody', async () => {
  const { clock, directory, index } = open()
  await clock.advance(1)
  expect(await index.resolve('GROUP', auditors, 0)).toBeUndefined()
  expect(await index.resolve('GROUP', auditors, 0)).toBeUndefined()
  expect(directory.asked).toBe(1)
})

test('a hint that was pulled after "nobody" was found asks again: it may tell of the group that has just appeared', async () => {
  const { clock, directory, index } = open()
  expect(await index.resolve('GROUP', auditors, 0)).toBeUndefined()
  directory.groups.set(auditors, id)
  await clock.advance(1)
  expect(await index.resolve('GROUP', auditors, clock.monotonicMs())).toBe(id)
})

test('who was found is believed for a minute, and asked for again once forgotten', async () => {
  const { clock, directory, index } = open()
  directory.groups.set(auditors, id)
  for (const waitMs of [0, 59_000]) {
    await clock.advance(waitMs)
    expect(await index.resolve('GROUP', auditors, clock.monotonicMs())).toBe(id)
  }
  expect(directory.asked).toBe(2) // once by its name, once by its id
  index.forget('GROUP', auditors)
  await index.resolve('GROUP', auditors, clock.monotonicMs())
  await clock.advance(60_000)
  await index.resolve('GROUP', auditors, clock.monotonicMs())
  expect(directory.asked).toBe(4)
})

test('an id that is found under another spelling of its name is nobody of this name', async () => {
  const { clock, directory, index } = open()
  directory.groups.set(auditors, id)
  directory.findPrincipalId = async () => id
  await clock.advance(1)
  expect(await index.resolve('GROUP', principalName.parse('AUDITORS'), 0)).toBeUndefined()
  expect(await index.resolve('GROUP', auditors, 0)).toBe(id)
})

test('who was found is no longer believed once somebody knows of a change, unless looked up since', async () => {
  const { clock, directory, index } = open()
  const other = principalId.parse('99999999-2222-3333-4444-555555555555')
  directory.groups.set(auditors, id)
  await clock.advance(1_000)
  expect(await index.resolve('GROUP', auditors, 0)).toBe(id)
  directory.groups.set(auditors, other)
  index.expire('GROUP', auditors, 500)
  expect(await index.resolve('GROUP', auditors, 500)).toBe(id)
  index.expire('GROUP', auditors, 1_500)
  expect(await index.resolve('GROUP', auditors, 1_500)).toBe(other)
})

test('principalSuffix is appended to what is looked up and taken off what is told', async () => {
  const { clock, directory, index } = open('@example.com')
  directory.groups.set(principalName.parse('mia@example.com'), id)
  await clock.advance(1)
  expect(await index.resolve('USER', principalName.parse('mia'), 0)).toBe(id)
  expect(await index.nameOf('USER', id, 0)).toBe('mia')
  expect(await index.findNear('USER', principalName.parse('Mia'))).toBe('mia')
})

test('many who look for a near name at once list the directory once', async () => {
  const { directory, index } = open()
  directory.groups.set(auditors, id)
  const near = await Promise.all(['a', 'b', 'c'].map(() => index.findNear('GROUP', principalName.parse('auditors'))))
  expect(near).toEqual(['Auditors', 'Auditors', 'Auditors'])
  expect(directory.asked).toBe(1)
})

test('who bears the name in another case is nobody of this name, and one whose id is just being changed is believed', async () => {
  const { directory, index } = open()
  directory.groups.set(auditors, id)
  directory.findPrincipalName = async () => principalName.parse('auditors')
  expect(await index.resolve('GROUP', auditors, 0)).toBeUndefined()
  for (const borne of ['altogether different', undefined]) {
    const other = open()
    other.directory.groups.set(auditors, id)
    other.directory.findPrincipalName = async () => (borne === undefined ? undefined : principalName.parse(borne))
    expect(await other.index.resolve('GROUP', auditors, 0)).toBe(id)
  }
})

test('that an id bears its name is asked once, whoever looks for the name again', async () => {
  const { clock, directory, index } = open()
  directory.groups.set(auditors, id)
  await index.resolve('GROUP', auditors, 0)
  expect(directory.asked).toBe(2)
  await clock.advance(61_000)
  await index.resolve('GROUP', auditors, clock.monotonicMs())
  expect(directory.asked).toBe(3)
  directory.groups.set(principalName.parse('Others'), id)
  await index.resolve('GROUP', principalName.parse('Others'), clock.monotonicMs())
  expect(directory.asked).toBe(5)
})

test('what name an id bears is asked again for each hint, and once for hints that were pulled before', async () => {
  const { clock, directory, index } = open('@acme')
  const other = principalId.parse('99999999-2222-3333-4444-555555555555')
  directory.groups.set(principalName.parse('Auditors@acme'), id)
  directory.groups.set(principalName.parse('Web'), other)
  await clock.advance(10)
  expect(await index.whereabouts('GROUP', id, 5)).toEqual({ name: 'Auditors' })
  expect(await index.whereabouts('GROUP', id, 5)).toEqual({ name: 'Auditors' })
  expect(directory.asked).toBe(1)
  expect(await index.whereabouts('GROUP', id, 10)).toEqual({ name: 'Auditors' })
  expect(directory.asked).toBe(2)
  expect(await index.whereabouts('GROUP', other, 5)).toEqual({ name: undefined })
  directory.groups.clear()
  expect(await index.whereabouts('GROUP', id, 10)).toBe('gone')
  expect([await index.nameOf('GROUP', id, 10), await index.nameOf('GROUP', other, 5)]).toEqual([undefined, undefined])
})

test('what could not be asked is asked again', async () => {
  const { directory, index } = open()
  directory.groups.set(auditors, id)
  const { findPrincipalId, findPrincipalName, listPrincipals } = Directory.prototype
  const failure = new Error('no answer')
  const fail = async () => {
    throw failure
  }
  Object.assign(directory, { findPrincipalId: fail, findPrincipalName: fail, listPrincipals: fail })
  await expect(index.resolve('GROUP', auditors, 0)).rejects.toBe(failure)
  await expect(index.whereabouts('GROUP', id, 0)).rejects.toBe(failure)
  await expect(index.findNear('GROUP', principalName.parse('auditors'))).rejects.toBe(failure)
  Object.assign(directory, { findPrincipalId, findPrincipalName, listPrincipals })
  expect(await index.resolve('GROUP', auditors, -1)).toBe(id)
  expect(await index.whereabouts('GROUP', id, -1)).toEqual({ name: auditors })
  expect(await index.findNear('GROUP', principalName.parse('auditors'))).toBe('Auditors')
})

test('the directory is listed once a minute for near names, however many are looked for', async () => {
  const { clock, directory, index } = open()
  directory.groups.set(auditors, id)
  const near = (name: string) => index.findNear('GROUP', principalName.parse(name))
  expect(await near('auditors')).toBe('Auditors')
  expect(await near('zzzzzzzzzzzzz')).toBeUndefined()
  expect(await near('auditors')).toBe('Auditors')
  expect(directory.asked).toBe(1)
  await clock.advance(59_999)
  await near('auditors')
  expect(directory.asked).toBe(1)
  await clock.advance(1)
  await near('auditors')
  expect(directory.asked).toBe(2)
})

test('who is called as the suffix alone has no name that a link could have', async () => {
  const { directory, index } = open('@acme.example')
  directory.groups.set(principalName.parse('@acme.example'), id)
  expect(await index.findNear('GROUP', principalName.parse('a'))).toBeUndefined()
  expect(await index.nameOf('GROUP', id, 0)).toBeUndefined()
})

test('a user name without its @ is told with it', async () => {
  const { directory, index } = open()
  directory.groups.set(principalName.parse('kenji.ito@acme.example'), id)
  expect(await index.findNear('USER', principalName.parse('kenji.ito'))).toBe('kenji.ito@acme.example')
})
