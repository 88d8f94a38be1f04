import { describe, expect, test } from '@jest/globals'
import {
  dayMs,
  fileOf,
  hourMs,
  keyWith,
  listingAsActive,
  longAgo,
  minuteMs,
  Retiring,
  shop,
  userWith,
} from './retiring.ts'

describe('the life of a key that is retired', () => {
  test('inactive at once, watched for fourteen days, then deleted; its status and history say what there was', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith({ uses: [{ at: longAgo }] })] })])
    const file = fileOf('ci')
    await retiring.ask(file)
    await retiring.look()
    expect(retiring.key()).toMatchObject({ isActive: false })
    const until = new Date(retiring.world.clock.now().getTime() + 14 * dayMs).toISOString().slice(0, 10)
    expect(await retiring.status(file)).toMatchObject({
      input: file,
      state: 'applying',
      reason: expect.stringContaining(`ssofile deletes it at ${until}`),
      retirement: { state: 'inactive', madeAt: longAgo.toISOString(), lastUsedAt: longAgo.toISOString() },
    })
    await retiring.pass(13.9 * dayMs, 6 * hourMs)
    expect(retiring.key()).toBeDefined()
    await retiring.pass(0.2 * dayMs)
    expect(retiring.user('ci')?.keys).toEqual([])
    expect(await retiring.status(file)).toMatchObject({ state: 'applied', retirement: { state: 'gone' } })
    expect(await retiring.events(file)).toEqual(['credential-inactive', 'credential-deleted'])
    expect((await retiring.keysUnder('changes/')).map((key) => key.split('%')[1])).toEqual([
      'credential-inactive',
      'credential-deleted',
    ])
    await retiring.world.objects.delete(file)
    await retiring.look()
    expect([...(await retiring.keysUnder('retired/')), ...(await retiring.keysUnder('status/retire/'))]).toEqual([])
  })

  test('undone by deleting the file: active again, and nothing is left but history', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    const file = fileOf('ci')
    await retiring.ask(file)
    await retiring.pass(5 * dayMs, 6 * hourMs)
    await retiring.world.objects.delete(file)
    await retiring.look()
    expect(retiring.key()).toMatchObject({ isActive: true })
    expect([...(await retiring.keysUnder('retired/')), ...(await retiring.keysUnder('status/retire/'))]).toEqual([])
    expect(await retiring.events(file)).toEqual(['credential-inactive', 'credential-kept'])
    await retiring.pass(20 * dayMs, 12 * hourMs)
    expect(retiring.key()).toMatchObject({ isActive: true })
  })

  test('a key is active again after an undo, although IAM still lists it as it was before ssofile made it inactive', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    const { ports, objects } = retiring.world
    await retiring.ask(fileOf('ci'))
    await retiring.look(listingAsActive(ports))
    expect(retiring.key()).toMatchObject({ isActive: false })
    await objects.delete(fileOf('ci'))
    await retiring.look(listingAsActive(ports))
    expect(retiring.key()).toMatchObject({ isActive: true })
    expect(await retiring.events(fileOf('ci'))).toEqual(['credential-inactive', 'credential-kept'])
  })

  test('undone, it stays inactive where it was before anybody asked', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith({ isActive: false })] })])
    await retiring.ask(fileOf('ci'))
    await retiring.look()
    await retiring.world.objects.delete(fileOf('ci'))
    await retiring.look()
    expect(retiring.key()).toMatchObject({ isActive: false })
  })

  test('used in between, which IAM tells hours later: it stops, wants somebody, and is left as it is', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    const file = fileOf('ci')
    await retiring.ask(file)
    await retiring.world.clock.advance(2 * minuteMs)
    expect(retiring.use()).toBe(true)
    await retiring.pass(6 * hourMs)
    expect(await retiring.status(file)).toMatchObject({ retirement: { state: 'used since' } })
    await retiring.pass(30 * dayMs, 6 * hourMs)
    expect(retiring.key()).toMatchObject({ isActive: false })
    expect(await retiring.status(file)).toMatchObject({ state: 'blocked', retirement: { state: 'used since' } })
    expect(await retiring.keysUnder('attention/')).toEqual([`attention/blocked/${file}`])
    expect(await retiring.events(file)).toEqual(['credential-inactive', 'credential-used'])
    await retiring.world.objects.delete(file)
    await retiring.look()
    expect(retiring.key()).toMatchObject({ isActive: true })
    expect(await retiring.keysUnder('attention/')).toEqual([])
  })

  test('made active again by somebody: it stops, and is not made inactive again', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    await retiring.ask(fileOf('ci'))
    await retiring.pass(dayMs)
    retiring.changeKey('ci', { isActive: true })
    await retiring.pass(20 * dayMs, 6 * hourMs)
    expect(retiring.key()).toMatchObject({ isActive: true })
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ retirement: { state: 'used since' } })
  })

  test.each([
    ['without a use', false],
    ['after a use that stopped the retirement', true],
  ])(
    'a key that somebody made active again %s stays inactive if others switch it off: an undo leaves it',
    async (_, isUsed) => {
      const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
      const file = fileOf('ci')
      await retiring.ask(file)
      if (isUsed) retiring.use()
      await retiring.pass(6 * hourMs)
      retiring.changeKey('ci', { isActive: true })
      await retiring.pass(2 * hourMs)
      expect(await retiring.status(file)).toMatchObject({ reason: expect.stringContaining('made it active again') })
      retiring.changeKey('ci', { isActive: false })
      await retiring.look()
      await retiring.world.objects.delete(file)
      await retiring.look()
      expect(retiring.key()).toMatchObject({ isActive: false })
      expect(await retiring.keysUnder('retired/')).toEqual([])
    },
  )

  test('deleted by somebody else, and a password made anew: that one is never touched', async () => {
    const old = { changedAt: longAgo, uses: [] }
    const retiring = await Retiring.open([userWith('ann', { password: old })])
    const file = fileOf('ann', 'password')
    await retiring.ask(file)
    await retiring.pass(dayMs)
    retiring.have(shop, [userWith('ann', { password: { changedAt: retiring.world.clock.now(), uses: [] } })])
    await retiring.pass(30 * dayMs, 6 * hourMs)
    expect(retiring.user('ann')?.password).toBeDefined()
    expect(await retiring.status(file)).toMatchObject({ reason: expect.stringContaining('by somebody else') })
  })

  test('a deleted password is remembered while its file may not ask, so a new password of that user stays', async () => {
    const retiring = await Retiring.open([userWith('ann', { password: { changedAt: longAgo, uses: [] } })])
    const file = fileOf('ann', 'password')
    await retiring.ask(file)
    await retiring.pass(15 * dayMs, 12 * hourMs)
    expect(retiring.user('ann')?.password).toBeUndefined()
    await retiring.govern({ neverRetire: ['ann'] })
    await retiring.look()
    expect(await retiring.status(file)).toMatchObject({ state: 'rejected' })
    await retiring.govern({})
    retiring.have(shop, [userWith('ann', { password: { changedAt: retiring.world.clock.now(), uses: [] } })])
    await retiring.pass(15 * dayMs, 12 * hourMs)
    expect(retiring.user('ann')?.password).toBeDefined()
    expect(await retiring.status(file)).toMatchObject({ state: 'applied', retirement: { state: 'gone' } })
    await retiring.world.objects.delete(file)
    await retiring.look()
    expect(await retiring.keysUnder('retired/')).toEqual([])
  })
})
