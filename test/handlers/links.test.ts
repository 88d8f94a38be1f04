import { describe, expect, test } from '@jest/globals'
import { links as lookAtLinks } from '../../handlers/links.ts'
import { startEventSourceMapping } from '../../infra/local/event-source-mapping.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { reconcileInput } from '../../shared/reconcile/inputs/reconcile-input.ts'
import { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import type { AskedOrganization } from '../../shared/reconcile/statuses/gather-link.ts'
import { linkController } from '../../shared/reconcile/statuses/link-controller.ts'
import { isShallow } from '../depth.ts'
import { intercept } from '../intercept.ts'
import { openLinks } from '../shared/reconcile/statuses/open-links.ts'
import { acme, World } from '../world.ts'

const sets = ['A-ps', 'B-ps']
const startOfSlice = ['ListAccountAssignmentCreationStatus', 'ListAccountAssignmentDeletionStatus']

/** A world in which every group has every permission set in every member account, by a link of its own. */
async function openFull(): Promise<{ world: World; links: readonly string[] }> {
  const world = new World({ organization: { ...acme(), assignments: [] } }).start()
  const put = (key: string, body: string) => world.objects.put(key, body)
  for (const name of sets) await put(`permission_sets/${name}.json`, JSON.stringify({ permissionSetName: name }))
  await world.until(async () => (await world.keys('owned_permission_sets/')).length === sets.length, 'permission sets')
  await world.clock.advance(60_000)
  const management = world.organizations.managementAccountIdNow
  const accounts = world.organizations.accountsNow().filter(({ id, state }) => state === 'ACTIVE' && id !== management)
  const links: string[] = []
  const updatedAt = world.clock.now().toISOString()
  for (const set of sets) {
    const permissionSetArn = world.ssoAdmin.permissionSetArnOf(set)
    for (const group of acme().groups.filter((_, nth) => !isShallow || nth % 6 === 0)) {
      const principalId = world.identityStore.idOf('GROUP', group)
      for (const { id } of accounts) {
        const name = `account%${id}%${set}%${group}%GROUP%ssofile`
        const key = `links_data/${name}`
        const written = await put(key, '')
        const etag = written.outcome === 'written' ? written.etag : ''
        const version = { etag, lastModified: updatedAt }
        const by = [{ key, ...version }]
        const ends = { grantedAt: updatedAt, attempts: 0, updatedAt }
        const entry = { v: 1, state: 'granted', principal: group, principalId, permissionSetArn, links: by, ...ends }
        await put(`assignments/${world.keyOf(name)}`, JSON.stringify(entry))
        const counts = { desired: 1, applied: 1, open: 0, failed: [] }
        const first = { principalId: 'AWS:first', at: updatedAt }
        const status = { input: key, state: 'applied', accounts: counts, principalId, by: first, ...version, updatedAt }
        await put(`status/${key}.json`, JSON.stringify(status))
        links.push(key)
      }
    }
  }
  return { world, links }
}

test('a link that cannot be looked at is tried again in a group of its own and holds up none of its folder', async () => {
  const bad = 'links_data/bad'
  const refusal = new ServiceError('s3', 'InternalError', 'We encountered an internal error.')
  const world = new World({
    wrap: (ports) =>
      intercept(ports, ({ operation, args, proceed }) => {
        if (operation === 'get' && args[0] === bad) throw refusal
        return proceed()
      }),
  }).start()
  const others = Array.from({ length: 40 }, (_, index) => `links_data/other ${index}`)
  for (const key of [bad, ...others]) await world.objects.put(key, '')
  await world.look()
  expect((await world.keys('status/')).length).toBe(others.length)
  await world.clock.advance(40 * 60_000)
  expect(world.queues.queue('links-dead').messages()).toHaveLength(1)
})

test('a batch of links to accounts reads the organization once, and lists no links', async () => {
  const called: string[] = []
  const world = new World({
    wrap: (ports) =>
      intercept(ports, ({ port, operation, args, proceed }) => {
        if (port === 'objects') called.push(`${operation} ${args[0]}`)
        return proceed()
      }),
  })
  await world.finish(new OrganizationCache(world.ports, []).rebuild())
  const handler = lookAtLinks(world.ports, world.configuration)
  called.length = 0
  const keys = acme()
    .groups.slice(0, 5)
    .map((group) => `links_data/account%233000000002%Billing-ps%${group}%GROUP%ssofile`)
  for (const key of keys) await world.objects.put(key, '')
  const Records = keys.map((key, index) => {
    const body = JSON.stringify({ v: 1, key, id: `event ${index}`, event: 'ObjectCreated:Put' })
    return { messageId: `m${index}`, body, attributes: { ApproximateReceiveCount: '1' } }
  })
  await world.finish(handler({ Records } as never))
  expect(called.filter((call) => call.endsWith('state/organization.json'))).toHaveLength(1)
  expect(called.filter((call) => call.startsWith('list links_data'))).toEqual([])
  expect(world.queues.queue('work').messages()).toHaveLength(keys.length)
})

describe('the first links by tag among many accounts', () => {
  const file = acme()
  const many = isShallow ? 300 : 2_000
  const more = Array.from({ length: many }, (_, index) => {
    const id = accountId.parse(String(500_000_000_000 + index))
    const tags: Record<string, string> = index % (many / 5) === 0 ? { team: 'Data' } : {}
    return { id, name: id, email: `${id}@acme.example`, tags, state: 'ACTIVE' as const }
  })
  const organization = { ...file, assignments: [], root: { ...file.root, accounts: [...file.root.accounts, ...more] } }
  const linkOf = (group: string) => `links_data/account_tag%team^Data%Billing-ps%${group}%GROUP%ssofile`
  const links = file.groups.slice(0, 12).map(linkOf)
  const stateOf = async (world: World, link: string) => (await world.json(`status/${link}.json`))?.state

  test('wait while two processes read tags, say so, are granted when all are, and no message is given up', async () => {
    const world = new World({ organization }).start()
    const { queues, clock, ports, configuration } = world
    const onError = (error: unknown) => world.errors.push(error)
    // Processes share nothing but the bucket.
    const handler = lookAtLinks(ports, configuration)
    startEventSourceMapping({
      queues,
      queue: 'links',
      handler,
      maximumConcurrency: 1,
      timeoutMs: 60_000,
      clock,
      onError,
    })
    await world.finish(new OrganizationCache(world.ports, []).rebuild())
    await world.finish(world.everyHour())
    await world.objects.put('permission_sets/Billing-ps.json', JSON.stringify({ permissionSetName: 'Billing-ps' }))
    for (const link of links) await world.objects.put(link, '')
    const startedMs = world.clock.monotonicMs()
    const told = async () => Promise.all(links.map((link) => stateOf(world, link)))
    await world.until(async () => !(await told()).includes(undefined), 'a status for each')
    expect(new Set(await told())).toEqual(new Set(['waiting']))
    expect((await world.json(`status/${links[0]}.json`))?.reason).toMatch(
      /^ssofile has not read the tags of \d+ of \d{3,4} accounts/,
    )
    const areAll = async () => (await told()).every((state) => state === 'applied')
    for (let minute = 0; minute < 30 && !(await areAll()); minute++) {
      // A link whose look had no time for tags comes again with the minute.
      await world.finish(world.everyMinuteOfLinks())
      const endMs = clock.monotonicMs() + 60_000
      await world.until(async () => clock.monotonicMs() >= endMs || (await areAll()), 'a minute')
    }
    expect(new Set(await told())).toEqual(new Set(['applied']))
    expect(world.ssoAdmin.assignments()).toHaveLength(12 * 5)
    // 9 a second: nothing is read twice.
    expect((world.clock.monotonicMs() - startedMs) / 1000).toBeLessThan(((many + 100) / 9) * 1.3 + 20 + 60)
    expect(world.errors).toEqual([])
    expect(world.queues.queue('links-dead').messages()).toEqual([])
  }, 120_000)
})

describe('links that are uploaded again as they are', () => {
  test('make no call to Identity Center, however many', async () => {
    const { world, links } = await openFull()
    expect(links.length).toBeGreaterThan(isShallow ? 150 : 1_000)
    await world.clock.advance(60_000)
    for (const queue of ['uploads', 'links', 'work', 'dispatch'] as const) world.queues.queue(queue).purge()
    const before = world.calls.length
    const uploadedAt = `${world.clock.now().toISOString().slice(0, 19)}.000Z`
    for (const link of links) await world.objects.as('sync').put(link, '')
    await world.clock.advance(1_000)
    const idle = (queue: 'uploads' | 'links' | 'work') => world.queues.queue(queue).messages().length === 0
    await world.until(() => idle('uploads') && idle('links') && idle('work'), 'quiet', 60)
    await world.clock.advance(60_000)
    const { calls } = world
    for (const link of links) {
      const entry = await world.json(link.replace('links_data/', 'assignments/'))
      expect(entry).toMatchObject({ state: 'granted', links: [{ key: link, lastModified: expect.any(String) }] })
      expect(JSON.stringify(entry)).not.toContain(uploadedAt)
      expect(await world.json(`status/${link}.json`)).toMatchObject({
        lastModified: uploadedAt,
        since: expect.any(String),
        by: { principalId: 'AWS:first' },
        principalId: entry?.principalId,
      })
    }
    // Each slice of the dispatcher asks once what is in progress.
    expect(calls.slice(before).filter((call) => !startOfSlice.includes(call))).toEqual([])
    expect(world.ssoAdmin.assignments()).toEqual([])
    expect((await world.keys('attention/')).length).toBe(0)
  }, 120_000)
})

describe('a link that is looked at', () => {
  const name = 'Billing-ps%team-Accountants%GROUP%ssofile'
  const link = `links_data/ou_id%ou-acme-sec10000%${name}`
  const by = { principalId: 'AWS:maria', at: '2026-03-03T10:00:00.000Z' }
  const look = async (world: World, uploader = by) => {
    const { etag } = (await world.objects.head(link)) ?? {}
    const message = { v: 1, key: link, id: 'one', event: 'ObjectCreated:Put', by: uploader, etag } as const
    await world.finish(reconcileInput(message, linkController, openLinks(world)))
    return world.json(`status/${link}.json`)
  }

  test('stays applied, with its uploader, when another message about the same upload comes', async () => {
    const world = new World()
    await world.objects.put(link, '')
    const { etag, lastModified } = (await look(world)) ?? {}
    const accounts = { desired: 4, applied: 4, open: 0, failed: [] }
    const upload = { etag, lastModified, content: 'empty', value: 'empty' }
    const applied = { input: link, state: 'applied', accounts, by, ...upload, updatedAt: by.at }
    await world.objects.put(`status/${link}.json`, JSON.stringify(applied))
    expect(await look(world, { ...by, principalId: 'AWS:sync' })).toEqual(applied)
    await world.objects.put(link, '{"reason":"audit"}')
    expect(await look(world, { ...by, principalId: 'AWS:sync' })).toMatchObject({
      state: 'applying',
      by: { principalId: 'AWS:sync' },
    })
  })

  test('is expired at once where the ledger has no access of it, else it is being revoked', async () => {
    const world = new World()
    await world.objects.put(link, '')
    await look(world)
    await world.objects.put(link, '{"expiresAt":"2026-03-03T09:59:59Z"}')
    expect(await look(world)).toMatchObject({ state: 'expired', by })
    const entry = `assignments/${world.keyOf(`account%210000000001%${name}`)}`
    const id = world.identityStore.idOf('GROUP', 'team-Accountants')
    await world.objects.put(`state/principals/GROUP%${id}%team-Accountants`, '')
    await world.objects.put(entry, 'whatever it says')
    expect(await look(world)).toMatchObject({ state: 'revoking', by })
    await world.objects.delete(link)
    // It was uploaded by maria. Who deleted it, no event has told yet.
    const gone = await look(world)
    expect(gone).toMatchObject({ state: 'revoking' })
    expect(gone).not.toHaveProperty('by')
    await world.objects.delete(entry)
    expect(await look(world)).toBeUndefined()
  })
})

test('a link by a tag whose tags nobody reads is looked at again after a minute, not at once', async () => {
  const world = new World()
  const key = 'links_data/account_tag%team^Data%Billing-ps%team-Accountants%GROUP%ssofile'
  await world.objects.put(key, '')
  const { organization, ...context } = openLinks(world)
  const unread: AskedOrganization = {
    view: () => organization.view(),
    viewWithTags: () => organization.view(),
    find: (id, view) => organization.find(id, view),
    parentExists: (id) => organization.parentExists(id),
    selectors: () => organization.selectors(),
  }
  const message = { v: 1, key, id: 'one', event: 'ObjectCreated:Put' } as const
  await world.finish(reconcileInput(message, linkController, { ...context, organization: unread }))
  expect(await world.json(`status/${key}.json`)).toMatchObject({ state: 'waiting' })
  expect(world.queues.queue('links').messages()).toEqual([])
  const [due] = await world.keys('state/expiry/')
  expect(due).toMatch(/^state\/expiry\/2026-03-03T10:01:0\d/)
})

test('a link without accounts is told as held no longer when nothing of it is held, although the dispatcher died before it said so', async () => {
  const world = new World().start()
  const key = 'links_data/ou_id%ou-none-00000000%A-ps%team-Auditors%GROUP%ssofile'
  await world.objects.put(key, '')
  await world.until(async () => (await world.json(`status/${key}.json`)) !== undefined, 'its status')
  const told = await world.json(`status/${key}.json`)
  await world.objects.put(`status/${key}.json`, JSON.stringify({ ...told, state: 'held', reason: 'held by the brake' }))
  await world.finish(world.everyFiveMinutes())
  await world.clock.advance(60_000)
  expect(await world.json(`status/${key}.json`)).toMatchObject({ state: told?.state })
})
