import { describe, expect, test } from '@jest/globals'
import type { Use } from '../../../../../shared/memory/iam/memory-credentials.ts'
import { dayMs, fileOf, hourMs, keyWith, longAgo, Retiring, shop, userWith } from './retiring.ts'

describe('passwords and users', () => {
  test('a password works while it is watched, is left when somebody signs in, and goes otherwise', async () => {
    const password = { changedAt: longAgo, uses: [] }
    const retiring = await Retiring.open([userWith('ann', { password }), userWith('bob', { password })])
    await retiring.ask(fileOf('ann', 'password'), fileOf('bob', 'password'))
    await retiring.pass(5 * dayMs, 6 * hourMs)
    expect(await retiring.status(fileOf('bob', 'password'))).toMatchObject({ retirement: { state: 'watched' } })
    const uses: readonly Use[] = [{ at: retiring.world.clock.now() }]
    const bob = retiring.user('bob')
    retiring.have(shop, [userWith('ann', { password: { ...password, uses } }), ...(bob ? [bob] : [])])
    await retiring.pass(10 * dayMs, 6 * hourMs)
    expect([retiring.user('ann')?.password === undefined, retiring.user('bob')?.password]).toEqual([false, undefined])
    expect(await retiring.status(fileOf('ann', 'password'))).toMatchObject({ retirement: { state: 'used since' } })
  })

  test('a user goes by a file of its own, and only once password, keys, groups and policies are gone', async () => {
    const user = userWith('old', { keys: [keyWith()], password: { changedAt: longAgo, uses: [] }, groups: ['admins'] })
    const retiring = await Retiring.open([user])
    const file = fileOf('old', 'user')
    await retiring.ask(file)
    await retiring.pass(20 * dayMs, 12 * hourMs)
    expect(retiring.user('old')).toEqual(user)
    expect(await retiring.status(file)).toMatchObject({
      state: 'blocked',
      reason: expect.stringContaining('AWS refuses'),
    })
    await retiring.ask(fileOf('old'), fileOf('old', 'password'))
    await retiring.pass(16 * dayMs, 12 * hourMs)
    expect(retiring.user('old')).toMatchObject({ keys: [], groups: ['admins'] })
    retiring.have(shop, [userWith('old')])
    await retiring.pass(dayMs)
    expect(retiring.user('old')).toBeUndefined()
    expect(await retiring.status(file)).toMatchObject({ retirement: { state: 'gone' } })
  })

  test('keys and passwords never take their user along', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    await retiring.ask(fileOf('ci'))
    await retiring.pass(15 * dayMs, 12 * hourMs)
    expect(retiring.user('ci')).toMatchObject({ keys: [] })
  })
})
