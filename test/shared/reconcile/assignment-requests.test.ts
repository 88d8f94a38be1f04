import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../shared/domain/account-id.ts'
import { permissionSetArn, principalId } from '../../../shared/domain/identity-center-ids.ts'
import type { AssignmentTarget, RequestKind } from '../../../shared/ports/sso-admin.ts'
import { AssignmentRequests } from '../../../shared/reconcile/assignment-requests.ts'
import { intercept, noAnswer } from '../../intercept.ts'
import { World } from '../../world.ts'

const target: AssignmentTarget = {
  accountId: accountId.parse('233000000002'),
  permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef'),
  principalId: principalId.parse('11111111-2222-3333-4444-555555555555'),
  principalType: 'GROUP',
}

/** What the service says is in progress is what stands in `running`. */
function open() {
  const running = new Map<string, { kind: RequestKind; target: AssignmentTarget }>()
  const listedMs: number[] = []
  const described: unknown[] = []
  let isSilent = false
  const world: World = new World()
  const { ssoAdmin } = intercept(world.ports, async ({ operation, args, proceed }) => {
    if (operation === 'describeAssignmentRequest') {
      described.push(args[1])
      const request = running.get(String(args[1]))
      return request && { requestId: args[1], state: 'IN_PROGRESS', target: request.target }
    }
    if (operation !== 'listAssignmentRequests') return proceed()
    listedMs.push(world.clock.monotonicMs())
    if (isSilent) throw noAnswer('ListAccountAssignmentCreationStatus')
    const ids = [...running].filter(([, { kind }]) => kind === args[0]).map(([requestId]) => requestId)
    // A page each.
    const at = Number(args[2] ?? 0)
    const items = ids.slice(at, at + 1).map((requestId) => ({ requestId, state: 'IN_PROGRESS' }))
    return at + 1 < ids.length ? { items, nextToken: String(at + 1) } : { items }
  })
  const requests = new AssignmentRequests(ssoAdmin, world.clock, world.log)
  const start = (requestId: string, kind: RequestKind = 'creation', of = target) =>
    running.set(requestId, { kind, target: of })
  const silence = (is: boolean) => {
    isSilent = is
  }
  return { world, requests, running, start, listedMs, described, silence }
}

describe('a request that is waited for', () => {
  test('is over when it is no longer listed, and whoever waits hears of it', async () => {
    const { world, requests, running, start } = open()
    start('one')
    start('two', 'deletion')
    const heard: string[] = []
    void requests.wait('creation', 'one', 60_000).then((end) => heard.push(`one ${end}`))
    void requests.wait('creation', 'one', 60_000).then((end) => heard.push(`one ${end}`))
    void requests.wait('deletion', 'two', 60_000).then((end) => heard.push(`two ${end}`))
    await world.clock.advance(5_000)
    expect(heard).toEqual([])
    running.delete('one')
    await world.clock.advance(300)
    expect(heard).toEqual(['one over', 'one over'])
    running.delete('two')
    await world.clock.advance(300)
    expect(heard).toEqual(['one over', 'one over', 'two over'])
  })

  test('is still in progress when nobody wants to wait any longer, and counts as unattended then', async () => {
    const { world, requests, start } = open()
    start('one')
    expect(requests.unattended).toBe(0)
    const waited = requests.wait('creation', 'one', 1_000)
    await world.clock.advance(999)
    expect(requests.unattended).toBe(0)
    await world.clock.advance(2)
    expect(await waited).toBe('still')
    expect(requests.unattended).toBe(1)
    requests.stop()
  })

  test('is asked for every 200 ms while there are four, and every 500 ms while there are more', async () => {
    for (const [count, everyMs] of [
      [4, 200],
      [5, 500],
    ] as const) {
      const { world, requests, start, listedMs } = open()
      for (let index = 0; index < count; index++) {
        start(`r${index}`)
        requests.watch('creation', `r${index}`)
      }
      await world.clock.advance(everyMs * 4 + 1)
      const rounds = [...new Set(listedMs)]
      expect(rounds.slice(1).map((at, index) => at - (rounds[index] ?? 0))).toEqual([everyMs, everyMs, everyMs])
      requests.stop()
    }
  })

  test('is not over because the service does not answer, which the log tells', async () => {
    const { world, requests, running, start, silence } = open()
    start('one')
    const waited = requests.wait('creation', 'one', 60_000)
    silence(true)
    running.clear()
    await world.clock.advance(1_000)
    expect(requests.unattended).toBe(0)
    expect(world.log.lines[0]).toMatchObject({ level: 'warn', fields: { kind: 'creation', error: expect.anything() } })
    silence(false)
    await world.clock.advance(300)
    expect(await waited).toBe('over')
  })

  test('is not asked for after the end of a slice, nor where there is none', async () => {
    const { world, requests, running, start, listedMs } = open()
    await world.clock.advance(5_000)
    expect(listedMs).toEqual([])
    start('one')
    requests.watch('creation', 'one')
    await world.clock.advance(250)
    expect(listedMs.length).toBeGreaterThan(0)
    running.clear()
    await world.clock.advance(1_000)
    const until = listedMs.length
    await world.clock.advance(5_000)
    expect(listedMs).toHaveLength(until)
    start('two')
    requests.watch('creation', 'two')
    requests.stop()
    await world.clock.advance(5_000)
    expect(listedMs).toHaveLength(until)
  })

  test('of one kind only has the other kind not listed', async () => {
    const { world, requests, start, listedMs } = open()
    start('one', 'deletion')
    requests.watch('deletion', 'one')
    await world.clock.advance(250)
    expect(listedMs).toHaveLength(1)
    requests.stop()
  })
})

describe('requests of a dispatcher before us', () => {
  test('are found with what they are about, on whatever page and of either kind', async () => {
    const { world, requests, start } = open()
    const other = { ...target, principalType: 'USER' as const }
    start('one')
    start('two', 'creation', other)
    start('three', 'deletion', { ...target, accountId: accountId.parse('233000000001') })
    await world.finish(requests.recover())
    expect(requests.findInProgress(target)).toEqual({ kind: 'creation', requestId: 'one' })
    expect(requests.findInProgress(other)).toEqual({ kind: 'creation', requestId: 'two' })
    expect(requests.unattended).toBe(3)
    requests.stop()
  })

  test.each([
    ['another account', { accountId: accountId.parse('233000000001') }],
    [
      'another permission set',
      {
        permissionSetArn: permissionSetArn.parse(
          'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-ffffffffffffffff',
        ),
      },
    ],
    ['another principal', { principalId: principalId.parse('99999999-2222-3333-4444-555555555555') }],
    ['another type', { principalType: 'USER' as const }],
  ])('about %s are not about this assignment', async (_, change) => {
    const { world, requests, start } = open()
    start('one', 'deletion', { ...target, ...change })
    await world.finish(requests.recover())
    expect(requests.findInProgress(target)).toBeUndefined()
    expect(requests.findInProgress({ ...target, ...change })?.requestId).toBe('one')
    requests.stop()
  })

  test('are described once, and not where we know them; what is over by then is not watched', async () => {
    const { world, requests, running, start, described } = open()
    start('ours')
    requests.watch('creation', 'ours', target)
    start('theirs', 'deletion')
    await world.finish(requests.recover())
    await world.finish(requests.recover())
    expect(described).toEqual(['theirs'])
    expect(requests.unattended).toBe(2)
    running.clear()
    await world.clock.advance(1_000)
    expect(requests.unattended).toBe(0)
    requests.stop()
  })

  test('that somebody waits for already get to know what they are about, and are waited for all the same', async () => {
    const { world, requests, running, start } = open()
    start('one')
    const waited = requests.wait('creation', 'one', 60_000)
    expect(requests.findInProgress(target)).toBeUndefined()
    await world.finish(requests.recover())
    expect(requests.findInProgress(target)).toEqual({ kind: 'creation', requestId: 'one' })
    running.clear()
    await world.clock.advance(500)
    expect(await waited).toBe('over')
    expect(requests.findInProgress(target)).toBeUndefined()
  })
})
