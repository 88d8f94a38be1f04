import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { openProvider, openWithPeople, post } from './page-world.ts'

let provider: Awaited<ReturnType<typeof openProvider>>
beforeAll(async () => {
  provider = await openProvider(['ana', 'ben'])
})
afterAll(() => provider.close())

const minuteMs = 60_000
const digest = (digit: string) => digit.repeat(32)
const begun = '2026-03-03T10:00:00.000Z'
const terms = {
  keeps: 1,
  lastsDays: 14,
  remindDays: [1],
  silence: { escalateDays: 7, means: 'revoke' },
}
const run = { v: 1, phase: 'open', run: begun, terms, etag: 'e', items: 4, hash: 'h', reminded: [] }
const link = (digit: string, principal: string, isPrivileged = false) => ({
  digest: digest(digit),
  subject: {
    ...{
      kind: 'link',
      scope: 'account%233000000002',
      accounts: ['233000000002'],
      permissionSet: 'Admin-ps',
      principal,
      type: 'USER',
      isPrivileged,
    },
    file: { key: `links_data/account%233000000002%Admin-ps%${principal}%USER%ssofile`, etag: 'e' },
  },
  reviewers: [],
  decisions: [],
})

/** `ben` reviews; `ana` is an auditor. */
async function open() {
  const opened = await openWithPeople(provider.url, { auditors: ['auditors'], approveWithin: 'PT10M' })
  const { identityStore, objects } = opened.world
  const auditors = await identityStore.createGroup({ displayName: 'auditors' })
  await identityStore.createGroupMembership(auditors, opened.ids.ana)
  const byBen = { ...run, fallback: [{ type: 'USER', id: opened.ids.ben, name: 'ben' }] }
  await objects.put('review-results/quarter/run.json', JSON.stringify(byBen))
  const items = [link('a', 'cleo'), link('b', '<b>dora'), link('c', 'cleo', true), link('d', 'ben')]
  for (const item of items)
    await objects.put(`review-results/quarter/${begun}/items/${item.digest}.json`, JSON.stringify(item))
  return opened
}
type ShownReview = {
  readonly told: {
    readonly items: readonly {
      readonly digest: string
      readonly result: string
      readonly own?: { readonly problem?: string }
    }[]
    readonly reviews: readonly object[]
  }
}
const parse = (body: string) => (JSON.parse(body) as ShownReview).told
const decision = { review: 'quarter', verdict: 'keep', digests: [digest('a'), digest('b')], comment: 'x' }

describe('reviews on the page', () => {
  test('show a reviewer what the reviewer may decide, without own access, and an auditor all', async () => {
    const { ana, ben } = await open()
    const mine = parse((await ben.send('/api/reviews')).body)
    expect(mine.items.map((item) => item.digest)).toEqual(['a', 'b', 'c'].map(digest))
    expect(parse((await ben.send('/api/reviews?name=quarter')).body).items).toHaveLength(3)
    const all = parse((await ana.send('/api/reviews')).body)
    expect(all.items).toEqual([])
    expect(all.reviews).toMatchObject([{ review: 'quarter', counts: { open: 4 }, dueAt: '2026-03-17T10:00:00.000Z' }])
    expect(parse((await ana.send('/api/reviews?name=quarter')).body).items).toHaveLength(4)
    expect(await ana.send('/api/reviews?name=none')).toMatchObject({ statusCode: 404 })
  })

  test('tell access in thousands of accounts with the first ones and a number, and fit into an answer', async () => {
    const { ana, world } = await open()
    const accounts = Array.from({ length: 5_000 }, (_, nth) => String(100_000_000_000 + nth * 179_424_673))
    const subject = { kind: 'foreign', permissionSet: 'Read-ps', principal: 'team', type: 'GROUP', isPrivileged: false }
    const task = `remove it in ${accounts.join(', ')}: by hand`
    for (let nth = 0; nth < 10; nth++) {
      const item = {
        ...{ digest: String(nth).padStart(32, '0'), subject: { ...subject, accounts }, reviewers: [], decisions: [] },
        ...(nth === 0 && { end: { is: 'task', at: begun, task } }),
      }
      await world.objects.put(`review-results/quarter/${begun}/items/${item.digest}.json`, JSON.stringify(item))
    }
    const { body } = await ana.send('/api/reviews?name=quarter')
    expect(body.length).toBeLessThan(30_000)
    const { items, isCut } = JSON.parse(body).told
    expect([items.length, isCut]).toEqual([14, false])
    const told = `${accounts.slice(0, 20).join(', ')} and 4,980 more accounts`
    expect(items[0]).toMatchObject({
      item: `Read-ps for team (GROUP) in ${told}, given by others`,
      subject: { accounts: accounts.slice(0, 20) },
      moreAccounts: 4_980,
      end: { task: `remove it in ${told}: by hand` },
    })
  })

  test('tell the names of the accounts that items are about, and of no account that somebody wrote in a comment', async () => {
    const { ben, world } = await open()
    await world.finish(new OrganizationCache(world.ports, []).rebuild())
    const { accounts = [] } = (await new OrganizationCache(world.ports, []).storedView()) ?? {}
    const nameOf = (of: string) => accounts.find(({ id }) => id === of)?.name
    const [asked = '', commented = '', foreign = ''] = ['233000000002', '233000000001', '233000000003']
    const given = { user: ben, verdict: 'keep', comment: commented, key: 'k', etag: 'x', at: begun }
    const { subject } = link('e', 'cleo')
    const item = {
      ...link('e', 'cleo'),
      decisions: [{ ...given, user: world.identityStore.idOf('USER', 'ana'), name: commented }],
    }
    const others = { ...link('f', 'cleo'), subject: { ...subject, kind: 'foreign', accounts: [foreign] } }
    for (const one of [item, others])
      await world.objects.put(`review-results/quarter/${begun}/items/${one.digest}.json`, JSON.stringify(one))
    const { names } = JSON.parse((await ben.send('/api/reviews?name=quarter')).body)
    expect(nameOf(commented)).toBeDefined()
    expect(names.accounts).toEqual({ [asked]: nameOf(asked), [foreign]: nameOf(foreign) })
  })

  test('a decision is a file of the person, as a person uploads it, and leaves the list', async () => {
    const { ben, ids, world } = await open()
    expect(await post(ben, '/api/decisions', decision)).toMatchObject({ statusCode: 202 })
    const keys = ['a', 'b'].map((digit) => `decisions/${ids.ben}/quarter/${digest(digit)}%keep`)
    expect(await world.keys('decisions/')).toEqual(keys)
    expect(await world.json(keys[0] ?? '')).toEqual({ comment: 'x' })
    expect(parse((await ben.send('/api/reviews')).body).items.map((item) => item.digest)).toEqual([digest('c')])
  })

  test('a privileged item is decided alone, and only with a sign-in of the last minutes', async () => {
    const { ben, world, clock } = await open()
    const both = { ...decision, digests: [digest('a'), digest('c')] }
    expect(await post(ben, '/api/decisions', both)).toMatchObject({ statusCode: 400 })
    clock.move(11 * minuteMs)
    expect(await post(ben, '/api/decisions', decision)).toMatchObject({ statusCode: 401 })
    expect(await world.keys('decisions/')).toEqual([])
  })

  test('a visit reads no status of a decision that the record of its item has', async () => {
    const { ben, ids, world } = await open()
    await post(ben, '/api/decisions', decision)
    const [counted, other] = ['a', 'b'].map((digit) => `decisions/${ids.ben}/quarter/${digest(digit)}%keep`)
    const given = { user: ids.ben, verdict: 'keep', key: counted, at: begun }
    const etag = (await world.objects.head(counted ?? ''))?.etag
    const item = { ...link('a', 'cleo'), decisions: [{ ...given, etag }] }
    await world.objects.put(`review-results/quarter/${begun}/items/${item.digest}.json`, JSON.stringify(item))
    for (const key of [counted, other]) {
      const head = await world.objects.head(key ?? '')
      const status = { input: key, state: 'rejected', reason: 'read', etag: head?.etag, updatedAt: begun }
      await world.objects.put(`status/${key}.json`, JSON.stringify(status))
    }
    const { items } = parse((await ben.send('/api/reviews?name=quarter')).body)
    expect(items.map(({ own }) => own?.problem)).toEqual([undefined, 'read', undefined])
  })

  test('a visit takes an item from the manifest unless its record changed since', async () => {
    const { ana, world } = await open()
    const folder = `review-results/quarter/${begun}/`
    const [kept, changed] = [link('a', 'cleo'), link('b', 'dora')]
    await world.objects.put(`${folder}items/${kept.digest}.json`, '{')
    await world.clock.advance(2_000)
    await world.objects.put(`${folder}manifest.json`, JSON.stringify({ items: [kept, changed] }))
    await world.clock.advance(2_000)
    const end = { is: 'gone', at: begun }
    const judged = { ...changed, end, provenAt: begun }
    await world.objects.put(`${folder}items/${changed.digest}.json`, JSON.stringify(judged))
    const { items } = parse((await ana.send('/api/reviews?name=quarter')).body)
    expect(items.map(({ digest: of, result }) => [of[0], result])).toEqual([
      ['a', 'open'],
      ['b', 'gone'],
      ['c', 'open'],
      ['d', 'open'],
    ])
  })
})
