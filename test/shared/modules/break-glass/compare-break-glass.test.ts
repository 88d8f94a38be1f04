import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { Account } from '../../../../shared/domain/organization/organization-view.ts'
import { compareBreakGlass } from '../../../../shared/modules/break-glass/compare-break-glass.ts'
import type { BreakGlassAccount } from '../../../../shared/ports/break-glass.ts'
import { VirtualClock } from '../../../virtual-clock.ts'
import { example } from './rules/definitions.ts'

const callMs = 150

/** Compares many accounts, of which each call takes this long; they have no roles. */
async function compare(count: number, untilMs: number) {
  const clock = new VirtualClock(new Date('2026-03-03T00:00:00Z'))
  const accounts = Array.from(
    { length: count },
    (_, index): Account => ({
      id: accountId.parse(String(300_000_000_000 + index)),
      name: 'x',
      state: 'ACTIVE',
      parents: [example.rootId, 'ou-acme-wrk10000'],
      tags: {},
    }),
  )
  const account: BreakGlassAccount = {
    roles: async () => {
      await clock.sleep(2 * callMs)
      return []
    },
    rules: async () => {
      await clock.sleep(2 * callMs)
      return []
    },
    users: async () => [],
    passwordPolicy: async () => undefined,
    busPolicy: async () => undefined,
    topic: async () => ({ policy: '{}' }),
    subscriptions: async () => [],
    trail: async () => [],
  }
  const enter = async () => {
    await clock.sleep(callMs)
    return account
  }
  const nobody = { isUser: async () => true, drills: async () => [] }
  const sources = { auditor: { enter }, clock, accounts: async () => accounts, ...nobody, untilMs }
  let isOver = false
  const end = () => {
    isOver = true
  }
  const comparing = Array.fromAsync(compareBreakGlass(example, sources))
  comparing.then(end, end)
  const beganMs = clock.monotonicMs()
  while (!isOver) await clock.advance(callMs)
  return { findings: await comparing, tookMs: clock.monotonicMs() - beganMs }
}

test('the accounts of a large organization are compared many at once', async () => {
  const { tookMs } = await compare(480, Number.POSITIVE_INFINITY)
  // 7,000 accounts at this pace: two minutes.
  expect(tookMs).toBeLessThan(480 * (120_000 / 7_000) + 3_000)
})

test('an account for which there is no time is not asked, and its finding says so', async () => {
  const { findings } = await compare(100, callMs)
  const left = findings.filter(({ told }) => told.endsWith('was not checked: there was no time left to ask'))
  expect(left).toHaveLength(52)
  expect(left[0]).toMatchObject({ level: 'fail', subject: '300000000048', isUnchecked: true })
})
