import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../shared/domain/account-id.ts'
import type { Account } from '../../../shared/domain/organization-view.ts'
import type { Page } from '../../../shared/ports/page.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization-cache.ts'
import { dyingPorts, type InterceptedCall, intercept } from '../../intercept.ts'
import { acme, World } from '../../world.ts'

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

  test('goes on reading tags where a process died, and does not begin anew', async () => {
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
