import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { type GrantingLink, type LedgerEntry, ledgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { bindingOf } from '../../../../shared/reconcile/assignments/user-binding.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'
import { acme, World } from '../../../world.ts'

const uploadedAt = '2026-03-03T10:00:00.000Z'
const later = '2026-03-03T10:00:01.000Z'
const zoe = principalId.parse('11111111-2222-3333-4444-555555555555')
type Change = Partial<GrantingLink & Pick<LedgerEntry, 'grantedAt'>>

describe('the user that a link was first applied to', () => {
  const status = { principalId: zoe, etag: 'e', content: 'c' }
  const found = { etag: 'other', content: 'c' }
  test.each<[string, ReturnType<typeof bindingOf>, Parameters<typeof bindingOf>]>([
    ['stands in its status while its content is the same', zoe, ['USER', status, found]],
    ['is forgotten with another content', undefined, ['USER', status, { ...found, content: 'd' }]],
    [
      'stays with other bytes that say the same',
      zoe,
      ['USER', { ...status, value: 'v' }, { ...found, content: 'd', value: 'v' }],
    ],
    ['is forgotten where the upload asks to count as new', undefined, ['USER', status, { ...found, rebind: later }]],
    ['is not forgotten twice for one wish', zoe, ['USER', { ...status, rebind: later }, { ...found, rebind: later }]],
    [
      'stays where an older version is restored',
      zoe,
      ['USER', { ...status, rebind: later }, { ...found, rebind: uploadedAt }],
    ],
    [
      'stays while something of the deleted link is left',
      zoe,
      ['USER', { principalId: zoe }, { ...found, content: 'd' }],
    ],
    ['stays while its file cannot be read', zoe, ['USER', status, { etag: 'encrypted' }]],
    ['is told of a deleted link', zoe, ['USER', status, undefined]],
    [
      'of a deleted link is forgotten on request',
      undefined,
      ['USER', { principalId: zoe }, { ...found, rebind: later }],
    ],
    ['is not known without a status', undefined, ['USER', undefined, found]],
    ['is not known where the status names none', undefined, ['USER', { etag: 'e', content: 'c' }, found]],
    [
      'is told by its etag in a status of an older version',
      zoe,
      ['USER', { principalId: zoe, etag: 'e' }, { etag: 'e', content: 'c' }],
    ],
    ['means nothing for a group', undefined, ['GROUP', status, found]],
  ])('%s', (_, expected, given) => expect(bindingOf(...given)).toBe(expected))
})

describe('the user whom the ledger says a link was granted to, whatever its status says,', () => {
  const granted = { grantedAt: uploadedAt }
  test.each<[string, boolean, Change]>([
    ['is that of the entry which this content of it granted and which was confirmed once', true, granted],
    ['is so whenever the link was uploaded', true, { ...granted, lastModified: later }],
    ['is not so where another content granted it', false, { ...granted, content: 'another', value: 'another' }],
    ['is not so where another link granted it', false, { ...granted, key: 'links_data/other' }],
    ['is not so where it was never confirmed', false, {}],
  ])('%s', async (_, isBound, { grantedAt, ...change }) => {
    const bench = new Settling({}, 'kenji.ito@acme.example', 'USER')
    const found = await bench.upload()
    const { objects, clock } = bench.world
    await new StatusStore(objects, clock).revise(bench.link, async () => ({
      state: 'applied',
      principalId: zoe,
      etag: found.etag,
      content: found.content,
      lastModified: found.lastModified,
    }))
    bench.world.ssoAdmin.addAssignment(bench.target())
    const call = { kind: 'creation', calledAt: uploadedAt } as const
    await bench.own({ links: [{ ...found, ...change }], grantedAt, call, lastCreation: call })
    expect(await bench.settle()).toMatchObject(isBound ? { result: 'applied' } : { lacks: expect.any(Map) })
    expect(bench.world.ssoAdmin.isAssigned(bench.target())).toBe(isBound)
  })
})

describe('what the ledger knows of the links that grant', () => {
  const account = '233000000002'
  const group = 'team-Accountants'
  const name = `account%${account}%Billing-ps%${group}%GROUP%ssofile`
  const link = `links_data/${name}`
  const rootLink = `links_data/root%all%Billing-ps%${group}%GROUP%ssofile`
  const billing = readFileSync(new URL('../../../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))

  async function open(interceptor: Interceptor = ({ proceed }) => proceed()): Promise<World> {
    const world = new World({
      organization: { ...acme(), assignments: [] },
      wrap: (ports) => intercept(ports, (call) => interceptor(call)),
    })
    world.start({ dispatcher: false })
    await world.objects.put('permission_sets/Billing-ps.json', billing)
    await settle(world)
    return world
  }

  async function settle(world: World): Promise<void> {
    await world.look()
    await world.finish(world.slice())
    await world.clock.advance(1_000)
  }

  /** Looks again at one assignment, as a repeated event has it looked at. */
  async function lookAgain(world: World, principal = group, type = 'GROUP'): Promise<void> {
    const hint = { v: 1, kind: 'assignment', account, permissionSet: 'Billing-ps', principal, type, cause: link }
    const deduplicationId = world.ports.randomness.id()
    await world.queues.send('work', [{ body: JSON.stringify(hint), groupId: account, deduplicationId }])
    await settle(world)
  }

  async function uploaders(world: World): Promise<unknown> {
    const entry = ledgerEntry.parse(await world.json(`assignments/${name}`))
    return Object.fromEntries(entry.links.map(({ key, by }) => [key, by?.principalId]))
  }

  test('each stands with who uploaded it, though both are empty and of the same second, and no status says so any more', async () => {
    const world = await open()
    await Promise.all([world.objects.as('maria').put(rootLink, ''), world.objects.as('lars').put(link, '')])
    await settle(world)
    const both = { [rootLink]: 'AWS:maria', [link]: 'AWS:lars' }
    expect(await uploaders(world)).toEqual(both)
    for (const key of [rootLink, link]) await world.objects.delete(`status/${key}.json`)
    await lookAgain(world)
    expect(await uploaders(world)).toEqual(both)
  })

  test('an upload that replaced another within a second is known by its own content', async () => {
    const world = await open()
    await world.objects.as('maria').put(link, '')
    await settle(world)
    const stored = await world.json(`assignments/${name}`)
    const { links } = ledgerEntry.parse(stored)
    const before = links.map((one) => ({ ...one, etag: 'before', content: 'before', value: 'before' }))
    await world.objects.put(`assignments/${world.keyOf(name)}`, JSON.stringify({ ...stored, links: before }))
    await lookAgain(world)
    expect(ledgerEntry.parse(await world.json(`assignments/${name}`)).links).toEqual(links)
  })

  test('a link whose status is lost before it is applied grants all the same, by nobody known', async () => {
    const world = await open()
    await world.objects.as('maria').put(link, '')
    await world.look()
    await world.objects.delete(`status/${link}.json`)
    await settle(world)
    expect(await uploaders(world)).toEqual({ [link]: undefined })
    expect(await world.json(`assignments/${name}`)).toMatchObject({ state: 'granted' })
  })

  test('an access that was never confirmed is bound to the user to whom its link was applied elsewhere', async () => {
    const userName = 'kenji.ito@acme.example'
    let isRefused = true
    const world = await open(async ({ operation, args, proceed }) => {
      if (operation === 'createAccountAssignment' && isRefused && JSON.stringify(args[0]).includes(account))
        throw new ServiceError('sso-admin', 'AccessDeniedException', 'no')
      return proceed()
    })
    const everywhere = `links_data/root%all%Billing-ps%${userName}%USER%ssofile`
    await world.objects.put(everywhere, '')
    await settle(world)
    const first = world.identityStore.idOf('USER', userName)
    if (!first) throw new Error('the fixture lacks the user')
    expect(await world.json(`assignments/account%${account}%Billing-ps%${userName}%USER%ssofile`)).toMatchObject({
      state: 'failed',
      links: [{ key: everywhere }],
    })
    isRefused = false
    await world.identityStore.deleteUser(first)
    await world.identityStore.createUser({ userName })
    await world.clock.advance(90_000)
    await lookAgain(world, userName, 'USER')
    const holders = world.ssoAdmin.assignments().filter((one) => one.accountId === accountId.parse(account))
    expect(holders).toEqual([])
    expect(await world.json(`status/${everywhere}.json`)).toMatchObject({ state: 'waiting', principalId: first })
  })

  /** A link gave access to the first user of a name, who was deleted and made again. `given`: the entry of that access. */
  async function openWithFormerUser() {
    const userName = 'kenji.ito@acme.example'
    const world = await open()
    const own = `links_data/account%${account}%Billing-ps%${userName}%USER%ssofile`
    await world.objects.put(own, '')
    await settle(world)
    const first = world.identityStore.idOf('USER', userName)
    if (!first) throw new Error('the fixture lacks the user')
    const given = await world.json(`assignments/account%${account}%Billing-ps%${first}%USER`)
    await world.identityStore.deleteUser(first)
    await world.identityStore.createUser({ userName })
    return { world, userName, own, first, second: world.identityStore.idOf('USER', userName), given }
  }

  test('a user who is made again before the status says whom the link was applied to gets nothing', async () => {
    const { world, userName, own, first } = await openWithFormerUser()
    const { principalId: _, ...untold } = (await world.json(`status/${own}.json`)) ?? {}
    await world.objects.put(`status/${own}.json`, JSON.stringify({ ...untold, state: 'applying' }))
    await lookAgain(world, userName, 'USER')
    expect(world.ssoAdmin.assignments()).toEqual([])
    expect(await world.json(`status/${own}.json`)).toMatchObject({ state: 'waiting', principalId: first })
  })

  test('a link that is uploaded as it was for a former user counts as new for the one who has it since', async () => {
    const { world, own, first, second, given } = await openWithFormerUser()
    await world.objects.put(own, '{"reason": "the new one"}')
    await settle(world)
    expect(world.ssoAdmin.assignments().map((one) => one.principalId)).toEqual([second])
    // Its revocation is held: so its record stays as it was.
    const held = JSON.stringify({ ...given, state: 'held', reason: 'the brake holds it' })
    await world.objects.put(`assignments/account%${account}%Billing-ps%${first}%USER`, held)
    await world.objects.put(own, '')
    await settle(world)
    expect(await world.json(`status/${own}.json`)).toMatchObject({ state: 'applied', principalId: second })
    // What the former user had is gone, and the one who has the name keeps it throughout.
    expect(world.calls.filter((call) => call === 'DeleteAccountAssignment')).toHaveLength(1)
  })
})
