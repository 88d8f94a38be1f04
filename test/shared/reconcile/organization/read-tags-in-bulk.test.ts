import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { TaggedAccount } from '../../../../shared/ports/account-tags.ts'
import type { Page } from '../../../../shared/ports/page.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { reconcile, sweep } from '../../../../shared/reconcile/differences/reconcile.ts'
import { OrganizationCache } from '../../../../shared/reconcile/organization/organization-cache.ts'
import { type InterceptedCall, intercept } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'

const hourMs = 60 * 60_000
const tagLink = 'links_data/account_tag%team^Data%ViewOnlyAccess%team-Web%GROUP%ssofile'
const neverTagged = accountId.parse('600000000000')
const idOf = (index: number) => accountId.parse(String(500_000_000_000 + index))

/** Acme, and as many accounts more at its root, each with the tag, and one that never had a tag. */
function large(accounts: number) {
  const file = acme()
  const more = Array.from({ length: accounts }, (_, index) => {
    const id = idOf(index)
    return { id, name: id, email: `${id}@acme.example`, tags: { team: 'Data' }, state: 'ACTIVE' as const }
  })
  const untagged = { id: neverTagged, name: 'new', email: 'new@acme.example', tags: {}, state: 'ACTIVE' as const }
  return { ...file, root: { ...file.root, accounts: [...file.root.accounts, ...more, untagged] } }
}

function open(accounts: number, options: { readonly bulkTagsLagMs?: number } = {}) {
  const world = new World({ organization: large(accounts), hasTagReader: true, ...options })
  const calls: string[] = []
  const edit = { page: (page: Page<TaggedAccount>) => page }
  const ports = intercept(world.ports, async ({ port, operation, proceed }: InterceptedCall) => {
    const answer = await proceed()
    if (port === 'organizations' || port === 'accountTags') calls.push(operation)
    return port === 'accountTags' ? edit.page(answer as Page<TaggedAccount>) : answer
  })
  const rebuild = () => world.finish(new OrganizationCache(ports, []).rebuild(), 1_000)
  const tagsOf = async (index: number) => (await rebuild()).accounts.find(({ id }) => id === idOf(index))?.tags
  return {
    world,
    ports,
    edit,
    rebuild,
    tagsOf,
    count: (call: string) => calls.filter((one) => one === call).length,
    calls,
  }
}

describe('tags in bulk', () => {
  test('are read a hundred accounts a call, and an account without a row has no tags', async () => {
    const { world, rebuild, count } = open(250)
    await world.objects.put(tagLink, '')
    const view = await rebuild()
    expect(view.hasTags).toBe(true)
    expect(view.accounts.find(({ id }) => id === idOf(249))?.tags).toEqual({ team: 'Data' })
    expect(view.accounts.find(({ id }) => id === neverTagged)?.tags).toEqual({})
    expect(count('list')).toBe(Math.ceil(view.accounts.length / 100))
    expect(count('listTags')).toBe(0)
  })

  test('say which tags changed, and only those are read again, with a twentieth of the others', async () => {
    const { world, rebuild, tagsOf, count, calls } = open(200)
    await world.objects.put(tagLink, '')
    const { accounts } = await rebuild()
    calls.length = 0
    await world.organizations.tagResource(idOf(7), { team: 'Web' })
    expect(await tagsOf(7)).toEqual({ team: 'Web' })
    expect(count('listTags')).toBeGreaterThanOrEqual(Math.ceil(accounts.length / 20))
    expect(count('listTags')).toBeLessThanOrEqual(Math.ceil(accounts.length / 20) + 1)
  })

  test('that are older than what an event showed do not bring the old tags back', async () => {
    const { world, ports, rebuild, tagsOf } = open(40, { bulkTagsLagMs: 10 * hourMs })
    await world.objects.put(tagLink, '')
    await rebuild()
    await world.organizations.untagResource(idOf(39), ['team'])
    await world.finish(new OrganizationCache(ports, []).refresh([idOf(39)]))
    expect(await tagsOf(39)).toEqual({})
  })

  test('grant nothing to an account that no longer has the tag, and the status counts it out', async () => {
    const { world } = open(3, { bulkTagsLagMs: 10 * hourMs })
    await world.clock.advance(11 * hourMs)
    await world.organizations.tagResource(idOf(1), { team: 'Web' })
    world.start()
    await world.objects.put(tagLink, '')
    const status = `status/${tagLink}.json`
    await world.until(async () => (await world.json(status))?.state === 'applied', 'the status')
    const given = world.ssoAdmin.assignments().map(({ accountId: id }) => id)
    expect(given.filter((id) => id.startsWith('5000000000')).sort()).toEqual([idOf(0), idOf(2)])
    expect(await world.json(status)).toMatchObject({ accounts: { desired: 2, applied: 2 } })
  })

  test('that lag for hours, with a lost event, mislead for less than a day', async () => {
    const { world, rebuild } = open(100, { bulkTagsLagMs: 1_000 * hourMs })
    await world.objects.put(tagLink, '')
    await rebuild()
    for (let index = 0; index < 100; index++) {
      await world.organizations.untagResource(idOf(index), ['team'])
      await world.clock.advance(1_000)
    }
    for (let hour = 0; hour < 22; hour++) await rebuild()
    const { accounts } = await rebuild()
    const misled = accounts.filter(({ id, tags }) => id.startsWith('5000000000') && tags?.team === 'Data')
    expect(misled).toEqual([])
  })

  test.each([
    ['the role is missing', new ServiceError('sts', 'AccessDenied', 'not authorized to perform: sts:AssumeRole')],
    ['the role may not call it', new ServiceError('tagging', 'AccessDeniedException', 'not authorized')],
    ['calls are throttled', new ServiceError('tagging', 'ThrottledException', 'Rate exceeded')],
  ])('are read one by one if %s', async (_, error) => {
    const { world, edit, rebuild, count } = open(5)
    edit.page = () => {
      throw error
    }
    await world.objects.put(tagLink, '')
    const { hasTags, accounts } = await rebuild()
    expect(hasTags).toBe(true)
    expect(count('listTags')).toBe(accounts.length)
  })

  test('are read one by one if the bulk answer is empty, as for a caller outside the management account', async () => {
    const { world, edit, rebuild, count } = open(5)
    edit.page = () => ({ items: [] })
    await world.objects.put(tagLink, '')
    expect((await rebuild()).accounts.filter(({ tags }) => tags?.team === 'Data').length).toBeGreaterThanOrEqual(5)
    expect(count('listTags')).toBeGreaterThan(5)
  })

  test('take no access away if they are stale and miss rows, even if the view was lost', async () => {
    const { world, ports, edit } = open(12)
    world.start()
    await world.objects.put(tagLink, '')
    await world.finish(reconcile(ports, world.configuration), 1_000)
    await world.clock.advance(10 * 60_000)
    const granted = () => world.ssoAdmin.assignments().filter(({ accountId: id }) => id.startsWith('5000000000')).length
    expect(granted()).toBe(12)
    edit.page = ({ items, nextToken }) => ({
      items: items.flatMap((row, index) => (index % 2 === 0 ? [] : [{ ...row, tags: { team: 'Web' } }])),
      nextToken,
    })
    for (const isLost of [false, true]) {
      if (isLost) await world.objects.delete('state/organization.json')
      await world.finish(reconcile(ports, world.configuration), 1_000)
      await world.clock.advance(10 * 60_000)
      await world.finish(sweep(ports, world.configuration), 1_000)
      await world.clock.advance(10 * 60_000)
      expect(granted()).toBe(12)
    }
    expect(world.errors).toEqual([])
  })
})
