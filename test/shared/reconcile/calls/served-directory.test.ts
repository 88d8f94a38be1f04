import { describe, expect, test } from '@jest/globals'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { directoryCalls, directoryShareOf, functionSettings } from '../../../../shared/ports/deployment-settings.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { ServedDirectory, savedSeconds } from '../../../../shared/reconcile/calls/served-directory.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const minuteMs = 60_000

async function open() {
  const world = new World()
  const state: { calls: number; answer: Interceptor } = { calls: 0, answer: ({ proceed }) => proceed() }
  const ports = intercept(world.ports, (call) => {
    if (call.operation === 'findUser') state.calls++
    return state.answer(call)
  })
  const kim = principalId.parse(await world.identityStore.createUser({ userName: 'kim' }))
  return { world, state, kim, directory: new ServedDirectory(ports, 'page'), ports }
}
const silent: Interceptor = () => Promise.reject(new ServiceError('identitystore', 'NoAnswer', 'no answer'))

const instancesOf = (name: (typeof servers)[number]) => functionSettings[name].reservedConcurrency ?? Number.NaN
const servers = ['page', 'api'] as const
const share = directoryCalls.page + directoryCalls.api

test('page and API take at most a quarter of the calls that AWS serves, and leave the rest to the other functions', () => {
  for (const name of servers) expect(directoryShareOf(name) * instancesOf(name)).toBeCloseTo(directoryCalls[name])
  expect(share).toBeLessThanOrEqual(5)
  expect(share + directoryCalls.work).toBeLessThanOrEqual(directoryCalls.served)
})

test('all instances together make no more calls than their share, whatever anybody asks', async () => {
  const { world, state, kim, ports } = await open()
  const instances = servers.flatMap((name) =>
    Array.from({ length: instancesOf(name) }, () => new ServedDirectory(ports, name)),
  )
  const ids = Array.from({ length: 500 }, (_, nth) => principalId.parse(kim.slice(0, -3) + String(100 + nth)))
  for (let count = 0; count < 60 * 60; count++) {
    const [instance, id] = [instances[count % instances.length], ids[(count * 7) % ids.length]]
    if (instance && id) void instance.now.findUser(id).catch(() => {})
    if (count % 60 === 59) await world.clock.advance(1_000)
  }
  expect(state.calls).toBeGreaterThan(share * 60)
  expect(state.calls).toBeLessThanOrEqual(share * (savedSeconds + 60))
})

describe('one person', () => {
  test('is asked about once by simultaneous questions, and once in five seconds by changes', async () => {
    const { world, state, kim, directory } = await open()
    const ask = () => Promise.all(Array.from({ length: 20 }, () => directory.now.findUser(kim)))
    for (const one of await ask()) expect(one).toMatchObject({ name: 'kim' })
    await world.clock.advance(4_999)
    await ask()
    expect(state.calls).toBe(1)
    await world.clock.advance(1)
    await world.identityStore.setUserStatus(kim, 'DISABLED')
    expect(await directory.now.findUser(kim)).toMatchObject({ isDisabled: true })
    expect(state.calls).toBe(2)
  })

  test.each(servers)('who sends the %s as much as possible never has to wait', async (name) => {
    const { world, kim, ports } = await open()
    const directory = new ServedDirectory(ports, name)
    for (let count = 0; count < 600; count++) {
      await directory.now.findUser(kim)
      await world.clock.advance(200)
    }
    expect(world.clock.monotonicMs()).toBe(600 * 200)
  })
})

describe('if the directory does not answer,', () => {
  test('reading goes on with an answer of the last five minutes, and a change is refused for now', async () => {
    const { world, state, kim, directory } = await open()
    await directory.recent.findUser(kim)
    state.answer = silent
    await world.clock.advance(5 * minuteMs - 1)
    expect(await directory.recent.findUser(kim)).toMatchObject({ name: 'kim' })
    await expect(directory.now.findUser(kim)).rejects.toMatchObject({ code: 'NoAnswer' })
    await world.clock.advance(1)
    await expect(directory.recent.findUser(kim)).rejects.toMatchObject({ code: 'NoAnswer' })
    state.answer = ({ proceed }) => proceed()
    expect(await directory.now.findUser(kim)).toMatchObject({ name: 'kim' })
  })

  test('a person who reads waits a moment for a newer answer, and nobody joins a call that hangs', async () => {
    const { world, state, kim, directory } = await open()
    await directory.recent.findUser(kim)
    state.answer = () => new Promise(() => {})
    await world.clock.advance(minuteMs)
    const beganMs = world.clock.monotonicMs()
    expect(await world.finish(directory.recent.findUser(kim))).toMatchObject({ name: 'kim' })
    expect(world.clock.monotonicMs() - beganMs).toBeLessThan(500)
    await world.clock.advance(5_000)
    state.answer = ({ proceed }) => proceed()
    await world.identityStore.setUserStatus(kim, 'DISABLED')
    expect(await directory.recent.findUser(kim)).toMatchObject({ isDisabled: true })
  })
})

test('a question that would wait for longer than a person does is refused for now', async () => {
  const { world, kim, directory } = await open()
  const savedCalls = savedSeconds * directoryShareOf('page')
  const ids = Array.from({ length: savedCalls + 10 }, (_, nth) =>
    principalId.parse(kim.slice(0, -3) + String(100 + nth)),
  )
  const asked = await world.finish(Promise.allSettled(ids.map((id) => directory.now.findUser(id))))
  const refused = asked.filter(({ status }) => status === 'rejected')
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.length).toBeLessThan(10)
  expect(refused[0]).toMatchObject({ reason: { code: 'ThrottlingException' } })
})
