import { describe, expect, test } from '@jest/globals'
import { dayMs, fileOf, hourMs, keyWith, longAgo, Retiring, shop, userWith } from './retiring.ts'

describe('a user who got another name', () => {
  const password = { changedAt: longAgo, uses: [] }
  const files = [fileOf('ci'), fileOf('ci', 'password')]

  /** A key and a password are watched when the user `ci` is renamed, which keeps both. */
  async function rename(): Promise<Retiring> {
    const retiring = await Retiring.open([userWith('ci', { password, keys: [keyWith()] })])
    await retiring.ask(...files)
    await retiring.pass(3 * hourMs)
    const renamed = retiring.user('ci')
    retiring.have(shop, renamed ? [{ ...renamed, name: 'svc-ci' }] : [])
    return retiring
  }

  test('keeps key and password: nothing is said to be gone, and the statuses ask a person', async () => {
    const retiring = await rename()
    await retiring.pass(20 * dayMs, 12 * hourMs)
    expect(retiring.user('svc-ci')).toMatchObject({ password, keys: [{ isActive: false }] })
    for (const file of files) {
      expect(await retiring.status(file)).toMatchObject({
        state: 'blocked',
        reason: `there is no user ci in ${shop}: it was renamed or deleted. ssofile leaves its credentials as they are`,
      })
      expect(await retiring.events(file)).not.toContain('credential-gone')
    }
  })

  test.each([
    ['after ssofile saw that the name is gone', 2 * hourMs],
    ['before ssofile looked again', 0],
  ])('has an active key again when the file is deleted %s', async (_, ms) => {
    const retiring = await rename()
    if (ms > 0) await retiring.pass(ms)
    for (const file of files) await retiring.world.objects.delete(file)
    await retiring.look()
    expect(retiring.key('svc-ci')).toMatchObject({ isActive: true })
    expect(await retiring.events(fileOf('ci'))).toEqual(['credential-inactive', 'credential-kept'])
    expect([...(await retiring.keysUnder('retired/')), ...(await retiring.keysUnder('status/retire/'))]).toEqual([])
  })

  test('and cannot be found by the key keeps the record of the undo, until a person uploads the file again', async () => {
    const retiring = await rename()
    retiring.have(shop, [])
    await retiring.world.objects.delete(fileOf('ci'))
    await retiring.pass(3 * hourMs)
    expect(await retiring.status(fileOf('ci'))).toMatchObject({
      state: 'blocked',
      remedy: expect.stringContaining('upload this file and delete it again'),
    })
    expect(await retiring.keysUnder('retired/')).toHaveLength(2)
    await retiring.ask(fileOf('ci'))
    await retiring.look()
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ state: 'applied' })
    for (const file of files) await retiring.world.objects.delete(file)
    await retiring.look()
    expect([...(await retiring.keysUnder('retired/')), ...(await retiring.keysUnder('status/retire/'))]).toEqual([])
  })

  test('comes back under the old name, and the days go on', async () => {
    const retiring = await rename()
    await retiring.pass(2 * hourMs)
    const [renamed] = retiring.world.iam.credentials.of(shop).users
    retiring.have(shop, renamed ? [{ ...renamed, name: 'ci' }] : [])
    await retiring.pass(2 * hourMs)
    expect(await retiring.status(fileOf('ci'))).toMatchObject({ state: 'applying', retirement: { state: 'inactive' } })
    await retiring.pass(14 * dayMs, 12 * hourMs)
    expect(retiring.user('ci')).toMatchObject({ keys: [], password: undefined })
  })
})
