import { describe, expect, test } from '@jest/globals'
import { dayMs, fileOf, hourMs, keyWith, Retiring, shop, userWith } from './retiring.ts'

describe('an account that is closed', () => {
  async function close(): Promise<Retiring> {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    await retiring.ask(fileOf('ci'))
    await retiring.look()
    await retiring.world.organizations.closeAccount(shop)
    await retiring.read()
    return retiring
  }

  test('asks nobody to undo what cannot be undone there, and the key is active again once the account is', async () => {
    const retiring = await close()
    const { world } = retiring
    expect(await retiring.status(fileOf('ci'))).toMatchObject({
      state: 'waiting',
      reason: `account ${shop} is PENDING_CLOSURE, not ACTIVE`,
    })
    await world.clock.advance(30 * dayMs)
    await retiring.read()
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ state: 'rejected' })
    await world.objects.delete(fileOf('ci'))
    await retiring.read()
    expect(await retiring.status(fileOf('ci'))).toMatchObject({
      state: 'waiting',
      reason: `account ${shop} is CLOSED, not ACTIVE`,
    })
    expect(await retiring.keysUnder('attention/')).toEqual([])
    world.organizations.reinstateAccount(shop)
    await retiring.read()
    expect(retiring.key()).toMatchObject({ isActive: true })
    expect(await retiring.events(fileOf('ci'))).toEqual(['credential-inactive', 'credential-kept'])
  })

  test('and gone from the organization leaves only history, an hour after that was first seen', async () => {
    const retiring = await close()
    await retiring.world.objects.delete(fileOf('ci'))
    await retiring.world.clock.advance(100 * dayMs)
    await retiring.read()
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ reason: `the organization has no account ${shop}` })
    expect(await retiring.keysUnder('retired/')).toHaveLength(1)
    await retiring.pass(hourMs)
    expect([...(await retiring.keysUnder('retired/')), ...(await retiring.keysUnder('status/retire/'))]).toEqual([])
    expect(await retiring.events(fileOf('ci'))).toEqual(['credential-inactive', 'credential-gone'])
    expect(retiring.world.log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})
