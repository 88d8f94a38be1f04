import { expect, test } from '@jest/globals'
import { bank, fileOf, hourMs, keyId, keyWith, minuteMs, noting, Retiring, shop, userWith } from './retiring.ts'

test('an owner with many files takes no turn of an owner with one', async () => {
  const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
  retiring.have(bank, [userWith('ann')])
  const many = Array.from({ length: 40 }, (_, index) => `AKIA${String(index).padStart(16, '0')}`)
  await retiring.ask(...many.map((id) => fileOf('ann', id, bank, 'team-bank')), fileOf('ci'))
  const asked: string[] = []
  await retiring.look(noting(retiring.world.ports, asked))
  expect(asked).toHaveLength(42)
  expect(asked.indexOf(shop)).toBeLessThan(8)
})

test('a key that is not there is looked for once an hour, and found then or for a newer file', async () => {
  const retiring = await Retiring.open([userWith('ci')])
  const { world } = retiring
  const looksOf = async () => {
    const asked: string[] = []
    await retiring.look(noting(world.ports, asked))
    return asked.length
  }
  await retiring.ask(fileOf('ci'))
  expect(await looksOf()).toBe(1)
  expect(await retiring.status(fileOf('ci'))).toMatchObject({ state: 'applied' })
  await world.clock.advance(5 * minuteMs)
  expect(await looksOf()).toBe(0)
  expect(await retiring.status(fileOf('ci'))).toMatchObject({ state: 'applied' })
  await world.clock.advance(hourMs)
  expect(await looksOf()).toBe(1)
  retiring.have(shop, [userWith('ci', { keys: [keyWith()] })])
  await world.clock.advance(minuteMs)
  await retiring.ask(fileOf('ci'))
  await retiring.look()
  expect(retiring.key()?.isActive).toBe(false)
  await world.objects.delete(fileOf('ci'))
  await retiring.look()
  expect(await retiring.keysUnder('retired/')).toEqual([])
})

test('a key that somebody deleted has ended in history when its file is deleted', async () => {
  const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
  await retiring.ask(fileOf('ci'))
  await retiring.pass(hourMs)
  retiring.have(shop, [userWith('ci')])
  await retiring.world.objects.delete(fileOf('ci'))
  await retiring.look()
  expect(await retiring.events(fileOf('ci'))).toEqual(['credential-inactive', 'credential-gone'])
  expect(await retiring.keysUnder('retired/')).toEqual([])
})

test('an account without the role is told what to do, holds up no other, and is done once it has one', async () => {
  const retiring = await Retiring.open([userWith('ci', { keys: [keyWith()] })])
  retiring.have(bank, [userWith('ci', { keys: [keyWith()] })])
  retiring.world.iam.removeRole(bank, 'ssofile-hygiene')
  const ofBank = fileOf('ci', keyId, bank, 'team-bank')
  await retiring.ask(fileOf('ci'), ofBank)
  await retiring.look()
  expect(retiring.key()?.isActive).toBe(false)
  expect(await retiring.status(ofBank)).toMatchObject({
    state: 'failed',
    remedy: expect.stringContaining('deploy the role ssofile-hygiene'),
  })
  retiring.world.iam.restoreRole(bank, 'ssofile-hygiene')
  await retiring.look()
  expect(await retiring.status(ofBank)).toMatchObject({ state: 'applying' })
})
