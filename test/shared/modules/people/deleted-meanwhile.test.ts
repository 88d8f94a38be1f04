import { expect, test } from '@jest/globals'
import { followMemberships } from '../../../../shared/modules/people/follow-directory.ts'
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

test('a suspension that is put back while its end is carried out is found by the user’s id, whatever the name becomes', async () => {
  const grouping = await Grouping.begin()
  const { identityStore } = grouping.world
  const suspension = `suspended/${kenji}`
  await grouping.put(suspension)
  await grouping.until(suspension, 'suspended')
  const note = `state/suspended/${grouping.id('USER', kenji)}%${kenji}`
  const { promise, resolve } = Promise.withResolvers<void>()
  let isHeld = false
  grouping.answer = async (call) => {
    if (call.operation === 'delete' && call.args[0] === note) {
      isHeld = true
      await promise
    }
    return call.proceed()
  }
  await grouping.delete(suspension)
  await grouping.world.until(() => isHeld, 'the end')
  await grouping.put(suspension)
  await grouping.world.clock.advance(5_000)
  resolve()
  await grouping.world.clock.advance(60_000)
  expect(await grouping.world.keys('state/suspended/')).toEqual([note])
  await identityStore.updateUser(grouping.id('USER', kenji), [{ path: 'userName', value: 'k.ito@acme.example' }])
  const membership = 'memberships/oncall%k.ito@acme.example%ssofile'
  await grouping.put(membership)
  await grouping.until(membership, 'waiting')
  expect(grouping.groupsOf('k.ito@acme.example')).not.toContain('oncall')
})

test('a suspension that came before its user is looked at with the event of the user', async () => {
  const grouping = new Grouping()
  const { identityStore, ports, configuration } = grouping.world
  const suspension = `suspended/${ana}`
  await grouping.put(suspension)
  await grouping.until(suspension, 'waiting')
  await identityStore.createUser({ userName: ana })
  const change = { type: 'USER', id: grouping.id('USER', ana) } as const
  await grouping.world.finish(followMemberships(ports, configuration, [change]))
  await grouping.until(suspension, 'suspended')
})
