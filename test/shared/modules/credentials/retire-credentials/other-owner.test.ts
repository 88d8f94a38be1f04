import { describe, expect, test } from '@jest/globals'
import { ServiceError } from '../../../../../shared/ports/service-error.ts'
import { bank, fileOf, keyId, keyWith, minuteMs, nobodys, Retiring, shop, userWith } from './retiring.ts'

const [ofShop, ofBank] = [fileOf('ci'), fileOf('ci', keyId, shop, 'team-bank')]

async function open(): Promise<Retiring> {
  return Retiring.open([userWith('ci', { keys: [keyWith()] })])
}

async function tag(retiring: Retiring, owner: string): Promise<void> {
  await retiring.world.organizations.tagResource(shop, { owner })
  await retiring.world.clock.advance(5 * minuteMs)
  await retiring.read()
}

describe('a change of the owner tag is no decision of the author of a file', () => {
  test('a file of another team is rejected, and begins nothing when the account becomes theirs, until they upload it again', async () => {
    const retiring = await open()
    await retiring.ask(ofBank)
    await retiring.look()
    expect(await retiring.status(ofBank)).toMatchObject({
      state: 'rejected',
      reason: expect.stringContaining("whose tag owner is 'team-shop'"),
      remedy: expect.stringContaining('have the tag corrected and upload this file again'),
    })
    await tag(retiring, 'team-bank')
    expect(retiring.key()?.isActive).toBe(true)
    expect(await retiring.status(ofBank)).toMatchObject({
      state: 'rejected',
      reason: expect.stringContaining('a file from a time when the account 200000000001 had another value of the tag'),
    })
    await retiring.ask(ofBank)
    await retiring.look()
    expect(retiring.key()?.isActive).toBe(false)
    expect(await retiring.keysUnder('retired/refused/')).toEqual([])
  })

  test('what the former owner began is undone, and stays so when the tag flips back, until the file is uploaded again', async () => {
    const retiring = await open()
    await retiring.ask(ofShop)
    await retiring.look()
    expect(retiring.key()?.isActive).toBe(false)
    await tag(retiring, 'team-bank')
    expect(retiring.key()?.isActive).toBe(true)
    await tag(retiring, 'team-shop')
    expect(retiring.key()?.isActive).toBe(true)
    expect(await retiring.status(ofShop)).toMatchObject({ state: 'rejected' })
    await retiring.ask(ofShop)
    await retiring.look()
    expect(retiring.key()?.isActive).toBe(false)
  })

  test('a file of another team takes nothing from the file of the owner, and no note outlives its file', async () => {
    const retiring = await open()
    await retiring.ask(ofShop, ofBank)
    await retiring.look()
    expect(retiring.key()?.isActive).toBe(false)
    expect(await retiring.keysUnder('retired/refused/')).toHaveLength(1)
    await retiring.world.objects.delete(ofBank)
    await retiring.look()
    expect(await retiring.keysUnder('retired/refused/')).toEqual([])
    expect(retiring.key()?.isActive).toBe(false)
  })
})

test('a person who tags accounts makes no file ask that its author did not upload for that owner', async () => {
  const retiring = await open()
  for (const account of [bank, nobodys]) retiring.have(account, [userWith('ci', { keys: [keyWith()] })])
  const files = ['team-shop', 'team-bank', 'team-mallory'].map((owner) => fileOf('ci', keyId, nobodys, owner))
  await retiring.ask(...files)
  await retiring.look()
  for (const owner of ['team-mallory', 'team-shop', 'team-bank', 'team-mallory']) {
    await retiring.world.organizations.tagResource(nobodys, { owner })
    await retiring.read()
    await retiring.pass(10 * minuteMs, 5 * minuteMs)
    expect(retiring.user('ci', nobodys)?.keys[0]?.isActive).toBe(true)
  }
})

test('a file waits, and says so, while nobody knows who owns its account', async () => {
  const retiring = await open()
  const { world } = retiring
  await retiring.ask(ofShop)
  const { organizations } = world.ports
  const refused = async () => {
    throw new ServiceError('organizations', 'AccessDeniedException', 'no')
  }
  await retiring.look({
    ...world.ports,
    organizations: Object.assign(Object.create(organizations), { listTags: refused }),
  })
  expect(await retiring.status(ofShop)).toMatchObject({
    state: 'waiting',
    reason: 'ssofile cannot read now who owns the account',
  })
  expect(retiring.key()?.isActive).toBe(true)
  await retiring.look()
  expect(retiring.key()?.isActive).toBe(false)
})
