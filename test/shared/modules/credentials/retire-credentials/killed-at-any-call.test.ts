import { describe, expect, test } from '@jest/globals'
import type { Ports } from '../../../../../shared/ports/ports.ts'
import type { RetiringAccount } from '../../../../../shared/ports/retirer.ts'
import { never } from '../../../../intercept.ts'
import { dayMs, fileOf, hourMs, keyWith, Retiring, userWith } from './retiring.ts'

function dying(ports: Ports, at: number, when: 'before' | 'after') {
  let calls = 0
  let isDead = false
  const around = <P extends object>(port: P): P =>
    new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function' || name === 'list') return value
        return async (...args: readonly unknown[]) => {
          if (isDead) return never
          isDead = ++calls === at
          if (isDead && when === 'before') return never
          const answer: unknown = await Reflect.apply(value, target, args)
          return isDead ? never : answer
        }
      },
    })
  const { retirer } = ports
  if (retirer === undefined) throw new Error('there is a retirer')
  const enter = async (...args: Parameters<typeof retirer.enter>): Promise<RetiringAccount> =>
    around(await retirer.enter(...args))
  return { ports: { ...ports, objects: around(ports.objects), retirer: { enter } }, isDead: () => isDead }
}

describe('a function that is killed at any call', () => {
  /** The call at which it dies grows until it gets to its end. */
  async function killEverywhere(
    when: 'before' | 'after',
    { prepare, holds }: { prepare: (one: Retiring) => Promise<void>; holds: (one: Retiring) => Promise<void> },
  ): Promise<number> {
    for (let at = 1; ; at++) {
      const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
      await prepare(retiring)
      const { ports, isDead } = dying(retiring.world.ports, at, when)
      let isOver = false
      void retiring.world.runSchedule('retire', ports).finally(() => {
        isOver = true
      })
      await retiring.world.until(() => isOver || isDead(), 'the end or the death of the function')
      await retiring.world.clock.advance(1_000)
      await retiring.look()
      await holds(retiring)
      if (isOver) return at
    }
  }

  test.each(['before', 'after'] as const)('while it makes a key inactive, %s the call takes effect', async (when) => {
    const calls = await killEverywhere(when, {
      prepare: (one) => one.ask(fileOf('ci')),
      async holds(one) {
        expect(one.key()?.isActive).toBe(false)
        expect(await one.status(fileOf('ci'))).toMatchObject({ retirement: { state: 'inactive' } })
        expect(await one.events(fileOf('ci'))).toEqual(['credential-inactive'])
        // The ledger knows that it was active before.
        await one.world.objects.delete(fileOf('ci'))
        await one.look()
        expect(one.key()?.isActive).toBe(true)
      },
    })
    expect(calls).toBeGreaterThan(10)
  })

  test.each(['before', 'after'] as const)('while it deletes, %s the call takes effect', async (when) => {
    await killEverywhere(when, {
      async prepare(one) {
        await one.ask(fileOf('ci'))
        await one.pass(13.99 * dayMs, 7 * dayMs)
        await one.world.clock.advance(hourMs)
      },
      async holds(one) {
        expect(one.user('ci')?.keys).toEqual([])
        expect(await one.status(fileOf('ci'))).toMatchObject({ retirement: { state: 'gone' } })
        expect(await one.events(fileOf('ci'))).toEqual(['credential-inactive', 'credential-deleted'])
      },
    })
  })

  test.each(['before', 'after'] as const)('while it undoes, %s the call takes effect', async (when) => {
    await killEverywhere(when, {
      async prepare(one) {
        await one.ask(fileOf('ci'))
        await one.look()
        await one.world.objects.delete(fileOf('ci'))
      },
      async holds(one) {
        expect(one.key()?.isActive).toBe(true)
        expect([...(await one.keysUnder('retired/')), ...(await one.keysUnder('status/retire/'))]).toEqual([])
        expect(await one.events(fileOf('ci'))).toEqual(['credential-inactive', 'credential-kept'])
      },
    })
  })
})
