import { describe, expect, test } from '@jest/globals'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { Settling } from '../../../settling.ts'

const key = 'policies/finance.json'
const inAnHour = '{"expiresAt": "2026-03-03T11:00:00Z"}'

function policy(must: object, mode = 'enforce'): string {
  return JSON.stringify({ contact: 'Ann', links: [{ id: 'r', control: 'AC-2', mode, must }] })
}
const expiring = policy({ expireWithinHours: 1 })

/** The link is there, and looked at; then the policy comes. */
async function grantedBefore(document: string, body = ''): Promise<Settling> {
  const bench = new Settling()
  await bench.upload(bench.link, body)
  expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
  await bench.world.objects.put(key, document)
  return bench
}
const isAssigned = (bench: Settling) => bench.world.ssoAdmin.isAssigned(bench.target())

describe('a link that the policies refuse', () => {
  test('grants nothing, and leaves nothing in the ledger', async () => {
    const bench = new Settling()
    await bench.world.objects.put(key, expiring)
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'absent', links: [bench.link] })
    expect([await bench.entry(), bench.calls('CreateAccountAssignment')]).toEqual([undefined, 0])
  })

  test('grants as soon as it names the owner that they demand', async () => {
    const bench = new Settling()
    await bench.world.objects.put(key, policy({ owner: true }))
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    await bench.upload(bench.link, JSON.stringify({ owner: 'team-platform' }))
    expect(await bench.settle()).toMatchObject({ result: 'applied' })
    expect((await bench.entry())?.links).toMatchObject([{ owner: 'team-platform' }])
  })

  test('grants as soon as the policy only warns, or is gone', async () => {
    const bench = new Settling()
    await bench.world.objects.put(key, expiring)
    await bench.upload()
    await bench.settle()
    await bench.world.objects.put(key, policy({ expireWithinHours: 1 }, 'warn'))
    expect(await bench.settle()).toMatchObject({ result: 'applied' })
  })

  test('leaves the access of another link that they accept', async () => {
    const bench = new Settling()
    await bench.world.objects.put(key, expiring)
    await bench.upload(bench.link, inAnHour)
    await bench.upload(bench.link.replace('account%233000000002', 'root%all'))
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect((await bench.entry())?.links.map((link) => link.key)).toEqual([bench.link])
  })

  test('does not keep access whose own link is deleted', async () => {
    const bench = await grantedBefore(expiring)
    await bench.upload(bench.link.replace('account%233000000002', 'root%all'))
    await bench.settle()
    await bench.world.objects.delete(bench.link)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    expect(isAssigned(bench)).toBe(false)
  })
})

describe('a policy that comes after the access', () => {
  test.each([
    ['stricter', expiring],
    ['broken', '{'],
    ['larger than a policy may be', ' '.repeat(100_000)],
  ])('leaves it, however %s it is', async (_, document) => {
    const bench = await grantedBefore(document)
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(isAssigned(bench)).toBe(true)
  })

  test('does not keep it once its link is deleted', async () => {
    const bench = await grantedBefore('{')
    await bench.world.objects.delete(bench.link)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
  })

  test('is asked where access that is gone is to come again under another content', async () => {
    const bench = await grantedBefore(expiring)
    await bench.world.objects.delete(bench.link)
    await bench.settle()
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    expect(isAssigned(bench)).toBe(false)
  })
})

describe('a change of a link that the policies refuse changes nothing', () => {
  test.each([
    ['that forbids it', expiring],
    ['that cannot be read', '{'],
  ])('by a policy %s: the access stays, by what the link said before', async (_, document) => {
    const bench = await grantedBefore(document, inAnHour)
    const before = (await bench.entry())?.links
    await bench.upload(bench.link, '{"reason": "for ever"}')
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect((await bench.entry())?.links).toEqual(before)
  })

  test('and the access ends when the link said before, as an act of its owner', async () => {
    const bench = await grantedBefore(expiring, inAnHour)
    await bench.upload(bench.link, '{"reason": "for ever"}')
    await bench.settle()
    await bench.world.clock.advance(3_600_000)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    expect([isAssigned(bench), await bench.history()]).toEqual([false, ['granted', 'revoked']])
  })
})

describe('what a rule asks of an upload', () => {
  const mine = policy({ uploaders: ['AWS:AROA1:*'] })

  test('its uploader stands in its status; while nobody knows, nothing is granted', async () => {
    const bench = new Settling()
    await bench.world.objects.put(key, mine)
    const link = await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    const { etag, content, lastModified } = link
    const by = { principalId: 'AWS:AROA1:kim', at: lastModified }
    await bench.within(({ statuses }) =>
      statuses.revise(bench.link, async () => ({ state: 'applying', etag, content, lastModified, by })),
    )
    expect(await bench.settle()).toMatchObject({ result: 'applied' })
  })

  test('a scope may reach so many accounts and no more', async () => {
    const bench = new Settling()
    const root = bench.link.replace('account%233000000002', 'root%all')
    const count = async () => {
      const view = await bench.within(({ organization }) => organization.view())
      return view.accounts.filter(({ id, state }) => state === 'ACTIVE' && id !== view.managementAccountId).length
    }
    await bench.world.objects.put(key, policy({ accountsMost: (await count()) - 1 }))
    await bench.upload(root)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    await bench.world.objects.put(key, policy({ accountsMost: await count() }))
    expect(await bench.settle()).toMatchObject({ result: 'applied' })
  })
})

test('while S3 does not answer about policies nothing is granted, and nothing revoked', async () => {
  const bench = new Settling({
    interceptor: async ({ operation, args: [prefix], proceed }) => {
      if (operation === 'list' && prefix === 'policies/') throw new ServiceError('s3', 'InternalError', 'try again')
      return proceed()
    },
  })
  await bench.upload()
  await expect(bench.settle()).rejects.toThrow('try again')
  expect(bench.calls('CreateAccountAssignment')).toBe(0)
})
