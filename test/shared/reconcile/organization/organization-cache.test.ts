import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import {
  type Account,
  type OrganizationView,
  organizationView,
} from '../../../../shared/domain/organization/organization-view.ts'
import type { Page } from '../../../../shared/ports/page.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { OrganizationCache } from '../../../../shared/reconcile/organization/organization-cache.ts'
import { dyingPorts, type InterceptedCall, intercept } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'

const moved = accountId.parse('210000000001')
const tagLink = 'links_data/account_tag%team^Data%Later-ps%team-Web%GROUP%ssofile'
const move = (world: World) => world.organizations.moveAccount(moved, 'ou-acme-sec10000', 'ou-acme-wrk3fina')
const parentOf = async (cache: OrganizationCache) => (await cache.find(moved, await cache.view()))?.parents.at(-1)
const rebuild = (world: World, ports = world.ports) => new OrganizationCache(ports, []).rebuild()
const stored = (world: World) => world.json('state/organization.json')

/** The accounts of a page that Organizations answered, as somebody else would have them. */
function editPages(world: World, edit: (page: Page<Account>) => Page<Account>) {
  return intercept(world.ports, async ({ operation, proceed }) => {
    const answer = await proceed()
    return operation === 'listAccounts' ? edit(answer as Page<Account>) : answer
  })
}

function countCalls(world: World) {
  const calls: string[] = []
  const ports = intercept(world.ports, async ({ port, operation, proceed }) => {
    // Throttled calls, which are repeated, are none.
    const answer = await proceed()
    if (port === 'organizations') calls.push(operation)
    return answer
  })
  return { ports, count: (operation: string) => calls.filter((call) => call === operation).length }
}

/** Acme, and as many accounts more at its root. */
function large(accounts: number) {
  const file = acme()
  const more = Array.from({ length: accounts }, (_, index) => {
    const id = accountId.parse(String(500_000_000_000 + index))
    return { id, name: id, email: `${id}@acme.example`, tags: { team: 'Data' }, state: 'ACTIVE' as const }
  })
  return { ...file, root: { ...file.root, accounts: [...file.root.accounts, ...more] } }
}

describe('the view of the organization', () => {
  test('is never older than one that somebody wrote before it was asked for', async () => {
    const world = new World()
    const dispatcher = new OrganizationCache(world.ports, [])
    await world.finish(dispatcher.view())
    await move(world)
    await world.finish(rebuild(world))
    expect(await world.finish(parentOf(dispatcher))).toBe('ou-acme-wrk3fina')
  })

  test('is not replaced by a slower reading that began before it', async () => {
    const world = new World()
    let isFirst = true
    const slow = intercept(world.ports, async ({ operation, proceed }) => {
      const answer = await proceed()
      if (operation === 'managementAccountId' && isFirst) {
        isFirst = false
        await move(world)
        await rebuild(world)
      }
      return answer
    })
    await world.finish(rebuild(world, slow))
    expect(await world.finish(parentOf(new OrganizationCache(world.ports, [])))).toBe('ou-acme-wrk3fina')
  })

  test('keeps what an event showed while a slower reading, which saw it otherwise, was under way', async () => {
    const world = new World()
    await world.finish(rebuild(world))
    await move(world)
    const slow = intercept(world.ports, async ({ operation, proceed }) => {
      const answer = await proceed()
      if (operation === 'managementAccountId') {
        // Back where the stored view has it: whoever follows that event finds nothing new, and writes all the same.
        await world.organizations.moveAccount(moved, 'ou-acme-wrk3fina', 'ou-acme-sec10000')
        await new OrganizationCache(world.ports, []).refresh([moved])
      }
      return answer
    })
    await world.finish(rebuild(world, slow))
    expect(await world.finish(parentOf(new OrganizationCache(world.ports, [])))).toBe('ou-acme-sec10000')
  })

  test('that cannot be understood is made again, since it is only a cache', async () => {
    const world = new World()
    await world.objects.put('state/organization.json', '{"v":0}')
    expect((await world.finish(new OrganizationCache(world.ports, []).view())).accounts.length).toBeGreaterThan(10)
  })

  test('that is known already is not read again', async () => {
    const world = new World()
    const cache = new OrganizationCache(world.ports, [])
    const first = await world.finish(cache.view())
    expect(await world.finish(cache.view())).toBe(first)
  })

  test('costs one call for 20 accounts, and tags only where a link speaks of tags', async () => {
    const world = new World({ organization: large(160) })
    const accounts = world.organizations.accountsNow().length
    const bare = countCalls(world)
    await world.finish(rebuild(world, bare.ports))
    expect(bare.count('listAccounts')).toBe(Math.ceil(accounts / 20))
    expect(bare.count('listTags') + bare.count('describeAccount')).toBe(0)
    await world.objects.put(tagLink, '')
    const tagged = countCalls(world)
    await world.finish(rebuild(world, tagged.ports))
    expect(tagged.count('listAccounts')).toBe(Math.ceil(accounts / 20))
    expect((await stored(world))?.hasTags).toBe(true)
  })

  test('goes on reading tags where a process died, and does not begin again', async () => {
    const world = new World({ organization: large(900) })
    await world.objects.put(tagLink, '')
    let tags = 0
    const at = ({ operation }: InterceptedCall) => operation === 'listTags' && ++tags > 700
    const dying = dyingPorts(world.ports, { at, when: 'before' })
    void rebuild(world, dying.ports)
    await world.until(() => dying.isDead(), 'the death')
    const next = countCalls(world)
    await world.finish(rebuild(world, next.ports))
    expect(next.count('listTags')).toBeLessThanOrEqual(944 - 600)
    expect(await stored(world)).toMatchObject({ hasTags: true })
    expect(await stored(world)).not.toHaveProperty('tagsSince')
  })

  test('lets links wait that speak of tags, and no others, until all tags are read', async () => {
    const world = new World({ organization: large(300) })
    await world.finish(rebuild(world))
    await world.objects.put(tagLink, '')
    const cache = new OrganizationCache(world.ports, [])
    expect((await world.finish(cache.view())).hasTags).toBe(false)
    const account = await world.finish(cache.find(moved, await cache.view()))
    expect(account?.tags).toMatchObject({ team: 'Security' })
    const calls = countCalls(world)
    expect((await world.finish(new OrganizationCache(calls.ports, []).viewWithTags())).hasTags).toBe(true)
    expect(calls.count('listAccounts')).toBe(0)
  })

  test('keeps tags that are known where there is no time to renew them all, and renews the rest the next time', async () => {
    const world = new World({ organization: large(1_000) })
    await world.objects.put(tagLink, '')
    await world.finish(rebuild(world))
    const first = countCalls(world)
    const view = await world.finish(new OrganizationCache(first.ports, []).rebuild(10_000))
    expect(view.hasTags).toBe(true)
    const next = countCalls(world)
    await world.finish(new OrganizationCache(next.ports, []).rebuild())
    expect(first.count('listTags')).toBe(200)
    expect(first.count('listTags') + next.count('listTags')).toBe(view.accounts.length)
  })

  test('has every tag read again by the next reading, once one was read to its end', async () => {
    const world = new World()
    await world.objects.put(tagLink, '')
    await world.finish(rebuild(world))
    await world.organizations.tagResource(moved, { team: 'Lost' })
    const view = await world.finish(rebuild(world))
    expect(view.accounts.find(({ id }) => id === moved)?.tags).toMatchObject({ team: 'Lost' })
  })

  test('has the tag __proto__ like any other', async () => {
    const world = new World()
    await world.objects.put(tagLink, '')
    await world.organizations.tagResource(moved, JSON.parse('{"__proto__":"x"}'))
    await world.finish(rebuild(world))
    const account = (await world.finish(new OrganizationCache(world.ports, []).view())).accounts.find(
      ({ id }) => id === moved,
    )
    expect(Object.entries(account?.tags ?? {})).toContainEqual(['__proto__', 'x'])
  })
})

describe('a listing of the organization that is not whole', () => {
  const lists: [string, (page: Page<Account>, world: World) => Page<Account>][] = [
    ['is empty', () => ({ items: [] })],
    [
      'lacks the management account',
      (page, world) => ({
        ...page,
        items: page.items.filter(({ id }) => id !== world.organizations.managementAccountIdNow),
      }),
    ],
    ['ends after its first page', ({ items }) => ({ items })],
  ]
  test.each(lists)('and %s changes nothing', async (_, edit) => {
    const world = new World()
    await world.finish(rebuild(world))
    const before = await stored(world)
    const ports = editPages(world, (page) => edit(page, world))
    await expect(world.finish(rebuild(world, ports))).rejects.toThrow('an incomplete listing changes nothing')
    expect(await stored(world)).toEqual(before)
  })

  test('and whose second page fails changes nothing', async () => {
    const world = new World()
    await world.finish(rebuild(world))
    const before = await stored(world)
    const ports = intercept(world.ports, async ({ operation, args, proceed }) => {
      if (operation === 'listAccounts' && args[0] !== undefined)
        throw new ServiceError('organizations', 'AccessDeniedException', 'You do not have permissions')
      return proceed()
    })
    await expect(world.finish(rebuild(world, ports))).rejects.toThrow('You do not have permissions')
    expect(await stored(world)).toEqual(before)
  })
})

describe('the view with tags', () => {
  test('is not waited for where its time is over, and has what was read by then', async () => {
    const world = new World({ organization: large(300) })
    await world.finish(rebuild(world))
    await world.objects.put(tagLink, '')
    const calls = countCalls(world)
    const cache = new OrganizationCache(calls.ports, [])
    const over = await world.finish(cache.viewWithTags(world.clock.monotonicMs()))
    expect([over.hasTags, calls.count('listTags')]).toEqual([false, 0])
    const startMs = world.clock.monotonicMs()
    const partly = await world.finish(cache.viewWithTags(startMs + 10_000))
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(11_000)
    const read = partly.accounts.filter(({ tags }) => tags !== undefined).length
    // No read was begun whose answer nobody waits for.
    expect(calls.count('listTags')).toBe(read)
    expect(partly.hasTags).toBe(false)
    expect(read).toBeGreaterThan(60)
    const rest = countCalls(world)
    expect((await world.finish(new OrganizationCache(rest.ports, []).viewWithTags())).hasTags).toBe(true)
    expect(rest.count('listTags')).toBe(partly.accounts.length - read)
  })

  test('leaves a tag that is not answered in time to the next reading', async () => {
    const world = new World()
    await world.finish(rebuild(world))
    await world.objects.put(tagLink, '')
    const deaf = intercept(world.ports, ({ operation, proceed }) =>
      operation === 'listTags' ? new Promise(() => {}) : proceed(),
    )
    const startMs = world.clock.monotonicMs()
    expect((await world.finish(new OrganizationCache(deaf, []).viewWithTags(startMs + 5_000))).hasTags).toBe(false)
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(6_000)
  })

  test('is made only where a link speaks of tags, in a declared folder or as what a request was granted', async () => {
    for (const [folder, folders, doMatter] of [
      ['web', [], false],
      ['web', ['web'], true],
      ['temporary', [], true],
    ] as const) {
      const world = new World()
      await world.objects.put(`links_data/${folder}/account_tag%team^Data%Later-ps%maria%USER%ssofile`, '')
      const calls = countCalls(world)
      const cache = new OrganizationCache(calls.ports, folders)
      expect((await world.finish(cache.rebuild())).hasTags).toBe(doMatter)
      expect((await world.finish(cache.viewForAllLinks())).hasTags).toBe(doMatter)
      expect(calls.count('listTags') > 0).toBe(doMatter)
      const live = await world.finish(new OrganizationCache(world.ports, folders).readLive(moved))
      expect(live?.tags !== undefined).toBe(doMatter)
    }
  })

  test('has the tags for whoever needs them, also before any link speaks of tags', async () => {
    const world = new World()
    expect((await world.finish(new OrganizationCache(world.ports, []).viewWithTags())).hasTags).toBe(true)
  })

  test('is read once for all who ask at once, and again for who asks later', async () => {
    const world = new World()
    const calls = countCalls(world)
    const cache = new OrganizationCache(calls.ports, [])
    const pages = Math.ceil(world.organizations.accountsNow().length / 20)
    await world.finish(Promise.all([cache.view(), cache.view()]))
    expect(calls.count('listAccounts')).toBe(pages)
    await world.objects.delete('state/organization.json')
    await world.finish(cache.view())
    expect(calls.count('listAccounts')).toBe(2 * pages)
  })

  test('has the tags of an account that is new read at once, and those of others kept', async () => {
    const world = new World()
    await world.objects.put(tagLink, '')
    await world.finish(rebuild(world))
    const tags = { team: 'New' }
    await world.organizations.createAccount({ accountName: 'new', email: 'new@acme.example', tags })
    await world.clock.advance(60_000)
    const calls = countCalls(world)
    const view = await world.finish(new OrganizationCache(calls.ports, []).rebuild(0))
    expect(view.accounts.find(({ name }) => name === 'new')?.tags).toEqual(tags)
    expect(view.hasTags).toBe(true)
    expect(calls.count('listTags')).toBe(1)
  })

  test('begins again where the reading under way was interrupted two hours ago, and not before', async () => {
    for (const [minutes, again] of [
      [119, 0],
      [121, 200],
    ] as const) {
      const world = new World({ organization: large(300) })
      await world.objects.put(tagLink, '')
      await world.finish(new OrganizationCache(world.ports, []).viewWithTags())
      await world.finish(new OrganizationCache(world.ports, []).rebuild(10_000))
      const before = (await stored(world))?.tagsSince
      expect(before).toBeDefined()
      await world.clock.advance(minutes * 60_000)
      const calls = countCalls(world)
      await world.finish(new OrganizationCache(calls.ports, []).rebuild())
      const all = world.organizations.accountsNow().length
      expect(calls.count('listTags')).toBe(all - 200 + again)
    }
  })
})

describe('the recent view', () => {
  test('is the stored one for an hour and a half, with tags where they matter; else it is read again', async () => {
    const world = new World()
    const asks = async () => {
      const calls = countCalls(world)
      await world.finish(new OrganizationCache(calls.ports, []).recentView())
      return calls.count('listAccounts') > 0
    }
    expect(await asks()).toBe(true)
    expect(await asks()).toBe(false)
    await world.clock.advance(80 * 60_000)
    expect(await asks()).toBe(false)
    await world.clock.advance(11 * 60_000)
    expect(await asks()).toBe(true)
    await world.objects.put(tagLink, '')
    expect((await world.finish(new OrganizationCache(world.ports, []).recentView())).hasTags).toBe(true)
    await world.objects.put(
      'state/organization.json',
      JSON.stringify({ ...(await stored(world)), readAt: '2026-03-04T10:00:00.000Z' }),
    )
    expect(await asks()).toBe(true)
  })
})

describe('single accounts', () => {
  test('are read live into the view: moved, gone or new; the others stay as they are', async () => {
    const world = new World()
    const cache = new OrganizationCache(world.ports, [])
    const first = await world.finish(cache.view())
    const gone = accountId.parse('210000000002')
    await move(world)
    world.organizations.goneAccount(gone)
    await world.organizations.createAccount({ accountName: 'new', email: 'new@acme.example' })
    await world.clock.advance(60_000)
    const made = world.organizations.accountsNow().find(({ name }) => name === 'new')
    if (!made) throw new Error('it was not made')
    const { before, after } = await world.finish(cache.refresh([moved, gone, made.id]))
    expect(before).toEqual(first)
    expect(after.revision).toBe(first.revision + 1)
    const place = (view: typeof after, id: string) => view.accounts.find((one) => one.id === id)?.parents.at(-1)
    expect([place(before, moved), place(after, moved)]).toEqual(['ou-acme-sec10000', 'ou-acme-wrk3fina'])
    expect(place(after, gone)).toBeUndefined()
    expect(place(after, made.id)).toBe('r-acme')
    const others = (view: typeof after) => view.accounts.filter(({ id }) => ![moved, gone, made.id].includes(id))
    expect(others(after)).toEqual(others(before))
    expect(after.accounts.map(({ id }) => id)).toEqual(after.accounts.map(({ id }) => id).sort())
    expect(await stored(world)).toEqual(after)
  })

  test('are found in the view without a call, else in Organizations', async () => {
    const world = new World()
    const view = await world.finish(rebuild(world))
    const calls = countCalls(world)
    const cache = new OrganizationCache(calls.ports, [])
    expect(await world.finish(cache.find(moved, view))).toMatchObject({ id: moved })
    expect(calls.count('describeAccount')).toBe(0)
    expect(await world.finish(cache.find(moved, { ...view, accounts: [] }))).toMatchObject({ id: moved })
    expect(calls.count('describeAccount')).toBe(1)
    expect(await world.finish(cache.find(accountId.parse('999999999999'), view))).toBeUndefined()
  })

  test('have tags where a link speaks of tags, and cost no call for them where none does', async () => {
    const world = new World()
    const view = await world.finish(rebuild(world))
    const calls = countCalls(world)
    const cache = new OrganizationCache(calls.ports, [])
    expect(await world.finish(cache.readLive(moved))).not.toHaveProperty('tags')
    expect(calls.count('listTags')).toBe(0)
    await world.objects.put(tagLink, '')
    expect(await world.finish(cache.readLive(moved))).toMatchObject({ tags: { team: 'Security' } })
    expect(await world.finish(cache.find(moved, view))).toMatchObject({ tags: { team: 'Security' } })
    expect(await world.finish(cache.readLive(accountId.parse('999999999999')))).toBeUndefined()
  })

  test('are of one moment: the place is read after tags that had to wait', async () => {
    const world = new World()
    await world.finish(rebuild(world))
    await world.objects.put(tagLink, '')
    const calls: unknown[] = []
    const ports = intercept(world.ports, async ({ operation, proceed }) => {
      if (operation === 'listTags') await world.clock.sleep(5_000)
      const answer = await proceed()
      if (operation === 'listTags' || operation === 'describeAccount') calls.push(operation)
      return answer
    })
    await world.finish(new OrganizationCache(ports, []).readLive(moved))
    expect(calls).toEqual(['listTags', 'describeAccount'])
  })
})

test('a unit that an account is in exists; only of others Organizations is asked', async () => {
  const world = new World()
  const calls = countCalls(world)
  const cache = new OrganizationCache(calls.ports, [])
  expect(await world.finish(cache.parentExists('ou-acme-sec10000'))).toBe(true)
  expect(calls.count('parentName')).toBe(1)
  await world.finish(cache.view())
  expect(await world.finish(cache.parentExists('ou-acme-sec10000'))).toBe(true)
  expect(calls.count('parentName')).toBe(1)
  expect(await world.finish(cache.parentExists('ou-zzzz-zzzzzzzz'))).toBe(false)
  expect(calls.count('parentName')).toBe(2)
})

describe('a view that another process wrote meanwhile', () => {
  /** Writes what `theirs` makes of the stored view just before the next write, `times` times. */
  async function meet(world: World, theirs: (view: OrganizationView, time: number) => object, times = 1) {
    let time = 0
    const calls: string[] = []
    const ports = intercept(world.ports, async ({ port, operation, args, proceed }) => {
      if (port === 'organizations') calls.push(`${operation} ${args[0] ?? ''}`.trim())
      if (operation === 'put' && args[0] === 'state/organization.json' && ++time <= times) {
        const view = organizationView.parse(await stored(world))
        const body = { ...view, ...theirs(view, time), revision: view.revision + 1 }
        await world.objects.put('state/organization.json', JSON.stringify(body))
      }
      return proceed()
    })
    const cache = new OrganizationCache(ports, [])
    const view = await world.finish(cache.refresh([moved])).then(({ after }) => after)
    expect(await stored(world)).toEqual(view)
    const asked = (operation: string) =>
      calls.filter((call) => call.startsWith(operation)).map((call) => call.slice(-12))
    return { view, asked }
  }
  const without = (id: string) => (view: OrganizationView) => ({
    accounts: view.accounts.filter((account) => account.id !== id),
  })
  const changed = (id: string, change: Partial<Account>) => (view: OrganizationView) => ({
    accounts: view.accounts.map((account) => (account.id === id ? { ...account, ...change } : account)),
  })
  const other = accountId.parse('210000000003')

  test('is believed account by account; where the two differ the account is read live', async () => {
    const world = new World()
    const before = await world.finish(rebuild(world))
    for (const theirs of [
      without(other),
      changed(other, { parents: ['r-acme'] }),
      changed(other, { state: 'SUSPENDED' }),
      changed(other, { name: 'another' }),
    ]) {
      const { view, asked } = await meet(world, theirs)
      expect(view.accounts).toEqual(before.accounts)
      expect(asked('describeAccount')).toEqual([moved, other])
    }
    const ghost = accountId.parse('999999999999')
    const { view, asked } = await meet(world, ({ accounts }) => ({
      accounts: [...accounts, { id: ghost, name: 'ghost', state: 'ACTIVE', parents: ['r-acme'] }],
    }))
    expect(view.accounts).toEqual(before.accounts)
    expect(asked('describeAccount')).toEqual([moved, ghost])
  })

  test('keeps the tags that only one has read, and the later of two readings', async () => {
    const world = new World()
    await world.finish(rebuild(world))
    const tags = { team: 'Theirs' }
    const first = await meet(world, changed(other, { tags, tagsRevision: 7 }))
    const find = (view: OrganizationView) => view.accounts.find(({ id }) => id === other)
    expect(find(first.view)).toMatchObject({ tags, tagsRevision: 7 })
    expect(first.asked('describeAccount')).toEqual([moved])
    for (const [revision, later] of [
      [9, 9],
      [3, 9],
    ] as const) {
      const { view } = await meet(world, changed(other, { tags, tagsRevision: revision }))
      expect(find(view)?.tagsRevision).toBe(later)
    }
    const mine = await meet(world, ({ accounts }) => ({
      accounts: accounts.map(({ tags: _, tagsRevision: __, ...account }) => account),
    }))
    expect(find(mine.view)).toMatchObject({ tags, tagsRevision: 9 })
  })

  test('has its tags compared whatever their order, and read live where they differ', async () => {
    const world = new World()
    await world.objects.put(tagLink, '')
    const { accounts } = await world.finish(rebuild(world))
    const tags = accounts.find(({ id }) => id === other)?.tags ?? {}
    const turned = Object.fromEntries(Object.entries(tags).reverse())
    expect(Object.keys(turned)).not.toEqual(Object.keys(tags))
    const same = await meet(world, changed(other, { tags: turned }))
    expect(same.asked('describeAccount')).toEqual([moved])
    const differs = await meet(world, changed(other, { tags: { team: 'Theirs' } }))
    expect(differs.asked('describeAccount')).toEqual([moved, other])
    expect(differs.view.accounts.find(({ id }) => id === other)?.tags).toEqual(tags)
  })

  test('is read again as a whole where more than 200 accounts differ', async () => {
    const world = new World({ organization: large(250) })
    await world.finish(rebuild(world))
    const renamed = (count: number) => (view: OrganizationView) => ({
      accounts: view.accounts.map((account, index) => (index < count ? { ...account, name: 'another' } : account)),
    })
    expect((await meet(world, renamed(199))).asked('describeAccount')).toHaveLength(200)
    await expect(meet(world, renamed(201))).rejects.toThrow(
      'state/organization.json: another process wrote it in the meantime, and 201 accounts differ; ssofile reads it again',
    )
  })

  test('takes nothing from a reading that alone knows of hundreds of moves: only what both changed is read live', async () => {
    const world = new World({ organization: large(250) })
    const before = await world.finish(rebuild(world))
    // As after lost events: the stored view has the former names of all.
    const ids = before.accounts.filter(({ id }) => id.startsWith('5')).map(({ id }) => id)
    const former = before.accounts.map((account) =>
      ids.includes(account.id) ? { ...account, name: 'former' } : account,
    )
    await world.objects.put('state/organization.json', JSON.stringify({ ...before, accounts: former }))
    const asked: string[] = []
    let isFirst = true
    const ports = intercept(world.ports, async ({ operation, args: [key], proceed }) => {
      if (operation === 'describeAccount') asked.push(String(key))
      if (operation === 'put' && key === 'state/organization.json' && isFirst) {
        isFirst = false
        const accounts = former.map((account) => (account.id === ids[0] ? { ...account, state: 'SUSPENDED' } : account))
        const body = { ...before, accounts, revision: before.revision + 1 }
        await world.objects.put('state/organization.json', JSON.stringify(body))
      }
      return proceed()
    })
    const { accounts } = await world.finish(rebuild(world, ports))
    expect(accounts.map(({ id, name, parents }) => [id, name, parents])).toEqual(
      before.accounts.map(({ id, name, parents }) => [id, name, parents]),
    )
    expect([isFirst, asked]).toEqual([false, [ids[0]]])
  })

  test('is written over twenty times at most', async () => {
    const world = new World()
    await world.finish(rebuild(world))
    expect((await meet(world, () => ({}), 19)).view.accounts.length).toBeGreaterThan(10)
    await expect(meet(world, () => ({}), 20)).rejects.toThrow(
      'state/organization.json keeps changing; ssofile will try again',
    )
  })
})

test('a listing that lacks an account which exists is refused, one that lacks an account which is gone is not', async () => {
  const world = new World()
  const before = await world.finish(rebuild(world))
  const lacking = editPages(world, (page) => ({ ...page, items: page.items.filter(({ id }) => id !== moved) }))
  await expect(world.finish(rebuild(world, lacking))).rejects.toThrow(
    `Organizations listed ${before.accounts.length - 1} accounts without ${moved}, expected that account too, because it exists`,
  )
  world.organizations.goneAccount(moved)
  const after = await world.finish(rebuild(world))
  expect(after.accounts.map(({ id }) => id)).toEqual(before.accounts.map(({ id }) => id).filter((id) => id !== moved))
})

test('of accounts that a listing lacks twenty are looked for', async () => {
  const world = new World({ organization: large(30) })
  const before = await world.finish(rebuild(world))
  const calls: unknown[] = []
  const ids = before.accounts.map(({ id }) => id).filter((id) => id.startsWith('5'))
  const ports = intercept(world.ports, async ({ operation, args, proceed }) => {
    if (operation === 'describeAccount') calls.push(args[0])
    return proceed()
  })
  for (const id of ids) world.organizations.goneAccount(id)
  await world.finish(rebuild(world, ports))
  expect(calls).toEqual(ids.slice(0, 20))
})

test('the first listing of all, which nothing can be compared with, has the management account at least', async () => {
  const world = new World()
  const management = world.organizations.managementAccountIdNow
  const ports = editPages(world, ({ nextToken: _, ...page }) => ({
    ...page,
    items: page.items.filter(({ id }) => id !== management).slice(0, 3),
  }))
  await expect(world.finish(rebuild(world, ports))).rejects.toThrow(
    `Organizations listed 3 accounts, expected the management account ${management} among them: an incomplete listing`,
  )
  expect(await stored(world)).toBeUndefined()
})
