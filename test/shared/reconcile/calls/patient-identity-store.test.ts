import { describe, expect, test } from '@jest/globals'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { patientIdentityStore } from '../../../../shared/reconcile/calls/patient-identity-store.ts'
import { type InterceptedCall, intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const shop = principalName.parse('team-Shop')
const throttled = new ServiceError('identitystore', 'ThrottlingException', 'Rate exceeded')

/** The directory of the acme organization, and when it was asked. */
function open(answer: (call: InterceptedCall, number: number) => Promise<unknown> = ({ proceed }) => proceed()) {
  const atMs: number[] = []
  const world = new World()
  const ports = intercept(world.ports, (call) => {
    atMs.push(world.clock.monotonicMs())
    return answer(call, atMs.length)
  })
  return { world, atMs, directory: patientIdentityStore(ports) }
}

const gapsOf = (atMs: readonly number[]) => atMs.slice(1).map((ms, index) => ms - (atMs[index] ?? 0))

describe('a patient directory', () => {
  test('answers what the directory does', async () => {
    const { world, directory } = open()
    const id = await world.finish(directory.findPrincipalId('GROUP', shop))
    expect(id).toBe(world.identityStore.idOf('GROUP', shop))
    if (!id) throw new Error('the fixture lacks the group')
    expect(await world.finish(directory.findPrincipalName('GROUP', id))).toBe(shop)
    const user = world.identityStore.idOf('USER', 'kenji.ito@acme.example')
    if (!user) throw new Error('the fixture lacks the user')
    await world.identityStore.createGroupMembership(id, user)
    expect(await world.finish(directory.listGroupsOf(user))).toEqual(await world.identityStore.listGroupsOf(user))
    expect((await world.finish(directory.listPrincipals('USER'))).items.map(({ id: one }) => one)).toContain(user)
  })

  test('is asked fifteen times a second at most by each operation', async () => {
    const { world, atMs, directory } = open(async () => undefined)
    const calls = [...Array(31)].flatMap(() => [directory.findPrincipalId('GROUP', shop)])
    await world.finish(Promise.all(calls), 10)
    expect(atMs).toHaveLength(31)
    for (const [index, ms] of atMs.entries()) expect((atMs[index + 15] ?? Infinity) - ms).toBeGreaterThan(1_000)
    expect(Math.max(...atMs)).toBeLessThan(2_200)
    const begunMs = world.clock.monotonicMs()
    await world.finish(directory.listPrincipals('GROUP'), 10)
    expect(world.clock.monotonicMs() - begunMs).toBeLessThan(20)
  })

  test('has one rate for all that is one API of AWS', async () => {
    const { world, atMs, directory } = open(async () => undefined)
    const user = principalId.parse(world.identityStore.idOf('USER', 'kenji.ito@acme.example'))
    const calls = [...Array(10)].flatMap(() => [directory.findUser(user), directory.findPrincipalName('USER', user)])
    await world.finish(Promise.all(calls), 10)
    expect((atMs[15] ?? 0) - (atMs[0] ?? 0)).toBeGreaterThan(1_000)
  })

  test('is asked seven times where it is throttled, after pauses whose bound doubles', async () => {
    const { world, atMs, directory } = open(async ({ proceed }, number) => {
      if (number < 7) throw throttled
      return proceed()
    })
    expect(await world.finish(directory.findPrincipalId('GROUP', shop), 10)).toBe(
      world.identityStore.idOf('GROUP', shop),
    )
    const gaps = gapsOf(atMs)
    expect(gaps).toHaveLength(6)
    for (const [index, gap] of gaps.entries()) expect(gap).toBeLessThanOrEqual(300 * 2 ** index + 20)
  })

  test('that is throttled all the time is told so after seven times', async () => {
    const { world, atMs, directory } = open(async () => {
      throw throttled
    })
    await expect(world.finish(directory.findPrincipalId('GROUP', shop))).rejects.toBe(throttled)
    expect(atMs).toHaveLength(7)
  })

  test('is shared by ten processes that call all the time, and each gets its answers', async () => {
    const world = new World()
    const perProcess = [...Array(10)].map(() => patientIdentityStore(world.ports))
    const calls = perProcess.flatMap((directory) => [...Array(60)].map(() => directory.findPrincipalId('GROUP', shop)))
    const answers = await world.finish(Promise.allSettled(calls), 60)
    expect(answers.filter(({ status }) => status === 'rejected')).toEqual([])
  })

  test('is asked once where it refuses for good, and goes on answering others', async () => {
    const denied = new ServiceError('identitystore', 'AccessDeniedException', 'no')
    const { world, atMs, directory } = open(async ({ proceed }, number) => {
      if (number <= 20) throw denied
      return proceed()
    })
    for (let call = 0; call < 20; call++)
      await expect(world.finish(directory.findPrincipalId('GROUP', shop))).rejects.toBe(denied)
    expect(atMs).toHaveLength(20)
    expect(await world.finish(directory.findPrincipalId('GROUP', shop))).toBeDefined()
  })
})
