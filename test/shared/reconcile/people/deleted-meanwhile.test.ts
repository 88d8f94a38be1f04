import { expect, test } from '@jest/globals'
import { Grouping, kenji } from './grouping.ts'

const ana = 'ana.ruiz@acme.example'
const person = `people/${ana}.json`
const names = { displayName: 'Ana Ruiz', givenName: 'Ana', familyName: 'Ruiz' }
const on = { directory: 'identity-center' } as const

/** The first call of this operation takes so long as `pass` is not called. */
function hold(grouping: Grouping, operation: string) {
  const { promise, resolve } = Promise.withResolvers<void>()
  let held = 0
  grouping.answer = async (call) => {
    if (call.operation === operation && held++ === 0) await promise
    return call.proceed()
  }
  const { world } = grouping
  return { begun: () => world.until(() => held > 0, `a call of ${operation}`), pass: resolve }
}

/** What uploads and deletions send goes through two queues, so the deletion may be looked at while the upload still is. */
test.each(['createPerson', 'updatePerson'])(
  'a person whose file is deleted while %s takes long counts as suspended',
  async (operation) => {
    const grouping = new Grouping(on)
    if (operation === 'updatePerson') {
      await grouping.put(person, names)
      await grouping.until(person, 'applied')
    }
    const held = hold(grouping, operation)
    await grouping.put(person, { ...names, title: 'Engineer' })
    await held.begun()
    await grouping.delete(person)
    await grouping.world.clock.advance(10_000)
    held.pass()
    await grouping.world.clock.advance(50_000)
    expect(await grouping.world.keys('suspended/')).toEqual([`suspended/${ana}`])
    expect(await grouping.status(person)).toBeUndefined()
  },
)

/** The file under `suspended/` is there then, and the record does not say so yet. */
test.each(['takes long', 'dies'])(
  'a person whose file comes again while the end is written is not suspended, even if the writing %s',
  async (how) => {
    const grouping = new Grouping(on)
    await grouping.put(person, names)
    await grouping.until(person, 'applied')
    const { promise, resolve } = Promise.withResolvers<void>()
    let held = 0
    grouping.answer = async (call) => {
      const isHistory = call.operation === 'put' && String(call.args[0]).startsWith('history/people')
      if (!isHistory || held++ > 0) return call.proceed()
      await promise
      if (how === 'dies') throw new Error('the process died')
      return call.proceed()
    }
    await grouping.delete(person)
    await grouping.world.until(() => held > 0, 'the end')
    expect(await grouping.world.keys('suspended/')).toEqual([`suspended/${ana}`])
    await grouping.put(person, { ...names, title: 'Engineer' })
    await grouping.world.clock.advance(10_000)
    resolve()
    await grouping.world.clock.advance(600_000)
    expect(await grouping.world.keys('suspended/')).toEqual([])
    expect((await grouping.status(person))?.state).toBe('applied')
  },
)

test('a user whose membership is deleted while createGroupMembership takes long is not in the group', async () => {
  const grouping = await Grouping.begin()
  const membership = `memberships/oncall%${kenji}%ssofile`
  const held = hold(grouping, 'createGroupMembership')
  await grouping.put(membership)
  await held.begun()
  await grouping.delete(membership)
  await grouping.world.clock.advance(10_000)
  held.pass()
  await grouping.world.clock.advance(50_000)
  expect(grouping.groupsOf()).not.toContain('oncall')
  expect(await grouping.owned()).toEqual([])
  expect(await grouping.status(membership)).toBeUndefined()
})
