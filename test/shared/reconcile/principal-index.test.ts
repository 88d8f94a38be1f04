import { expect, test } from '@jest/globals'
import { type PrincipalId, principalId } from '../../../shared/domain/identity-center-ids.ts'
import { type PrincipalName, principalName } from '../../../shared/domain/principal.ts'
import { VirtualClock } from '../../../shared/memory/virtual-clock.ts'
import type { IdentityStore } from '../../../shared/ports/identity-store.ts'
import { PrincipalIndex } from '../../../shared/reconcile/principal-index.ts'

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

  async listGroupsOf() {
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
  expect(directory.asked).toBe(1)
  index.forget('GROUP', auditors)
  await index.resolve('GROUP', auditors, clock.monotonicMs())
  await clock.advance(60_000)
  await index.resolve('GROUP', auditors, clock.monotonicMs())
  expect(directory.asked).toBe(3)
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
