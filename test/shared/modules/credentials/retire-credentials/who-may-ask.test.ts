import { describe, expect, test } from '@jest/globals'
import { bank, dayMs, fileOf, hourMs, keyId, keyWith, nobodys, Retiring, shop, userWith } from './retiring.ts'

describe('who may ask', () => {
  test('not for an account of somebody else, for the root user, for break-glass, or for a name on neverRetire', async () => {
    const users = ['ci', 'terraform', 'alice-BREAK-GLASS', 'root'].map((name) => userWith(name, { keys: [keyWith()] }))
    const retiring = await Retiring.open(users)
    for (const account of [bank, nobodys]) retiring.have(account, users)
    await retiring.govern({ neverRetire: ['terra*'] })
    const files = [
      fileOf('ci', keyId, bank),
      fileOf('ci', keyId, nobodys),
      fileOf('terraform'),
      fileOf('alice-BREAK-GLASS'),
      fileOf('root'),
      'retire/account%200000000001%ci%password%ssofile',
    ]
    await retiring.ask(...files)
    await retiring.pass(20 * dayMs, 12 * hourMs)
    for (const file of files) expect(await retiring.status(file)).toMatchObject({ state: 'rejected' })
    for (const account of [shop, bank, nobodys])
      for (const { name } of users) expect(retiring.user(name, account)).toMatchObject({ keys: [{ isActive: true }] })
  })

  test('not for a protected name that is written with other capitals: IAM does not distinguish them', async () => {
    const users = ['terraform', 'alice-BREAK-GLASS'].map((name) => userWith(name, { keys: [keyWith()] }))
    const retiring = await Retiring.open(users)
    await retiring.govern({ neverRetire: ['terra*'] })
    for (const name of ['Terraform', 'ALICE-break-glass']) {
      await retiring.ask(fileOf(name))
      await retiring.look()
      expect(await retiring.status(fileOf(name))).toMatchObject({ state: 'rejected' })
    }
  })

  test('for a user who only bears the name of a break-glass user: that one goes as any other', async () => {
    const mallory = userWith('mallory-BREAK-GLASS', { keys: [keyWith()] })
    const retiring = await Retiring.open([mallory])
    await retiring.ask(fileOf('mallory-BREAK-GLASS'))
    await retiring.pass(2 * hourMs)
    expect(retiring.user('mallory-BREAK-GLASS', shop)).toMatchObject({ keys: [{ isActive: false }] })
  })

  test('two owners at once, each in their own account; a file that stays keeps what another one undoes', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    retiring.have(bank, [userWith('ci', { keys: [keyWith()] })])
    const [ofShop, ofBank] = [fileOf('ci'), fileOf('ci', keyId, bank, 'team-bank')]
    await retiring.ask(ofShop, ofBank)
    await retiring.look()
    expect([retiring.key()?.isActive, retiring.user('ci', bank)?.keys[0]?.isActive]).toEqual([false, false])
    await retiring.world.objects.delete(ofShop)
    await retiring.look()
    expect([retiring.key()?.isActive, retiring.user('ci', bank)?.keys[0]?.isActive]).toEqual([true, false])
  })

  test('a name that comes onto neverRetire while it is watched is undone', async () => {
    const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
    await retiring.ask(fileOf('ci'))
    await retiring.look()
    await retiring.govern({ neverRetire: ['ci'] })
    await retiring.look()
    expect(retiring.key()?.isActive).toBe(true)
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ state: 'rejected' })
  })
})
