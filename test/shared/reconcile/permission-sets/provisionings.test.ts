import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { Provisionings } from '../../../../shared/reconcile/permission-sets/provisionings.ts'
import { type Interceptor, intercept, noAnswer } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'

const [first, second] = [accountId.parse('210000000001'), accountId.parse('210000000002')]
const isStart = (operation: string) => operation === 'provisionPermissionSet'
const isDescription = (operation: string) => operation === 'describeProvisioning'

/** Four permission sets, each in two accounts. */
async function open({
  most = 3,
  interceptor = ({ proceed }) => proceed(),
}: {
  most?: number
  interceptor?: Interceptor
} = {}) {
  const bench = new Settling()
  const { world } = bench
  const target = bench.target()
  const [one, two, three, four] = ['1', '2', '3', '4'].map((digit) => {
    const name = permissionSetName.parse(`Set-${digit}`)
    const arn = world.ssoAdmin.addPermissionSet({ name, sessionDuration: 'PT1H', tags: [] }, digit.padStart(16, '0'))
    for (const id of [first, second]) world.ssoAdmin.addAssignment({ ...target, permissionSetArn: arn, accountId: id })
    return arn
  })
  if (!one || !two || !three || !four) throw new Error('there are four')
  const { clock } = world
  const end = new AbortController()
  const { ssoAdmin } = intercept(world.ports, interceptor)
  const provisionings = new Provisionings({ ssoAdmin, clock, most, ending: end.signal })
  const inMs = (ms: number) => clock.monotonicMs() + ms
  const calls = (name: string) => world.calls.filter((call) => call === name).length
  return { world, provisionings, end, inMs, calls, arns: [one, two, three, four] as const }
}

/** A service that answers nothing but that a request is in progress. */
const slow: Interceptor = async ({ operation, proceed }) => {
  const answer = await proceed()
  return isDescription(operation) ? { ...Object(answer), state: 'IN_PROGRESS' } : answer
}

describe('a provisioning', () => {
  test('is run to its end, and what came of it answered', async () => {
    const { world, provisionings, inMs, arns } = await open()
    const ended = await world.finish(provisionings.run({ arn: arns[0], accountId: first }, inMs(60_000)))
    expect(ended).toMatchObject({ state: 'SUCCEEDED', accountId: first, permissionSetArn: arns[0] })
    expect(world.ssoAdmin.provisioningsInProgress()).toBe(0)
  })

  test('that goes first starts before the next account of the others, who start one after the other', async () => {
    const { world, provisionings, inMs, arns } = await open({ most: 1 })
    const started: string[] = []
    const note = (name: string) => async () => void started.push(name)
    const wide = async () => {
      for (let nth = 0; nth < 30; nth++)
        await provisionings.run({ arn: arns[0], accountId: first }, inMs(600_000), note(`wide ${nth}`))
    }
    const running = wide()
    await world.clock.advance(100)
    const denial = provisionings.first.run({ arn: arns[1], accountId: first }, inMs(600_000), note('denial'))
    await world.finish(Promise.all([running, denial]))
    expect(started.slice(0, 2)).toEqual(['wide 0', 'denial'])
  })

  test('is not begun after the deadline, and not waited for beyond it', async () => {
    const late = await open()
    expect(await late.world.finish(late.provisionings.run({ arn: late.arns[0] }, late.inMs(0)))).toBeUndefined()
    expect(late.world.calls).toEqual([])
    const { world, provisionings, inMs, arns } = await open({ interceptor: slow })
    const endMs = inMs(10_000)
    expect(await world.finish(provisionings.run({ arn: arns[0] }, endMs))).toBeUndefined()
    expect(inMs(0)).toBeGreaterThanOrEqual(endMs)
    expect(inMs(0)).toBeLessThan(endMs + 4_000)
  })

  test('is looked at more and more seldom, at least every two seconds', async () => {
    const at: number[] = []
    const { world, provisionings, inMs, arns } = await open({
      interceptor: (call) => {
        if (isDescription(call.operation)) at.push(world.clock.monotonicMs())
        return slow(call)
      },
    })
    const startMs = inMs(0)
    await world.finish(provisionings.run({ arn: arns[0] }, inMs(120_000)), 10)
    const between = [startMs, ...at].flatMap((ms, index) => (at[index] === undefined ? [] : [at[index] - ms]))
    expect(Math.round((between[0] ?? 0) / 100)).toBe(2)
    expect(between).toEqual(between.toSorted((a, b) => a - b))
    expect(between.at(-1)).toBe(2_000)
  })

  test('is not looked at before any was over, once ten of its kind have ended', async () => {
    let looks: number[] = []
    let startedMs = 0
    const { world, provisionings, inMs, arns } = await open({
      interceptor: async ({ operation, proceed }) => {
        if (isStart(operation)) startedMs = world.clock.monotonicMs()
        if (isDescription(operation)) looks.push(world.clock.monotonicMs() - startedMs)
        return proceed()
      },
    })
    const run = (id?: typeof first) =>
      world.finish(provisionings.run({ arn: arns[0], accountId: id }, inMs(600_000)), 10)
    const fastest: number[] = []
    for (let index = 0; index < 10; index++) {
      await run(first)
      fastest.push(looks.at(-1) ?? 0)
    }
    looks = []
    await run(first)
    expect(looks[0]).toBeGreaterThanOrEqual(0.9 * Math.min(...fastest) - 20)
    looks = []
    await run()
    expect(looks[0]).toBeLessThan(250)
  })

  test('that nobody knows any more is over, and nobody can say what came of it', async () => {
    const { world, provisionings, inMs, arns } = await open({
      interceptor: async ({ operation, proceed }) => (isDescription(operation) ? undefined : proceed()),
    })
    expect(await world.finish(provisionings.run({ arn: arns[0] }, inMs(60_000)))).toBeUndefined()
    expect(world.clock.monotonicMs()).toBeLessThan(inMs(-50_000) + 60_000)
  })

  test('that is refused throws; what passes is begun again', async () => {
    const error = new ServiceError('sso-admin', 'AccessDeniedException', 'not you')
    const refused = await open({
      interceptor: async ({ operation, proceed }) => {
        if (isStart(operation)) throw error
        return proceed()
      },
    })
    const { arns } = refused
    await expect(refused.world.finish(refused.provisionings.run({ arn: arns[0] }, refused.inMs(60_000)))).rejects.toBe(
      error,
    )
    for (const passing of [
      new ServiceError('sso-admin', 'ConflictException', 'a conflicting operation is in process'),
      new ServiceError('sso-admin', 'ThrottlingException', 'Rate exceeded'),
    ]) {
      const at: number[] = []
      const { world, provisionings, inMs } = await open({
        interceptor: async ({ operation, proceed }) => {
          if (isStart(operation) && at.push(world.clock.monotonicMs()) < 3) throw passing
          return proceed()
        },
      })
      expect(await world.finish(provisionings.run({ arn: arns[0] }, inMs(60_000)), 10)).toMatchObject({
        state: 'SUCCEEDED',
      })
      expect(at.map((ms) => Math.round((ms - (at[0] ?? 0)) / 500))).toEqual([0, 2, 6])
    }
  })

  test('whose answer was lost is found, and waited for before another is begun', async () => {
    let starts = 0
    const { world, provisionings, inMs, arns } = await open({
      interceptor: async ({ operation, proceed }) => {
        const answer = await proceed()
        if (isStart(operation) && ++starts === 1) throw noAnswer(operation)
        return answer
      },
    })
    expect(await world.finish(provisionings.run({ arn: arns[0] }, inMs(60_000)))).toMatchObject({ state: 'SUCCEEDED' })
    expect(starts).toBe(2)
  })

  test('waits with the end of the slice: nothing is begun, and nothing waited for', async () => {
    const { world, provisionings, inMs, arns, end } = await open({ interceptor: slow })
    const running = provisionings.run({ arn: arns[0] }, inMs(60_000))
    running.catch(() => undefined)
    await world.clock.advance(5_000)
    end.abort()
    await expect(world.finish(running)).rejects.toThrow('the dispatcher starts nothing more')
  })
})

describe('provisionings in progress', () => {
  test('are at most so many at a time, ours and those that others began', async () => {
    let most = 0
    let begun = 0
    const { world, provisionings, inMs, arns } = await open({
      most: 2,
      interceptor: async ({ operation, proceed }) => {
        if (isStart(operation)) begun++
        const answer = await proceed()
        most = Math.max(most, world.ssoAdmin.provisioningsInProgress())
        return answer
      },
    })
    await world.ssoAdmin.provisionPermissionSet(arns[3])
    const all = arns.slice(0, 3).map((arn) => provisionings.run({ arn }, inMs(120_000)))
    const ended = await world.finish(Promise.all(all))
    expect(ended.map((one) => one?.state)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED'])
    expect(begun).toBe(3)
    expect(most).toBe(2)
  })

  /** A service at which each provisioning takes ten seconds, one of somebody else's included that begins at once. */
  async function openLong(most: number, others: number) {
    const startedMs = new Map<string, number>()
    let together = 0
    const inProgress = () => [...startedMs].filter(([, ms]) => opened.inMs(0) - ms < 10_000).map(([id]) => id)
    const answer = (requestId: string) => ({
      requestId,
      permissionSetArn: opened.arns[Number(requestId.at(-1))] ?? 'of somebody else',
      state: inProgress().includes(requestId) ? 'IN_PROGRESS' : 'SUCCEEDED',
    })
    const opened = await open({
      most,
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'listProvisionings') return { items: inProgress().map(answer), nextToken: undefined }
        if (isDescription(operation)) return answer(String(args[0]))
        if (!isStart(operation)) return proceed()
        const id = `ours-${opened.arns.map(String).indexOf(String(args[0]))}`
        startedMs.set(id, opened.inMs(0))
        together = Math.max(together, inProgress().length)
        return answer(id)
      },
    })
    for (let index = 0; index < others; index++) startedMs.set(`theirs-${9 - index}`, opened.inMs(0))
    return { ...opened, startedMs, together: () => together }
  }

  test('that were begun a moment before count as well', async () => {
    const { world, provisionings, inMs, arns, together } = await openLong(2, 0)
    const all: Promise<unknown>[] = []
    for (const arn of arns.slice(0, 3)) {
      all.push(provisionings.run({ arn }, inMs(60_000)))
      await world.clock.advance(200)
    }
    expect(await world.finish(Promise.all(all))).toMatchObject(Array(3).fill({ state: 'SUCCEEDED' }))
    expect(together()).toBe(2)
  })

  test('that others began make room when they have ended, and not before', async () => {
    const { world, provisionings, inMs, arns, startedMs, together } = await openLong(1, 1)
    const running = provisionings.run({ arn: arns[0] }, inMs(60_000))
    expect(await world.finish(running)).toMatchObject({ state: 'SUCCEEDED' })
    expect(together()).toBe(1)
    expect(startedMs.get('ours-0')).toBeGreaterThanOrEqual(10_000)
    expect(startedMs.get('ours-0')).toBeLessThan(12_500)
  })

  test('of the same permission set that last until the deadline are not followed by ours', async () => {
    const { world, provisionings, inMs, arns, calls } = await open({ interceptor: slow })
    await world.ssoAdmin.provisionPermissionSet(arns[0], first)
    expect(await world.finish(provisionings.run({ arn: arns[0], accountId: second }, inMs(10_000)))).toBeUndefined()
    expect(calls('ProvisionPermissionSet')).toBe(1)
  })

  test('of the same permission set are waited for, of another are not', async () => {
    const before: string[] = []
    const { world, provisionings, inMs, arns } = await open({
      interceptor: async ({ operation, args, proceed }) => {
        if (isStart(operation)) before.push(`${args[0] === arns[0]} ${world.ssoAdmin.provisioningsInProgress()}`)
        return proceed()
      },
    })
    await world.ssoAdmin.provisionPermissionSet(arns[0], first)
    await world.finish(
      Promise.all([
        provisionings.run({ arn: arns[0] }, inMs(60_000)),
        provisionings.run({ arn: arns[1] }, inMs(60_000)),
      ]),
    )
    expect(before).toEqual(['false 1', 'true 0'])
  })

  test('that were begun before are waited for by their id, until the deadline', async () => {
    const { world, provisionings, inMs, arns } = await open()
    const { requestId } = await world.ssoAdmin.provisionPermissionSet(arns[0], first)
    expect(await world.finish(provisionings.wait(requestId, inMs(60_000)))).toMatchObject({
      requestId,
      state: 'SUCCEEDED',
    })
    const late = await open({ interceptor: slow })
    const begun = await late.world.ssoAdmin.provisionPermissionSet(late.arns[0], first)
    const endMs = late.inMs(10_000)
    expect(await late.world.finish(late.provisionings.wait(begun.requestId, endMs))).toBeUndefined()
    expect(late.inMs(0)).toBeLessThan(endMs + 4_000)
  })

  test('are looked for once, and again where that failed', async () => {
    const error = new ServiceError('sso-admin', 'AccessDeniedException', 'not you')
    let times = 0
    const { world, provisionings, inMs, arns, calls } = await open({
      interceptor: async ({ operation, proceed }) => {
        if (operation === 'listProvisionings' && ++times === 1) throw error
        return proceed()
      },
    })
    await expect(world.finish(provisionings.run({ arn: arns[0] }, inMs(60_000)))).rejects.toBe(error)
    for (const arn of arns.slice(0, 2))
      expect(await world.finish(provisionings.run({ arn }, inMs(60_000)))).toMatchObject({ state: 'SUCCEEDED' })
    expect(calls('ListPermissionSetProvisioningStatus')).toBe(1)
  })

  test('that ended while they were looked for hold nothing up', async () => {
    const { world, provisionings, inMs, arns } = await open({
      most: 1,
      interceptor: async ({ operation, proceed }) => {
        const answer = await proceed()
        return isDescription(operation) ? { ...Object(answer), state: 'SUCCEEDED' } : answer
      },
    })
    await world.ssoAdmin.provisionPermissionSet(arns[0], first)
    expect(await world.finish(provisionings.run({ arn: arns[1] }, inMs(60_000)))).toMatchObject({ state: 'SUCCEEDED' })
  })
})
