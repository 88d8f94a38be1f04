import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { runsOf } from '../../../../depth.ts'
import { dayMs, fileOf, hourMs, keyWith, Retiring, userWith } from './retiring.ts'

describe('over drawn histories of use', () => {
  const act = fc.oneof(
    { weight: 4, arbitrary: fc.record({ does: fc.constant('use' as const) }) },
    { weight: 1, arbitrary: fc.constantFrom({ does: 'ask' as const }, { does: 'withdraw' as const }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('reactivate' as const) }) },
  )
  const history = fc.record({
    // IAM knows a use a day late at most.
    lateMs: fc.integer({ min: 0, max: dayMs }),
    retireAfterDays: fc.integer({ min: 2, max: 5 }),
    acts: fc.array(fc.record({ after: fc.integer({ min: 1, max: 2 * dayMs }), act }), { minLength: 1, maxLength: 12 }),
  })

  test('a key that was used while it was asked for is never deleted, and one that nobody used is', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ lateMs, retireAfterDays, acts }) => {
        const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })], { iam: { lateMs } })
        await retiring.govern({ retireAfterDays })
        const file = fileOf('ci')
        await retiring.ask(file)
        let isAsked = true
        let isUsedSince = false
        let usedAt: Date | undefined
        for (const {
          after,
          act: { does },
        } of acts) {
          await retiring.live(after)
          if (retiring.key() === undefined) break
          const now = retiring.world.clock.now()
          if (does === 'use' && retiring.use()) {
            usedAt = now
            isUsedSince ||= isAsked
          } else if (does === 'reactivate' && retiring.key()?.isActive === false) {
            retiring.changeKey('ci', { isActive: true })
            isUsedSince ||= isAsked
          } else if (does === 'ask') {
            // Whoever asks again after a use that nobody has looked at asks for the first time. A look comes every five minutes.
            await retiring.look()
            await retiring.ask(file)
            isUsedSince &&= isAsked
            isAsked = true
            // Whether IAM records a use of just before as one of since depends on those before it.
            if (usedAt !== undefined && now.getTime() - usedAt.getTime() < hourMs) return
          } else if (does === 'withdraw') {
            await retiring.world.objects.delete(file)
            await retiring.look()
            isAsked = false
          }
        }
        if (retiring.key() === undefined) expect(isUsedSince).toBe(false)
        const isLeft = retiring.key() !== undefined && (isUsedSince || !isAsked)
        await retiring.live((retireAfterDays + 2) * dayMs)
        expect(retiring.key() !== undefined).toBe(isLeft)
      }),
      { numRuns: runsOf(25) },
    )
  }, 120_000)
})
